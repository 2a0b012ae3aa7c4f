/* SPDX-License-Identifier: MIT */
/* The names that plug and play gives to a USB device and its functions, as Windows forms them. Pure
 * functions on buffers. A list of strings has one behind the other, each with its NUL, and an empty
 * one at the end. */
#ifndef DRIVERS_USB_IDS_H
#define DRIVERS_USB_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct usb_guid {
    uint8_t bytes[16]; /* as a GUID lies in memory */
};

enum { USB_GUID_TEXT = 39 }; /* {8-4-4-4-12} and the NUL */

struct usb_id_list {
    char *text;
    size_t capacity, used; /* `used` does not count the empty string at the end */
};

/* What the ids are made of. */
struct usb_id_source {
    uint16_t vendor, product, revision;
    int32_t function; /* the function's first interface (&MI_nn), or -1: the device itself */
    bool is_composite;
    uint8_t class, subclass, protocol;
    char compatible[9], subcompatible[9]; /* of the Microsoft OS descriptors ("WINUSB"), or "" */
};

void usb_id_list_init(struct usb_id_list *list, char *text, size_t capacity);
/* false: it does not fit, and nothing was added. */
bool usb_id_list_add(struct usb_id_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Whether one of the strings is `id`, ignoring case. */
bool usb_id_list_has(const char *list, const char *id);
/* Bytes of the list with the empty string at the end. */
size_t usb_id_list_size(const char *list);

bool usb_ids_hardware(const struct usb_id_source *source, char *text, size_t capacity);
bool usb_ids_compatible(const struct usb_id_source *source, char *text, size_t capacity);

/* Whether Windows would take it into an instance id: 0x21 to 0x7f, no comma; not empty. */
bool usb_serial_is_valid(const char *serial);

/* USB\VID_1209&PID_0001\SERIAL; without a valid serial number "5&hash&0&port" instead of it, the
 * hash from `location`. A function: USB\VID_1209&PID_0001&MI_01\6&hash&0&0001, the hash from the
 * device's own instance id, `serial`. */
bool usb_instance_id(const struct usb_id_source *source, const char *serial, const char *location,
                     uint32_t port, char *text, size_t capacity);

/* usb#vid_1209&pid_0001#serial#{guid}, without the prefix \\?\: lower case, # for each backslash.
 */
bool usb_interface_name(const char *instance_id, const struct usb_guid *guid, char *text,
                        size_t capacity);

/* A container id for a device that brings none: a hash of vendor, product, revision and serial
 * number (of the location where there is no serial number), marked as a custom UUID (version 8).
 * The same device has the same one on every host. */
void usb_container_id(const struct usb_id_source *source, const char *serial, const char *location,
                      struct usb_guid *guid);

/* {8-4-4-4-12}; braces may lack when parsing `length` bytes. */
void usb_guid_format(const struct usb_guid *guid, char text[static USB_GUID_TEXT]);
bool usb_guid_parse(const char *text, size_t length, struct usb_guid *guid);
bool usb_guid_equal(const struct usb_guid *one, const struct usb_guid *other);

#endif
