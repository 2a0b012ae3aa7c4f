/* SPDX-License-Identifier: MIT */
/* Isochronous URBs: packets at the offsets that the client gives, one behind the other, the last up to the transfer's length. Where they go
 * on the bus is decided by the core (usb/isoch.c); lateness and failures come back packet by packet. */
#include <errno.h>

#include "wdm/usbd.h"

static USBD_STATUS packet_status(int error, bool late)
{
    if (error == -EXDEV)
        return late ? USBD_STATUS_ISO_NA_LATE_USBPORT : USBD_STATUS_ISO_NOT_ACCESSED_BY_HW;
    return error == -EOVERFLOW ? USBD_STATUS_DATA_OVERRUN : usbd_status_from_errno(error);
}

static USBD_STATUS transfer_status(const struct urb *transfer)
{
    if (transfer->status == -EXDEV && transfer->late_packets == transfer->packet_count)
        return USBD_STATUS_ISO_NOT_ACCESSED_LATE;
    return usbd_status_from_errno(transfer->status);
}

static void isoch_finish(struct usbd_request *request)
{
    struct _URB_ISOCH_TRANSFER *isoch = &request->urb->UrbIsochronousTransfer;
    const struct urb *transfer = &request->transfer;
    bool in = transfer->flags & URB_IN;
    request->usbd = transfer_status(transfer);
    if (transfer->state == URB_IDLE)
        return; /* refused, or cancelled before the core had it */
    for (uint32_t i = 0; i < transfer->packet_count; i++) {
        isoch->IsoPacket[i].Status = packet_status(request->packets[i].status, i < transfer->late_packets);
        if (in)
            isoch->IsoPacket[i].Length = request->packets[i].actual;
    }
    isoch->ErrorCount = transfer->error_count;
    isoch->StartFrame = transfer->start_frame;
    /* The bytes lie where they arrived, with gaps: of a chain all that may hold some goes back. */
    usbd_chain_back(request, in ? transfer->length : 0);
    isoch->TransferBufferLength = transfer->actual;
}

/* Offsets must not go back; a packet ends where the next begins. */
static bool packets_fill(struct usbd_request *request, const struct _URB_ISOCH_TRANSFER *isoch)
{
    uint32_t count = isoch->NumberOfPackets;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = isoch->IsoPacket[i].Offset, end = i + 1 < count ? isoch->IsoPacket[i + 1].Offset : isoch->TransferBufferLength;
        if (end < at || end > isoch->TransferBufferLength)
            return false;
        request->packets[i].offset = at;
        request->packets[i].length = end - at;
    }
    return true;
}

/* Hdr.Length may be that of one packet more, as GET_ISO_URB_SIZE gives it. */
static bool packets_fit(const struct usb_pdo *pdo, const struct _URB_ISOCH_TRANSFER *isoch)
{
    enum { MOST_FULL = 255, MOST = 1024 };
    uint32_t most = pdo->device->id.speed <= USB_SPEED_FULL ? MOST_FULL : MOST;
    return isoch->NumberOfPackets != 0 && isoch->NumberOfPackets <= most &&
           isoch->Hdr.Length >= offsetof(struct _URB_ISOCH_TRANSFER, IsoPacket) + isoch->NumberOfPackets * sizeof isoch->IsoPacket[0];
}

NTSTATUS usbd_isoch(struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    struct usbd_pipe pipe;
    if (!usbd_pipe_find(pdo, isoch->PipeHandle, &pipe))
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PIPE_HANDLE);
    bool chained = isoch->Hdr.Function == URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL;
    void *memory = NULL;
    if (pipe.pipe->endpoint.type != USB_ISOCH || !packets_fit(pdo, isoch) ||
        (!chained && !usbd_buffer(isoch->TransferBuffer, isoch->TransferBufferMDL, isoch->TransferBufferLength, &memory)))
        return usbd_urb_end(irp, urb, USBD_STATUS_INVALID_PARAMETER);
    struct usbd_request *request = usbd_request_create(pdo, irp, urb, isoch->NumberOfPackets);
    if (request == NULL)
        return usbd_urb_end(irp, urb, USBD_STATUS_INSUFFICIENT_RESOURCES);
    struct urb *transfer = &request->transfer;
    transfer->pipe = pipe.pipe;
    transfer->buffer = memory;
    transfer->length = isoch->TransferBufferLength;
    transfer->packets = request->packets;
    transfer->packet_count = isoch->NumberOfPackets;
    transfer->start_frame = isoch->StartFrame;
    transfer->flags = isoch->TransferFlags & USBD_START_ISO_TRANSFER_ASAP ? URB_ISO_ASAP | URB_ISO_TRACK : 0;
    request->finish = isoch_finish;
    NTSTATUS status = packets_fill(request, isoch) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (status == STATUS_SUCCESS && chained) /* an IN's bytes, too: all of it goes back, and gaps are to stay as they were */
        status = usbd_chain(request, isoch->TransferBufferMDL, transfer->length, true);
    if (status != STATUS_SUCCESS) {
        usbd_request_free(request);
        return usbd_urb_end(irp, urb, status == STATUS_INVALID_PARAMETER ? USBD_STATUS_INVALID_PARAMETER : USBD_STATUS_INSUFFICIENT_RESOURCES);
    }
    return usbd_request_send(request);
}
