/* SPDX-License-Identifier: MIT */
/* One device of a USB/IP server, as the client's files share it: usbip.c moves its transfers, usbip_attach.c makes and ends the connection. */
#ifndef USB_USBIP_REMOTE_H
#define USB_USBIP_REMOTE_H

#include "usb/clock.h"
#include "usb/core.h"
#include "usb/usbip_link.h"
#include "usb/usbip_wire.h"

enum { USBIP_BUCKETS = 64, USBIP_GHOSTS = 64 };

/* A bus's frame number that the server told, and when it was so. */
struct usbip_seed {
    bool known;
    uint32_t frame;
    uint64_t at_ns;
};

struct usbip_remote {
    struct usbip_link link;
    struct usb_device *device; /* the host's reference */
    struct usbip_device described;
    uint32_t devid;
    struct lock lock;          /* guards what follows */
    struct list pending[USBIP_BUCKETS]; /* struct urb.host_link, by sequence */
    uint32_t sequence;
    bool gone;
    uint32_t isoch_pending;    /* isochronous URBs in the table */
    struct ghost {             /* the reader's: ended by RET_UNLINK with status 0; their RET_SUBMIT may still come */
        uint32_t sequence;
        bool in, isoch;
    } ghosts[USBIP_GHOSTS];
    uint32_t ghost_next;
    struct usb_clock clock;
    struct usbip_seed seed;    /* the reader's */
    bool reconnect;
    char server[128], busid[USBIP_BUSID];
};

extern const struct usb_host usbip_host;

/* Reads one answer and ends its URB. 0, or -errno: the connection is of no use any more. The reader's thread. */
int usbip_remote_read(struct usbip_remote *remote);
/* Ends all URBs with -ENODEV and tells that the device is gone. */
void usbip_remote_end(struct usbip_remote *remote);
/* A control transfer on the default pipe: bytes moved or -errno. */
int usbip_remote_control(struct usb_device *device, uint8_t type, uint8_t request, uint16_t value, uint16_t index, void *buffer,
                         uint16_t length);
int usbip_remote_configure(struct usb_device *device, uint8_t value);

#endif
