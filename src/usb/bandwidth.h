/* SPDX-License-Identifier: MIT */
/* Periodic bandwidth of one bus: a table of microframes (frames below high speed) with the time that isochronous and interrupt
 * endpoints take in each. A setting is reserved as a whole or not at all. For hosts that schedule themselves (the virtual one). */
#ifndef USB_BANDWIDTH_H
#define USB_BANDWIDTH_H

#include "base/lock.h"
#include "usb/descriptor.h"

enum { USB_BANDWIDTH_SLOTS = 32 };

struct usb_bandwidth {
    struct lock lock;
    enum usb_speed speed;
    uint32_t budget_ns; /* of a slot: 90% of a frame, 80% of a microframe at high speed, 90% of one at SuperSpeed */
    uint32_t slot_ns[2][USB_BANDWIDTH_SLOTS]; /* taken; [1]: IN at SuperSpeed, whose directions do not share */
};

/* What a setting holds; zeroed memory holds nothing. */
struct usb_reservation {
    uint8_t count;
    struct {
        uint8_t direction, first, step; /* slots first, first + step, ... */
        uint32_t ns;
    } items[USB_ENDPOINTS_MAX];
};

void usb_bandwidth_init(struct usb_bandwidth *bandwidth, enum usb_speed speed);

/* Puts what `alternate` needs in place of what *reservation holds (settings of one interface). 0, or -ENOSPC: and then all is as
 * it was. alternate NULL: gives it back. */
int usb_bandwidth_reserve(struct usb_bandwidth *bandwidth, struct usb_reservation *reservation,
                          const struct usb_alternate *alternate);

/* Bus time of one service interval of an endpoint, nanoseconds: USB 2.0 section 5.11.3; SuperSpeed by packets and their framing. */
uint32_t usb_endpoint_bus_time_ns(const struct usb_endpoint *endpoint, enum usb_speed speed);

#endif
