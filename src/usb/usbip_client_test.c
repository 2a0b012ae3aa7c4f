/* SPDX-License-Identifier: MIT */
/* The USB/IP client against a server that does what the test wants: answers to unlinks in every order that Linux' server can produce,
 * frame numbers, fewer packets where some were too late, answers that are too long, and a connection that ends and comes back. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/futex.h"
#include "usb/core.h"
#include "usb/hosts.h"
#include "usb/usbip_wire.h"

static unsigned checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    failures += !good;
    printf("%sok %u - %s # line %d\n", good ? "" : "not ", checks, text, line);
    fflush(stdout);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

/* ---- The server ---------------------------------------------------------------------------------------------------------- */

enum unlinking {
    IN_TIME,      /* RET_UNLINK -ECONNRESET, no RET_SUBMIT */
    TOO_LATE,     /* RET_SUBMIT, then RET_UNLINK 0 */
    ENDED_INSIDE, /* RET_UNLINK 0 and no RET_SUBMIT: the transfer ended while it was being unlinked */
    OVERTAKEN,    /* RET_UNLINK 0, and the RET_SUBMIT only before the next control transfer's answer */
};
enum { BULK = 1, ISOCH = 2, START_FRAME = 1500, DATA = 100 };

static struct {
    int listener, fd;
    _Atomic int unlinking;
    _Atomic uint32_t got_packets, got_length; /* of the last isochronous transfer */
    _Atomic uint32_t held_count;
    _Atomic bool hold_isoch, too_long;
    struct usbip_pdu held[8];
    struct usbip_pdu overtaken;
} server;

static const uint8_t device_bytes[18] = {18, 1, 0, 2, 0, 0, 0, 64, 0x34, 0x12, 0x78, 0x56, 0, 1, 0, 0, 0, 1};
static const uint8_t config_bytes[] = {9, 2, 32, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 2, 255, 0, 0, 0,
                                       7, 5, 0x81, 2, 0, 2, 0, 7, 5, 0x82, 1, 64, 0, 1};

static bool all_read(void *bytes, size_t size)
{
    return size == 0 || recv(server.fd, bytes, size, MSG_WAITALL) == (ssize_t)size;
}

static void all_send(const void *bytes, size_t size)
{
    if (size != 0 && send(server.fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        shutdown(server.fd, SHUT_RDWR);
}

static void answer(struct usbip_pdu pdu, const void *data)
{
    uint8_t bytes[USBIP_HEADER];
    usbip_pdu_encode(bytes, &pdu);
    all_send(bytes, sizeof bytes);
    if (data != NULL)
        all_send(data, pdu.length);
}

/* The data of a transfer, and for an isochronous one its packets: each half full. */
static void answer_data(const struct usbip_pdu *command)
{
    static uint8_t data[65536];
    struct usbip_pdu pdu = {.command = USBIP_RET_SUBMIT, .sequence = command->sequence, .start_frame = START_FRAME * 8,
                            .packet_count = command->packet_count};
    if (command->packet_count == 0) {
        pdu.length = atomic_load(&server.too_long) ? command->length + 1 : DATA;
        answer(pdu, data);
        return;
    }
    uint8_t wire[64 * USBIP_PACKET];
    struct urb_packet packets[64];
    for (uint32_t i = 0; i < command->packet_count; i++)
        packets[i] = (struct urb_packet){.offset = i * 64, .length = 64, .actual = 32};
    pdu.length = command->packet_count * 32;
    answer(pdu, data);
    usbip_packets_encode(wire, packets, command->packet_count, 0);
    all_send(wire, command->packet_count * (size_t)USBIP_PACKET);
}

static void control_done(const struct usbip_pdu *command)
{
    if (server.overtaken.sequence != 0)
        answer_data(&server.overtaken);
    server.overtaken.sequence = 0;
    struct usb_setup setup = usbip_setup_decode(command->setup);
    struct usbip_pdu pdu = {.command = USBIP_RET_SUBMIT, .sequence = command->sequence};
    const uint8_t *data = NULL;
    if (setup.type == 0x80 && setup.request == 6 && setup.value == 0x100) {
        data = device_bytes;
        pdu.length = sizeof device_bytes;
    } else if (setup.type == 0x80 && setup.request == 6 && setup.value == 0x200) {
        data = config_bytes;
        pdu.length = sizeof config_bytes;
    } else if (setup.type & 0x80) {
        pdu.status = -EPIPE;
    }
    if (pdu.length > setup.length)
        pdu.length = setup.length;
    answer(pdu, data);
}

static void submitted(const struct usbip_pdu *command)
{
    if (command->endpoint == 0) {
        control_done(command);
        return;
    }
    for (uint32_t i = 0; i < command->packet_count; i++) {
        uint8_t wire[USBIP_PACKET];
        all_read(wire, sizeof wire);
    }
    if (command->packet_count != 0) {
        atomic_store(&server.got_length, command->length);
        atomic_store(&server.got_packets, command->packet_count);
    }
    if (command->packet_count != 0 && !atomic_load(&server.hold_isoch)) {
        answer_data(command);
        return;
    }
    if (atomic_load(&server.too_long)) {
        answer_data(command);
        return;
    }
    server.held[atomic_load(&server.held_count)] = *command;
    atomic_fetch_add(&server.held_count, 1);
    futex_wake(&server.held_count, 1);
}

static void unlinked(const struct usbip_pdu *command)
{
    struct usbip_pdu held = server.held[0], pdu = {.command = USBIP_RET_UNLINK, .sequence = command->sequence};
    atomic_store(&server.held_count, 0);
    if (held.sequence != command->unlink)
        printf("# unlink of %u, %u is held\n", command->unlink, held.sequence);
    switch (atomic_load(&server.unlinking)) {
    case IN_TIME: pdu.status = -ECONNRESET; break;
    case TOO_LATE: answer_data(&held); break;
    case OVERTAKEN: server.overtaken = held; break;
    default: break;
    }
    answer(pdu, NULL);
}

static bool imported(void)
{
    uint8_t request[USBIP_OP_HEADER + USBIP_BUSID], reply[USBIP_OP_HEADER + USBIP_DEVICE];
    if (!all_read(request, sizeof request))
        return false;
    struct usbip_device device = {.busid = "1-1", .bus = 1, .address = 2, .speed = USB_SPEED_HIGH, .vendor = 0x1234, .product = 0x5678,
                                  .configuration = 1, .configuration_count = 1, .interface_count = 1};
    usbip_op_encode(reply, &(struct usbip_op_header){.version = USBIP_VERSION, .code = USBIP_OP_REP_IMPORT});
    usbip_device_encode(reply + USBIP_OP_HEADER, &device);
    all_send(reply, sizeof reply);
    return true;
}

static void *serve(void *context)
{
    (void)context;
    while ((server.fd = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        uint8_t bytes[USBIP_HEADER];
        struct usbip_pdu pdu;
        bool good = imported();
        while (good && all_read(bytes, sizeof bytes) && usbip_pdu_decode(bytes, 1 << 20, &pdu) == 0) {
            if (pdu.command == USBIP_CMD_SUBMIT)
                submitted(&pdu);
            else
                unlinked(&pdu);
        }
        close(server.fd);
    }
    return NULL;
}

static uint16_t server_start(pthread_t *thread)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof at;
    server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(server.listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(server.listener, 1) == 0);
    CHECK(getsockname(server.listener, (struct sockaddr *)&at, &length) == 0);
    CHECK(pthread_create(thread, NULL, serve, NULL) == 0);
    return ntohs(at.sin_port);
}

/* ---- The client ------------------------------------------------------------------------------------------------------------- */

enum { PACKETS = 16 };

struct test_urb {
    struct urb urb;
    _Atomic uint32_t dones;
    uint8_t data[4096];
    struct urb_packet packets[PACKETS];
};

static void test_done(struct urb *urb)
{
    struct test_urb *test = container_of(urb, struct test_urb, urb);
    atomic_fetch_add(&test->dones, 1);
    futex_wake(&test->dones, 1);
}

static void test_init(struct test_urb *test, struct usb_device *device, uint8_t endpoint, uint8_t flags, uint32_t frame)
{
    memset(test, 0, sizeof *test);
    test->urb = (struct urb){.device = device, .pipe = usb_device_pipe(device, endpoint | 0x80), .done = test_done, .buffer = test->data,
                             .length = endpoint == BULK ? 512 : PACKETS * 64, .flags = flags, .start_frame = frame};
    if (endpoint == BULK)
        return;
    test->urb.packets = test->packets;
    test->urb.packet_count = PACKETS;
    for (uint32_t i = 0; i < PACKETS; i++)
        test->packets[i] = (struct urb_packet){.offset = i * 64, .length = 64};
}

static bool await(_Atomic uint32_t *word, uint32_t least)
{
    uint64_t deadline = clock_deadline_ns(30000000000u);
    for (uint32_t seen; (seen = atomic_load(word)) < least;)
        if (futex_wait(word, seen, deadline) == -ETIMEDOUT)
            return false;
    return true;
}

static bool control_works(struct usb_device *device)
{
    uint8_t bytes[18];
    struct usb_setup setup = {.type = 0x80, .request = 6, .value = 0x100, .length = sizeof bytes};
    return usb_device_control(device, &setup, bytes, 5000) == sizeof bytes && memcmp(bytes, device_bytes, sizeof bytes) == 0;
}

static void unlinks(struct usb_device *device, uint8_t endpoint)
{
    static struct test_urb test;
    for (int how = IN_TIME; how <= OVERTAKEN; how++) {
        atomic_store(&server.unlinking, how);
        test_init(&test, device, endpoint, endpoint == BULK ? 0 : URB_ISO_ASAP, 0);
        CHECK(urb_submit(&test.urb) == 0 && await(&server.held_count, 1));
        urb_cancel(&test.urb);
        CHECK(await(&test.dones, 1) && test.urb.status == (how == TOO_LATE ? 0 : -ECANCELED));
        if (how == TOO_LATE)
            CHECK(test.urb.actual == (endpoint == BULK ? DATA : PACKETS * 32u));
        CHECK(control_works(device) && control_works(device)); /* behind it the bytes are where they should be */
        CHECK(test.dones == 1);
    }
}

static void frames(struct usb_device *device)
{
    static struct test_urb test;
    struct usb_frame before, after;
    usb_device_frame(device, &before);
    CHECK(before.quality == USB_CLOCK_ESTIMATED);
    test_init(&test, device, ISOCH, URB_ISO_ASAP, 0);
    CHECK(urb_submit(&test.urb) == 0 && await(&test.dones, 1) && test.urb.status == 0 && test.urb.actual == PACKETS * 32);
    CHECK(test.packets[15].actual == 32);
    usb_device_frame(device, &after);
    uint64_t ms = (after.at_ns - before.at_ns) / 1000000, number = after.microframe / 8 % 2048;
    CHECK(after.quality == USB_CLOCK_SEEDED && number >= START_FRAME && number <= START_FRAME + 10 + ms);
    CHECK(after.microframe >= before.microframe);
    /* A start that has begun to pass: the packets that are too late are not sent. */
    do {
        usb_device_frame(device, &after);
        test_init(&test, device, ISOCH, 0, (uint32_t)(after.microframe / 8));
        CHECK(urb_submit(&test.urb) == 0 && await(&test.dones, 1));
    } while (test.urb.late_packets == PACKETS); /* the machine was slow */
    uint32_t late = test.urb.late_packets;
    CHECK(late != 0 && server.got_packets == PACKETS - late && server.got_length == (PACKETS - late) * 64);
    CHECK(test.packets[late - 1].status == -EXDEV && test.packets[late].status == 0 && test.urb.actual == (PACKETS - late) * 32);
}

static _Atomic uint32_t arrivals, departures;

static void changed(struct usb_watcher *watcher, enum usb_change change, struct usb_device *device)
{
    (void)watcher, (void)device;
    _Atomic uint32_t *word = change == USB_ARRIVED ? &arrivals : &departures;
    atomic_fetch_add(word, 1);
    futex_wake(word, 1);
}

static struct usb_device *device_get(void)
{
    uint32_t count;
    struct usb_device *found = NULL, **list = usb_list(&count);
    if (count != 0)
        usb_device_reference(found = list[0]);
    usb_list_free(list, count);
    return found;
}

int main(void)
{
    pthread_t thread;
    char where[64];
    uint16_t port = server_start(&thread);
    struct usb_watcher watcher = {.changed = changed};
    usb_watch(&watcher);
    snprintf(where, sizeof where, "127.0.0.1:%u", port);
    CHECK(usbip_attach(where, "busid=1-1,reconnect") == 0);
    struct usb_device *device = device_get();
    CHECK(device != NULL && usb_device_open(device) == 0 && usb_device_claim(device, 0) == 0);
    unlinks(device, BULK);
    frames(device);
    atomic_store(&server.hold_isoch, true);
    unlinks(device, ISOCH);
    /* An answer that is longer than what was asked for ends the connection; the device goes, and comes back as another one. */
    static struct test_urb test;
    atomic_store(&server.too_long, true);
    test_init(&test, device, BULK, 0, 0);
    CHECK(urb_submit(&test.urb) == 0 && await(&test.dones, 1) && test.urb.status == -ENODEV);
    CHECK(await(&departures, 1) && usb_device_control(device, &(struct usb_setup){.type = 0x80, .request = 0, .length = 2}, test.data, 0) == -ENODEV);
    usb_device_release(device, 0);
    usb_device_close(device);
    usb_device_dereference(device);
    CHECK(await(&arrivals, 2) && (device = device_get()) != NULL);
    CHECK(usb_device_open(device) == 0 && control_works(device));
    usb_device_close(device);
    usb_device_dereference(device);
    usb_unwatch(&watcher);
    printf("1..%u\n", checks);
    return failures != 0;
}
