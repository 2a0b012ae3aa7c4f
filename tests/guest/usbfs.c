/* SPDX-License-Identifier: MIT */
/* The usbfs host against a real kernel, inside the guest of run.sh: usbfs NAME, one check after another on one device. Linked statically
 * and to the usb layer itself. Exit status 0: all went as it should. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "usb/hosts.h"
#include "usb/device.h"

static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    exit(1);
}

#define CHECK(condition, ...) do { if (!(condition)) fail(__VA_ARGS__); } while (0)

static struct usb_device *device;

static void device_find(uint16_t vendor, uint16_t product)
{
    int error = usbfs_start("");
    CHECK(error == 0 || getenv("OVERLAPPED_USB"), "usbfs_start: %s", strerror(-error));
    uint32_t count;
    struct usb_device **list = usb_list(&count);
    for (uint32_t i = 0; i < count; i++)
        if (list[i]->id.descriptor.vendor == vendor && list[i]->id.descriptor.product == product)
            usb_device_reference(device = list[i]);
    usb_list_free(list, count);
    CHECK(device != NULL, "no device %04x:%04x among %u", vendor, product, count);
    error = usb_device_open(device);
    CHECK(error == 0, "open: %s", strerror(-error));
    printf("%s: %s, %s\n", device->id.path, device->id.manufacturer, device->id.product);
}

static struct usb_pipe *pipe_get(uint8_t address)
{
    struct usb_pipe *pipe = usb_device_pipe(device, address);
    CHECK(pipe != NULL, "no pipe %02x", address);
    return pipe;
}

static void claim(uint8_t interface)
{
    int error = usb_device_claim(device, interface);
    CHECK(error == 0, "claim: %s", strerror(-error));
}

static int move(struct usb_pipe *pipe, void *buffer, uint32_t length, uint32_t *actual)
{
    struct urb urb = {.device = device, .pipe = pipe, .buffer = buffer, .length = length, .timeout_ms = 20000};
    int error = urb_run(&urb);
    *actual = urb.actual;
    return error;
}

/* ---- Isochronous ---------------------------------------------------------------------------------------------------- */

enum { STREAM_URBS = 4, URB_PACKETS_MAX = 300, PACKET = 192 };

struct stream {
    struct urb urb;
    struct urb_packet packets[URB_PACKETS_MAX];
    uint32_t words[URB_PACKETS_MAX * PACKET / 4];
};
static struct stream streams[STREAM_URBS];
static _Atomic uint32_t ended;
static uint32_t urbs_left, sample, bad, next_frame, frame_breaks, in_order, in_breaks, last_word;

static void stream_fill(struct stream *stream)
{
    for (uint32_t i = 0; i < stream->urb.length / 4; i++, sample++)
        stream->words[i] = (sample & 0x7fff) | (~sample & 0x7fff) << 16;
}

static void stream_look(struct stream *stream)
{
    struct urb *urb = &stream->urb;
    bad += urb->status != 0 ? urb->packet_count : urb->error_count;
    if (next_frame != 0 && urb->start_frame != next_frame)
        frame_breaks++;
    next_frame = urb->start_frame + urb->packet_count;
    for (uint32_t i = 0; (urb->flags & URB_IN) && i < urb->packet_count; i++) {
        if (urb->packets[i].actual == 0)
            continue; /* the device began later */
        uint32_t word = stream->words[urb->packets[i].offset / 4];
        if (last_word != 0 && word != last_word + 1)
            in_breaks++;
        last_word = word;
        in_order++;
    }
}

static void stream_done(struct urb *urb)
{
    struct stream *stream = urb->context;
    stream_look(stream);
    if (urbs_left != 0) {
        urbs_left--;
        if (!(urb->flags & URB_IN))
            stream_fill(stream);
        urb->flags = URB_ISO_ASAP | URB_ISO_CONTINUE;
        if (urb_submit(urb) == 0)
            return;
        bad++;
    }
    atomic_fetch_add(&ended, 1);
    futex_wake(&ended, 1);
}

static void isoch_run(struct usb_pipe *pipe, uint32_t packets, uint32_t urbs)
{
    urbs_left = urbs - STREAM_URBS;
    for (uint32_t i = 0; i < STREAM_URBS; i++) {
        struct stream *stream = &streams[i];
        stream->urb = (struct urb){.device = device, .pipe = pipe, .buffer = stream->words, .length = packets * PACKET,
            .packets = stream->packets, .packet_count = packets, .flags = URB_ISO_ASAP, .done = stream_done, .context = stream};
        for (uint32_t k = 0; k < packets; k++)
            stream->packets[k] = (struct urb_packet){.offset = k * PACKET, .length = PACKET};
        stream_fill(stream);
        int error = urb_submit(&stream->urb);
        CHECK(error == 0, "submit: %s", strerror(-error));
    }
    for (uint32_t n; (n = atomic_load(&ended)) < STREAM_URBS;)
        futex_wait(&ended, n, FUTEX_NO_DEADLINE);
    printf("%u URBs of %u packets: %u bad packets, %u breaks of frames\n", urbs, packets, bad, frame_breaks);
    CHECK(bad == 0 && frame_breaks == 0, "the stream broke");
}

static void isoch_out(uint32_t packets, uint32_t urbs)
{
    device_find(0x46f4, 0x0002);
    claim(1);
    int error = usb_device_set_interface(device, 1, 1);
    CHECK(error == 0, "set interface: %s", strerror(-error));
    isoch_run(pipe_get(0x01), packets, urbs);
}

static void isoch_in(uint32_t packets, uint32_t urbs)
{
    device_find(0x1209, 0x0001);
    claim(0);
    int error = usb_device_set_interface(device, 0, 1);
    CHECK(error == 0, "set interface: %s", strerror(-error));
    isoch_run(pipe_get(0x84), packets, urbs);
    printf("in: %u packets, %u breaks in their numbers\n", in_order, in_breaks);
    CHECK(in_order > packets * urbs / 2, "too few packets came");
}

/* ---- Bulk, control, interrupt ----------------------------------------------------------------------------------------- */

static void command(struct usb_pipe *out, struct usb_pipe *in, const uint8_t *cdb, uint8_t size, void *data, uint32_t length)
{
    uint8_t wrapper[31] = {'U', 'S', 'B', 'C', 1, 0, 0, 0, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16),
                           (uint8_t)(length >> 24), 0x80, 0, size}, status[13];
    memcpy(wrapper + 15, cdb, size);
    uint32_t actual;
    int error = move(out, wrapper, sizeof wrapper, &actual);
    CHECK(error == 0 && actual == 31, "command: %s, %u bytes", strerror(-error), actual);
    error = move(in, data, length, &actual);
    CHECK(error == 0 && actual == length, "data: %s, %u of %u bytes", strerror(-error), actual, length);
    error = move(in, status, sizeof status, &actual);
    CHECK(error == 0 && actual == 13 && status[12] == 0, "status: %s, %u bytes", strerror(-error), actual);
}

static void words_check(const uint32_t *words, uint32_t length, uint32_t from)
{
    for (uint32_t i = 0; i < length / 4; i++)
        CHECK(words[i] == from + 4 * i, "the disk's word %u is %u", i, words[i]);
}

static void storage(bool mapped)
{
    enum { BYTES = 2 << 20 };
    device_find(0x46f4, 0x0001);
    claim(0);
    struct usb_pipe *in = pipe_get(0x81), *out = pipe_get(0x02);
    uint8_t inquiry[36];
    command(out, in, (const uint8_t[6]){0x12, 0, 0, 0, 36}, 6, inquiry, sizeof inquiry);
    CHECK(memcmp(inquiry + 8, "QEMU", 4) == 0, "INQUIRY: %.8s", inquiry + 8);
    uint32_t *data = mapped ? usb_device_allocate(device, BYTES) : malloc(BYTES);
    CHECK(data != NULL, "no memory");
    command(out, in, (const uint8_t[10]){0x28, 0, 0, 0, 0x08, 0, 0, (BYTES / 512) >> 8, 0}, 10, data, BYTES);
    words_check(data, BYTES, 0x800 * 512);
    printf("storage: %u bytes%s as they are on the disk\n", BYTES, mapped ? " without a copy" : "");
    if (mapped)
        usb_device_free(device, data, BYTES);
    else
        free(data);
}

static void counted_done(struct urb *urb)
{
    (void)urb;
    atomic_fetch_add(&ended, 1);
    futex_wake(&ended, 1);
}

static void ended_wait(uint32_t count)
{
    for (uint32_t n; (n = atomic_load(&ended)) < count;)
        futex_wait(&ended, n, FUTEX_NO_DEADLINE);
}

/* More than the kernel's memory for all of them: none may fail for that, and all are cancelled. */
static void memory(void)
{
    enum { URBS = 16, BYTES = 4 << 20 };
    static struct urb urbs[URBS];
    device_find(0x0403, 0x6001);
    claim(0);
    struct usb_pipe *in = pipe_get(0x81);
    uint8_t status[2];
    struct usb_setup modem = {.type = 0xc0, .request = 5, .length = 2};
    int moved = usb_device_control(device, &modem, status, 5000);
    CHECK(moved == 2, "the modem's state: %d", moved);
    for (uint32_t i = 0; i < URBS; i++) {
        urbs[i] = (struct urb){.device = device, .pipe = in, .buffer = malloc(BYTES), .length = BYTES, .done = counted_done};
        int error = urb_submit(&urbs[i]);
        CHECK(error == 0, "submit: %s", strerror(-error));
    }
    usb_pipe_abort(in, true);
    ended_wait(URBS);
    uint32_t cancelled = 0;
    for (uint32_t i = 0; i < URBS; i++) {
        CHECK(urbs[i].status == 0 || urbs[i].status == -ECANCELED, "URB %u ended with %s", i, strerror(-urbs[i].status));
        cancelled += urbs[i].status == -ECANCELED;
    }
    printf("memory: %u of %u cancelled\n", cancelled, URBS);
    CHECK(cancelled >= URBS - 2, "they were not cancelled");
    struct urb late = {.device = device, .pipe = in, .buffer = urbs[0].buffer, .length = BYTES, .timeout_ms = 100};
    for (int i = 0; i < 100; i++) /* the device sends its state now and then */
        if (urb_run(&late) == -ETIMEDOUT)
            return;
        else
            CHECK(late.status == 0, "a read ended with %s", strerror(-late.status));
}

static void loopback(void)
{
    static uint8_t sent[1 << 16], got[1 << 16], counter[8];
    uint32_t actual;
    device_find(0x1209, 0x0001);
    claim(0);
    for (uint32_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7 + i / 251);
    int error = move(pipe_get(0x02), sent, sizeof sent, &actual);
    CHECK(error == 0 && actual == sizeof sent, "out: %s", strerror(-error));
    error = move(pipe_get(0x81), got, sizeof got, &actual);
    CHECK(error == 0 && actual == sizeof got && memcmp(sent, got, sizeof got) == 0, "in: %s, %u bytes", strerror(-error), actual);
    for (int i = 0; i < 3; i++) {
        error = move(pipe_get(0x83), counter, sizeof counter, &actual);
        CHECK(error == 0 && actual == 8, "interrupt: %s", strerror(-error));
    }
    error = usb_device_reset(device);
    CHECK(error == 0, "reset: %s", strerror(-error));
    printf("loopback, interrupt, reset: as they should\n");
}

/* Three UAS commands at once, by streams. */
static void uas(void)
{
    enum { COMMANDS = 3, BYTES = 64 << 10 };
    static struct urb urbs[COMMANDS * 3];
    static uint8_t command[COMMANDS][32], status[COMMANDS][128];
    static uint32_t data[COMMANDS][BYTES / 4];
    device_find(0x46f4, 0x0003);
    claim(0);
    int error = usb_device_set_interface(device, 0, 1);
    if (error != 0)
        error = usb_device_set_interface(device, 0, 0);
    CHECK(error == 0, "set interface: %s", strerror(-error));
    struct usb_pipe *commands = pipe_get(0x01), *statuses = pipe_get(0x82), *in = pipe_get(0x83), *out = pipe_get(0x04);
    struct usb_pipe *pipes[] = {statuses, in, out};
    for (int i = 0; i < 3; i++) {
        int opened = usb_pipe_open_streams(pipes[i], 4);
        CHECK(opened >= COMMANDS, "streams of %02x: %d", pipes[i]->endpoint.address, opened);
    }
    for (uint32_t i = 0; i < COMMANDS; i++) {
        uint8_t tag = (uint8_t)(COMMANDS - i), block = (uint8_t)(i * 8);
        memcpy(command[i], (const uint8_t[32]){1, 0, 0, tag, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x28, 0, 0, 0, block, 0, 0, 0, BYTES / 512}, 32);
        urbs[i * 3] = (struct urb){.device = device, .pipe = statuses, .stream = tag, .buffer = status[i], .length = 128, .done = counted_done};
        urbs[i * 3 + 1] = (struct urb){.device = device, .pipe = in, .stream = tag, .buffer = data[i], .length = BYTES, .done = counted_done};
        urbs[i * 3 + 2] = (struct urb){.device = device, .pipe = commands, .buffer = command[i], .length = 32, .done = counted_done};
    }
    for (uint32_t i = 0; i < COMMANDS * 3; i++) {
        error = urb_submit(&urbs[i]);
        CHECK(error == 0, "submit %u: %s", i, strerror(-error));
    }
    ended_wait(COMMANDS * 3);
    for (uint32_t i = 0; i < COMMANDS; i++) {
        CHECK(urbs[i * 3 + 1].status == 0 && urbs[i * 3 + 1].actual == BYTES && status[i][0] == 3, "command %u: %s", i,
              strerror(-urbs[i * 3 + 1].status));
        words_check(data[i], BYTES, i * 8 * 256 * 512 * 0 + (uint32_t)(command[i][20] << 8) * 512);
    }
    for (int i = 0; i < 3; i++)
        CHECK(usb_pipe_close_streams(pipes[i]) == 0, "closing streams");
    printf("uas: %u commands at once\n", COMMANDS);
}

/* ---- Unplugged, kernel drivers --------------------------------------------------------------------------------------------- */

static _Atomic uint32_t went;

static void watch_changed(struct usb_watcher *watcher, enum usb_change change, struct usb_device *which)
{
    (void)watcher;
    if (change == USB_GONE && which == device) {
        atomic_store(&went, 1);
        futex_wake(&went, 1);
    }
}

/* Whoever reads our output pulls the plug after "reading". */
static void unplug(void)
{
    static struct usb_watcher watcher = {.changed = watch_changed};
    static uint8_t buffer[4096];
    device_find(0x0403, 0x6001);
    claim(0);
    usb_watch(&watcher);
    printf("reading\n");
    fflush(stdout);
    uint32_t actual;
    int error;
    while ((error = move(pipe_get(0x81), buffer, sizeof buffer, &actual)) == 0 || error == -ETIMEDOUT)
        ;
    CHECK(error == -ENODEV || error == -EPROTO || error == -EPIPE, "the read ended with %s", strerror(-error));
    while (atomic_load(&went) == 0)
        futex_wait(&went, 0, FUTEX_NO_DEADLINE);
    struct usb_setup setup = {.type = 0x80, .request = 6, .value = 0x100, .length = 18};
    error = usb_device_control(device, &setup, buffer, 5000);
    CHECK(error == -ENODEV, "a transfer afterwards: %d", error);
    usb_device_release(device, 0);
    usb_device_close(device);
    usb_unwatch(&watcher);
    usb_device_dereference(device);
    printf("unplugged: told and clean\n");
}

static void driver(bool consent)
{
    CHECK(usbfs_start(consent ? "detach" : "") == 0, "usbfs_start");
    device_find(0x0403, 0x6001);
    int error = usb_device_claim(device, 0);
    if (!consent) {
        CHECK(error == -EBUSY, "claiming a driver's interface: %d", error);
        printf("kept by its driver\n");
        return;
    }
    CHECK(error == 0, "claim: %s", strerror(-error));
    CHECK(system("test -e /dev/ttyUSB0") != 0, "the driver still has it");
    usb_device_release(device, 0);
    CHECK(system("test -e /dev/ttyUSB0") == 0, "the driver has not got it back");
    printf("taken from its driver and given back\n");
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "isoout") == 0)
        isoch_out(10, 60);
    else if (strcmp(name, "isoout-long") == 0)
        isoch_out(300, 8);
    else if (strcmp(name, "isoin") == 0)
        isoch_in(10, 60);
    else if (strcmp(name, "isoin-long") == 0)
        isoch_in(300, 8);
    else if (strcmp(name, "storage") == 0)
        storage(false);
    else if (strcmp(name, "mapped") == 0)
        storage(true);
    else if (strcmp(name, "memory") == 0)
        memory();
    else if (strcmp(name, "loopback") == 0)
        loopback();
    else if (strcmp(name, "uas") == 0)
        uas();
    else if (strcmp(name, "unplug") == 0)
        unplug();
    else if (strcmp(name, "driver") == 0)
        driver(false);
    else if (strcmp(name, "detach") == 0)
        driver(true);
    else
        fail("usbfs NAME: what is '%s'?", name);
    return 0;
}
