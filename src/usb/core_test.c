/* SPDX-License-Identifier: MIT */
/* The core over a host that the test plays by hand: it keeps what it is given, and ends it when the
 * test (or a thread) says so. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/futex.h"
#include "usb/capture.h"
#include "usb/core.h"

static unsigned checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    failures += !good;
    printf("%sok %u - %s # line %d\n", good ? "" : "not ", checks, text, line);
}
#define CHECK(condition) check(condition, #condition, __LINE__)

/* ---- The host -------------------------------------------------------------------------------- */

/* A high-speed device: alternate 1 has isochronous endpoints of interval 1 (81) and 4 (82), bulk
 * OUT 03 and bulk IN 84. */
static const uint8_t device_bytes[18] = {18,   1, 0, 2, 0, 0, 0, 64, 0x09,
                                         0x12, 1, 0, 0, 1, 0, 0, 0,  1};
/* clang-format off */
static const uint8_t config_bytes[] = {9, 2, 9 + 9 + 9 + 4 * 7, 0, 1, 1, 0, 0x80, 50,
    9, 4, 0, 0, 0, 255, 0, 0, 0,
    9, 4, 0, 1, 4, 255, 0, 0, 0,
    7, 5, 0x81, 1, 0, 4, 1,
    7, 5, 0x82, 1, 0, 2, 4,
    7, 5, 0x03, 2, 0, 2, 0,
    7, 5, 0x84, 2, 0, 2, 0};
/* clang-format on */

static struct {
    struct lock lock;
    struct list given; /* struct urb.host_link */
    _Atomic uint32_t submits;
    uint32_t halts_cleared;
    _Atomic uint64_t microframe;
    uint32_t bad_packet;
    bool answers_cancel;
    int submit_error, setting_error;
} host = {.given = {&host.given, &host.given}, .answers_cancel = true, .bad_packet = UINT32_MAX};

static int host_open(struct usb_device *device)
{
    (void)device;
    return 0;
}

static void host_close(struct usb_device *device)
{
    (void)device;
}

static int host_submit(struct usb_device *device, struct urb *urb)
{
    (void)device;
    if (host.submit_error != 0)
        return host.submit_error;
    lock_acquire(&host.lock);
    list_push_back(&host.given, &urb->host_link);
    lock_release(&host.lock);
    atomic_fetch_add(&host.submits, 1);
    futex_wake(&host.submits, 1);
    return 0;
}

/* Takes a URB back from the host: the first, or the one that is named. NULL: it has none (of it).
 */
static struct urb *host_take(struct urb *wanted)
{
    struct urb *found = NULL;
    lock_acquire(&host.lock);
    list_for_each (node, &host.given) {
        struct urb *urb = container_of(node, struct urb, host_link);
        if (wanted == NULL || urb == wanted) {
            found = urb;
            list_remove(node);
            break;
        }
    }
    lock_release(&host.lock);
    return found;
}

static void host_cancel(struct usb_device *device, struct urb *urb)
{
    (void)device;
    if (host.answers_cancel && host_take(urb) != NULL)
        usb_urb_ended(urb, -ECANCELED);
}

static bool host_end(int status, uint32_t actual)
{
    struct urb *urb = host_take(NULL);
    if (urb == NULL)
        return false;
    urb->actual = actual;
    for (uint32_t i = urb->late_packets; urb->packets != NULL && i < urb->packet_count; i++)
        urb->packets[i].status = i == host.bad_packet ? -EILSEQ : 0;
    usb_urb_ended(urb, status);
    return true;
}

static int host_read_config(struct usb_device *device, void *buffer, uint32_t length)
{
    (void)device;
    memcpy(buffer, config_bytes, sizeof config_bytes < length ? sizeof config_bytes : length);
    return sizeof config_bytes;
}

static int host_interface(struct usb_device *device, uint8_t interface)
{
    (void)device, (void)interface;
    return 0;
}

static void host_release(struct usb_device *device, uint8_t interface)
{
    (void)device, (void)interface;
}

static int host_set_interface(struct usb_device *device, const struct usb_alternate *alternate)
{
    (void)device, (void)alternate;
    return host.setting_error;
}

static int host_set_configuration(struct usb_device *device, uint8_t value)
{
    (void)device, (void)value;
    return host.setting_error;
}

static int host_clear_halt(struct usb_device *device, struct usb_pipe *pipe)
{
    (void)device, (void)pipe;
    host.halts_cleared++;
    return 0;
}

static int host_frame(struct usb_device *device, struct usb_frame *frame)
{
    (void)device;
    *frame = (struct usb_frame){
        .microframe = host.microframe, .at_ns = clock_now_ns(), .quality = USB_CLOCK_EXACT};
    return 0;
}

static struct usb_host test_host = {.name = "test",
                                    .limits = {.depth = 2,
                                               .iso_lead = 1,
                                               .control_bytes = 4096,
                                               .bulk_bytes = 65536,
                                               .interrupt_bytes = 4096,
                                               .iso_packets = 1024},
                                    .open = host_open,
                                    .close = host_close,
                                    .submit = host_submit,
                                    .cancel = host_cancel,
                                    .read_config = host_read_config,
                                    .claim = host_interface,
                                    .release = host_release,
                                    .set_interface = host_set_interface,
                                    .set_configuration = host_set_configuration,
                                    .clear_halt = host_clear_halt,
                                    .frame = host_frame};

/* ---- URBs that count their ends -------------------------------------------------------------- */

struct test_urb {
    struct urb urb;
    _Atomic uint32_t dones;
    uint32_t place; /* among all ends */
    uint8_t data[512];
    struct urb_packet packets[16];
};

static _Atomic uint32_t done_count;

static void test_done(struct urb *urb)
{
    struct test_urb *test = container_of(urb, struct test_urb, urb);
    test->place = atomic_fetch_add(&done_count, 1);
    atomic_fetch_add(&test->dones, 1);
    futex_wake(&done_count, 100);
}

static void test_init(struct test_urb *test, struct usb_device *device, uint8_t address)
{
    *test = (struct test_urb){.urb = {.device = device,
                                      .pipe = usb_device_pipe(device, address),
                                      .done = test_done,
                                      .length = sizeof test->data}};
    test->urb.buffer = test->data;
}

static void test_await(struct test_urb *test)
{
    for (uint32_t seen; (seen = atomic_load(&done_count), atomic_load(&test->dones) == 0);)
        futex_wait(&done_count, seen, clock_deadline_ns(1000000000));
}

static struct usb_device *device_start(void)
{
    struct usb_device *device = usb_device_create(&test_host);
    memcpy(device->device_bytes, device_bytes, sizeof device_bytes);
    device->id.speed = USB_SPEED_HIGH;
    CHECK(usb_device_arrive(device) == 0);
    CHECK(usb_device_open(device) == 0);
    CHECK(usb_device_claim(device, 0) == 0 && usb_device_claim(device, 0) == -EBUSY);
    CHECK(usb_device_pipe(device, 0x84) == NULL);
    CHECK(usb_device_set_interface(device, 0, 1) == 0 &&
          usb_device_set_interface(device, 0, 7) == -EINVAL);
    return device;
}

static void order_and_depth(struct usb_device *device)
{
    static struct test_urb urbs[5];
    for (int i = 0; i < 5; i++) {
        test_init(&urbs[i], device, 0x84);
        urb_submit(&urbs[i].urb);
    }
    CHECK(host.submits == 2);
    urb_cancel(&urbs[3].urb); /* still queued */
    CHECK(urbs[3].dones == 1 && urbs[3].urb.status == -ECANCELED);
    urb_cancel(&urbs[3].urb);
    CHECK(urbs[3].dones == 1);
    urb_cancel(&urbs[1].urb); /* with the host */
    CHECK(urbs[1].dones == 1 && urbs[1].urb.status == -ECANCELED && host.submits == 3);
    CHECK(usb_device_set_interface(device, 0, 0) == -EBUSY);
    while (host_end(0, 7))
        ;
    CHECK(urbs[0].urb.status == 0 && urbs[0].urb.actual == 7 && urbs[0].place < urbs[2].place &&
          urbs[2].place < urbs[4].place);
    CHECK(usb_pipe_is_idle(usb_device_pipe(device, 0x84)));
}

static void halts(struct usb_device *device)
{
    static struct test_urb urbs[4];
    struct usb_pipe *pipe = usb_device_pipe(device, 0x84);
    for (int i = 0; i < 3; i++) {
        test_init(&urbs[i], device, 0x84);
        urb_submit(&urbs[i].urb);
    }
    host_end(-EPIPE, 0);
    CHECK(urbs[0].urb.status == -EPIPE && urbs[2].urb.status == -EPIPE && urbs[1].dones == 0);
    CHECK(usb_pipe_reset(pipe) == -EBUSY);
    usb_pipe_abort(pipe, true);
    CHECK(urbs[1].dones == 1 && urbs[1].urb.status == -ECANCELED);
    test_init(&urbs[3], device, 0x84);
    CHECK(urb_submit(&urbs[3].urb) == 0 && urbs[3].urb.status == -EPIPE && urbs[3].dones == 1);
    CHECK(usb_pipe_reset(pipe) == 0 && host.halts_cleared == 1);
    pipe->hold_on_error = true;
    for (int i = 0; i < 3; i++) {
        test_init(&urbs[i], device, 0x84);
        urb_submit(&urbs[i].urb);
    }
    host_end(-EPIPE, 0);
    host_end(0, 1);
    CHECK(urbs[2].dones == 0 && usb_pipe_reset(pipe) == 0);
    host_end(0, 2);
    CHECK(urbs[2].dones == 1 && urbs[2].urb.actual == 2);
    pipe->hold_on_error = false;
}

static void time_outs(struct usb_device *device)
{
    static struct test_urb urbs[2];
    for (int i = 0; i < 2; i++) {
        test_init(&urbs[i], device, 0x84);
        urbs[i].urb.timeout_ms = i == 0 ? 600000 : 20;
        urb_submit(&urbs[i].urb);
    }
    host_end(0, 5);
    test_await(&urbs[1]);
    usb_pipe_abort(urbs[1].urb.pipe,
                   true); /* the timer's thread is out of `done`, so later ends are ours */
    CHECK(urbs[0].urb.status == 0 && urbs[1].urb.status == -ETIMEDOUT && urbs[1].dones == 1);
    host.submit_error = -ENOMEM;
    test_init(&urbs[0], device, 0x84);
    CHECK(urb_submit(&urbs[0].urb) == 0 && urbs[0].dones == 1 && urbs[0].urb.status == -ENOMEM);
    host.submit_error = 0;
}

static void isoch_urb(struct test_urb *test, struct usb_device *device, uint8_t address,
                      uint32_t count, uint8_t flags, uint32_t frame)
{
    test_init(test, device, address);
    test->urb.flags = flags;
    test->urb.start_frame = frame;
    test->urb.packets = test->packets;
    test->urb.packet_count = count;
    for (uint32_t i = 0; i < count; i++)
        test->packets[i] = (struct urb_packet){.offset = i * 32, .length = 32};
}

static void isochronous(struct usb_device *device)
{
    static struct test_urb a, b, c;
    host.microframe = 8000;
    isoch_urb(&a, device, 0x81, 7, URB_ISO_ASAP, 0);
    CHECK(urb_submit(&a.urb) == -EINVAL); /* not whole frames */
    isoch_urb(&a, device, 0x81, 8, URB_ISO_ASAP | URB_ISO_CONTINUE, 0);
    CHECK(urb_submit(&a.urb) == 0 && a.urb.status == -ENOLINK && a.urb.error_count == 8);
    isoch_urb(&a, device, 0x81, 8, URB_ISO_ASAP, 0);
    isoch_urb(&b, device, 0x81, 16, URB_ISO_ASAP | URB_ISO_CONTINUE, 0);
    CHECK(urb_submit(&a.urb) == 0 && a.urb.start_frame == 1002 && urb_submit(&b.urb) == 0 &&
          b.urb.start_frame == 1003);
    host.bad_packet = 3;
    a.packets[0].actual = 30;
    host_end(0, 0);
    host.bad_packet = UINT32_MAX;
    CHECK(a.urb.status == 0 && a.urb.error_count == 1 && a.urb.actual == 30);
    host_end(0, 0);
    host.microframe = 8 * 2000;
    isoch_urb(&c, device, 0x81, 8, URB_ISO_ASAP | URB_ISO_CONTINUE, 0);
    CHECK(urb_submit(&c.urb) == 0 && c.urb.status == -ENOLINK); /* the stream has passed */
    isoch_urb(&c, device, 0x81, 8, 0, 2000 + 1024);
    CHECK(urb_submit(&c.urb) == 0 && c.urb.status == -ERANGE);
    host.microframe = 8 * 2000 + 3;
    isoch_urb(&c, device, 0x81, 16, 0, 2000);
    CHECK(urb_submit(&c.urb) == 0 && c.urb.late_packets == 4 && c.urb.start_frame == 2000);
    host_end(0, 0);
    CHECK(c.urb.status == 0 && c.urb.error_count == 4 && c.packets[3].status == -EXDEV &&
          c.packets[4].status == 0);
    isoch_urb(&c, device, 0x81, 8, 0, 1999);
    CHECK(urb_submit(&c.urb) == 0 && c.urb.status == -EXDEV && c.urb.error_count == 8);
    isoch_urb(&c, device, 0x82, 4, 0, 2010); /* interval 4: one packet a frame */
    CHECK(urb_submit(&c.urb) == 0 && usb_device_pipe(device, 0x82)->next_microframe == 2014 * 8);
    host_end(0, 0);
}

/* Every period, and an explicit start among what is queued. */
static void places(struct usb_device *device)
{
    static struct test_urb a, b;
    struct usb_pipe *pipe = usb_device_pipe(device, 0x81);
    for (uint32_t exponent = 0; exponent < 4; exponent++) {
        uint32_t period = 1u << exponent, now = 8000 * (exponent + 4) + 5;
        pipe->endpoint.period_us = 125 * period;
        pipe->stream_runs = false;
        host.microframe = now;
        isoch_urb(&a, device, 0x81, 16, 0,
                  now / 8); /* this frame: microframes 0 to 5 of it have begun */
        uint32_t late = 5 / period + 1;
        CHECK(urb_submit(&a.urb) == 0 && a.urb.late_packets == late &&
              a.urb.start_microframe == now - 5);
        CHECK(pipe->next_microframe == now - 5 + 16 * period);
        isoch_urb(&b, device, 0x81, 16, 0, now / 8 + 1); /* overlaps the first */
        CHECK(urb_submit(&b.urb) == 0 && b.urb.late_packets == 16 - 8 / period);
        CHECK(pipe->next_microframe == now - 5 + 8 + 16 * period);
        host_end(0, 0);
        host_end(0, 0);
        CHECK(a.urb.error_count == late && b.urb.error_count == b.urb.late_packets &&
              b.urb.status == 0);
        /* A driver's URB is tracked: late, but in its place; after 1024 frames it begins anew. */
        host.microframe = pipe->next_microframe + 2 * period;
        isoch_urb(&a, device, 0x81, 16, URB_ISO_ASAP | URB_ISO_TRACK, 0);
        CHECK(urb_submit(&a.urb) == 0 && a.urb.late_packets == 3);
        usb_pipe_abort(pipe, true);
        CHECK(a.urb.status == -ECANCELED && a.urb.error_count == 16);
        isoch_urb(&a, device, 0x81, 16, URB_ISO_ASAP | URB_ISO_CONTINUE, 0);
        CHECK(urb_submit(&a.urb) == 0 && a.urb.status == -ENOLINK); /* the abort ended the stream */
    }
    pipe->endpoint.period_us = 125u << 4;
    isoch_urb(&a, device, 0x81, 16, URB_ISO_ASAP, 0);
    CHECK(urb_submit(&a.urb) == -EINVAL);
    pipe->endpoint.period_us = 125;
}

/* How many events of the kind ('S' submitted, 'C' completed) a capture has. */
static uint32_t captured(int fd, char kind)
{
    static uint8_t bytes[1 << 20];
    ssize_t size = pread(fd, bytes, sizeof bytes, 0);
    uint32_t count = 0, length;
    for (ssize_t at = 0; at + 40 < size; at += length) {
        memcpy(&length, bytes + at + 4, 4);
        count += bytes[at] == 6 && bytes[at + 28 + 8] == (uint8_t)kind;
        if (length < 12)
            break;
    }
    return count;
}

/* Until the host has had `count` submits and the timer's thread, which made the last ones, is out
 * of the pipe: what the test does next would else be sent by that thread, some time. */
static bool sent_by_timer(struct usb_pipe *pipe, uint32_t count)
{
    uint64_t deadline = clock_deadline_ns(20000000000u);
    for (uint32_t seen;
         (seen = host.submits) < count && futex_wait(&host.submits, seen, deadline) != -ETIMEDOUT;)
        ;
    for (bool sending = true; sending;) {
        lock_acquire(&pipe->lock);
        sending = pipe->sending;
        lock_release(&pipe->lock);
        sched_yield();
    }
    return host.submits == count;
}

/* A host that begins at once gets a URB with a start frame when that is near, and what follows it
 * directly without a pause. */
static void held(struct usb_device *device)
{
    static struct test_urb a, b, c;
    struct usb_pipe *pipe = usb_device_pipe(device, 0x81);
    test_host.limits.iso_at_once = true;
    pipe->stream_runs = false;
    host.microframe = 8 * 5000;
    uint32_t before = host.submits;
    isoch_urb(&a, device, 0x81, 16, 0, 5010);
    isoch_urb(&b, device, 0x81, 8, 0, 5012);
    isoch_urb(&c, device, 0x81, 8, URB_ISO_ASAP, 0);
    CHECK(urb_submit(&a.urb) == 0 && urb_submit(&b.urb) == 0 && urb_submit(&c.urb) == 0);
    CHECK(host.submits == before && !usb_pipe_is_idle(pipe));
    host.microframe = 8 * 5009;
    CHECK(sent_by_timer(pipe, before + 2));
    host_end(0, 0);
    CHECK(host.submits == before + 3 && c.urb.start_frame == 5013);
    host_end(0, 0);
    host_end(0, 0);
    CHECK(a.urb.status == 0 && b.urb.status == 0 && c.urb.status == 0);
    isoch_urb(&a, device, 0x81, 8, 0,
              5900); /* a later one waits first, then one for an earlier frame alone */
    CHECK(urb_submit(&a.urb) == 0 && host.submits == before + 3);
    urb_cancel(&a.urb);
    CHECK(a.dones == 1 && a.urb.status == -ECANCELED);
    isoch_urb(&b, device, 0x81, 8, 0, 5030);
    CHECK(urb_submit(&b.urb) == 0 && host.submits == before + 3);
    host.microframe = 8 * 5029;
    CHECK(sent_by_timer(pipe, before + 4) && host_end(0, 0) && b.urb.status == 0);
    test_host.limits.iso_at_once = false;
    isoch_urb(&a, device, 0x81, 7, URB_ISO_ASAP | URB_ISO_ANY,
              0); /* what another system asks for */
    CHECK(urb_submit(&a.urb) == 0 && host_end(0, 0) && a.urb.status == 0);
    pipe->endpoint.period_us = 125u << 4;
    isoch_urb(&a, device, 0x81, 3, URB_ISO_ASAP | URB_ISO_ANY, 0);
    CHECK(urb_submit(&a.urb) == 0 && host_end(0, 0) && a.urb.status == 0);
    pipe->endpoint.period_us = 125;
}

/* What the host still had behind a stall goes back to its place in the queue. */
static void requeued(struct usb_device *device)
{
    static struct test_urb urbs[4];
    struct usb_pipe *pipe = usb_device_pipe(device, 0x84);
    char path[] = "/tmp/overlapped-core-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && usb_capture_start(path) == 0);
    pipe->hold_on_error = true;
    for (int i = 0; i < 4; i++) {
        test_init(&urbs[i], device, 0x84);
        urb_submit(&urbs[i].urb);
    }
    host_end(-EPIPE, 0);
    host_end(-EPIPE, 0);
    CHECK(urbs[0].dones == 1 && urbs[1].dones == 0 && pipe->queue.next == &urbs[1].urb.link);
    CHECK(usb_pipe_reset(pipe) == 0);
    while (host_end(0, 1))
        ;
    CHECK(urbs[1].place < urbs[2].place && urbs[2].place < urbs[3].place && urbs[3].dones == 1 &&
          urbs[1].urb.status == 0);
    usb_capture_stop();
    CHECK(captured(fd, 'S') == 4 &&
          captured(fd, 'C') == 4); /* each once, however often the host got it */
    close(fd);
    unlink(path);
    pipe->hold_on_error = false;
    test_init(&urbs[0], device, 0x84);
    urbs[0].urb.flags = URB_SHORT_NOT_OK;
    urb_submit(&urbs[0].urb);
    host_end(0, 511);
    CHECK(urbs[0].urb.status == -EREMOTEIO);
}

static _Atomic uint32_t resubmits;

static void done_again(struct urb *urb)
{
    if (atomic_load(&resubmits) != 0) {
        atomic_fetch_sub(&resubmits, 1);
        urb_submit(urb);
    } else {
        test_done(urb);
    }
}

static void *abort_pipe(void *context)
{
    usb_pipe_abort(context, true);
    return NULL;
}

/* Two aborts at once end although the owner submits again from each `done`; a host that ends inside
 * submit does not recurse. */
static void owners_that_resubmit(struct usb_device *device)
{
    static struct test_urb test;
    struct usb_pipe *pipe = usb_device_pipe(device, 0x84);
    pthread_t threads[2];
    test_init(&test, device, 0x84);
    test.urb.done = done_again;
    atomic_store(&resubmits, 1000000000);
    urb_submit(&test.urb);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, abort_pipe, pipe);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK(!usb_pipe_is_idle(pipe) && test.dones == 0);
    atomic_store(&resubmits, 0);
    usb_pipe_abort(pipe, true);
    CHECK(test.dones == 1 && usb_pipe_is_idle(pipe));
    test.dones = 0;
    host.submit_error = -ENOMEM; /* each submit ends at once */
    atomic_store(&resubmits, 100000);
    urb_submit(&test.urb);
    host.submit_error = 0;
    CHECK(test.dones == 1 && test.urb.status == -ENOMEM);
}

static void refused_settings(struct usb_device *device)
{
    static struct test_urb test;
    struct usb_pipe *pipe = usb_device_pipe(device, 0x84);
    host.setting_error = -ENOSPC;
    CHECK(usb_device_set_interface(device, 0, 0) == -ENOSPC &&
          usb_device_pipe(device, 0x84) == pipe);
    host.setting_error = -EINVAL;
    CHECK(usb_device_set_configuration(device, 2) == -EINVAL &&
          usb_device_pipe(device, 0x84) == pipe);
    host.setting_error = 0;
    test_init(&test, device, 0x84);
    CHECK(urb_submit(&test.urb) == 0 && usb_device_set_configuration(device, 0) == -EBUSY);
    host_end(0, 0);
    CHECK(usb_device_set_configuration(device, 0) == 0 && device->config == NULL &&
          usb_device_pipe(device, 0x84) == NULL);
    CHECK(urb_submit(&test.urb) == -ENODEV); /* a stale pipe */
    CHECK(usb_device_set_configuration(device, 1) == 0 &&
          usb_device_set_interface(device, 0, 1) == 0);
}

/* ---- Random lives ---------------------------------------------------------------------------- */

enum { THREADS = 4, URBS = 8, ROUNDS = 3000 };

struct player {
    struct usb_device *device;
    unsigned seed;
    struct test_urb urbs[URBS];
    uint32_t submitted;
    bool bad;
};
static _Atomic bool stop;

static void *play(void *context)
{
    struct player *player = context;
    for (int round = 0; round < ROUNDS; round++) {
        struct test_urb *test = &player->urbs[rand_r(&player->seed) % URBS];
        uint8_t state = atomic_load(&test->urb.state);
        if (state == URB_IDLE || (state == URB_DONE && atomic_load(&test->dones) != 0)) {
            player->bad |= state == URB_DONE && atomic_load(&test->dones) != 1;
            test_init(test, player->device, 0x84);
            test->urb.timeout_ms = rand_r(&player->seed) % 4;
            player->submitted++;
            player->bad |= urb_submit(&test->urb) != 0;
        } else if (rand_r(&player->seed) % 4 == 0) {
            urb_cancel(&test->urb);
        } else if (rand_r(&player->seed) % 64 == 0) {
            usb_pipe_abort(usb_device_pipe(player->device, 0x84), true);
        }
    }
    return NULL;
}

static void *finish(void *context)
{
    (void)context;
    while (!atomic_load(&stop))
        if (!host_end(0, 1))
            sched_yield();
    while (host_end(0, 1))
        ;
    return NULL;
}

static void random_lives(struct usb_device *device, unsigned seed)
{
    static struct player players[THREADS];
    memset(players, 0, sizeof players);
    atomic_store(&stop, false);
    pthread_t threads[THREADS], finisher;
    pthread_create(&finisher, NULL, finish, NULL);
    for (unsigned i = 0; i < THREADS; i++) {
        players[i].device = device;
        players[i].seed = seed * 16 + i + 1;
        pthread_create(&threads[i], NULL, play, &players[i]);
    }
    bool bad = false;
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        bad |= players[i].bad;
    }
    usb_pipe_abort(usb_device_pipe(device, 0x84), true);
    atomic_store(&stop, true);
    pthread_join(finisher, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        for (unsigned j = 0; j < URBS; j++)
            bad |= atomic_load(&players[i].urbs[j].urb.state) != URB_DONE ||
                   atomic_load(&players[i].urbs[j].dones) != 1;
    CHECK(!bad);
    CHECK(usb_pipe_is_idle(usb_device_pipe(device, 0x84)));
}

static void departure(struct usb_device *device)
{
    static struct test_urb urbs[3];
    for (int i = 0; i < 3; i++) {
        test_init(&urbs[i], device, 0x84);
        urb_submit(&urbs[i].urb);
    }
    usb_device_depart(device);
    CHECK(urbs[2].urb.status == -ENODEV && urbs[0].dones == 1 && urbs[1].dones == 1);
    CHECK(urb_submit(&urbs[0].urb) == -ENODEV && usb_device_open(device) == -ENODEV);
    usb_device_release(device, 0);
    usb_device_close(device);
    usb_device_dereference(device);
}

int main(void)
{
    struct usb_device *device = device_start();
    order_and_depth(device);
    halts(device);
    time_outs(device);
    isochronous(device);
    places(device);
    held(device);
    requeued(device);
    owners_that_resubmit(device);
    refused_settings(device);
    for (unsigned seed = 0; seed < 4; seed++)
        random_lives(device, seed);
    departure(device);
    printf("1..%u\n", checks);
    return failures != 0;
}
