/* SPDX-License-Identifier: MIT */
#ifndef _WDFTIMER_H_
#define _WDFTIMER_H_
#include "wdfobject.h"
#define TolerableDelayUnlimited ((ULONG)-1)
typedef VOID NTAPI EVT_WDF_TIMER(WDFTIMER Timer);
typedef EVT_WDF_TIMER *PFN_WDF_TIMER;
typedef struct _WDF_TIMER_CONFIG {
    ULONG Size;
    PFN_WDF_TIMER EvtTimerFunc;
    ULONG Period; /* ms */
    BOOLEAN AutomaticSerialization;
    ULONG TolerableDelay; /* ms */
    WDF_TRI_STATE UseHighResolutionTimer;
} WDF_TIMER_CONFIG, *PWDF_TIMER_CONFIG;
NTAPI_INLINE VOID WDF_TIMER_CONFIG_INIT(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc)
{
    WDF_STRUCT_INIT(Config, WDF_TIMER_CONFIG);
    Config->EvtTimerFunc = EvtTimerFunc;
    Config->AutomaticSerialization = TRUE;
}
NTAPI_INLINE VOID WDF_TIMER_CONFIG_INIT_PERIODIC(PWDF_TIMER_CONFIG Config, PFN_WDF_TIMER EvtTimerFunc, LONG Period)
{
    WDF_TIMER_CONFIG_INIT(Config, EvtTimerFunc);
    Config->Period = (ULONG)Period;
}
OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfTimerCreate, (PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFTIMER *Timer),
           (Config, Attributes, Timer))
WDF_METHOD(BOOLEAN, WdfTimerStart, (WDFTIMER Timer, LONGLONG DueTime), (Timer, DueTime))
WDF_METHOD(BOOLEAN, WdfTimerStop, (WDFTIMER Timer, BOOLEAN Wait), (Timer, Wait))
WDF_METHOD(WDFOBJECT, WdfTimerGetParentObject, (WDFTIMER Timer), (Timer))
OVL_END_C
#endif
