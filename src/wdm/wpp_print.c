/* SPDX-License-Identifier: MIT */
/* WPP's format: Microsoft's printf, %!FUNC! and its kind, and types with names. tracefmt writes
 * <NULL> for a string that is not there. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "ovl_wpp.h"
#include "wdm/wpp.h"

struct value_name {
    uint32_t value;
    const char *name;
};
#include "value_names.h"

void wpp_put(struct format_target *target, const char *format, ...)
{
    struct format_args args;
    va_start(args.list, format);
    format_print(target, format, &args);
    va_end(args.list);
}

static const char *name_find(const struct value_name *names, size_t count, uint32_t value)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names[middle].value == value)
            return names[middle].name;
        if (names[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
#define NAME_FIND(table, value) name_find(table, sizeof(table) / sizeof *(table), value)

/* ---- Types ----------------------------------------------------------------------------------- */

enum kind {
    KIND_NONE,
    KIND_FILE,
    KIND_LINE,
    KIND_FUNCTION,
    KIND_LEVEL,
    KIND_FLAGS,
    KIND_PREFIX,
    KIND_STATUS,
    KIND_ERROR,
    KIND_RESULT,
    KIND_GUID,
    KIND_BOOL,
    KIND_IRQL,
    KIND_TIME,
    KIND_DELTA,
    KIND_ADDRESS,
    KIND_PORT,
    KIND_SID,
    KIND_POINTER,
    KIND_RECORDER
};

static const struct {
    const char *name;
    enum kind kind;
} types[] = {{"FILE", KIND_FILE},      {"LINE", KIND_LINE},        {"FUNC", KIND_FUNCTION},
             {"LEVEL", KIND_LEVEL},    {"FLAGS", KIND_FLAGS},      {"STDPREFIX", KIND_PREFIX},
             {"STATUS", KIND_STATUS},  {"NTSTATUS", KIND_STATUS},  {"NDIS_STATUS", KIND_STATUS},
             {"WINERROR", KIND_ERROR}, {"HRESULT", KIND_RESULT},   {"GUID", KIND_GUID},
             {"CLSID", KIND_GUID},     {"LIBID", KIND_GUID},       {"IID", KIND_GUID},
             {"bool", KIND_BOOL},      {"BOOL", KIND_BOOL},        {"BOOLEAN", KIND_BOOL},
             {"irql", KIND_IRQL},      {"TIMESTAMP", KIND_TIME},   {"datetime", KIND_TIME},
             {"TIME", KIND_TIME},      {"delta", KIND_DELTA},      {"WAITTIME", KIND_DELTA},
             {"due", KIND_DELTA},      {"IPADDR", KIND_ADDRESS},   {"PORT", KIND_PORT},
             {"sid", KIND_SID},        {"IRP", KIND_POINTER},      {"HANDLE", KIND_POINTER},
             {"PTR", KIND_POINTER},    {"RECORDER", KIND_RECORDER}};

static void put_named(struct format_target *target, uint32_t value, const char *name)
{
    if (name != NULL)
        wpp_put(target, "0x%08x(%s)", value, name);
    else
        wpp_put(target, "0x%08x", value);
}

/* An HRESULT of a Win32 error has that error's name. */
static void put_result(struct format_target *target, uint32_t value)
{
    const char *name = NAME_FIND(result_names, value);
    if (name == NULL && value >> 16 == 0x8007 &&
        (name = NAME_FIND(error_names, value & 0xffff)) != NULL)
        wpp_put(target, "0x%08x(HRESULT_FROM_WIN32(%s))", value, name);
    else
        put_named(target, value, name);
}

void wpp_put_guid(struct format_target *target, const GUID *guid)
{
    if (guid == NULL) {
        wpp_put(target, "<NULL>");
        return;
    }
    wpp_put(target, "{%08x-%04x-%04x-%02x%02x-", guid->Data1, guid->Data2, guid->Data3,
            guid->Data4[0], guid->Data4[1]);
    for (int i = 2; i < 8; i++)
        wpp_put(target, "%02x", guid->Data4[i]);
    wpp_put(target, "}");
}

/* 100 ns since 1601, UTC; civil date from days as in the proleptic Gregorian calendar. */
static void put_time(struct format_target *target, int64_t time)
{
    uint64_t ticks = time < 0 ? 0 : (uint64_t)time, seconds = ticks / 10000000,
             days = seconds / 86400 + 584694; /* days since 1 March 0000 */
    uint64_t era = days / 146097, day = days % 146097,
             year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint64_t in_year = day - (365 * year + year / 4 - year / 100), month = (5 * in_year + 2) / 153;
    unsigned shown_month = (unsigned)(month < 10 ? month + 3 : month - 9);
    wpp_put(target, "%02u/%02u/%04u-%02u:%02u:%02u.%03u", shown_month,
            (unsigned)(in_year - (153 * month + 2) / 5 + 1),
            (unsigned)(year + era * 400 + (shown_month <= 2)), (unsigned)(seconds / 3600 % 24),
            (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60),
            (unsigned)(ticks / 10000 % 1000));
}

static void put_delta(struct format_target *target, int64_t milliseconds)
{
    uint64_t value = milliseconds < 0 ? (uint64_t)-milliseconds : (uint64_t)milliseconds,
             seconds = value / 1000;
    wpp_put(target, "%s%u~%u:%u:%u", milliseconds < 0 ? "-" : "", (unsigned)(seconds / 86400),
            (unsigned)(seconds / 3600 % 24), (unsigned)(seconds / 60 % 60),
            (unsigned)(seconds % 60));
}

/* Revision, count, six bytes of authority, and that many 32-bit numbers. */
static void put_sid(struct format_target *target, const unsigned char *sid)
{
    if (sid == NULL) {
        wpp_put(target, "<NULL>");
        return;
    }
    uint64_t authority = 0;
    for (int i = 2; i < 8; i++)
        authority = authority << 8 | sid[i];
    wpp_put(target, "S-%u-%llu", sid[0], (unsigned long long)authority);
    for (int i = 0; i < sid[1] && i < 15; i++) {
        uint32_t part;
        memcpy(&part, sid + 8 + 4 * i, sizeof part);
        wpp_put(target, "-%u", part);
    }
}

static void put_level(struct format_target *target, const char *level)
{
    static const char *const names[] = {"NONE",    "CRITICAL",    "ERROR",
                                        "WARNING", "INFORMATION", "VERBOSE"};
    char *end;
    unsigned long value = strtoul(level, &end, 0);
    if (end != level && *end == '\0' && value < sizeof names / sizeof *names)
        wpp_put(target, "TRACE_LEVEL_%s", names[value]);
    else
        wpp_put(target, "%s", level);
}

/* What needs no value. False: it does. */
static bool put_place(struct format_target *target, enum kind kind, const struct wpp_site *site)
{
    const char *slash = strrchr(site->file, '/');
    switch (kind) {
    case KIND_FILE:
        wpp_put(target, "%s", slash == NULL ? site->file : slash + 1);
        return true;
    case KIND_LINE:
        wpp_put(target, "%u", site->line);
        return true;
    case KIND_FUNCTION:
        wpp_put(target, "%s", site->function);
        return true;
    case KIND_LEVEL:
        put_level(target, site->level);
        return true;
    case KIND_FLAGS:
        wpp_put(target, "%s", *site->flags != '\0' ? site->flags : site->level);
        return true;
    case KIND_PREFIX:
        return true; /* time and thread: each line of the trace begins with them */
    default:
        return false;
    }
}

/* The name of the recorder's log, where it has one. */
static void put_recorder(struct format_target *target, const char *log)
{
    if (*log != '\0')
        wpp_put(target, "[%s] ", log);
}

static void put_kind(struct format_target *target, enum kind kind, struct format_args *args)
{
    static const char *const levels[] = {"Low", "APC", "DPC"};
    unsigned value;
    switch (kind) {
    case KIND_STATUS:
        value = va_arg(args->list, unsigned);
        put_named(target, value, NAME_FIND(status_names, value));
        break;
    case KIND_ERROR:
        value = va_arg(args->list, unsigned);
        wpp_put(target, "%u(%s)", value,
                NAME_FIND(error_names, value) == NULL ? "?" : NAME_FIND(error_names, value));
        break;
    case KIND_RESULT:
        put_result(target, va_arg(args->list, unsigned));
        break;
    case KIND_GUID:
        wpp_put_guid(target, va_arg(args->list, const GUID *));
        break;
    case KIND_BOOL:
        wpp_put(target, "%s", (unsigned char)va_arg(args->list, unsigned) ? "TRUE" : "FALSE");
        break;
    case KIND_IRQL:
        value = va_arg(args->list, unsigned) & 0xff;
        if (value < 3)
            wpp_put(target, "%s", levels[value]);
        else
            wpp_put(target, "%u", value);
        break;
    case KIND_TIME:
        put_time(target, va_arg(args->list, long long));
        break;
    case KIND_DELTA:
        put_delta(target, va_arg(args->list, long long));
        break;
    case KIND_ADDRESS:
        value = va_arg(args->list, unsigned);
        wpp_put(target, "%u.%u.%u.%u", value & 255, value >> 8 & 255, value >> 16 & 255,
                value >> 24);
        break;
    case KIND_PORT:
        value = va_arg(args->list, unsigned);
        wpp_put(target, "%u", (value & 255) << 8 | (value >> 8 & 255));
        break;
    case KIND_SID:
        put_sid(target, va_arg(args->list, const unsigned char *));
        break;
    case KIND_RECORDER:
        put_recorder(target, va_arg(args->list, const char *));
        break;
    default:
        wpp_put(target, "%p", va_arg(args->list, void *));
        break;
    }
}

/* ---- Custom types ---------------------------------------------------------------------------- */

/* Behind "NAME=" in the site's types; NULL: no such type. */
static const char *custom_find(const char *list, const char *name, size_t length)
{
    while (*list != '\0') {
        if (strncmp(list, name, length) == 0 && list[length] == '=')
            return list + length + 1;
        list += strcspn(list, ";");
        list += *list == ';';
    }
    return NULL;
}

static void put_custom(struct format_target *target, const char *type, int value)
{
    bool is_set = *type == 'S', first = true;
    long long number = 0;
    for (const char *item = type + 2; *item != ';' && *item != '\0'; number++) {
        size_t length = strcspn(item, ",;"), name = strcspn(item, "=,;");
        if (name < length)
            number = strtoll(item + name + 1, NULL, 0);
        bool has = is_set ? number < 32 && ((unsigned)value >> number & 1) != 0 : number == value;
        if (has) {
            wpp_put(target, "%s%.*s", first ? "" : "|", (int)name, item);
            first = false;
        }
        item += length + (item[length] == ',');
    }
    if (first)
        wpp_put(target, is_set ? "0x%x" : "%d", value);
}

/* ---- Formats --------------------------------------------------------------------------------- */

/* The bytes of a conversion of printf's, from its percent sign; 0: it is none. `stars`: how many
 * widths are values. */
static size_t conversion_length(const char *format, int *stars)
{
    size_t at = 1;
    *stars = 0;
    at += strspn(format + at, "-+ #0");
    for (; (format[at] >= '0' && format[at] <= '9') || format[at] == '*' || format[at] == '.'; at++)
        *stars += format[at] == '*';
    if (strncmp(format + at, "I64", 3) == 0 || strncmp(format + at, "I32", 3) == 0)
        at += 3;
    else
        at += strspn(format + at, "hlLIwztj");
    return format[at] != '\0' && strchr("diouxXcCsSpeEfFgGaAZ", format[at]) != NULL ? at + 1 : 0;
}

static bool is_null_text(char type, int stars, struct format_args *args)
{
    if (type != 's' && type != 'S' && type != 'Z')
        return false;
    va_list look;
    va_copy(look, args->list);
    while (stars-- > 0)
        (void)va_arg(look, int);
    bool is_null = va_arg(look, const void *) == NULL;
    va_end(look);
    return is_null;
}

static bool put_plain(struct format_target *target, const char *format, size_t length, int stars,
                      struct format_args *args)
{
    char one[64];
    if (length == 0 || length >= sizeof one)
        return false;
    snprintf(one, sizeof one, "%.*s", (int)length, format);
    if (is_null_text(one[length - 1], stars, args)) {
        while (stars-- > 0)
            (void)va_arg(args->list, int);
        (void)va_arg(args->list, const void *);
        wpp_put(target, "<NULL>");
        return true;
    }
    return format_print(target, one, args) >= 0;
}

/* "%!NAME!": `name` without the marks. */
static bool put_type(struct format_target *target, const char *name, size_t length,
                     const struct wpp_site *site, struct format_args *args)
{
    char plain[32];
    int stars;
    const char *custom = custom_find(site->types, name, length);
    const struct ovl_wpp_complex *complex = wpp_complex_find(site, name, length);
    if (complex != NULL) {
        complex->take(target, &args->list);
        return true;
    }
    if (custom != NULL) {
        put_custom(target, custom, va_arg(args->list, int));
        return true;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strlen(types[i].name) != length || strncmp(types[i].name, name, length) != 0)
            continue;
        if (!put_place(target, types[i].kind, site))
            put_kind(target, types[i].kind, args);
        return true;
    }
    snprintf(plain, sizeof plain, "%%%.*s", (int)length, name);
    return length + 1 < sizeof plain && conversion_length(plain, &stars) == length + 1 &&
           put_plain(target, plain, length + 1, stars, args);
}

bool wpp_print(struct format_target *target, const char *format, const struct wpp_site *site,
               struct format_args *args)
{
    while (*format != '\0') {
        size_t literal = strcspn(format, "%");
        wpp_put(target, "%.*s", (int)literal, format);
        format += literal;
        if (*format == '\0')
            break;
        size_t flags = 1 + strspn(format + 1, "-+ #0123456789.");
        const char *closing = format[flags] == '!' ? strchr(format + flags + 1, '!') : NULL;
        if (format[1] == '%') {
            wpp_put(target, "%%");
            format += 2;
        } else if (closing != NULL) {
            if (!put_type(target, format + flags + 1, (size_t)(closing - format) - flags - 1, site,
                          args)) {
                wpp_put(target, "%s", format);
                return false;
            }
            bool empty = (size_t)(closing - format) == flags + 10 &&
                         strncmp(format + flags + 1, "STDPREFIX", 9) == 0;
            format = closing + 1;
            format += empty && *format == ' ';
        } else {
            int stars;
            size_t length = conversion_length(format, &stars);
            if (!put_plain(target, format, length, stars, args)) {
                wpp_put(target, "%s", format);
                return false;
            }
            format += length;
        }
    }
    return true;
}
