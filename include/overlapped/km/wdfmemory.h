/* SPDX-License-Identifier: MIT */
/* Memory objects and lookaside lists. */
#ifndef _WDFMEMORY_H_
#define _WDFMEMORY_H_
#include "wdfobject.h"

typedef struct _WDFMEMORY_OFFSET {
    size_t BufferOffset;
    size_t BufferLength;
} WDFMEMORY_OFFSET, *PWDFMEMORY_OFFSET;

typedef enum _WDF_MEMORY_DESCRIPTOR_TYPE {
    WdfMemoryDescriptorTypeInvalid = 0,
    WdfMemoryDescriptorTypeBuffer,
    WdfMemoryDescriptorTypeMdl,
    WdfMemoryDescriptorTypeHandle,
} WDF_MEMORY_DESCRIPTOR_TYPE;

typedef struct _WDF_MEMORY_DESCRIPTOR {
    WDF_MEMORY_DESCRIPTOR_TYPE Type;
    union {
        struct {
            PVOID Buffer;
            ULONG Length;
        } BufferType;
        struct {
            PMDL Mdl;
            ULONG BufferLength;
        } MdlType;
        struct {
            WDFMEMORY Memory;
            PWDFMEMORY_OFFSET Offsets;
        } HandleType;
    } u;
} WDF_MEMORY_DESCRIPTOR, *PWDF_MEMORY_DESCRIPTOR;

NTAPI_INLINE VOID WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(PWDF_MEMORY_DESCRIPTOR Descriptor, PVOID Buffer, ULONG BufferLength)
{
    RtlZeroMemory(Descriptor, sizeof *Descriptor);
    Descriptor->Type = WdfMemoryDescriptorTypeBuffer;
    Descriptor->u.BufferType.Buffer = Buffer;
    Descriptor->u.BufferType.Length = BufferLength;
}

NTAPI_INLINE VOID WDF_MEMORY_DESCRIPTOR_INIT_MDL(PWDF_MEMORY_DESCRIPTOR Descriptor, PMDL Mdl, ULONG BufferLength)
{
    RtlZeroMemory(Descriptor, sizeof *Descriptor);
    Descriptor->Type = WdfMemoryDescriptorTypeMdl;
    Descriptor->u.MdlType.Mdl = Mdl;
    Descriptor->u.MdlType.BufferLength = BufferLength;
}

NTAPI_INLINE VOID WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(PWDF_MEMORY_DESCRIPTOR Descriptor, WDFMEMORY Handle,
                                                    PWDFMEMORY_OFFSET Offsets)
{
    RtlZeroMemory(Descriptor, sizeof *Descriptor);
    Descriptor->Type = WdfMemoryDescriptorTypeHandle;
    Descriptor->u.HandleType.Memory = Handle;
    Descriptor->u.HandleType.Offsets = Offsets;
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfMemoryCreate,
           (PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType, ULONG PoolTag, size_t BufferSize, WDFMEMORY *Memory,
            PVOID *Buffer),
           (Attributes, PoolType, PoolTag, BufferSize, Memory, Buffer))
WDF_METHOD(NTSTATUS, WdfMemoryCreatePreallocated,
           (PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer, size_t BufferSize, WDFMEMORY *Memory),
           (Attributes, Buffer, BufferSize, Memory))
WDF_METHOD(PVOID, WdfMemoryGetBuffer, (WDFMEMORY Memory, size_t *BufferSize), (Memory, BufferSize))
WDF_METHOD(NTSTATUS, WdfMemoryAssignBuffer, (WDFMEMORY Memory, PVOID Buffer, size_t BufferSize), (Memory, Buffer, BufferSize))
WDF_METHOD(NTSTATUS, WdfMemoryCopyToBuffer,
           (WDFMEMORY SourceMemory, size_t SourceOffset, PVOID Buffer, size_t NumBytesToCopyTo),
           (SourceMemory, SourceOffset, Buffer, NumBytesToCopyTo))
WDF_METHOD(NTSTATUS, WdfMemoryCopyFromBuffer,
           (WDFMEMORY DestinationMemory, size_t DestinationOffset, PVOID Buffer, size_t NumBytesToCopyFrom),
           (DestinationMemory, DestinationOffset, Buffer, NumBytesToCopyFrom))
WDF_METHOD(NTSTATUS, WdfLookasideListCreate,
           (PWDF_OBJECT_ATTRIBUTES LookasideAttributes, size_t BufferSize, POOL_TYPE PoolType,
            PWDF_OBJECT_ATTRIBUTES MemoryAttributes, ULONG PoolTag, WDFLOOKASIDE *Lookaside),
           (LookasideAttributes, BufferSize, PoolType, MemoryAttributes, PoolTag, Lookaside))
WDF_METHOD(NTSTATUS, WdfMemoryCreateFromLookaside, (WDFLOOKASIDE Lookaside, WDFMEMORY *Memory), (Lookaside, Memory))
OVL_END_C
#endif
