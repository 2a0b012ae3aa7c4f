/* SPDX-License-Identifier: MIT */
#ifndef _WDFWORKITEM_H_
#define _WDFWORKITEM_H_
#include "wdfobject.h"
typedef VOID NTAPI EVT_WDF_WORKITEM(WDFWORKITEM WorkItem);
typedef EVT_WDF_WORKITEM *PFN_WDF_WORKITEM;
typedef struct _WDF_WORKITEM_CONFIG {
    ULONG Size;
    PFN_WDF_WORKITEM EvtWorkItemFunc;
    BOOLEAN AutomaticSerialization;
} WDF_WORKITEM_CONFIG, *PWDF_WORKITEM_CONFIG;
NTAPI_INLINE VOID WDF_WORKITEM_CONFIG_INIT(PWDF_WORKITEM_CONFIG Config, PFN_WDF_WORKITEM EvtWorkItemFunc)
{
    WDF_STRUCT_INIT(Config, WDF_WORKITEM_CONFIG);
    Config->EvtWorkItemFunc = EvtWorkItemFunc;
    Config->AutomaticSerialization = TRUE;
}
OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfWorkItemCreate,
           (PWDF_WORKITEM_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem),
           (Config, Attributes, WorkItem))
WDF_METHOD(VOID, WdfWorkItemEnqueue, (WDFWORKITEM WorkItem), (WorkItem))
WDF_METHOD(VOID, WdfWorkItemFlush, (WDFWORKITEM WorkItem), (WorkItem))
WDF_METHOD(WDFOBJECT, WdfWorkItemGetParentObject, (WDFWORKITEM WorkItem), (WorkItem))
OVL_END_C
#endif
