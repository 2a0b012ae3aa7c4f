/* SPDX-License-Identifier: MIT */
/* The methods of all objects: contexts, references, deletion, and general objects, which are nothing but these. */
#include <stdlib.h>

#include "wdf/driver.h"
#include "wdf/verifier.h"

static const struct wdf_class general_class = {.name = "WDFOBJECT", .size = sizeof(struct wdf_object), .levels = true,
                                               .scopes = true};

PVOID NTAPI ovl_WdfObjectGetTypedContextWorker(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle,
                                               PCWDF_OBJECT_CONTEXT_TYPE_INFO TypeInfo)
{
    return wdf_object_context(wdf_object_of(DriverGlobals, Handle, NULL, WDF_CALLER), TypeInfo);
}

/* STATUS_OBJECT_NAME_EXISTS and the context that is there when the object has one of that type, as documented. */
static NTSTATUS context_add(struct wdf_object *object, struct wdf_context *context, PVOID *memory)
{
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&object->tree);
    struct wdf_context *at = atomic_load(&object->contexts), *last = NULL;
    for (; at != NULL && (context->type == NULL || at->type != context->type); at = at->next)
        last = at;
    if (at != NULL) {
        *memory = at->memory;
        status = STATUS_OBJECT_NAME_EXISTS;
    } else if (atomic_load(&object->state) != WDF_LIVE) {
        status = STATUS_DELETE_PENDING;
    } else {
        *memory = context->memory;
        if (last == NULL)
            atomic_store_explicit(&object->contexts, context, memory_order_release);
        else
            __atomic_store_n(&last->next, context, __ATOMIC_RELEASE);
    }
    lock_release(&object->tree);
    return status;
}

NTSTATUS NTAPI ovl_WdfObjectAllocateContext(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle,
                                            PWDF_OBJECT_ATTRIBUTES ContextAttributes, PVOID *Context)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_object *object = wdf_object_of(DriverGlobals, Handle, NULL, WDF_CALLER);
    NTSTATUS status = wdf_attributes_check(ContextAttributes, &general_class);
    if (ContextAttributes == NULL || ContextAttributes->ContextTypeInfo == NULL)
        return NT_SUCCESS(status) ? STATUS_WDF_OBJECT_ATTRIBUTES_INVALID : status;
    if (NT_SUCCESS(status) && ContextAttributes->ParentObject != NULL)
        status = STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
    if (!NT_SUCCESS(status))
        return status;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO type = ContextAttributes->ContextTypeInfo;
    size_t size = ContextAttributes->ContextSizeOverride != 0 ? ContextAttributes->ContextSizeOverride : type->ContextSize;
    struct wdf_context *context = wdf_allocate(sizeof *context + size);
    if (context == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    context->object = object;
    context->type = type->EvtDriverGetUniqueContextType != NULL ? type->EvtDriverGetUniqueContextType() : type->UniqueType;
    context->cleanup = ContextAttributes->EvtCleanupCallback;
    context->destroy = ContextAttributes->EvtDestroyCallback;
    context->size = size;
    PVOID memory = NULL;
    status = context_add(object, context, &memory);
    if (status != STATUS_SUCCESS)
        free(context);
    if (Context != NULL)
        *Context = memory;
    return status;
}

WDFOBJECT NTAPI ovl_WdfObjectContextGetObject(PWDF_DRIVER_GLOBALS DriverGlobals, PVOID ContextPointer)
{
    struct wdf_context *context = container_of((unsigned char(*)[])ContextPointer, struct wdf_context, memory);
    return wdf_object_of(DriverGlobals, context->object, NULL, WDF_CALLER);
}

VOID NTAPI ovl_WdfObjectReferenceActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File)
{
    (void)Tag;
    (void)Line;
    (void)File;
    wdf_object_reference(wdf_object_of(DriverGlobals, Handle, NULL, WDF_CALLER));
}

VOID NTAPI ovl_WdfObjectDereferenceActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Handle, PVOID Tag, LONG Line, PCCH File)
{
    (void)Tag;
    struct wdf_object *object = wdf_object_of(DriverGlobals, Handle, NULL, WDF_CALLER);
    if (atomic_load(&object->state) == WDF_LIVE && atomic_load(&object->references) == 1)
        wdf_verifier_stop(object->driver, "reference-count", "%s %p is dereferenced more often than referenced (%s:%d)",
                          object->class->name, Handle, File == NULL ? "?" : File, Line);
    wdf_object_dereference(object);
}

NTSTATUS NTAPI ovl_WdfObjectCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES Attributes, WDFOBJECT *Object)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *object,
        *parent = wdf_attributes_parent(DriverGlobals, Attributes, &driver->object, WDF_CALLER);
    NTSTATUS status = wdf_object_create(driver, &general_class, Attributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    object->passive = Attributes != NULL && Attributes->ExecutionLevel == WdfExecutionLevelPassive;
    *Object = object;
    return STATUS_SUCCESS;
}

VOID NTAPI ovl_WdfObjectDelete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_object *object = wdf_object_of(DriverGlobals, Object, NULL, WDF_CALLER);
    if (object->undeletable)
        wdf_verifier_stop(object->driver, "object-not-deletable", "WdfObjectDelete of %s %p", object->class->name, Object);
    wdf_object_delete(object);
}

/* Its GUIDs are the framework verifier's alone. */
NTSTATUS NTAPI ovl_WdfObjectQuery(PWDF_DRIVER_GLOBALS DriverGlobals, WDFOBJECT Object, const GUID *Guid, ULONG QueryBufferLength,
                                  PVOID QueryBuffer)
{
    (void)Guid;
    (void)QueryBufferLength;
    (void)QueryBuffer;
    wdf_object_of(DriverGlobals, Object, NULL, WDF_CALLER);
    return STATUS_NOT_FOUND;
}
