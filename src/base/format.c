/* SPDX-License-Identifier: MIT */
/* The printf half of format.h. One parser and one writer serve both widths: a format is read unit by
 * unit, text of the other width is converted character by character, and everything goes to a target
 * that counts what does not fit. crt_printf.c in win32/ puts the C runtime's functions on top. */
#include "base/format.h"
#include "base/utf16.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

/* No number has that many digits; libc would take that much memory to print their zeros. */
enum { FLOAT_PRECISION_MOST = 100000 };

enum size_kind { SIZE_NONE, SIZE_HH, SIZE_H, SIZE_L, SIZE_64, SIZE_POINTER, SIZE_W, SIZE_LONG_DOUBLE };

struct conversion {
    bool left, plus, space, alternate, zero;
    int width;
    int precision; /* -1: none */
    enum size_kind size;
    unsigned type;
};

static unsigned unit_at(const void *text, bool wide, size_t index)
{
    return wide ? ((const char16_t *)text)[index] : ((const unsigned char *)text)[index];
}

static void target_drain(struct format_target *target)
{
    size_t size = target->wide ? sizeof(char16_t) : 1;
    size_t taken = target->drain(target->context, target->units, target->used);

    if (!taken) {
        target->failed = true;
        target->used = 0;
        return;
    }
    target->used -= taken;
    memmove(target->units, (char *)target->units + taken * size, target->used * size);
}

static void put_fill(struct format_target *target, unsigned unit, size_t count)
{
    target->total += count;
    if (target->total > INT_MAX)
        target->failed = true;
    while (count && !target->failed) {
        if (target->used == target->capacity) {
            if (!target->drain)
                return;
            target_drain(target);
            continue;
        }
        if (target->wide)
            ((char16_t *)target->units)[target->used++] = (char16_t)unit;
        else
            ((char *)target->units)[target->used++] = (char)unit;
        count--;
    }
}

static void put_ascii(struct format_target *target, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        put_fill(target, (unsigned char)text[i], 1);
}

/* One character of `text` in the target's width. Returns the source units it took. */
static size_t convert_one(const void *text, bool wide, size_t length, char16_t units[4], size_t *made)
{
    if (wide) {
        const char16_t *from = text;
        bool pair = length > 1 && (from[0] & 0xfc00) == 0xd800 && (from[1] & 0xfc00) == 0xdc00;
        char bytes[4];

        *made = utf8_from_utf16(bytes, sizeof(bytes), from, pair ? 2 : 1);
        for (size_t i = 0; i < *made; i++)
            units[i] = (unsigned char)bytes[i];
        return pair ? 2 : 1;
    }
    uint32_t character;
    size_t used = utf8_decode(text, length, &character);

    *made = utf16_from_utf8(units, 4, text, used);
    return used;
}

/* Text of the other width: counts the units it makes, at most `limit` and no half character; writes
 * them too when `target` is given. */
static size_t put_converted(struct format_target *target, bool to_wide, const void *text, size_t length,
                            size_t limit)
{
    bool wide = !to_wide;
    size_t total = 0;

    for (size_t i = 0; i < length;) {
        char16_t units[4];
        size_t made;
        const void *here = wide ? (const void *)((const char16_t *)text + i)
                                : (const void *)((const char *)text + i);

        i += convert_one(here, wide, length - i, units, &made);
        if (made > limit - total)
            break;
        total += made;
        for (size_t k = 0; target && k < made; k++)
            put_fill(target, units[k], 1);
    }
    return total;
}

static size_t text_length(const void *text, bool wide, size_t limit)
{
    size_t n = 0;

    while (n < limit && unit_at(text, wide, n))
        n++;
    return n;
}

/* A string with its padding. `length` is SIZE_MAX when the string is terminated. */
static void put_text(struct format_target *target, const struct conversion *c, const void *text,
                     bool wide, size_t length)
{
    size_t limit = c->precision < 0 ? SIZE_MAX : (size_t)c->precision;
    size_t made;

    if (!text) {
        text = wide ? (const void *)u"(null)" : (const void *)"(null)";
        length = 6;
    }
    if (length == SIZE_MAX) {
        /* One unit of output comes of at most three of input: what lies behind need not be there. */
        size_t most = limit > SIZE_MAX / 4 ? SIZE_MAX : limit * (wide == target->wide ? 1 : 3);
        length = text_length(text, wide, most);
    }
    if (wide == target->wide)
        made = length < limit ? length : limit;
    else
        made = put_converted(NULL, target->wide, text, length, limit);

    size_t pad = (size_t)c->width > made ? (size_t)c->width - made : 0;
    if (!c->left)
        put_fill(target, c->zero ? '0' : ' ', pad);
    if (wide == target->wide) {
        for (size_t i = 0; i < made; i++)
            put_fill(target, unit_at(text, wide, i), 1);
    } else {
        put_converted(target, target->wide, text, length, limit);
    }
    if (c->left)
        put_fill(target, ' ', pad);
}

/* Prefix, zeros, digits, padded to the width. */
static void put_number(struct format_target *target, const struct conversion *c, const char *prefix,
                       const char *digits, size_t digit_count, size_t zeros, bool zero_fill)
{
    size_t prefix_length = strlen(prefix);
    size_t made = prefix_length + zeros + digit_count;
    size_t pad = (size_t)c->width > made ? (size_t)c->width - made : 0;

    if (zero_fill && !c->left) {
        zeros += pad;
        pad = 0;
    }
    if (!c->left)
        put_fill(target, ' ', pad);
    put_ascii(target, prefix, prefix_length);
    put_fill(target, '0', zeros);
    put_ascii(target, digits, digit_count);
    if (c->left)
        put_fill(target, ' ', pad);
}

static uint64_t argument_unsigned(const struct conversion *c, struct format_args *args)
{
    switch (c->size) {
    case SIZE_HH:
        return (unsigned char)va_arg(args->list, unsigned);
    case SIZE_H:
        return (unsigned short)va_arg(args->list, unsigned);
    case SIZE_64:
    case SIZE_POINTER:
        return va_arg(args->list, uint64_t);
    default:
        return va_arg(args->list, unsigned);
    }
}

static int64_t argument_signed(const struct conversion *c, struct format_args *args)
{
    switch (c->size) {
    case SIZE_HH:
        return (signed char)va_arg(args->list, int);
    case SIZE_H:
        return (short)va_arg(args->list, int);
    case SIZE_64:
    case SIZE_POINTER:
        return va_arg(args->list, int64_t);
    default:
        return va_arg(args->list, int);
    }
}

static const char *sign_prefix(const struct conversion *c, bool negative)
{
    return negative ? "-" : c->plus ? "+" : c->space ? " " : "";
}

static void put_integer(struct format_target *target, const struct conversion *c,
                        struct format_args *args)
{
    bool is_signed = c->type == 'd' || c->type == 'i';
    unsigned base = c->type == 'o' ? 8 : c->type == 'x' || c->type == 'X' ? 16 : 10;
    const char *alphabet = c->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    const char *prefix = "";
    uint64_t value;
    char digits[24];
    size_t count = 0, zeros;

    if (is_signed) {
        int64_t number = argument_signed(c, args);
        prefix = sign_prefix(c, number < 0);
        value = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    } else {
        value = argument_unsigned(c, args);
        if (c->alternate && base == 16 && value)
            prefix = c->type == 'X' ? "0X" : "0x";
    }
    for (uint64_t rest = value; rest; rest /= base)
        digits[sizeof(digits) - ++count] = alphabet[rest % base];
    if (!value && c->precision != 0)
        digits[sizeof(digits) - ++count] = '0';
    zeros = c->precision > 0 && (size_t)c->precision > count ? (size_t)c->precision - count : 0;
    if (c->alternate && base == 8 && !zeros && (!count || digits[sizeof(digits) - count] != '0'))
        zeros = 1;
    put_number(target, c, prefix, digits + sizeof(digits) - count, count, zeros,
               c->zero && c->precision < 0);
}

/* Sixteen digits, upper case, no prefix. */
static void put_pointer(struct format_target *target, const struct conversion *c,
                        struct format_args *args)
{
    char digits[17];

    snprintf(digits, sizeof(digits), "%016llX",
             (unsigned long long)(uintptr_t)va_arg(args->list, void *));
    put_number(target, c, "", digits, 16, 0, false);
}

static void put_float(struct format_target *target, const struct conversion *c,
                      struct format_args *args)
{
    char spec[8], small[400];
    char *text = small;
    size_t n = 0;
    int length;
    bool is_long = c->size == SIZE_LONG_DOUBLE;
    long double wide_value = is_long ? va_arg(args->list, long double) : 0;
    double value = is_long ? 0 : va_arg(args->list, double);

    if (c->precision > FLOAT_PRECISION_MOST) {
        target->failed = true;
        return;
    }

    spec[n++] = '%';
    if (c->alternate)
        spec[n++] = '#';
    memcpy(spec + n, ".*", 2);
    n += 2;
    if (is_long)
        spec[n++] = 'L';
    spec[n++] = (char)c->type;
    spec[n] = 0;
    for (size_t room = sizeof(small);; room = (size_t)length + 1) {
        length = is_long ? snprintf(text, room, spec, c->precision, wide_value)
                         : snprintf(text, room, spec, c->precision, value);
        if (length < 0 || (size_t)length < room)
            break;
        text = malloc((size_t)length + 1);
        if (!text) {
            target->failed = true;
            return;
        }
    }
    if (length < 0) {
        target->failed = true;
    } else {
        char prefix[4] = "";
        const char *digits = text;
        size_t count = (size_t)length;
        bool finite;

        strcpy(prefix, sign_prefix(c, *digits == '-'));
        if (*digits == '-') {
            digits++;
            count--;
        }
        finite = *digits >= '0' && *digits <= '9';
        if ((c->type == 'a' || c->type == 'A') && finite) {
            size_t sign = strlen(prefix);
            memcpy(prefix + sign, digits, 2);
            prefix[sign + 2] = 0;
            digits += 2;
            count -= 2;
        }
        put_number(target, c, prefix, digits, count, 0, c->zero && finite);
    }
    if (text != small)
        free(text);
}

/* Is this s, c, S or C about 16-bit text? The capital means the other width than the function's. */
static bool text_is_wide(const struct conversion *c, bool wide)
{
    bool capital = c->type == 'S' || c->type == 'C';

    if (c->size == SIZE_H || c->size == SIZE_HH)
        return false;
    if (c->size == SIZE_L || c->size == SIZE_W || c->size == SIZE_64)
        return true;
    return capital ? !wide : wide;
}

static void put_character(struct format_target *target, const struct conversion *c,
                          struct format_args *args)
{
    int value = va_arg(args->list, int);
    struct conversion plain = *c;
    char narrow = (char)value;
    char16_t unit = (char16_t)value;

    plain.precision = -1;
    if (text_is_wide(c, target->wide))
        put_text(target, &plain, &unit, true, 1);
    else
        put_text(target, &plain, &narrow, false, 1);
}

/* %Z: a counted string (ANSI_STRING), %wZ: a UNICODE_STRING. */
static void put_counted(struct format_target *target, const struct conversion *c,
                        struct format_args *args)
{
    const struct {
        unsigned short length, maximum;
        const void *text;
    } *counted = va_arg(args->list, const void *);
    bool wide = c->size == SIZE_W || c->size == SIZE_L;

    if (!counted || !counted->text)
        put_text(target, c, NULL, wide, 0);
    else
        put_text(target, c, counted->text, wide, wide ? counted->length / 2u : counted->length);
}

/* Returns false for a conversion that does not exist; %n is among those, as in Microsoft's runtime. */
static bool put_conversion(struct format_target *target, const struct conversion *c,
                           struct format_args *args)
{
    switch (c->type) {
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        put_integer(target, c, args);
        return true;
    case 'p':
        put_pointer(target, c, args);
        return true;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        put_float(target, c, args);
        return true;
    case 'c':
    case 'C':
        put_character(target, c, args);
        return true;
    case 's':
    case 'S':
        put_text(target, c, va_arg(args->list, const void *), text_is_wide(c, target->wide), SIZE_MAX);
        return true;
    case 'Z':
        put_counted(target, c, args);
        return true;
    case '%':
        put_fill(target, '%', 1);
        return true;
    default:
        return false;
    }
}

/* A width or precision: digits or a star. Returns false when it is beyond an int. */
static bool parse_count(const void *format, bool wide, size_t *at, struct format_args *args, int *count)
{
    unsigned unit = unit_at(format, wide, *at);
    int value = 0;

    if (unit == '*') {
        ++*at;
        *count = va_arg(args->list, int);
        return true;
    }
    for (; unit >= '0' && unit <= '9'; unit = unit_at(format, wide, ++*at)) {
        if (value > (INT_MAX - 9) / 10)
            return false;
        value = value * 10 + (int)(unit - '0');
    }
    *count = value;
    return true;
}

static enum size_kind parse_size(const void *format, bool wide, size_t *at)
{
    unsigned unit = unit_at(format, wide, *at);
    unsigned next = unit ? unit_at(format, wide, *at + 1) : 0;
    unsigned third = next ? unit_at(format, wide, *at + 2) : 0;

    if (unit == 'I' && ((next == '6' && third == '4') || (next == '3' && third == '2'))) {
        *at += 3;
        return next == '6' ? SIZE_64 : SIZE_NONE;
    }
    if ((unit == 'h' || unit == 'l') && next == unit) {
        *at += 2;
        return unit == 'h' ? SIZE_HH : SIZE_64;
    }
    ++*at;
    switch (unit) {
    case 'h':
        return SIZE_H;
    case 'l':
        return SIZE_L;
    case 'j':
        return SIZE_64;
    case 'I':
    case 'z':
    case 't':
        return SIZE_POINTER;
    case 'w':
        return SIZE_W;
    case 'L':
        return SIZE_LONG_DOUBLE;
    default:
        --*at;
        return SIZE_NONE;
    }
}

static bool parse_conversion(const void *format, bool wide, size_t *at, struct format_args *args,
                             struct conversion *c)
{
    *c = (struct conversion){.precision = -1};
    for (;; ++*at) {
        unsigned unit = unit_at(format, wide, *at);
        if (unit == '-')
            c->left = true;
        else if (unit == '+')
            c->plus = true;
        else if (unit == ' ')
            c->space = true;
        else if (unit == '#')
            c->alternate = true;
        else if (unit == '0')
            c->zero = true;
        else
            break;
    }
    if (!parse_count(format, wide, at, args, &c->width))
        return false;
    if (c->width < 0) {
        if (c->width == INT_MIN)
            return false;
        c->left = true;
        c->width = -c->width;
    }
    if (unit_at(format, wide, *at) == '.') {
        ++*at;
        if (!parse_count(format, wide, at, args, &c->precision))
            return false;
        if (c->precision < 0)
            c->precision = -1;
    }
    c->size = parse_size(format, wide, at);
    c->type = unit_at(format, wide, *at);
    if (!c->type)
        return false;
    ++*at;
    return true;
}

int format_print(struct format_target *target, const void *format, struct format_args *args)
{
    size_t at = 0;

    for (unsigned unit; (unit = unit_at(format, target->wide, at)) && !target->failed;) {
        struct conversion c;

        at++;
        if (unit != '%') {
            put_fill(target, unit, 1);
            continue;
        }
        if (!parse_conversion(format, target->wide, &at, args, &c) ||
            !put_conversion(target, &c, args))
            return -1;
    }
    while (target->drain && target->used && !target->failed)
        target_drain(target);
    return target->failed ? -1 : (int)target->total;
}
