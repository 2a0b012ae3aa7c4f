/* SPDX-License-Identifier: MIT */
/* The blocks of a capture file and the usbmon header in them. */
#include "usb/capture_wire.h"

#include <errno.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    LINKTYPE_USB_LINUX_MMAPPED = 220,
    OPTION_TIME_RESOLUTION = 9,
    USBMON_BYTES = 64,
};

static uint8_t *put16(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
    return out + 2;
}

static uint8_t *put32(uint8_t *out, uint32_t value)
{
    return put16(put16(out, value), value >> 16);
}

static uint8_t *put64(uint8_t *out, uint64_t value)
{
    return put32(put32(out, (uint32_t)value), (uint32_t)(value >> 32));
}

void capture_begin(uint8_t out[CAPTURE_BEGIN_BYTES])
{
    out = put32(out, BLOCK_SECTION);
    out = put32(out, 28);
    out = put32(out, BYTE_ORDER_MAGIC);
    out = put16(put16(out, 1), 0); /* version 1.0 */
    out = put64(out, UINT64_MAX);  /* the section's length is not known */
    out = put32(out, 28);
    out = put32(out, BLOCK_INTERFACE);
    out = put32(out, 32);
    out = put16(put16(out, LINKTYPE_USB_LINUX_MMAPPED), 0);
    out = put32(out, CAPTURE_BYTES_MAX);
    out = put16(put16(out, OPTION_TIME_RESOLUTION), 1);
    out = put32(out, 9); /* nanoseconds, and three bytes of padding */
    out = put32(out, 0); /* no more options */
    put32(out, 32);
}

void capture_fit(struct capture_event *event)
{
    event->packet_kept =
        event->packet_count < CAPTURE_PACKETS_MAX ? event->packet_count : CAPTURE_PACKETS_MAX;
    uint32_t room = CAPTURE_BYTES_MAX - USBMON_BYTES - event->packet_kept * CAPTURE_PACKET_BYTES;
    if (event->data_bytes > room)
        event->data_bytes = room;
}

static uint32_t captured(const struct capture_event *event)
{
    return USBMON_BYTES + event->packet_kept * CAPTURE_PACKET_BYTES + event->data_bytes;
}

static uint32_t padding(const struct capture_event *event)
{
    return -captured(event) & 3;
}

static uint32_t block_bytes(const struct capture_event *event)
{
    return 28 + captured(event) + padding(event) + 4;
}

/* What the event would have without the cut: descriptors and data, for the packet's original
 * length. */
static uint32_t original(const struct capture_event *event)
{
    uint64_t bytes =
        USBMON_BYTES + (uint64_t)event->packet_count * CAPTURE_PACKET_BYTES +
        (event->has_data && event->length > event->data_bytes ? event->length : event->data_bytes);
    return bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

/* usbmon numbers the kinds in its own way: isochronous, interrupt, control, bulk. */
static uint8_t usbmon_kind(uint8_t transfer)
{
    static const uint8_t kinds[] = {
        [USB_CONTROL] = 2, [USB_ISOCH] = 0, [USB_BULK] = 3, [USB_INTERRUPT] = 1};
    return kinds[transfer & 3];
}

static uint8_t data_mark(const struct capture_event *event)
{
    if (event->has_data && event->data_bytes != 0)
        return 0;
    return event->endpoint & USB_ENDPOINT_IN ? '<' : '>';
}

static uint8_t *put_setup(uint8_t *out, const struct capture_event *event)
{
    if (event->has_setup) {
        *out++ = event->setup.type;
        *out++ = event->setup.request;
        return put16(put16(put16(out, event->setup.value), event->setup.index),
                     event->setup.length);
    }
    if (event->transfer == USB_ISOCH)
        return put32(put32(out, event->error_count), event->packet_count);
    return put64(out, 0);
}

void capture_head(uint8_t out[CAPTURE_HEAD_BYTES], const struct capture_event *event)
{
    out = put32(out, BLOCK_PACKET);
    out = put32(out, block_bytes(event));
    out = put32(out, 0); /* the interface */
    out = put32(out, (uint32_t)(event->time_ns >> 32));
    out = put32(out, (uint32_t)event->time_ns);
    out = put32(out, captured(event));
    out = put32(out, original(event));

    out = put64(out, event->id);
    *out++ = event->is_complete ? 'C' : 'S';
    *out++ = usbmon_kind(event->transfer);
    *out++ = event->endpoint;
    *out++ = event->address;
    out = put16(out, event->bus);
    *out++ = event->has_setup ? 0 : '-';
    *out++ = data_mark(event);
    out = put64(out, event->time_ns / 1000000000u);
    out = put32(out, (uint32_t)(event->time_ns % 1000000000u / 1000));
    out = put32(out, (uint32_t)(event->is_complete ? event->status : -EINPROGRESS));
    out = put32(out, event->length);
    out = put32(out, event->packet_kept * CAPTURE_PACKET_BYTES + event->data_bytes);
    out = put_setup(out, event);
    out = put32(out, event->interval);
    out = put32(out, event->start_frame);
    out = put32(out, event->flags);
    put32(out, event->packet_kept);
}

void capture_packet(uint8_t out[CAPTURE_PACKET_BYTES], const struct urb_packet *packet,
                    bool is_complete)
{
    out = put32(out, (uint32_t)(is_complete ? packet->status
                                            : -EXDEV)); /* so does Linux before it is done */
    out = put32(out, packet->offset);
    out = put32(out, is_complete ? packet->actual : packet->length);
    put32(out, 0);
}

uint32_t capture_tail(uint8_t out[CAPTURE_TAIL_MAX], const struct capture_event *event)
{
    uint32_t pad = padding(event);
    memset(out, 0, pad);
    put32(out + pad, block_bytes(event));
    return pad + 4;
}
