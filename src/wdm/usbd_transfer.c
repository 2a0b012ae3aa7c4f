/* SPDX-License-Identifier: MIT */
/* Bulk and interrupt transfers, and what all transfers share: where the client's memory is, read afresh at each send, and how large they
 * may be. TransferBuffer and TransferBufferMDL stay as the client left them. */
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "usb/host.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

static void *mdl_memory(const MDL *mdl)
{
    return mdl->MappedSystemVa != NULL ? mdl->MappedSystemVa : MmGetMdlVirtualAddress(mdl);
}

/* Both may be given where they describe the same memory. */
bool usbd_buffer(void *buffer, MDL *mdl, uint32_t length, void **memory)
{
    *memory = buffer;
    if (length == 0)
        return true;
    if (mdl != NULL) {
        *memory = mdl_memory(mdl);
        if (mdl->ByteCount < length || (buffer != NULL && buffer != *memory)) {
            if (trace_on(USB))
                trace_note(TRACE_USB, "URB refused: %s", mdl->ByteCount < length ? "the MDL is shorter than the transfer"
                                                                                 : "TransferBuffer and its MDL differ");
            return false;
        }
    }
    return *memory != NULL;
}

/* ---- Chains ---------------------------------------------------------------------------------------------------------- */

static uint32_t chain_copy(MDL *mdl, uint8_t *bytes, uint32_t length, bool into_chain)
{
    uint32_t at = 0;
    for (; mdl != NULL && at < length; mdl = mdl->Next) {
        uint32_t piece = mdl->ByteCount < length - at ? mdl->ByteCount : length - at;
        if (into_chain)
            memcpy(mdl_memory(mdl), bytes + at, piece);
        else
            memcpy(bytes + at, mdl_memory(mdl), piece);
        at += piece;
    }
    return at;
}

NTSTATUS usbd_chain(struct usbd_request *request, MDL *mdl, uint32_t length, bool fill)
{
    uint64_t total = 0;
    for (const MDL *each = mdl; each != NULL; each = each->Next)
        total += each->ByteCount;
    if (total < length)
        return STATUS_INVALID_PARAMETER;
    if (mdl == NULL || mdl->ByteCount >= length) {
        request->transfer.buffer = mdl == NULL ? NULL : mdl_memory(mdl);
        return STATUS_SUCCESS;
    }
    request->bounce = verify_memory_fails(NULL) ? NULL : malloc(length);
    if (request->bounce == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    request->chain = mdl;
    request->transfer.buffer = request->bounce;
    if (fill)
        chain_copy(mdl, request->bounce, length, false);
    return STATUS_SUCCESS;
}

void usbd_chain_back(struct usbd_request *request, uint32_t length)
{
    if (request->chain != NULL && length != 0)
        chain_copy(request->chain, request->bounce, length, true);
}

/* ---- Sizes ----------------------------------------------------------------------------------------------------------------- */

/* As Windows 8 documents them; a host's own limit may be lower. */
uint32_t usbd_transfer_maximum(const struct usb_device *device, const struct usb_endpoint *endpoint)
{
    enum { KIB = 1024, MIB = 1024 * KIB, PACKETS = 1024, PACKETS_FULL = 256 };
    const struct usb_host_limits *limits = &device->host->limits;
    enum usb_speed speed = device->id.speed;
    uint32_t most, host;
    switch (endpoint->type) {
    case USB_CONTROL:
        most = speed >= USB_SPEED_HIGH ? 64 * KIB : 4 * KIB;
        host = limits->control_bytes;
        break;
    case USB_BULK:
        most = speed >= USB_SPEED_SUPER ? 32 * MIB : 4 * MIB;
        host = limits->bulk_bytes;
        break;
    case USB_INTERRUPT:
        most = 4 * MIB;
        host = limits->interrupt_bytes;
        break;
    default: return endpoint->interval_bytes * (speed >= USB_SPEED_HIGH ? PACKETS : PACKETS_FULL);
    }
    return host != 0 && host < most ? host : most;
}

/* ---- Bulk and interrupt -------------------------------------------------------------------------------------------------------- */

static void bulk_finish(struct usbd_request *request)
{
    usbd_chain_back(request, request->transfer.flags & URB_IN ? request->transfer.actual : 0);
    request->urb->UrbBulkOrInterruptTransfer.TransferBufferLength = request->transfer.actual;
}

/* An endpoint that has had streams is reached through their handles only. */
static bool pipe_takes_bulk(const struct usbd_pipe *pipe)
{
    const struct usb_endpoint *endpoint = &pipe->pipe->endpoint;
    return (endpoint->type == USB_BULK || endpoint->type == USB_INTERRUPT) && !pipe->was_streamed;
}

NTSTATUS usbd_bulk(struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    struct _URB_BULK_OR_INTERRUPT_TRANSFER *bulk = &urb->UrbBulkOrInterruptTransfer;
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, bulk->PipeHandle, &pipe))
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PIPE_HANDLE);
    uint32_t length = bulk->TransferBufferLength;
    if (!pipe_takes_bulk(&pipe) || length > usbd_transfer_maximum(pdo->device, &pipe.pipe->endpoint))
        return usbd_urb_end(irp, urb, pipe.was_streamed ? USBD_STATUS_INVALID_PIPE_HANDLE : USBD_STATUS_INVALID_PARAMETER);
    bool chained = bulk->Hdr.Function == URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
    void *memory = NULL;
    if (!chained && !usbd_buffer(bulk->TransferBuffer, bulk->TransferBufferMDL, length, &memory))
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PARAMETER);
    struct usbd_request *request = usbd_request_create(pdo, irp, urb, 0);
    if (request == NULL)
        return usbd_urb_end(irp, urb, USBD_STATUS_INSUFFICIENT_RESOURCES);
    struct urb *transfer = &request->transfer;
    transfer->pipe = pipe.pipe;
    transfer->stream = pipe.stream;
    transfer->buffer = memory;
    transfer->length = length;
    request->finish = bulk_finish;
    NTSTATUS status = chained ? usbd_chain(request, bulk->TransferBufferMDL, length, !(pipe.address & USB_ENDPOINT_IN)) : STATUS_SUCCESS;
    if (status != STATUS_SUCCESS) {
        usbd_request_free(request);
        return usbd_urb_end(irp, urb, status == STATUS_INVALID_PARAMETER ? USBD_STATUS_INVALID_PARAMETER : USBD_STATUS_INSUFFICIENT_RESOURCES);
    }
    return usbd_request_send(request);
}

/* ---- Pipes -------------------------------------------------------------------------------------------------------------------------- */

/* May complete before the requests that it cancels do. */
NTSTATUS usbd_abort_pipe(struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, urb->UrbPipeRequest.PipeHandle, &pipe))
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PIPE_HANDLE);
    if (pipe.stream != 0)
        return usbd_urb_end(irp, urb, USBD_STATUS_NOT_SUPPORTED); /* no stream can be aborted alone */
    usb_pipe_abort(pipe.pipe, false);
    return usbd_urb_end(irp, urb, USBD_STATUS_SUCCESS);
}

/* The device's side alone: the host's toggle stays. */
static int clear_stall(struct usb_pdo *pdo, uint8_t address)
{
    enum { TO_ENDPOINT = 2, CLEAR_FEATURE = 1, ENDPOINT_HALT = 0, TIMEOUT_MS = 5000 };
    struct usb_setup setup = {.type = TO_ENDPOINT, .request = CLEAR_FEATURE, .value = ENDPOINT_HALT, .index = address};
    return usb_device_control(pdo->device, &setup, NULL, TIMEOUT_MS);
}

USBD_STATUS usbd_reset_pipe(struct usb_pdo *pdo, URB *urb)
{
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, urb->UrbPipeRequest.PipeHandle, &pipe))
        return USBD_STATUS_INVALID_PIPE_HANDLE;
    if (pipe.stream != 0)
        return USBD_STATUS_NOT_SUPPORTED;
    int error;
    switch (urb->UrbHeader.Function) {
    case URB_FUNCTION_SYNC_CLEAR_STALL: error = pipe.pipe->endpoint.type == USB_ISOCH ? 0 : clear_stall(pdo, pipe.address); break;
    case URB_FUNCTION_SYNC_RESET_PIPE: error = usb_pipe_restart(pipe.pipe); break;
    default: error = usb_pipe_reset(pipe.pipe); break;
    }
    return usbd_status_from_errno(error < 0 ? error : 0);
}

/* ---- The clock -------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS usbd_frame_number(struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    struct usb_frame frame;
    int error = usb_device_frame(pdo->device, &frame);
    if (error == 0)
        urb->UrbGetCurrentFrameNumber.FrameNumber = (ULONG)(frame.microframe / 8);
    return usbd_urb_end(irp, urb, usbd_status_from_errno(error));
}

/* How far ahead of the bus a client must be: the host's lead on the way down; a completion is on its way for less than a frame or two. */
NTSTATUS usbd_path_delays(struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    enum { COMPLETION_MS = 2 };
    struct _URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS *delays = &urb->UrbGetIsochPipeTransferPathDelays;
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, delays->PipeHandle, &pipe))
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PIPE_HANDLE);
    if (pipe.pipe->endpoint.type != USB_ISOCH)
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PARAMETER);
    delays->MaximumSendPathDelayInMilliSeconds = pdo->device->host->limits.iso_lead + 1;
    delays->MaximumCompletionPathDelayInMilliSeconds = COMPLETION_MS;
    return usbd_urb_end(irp, urb, USBD_STATUS_SUCCESS);
}
