/* SPDX-License-Identifier: MIT */
/* The bytes of a capture: pcapng (section, one interface of link type 220, enhanced packet blocks)
 * around the header that the Linux kernel's usbmon puts before each event. Pure functions,
 * little-endian whatever the machine; capture.c writes them. */
#ifndef USB_CAPTURE_WIRE_H
#define USB_CAPTURE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "usb/urb.h"

enum {
    CAPTURE_BEGIN_BYTES = 28 + 32, /* the section's and the interface's block */
    CAPTURE_HEAD_BYTES = 28 + 64,  /* of an event: block header, usbmon header */
    CAPTURE_PACKET_BYTES = 16,     /* each isochronous packet's descriptor follows, then the data */
    CAPTURE_TAIL_MAX = 3 + 4,      /* padding, length again */
    CAPTURE_PACKETS_MAX = 4096,
    CAPTURE_BYTES_MAX = 262144, /* what readers take as one packet, usbmon header included */
};

struct capture_event {
    uint64_t id;      /* submit and complete of a URB have the same */
    uint64_t time_ns; /* since 1970 */
    bool is_complete; /* else submit */
    bool has_data;    /* data goes in this event's direction, even if there is none */
    uint8_t transfer; /* enum usb_transfer */
    uint8_t endpoint; /* bit 7: IN */
    uint8_t address;
    uint16_t bus;
    bool has_setup;
    struct usb_setup setup;
    int32_t status;
    uint32_t length;       /* submit: asked for; complete: moved */
    uint32_t data_bytes;   /* captured: capture_fit made them fit */
    uint32_t packet_count; /* isochronous: all */
    uint32_t packet_kept;  /* captured descriptors */
    uint32_t error_count;
    uint32_t interval; /* in frames, from high speed on in microframes */
    uint32_t start_frame;
    uint32_t flags; /* as Linux has them */
};

/* Cuts packet_kept and data_bytes to what a reader takes. */
void capture_fit(struct capture_event *event);
void capture_begin(uint8_t out[CAPTURE_BEGIN_BYTES]);
void capture_head(uint8_t out[CAPTURE_HEAD_BYTES], const struct capture_event *event);
void capture_packet(uint8_t out[CAPTURE_PACKET_BYTES], const struct urb_packet *packet,
                    bool is_complete);
/* Bytes written: what follows the data. */
uint32_t capture_tail(uint8_t out[CAPTURE_TAIL_MAX], const struct capture_event *event);

#endif
