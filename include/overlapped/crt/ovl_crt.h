/* SPDX-License-Identifier: MIT */
/* What the wrappers of libc's headers share: the compiler's keywords, the 16-bit character type, the
 * types of the secure functions. A function whose meaning differs from libc's is bound to a symbol of
 * ours; libc's declaration of it is hidden while libc's own header is read. */
#ifndef OVL_CRT_H
#define OVL_CRT_H
#include "../shared/ovl_compiler.h"
#include <stddef.h>

#if __SIZEOF_WCHAR_T__ == 2
#define OVL_SHORT_WCHAR 1
typedef wchar_t ovl_wchar;
#elif defined(__cplusplus)
typedef char16_t ovl_wchar;
#else
typedef __CHAR16_TYPE__ ovl_wchar;
#endif

#ifndef _ERRNO_T_DEFINED
#define _ERRNO_T_DEFINED
typedef int errno_t;
#endif
typedef size_t rsize_t;
typedef long long __time64_t;
typedef int __time32_t;
#define _TRUNCATE ((size_t)-1)
#define _CRTIMP
#define _ACRTIMP
#define STRUNCATE 80
#ifndef _countof
#ifdef __cplusplus
extern "C++" {
template <typename T, size_t n> char (&ovl_countof(T (&)[n]))[n];
}
#define _countof(array) sizeof(ovl_countof(array))
#else
#define _countof(array) (sizeof(array) / sizeof((array)[0]))
#endif
#endif

#define OVL_INLINE static __inline__ __attribute__((__unused__))

#endif
