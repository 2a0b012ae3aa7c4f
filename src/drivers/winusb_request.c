/* SPDX-License-Identifier: MIT */
/* The life of a WinUSB request between irp_pend and irp_complete: listed on its pipe, perhaps
 * waiting there for its turn, carried by one URB after another, ended once. A canceller finds the
 * request by irp->driver[1], under the pipe's lock; the end takes that away first, so a request is
 * never touched after its memory went back. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "base/pool.h"
#include "base/trace.h"
#include "drivers/winusb_file.h"

int32_t winusb_status(int error)
{
    switch (error) {
    case 0:
        return STATUS_SUCCESS;
    case -ECANCELED:
        return STATUS_CANCELLED;
    case -ENODEV:
        return STATUS_DEVICE_NOT_CONNECTED;
    case -ETIMEDOUT:
        return STATUS_IO_TIMEOUT;
    case -ENOMEM:
        return STATUS_NO_MEMORY;
    case -EHOSTUNREACH:
        return STATUS_DEVICE_POWER_FAILURE;
    case -EINVAL:  /* the request does not fit the pipe */
    case -ERANGE:  /* isochronous: the start frame is out of range */
    case -ENOLINK: /* isochronous: nothing to continue */
        return STATUS_INVALID_PARAMETER;
    case -EACCES:
    case -EPERM:
        return STATUS_ACCESS_DENIED;
    case -EOPNOTSUPP:
        return STATUS_NOT_SUPPORTED;
    case -ENOSPC:
        return STATUS_INSUFFICIENT_RESOURCES;
    default:
        return STATUS_UNSUCCESSFUL; /* whatever the device did wrong is ERROR_GEN_FAILURE */
    }
}

static void request_reference(struct winusb_request *request)
{
    atomic_fetch_add_explicit(&request->references, 1, memory_order_relaxed);
}

static void request_dereference(struct winusb_request *request)
{
    if (atomic_fetch_sub_explicit(&request->references, 1, memory_order_acq_rel) != 1)
        return;
    free(request->bounce);
    free(request->urb.packets);
    pool_free(POOL_URB, request);
}

void winusb_surplus_drop(struct winusb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    pipe->surplus_length = 0;
    lock_release(&pipe->lock);
}

bool winusb_pipe_is_empty(struct winusb_pipe *pipe)
{
    bool empty = true;
    lock_acquire(&pipe->lock);
    /* Whom a completion has woken may be here before its request has left the list. */
    list_for_each (node, &pipe->all)
        empty &= container_of(node, struct winusb_request, all_link)->state == WINUSB_ENDED;
    lock_release(&pipe->lock);
    return empty;
}

/* ---- Cancelling ------------------------------------------------------------------------------ */

static void request_cancel(struct irp *irp)
{
    struct winusb_pipe *pipe = irp->driver[0];
    lock_acquire(&pipe->lock);
    struct winusb_request *request = irp->driver[1];
    if (request == NULL) {
        lock_release(&pipe->lock);
        return; /* it is being completed */
    }
    atomic_store(&request->cancelled, true);
    bool waiting = request->state == WINUSB_WAITING;
    if (waiting) {
        list_remove(&request->wait_link);
        request->state = WINUSB_ACTIVE;
    }
    request_reference(request);
    lock_release(&pipe->lock);
    if (waiting)
        winusb_request_end(request, STATUS_CANCELLED, 0);
    else
        urb_cancel(&request->urb);
    request_dereference(request);
}

/* Marks everything that is on the pipe, and ends what waits there. Returns the serial number of the
 * newest. */
static uint64_t pipe_cancel_waiting(struct winusb_pipe *pipe)
{
    struct list taken;
    list_init(&taken);
    lock_acquire(&pipe->lock);
    uint64_t newest = pipe->serial;
    list_for_each (node, &pipe->all)
        atomic_store(&container_of(node, struct winusb_request, all_link)->cancelled, true);
    list_for_each (node, &pipe->waiting)
        container_of(node, struct winusb_request, wait_link)->state = WINUSB_ACTIVE;
    list_splice_back(&taken, &pipe->waiting);
    lock_release(&pipe->lock);
    for (struct list *node; (node = list_pop_front(&taken)) != NULL;)
        winusb_request_end(container_of(node, struct winusb_request, wait_link), STATUS_CANCELLED,
                           0);
    return newest;
}

void winusb_pipe_empty(struct winusb_pipe *pipe, struct usb_pipe *usb)
{
    uint64_t newest = pipe_cancel_waiting(pipe);
    if (usb != NULL)
        usb_pipe_abort(usb, true);
    lock_acquire(&pipe->lock);
    pipe->emptying++;
    while (!list_empty(&pipe->all) &&
           container_of(pipe->all.next, struct winusb_request, all_link)->serial <= newest) {
        uint32_t seen = atomic_load(&pipe->ended);
        lock_release(&pipe->lock);
        futex_wait(&pipe->ended, seen, FUTEX_NO_DEADLINE);
        lock_acquire(&pipe->lock);
    }
    pipe->emptying--;
    lock_release(&pipe->lock);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Starts what waits, one at a time. Only one thread does, so a request that ends inside its submit
 * does not nest. */
static void pipe_pump(struct winusb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    if (pipe->pumping) {
        lock_release(&pipe->lock);
        return;
    }
    pipe->pumping = true;
    while (pipe->current == NULL && !list_empty(&pipe->waiting)) {
        struct winusb_request *request =
            container_of(list_pop_front(&pipe->waiting), struct winusb_request, wait_link);
        request->state = WINUSB_ACTIVE;
        pipe->current = request;
        request_reference(request);
        lock_release(&pipe->lock);
        winusb_transfer_begin(request);
        request_dereference(request);
        lock_acquire(&pipe->lock);
    }
    pipe->pumping = false;
    lock_release(&pipe->lock);
}

void winusb_request_end(struct winusb_request *request, int32_t status, uint64_t information)
{
    struct winusb_pipe *pipe = request->pipe;
    struct file *file = &request->winusb->file;
    struct winusb_buffer *buffer = request->transfer.buffer;
    lock_acquire(&pipe->lock);
    request->state = WINUSB_ENDED;
    request->irp->driver[1] = NULL;
    if (pipe->current == request)
        pipe->current = NULL;
    lock_release(&pipe->lock);
    winusb_power_end(request->winusb, request->keeps_awake, status == STATUS_SUCCESS);
    irp_complete(request->irp, status, information);
    if (buffer != NULL && atomic_fetch_sub(&buffer->pending, 1) == 1)
        futex_wake(&buffer->pending, INT_MAX);
    pipe_pump(pipe);
    lock_acquire(&pipe->lock);
    list_remove(&request->all_link);
    atomic_fetch_add(&pipe->ended, 1);
    bool awaited = pipe->emptying != 0;
    lock_release(&pipe->lock);
    if (awaited)
        futex_wake(&pipe->ended, INT_MAX);
    request_dereference(request);
    object_dereference(&file->object);
}

/* ---- The beginning --------------------------------------------------------------------------- */

int32_t winusb_request_create(struct irp *irp, struct winusb_file *winusb, struct usb_pipe *usb,
                              struct winusb_request **made)
{
    struct winusb_request *request = pool_allocate(POOL_URB, sizeof *request);
    if (request == NULL)
        return STATUS_NO_MEMORY;
    memset(request, 0, sizeof *request);
    struct winusb_pipe *pipe = winusb_pipe_at(winusb, usb->endpoint.address);
    bool waits =
        (usb->endpoint.type == USB_BULK || usb->endpoint.type == USB_INTERRUPT) &&
        usb->endpoint.address & USB_ENDPOINT_IN; /* a read may wait while the device sleeps */
    request->keeps_awake = !waits;
    winusb_power_begin(winusb, !waits);
    request->irp = irp;
    request->winusb = winusb;
    request->pipe = pipe;
    request->urb.device = winusb->device;
    request->urb.pipe = usb;
    request->urb.context = request;
    atomic_init(&request->references, 1);
    lock_acquire(&pipe->lock);
    if (atomic_load(&winusb->closing)) {
        lock_release(&pipe->lock);
        winusb_power_end(winusb, !waits, false);
        pool_free(POOL_URB, request);
        return STATUS_INVALID_HANDLE;
    }
    object_reference(&winusb->file.object);
    request->serial = ++pipe->serial;
    list_push_back(&pipe->all, &request->all_link);
    irp->driver[0] = pipe;
    irp->driver[1] = request;
    lock_release(&pipe->lock);
    TRACE(URB, winusb_transfer, TRACE_POINTER(irp), TRACE_POINTER(&request->urb), irp->minor >> 8,
          irp->minor & 0xff, irp->length, irp->code);
    irp_pend(irp, request_cancel);
    *made = request;
    return STATUS_PENDING;
}

void winusb_request_queue(struct winusb_request *request)
{
    struct winusb_pipe *pipe = request->pipe;
    lock_acquire(&pipe->lock);
    bool cancelled = atomic_load(&request->cancelled);
    if (!cancelled) {
        request->state = WINUSB_WAITING;
        list_push_back(&pipe->waiting, &request->wait_link);
    }
    lock_release(&pipe->lock);
    if (cancelled)
        winusb_request_end(request, STATUS_CANCELLED, 0);
    else
        pipe_pump(pipe);
}

void winusb_request_submit(struct winusb_request *request)
{
    if (atomic_load(&request->cancelled)) {
        winusb_request_end(request, STATUS_CANCELLED, request->moved);
        return;
    }
    request_reference(request);
    int error = urb_submit(&request->urb);
    if (error != 0)
        winusb_request_end(request,
                           error == -ENODEV && !atomic_load(&request->winusb->device->gone)
                               ? STATUS_INVALID_PARAMETER
                               : winusb_status(error),
                           request->moved);
    else if (atomic_load(&request->cancelled))
        urb_cancel(&request->urb); /* the canceller may have come before the URB was on its way */
    request_dereference(request);
}
