/* SPDX-License-Identifier: MIT */
/* What the usbfs host's files share: a device of the kernel's, a URB while the kernel has it, and the pure functions between. Order of
 * locks: the device's may be taken with no lock of the core held, and nothing of the core is called under it. */
#ifndef USB_USBFS_H
#define USB_USBFS_H

#include <linux/usbdevice_fs.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "base/list.h"
#include "base/lock.h"
#include "engine/engine.h"
#include "usb/clock.h"
#include "usb/core.h"

enum {
    USBFS_ISO_PACKETS = 128,      /* the kernel's limit for one URB */
    USBFS_CONTINUATION_BYTES = 16384, /* a piece of a bulk transfer where the controller has no scatter-gather */
    USBFS_URB_BYTES = 512,        /* of the kernel's memory, for a URB beside its data */
};

/* An isochronous pipe's stream, in usb_pipe.host; under the device's lock. */
struct usbfs_pipe {
    uint64_t next_microframe; /* behind the last packet given to the kernel */
    uint32_t outstanding;     /* URBs with the kernel: something to continue */
};

/* Memory mapped from a device's node: the kernel moves it without a copy. */
struct usbfs_region {
    struct list link;
    void *memory;
    size_t length;
};

struct usbfs_device {
    struct usb_device *device; /* the host's reference until it is gone */
    struct list link;          /* the list of devices */
    bool listed;               /* under the list's lock */
    bool detach;               /* consent to take interfaces from kernel drivers */
    char name[32];             /* in sysfs: "1-2.3" */
    int fd;                    /* -1: closed */
    uint32_t capabilities;
    uint32_t detached;         /* bit per interface: to be given back */
    struct engine_source source;
    struct engine_op reap;
    struct usbdevfs_urb *reaped; /* what the last attempt got */
    _Atomic uint32_t reaping;  /* 1 while `reap` is in flight; close sleeps on it */
    struct lock lock;          /* guards what follows */
    bool closing, dead;
    struct list sent;          /* struct usbfs_transfer.link: all pieces given */
    struct list waiting;       /* for the kernel's memory */
    struct engine_timer retry; /* tries what waits */
    struct list memory_link;   /* the memory's: who is woken when some is free */
    struct usb_clock clock;
    struct list regions;       /* struct usbfs_region.link: memory mapped from fd */
};

/* One of the kernel's URBs. */
struct usbfs_piece {
    uint64_t cost;           /* of the kernel's memory */
    struct usbdevfs_urb urb; /* ends with its packets */
};

/* One URB, as one or more of the kernel's. */
struct usbfs_transfer {
    struct list link;
    struct urb *urb;
    uint32_t count, submitted, reaped;
    int status;              /* the first failure */
    bool cancelled;
    bool fresh;              /* the start of an isochronous stream */
    uint8_t *control;        /* setup and data */
    struct usbdevfs_urb *pieces[]; /* each in a struct usbfs_piece */
};

/* usbfs.c */
int usbfs_ioctl(int fd, unsigned long request, void *argument); /* 0 or more, or -errno; EINTR is tried again */
void usbfs_device_gone(struct usbfs_device *usbfs);             /* unlists and departs; once */

/* usbfs_urb.c */
int usbfs_submit(struct usb_device *device, struct urb *urb);
void usbfs_cancel(struct usb_device *device, struct urb *urb);
int usbfs_frame(struct usb_device *device, struct usb_frame *frame);
int64_t usbfs_reap_attempt(struct engine_op *op);
void usbfs_reap_done(struct engine_op *op, int64_t result);
void usbfs_retry(struct engine_timer *timer);

/* usbfs_memory.c */
void usbfs_memory_start(const char *file); /* reads the limit; NULL: the kernel's own file */
bool usbfs_memory_fits(uint64_t bytes);    /* false: never */
/* false: not now; the device (if there is one) is woken by its `retry` when there may be. */
bool usbfs_memory_take(struct usbfs_device *usbfs, uint64_t bytes);
void usbfs_memory_give(uint64_t bytes);
void usbfs_memory_forget(struct usbfs_device *usbfs);

/* usbfs_split.c: pure. */
int usbfs_status(int status); /* the kernel's for a URB or packet (0 or -errno) -> one of urb.h's */
/* How many packets from `first` on go into one of the kernel's URBs: at most 128 and without a gap in the buffer. */
uint32_t usbfs_isoch_piece(const struct urb_packet *packets, uint32_t first, uint32_t count);
uint32_t usbfs_pieces(const struct urb *urb, const struct usb_endpoint *endpoint, uint32_t capabilities);
void usbfs_isoch_join(const struct usbdevfs_urb *piece, struct urb_packet *packets);
/* Bytes of a bulk transfer's pieces: up to the first that was not full, with that one's status. */
uint32_t usbfs_bulk_join(struct usbdevfs_urb *const *pieces, uint32_t count, bool short_not_ok, int *status);

/* usbfs_sysfs.c */
/* Fills `id` and the raw device descriptor from ROOT/NAME. 0, -ENODEV (no device, or a hub) or -EINVAL. */
int usbfs_sysfs_read(const char *root, const char *name, struct usb_identity *id, uint8_t device_bytes[18]);
/* The descriptor of the configuration that is active: bytes copied. -ENODATA: unconfigured. */
int usbfs_sysfs_config(const char *root, const char *name, void *buffer, uint32_t length);
/* "usb1", "1-0:1.0" are not devices' names. */
bool usbfs_sysfs_is_device(const char *name);

/* usbfs_hotplug.c */
/* A message of the kernel's or udev's: true and the sysfs name where a USB device came (*added) or went. */
bool usbfs_uevent_parse(const char *bytes, size_t length, char *name, size_t size, bool *added);
int usbfs_hotplug_start(void (*changed)(const char *name, bool added), void (*lost)(void));

#endif
