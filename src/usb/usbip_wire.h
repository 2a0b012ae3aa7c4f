/* SPDX-License-Identifier: MIT */
/* The USB/IP protocol on the wire (version 0x0111): pure functions between buffers and structures, no I/O. Everything is big-endian
 * but the eight setup bytes, which stay as on the bus. A peer may send anything: each decoder is given how many bytes there are and says
 * how many it took, and lengths that a peer names are only believed up to the caller's limits. */
#ifndef USB_USBIP_WIRE_H
#define USB_USBIP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "usb/urb.h"

enum {
    USBIP_VERSION = 0x0111,
    USBIP_PORT = 3240,
    USBIP_OP_HEADER = 8,
    USBIP_DEVICE = 312,
    USBIP_INTERFACE = 4,
    USBIP_BUSID = 32,
    USBIP_HEADER = 48,
    USBIP_PACKET = 16,
};

enum usbip_op {
    USBIP_OP_REQ_IMPORT = 0x8003,
    USBIP_OP_REP_IMPORT = 0x0003,
    USBIP_OP_REQ_DEVLIST = 0x8005,
    USBIP_OP_REP_DEVLIST = 0x0005,
};
enum usbip_op_status { USBIP_OP_OK, USBIP_OP_FAILED, USBIP_OP_IN_USE, USBIP_OP_ERROR, USBIP_OP_NO_DEVICE };

enum usbip_command { USBIP_CMD_SUBMIT = 1, USBIP_CMD_UNLINK = 2, USBIP_RET_SUBMIT = 3, USBIP_RET_UNLINK = 4 };

/* transfer_flags: the Linux kernel's URB values, masked to these. */
enum usbip_flag { USBIP_SHORT_NOT_OK = 0x1, USBIP_ISO_ASAP = 0x2, USBIP_ZERO_PACKET = 0x40, USBIP_DIR_IN = 0x200 };

struct usbip_op_header {
    uint16_t version, code;
    uint32_t status;
};

/* One exported device, as in the list and in the answer to an import. */
struct usbip_device {
    char path[256], busid[USBIP_BUSID];
    uint32_t bus, address;
    enum usb_speed speed;
    uint16_t vendor, product, device_version;
    uint8_t class, subclass, protocol, configuration, configuration_count, interface_count;
};

/* A PDU's header, all four commands. */
struct usbip_pdu {
    uint32_t command, sequence, devid;
    bool in;          /* commands only: answers carry zero */
    uint32_t endpoint; /* likewise */
    uint32_t flags;   /* CMD_SUBMIT */
    int32_t status;   /* RET_*: negative errno */
    uint32_t length;  /* CMD_SUBMIT: of the buffer; RET_SUBMIT: actual */
    uint32_t start_frame, packet_count, error_count, interval;
    uint8_t setup[8];
    uint32_t unlink;  /* CMD_UNLINK: the sequence to be taken back */
};

/* Encoders write exactly the constant's size; decoders read it and return 0 or -EPROTO. */
void usbip_op_encode(uint8_t out[USBIP_OP_HEADER], const struct usbip_op_header *header);
int usbip_op_decode(const uint8_t in[USBIP_OP_HEADER], struct usbip_op_header *header);
void usbip_device_encode(uint8_t out[USBIP_DEVICE], const struct usbip_device *device);
int usbip_device_decode(const uint8_t in[USBIP_DEVICE], struct usbip_device *device);
void usbip_pdu_encode(uint8_t out[USBIP_HEADER], const struct usbip_pdu *pdu);
/* -EPROTO: an unknown command, an endpoint above 15, or more than `max_length` bytes or 1024 packets. */
int usbip_pdu_decode(const uint8_t in[USBIP_HEADER], uint32_t max_length, struct usbip_pdu *pdu);

/* number_of_packets of a transfer that is not isochronous: both 0 and 0xffffffff are sent; 0 here. */
uint32_t usbip_packet_count(const struct usbip_pdu *pdu);

/* Isochronous descriptors: count x USBIP_PACKET bytes; offsets are told from `base` on. Decoding checks that each lies within `length` bytes and returns -EPROTO if not. */
void usbip_packets_encode(uint8_t *out, const struct urb_packet *packets, uint32_t count, uint32_t base);
int usbip_packets_decode(const uint8_t *in, struct urb_packet *packets, uint32_t count, uint32_t length);

/* Isochronous IN data travels packed: only what each packet received, one behind the other. Packing copies to `out` (returns the bytes);
 * unpacking spreads `actual` bytes at the buffer's beginning to the packets' offsets, from the last backwards. -EPROTO: the sum differs. */
uint32_t usbip_pack(uint8_t *out, const uint8_t *buffer, const struct urb_packet *packets, uint32_t count);
int usbip_unpack(uint8_t *buffer, uint32_t actual, const struct urb_packet *packets, uint32_t count);

void usbip_setup_encode(uint8_t out[8], const struct usb_setup *setup);
struct usb_setup usbip_setup_decode(const uint8_t in[8]);

#endif
