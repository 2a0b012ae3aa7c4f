/* SPDX-License-Identifier: MIT */
/* A client of the USB/IP server, as the server's files share it: usbip_server.c listens and answers for devices, usbip_export.c moves the
 * transfers of one that has imported a device. */
#ifndef USB_USBIP_EXPORT_H
#define USB_USBIP_EXPORT_H

#include "usb/core.h"
#include "usb/usbip_link.h"
#include "usb/usbip_server.h"
#include "usb/usbip_wire.h"

enum { USBIP_EARLY = 32 };

/* A connection of the server. */
struct usbip_client {
    struct list link;
    struct usbip_server *server;
    struct usbip_link wire;
    struct usb_device *device; /* imported: open, all interfaces claimed */
    uint8_t configuration;     /* when it was imported */
    struct lock lock;          /* guards urbs */
    struct list urbs;          /* struct export_urb.link */
    _Atomic uint64_t bytes;
    _Atomic uint32_t outstanding; /* the client's end waits for 0 */
    uint32_t last_sequence;    /* the reading thread's: of the last CMD_SUBMIT */
    struct usbip_early {       /* the reading thread's: unlinks that came before what they unlink; 0: free */
        uint32_t unlink, victim;
    } early[USBIP_EARLY];
};

/* A client may have unconfigured the device: then NULL. It lasts as long as the device. */
const struct usb_config *usbip_export_config(struct usb_device *device);
/* All interfaces or none: who imports has the device alone. */
int usbip_export_claim(struct usb_device *device, const struct usb_config *config);
void usbip_export_unclaim(struct usb_device *device);
/* Reads one request and begins it. 0, or -errno: the connection is of no use any more. The client's thread. */
int usbip_export_take(struct usbip_client *client);
/* Cancels all transfers and waits for their end. */
void usbip_export_end(struct usbip_client *client);

#endif
