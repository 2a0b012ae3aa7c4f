/* SPDX-License-Identifier: MIT */
/* Device information sets: what an HDEVINFO is. All sets share one lock, taken by setup_set_hold: calls on them are
 * rare and short. */
#ifndef DEVICE_SETUP_SET_H
#define DEVICE_SETUP_SET_H

#include "base/list.h"
#include "device/device_property.h"
#include "setupapi.h"

struct setup_interface {
    struct usb_node *node; /* referenced */
    struct usb_node_interface *interface;
};

struct setup_set {
    struct list link;
    GUID class_guid;
    struct usb_node **nodes; /* referenced; a device's DevInst is its number, Reserved its place plus one */
    uint32_t node_count;
    struct setup_interface *interfaces;
    uint32_t interface_count;
};

/* NULL: the last error is set. */
struct setup_set *setup_set_new(const GUID *class_guid);

/* The set behind the handle, until setup_set_release; NULL: ERROR_INVALID_HANDLE is set. */
struct setup_set *setup_set_hold(HDEVINFO handle);
void setup_set_release(void);

/* Adds (once); the place, or -1: no memory. */
int32_t setup_set_add(struct setup_set *set, struct usb_node *node);
int32_t setup_set_add_interface(struct setup_set *set, struct usb_node_interface *interface);

/* The device that the program's structure means; NULL: the last error is set (ERROR_INVALID_PARAMETER). */
struct usb_node *setup_set_node(struct setup_set *set, const SP_DEVINFO_DATA *data);
struct setup_interface *setup_set_interface(struct setup_set *set, const SP_DEVICE_INTERFACE_DATA *data);

/* Fill the program's structure, whose cbSize is right. */
void setup_set_describe(const struct setup_set *set, uint32_t place, SP_DEVINFO_DATA *data);
void setup_set_describe_interface(const struct setup_set *set, uint32_t place, SP_DEVICE_INTERFACE_DATA *data);

/* FALSE with the last error set. */
BOOL setup_fail(DWORD error);

/* Ends a call on a held set. */
static inline BOOL setup_end(DWORD error)
{
    setup_set_release();
    return error == ERROR_SUCCESS || setup_fail(error);
}

#endif
