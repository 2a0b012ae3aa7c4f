/* SPDX-License-Identifier: MIT */
/* Formats: what stands in the IRP's next stack location, the memory that it names, and the IRP's own fields that had to be changed for it and
 * are put back at the end of the send. The formats of special targets (USB) begin and end here too. */
#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/io_target.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

/* ---- Buffers ------------------------------------------------------------------------------------------------------ */

NTSTATUS wdf_buffer_of_memory(PWDF_DRIVER_GLOBALS globals, WDFMEMORY handle, const WDFMEMORY_OFFSET *offset, const void *caller,
                              struct wdf_buffer *buffer)
{
    *buffer = (struct wdf_buffer){.address = NULL};
    if (handle == NULL)
        return STATUS_SUCCESS;
    struct wdf_memory *memory = (struct wdf_memory *)(void *)wdf_object_of(globals, handle, &wdf_memory_class, caller);
    NTSTATUS status = wdf_memory_part(memory, offset, &buffer->address, &buffer->length);
    if (!NT_SUCCESS(status))
        return status;
    buffer->memory = memory;
    buffer->offset = offset == NULL ? 0 : offset->BufferOffset;
    if (memory->mdl != NULL && buffer->offset == 0 && buffer->length == memory->size)
        buffer->mdl = memory->mdl;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_buffer_of_descriptor(PWDF_DRIVER_GLOBALS globals, const WDF_MEMORY_DESCRIPTOR *descriptor, const void *caller,
                                  struct wdf_buffer *buffer)
{
    *buffer = (struct wdf_buffer){.address = NULL};
    if (descriptor == NULL)
        return STATUS_SUCCESS;
    switch (descriptor->Type) {
    case WdfMemoryDescriptorTypeBuffer:
        buffer->address = descriptor->u.BufferType.Buffer;
        buffer->length = descriptor->u.BufferType.Length;
        return STATUS_SUCCESS;
    case WdfMemoryDescriptorTypeMdl: {
        MDL *mdl = descriptor->u.MdlType.Mdl;
        if (mdl == NULL)
            return STATUS_INVALID_PARAMETER;
        size_t length = descriptor->u.MdlType.BufferLength, chain = 0;
        for (const MDL *part = mdl; part != NULL; part = part->Next)
            chain += part->ByteCount;
        if (length > chain)
            return STATUS_INVALID_BUFFER_SIZE;
        buffer->mdl = mdl;
        buffer->address = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        buffer->length = length != 0 ? length : MmGetMdlByteCount(mdl);
        return buffer->address == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
    }
    case WdfMemoryDescriptorTypeHandle:
        return wdf_buffer_of_memory(globals, descriptor->u.HandleType.Memory, descriptor->u.HandleType.Offsets, caller, buffer);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* ---- Begin and end --------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_format_begin(struct wdf_request *request, struct wdf_io_target *target, WDF_REQUEST_TYPE type,
                          const struct wdf_format_ops *ops)
{
    if (atomic_load_explicit(&request->place, memory_order_acquire) != WDF_REQUEST_DRIVER)
        return STATUS_INVALID_DEVICE_REQUEST;
    wdf_format_release(request);
    if (target != NULL && target->wdm == NULL)
        return STATUS_INVALID_DEVICE_STATE; /* a remote target that is not open */
    if (request->irp->CurrentLocation <= 1)
        return STATUS_REQUEST_NOT_ACCEPTED;
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(request->irp);
    memset(next, 0, sizeof *next);
    if (target != NULL && target->file != NULL)
        next->FileObject = target->file;
    else if (request->stack != NULL)
        next->FileObject = request->stack->FileObject;
    request->format.type = type;
    request->format.ops = ops;
    return STATUS_SUCCESS;
}

void wdf_format_keep(struct wdf_request *request, unsigned slot, struct wdf_memory *memory)
{
    struct wdf_memory *before = request->format.memories[slot];
    if (memory != NULL)
        wdf_object_reference(&memory->object);
    request->format.memories[slot] = memory;
    if (before != NULL)
        wdf_object_dereference(&before->object);
}

void wdf_format_change_irp(struct wdf_request *request)
{
    struct wdf_format *format = &request->format;
    IRP *irp = request->irp;
    if (format->changed_irp)
        return;
    format->changed_irp = true;
    format->system_buffer = irp->AssociatedIrp.SystemBuffer;
    format->user_buffer = irp->UserBuffer;
    format->mdl_address = irp->MdlAddress;
    format->flags = irp->Flags;
}

void wdf_format_restore_irp(struct wdf_request *request)
{
    struct wdf_format *format = &request->format;
    IRP *irp = request->irp;
    if (!format->changed_irp)
        return;
    format->changed_irp = false;
    irp->AssociatedIrp.SystemBuffer = format->system_buffer;
    irp->UserBuffer = format->user_buffer;
    irp->MdlAddress = format->mdl_address;
    irp->Flags = format->flags;
}

void wdf_format_drop(struct wdf_request *request, struct wdf_format *format)
{
    if (format->ops != NULL && format->ops->released != NULL)
        format->ops->released(request, format);
    free(format->bounce);
    for (unsigned i = 0; i < WDF_FORMAT_MEMORIES; i++)
        if (format->memories[i] != NULL)
            wdf_object_dereference(&format->memories[i]->object);
}

static bool format_is_clean(const struct wdf_format *format)
{
    return format->ops == NULL && format->bounce == NULL && !format->set && !format->changed_irp && format->memories[0] == NULL &&
           format->memories[1] == NULL && format->memories[2] == NULL;
}

void wdf_format_release(struct wdf_request *request)
{
    if (format_is_clean(&request->format))
        return;
    wdf_format_restore_irp(request);
    wdf_format_drop(request, &request->format);
    request->format = (struct wdf_format){.set = false};
}

MDL *wdf_format_mdl(struct wdf_request *request, const struct wdf_buffer *buffer)
{
    if (buffer->mdl != NULL)
        return buffer->mdl;
    if (buffer->length == 0)
        return NULL;
    MDL *mdl = &request->format.mdl;
    ULONG_PTR at = (ULONG_PTR)buffer->address;
    *mdl = (MDL){.Size = sizeof *mdl,
                 .MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL,
                 .MappedSystemVa = buffer->address,
                 .StartVa = (PVOID)(at & ~(ULONG_PTR)(PAGE_SIZE - 1)),
                 .ByteCount = (ULONG)buffer->length,
                 .ByteOffset = (ULONG)(at & (PAGE_SIZE - 1))};
    return mdl;
}

/* ---- Formats that name no target's method -------------------------------------------------------------------------------- */

VOID NTAPI ovl_WdfRequestFormatRequestUsingCurrentType(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (!NT_SUCCESS(wdf_format_begin(request, NULL, WdfRequestTypeNoFormat, NULL)) || request->stack == NULL)
        wdf_verifier_stop(request->object.driver, "format",
                          "request %p cannot be formatted by its current type: it is not the driver's, was not received, or has no stack "
                          "location left",
                          (void *)&request->object);
    request->format.type = (WDF_REQUEST_TYPE)request->stack->MajorFunction;
    IoCopyCurrentIrpStackLocationToNext(request->irp);
    wdf_format_done(request);
}

VOID NTAPI ovl_WdfRequestWdmFormatUsingStackLocation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PIO_STACK_LOCATION Stack)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (!NT_SUCCESS(wdf_format_begin(request, NULL, WdfRequestTypeNoFormat, NULL)))
        wdf_verifier_stop(request->object.driver, "format", "request %p cannot be formatted: it is not the driver's, or has no stack "
                          "location left", (void *)&request->object);
    *IoGetNextIrpStackLocation(request->irp) = *Stack;
    request->format.type = (WDF_REQUEST_TYPE)Stack->MajorFunction;
    wdf_format_done(request);
}

VOID NTAPI ovl_WdfRequestSetCompletionRoutine(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                              PFN_WDF_REQUEST_COMPLETION_ROUTINE CompletionRoutine, WDFCONTEXT CompletionContext)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (atomic_load(&request->place) != WDF_REQUEST_DRIVER)
        wdf_verifier_stop(request->object.driver, "request-touched", "request %p gets a completion routine, but it is not the driver's",
                          (void *)&request->object);
    request->evt_complete = CompletionRoutine;
    request->evt_complete_context = CompletionContext;
}

VOID NTAPI ovl_WdfRequestGetCompletionParams(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                             PWDF_REQUEST_COMPLETION_PARAMS Params)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    ULONG size = Params->Size;
    if (size != sizeof *Params)
        wdf_verifier_stop(request->object.driver, "structure-size", "WDF_REQUEST_COMPLETION_PARAMS was not initialised");
    *Params = request->params;
    Params->Size = size;
}
