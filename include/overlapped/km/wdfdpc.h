/* SPDX-License-Identifier: MIT */
#ifndef _WDFDPC_H_
#define _WDFDPC_H_
#include "wdfobject.h"
typedef VOID NTAPI EVT_WDF_DPC(WDFDPC Dpc);
typedef EVT_WDF_DPC *PFN_WDF_DPC;
typedef struct _WDF_DPC_CONFIG {
    ULONG Size;
    PFN_WDF_DPC EvtDpcFunc;
    BOOLEAN AutomaticSerialization;
} WDF_DPC_CONFIG, *PWDF_DPC_CONFIG;
NTAPI_INLINE VOID WDF_DPC_CONFIG_INIT(PWDF_DPC_CONFIG Config, PFN_WDF_DPC EvtDpcFunc)
{
    WDF_STRUCT_INIT(Config, WDF_DPC_CONFIG);
    Config->EvtDpcFunc = EvtDpcFunc;
    Config->AutomaticSerialization = TRUE;
}
OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfDpcCreate, (PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFDPC *Dpc),
           (Config, Attributes, Dpc))
WDF_METHOD(BOOLEAN, WdfDpcEnqueue, (WDFDPC Dpc), (Dpc))
WDF_METHOD(BOOLEAN, WdfDpcCancel, (WDFDPC Dpc, BOOLEAN Wait), (Dpc, Wait))
WDF_METHOD(PKDPC, WdfDpcWdmGetDpc, (WDFDPC Dpc), (Dpc))
WDF_METHOD(WDFOBJECT, WdfDpcGetParentObject, (WDFDPC Dpc), (Dpc))
OVL_END_C
#endif
