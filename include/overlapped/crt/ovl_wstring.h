/* SPDX-License-Identifier: MIT */
/* 16-bit strings: the standard names where wchar_t has 16 bits, Microsoft's names always. Case and
 * order are those of the C locale, case beyond ASCII by libc's tables for the basic plane. */
#ifndef OVL_WSTRING_H
#define OVL_WSTRING_H
#include "ovl_crt.h"
#include <wchar.h>
struct tm;

OVL_BEGIN_C
#ifdef OVL_SHORT_WCHAR
size_t wcslen(const wchar_t *text) OVL_SYMBOL(ovl_crt_wcslen);
size_t wcsnlen(const wchar_t *text, size_t limit) OVL_SYMBOL(ovl_crt_wcsnlen);
wchar_t *wcscpy(wchar_t *to, const wchar_t *from) OVL_SYMBOL(ovl_crt_wcscpy);
wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t count) OVL_SYMBOL(ovl_crt_wcsncpy);
wchar_t *wcscat(wchar_t *to, const wchar_t *from) OVL_SYMBOL(ovl_crt_wcscat);
wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t count) OVL_SYMBOL(ovl_crt_wcsncat);
int wcscmp(const wchar_t *a, const wchar_t *b) OVL_SYMBOL(ovl_crt_wcscmp);
int wcsncmp(const wchar_t *a, const wchar_t *b, size_t count) OVL_SYMBOL(ovl_crt_wcsncmp);
int wcscoll(const wchar_t *a, const wchar_t *b) OVL_SYMBOL(ovl_crt_wcscmp);
size_t wcsxfrm(wchar_t *to, const wchar_t *from, size_t size) OVL_SYMBOL(ovl_crt_wcsxfrm);
size_t wcscspn(const wchar_t *text, const wchar_t *reject) OVL_SYMBOL(ovl_crt_wcscspn);
size_t wcsspn(const wchar_t *text, const wchar_t *accept) OVL_SYMBOL(ovl_crt_wcsspn);
wchar_t *wcstok(wchar_t *text, const wchar_t *delimiters, wchar_t **context)
    OVL_SYMBOL(ovl_crt_wcstok);
wchar_t *wcsdup(const wchar_t *text) OVL_SYMBOL(ovl_crt_wcsdup);
wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t count) OVL_SYMBOL(ovl_crt_wmemcpy);
wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t count) OVL_SYMBOL(ovl_crt_wmemmove);
wchar_t *wmemset(wchar_t *to, wchar_t unit, size_t count) OVL_SYMBOL(ovl_crt_wmemset);
int wmemcmp(const wchar_t *a, const wchar_t *b, size_t count) OVL_SYMBOL(ovl_crt_wmemcmp);
long wcstol(const wchar_t *text, wchar_t **end, int base) OVL_SYMBOL(ovl_crt_wcstol);
unsigned long wcstoul(const wchar_t *text, wchar_t **end, int base) OVL_SYMBOL(ovl_crt_wcstoul);
long long wcstoll(const wchar_t *text, wchar_t **end, int base) OVL_SYMBOL(ovl_crt_wcstoll);
unsigned long long wcstoull(const wchar_t *text, wchar_t **end, int base)
    OVL_SYMBOL(ovl_crt_wcstoull);
double wcstod(const wchar_t *text, wchar_t **end) OVL_SYMBOL(ovl_crt_wcstod);
float wcstof(const wchar_t *text, wchar_t **end) OVL_SYMBOL(ovl_crt_wcstof);
long double wcstold(const wchar_t *text, wchar_t **end) OVL_SYMBOL(ovl_crt_wcstold);
size_t wcsftime(wchar_t *buffer, size_t size, const wchar_t *format, const struct tm *time)
    OVL_SYMBOL(ovl_crt_wcsftime);
size_t mbrtowc(wchar_t *unit, const char *text, size_t count, mbstate_t *state)
    OVL_SYMBOL(ovl_crt_mbrtowc);
size_t wcrtomb(char *text, wchar_t unit, mbstate_t *state) OVL_SYMBOL(ovl_crt_wcrtomb);
size_t mbsrtowcs(wchar_t *to, const char **from, size_t count, mbstate_t *state)
    OVL_SYMBOL(ovl_crt_mbsrtowcs);
size_t wcsrtombs(char *to, const wchar_t **from, size_t count, mbstate_t *state)
    OVL_SYMBOL(ovl_crt_wcsrtombs);
#ifndef __cplusplus
wchar_t *wcschr(const wchar_t *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wcschr);
wchar_t *wcsrchr(const wchar_t *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wcsrchr);
wchar_t *wcsstr(const wchar_t *text, const wchar_t *part) OVL_SYMBOL(ovl_crt_wcsstr);
wchar_t *wcspbrk(const wchar_t *text, const wchar_t *accept) OVL_SYMBOL(ovl_crt_wcspbrk);
wchar_t *wmemchr(const wchar_t *text, wchar_t unit, size_t count) OVL_SYMBOL(ovl_crt_wmemchr);
#endif
#endif
ovl_wchar *_wcsdup(const ovl_wchar *text) OVL_SYMBOL(ovl_crt_wcsdup);
int _wcsicmp(const ovl_wchar *a, const ovl_wchar *b) OVL_SYMBOL(ovl_crt__wcsicmp);
int _wcsnicmp(const ovl_wchar *a, const ovl_wchar *b, size_t count) OVL_SYMBOL(ovl_crt__wcsnicmp);
int _wcsicoll(const ovl_wchar *a, const ovl_wchar *b) OVL_SYMBOL(ovl_crt__wcsicmp);
ovl_wchar *_wcslwr(ovl_wchar *text) OVL_SYMBOL(ovl_crt__wcslwr);
ovl_wchar *_wcsupr(ovl_wchar *text) OVL_SYMBOL(ovl_crt__wcsupr);
ovl_wchar *_wcsrev(ovl_wchar *text) OVL_SYMBOL(ovl_crt__wcsrev);
ovl_wchar *_wcsset(ovl_wchar *text, ovl_wchar unit) OVL_SYMBOL(ovl_crt__wcsset);
errno_t _wcslwr_s(ovl_wchar *text, size_t size) OVL_SYMBOL(ovl_crt__wcslwr_s);
errno_t _wcsupr_s(ovl_wchar *text, size_t size) OVL_SYMBOL(ovl_crt__wcsupr_s);
errno_t wcscpy_s(ovl_wchar *to, size_t size, const ovl_wchar *from) OVL_SYMBOL(ovl_crt_wcscpy_s);
errno_t wcsncpy_s(ovl_wchar *to, size_t size, const ovl_wchar *from, size_t count)
    OVL_SYMBOL(ovl_crt_wcsncpy_s);
errno_t wcscat_s(ovl_wchar *to, size_t size, const ovl_wchar *from) OVL_SYMBOL(ovl_crt_wcscat_s);
errno_t wcsncat_s(ovl_wchar *to, size_t size, const ovl_wchar *from, size_t count)
    OVL_SYMBOL(ovl_crt_wcsncat_s);
ovl_wchar *wcstok_s(ovl_wchar *text, const ovl_wchar *delimiters, ovl_wchar **context)
    OVL_SYMBOL(ovl_crt_wcstok);
size_t wcsnlen_s(const ovl_wchar *text, size_t limit) OVL_SYMBOL(ovl_crt_wcsnlen_s);
errno_t wmemcpy_s(ovl_wchar *to, size_t size, const ovl_wchar *from, size_t count)
    OVL_SYMBOL(ovl_crt_wmemcpy_s);
errno_t wmemmove_s(ovl_wchar *to, size_t size, const ovl_wchar *from, size_t count)
    OVL_SYMBOL(ovl_crt_wmemcpy_s);
int _wtoi(const ovl_wchar *text) OVL_SYMBOL(ovl_crt__wtoi);
int _wtol(const ovl_wchar *text) OVL_SYMBOL(ovl_crt__wtoi);
long long _wtoi64(const ovl_wchar *text) OVL_SYMBOL(ovl_crt__wtoi64);
double _wtof(const ovl_wchar *text) OVL_SYMBOL(ovl_crt__wtof);
ovl_wchar *_itow(int value, ovl_wchar *buffer, int radix) OVL_SYMBOL(ovl_crt__itow);
ovl_wchar *_ltow(int value, ovl_wchar *buffer, int radix) OVL_SYMBOL(ovl_crt__itow);
ovl_wchar *_ultow(unsigned value, ovl_wchar *buffer, int radix) OVL_SYMBOL(ovl_crt__ultow);
ovl_wchar *_i64tow(long long value, ovl_wchar *buffer, int radix) OVL_SYMBOL(ovl_crt__i64tow);
ovl_wchar *_ui64tow(unsigned long long value, ovl_wchar *buffer, int radix)
    OVL_SYMBOL(ovl_crt__ui64tow);
errno_t _itow_s(int value, ovl_wchar *buffer, size_t size, int radix) OVL_SYMBOL(ovl_crt__itow_s);
errno_t _ultow_s(unsigned value, ovl_wchar *buffer, size_t size, int radix)
    OVL_SYMBOL(ovl_crt__ultow_s);
errno_t _i64tow_s(long long value, ovl_wchar *buffer, size_t size, int radix)
    OVL_SYMBOL(ovl_crt__i64tow_s);
ovl_wchar *_wgetenv(const ovl_wchar *name) OVL_SYMBOL(ovl_crt__wgetenv);
ovl_wchar *_wgetcwd(ovl_wchar *buffer, int size) OVL_SYMBOL(ovl_crt__wgetcwd);
int _wchdir(const ovl_wchar *name) OVL_SYMBOL(ovl_crt__wchdir);
int _wmkdir(const ovl_wchar *name) OVL_SYMBOL(ovl_crt__wmkdir);
int _wrmdir(const ovl_wchar *name) OVL_SYMBOL(ovl_crt__wrmdir);
int _wunlink(const ovl_wchar *name) OVL_SYMBOL(ovl_crt__wunlink);
int _waccess(const ovl_wchar *name, int mode) OVL_SYMBOL(ovl_crt__waccess);
int _wsystem(const ovl_wchar *command) OVL_SYMBOL(ovl_crt__wsystem);
OVL_END_C

#ifdef __cplusplus
extern "C++" {
#ifdef OVL_SHORT_WCHAR
/* libc declares these so that libstdc++'s <cwchar> finds both forms; so do we. */
#ifndef __CORRECT_ISO_CPP_WCHAR_H_PROTO
#define __CORRECT_ISO_CPP_WCHAR_H_PROTO
#endif
#pragma GCC visibility push(default)
const wchar_t *wcschr(const wchar_t *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wcschr);
wchar_t *wcschr(wchar_t *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wcschr);
const wchar_t *wcsrchr(const wchar_t *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wcsrchr);
wchar_t *wcsrchr(wchar_t *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wcsrchr);
const wchar_t *wcsstr(const wchar_t *text, const wchar_t *part) OVL_SYMBOL(ovl_crt_wcsstr);
wchar_t *wcsstr(wchar_t *text, const wchar_t *part) OVL_SYMBOL(ovl_crt_wcsstr);
const wchar_t *wcspbrk(const wchar_t *text, const wchar_t *accept) OVL_SYMBOL(ovl_crt_wcspbrk);
wchar_t *wcspbrk(wchar_t *text, const wchar_t *accept) OVL_SYMBOL(ovl_crt_wcspbrk);
const wchar_t *wmemchr(const wchar_t *text, wchar_t unit, size_t count) OVL_SYMBOL(ovl_crt_wmemchr);
wchar_t *wmemchr(wchar_t *text, wchar_t unit, size_t count) OVL_SYMBOL(ovl_crt_wmemchr);
#pragma GCC visibility pop
#endif
#define OVL_SIZED(name)                                                                            \
    template <size_t n> inline errno_t name(ovl_wchar(&to)[n], const ovl_wchar *from)              \
    {                                                                                              \
        return name(static_cast<ovl_wchar *>(to), n, from);                                        \
    }
OVL_SIZED(wcscpy_s)
OVL_SIZED(wcscat_s)
#undef OVL_SIZED
template <size_t n>
inline errno_t wcsncpy_s(ovl_wchar (&to)[n], const ovl_wchar *from, size_t count)
{
    return wcsncpy_s(static_cast<ovl_wchar *>(to), n, from, count);
}
}
#endif

#endif
