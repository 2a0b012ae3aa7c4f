/* SPDX-License-Identifier: MIT */
/* Between one URB of ours and the kernel's: cut by the kernel's limits before, put together after. Pure functions. */
#include <errno.h>

#include "usb/usbfs.h"

int usbfs_status(int status)
{
    switch (status) {
    case 0: return 0;
    case -ENOENT: case -ECONNRESET: return -ECANCELED;
    case -ESHUTDOWN: case -ENODEV: return -ENODEV;
    case -EPIPE: case -EOVERFLOW: case -EILSEQ: case -ETIME: case -EREMOTEIO: case -EXDEV: case -ENOSPC: return status;
    case -ENOMEM: return -ENOMEM;
    default: return -EPROTO; /* -EPROTO, and buffer errors of the controller (-ENOSR, -ECOMM) */
    }
}

uint32_t usbfs_isoch_piece(const struct urb_packet *packets, uint32_t first, uint32_t count)
{
    uint32_t n = 1;
    while (n < USBFS_ISO_PACKETS && first + n < count &&
           packets[first + n].offset == packets[first + n - 1].offset + packets[first + n - 1].length)
        n++;
    return n;
}

uint32_t usbfs_pieces(const struct urb *urb, const struct usb_endpoint *endpoint, uint32_t capabilities)
{
    uint32_t pieces = 1;
    if (endpoint->type == USB_ISOCH) {
        pieces = 0;
        for (uint32_t at = urb->late_packets; at < urb->packet_count; pieces++)
            at += usbfs_isoch_piece(urb->packets, at, urb->packet_count);
    } else if (endpoint->type == USB_BULK && urb->stream == 0 && urb->length > USBFS_CONTINUATION_BYTES &&
               !(capabilities & USBDEVFS_CAP_BULK_SCATTER_GATHER) && (capabilities & USBDEVFS_CAP_BULK_CONTINUATION)) {
        pieces = (urb->length + USBFS_CONTINUATION_BYTES - 1) / USBFS_CONTINUATION_BYTES;
    }
    return pieces;
}

void usbfs_isoch_join(const struct usbdevfs_urb *piece, struct urb_packet *packets)
{
    for (int i = 0; i < piece->number_of_packets; i++) {
        packets[i].actual = piece->iso_frame_desc[i].actual_length;
        packets[i].status = usbfs_status((int)piece->iso_frame_desc[i].status); /* a negative errno in an unsigned field */
        if (packets[i].actual > packets[i].length)
            packets[i].actual = packets[i].length;
    }
}

uint32_t usbfs_bulk_join(struct usbdevfs_urb *const *pieces, uint32_t count, bool short_not_ok, int *status)
{
    uint32_t actual = 0;
    *status = 0;
    for (uint32_t i = 0; i < count; i++) {
        actual += (uint32_t)pieces[i]->actual_length;
        if (pieces[i]->status != 0 || pieces[i]->actual_length < pieces[i]->buffer_length) {
            *status = usbfs_status(pieces[i]->status);
            break;
        }
    }
    /* The flag is ours on all pieces but the last: only there does the kernel stop what follows a short packet. */
    if (*status == -EREMOTEIO && !short_not_ok)
        *status = 0;
    return actual;
}
