/* SPDX-License-Identifier: MIT */
/* What the core's own files share. */
#ifndef USB_CORE_H
#define USB_CORE_H

#include "usb/host.h"

/* URBs of one kind may be submitted to this endpoint as they are: 0 or -EINVAL with the reason. */
int urb_check(const struct urb *urb, const struct usb_pipe *pipe, const char **reason);

/* Places an isochronous URB on the clock, under the pipe's lock. 0, -ERANGE, -ENOLINK, -EXDEV (all packets late) or the clock's error. */
int isoch_place(struct urb *urb, struct usb_pipe *pipe);
/* After the host is done: late packets' status, error_count, actual; the URB's status from its packets. */
int isoch_finish(struct urb *urb, int status);

struct usb_pipe *usb_pipe_create(struct usb_device *device, const struct usb_endpoint *endpoint);
void usb_pipe_free(struct usb_pipe *pipe);
/* No more URBs: what is queued ends with `status`, what the host has is cancelled. */
void usb_pipe_close(struct usb_pipe *pipe, int status);
/* Moves what is queued to `taken`, for urb_finish; under the pipe's lock. */
void usb_pipe_take_queue(struct usb_pipe *pipe, struct list *taken);
/* Gives the host what it may have now. No lock held. */
void usb_pipe_send(struct usb_pipe *pipe);
/* For a URB on the sent list that is neither ending nor ended: marked and pinned under the pipe's lock; then, without it, asked for. */
void urb_mark_cancelled(struct urb *urb);
void urb_ask_marked(struct urb *urb, struct usb_pipe *pipe);
/* Ends a URB that is on no list: `done`, and the pipe's count. No lock held. */
void urb_finish(struct urb *urb, struct usb_pipe *pipe, int status);

#endif
