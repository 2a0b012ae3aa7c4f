/* SPDX-License-Identifier: MIT */
/* The 16-bit half of stdio: shared by stdio.h and wchar.h. The standard names are there where wchar_t
 * has 16 bits; Microsoft's own names always take 16-bit strings. Files hold UTF-8. */
#ifndef OVL_WSTDIO_H
#define OVL_WSTDIO_H
#include "ovl_crt.h"
#include <stdarg.h>
struct _IO_FILE;

OVL_BEGIN_C
#ifdef OVL_SHORT_WCHAR
int wprintf(const wchar_t *format, ...) OVL_SYMBOL(ovl_crt_wprintf);
int fwprintf(struct _IO_FILE *stream, const wchar_t *format, ...) OVL_SYMBOL(ovl_crt_fwprintf);
int swprintf(wchar_t *buffer, size_t size, const wchar_t *format, ...) OVL_SYMBOL(ovl_crt_swprintf);
int vwprintf(const wchar_t *format, va_list args) OVL_SYMBOL(ovl_crt_vwprintf);
int vfwprintf(struct _IO_FILE *stream, const wchar_t *format, va_list args)
    OVL_SYMBOL(ovl_crt_vfwprintf);
int vswprintf(wchar_t *buffer, size_t size, const wchar_t *format, va_list args)
    OVL_SYMBOL(ovl_crt_vswprintf);
int wscanf(const wchar_t *format, ...) OVL_SYMBOL(ovl_crt_wscanf);
int fwscanf(struct _IO_FILE *stream, const wchar_t *format, ...) OVL_SYMBOL(ovl_crt_fwscanf);
int swscanf(const wchar_t *text, const wchar_t *format, ...) OVL_SYMBOL(ovl_crt_swscanf);
int vwscanf(const wchar_t *format, va_list args) OVL_SYMBOL(ovl_crt_vwscanf);
int vfwscanf(struct _IO_FILE *stream, const wchar_t *format, va_list args)
    OVL_SYMBOL(ovl_crt_vfwscanf);
int vswscanf(const wchar_t *text, const wchar_t *format, va_list args) OVL_SYMBOL(ovl_crt_vswscanf);
wchar_t *fgetws(wchar_t *buffer, int size, struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_fgetws);
int fputws(const wchar_t *text, struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_fputws);
__WINT_TYPE__ fgetwc(struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_fgetwc);
__WINT_TYPE__ fputwc(wchar_t unit, struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_fputwc);
__WINT_TYPE__ getwc(struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_fgetwc);
__WINT_TYPE__ putwc(wchar_t unit, struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_fputwc);
__WINT_TYPE__ getwchar(void) OVL_SYMBOL(ovl_crt_getwchar);
__WINT_TYPE__ putwchar(wchar_t unit) OVL_SYMBOL(ovl_crt_putwchar);
__WINT_TYPE__ ungetwc(__WINT_TYPE__ unit, struct _IO_FILE *stream) OVL_SYMBOL(ovl_crt_ungetwc);
#endif
int wprintf_s(const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt_wprintf);
int fwprintf_s(struct _IO_FILE *stream, const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt_fwprintf);
int vwprintf_s(const ovl_wchar *format, va_list args) OVL_SYMBOL(ovl_crt_vwprintf);
int vfwprintf_s(struct _IO_FILE *stream, const ovl_wchar *format, va_list args)
    OVL_SYMBOL(ovl_crt_vfwprintf);
int swprintf_s(ovl_wchar *buffer, size_t size, const ovl_wchar *format, ...)
    OVL_SYMBOL(ovl_crt_swprintf_s);
int vswprintf_s(ovl_wchar *buffer, size_t size, const ovl_wchar *format, va_list args)
    OVL_SYMBOL(ovl_crt_vswprintf_s);
int _swprintf(ovl_wchar *buffer, const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt__swprintf);
int _vswprintf(ovl_wchar *buffer, const ovl_wchar *format, va_list args)
    OVL_SYMBOL(ovl_crt__vswprintf);
int _snwprintf(ovl_wchar *buffer, size_t size, const ovl_wchar *format, ...)
    OVL_SYMBOL(ovl_crt__snwprintf);
int _vsnwprintf(ovl_wchar *buffer, size_t size, const ovl_wchar *format, va_list args)
    OVL_SYMBOL(ovl_crt__vsnwprintf);
int _snwprintf_s(ovl_wchar *buffer, size_t size, size_t count, const ovl_wchar *format, ...)
    OVL_SYMBOL(ovl_crt__snwprintf_s);
int _vsnwprintf_s(ovl_wchar *buffer, size_t size, size_t count, const ovl_wchar *format,
                  va_list args) OVL_SYMBOL(ovl_crt__vsnwprintf_s);
int _scwprintf(const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt__scwprintf);
int _vscwprintf(const ovl_wchar *format, va_list args) OVL_SYMBOL(ovl_crt__vscwprintf);
int wscanf_s(const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt_wscanf_s);
int fwscanf_s(struct _IO_FILE *stream, const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt_fwscanf_s);
int swscanf_s(const ovl_wchar *text, const ovl_wchar *format, ...) OVL_SYMBOL(ovl_crt_swscanf_s);
int _putws(const ovl_wchar *text) OVL_SYMBOL(ovl_crt__putws);
ovl_wchar *_getws_s(ovl_wchar *buffer, size_t size) OVL_SYMBOL(ovl_crt__getws_s);
struct _IO_FILE *_wfopen(const ovl_wchar *name, const ovl_wchar *mode) OVL_SYMBOL(ovl_crt__wfopen);
errno_t _wfopen_s(struct _IO_FILE **stream, const ovl_wchar *name, const ovl_wchar *mode)
    OVL_SYMBOL(ovl_crt__wfopen_s);
int _wremove(const ovl_wchar *name) OVL_SYMBOL(ovl_crt__wremove);
int _wrename(const ovl_wchar *from, const ovl_wchar *to) OVL_SYMBOL(ovl_crt__wrename);
void _wperror(const ovl_wchar *text) OVL_SYMBOL(ovl_crt__wperror);
OVL_END_C

#ifdef __cplusplus
extern "C++" {
template <size_t n, typename... A>
inline int swprintf_s(ovl_wchar (&buffer)[n], const ovl_wchar *format, A... args)
{
    return swprintf_s(static_cast<ovl_wchar *>(buffer), n, format, args...);
}
template <size_t n, typename... A>
inline int _snwprintf_s(ovl_wchar (&buffer)[n], size_t count, const ovl_wchar *format, A... args)
{
    return _snwprintf_s(static_cast<ovl_wchar *>(buffer), n, count, format, args...);
}
#ifdef OVL_SHORT_WCHAR
/* Microsoft's C++ keeps the form without a size. */
template <typename... A> inline int swprintf(wchar_t *buffer, const wchar_t *format, A... args)
{
    return _swprintf(buffer, format, args...);
}
#endif
}
#endif

#endif
