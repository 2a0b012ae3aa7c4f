/* SPDX-License-Identifier: MIT */
/* Names that are 16-bit under _UNICODE and multibyte (UTF-8) without. */
#ifndef OVL_CRT_TCHAR
#define OVL_CRT_TCHAR
#include "ovl_crt.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <ctype.h>
#include <wctype.h>

#define OVL_T_WIDE_2(text)  L##text
#define OVL_T_UTF16_2(text) u##text
#ifdef _UNICODE
#ifdef OVL_SHORT_WCHAR
#define __T(text) OVL_T_WIDE_2(text)
#else
#define __T(text) OVL_T_UTF16_2(text)
#endif
#ifndef _TCHAR_DEFINED
typedef ovl_wchar TCHAR, *PTCHAR;
#define _TCHAR_DEFINED
#endif
typedef ovl_wchar _TCHAR;
typedef ovl_wchar _TSCHAR, _TUCHAR, _TXCHAR;
typedef __WINT_TYPE__ _TINT;
#define _TEOF WEOF
#define _tmain         wmain
#define _tWinMain      wWinMain
#define _tprintf       wprintf
#define _ftprintf      fwprintf
#define _stprintf      _swprintf
#define _sntprintf     _snwprintf
#define _vtprintf      vwprintf
#define _vftprintf     vfwprintf
#define _vstprintf     _vswprintf
#define _vsntprintf    _vsnwprintf
#define _tprintf_s     wprintf_s
#define _ftprintf_s    fwprintf_s
#define _stprintf_s    swprintf_s
#define _vstprintf_s   vswprintf_s
#define _sntprintf_s   _snwprintf_s
#define _vsntprintf_s  _vsnwprintf_s
#define _sctprintf     _scwprintf
#define _vsctprintf    _vscwprintf
#define _tscanf        wscanf
#define _ftscanf       fwscanf
#define _stscanf       swscanf
#define _tscanf_s      wscanf_s
#define _stscanf_s     swscanf_s
#define _fgettc        fgetwc
#define _fgetts        fgetws
#define _fputtc        fputwc
#define _fputts        fputws
#define _gettc         getwc
#define _gettchar      getwchar
#define _puttc         putwc
#define _puttchar      putwchar
#define _putts         _putws
#define _getts_s       _getws_s
#define _ungettc       ungetwc
#define _tfopen        _wfopen
#define _tfopen_s      _wfopen_s
#define _tremove       _wremove
#define _trename       _wrename
#define _tperror       _wperror
#define _tunlink       _wunlink
#define _taccess       _waccess
#define _topen         _wopen
#define _tcscat        wcscat
#define _tcschr        wcschr
#define _tcscpy        wcscpy
#define _tcscspn       wcscspn
#define _tcslen        wcslen
#define _tcsclen       wcslen
#define _tcsnlen       wcsnlen
#define _tcsncat       wcsncat
#define _tcsnccat      wcsncat
#define _tcsncpy       wcsncpy
#define _tcsnccpy      wcsncpy
#define _tcspbrk       wcspbrk
#define _tcsrchr       wcsrchr
#define _tcsspn        wcsspn
#define _tcsstr        wcsstr
#define _tcstok_s      wcstok_s
#define _tcsdup        _wcsdup
#define _tcsrev        _wcsrev
#define _tcsset        _wcsset
#define _tcscmp        wcscmp
#define _tcsicmp       _wcsicmp
#define _tcsncmp       wcsncmp
#define _tcsnccmp      wcsncmp
#define _tcsnicmp      _wcsnicmp
#define _tcsncicmp     _wcsnicmp
#define _tcscoll       wcscoll
#define _tcsicoll      _wcsicoll
#define _tcslwr        _wcslwr
#define _tcsupr        _wcsupr
#define _tcslwr_s      _wcslwr_s
#define _tcsupr_s      _wcsupr_s
#define _tcscpy_s      wcscpy_s
#define _tcscat_s      wcscat_s
#define _tcsncpy_s     wcsncpy_s
#define _tcsncat_s     wcsncat_s
#define _tcsftime      wcsftime
#define _tcstol        wcstol
#define _tcstoul       wcstoul
#define _tcstoi64      wcstoll
#define _tcstoui64     wcstoull
#define _tcstoll       wcstoll
#define _tcstoull      wcstoull
#define _tcstod        wcstod
#define _tstoi         _wtoi
#define _ttoi          _wtoi
#define _ttol          _wtol
#define _tstol         _wtol
#define _ttoi64        _wtoi64
#define _tstoi64       _wtoi64
#define _tstof         _wtof
#define _ttof          _wtof
#define _itot          _itow
#define _ltot          _ltow
#define _ultot         _ultow
#define _i64tot        _i64tow
#define _ui64tot       _ui64tow
#define _itot_s        _itow_s
#define _ultot_s       _ultow_s
#define _i64tot_s      _i64tow_s
#define _tgetenv       _wgetenv
#define _tsystem       _wsystem
#define _tgetcwd       _wgetcwd
#define _tchdir        _wchdir
#define _tmkdir        _wmkdir
#define _trmdir        _wrmdir
#define _istalpha      iswalpha
#define _istalnum      iswalnum
#define _istdigit      iswdigit
#define _istxdigit     iswxdigit
#define _istspace      iswspace
#define _istupper      iswupper
#define _istlower      iswlower
#define _istprint      iswprint
#define _istpunct      iswpunct
#define _istcntrl      iswcntrl
#define _istgraph      iswgraph
#define _totupper      towupper
#define _totlower      towlower
#define _tsplitpath    _wsplitpath
#define _tsplitpath_s  _wsplitpath_s
#define _tmakepath     _wmakepath
#define _tmakepath_s   _wmakepath_s
#define _tfullpath     _wfullpath
#define _tstat         _wstat
#define _tstat64       _wstat64
#define _tstati64      _wstati64
#define _tfindfirst    _wfindfirst
#define _tfindnext     _wfindnext
#define _tfindfirst64  _wfindfirst64
#define _tfindnext64   _wfindnext64
#define _tfinddata_t   _wfinddata_t
#else
#define __T(text) text
#ifndef _TCHAR_DEFINED
typedef char TCHAR, *PTCHAR;
#define _TCHAR_DEFINED
#endif
typedef char _TCHAR;
typedef signed char _TSCHAR;
typedef unsigned char _TUCHAR, _TXCHAR;
typedef int _TINT;
#define _TEOF EOF
#define _tmain         main
#define _tWinMain      WinMain
#define _tprintf       printf
#define _ftprintf      fprintf
#define _stprintf      sprintf
#define _sntprintf     _snprintf
#define _vtprintf      vprintf
#define _vftprintf     vfprintf
#define _vstprintf     vsprintf
#define _vsntprintf    _vsnprintf
#define _tprintf_s     printf_s
#define _ftprintf_s    fprintf_s
#define _stprintf_s    sprintf_s
#define _vstprintf_s   vsprintf_s
#define _sntprintf_s   _snprintf_s
#define _vsntprintf_s  _vsnprintf_s
#define _sctprintf     _scprintf
#define _vsctprintf    _vscprintf
#define _tscanf        scanf
#define _ftscanf       fscanf
#define _stscanf       sscanf
#define _tscanf_s      scanf_s
#define _stscanf_s     sscanf_s
#define _fgettc        fgetc
#define _fgetts        fgets
#define _fputtc        fputc
#define _fputts        fputs
#define _gettc         getc
#define _gettchar      getchar
#define _puttc         putc
#define _puttchar      putchar
#define _putts         puts
#define _getts_s       gets_s
#define _ungettc       ungetc
#define _tfopen        fopen
#define _tfopen_s      fopen_s
#define _tremove       remove
#define _trename       rename
#define _tperror       perror
#define _tunlink       _unlink
#define _taccess       _access
#define _topen         _open
#define _tcscat        strcat
#define _tcschr        strchr
#define _tcscpy        strcpy
#define _tcscspn       strcspn
#define _tcslen        strlen
#define _tcsclen       strlen
#define _tcsnlen       strnlen
#define _tcsncat       strncat
#define _tcsnccat      strncat
#define _tcsncpy       strncpy
#define _tcsnccpy      strncpy
#define _tcspbrk       strpbrk
#define _tcsrchr       strrchr
#define _tcsspn        strspn
#define _tcsstr        strstr
#define _tcstok_s      strtok_s
#define _tcsdup        _strdup
#define _tcsrev        _strrev
#define _tcsset        _strset
#define _tcscmp        strcmp
#define _tcsicmp       _stricmp
#define _tcsncmp       strncmp
#define _tcsnccmp      strncmp
#define _tcsnicmp      _strnicmp
#define _tcsncicmp     _strnicmp
#define _tcscoll       strcoll
#define _tcsicoll      _stricoll
#define _tcslwr        _strlwr
#define _tcsupr        _strupr
#define _tcslwr_s      _strlwr_s
#define _tcsupr_s      _strupr_s
#define _tcscpy_s      strcpy_s
#define _tcscat_s      strcat_s
#define _tcsncpy_s     strncpy_s
#define _tcsncat_s     strncat_s
#define _tcsftime      strftime
#define _tcstol        strtol
#define _tcstoul       strtoul
#define _tcstoi64      strtoll
#define _tcstoui64     strtoull
#define _tcstoll       strtoll
#define _tcstoull      strtoull
#define _tcstod        strtod
#define _tstoi         atoi
#define _ttoi          atoi
#define _ttol          atol
#define _tstol         atol
#define _ttoi64        _atoi64
#define _tstoi64       _atoi64
#define _tstof         atof
#define _ttof          atof
#define _itot          _itoa
#define _ltot          _ltoa
#define _ultot         _ultoa
#define _i64tot        _i64toa
#define _ui64tot       _ui64toa
#define _itot_s        _itoa_s
#define _ultot_s       _ultoa_s
#define _i64tot_s      _i64toa_s
#define _tgetenv       getenv
#define _tsystem       system
#define _tgetcwd       getcwd
#define _tchdir        _chdir
#define _tmkdir        _mkdir
#define _trmdir        _rmdir
#define _istalpha      isalpha
#define _istalnum      isalnum
#define _istdigit      isdigit
#define _istxdigit     isxdigit
#define _istspace      isspace
#define _istupper      isupper
#define _istlower      islower
#define _istprint      isprint
#define _istpunct      ispunct
#define _istcntrl      iscntrl
#define _istgraph      isgraph
#define _totupper      toupper
#define _totlower      tolower
#define _tpopen        popen
#define _tsplitpath    _splitpath
#define _tsplitpath_s  _splitpath_s
#define _tmakepath     _makepath
#define _tmakepath_s   _makepath_s
#define _tfullpath     _fullpath
#define _tstat         _stat
#define _tstat64       _stat64
#define _tstati64      _stati64
#define _tfindfirst    _findfirst
#define _tfindnext     _findnext
#define _tfindfirst64  _findfirst64
#define _tfindnext64   _findnext64
#define _tfinddata_t   _finddata_t
#endif
#define _T(text)    __T(text)
#define _TEXT(text) __T(text)
#define _tcsinc(text) ((text) + 1)
#define _tcsdec(start, text) ((text) - 1)

#endif
