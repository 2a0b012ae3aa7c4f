/* SPDX-License-Identifier: MIT */
/* A hostile client against the USB/IP server with the virtual test device behind it. The input is a
 * program: transfers, unlinks and plain bytes, sent after an import (or without one); then the
 * client goes. The server must survive and be free again. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "usb/device.h"
#include "usb/usbip_server.h"
#include "usb/usbip_wire.h"
#include "usb/virtual.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SENT_MAX = 256 << 10, DATA_MAX = 2048, PACKETS_MAX = 16 };

struct input {
    const uint8_t *data;
    size_t left;
};

static uint8_t bytes[SENT_MAX];
static size_t used;

static uint32_t take(struct input *input, uint32_t count)
{
    uint32_t value = 0;
    for (; count > 0 && input->left > 0; count--, input->left--)
        value = value << 8 | *input->data++;
    return value;
}

static void put(const void *from, size_t size)
{
    if (used + size <= SENT_MAX) {
        memcpy(bytes + used, from, size);
        used += size;
    }
}

static void put_data(struct input *input, size_t size)
{
    static uint8_t data[DATA_MAX];
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i < 16 ? take(input, 1) : i);
    put(data, size);
}

static void submit(struct input *input, uint32_t sequence, uint32_t devid)
{
    static const uint8_t endpoints[] = {0, 1, 2, 3};
    uint32_t choice = take(input, 1);
    struct usbip_pdu pdu = {.command = USBIP_CMD_SUBMIT,
                            .sequence = sequence,
                            .devid = devid,
                            .in = choice & 1,
                            .endpoint = choice & 0x80 ? take(input, 1) : endpoints[choice >> 1 & 3],
                            .flags = take(input, 2),
                            .length = take(input, 2) % DATA_MAX,
                            .start_frame = take(input, 1),
                            .interval = 1};
    if (choice & 0x40)
        pdu.packet_count = take(input, 1) % PACKETS_MAX;
    for (int i = 0; i < 8 && pdu.endpoint == 0; i++)
        pdu.setup[i] = (uint8_t)take(input, 1);
    uint8_t head[USBIP_HEADER];
    usbip_pdu_encode(head, &pdu);
    put(head, sizeof head);
    if (!pdu.in)
        put_data(input, pdu.length);
    for (uint32_t i = 0; i < pdu.packet_count; i++) {
        uint8_t out[USBIP_PACKET];
        uint32_t step = pdu.length / pdu.packet_count;
        struct urb_packet packet = {.offset = i * step,
                                    .length = choice & 0x20 ? take(input, 2) : step};
        usbip_packets_encode(out, &packet, 1, 0);
        put(out, sizeof out);
    }
}

static void unlink_one(struct input *input, uint32_t sequence, uint32_t devid)
{
    uint8_t head[USBIP_HEADER];
    struct usbip_pdu pdu = {.command = USBIP_CMD_UNLINK,
                            .sequence = sequence,
                            .devid = devid,
                            .unlink = take(input, 1)};
    usbip_pdu_encode(head, &pdu);
    put(head, sizeof head);
}

static void program_make(struct input *input)
{
    used = 0;
    for (uint32_t sequence = 1; input->left > 0; sequence++) {
        uint32_t what = take(input, 1);
        if (what < 0xa0)
            submit(input, sequence, 0x5a0001);
        else if (what < 0xf0)
            unlink_one(input, sequence, 0x5a0001);
        else
            put_data(input, what & 15);
    }
}

/* ---- The connection -------------------------------------------------------------------------- */

static uint16_t port;
static char busid[USBIP_BUSID];

static void server_start(void)
{
    struct virtual_device *device;
    struct usbip_server *server;
    if (usb_virtual_attach(usb_virtual_model("mutt"), NULL, "speed=super", &device) != 0 ||
        usbip_serve(NULL, 0, &server, &port) != 0)
        abort();
    struct usb_device *usb = usb_virtual_device(device);
    memcpy(busid, usb->id.path, USBIP_BUSID - 1);
    usb_device_dereference(usb);
}

static int connect_to(void)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct linger now = {1, 0}; /* or the loopback would run out of ports */
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        abort();
    return fd;
}

/* A connection with the device imported. The server gives it back after the last client's end has
 * been seen: until then it is busy. */
static int import(void)
{
    for (;;) {
        uint8_t request[USBIP_OP_HEADER + USBIP_BUSID] = {0}, answer[USBIP_OP_HEADER];
        struct usbip_op_header header = {.version = USBIP_VERSION, .code = USBIP_OP_REQ_IMPORT};
        int fd = connect_to();
        usbip_op_encode(request, &header);
        memcpy(request + USBIP_OP_HEADER, busid, USBIP_BUSID);
        if (send(fd, request, sizeof request, MSG_NOSIGNAL) != (ssize_t)sizeof request ||
            recv(fd, answer, sizeof answer, MSG_WAITALL) != (ssize_t)sizeof answer ||
            usbip_op_decode(answer, &header) != 0)
            abort();
        if (header.status == USBIP_OP_OK)
            return fd;
        if (header.status != USBIP_OP_IN_USE)
            abort();
        close(fd);
    }
}

/* Sends it all while answers are read, and waits for the server's end. */
static void talk(int fd)
{
    uint8_t waste[65536];
    for (size_t sent = 0; sent < used;) {
        ssize_t done = send(fd, bytes + sent, used - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done > 0)
            sent += (size_t)done;
        else if (done < 0 && errno != EAGAIN)
            break;
        ssize_t got = recv(fd, waste, sizeof waste, done > 0 ? MSG_DONTWAIT : 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
    }
    shutdown(fd, SHUT_WR);
    while (recv(fd, waste, sizeof waste, 0) > 0)
        ;
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (port == 0)
        server_start();
    if (size == 0)
        return 0;
    struct input input = {data + 1, size - 1};
    if (data[0] & 0x80) {
        talk((used = 0, put(data + 1, size - 1), connect_to()));
    } else {
        program_make(&input);
        talk(import());
    }
    return 0;
}
