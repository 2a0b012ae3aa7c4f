/* SPDX-License-Identifier: MIT */
/* Objects: attributes, contexts, parents, references, cleanup and destruction. */
#ifndef _WDFOBJECT_H_
#define _WDFOBJECT_H_
#include "wdftypes.h"

typedef VOID NTAPI EVT_WDF_OBJECT_CONTEXT_CLEANUP(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP *PFN_WDF_OBJECT_CONTEXT_CLEANUP;
typedef VOID NTAPI EVT_WDF_OBJECT_CONTEXT_DESTROY(WDFOBJECT Object);
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY *PFN_WDF_OBJECT_CONTEXT_DESTROY;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_DEVICE_CONTEXT_CLEANUP;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_DEVICE_CONTEXT_DESTROY;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_IO_QUEUE_CONTEXT_CLEANUP_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_IO_QUEUE_CONTEXT_DESTROY_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_CLEANUP EVT_WDF_FILE_CONTEXT_CLEANUP_CALLBACK;
typedef EVT_WDF_OBJECT_CONTEXT_DESTROY EVT_WDF_FILE_CONTEXT_DESTROY_CALLBACK;

typedef enum _WDF_EXECUTION_LEVEL {
    WdfExecutionLevelInvalid = 0,
    WdfExecutionLevelInheritFromParent,
    WdfExecutionLevelPassive,
    WdfExecutionLevelDispatch,
} WDF_EXECUTION_LEVEL;

typedef enum _WDF_SYNCHRONIZATION_SCOPE {
    WdfSynchronizationScopeInvalid = 0,
    WdfSynchronizationScopeInheritFromParent,
    WdfSynchronizationScopeDevice,
    WdfSynchronizationScopeQueue,
    WdfSynchronizationScopeNone,
} WDF_SYNCHRONIZATION_SCOPE;

struct _WDF_OBJECT_CONTEXT_TYPE_INFO;
typedef const struct _WDF_OBJECT_CONTEXT_TYPE_INFO *PCWDF_OBJECT_CONTEXT_TYPE_INFO;
typedef PCWDF_OBJECT_CONTEXT_TYPE_INFO(NTAPI *PFN_GET_UNIQUE_CONTEXT_TYPE)(VOID);

typedef struct _WDF_OBJECT_CONTEXT_TYPE_INFO {
    ULONG Size;
    PCHAR ContextName;
    size_t ContextSize;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO UniqueType;
    PFN_GET_UNIQUE_CONTEXT_TYPE EvtDriverGetUniqueContextType;
} WDF_OBJECT_CONTEXT_TYPE_INFO, *PWDF_OBJECT_CONTEXT_TYPE_INFO;

typedef struct _WDF_OBJECT_ATTRIBUTES {
    ULONG Size;
    PFN_WDF_OBJECT_CONTEXT_CLEANUP EvtCleanupCallback;
    PFN_WDF_OBJECT_CONTEXT_DESTROY EvtDestroyCallback;
    WDF_EXECUTION_LEVEL ExecutionLevel;
    WDF_SYNCHRONIZATION_SCOPE SynchronizationScope;
    WDFOBJECT ParentObject;
    size_t ContextSizeOverride;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO ContextTypeInfo;
} WDF_OBJECT_ATTRIBUTES, *PWDF_OBJECT_ATTRIBUTES;

#define WDF_NO_OBJECT_ATTRIBUTES ((PWDF_OBJECT_ATTRIBUTES)NULL)
#define WDF_NO_EVENT_CALLBACK    (NULL)
#define WDF_NO_HANDLE            (NULL)
#define WDF_NO_CONTEXT           (NULL)
#define WDF_NO_SEND_OPTIONS      (NULL)

NTAPI_INLINE VOID WDF_OBJECT_ATTRIBUTES_INIT(PWDF_OBJECT_ATTRIBUTES Attributes)
{
    WDF_STRUCT_INIT(Attributes, WDF_OBJECT_ATTRIBUTES);
    Attributes->ExecutionLevel = WdfExecutionLevelInheritFromParent;
    Attributes->SynchronizationScope = WdfSynchronizationScopeInheritFromParent;
}

#define WDF_TYPE_NAME_TO_TYPE_INFO(type)       OvlWdfTypeInfo_##type
#define WDF_GET_CONTEXT_TYPE_INFO(contexttype) (&WDF_TYPE_NAME_TO_TYPE_INFO(contexttype))
#define WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, contexttype) \
    (attributes)->ContextTypeInfo = WDF_GET_CONTEXT_TYPE_INFO(contexttype)
#define WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(attributes, contexttype) \
    WDF_OBJECT_ATTRIBUTES_INIT(attributes),                              \
        WDF_OBJECT_ATTRIBUTES_SET_CONTEXT_TYPE(attributes, contexttype)

/* The record of a type is one per module however many sources declare it: weak, and found by its address. */
#define WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(contexttype, castingfunction)                                  \
    extern const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(contexttype) __attribute__((__weak__)); \
    const WDF_OBJECT_CONTEXT_TYPE_INFO WDF_TYPE_NAME_TO_TYPE_INFO(contexttype) = {                        \
        sizeof(WDF_OBJECT_CONTEXT_TYPE_INFO), (PCHAR)(ULONG_PTR) #contexttype, sizeof(contexttype),       \
        &WDF_TYPE_NAME_TO_TYPE_INFO(contexttype), NULL};                                                  \
    NTAPI_INLINE contexttype *castingfunction(WDFOBJECT Handle)                                           \
    {                                                                                                     \
        return (contexttype *)WdfObjectGetTypedContextWorker(Handle,                                      \
                                                             WDF_TYPE_NAME_TO_TYPE_INFO(contexttype).UniqueType); \
    }
#define WDF_DECLARE_CONTEXT_TYPE(contexttype) \
    WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(contexttype, WdfObjectGet_##contexttype)
#define WDF_DECLARE_TYPE_AND_GLOBALS(contexttype, UniqueType, GetUniqueType, section)
#define WdfObjectGetTypedContext(handle, type) \
    ((type *)WdfObjectGetTypedContextWorker((handle), WDF_GET_CONTEXT_TYPE_INFO(type)->UniqueType))

OVL_BEGIN_C
WDF_METHOD(PVOID, WdfObjectGetTypedContextWorker, (WDFOBJECT Handle, PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo),
           (Handle, TypeInfo))
WDF_METHOD(NTSTATUS, WdfObjectAllocateContext,
           (WDFOBJECT Handle, PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID *Context),
           (Handle, ContextAttributes, Context))
WDF_METHOD(WDFOBJECT, WdfObjectContextGetObject, (PVOID ContextPointer), (ContextPointer))
WDF_METHOD(VOID, WdfObjectReferenceActual, (WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File), (Handle, Tag, Line, File))
WDF_METHOD(VOID, WdfObjectDereferenceActual, (WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File), (Handle, Tag, Line, File))
WDF_METHOD(NTSTATUS, WdfObjectCreate, (PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object), (Attributes, Object))
WDF_METHOD(VOID, WdfObjectDelete, (WDFOBJECT Object), (Object))
WDF_METHOD(NTSTATUS, WdfObjectQuery, (WDFOBJECT Object, const GUID *Guid, ULONG QueryBufferLength, PVOID QueryBuffer),
           (Object, Guid, QueryBufferLength, QueryBuffer))
OVL_END_C
#define WdfObjectReference(handle)                  WdfObjectReferenceActual((WDFOBJECT)(handle), NULL, __LINE__, __FILE__)
#define WdfObjectReferenceWithTag(handle, tag)      WdfObjectReferenceActual((WDFOBJECT)(handle), (tag), __LINE__, __FILE__)
#define WdfObjectDereference(handle)                WdfObjectDereferenceActual((WDFOBJECT)(handle), NULL, __LINE__, __FILE__)
#define WdfObjectDereferenceWithTag(handle, tag)    WdfObjectDereferenceActual((WDFOBJECT)(handle), (tag), __LINE__, __FILE__)
#endif
