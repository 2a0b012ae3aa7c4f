/* SPDX-License-Identifier: MIT */
/* The secure and the Microsoft-named string functions, once for char and once for 16-bit units: the
 * bodies are in crt_string.inc. Plus what all of the C runtime shares: the invalid-parameter handler
 * and the conversions between the widths. */
#include "win32/crt.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wctype.h>

#include "base/utf16.h"

typedef void (*invalid_handler)(const char16_t *, const char16_t *, const char16_t *, unsigned,
                                unsigned long);
static _Atomic(invalid_handler) handler;

CRT(invalid_handler, ovl_crt__set_invalid_parameter_handler, invalid_handler to)
{
    return atomic_exchange(&handler, to);
}

int crt_invalid(int error)
{
    invalid_handler call = atomic_load(&handler);

    if (call)
        call(NULL, NULL, NULL, 0, 0);
    errno = error;
    return error;
}

char *crt_narrow(const char16_t *text)
{
    if (!text) {
        errno = EINVAL;
        return NULL;
    }
    size_t units = utf16_length(text);
    size_t length = utf8_from_utf16(NULL, 0, text, units);
    char *narrow = malloc(length + 1);

    if (narrow) {
        utf8_from_utf16(narrow, length, text, units);
        narrow[length] = 0;
    }
    return narrow;
}

size_t crt_widen(char16_t *to, size_t size, const char *from)
{
    size_t length = strlen(from);
    size_t units = utf16_from_utf8(to, size, from, length);

    if (units < size)
        to[units] = 0;
    return units + 1;
}

static locale_t case_locale;
static pthread_once_t case_once = PTHREAD_ONCE_INIT;

/* Case of characters beyond ASCII must not hang on what setlocale was told. */
static void case_load(void)
{
    case_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

static char16_t wide_case(char16_t unit, int upper)
{
    wint_t made;

    pthread_once(&case_once, case_load);
    if (unit < 0x80 || !case_locale)
        return (char16_t)(upper ? (unit >= 'a' && unit <= 'z' ? unit - 32 : unit)
                                : (unit >= 'A' && unit <= 'Z' ? unit + 32 : unit));
    made = upper ? towupper_l(unit, case_locale) : towlower_l(unit, case_locale);
    return made > 0xffff ? unit : (char16_t)made;
}

static char narrow_case(char unit, int upper)
{
    if (upper)
        return (char)(unit >= 'a' && unit <= 'z' ? unit - 32 : unit);
    return (char)(unit >= 'A' && unit <= 'Z' ? unit + 32 : unit);
}

#define UNIT          char
#define TO_CASE       narrow_case
#define NAME_CPY_S    ovl_crt_strcpy_s
#define NAME_NCPY_S   ovl_crt_strncpy_s
#define NAME_CAT_S    ovl_crt_strcat_s
#define NAME_NCAT_S   ovl_crt_strncat_s
#define NAME_NLEN_S   ovl_crt_strnlen_s
#define NAME_LWR      ovl_crt__strlwr
#define NAME_UPR      ovl_crt__strupr
#define NAME_LWR_S    ovl_crt__strlwr_s
#define NAME_UPR_S    ovl_crt__strupr_s
#define NAME_REV      ovl_crt__strrev
#define NAME_SET      ovl_crt__strset
#define NAME_SET_UNIT int
#define LENGTH        narrow_length
#include "win32/crt_string.inc"

#define UNIT          char16_t
#define TO_CASE       wide_case
#define NAME_CPY_S    ovl_crt_wcscpy_s
#define NAME_NCPY_S   ovl_crt_wcsncpy_s
#define NAME_CAT_S    ovl_crt_wcscat_s
#define NAME_NCAT_S   ovl_crt_wcsncat_s
#define NAME_NLEN_S   ovl_crt_wcsnlen_s
#define NAME_LWR      ovl_crt__wcslwr
#define NAME_UPR      ovl_crt__wcsupr
#define NAME_LWR_S    ovl_crt__wcslwr_s
#define NAME_UPR_S    ovl_crt__wcsupr_s
#define NAME_REV      ovl_crt__wcsrev
#define NAME_SET      ovl_crt__wcsset
#define NAME_SET_UNIT char16_t
#define LENGTH        wide_length
#include "win32/crt_string.inc"

CRT(int, ovl_crt__wcsicmp, const char16_t *a, const char16_t *b)
{
    for (;; a++, b++) {
        int difference = wide_case(*a, 0) - wide_case(*b, 0);
        if (difference || !*a)
            return difference;
    }
}

CRT(int, ovl_crt__wcsnicmp, const char16_t *a, const char16_t *b, size_t count)
{
    for (; count; a++, b++, count--) {
        int difference = wide_case(*a, 0) - wide_case(*b, 0);
        if (difference || !*a)
            return difference;
    }
    return 0;
}

/* Sizes in units: bytes here, 16-bit units below. */
static int copy_secure(void *to, size_t size, const void *from, size_t count, size_t unit)
{
    if (!count)
        return 0;
    if (!to)
        return crt_invalid(EINVAL);
    if (!from || size < count) {
        memset(to, 0, size * unit);
        return crt_invalid(from ? ERANGE : EINVAL);
    }
    memmove(to, from, count * unit);
    return 0;
}

CRT(int, ovl_crt_memcpy_s, void *to, size_t size, const void *from, size_t count)
{
    return copy_secure(to, size, from, count, 1);
}

CRT(int, ovl_crt_wmemcpy_s, char16_t *to, size_t size, const char16_t *from, size_t count)
{
    return copy_secure(to, size, from, count, sizeof(char16_t));
}

CRT(int, ovl_crt_strerror_s, char *buffer, size_t size, int error)
{
    char text[128];

    if (!buffer || !size)
        return crt_invalid(EINVAL);
    snprintf(buffer, size, "%s", strerror_r(error, text, sizeof(text)));
    return 0;
}
