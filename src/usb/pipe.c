/* SPDX-License-Identifier: MIT */
/* Pipes: made and closed with settings, aborted, reset, and their bulk streams. What a URB does on
 * one is in urb.c. */
#include <errno.h>
#include <stdlib.h>

#include "base/futex.h"
#include "usb/core.h"

struct usb_pipe *usb_pipe_create(struct usb_device *device, const struct usb_endpoint *endpoint)
{
    struct usb_pipe *pipe = calloc(1, sizeof *pipe);
    if (pipe == NULL)
        return NULL;
    list_init(&pipe->link);
    list_init(&pipe->queue);
    list_init(&pipe->sent);
    list_init(&pipe->ended);
    pipe->device = device;
    pipe->endpoint = *endpoint;
    pipe->endpoint.descriptor = NULL;
    pipe->state = USB_PIPE_RUNNING;
    return pipe;
}

void usb_pipe_free(struct usb_pipe *pipe)
{
    if (pipe == NULL)
        return;
    free(pipe->stream_sent);
    free(pipe);
}

/* Cancels what the host has. One at a time, newest first (controllers like it so), each found anew,
 * for any may end meanwhile. */
static void pipe_cancel_sent(struct usb_pipe *pipe, uint64_t last)
{
    for (;;) {
        struct urb *urb = NULL;
        lock_acquire(&pipe->lock);
        for (struct list *node = pipe->sent.prev; node != &pipe->sent; node = node->prev) {
            struct urb *each = container_of(node, struct urb, link);
            if (each->sequence <= last && each->ending == 0) {
                urb = each;
                urb_mark_cancelled(urb);
                break;
            }
        }
        lock_release(&pipe->lock);
        if (urb == NULL)
            return;
        urb_ask_marked(urb, pipe);
    }
}

/* Ends what was submitted up to `last`, so owners that resubmit do not keep us here. */
static void pipe_end_all(struct usb_pipe *pipe, uint64_t last, int status)
{
    lock_acquire(&pipe->lock);
    list_for_each_safe (node, &pipe->queue) {
        struct urb *urb = container_of(node, struct urb, link);
        if (urb->sequence > last)
            continue;
        list_remove(node);
        urb_end(urb, pipe, status);
    }
    pipe->stream_runs = false;
    lock_release(&pipe->lock);
    usb_pipe_complete(pipe);
    pipe_cancel_sent(pipe, last);
}

static bool list_has(const struct list *list, uint64_t last)
{
    list_for_each (node, list)
        if (container_of(node, struct urb, link)->sequence <= last)
            return true;
    return false;
}

static bool pipe_has(const struct usb_pipe *pipe, uint64_t last)
{
    return (pipe->calling != 0 && pipe->calling <= last) || list_has(&pipe->queue, last) ||
           list_has(&pipe->sent, last) || list_has(&pipe->ended, last);
}

/* Without a look at `calling`: whom a `done` has woken may be here before that `done` has returned.
 */
static bool pipe_is_empty(const struct usb_pipe *pipe)
{
    return list_empty(&pipe->queue) && list_empty(&pipe->sent) && list_empty(&pipe->ended);
}

void usb_pipe_abort(struct usb_pipe *pipe, bool wait)
{
    lock_acquire(&pipe->lock);
    uint64_t last = pipe->sequence;
    lock_release(&pipe->lock);
    pipe_end_all(pipe, last, -ECANCELED);
    if (!wait)
        return;
    lock_acquire(&pipe->lock);
    pipe->waiters++;
    while (pipe_has(pipe, last)) {
        uint32_t progress = atomic_load(&pipe->progress);
        lock_release(&pipe->lock);
        futex_wait(&pipe->progress, progress, FUTEX_NO_DEADLINE);
        lock_acquire(&pipe->lock);
    }
    pipe->waiters--;
    lock_release(&pipe->lock);
}

void usb_pipe_close(struct usb_pipe *pipe, int status)
{
    lock_acquire(&pipe->lock);
    pipe->state = USB_PIPE_CLOSED;
    lock_release(&pipe->lock);
    pipe_end_all(pipe, UINT64_MAX, status);
}

bool usb_pipe_is_idle(struct usb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    bool idle = pipe_is_empty(pipe);
    lock_release(&pipe->lock);
    return idle;
}

int usb_pipe_shut(struct usb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    bool busy = !pipe_is_empty(pipe);
    pipe->former_state = pipe->state;
    if (!busy)
        pipe->state = USB_PIPE_CLOSED;
    lock_release(&pipe->lock);
    return busy ? -EBUSY : 0;
}

void usb_pipe_reopen(struct usb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    if (!atomic_load(&pipe->device->gone))
        pipe->state = pipe->former_state;
    lock_release(&pipe->lock);
}

int usb_pipe_reset(struct usb_pipe *pipe)
{
    struct usb_device *device = pipe->device;
    lock_acquire(&pipe->lock);
    int error = pipe->state == USB_PIPE_CLOSED ? -ENODEV : pipe->sent_count != 0 ? -EBUSY : 0;
    lock_release(&pipe->lock);
    if (error == 0 && pipe->endpoint.type != USB_ISOCH && pipe->endpoint.type != USB_CONTROL)
        error = device->host->clear_halt(device, pipe);
    if (error != 0)
        return error;
    lock_acquire(&pipe->lock);
    if (pipe->state == USB_PIPE_HALTED)
        pipe->state = USB_PIPE_RUNNING;
    pipe->stream_runs = false;
    lock_release(&pipe->lock);
    usb_pipe_send(pipe);
    return 0;
}

int usb_pipe_restart(struct usb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    int error = pipe->state == USB_PIPE_CLOSED ? -ENODEV : pipe->sent_count != 0 ? -EBUSY : 0;
    if (error == 0 && pipe->state == USB_PIPE_HALTED)
        pipe->state = USB_PIPE_RUNNING;
    lock_release(&pipe->lock);
    if (error == 0)
        usb_pipe_send(pipe);
    return error;
}

/* No URB may come while the host is asked. A pipe that still has some changes only if the caller ends them. */
static int streams_begin(struct usb_pipe *pipe, bool must_be_idle)
{
    lock_acquire(&pipe->lock);
    int error = must_be_idle && !pipe_is_empty(pipe) ? -EBUSY : 0;
    if (error == 0)
        pipe->streams_change = true;
    lock_release(&pipe->lock);
    return error;
}

/* `sent` has a count for each stream, and becomes the pipe's. */
static void streams_end(struct usb_pipe *pipe, uint16_t streams, uint8_t *sent)
{
    lock_acquire(&pipe->lock);
    uint8_t *former = pipe->stream_sent;
    pipe->stream_sent = sent;
    pipe->streams = streams;
    pipe->streams_change = false;
    lock_release(&pipe->lock);
    free(former);
}

int usb_pipe_open_streams(struct usb_pipe *pipe, uint16_t count)
{
    const struct usb_host *host = pipe->device->host;
    if (host->open_streams == NULL || pipe->endpoint.type != USB_BULK ||
        pipe->endpoint.streams_exponent == 0)
        return -EOPNOTSUPP;
    if (count == 0 || count > 1u << pipe->endpoint.streams_exponent)
        return -EINVAL;
    if (pipe->streams != 0)
        return usb_pipe_is_idle(pipe) ? -EALREADY : -EBUSY;
    uint8_t *sent = calloc(count + 1u, 1);
    if (sent == NULL)
        return -ENOMEM;
    int opened = streams_begin(pipe, true);
    if (opened == 0) {
        opened = host->open_streams(pipe->device, pipe, count);
        if (opened > count)
            opened = count;
        streams_end(pipe, opened > 0 ? (uint16_t)opened : 0, opened > 0 ? sent : NULL);
        if (opened == 0)
            opened = -EOPNOTSUPP;
    }
    if (opened < 0)
        free(sent);
    return opened;
}

int usb_pipe_close_streams(struct usb_pipe *pipe)
{
    if (pipe->streams == 0)
        return -EINVAL;
    (void)streams_begin(pipe, false);
    usb_pipe_abort(pipe, true);
    int error = pipe->device->host->close_streams(pipe->device, pipe);
    streams_end(pipe, 0, NULL);
    return error;
}
