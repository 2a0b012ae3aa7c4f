/* SPDX-License-Identifier: MIT */
/* What the files of the WinUSB driver know of each other: the open device, its pipes, a request
 * under way.
 *
 * A pipe's lock guards its lists and the surplus; it is never held while a URB is submitted or a
 * request completed. A request is in `all` from its dispatch until nothing will touch it, so who
 * empties a pipe (abort, close) waits for that list. */
#ifndef DRIVERS_WINUSB_FILE_H
#define DRIVERS_WINUSB_FILE_H

#include "drivers/winusb.h"

enum { WINUSB_PIPES = 32, WINUSB_MAXIMUM_TRANSFER = 2 << 20, WINUSB_CONTROL_TIMEOUT_MS = 5000 };

enum winusb_request_state { WINUSB_NEW, WINUSB_WAITING, WINUSB_ACTIVE, WINUSB_ENDED };

struct winusb_pipe {
    struct lock lock;
    struct list all;     /* struct winusb_request.all_link, oldest first */
    struct list waiting; /* struct winusb_request.wait_link: one at a time goes to the bus */
    struct winusb_request *current;
    bool pumping;           /* a thread starts requests */
    uint64_t serial;        /* of the newest request */
    _Atomic uint32_t ended; /* counts ends: who empties the pipe sleeps on it */
    uint32_t emptying;      /* so many may sleep there; under lock */
    _Atomic bool policy[WINUSB_POLICIES];
    _Atomic uint32_t timeout_ms;
    uint8_t *surplus; /* what a read brought beyond what was asked for */
    uint32_t surplus_at, surplus_length, surplus_size;
    bool surplus_short; /* the transfer it came from ended with a short packet */
};

/* Idling (winusb_power.c). Nothing is known of it while it is not enabled. */
enum winusb_power_state { WINUSB_POWER_ON, WINUSB_POWER_SUSPENDING, WINUSB_POWER_OFF, WINUSB_POWER_RESUMING };

struct winusb_power {
    bool enabled;        /* from the open on */
    bool wakes;          /* the device can wake the host */
    struct lock lock;    /* guards what follows */
    _Atomic uint32_t state;   /* enum winusb_power_state */
    _Atomic uint32_t changes; /* of the state, and the work's end: who waits sleeps on it */
    uint32_t busy;       /* requests that keep it awake */
    uint64_t last_ns;    /* when something happened last */
    bool armed, working, closing;
    bool default_auto;         /* AUTO_SUSPEND and SUSPEND_DELAY, as WinUsb_Initialize sets them */
    uint32_t default_delay_ms;
    struct engine_timer timer;
    struct engine_op op;
};

struct winusb_file {
    struct file file;
    struct winusb_power power;
    struct usb_device *device; /* referenced */
    uint8_t first_interface, interface_count;
    bool opened; /* the device is open and its interfaces are claimed */
    _Atomic bool closing;
    _Atomic uint32_t taken; /* bit per interface that has an associated handle */
    _Atomic uint32_t suspend_delay_ms;
    _Atomic bool auto_suspend;
    struct winusb_pipe pipes[WINUSB_PIPES]; /* by (address & 15) | (IN ? 16 : 0) */
};

struct winusb_request {
    struct urb urb;
    struct list all_link, wait_link;
    struct irp *irp;
    struct winusb_file *winusb; /* its file object is referenced */
    struct winusb_pipe *pipe;
    _Atomic uint32_t references;
    _Atomic bool cancelled;
    uint8_t state;    /* enum winusb_request_state, under the pipe's lock */
    bool keeps_awake;
    bool terminating; /* the empty packet that ends a write is under way */
    uint64_t serial;
    uint32_t moved, chunk;
    uint8_t *bounce;                 /* the last part of a read, rounded up to whole packets */
    int32_t status;                  /* what to end with after the pipe was reset */
    struct winusb_transfer transfer; /* isochronous */
};

static inline struct winusb_pipe *winusb_pipe_at(struct winusb_file *winusb, uint8_t address)
{
    return &winusb->pipes[(address & 0x0f) | (address & USB_ENDPOINT_IN ? 16 : 0)];
}

static inline bool winusb_has(const struct winusb_pipe *pipe, enum winusb_policy policy)
{
    return atomic_load_explicit(&pipe->policy[policy], memory_order_relaxed);
}

/* The active pipe of this interface; address 0 is the control pipe. STATUS_INVALID_PARAMETER. */
int32_t winusb_find_pipe(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                         struct usb_pipe **pipe);

/* winusb_power.c: around each request; `wake` for what goes to the device without one. They may block while it resumes. */
struct usb_node;
void winusb_power_open(struct winusb_file *winusb, const struct usb_node *node);
void winusb_power_close(struct winusb_file *winusb);
void winusb_power_begin(struct winusb_file *winusb, bool keeps_awake);
void winusb_power_end(struct winusb_file *winusb, bool keeps_awake, bool moved);
void winusb_power_policy(struct winusb_file *winusb); /* a policy has changed */

/* winusb_request.c */
int32_t winusb_status(int error);
/* Makes a request, lists it and lets it pend. Its first reference belongs to the end.
 * STATUS_PENDING, or what was wrong. */
int32_t winusb_request_create(struct irp *irp, struct winusb_file *winusb, struct usb_pipe *usb,
                              struct winusb_request **request);
/* Gives the URB to the bus. `done` continues. */
void winusb_request_submit(struct winusb_request *request);
/* Ends it, once; then the next of the pipe begins. */
void winusb_request_end(struct winusb_request *request, int32_t status, uint64_t information);
void winusb_request_queue(struct winusb_request *request); /* behind what waits on its pipe */
void winusb_pipe_empty(struct winusb_pipe *pipe, struct usb_pipe *usb); /* cancels and waits */
bool winusb_pipe_is_empty(struct winusb_pipe *pipe);
void winusb_surplus_drop(struct winusb_pipe *pipe);

/* winusb_pipe.c, winusb_control.c, winusb_isoch.c: the dispatch of each, and how a queued one
 * begins */
int32_t winusb_transfer(struct irp *irp, struct winusb_file *winusb, bool in);
void winusb_transfer_begin(struct winusb_request *request);
int32_t winusb_control(struct irp *irp, struct winusb_file *winusb);
int32_t winusb_isoch(struct irp *irp, struct winusb_file *winusb);

#endif
