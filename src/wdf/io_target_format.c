/* SPDX-License-Identifier: MIT */
/* Reads, writes and control codes for an I/O target: what the IRP says, as the target's device wants its buffers (buffered, direct, neither) or
 * the control code demands. Control codes with method buffered go both ways through one buffer, which is made here when the driver
 * gave two. */
#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/io_target.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

/* ---- Reads and writes --------------------------------------------------------------------------------------------------- */

static void keep(struct wdf_request *request, unsigned slot, const struct wdf_buffer *buffer)
{
    wdf_format_keep(request, slot, buffer->memory);
}

/* Not a chain of MDLs, which has no one address. */
static bool has_address(const struct wdf_buffer *buffer)
{
    return buffer->mdl == NULL || buffer->length <= MmGetMdlByteCount(buffer->mdl);
}

static NTSTATUS format_transfer(struct wdf_request *request, struct wdf_io_target *target, WDF_REQUEST_TYPE type,
                                const struct wdf_buffer *buffer, const LONGLONG *offset)
{
    NTSTATUS status = wdf_format_begin(request, target, type, NULL);
    if (!NT_SUCCESS(status))
        return status;
    ULONG flags = target->wdm->Flags;
    bool direct = (flags & (DO_BUFFERED_IO | DO_DIRECT_IO)) == DO_DIRECT_IO;
    if (buffer->length > UINT32_MAX || (!direct && !has_address(buffer)))
        return STATUS_INVALID_BUFFER_SIZE;
    IRP *irp = request->irp;
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(irp);
    wdf_format_change_irp(request);
    keep(request, 0, buffer);
    request->format.output = *buffer;
    next->MajorFunction = type == WdfRequestTypeRead ? IRP_MJ_READ : IRP_MJ_WRITE;
    next->Parameters.Read.Length = (ULONG)buffer->length; /* Write has the same layout */
    next->Parameters.Read.ByteOffset.QuadPart = offset != NULL ? *offset : 0;
    irp->AssociatedIrp.SystemBuffer = flags & DO_BUFFERED_IO ? buffer->address : NULL;
    irp->MdlAddress = direct ? wdf_format_mdl(request, buffer) : NULL;
    irp->UserBuffer = flags & (DO_BUFFERED_IO | DO_DIRECT_IO) ? NULL : buffer->address;
    wdf_format_done(request);
    return STATUS_SUCCESS;
}

/* ---- Control codes ------------------------------------------------------------------------------------------------------- */

/* What was written to the common buffer goes where the driver wants it. */
static void bounce_back(struct wdf_request *request)
{
    const struct wdf_format *format = &request->format;
    size_t length = request->params.IoStatus.Information;
    if (format->bounce == NULL || NT_ERROR(request->params.IoStatus.Status))
        return;
    if (length > format->output.length)
        length = format->output.length;
    if (length != 0)
        memcpy(format->output.address, format->bounce, length);
}

static const struct wdf_format_ops bounce_ops = {.completed = bounce_back};

static NTSTATUS control_buffered(struct wdf_request *request, const struct wdf_buffer *input, const struct wdf_buffer *output)
{
    IRP *irp = request->irp;
    irp->UserBuffer = output->address;
    irp->MdlAddress = NULL;
    if (output->length == 0 || (input->address == output->address && input->length <= output->length)) {
        irp->AssociatedIrp.SystemBuffer = output->length == 0 ? input->address : output->address;
        return STATUS_SUCCESS;
    }
    if (input->length == 0) {
        irp->AssociatedIrp.SystemBuffer = output->address;
        return STATUS_SUCCESS;
    }
    void *bounce = wdf_allocate(input->length > output->length ? input->length : output->length);
    if (bounce == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(bounce, input->address, input->length);
    request->format.bounce = bounce;
    request->format.ops = &bounce_ops;
    irp->AssociatedIrp.SystemBuffer = bounce;
    return STATUS_SUCCESS;
}

static NTSTATUS control_buffers(struct wdf_request *request, ULONG code, const struct wdf_buffer *input,
                                const struct wdf_buffer *output)
{
    IRP *irp = request->irp;
    switch (METHOD_FROM_CTL_CODE(code)) {
    case METHOD_BUFFERED:
        return control_buffered(request, input, output);
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
        irp->AssociatedIrp.SystemBuffer = input->address;
        irp->MdlAddress = wdf_format_mdl(request, output);
        irp->UserBuffer = NULL;
        return STATUS_SUCCESS;
    default:
        IoGetNextIrpStackLocation(irp)->Parameters.DeviceIoControl.Type3InputBuffer = input->address;
        irp->UserBuffer = output->address;
        irp->AssociatedIrp.SystemBuffer = NULL;
        irp->MdlAddress = NULL;
        return STATUS_SUCCESS;
    }
}

static NTSTATUS format_control(struct wdf_request *request, struct wdf_io_target *target, WDF_REQUEST_TYPE type, ULONG code,
                               const struct wdf_buffer *input, const struct wdf_buffer *output)
{
    NTSTATUS status = wdf_format_begin(request, target, type, NULL);
    if (!NT_SUCCESS(status))
        return status;
    bool direct = METHOD_FROM_CTL_CODE(code) == METHOD_IN_DIRECT || METHOD_FROM_CTL_CODE(code) == METHOD_OUT_DIRECT;
    if (input->length > UINT32_MAX || output->length > UINT32_MAX || !has_address(input) || (!direct && !has_address(output)))
        return STATUS_INVALID_BUFFER_SIZE;
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(request->irp);
    wdf_format_change_irp(request);
    keep(request, 0, input);
    keep(request, 1, output);
    request->format.input = *input;
    request->format.output = *output;
    request->format.code = code;
    next->MajorFunction = (UCHAR)type; /* WdfRequestTypeDeviceControl and -Internal are the major functions */
    next->Parameters.DeviceIoControl.IoControlCode = code;
    next->Parameters.DeviceIoControl.InputBufferLength = (ULONG)input->length;
    next->Parameters.DeviceIoControl.OutputBufferLength = (ULONG)output->length;
    status = control_buffers(request, code, input, output);
    if (NT_SUCCESS(status))
        wdf_format_done(request);
    return status;
}

/* The arguments are the driver's own: they stand in Others.Argument1, 2 and 4; the control code is Argument3. */
static NTSTATUS format_others(struct wdf_request *request, struct wdf_io_target *target, ULONG code,
                              const struct wdf_buffer arguments[3])
{
    NTSTATUS status = wdf_format_begin(request, target, WdfRequestTypeOther, NULL);
    if (!NT_SUCCESS(status))
        return status;
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(request->irp);
    next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    next->Parameters.Others.Argument1 = arguments[0].address;
    next->Parameters.Others.Argument2 = arguments[1].address;
    next->Parameters.Others.Argument4 = arguments[2].address;
    next->Parameters.DeviceIoControl.IoControlCode = code;
    for (unsigned i = 0; i < 3; i++)
        keep(request, i, &arguments[i]);
    request->format.code = code;
    wdf_format_done(request);
    return STATUS_SUCCESS;
}

/* ---- The methods that format ------------------------------------------------------------------------------------------------ */

#define HANDLES(globals, target_handle, request_handle)                                                                  \
    struct wdf_io_target *target = WDF_HANDLE(globals, target_handle, wdf_io_target);                                    \
    struct wdf_request *request = WDF_HANDLE(globals, request_handle, wdf_request)

NTSTATUS NTAPI ovl_WdfIoTargetFormatRequestForRead(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                   WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset, PLONGLONG DeviceOffset)
{
    HANDLES(DriverGlobals, IoTarget, Request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, OutputBuffer, OutputBufferOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? format_transfer(request, target, WdfRequestTypeRead, &buffer, DeviceOffset) : status;
}

NTSTATUS NTAPI ovl_WdfIoTargetFormatRequestForWrite(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                    WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset, PLONGLONG DeviceOffset)
{
    HANDLES(DriverGlobals, IoTarget, Request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, InputBuffer, InputBufferOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? format_transfer(request, target, WdfRequestTypeWrite, &buffer, DeviceOffset) : status;
}

NTSTATUS NTAPI ovl_WdfIoTargetFormatRequestForIoctl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                    ULONG IoctlCode, WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset,
                                                    WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset)
{
    HANDLES(DriverGlobals, IoTarget, Request);
    struct wdf_buffer input, output;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, InputBuffer, InputBufferOffset, WDF_CALLER, &input);
    if (NT_SUCCESS(status))
        status = wdf_buffer_of_memory(DriverGlobals, OutputBuffer, OutputBufferOffset, WDF_CALLER, &output);
    return NT_SUCCESS(status) ? format_control(request, target, WdfRequestTypeDeviceControl, IoctlCode, &input, &output) : status;
}

NTSTATUS NTAPI ovl_WdfIoTargetFormatRequestForInternalIoctl(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                            ULONG IoctlCode, WDFMEMORY InputBuffer,
                                                            PWDFMEMORY_OFFSET InputBufferOffset, WDFMEMORY OutputBuffer,
                                                            PWDFMEMORY_OFFSET OutputBufferOffset)
{
    HANDLES(DriverGlobals, IoTarget, Request);
    struct wdf_buffer input, output;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, InputBuffer, InputBufferOffset, WDF_CALLER, &input);
    if (NT_SUCCESS(status))
        status = wdf_buffer_of_memory(DriverGlobals, OutputBuffer, OutputBufferOffset, WDF_CALLER, &output);
    if (!NT_SUCCESS(status))
        return status;
    return format_control(request, target, WdfRequestTypeDeviceControlInternal, IoctlCode, &input, &output);
}

NTSTATUS NTAPI ovl_WdfIoTargetFormatRequestForInternalIoctlOthers(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                                                  WDFREQUEST Request, ULONG IoctlCode, WDFMEMORY OtherArg1,
                                                                  PWDFMEMORY_OFFSET OtherArg1Offset, WDFMEMORY OtherArg2,
                                                                  PWDFMEMORY_OFFSET OtherArg2Offset, WDFMEMORY OtherArg4,
                                                                  PWDFMEMORY_OFFSET OtherArg4Offset)
{
    HANDLES(DriverGlobals, IoTarget, Request);
    const WDFMEMORY memories[3] = {OtherArg1, OtherArg2, OtherArg4};
    const PWDFMEMORY_OFFSET offsets[3] = {OtherArg1Offset, OtherArg2Offset, OtherArg4Offset};
    struct wdf_buffer arguments[3];
    for (int i = 0; i < 3; i++) {
        NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, memories[i], offsets[i], WDF_CALLER, &arguments[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    return format_others(request, target, IoctlCode, arguments);
}

/* ---- The methods that send and wait ---------------------------------------------------------------------------------------------- */

/* Sends what was formatted and reports how many bytes moved. */
static NTSTATUS sync_send(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options,
                          ULONG_PTR *bytes)
{
    NTSTATUS status = wdf_request_send_and_wait(request, target, options);
    if (bytes != NULL)
        *bytes = NT_ERROR(status) ? 0 : request->irp->IoStatus.Information;
    return status;
}

static NTSTATUS transfer_synchronously(PWDF_DRIVER_GLOBALS globals, WDFIOTARGET target_handle, WDFREQUEST handle, WDF_REQUEST_TYPE type,
                                       const WDF_MEMORY_DESCRIPTOR *descriptor, const LONGLONG *offset,
                                       const WDF_REQUEST_SEND_OPTIONS *options, ULONG_PTR *bytes, const void *caller)
{
    struct wdf_io_target *target =
        (struct wdf_io_target *)(void *)wdf_object_of(globals, target_handle, &wdf_io_target_class, caller);
    struct wdf_buffer buffer;
    if (bytes != NULL)
        *bytes = 0;
    NTSTATUS status = wdf_buffer_of_descriptor(globals, descriptor, caller, &buffer);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_request *request;
    status = wdf_sync_request_get(globals, handle, target, caller, &request);
    if (!NT_SUCCESS(status))
        return status;
    status = format_transfer(request, target, type, &buffer, offset);
    if (NT_SUCCESS(status))
        status = sync_send(request, target, options, bytes);
    wdf_sync_request_put(handle, request);
    return status;
}

NTSTATUS NTAPI ovl_WdfIoTargetSendReadSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                    PWDF_MEMORY_DESCRIPTOR OutputBuffer, PLONGLONG DeviceOffset,
                                                    PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesRead)
{
    return transfer_synchronously(DriverGlobals, IoTarget, Request, WdfRequestTypeRead, OutputBuffer, DeviceOffset, RequestOptions,
                                  BytesRead, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfIoTargetSendWriteSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                     PWDF_MEMORY_DESCRIPTOR InputBuffer, PLONGLONG DeviceOffset,
                                                     PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesWritten)
{
    return transfer_synchronously(DriverGlobals, IoTarget, Request, WdfRequestTypeWrite, InputBuffer, DeviceOffset, RequestOptions,
                                  BytesWritten, WDF_CALLER);
}

static NTSTATUS control_synchronously(PWDF_DRIVER_GLOBALS globals, WDFIOTARGET target_handle, WDFREQUEST handle, WDF_REQUEST_TYPE type,
                                      ULONG code, const WDF_MEMORY_DESCRIPTOR *input_descriptor,
                                      const WDF_MEMORY_DESCRIPTOR *output_descriptor, const WDF_REQUEST_SEND_OPTIONS *options,
                                      ULONG_PTR *bytes, const void *caller)
{
    struct wdf_io_target *target =
        (struct wdf_io_target *)(void *)wdf_object_of(globals, target_handle, &wdf_io_target_class, caller);
    struct wdf_buffer input, output;
    if (bytes != NULL)
        *bytes = 0;
    NTSTATUS status = wdf_buffer_of_descriptor(globals, input_descriptor, caller, &input);
    if (NT_SUCCESS(status))
        status = wdf_buffer_of_descriptor(globals, output_descriptor, caller, &output);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_request *request;
    status = wdf_sync_request_get(globals, handle, target, caller, &request);
    if (!NT_SUCCESS(status))
        return status;
    status = format_control(request, target, type, code, &input, &output);
    if (NT_SUCCESS(status))
        status = sync_send(request, target, options, bytes);
    wdf_sync_request_put(handle, request);
    return status;
}

NTSTATUS NTAPI ovl_WdfIoTargetSendIoctlSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDFREQUEST Request,
                                                     ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                                     PWDF_MEMORY_DESCRIPTOR OutputBuffer, PWDF_REQUEST_SEND_OPTIONS RequestOptions,
                                                     PULONG_PTR BytesReturned)
{
    return control_synchronously(DriverGlobals, IoTarget, Request, WdfRequestTypeDeviceControl, IoctlCode, InputBuffer, OutputBuffer,
                                 RequestOptions, BytesReturned, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfIoTargetSendInternalIoctlSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                                             WDFREQUEST Request, ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
                                                             PWDF_MEMORY_DESCRIPTOR OutputBuffer,
                                                             PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned)
{
    return control_synchronously(DriverGlobals, IoTarget, Request, WdfRequestTypeDeviceControlInternal, IoctlCode, InputBuffer,
                                 OutputBuffer, RequestOptions, BytesReturned, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfIoTargetSendInternalIoctlOthersSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget,
                                                                   WDFREQUEST Request, ULONG IoctlCode,
                                                                   PWDF_MEMORY_DESCRIPTOR OtherArg1, PWDF_MEMORY_DESCRIPTOR OtherArg2,
                                                                   PWDF_MEMORY_DESCRIPTOR OtherArg4,
                                                                   PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    const PWDF_MEMORY_DESCRIPTOR descriptors[3] = {OtherArg1, OtherArg2, OtherArg4};
    struct wdf_buffer arguments[3];
    if (BytesReturned != NULL)
        *BytesReturned = 0;
    for (int i = 0; i < 3; i++) {
        NTSTATUS status = wdf_buffer_of_descriptor(DriverGlobals, descriptors[i], WDF_CALLER, &arguments[i]);
        if (!NT_SUCCESS(status))
            return status;
    }
    struct wdf_request *request;
    NTSTATUS status = wdf_sync_request_get(DriverGlobals, Request, target, WDF_CALLER, &request);
    if (!NT_SUCCESS(status))
        return status;
    status = format_others(request, target, IoctlCode, arguments);
    if (NT_SUCCESS(status))
        status = sync_send(request, target, RequestOptions, BytesReturned);
    wdf_sync_request_put(Request, request);
    return status;
}
