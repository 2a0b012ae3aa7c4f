/* SPDX-License-Identifier: MIT */
/* FormatMessage. Everything is built as UTF-16 in one growing text, then given out in the caller's
 * form. Inserts are %1 to %99 with an optional printf format between exclamation marks; without one
 * they are strings. System messages end with CR LF, as on Windows. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "nt/status.h"
#include "win32/face.h"

enum { INSERTS_MAX = 99 };

static const struct {
    DWORD id;
    const char *text;
} messages[] = {
#define MESSAGE(id, text) {id, text},
#include "win32/messages.def"
#undef MESSAGE
};

struct wide {
    char16_t *units;
    size_t length, room;
    bool failed;
};

/* The state of one call. */
struct formatting {
    struct wide out;
    DWORD flags;
    bool wide;     /* FormatMessageW: %s is UTF-16 */
    va_list *list; /* or, with ARGUMENT_ARRAY: */
    const ULONG_PTR *array;
    ULONG_PTR values[INSERTS_MAX]; /* taken from the list so far */
    uint32_t taken;
};

static void wide_put(struct wide *wide, char16_t unit)
{
    if (wide->length + 1 >= wide->room) {
        size_t room = wide->room == 0 ? 128 : wide->room * 2;
        char16_t *units = wide->failed ? NULL : realloc(wide->units, room * sizeof *units);
        if (units == NULL) {
            wide->failed = true;
            return;
        }
        wide->units = units;
        wide->room = room;
    }
    wide->units[wide->length++] = unit;
    wide->units[wide->length] = 0;
}

static void wide_put_text(struct wide *wide, const char16_t *text, size_t most)
{
    for (size_t i = 0; i < most && text[i] != 0; i++)
        wide_put(wide, text[i]);
}

static void wide_put_narrow(struct wide *wide, const char *text, size_t length)
{
    while (length > 0) {
        char16_t units[2];
        uint32_t c;
        size_t used = utf8_decode(text, length, &c);
        size_t count = utf16_from_utf8(units, 2, text, used);
        for (size_t i = 0; i < count && i < 2; i++)
            wide_put(wide, units[i]);
        text += used;
        length -= used;
    }
}

static const char *message_find(DWORD id)
{
    /* HRESULT_FROM_WIN32 has the same messages. */
    if ((id & 0xffff0000) == 0x80070000)
        id &= 0xffff;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (messages[i].id == id)
            return messages[i].text;
    return NULL;
}

/* Every insert, whatever its type, is one pointer-wide argument, 64-bit values too. */
static ULONG_PTR insert_value(struct formatting *f, uint32_t number)
{
    if (f->array != NULL)
        return f->array[number - 1];
    while (f->taken < number && f->list != NULL)
        f->values[f->taken++] = va_arg(*f->list, ULONG_PTR);
    return number <= f->taken ? f->values[number - 1] : 0;
}

static void insert_string(struct formatting *f, ULONG_PTR value, bool wide, int width,
                          int precision)
{
    size_t before = f->out.length, most = precision < 0 ? SIZE_MAX : (size_t)precision;
    if (value == 0)
        wide_put_text(&f->out, u"(null)", most);
    else if (wide)
        wide_put_text(&f->out, (const char16_t *)value, most);
    else
        wide_put_narrow(&f->out, (const char *)value, strnlen((const char *)value, most));
    size_t length = f->out.length - before, fill = (size_t)(width < 0 ? -width : width);
    if (f->out.failed || length >= fill)
        return;
    for (size_t i = length; i < fill; i++)
        wide_put(&f->out, u' ');
    if (width > 0 && !f->out.failed) { /* right-justified: the blanks go in front */
        memmove(f->out.units + before + (fill - length), f->out.units + before,
                length * sizeof(char16_t));
        for (size_t i = 0; i < fill - length; i++)
            f->out.units[before + i] = u' ';
    }
}

/* A printf specification: what it converts, without its size prefixes. */
struct specification {
    char flags[8];
    int width, precision;
    char conversion;
    bool is_64, is_wide, is_narrow;
};

static bool specification_parse(const char *text, struct specification *s)
{
    size_t flags = 0;
    *s = (struct specification){.precision = -1};
    for (; *text != 0 && strchr("-+ #0", *text) != NULL; text++)
        if (flags < sizeof s->flags - 1)
            s->flags[flags++] = *text;
    while (*text >= '0' && *text <= '9' && s->width < 10000)
        s->width = s->width * 10 + (*text++ - '0');
    if (*text == '.') {
        s->precision = 0;
        for (text++; *text >= '0' && *text <= '9' && s->precision < 10000; text++)
            s->precision = s->precision * 10 + (*text - '0');
    }
    for (;; text++) {
        if (strncmp(text, "I64", 3) == 0 || strncmp(text, "ll", 2) == 0) {
            s->is_64 = true;
            text += *text == 'I' ? 2 : 1;
        } else if (*text == 'I' && (text[1] == '3')) {
            text += 2;
        } else if (*text == 'I' || *text == 'z') {
            s->is_64 = true;
        } else if (*text == 'l' || *text == 'w') {
            s->is_wide = true;
        } else if (*text == 'h') {
            s->is_narrow = true;
        } else {
            break;
        }
    }
    s->conversion = *text;
    return *text != 0 && strchr("diuxXocCsSp", *text) != NULL && text[1] == 0;
}

static void insert_number(struct formatting *f, const struct specification *s, ULONG_PTR value)
{
    char format[32], text[160];
    bool is_signed = s->conversion == 'd' || s->conversion == 'i';
    int width = s->width > 100 ? 100 : s->width, precision = s->precision > 40 ? 40 : s->precision;
    if (s->conversion == 'p') {
        snprintf(text, sizeof text, "%016lX", value);
    } else if (precision < 0) {
        snprintf(format, sizeof format, "%%%s%dll%c", s->flags, width, s->conversion);
        if (width == 0)
            snprintf(format, sizeof format, "%%%sll%c", s->flags, s->conversion);
    } else {
        snprintf(format, sizeof format, "%%%s%d.%dll%c", s->flags, width, precision, s->conversion);
    }
    long long number = is_signed ? (s->is_64 ? (long long)value : (int32_t)value)
                                 : (s->is_64 ? (long long)value : (long long)(uint32_t)value);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (s->conversion != 'p')
        snprintf(text, sizeof text, format, number);
#pragma GCC diagnostic pop
    wide_put_narrow(&f->out, text, strlen(text));
}

static void insert_put(struct formatting *f, uint32_t number, const char *format)
{
    struct specification s = {.conversion = 's', .precision = -1};
    if (format != NULL && !specification_parse(format, &s))
        s = (struct specification){.conversion = 's', .precision = -1};
    ULONG_PTR value = insert_value(f, number);
    bool wide = f->wide != (s.conversion == 'S' || s.conversion == 'C');
    wide = (wide || s.is_wide) && !s.is_narrow;
    int width = strchr(s.flags, '-') != NULL ? -s.width : s.width;
    switch (s.conversion) {
    case 's':
    case 'S':
        insert_string(f, value, wide, width, s.precision);
        break;
    case 'c':
    case 'C':
        wide_put(&f->out, wide ? (char16_t)value : (char16_t)(unsigned char)value);
        break;
    default:
        insert_number(f, &s, value);
    }
}

/* At a digit behind a percent sign: the insert. Returns how many units it takes. */
static size_t insert_parse(struct formatting *f, const char16_t *text)
{
    char format[32];
    size_t used = 1, length = 0;
    uint32_t number = text[0] - u'0';
    if (text[1] >= u'0' && text[1] <= u'9') {
        number = number * 10 + (text[1] - u'0');
        used = 2;
    }
    if (text[used] != u'!') {
        insert_put(f, number, NULL);
        return used;
    }
    size_t end = used + 1;
    while (text[end] != 0 && text[end] != u'!' && length < sizeof format - 1)
        format[length++] = (char)text[end++];
    format[length] = 0;
    if (text[end] != u'!') {
        f->out.failed = true;
        return used;
    }
    insert_put(f, number, format);
    return end + 1;
}

static void line_end_put(struct wide *out)
{
    wide_put(out, u'\r');
    wide_put(out, u'\n');
}

/* What stands behind a percent sign that is no insert: the units used; 0: the message ends. */
static size_t escape_parse(struct formatting *f, const char16_t *text)
{
    switch (text[0]) {
    case 0:
    case u'0':
        return 0;
    case u'n':
        line_end_put(&f->out);
        return 1;
    case u'r':
        wide_put(&f->out, u'\r');
        return 1;
    case u't':
        wide_put(&f->out, u'\t');
        return 1;
    case u'b':
        wide_put(&f->out, u' ');
        return 1;
    default:
        wide_put(&f->out, text[0]);
        return 1;
    }
}

static void format_text(struct formatting *f, const char16_t *text)
{
    bool ignore = f->flags & FORMAT_MESSAGE_IGNORE_INSERTS;
    bool no_breaks = (f->flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK;
    for (size_t i = 0; text[i] != 0 && !f->out.failed;) {
        if (text[i] == u'%' && text[i + 1] >= u'1' && text[i + 1] <= u'9' && !ignore) {
            i += 1 + insert_parse(f, text + i + 1);
        } else if (text[i] == u'%' && !(ignore && text[i + 1] >= u'1' && text[i + 1] <= u'9')) {
            size_t used = escape_parse(f, text + i + 1);
            if (used == 0)
                return;
            i += 1 + used;
        } else if (text[i] == u'\n' || (text[i] == u'\r' && text[i + 1] == u'\n')) {
            i += text[i] == u'\r' ? 2 : 1;
            if (no_breaks)
                wide_put(&f->out, u' ');
            else
                line_end_put(&f->out);
        } else {
            wide_put(&f->out, text[i++]);
        }
    }
}

static uint32_t format_system(struct formatting *f, DWORD id)
{
    const char *message = message_find(id);
    if (message == NULL)
        return ERROR_MR_MID_NOT_FOUND;
    char16_t text[256];
    size_t units = utf16_from_utf8(text, 255, message, strlen(message));
    text[units] = 0;
    format_text(f, text);
    if ((f->flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK)
        wide_put(&f->out, u' ');
    else
        line_end_put(&f->out);
    return ERROR_SUCCESS;
}

/* Builds the message. 0 or the error. */
static uint32_t format_build(struct formatting *f, LPCVOID source, DWORD id, va_list *arguments)
{
    if (f->flags & FORMAT_MESSAGE_ARGUMENT_ARRAY)
        f->array = (const ULONG_PTR *)arguments;
    else
        f->list = arguments;
    if (arguments == NULL)
        f->flags |= FORMAT_MESSAGE_IGNORE_INSERTS;
    uint32_t error = ERROR_INVALID_PARAMETER;
    if (f->flags & FORMAT_MESSAGE_FROM_STRING && source != NULL) {
        error = ERROR_SUCCESS;
        if (f->wide) {
            format_text(f, source);
        } else {
            size_t length = strlen(source), units = utf16_from_utf8(NULL, 0, source, length);
            char16_t *text = calloc(units + 1, sizeof *text);
            if (text == NULL)
                return ERROR_NOT_ENOUGH_MEMORY;
            utf16_from_utf8(text, units, source, length);
            format_text(f, text);
            free(text);
        }
    } else if (f->flags & FORMAT_MESSAGE_FROM_SYSTEM) {
        error = format_system(f, id);
    } else if (f->flags & FORMAT_MESSAGE_FROM_HMODULE) {
        error = ERROR_RESOURCE_TYPE_NOT_FOUND; /* shared objects have no message tables */
    }
    if (error == ERROR_SUCCESS && f->out.units == NULL)
        wide_put(&f->out, 0), f->out.length = 0;
    return f->out.failed ? ERROR_NOT_ENOUGH_MEMORY : error;
}

DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPWSTR buffer,
                            DWORD size, va_list *arguments)
{
    struct formatting f = {.flags = flags, .wide = true};
    (void)language; /* there is one */
    uint32_t error = format_build(&f, source, id, arguments);
    DWORD length = (DWORD)f.out.length;
    if (error == ERROR_SUCCESS && flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        size_t units = length + 1 > size ? length + 1 : size;
        *(LPWSTR *)buffer = LocalAlloc(LMEM_FIXED, units * sizeof(WCHAR));
        buffer = *(LPWSTR *)buffer;
        error = buffer == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    } else if (error == ERROR_SUCCESS && length >= size) {
        error = ERROR_INSUFFICIENT_BUFFER;
    }
    if (error == ERROR_SUCCESS)
        memcpy(buffer, f.out.units, (length + 1) * sizeof(WCHAR));
    else
        error_set(error);
    free(f.out.units);
    return error == ERROR_SUCCESS ? length : 0;
}

DWORD WINAPI FormatMessageA(DWORD flags, LPCVOID source, DWORD id, DWORD language, LPSTR buffer,
                            DWORD size, va_list *arguments)
{
    struct formatting f = {.flags = flags};
    (void)language;
    uint32_t error = format_build(&f, source, id, arguments);
    DWORD length = 0;
    if (error == ERROR_SUCCESS)
        length = (DWORD)utf8_from_utf16(NULL, 0, f.out.units, f.out.length);
    if (error == ERROR_SUCCESS && flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        *(LPSTR *)buffer = LocalAlloc(LMEM_FIXED, length + 1 > size ? length + 1 : size);
        buffer = *(LPSTR *)buffer;
        error = buffer == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    } else if (error == ERROR_SUCCESS && length >= size) {
        error = ERROR_INSUFFICIENT_BUFFER;
    }
    if (error == ERROR_SUCCESS)
        buffer[utf8_from_utf16(buffer, length, f.out.units, f.out.length)] = 0;
    else
        error_set(error);
    free(f.out.units);
    return error == ERROR_SUCCESS ? length : 0;
}
