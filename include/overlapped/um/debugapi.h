/* SPDX-License-Identifier: MIT */
/* Debugger calls. */
#ifndef _DEBUGAPI_H_
#define _DEBUGAPI_H_
#include "minwindef.h"

OVL_BEGIN_C

BOOL WINAPI IsDebuggerPresent(void);
void WINAPI DebugBreak(void);
void WINAPI OutputDebugStringA(LPCSTR lpOutputString);
void WINAPI OutputDebugStringW(LPCWSTR lpOutputString);

OVL_END_C

#ifdef UNICODE
#define OutputDebugString OutputDebugStringW
#else
#define OutputDebugString OutputDebugStringA
#endif

#endif
