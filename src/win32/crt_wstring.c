/* SPDX-License-Identifier: MIT */
/* The C library's wide-string functions for 16-bit units: libc's own assume 32 bits. Order is that of
 * the units, as in the C locale. */
#include "win32/crt.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "base/utf16.h"

CRT(size_t, ovl_crt_wcslen, const char16_t *text)
{
    return utf16_length(text);
}

CRT(size_t, ovl_crt_wcsnlen, const char16_t *text, size_t limit)
{
    size_t n = 0;

    while (n < limit && text[n])
        n++;
    return n;
}

CRT(char16_t *, ovl_crt_wmemcpy, char16_t *to, const char16_t *from, size_t count)
{
    return memcpy(to, from, count * sizeof(char16_t));
}

CRT(char16_t *, ovl_crt_wmemmove, char16_t *to, const char16_t *from, size_t count)
{
    return memmove(to, from, count * sizeof(char16_t));
}

CRT(char16_t *, ovl_crt_wmemset, char16_t *to, char16_t unit, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = unit;
    return to;
}

CRT(int, ovl_crt_wmemcmp, const char16_t *a, const char16_t *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

CRT(char16_t *, ovl_crt_wmemchr, const char16_t *text, char16_t unit, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (text[i] == unit)
            return (char16_t *)text + i;
    }
    return NULL;
}

CRT(char16_t *, ovl_crt_wcscpy, char16_t *to, const char16_t *from)
{
    return memcpy(to, from, (utf16_length(from) + 1) * sizeof(char16_t));
}

CRT(char16_t *, ovl_crt_wcsncpy, char16_t *to, const char16_t *from, size_t count)
{
    size_t length = ovl_crt_wcsnlen(from, count);

    memcpy(to, from, length * sizeof(char16_t));
    memset(to + length, 0, (count - length) * sizeof(char16_t));
    return to;
}

CRT(char16_t *, ovl_crt_wcscat, char16_t *to, const char16_t *from)
{
    ovl_crt_wcscpy(to + utf16_length(to), from);
    return to;
}

CRT(char16_t *, ovl_crt_wcsncat, char16_t *to, const char16_t *from, size_t count)
{
    char16_t *end = to + utf16_length(to);
    size_t length = ovl_crt_wcsnlen(from, count);

    memcpy(end, from, length * sizeof(char16_t));
    end[length] = 0;
    return to;
}

CRT(int, ovl_crt_wcscmp, const char16_t *a, const char16_t *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (*a > *b) - (*a < *b);
}

CRT(int, ovl_crt_wcsncmp, const char16_t *a, const char16_t *b, size_t count)
{
    for (; count; a++, b++, count--) {
        if (*a != *b || !*a)
            return (*a > *b) - (*a < *b);
    }
    return 0;
}

CRT(size_t, ovl_crt_wcsxfrm, char16_t *to, const char16_t *from, size_t size)
{
    size_t length = utf16_length(from);

    if (length < size)
        ovl_crt_wcscpy(to, from);
    return length;
}

CRT(char16_t *, ovl_crt_wcschr, const char16_t *text, char16_t unit)
{
    for (;; text++) {
        if (*text == unit)
            return (char16_t *)text;
        if (!*text)
            return NULL;
    }
}

CRT(char16_t *, ovl_crt_wcsrchr, const char16_t *text, char16_t unit)
{
    for (size_t i = utf16_length(text) + 1; i-- > 0;) {
        if (text[i] == unit)
            return (char16_t *)text + i;
    }
    return NULL;
}

CRT(size_t, ovl_crt_wcscspn, const char16_t *text, const char16_t *reject)
{
    size_t n = 0;

    while (text[n] && !ovl_crt_wcschr(reject, text[n]))
        n++;
    return n;
}

CRT(size_t, ovl_crt_wcsspn, const char16_t *text, const char16_t *accept)
{
    size_t n = 0;

    while (text[n] && ovl_crt_wcschr(accept, text[n]))
        n++;
    return n;
}

CRT(char16_t *, ovl_crt_wcspbrk, const char16_t *text, const char16_t *accept)
{
    text += ovl_crt_wcscspn(text, accept);
    return *text ? (char16_t *)text : NULL;
}

CRT(char16_t *, ovl_crt_wcsstr, const char16_t *text, const char16_t *part)
{
    size_t length = utf16_length(part);

    for (;; text++) {
        if (!ovl_crt_wcsncmp(text, part, length))
            return (char16_t *)text;
        if (!*text)
            return NULL;
    }
}

CRT(char16_t *, ovl_crt_wcstok, char16_t *text, const char16_t *delimiters, char16_t **context)
{
    if (!text)
        text = *context;
    if (!text)
        return NULL;
    text += ovl_crt_wcsspn(text, delimiters);
    if (!*text) {
        *context = NULL;
        return NULL;
    }
    char16_t *end = text + ovl_crt_wcscspn(text, delimiters);
    *context = *end ? end + 1 : NULL;
    *end = 0;
    return text;
}

CRT(char16_t *, ovl_crt_wcsdup, const char16_t *text)
{
    size_t size = (utf16_length(text) + 1) * sizeof(char16_t);
    char16_t *copy = malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* Units that the multibyte functions may need: a character beyond the basic plane is two calls. */
CRT(size_t, ovl_crt_mbrtowc, char16_t *unit, const char *text, size_t count, mbstate_t *state)
{
    uint32_t character;
    char16_t units[2] = {0, 0};

    (void)state;
    if (!text || !count)
        return text ? (size_t)-2 : 0;
    size_t used = utf8_decode(text, count, &character);
    utf16_from_utf8(units, 2, text, used);
    if (unit)
        *unit = units[0];
    return units[0] ? used : 0;
}

CRT(size_t, ovl_crt_wcrtomb, char *text, char16_t unit, mbstate_t *state)
{
    (void)state;
    return text ? utf8_from_utf16(text, 4, &unit, 1) : 1;
}

/* Up to `count` bytes or units with the terminator; without `to` the length that is needed. */
CRT(size_t, ovl_crt_mbstowcs, char16_t *to, const char *from, size_t count)
{
    size_t length = strlen(from), needed;

    if (!to)
        return utf16_from_utf8(NULL, 0, from, length);
    needed = utf16_from_utf8(to, count, from, length);
    if (needed < count)
        to[needed] = 0;
    return needed < count ? needed : count;
}

CRT(size_t, ovl_crt_wcstombs, char *to, const char16_t *from, size_t count)
{
    size_t length = utf16_length(from), needed;

    if (!to)
        return utf8_from_utf16(NULL, 0, from, length);
    needed = utf8_from_utf16(to, count, from, length);
    if (needed < count)
        to[needed] = 0;
    return needed < count ? needed : count;
}

CRT(size_t, ovl_crt_mbsrtowcs, char16_t *to, const char **from, size_t count, mbstate_t *state)
{
    size_t made = ovl_crt_mbstowcs(to, *from, count);

    (void)state;
    if (to && made < count)
        *from = NULL;
    return made;
}

CRT(size_t, ovl_crt_wcsrtombs, char *to, const char16_t **from, size_t count, mbstate_t *state)
{
    size_t made = ovl_crt_wcstombs(to, *from, count);

    (void)state;
    if (to && made < count)
        *from = NULL;
    return made;
}

CRT(int, ovl_crt_mbtowc, char16_t *unit, const char *text, size_t count)
{
    return (int)ovl_crt_mbrtowc(unit, text, count, NULL);
}

CRT(int, ovl_crt_wctomb, char *text, char16_t unit)
{
    return text ? (int)ovl_crt_wcrtomb(text, unit, NULL) : 0;
}

CRT(int, ovl_crt_mbstowcs_s, size_t *converted, char16_t *to, size_t size, const char *from,
    size_t count)
{
    size_t length = from ? strlen(from) : 0;
    size_t needed = utf16_from_utf8(NULL, 0, from, length);

    if (!from || (!to && size))
        return crt_invalid(EINVAL);
    if (count != CRT_TRUNCATE && needed > count)
        needed = count;
    if (converted)
        *converted = needed + 1;
    if (!to)
        return 0;
    if (needed >= size && count != CRT_TRUNCATE) {
        if (size)
            to[0] = 0;
        return crt_invalid(ERANGE);
    }
    size_t kept = needed < size ? needed : size - 1;
    utf16_from_utf8(to, kept, from, length);
    to[kept] = 0;
    return kept < needed ? CRT_STRUNCATE : 0;
}

CRT(int, ovl_crt_wcstombs_s, size_t *converted, char *to, size_t size, const char16_t *from,
    size_t count)
{
    size_t length = from ? utf16_length(from) : 0;
    size_t needed = from ? utf8_from_utf16(NULL, 0, from, length) : 0;

    if (!from || (!to && size))
        return crt_invalid(EINVAL);
    if (count != CRT_TRUNCATE && needed > count)
        needed = count;
    if (converted)
        *converted = needed + 1;
    if (!to)
        return 0;
    if (needed >= size && count != CRT_TRUNCATE) {
        if (size)
            to[0] = 0;
        return crt_invalid(ERANGE);
    }
    size_t kept = needed < size ? needed : size - 1;
    memset(to, 0, kept + 1);
    utf8_from_utf16(to, kept, from, length);
    return kept < needed ? CRT_STRUNCATE : 0;
}

CRT(size_t, ovl_crt_wcsftime, char16_t *buffer, size_t size, const char16_t *format,
    const struct tm *time)
{
    char *narrow = crt_narrow(format);
    char *text = malloc(size * 3 + 1);
    size_t made = 0;

    if (narrow && text && strftime(text, size * 3 + 1, narrow, time)) {
        made = crt_widen(buffer, size, text) - 1;
        if (made >= size)
            made = 0;
    }
    free(text);
    free(narrow);
    return made;
}
