/* SPDX-License-Identifier: MIT */
/* References by pointer. What a program's handle names - event, semaphore, thread, timer - a driver sees as its dispatcher, which
 * is what it waits for and sets; files on WDM devices as the FILE_OBJECT. Device and file objects are referenced in place. */
#include <stdlib.h>

#include "nt/handle.h"
#include "nt/sync.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

/* Which object a dispatcher that a driver holds belongs to, until it is dereferenced. */
struct object_pointer {
    struct list link;
    void *pointer;
    struct object *object; /* referenced once */
    uint32_t count;        /* the driver's references */
};

static struct lock pointers_lock;
static struct list pointers = {&pointers, &pointers};

/* Drivers compare and pass what these point at, as on Windows. */
static POBJECT_TYPE event_object_type = (POBJECT_TYPE)(uintptr_t)&event_type;
static POBJECT_TYPE semaphore_object_type = (POBJECT_TYPE)(uintptr_t)&semaphore_type;
static POBJECT_TYPE thread_object_type = (POBJECT_TYPE)(uintptr_t)&thread_type;
static POBJECT_TYPE file_object_type = (POBJECT_TYPE)(uintptr_t)&file_type;
POBJECT_TYPE *ExEventObjectType = &event_object_type;
POBJECT_TYPE *ExSemaphoreObjectType = &semaphore_object_type;
POBJECT_TYPE *PsThreadType = &thread_object_type;
POBJECT_TYPE *IoFileObjectType = &file_object_type;

/* With the lock held. */
static struct object_pointer *pointer_find(const void *pointer)
{
    list_for_each (node, &pointers) {
        struct object_pointer *entry = container_of(node, struct object_pointer, link);
        if (entry->pointer == pointer)
            return entry;
    }
    return NULL;
}

/* Takes over a reference of `object`. */
static NTSTATUS pointer_add(struct object *object, void *pointer)
{
    struct object_pointer *made = verify_memory_fails(NULL) ? NULL : malloc(sizeof *made);
    if (made == NULL) {
        object_dereference(object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    lock_acquire(&pointers_lock);
    struct object_pointer *known = pointer_find(pointer);
    if (known != NULL) {
        known->count++;
    } else {
        *made = (struct object_pointer){.pointer = pointer, .object = object, .count = 1};
        list_push_front(&pointers, &made->link);
    }
    lock_release(&pointers_lock);
    if (known != NULL) {
        object_dereference(object);
        free(made);
    }
    return STATUS_SUCCESS;
}

/* A type is compared where the pointer is one that a driver got by a handle; others are referenced as they are. */
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)DesiredAccess;
    (void)AccessMode;
    lock_acquire(&pointers_lock);
    const struct object_pointer *known = pointer_find(Object);
    bool good = known == NULL || ObjectType == NULL || known->object->type == (const struct object_type *)(const void *)ObjectType;
    lock_release(&pointers_lock);
    if (good)
        ObReferenceObject(Object);
    return good ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
}

NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object, PVOID HandleInformation)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct object *object;
    (void)HandleInformation;
    *Object = NULL;
    NTSTATUS status = handle_reference((uint64_t)(uintptr_t)Handle, (const struct object_type *)(const void *)ObjectType,
                                       AccessMode == UserMode ? DesiredAccess : 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct file *file = object->type == &file_type ? container_of(object, struct file, object) : NULL;
    if (file != NULL && file->driver == &wdm_file_driver) {
        *Object = &container_of(file, struct wdm_file, file)->object; /* with the reference of the look-up */
        return STATUS_SUCCESS;
    }
    void *dispatcher = object_dispatcher(object);
    if (dispatcher == NULL || file != NULL) {
        object_dereference(object);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    status = pointer_add(object, dispatcher);
    if (status == STATUS_SUCCESS)
        *Object = dispatcher;
    return status;
}

/* Counts a known pointer up or down; the object whose last reference this was goes to *last. */
static bool pointer_count(const void *pointer, int32_t change, struct object **last)
{
    struct object_pointer *gone = NULL;
    *last = NULL;
    lock_acquire(&pointers_lock);
    struct object_pointer *entry = pointer_find(pointer);
    bool known = entry != NULL;
    if (known && (entry->count += (uint32_t)change) == 0) {
        list_remove(&entry->link);
        gone = entry;
    }
    lock_release(&pointers_lock);
    if (gone != NULL)
        *last = gone->object;
    free(gone);
    return known;
}

LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    struct object *last;
    if (pointer_count(Object, 1, &last))
        return 1; /* drivers are told not to rely on the count */
    switch (*(CSHORT *)Object) {
    case IO_TYPE_DEVICE:
        wdm_device_reference(wdm_device_of(Object));
        return 1;
    case IO_TYPE_FILE:
        object_reference(&container_of((FILE_OBJECT *)Object, struct wdm_file, object)->file.object);
        return 1;
    case IO_TYPE_DRIVER:
        return 1; /* a driver stays until it is unloaded, which is refused while it has open devices */
    default:
        wdm_verifier_stop("object-reference", "ObReferenceObject(%p): no object", Object);
    }
}

LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    struct object *last;
    if (pointer_count(Object, -1, &last)) {
        if (last != NULL)
            object_dereference(last);
        return 0;
    }
    switch (*(CSHORT *)Object) {
    case IO_TYPE_DEVICE:
        wdm_device_dereference(wdm_device_of(Object));
        return 0;
    case IO_TYPE_FILE:
        object_dereference(&container_of((FILE_OBJECT *)Object, struct wdm_file, object)->file.object);
        return 0;
    case IO_TYPE_DRIVER:
        return 0;
    default:
        wdm_verifier_stop("object-reference", "ObDereferenceObject(%p): no reference is held", Object);
    }
}

NTSTATUS NTAPI ZwClose(HANDLE Handle)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    return handle_close((uint64_t)(uintptr_t)Handle);
}
