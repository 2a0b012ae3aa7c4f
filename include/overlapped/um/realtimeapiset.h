/* SPDX-License-Identifier: MIT */
/* Interrupt-time clocks. */
#ifndef _REALTIMEAPISET_H_
#define _REALTIMEAPISET_H_
#include "minwindef.h"

OVL_BEGIN_C

void WINAPI QueryInterruptTime(PULONGLONG lpInterruptTime);
void WINAPI QueryInterruptTimePrecise(PULONGLONG lpInterruptTimePrecise);
BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG UnbiasedTime);
void WINAPI QueryUnbiasedInterruptTimePrecise(PULONGLONG lpUnbiasedInterruptTimePrecise);
BOOL WINAPI QueryThreadCycleTime(HANDLE ThreadHandle, PULONG64 CycleTime);
BOOL WINAPI QueryProcessCycleTime(HANDLE ProcessHandle, PULONG64 CycleTime);

OVL_END_C

#endif
