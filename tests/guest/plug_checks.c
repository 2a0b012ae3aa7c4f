/* SPDX-License-Identifier: MIT */
/* Devices that go, and interfaces that belong to a kernel driver. Who reads "PULL NAME" in the output takes that plug out. */
#include "check.h"
#include "devices.h"

#include <unistd.h>

static _Atomic uint32_t went, came;

static void watch_changed(struct usb_watcher *watcher, enum usb_change change, struct usb_device *which)
{
    (void)watcher;
    bool late = which->id.descriptor.vendor == QEMU_LATE_VENDOR && which->id.descriptor.product == QEMU_LATE;
    if (change == USB_ARRIVED && late) {
        atomic_store(&came, 1);
        futex_wake(&came, 1);
    }
    if (change == USB_GONE && which == device) {
        atomic_store(&went, 1);
        futex_wake(&went, 1);
    }
}

static struct usb_watcher watcher = {.changed = watch_changed};

static void pull(const char *name)
{
    usb_watch(&watcher);
    printf("PULL %s\n", name);
    fflush(stdout);
}

/* Told, nothing works any more, and everything can be given back. */
static void gone_check(uint8_t interface)
{
    while (atomic_load(&went) == 0)
        futex_wait(&went, 0, FUTEX_NO_DEADLINE);
    uint8_t bytes[18];
    struct usb_setup setup = {.type = 0x80, .request = 6, .value = 0x100, .length = sizeof bytes};
    int moved = usb_device_control(device, &setup, bytes, 5000);
    CHECK(moved == -ENODEV, "a transfer afterwards: %d", moved);
    usb_device_release(device, interface);
    usb_device_close(device);
    usb_unwatch(&watcher);
    usb_device_dereference(device);
}

void unplug_bulk(void)
{
    static uint8_t buffer[4096];
    device_find(FTDI_VENDOR, FTDI_SERIAL);
    claim(0);
    struct usb_pipe *in = pipe_get(0x81);
    pull("serial");
    uint32_t actual, reads = 0;
    int error;
    while ((error = move(in, buffer, sizeof buffer, &actual)) == 0 || error == -ETIMEDOUT)
        reads++;
    CHECK(error == -ENODEV || error == -EPROTO || error == -EPIPE, "the read ended with %s", strerror(-error));
    gone_check(0);
    printf("unplugged after %u reads: told and clean\n", reads);
}

/* In full flow: a stream whose URBs are sent again until that is refused. */

enum { FLOW_URBS = 16, FLOW_PACKETS = 10, FLOW_PACKET = 192 };

struct flow {
    struct urb urb;
    struct urb_packet packets[FLOW_PACKETS];
    uint8_t data[FLOW_PACKETS * FLOW_PACKET];
};
static struct flow flows[FLOW_URBS];
static _Atomic uint32_t rounds, strange;

static void flow_done(struct urb *urb)
{
    atomic_fetch_add(&rounds, 1);
    if (urb->status != 0 && urb->status != -ENODEV && urb->status != -ENOLINK && urb->status != -EXDEV && urb->status != -EPROTO)
        atomic_store(&strange, (uint32_t)-urb->status);
    if (urb->status == -ENODEV || urb_submit(urb) != 0)
        counted_done(urb);
}

void unplug_isoch(void)
{
    device_find(QEMU_VENDOR, QEMU_AUDIO);
    claim(1);
    setting_select(1, 1);
    struct usb_pipe *pipe = pipe_get(0x01);
    for (uint32_t i = 0; i < FLOW_URBS; i++) {
        struct flow *flow = &flows[i];
        flow->urb = (struct urb){.device = device, .pipe = pipe, .buffer = flow->data, .length = sizeof flow->data,
            .packets = flow->packets, .packet_count = FLOW_PACKETS, .flags = URB_ISO_ASAP, .done = flow_done};
        for (uint32_t k = 0; k < FLOW_PACKETS; k++)
            flow->packets[k] = (struct urb_packet){.offset = k * FLOW_PACKET, .length = FLOW_PACKET};
        int error = urb_submit(&flow->urb);
        CHECK(error == 0, "submit: %s", strerror(-error));
    }
    pull("audio");
    ended_wait(FLOW_URBS);
    CHECK(atomic_load(&strange) == 0, "a URB ended with %s", strerror((int)atomic_load(&strange)));
    gone_check(1);
    printf("unplugged in the flow of %u transfers: told and clean\n", atomic_load(&rounds));
}

/* A device that is plugged in while we run is told of, works, and goes again. Who reads "PLUG" plugs it in. */
void plug(void)
{
    setenv("OVERLAPPED_USB", "usbfs", 0);
    usb_watch(&watcher);
    CHECK(atomic_load(&came) == 0, "it is there already");
    printf("PLUG\n");
    fflush(stdout);
    while (atomic_load(&came) == 0)
        futex_wait(&came, 0, FUTEX_NO_DEADLINE);
    device_find(QEMU_LATE_VENDOR, QEMU_LATE);
    claim(0);
    uint8_t bytes[18];
    struct usb_setup setup = {.type = 0x80, .request = 6, .value = 0x100, .length = sizeof bytes};
    int moved = usb_device_control(device, &setup, bytes, 5000);
    CHECK(moved == sizeof bytes && memcmp(bytes, device->device_bytes, sizeof bytes) == 0, "its descriptor: %d", moved);
    printf("PULL late\n");
    fflush(stdout);
    gone_check(0);
    printf("plugged in and pulled out: told of both\n");
}

/* Who may not open the node hears what to do (in the trace). */
void denied(void)
{
    enum { NOBODY = 65534 };
    setenv("OVERLAPPED_USB", "usbfs", 1);
    CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0, "becoming nobody");
    uint32_t count;
    struct usb_device **list = usb_list(&count);
    CHECK(count != 0, "no devices are seen"); /* sysfs may be read by all */
    for (uint32_t i = 0; i < count; i++) {
        int error = usb_device_open(list[i]);
        CHECK(error == -EACCES, "%s opens: %s", list[i]->id.path, strerror(-error));
    }
    usb_list_free(list, count);
    printf("denied: %u devices seen, none opened\n", count);
}

void driver(bool consent)
{
    setenv("OVERLAPPED_USB", consent ? "usbfs,detach" : "usbfs", 1);
    device_find(FTDI_VENDOR, FTDI_SERIAL);
    CHECK(access("/dev/ttyUSB0", F_OK) == 0, "the driver has not got it");
    int error = usb_device_claim(device, 0);
    if (!consent) {
        CHECK(error == -EBUSY, "claiming a driver's interface: %d", error);
        CHECK(access("/dev/ttyUSB0", F_OK) == 0, "the driver has lost it");
        printf("kept by its driver\n");
        return;
    }
    CHECK(error == 0, "claim: %s", strerror(-error));
    CHECK(access("/dev/ttyUSB0", F_OK) != 0, "the driver still has it");
    usb_device_release(device, 0);
    CHECK(access("/dev/ttyUSB0", F_OK) == 0, "the driver has not got it back");
    printf("taken from its driver and given back\n");
}
