/* SPDX-License-Identifier: MIT */
/* Bulk and interrupt transfers by WinUSB's policies. Without RAW_IO requests take turns on their
 * pipe; each is cut into URBs of at most the maximum transfer size; the last part of a read is
 * rounded up to whole packets, and what the device sends beyond the request is the surplus, kept
 * for the next read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/winusb_file.h"
#include "usb/host.h"

static uint32_t pipe_maximum(const struct usb_pipe *usb)
{
    const struct usb_host_limits *limits = &usb->device->host->limits;
    uint32_t limit = usb->endpoint.type == USB_BULK ? limits->bulk_bytes : limits->interrupt_bytes;
    uint32_t packet = usb->endpoint.packet;
    uint32_t maximum =
        limit != 0 && limit < WINUSB_MAXIMUM_TRANSFER ? limit : WINUSB_MAXIMUM_TRANSFER;
    return packet == 0 || maximum < packet ? maximum : maximum / packet * packet;
}

static uint32_t round_up(uint32_t length, uint32_t packet)
{
    return packet == 0 ? length : (length == 0 ? packet : (length + packet - 1) / packet * packet);
}

/* ---- The surplus ----------------------------------------------------------------------------- */

static bool surplus_keep(struct winusb_pipe *pipe, const uint8_t *bytes, uint32_t length,
                         bool is_short)
{
    bool kept = true;
    lock_acquire(&pipe->lock);
    if (pipe->surplus_size < length) {
        uint8_t *larger = realloc(pipe->surplus, length);
        kept = larger != NULL;
        if (kept) {
            pipe->surplus = larger;
            pipe->surplus_size = length;
        }
    }
    if (kept) {
        memcpy(pipe->surplus, bytes, length);
        pipe->surplus_at = 0;
        pipe->surplus_length = length;
        pipe->surplus_short = is_short;
    }
    lock_release(&pipe->lock);
    return kept;
}

/* What an earlier read left goes first. true: that is all of this read. */
static bool surplus_take(struct winusb_request *request)
{
    struct winusb_pipe *pipe = request->pipe;
    struct irp *irp = request->irp;
    lock_acquire(&pipe->lock);
    uint32_t taken = pipe->surplus_length < irp->length ? pipe->surplus_length : irp->length;
    bool last = taken > 0 && taken == pipe->surplus_length && pipe->surplus_short;
    if (taken > 0)
        memcpy(irp->buffer, pipe->surplus + pipe->surplus_at, taken);
    pipe->surplus_at += taken;
    pipe->surplus_length -= taken;
    lock_release(&pipe->lock);
    request->moved = taken;
    if (taken == 0)
        return false;
    return taken == irp->length || (last && !winusb_has(pipe, WINUSB_IGNORE_SHORT_PACKETS));
}

/* ---- Reads ----------------------------------------------------------------------------------- */

static void read_next(struct winusb_request *request)
{
    struct irp *irp = request->irp;
    const struct usb_pipe *usb = request->urb.pipe;
    uint32_t maximum = pipe_maximum(usb), left = irp->length - request->moved;
    request->chunk = left < maximum ? left : maximum;
    request->urb.buffer = (uint8_t *)irp->buffer + request->moved;
    request->urb.length = round_up(request->chunk, usb->endpoint.packet);
    if (request->urb.length != request->chunk) {
        request->bounce = malloc(request->urb.length);
        if (request->bounce == NULL) {
            winusb_request_end(request, STATUS_NO_MEMORY, request->moved);
            return;
        }
        request->urb.buffer = request->bounce;
    }
    winusb_request_submit(request);
}

static int64_t clear_stall(struct engine_op *op)
{
    struct winusb_request *request = irp_from_op(op)->driver[1];
    return usb_pipe_reset(request->urb.pipe);
}

static void clear_stall_done(struct engine_op *op, int64_t result)
{
    (void)result; /* the read has failed either way */
    struct winusb_request *request = irp_from_op(op)->driver[1];
    winusb_request_end(request, request->status, request->moved);
}

/* AUTO_CLEAR_STALL: the pipe is reset before the read that failed is completed. That blocks, so a
 * thread of the pool does it. */
static void read_failed(struct winusb_request *request, int error)
{
    request->status = winusb_status(error);
    bool device_side = error != -ECANCELED && error != -ENODEV;
    if (!device_side || !winusb_has(request->pipe, WINUSB_AUTO_CLEAR_STALL) ||
        winusb_has(request->pipe, WINUSB_RAW_IO)) {
        winusb_request_end(request, request->status, request->moved);
        return;
    }
    struct engine_op *op = &request->irp->op;
    memset(op, 0, sizeof *op);
    op->code = ENGINE_WORK;
    op->work = clear_stall;
    op->done = clear_stall_done;
    engine_submit(op);
}

/* The part beyond the request. false: the read fails for it. */
static bool read_surplus(struct winusb_request *request, uint32_t taken, bool is_short)
{
    uint32_t surplus = request->urb.actual - taken;
    if (surplus == 0)
        return true;
    if (!winusb_has(request->pipe, WINUSB_ALLOW_PARTIAL_READS))
        return false;
    if (winusb_has(request->pipe, WINUSB_AUTO_FLUSH))
        return true;
    return surplus_keep(request->pipe, request->bounce + taken, surplus, is_short);
}

static void read_done(struct urb *urb)
{
    struct winusb_request *request = urb->context;
    uint32_t taken = urb->actual < request->chunk ? urb->actual : request->chunk;
    bool is_short = urb->actual < urb->length;
    if (request->bounce != NULL && taken > 0)
        memcpy((uint8_t *)request->irp->buffer + request->moved, request->bounce, taken);
    request->moved += taken;
    bool fits = urb->status != 0 || read_surplus(request, taken, is_short);
    free(request->bounce);
    request->bounce = NULL;
    if (urb->status != 0)
        read_failed(request, urb->status);
    else if (!fits)
        winusb_request_end(request, STATUS_UNSUCCESSFUL, request->moved);
    else if (request->moved == request->irp->length ||
             (is_short && (winusb_has(request->pipe, WINUSB_RAW_IO) ||
                           !winusb_has(request->pipe, WINUSB_IGNORE_SHORT_PACKETS))))
        winusb_request_end(request, STATUS_SUCCESS, request->moved);
    else
        read_next(request);
}

/* ---- Writes ---------------------------------------------------------------------------------- */

static void write_next(struct winusb_request *request)
{
    struct irp *irp = request->irp;
    uint32_t maximum = pipe_maximum(request->urb.pipe), left = irp->length - request->moved;
    request->chunk = left < maximum ? left : maximum;
    request->urb.buffer = (uint8_t *)irp->buffer + request->moved;
    request->urb.length = request->chunk;
    winusb_request_submit(request);
}

static void write_done(struct urb *urb)
{
    struct winusb_request *request = urb->context;
    uint32_t packet = urb->pipe->endpoint.packet;
    request->moved += urb->actual;
    if (urb->status != 0 || request->terminating || urb->actual < urb->length) {
        winusb_request_end(request, winusb_status(urb->status), request->moved);
    } else if (request->moved < request->irp->length) {
        write_next(request);
    } else if (winusb_has(request->pipe, WINUSB_SHORT_PACKET_TERMINATE) && request->moved > 0 &&
               packet != 0 && request->moved % packet == 0) {
        request->terminating = true;
        urb->length = 0;
        winusb_request_submit(request);
    } else {
        winusb_request_end(request, STATUS_SUCCESS, request->moved);
    }
}

/* ---- The way in ------------------------------------------------------------------------------ */

/* The request's turn on its pipe has come. */
void winusb_transfer_begin(struct winusb_request *request)
{
    if (request->irp->code == WINUSB_WRITE)
        write_next(request);
    else if (surplus_take(request))
        winusb_request_end(request, STATUS_SUCCESS, request->moved);
    else
        read_next(request);
}

/* RAW_IO goes to the bus as it is, so it must fit it: whole packets, and not more than the maximum.
 */
static bool raw_fits(const struct irp *irp, const struct usb_pipe *usb)
{
    return irp->length <= pipe_maximum(usb) && usb->endpoint.packet != 0 &&
           irp->length % usb->endpoint.packet == 0;
}

int32_t winusb_transfer(struct irp *irp, struct winusb_file *winusb, bool in)
{
    struct usb_pipe *usb;
    struct winusb_request *request;
    uint8_t address = (uint8_t)irp->minor;
    int32_t status = winusb_find_pipe(winusb, (uint8_t)(irp->minor >> 8), address, &usb);
    if (status != STATUS_SUCCESS)
        return status;
    if ((usb->endpoint.type != USB_BULK && usb->endpoint.type != USB_INTERRUPT) ||
        in != !!(address & USB_ENDPOINT_IN))
        return STATUS_INVALID_PARAMETER;
    struct winusb_pipe *pipe = winusb_pipe_at(winusb, address);
    bool raw = in && winusb_has(pipe, WINUSB_RAW_IO);
    if (raw && !raw_fits(irp, usb))
        return STATUS_INVALID_PARAMETER;
    if (in && !raw && irp->length == 0 && winusb_has(pipe, WINUSB_ALLOW_PARTIAL_READS))
        return STATUS_SUCCESS; /* without the bus */
    status = winusb_request_create(irp, winusb, usb, &request);
    if (status != STATUS_PENDING)
        return status;
    request->urb.done = in ? read_done : write_done;
    request->urb.timeout_ms = atomic_load_explicit(&pipe->timeout_ms, memory_order_relaxed);
    if (raw)
        read_next(request);
    else
        winusb_request_queue(request);
    return STATUS_PENDING;
}
