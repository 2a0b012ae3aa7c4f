/* SPDX-License-Identifier: MIT */
/* Microsoft OS descriptors, by which a device says that it wants WinUSB and under which GUIDs
 * programs look for it: version 2.0 (a descriptor set, announced by a BOS platform capability)
 * and 1.0 (string 0xEE, then two feature descriptors). Pure parsers of hostile input;
 * usb_node_make.c moves the bytes. */
#ifndef DRIVERS_USB_OSDESC_H
#define DRIVERS_USB_OSDESC_H

#include "drivers/usb_ids.h"

enum {
    USB_OSDESC_FUNCTIONS = 32,
    USB_OSDESC_GUIDS = 7,    /* one less than a node has */
    USB_OSDESC_20_INDEX = 7, /* wIndex of the vendor requests */
    USB_OSDESC_ID_INDEX = 4,
    USB_OSDESC_PROPERTIES_INDEX = 5,
    USB_OSDESC_STRING = 0xee,
};

/* What the registry says of idling, by properties of the device's own: DeviceIdleEnabled, DeviceIdleIgnoreWakeEnable,
 * DefaultIdleState, DefaultIdleTimeout. */
struct usb_idle {
    bool enabled, ignores_wake, state;
    uint32_t timeout_ms; /* 0: not said */
};

/* What is said of the device, or of the function that begins with an interface. */
struct usb_os_function {
    int32_t interface;                    /* -1: the device */
    char compatible[9], subcompatible[9]; /* "" */
    uint32_t guid_count;
    struct usb_guid guids[USB_OSDESC_GUIDS];
    struct usb_idle idle;
};

struct usb_os_info {
    uint32_t count;
    struct usb_os_function functions[USB_OSDESC_FUNCTIONS];
};

struct usb_bos_info {
    bool has_container, has_osdesc;
    struct usb_guid container;
    uint8_t vendor_code; /* of the request that reads the set */
    uint16_t set_length;
};

/* What the BOS descriptor says; what is malformed is as if it were not there. */
void usb_bos_parse(const void *bytes, size_t length, struct usb_bos_info *bos);

/* A 2.0 set. false: malformed; what was read before the bad place stays. */
bool usb_osdesc_parse_set(const void *bytes, size_t length, struct usb_os_info *info);

/* The string descriptor 0xEE: true, with the code of the vendor requests, where it is Microsoft's.
 */
bool usb_osdesc_parse_string(const void *bytes, size_t length, uint8_t *vendor_code);

/* The extended compat id descriptor: one entry for each function. A device that is no composite one
 * has one, which stands for it. */
bool usb_osdesc_parse_ids(const void *bytes, size_t length, bool is_composite,
                          struct usb_os_info *info);

/* The extended properties of `function`. */
bool usb_osdesc_parse_properties(const void *bytes, size_t length,
                                 struct usb_os_function *function);

/* The entry for that interface (-1: the device), or NULL; _make adds one (NULL: no room). */
const struct usb_os_function *usb_os_find(const struct usb_os_info *info, int32_t interface);
struct usb_os_function *usb_os_make(struct usb_os_info *info, int32_t interface);

#endif
