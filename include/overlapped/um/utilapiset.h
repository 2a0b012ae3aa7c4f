/* SPDX-License-Identifier: MIT */
/* Small utilities. */
#ifndef _UTILAPISET_H_
#define _UTILAPISET_H_
#include "minwindef.h"

OVL_BEGIN_C

BOOL WINAPI Beep(DWORD dwFreq, DWORD dwDuration);
int WINAPI MulDiv(int nNumber, int nNumerator, int nDenominator);
PVOID WINAPI EncodePointer(PVOID Ptr);
PVOID WINAPI DecodePointer(PVOID Ptr);

OVL_END_C

#endif
