/* SPDX-License-Identifier: MIT */
/* A device model: what a virtual device does behind the wire. The virtual host answers the standard requests (descriptors,
 * configuration, settings, features, Microsoft OS descriptors) from the description; the model moves the data and answers its class and
 * vendor requests.
 *
 * All functions of one device are called under that device's lock: one at a time, on any thread, perhaps a caller's. They
 * must not block and must not submit URBs. usb_model_ready may be called anywhere, inside them too.
 */
#ifndef USB_MODEL_H
#define USB_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "usb/descriptor.h"
#include "usb/urb.h"

struct virtual_device;

enum { USB_MODEL_STRINGS = 8 };

/* What the device is at one speed. Memory stays the model's and as it is while the device exists. */
struct usb_model_description {
    const uint8_t *device; /* 18 bytes */
    const uint8_t *config; /* one configuration with all that follows it */
    uint16_t config_length;
    const char *strings[USB_MODEL_STRINGS]; /* UTF-8, by index from 1; [0] is not used */
    const char *guid;       /* "{...}": Microsoft OS descriptors with WINUSB and this DeviceInterfaceGUIDs; NULL: none */
    uint8_t os_vendor_code; /* bMS_VendorCode for them */
    bool os_1_0;            /* answers string 0xEE (version 1.0) instead of a BOS platform capability (2.0) */
};

/* One isochronous packet that a model recorded. */
struct usb_model_packet {
    uint64_t microframe;
    uint32_t length;
    uint8_t endpoint;
};

struct usb_model {
    const char *name;

    /* *state is the model's; `options` is what followed its name ("key=value,key=value"; see usb_model_option). 0 or -errno. */
    int (*create)(struct virtual_device *device, const void *context, const char *options, void **state);
    void (*destroy)(void *state);
    /* 0, or -EOPNOTSUPP: does not exist at this speed. Called once, after create. */
    int (*describe)(void *state, enum usb_speed speed, struct usb_model_description *description);

    /* Each may be NULL. Bus reset and plugging; SET_CONFIGURATION; SET_INTERFACE; the bus stands still for it, or goes on. */
    void (*reset)(void *state);
    void (*configured)(void *state, uint8_t value);
    void (*selected)(void *state, uint8_t interface, uint8_t setting);
    void (*suspended)(void *state, bool is_suspended);

    /* Class and vendor requests, and standard ones that the host does not know. `data` has setup->length bytes: given for OUT, to be
     * filled for IN. Bytes moved (0..length), or -EPIPE: stall. NULL: all stall. */
    int (*control)(void *state, const struct usb_setup *setup, void *data);

    /* Bulk and interrupt IN: writes at most `room` bytes and returns how many the device sends: whole packets, the last
     * may be short (then it ends the transfer; 0 is an empty packet). More than `room`: babble. -EAGAIN: NAK until
     * usb_model_ready; -EPIPE: stall. */
    int64_t (*in)(void *state, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room);
    /* OUT: takes whole packets from the front, or all of it (the last may be short; length 0: an empty packet). Bytes taken,
     * -EAGAIN or -EPIPE. */
    int64_t (*out)(void *state, uint8_t endpoint, uint16_t stream, const void *data, uint32_t length);

    /* Isochronous: one packet in its microframe. in: bytes sent (at most `room`). */
    uint32_t (*isoch_in)(void *state, uint8_t endpoint, uint64_t microframe, void *buffer, uint32_t room);
    void (*isoch_out)(void *state, uint8_t endpoint, uint64_t microframe, const void *data, uint32_t length);

    /* What was recorded: packet number `index` (from 0, since the last clear), at most `room` bytes of it. -ENOENT: not there
     * yet, or no more; NULL: records nothing. */
    int (*record)(void *state, uint32_t index, struct usb_model_packet *packet, void *buffer, uint32_t room);
};

/* The endpoint may move data (again): who has URBs waiting on it is served. Any thread, also inside the functions above. */
void usb_model_ready(struct virtual_device *device, uint8_t endpoint);

/* The device pulls its own plug and comes back, as boards do that get new firmware. Only inside the functions above. */
void usb_model_replug(struct virtual_device *device);

/* The value of `key` in "key=value,key=value", copied to `value`; false: not there or longer than `size`. */
bool usb_model_option(const char *options, const char *key, char *value, uint32_t size);

/* The speed it is plugged in at; fixed. Packet sizes follow from it. */
enum usb_speed usb_model_speed(const struct virtual_device *device);

extern const struct usb_model usb_model_mutt, usb_model_fx2, usb_model_audio;

#endif
