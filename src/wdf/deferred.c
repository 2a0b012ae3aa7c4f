/* SPDX-License-Identifier: MIT */
/* Callbacks that run later, for timers, DPCs and work items. */
#include "wdf/deferred.h"

#include "base/futex.h"
#include "wdf/device.h"
#include "wdm/wdm_host.h"

static __thread char thread_mark;

bool wdf_deferred_is_mine(const struct wdf_deferred *deferred)
{
    return atomic_load(&deferred->thread) == (void *)&thread_mark;
}

static void deferred_changed(struct wdf_deferred *deferred)
{
    atomic_fetch_add(&deferred->changes, 1);
    futex_wake(&deferred->changes, INT32_MAX);
}

/* Whether it was still queued: a cancel may have come between. */
static bool deferred_begin(struct wdf_deferred *deferred)
{
    lock_acquire(&deferred->lock);
    bool wanted = deferred->queued;
    deferred->queued = false;
    deferred->running = true;
    lock_release(&deferred->lock);
    return wanted;
}

static void deferred_end(struct wdf_deferred *deferred)
{
    lock_acquire(&deferred->lock);
    deferred->running = false;
    lock_release(&deferred->lock);
    deferred_changed(deferred);
}

static void deferred_call(struct wdf_deferred *deferred)
{
    void *outer = atomic_exchange(&deferred->thread, (void *)&thread_mark);
    if (deferred->serialized != NULL)
        wdf_present_enter(deferred->serialized);
    deferred->run(deferred->object);
    if (deferred->serialized != NULL)
        wdf_present_leave(deferred->serialized);
    atomic_store(&deferred->thread, outer);
}

static VOID NTAPI deferred_dpc(PKDPC dpc, PVOID context, PVOID first, PVOID second)
{
    (void)dpc;
    (void)first;
    (void)second;
    struct wdf_deferred *deferred = context;
    struct wdf_object *object = deferred->object;
    bool ours = deferred_begin(deferred); /* else the driver has queued the KDPC itself */
    deferred_call(deferred);
    deferred_end(deferred);
    if (ours)
        wdf_object_return(object);
}

static int64_t deferred_work(struct engine_op *op)
{
    struct wdf_deferred *deferred = container_of(op, struct wdf_deferred, op);
    if (deferred_begin(deferred))
        deferred_call(deferred);
    deferred_end(deferred);
    return 0;
}

static void deferred_done(struct engine_op *op, int64_t result)
{
    (void)result;
    struct wdf_deferred *deferred = container_of(op, struct wdf_deferred, op);
    struct wdf_object *object = deferred->object;
    lock_acquire(&deferred->lock);
    bool again = deferred->queued;
    deferred->submitted = again;
    if (again)
        op->state = 0;
    lock_release(&deferred->lock);
    if (again)
        engine_submit(op);
    else
        wdf_object_return(object);
}

void wdf_deferred_init(struct wdf_deferred *deferred, struct wdf_object *object, struct wdf_object *serialized, bool passive,
                       void (*run)(struct wdf_object *object))
{
    deferred->object = object;
    deferred->serialized = serialized;
    deferred->passive = passive;
    deferred->run = run;
    KeInitializeDpc(&deferred->dpc, deferred_dpc, deferred);
    deferred->op = (struct engine_op){.code = ENGINE_WORK, .work = deferred_work, .done = deferred_done};
}

bool wdf_deferred_queue(struct wdf_deferred *deferred)
{
    lock_acquire(&deferred->lock);
    bool live = atomic_load(&deferred->object->state) == WDF_LIVE; /* else one that queues itself would never end */
    bool fresh = live && !deferred->queued, submits = fresh && deferred->passive && !deferred->submitted;
    deferred->queued |= live;
    if (submits)
        deferred->submitted = true;
    if (submits || (fresh && !deferred->passive))
        wdf_object_borrow(deferred->object);
    if (fresh && !deferred->passive)
        KeInsertQueueDpc(&deferred->dpc, NULL, NULL);
    lock_release(&deferred->lock);
    if (submits) {
        deferred->op.state = 0;
        engine_submit(&deferred->op);
    }
    return fresh;
}

bool wdf_deferred_cancel(struct wdf_deferred *deferred)
{
    bool removed = false, dereference = false;
    lock_acquire(&deferred->lock);
    if (deferred->queued && deferred->passive) {
        deferred->queued = false; /* the worker comes and finds nothing */
        removed = true;
    } else if (deferred->queued && KeRemoveQueueDpc(&deferred->dpc)) {
        deferred->queued = false;
        removed = dereference = true;
    }
    lock_release(&deferred->lock);
    if (removed)
        deferred_changed(deferred);
    if (dereference)
        wdf_object_return(deferred->object);
    return removed;
}

void wdf_deferred_wait(struct wdf_deferred *deferred)
{
    while (!wdf_deferred_is_mine(deferred)) {
        uint32_t seen = atomic_load(&deferred->changes);
        lock_acquire(&deferred->lock);
        bool idle = !deferred->queued && !deferred->running;
        lock_release(&deferred->lock);
        if (idle)
            return;
        futex_wait(&deferred->changes, seen, FUTEX_NO_DEADLINE);
    }
}

NTSTATUS wdf_deferred_check(PWDF_DRIVER_GLOBALS globals, PWDF_OBJECT_ATTRIBUTES attributes, bool serialize, bool passive,
                            const void *caller, struct wdf_object **parent)
{
    if (attributes == NULL || attributes->Size != sizeof *attributes)
        return attributes == NULL ? STATUS_WDF_PARENT_NOT_SPECIFIED : STATUS_INFO_LENGTH_MISMATCH;
    *parent = wdf_attributes_parent(globals, attributes, NULL, caller);
    if (*parent == NULL)
        return STATUS_WDF_PARENT_NOT_SPECIFIED;
    if (wdf_device_above(*parent) == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!serialize)
        return STATUS_SUCCESS;
    if (!passive && (*parent)->level == WdfExecutionLevelPassive)
        return STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL; /* a lock that sleeps, at DISPATCH_LEVEL */
    if (passive && (*parent)->presentation != NULL && (*parent)->level != WdfExecutionLevelPassive)
        return STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL; /* a spin lock around what runs at PASSIVE_LEVEL */
    return STATUS_SUCCESS;
}
