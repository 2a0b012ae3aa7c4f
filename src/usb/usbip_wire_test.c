/* SPDX-License-Identifier: MIT */
/* The USB/IP messages: what is encoded is decoded again, bytes stand where the protocol says, and nonsense is refused. */
#include "usb/usbip_wire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    failures += !good;
    printf("%sok %u - %s # line %d\n", good ? "" : "not ", checks, text, line);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

static void operations(void)
{
    uint8_t bytes[USBIP_OP_HEADER];
    struct usbip_op_header in = {.version = USBIP_VERSION, .code = USBIP_OP_REQ_IMPORT, .status = USBIP_OP_IN_USE}, out;
    usbip_op_encode(bytes, &in);
    static const uint8_t wire[USBIP_OP_HEADER] = {0x01, 0x11, 0x80, 0x03, 0, 0, 0, 2};
    CHECK(memcmp(bytes, wire, sizeof wire) == 0);
    CHECK(usbip_op_decode(bytes, &out) == 0 && out.code == in.code && out.status == in.status);
    bytes[1] = 0x12;
    CHECK(usbip_op_decode(bytes, &out) == -EPROTO);
}

static void devices(void)
{
    uint8_t bytes[USBIP_DEVICE];
    struct usbip_device in = {.path = "/sys/x", .busid = "1-1.2", .bus = 3, .address = 9, .speed = USB_SPEED_SUPER, .vendor = 0x1209,
                              .product = 0xabcd, .device_version = 0x0100, .class = 1, .subclass = 2, .protocol = 3,
                              .configuration = 1, .configuration_count = 2, .interface_count = 4}, out;
    usbip_device_encode(bytes, &in);
    CHECK(bytes[299] == 5 && bytes[300] == 0x12 && bytes[311] == 4);
    CHECK(usbip_device_decode(bytes, &out) == 0 && memcmp(&in, &out, sizeof in) == 0);
    memset(bytes, 'x', sizeof bytes); /* text without an end, an unknown speed */
    CHECK(usbip_device_decode(bytes, &out) == -EPROTO && strlen(out.busid) == USBIP_BUSID - 1);
}

static void pdus(void)
{
    uint8_t bytes[USBIP_HEADER];
    struct usbip_pdu out, in = {.command = USBIP_CMD_SUBMIT, .sequence = 7, .devid = 0x10002, .in = true, .endpoint = 1,
                                .flags = USBIP_DIR_IN, .length = 64, .interval = 8, .setup = {0x80, 6, 0, 1, 0, 0, 64, 0}};
    usbip_pdu_encode(bytes, &in);
    CHECK(bytes[3] == 1 && bytes[7] == 7 && bytes[15] == 1 && bytes[19] == 1 && bytes[27] == 64 && bytes[40] == 0x80);
    CHECK(usbip_pdu_decode(bytes, 4096, &out) == 0 && memcmp(&in, &out, sizeof in) == 0);
    CHECK(usbip_pdu_decode(bytes, 63, &out) == -EPROTO);
    memset(bytes + 32, 0xff, 4); /* number_of_packets as the written protocol says for others than isochronous */
    CHECK(usbip_pdu_decode(bytes, 4096, &out) == 0 && usbip_packet_count(&out) == 0);
    memset(bytes + 32, 0, 4);
    bytes[34] = 0x10; /* 4096 packets */
    CHECK(usbip_pdu_decode(bytes, 4096, &out) == -EPROTO);
    bytes[34] = 0;
    bytes[19] = 16;
    CHECK(usbip_pdu_decode(bytes, 4096, &out) == -EPROTO);
    in = (struct usbip_pdu){.command = USBIP_RET_SUBMIT, .sequence = 8, .status = -32, .length = 5, .start_frame = 1000,
                            .packet_count = 3, .error_count = 1};
    usbip_pdu_encode(bytes, &in);
    CHECK(usbip_pdu_decode(bytes, 4096, &out) == 0 && memcmp(&in, &out, sizeof in) == 0);
    in = (struct usbip_pdu){.command = USBIP_CMD_UNLINK, .sequence = 9, .devid = 1, .unlink = 7};
    usbip_pdu_encode(bytes, &in);
    CHECK(usbip_pdu_decode(bytes, 0, &out) == 0 && out.unlink == 7);
    in = (struct usbip_pdu){.command = USBIP_RET_UNLINK, .sequence = 9, .status = -104};
    usbip_pdu_encode(bytes, &in);
    CHECK(usbip_pdu_decode(bytes, 0, &out) == 0 && out.status == -104);
    bytes[3] = 9;
    CHECK(usbip_pdu_decode(bytes, 0, &out) == -EPROTO);
}

static void packets(void)
{
    uint8_t wire[3 * USBIP_PACKET];
    struct urb_packet out[3], in[3] = {{.offset = 0, .length = 4, .actual = 2}, {.offset = 4, .length = 4, .actual = 0, .status = -18},
                                       {.offset = 8, .length = 4, .actual = 3}};
    usbip_packets_encode(wire, in, 3, 0);
    CHECK(usbip_packets_decode(wire, out, 3, 12) == 0 && memcmp(in, out, sizeof in) == 0);
    CHECK(usbip_packets_decode(wire, out, 3, 11) == -EPROTO);
    uint8_t buffer[12] = "ab..cdefghij", packed[12] = {0};
    CHECK(usbip_pack(packed, buffer, in, 3) == 5 && memcmp(packed, "abghi", 5) == 0);
    memset(packed + 5, '-', 7);
    CHECK(usbip_unpack(packed, 5, in, 3) == 0 && memcmp(packed, "ab", 2) == 0 && memcmp(packed + 8, "ghi", 3) == 0);
    CHECK(usbip_unpack(packed, 6, in, 3) == -EPROTO);
    wire[11] = 5; /* actual above length */
    CHECK(usbip_packets_decode(wire, out, 3, 12) == -EPROTO);
    wire[11] = 2;
    wire[USBIP_PACKET + 3] = 3; /* overlaps the first */
    CHECK(usbip_packets_decode(wire, out, 3, 12) == -EPROTO);
}

int main(void)
{
    operations();
    devices();
    pdus();
    packets();
    printf("1..%u\n", checks);
    return failures != 0;
}
