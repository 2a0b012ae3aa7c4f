/* SPDX-License-Identifier: MIT */
/* Starting, stopping, draining and purging queues, and what power does to them. Each method sets what the queue accepts and delivers, cancels
 * where it says so, and is told - by callback or by the end of a wait - when the requests are where they should be. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/queue.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

static struct wdf_request *request_of_link(struct list *node)
{
    return container_of(node, struct wdf_request, link);
}

/* ---- Cancelling what is there ------------------------------------------------------------------------------------------------ */

static void cancel_waiting(struct wdf_queue *queue, const FILE_OBJECT *file)
{
    for (;;) {
        lock_acquire(&queue->lock);
        struct wdf_request *request = wdf_queue_take(queue, file);
        if (request != NULL)
            queue->leaving++;
        lock_release(&queue->lock);
        if (request == NULL)
            return;
        wdf_queue_cancelled(queue, request);
    }
}

/* Each request that the driver has is met once: it is stamped and goes behind the others. */
static struct wdf_request *owned_next(struct wdf_queue *queue, uint32_t round)
{
    if (list_empty(&queue->owned))
        return NULL;
    struct wdf_request *request = request_of_link(queue->owned.next);
    if (request->queue_round == round)
        return NULL;
    request->queue_round = round;
    list_remove(&request->link);
    list_push_back(&queue->owned, &request->link);
    return request;
}

static void cancel_owned(struct wdf_queue *queue)
{
    lock_acquire(&queue->lock);
    uint32_t round = ++queue->round;
    for (struct wdf_request *request; (request = owned_next(queue, round)) != NULL;) {
        bool marked = wdf_request_take_mark(request); /* under the lock, so the IRP is still there */
        wdf_object_reference(&request->object);
        lock_release(&queue->lock);
        if (marked)
            wdf_request_call_cancel(request);
        else if (atomic_load(&request->place) == WDF_REQUEST_SENT && !request->ignores_state)
            wdf_request_cancel_sent(request);
        wdf_object_dereference(&request->object);
        lock_acquire(&queue->lock);
    }
    lock_release(&queue->lock);
}

void wdf_queue_cancel(struct wdf_queue *queue, const FILE_OBJECT *file, bool driver_too)
{
    cancel_waiting(queue, file);
    if (driver_too)
        cancel_owned(queue);
}

/* ---- The states ------------------------------------------------------------------------------------------------------------------ */

/* The waiting requests that a state change makes due are presented. Gives the lock back. */
static void state_changed(struct wdf_queue *queue)
{
    wdf_object_reference(&queue->object);
    wdf_queue_loop(queue);
    wdf_object_dereference(&queue->object);
}

static void notice_arm(struct wdf_queue *queue, enum wdf_queue_event event, PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context,
                       const char *method, const void *caller)
{
    struct wdf_queue_notice *notice = &queue->notices[event];
    if (notice->armed)
        wdf_verifier_stop_at(queue->object.driver, "queue-state", caller, "%s while the same is under way for queue %p", method,
                             (void *)&queue->object);
    if (callback != NULL)
        *notice = (struct wdf_queue_notice){.callback = callback, .context = context, .armed = true};
}

struct change {
    bool accepts, dispatches, cancels;
    enum wdf_queue_event event;
    const char *method;
};

static const struct change stops = {.accepts = true, .event = WDF_QUEUE_STOPPED, .method = "WdfIoQueueStop"};
static const struct change stops_and_purges = {.accepts = true, .cancels = true, .event = WDF_QUEUE_STOPPED,
                                               .method = "WdfIoQueueStopAndPurge"};
static const struct change purges = {.cancels = true, .event = WDF_QUEUE_PURGED, .method = "WdfIoQueuePurge"};
static const struct change drains = {.dispatches = true, .event = WDF_QUEUE_DRAINED, .method = "WdfIoQueueDrain"};

static void queue_change(struct wdf_queue *queue, const struct change *change, PFN_WDF_IO_QUEUE_STATE callback, WDFCONTEXT context,
                         const void *caller)
{
    wdf_object_reference(&queue->object);
    lock_acquire(&queue->lock);
    queue->accepts = change->accepts;
    queue->dispatches = change->dispatches;
    if (!change->cancels) {
        notice_arm(queue, change->event, callback, context, change->method, caller);
        wdf_queue_loop(queue);
    } else {
        lock_release(&queue->lock);
        wdf_queue_cancel(queue, NULL, true);
        lock_acquire(&queue->lock);
        notice_arm(queue, change->event, callback, context, change->method, caller);
        wdf_queue_loop(queue);
    }
    wdf_object_dereference(&queue->object);
}

static void queue_change_and_wait(struct wdf_queue *queue, const struct change *change, const void *caller)
{
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop_at(queue->object.driver, "irql", caller, "%sSynchronously at IRQL %u", change->method, KeGetCurrentIrql());
    if (wdf_queue_calls(NULL)) /* its page forbids that for the callbacks of all queues */
        wdf_verifier_stop_at(queue->object.driver, "queue-deadlock", caller, "%sSynchronously inside a callback of a queue",
                             change->method);
    wdf_object_reference(&queue->object);
    queue_change(queue, change, NULL, NULL, caller);
    wdf_queue_wait(queue, change->event, change->method);
    wdf_object_dereference(&queue->object);
}

VOID NTAPI ovl_WdfIoQueueStart(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    lock_acquire(&queue->lock);
    queue->accepts = true;
    queue->dispatches = true;
    queue->ready_due = queue->waiting_count != 0; /* a queue that starts with requests is announced */
    state_changed(queue);
}

VOID NTAPI ovl_WdfIoQueueStop(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete, WDFCONTEXT Context)
{
    queue_change(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &stops, StopComplete, Context, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueueStopSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    queue_change_and_wait(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &stops, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueueStopAndPurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete,
                                      WDFCONTEXT Context)
{
    queue_change(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &stops_and_purges, StopAndPurgeComplete, Context, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueueStopAndPurgeSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    queue_change_and_wait(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &stops_and_purges, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueuePurge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete,
                               WDFCONTEXT Context)
{
    queue_change(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &purges, PurgeComplete, Context, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueuePurgeSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    queue_change_and_wait(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &purges, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueueDrain(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete,
                               WDFCONTEXT Context)
{
    queue_change(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &drains, DrainComplete, Context, WDF_CALLER);
}

VOID NTAPI ovl_WdfIoQueueDrainSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    queue_change_and_wait(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), &drains, WDF_CALLER);
}

WDF_IO_QUEUE_STATE NTAPI ovl_WdfIoQueueGetState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PULONG QueueRequests,
                                                PULONG DriverRequests)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    lock_acquire(&queue->lock);
    int state = (queue->accepts ? WdfIoQueueAcceptRequests : 0) | (queue->dispatches ? WdfIoQueueDispatchRequests : 0) |
                (queue->waiting_count == 0 ? WdfIoQueueNoRequests : 0) | (queue->owned_count == 0 ? WdfIoQueueDriverNoRequests : 0) |
                (queue->held ? WdfIoQueuePnpHeld : 0);
    if (QueueRequests != NULL)
        *QueueRequests = queue->waiting_count;
    if (DriverRequests != NULL)
        *DriverRequests = queue->owned_count;
    lock_release(&queue->lock);
    return (WDF_IO_QUEUE_STATE)state;
}

NTSTATUS NTAPI ovl_WdfIoQueueReadyNotify(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE QueueReady,
                                         WDFCONTEXT Context)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    if (queue->config.DispatchType != WdfIoQueueDispatchManual)
        return STATUS_INVALID_DEVICE_REQUEST;
    lock_acquire(&queue->lock);
    /* Registered once; taken back only from a stopped queue. */
    if (QueueReady != NULL ? queue->ready.armed : queue->dispatches) {
        lock_release(&queue->lock);
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    queue->ready = (struct wdf_queue_notice){.callback = QueueReady, .context = Context, .armed = QueueReady != NULL};
    queue->ready_due = queue->waiting_count != 0;
    state_changed(queue);
    return STATUS_SUCCESS;
}

/* ---- Power -------------------------------------------------------------------------------------------------------------------------- */

static void power_up(struct wdf_queue *queue)
{
    wdf_object_reference(&queue->object);
    lock_acquire(&queue->lock);
    uint32_t round = ++queue->round;
    for (struct wdf_request *request; (request = owned_next(queue, round)) != NULL;) {
        if (!request->suspended)
            continue;
        request->suspended = false;
        if (queue->config.EvtIoResume == NULL)
            continue;
        wdf_object_reference(&request->object);
        lock_release(&queue->lock);
        wdf_present_enter(&queue->object);
        WDF_CALLBACK("EvtIoResume", queue->config.EvtIoResume,
                     queue->config.EvtIoResume(wdf_queue_handle(queue), wdf_request_handle(request)));
        wdf_present_leave(&queue->object);
        wdf_object_dereference(&request->object);
        lock_acquire(&queue->lock);
    }
    queue->held = false;
    queue->ready_due = queue->waiting_count != 0;
    wdf_queue_loop(queue);
    wdf_object_dereference(&queue->object);
}

void wdf_device_io_start(struct wdf_device *device)
{
    struct wdf_device_io *io = &device->io;
    lock_acquire(&io->lock);
    io->started = true;
    uint32_t round = ++io->round;
    for (struct wdf_queue *queue; (queue = wdf_device_io_next(io, round)) != NULL;) {
        lock_release(&io->lock);
        if (queue->power_managed)
            power_up(queue);
        wdf_object_dereference(&queue->object);
        lock_acquire(&io->lock);
    }
    lock_release(&io->lock);
}

/* EvtIoStop for each request that the driver has; without the callback it has to complete them. */
static void power_down_ask(struct wdf_queue *queue, ULONG action)
{
    lock_acquire(&queue->lock);
    queue->held = true;
    uint32_t round = ++queue->round;
    for (struct wdf_request *request; (request = owned_next(queue, round)) != NULL;) {
        if (request->suspended) /* the driver has already said that it waits */
            continue;
        if (!request->stop_pending) {
            request->stop_pending = true;
            queue->unanswered++;
        }
        if (queue->config.EvtIoStop == NULL)
            continue;
        ULONG flags = action;
        if (atomic_load(&request->cancelable) == WDF_CANCEL_MARKED)
            flags |= WdfRequestStopRequestCancelable;
        wdf_object_reference(&request->object);
        queue->leaving++; /* the callback is awaited too */
        lock_release(&queue->lock);
        wdf_present_enter(&queue->object);
        WDF_CALLBACK("EvtIoStop", queue->config.EvtIoStop,
                     queue->config.EvtIoStop(wdf_queue_handle(queue), wdf_request_handle(request), flags));
        wdf_present_leave(&queue->object);
        wdf_object_dereference(&request->object);
        lock_acquire(&queue->lock);
        queue->leaving--;
    }
    wdf_queue_unlock(queue);
    if (queue->config.EvtIoStop == NULL && action == WdfRequestStopActionPurge)
        cancel_owned(queue);
}

void wdf_device_io_stop(struct wdf_device *device, WDF_REQUEST_STOP_ACTION_FLAGS action)
{
    struct wdf_device_io *io = &device->io;
    for (int waits = 0; waits < 2; waits++) { /* all are asked before one is awaited: they may depend on each other */
        lock_acquire(&io->lock);
        io->started = false;
        uint32_t round = ++io->round;
        for (struct wdf_queue *queue; (queue = wdf_device_io_next(io, round)) != NULL;) {
            lock_release(&io->lock);
            if (queue->power_managed && waits)
                wdf_queue_wait(queue, WDF_QUEUE_ANSWERED, "the device's power-down");
            else if (queue->power_managed)
                power_down_ask(queue, (ULONG)action);
            wdf_object_dereference(&queue->object);
            lock_acquire(&io->lock);
        }
        lock_release(&io->lock);
    }
}

void wdf_device_io_purge(struct wdf_device *device)
{
    struct wdf_device_io *io = &device->io;
    for (int waits = 0; waits < 2; waits++) {
        lock_acquire(&io->lock);
        io->purged = true;
        uint32_t round = ++io->round;
        for (struct wdf_queue *queue; (queue = wdf_device_io_next(io, round)) != NULL;) {
            lock_release(&io->lock);
            if (waits)
                wdf_queue_wait(queue, WDF_QUEUE_PURGED, "the device's removal");
            else
                queue_change(queue, &purges, NULL, NULL, NULL);
            wdf_object_dereference(&queue->object);
            lock_acquire(&io->lock);
        }
        lock_release(&io->lock);
    }
}

void wdf_device_io_flush_file(struct wdf_device *device, FILE_OBJECT *file)
{
    struct wdf_device_io *io = &device->io;
    if (file == NULL)
        return; /* a driver's own requests have none */
    lock_acquire(&io->lock);
    uint32_t round = ++io->round;
    for (struct wdf_queue *queue; (queue = wdf_device_io_next(io, round)) != NULL;) {
        lock_release(&io->lock);
        wdf_queue_cancel(queue, file, false);
        wdf_object_dereference(&queue->object);
        lock_acquire(&io->lock);
    }
    lock_release(&io->lock);
}
