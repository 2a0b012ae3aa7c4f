/* SPDX-License-Identifier: MIT */
/* Events of manifests (`ovl mc`) and of TraceLogging become lines of the trace: provider, event, its message or its fields with their values. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "base/utf16.h"
#include "ovl_etw.h"

enum { FIELDS_MAX = 32, LINE = 1024 };

struct line {
    char text[LINE];
    size_t used;
};

static void __attribute__((format(printf, 2, 3))) put(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line->text + line->used, LINE - line->used, format, arguments);
    va_end(arguments);
    if (length > 0)
        line->used = line->used + (size_t)length < LINE ? line->used + (size_t)length : LINE - 1;
}

static void put_wide(struct line *line, const char16_t *text, size_t length)
{
    if (text == NULL) {
        put(line, "(null)");
        return;
    }
    size_t used = utf8_from_utf16(line->text + line->used, LINE - 1 - line->used, text, length);
    line->used += used < LINE - line->used ? used : 0;
    line->text[line->used] = '\0';
}

static void put_bytes(struct line *line, const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; bytes != NULL && i < length && i < 64; i++)
        put(line, "%02x", bytes[i]);
    if (length > 64)
        put(line, "...");
}

static void put_guid(struct line *line, const GUID *guid)
{
    if (guid == NULL) {
        put(line, "(null)");
        return;
    }
    put(line, "{%08x-%04x-%04x-%02x%02x-", guid->Data1, guid->Data2, guid->Data3, guid->Data4[0], guid->Data4[1]);
    put_bytes(line, guid->Data4 + 2, 6);
    put(line, "}");
}

/* A number of `size` bytes, sign-extended where it is signed. */
static long long number_of(unsigned long long value, int size, bool is_signed)
{
    int shift = 64 - 8 * (size >= 1 && size <= 8 ? size : 8);
    return is_signed ? (long long)(value << shift) >> shift : (long long)(value << shift >> shift);
}

/* `type` as ovl_etw.h has them; `values` are all of the event's. */
static void put_value(struct line *line, const char *type, unsigned long long value, const unsigned long long *values, unsigned count)
{
    int size = atoi(type + 1);
    const void *address = (const void *)(uintptr_t)value;
    unsigned long long other = (unsigned)size < count ? values[size] : 0;
    double number;
    switch (type[0]) {
    case 'i': put(line, "%lld", number_of(value, size, true)); break;
    case 'u': put(line, "%llu", (unsigned long long)number_of(value, size, false)); break;
    case 'x': put(line, "0x%llx", (unsigned long long)number_of(value, size, false)); break;
    case 'b': put(line, "%s", value != 0 ? "true" : "false"); break;
    case 'A': put(line, "%s", address == NULL ? "(null)" : (const char *)address); break;
    case 'U': put_wide(line, address, address == NULL ? 0 : utf16_length(address)); break;
    case 'C': put(line, "%.*s", address == NULL ? 6 : (int)other, address == NULL ? "(null)" : (const char *)address); break;
    case 'c': put_wide(line, (const char16_t[]){(char16_t)value}, 1); break;
    case 'V': put_wide(line, address, (size_t)other); break;
    case 'B': put_bytes(line, address, (size_t)other); break;
    case 'G': put_guid(line, address); break;
    case 'f':
        memcpy(&number, &value, sizeof number);
        put(line, "%g", number);
        break;
    default: put(line, "%p", address); break;
    }
}

struct field {
    const char *name, *type;
    int name_length;
};

static unsigned fields_split(const char *text, struct field fields[FIELDS_MAX])
{
    unsigned count = 0;
    while (*text != '\0' && count < FIELDS_MAX) {
        const char *colon = strchr(text, ':');
        if (colon == NULL)
            break;
        fields[count++] = (struct field){text, colon + 1, (int)(colon - text)};
        text = colon + strcspn(colon, ",");
        text += *text == ',';
    }
    return count;
}

/* %1 is the first value; %% a percent sign; %n and what else begins with a percent sign is passed over. "%1!x!" names a format, which the
 * value's type decides here. */
static void put_message(struct line *line, const char *message, const struct field *fields, const unsigned long long *values, unsigned count)
{
    for (const char *at = message; *at != '\0';) {
        char *end;
        if (*at != '%') {
            put(line, "%c", *at == '\n' || *at == '\r' ? ' ' : *at);
            at++;
            continue;
        }
        unsigned long number = strtoul(at + 1, &end, 10);
        if (at[1] < '0' || at[1] > '9') {
            if (at[1] == '%')
                put(line, "%%");
            at += at[1] == '\0' ? 1 : 2;
            continue;
        }
        if (number >= 1 && number <= count)
            put_value(line, fields[number - 1].type, values[number - 1], values, count);
        const char *closing = *end == '!' ? strchr(end + 1, '!') : NULL;
        at = closing == NULL ? end : closing + 1;
    }
}

unsigned int ovl_etw_register(struct ovl_etw_provider *provider)
{
    __atomic_store_n(&provider->registered, 1, __ATOMIC_RELEASE);
    return 0;
}

unsigned int ovl_etw_unregister(struct ovl_etw_provider *provider)
{
    __atomic_store_n(&provider->registered, 0, __ATOMIC_RELEASE);
    return 0;
}

int ovl_etw_enabled(const struct ovl_etw_provider *provider, const EVENT_DESCRIPTOR *event)
{
    (void)event; /* every level and keyword */
    return trace_on(DRIVER) && __atomic_load_n(&provider->registered, __ATOMIC_ACQUIRE) != 0;
}

unsigned int ovl_etw_write(const struct ovl_etw_provider *provider, const struct ovl_etw_event *event, const GUID *activity,
                           const unsigned long long *values)
{
    struct field fields[FIELDS_MAX];
    struct line line = {.used = 0};
    if (!ovl_etw_enabled(provider, event->descriptor))
        return 0;
    unsigned count = fields_split(event->fields, fields);
    put(&line, "%s: %s:", provider->name, event->name);
    if (activity != NULL) {
        put(&line, " ");
        put_guid(&line, activity);
    }
    if (event->message != NULL) {
        put(&line, " ");
        put_message(&line, event->message, fields, values, count);
    }
    for (unsigned i = 0; event->message == NULL && i < count; i++) {
        put(&line, " %.*s=", fields[i].name_length, fields[i].name);
        put_value(&line, fields[i].type, values[i], values, count);
    }
    trace_note(TRACE_DRIVER, "%s", line.text);
    return 0;
}

unsigned int ovl_etw_log(const struct ovl_etw_provider *provider, const char *event, const GUID *activity, const struct ovl_etw_field *fields,
                         unsigned count)
{
    static const char *const levels[] = {"always", "critical", "error", "warning", "information", "verbose"};
    struct line line = {.used = 0};
    unsigned level = 5, inside = 0;
    if (!ovl_etw_enabled(provider, NULL))
        return 0;
    for (unsigned i = 0; i < count; i++)
        if (fields[i].name == NULL && strcmp(fields[i].type, "level") == 0)
            level = (unsigned)fields[i].value;
    put(&line, "%s: %s: ", provider->name, event);
    if (level < sizeof levels / sizeof *levels)
        put(&line, "%s:", levels[level]);
    else
        put(&line, "%u:", level);
    if (activity != NULL) {
        put(&line, " ");
        put_guid(&line, activity);
    }
    for (unsigned i = 0; i < count; i++) {
        if (fields[i].name == NULL)
            continue;
        if (strcmp(fields[i].type, "struct") == 0) {
            put(&line, " %s={", fields[i].name);
            inside = (unsigned)fields[i].value + 1;
        } else {
            put(&line, "%s%s=", line.text[line.used - 1] == '{' ? "" : " ", fields[i].name);
            put_value(&line, fields[i].type, fields[i].value, &fields[i].size, 1);
        }
        if (inside != 0 && --inside == 0)
            put(&line, "}");
    }
    trace_note(TRACE_DRIVER, "%s", line.text);
    return 0;
}
