/* SPDX-License-Identifier: MIT */
/* The program's buffers of a request: where they are by the kind of I/O (buffered, direct, neither), as pointer, memory object or MDL. Memory
 * objects are children of the request: they end with it. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct place {
    void *address;
    size_t length;
    MDL *mdl; /* of direct I/O */
};

enum side { SIDE_INPUT, SIDE_OUTPUT };

/* Reads have an output, writes an input. */
static NTSTATUS transfer_place(const struct wdf_request *request, enum side side, struct place *place)
{
    const IO_STACK_LOCATION *stack = request->stack;
    bool reads = stack->MajorFunction == IRP_MJ_READ;
    if (reads != (side == SIDE_OUTPUT))
        return STATUS_INVALID_DEVICE_REQUEST;
    ULONG flags = request->device->wdm->Flags;
    place->length = stack->Parameters.Read.Length; /* Write has the same layout */
    if (flags & DO_BUFFERED_IO) {
        place->address = request->irp->AssociatedIrp.SystemBuffer;
        return STATUS_SUCCESS;
    }
    if (!(flags & DO_DIRECT_IO))
        return STATUS_INVALID_DEVICE_REQUEST; /* neither: only the caller's context may touch it */
    place->mdl = request->irp->MdlAddress;
    place->address = place->mdl == NULL ? NULL : MmGetSystemAddressForMdlSafe(place->mdl, NormalPagePriority);
    return STATUS_SUCCESS;
}

static NTSTATUS control_place(const struct wdf_request *request, enum side side, struct place *place)
{
    const IO_STACK_LOCATION *stack = request->stack;
    ULONG method = METHOD_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode);
    if (method == METHOD_NEITHER)
        return STATUS_INVALID_DEVICE_REQUEST;
    place->length = side == SIDE_INPUT ? stack->Parameters.DeviceIoControl.InputBufferLength
                                       : stack->Parameters.DeviceIoControl.OutputBufferLength;
    if (method == METHOD_BUFFERED || side == SIDE_INPUT) {
        place->address = request->irp->AssociatedIrp.SystemBuffer;
        return STATUS_SUCCESS;
    }
    place->mdl = request->irp->MdlAddress;
    place->address = place->mdl == NULL ? NULL : MmGetSystemAddressForMdlSafe(place->mdl, NormalPagePriority);
    return STATUS_SUCCESS;
}

/* STATUS_BUFFER_TOO_SMALL: there is none, or less than `minimum`. */
static NTSTATUS request_place(struct wdf_request *request, enum side side, size_t minimum, struct place *place, const void *caller)
{
    *place = (struct place){.address = NULL};
    uint8_t at = atomic_load_explicit(&request->place, memory_order_relaxed);
    if (at == WDF_REQUEST_ENDED)
        wdf_verifier_stop_at(request->object.driver, "request-touched", caller, "a buffer of request %p, which is completed",
                             (void *)&request->object);
    if (request->stack == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* a driver's own has no program behind it */
    NTSTATUS status;
    switch (request->stack->MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        status = transfer_place(request, side, place);
        break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        status = control_place(request, side, place);
        break;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (!NT_SUCCESS(status))
        return status;
    if (place->length == 0 || place->length < minimum)
        return STATUS_BUFFER_TOO_SMALL;
    return place->address == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS;
}

/* ---- Pointers -------------------------------------------------------------------------------------------------------------- */

static NTSTATUS retrieve_buffer(struct wdf_request *request, enum side side, size_t minimum, PVOID *buffer, size_t *length,
                                const void *caller)
{
    struct place place;
    NTSTATUS status = request_place(request, side, minimum, &place, caller);
    *buffer = NT_SUCCESS(status) ? place.address : NULL;
    if (length != NULL)
        *length = NT_SUCCESS(status) ? place.length : 0;
    return status;
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveInputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, size_t MinimumRequiredLength,
                                                 PVOID *Buffer, size_t *Length)
{
    return retrieve_buffer(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_INPUT, MinimumRequiredLength, Buffer, Length,
                           WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveOutputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, size_t MinimumRequiredSize,
                                                  PVOID *Buffer, size_t *Length)
{
    return retrieve_buffer(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_OUTPUT, MinimumRequiredSize, Buffer, Length,
                           WDF_CALLER);
}

/* ---- Memory objects ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS retrieve_memory(struct wdf_request *request, enum side side, WDFMEMORY *handle, const void *caller)
{
    struct wdf_memory **kept = side == SIDE_INPUT ? &request->input : &request->output;
    *handle = NULL;
    struct place place;
    NTSTATUS status = request_place(request, side, 0, &place, caller);
    if (!NT_SUCCESS(status))
        return status;
    if (*kept == NULL) {
        status = wdf_memory_wrap(request->object.driver, NULL, &request->object, place.address, place.length, caller, kept);
        if (!NT_SUCCESS(status))
            return status;
        (*kept)->mdl = place.mdl;
    }
    *handle = (WDFMEMORY)(void *)&(*kept)->object;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveInputMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFMEMORY *Memory)
{
    return retrieve_memory(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_INPUT, Memory, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveOutputMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFMEMORY *Memory)
{
    return retrieve_memory(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_OUTPUT, Memory, WDF_CALLER);
}

/* ---- MDLs ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS retrieve_mdl(struct wdf_request *request, enum side side, MDL **mdl, const void *caller)
{
    MDL **made = side == SIDE_INPUT ? &request->input_mdl : &request->output_mdl;
    *mdl = NULL;
    struct place place;
    NTSTATUS status = request_place(request, side, 0, &place, caller);
    if (!NT_SUCCESS(status))
        return status;
    if (place.mdl != NULL) {
        *mdl = place.mdl;
        return STATUS_SUCCESS;
    }
    if (*made == NULL) {
        *made = IoAllocateMdl(place.address, (ULONG)place.length, FALSE, FALSE, NULL);
        if (*made == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        MmBuildMdlForNonPagedPool(*made);
    }
    *mdl = *made;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveInputWdmMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PMDL *Mdl)
{
    return retrieve_mdl(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_INPUT, Mdl, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveOutputWdmMdl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PMDL *Mdl)
{
    return retrieve_mdl(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_OUTPUT, Mdl, WDF_CALLER);
}

/* ---- The caller's own pointers (neither) --------------------------------------------------------------------------------------------- */

static NTSTATUS unsafe_place(const struct wdf_request *request, enum side side, struct place *place)
{
    const IO_STACK_LOCATION *stack = request->stack;
    if (stack == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    UCHAR major = stack->MajorFunction;
    if (major == IRP_MJ_READ || major == IRP_MJ_WRITE) {
        if ((request->device->wdm->Flags & (DO_BUFFERED_IO | DO_DIRECT_IO)) || (major == IRP_MJ_READ) != (side == SIDE_OUTPUT))
            return STATUS_INVALID_DEVICE_REQUEST;
        *place = (struct place){.address = request->irp->UserBuffer, .length = stack->Parameters.Read.Length};
        return STATUS_SUCCESS;
    }
    if ((major != IRP_MJ_DEVICE_CONTROL && major != IRP_MJ_INTERNAL_DEVICE_CONTROL) ||
        METHOD_FROM_CTL_CODE(stack->Parameters.DeviceIoControl.IoControlCode) != METHOD_NEITHER)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (side == SIDE_INPUT)
        *place = (struct place){.address = stack->Parameters.DeviceIoControl.Type3InputBuffer,
                                .length = stack->Parameters.DeviceIoControl.InputBufferLength};
    else
        *place = (struct place){.address = request->irp->UserBuffer,
                                .length = stack->Parameters.DeviceIoControl.OutputBufferLength};
    return STATUS_SUCCESS;
}

static NTSTATUS retrieve_unsafe(struct wdf_request *request, enum side side, size_t minimum, PVOID *buffer, size_t *length)
{
    struct place place;
    *buffer = NULL;
    if (length != NULL)
        *length = 0;
    NTSTATUS status = unsafe_place(request, side, &place);
    if (!NT_SUCCESS(status))
        return status;
    if (place.length == 0 || place.length < minimum)
        return STATUS_BUFFER_TOO_SMALL;
    *buffer = place.address;
    if (length != NULL)
        *length = place.length;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveUnsafeUserInputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                           size_t MinimumRequiredLength, PVOID *InputBuffer, size_t *Length)
{
    return retrieve_unsafe(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_INPUT, MinimumRequiredLength, InputBuffer, Length);
}

NTSTATUS NTAPI ovl_WdfRequestRetrieveUnsafeUserOutputBuffer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                            size_t MinimumRequiredLength, PVOID *OutputBuffer, size_t *Length)
{
    return retrieve_unsafe(WDF_HANDLE(DriverGlobals, Request, wdf_request), SIDE_OUTPUT, MinimumRequiredLength, OutputBuffer, Length);
}

/* The buffer stays where it is: program and driver share their memory, so there is nothing to probe or to lock, but NULL. */
static NTSTATUS probe_and_lock(struct wdf_request *request, PVOID buffer, size_t length, WDFMEMORY *handle, const void *caller)
{
    *handle = NULL;
    if (atomic_load(&request->place) != WDF_REQUEST_DRIVER)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (buffer == NULL || length == 0)
        return STATUS_INVALID_USER_BUFFER;
    struct wdf_memory *memory;
    NTSTATUS status = wdf_memory_wrap(request->object.driver, NULL, &request->object, buffer, length, caller, &memory);
    if (NT_SUCCESS(status))
        *handle = (WDFMEMORY)(void *)&memory->object;
    return status;
}

NTSTATUS NTAPI ovl_WdfRequestProbeAndLockUserBufferForRead(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PVOID Buffer,
                                                           size_t Length, WDFMEMORY *MemoryObject)
{
    return probe_and_lock(WDF_HANDLE(DriverGlobals, Request, wdf_request), Buffer, Length, MemoryObject, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRequestProbeAndLockUserBufferForWrite(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PVOID Buffer,
                                                            size_t Length, WDFMEMORY *MemoryObject)
{
    return probe_and_lock(WDF_HANDLE(DriverGlobals, Request, wdf_request), Buffer, Length, MemoryObject, WDF_CALLER);
}
