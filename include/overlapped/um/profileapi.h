/* SPDX-License-Identifier: MIT */
/* The performance counter. */
#ifndef _PROFILEAPI_H_
#define _PROFILEAPI_H_
#include "minwindef.h"

OVL_BEGIN_C

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *lpPerformanceCount);
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *lpFrequency);

OVL_END_C

#endif
