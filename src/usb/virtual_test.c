/* SPDX-License-Identifier: MIT */
/* The virtual host through the core: the model mutt at each speed, enumeration by control requests,
 * loop-back, patterns, stalls, isochronous places and data, faults, unplug and replug, cancels
 * against a stopped clock. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "usb/virtual.h"
#include "usb/wav.h"

static int checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    if (!good) {
        failures++;
        printf("not ok %d - %s (line %d)\n", checks, text, line);
    }
}
#define CHECK(condition) check(condition, #condition, __LINE__)

struct fixture {
    struct virtual_device *virtual;
    struct usb_device *usb;
};

static struct fixture attach(const char *model, const char *options)
{
    struct fixture f = {0};
    CHECK(usb_virtual_attach(usb_virtual_model(model), NULL, options, &f.virtual) == 0);
    f.usb = usb_virtual_device(f.virtual);
    CHECK(usb_device_open(f.usb) == 0);
    return f;
}

static void detach(struct fixture *f)
{
    usb_device_close(f->usb);
    usb_device_dereference(f->usb);
    usb_virtual_detach(f->virtual);
}

static int control(struct usb_device *usb, uint8_t type, uint8_t request, uint16_t value,
                   uint16_t index, void *data, uint16_t length)
{
    struct usb_setup setup = {
        .type = type, .request = request, .value = value, .index = index, .length = length};
    return usb_device_control(usb, &setup, data, 5000);
}

static int transfer(struct fixture *f, uint8_t address, void *data, uint32_t length, uint8_t flags,
                    uint16_t stream, uint32_t *actual)
{
    struct urb urb = {.device = f->usb,
                      .pipe = usb_device_pipe(f->usb, address),
                      .flags = flags,
                      .stream = stream,
                      .buffer = data,
                      .length = length,
                      .timeout_ms = 5000};
    int status = urb_run(&urb);
    *actual = urb.actual;
    return status;
}

/* ---- A URB that is waited for later ---------------------------------------------------------- */

struct pending {
    struct urb urb;
    _Atomic uint32_t done;
};

static void pending_done(struct urb *urb)
{
    struct pending *pending = urb->context;
    atomic_store(&pending->done, 1);
    futex_wake(&pending->done, 1);
}

static void pending_wait(struct pending *pending)
{
    while (atomic_load(&pending->done) == 0)
        futex_wait(&pending->done, 0, FUTEX_NO_DEADLINE);
}

static void pending_start(struct fixture *f, struct pending *pending, uint8_t address, void *data,
                          uint32_t length)
{
    *pending = (struct pending){.urb = {.device = f->usb,
                                        .pipe = usb_device_pipe(f->usb, address),
                                        .buffer = data,
                                        .length = length,
                                        .done = pending_done,
                                        .context = pending}};
    CHECK(urb_submit(&pending->urb) == 0);
}

/* ---- Enumeration ----------------------------------------------------------------------------- */

static void test_enumeration(const char *speed, uint16_t version)
{
    char options[64];
    snprintf(options, sizeof options, "speed=%s", speed);
    struct fixture f = attach("mutt", options);
    uint8_t data[512];
    CHECK(control(f.usb, 0x80, 6, 0x0100, 0, data, 18) == 18 && data[2] == (uint8_t)version &&
          data[3] == version >> 8);
    CHECK(control(f.usb, 0x80, 6, 0x0100, 0, data, 8) == 8);
    CHECK(control(f.usb, 0x80, 6, 0x0200, 0, data, 9) == 9);
    int total = data[2] | data[3] << 8;
    CHECK(control(f.usb, 0x80, 6, 0x0200, 0, data, sizeof data) == total);
    CHECK(control(f.usb, 0x80, 6, 0x0201, 0, data, 9) == -EPIPE);
    CHECK(control(f.usb, 0x80, 6, 0x0300, 0, data, 255) == 4 && data[2] == 9 && data[3] == 4);
    CHECK(control(f.usb, 0x80, 6, 0x0303, 0x409, data, 255) == 10 && data[2] == '0' &&
          data[8] == '1');
    CHECK(control(f.usb, 0x80, 6, 0x0307, 0x409, data, 255) == -EPIPE);
    int bos = control(f.usb, 0x80, 6, 0x0f00, 0, data, sizeof data);
    CHECK(bos == (data[2] | data[3] << 8));
    const uint8_t *platform = data + bos - 28;
    CHECK(platform[0] == 28 && platform[2] == 5 && platform[4] == 0xdf);
    int set_length = platform[24] | platform[25] << 8;
    CHECK(control(f.usb, 0xc0, platform[26], 0, 7, data, sizeof data) == set_length);
    CHECK(memcmp(data + 14, "WINUSB", 7) == 0 && (data[8] | data[9] << 8) == set_length);
    CHECK(control(f.usb, 0x80, 8, 0, 0, data, 1) == 1 && data[0] == 1);
    CHECK(control(f.usb, 0x80, 0, 0, 0, data, 2) == 2 && data[0] == 1);
    CHECK(control(f.usb, 0x00, 9, 7, 0, NULL, 0) == -EPIPE);
    CHECK(control(f.usb, 0x81, 10, 0, 0, data, 1) == 1 && data[0] == 0);
    CHECK(control(f.usb, 0x40, 0x30, 0, 0, "echo", 4) == 4);
    CHECK(control(f.usb, 0xc0, 0x30, 0, 0, data, 64) == 4 && memcmp(data, "echo", 4) == 0);
    CHECK(control(f.usb, 0x40, 0x77, 0, 0, NULL, 0) == -EPIPE);
    detach(&f);
}

/* ---- Bulk ------------------------------------------------------------------------------------ */

static void test_bulk(const char *speed)
{
    char options[64];
    snprintf(options, sizeof options, "speed=%s", speed);
    struct fixture f = attach("mutt", options);
    enum { BIG = 1 << 20 };
    uint8_t *out = malloc(BIG), *in = malloc(BIG);
    uint32_t actual;
    for (uint32_t i = 0; i < BIG; i++)
        out[i] = (uint8_t)(i * 7 + (i >> 9));
    CHECK(transfer(&f, 0x01, out, BIG, 0, 0, &actual) == 0 && actual == BIG);
    CHECK(transfer(&f, 0x81, in, BIG, 0, 0, &actual) == 0 && actual == BIG &&
          memcmp(in, out, BIG) == 0);
    /* A short packet ends a read, and an empty one does. */
    CHECK(transfer(&f, 0x01, out, 100, 0, 0, &actual) == 0 && actual == 100);
    CHECK(transfer(&f, 0x81, in, 4096, 0, 0, &actual) == 0 && actual == 100 &&
          memcmp(in, out, 100) == 0);
    CHECK(transfer(&f, 0x01, out, 1024, URB_ZERO_PACKET, 0, &actual) == 0 && actual == 1024);
    CHECK(transfer(&f, 0x81, in, 4096, 0, 0, &actual) == 0 && actual == 1024);
    CHECK(transfer(&f, 0x01, out, 0, 0, 0, &actual) == 0 && actual == 0);
    CHECK(transfer(&f, 0x81, in, 4096, 0, 0, &actual) == 0 && actual == 0);
    CHECK(transfer(&f, 0x01, out, 10, 0, 0, &actual) == 0);
    CHECK(transfer(&f, 0x81, in, 4096, URB_SHORT_NOT_OK, 0, &actual) == -EREMOTEIO && actual == 10);
    /* A reader that has room for less than the packet: babble, and the pipe is halted until it is
     * reset. */
    CHECK(transfer(&f, 0x01, out, 60, 0, 0, &actual) == 0);
    CHECK(transfer(&f, 0x81, in, 20, 0, 0, &actual) == -EOVERFLOW && actual == 20 &&
          memcmp(in, out, 20) == 0);
    CHECK(transfer(&f, 0x81, in, 64, 0, 0, &actual) == -EPIPE);
    CHECK(usb_pipe_reset(usb_device_pipe(f.usb, 0x81)) == 0);
    /* A read that waits is served by a later write. */
    struct pending read;
    pending_start(&f, &read, 0x81, in, 4096);
    CHECK(atomic_load(&read.done) == 0);
    CHECK(transfer(&f, 0x01, out, 33, 0, 0, &actual) == 0);
    pending_wait(&read);
    CHECK(read.urb.status == 0 && read.urb.actual == 33);
    /* And one that waits for ever can be cancelled. */
    pending_start(&f, &read, 0x81, in, 4096);
    urb_cancel(&read.urb);
    pending_wait(&read);
    CHECK(read.urb.status == -ECANCELED);
    /* SET_FEATURE(HALT) stalls what waits; CLEAR_FEATURE heals. */
    pending_start(&f, &read, 0x81, in, 4096);
    CHECK(control(f.usb, 0x02, 3, 0, 0x81, NULL, 0) == 0);
    pending_wait(&read);
    CHECK(read.urb.status == -EPIPE);
    CHECK(control(f.usb, 0x82, 0, 0, 0x81, in, 2) == 2 && in[0] == 1);
    CHECK(usb_pipe_reset(usb_device_pipe(f.usb, 0x81)) == 0);
    CHECK(control(f.usb, 0x82, 0, 0, 0x81, in, 2) == 2 && in[0] == 0);
    /* Source and sink. */
    CHECK(control(f.usb, 0x40, 1, 1, 0, NULL, 0) == 0);
    CHECK(transfer(&f, 0x81, in, BIG, 0, 0, &actual) == 0 && actual == BIG);
    bool good = true;
    for (uint32_t i = 0; i < BIG; i++)
        good &= in[i] == i % 251;
    CHECK(good);
    CHECK(transfer(&f, 0x01, in, BIG, 0, 0, &actual) == 0 && actual == BIG);
    in[0] ^= 0x55;
    CHECK(transfer(&f, 0x01, in, 512, 0, 0, &actual) == -EPIPE);
    free(out);
    free(in);
    detach(&f);
}

/* Ids and the mode after a reset are options. */
static void test_options(void)
{
    struct virtual_device *none;
    CHECK(usb_virtual_attach(usb_virtual_model("mutt"), NULL, "id=525", &none) == -EINVAL);
    CHECK(usb_virtual_attach(usb_virtual_model("mutt"), NULL, "mode=none", &none) == -EINVAL);
    struct fixture f = attach("mutt", "id=0525:a4a0,mode=zero");
    CHECK(f.usb->id.descriptor.vendor == 0x0525 && f.usb->id.descriptor.product == 0xa4a0);
    uint8_t data[2048];
    memset(data, 1, sizeof data);
    struct pending in;
    for (unsigned i = 0; i < 2; i++) {
        pending_start(&f, &in, 0x81, data, sizeof data);
        pending_wait(&in);
        CHECK(in.urb.status == 0 && in.urb.actual == sizeof data && data[0] == 0 &&
              data[sizeof data - 1] == 0);
        CHECK(usb_device_reset(f.usb) == 0);
    }
    CHECK(control(f.usb, 0x40, 0x5b, 0, 0, "echo", 4) == 4);
    CHECK(control(f.usb, 0xc0, 0x5c, 0, 0, data, 64) == 4 && memcmp(data, "echo", 4) == 0);
    detach(&f);
}

static void test_full_loopback(void)
{
    struct fixture f = attach("mutt", "");
    enum { HUGE_BYTES = 5 << 20 };
    uint8_t *out = calloc(1, HUGE_BYTES), *in = malloc(HUGE_BYTES);
    for (uint32_t i = 0; i < HUGE_BYTES; i++)
        out[i] = (uint8_t)(i >> 8);
    struct pending write;
    pending_start(&f, &write, 0x01, out,
                  HUGE_BYTES); /* more than the device keeps: the rest is refused for now */
    CHECK(atomic_load(&write.done) == 0);
    uint32_t actual, sum = 0;
    while (sum < HUGE_BYTES) {
        CHECK(transfer(&f, 0x81, in + sum, HUGE_BYTES - sum, 0, 0, &actual) == 0);
        sum += actual;
    }
    pending_wait(&write);
    CHECK(write.urb.status == 0 && write.urb.actual == HUGE_BYTES &&
          memcmp(in, out, HUGE_BYTES) == 0);
    free(out);
    free(in);
    detach(&f);
}

static void test_streams(void)
{
    struct fixture f = attach("mutt", "speed=super");
    CHECK(usb_pipe_open_streams(usb_device_pipe(f.usb, 0x01), 16) == 16);
    CHECK(usb_pipe_open_streams(usb_device_pipe(f.usb, 0x81), 16) == 16);
    static uint8_t in[16][64], out[16][64];
    static struct pending reads[16];
    for (uint16_t i = 0; i < 16; i++) {
        reads[i] = (struct pending){.urb = {.device = f.usb,
                                            .pipe = usb_device_pipe(f.usb, 0x81),
                                            .stream = (uint16_t)(i + 1),
                                            .buffer = in[i],
                                            .length = 64,
                                            .done = pending_done,
                                            .context = &reads[i]}};
        CHECK(urb_submit(&reads[i].urb) == 0);
    }
    uint32_t actual;
    for (uint16_t i = 16; i-- > 0;) { /* written in the other order */
        memset(out[i], i + 1, 64);
        CHECK(transfer(&f, 0x01, out[i], 40u + i, 0, (uint16_t)(i + 1), &actual) == 0);
        pending_wait(&reads[i]);
        CHECK(reads[i].urb.status == 0 && reads[i].urb.actual == 40u + i &&
              memcmp(in[i], out[i], 40u + i) == 0);
    }
    detach(&f);
}

/* One stream is delayed, the others are not. */
static void test_slow_stream(void)
{
    struct fixture f = attach("mutt", "speed=super,mode=pattern,faults=nak:ep=81:stream=2:ms=20");
    static uint8_t data[2][1024];
    static struct pending slow;
    uint32_t actual;
    CHECK(usb_pipe_open_streams(usb_device_pipe(f.usb, 0x81), 16) == 16);
    usb_virtual_clock_rate(0);
    slow = (struct pending){.urb = {.device = f.usb,
                                    .pipe = usb_device_pipe(f.usb, 0x81),
                                    .stream = 2,
                                    .buffer = data[0],
                                    .length = 1024,
                                    .done = pending_done,
                                    .context = &slow}};
    CHECK(urb_submit(&slow.urb) == 0);
    for (uint16_t i = 0; i < 100; i++)
        CHECK(transfer(&f, 0x81, data[1], 1024, 0, (uint16_t)(i % 16 == 1 ? 1 : i % 16 + 1),
                       &actual) == 0 &&
              actual == 1024);
    usb_virtual_clock_step(159);
    CHECK(atomic_load(&slow.done) == 0);
    usb_virtual_clock_step(1);
    pending_wait(&slow);
    CHECK(slow.urb.status == 0 && slow.urb.actual == 1024);
    usb_virtual_clock_rate(1000);
    detach(&f);
}

/* ---- Interrupt ------------------------------------------------------------------------------- */

static void test_interrupt(void)
{
    struct fixture f = attach("mutt", "");
    uint8_t data[256] = "interrupt", in[256];
    usb_virtual_clock_rate(0);
    struct pending read, write;
    pending_start(&f, &read, 0x82, in, sizeof in);
    pending_start(&f, &write, 0x02, data, 10);
    CHECK(atomic_load(&write.done) == 0); /* its interval has not come */
    usb_virtual_clock_step(8);
    pending_wait(&write);
    usb_virtual_clock_step(8);
    pending_wait(&read);
    CHECK(read.urb.status == 0 && read.urb.actual == 10 && memcmp(in, data, 10) == 0);
    /* Two packets need two intervals. */
    pending_start(&f, &write, 0x02, data, 128);
    usb_virtual_clock_step(8);
    CHECK(atomic_load(&write.done) == 0);
    usb_virtual_clock_step(8);
    pending_wait(&write);
    CHECK(write.urb.actual == 128);
    usb_virtual_clock_rate(1000);
    detach(&f);
}

/* ---- Isochronous ----------------------------------------------------------------------------- */

enum { ISOCH_PACKETS = 80 };

struct stream {
    struct pending pending;
    struct urb_packet packets[ISOCH_PACKETS];
    uint8_t data[ISOCH_PACKETS * 1024];
};

static void stream_start(struct fixture *f, struct stream *stream, uint8_t address, uint32_t size,
                         uint8_t flags, uint32_t frame)
{
    for (uint32_t i = 0; i < ISOCH_PACKETS; i++)
        stream->packets[i] = (struct urb_packet){.offset = i * size, .length = size};
    stream->pending = (struct pending){.urb = {.device = f->usb,
                                               .pipe = usb_device_pipe(f->usb, address),
                                               .flags = flags,
                                               .buffer = stream->data,
                                               .length = ISOCH_PACKETS * size,
                                               .packets = stream->packets,
                                               .packet_count = ISOCH_PACKETS,
                                               .start_frame = frame,
                                               .done = pending_done,
                                               .context = &stream->pending}};
    CHECK(urb_submit(&stream->pending.urb) == 0);
}

static uint64_t le64(const uint8_t *at)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

static bool stream_is_good(const struct stream *stream, uint32_t size, uint64_t step)
{
    bool good = stream->pending.urb.status == 0 && stream->pending.urb.error_count == 0;
    for (uint32_t i = 0; i < ISOCH_PACKETS; i++)
        good &= stream->packets[i].status == 0 && stream->packets[i].actual == size &&
                le64(stream->data + i * size) == stream->pending.urb.start_microframe + i * step;
    return good;
}

static void test_isoch(const char *speed, uint32_t size, uint64_t step)
{
    char options[64];
    snprintf(options, sizeof options, "speed=%s", speed);
    struct fixture f = attach("mutt", options);
    CHECK(usb_device_pipe(f.usb, 0x83) == NULL);
    CHECK(usb_device_set_interface(f.usb, 0, 1) == 0);
    static struct stream in[3], out[3];
    for (uint32_t i = 0; i < 3; i++)
        for (uint32_t at = 0; at < sizeof out[i].data; at++)
            out[i].data[at] = (uint8_t)(at * 13 + (at >> 10) + i);
    usb_virtual_clock_rate(
        0); /* the bus waits until all are submitted, however busy the machine is */
    for (uint32_t i = 0; i < 3; i++) {
        stream_start(&f, &in[i], 0x83, size, URB_ISO_ASAP, 0);
        stream_start(&f, &out[i], 0x03, size, URB_ISO_ASAP, 0);
    }
    usb_virtual_clock_rate(1000);
    for (uint32_t i = 0; i < 3; i++) {
        pending_wait(&in[i].pending);
        pending_wait(&out[i].pending);
        CHECK(stream_is_good(&in[i], size, step));
        CHECK(out[i].pending.urb.status == 0 && out[i].pending.urb.actual == ISOCH_PACKETS * size);
        if (i != 0)
            CHECK(in[i].pending.urb.start_microframe ==
                  in[i - 1].pending.urb.start_microframe + ISOCH_PACKETS * step);
    }
    bool good = true;
    for (uint32_t n = 0; n < 3 * ISOCH_PACKETS; n++) {
        struct usb_model_packet packet;
        uint8_t data[1024];
        good &= usb_virtual_record(f.virtual, n, &packet, data, sizeof data) == 0;
        good &= packet.length == size &&
                packet.microframe == out[0].pending.urb.start_microframe + n * step;
        good &= memcmp(data, out[n / ISOCH_PACKETS].data + n % ISOCH_PACKETS * size, size) == 0;
    }
    CHECK(good);
    struct usb_model_packet packet;
    CHECK(usb_virtual_record(f.virtual, 3 * ISOCH_PACKETS, &packet, NULL, 0) == -ENOENT);
    detach(&f);
}

static void test_isoch_places(void)
{
    struct fixture f = attach("mutt", "");
    CHECK(usb_device_set_interface(f.usb, 0, 1) == 0);
    static struct stream a, b;
    usb_virtual_clock_rate(0);
    struct usb_frame now;
    CHECK(usb_device_frame(f.usb, &now) == 0 && now.quality == USB_CLOCK_EXACT);
    usb_virtual_clock_step(8 - now.microframe % 8);
    CHECK(usb_device_frame(f.usb, &now) == 0 && now.microframe % 8 == 0);
    uint32_t frame = (uint32_t)(now.microframe / 8);
    stream_start(&f, &a, 0x83, 1024, 0, frame + 5);
    usb_virtual_clock_step(8 * 14);
    CHECK(atomic_load(&a.pending.done) == 0);
    usb_virtual_clock_step(8);
    pending_wait(&a.pending);
    CHECK(a.pending.urb.status == 0 && a.pending.urb.start_microframe == (frame + 5) * 8ull &&
          stream_is_good(&a, 1024, 1));
    /* Two frames are past: they are lost, the rest goes. */
    frame += 15;
    stream_start(&f, &b, 0x83, 1024, 0, frame - 2);
    usb_virtual_clock_step(8 * 8);
    pending_wait(&b.pending);
    CHECK(b.pending.urb.status == 0 && b.pending.urb.error_count == 17 &&
          b.packets[16].status == -EXDEV);
    CHECK(b.packets[17].status == 0 && le64(b.data + 17 * 1024) == (frame - 2) * 8ull + 17);
    /* A cancel in the middle: what has passed is there. */
    frame += 8;
    stream_start(&f, &a, 0x83, 1024, 0, frame + 1);
    usb_virtual_clock_step(8 * 3);
    urb_cancel(&a.pending.urb);
    pending_wait(&a.pending);
    CHECK(a.pending.urb.status == -ECANCELED && a.packets[15].status == 0 &&
          a.packets[15].actual == 1024);
    CHECK(a.packets[16].status == -EXDEV && a.packets[16].actual == 0);
    usb_virtual_clock_rate(1000);
    detach(&f);
}

/* ---- Faults, plugging ------------------------------------------------------------------------ */

static void test_faults(void)
{
    struct fixture f =
        attach("mutt", "faults=stall:ep=81:at=2+drop:ep=83:every=10+crc:ep=83:at=3+slow:ms=20");
    uint8_t out[1024] = {1}, in[1024];
    uint32_t actual;
    uint64_t before = clock_now_ns();
    CHECK(control(f.usb, 0x40, 0x30, 0, 0, "echo", 4) == 4);
    CHECK(clock_now_ns() - before >= 20000000);
    CHECK(transfer(&f, 0x01, out, 1024, 0, 0, &actual) == 0);
    CHECK(transfer(&f, 0x81, in, 1024, 0, 0, &actual) == -EPIPE && actual == 512);
    CHECK(usb_pipe_reset(usb_device_pipe(f.usb, 0x81)) == 0);
    CHECK(transfer(&f, 0x81, in, 512, 0, 0, &actual) == 0 && actual == 512);
    CHECK(usb_device_set_interface(f.usb, 0, 1) == 0);
    static struct stream stream;
    stream_start(&f, &stream, 0x83, 1024, URB_ISO_ASAP, 0);
    pending_wait(&stream.pending);
    CHECK(stream.pending.urb.status == 0 && stream.pending.urb.error_count == 9);
    CHECK(stream.packets[2].status == -EILSEQ && stream.packets[9].status == -EPROTO &&
          stream.packets[9].actual == 0);
    const char *reason = "";
    CHECK(usb_virtual_faults(f.virtual, "nak:ep=81:at=1:ms=30 + short:ep=81:at=3:bytes=7", 1,
                             &reason) == 0);
    CHECK(transfer(&f, 0x01, out, 1024, 0, 0, &actual) == 0);
    before = clock_now_ns();
    CHECK(transfer(&f, 0x81, in, 1024, 0, 0, &actual) == 0 && actual == 1024);
    CHECK(clock_now_ns() - before >= 30000000);
    CHECK(transfer(&f, 0x01, out, 1024, 0, 0, &actual) == 0);
    CHECK(transfer(&f, 0x81, in, 1024, 0, 0, &actual) == 0 && actual == 7);
    CHECK(usb_virtual_faults(f.virtual, "burn:ep=81", 1, &reason) == -EINVAL && *reason != '\0');
    detach(&f);
}

struct plug_watch {
    struct usb_watcher watcher;
    _Atomic uint32_t arrived, gone;
};

static void plug_changed(struct usb_watcher *watcher, enum usb_change change,
                         struct usb_device *device)
{
    struct plug_watch *watch = container_of(watcher, struct plug_watch, watcher);
    _Atomic uint32_t *counter = change == USB_ARRIVED ? &watch->arrived : &watch->gone;
    atomic_fetch_add(counter, 1);
    futex_wake(counter, 1);
}

static void await(_Atomic uint32_t *counter, uint32_t target)
{
    for (uint32_t now; (now = atomic_load(counter)) < target;)
        futex_wait(counter, now, FUTEX_NO_DEADLINE);
}

static void test_unplug(void)
{
    struct plug_watch watch = {.watcher = {.changed = plug_changed}};
    usb_watch(&watch.watcher);
    struct fixture f = attach("mutt", "faults=unplug:ep=83:at=100+replug:ms=5");
    CHECK(usb_device_set_interface(f.usb, 0, 1) == 0);
    static struct stream streams[2];
    uint8_t in[64];
    struct pending read;
    pending_start(&f, &read, 0x81, in, sizeof in);
    stream_start(&f, &streams[0], 0x83, 1024, URB_ISO_ASAP, 0);
    stream_start(&f, &streams[1], 0x83, 1024, URB_ISO_ASAP, 0);
    pending_wait(&streams[0].pending);
    pending_wait(&streams[1].pending);
    pending_wait(&read);
    CHECK(streams[0].pending.urb.status == 0 && streams[1].pending.urb.status == -ENODEV &&
          read.urb.status == -ENODEV);
    CHECK(streams[1].packets[18].status == 0 && streams[1].packets[19].status != 0);
    await(&watch.gone, 1);
    await(&watch.arrived, 2);
    struct urb urb = {.device = f.usb};
    CHECK(urb_submit(&urb) == -ENODEV);
    struct usb_device *again = usb_virtual_device(f.virtual);
    CHECK(again != NULL && again != f.usb);
    CHECK(usb_device_open(again) == 0);
    CHECK(control(again, 0x80, 8, 0, 0, in, 1) == 1 && in[0] == 1);
    usb_device_close(again);
    CHECK(usb_device_cycle(again) == 0);
    await(&watch.arrived, 3);
    usb_device_dereference(again);
    detach(&f);
    await(&watch.gone, 3);
    usb_unwatch(&watch.watcher);
}

static void test_wrong_descriptors(void)
{
    static const char *const scripts[] = {"faults=descriptor:what=length",
                                          "faults=descriptor:what=total",
                                          "faults=descriptor:what=endpoint"};
    for (unsigned i = 0; i < 3; i++) {
        struct virtual_device *virtual = NULL;
        CHECK(usb_virtual_attach(&usb_model_mutt, NULL, scripts[i], &virtual) == 0);
        struct usb_device *usb = usb_virtual_device(virtual);
        CHECK(usb_device_open(usb) == -EINVAL);
        usb_device_dereference(usb);
        usb_virtual_detach(virtual);
    }
    struct virtual_device *virtual = NULL;
    CHECK(usb_virtual_attach(&usb_model_mutt, NULL, "faults=descriptor:what=device", &virtual) ==
          -EINVAL);
    CHECK(usb_virtual_attach(&usb_model_mutt, NULL, "speed=warp", &virtual) == -EINVAL);
}

static void test_fx2(void)
{
    struct fixture f = attach("fx2", "");
    uint8_t data[64] = {0}, in[64];
    uint32_t actual;
    CHECK(control(f.usb, 0x80, 6, 0x03ee, 0, data, 18) == 18 && data[2] == 'M' && data[16] == 0x10);
    CHECK(control(f.usb, 0xc0, 0x10, 0, 4, in, 40) == 40 && memcmp(in + 18, "WINUSB", 7) == 0);
    struct pending read;
    pending_start(&f, &read, 0x81, in, 49);
    data[0] = 0x5a;
    CHECK(control(f.usb, 0x40, 0xdf, 0, 0, data, 1) == 1);
    pending_wait(&read);
    CHECK(read.urb.status == 0 && read.urb.actual == 1 && in[0] == 0x5a);
    CHECK(control(f.usb, 0x40, 0xd8, 0, 0, data, 1) == 1);
    CHECK(control(f.usb, 0xc0, 0xd7, 0, 0, in, 1) == 1 && in[0] == 0x5a);
    CHECK(control(f.usb, 0xc0, 0xd9, 0, 0, in, 1) == 1 && in[0] == 1);
    CHECK(transfer(&f, 0x06, data, 64, 0, 0, &actual) == 0 &&
          transfer(&f, 0x88, in, 64, 0, 0, &actual) == 0);
    CHECK(actual == 64 && memcmp(in, data, 64) == 0);
    struct plug_watch watch = {.watcher = {.changed = plug_changed}};
    usb_watch(&watch.watcher);
    CHECK(control(f.usb, 0x40, 0xda, 0, 0, NULL, 0) == 0);
    await(&watch.gone, 1);
    await(&watch.arrived, 2);
    usb_unwatch(&watch.watcher);
    detach(&f);
    struct virtual_device *virtual = NULL;
    CHECK(usb_virtual_attach(&usb_model_fx2, NULL, "speed=super", &virtual) == -EOPNOTSUPP);
}

static void test_audio(void)
{
    enum { BYTES = ISOCH_PACKETS * 192 };
    char directory[] = "/tmp/usb-audio-XXXXXX", in_path[64], out_path[64], options[256];
    CHECK(mkdtemp(directory) != NULL);
    snprintf(in_path, sizeof in_path, "%s/in.wav", directory);
    snprintf(out_path, sizeof out_path, "%s/out.wav", directory);
    snprintf(options, sizeof options, "in=%s,out=%s", in_path, out_path);
    static uint8_t samples[BYTES], file[BYTES + 100];
    for (uint32_t i = 0; i < BYTES; i++)
        samples[i] = (uint8_t)(i * 31 + (i >> 8));
    FILE *wav = fopen(in_path, "wb");
    CHECK(wav_head_write(wav, &(struct wav_format){2, 16, 48000}, BYTES) == 0 &&
          fwrite(samples, 1, BYTES, wav) == BYTES);
    fclose(wav);
    struct fixture f = attach("audio", options);
    CHECK(usb_device_set_interface(f.usb, 1, 1) == 0 && usb_device_set_interface(f.usb, 2, 1) == 0);
    static struct stream in, out;
    memcpy(out.data, samples, BYTES);
    stream_start(&f, &in, 0x82, 192, URB_ISO_ASAP, 0);
    stream_start(&f, &out, 0x01, 192, URB_ISO_ASAP, 0);
    pending_wait(&in.pending);
    pending_wait(&out.pending);
    CHECK(in.pending.urb.status == 0 && in.pending.urb.actual == BYTES &&
          memcmp(in.data, samples, BYTES) == 0);
    CHECK(out.pending.urb.status == 0 && out.pending.urb.actual == BYTES);
    CHECK(usb_device_set_interface(f.usb, 1, 0) == 0);
    wav = fopen(out_path, "rb");
    size_t size = fread(file, 1, sizeof file, wav);
    fclose(wav);
    struct wav_format format;
    const uint8_t *recorded;
    uint32_t length = 0;
    CHECK(wav_parse(file, size, &format, &recorded, &length) == 0 && length == BYTES &&
          format.rate == 48000);
    CHECK(memcmp(recorded, samples, BYTES) == 0);
    detach(&f);
    remove(in_path);
    remove(out_path);
    remove(directory);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    test_enumeration("full", 0x0210);
    test_enumeration("high", 0x0210);
    test_enumeration("super", 0x0300);
    test_bulk("full");
    test_bulk("high");
    test_bulk("super");
    test_full_loopback();
    test_options();
    test_streams();
    test_slow_stream();
    test_interrupt();
    test_isoch("high", 1024, 1);
    test_isoch("super", 1024, 1);
    test_isoch("full", 512, 8);
    test_isoch_places();
    test_faults();
    test_unplug();
    test_wrong_descriptors();
    test_fx2();
    test_audio();
    printf("%s %d checks, %d failures\n", failures ? "not ok -" : "ok -", checks, failures);
    return failures != 0;
}
