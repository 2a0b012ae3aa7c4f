/* SPDX-License-Identifier: MIT */
/* Descriptors as a device sends them, parsed and validated once for every host. Pure functions on buffers: no I/O,
 * nothing is trusted. What the rest of the stack knows of a device's shape it knows from here. */
#ifndef USB_DESCRIPTOR_H
#define USB_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum usb_speed { USB_SPEED_UNKNOWN, USB_SPEED_LOW, USB_SPEED_FULL, USB_SPEED_HIGH, USB_SPEED_SUPER, USB_SPEED_SUPER_PLUS };

/* As in bmAttributes of an endpoint; also the type of a URB. */
enum usb_transfer { USB_CONTROL, USB_ISOCH, USB_BULK, USB_INTERRUPT };

enum {
    USB_DT_DEVICE = 1,
    USB_DT_CONFIGURATION = 2,
    USB_DT_STRING = 3,
    USB_DT_INTERFACE = 4,
    USB_DT_ENDPOINT = 5,
    USB_DT_ASSOCIATION = 11,
    USB_DT_BOS = 15,
    USB_DT_COMPANION = 48,       /* SuperSpeed endpoint companion */
    USB_DT_ISOCH_COMPANION = 49, /* SuperSpeedPlus isochronous endpoint companion */
};

enum { USB_ENDPOINT_IN = 0x80 };
enum { USB_INTERFACES_MAX = 32, USB_ENDPOINTS_MAX = 30 };

/* An endpoint of one alternate setting, with what follows from speed and companion already worked out. */
struct usb_endpoint {
    uint8_t address;             /* bit 7: IN */
    uint8_t type;                /* enum usb_transfer */
    uint8_t interval;            /* raw bInterval */
    uint8_t attributes;          /* raw bmAttributes */
    uint16_t packet;             /* bytes of one packet (wMaxPacketSize bits 10..0) */
    uint8_t packets;             /* transactions a service interval: HS 1..3, SS burst x mult up to 48, else 1 */
    uint8_t streams_exponent;    /* bulk at SuperSpeed: 0 none, n: 2^n streams */
    uint32_t interval_bytes;     /* bytes a service interval: FS packet; HS packet x packets; SS wBytesPerInterval */
    uint32_t period_us;          /* isochronous and interrupt: microseconds between service intervals, else 0 */
    const uint8_t *descriptor;   /* in the configuration's bytes */
};

struct usb_alternate {
    uint8_t interface, setting, class, subclass, protocol, string;
    uint8_t endpoint_count;
    const struct usb_endpoint *endpoints;
    const uint8_t *descriptor; /* the interface descriptor, 9 bytes and what follows it */
};

/* A configuration, immutable once parsed. Alternates are in the descriptor's order. */
struct usb_config {
    const uint8_t *bytes; /* the whole descriptor, a copy */
    uint32_t length;
    uint8_t value;
    uint8_t attributes;   /* self powered 0x40, remote wake-up 0x20 */
    uint8_t interface_count;
    uint16_t alternate_count;
    const struct usb_alternate *alternates;
    struct usb_config *next; /* the device's: a list of earlier configurations */
};

struct usb_device_descriptor {
    uint16_t usb_version, vendor, product, device_version;
    uint8_t class, subclass, protocol, packet0, manufacturer_string, product_string, serial_string, configuration_count;
};

/* Each returns 0, or -EINVAL (-ENOMEM) with *reason a static text that names what is wrong. */
int usb_device_descriptor_parse(const void *bytes, size_t length, struct usb_device_descriptor *device, const char **reason);

/* Copies `bytes`. On success *config is the caller's, for usb_config_free. */
int usb_config_parse(const void *bytes, size_t length, enum usb_speed speed, struct usb_config **config,
                     const char **reason);
void usb_config_free(struct usb_config *config);

/* NULL where there is none. */
const struct usb_alternate *usb_config_alternate(const struct usb_config *config, uint8_t interface, uint8_t setting);
const struct usb_endpoint *usb_alternate_endpoint(const struct usb_alternate *alternate, uint8_t address);

/* The first descriptor of `type` at or after `from` (an offset), or NULL; never past `length`. */
const uint8_t *usb_descriptor_find(const void *bytes, size_t length, size_t from, uint8_t type);

/* Service intervals in a frame (1 ms): full speed 1; high and super speed 8, 4, 2, 1. 0: a period over one frame. */
uint32_t usb_endpoint_packets_per_frame(const struct usb_endpoint *endpoint);

/* Microframes from one service interval to the next (8 in a frame at full speed too); 0: not periodic. */
uint32_t usb_endpoint_period(const struct usb_endpoint *endpoint);

/* The text of a string descriptor (UTF-16LE behind two bytes) as UTF-8, terminated and cut to what fits (size > 0). */
void usb_string_to_utf8(const uint8_t *descriptor, size_t length, char *text, size_t size);

#endif
