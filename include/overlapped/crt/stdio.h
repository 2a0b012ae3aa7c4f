/* SPDX-License-Identifier: MIT */
/* libc's stdio.h with Microsoft's printf and scanf families: %ld and %lu of 32 bits, %I64d, %S, %ls of
 * 16-bit strings, %p of sixteen digits. */
#ifndef OVL_CRT_STDIO
#define OVL_CRT_STDIO
#include "ovl_crt.h"
#define printf    ovl_libc_printf
#define fprintf   ovl_libc_fprintf
#define sprintf   ovl_libc_sprintf
#define snprintf  ovl_libc_snprintf
#define vprintf   ovl_libc_vprintf
#define vfprintf  ovl_libc_vfprintf
#define vsprintf  ovl_libc_vsprintf
#define vsnprintf ovl_libc_vsnprintf
#define scanf     ovl_libc_scanf
#define fscanf    ovl_libc_fscanf
#define sscanf    ovl_libc_sscanf
#define vscanf    ovl_libc_vscanf
#define vfscanf   ovl_libc_vfscanf
#define vsscanf   ovl_libc_vsscanf
#define fopen     ovl_libc_fopen
#define freopen   ovl_libc_freopen
#define remove    ovl_libc_remove
#define rename    ovl_libc_rename
#include_next <stdio.h>
#undef printf
#undef fprintf
#undef sprintf
#undef snprintf
#undef vprintf
#undef vfprintf
#undef vsprintf
#undef vsnprintf
#undef scanf
#undef fscanf
#undef sscanf
#undef vscanf
#undef vfscanf
#undef vsscanf
#undef fopen
#undef freopen
#undef remove
#undef rename
#include <stdarg.h>
#include "ovl_wstdio.h"

OVL_BEGIN_C
int printf(const char *format, ...) OVL_SYMBOL(ovl_crt_printf);
int fprintf(FILE *stream, const char *format, ...) OVL_SYMBOL(ovl_crt_fprintf);
int sprintf(char *buffer, const char *format, ...) OVL_SYMBOL(ovl_crt_sprintf);
int snprintf(char *buffer, size_t size, const char *format, ...) OVL_SYMBOL(ovl_crt_snprintf);
int vprintf(const char *format, va_list args) OVL_SYMBOL(ovl_crt_vprintf);
int vfprintf(FILE *stream, const char *format, va_list args) OVL_SYMBOL(ovl_crt_vfprintf);
int vsprintf(char *buffer, const char *format, va_list args) OVL_SYMBOL(ovl_crt_vsprintf);
int vsnprintf(char *buffer, size_t size, const char *format, va_list args)
    OVL_SYMBOL(ovl_crt_vsnprintf);
int scanf(const char *format, ...) OVL_SYMBOL(ovl_crt_scanf);
int fscanf(FILE *stream, const char *format, ...) OVL_SYMBOL(ovl_crt_fscanf);
int sscanf(const char *text, const char *format, ...) OVL_SYMBOL(ovl_crt_sscanf);
int vscanf(const char *format, va_list args) OVL_SYMBOL(ovl_crt_vscanf);
int vfscanf(FILE *stream, const char *format, va_list args) OVL_SYMBOL(ovl_crt_vfscanf);
int vsscanf(const char *text, const char *format, va_list args) OVL_SYMBOL(ovl_crt_vsscanf);

int printf_s(const char *format, ...) OVL_SYMBOL(ovl_crt_printf);
int fprintf_s(FILE *stream, const char *format, ...) OVL_SYMBOL(ovl_crt_fprintf);
int vprintf_s(const char *format, va_list args) OVL_SYMBOL(ovl_crt_vprintf);
int vfprintf_s(FILE *stream, const char *format, va_list args) OVL_SYMBOL(ovl_crt_vfprintf);
int sprintf_s(char *buffer, size_t size, const char *format, ...) OVL_SYMBOL(ovl_crt_sprintf_s);
int vsprintf_s(char *buffer, size_t size, const char *format, va_list args)
    OVL_SYMBOL(ovl_crt_vsprintf_s);
int _snprintf(char *buffer, size_t size, const char *format, ...) OVL_SYMBOL(ovl_crt__snprintf);
int _vsnprintf(char *buffer, size_t size, const char *format, va_list args)
    OVL_SYMBOL(ovl_crt__vsnprintf);
int _snprintf_s(char *buffer, size_t size, size_t count, const char *format, ...)
    OVL_SYMBOL(ovl_crt__snprintf_s);
int _vsnprintf_s(char *buffer, size_t size, size_t count, const char *format, va_list args)
    OVL_SYMBOL(ovl_crt__vsnprintf_s);
int _scprintf(const char *format, ...) OVL_SYMBOL(ovl_crt__scprintf);
int _vscprintf(const char *format, va_list args) OVL_SYMBOL(ovl_crt__vscprintf);
int scanf_s(const char *format, ...) OVL_SYMBOL(ovl_crt_scanf_s);
int fscanf_s(FILE *stream, const char *format, ...) OVL_SYMBOL(ovl_crt_fscanf_s);
int sscanf_s(const char *text, const char *format, ...) OVL_SYMBOL(ovl_crt_sscanf_s);

FILE *fopen(const char *name, const char *mode) OVL_SYMBOL(ovl_crt_fopen);
FILE *freopen(const char *name, const char *mode, FILE *old) OVL_SYMBOL(ovl_crt_freopen);
int remove(const char *name) OVL_SYMBOL(ovl_crt_remove);
int rename(const char *from, const char *to) OVL_SYMBOL(ovl_crt_rename);
int _unlink(const char *name) OVL_SYMBOL(ovl_crt__unlink);
errno_t fopen_s(FILE **stream, const char *name, const char *mode) OVL_SYMBOL(ovl_crt_fopen_s);
errno_t freopen_s(FILE **stream, const char *name, const char *mode, FILE *old)
    OVL_SYMBOL(ovl_crt_freopen_s);
errno_t tmpfile_s(FILE **stream) OVL_SYMBOL(ovl_crt_tmpfile_s);
char *gets_s(char *buffer, size_t size) OVL_SYMBOL(ovl_crt_gets_s);
OVL_END_C

#define _fileno    fileno
#define _fdopen    fdopen
#define _popen     popen
#define _pclose    pclose
#define _fseeki64  fseeko
#define _ftelli64  ftello
#define _getw      getw
#define _putw      putw
#define _tempnam   tempnam
#define _fcloseall fcloseall
#define _flushall() fflush(NULL)
#define _fsopen(name, mode, share) fopen((name), (mode))
#define _fseek_nolock fseek
#define _IOB_ENTRIES 20
#ifdef __cplusplus
extern "C++" {
template <size_t n, typename... A> inline int sprintf_s(char (&buffer)[n], const char *format, A... args)
{
    return sprintf_s(static_cast<char *>(buffer), n, format, args...);
}
template <size_t n> inline int vsprintf_s(char (&buffer)[n], const char *format, va_list args)
{
    return vsprintf_s(static_cast<char *>(buffer), n, format, args);
}
template <size_t n, typename... A>
inline int _snprintf_s(char (&buffer)[n], size_t count, const char *format, A... args)
{
    return _snprintf_s(static_cast<char *>(buffer), n, count, format, args...);
}
}
#endif

#endif
