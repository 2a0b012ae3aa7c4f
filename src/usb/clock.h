/* SPDX-License-Identifier: MIT */
/* The frame clock of hosts that cannot read the bus's own: CLOCK_MONOTONIC since the clock began, pulled slowly towards what
 * completions of isochronous streams show, and never backwards. USB_CLOCK_ESTIMATED (usbfs: numbers of its own) or
 * USB_CLOCK_SEEDED (USB/IP: the first start_frame that a server reports gives the number). Any thread. */
#ifndef USB_CLOCK_H
#define USB_CLOCK_H

#include "base/lock.h"
#include "usb/device.h"

struct usb_clock {
    struct lock lock;
    enum usb_clock_quality quality;
    int64_t offset_ns; /* clock time minus CLOCK_MONOTONIC */
    uint64_t last;     /* the microframe that was read last */
    bool seeded, locked;
};

void usb_clock_init(struct usb_clock *clock, enum usb_clock_quality quality);
void usb_clock_read(struct usb_clock *clock, struct usb_frame *frame);

/* The packet that ended before `microframe` was reported at at_ns. Reports come late, never early: the clock follows the earliest
 * ones quickly and late ones slowly (500 ppm of drift stay below a frame). */
void usb_clock_observe(struct usb_clock *clock, uint64_t microframe, uint64_t at_ns);

/* The bus's number of the frame that runs at at_ns, where a server tells it; `bits` are valid (11 or 14, or 32). Jumps forward once, or
 * when it is more than 1024 frames off, to the nearest such number not behind what was read. */
void usb_clock_seed(struct usb_clock *clock, uint32_t frame, unsigned bits, uint64_t at_ns);

#endif
