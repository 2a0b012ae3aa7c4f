/* SPDX-License-Identifier: MIT */
/* libc's wchar.h for a 16-bit wchar_t. libc's own functions assume 32 bits: where -fshort-wchar is in
 * force they are hidden and the standard names are bound to ours; elsewhere they stay, and only
 * Microsoft's names (which take 16-bit strings always) are added. */
#ifndef OVL_CRT_WCHAR
#define OVL_CRT_WCHAR
#include "ovl_crt.h"
#ifdef OVL_SHORT_WCHAR
#define wcslen ovl_libc_wcslen
#define wcsnlen ovl_libc_wcsnlen
#define wcscpy ovl_libc_wcscpy
#define wcsncpy ovl_libc_wcsncpy
#define wcscat ovl_libc_wcscat
#define wcsncat ovl_libc_wcsncat
#define wcscmp ovl_libc_wcscmp
#define wcsncmp ovl_libc_wcsncmp
#define wcscoll ovl_libc_wcscoll
#define wcsxfrm ovl_libc_wcsxfrm
#define wcscspn ovl_libc_wcscspn
#define wcsspn ovl_libc_wcsspn
#define wcstok ovl_libc_wcstok
#define wcsdup ovl_libc_wcsdup
#define wmemcpy ovl_libc_wmemcpy
#define wmemmove ovl_libc_wmemmove
#define wmemset ovl_libc_wmemset
#define wmemcmp ovl_libc_wmemcmp
#define wcschr ovl_libc_wcschr
#define wcsrchr ovl_libc_wcsrchr
#define wcsstr ovl_libc_wcsstr
#define wcspbrk ovl_libc_wcspbrk
#define wmemchr ovl_libc_wmemchr
#define wcstol ovl_libc_wcstol
#define wcstoul ovl_libc_wcstoul
#define wcstoll ovl_libc_wcstoll
#define wcstoull ovl_libc_wcstoull
#define wcstod ovl_libc_wcstod
#define wcstof ovl_libc_wcstof
#define wcstold ovl_libc_wcstold
#define wcsftime ovl_libc_wcsftime
#define mbrtowc ovl_libc_mbrtowc
#define wcrtomb ovl_libc_wcrtomb
#define mbsrtowcs ovl_libc_mbsrtowcs
#define wcsrtombs ovl_libc_wcsrtombs
#define wprintf ovl_libc_wprintf
#define fwprintf ovl_libc_fwprintf
#define swprintf ovl_libc_swprintf
#define vwprintf ovl_libc_vwprintf
#define vfwprintf ovl_libc_vfwprintf
#define vswprintf ovl_libc_vswprintf
#define wscanf ovl_libc_wscanf
#define fwscanf ovl_libc_fwscanf
#define swscanf ovl_libc_swscanf
#define vwscanf ovl_libc_vwscanf
#define vfwscanf ovl_libc_vfwscanf
#define vswscanf ovl_libc_vswscanf
#define fgetws ovl_libc_fgetws
#define fputws ovl_libc_fputws
#define fgetwc ovl_libc_fgetwc
#define fputwc ovl_libc_fputwc
#define getwc ovl_libc_getwc
#define putwc ovl_libc_putwc
#define getwchar ovl_libc_getwchar
#define putwchar ovl_libc_putwchar
#define ungetwc ovl_libc_ungetwc
#define wcscasecmp ovl_libc_wcscasecmp
#define wcsncasecmp ovl_libc_wcsncasecmp
#define wcpcpy ovl_libc_wcpcpy
#define wcpncpy ovl_libc_wcpncpy
#define wmempcpy ovl_libc_wmempcpy
#endif
#include_next <wchar.h>
#ifdef OVL_SHORT_WCHAR
#undef wcslen
#undef wcsnlen
#undef wcscpy
#undef wcsncpy
#undef wcscat
#undef wcsncat
#undef wcscmp
#undef wcsncmp
#undef wcscoll
#undef wcsxfrm
#undef wcscspn
#undef wcsspn
#undef wcstok
#undef wcsdup
#undef wmemcpy
#undef wmemmove
#undef wmemset
#undef wmemcmp
#undef wcschr
#undef wcsrchr
#undef wcsstr
#undef wcspbrk
#undef wmemchr
#undef wcstol
#undef wcstoul
#undef wcstoll
#undef wcstoull
#undef wcstod
#undef wcstof
#undef wcstold
#undef wcsftime
#undef mbrtowc
#undef wcrtomb
#undef mbsrtowcs
#undef wcsrtombs
#undef wprintf
#undef fwprintf
#undef swprintf
#undef vwprintf
#undef vfwprintf
#undef vswprintf
#undef wscanf
#undef fwscanf
#undef swscanf
#undef vwscanf
#undef vfwscanf
#undef vswscanf
#undef fgetws
#undef fputws
#undef fgetwc
#undef fputwc
#undef getwc
#undef putwc
#undef getwchar
#undef putwchar
#undef ungetwc
#undef wcscasecmp
#undef wcsncasecmp
#undef wcpcpy
#undef wcpncpy
#undef wmempcpy
#undef WCHAR_MIN
#undef WCHAR_MAX
#define WCHAR_MIN 0
#define WCHAR_MAX 0xffff
#endif
#include "ovl_wstdio.h"
#include "ovl_wstring.h"

#endif
