/* SPDX-License-Identifier: MIT */
/* The client against the server, both here, over loopback, on the virtual test device: every kind of transfer, cancels, and both
 * ends vanishing. */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/futex.h"
#include "usb/core.h"
#include "usb/hosts.h"
#include "usb/usbip_server.h"
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

static struct usb_device *find(const char *host)
{
    uint32_t count;
    struct usb_device *found = NULL, **list = usb_list(&count);
    for (uint32_t i = 0; i < count; i++)
        if (found == NULL && strcmp(list[i]->host->name, host) == 0) {
            found = list[i];
            usb_device_reference(found);
        }
    usb_list_free(list, count);
    return found;
}

/* ---- URBs ------------------------------------------------------------------------------------------------------------- */

enum { BUFFER = 65536, PACKETS = 64 };

struct test_urb {
    struct urb urb;
    _Atomic uint32_t dones;
    uint8_t data[BUFFER];
    struct urb_packet packets[PACKETS];
};

static void test_done(struct urb *urb)
{
    struct test_urb *test = container_of(urb, struct test_urb, urb);
    atomic_fetch_add(&test->dones, 1);
    futex_wake(&test->dones, 1);
}

static void test_init(struct test_urb *test, struct usb_device *device, uint8_t address, uint32_t length)
{
    memset(test, 0, sizeof *test);
    test->urb = (struct urb){.device = device, .pipe = usb_device_pipe(device, address), .done = test_done, .buffer = test->data,
                             .length = length};
}

static int test_wait(struct test_urb *test)
{
    while (atomic_load(&test->dones) == 0)
        if (futex_wait(&test->dones, 0, clock_deadline_ns(20000000000u)) == -ETIMEDOUT)
            return -ETIME;
    return test->urb.status;
}

static void loopback(struct usb_device *device)
{
    static struct test_urb out, in;
    test_init(&out, device, 0x01, 5000);
    for (uint32_t i = 0; i < 5000; i++)
        out.data[i] = (uint8_t)(i * 7);
    test_init(&in, device, 0x81, 8192);
    CHECK(urb_submit(&in.urb) == 0 && urb_submit(&out.urb) == 0);
    CHECK(test_wait(&out) == 0 && out.urb.actual == 5000);
    CHECK(test_wait(&in) == 0 && in.urb.actual == 5000 && memcmp(in.data, out.data, 5000) == 0);
    test_init(&out, device, 0x02, 9);
    memcpy(out.data, "interrupt", 9);
    test_init(&in, device, 0x82, 64);
    CHECK(urb_submit(&out.urb) == 0 && urb_submit(&in.urb) == 0 && test_wait(&out) == 0);
    CHECK(test_wait(&in) == 0 && in.urb.actual == 9 && memcmp(in.data, "interrupt", 9) == 0);
}

static void isochronous(struct usb_device *device)
{
    static struct test_urb urbs[2][2];
    static const uint8_t addresses[2] = {0x83, 0x03};
    for (int way = 0; way < 2; way++) {
        for (int i = 0; i < 2; i++) {
            struct test_urb *test = &urbs[way][i];
            test_init(test, device, addresses[way], PACKETS * 1024);
            test->urb.flags = URB_ISO_ASAP;
            test->urb.packet_count = PACKETS;
            test->urb.packets = test->packets;
            for (uint32_t p = 0; p < PACKETS; p++)
                test->packets[p] = (struct urb_packet){.offset = p * 1024, .length = 1024};
            CHECK(urb_submit(&test->urb) == 0);
        }
        CHECK(test_wait(&urbs[way][0]) == 0 && test_wait(&urbs[way][1]) == 0);
        CHECK(urbs[way][0].urb.error_count == 0 && urbs[way][1].urb.error_count == 0);
        CHECK(urbs[way][1].urb.actual == PACKETS * 1024 && urbs[way][1].packets[63].actual == 1024);
    }
}

static void cancels(struct usb_device *device)
{
    static struct test_urb in, again, out;
    test_init(&in, device, 0x81, 512);
    CHECK(urb_submit(&in.urb) == 0);
    urb_cancel(&in.urb);
    CHECK(test_wait(&in) == -ECANCELED && in.dones == 1);
    test_init(&in, device, 0x81, 512);
    in.urb.timeout_ms = 30;
    CHECK(urb_submit(&in.urb) == 0 && test_wait(&in) == -ETIMEDOUT);
    /* Nothing was lost: what is sent afterwards is read. Each cancel races its data. */
    bool good = true;
    for (uint32_t round = 0; round < 200 && good; round++) {
        test_init(&in, device, 0x81, 512);
        test_init(&out, device, 0x01, 4);
        memcpy(out.data, &round, 4);
        good = urb_submit(&in.urb) == 0 && urb_submit(&out.urb) == 0;
        if (round % 3 == 0)
            test_wait(&out);
        urb_cancel(&in.urb);
        int status = test_wait(&in);
        good = good && (status == 0 || status == -ECANCELED) && test_wait(&out) == 0;
        struct test_urb *got = &in;
        if (status != 0) {
            test_init(&again, device, 0x81, 512);
            good = good && urb_submit(&again.urb) == 0 && test_wait(&again) == 0;
            got = &again;
        }
        good = good && got->urb.actual == 4 && memcmp(got->data, &round, 4) == 0;
    }
    CHECK(good);
}

static void garbage(uint16_t port)
{
    static const char *const texts[] = {"GET / HTTP/1.0\r\n\r\n", "\x01\x11\x80\x03", "\x01\x11\x80\x05\0\0\0\0junk", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        char waste[512];
        if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && send(fd, texts[i], i == 2 ? 8 : strlen(texts[i]), MSG_NOSIGNAL) >= 0)
            shutdown(fd, SHUT_WR);
        while (recv(fd, waste, sizeof waste, 0) > 0)
            ;
        close(fd);
    }
    CHECK(true);
}

static bool send_all(int fd, const void *bytes, size_t size)
{
    return send(fd, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* Imports the device on a socket of its own; its number on the bus goes to *devid. */
static int raw_import(uint16_t port, const char *busid, uint32_t *devid)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    uint8_t request[USBIP_OP_HEADER + USBIP_BUSID] = {0}, answer[USBIP_OP_HEADER + USBIP_DEVICE];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    usbip_op_encode(request, &(struct usbip_op_header){.version = USBIP_VERSION, .code = USBIP_OP_REQ_IMPORT});
    memcpy(request + USBIP_OP_HEADER, busid, strlen(busid));
    CHECK(connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && send_all(fd, request, sizeof request));
    CHECK(recv(fd, answer, sizeof answer, MSG_WAITALL) == (ssize_t)sizeof answer);
    struct usbip_device described;
    CHECK(usbip_device_decode(answer + USBIP_OP_HEADER, &described) == 0);
    *devid = described.bus << 16 | described.address;
    return fd;
}

static void raw_send(int fd, struct usbip_pdu pdu)
{
    uint8_t bytes[USBIP_HEADER];
    usbip_pdu_encode(bytes, &pdu);
    CHECK(send_all(fd, bytes, sizeof bytes));
}

static struct usbip_pdu raw_answer(int fd)
{
    uint8_t bytes[USBIP_HEADER];
    struct usbip_pdu pdu = {0};
    CHECK(recv(fd, bytes, sizeof bytes, MSG_WAITALL) == (ssize_t)sizeof bytes && usbip_pdu_decode(bytes, 65536, &pdu) == 0);
    return pdu;
}

/* What a client hears of its unlinks: one that was in time, one that was too late, and one that overtook its transfer. */
static void unlinks(uint16_t port, const char *busid)
{
    uint32_t devid;
    int fd = raw_import(port, busid, &devid);
    struct usbip_pdu read = {.command = USBIP_CMD_SUBMIT, .sequence = 1, .devid = devid, .in = true, .endpoint = 1, .length = 512};
    raw_send(fd, read);
    raw_send(fd, (struct usbip_pdu){.command = USBIP_CMD_UNLINK, .sequence = 2, .devid = devid, .unlink = 1});
    struct usbip_pdu heard = raw_answer(fd);
    CHECK(heard.command == USBIP_RET_UNLINK && heard.sequence == 2 && heard.status == -ECONNRESET);
    raw_send(fd, (struct usbip_pdu){.command = USBIP_CMD_UNLINK, .sequence = 3, .devid = devid, .unlink = 1});
    heard = raw_answer(fd);
    CHECK(heard.command == USBIP_RET_UNLINK && heard.sequence == 3 && heard.status == 0);
    raw_send(fd, (struct usbip_pdu){.command = USBIP_CMD_UNLINK, .sequence = 5, .devid = devid, .unlink = 4});
    read.sequence = 4;
    raw_send(fd, read);
    heard = raw_answer(fd);
    CHECK(heard.command == USBIP_RET_UNLINK && heard.sequence == 5 && heard.status == -ECONNRESET);
    struct usbip_pdu status = {.command = USBIP_CMD_SUBMIT, .sequence = 6, .devid = devid, .in = true, .length = 2, .setup = {0x80, 0, 0, 0, 0, 0, 2, 0}};
    raw_send(fd, status); /* nothing else was said */
    heard = raw_answer(fd);
    CHECK(heard.command == USBIP_RET_SUBMIT && heard.sequence == 6 && heard.status == 0 && heard.length == 2);
    close(fd);
}

/* A client that takes the device's configuration away: the server lives on, and gives it back when the client has gone. */
static void unconfigured(uint16_t port, const char *busid, const char *where, struct usb_device *local)
{
    uint32_t devid;
    int fd = raw_import(port, busid, &devid), error;
    struct usbip_pdu setting = {.command = USBIP_CMD_SUBMIT, .sequence = 1, .devid = devid, .setup = {0x00, 9, 0, 0, 0, 0, 0, 0}};
    raw_send(fd, setting);
    struct usbip_pdu heard = raw_answer(fd);
    CHECK(heard.command == USBIP_RET_SUBMIT && heard.status == 0 && local->config == NULL);
    CHECK(usbip_attach(where, "") < 0); /* is listed, and cannot be imported */
    close(fd);
    while ((error = usb_device_claim(local, 0)) == -EBUSY) /* until the server has seen its end */
        sched_yield();
    CHECK(error == 0 && local->config != NULL && local->config->value == 1);
    usb_device_release(local, 0);
}

static _Atomic uint32_t gone;

static void changed(struct usb_watcher *watcher, enum usb_change change, struct usb_device *device)
{
    (void)watcher;
    if (change == USB_GONE && strcmp(device->host->name, "usbip") == 0) {
        atomic_store(&gone, 1);
        futex_wake(&gone, 1);
    }
}

static bool wait_gone(void)
{
    while (atomic_load(&gone) == 0)
        if (futex_wait(&gone, 0, clock_deadline_ns(20000000000u)) == -ETIMEDOUT)
            return false;
    return true;
}

int main(void)
{
    struct usb_device *local, *remote = NULL;
    struct usbip_server *server;
    uint16_t port;
    char where[64], options[128];
    int error;
    CHECK(usb_virtual_attach_model("mutt", "speed=high", &local) == 0);
    CHECK(usbip_serve(NULL, 0, &server, &port) == 0);
    snprintf(where, sizeof where, "127.0.0.1:%u", port);
    snprintf(options, sizeof options, "busid=%s", local->id.path);
    struct usb_watcher watcher = {.changed = changed};
    usb_watch(&watcher);
    CHECK(usbip_attach(where, "busid=none") == -ENODEV);
    unconfigured(port, local->id.path, where, local);
    unlinks(port, local->id.path);
    while ((error = usbip_attach(where, options)) == -EBUSY) /* until the server has seen the end of that client */
        sched_yield();
    CHECK(error == 0 && (remote = find("usbip")) != NULL);
    CHECK(usbip_attach(where, options) == -EBUSY);
    CHECK(remote->id.speed == USB_SPEED_HIGH && remote->id.descriptor.vendor == local->id.descriptor.vendor);
    CHECK(strcmp(remote->id.serial, local->id.serial) == 0 && remote->id.serial[0] != '\0');
    CHECK(usb_device_open(remote) == 0 && usb_device_claim(remote, 0) == 0);
    CHECK(usb_device_set_interface(remote, 0, 1) == 0);
    loopback(remote);
    isochronous(remote);
    cancels(remote);
    garbage(port);
    static struct test_urb in;
    test_init(&in, remote, 0x81, 512);
    CHECK(urb_submit(&in.urb) == 0);
    usbip_server_stop(server);
    CHECK(test_wait(&in) == -ENODEV && wait_gone());
    usb_device_close(remote);
    usb_device_dereference(remote);
    CHECK(usb_device_open(local) == 0); /* the client's end gave it back */
    CHECK(usb_device_claim(local, 0) == 0);
    usb_device_release(local, 0);
    usb_device_close(local);
    usb_unwatch(&watcher);
    usb_device_dereference(local);
    printf("1..%u\n", checks);
    return failures != 0;
}
