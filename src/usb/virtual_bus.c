/* SPDX-License-Identifier: MIT */
/* The virtual bus: an exact clock of microframes on CLOCK_MONOTONIC, and one thread that sleeps
 * until something is due on a device and then does all that has passed since. With nothing due it
 * sleeps for good. Nobody's lateness depends on when it wakes: a packet belongs to its microframe,
 * not to the moment in which it is moved. */
#include <errno.h>
#include <limits.h>

#include "base/futex.h"
#include "usb/virtual.h"

/* The clock begins there, so that frames before the beginning can be named. */
#define FIRST_NS (4096ull * 1000000)

enum { DEVICES_MAX = 64, REAL_TIME = 1000 };

static struct {
    struct lock lock;
    bool began;
    uint32_t permille;        /* of real time; 0: stopped */
    uint64_t real_ns, bus_ns; /* of one moment */
} clock_state;

static struct {
    struct lock lock;
    struct list devices; /* struct virtual_device.link */
    uint32_t count;
    bool running;
    _Atomic uint32_t kicks;
    _Atomic uint64_t sleeps_until; /* bus time; VIRTUAL_NEVER while it is awake: each kick counts */
} bus = {.devices = {&bus.devices, &bus.devices}, .sleeps_until = VIRTUAL_NEVER};

static __thread bool on_bus_thread;

static uint64_t scale(uint64_t ns, uint64_t numerator, uint64_t denominator)
{
    return ns / denominator * numerator + ns % denominator * numerator / denominator;
}

/* Under the clock's lock. */
static uint64_t clock_read(uint64_t real_ns)
{
    if (!clock_state.began) {
        clock_state.began = true;
        clock_state.permille = REAL_TIME;
        clock_state.real_ns = real_ns;
        clock_state.bus_ns = FIRST_NS;
    }
    uint64_t passed = real_ns > clock_state.real_ns ? real_ns - clock_state.real_ns : 0;
    return clock_state.bus_ns + scale(passed, clock_state.permille, REAL_TIME);
}

uint64_t virtual_now(void)
{
    lock_acquire(&clock_state.lock);
    uint64_t now = clock_read(clock_now_ns());
    lock_release(&clock_state.lock);
    return now;
}

void virtual_frame(struct usb_frame *frame)
{
    lock_acquire(&clock_state.lock);
    frame->at_ns = clock_now_ns();
    uint64_t bus_ns = clock_read(frame->at_ns);
    lock_release(&clock_state.lock);
    frame->microframe = bus_ns / MICROFRAME_NS;
    frame->into_ns = (uint32_t)(bus_ns % MICROFRAME_NS);
    frame->quality = USB_CLOCK_EXACT;
}

/* The moment on CLOCK_MONOTONIC when the bus's time will be `bus_ns`. */
static uint64_t real_of(uint64_t bus_ns)
{
    lock_acquire(&clock_state.lock);
    uint64_t now = clock_now_ns(), bus_now = clock_read(now), permille = clock_state.permille;
    lock_release(&clock_state.lock);
    if (bus_ns <= bus_now)
        return now;
    if (permille == 0 || bus_ns == VIRTUAL_NEVER)
        return FUTEX_NO_DEADLINE;
    return now + scale(bus_ns - bus_now, REAL_TIME, permille) + 1;
}

static void kick(void)
{
    atomic_fetch_add(&bus.kicks, 1);
    futex_wake(&bus.kicks, INT_MAX);
}

void usb_virtual_clock_rate(uint32_t permille)
{
    lock_acquire(&clock_state.lock);
    uint64_t now = clock_now_ns();
    clock_state.bus_ns = clock_read(now);
    clock_state.real_ns = now;
    clock_state.permille = permille;
    lock_release(&clock_state.lock);
    kick();
}

void usb_virtual_clock_step(uint32_t microframes)
{
    lock_acquire(&clock_state.lock);
    (void)clock_read(clock_now_ns());
    clock_state.bus_ns += (uint64_t)microframes * MICROFRAME_NS;
    lock_release(&clock_state.lock);
    kick();
}

/* ---- The thread ------------------------------------------------------------------------------ */

static uint32_t devices_take(struct virtual_device *devices[DEVICES_MAX])
{
    uint32_t count = 0;
    lock_acquire(&bus.lock);
    list_for_each (node, &bus.devices) {
        devices[count] = container_of(node, struct virtual_device, link);
        atomic_fetch_add(&devices[count++]->references, 1);
    }
    lock_release(&bus.lock);
    return count;
}

static uint64_t devices_due(struct virtual_device *devices[], uint32_t count)
{
    uint64_t due = VIRTUAL_NEVER;
    for (uint32_t i = 0; i < count; i++) {
        lock_acquire(&devices[i]->lock);
        if (devices[i]->due < due)
            due = devices[i]->due;
        lock_release(&devices[i]->lock);
    }
    return due;
}

static void *bus_run(void *context)
{
    on_bus_thread = true;
    for (;;) {
        struct virtual_device *devices[DEVICES_MAX];
        uint32_t seen = atomic_load(&bus.kicks);
        uint32_t count = devices_take(devices);
        uint64_t now = virtual_now();
        for (uint32_t i = 0; i < count; i++)
            virtual_tick(devices[i], now);
        /* Ends of one device's URBs may have brought work to another. */
        uint64_t due = devices_due(devices, count);
        for (uint32_t i = 0; i < count; i++)
            usb_virtual_dereference(devices[i]);
        atomic_store(&bus.sleeps_until, due);
        futex_wait(&bus.kicks, seen, real_of(due));
        atomic_store(&bus.sleeps_until, VIRTUAL_NEVER);
    }
    return NULL;
}

void virtual_bus_wake(uint64_t due)
{
    if (due != VIRTUAL_NEVER && !on_bus_thread && due < atomic_load(&bus.sleeps_until))
        kick();
}

int virtual_bus_add(struct virtual_device *device)
{
    lock_acquire(&bus.lock);
    bool start = !bus.running;
    int error = bus.count == DEVICES_MAX ? -ENOSPC
                : start                  ? engine_thread_start("usb-bus", bus_run, NULL)
                                         : 0;
    if (error == 0) {
        bus.running = true;
        bus.count++;
        list_push_back(&bus.devices, &device->link);
        atomic_fetch_add(&device->references, 1);
    }
    lock_release(&bus.lock);
    return error;
}

void virtual_bus_remove(struct virtual_device *device)
{
    lock_acquire(&bus.lock);
    bool listed = !list_empty(&device->link);
    if (listed) {
        list_remove(&device->link);
        bus.count--;
    }
    lock_release(&bus.lock);
    if (listed)
        usb_virtual_dereference(device);
}
