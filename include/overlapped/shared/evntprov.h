/* SPDX-License-Identifier: MIT */
/* Types of event providers. Events are written by what `ovl mc`, TraceLoggingProvider.h and WPP make; EventWrite itself is not here. */
#ifndef _EVNTPROV_H_
#define _EVNTPROV_H_
#include "ovl_etw.h"
#include "ovl_types.h"

#define EVENT_MIN_LEVEL 0
#define EVENT_MAX_LEVEL 0xFF
#define EVENT_ACTIVITY_CTRL_GET_ID        1
#define EVENT_ACTIVITY_CTRL_SET_ID        2
#define EVENT_ACTIVITY_CTRL_CREATE_ID     3
#define EVENT_ACTIVITY_CTRL_GET_SET_ID    4
#define EVENT_ACTIVITY_CTRL_CREATE_SET_ID 5
#define MAX_EVENT_DATA_DESCRIPTORS 128

typedef ULONGLONG REGHANDLE, *PREGHANDLE;

typedef struct _EVENT_DATA_DESCRIPTOR {
    ULONGLONG Ptr;
    ULONG Size;
    ULONG Reserved;
} EVENT_DATA_DESCRIPTOR, *PEVENT_DATA_DESCRIPTOR;

typedef struct _EVENT_FILTER_DESCRIPTOR {
    ULONGLONG Ptr;
    ULONG Size;
    ULONG Type;
} EVENT_FILTER_DESCRIPTOR, *PEVENT_FILTER_DESCRIPTOR;

typedef VOID NTAPI ETWENABLECALLBACK(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAnyKeyword, ULONGLONG MatchAllKeyword,
                                     PEVENT_FILTER_DESCRIPTOR FilterData, PVOID CallbackContext);
typedef ETWENABLECALLBACK *PETWENABLECALLBACK, *PENABLECALLBACK;

static __inline__ __attribute__((__unused__)) VOID EventDataDescCreate(PEVENT_DATA_DESCRIPTOR EventDataDescriptor, const VOID *DataPtr,
                                                                       ULONG DataSize)
{
    EventDataDescriptor->Ptr = OVL_ETW_ADDRESS(DataPtr);
    EventDataDescriptor->Size = DataSize;
    EventDataDescriptor->Reserved = 0;
}

static __inline__ __attribute__((__unused__)) VOID EventDescCreate(PEVENT_DESCRIPTOR EventDescriptor, USHORT Id, UCHAR Version, UCHAR Channel,
                                                                   UCHAR Level, USHORT Task, UCHAR Opcode, ULONGLONG Keyword)
{
    EventDescriptor->Id = Id;
    EventDescriptor->Version = Version;
    EventDescriptor->Channel = Channel;
    EventDescriptor->Level = Level;
    EventDescriptor->Task = Task;
    EventDescriptor->Opcode = Opcode;
    EventDescriptor->Keyword = Keyword;
}
#endif
