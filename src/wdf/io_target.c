/* SPDX-License-Identifier: MIT */
/* I/O targets: who is sent, who is held, start and stop. A request stands on one of the target's lists from its send to its end; a held
 * one waits in a stopped target and has the cancel routine below, as a request in a queue has. The lock is never held while a driver is
 * called. */
#include "wdf/io_target.h"

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct target_waiter {
    struct list link;
    KEVENT event;
    uint32_t own_ends; /* completion routines that the waiting thread itself is in */
    bool all;          /* also those that ignore the state */
    const struct wdf_request *request; /* only this one, or NULL */
};

static struct wdf_request *request_of_link(struct list *node)
{
    return container_of(node, struct wdf_request, target_link);
}

static struct wdf_io_target *target_of(struct wdf_object *object)
{
    return container_of(object, struct wdf_io_target, object);
}

/* ---- Waiting ------------------------------------------------------------------------------------------------------------ */

static bool waiter_satisfied(const struct wdf_io_target *target, const struct target_waiter *waiter)
{
    if (waiter->request != NULL)
        return list_empty(&waiter->request->target_link) && target->ending <= waiter->own_ends;
    if (!list_empty(&target->sent) || target->ending > waiter->own_ends)
        return false;
    return !waiter->all || (list_empty(&target->held) && list_empty(&target->ignoring));
}

/* Gives the lock back, then wakes those whose time has come. */
static void target_unlock(struct wdf_io_target *target)
{
    struct list ready;
    list_init(&ready);
    list_for_each_safe(node, &target->waiters)
    {
        if (!waiter_satisfied(target, container_of(node, struct target_waiter, link)))
            continue;
        list_remove(node);
        list_push_back(&ready, node);
    }
    lock_release(&target->lock);
    for (struct list *node; (node = list_pop_front(&ready)) != NULL;)
        KeSetEvent(&container_of(node, struct target_waiter, link)->event, IO_NO_INCREMENT, FALSE);
}

static void target_wait(struct wdf_io_target *target, bool all, const struct wdf_request *request)
{
    struct target_waiter waiter = {.own_ends = wdf_io_target_own_ends(target), .all = all, .request = request};
    KeInitializeEvent(&waiter.event, NotificationEvent, FALSE);
    lock_acquire(&target->lock);
    bool waits = !waiter_satisfied(target, &waiter);
    if (waits)
        list_push_back(&target->waiters, &waiter.link);
    lock_release(&target->lock);
    if (!waits)
        return;
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop(target->object.driver, "irql", "I/O target %p is stopped, and its requests awaited, at IRQL %u",
                          (void *)&target->object, KeGetCurrentIrql());
    KeWaitForSingleObject(&waiter.event, Executive, KernelMode, FALSE, NULL);
}

void wdf_io_target_wait_for(struct wdf_io_target *target, const struct wdf_request *request)
{
    target_wait(target, false, request);
}

/* ---- The way of a request -------------------------------------------------------------------------------------------------- */

void wdf_io_target_end_begin(struct wdf_io_target *target, struct wdf_request *request)
{
    lock_acquire(&target->lock);
    list_remove(&request->target_link);
    target->ending++;
    lock_release(&target->lock);
}

void wdf_io_target_end_finish(struct wdf_io_target *target)
{
    lock_acquire(&target->lock);
    target->ending--;
    if (__builtin_expect(list_empty(&target->waiters), 1))
        lock_release(&target->lock);
    else
        target_unlock(target);
}

static VOID NTAPI held_cancelled(DEVICE_OBJECT *device, IRP *irp)
{
    (void)device;
    struct wdf_request *request = irp->Tail.Overlay.DriverContext[WDF_CONTEXT_REQUEST];
    IoReleaseCancelSpinLock(irp->CancelIrql);
    irp->IoStatus.Status = STATUS_CANCELLED;
    irp->IoStatus.Information = 0;
    wdf_request_ended_below(request);
}

/* Under the lock. True: it was cancelled before it could be held. */
static bool target_hold(struct wdf_io_target *target, struct wdf_request *request)
{
    IRP *irp = request->irp;
    list_push_back(&target->held, &request->target_link);
    irp->Tail.Overlay.DriverContext[WDF_CONTEXT_REQUEST] = request;
    IoSetCancelRoutine(irp, held_cancelled);
    return __atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL) != NULL;
}

NTSTATUS wdf_io_target_admit(struct wdf_io_target *target, struct wdf_request *request, const WDF_REQUEST_SEND_OPTIONS *options,
                             bool *held)
{
    bool cancelled = false;
    lock_acquire(&target->lock);
    bool passes = target->state == WdfIoTargetStarted || (target->state == WdfIoTargetStopped && request->ignores_state);
    *held = !passes && target->state == WdfIoTargetStopped;
    if ((passes || *held) && options != NULL)
        wdf_request_timer_start(request, options); /* before it is held: it may end at once by its cancel routine, which stops the timer */
    if (passes)
        list_push_back(request->ignores_state ? &target->ignoring : &target->sent, &request->target_link);
    else if (*held)
        cancelled = target_hold(target, request);
    lock_release(&target->lock);
    if (cancelled) {
        request->irp->IoStatus.Status = STATUS_CANCELLED;
        request->irp->IoStatus.Information = 0;
        wdf_request_ended_below(request);
    }
    return passes || *held ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

NTSTATUS wdf_io_target_passes(struct wdf_io_target *target, ULONG flags)
{
    lock_acquire(&target->lock);
    WDF_IO_TARGET_STATE state = target->state;
    lock_release(&target->lock);
    bool ignores = (flags & WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE) != 0;
    bool passes = state == WdfIoTargetStarted || (ignores && state == WdfIoTargetStopped);
    return passes ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

/* ---- Start --------------------------------------------------------------------------------------------------------------------- */

/* Under the lock: the first held request that nobody is cancelling. */
static struct wdf_request *held_take(struct wdf_io_target *target)
{
    list_for_each(node, &target->held)
    {
        struct wdf_request *request = request_of_link(node);
        if (IoSetCancelRoutine(request->irp, NULL) == NULL)
            continue; /* its cancel routine runs and will end it */
        list_remove(node);
        return request;
    }
    return NULL;
}

/* Under the lock. */
static bool target_is_shut(const struct wdf_io_target *target)
{
    return target->state == WdfIoTargetDeleted || target->state == WdfIoTargetClosed || target->state == WdfIoTargetClosedForQueryRemove;
}

NTSTATUS wdf_io_target_start(struct wdf_io_target *target)
{
    lock_acquire(&target->lock);
    /* Started only when all that waited is on its way, so that later requests do not overtake. Meanwhile the target may go. */
    for (struct wdf_request *request; !target_is_shut(target) && (request = held_take(target)) != NULL;) {
        list_push_back(&target->sent, &request->target_link);
        lock_release(&target->lock);
        wdf_request_submit(request);
        lock_acquire(&target->lock);
    }
    bool shut = target_is_shut(target);
    if (!shut)
        target->state = WdfIoTargetStarted;
    lock_release(&target->lock);
    if (shut)
        return STATUS_INVALID_DEVICE_STATE;
    return target->ops != NULL && target->ops->started != NULL ? target->ops->started(target) : STATUS_SUCCESS;
}

/* ---- Stop ---------------------------------------------------------------------------------------------------------------------- */

/* Cancels all of `list`, to which nothing is added meanwhile: each is stamped and goes behind the others before it is cancelled without the
 * lock, and removes itself when it ends. */
static void list_cancel(struct wdf_io_target *target, struct list *list)
{
    lock_acquire(&target->lock);
    uint32_t round = ++target->round;
    while (!list_empty(list)) {
        struct wdf_request *request = request_of_link(list->next);
        if (request->round == round)
            break;
        request->round = round;
        list_remove(&request->target_link);
        list_push_back(list, &request->target_link);
        wdf_object_reference(&request->object);
        lock_release(&target->lock);
        wdf_request_cancel_sent(request);
        wdf_object_dereference(&request->object);
        lock_acquire(&target->lock);
    }
    lock_release(&target->lock);
}

static void target_set_state(struct wdf_io_target *target, WDF_IO_TARGET_STATE state)
{
    lock_acquire(&target->lock);
    target->state = state;
    lock_release(&target->lock);
}

void wdf_io_target_stop(struct wdf_io_target *target, WDF_IO_TARGET_SENT_IO_ACTION action)
{
    lock_acquire(&target->lock);
    bool stops = target->state == WdfIoTargetStarted || target->state == WdfIoTargetPurged || target->state == WdfIoTargetStopped;
    if (stops)
        target->state = WdfIoTargetStopped;
    lock_release(&target->lock);
    if (!stops)
        return;
    if (target->ops != NULL && target->ops->stopping != NULL)
        target->ops->stopping(target);
    if (action == WdfIoTargetLeaveSentIoPending)
        return;
    if (action == WdfIoTargetCancelSentIo)
        list_cancel(target, &target->sent);
    target_wait(target, false, NULL);
    if (target->ops != NULL && target->ops->stopped != NULL)
        target->ops->stopped(target);
}

void wdf_io_target_purge(struct wdf_io_target *target, WDF_IO_TARGET_PURGE_IO_ACTION action)
{
    lock_acquire(&target->lock);
    bool purges = target->state == WdfIoTargetStarted || target->state == WdfIoTargetStopped || target->state == WdfIoTargetPurged;
    if (purges)
        target->state = WdfIoTargetPurged;
    lock_release(&target->lock);
    if (!purges)
        return;
    if (target->ops != NULL && target->ops->stopping != NULL)
        target->ops->stopping(target);
    list_cancel(target, &target->held);
    list_cancel(target, &target->sent);
    if (action != WdfIoTargetPurgeIoAndWait)
        return;
    target_wait(target, false, NULL);
    if (target->ops != NULL && target->ops->stopped != NULL)
        target->ops->stopped(target);
}

void wdf_io_target_cancel(struct wdf_io_target *target)
{
    list_cancel(target, &target->held);
    list_cancel(target, &target->sent);
    target_wait(target, false, NULL);
}

void wdf_io_target_shut(struct wdf_io_target *target, WDF_IO_TARGET_STATE state)
{
    target_set_state(target, state);
    if (target->ops != NULL && target->ops->stopping != NULL)
        target->ops->stopping(target);
    list_cancel(target, &target->held);
    list_cancel(target, &target->sent);
    list_cancel(target, &target->ignoring);
    target_wait(target, true, NULL);
    if (target->ops != NULL && target->ops->stopped != NULL)
        target->ops->stopped(target);
}

/* ---- Life ---------------------------------------------------------------------------------------------------------------------- */

void wdf_io_target_retire(struct wdf_object *object)
{
    struct wdf_io_target *target = target_of(object);
    if (target->remote)
        wdf_io_target_close_remote(target);
    wdf_io_target_shut(target, WdfIoTargetDeleted);
}

static void target_destroy(struct wdf_object *object)
{
    wdf_io_target_free_remote(target_of(object));
}

const struct wdf_class wdf_io_target_class = {
    .name = "WDFIOTARGET",
    .size = sizeof(struct wdf_io_target),
    .passive = true,
    .retire = wdf_io_target_retire,
    .destroy = target_destroy,
};

void wdf_io_target_init(struct wdf_io_target *target, struct wdf_device *device, DEVICE_OBJECT *wdm, DEVICE_OBJECT *physical)
{
    target->device = device;
    target->wdm = wdm;
    target->physical = physical;
    target->state = WdfIoTargetStarted;
    list_init(&target->sent);
    list_init(&target->held);
    list_init(&target->ignoring);
    list_init(&target->waiters);
}

/* The device's own target: the next lower device of its stack. */
static struct wdf_io_target *local_target(struct wdf_device *device)
{
    struct wdf_io_target *target = atomic_load(&device->target);
    if (target != NULL || device->attached == NULL)
        return target;
    struct wdf_object *object;
    if (!NT_SUCCESS(wdf_object_create(device->object.driver, &wdf_io_target_class, NULL, &device->object, NULL, &object)))
        return NULL;
    struct wdf_io_target *made = target_of(object);
    wdf_io_target_init(made, device, device->attached, device->pdo);
    if (atomic_compare_exchange_strong(&device->target, &target, made))
        return made;
    wdf_object_delete(object); /* another thread was faster */
    return target;
}

/* ---- Methods -------------------------------------------------------------------------------------------------------------------- */

WDFIOTARGET NTAPI ovl_WdfDeviceGetIoTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_io_target *target = local_target(WDF_HANDLE(DriverGlobals, Device, wdf_device));
    return target == NULL ? NULL : wdf_io_target_handle(target);
}

NTSTATUS NTAPI ovl_WdfIoTargetStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return wdf_io_target_start(WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target));
}

VOID NTAPI ovl_WdfIoTargetStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDF_IO_TARGET_SENT_IO_ACTION Action)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (Action <= WdfIoTargetSentIoUndefined || Action > WdfIoTargetLeaveSentIoPending)
        wdf_verifier_stop(target->object.driver, "parameter", "WdfIoTargetStop: action %d", Action);
    wdf_io_target_stop(target, Action);
}

VOID NTAPI ovl_WdfIoTargetPurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget, WDF_IO_TARGET_PURGE_IO_ACTION Action)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (Action != WdfIoTargetPurgeIoAndWait && Action != WdfIoTargetPurgeIo)
        wdf_verifier_stop(target->object.driver, "parameter", "WdfIoTargetPurge: action %d", Action);
    wdf_io_target_purge(target, Action);
}

WDF_IO_TARGET_STATE NTAPI ovl_WdfIoTargetGetState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    lock_acquire(&target->lock);
    WDF_IO_TARGET_STATE state = target->state;
    lock_release(&target->lock);
    return state;
}

WDFDEVICE NTAPI ovl_WdfIoTargetGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return (WDFDEVICE)(void *)WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target)->device;
}

PDEVICE_OBJECT NTAPI ovl_WdfIoTargetWdmGetTargetDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target)->wdm;
}

PDEVICE_OBJECT NTAPI ovl_WdfIoTargetWdmGetTargetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target)->physical;
}

PFILE_OBJECT NTAPI ovl_WdfIoTargetWdmGetTargetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFIOTARGET IoTarget)
{
    return WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target)->file;
}
