/* SPDX-License-Identifier: MIT */
/* usb_node.c's own: from a device that arrived to its nodes, before anybody sees them. */
#ifndef DRIVERS_USB_NODE_MAKE_H
#define DRIVERS_USB_NODE_MAKE_H

#include "drivers/usb_node.h"
#include "drivers/usb_osdesc.h"

/* A function of a composite device: an interface, or those of an association. */
struct usb_function {
    uint8_t first, count, class, subclass, protocol, string;
};

/* What was read of a device to make its nodes. */
struct usb_shape {
    struct usb_function functions[USB_INTERFACES_MAX];
    uint32_t function_count;
    uint8_t interface_count;
    bool is_composite;
    struct usb_bos_info bos;
    struct usb_os_info os;
};

/* Opens the device, reads its shape and closes it. What cannot be read is left empty. Blocks. */
void usb_shape_read(struct usb_device *device, struct usb_shape *shape);

/* Finds the functions in a configuration descriptor. Pure. */
void usb_shape_parse(const void *config, size_t length, struct usb_shape *shape);

/* A node with one reference; parent NULL: the device's own, else that of functions[index]. NULL: no
 * memory. */
struct usb_node *usb_node_make(struct usb_device *device, const struct usb_shape *shape,
                               struct usb_node *parent, uint32_t index);

#endif
