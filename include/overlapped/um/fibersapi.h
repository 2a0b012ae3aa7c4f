/* SPDX-License-Identifier: MIT */
/* Fiber-local storage (here a thread is a fiber). */
#ifndef _FIBERSAPI_H_
#define _FIBERSAPI_H_
#include "minwindef.h"

#define FLS_OUT_OF_INDEXES ((DWORD)0xFFFFFFFF)

OVL_BEGIN_C

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION lpCallback);
BOOL WINAPI FlsFree(DWORD dwFlsIndex);
PVOID WINAPI FlsGetValue(DWORD dwFlsIndex);
BOOL WINAPI FlsSetValue(DWORD dwFlsIndex, PVOID lpFlsData);
BOOL WINAPI IsThreadAFiber(void);

OVL_END_C

#endif
