/* SPDX-License-Identifier: MIT */
/* USB/IP's messages; see usbip_wire.h. */
#include "usb/usbip_wire.h"

#include <errno.h>
#include <string.h>

enum { PACKETS_MAX = 1024, NOT_ISOCH = -1 };

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

/* ---- Operations ------------------------------------------------------------------------------------------------ */

void usbip_op_encode(uint8_t out[USBIP_OP_HEADER], const struct usbip_op_header *header)
{
    put16(out, header->version);
    put16(out + 2, header->code);
    put32(out + 4, header->status);
}

int usbip_op_decode(const uint8_t in[USBIP_OP_HEADER], struct usbip_op_header *header)
{
    *header = (struct usbip_op_header){.version = get16(in), .code = get16(in + 2), .status = get32(in + 4)};
    return header->version == USBIP_VERSION ? 0 : -EPROTO;
}

/* The Linux kernel's numbers of speeds. */
static const uint8_t speed_codes[] = {
    [USB_SPEED_UNKNOWN] = 0, [USB_SPEED_LOW] = 1, [USB_SPEED_FULL] = 2, [USB_SPEED_HIGH] = 3, [USB_SPEED_SUPER] = 5, [USB_SPEED_SUPER_PLUS] = 6};

static void copy_text(uint8_t *out, const char *text, size_t size)
{
    memset(out, 0, size);
    size_t length = strnlen(text, size - 1);
    memcpy(out, text, length);
}

void usbip_device_encode(uint8_t out[USBIP_DEVICE], const struct usbip_device *device)
{
    copy_text(out, device->path, 256);
    copy_text(out + 256, device->busid, USBIP_BUSID);
    put32(out + 288, device->bus);
    put32(out + 292, device->address);
    put32(out + 296, speed_codes[device->speed]);
    put16(out + 300, device->vendor);
    put16(out + 302, device->product);
    put16(out + 304, device->device_version);
    const uint8_t bytes[] = {device->class, device->subclass, device->protocol, device->configuration,
                             device->configuration_count, device->interface_count};
    memcpy(out + 306, bytes, sizeof bytes);
}

int usbip_device_decode(const uint8_t in[USBIP_DEVICE], struct usbip_device *device)
{
    *device = (struct usbip_device){.bus = get32(in + 288), .address = get32(in + 292), .vendor = get16(in + 300),
        .product = get16(in + 302), .device_version = get16(in + 304), .class = in[306], .subclass = in[307],
        .protocol = in[308], .configuration = in[309], .configuration_count = in[310], .interface_count = in[311]};
    memcpy(device->path, in, sizeof device->path - 1);
    memcpy(device->busid, in + 256, sizeof device->busid - 1);
    uint32_t code = get32(in + 296);
    for (unsigned i = 1; i < sizeof speed_codes; i++)
        if (speed_codes[i] == code)
            device->speed = (enum usb_speed)i;
    return device->speed == USB_SPEED_UNKNOWN ? -EPROTO : 0;
}

/* ---- PDUs ---------------------------------------------------------------------------------------------------------- */

void usbip_pdu_encode(uint8_t out[USBIP_HEADER], const struct usbip_pdu *pdu)
{
    memset(out, 0, USBIP_HEADER);
    put32(out, pdu->command);
    put32(out + 4, pdu->sequence);
    if (pdu->command == USBIP_CMD_SUBMIT || pdu->command == USBIP_CMD_UNLINK) {
        put32(out + 8, pdu->devid);
        put32(out + 12, pdu->in);
        put32(out + 16, pdu->endpoint);
    }
    switch (pdu->command) {
    case USBIP_CMD_SUBMIT:
        put32(out + 20, pdu->flags);
        put32(out + 24, pdu->length);
        put32(out + 28, pdu->start_frame);
        put32(out + 32, pdu->packet_count);
        put32(out + 36, pdu->interval);
        memcpy(out + 40, pdu->setup, 8);
        break;
    case USBIP_RET_SUBMIT:
        put32(out + 20, (uint32_t)pdu->status);
        put32(out + 24, pdu->length);
        put32(out + 28, pdu->start_frame);
        put32(out + 32, pdu->packet_count);
        put32(out + 36, pdu->error_count);
        break;
    case USBIP_CMD_UNLINK: put32(out + 20, pdu->unlink); break;
    default: put32(out + 20, (uint32_t)pdu->status); break;
    }
}

int usbip_pdu_decode(const uint8_t in[USBIP_HEADER], uint32_t max_length, struct usbip_pdu *pdu)
{
    *pdu = (struct usbip_pdu){.command = get32(in), .sequence = get32(in + 4), .devid = get32(in + 8),
                              .in = get32(in + 12) != 0, .endpoint = get32(in + 16)};
    if (pdu->endpoint > 15)
        return -EPROTO;
    switch (pdu->command) {
    case USBIP_CMD_SUBMIT:
        pdu->flags = get32(in + 20) & (USBIP_SHORT_NOT_OK | USBIP_ISO_ASAP | USBIP_ZERO_PACKET | USBIP_DIR_IN);
        pdu->length = get32(in + 24);
        pdu->start_frame = get32(in + 28);
        pdu->packet_count = get32(in + 32);
        pdu->interval = get32(in + 36);
        memcpy(pdu->setup, in + 40, 8);
        break;
    case USBIP_RET_SUBMIT:
        pdu->status = (int32_t)get32(in + 20);
        pdu->length = get32(in + 24);
        pdu->start_frame = get32(in + 28);
        pdu->packet_count = get32(in + 32);
        pdu->error_count = get32(in + 36);
        break;
    case USBIP_CMD_UNLINK: pdu->unlink = get32(in + 20); return 0;
    case USBIP_RET_UNLINK: pdu->status = (int32_t)get32(in + 20); return 0;
    default: return -EPROTO;
    }
    return pdu->length > max_length || usbip_packet_count(pdu) > PACKETS_MAX ? -EPROTO : 0;
}

uint32_t usbip_packet_count(const struct usbip_pdu *pdu)
{
    return pdu->packet_count == (uint32_t)NOT_ISOCH ? 0 : pdu->packet_count;
}

/* ---- Isochronous packets ------------------------------------------------------------------------------------------ */

void usbip_packets_encode(uint8_t *out, const struct urb_packet *packets, uint32_t count, uint32_t base)
{
    for (uint32_t i = 0; i < count; i++, out += USBIP_PACKET) {
        put32(out, packets[i].offset - base);
        put32(out + 4, packets[i].length);
        put32(out + 8, packets[i].actual);
        put32(out + 12, (uint32_t)packets[i].status);
    }
}

int usbip_packets_decode(const uint8_t *in, struct urb_packet *packets, uint32_t count, uint32_t length)
{
    for (uint32_t i = 0; i < count; i++, in += USBIP_PACKET) {
        packets[i] = (struct urb_packet){.offset = get32(in), .length = get32(in + 4), .actual = get32(in + 8),
                                         .status = (int32_t)get32(in + 12)};
        if (packets[i].offset > length || packets[i].length > length - packets[i].offset ||
            packets[i].actual > packets[i].length)
            return -EPROTO;
        if (i != 0 && packets[i].offset < packets[i - 1].offset + packets[i - 1].length)
            return -EPROTO; /* overlapping packets could not be unpacked */
    }
    return 0;
}

uint32_t usbip_pack(uint8_t *out, const uint8_t *buffer, const struct urb_packet *packets, uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        memcpy(out + at, buffer + packets[i].offset, packets[i].actual);
        at += packets[i].actual;
    }
    return at;
}

int usbip_unpack(uint8_t *buffer, uint32_t actual, const struct urb_packet *packets, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += packets[i].actual;
    if (sum != actual)
        return -EPROTO;
    for (uint32_t i = count; i-- != 0;) {
        actual -= packets[i].actual;
        memmove(buffer + packets[i].offset, buffer + actual, packets[i].actual);
    }
    return 0;
}

/* ---- Setup packets -------------------------------------------------------------------------------------------------- */

void usbip_setup_encode(uint8_t out[8], const struct usb_setup *setup)
{
    const uint8_t bytes[8] = {setup->type, setup->request, (uint8_t)setup->value, (uint8_t)(setup->value >> 8),
                              (uint8_t)setup->index, (uint8_t)(setup->index >> 8), (uint8_t)setup->length,
                              (uint8_t)(setup->length >> 8)};
    memcpy(out, bytes, sizeof bytes);
}

struct usb_setup usbip_setup_decode(const uint8_t in[8])
{
    return (struct usb_setup){.type = in[0], .request = in[1], .value = (uint16_t)(in[2] | in[3] << 8),
                              .index = (uint16_t)(in[4] | in[5] << 8), .length = (uint16_t)(in[6] | in[7] << 8)};
}
