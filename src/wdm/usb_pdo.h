/* SPDX-License-Identifier: MIT */
/* The physical device object of a USB function: the bottom of a driver's stack, where URBs, port controls, plug-and-play and power
 * requests arrive and become calls of the usb core. The PnP manager makes one for each node that a driver gets. */
#ifndef WDM_USB_PDO_H
#define WDM_USB_PDO_H

#include "drivers/usb_node.h"
#include "ntddk.h"

/* References the node. NULL: no memory. The device answers once IRP_MN_START_DEVICE has opened it. */
DEVICE_OBJECT *usb_pdo_create(struct usb_node *node);

/* After IRP_MN_REMOVE_DEVICE; waits for requests that are on their way up. PASSIVE_LEVEL, not on the DPC thread. */
void usb_pdo_delete(DEVICE_OBJECT *pdo);

/* The node behind a PDO or behind a device attached above one; NULL: no USB device's stack. */
struct usb_node *usb_pdo_node(DEVICE_OBJECT *device);

/* Waits until the requests on a pipe that are there now have ended and their completion routines have returned. PASSIVE_LEVEL, not in such
 * a routine. */
void usb_pdo_pipe_drain(DEVICE_OBJECT *device, void *pipe_handle);

#endif
