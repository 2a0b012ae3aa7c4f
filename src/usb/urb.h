/* SPDX-License-Identifier: MIT */
/* One transfer on one pipe: the unit between whoever asks (WinUSB, a driver, a tool, the USB/IP server) and the pipe's queue.
 *
 *   IDLE --urb_submit--> QUEUED (in the pipe's FIFO) --> SENT (the host has it) --> DONE (done() was called) --> may be IDLE again
 *
 * urb_submit either refuses (then `done` is not called), or takes the URB, and `done` is called exactly once, on any thread,
 * with no lock held, perhaps before urb_submit returns. The owner leaves the URB and its memory alone in between; in `done`
 * it may free or resubmit it. URBs of one pipe (of one stream of it) are sent first in, first
 * out; `done` is called in the order in which the host ended them, one at a time for each pipe.
 */
#ifndef USB_URB_H
#define USB_URB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/engine.h"
#include "usb/descriptor.h"

struct usb_device;
struct usb_pipe;
struct urb;

enum urb_state { URB_IDLE, URB_QUEUED, URB_SENT, URB_DONE };

/* A URB's status is 0 or one of these, negative errno in the manner of the Linux USB stack:
 *   -EPIPE      the endpoint stalled (the pipe is halted until usb_pipe_reset)
 *   -EOVERFLOW  babble: the device sent more than was asked for
 *   -EPROTO, -EILSEQ, -ETIME   no answer, CRC or bit stuffing, no handshake
 *   -ETIMEDOUT  timeout_ms ran out
 *   -ECANCELED  cancelled, aborted, or the setting changed
 *   -ENODEV     the device is gone
 *   -EREMOTEIO  a short packet where URB_SHORT_NOT_OK was set
 *   -EXDEV      isochronous: all packets failed (see packets); a packet's: not done, or too late
 *   -ERANGE     isochronous: the start frame is 1024 frames or more away; nothing was sent
 *   -ENOLINK    isochronous: URB_ISO_CONTINUE and there is nothing to continue; nothing was sent
 * After an error of the device a bulk or interrupt pipe is halted. What is queued behind fails with -EPIPE, unless the pipe's
 * owner set hold_on_error or streams are open: then it stays, and goes on after usb_pipe_reset. */
enum urb_flag {
    URB_IN = 0x01,            /* control: data stage from the device. Other kinds: set by urb_submit from the pipe */
    URB_SHORT_NOT_OK = 0x02,
    URB_ZERO_PACKET = 0x04,   /* bulk, interrupt OUT: end a whole number of packets with an empty one */
    URB_ISO_ASAP = 0x08,      /* isochronous: start as soon as possible (behind what is queued) */
    URB_ISO_CONTINUE = 0x10,  /* with ASAP: only directly behind the last packet of the stream, else -ENOLINK */
    URB_ISO_TRACK = 0x20,     /* with ASAP: at the tracked next frame even if that has passed (late packets are dropped), as a
                               * driver's isochronous URBs; tracking ends 1024 frames after the last packet */
    URB_ISO_ANY = 0x40,       /* isochronous: any number of packets, also no whole frames, and any period (who asks is another system) */
};

struct usb_setup {
    uint8_t type, request;
    uint16_t value, index, length; /* host order; hosts put them on the wire in little-endian */
};

struct urb_packet {
    uint32_t offset; /* in the buffer: contiguous, given by the owner */
    uint32_t length; /* asked for; IN: as on return `actual` */
    uint32_t actual; /* out */
    int32_t status;  /* out: 0 or -errno */
};

struct urb {
    struct list link;          /* the pipe's: queue, then sent */
    struct list host_link;     /* the host's, while SENT */
    struct usb_device *device; /* the owner's reference must last until done */
    struct usb_pipe *pipe;     /* NULL: the default control pipe */
    _Atomic uint8_t state;     /* enum urb_state */
    uint8_t flags;             /* enum urb_flag */
    uint16_t stream;           /* 0: none */
    struct usb_setup setup;    /* control */
    void *buffer;
    uint32_t length;           /* bytes at buffer */
    uint32_t actual;           /* out: bytes moved; isochronous: the sum */
    int32_t status;            /* out */
    uint32_t timeout_ms;       /* 0: none; runs from when the host gets it */

    /* Isochronous. Frames are milliseconds, 32 bits that do not wrap at 11 or 14 bits. */
    struct urb_packet *packets;
    uint32_t packet_count;
    uint32_t start_frame;      /* in without ASAP; out: where the first packet went */
    uint64_t start_microframe; /* out, set at submit: the first packet's place on the device's clock */
    uint32_t late_packets;     /* out: the first so many were too late at submit; the host sends none of them */
    uint32_t error_count;      /* out */

    void (*done)(struct urb *urb);
    void *context;             /* the owner's */

    /* The core's and the host's. */
    uint64_t submit_ns;        /* when the host got it, CLOCK_MONOTONIC */
    uint64_t submit_microframe; /* the bus's time then */
    struct engine_timer timer;
    uint8_t ending;            /* under the pipe's lock: who asked for the end, a cancel or the time-out */
    uint8_t pins;              /* under the pipe's lock: the sender, the armed timer, cancels under way: `done` waits for them */
    bool given;                /* under the pipe's lock: the host's submit has returned */
    bool armed;                /* under the pipe's lock: the timer is set and has a pin */
    bool ended;                /* under the pipe's lock: it is on the pipe's ended list, or done */
    bool captured;             /* its beginning is in the capture: a URB that went back to the queue is sent twice */
    uint64_t sequence;         /* in the pipe's order of submits; an abort is up to one */
    void *host[4];
};

/* 0, or -ENODEV, -EINVAL (packets, length or flags do not fit the pipe; the reason is traced), -ENOMEM, -EHOSTUNREACH (suspended
 * and cannot be woken). Any thread, also from `done`; no lock of the caller's that `done` takes may be held. */
int urb_submit(struct urb *urb);

/* Asks for an early end: `done` still comes, with -ECANCELED if it was in time. Does not wait. Any thread that knows the
 * URB's memory is there. */
void urb_cancel(struct urb *urb);

/* Submits and sleeps until it is done. Returns urb->status or urb_submit's refusal. Not from `done`. */
int urb_run(struct urb *urb);

#endif
