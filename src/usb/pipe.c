/* SPDX-License-Identifier: MIT */
/* Pipes: made and closed with settings, aborted, reset, and their bulk streams. What a URB does on one is in urb.c. */
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

static void pipe_end_queue(struct usb_pipe *pipe, struct list *taken, int status)
{
    for (struct list *node; (node = list_pop_front(taken)) != NULL;)
        urb_finish(container_of(node, struct urb, link), pipe, status);
}

/* Cancels what the host has. One at a time, newest first (controllers like it so), each found anew, for any may end meanwhile. */
static void pipe_cancel_sent(struct usb_pipe *pipe, uint8_t generation)
{
    for (;;) {
        struct urb *urb = NULL;
        lock_acquire(&pipe->lock);
        for (struct list *node = pipe->sent.prev; node != &pipe->sent; node = node->prev) {
            struct urb *each = container_of(node, struct urb, link);
            if (each->generation == generation && each->ending == 0 && !each->ended) {
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

static void pipe_end_all(struct usb_pipe *pipe, uint8_t generation, int status)
{
    struct list taken;
    list_init(&taken);
    lock_acquire(&pipe->lock);
    list_for_each_safe (node, &pipe->queue) {
        struct urb *urb = container_of(node, struct urb, link);
        if (urb->generation != generation)
            continue;
        urb->ended = true;
        list_remove(node);
        list_push_back(&taken, node);
    }
    lock_release(&pipe->lock);
    pipe_end_queue(pipe, &taken, status);
    pipe_cancel_sent(pipe, generation);
}

static void pipe_wait(struct usb_pipe *pipe, uint8_t generation)
{
    for (uint32_t left; (left = atomic_load(&pipe->active[generation])) != 0;)
        futex_wait(&pipe->active[generation], left, FUTEX_NO_DEADLINE);
}

void usb_pipe_abort(struct usb_pipe *pipe, bool wait)
{
    /* Later URBs go into the other generation, so resubmitting owners do not keep us here. */
    lock_acquire(&pipe->lock);
    uint8_t old = pipe->generation;
    bool flip = atomic_load(&pipe->active[!old]) == 0;
    if (flip)
        pipe->generation = !old;
    lock_release(&pipe->lock);
    if (!flip)
        pipe_end_all(pipe, !old, -ECANCELED); /* another abort is under way: end what it ends, too */
    pipe_end_all(pipe, old, -ECANCELED);
    if (!wait)
        return;
    if (!flip)
        pipe_wait(pipe, !old);
    pipe_wait(pipe, old);
}

void usb_pipe_close(struct usb_pipe *pipe, int status)
{
    lock_acquire(&pipe->lock);
    pipe->state = USB_PIPE_CLOSED;
    lock_release(&pipe->lock);
    pipe_end_all(pipe, 0, status);
    pipe_end_all(pipe, 1, status);
}

bool usb_pipe_is_idle(struct usb_pipe *pipe)
{
    /* Not by `active`: whom a `done` has woken may be here before that `done` has returned. */
    lock_acquire(&pipe->lock);
    bool idle = list_empty(&pipe->queue) && list_empty(&pipe->sent);
    lock_release(&pipe->lock);
    return idle;
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

int usb_pipe_open_streams(struct usb_pipe *pipe, uint16_t count)
{
    const struct usb_host *host = pipe->device->host;
    if (host->open_streams == NULL || pipe->endpoint.type != USB_BULK || pipe->endpoint.streams_exponent == 0)
        return -EOPNOTSUPP;
    if (count == 0 || count > 1u << pipe->endpoint.streams_exponent)
        return -EINVAL;
    if (!usb_pipe_is_idle(pipe))
        return -EBUSY;
    uint8_t *sent = calloc(count + 1u, 1);
    if (sent == NULL)
        return -ENOMEM;
    int opened = pipe->streams != 0 ? -EALREADY : host->open_streams(pipe->device, pipe, count);
    if (opened <= 0) {
        free(sent);
        return opened == 0 ? -EOPNOTSUPP : opened;
    }
    lock_acquire(&pipe->lock);
    pipe->stream_sent = sent;
    pipe->streams = (uint16_t)(opened < count ? opened : count);
    lock_release(&pipe->lock);
    return pipe->streams;
}

int usb_pipe_close_streams(struct usb_pipe *pipe)
{
    if (pipe->streams == 0)
        return -EINVAL;
    usb_pipe_abort(pipe, true);
    int error = pipe->device->host->close_streams(pipe->device, pipe);
    lock_acquire(&pipe->lock);
    pipe->streams = 0;
    free(pipe->stream_sent);
    pipe->stream_sent = NULL;
    lock_release(&pipe->lock);
    return error;
}
