/* SPDX-License-Identifier: MIT */
/* What the core's own files share. */
#ifndef USB_CORE_H
#define USB_CORE_H

#include "usb/host.h"

/* URBs of one kind may be submitted to this endpoint as they are: 0 or -EINVAL with the reason. */
int urb_check(const struct urb *urb, const struct usb_pipe *pipe, const char **reason);

/* Places an isochronous URB on the clock, under the pipe's lock. 0, -ERANGE, -ENOLINK, -EXDEV (all packets late) or the clock's error. */
int isoch_place(struct urb *urb, struct usb_pipe *pipe);
/* Whether the first of an isochronous queue may go to the host now; else *due_ns is when. Under the pipe's lock. */
bool isoch_is_due(const struct urb *urb, const struct usb_pipe *pipe, uint64_t *due_ns);
/* After the host is done: late packets' status, error_count, actual; the URB's status from its packets. */
int isoch_finish(struct urb *urb, int status);

struct usb_pipe *usb_pipe_create(struct usb_device *device, const struct usb_endpoint *endpoint);
void usb_pipe_free(struct usb_pipe *pipe);
/* No more URBs: what is queued ends with `status`, what the host has is cancelled. */
void usb_pipe_close(struct usb_pipe *pipe, int status);
/* Reserves the pipe for a change of setting: CLOSED, if nothing is on it; else -EBUSY. Undone by usb_pipe_reopen. */
int usb_pipe_shut(struct usb_pipe *pipe);
void usb_pipe_reopen(struct usb_pipe *pipe);
/* Gives the host what it may have now. No lock held. */
void usb_pipe_send(struct usb_pipe *pipe);
/* Calls the `done`s that are due, in order, unless another thread does. No lock held. */
void usb_pipe_complete(struct usb_pipe *pipe);
/* Puts a URB that is on no list among those that ended. Under the pipe's lock; usb_pipe_complete follows without it. */
void urb_end(struct urb *urb, struct usb_pipe *pipe, int status);
/* For a URB on the sent list that is neither ending nor ended: marked and pinned under the pipe's lock; then, without it, asked for. */
void urb_mark_cancelled(struct urb *urb);
void urb_ask_marked(struct urb *urb, struct usb_pipe *pipe);

#endif
