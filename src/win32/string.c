/* SPDX-License-Identifier: MIT */
/* Strings: conversion between code pages and UTF-16, and the lstr functions. The ANSI code page is
 * UTF-8, and converts without loss in both directions (names of files are only bytes on Linux);
 * CP_UTF8 itself replaces what is not well formed, as on Windows. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "win32/face.h"

enum { CP_ASCII = 20127, CP_LATIN1 = 28591, CP_WINDOWS_1252 = 1252, REPLACEMENT = 0xfffd };

/* What Windows-1252 has where Latin-1 has control characters; 0: the same code. */
static const char16_t windows_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

static bool page_is_utf8(UINT page)
{
    return page == CP_ACP || page == CP_OEMCP || page == CP_THREAD_ACP || page == CP_UTF8;
}

static bool page_is_bytes(UINT page)
{
    return page == CP_ASCII || page == CP_LATIN1 || page == CP_WINDOWS_1252;
}

static uint32_t character_from_byte(UINT page, unsigned char byte)
{
    if (byte < 0x80)
        return byte;
    if (page == CP_ASCII)
        return REPLACEMENT;
    char16_t other = page == CP_WINDOWS_1252 && byte < 0xa0 ? windows_1252[byte - 0x80] : 0;
    return other != 0 ? other : byte;
}

/* -1: there is none. */
static int byte_from_character(UINT page, uint32_t c)
{
    if (c < 0x80)
        return (int)c;
    if (page == CP_ASCII)
        return -1;
    for (int i = 0; page == CP_WINDOWS_1252 && i < 32; i++)
        if (windows_1252[i] == c)
            return 0x80 + i;
    if (c > 0xff || (page == CP_WINDOWS_1252 && c < 0xa0 && windows_1252[c - 0x80] != 0))
        return -1;
    return (int)c;
}

static bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

static int conversion_error(DWORD error)
{
    error_set(error);
    return 0;
}

int WINAPI MultiByteToWideChar(UINT page, DWORD flags, LPCCH from, int from_length, LPWSTR to,
                               int room)
{
    bool utf8 = page_is_utf8(page), lossless = utf8 && page != CP_UTF8;
    if (from == NULL || from_length == 0 || from_length < -1 || room < 0 ||
        (room > 0 && to == NULL) || !(utf8 || page_is_bytes(page)))
        return conversion_error(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(MB_PRECOMPOSED | MB_COMPOSITE | MB_USEGLYPHCHARS | MB_ERR_INVALID_CHARS))
        return conversion_error(ERROR_INVALID_FLAGS);
    size_t length = from_length < 0 ? strlen(from) + 1 : (size_t)from_length;
    size_t units = 0;
    for (size_t at = 0; at < length;) {
        uint32_t c;
        at += utf8 ? utf8_decode(from + at, length - at, &c) : 1;
        if (!utf8)
            c = character_from_byte(page, (unsigned char)from[at - 1]);
        bool bad = utf8 ? is_surrogate(c) : c == REPLACEMENT;
        if (bad && flags & MB_ERR_INVALID_CHARS)
            return conversion_error(ERROR_NO_UNICODE_TRANSLATION);
        if (bad && !lossless)
            c = REPLACEMENT;
        size_t count = c >= 0x10000 ? 2 : 1;
        if (room > 0 && units + count > (size_t)room)
            return conversion_error(ERROR_INSUFFICIENT_BUFFER);
        if (room > 0 && count == 2) {
            to[units] = (WCHAR)(0xd800 + ((c - 0x10000) >> 10));
            to[units + 1] = (WCHAR)(0xdc00 + ((c - 0x10000) & 0x3ff));
        } else if (room > 0) {
            to[units] = (WCHAR)c;
        }
        units += count;
    }
    return units > INT32_MAX ? conversion_error(ERROR_ARITHMETIC_OVERFLOW) : (int)units;
}

/* One character of UTF-16; returns its units. A lone surrogate is itself. */
static size_t utf16_decode(const WCHAR *from, size_t length, uint32_t *c)
{
    *c = from[0];
    if (*c < 0xd800 || *c > 0xdbff || length < 2 || from[1] < 0xdc00 || from[1] > 0xdfff)
        return 1;
    *c = 0x10000 + ((*c - 0xd800) << 10) + (from[1] - 0xdc00u);
    return 2;
}

/* Bytes of one character (at `from`, `units` units long) in `page`, at most 4; -1: it has none. */
static int character_bytes(UINT page, const WCHAR *from, size_t units, uint32_t c, char bytes[4])
{
    if (!page_is_utf8(page)) {
        int byte = byte_from_character(page, c);
        bytes[0] = (char)byte;
        return byte < 0 ? -1 : 1;
    }
    return (int)utf8_from_utf16(bytes, 4, from, units);
}

int WINAPI WideCharToMultiByte(UINT page, DWORD flags, LPCWCH from, int from_length, LPSTR to,
                               int room, LPCCH default_char, LPBOOL used_default)
{
    static const WCHAR replacement[] = {REPLACEMENT};
    bool utf8 = page_is_utf8(page);
    if (from == NULL || from_length == 0 || from_length < -1 || room < 0 ||
        (room > 0 && to == NULL) || !(utf8 || page_is_bytes(page)) ||
        (page == CP_UTF8 && (default_char != NULL || used_default != NULL)))
        return conversion_error(ERROR_INVALID_PARAMETER);
    if (flags & ~(DWORD)(WC_COMPOSITECHECK | WC_DISCARDNS | WC_SEPCHARS | WC_DEFAULTCHAR |
                         WC_NO_BEST_FIT_CHARS | WC_ERR_INVALID_CHARS))
        return conversion_error(ERROR_INVALID_FLAGS);
    size_t length = from_length < 0 ? utf16_length(from) + 1 : (size_t)from_length;
    size_t written = 0;
    if (used_default != NULL)
        *used_default = FALSE;
    for (size_t at = 0; at < length;) {
        uint32_t c;
        size_t units = utf16_decode(from + at, length - at, &c);
        if (is_surrogate(c) && flags & WC_ERR_INVALID_CHARS)
            return conversion_error(ERROR_NO_UNICODE_TRANSLATION);
        const WCHAR *source = is_surrogate(c) && page == CP_UTF8 ? replacement : from + at;
        char bytes[4];
        int count = character_bytes(page, source, units, c, bytes);
        if (count < 0) {
            bytes[0] = default_char != NULL ? *default_char : '?';
            count = 1;
            if (used_default != NULL)
                *used_default = TRUE;
        }
        if (room > 0 && written + (size_t)count > (size_t)room)
            return conversion_error(ERROR_INSUFFICIENT_BUFFER);
        if (room > 0)
            memcpy(to + written, bytes, (size_t)count);
        written += (size_t)count;
        at += units;
    }
    return written > INT32_MAX ? conversion_error(ERROR_ARITHMETIC_OVERFLOW) : (int)written;
}

UINT WINAPI GetACP(void)
{
    return CP_UTF8;
}

UINT WINAPI GetOEMCP(void)
{
    return CP_UTF8;
}

BOOL WINAPI IsDBCSLeadByte(BYTE byte)
{
    (void)byte;
    return FALSE; /* documented: of double-byte code pages only */
}

int WINAPI CompareStringOrdinal(LPCWCH first, int first_length, LPCWCH second, int second_length,
                                BOOL ignore_case)
{
    if (first == NULL || second == NULL || first_length < -1 || second_length < -1)
        return conversion_error(ERROR_INVALID_PARAMETER);
    size_t a_length = first_length < 0 ? utf16_length(first) : (size_t)first_length;
    size_t b_length = second_length < 0 ? utf16_length(second) : (size_t)second_length;
    for (size_t i = 0; i < a_length && i < b_length; i++) {
        char16_t a = ignore_case ? utf16_fold(first[i]) : first[i];
        char16_t b = ignore_case ? utf16_fold(second[i]) : second[i];
        if (a != b)
            return a < b ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
    }
    if (a_length == b_length)
        return CSTR_EQUAL;
    return a_length < b_length ? CSTR_LESS_THAN : CSTR_GREATER_THAN;
}

/* ---- lstr ------------------------------------------------------------------------------------ */

/* These survive NULL strings: a length is 0, a copy fails. */
int WINAPI lstrlenA(LPCSTR text)
{
    return text == NULL ? 0 : (int)strlen(text);
}

int WINAPI lstrlenW(LPCWSTR text)
{
    return text == NULL ? 0 : (int)utf16_length(text);
}

LPSTR WINAPI lstrcpyA(LPSTR to, LPCSTR from)
{
    return to == NULL || from == NULL ? NULL : strcpy(to, from);
}

LPWSTR WINAPI lstrcpyW(LPWSTR to, LPCWSTR from)
{
    return to == NULL || from == NULL ? NULL
                                      : memmove(to, from, (utf16_length(from) + 1) * sizeof *from);
}

LPSTR WINAPI lstrcpynA(LPSTR to, LPCSTR from, int room)
{
    if (to == NULL || from == NULL || room <= 0)
        return NULL;
    size_t length = strnlen(from, (size_t)room - 1);
    memmove(to, from, length);
    to[length] = 0;
    return to;
}

LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int room)
{
    if (to == NULL || from == NULL || room <= 0)
        return NULL;
    size_t length = 0;
    for (; length < (size_t)room - 1 && from[length] != 0; length++)
        to[length] = from[length];
    to[length] = 0;
    return to;
}

LPSTR WINAPI lstrcatA(LPSTR to, LPCSTR from)
{
    return to == NULL || from == NULL ? NULL : strcat(to, from);
}

LPWSTR WINAPI lstrcatW(LPWSTR to, LPCWSTR from)
{
    if (to == NULL || from == NULL)
        return NULL;
    lstrcpyW(to + utf16_length(to), from);
    return to;
}

static int compare_narrow(LPCSTR first, LPCSTR second, int (*compare)(const char *, const char *))
{
    if (first == NULL || second == NULL)
        return (first != NULL) - (second != NULL);
    int order = compare(first, second);
    return (order > 0) - (order < 0);
}

int WINAPI lstrcmpA(LPCSTR first, LPCSTR second)
{
    return compare_narrow(first, second, strcmp);
}

int WINAPI lstrcmpiA(LPCSTR first, LPCSTR second)
{
    return compare_narrow(first, second, strcasecmp);
}

static int compare_wide(LPCWSTR first, LPCWSTR second, BOOL ignore_case)
{
    if (first == NULL || second == NULL)
        return (first != NULL) - (second != NULL);
    return CompareStringOrdinal(first, -1, second, -1, ignore_case) - CSTR_EQUAL;
}

int WINAPI lstrcmpW(LPCWSTR first, LPCWSTR second)
{
    return compare_wide(first, second, FALSE);
}

int WINAPI lstrcmpiW(LPCWSTR first, LPCWSTR second)
{
    return compare_wide(first, second, TRUE);
}

/* ---- Case ------------------------------------------------------------------------------------ */

/* A pointer below 64 KiB is one character, as documented. */
static bool is_character(const void *text)
{
    return (uintptr_t)text < 0x10000;
}

static char narrow_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char narrow_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* The alphabets that utf16_fold knows; the offsets are those of Unicode's blocks. */
static WCHAR wide_lower(WCHAR c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
        (c >= 0x391 && c <= 0x3a9) || (c >= 0x410 && c <= 0x42f))
        return (WCHAR)(c + 32);
    if (c >= 0x400 && c <= 0x40f)
        return (WCHAR)(c + 80);
    return c;
}

static WCHAR wide_upper(WCHAR c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
        (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f))
        return (WCHAR)(c - 32);
    if (c >= 0x450 && c <= 0x45f)
        return (WCHAR)(c - 80);
    return c;
}

LPSTR WINAPI CharLowerA(LPSTR text)
{
    if (is_character(text))
        return (LPSTR)(uintptr_t)(unsigned char)narrow_lower((char)(uintptr_t)text);
    for (char *c = text; *c != 0; c++)
        *c = narrow_lower(*c);
    return text;
}

LPSTR WINAPI CharUpperA(LPSTR text)
{
    if (is_character(text))
        return (LPSTR)(uintptr_t)(unsigned char)narrow_upper((char)(uintptr_t)text);
    for (char *c = text; *c != 0; c++)
        *c = narrow_upper(*c);
    return text;
}

LPWSTR WINAPI CharLowerW(LPWSTR text)
{
    if (is_character(text))
        return (LPWSTR)(uintptr_t)wide_lower((WCHAR)(uintptr_t)text);
    for (WCHAR *c = text; *c != 0; c++)
        *c = wide_lower(*c);
    return text;
}

LPWSTR WINAPI CharUpperW(LPWSTR text)
{
    if (is_character(text))
        return (LPWSTR)(uintptr_t)wide_upper((WCHAR)(uintptr_t)text);
    for (WCHAR *c = text; *c != 0; c++)
        *c = wide_upper(*c);
    return text;
}
