/* SPDX-License-Identifier: MIT */
/* The scanf half of format.h: directives are read from a char or 16-bit format, characters from a
 * source of either width, values are stored by Microsoft's sizes (%ld and %lu store 32 bits). */
#include "base/format.h"
#include "base/utf16.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

enum store_size { STORE_INT, STORE_CHAR, STORE_SHORT, STORE_64, STORE_LONG, STORE_LONG_DOUBLE };

struct directive {
    bool skip; /* * */
    size_t width; /* SIZE_MAX: none */
    enum store_size size;
    bool narrow, wide; /* h and l (or w) before c, s and [ */
    unsigned type;
    unsigned char set[32]; /* of [: the ASCII and Latin-1 members */
    bool inverted;
};

struct scan {
    struct scan_source *source;
    struct format_args *args;
    size_t read; /* for %n */
    bool ended;
};

static unsigned format_unit(const void *format, bool wide, size_t index)
{
    return wide ? ((const char16_t *)format)[index] : ((const unsigned char *)format)[index];
}

static int next(struct scan *s)
{
    int character = s->source->next(s->source->context);

    if (character < 0)
        s->ended = true;
    else
        s->read++;
    return character;
}

static void back(struct scan *s, int character)
{
    if (character >= 0) {
        s->source->back(s->source->context, character);
        s->read--;
    }
}

static bool is_space(int character)
{
    return character == ' ' || (character >= '\t' && character <= '\r');
}

static void skip_space(struct scan *s)
{
    int character;

    do
        character = next(s);
    while (is_space(character));
    back(s, character);
}

static int digit_value(int character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'F')
        return character - 'A' + 10;
    return 99;
}

static void store_integer(const struct directive *d, struct format_args *args, uint64_t value)
{
    if (d->skip)
        return;
    if (d->type == 'p' || d->size == STORE_64)
        *va_arg(args->list, uint64_t *) = value;
    else if (d->size == STORE_CHAR)
        *va_arg(args->list, uint8_t *) = (uint8_t)value;
    else if (d->size == STORE_SHORT)
        *va_arg(args->list, uint16_t *) = (uint16_t)value;
    else
        *va_arg(args->list, uint32_t *) = (uint32_t)value;
}

static bool scan_integer(struct scan *s, const struct directive *d)
{
    int base = d->type == 'o' ? 8 : d->type == 'x' || d->type == 'X' || d->type == 'p' ? 16 : 10;
    size_t left = d->width;
    bool negative = false, any = false;
    uint64_t value = 0;
    int character = next(s);

    if (left && (character == '-' || character == '+')) {
        negative = character == '-';
        left--;
        character = next(s);
    }
    if (left && character == '0') {
        any = true;
        left--;
        character = next(s);
        bool hex = left && (character == 'x' || character == 'X') && (d->type == 'i' || base == 16);
        if (hex) {
            base = 16;
            left--;
            character = next(s);
        } else if (d->type == 'i') {
            base = 8;
        }
    }
    for (; left && digit_value(character) < base; left--) {
        any = true;
        value = value * (uint64_t)base + (uint64_t)digit_value(character);
        character = next(s);
    }
    back(s, character);
    if (any)
        store_integer(d, s->args, negative ? 0 - value : value);
    return any;
}

/* The longest prefix that may be a number; strtod judges it. */
static bool scan_float(struct scan *s, const struct directive *d)
{
    char text[128];
    size_t n = 0, limit = d->width < sizeof(text) - 1 ? d->width : sizeof(text) - 1;
    int character = next(s);
    char *end;

    while (n < limit && character > 0 && character < 128 &&
           strchr("+-.0123456789abcdefABCDEFxXpPinfINFtyTYnN", character)) {
        bool sign = character == '+' || character == '-';
        if (sign && n && !strchr("eEpP", text[n - 1]))
            break;
        text[n++] = (char)character;
        character = next(s);
    }
    back(s, character);
    text[n] = 0;
    long double value = strtold(text, &end);
    if (end == text)
        return false;
    if (d->skip)
        return true;
    if (d->size == STORE_LONG_DOUBLE)
        *va_arg(s->args->list, long double *) = value;
    else if (d->size == STORE_LONG || d->size == STORE_64)
        *va_arg(s->args->list, double *) = strtod(text, NULL);
    else
        *va_arg(s->args->list, float *) = strtof(text, NULL);
    return true;
}

static bool in_set(const struct directive *d, int character)
{
    bool member = character < 256 && (d->set[character / 8] >> (character % 8) & 1);

    return member != d->inverted;
}

static bool accepts(const struct directive *d, int character)
{
    if (character < 0)
        return false;
    if (d->type == 'c')
        return true;
    return d->type == '[' ? in_set(d, character) : !is_space(character);
}

/* A character in units of the destination: bytes of UTF-8 or 16-bit units. A byte of a narrow source
 * goes to a narrow destination as it is. */
static size_t encode(bool from_wide, bool to_wide, int character, char16_t units[4])
{
    if (to_wide || from_wide) {
        char16_t pair[2];
        size_t count = 1;
        if (character > 0xffff) {
            pair[0] = (char16_t)(0xd7c0 + (character >> 10));
            pair[1] = (char16_t)(0xdc00 + (character & 0x3ff));
            count = 2;
        } else {
            pair[0] = (char16_t)character;
        }
        if (to_wide) {
            memcpy(units, pair, sizeof(pair));
            return count;
        }
        char bytes[4];
        count = utf8_from_utf16(bytes, sizeof(bytes), pair, count);
        for (size_t i = 0; i < count; i++)
            units[i] = (unsigned char)bytes[i];
        return count;
    }
    units[0] = (char16_t)character;
    return 1;
}

/* A narrow source gives bytes: gathers those of one character for a wide destination. */
static int whole_character(struct scan *s, int first)
{
    char bytes[4] = {(char)first};
    size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1, n = 1;
    uint32_t character;

    while (n < need) {
        int byte = next(s);
        if (byte < 0x80 || byte > 0xbf) {
            back(s, byte);
            break;
        }
        bytes[n++] = (char)byte;
    }
    utf8_decode(bytes, n, &character);
    return (int)character;
}

/* c, s and [: false when nothing matched or, in the sized functions, the buffer is too small. */
static bool scan_text(struct scan *s, const struct directive *d)
{
    bool source_wide = s->source->wide;
    bool capital = d->type == 'C' || d->type == 'S';
    bool to_wide = d->wide || (!d->narrow && (capital ? !source_wide : source_wide));
    struct directive lower = *d;
    size_t width = d->width, room = SIZE_MAX, stored = 0, taken = 0;
    char *narrow = NULL;
    char16_t *wide = NULL;
    bool terminate;
    int character;

    lower.type = d->type == 'C' ? 'c' : d->type == 'S' ? 's' : d->type;
    terminate = lower.type != 'c';
    if (lower.type == 'c' && width == SIZE_MAX)
        width = 1;
    if (!d->skip) {
        void *to = va_arg(s->args->list, void *);
        narrow = to_wide ? NULL : to;
        wide = to_wide ? to : NULL;
        if (s->source->sized)
            room = va_arg(s->args->list, unsigned);
    }
    while (taken < width && accepts(&lower, character = next(s))) {
        char16_t units[4];
        taken++;
        if (!source_wide && to_wide && character >= 0xc0)
            character = whole_character(s, character);
        size_t made = encode(source_wide, to_wide, character, units);
        if (made + terminate > room - stored) {
            if (room)
                wide ? (void)(wide[0] = 0) : (void)(narrow ? narrow[0] = 0 : 0);
            return false;
        }
        for (size_t i = 0; i < made; i++, stored++) {
            if (wide)
                wide[stored] = units[i];
            else if (narrow)
                narrow[stored] = (char)units[i];
        }
    }
    if (taken < width)
        back(s, character);
    if (!taken || (lower.type == 'c' && taken < width))
        return false;
    if (terminate && wide)
        wide[stored] = 0;
    else if (terminate && narrow)
        narrow[stored] = 0;
    return true;
}

static size_t parse_set(const void *format, bool wide, size_t at, struct directive *d)
{
    bool first = true;

    if (format_unit(format, wide, at) == '^') {
        d->inverted = true;
        at++;
    }
    for (unsigned unit; (unit = format_unit(format, wide, at)) && (unit != ']' || first); first = false) {
        unsigned last = unit;
        at++;
        if (format_unit(format, wide, at) == '-' && format_unit(format, wide, at + 1) &&
            format_unit(format, wide, at + 1) != ']') {
            last = format_unit(format, wide, at + 1);
            at += 2;
        }
        for (unsigned member = unit; member <= last && member < 256; member++)
            d->set[member / 8] |= (unsigned char)(1u << (member % 8));
    }
    return format_unit(format, wide, at) ? at + 1 : at;
}

static size_t parse_sizes(const void *format, bool wide, size_t at, struct directive *d)
{
    for (;; at++) {
        unsigned unit = format_unit(format, wide, at);
        if (unit == 'h') {
            d->size = d->narrow ? STORE_CHAR : STORE_SHORT;
            d->narrow = true;
        } else if (unit == 'l') {
            d->size = d->wide ? STORE_64 : STORE_LONG;
            d->wide = true;
        } else if (unit == 'w') {
            d->wide = true;
        } else if (unit == 'L') {
            d->size = STORE_LONG_DOUBLE;
        } else if (unit == 'j' || unit == 'z' || unit == 't') {
            d->size = STORE_64;
        } else if (unit == 'I') {
            bool is_32 = format_unit(format, wide, at + 1) == '3';
            bool is_64 = format_unit(format, wide, at + 1) == '6';
            d->size = is_32 ? STORE_INT : STORE_64;
            if ((is_32 || is_64) && format_unit(format, wide, at + 2))
                at += 2;
        } else {
            return at;
        }
    }
}

static size_t parse_directive(const void *format, bool wide, size_t at, struct directive *d)
{
    *d = (struct directive){.width = SIZE_MAX};
    if (format_unit(format, wide, at) == '*') {
        d->skip = true;
        at++;
    }
    for (unsigned unit; (unit = format_unit(format, wide, at)) >= '0' && unit <= '9'; at++) {
        if (d->width == SIZE_MAX)
            d->width = 0;
        if (d->width < 0x1000000)
            d->width = d->width * 10 + (unit - '0');
    }
    at = parse_sizes(format, wide, at, d);
    d->type = format_unit(format, wide, at);
    if (!d->type)
        return at;
    at++;
    return d->type == '[' ? parse_set(format, wide, at, d) : at;
}

static bool scan_one(struct scan *s, const struct directive *d)
{
    switch (d->type) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
    case 'p':
        skip_space(s);
        return scan_integer(s, d);
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        skip_space(s);
        return scan_float(s, d);
    case 's':
    case 'S':
        skip_space(s);
        return scan_text(s, d);
    case 'c':
    case 'C':
    case '[':
        return scan_text(s, d);
    default:
        return false;
    }
}

int scan_input(struct scan_source *source, const void *format, struct format_args *args)
{
    struct scan s = {.source = source, .args = args};
    bool wide = source->wide;
    int assigned = 0;
    size_t at = 0;

    for (unsigned unit; (unit = format_unit(format, wide, at));) {
        struct directive d;

        at++;
        if (is_space((int)unit)) {
            skip_space(&s);
            continue;
        }
        if (unit == '%') {
            at = parse_directive(format, wide, at, &d);
            if (d.type == 'n') {
                store_integer(&d, args, s.read);
                continue;
            }
            if (d.type != '%') {
                s.ended = false;
                if (!scan_one(&s, &d))
                    return assigned || !s.ended ? assigned : -1;
                assigned += !d.skip;
                continue;
            }
            skip_space(&s);
        }
        int character = next(&s);
        if (character != (int)unit) {
            back(&s, character);
            return assigned || character >= 0 ? assigned : -1;
        }
    }
    return assigned;
}
