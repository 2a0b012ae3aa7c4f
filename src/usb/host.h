/* SPDX-License-Identifier: MIT */
/* The waist below devices: what a USB host is. Three implementations: virtual.c, usbfs.c, usbip.c. The core above
 * (device.c, pipe.c) keeps the FIFO of each pipe, validates, times out, splits nothing; a host moves what it is given.
 *
 * Rules: `submit` and `cancel` are called with no lock of the core held, any thread; `submit` takes the URB (0) and later calls
 * usb_urb_ended exactly once from any thread (perhaps before submit returns), or refuses (-errno) and does not. Functions that
 * may block are marked B and run on threads that may. A host never calls the owner's `done` itself.
 */
#ifndef USB_HOST_H
#define USB_HOST_H

#include "usb/device.h"

/* What the core may put below one pipe at a time; the rest waits in the pipe's FIFO. */
struct usb_host_limits {
    uint32_t depth;            /* URBs with the host per pipe (per stream) */
    uint32_t iso_lead;         /* frames between now and the start of a new isochronous stream */
    uint32_t control_bytes, bulk_bytes, interrupt_bytes; /* largest URB; urb_submit refuses more */
    uint32_t iso_packets;      /* largest isochronous URB in packets */
    bool iso_at_once;          /* begins a stream as soon as it gets it: the core keeps a URB with a start frame until that is iso_lead away */
};

struct usb_host {
    const char *name; /* "virtual", "usbfs", "usbip" */
    struct usb_host_limits limits;

    int (*open)(struct usb_device *device);  /* B: first open */
    void (*close)(struct usb_device *device); /* B: last close; no URB is left */

    int (*submit)(struct usb_device *device, struct urb *urb);
    /* Asks; usb_urb_ended still comes (status -ECANCELED when in time). The URB is still SENT when this is called or has
     * just ended: the host looks it up under its own lock by what it stored in urb->host. The core guarantees its memory. */
    void (*cancel)(struct usb_device *device, struct urb *urb);

    /* B: the active configuration's descriptor: bytes copied into `buffer` (all of it when length suffices), or -errno. */
    int (*read_config)(struct usb_device *device, void *buffer, uint32_t length);
    int (*claim)(struct usb_device *device, uint8_t interface);    /* B */
    void (*release)(struct usb_device *device, uint8_t interface); /* B */
    int (*set_configuration)(struct usb_device *device, uint8_t value);                  /* B */
    int (*set_interface)(struct usb_device *device, const struct usb_alternate *alternate); /* B: -ENOSPC: no bandwidth */
    int (*clear_halt)(struct usb_device *device, struct usb_pipe *pipe);                 /* B */
    void (*pipe_opened)(struct usb_device *device, struct usb_pipe *pipe);               /* or NULL: may set pipe->host */
    void (*pipe_closed)(struct usb_device *device, struct usb_pipe *pipe);               /* or NULL: frees pipe->host */
    int (*reset)(struct usb_device *device);                                             /* B */
    int (*cycle)(struct usb_device *device);                                             /* B; NULL: -EOPNOTSUPP */
    int (*suspend)(struct usb_device *device, bool suspend);                             /* B; NULL: -EOPNOTSUPP */
    int (*open_streams)(struct usb_device *device, struct usb_pipe *pipe, uint16_t count); /* B; NULL: -EOPNOTSUPP */
    int (*close_streams)(struct usb_device *device, struct usb_pipe *pipe);              /* B */
    /* Called under a pipe's lock: calls nothing of the core. */
    int (*frame)(struct usb_device *device, struct usb_frame *frame);
    void *(*allocate)(struct usb_device *device, uint32_t length); /* NULL: plain memory */
    void (*free)(struct usb_device *device, void *memory, uint32_t length);
    void (*forget)(struct usb_device *device); /* the last reference is gone: frees host_data */
};

/* ---- What the core offers to hosts ------------------------------------------------------------------------ */

/* A device with one reference (the host's), host, id and device_bytes to be filled before usb_device_arrive. NULL: no memory. */
struct usb_device *usb_device_create(const struct usb_host *host);
/* Validates (0 or -EINVAL, traced with the reason), lists the device and tells the watchers. */
int usb_device_arrive(struct usb_device *device);
/* Unplugged: unlists it, ends queued URBs with -ENODEV, tells the watchers. The host ends what it has with -ENODEV itself, and drops its
 * reference afterwards. Once; later calls do nothing. */
void usb_device_depart(struct usb_device *device);

/* The host is done with a URB that `submit` took: actual and packets are filled (they begin as -EXDEV, not done; late ones stay so); start_frame where the host
 * knows better. The core works out error_count, the sum and whether all packets failed. */
void usb_urb_ended(struct urb *urb, int status);

/* The suspended device has woken the host; it is not suspended any more. No lock of the host is held. */
void usb_device_woke(struct usb_device *device);

/* Hosts begin when devices are first looked for; each is idempotent. Spec is what follows --usb: see usb/hosts.h. */

#endif
