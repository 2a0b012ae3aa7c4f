/* SPDX-License-Identifier: MIT */
/* Memory objects and lookaside lists. A lookaside list gives each memory object a buffer of its own from the heap: nothing is
 * kept for later, so a sanitizer sees every use of a buffer that was given back. */
#include "wdf/memory.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/verifier.h"

struct wdf_lookaside {
    struct wdf_object object;
    size_t size;
    bool paged;
    WDF_OBJECT_ATTRIBUTES attributes; /* of the memory objects */
    bool has_attributes;
};

static const struct wdf_class wdf_lookaside_class = {.name = "WDFLOOKASIDE", .size = sizeof(struct wdf_lookaside)};

static void memory_destroy(struct wdf_object *object)
{
    struct wdf_memory *memory = container_of(object, struct wdf_memory, object);
    if (memory->kind != WDF_MEMORY_FOREIGN)
        free(memory->buffer);
    if (memory->lookaside != NULL)
        wdf_object_dereference(&memory->lookaside->object);
}

const struct wdf_class wdf_memory_class = {.name = "WDFMEMORY", .size = sizeof(struct wdf_memory), .destroy = memory_destroy};

NTSTATUS wdf_memory_wrap(struct wdf_driver *driver, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, void *buffer,
                         size_t size, const void *maker, struct wdf_memory **made)
{
    struct wdf_object *object;
    NTSTATUS status = wdf_object_create(driver, &wdf_memory_class, attributes, parent, maker, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_memory *memory = container_of(object, struct wdf_memory, object);
    memory->buffer = buffer;
    memory->size = size;
    memory->kind = WDF_MEMORY_FOREIGN;
    *made = memory;
    return STATUS_SUCCESS;
}

/* With a buffer of its own. */
static NTSTATUS memory_make(struct wdf_driver *driver, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, size_t size,
                            bool paged, const void *maker, struct wdf_memory **made)
{
    void *buffer = verify_memory_fails(NULL) ? NULL : malloc(size); /* as the pool: not zeroed */
    if (buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS status = wdf_memory_wrap(driver, attributes, parent, buffer, size, maker, made);
    if (!NT_SUCCESS(status)) {
        free(buffer);
        return status;
    }
    (*made)->kind = WDF_MEMORY_OWN;
    (*made)->object.passive = paged; /* paged memory is cleaned up and freed at PASSIVE_LEVEL */
    return STATUS_SUCCESS;
}

NTSTATUS wdf_memory_part(const struct wdf_memory *memory, const WDFMEMORY_OFFSET *offset, void **at, size_t *length)
{
    size_t start = offset == NULL ? 0 : offset->BufferOffset;
    size_t count = offset == NULL ? 0 : offset->BufferLength;
    if (start + count < start)
        return STATUS_INTEGER_OVERFLOW;
    if (start + count > memory->size)
        return STATUS_INVALID_BUFFER_SIZE;
    *at = (char *)memory->buffer + start;
    *length = count != 0 ? count : memory->size - start;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfMemoryCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, POOL_TYPE PoolType,
                                   ULONG PoolTag, size_t BufferSize, WDFMEMORY *Memory, PVOID *Buffer)
{
    (void)PoolTag;
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    *Memory = NULL;
    if (BufferSize == 0)
        return STATUS_INVALID_PARAMETER;
    struct wdf_object *parent = wdf_attributes_parent(DriverGlobals, Attributes, &driver->object, WDF_CALLER);
    struct wdf_memory *memory;
    NTSTATUS status = memory_make(driver, Attributes, parent, BufferSize, PoolType == PagedPool, WDF_CALLER, &memory);
    if (!NT_SUCCESS(status))
        return status;
    *Memory = (WDFMEMORY)(void *)memory;
    if (Buffer != NULL)
        *Buffer = memory->buffer;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfMemoryCreatePreallocated(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, PVOID Buffer,
                                               size_t BufferSize, WDFMEMORY *Memory)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    *Memory = NULL;
    if (Buffer == NULL || BufferSize == 0)
        return STATUS_INVALID_PARAMETER;
    struct wdf_object *parent = wdf_attributes_parent(DriverGlobals, Attributes, &driver->object, WDF_CALLER);
    struct wdf_memory *memory;
    NTSTATUS status = wdf_memory_wrap(driver, Attributes, parent, Buffer, BufferSize, WDF_CALLER, &memory);
    if (NT_SUCCESS(status))
        *Memory = (WDFMEMORY)(void *)memory;
    return status;
}

PVOID NTAPI ovl_WdfMemoryGetBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Memory, size_t *BufferSize)
{
    struct wdf_memory *memory = WDF_HANDLE(DriverGlobals, Memory, wdf_memory);
    if (BufferSize != NULL)
        *BufferSize = memory->size;
    return memory->buffer;
}

NTSTATUS NTAPI ovl_WdfMemoryAssignBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY Memory, PVOID Buffer, size_t BufferSize)
{
    struct wdf_memory *memory = WDF_HANDLE(DriverGlobals, Memory, wdf_memory);
    if (Buffer == NULL || BufferSize == 0)
        return STATUS_INVALID_PARAMETER;
    if (memory->kind != WDF_MEMORY_FOREIGN)
        return STATUS_INVALID_DEVICE_REQUEST; /* only preallocated memory may be given another buffer */
    memory->buffer = Buffer;
    memory->size = BufferSize;
    return STATUS_SUCCESS;
}

static NTSTATUS copy_check(const struct wdf_memory *memory, size_t offset, const void *buffer, size_t count)
{
    if (buffer == NULL || count == 0)
        return STATUS_INVALID_PARAMETER;
    if (offset > memory->size || count > memory->size - offset)
        return STATUS_BUFFER_TOO_SMALL;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfMemoryCopyToBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY SourceMemory, size_t SourceOffset,
                                         PVOID Buffer, size_t NumBytesToCopyTo)
{
    struct wdf_memory *memory = WDF_HANDLE(DriverGlobals, SourceMemory, wdf_memory);
    NTSTATUS status = copy_check(memory, SourceOffset, Buffer, NumBytesToCopyTo);
    if (NT_SUCCESS(status))
        memmove(Buffer, (char *)memory->buffer + SourceOffset, NumBytesToCopyTo);
    return status;
}

NTSTATUS NTAPI ovl_WdfMemoryCopyFromBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFMEMORY DestinationMemory,
                                           size_t DestinationOffset, PVOID Buffer, size_t NumBytesToCopyFrom)
{
    struct wdf_memory *memory = WDF_HANDLE(DriverGlobals, DestinationMemory, wdf_memory);
    NTSTATUS status = copy_check(memory, DestinationOffset, Buffer, NumBytesToCopyFrom);
    if (NT_SUCCESS(status))
        memmove((char *)memory->buffer + DestinationOffset, Buffer, NumBytesToCopyFrom);
    return status;
}

/* ---- Lookaside lists --------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ovl_WdfLookasideListCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES LookasideAttributes,
                                          size_t BufferSize, POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes,
                                          ULONG PoolTag, WDFLOOKASIDE *Lookaside)
{
    (void)PoolTag;
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    *Lookaside = NULL;
    if (BufferSize == 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_attributes_check(MemoryAttributes, &wdf_memory_class);
    struct wdf_object *object,
        *parent = wdf_attributes_parent(DriverGlobals, LookasideAttributes, &driver->object, WDF_CALLER);
    if (NT_SUCCESS(status))
        status = wdf_object_create(driver, &wdf_lookaside_class, LookasideAttributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_lookaside *list = container_of(object, struct wdf_lookaside, object);
    list->size = BufferSize;
    list->paged = PoolType == PagedPool;
    object->passive = list->paged;
    list->has_attributes = MemoryAttributes != NULL;
    if (MemoryAttributes != NULL)
        list->attributes = *MemoryAttributes;
    *Lookaside = (WDFLOOKASIDE)(void *)list;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfMemoryCreateFromLookaside(PWDF_DRIVER_GLOBALS DriverGlobals, WDFLOOKASIDE Lookaside, WDFMEMORY *Memory)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_lookaside *list = WDF_HANDLE(DriverGlobals, Lookaside, wdf_lookaside);
    PWDF_OBJECT_ATTRIBUTES attributes = list->has_attributes ? &list->attributes : NULL;
    struct wdf_memory *memory;
    *Memory = NULL;
    NTSTATUS status = memory_make(driver, attributes, &driver->object, list->size, list->paged, WDF_CALLER, &memory);
    if (!NT_SUCCESS(status))
        return status;
    memory->kind = WDF_MEMORY_LOOKASIDE;
    memory->lookaside = list;
    wdf_object_reference(&list->object);
    *Memory = (WDFMEMORY)(void *)memory;
    return STATUS_SUCCESS;
}
