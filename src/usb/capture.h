/* SPDX-License-Identifier: MIT */
/* All hosts' traffic to a file that Wireshark opens. The core calls usb_capture_urb where a URB
 * goes to its host and where it ends; while nothing is captured that is one load and a branch. */
#ifndef USB_CAPTURE_H
#define USB_CAPTURE_H

#include <stdatomic.h>
#include <stdbool.h>

struct urb;
struct usb_pipe;

extern _Atomic bool usb_capture_on;
void usb_capture_write(const struct urb *urb, const struct usb_pipe *pipe, bool is_complete);

static inline void usb_capture_urb(const struct urb *urb, const struct usb_pipe *pipe,
                                   bool is_complete)
{
    if (__builtin_expect(atomic_load_explicit(&usb_capture_on, memory_order_relaxed), 0))
        usb_capture_write(urb, pipe, is_complete);
}

/* Begins a new file (an existing one is emptied; a pipe or FIFO is as good). 0, -EBUSY (one is
 * being written) or -errno. */
int usb_capture_start(const char *path);
/* After it returns nothing more is written. Each event is in the file as soon as it happened, so a
 * program may also just end. */
void usb_capture_stop(void);

#endif
