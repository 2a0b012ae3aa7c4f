/* SPDX-License-Identifier: MIT */
/* Numbers from and to text: wcsto*, _wto*, _itoa and its kin in both widths, environment as text. */
#include "win32/crt.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"

static int digit_of(char16_t unit)
{
    if (unit >= '0' && unit <= '9')
        return unit - '0';
    if (unit >= 'a' && unit <= 'z')
        return unit - 'a' + 10;
    if (unit >= 'A' && unit <= 'Z')
        return unit - 'A' + 10;
    return 99;
}

/* The magnitude, saturated, and the sign; `*end` is `text` when there is no number. */
static uint64_t parse_number(const char16_t *text, const char16_t **end, int base, bool *negative,
                             bool *overflow)
{
    const char16_t *at = text;
    uint64_t value = 0;
    bool any = false;

    *negative = *overflow = false;
    while (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        at++;
    if (*at == '-' || *at == '+')
        *negative = *at++ == '-';
    if ((base == 0 || base == 16) && at[0] == '0' && (at[1] | 32) == 'x' && digit_of(at[2]) < 16) {
        at += 2;
        base = 16;
    }
    if (base == 0)
        base = *at == '0' ? 8 : 10;
    for (; digit_of(*at) < base; at++) {
        any = true;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit_of(*at), &value))
            *overflow = true;
    }
    *end = any ? at : text;
    return value;
}

CRT(unsigned long long, ovl_crt_wcstoull, const char16_t *text, char16_t **end, int base)
{
    const char16_t *stop;
    bool negative, overflow;
    uint64_t value = parse_number(text, &stop, base, &negative, &overflow);

    if (end)
        *end = (char16_t *)stop;
    if (overflow) {
        errno = ERANGE;
        return ULLONG_MAX;
    }
    return negative ? 0 - value : value;
}

CRT(long long, ovl_crt_wcstoll, const char16_t *text, char16_t **end, int base)
{
    const char16_t *stop;
    bool negative, overflow;
    uint64_t value = parse_number(text, &stop, base, &negative, &overflow);

    if (end)
        *end = (char16_t *)stop;
    if (overflow || value > (uint64_t)LLONG_MAX + negative) {
        errno = ERANGE;
        return negative ? LLONG_MIN : LLONG_MAX;
    }
    return (long long)(negative ? 0 - value : value);
}

CRT(long, ovl_crt_wcstol, const char16_t *text, char16_t **end, int base)
{
    return (long)ovl_crt_wcstoll(text, end, base);
}

CRT(unsigned long, ovl_crt_wcstoul, const char16_t *text, char16_t **end, int base)
{
    return (unsigned long)ovl_crt_wcstoull(text, end, base);
}

/* The ASCII beginning of the text goes to libc; an index there is an index here. */
static size_t ascii_prefix(const char16_t *text, char *to, size_t size)
{
    size_t n = 0;

    while (n < size - 1 && text[n] && text[n] < 0x80) {
        to[n] = (char)text[n];
        n++;
    }
    to[n] = 0;
    return n;
}

CRT(long double, ovl_crt_wcstold, const char16_t *text, char16_t **end)
{
    char narrow[1100], *stop;

    ascii_prefix(text, narrow, sizeof(narrow));
    long double value = strtold(narrow, &stop);
    if (end)
        *end = (char16_t *)text + (stop - narrow);
    return value;
}

CRT(double, ovl_crt_wcstod, const char16_t *text, char16_t **end)
{
    char narrow[1100], *stop;

    ascii_prefix(text, narrow, sizeof(narrow));
    double value = strtod(narrow, &stop);
    if (end)
        *end = (char16_t *)text + (stop - narrow);
    return value;
}

CRT(float, ovl_crt_wcstof, const char16_t *text, char16_t **end)
{
    char narrow[1100], *stop;

    ascii_prefix(text, narrow, sizeof(narrow));
    float value = strtof(narrow, &stop);
    if (end)
        *end = (char16_t *)text + (stop - narrow);
    return value;
}

CRT(int, ovl_crt__wtoi, const char16_t *text)
{
    return (int)ovl_crt_wcstoll(text, NULL, 10);
}

CRT(long long, ovl_crt__wtoi64, const char16_t *text)
{
    return ovl_crt_wcstoll(text, NULL, 10);
}

CRT(double, ovl_crt__wtof, const char16_t *text)
{
    return ovl_crt_wcstod(text, NULL);
}

/* Digits, with a minus for negative numbers of radix 10 only. Returns 0, EINVAL or ERANGE. */
static int number_text(uint64_t value, bool negative, int radix, void *buffer, bool wide, size_t size)
{
    char digits[68];
    size_t at = sizeof(digits);

    if (!buffer || !size || radix < 2 || radix > 36)
        return EINVAL;
    do
        digits[--at] = "0123456789abcdefghijklmnopqrstuvwxyz"[value % (unsigned)radix];
    while (value /= (unsigned)radix);
    if (negative)
        digits[--at] = '-';
    size_t length = sizeof(digits) - at;
    if (length >= size) {
        if (wide)
            *(char16_t *)buffer = 0;
        else
            *(char *)buffer = 0;
        return ERANGE;
    }
    for (size_t i = 0; i <= length; i++) {
        char unit = i < length ? digits[at + i] : 0;
        if (wide)
            ((char16_t *)buffer)[i] = (unsigned char)unit;
        else
            ((char *)buffer)[i] = unit;
    }
    return 0;
}

#define MAGNITUDE(v, type) ((v) < 0 && radix == 10 ? 0 - (uint64_t)(v) : (uint64_t)(type)(v))
#define NUMBER(name, unit, wide, type, magnitude_type)                                             \
    CRT(unit *, name, type value, unit *buffer, int radix)                                         \
    {                                                                                              \
        if (number_text(MAGNITUDE(value, magnitude_type), value < 0 && radix == 10, radix, buffer, \
                        wide, 70))                                                                 \
            crt_invalid(EINVAL);                                                                   \
        return buffer;                                                                             \
    }                                                                                              \
    CRT(int, name##_s, type value, unit *buffer, size_t size, int radix)                           \
    {                                                                                              \
        int error = number_text(MAGNITUDE(value, magnitude_type), value < 0 && radix == 10, radix, \
                                buffer, wide, size);                                               \
        return error ? crt_invalid(error) : 0;                                                     \
    }
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Wsign-compare"
NUMBER(ovl_crt__itoa, char, false, int, unsigned)
NUMBER(ovl_crt__ultoa, char, false, unsigned, unsigned)
NUMBER(ovl_crt__i64toa, char, false, long long, unsigned long long)
NUMBER(ovl_crt__ui64toa, char, false, unsigned long long, unsigned long long)
NUMBER(ovl_crt__itow, char16_t, true, int, unsigned)
NUMBER(ovl_crt__ultow, char16_t, true, unsigned, unsigned)
NUMBER(ovl_crt__i64tow, char16_t, true, long long, unsigned long long)
NUMBER(ovl_crt__ui64tow, char16_t, true, unsigned long long, unsigned long long)
