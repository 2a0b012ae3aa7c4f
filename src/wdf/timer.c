/* SPDX-License-Identifier: MIT */
/* Timers: the engine's clock queues the callback to the DPC thread, or to a worker for one at execution level passive. */
#include "base/futex.h"
#include "wdf/deferred.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

enum { NS_PER_MS = 1000000 };

struct wdf_timer {
    struct wdf_object object;
    struct wdf_object *owner;   /* the parent, for WdfTimerGetParentObject */
    WDF_TIMER_CONFIG config;
    struct wdf_deferred deferred;
    struct lock lock;
    bool armed;
    struct engine_timer clock;
};

static void timer_run(struct wdf_object *object)
{
    struct wdf_timer *timer = container_of(object, struct wdf_timer, object);
    WDF_CALLBACK("EvtTimerFunc", timer->config.EvtTimerFunc, timer->config.EvtTimerFunc((WDFTIMER)(void *)timer));
}

static void timer_fired(struct engine_timer *clock)
{
    struct wdf_timer *timer = container_of(clock, struct wdf_timer, clock);
    lock_acquire(&timer->lock);
    bool due = timer->armed;
    timer->armed = due && timer->config.Period != 0;
    if (timer->armed)
        engine_timer_set(clock, clock->due_ns + (uint64_t)timer->config.Period * NS_PER_MS);
    lock_release(&timer->lock);
    if (due)
        wdf_deferred_queue(&timer->deferred);
}

/* Whether it was in the clock's or a dispatcher's queue. */
static bool timer_disarm(struct wdf_timer *timer)
{
    lock_acquire(&timer->lock);
    bool armed = timer->armed;
    timer->armed = false;
    engine_timer_cancel(&timer->clock);
    lock_release(&timer->lock);
    return armed;
}

static void timer_retire(struct wdf_object *object)
{
    struct wdf_timer *timer = container_of(object, struct wdf_timer, object);
    if (wdf_deferred_is_mine(&timer->deferred)) /* documented of EvtTimerFunc at PASSIVE_LEVEL */
        wdf_verifier_report(object->driver, "deadlock", "WdfObjectDelete waits for the timer's callback that calls it");
    timer_disarm(timer);
    engine_timer_drain(&timer->clock);
    wdf_deferred_cancel(&timer->deferred);
    wdf_deferred_wait(&timer->deferred);
}

static const struct wdf_class wdf_timer_class = {.name = "WDFTIMER", .size = sizeof(struct wdf_timer), .passive = true,
                                                 .levels = true, .retire = timer_retire};

NTSTATUS NTAPI ovl_WdfTimerCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_TIMER_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                                  WDFTIMER *Timer)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *parent, *object;
    bool passive = Attributes != NULL && Attributes->ExecutionLevel == WdfExecutionLevelPassive;
    *Timer = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Config->EvtTimerFunc == NULL || Config->Period > INT32_MAX || (passive && Config->Period != 0))
        return STATUS_INVALID_PARAMETER; /* documented: a passive timer's period must be zero */
    NTSTATUS status =
        wdf_deferred_check(DriverGlobals, Attributes, Config->AutomaticSerialization != 0, passive, WDF_CALLER, &parent);
    if (NT_SUCCESS(status))
        status = wdf_object_create(driver, &wdf_timer_class, Attributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_timer *timer = container_of(object, struct wdf_timer, object);
    timer->owner = parent;
    timer->config = *Config;
    timer->clock.fired = timer_fired;
    wdf_deferred_init(&timer->deferred, object, Config->AutomaticSerialization ? parent : NULL, passive, timer_run);
    *Timer = (WDFTIMER)(void *)timer;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI ovl_WdfTimerStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer, LONGLONG DueTime)
{
    struct wdf_timer *timer = WDF_HANDLE(DriverGlobals, Timer, wdf_timer);
    LARGE_INTEGER due = {.QuadPart = DueTime};
    uint64_t deadline = wdm_deadline(&due);
    lock_acquire(&timer->lock);
    bool armed = timer->armed;
    if (atomic_load(&timer->object.state) == WDF_LIVE) {
        timer->armed = true;
        if (engine_timer_set(&timer->clock, deadline == 0 ? clock_now_ns() : deadline) != 0)
            wdm_stop("WdfTimerStart: no memory"); /* the method has no way to fail */
    }
    lock_release(&timer->lock);
    return armed;
}

BOOLEAN NTAPI ovl_WdfTimerStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer, BOOLEAN Wait)
{
    struct wdf_timer *timer = WDF_HANDLE(DriverGlobals, Timer, wdf_timer);
    if (Wait && KeGetCurrentIrql() > PASSIVE_LEVEL)
        wdf_verifier_stop(timer->object.driver, "irql", "WdfTimerStop would wait at IRQL %u", KeGetCurrentIrql());
    if (Wait && wdf_deferred_is_mine(&timer->deferred))
        wdf_verifier_report(timer->object.driver, "deadlock", "WdfTimerStop waits for the callback that calls it");
    bool armed = timer_disarm(timer);
    if (Wait) {
        engine_timer_drain(&timer->clock);
        wdf_deferred_cancel(&timer->deferred);
        wdf_deferred_wait(&timer->deferred);
    }
    return armed;
}

WDFOBJECT NTAPI ovl_WdfTimerGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFTIMER Timer)
{
    return WDF_HANDLE(DriverGlobals, Timer, wdf_timer)->owner;
}
