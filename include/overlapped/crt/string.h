/* SPDX-License-Identifier: MIT */
/* libc's string.h with Microsoft's names. strtok_s is strtok_r; the _s functions return the error
 * after calling the invalid-parameter handler, if the program set one. */
#ifndef OVL_CRT_STRING
#define OVL_CRT_STRING
#include "ovl_crt.h"
#include_next <string.h>
#include <strings.h>

OVL_BEGIN_C
errno_t strcpy_s(char *to, size_t size, const char *from) OVL_SYMBOL(ovl_crt_strcpy_s);
errno_t strncpy_s(char *to, size_t size, const char *from, size_t count)
    OVL_SYMBOL(ovl_crt_strncpy_s);
errno_t strcat_s(char *to, size_t size, const char *from) OVL_SYMBOL(ovl_crt_strcat_s);
errno_t strncat_s(char *to, size_t size, const char *from, size_t count)
    OVL_SYMBOL(ovl_crt_strncat_s);
errno_t memcpy_s(void *to, size_t size, const void *from, size_t count) OVL_SYMBOL(ovl_crt_memcpy_s);
errno_t memmove_s(void *to, size_t size, const void *from, size_t count)
    OVL_SYMBOL(ovl_crt_memcpy_s);
errno_t strerror_s(char *buffer, size_t size, int error) OVL_SYMBOL(ovl_crt_strerror_s);
size_t strnlen_s(const char *text, size_t limit) OVL_SYMBOL(ovl_crt_strnlen_s);
char *_strlwr(char *text) OVL_SYMBOL(ovl_crt__strlwr);
char *_strupr(char *text) OVL_SYMBOL(ovl_crt__strupr);
errno_t _strlwr_s(char *text, size_t size) OVL_SYMBOL(ovl_crt__strlwr_s);
errno_t _strupr_s(char *text, size_t size) OVL_SYMBOL(ovl_crt__strupr_s);
char *_strrev(char *text) OVL_SYMBOL(ovl_crt__strrev);
char *_strset(char *text, int unit) OVL_SYMBOL(ovl_crt__strset);
OVL_END_C

#define _stricmp   strcasecmp
#define _strcmpi   strcasecmp
#define stricmp    strcasecmp
#define strcmpi    strcasecmp
#define _stricoll  strcasecmp
#define _strnicmp  strncasecmp
#define strnicmp   strncasecmp
#define _strdup    strdup
#define strtok_s   strtok_r
#define _memccpy   memccpy
#define _memicmp(a, b, count) strncasecmp((const char *)(a), (const char *)(b), (count))
#define _mbscmp(a, b) strcmp((const char *)(a), (const char *)(b))
#define _mbslen(text) strlen((const char *)(text))
#ifdef __cplusplus
extern "C++" {
template <size_t n> inline errno_t strcpy_s(char (&to)[n], const char *from)
{
    return strcpy_s(static_cast<char *>(to), n, from);
}
template <size_t n> inline errno_t strcat_s(char (&to)[n], const char *from)
{
    return strcat_s(static_cast<char *>(to), n, from);
}
template <size_t n> inline errno_t strncpy_s(char (&to)[n], const char *from, size_t count)
{
    return strncpy_s(static_cast<char *>(to), n, from, count);
}
}
#endif
#include "ovl_wstring.h"

#endif
