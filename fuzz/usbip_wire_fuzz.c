/* SPDX-License-Identifier: MIT */
/* USB/IP's decoders on any bytes: what they accept stays within the limits that they were given,
 * and comes out of the encoder as it went in; packed isochronous data never leave their buffer. */
#include <stdlib.h>
#include <string.h>

#include "usb/usbip_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LENGTH_MAX = 65536, PACKETS_MAX = 64, ROOM = 4096 };

static void pdu_check(const uint8_t *data)
{
    struct usbip_pdu pdu, again;
    uint8_t out[USBIP_HEADER];
    if (usbip_pdu_decode(data, LENGTH_MAX, &pdu) != 0)
        return;
    if (pdu.endpoint > 15 || usbip_packet_count(&pdu) > 1024)
        abort();
    bool has_length = pdu.command == USBIP_CMD_SUBMIT || pdu.command == USBIP_RET_SUBMIT;
    if (has_length && pdu.length > LENGTH_MAX)
        abort();
    usbip_pdu_encode(out, &pdu);
    if (usbip_pdu_decode(out, LENGTH_MAX, &again) != 0 || again.command != pdu.command ||
        again.sequence != pdu.sequence || (has_length && again.length != pdu.length))
        abort();
}

/* Descriptors that are accepted, as an IN transfer's answer is spread. */
static void packets_check(const uint8_t *data, size_t size)
{
    struct urb_packet packets[PACKETS_MAX];
    uint8_t *buffer = malloc(ROOM), *packed = malloc(ROOM * PACKETS_MAX);
    uint32_t count =
                 (uint32_t)(size / USBIP_PACKET < PACKETS_MAX ? size / USBIP_PACKET : PACKETS_MAX),
             actual = 0;
    if (buffer != NULL && packed != NULL && usbip_packets_decode(data, packets, count, ROOM) == 0) {
        bool in_order = true;
        uint64_t at = 0;
        for (uint32_t i = 0; i < count; i++) {
            if ((uint64_t)packets[i].offset + packets[i].length > ROOM ||
                packets[i].actual > packets[i].length)
                abort();
            in_order &= packets[i].offset >= at;
            at = (uint64_t)packets[i].offset + packets[i].length;
            actual += packets[i].actual;
        }
        if (in_order) { /* as the core has them */
            memset(buffer, 7, ROOM);
            if (usbip_unpack(buffer, actual, packets, count) != 0 ||
                usbip_pack(packed, buffer, packets, count) != actual)
                abort();
            if (usbip_unpack(buffer, actual + 1, packets, count) == 0)
                abort();
        }
    }
    free(buffer);
    free(packed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct usbip_op_header header;
    struct usbip_device device;
    if (size >= USBIP_OP_HEADER)
        usbip_op_decode(data, &header);
    if (size >= USBIP_DEVICE && usbip_device_decode(data, &device) == 0 &&
        (memchr(device.busid, 0, sizeof device.busid) == NULL ||
         memchr(device.path, 0, sizeof device.path) == NULL))
        abort();
    if (size >= USBIP_HEADER)
        pdu_check(data);
    packets_check(data, size);
    return 0;
}
