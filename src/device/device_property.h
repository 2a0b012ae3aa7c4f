/* SPDX-License-Identifier: MIT */
/* What is known of a device under the names that Windows has for it: one table serves SetupDi and CM, keys and registry
 * properties. */
#ifndef DEVICE_DEVICE_PROPERTY_H
#define DEVICE_DEVICE_PROPERTY_H

#include <stdbool.h>
#include <uchar.h>

#include "devpropdef.h"
#include "drivers/usb_node.h"
#include "windows.h"

enum { PROPERTY_UNITS = 1024, DEVINST_ROOT = 1 };
#define ROOT_INSTANCE_ID "HTREE\\ROOT\\0"

struct property_value {
    DEVPROPTYPE type;
    uint32_t size; /* bytes in `data` */
    union {
        char16_t units[PROPERTY_UNITS];
        uint32_t number;
        GUID guid;
        DEVPROP_BOOLEAN truth;
        uint8_t data[PROPERTY_UNITS * 2];
    };
};

/* false: the device has no such property. */
bool device_property_get(const struct usb_node *node, const DEVPROPKEY *key, struct property_value *value);

/* The same by SPDRP number, as the registry has it: *registry_type is REG_*, GUIDs may be text. */
bool device_property_registry(const struct usb_node *node, uint32_t spdrp, struct property_value *value,
                              uint32_t *registry_type);

/* A property of one of its interfaces. */
bool interface_property_get(const struct usb_node_interface *interface, const DEVPROPKEY *key,
                            struct property_value *value);

/* The n-th key of the table; false behind the last. */
bool device_property_key(uint32_t index, DEVPROPKEY *key);

/* Turns a string or list of strings into bytes of UTF-8. */
void property_to_ansi(struct property_value *value);

void device_class(const struct usb_node *node, GUID *guid, const char **name);
uint32_t device_status(const struct usb_node *node, uint32_t *problem);

/* Text of UTF-8 in UTF-16 with its NUL, cut to `capacity` units; the units that it has with the NUL. */
size_t device_text_widen(char16_t *to, size_t capacity, const char *text);
/* UTF-16 from a program, with its NUL; false: longer than `capacity`. */
bool device_text_narrow(char *to, size_t capacity, const char16_t *text);

/* The interface's path without the prefix; from `path` with or without it. */
const char *path_bare(const char *path);

/* The registered interface with that path (any case), its node referenced; NULL. */
struct usb_node_interface *interface_by_path(const char *path);

#endif
