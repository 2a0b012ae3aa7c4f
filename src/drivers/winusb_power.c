/* SPDX-License-Identifier: MIT */
/* Idling: a device whose registry has DeviceIdleEnabled is suspended when AUTO_SUSPEND is set and
 * nothing has happened for SUSPEND_DELAY. Writes, control and isochronous transfers keep it awake;
 * a read of a bulk or interrupt pipe wakes it when it is submitted, and may then wait while the
 * device sleeps. What pended before goes on after the resume. */
#include <errno.h>
#include <limits.h>

#include "base/futex.h"
#include "base/trace.h"
#include "drivers/usb_node.h"
#include "drivers/winusb_file.h"
#include "usb/host.h"

enum {
    REMOTE_WAKE_ATTRIBUTE = 0x20,
    SET_FEATURE = 3,
    DEVICE_REMOTE_WAKEUP = 1,
    CONTROL_MS = 1000,
    SUSPEND_DELAY_MS = 5000
};

static struct winusb_file *file_of(struct winusb_power *power)
{
    return container_of(power, struct winusb_file, power);
}

/* Under the lock. */
static void power_changed(struct winusb_power *power)
{
    atomic_fetch_add(&power->changes, 1);
    futex_wake(&power->changes, INT_MAX);
}

static void state_set(struct winusb_power *power, enum winusb_power_state state)
{
    atomic_store(&power->state, state);
    power_changed(power);
}

/* With the lock held, which is dropped meanwhile. */
static void power_wait(struct winusb_power *power)
{
    uint32_t seen = atomic_load(&power->changes);
    lock_release(&power->lock);
    futex_wait(&power->changes, seen, FUTEX_NO_DEADLINE);
    lock_acquire(&power->lock);
}

static uint64_t sleeps_at(struct winusb_file *winusb)
{
    return winusb->power.last_ns + (uint64_t)atomic_load(&winusb->suspend_delay_ms) * 1000000u;
}

/* Under the lock: looks again when the delay may be over. The timer holds a reference of the file.
 */
static void power_arm(struct winusb_power *power)
{
    struct winusb_file *winusb = file_of(power);
    if (power->armed || power->working || power->closing || power->busy != 0 ||
        !atomic_load(&winusb->auto_suspend) || atomic_load(&power->state) != WINUSB_POWER_ON)
        return;
    object_reference(&winusb->file.object);
    power->armed = engine_timer_set(&power->timer, sleeps_at(winusb)) == 0;
    if (!power->armed)
        object_dereference(&winusb->file.object);
}

/* ---- Going to sleep -------------------------------------------------------------------------- */

static int device_suspend(struct winusb_file *winusb)
{
    if (winusb->power.wakes) {
        struct usb_setup setup = {.request = SET_FEATURE, .value = DEVICE_REMOTE_WAKEUP};
        int error = usb_device_control(winusb->device, &setup, NULL, CONTROL_MS);
        if (error < 0)
            return error;
    }
    return usb_device_suspend(winusb->device);
}

static int64_t idle_work(struct engine_op *op)
{
    struct winusb_power *power = container_of(op, struct winusb_power, op);
    struct winusb_file *winusb = file_of(power);
    lock_acquire(&power->lock);
    bool sleeps = !power->closing && power->busy == 0 && atomic_load(&winusb->auto_suspend) &&
                  atomic_load(&power->state) == WINUSB_POWER_ON &&
                  clock_now_ns() >= sleeps_at(winusb);
    if (sleeps)
        state_set(power, WINUSB_POWER_SUSPENDING);
    lock_release(&power->lock);
    int error = sleeps ? device_suspend(winusb) : 0;
    if (sleeps && trace_on(USB))
        trace_note(TRACE_USB, "%s is %s for being idle", winusb->device->id.path,
                   error == 0 ? "suspended" : "not suspended");
    lock_acquire(&power->lock);
    if (sleeps)
        state_set(power, error == 0 ? WINUSB_POWER_OFF : WINUSB_POWER_ON);
    lock_release(&power->lock);
    return error;
}

/* Only now is the operation free for the next. */
static void idle_done(struct engine_op *op, int64_t result)
{
    struct winusb_power *power = container_of(op, struct winusb_power, op);
    lock_acquire(&power->lock);
    power->working = false;
    power_changed(power);
    if (result == 0)
        power_arm(power); /* something happened meanwhile */
    lock_release(&power->lock);
    object_dereference(&file_of(power)->file.object);
}

/* Suspending blocks, so a thread of the pool does it. */
static void idle_fired(struct engine_timer *timer)
{
    struct winusb_power *power = container_of(timer, struct winusb_power, timer);
    lock_acquire(&power->lock);
    power->armed = false;
    bool works = !power->closing;
    power->working = works;
    lock_release(&power->lock);
    if (!works) {
        object_dereference(&file_of(power)->file.object);
        return;
    }
    power->op = (struct engine_op){.code = ENGINE_WORK, .work = idle_work, .done = idle_done};
    engine_submit(&power->op);
}

/* ---- Waking up ------------------------------------------------------------------------------- */

/* RESET_PIPE_ON_RESUME: before new requests are let through. A pipe on whose read the device may
 * still answer is left as it is. */
static void pipes_reset(struct winusb_file *winusb)
{
    for (unsigned i = 1; i < WINUSB_PIPES; i++) {
        struct usb_pipe *pipe =
            usb_device_pipe(winusb->device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
        if (pipe == NULL || !winusb_has(&winusb->pipes[i], WINUSB_RESET_PIPE_ON_RESUME) ||
            (pipe->endpoint.type != USB_BULK && pipe->endpoint.type != USB_INTERRUPT))
            continue;
        int error = usb_pipe_reset(pipe);
        if (error != 0 && trace_on(USB))
            trace_note(TRACE_USB, "pipe %02x is not reset on resume: %s", pipe->endpoint.address,
                       error == -EBUSY ? "a transfer waits there" : "it failed");
    }
}

/* With the lock held, which is dropped meanwhile: until it is on. */
static void power_wait_on(struct winusb_power *power)
{
    uint32_t state;
    while ((state = atomic_load(&power->state)) != WINUSB_POWER_ON) {
        if (state != WINUSB_POWER_OFF) {
            power_wait(power);
            continue;
        }
        state_set(power, WINUSB_POWER_RESUMING);
        lock_release(&power->lock);
        (void)usb_device_resume(file_of(power)->device); /* gone: the request says so */
        pipes_reset(file_of(power));
        lock_acquire(&power->lock);
        state_set(power, WINUSB_POWER_ON);
    }
}

void winusb_power_begin(struct winusb_file *winusb, bool keeps_awake)
{
    struct winusb_power *power = &winusb->power;
    if (!power->enabled)
        return;
    lock_acquire(&power->lock);
    power->busy += keeps_awake;
    power->last_ns = clock_now_ns();
    power_wait_on(power);
    power_arm(power);
    lock_release(&power->lock);
}

void winusb_power_end(struct winusb_file *winusb, bool keeps_awake, bool moved)
{
    struct winusb_power *power = &winusb->power;
    if (!power->enabled)
        return;
    lock_acquire(&power->lock);
    power->busy -= keeps_awake;
    power->last_ns = clock_now_ns();
    if (moved && atomic_load(&power->state) == WINUSB_POWER_OFF)
        state_set(power, WINUSB_POWER_ON); /* the device has woken by itself */
    power_arm(power);
    lock_release(&power->lock);
}

void winusb_wake(struct winusb_file *winusb)
{
    winusb_power_begin(winusb, false);
}

void winusb_power_policy(struct winusb_file *winusb)
{
    if (winusb->power.enabled && !atomic_load(&winusb->auto_suspend)) {
        winusb_wake(winusb);
        return;
    }
    if (!winusb->power.enabled)
        return;
    struct winusb_power *power = &winusb->power;
    lock_acquire(&power->lock);
    bool cancelled = power->armed && engine_timer_cancel(&power->timer);
    if (cancelled)
        power->armed = false; /* the delay may be another */
    power_arm(power);
    lock_release(&power->lock);
    if (cancelled)
        object_dereference(&winusb->file.object);
}

/* ---- Opening and closing --------------------------------------------------------------------- */

void winusb_power_open(struct winusb_file *winusb, const struct usb_node *node)
{
    struct winusb_power *power = &winusb->power;
    const struct usb_config *config = winusb->device->config;
    power->timer.fired = idle_fired;
    power->default_auto = true;
    power->default_delay_ms = SUSPEND_DELAY_MS;
    power->last_ns = clock_now_ns();
    power->wakes = config != NULL && config->attributes & REMOTE_WAKE_ATTRIBUTE;
    /* A function of a composite device sleeps only with all the others, which nobody here asks. */
    if (!node->idle.enabled || node->parent != NULL || winusb->device->host->suspend == NULL)
        return;
    if (!power->wakes && !node->idle.ignores_wake)
        return; /* a read that waits would never see what the device has to say */
    power->default_auto = node->idle.state;
    if (node->idle.timeout_ms != 0)
        power->default_delay_ms = node->idle.timeout_ms;
    power->enabled = true;
}

void winusb_power_close(struct winusb_file *winusb)
{
    struct winusb_power *power = &winusb->power;
    if (!power->enabled)
        return;
    lock_acquire(&power->lock);
    power->closing = true;
    bool cancelled = power->armed && engine_timer_cancel(&power->timer);
    if (cancelled)
        power->armed = false;
    while (power->working)
        power_wait(power);
    power_wait_on(power); /* whoever opens it next finds it awake */
    lock_release(&power->lock);
    if (cancelled)
        object_dereference(&winusb->file.object);
}
