/* SPDX-License-Identifier: MIT */
/* Formats for USB targets. The URB's address stands in the next stack location from the format on, where a driver may fetch and edit it before
 * it sends; nothing rewrites it. A request keeps one URB of its own, so that formatting it again costs no memory. */
#include <stdlib.h>
#include <string.h>

#include "usbioctl.h"
#include "wdf/usb.h"

static void usb_free(struct wdf_request *request)
{
    free(request->usb);
    request->usb = NULL;
}

/* ---- The end ------------------------------------------------------------------------------------------------------------ */

static void completion_fill(const struct wdf_request *request, struct wdf_usb_request *usb, ULONG moved)
{
    WDF_USB_REQUEST_COMPLETION_PARAMS *completion = &usb->completion;
    WDFMEMORY memory = (WDFMEMORY)(void *)request->format.memories[0];
    switch (completion->Type) {
    case WdfUsbRequestTypePipeRead:
    case WdfUsbRequestTypePipeWrite: /* the same layout */
        completion->Parameters.PipeRead.Buffer = memory;
        completion->Parameters.PipeRead.Length = moved;
        completion->Parameters.PipeRead.Offset = usb->buffer.offset;
        break;
    case WdfUsbRequestTypeDeviceControlTransfer:
        completion->Parameters.DeviceControlTransfer.Buffer = memory;
        completion->Parameters.DeviceControlTransfer.Length = moved;
        memcpy(&completion->Parameters.DeviceControlTransfer.SetupPacket, usb->own.UrbControlTransfer.SetupPacket, 8);
        break;
    case WdfUsbRequestTypeDeviceString:
        completion->Parameters.DeviceString.Buffer = memory;
        completion->Parameters.DeviceString.LangID = usb->own.UrbControlDescriptorRequest.LanguageId;
        completion->Parameters.DeviceString.StringIndex = usb->own.UrbControlDescriptorRequest.Index;
        completion->Parameters.DeviceString.RequiredSize = moved == 0 ? 0 : *(const UCHAR *)usb->buffer.address;
        break;
    case WdfUsbRequestTypeDeviceUrb:
    case WdfUsbRequestTypePipeUrb: completion->Parameters.PipeUrb.Buffer = memory; break;
    default: break;
    }
}

static void usb_completed(struct wdf_request *request)
{
    struct wdf_usb_request *usb = request->usb;
    const URB *urb = usb->urb;
    ULONG moved = 0;
    bool transfer = urb == &usb->own && urb->UrbHeader.Length >= sizeof urb->UrbBulkOrInterruptTransfer;
    if (transfer) /* the length stands at one place in all of them */
        moved = urb->UrbBulkOrInterruptTransfer.TransferBufferLength;
    usb->completion.UsbdStatus = urb != NULL ? urb->UrbHeader.Status : USBD_STATUS_SUCCESS;
    completion_fill(request, usb, moved);
    if (transfer) {
        request->irp->IoStatus.Information = moved;
        request->params.IoStatus.Information = moved;
    }
    request->params.Parameters.Usb.Completion = &usb->completion;
}

static const struct wdf_format_ops usb_ops = {.completed = usb_completed};

/* ---- Formats -------------------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_usb_format_begin(struct wdf_request *request, struct wdf_io_target *target, WDF_USB_REQUEST_TYPE type,
                              struct wdf_usb_request **made)
{
    NTSTATUS status = wdf_format_begin(request, target, WdfRequestTypeUsb, &usb_ops);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_request *usb = request->usb;
    if (usb == NULL) {
        usb = wdf_allocate(sizeof *usb);
        if (usb == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        request->usb = usb;
        request->usb_free = usb_free;
    }
    memset(usb, 0, sizeof *usb);
    usb->completion.Type = type;
    *made = usb;
    return STATUS_SUCCESS;
}

void wdf_usb_format_control(struct wdf_request *request, ULONG code, void *argument)
{
    IO_STACK_LOCATION *next = IoGetNextIrpStackLocation(request->irp);
    next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    next->Parameters.DeviceIoControl.IoControlCode = code;
    next->Parameters.Others.Argument1 = argument;
    wdf_format_done(request);
}

void wdf_usb_format_urb(struct wdf_request *request, struct wdf_usb_request *usb, URB *urb)
{
    usb->urb = urb;
    wdf_usb_format_control(request, IOCTL_INTERNAL_USB_SUBMIT_URB, urb);
}

/* A read must be whole packets, else the device may send more than there is room for. */
static NTSTATUS transfer_check(const struct wdf_usb_pipe *pipe, bool in, const struct wdf_buffer *buffer)
{
    USBD_PIPE_TYPE type = pipe->information.PipeType;
    ULONG packet = pipe->information.MaximumPacketSize;
    if ((type != UsbdPipeTypeBulk && type != UsbdPipeTypeInterrupt) ||
        in != (USBD_PIPE_DIRECTION_IN(&pipe->information) != 0))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (buffer->length > UINT32_MAX)
        return STATUS_INVALID_BUFFER_SIZE;
    return in && !pipe->any_length && packet != 0 && buffer->length % packet != 0 ? STATUS_INVALID_BUFFER_SIZE : STATUS_SUCCESS;
}

NTSTATUS wdf_usb_format_transfer(struct wdf_request *request, struct wdf_usb_pipe *pipe, bool in, const struct wdf_buffer *buffer)
{
    struct wdf_usb_request *usb;
    NTSTATUS status = transfer_check(pipe, in, buffer);
    if (NT_SUCCESS(status))
        status = wdf_usb_format_begin(request, &pipe->target, in ? WdfUsbRequestTypePipeRead : WdfUsbRequestTypePipeWrite, &usb);
    if (!NT_SUCCESS(status))
        return status;
    usb->buffer = *buffer;
    wdf_format_keep(request, 0, buffer->memory);
    UsbBuildInterruptOrBulkTransferRequest(&usb->own, sizeof usb->own.UrbBulkOrInterruptTransfer, pipe->information.PipeHandle,
                                           buffer->mdl != NULL ? NULL : buffer->address, buffer->mdl, (ULONG)buffer->length,
                                           in ? USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK : USBD_TRANSFER_DIRECTION_OUT, NULL);
    wdf_usb_format_urb(request, usb, &usb->own);
    return STATUS_SUCCESS;
}

NTSTATUS wdf_usb_format_pipe(struct wdf_request *request, struct wdf_usb_pipe *pipe, bool reset)
{
    struct wdf_usb_request *usb;
    NTSTATUS status = wdf_usb_format_begin(request, &pipe->target, reset ? WdfUsbRequestTypePipeReset : WdfUsbRequestTypePipeAbort, &usb);
    if (!NT_SUCCESS(status))
        return status;
    usb->own.UrbPipeRequest.Hdr.Length = sizeof usb->own.UrbPipeRequest;
    usb->own.UrbPipeRequest.Hdr.Function = reset ? URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL : URB_FUNCTION_ABORT_PIPE;
    usb->own.UrbPipeRequest.PipeHandle = pipe->information.PipeHandle;
    wdf_usb_format_urb(request, usb, &usb->own);
    return STATUS_SUCCESS;
}

NTSTATUS wdf_usb_format_memory(struct wdf_request *request, struct wdf_io_target *target, WDF_USB_REQUEST_TYPE type,
                               const struct wdf_buffer *buffer)
{
    struct wdf_usb_request *usb;
    if (buffer->address == NULL || buffer->length < sizeof(struct _URB_HEADER))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_usb_format_begin(request, target, type, &usb);
    if (!NT_SUCCESS(status))
        return status;
    wdf_format_keep(request, 0, buffer->memory);
    wdf_usb_format_urb(request, usb, buffer->address);
    return STATUS_SUCCESS;
}

/* ---- Sending and waiting -------------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_usb_sync_begin(struct wdf_usb_sync *sync)
{
    return wdf_sync_request_get(sync->globals, sync->handle, sync->target, sync->caller, &sync->request);
}

NTSTATUS wdf_usb_sync_send(struct wdf_usb_sync *sync, const WDF_REQUEST_SEND_OPTIONS *options)
{
    return wdf_request_send_and_wait(sync->request, sync->target, options);
}

void wdf_usb_sync_end(struct wdf_usb_sync *sync)
{
    wdf_sync_request_put(sync->handle, sync->request);
}

NTSTATUS wdf_usb_urb_synchronously(struct wdf_usb_sync *sync, WDF_USB_REQUEST_TYPE type, URB *urb,
                                   const WDF_REQUEST_SEND_OPTIONS *options)
{
    if (urb == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = wdf_usb_sync_begin(sync);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_request *usb;
    status = wdf_usb_format_begin(sync->request, sync->target, type, &usb);
    if (NT_SUCCESS(status)) {
        wdf_usb_format_urb(sync->request, usb, urb);
        status = wdf_usb_sync_send(sync, options);
    }
    wdf_usb_sync_end(sync);
    return status;
}

NTSTATUS wdf_usb_send_urb(struct wdf_io_target *target, URB *urb)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    struct wdf_usb_sync sync = {.globals = target->object.driver->globals, .target = target};
    return wdf_usb_urb_synchronously(&sync, WdfUsbRequestTypeDeviceUrb, urb, &options);
}
