/* SPDX-License-Identifier: MIT */
/* libc's stdlib.h with Microsoft's names, and the multibyte conversions for a 16-bit wchar_t. */
#ifndef OVL_CRT_STDLIB
#define OVL_CRT_STDLIB
#include "ovl_crt.h"
#ifdef OVL_SHORT_WCHAR
#define mbstowcs ovl_libc_mbstowcs
#define wcstombs ovl_libc_wcstombs
#define mbtowc   ovl_libc_mbtowc
#define wctomb   ovl_libc_wctomb
#endif
/* libstdc++'s stdlib.h sits in between: the first pass reads libc's, the second adds what is std's. */
#define _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#include_next <stdlib.h>
#undef _GLIBCXX_INCLUDE_NEXT_C_HEADERS
#ifdef OVL_SHORT_WCHAR
#undef mbstowcs
#undef wcstombs
#undef mbtowc
#undef wctomb
OVL_BEGIN_C
size_t mbstowcs(wchar_t *to, const char *from, size_t count) OVL_SYMBOL(ovl_crt_mbstowcs);
size_t wcstombs(char *to, const wchar_t *from, size_t count) OVL_SYMBOL(ovl_crt_wcstombs);
int mbtowc(wchar_t *unit, const char *text, size_t count) OVL_SYMBOL(ovl_crt_mbtowc);
int wctomb(char *text, wchar_t unit) OVL_SYMBOL(ovl_crt_wctomb);
OVL_END_C
#endif
#ifdef __cplusplus
#include_next <stdlib.h>
#endif
#include <malloc.h>

#define _MAX_PATH  260
#define _MAX_DRIVE 3
#define _MAX_DIR   256
#define _MAX_FNAME 256
#define _MAX_EXT   256

typedef void (*_invalid_parameter_handler)(const ovl_wchar *, const ovl_wchar *, const ovl_wchar *,
                                           unsigned, unsigned long);
typedef int (*_onexit_t)(void);

OVL_BEGIN_C
_invalid_parameter_handler _set_invalid_parameter_handler(_invalid_parameter_handler handler)
    OVL_SYMBOL(ovl_crt__set_invalid_parameter_handler);
char *_itoa(int value, char *buffer, int radix) OVL_SYMBOL(ovl_crt__itoa);
char *_ltoa(int value, char *buffer, int radix) OVL_SYMBOL(ovl_crt__itoa);
char *_ultoa(unsigned value, char *buffer, int radix) OVL_SYMBOL(ovl_crt__ultoa);
char *_i64toa(long long value, char *buffer, int radix) OVL_SYMBOL(ovl_crt__i64toa);
char *_ui64toa(unsigned long long value, char *buffer, int radix) OVL_SYMBOL(ovl_crt__ui64toa);
errno_t _itoa_s(int value, char *buffer, size_t size, int radix) OVL_SYMBOL(ovl_crt__itoa_s);
errno_t _ultoa_s(unsigned value, char *buffer, size_t size, int radix) OVL_SYMBOL(ovl_crt__ultoa_s);
errno_t _i64toa_s(long long value, char *buffer, size_t size, int radix)
    OVL_SYMBOL(ovl_crt__i64toa_s);
errno_t _ui64toa_s(unsigned long long value, char *buffer, size_t size, int radix)
    OVL_SYMBOL(ovl_crt__ui64toa_s);
errno_t getenv_s(size_t *needed, char *buffer, size_t size, const char *name)
    OVL_SYMBOL(ovl_crt_getenv_s);
errno_t _dupenv_s(char **buffer, size_t *size, const char *name) OVL_SYMBOL(ovl_crt__dupenv_s);
int _putenv(const char *text) OVL_SYMBOL(ovl_crt__putenv);
errno_t _putenv_s(const char *name, const char *value) OVL_SYMBOL(ovl_crt__putenv_s);
errno_t mbstowcs_s(size_t *converted, ovl_wchar *to, size_t size, const char *from, size_t count)
    OVL_SYMBOL(ovl_crt_mbstowcs_s);
errno_t wcstombs_s(size_t *converted, char *to, size_t size, const ovl_wchar *from, size_t count)
    OVL_SYMBOL(ovl_crt_wcstombs_s);
errno_t rand_s(unsigned *value) OVL_SYMBOL(ovl_crt_rand_s);
errno_t _set_fmode(int mode) OVL_SYMBOL(ovl_crt__set_fmode);
errno_t _get_fmode(int *mode) OVL_SYMBOL(ovl_crt__get_fmode);
void _splitpath(const char *path, char *drive, char *dir, char *name, char *extension)
    OVL_SYMBOL(ovl_crt__splitpath);
errno_t _splitpath_s(const char *path, char *drive, size_t drive_size, char *dir, size_t dir_size, char *name,
    size_t name_size, char *extension, size_t extension_size) OVL_SYMBOL(ovl_crt__splitpath_s);
void _makepath(char *path, const char *drive, const char *dir, const char *name, const char *extension)
    OVL_SYMBOL(ovl_crt__makepath);
errno_t _makepath_s(char *path, size_t size, const char *drive, const char *dir, const char *name,
    const char *extension) OVL_SYMBOL(ovl_crt__makepath_s);
char *_fullpath(char *buffer, const char *path, size_t size) OVL_SYMBOL(ovl_crt__fullpath);
void _wsplitpath(const ovl_wchar *path, ovl_wchar *drive, ovl_wchar *dir, ovl_wchar *name, ovl_wchar *extension)
    OVL_SYMBOL(ovl_crt__wsplitpath);
errno_t _wsplitpath_s(const ovl_wchar *path, ovl_wchar *drive, size_t drive_size, ovl_wchar *dir, size_t dir_size, ovl_wchar *name,
    size_t name_size, ovl_wchar *extension, size_t extension_size) OVL_SYMBOL(ovl_crt__wsplitpath_s);
void _wmakepath(ovl_wchar *path, const ovl_wchar *drive, const ovl_wchar *dir, const ovl_wchar *name, const ovl_wchar *extension)
    OVL_SYMBOL(ovl_crt__wmakepath);
errno_t _wmakepath_s(ovl_wchar *path, size_t size, const ovl_wchar *drive, const ovl_wchar *dir, const ovl_wchar *name,
    const ovl_wchar *extension) OVL_SYMBOL(ovl_crt__wmakepath_s);
ovl_wchar *_wfullpath(ovl_wchar *buffer, const ovl_wchar *path, size_t size) OVL_SYMBOL(ovl_crt__wfullpath);
char ***__p___argv(void) OVL_SYMBOL(ovl_crt___p___argv);
int *__p___argc(void) OVL_SYMBOL(ovl_crt___p___argc);
OVL_INLINE unsigned ovl_rotl32(unsigned value, int shift)
{
    return value << (shift & 31) | value >> (-shift & 31);
}
OVL_INLINE unsigned ovl_rotr32(unsigned value, int shift)
{
    return value >> (shift & 31) | value << (-shift & 31);
}
OVL_INLINE unsigned long long ovl_rotl64(unsigned long long value, int shift)
{
    return value << (shift & 63) | value >> (-shift & 63);
}
OVL_INLINE unsigned long long ovl_rotr64(unsigned long long value, int shift)
{
    return value >> (shift & 63) | value << (-shift & 63);
}
OVL_END_C

#define __argc (*__p___argc())
#define __argv (*__p___argv())
#undef _rotl
#undef _rotr
#undef _lrotl
#undef _lrotr
#define _rotl(value, shift)   ovl_rotl32((value), (shift))
#define _rotr(value, shift)   ovl_rotr32((value), (shift))
#define _lrotl(value, shift)  ovl_rotl32((value), (shift))
#define _lrotr(value, shift)  ovl_rotr32((value), (shift))
#define _rotl64(value, shift) ovl_rotl64((value), (shift))
#define _rotr64(value, shift) ovl_rotr64((value), (shift))
#define _byteswap_ushort(value) __builtin_bswap16(value)
#define _byteswap_ulong(value)  __builtin_bswap32(value)
#define _byteswap_uint64(value) __builtin_bswap64(value)
#define _atoi64    atoll
#define _strtoi64  strtoll
#define _strtoui64 strtoull
#define _abs64     llabs
#ifndef __min
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#define _onexit(function) (atexit((void (*)(void))(function)) ? NULL : (function))
#define _set_abort_behavior(flags, mask) 0
#ifndef __cplusplus
#define itoa  _itoa
#define ltoa  _ltoa
#define ultoa _ultoa
#endif
#include "ovl_wstring.h"

#endif
