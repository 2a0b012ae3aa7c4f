/* SPDX-License-Identifier: MIT */
/* The multimedia clock. The system's timers are exact without being asked. */
#ifndef _TIMEAPI_H_
#define _TIMEAPI_H_
#include "minwindef.h"

typedef UINT MMRESULT;
#define MMSYSERR_NOERROR 0
#define MMSYSERR_ERROR   1
#define MMSYSERR_INVALPARAM 11
#define TIMERR_NOERROR   0
#define TIMERR_NOCANDO   97

typedef struct timecaps_tag {
    UINT wPeriodMin;
    UINT wPeriodMax;
} TIMECAPS, *PTIMECAPS, *NPTIMECAPS, *LPTIMECAPS;

OVL_BEGIN_C

DWORD WINAPI timeGetTime(void);
MMRESULT WINAPI timeGetDevCaps(LPTIMECAPS ptc, UINT cbtc);
MMRESULT WINAPI timeBeginPeriod(UINT uPeriod);
MMRESULT WINAPI timeEndPeriod(UINT uPeriod);

OVL_END_C

#endif
