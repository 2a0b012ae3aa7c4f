/* SPDX-License-Identifier: MIT */
/* The estimated and the seeded frame clock. */
#include "usb/clock.h"

#include "base/futex.h"

enum {
    MICROFRAME_NS = 125000,
    FRAME_MICROFRAMES = 8,
    LOST_NS = 1024 * 1000000,
    CATCH_UP = 4,
    FALL_BACK = 256
};

void usb_clock_init(struct usb_clock *clock, enum usb_clock_quality quality)
{
    *clock = (struct usb_clock){.quality = quality, .offset_ns = -(int64_t)clock_now_ns()};
}

static uint64_t microframe_at(const struct usb_clock *clock, uint64_t at_ns)
{
    int64_t ns = (int64_t)at_ns + clock->offset_ns;
    return ns < 0 ? 0 : (uint64_t)ns / MICROFRAME_NS;
}

void usb_clock_read(struct usb_clock *clock, struct usb_frame *frame)
{
    lock_acquire(&clock->lock);
    uint64_t now = clock_now_ns(), microframe = microframe_at(clock, now);
    int64_t passed = (int64_t)now + clock->offset_ns - (int64_t)(microframe * MICROFRAME_NS);
    if (microframe < clock->last) {
        microframe = clock->last; /* it was pulled back: stands still until time has caught up */
        passed = 0;
    }
    clock->last = microframe;
    *frame = (struct usb_frame){.microframe = microframe,
                                .at_ns = now,
                                .into_ns = passed > 0 ? (uint32_t)passed : 0,
                                .quality = clock->quality};
    lock_release(&clock->lock);
}

void usb_clock_observe(struct usb_clock *clock, uint64_t microframe, uint64_t at_ns)
{
    lock_acquire(&clock->lock);
    int64_t seen = (int64_t)(microframe * MICROFRAME_NS) - (int64_t)at_ns;
    int64_t error = seen - clock->offset_ns; /* above zero: the bus is ahead of us */
    if (error > LOST_NS || error < -(int64_t)LOST_NS)
        error = 0; /* not of our numbers: another stream's, or a pause of the machine */
    clock->offset_ns += error > 0 ? error / CATCH_UP : error / FALL_BACK;
    clock->locked = true;
    lock_release(&clock->lock);
}

void usb_clock_seed(struct usb_clock *clock, uint32_t frame, unsigned bits, uint64_t at_ns)
{
    uint64_t mask = bits >= 32 ? UINT32_MAX : (1u << bits) - 1u;
    lock_acquire(&clock->lock);
    uint64_t ours = microframe_at(clock, at_ns) / FRAME_MICROFRAMES;
    uint64_t ahead = (frame - ours) & mask;
    bool near = ahead < 1024 || mask + 1 - ahead < 1024;
    if (!clock->seeded || (bits > 11 && !near)) {
        clock->offset_ns += (int64_t)(ahead * FRAME_MICROFRAMES * MICROFRAME_NS);
        clock->seeded = true;
        clock->quality = USB_CLOCK_SEEDED;
    }
    lock_release(&clock->lock);
}
