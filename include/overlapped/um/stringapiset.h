/* SPDX-License-Identifier: MIT */
/* UTF-8 and UTF-16: conversion. CP_ACP is UTF-8. */
#ifndef _STRINGAPISET_H_
#define _STRINGAPISET_H_
#include "minwindef.h"

#define CP_ACP               0x00000000
#define CP_OEMCP             0x00000001
#define CSTR_LESS_THAN       0x00000001
#define MB_PRECOMPOSED       0x00000001
#define NORM_IGNORECASE      0x00000001
#define CP_MACCP             0x00000002
#define CSTR_EQUAL           0x00000002
#define MB_COMPOSITE         0x00000002
#define CP_THREAD_ACP        0x00000003
#define CSTR_GREATER_THAN    0x00000003
#define MB_USEGLYPHCHARS     0x00000004
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_DISCARDNS         0x00000010
#define WC_SEPCHARS          0x00000020
#define CP_SYMBOL            0x0000002A
#define WC_DEFAULTCHAR       0x00000040
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_COMPOSITECHECK    0x00000200
#define WC_NO_BEST_FIT_CHARS 0x00000400
#define CP_UTF7              0x0000FDE8
#define CP_UTF8              0x0000FDE9

OVL_BEGIN_C

int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCCH lpMultiByteStr, int cbMultiByte,
                               LPWSTR lpWideCharStr, int cchWideChar);
int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWCH lpWideCharStr, int cchWideChar,
                               LPSTR lpMultiByteStr, int cbMultiByte, LPCCH lpDefaultChar,
                               LPBOOL lpUsedDefaultChar);
int WINAPI CompareStringOrdinal(LPCWCH lpString1, int cchCount1, LPCWCH lpString2, int cchCount2,
                                BOOL bIgnoreCase);
UINT WINAPI GetACP(void);
UINT WINAPI GetOEMCP(void);
BOOL WINAPI IsDBCSLeadByte(BYTE TestChar);

OVL_END_C

#endif
