/* SPDX-License-Identifier: MIT */
/* Control transfers on the default pipe. A request to an interface always goes to the interface
 * behind the handle, whatever the low byte of its index says, for standard, class and vendor
 * requests alike. */
#include <string.h>

#include "drivers/winusb_file.h"

enum { CONTROL_BYTES_MAX = 4096, RECIPIENT_MASK = 0x1f, RECIPIENT_INTERFACE = 1 };

static void control_done(struct urb *urb)
{
    winusb_request_end(urb->context, winusb_status(urb->status), urb->actual);
}

static void setup_read(struct usb_setup *setup, const struct irp *irp)
{
    uint8_t bytes[8];
    memcpy(bytes, &irp->argument, sizeof bytes);
    setup->type = bytes[0];
    setup->request = bytes[1];
    setup->value = (uint16_t)(bytes[2] | bytes[3] << 8);
    setup->index = (uint16_t)(bytes[4] | bytes[5] << 8);
    setup->length = (uint16_t)(bytes[6] | bytes[7] << 8);
    if ((setup->type & RECIPIENT_MASK) == RECIPIENT_INTERFACE)
        setup->index = (uint16_t)((setup->index & 0xff00) | (irp->minor >> 8 & 0xff));
}

int32_t winusb_control(struct irp *irp, struct winusb_file *winusb)
{
    struct usb_setup setup;
    struct usb_pipe *usb;
    struct winusb_request *request;
    setup_read(&setup, irp);
    if (irp->length > CONTROL_BYTES_MAX || setup.length > irp->length)
        return STATUS_INVALID_PARAMETER;
    int32_t status = winusb_find_pipe(winusb, 0, 0, &usb);
    if (status == STATUS_SUCCESS)
        status = winusb_request_create(irp, winusb, usb, &request);
    if (status != STATUS_PENDING)
        return status;
    request->urb.setup = setup;
    request->urb.buffer = irp->buffer;
    request->urb.length = setup.length;
    request->urb.timeout_ms =
        atomic_load_explicit(&request->pipe->timeout_ms, memory_order_relaxed);
    request->urb.done = control_done;
    winusb_request_submit(request);
    return STATUS_PENDING;
}
