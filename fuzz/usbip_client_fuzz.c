/* SPDX-License-Identifier: MIT */
/* A hostile server against the USB/IP client. The input decides, answer by answer, what is wrong
 * with it: status, lengths, sequence numbers, packet descriptors, order, or the end of the
 * connection. Descriptors come from a device that would be right. Each transfer ends exactly once,
 * and nothing is left. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/futex.h"
#include "usb/device.h"
#include "usb/host.h"
#include "usb/hosts.h"
#include "usb/usbip_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATA_MAX = 65536, PACKETS = 16, URBS = 5, URB_BYTES = 2048 };

static const uint8_t device_descriptor[18] = {18,   1, 0, 2, 0xff, 0, 0, 64, 0x09,
                                              0x12, 1, 0, 0, 1,    1, 2, 0,  1};
/* clang-format off */
static const uint8_t configuration[] = {9, 2, 46, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 4, 0xff, 0, 0, 0,
                                        7, 5, 0x01, 2, 0, 2, 0, 7, 5, 0x81, 2, 0, 2, 0,
                                        7, 5, 0x03, 1, 64, 0, 1, 7, 5, 0x83, 1, 64, 0, 1};
/* clang-format on */

/* ---- The server ------------------------------------------------------------------------------ */

static struct {
    int listener;
    uint16_t port;
    _Atomic int connection;
    const uint8_t *data;
    size_t left;
} peer;

static uint32_t take(uint32_t count)
{
    uint32_t value = 0;
    for (; count > 0 && peer.left > 0; count--, peer.left--)
        value = value << 8 | *peer.data++;
    return value;
}

static bool read_all(int fd, void *buffer, size_t size)
{
    return size == 0 || recv(fd, buffer, size, MSG_WAITALL) == (ssize_t)size;
}

static bool write_all(int fd, const void *buffer, size_t size)
{
    return size == 0 || send(fd, buffer, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static uint32_t descriptor_answer(const struct usbip_pdu *pdu, uint8_t *out)
{
    const uint8_t *from = NULL;
    uint32_t size = 0;
    if (pdu->setup[0] == 0x80 && pdu->setup[1] == 6 && pdu->setup[3] == 1)
        from = device_descriptor, size = sizeof device_descriptor;
    else if (pdu->setup[0] == 0x80 && pdu->setup[1] == 6 && pdu->setup[3] == 2)
        from = configuration, size = sizeof configuration;
    size = size < pdu->length ? size : pdu->length;
    if (from != NULL)
        memcpy(out, from, size);
    return size;
}

/* What the input makes of an answer; false: the connection ends here. */
static bool answer_spoil(struct usbip_pdu *answer, uint8_t *data, uint32_t *size)
{
    switch (take(1)) {
    case 0xf0:
        answer->status = -(int32_t)take(1);
        break;
    case 0xf1:
        answer->length = take(4);
        break;
    case 0xf2:
        answer->sequence = take(1);
        break;
    case 0xf3:
        *size = take(2);
        break;
    case 0xf4:
        answer->packet_count = take(4);
        break;
    case 0xf5:
        answer->command = take(1);
        break;
    case 0xf6:
        data[take(1)] = (uint8_t)take(1);
        break;
    case 0xf7:
        return false;
    case 0xf8:
        answer->length = *size = take(1);
        break;
    default:
        break;
    }
    return true;
}

static bool packets_answer(int fd, const struct usbip_pdu *command, const struct urb_packet *asked)
{
    uint8_t out[USBIP_PACKET * PACKETS];
    struct urb_packet packets[PACKETS];
    uint32_t count = command->packet_count;
    memcpy(packets, asked, count * sizeof *packets);
    if (take(1) == 0xff) {
        struct urb_packet *one = &packets[take(1) % count];
        *one = (struct urb_packet){take(4), take(4), take(4), (int32_t)take(1)};
    }
    usbip_packets_encode(out, packets, count, 0);
    return write_all(fd, out, count * USBIP_PACKET);
}

static bool submit_answer(int fd, const struct usbip_pdu *command)
{
    static uint8_t data[DATA_MAX];
    uint8_t head[USBIP_HEADER], raw[USBIP_PACKET * PACKETS];
    struct urb_packet packets[PACKETS];
    uint32_t count = usbip_packet_count(command);
    if (command->length > DATA_MAX || count > PACKETS)
        abort();
    if (!read_all(fd, data, command->in ? 0 : command->length) ||
        !read_all(fd, raw, count * USBIP_PACKET))
        return false;
    if (usbip_packets_decode(raw, packets, count, command->length) != 0)
        abort(); /* our own side sent nonsense */
    for (uint32_t i = 0; i < count; i++)
        packets[i].actual = packets[i].length;
    uint32_t size = command->in ? command->length : 0;
    if (command->endpoint == 0 && command->in)
        size = descriptor_answer(command, data);
    struct usbip_pdu answer = {.command = USBIP_RET_SUBMIT,
                               .sequence = command->sequence,
                               .length = command->in ? size : command->length,
                               .packet_count = count};
    if (!answer_spoil(&answer, data, &size))
        return false;
    usbip_pdu_encode(head, &answer);
    return write_all(fd, head, sizeof head) && write_all(fd, data, size) &&
           (count == 0 || packets_answer(fd, command, packets));
}

static bool unlink_answer(int fd, const struct usbip_pdu *command)
{
    uint8_t head[USBIP_HEADER], waste[16] = {0};
    uint32_t size = 0;
    struct usbip_pdu answer = {.command = USBIP_RET_UNLINK,
                               .sequence = command->sequence,
                               .status = take(1) & 1 ? -104 : 0};
    if (!answer_spoil(&answer, waste, &size))
        return false;
    usbip_pdu_encode(head, &answer);
    return write_all(fd, head, sizeof head);
}

static bool import_answer(int fd)
{
    uint8_t request[USBIP_OP_HEADER + USBIP_BUSID], head[USBIP_OP_HEADER], body[USBIP_DEVICE];
    struct usbip_device device = {.busid = "1-1",
                                  .bus = 1,
                                  .address = 2,
                                  .speed = USB_SPEED_HIGH,
                                  .vendor = 0x1209,
                                  .product = 1,
                                  .configuration = 1,
                                  .configuration_count = 1,
                                  .interface_count = 1};
    if (!read_all(fd, request, sizeof request))
        return false;
    usbip_op_encode(
        head, &(struct usbip_op_header){.version = USBIP_VERSION, .code = USBIP_OP_REP_IMPORT});
    usbip_device_encode(body, &device);
    if (take(1) == 0xff)
        head[take(1) % sizeof head] = (uint8_t)take(1);
    if (take(1) == 0xff)
        body[take(2) % sizeof body] = (uint8_t)take(1);
    return write_all(fd, head, sizeof head) && write_all(fd, body, sizeof body);
}

/* One connection, until the input or the client ends it. */
static void *serve(void *unused)
{
    uint8_t bytes[USBIP_HEADER];
    struct usbip_pdu pdu;
    struct timeval patience = {.tv_usec = 20000}; /* a client that waits for more than it gets */
    int fd = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        abort();
    atomic_store(&peer.connection, fd);
    bool good = import_answer(fd);
    while (good && read_all(fd, bytes, sizeof bytes)) {
        if (usbip_pdu_decode(bytes, DATA_MAX, &pdu) != 0)
            abort();
        if (peer.left == 0 && pdu.endpoint != 0)
            break; /* the input is over: so is the device */
        if (pdu.command == USBIP_CMD_SUBMIT &&
            (pdu.endpoint == 0 || take(1) != 0xfe)) /* 0xfe: never answered */
            good = submit_answer(fd, &pdu);
        else if (pdu.command == USBIP_CMD_UNLINK)
            good = unlink_answer(fd, &pdu);
        else if (!pdu.in && pdu.command == USBIP_CMD_SUBMIT)
            break; /* its data were not read */
    }
    struct linger now = {1, 0}; /* or the loopback would run out of ports */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    atomic_store(&peer.connection, -1);
    close(fd);
    return unused;
}

static void peer_start(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    peer.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer.listener < 0 || bind(peer.listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(peer.listener, 4) != 0 ||
        getsockname(peer.listener, (struct sockaddr *)&at, &length) != 0)
        abort();
    peer.port = ntohs(at.sin_port);
}

/* ---- The device's user ----------------------------------------------------------------------- */

struct one {
    struct urb urb;
    _Atomic uint32_t ends;
    uint8_t data[URB_BYTES];
    struct urb_packet packets[PACKETS];
};

static void one_done(struct urb *urb)
{
    struct one *one = urb->context;
    if (atomic_fetch_add(&one->ends, 1) != 0)
        abort(); /* twice */
    futex_wake(&one->ends, 1);
}

static bool one_submit(struct one *one, struct usb_device *device, uint8_t address)
{
    memset(one, 0, sizeof *one);
    one->urb = (struct urb){.device = device,
                            .pipe = usb_device_pipe(device, address),
                            .buffer = one->data,
                            .length = URB_BYTES,
                            .done = one_done,
                            .context = one,
                            .timeout_ms = 10};
    if (one->urb.pipe == NULL)
        return false;
    if (one->urb.pipe->endpoint.type == USB_ISOCH) {
        for (uint32_t i = 0; i < PACKETS; i++)
            one->packets[i] = (struct urb_packet){.offset = i * 64, .length = 64};
        one->urb.packets = one->packets;
        one->urb.packet_count = PACKETS;
        one->urb.flags = URB_ISO_ASAP;
    }
    return urb_submit(&one->urb) == 0;
}

static void use(struct usb_device *device, uint32_t cancels)
{
    static const uint8_t addresses[URBS] = {0x01, 0x81, 0x83, 0x03, 0x81};
    static struct one ones[URBS];
    bool sent[URBS];
    if (usb_device_open(device) != 0)
        return;
    for (int i = 0; i < URBS; i++)
        sent[i] = one_submit(&ones[i], device, addresses[i]);
    for (int i = 0; i < URBS; i++)
        if (sent[i] && cancels >> i & 1)
            urb_cancel(&ones[i].urb);
    for (int i = 0; i < URBS; i++)
        while (sent[i] && atomic_load(&ones[i].ends) == 0)
            if (futex_wait(&ones[i].ends, 0, clock_deadline_ns(20000000000u)) == -ETIMEDOUT)
                abort(); /* one never ended */
    usb_device_close(device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pthread_t thread;
    char server[32];
    uint32_t count;
    if (peer.port == 0)
        peer_start();
    if (size < 2)
        return 0;
    peer.data = data + 1;
    peer.left = size - 1;
    atomic_store(&peer.connection, -1);
    if (pthread_create(&thread, NULL, serve, NULL) != 0)
        abort();
    snprintf(server, sizeof server, "127.0.0.1:%u", peer.port);
    if (usbip_attach(server, "busid=1-1") == 0) {
        struct usb_device **list = usb_list(&count);
        for (uint32_t i = 0; list != NULL && i < count; i++)
            use(list[i], data[0]);
        usb_list_free(list, count);
    }
    if (atomic_load(&peer.connection) >= 0)
        shutdown(atomic_load(&peer.connection), SHUT_RDWR); /* the client's end comes with it */
    pthread_join(thread, NULL);
    return 0;
}
