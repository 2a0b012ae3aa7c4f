/* SPDX-License-Identifier: MIT */
/* Isochronous transfers on a registered buffer. A transfer is cut into packets of
 * MaximumBytesPerInterval and must be whole frames; where it goes on the bus is the core's affair
 * (usb/isoch.c). The request moves no bytes as far as its status block says: what arrived stands in
 * the packet descriptors, each at its own offset, with gaps behind short packets. */
#include <errno.h>
#include <stdlib.h>

#include "drivers/winusb_file.h"

enum { PACKETS_MAX_FULL = 255, PACKETS_MAX = 1024 }; /* of one transfer */

/* USBD_STATUS of a packet, as its URB would have it. */
enum {
    USBD_CRC = (int32_t)0xC0000001,
    USBD_STALL_PID = (int32_t)0xC0000004,
    USBD_DEV_NOT_RESPONDING = (int32_t)0xC0000005,
    USBD_DATA_OVERRUN = (int32_t)0xC0000008,
    USBD_XACT_ERROR = (int32_t)0xC0000011,
    USBD_CANCELED = (int32_t)0xC0010000,
    USBD_ISO_NOT_ACCESSED_BY_HW = (int32_t)0xC0020000,
    USBD_ISO_NA_LATE_USBPORT = (int32_t)0xC0040000,
    USBD_DEVICE_GONE = (int32_t)0xC0007000,
};

static int32_t packet_status(int error, bool late)
{
    switch (error) {
    case 0:
        return 0;
    case -EXDEV:
        return late ? USBD_ISO_NA_LATE_USBPORT : USBD_ISO_NOT_ACCESSED_BY_HW;
    case -EOVERFLOW:
        return USBD_DATA_OVERRUN;
    case -EPIPE:
        return USBD_STALL_PID;
    case -EILSEQ:
        return USBD_CRC;
    case -ETIME:
        return USBD_DEV_NOT_RESPONDING;
    case -ECANCELED:
        return USBD_CANCELED;
    case -ENODEV:
        return USBD_DEVICE_GONE;
    default:
        return USBD_XACT_ERROR;
    }
}

static void isoch_done(struct urb *urb)
{
    struct winusb_request *request = urb->context;
    struct winusb_packet *packets = request->transfer.packets;
    for (uint32_t i = 0; packets != NULL && i < urb->packet_count; i++) {
        packets[i].offset = urb->packets[i].offset;
        packets[i].length = urb->packets[i].actual;
        packets[i].status = packet_status(urb->packets[i].status, i < urb->late_packets);
    }
    winusb_request_end(request, winusb_status(urb->status), 0);
}

/* STATUS_SUCCESS and the number of packets; what the stack would refuse ends the request, it does
 * not refuse the call. */
static int32_t isoch_packets(const struct irp *irp, const struct usb_pipe *usb, uint32_t *count)
{
    const struct usb_endpoint *endpoint = &usb->endpoint;
    uint32_t in_frame = usb_endpoint_packets_per_frame(endpoint), bytes = endpoint->interval_bytes;
    uint32_t most = usb->device->id.speed <= USB_SPEED_FULL ? PACKETS_MAX_FULL : PACKETS_MAX;
    if (in_frame == 0 || bytes == 0 || irp->length == 0 || irp->length % (bytes * in_frame) != 0)
        return STATUS_INVALID_PARAMETER;
    *count = irp->length / bytes;
    return *count > most ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

static void isoch_start(struct winusb_request *request, uint32_t count)
{
    struct urb *urb = &request->urb;
    const struct winusb_transfer *transfer = &request->transfer;
    uint32_t bytes = urb->pipe->endpoint.interval_bytes;
    urb->packets = calloc(count, sizeof *urb->packets);
    if (urb->packets == NULL) {
        winusb_request_end(request, STATUS_NO_MEMORY, 0);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        urb->packets[i].offset = i * bytes;
        urb->packets[i].length = bytes;
    }
    urb->packet_count = count;
    urb->buffer = request->irp->buffer;
    urb->length = request->irp->length;
    urb->start_frame = transfer->start_frame;
    urb->flags = (uint8_t)((transfer->asap ? URB_ISO_ASAP : 0) |
                           (transfer->continues ? URB_ISO_CONTINUE : 0));
    urb->done = isoch_done;
    winusb_request_submit(request);
}

int32_t winusb_isoch(struct irp *irp, struct winusb_file *winusb)
{
    struct winusb_transfer transfer = *(const struct winusb_transfer *)irp->driver[0];
    struct winusb_request *request;
    struct usb_pipe *usb;
    uint32_t count = 0;
    int32_t status =
        winusb_find_pipe(winusb, transfer.buffer->interface, transfer.buffer->address, &usb);
    if (status != STATUS_SUCCESS || usb->endpoint.type != USB_ISOCH)
        return STATUS_INVALID_PARAMETER;
    int32_t fits = isoch_packets(irp, usb, &count);
    if (transfer.packets != NULL && fits == STATUS_SUCCESS && transfer.packet_count < count)
        return STATUS_INVALID_PARAMETER; /* the descriptors would not hold the packets */
    atomic_fetch_add(&transfer.buffer->pending, 1);
    status = winusb_request_create(irp, winusb, usb, &request);
    if (status != STATUS_PENDING) {
        atomic_fetch_sub(&transfer.buffer->pending, 1);
        return status;
    }
    request->transfer = transfer;
    if (fits != STATUS_SUCCESS)
        winusb_request_end(request, fits, 0);
    else
        isoch_start(request, count);
    return STATUS_PENDING;
}
