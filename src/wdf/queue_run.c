/* SPDX-License-Identifier: MIT */
/* The queue at work: requests come onto the waiting list, the loop takes what may be presented and calls the driver, and whoever ends a request
 * comes back here. A thread is in the loop of a queue at most once: what it causes from inside a callback is done when the callback
 * has returned, so the stack does not grow. A queue of passive level presents by workers what becomes due at DISPATCH_LEVEL. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/queue.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"


/* The loops that this thread is in, innermost first. */
struct loop_frame {
    const struct wdf_queue *queue;
    struct loop_frame *outer;
};

static __thread struct loop_frame *loop_frames __attribute__((__tls_model__("initial-exec")));

static bool in_loop(const struct wdf_queue *queue)
{
    for (const struct loop_frame *frame = loop_frames; frame != NULL; frame = frame->outer)
        if (frame->queue == queue)
            return true;
    return false;
}

bool wdf_queue_calls(const struct wdf_queue *queue)
{
    return queue == NULL ? loop_frames != NULL : in_loop(queue);
}

static struct wdf_request *request_of_link(struct list *node)
{
    return container_of(node, struct wdf_request, link);
}

/* ---- In -------------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI waiting_cancelled(DEVICE_OBJECT *device, IRP *irp)
{
    (void)device;
    struct wdf_request *request = irp->Tail.Overlay.DriverContext[WDF_CONTEXT_REQUEST];
    IoReleaseCancelSpinLock(irp->CancelIrql);
    struct wdf_queue *queue = request->queue;
    lock_acquire(&queue->lock);
    list_remove(&request->link);
    queue->waiting_count--;
    queue->leaving++;
    lock_release(&queue->lock);
    wdf_queue_cancelled(queue, request);
}

/* Before the first request: the device is kept in its working state, or brought there. */
static void queue_wake(struct wdf_queue *queue)
{
    if (!queue->power_managed || queue->powered)
        return;
    queue->powered = true;
    wdf_power_acquire(queue->device);
}

bool wdf_queue_link(struct wdf_queue *queue, struct wdf_request *request, bool at_head)
{
    IRP *irp = request->irp;
    queue_wake(queue);
    request->queue = queue;
    if (at_head)
        list_push_front(&queue->waiting, &request->link);
    else
        list_push_back(&queue->waiting, &request->link);
    if (queue->waiting_count++ == 0)
        queue->ready_due = true;
    atomic_store_explicit(&request->place, WDF_REQUEST_QUEUED, memory_order_relaxed);
    atomic_store_explicit(&request->cancelable, WDF_CANCEL_UNMARKED, memory_order_relaxed);
    irp->Tail.Overlay.DriverContext[WDF_CONTEXT_REQUEST] = request;
    IoSetCancelRoutine(irp, waiting_cancelled);
    if (!__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) || IoSetCancelRoutine(irp, NULL) == NULL)
        return false;
    list_remove(&request->link);
    queue->waiting_count--;
    queue->leaving++;
    return true;
}

struct wdf_request *wdf_queue_take(struct wdf_queue *queue, const FILE_OBJECT *file)
{
    list_for_each(node, &queue->waiting)
    {
        struct wdf_request *request = request_of_link(node);
        if (file != NULL && request->stack->FileObject != file)
            continue;
        if (IoSetCancelRoutine(request->irp, NULL) == NULL)
            continue; /* its cancel routine is on its way and takes it off the list */
        list_remove(node);
        queue->waiting_count--;
        return request;
    }
    return NULL;
}

void wdf_queue_own(struct wdf_queue *queue, struct wdf_request *request)
{
    request->queue = queue;
    request->was_presented = true;
    list_push_back(&queue->owned, &request->link);
    queue->owned_count++;
    atomic_store_explicit(&request->place, WDF_REQUEST_DRIVER, memory_order_release);
}

/* ---- The loop ----------------------------------------------------------------------------------------------------------------- */

struct queue_call {
    struct wdf_request *request; /* to be presented; NULL: a notice */
    PFN_WDF_IO_QUEUE_STATE callback;
    WDFCONTEXT context;
};

static bool queue_delivers(const struct wdf_queue *queue)
{
    return queue->dispatches && !queue->held;
}

static struct wdf_queue_notice *queue_notice(struct wdf_queue *queue)
{
    for (int event = 0; event < WDF_QUEUE_EVENTS; event++)
        if (queue->notices[event].armed && wdf_queue_reached(queue, (enum wdf_queue_event)event))
            return &queue->notices[event];
    if (queue->ready_due && queue->ready.armed && queue->waiting_count != 0 && queue_delivers(queue))
        return &queue->ready;
    return NULL;
}

static bool queue_presents(const struct wdf_queue *queue)
{
    return queue->config.DispatchType != WdfIoQueueDispatchManual && queue_delivers(queue) && queue->owned_count < queue->limit;
}

/* Under the lock: what is to be called now. `notices` false: only requests. */
static bool queue_next(struct wdf_queue *queue, struct queue_call *call, bool notices)
{
    struct wdf_queue_notice *notice = notices ? queue_notice(queue) : NULL;
    if (notice != NULL) {
        *call = (struct queue_call){.callback = notice->callback, .context = notice->context};
        if (notice == &queue->ready)
            queue->ready_due = false;
        else
            notice->armed = false;
        return true;
    }
    if (queue->waiting_count == 0 || !queue_presents(queue))
        return false;
    struct wdf_request *request = wdf_queue_take(queue, NULL);
    if (request == NULL)
        return false;
    wdf_queue_own(queue, request);
    *call = (struct queue_call){.request = request};
    return true;
}

/* No callback is there for it: a filter passes it on, others refuse it. */
static void queue_refuse(struct wdf_queue *queue, struct wdf_request *request)
{
    if (!queue->device->init->filter || queue->device->attached == NULL) {
        wdf_request_end(request, STATUS_INVALID_DEVICE_REQUEST, 0);
        return;
    }
    IRP *irp = request->irp;
    DEVICE_OBJECT *below = queue->device->attached;
    atomic_store(&request->place, WDF_REQUEST_ENDED);
    wdf_queue_disown(request);
    wdf_object_delete(&request->object);
    IoSkipCurrentIrpStackLocation(irp);
    IoCallDriver(below, irp);
    wdf_queue_advance(queue);
}

static void queue_present(struct wdf_queue *queue, struct wdf_request *request)
{
    const WDF_IO_QUEUE_CONFIG *config = &queue->config;
    const IO_STACK_LOCATION *stack = request->stack;
    WDFQUEUE self = wdf_queue_handle(queue);
    WDFREQUEST handle = wdf_request_handle(request);
    UCHAR major = stack->MajorFunction;
    if (major == IRP_MJ_READ && config->EvtIoRead != NULL)
        WDF_CALLBACK("EvtIoRead", config->EvtIoRead, config->EvtIoRead(self, handle, stack->Parameters.Read.Length));
    else if (major == IRP_MJ_WRITE && config->EvtIoWrite != NULL)
        WDF_CALLBACK("EvtIoWrite", config->EvtIoWrite, config->EvtIoWrite(self, handle, stack->Parameters.Write.Length));
    else if (major == IRP_MJ_DEVICE_CONTROL && config->EvtIoDeviceControl != NULL)
        WDF_CALLBACK("EvtIoDeviceControl", config->EvtIoDeviceControl,
                     config->EvtIoDeviceControl(self, handle, stack->Parameters.DeviceIoControl.OutputBufferLength,
                                                stack->Parameters.DeviceIoControl.InputBufferLength,
                                                stack->Parameters.DeviceIoControl.IoControlCode));
    else if (major == IRP_MJ_INTERNAL_DEVICE_CONTROL && config->EvtIoInternalDeviceControl != NULL)
        WDF_CALLBACK("EvtIoInternalDeviceControl", config->EvtIoInternalDeviceControl,
                     config->EvtIoInternalDeviceControl(self, handle, stack->Parameters.DeviceIoControl.OutputBufferLength,
                                                        stack->Parameters.DeviceIoControl.InputBufferLength,
                                                        stack->Parameters.DeviceIoControl.IoControlCode));
    else if (config->EvtIoDefault != NULL)
        WDF_CALLBACK("EvtIoDefault", config->EvtIoDefault, config->EvtIoDefault(self, handle));
    else
        queue_refuse(queue, request);
}

static void queue_call(struct wdf_queue *queue, const struct queue_call *call)
{
    wdf_present_enter(&queue->object);
    KIRQL irql = KeGetCurrentIrql();
    if (call->request != NULL)
        queue_present(queue, call->request);
    else
        WDF_CALLBACK("queue state callback", call->callback, call->callback(wdf_queue_handle(queue), call->context));
    if (KeGetCurrentIrql() != irql)
        wdf_verifier_stop_at(queue->object.driver, "irql-changed", queue->object.maker,
                             "a callback of queue %p was called at IRQL %u and returned at %u",
                             (void *)&queue->object, irql, KeGetCurrentIrql());
    wdf_present_leave(&queue->object);
}

/* ---- Workers -------------------------------------------------------------------------------------------------------------------- */

static int64_t present_work(struct engine_op *op)
{
    struct wdf_request *request = container_of(op, struct wdf_request, present_op);
    struct wdf_queue *queue = request->queue;
    wdf_object_reference(&queue->object);
    struct loop_frame frame = {.queue = queue, .outer = loop_frames};
    loop_frames = &frame;
    queue_call(queue, &(struct queue_call){.request = request});
    loop_frames = frame.outer;
    lock_acquire(&queue->lock);
    queue->running--;
    wdf_queue_loop(queue);
    wdf_object_dereference(&queue->object);
    return 0;
}

static void present_worked(struct engine_op *op, int64_t result)
{
    if (result < 0) /* no thread for it: better at a raised level than never */
        present_work(op);
    wdf_object_return(&container_of(op, struct wdf_request, present_op)->object);
}

static void present_by_worker(struct wdf_request *request)
{
    wdf_object_borrow(&request->object);
    request->present_op = (struct engine_op){.code = ENGINE_WORK, .work = present_work, .done = present_worked};
    engine_submit(&request->present_op);
}

static int64_t loop_work(struct engine_op *op)
{
    struct wdf_queue *queue = container_of(op, struct wdf_queue, work);
    lock_acquire(&queue->lock);
    wdf_queue_loop(queue);
    return 0;
}

static void loop_submit(struct wdf_queue *queue);

static void loop_worked(struct engine_op *op, int64_t result)
{
    struct wdf_queue *queue = container_of(op, struct wdf_queue, work);
    if (result < 0)
        loop_work(op);
    lock_acquire(&queue->lock);
    bool again = queue->work_state == WDF_WORK_AGAIN;
    queue->work_state = again ? WDF_WORK_BUSY : WDF_WORK_NONE;
    lock_release(&queue->lock);
    if (again)
        loop_submit(queue);
    else
        wdf_object_return(&queue->object);
}

static void loop_submit(struct wdf_queue *queue)
{
    queue->work = (struct engine_op){.code = ENGINE_WORK, .work = loop_work, .done = loop_worked};
    engine_submit(&queue->work);
}

/* At a raised level, for a queue of passive level; the lock is held and given back. */
static void loop_by_workers(struct wdf_queue *queue)
{
    struct queue_call call;
    while (queue_next(queue, &call, false)) {
        queue->running++;
        lock_release(&queue->lock);
        present_by_worker(call.request);
        lock_acquire(&queue->lock);
    }
    bool starts = false;
    if (queue_notice(queue) != NULL) {
        starts = queue->work_state == WDF_WORK_NONE;
        queue->work_state = starts ? WDF_WORK_BUSY : WDF_WORK_AGAIN;
    }
    if (starts)
        wdf_object_borrow(&queue->object);
    wdf_queue_unlock(queue);
    if (starts)
        loop_submit(queue);
}

static bool at_raised_level(const struct wdf_queue *queue)
{
    return queue->object.level == WdfExecutionLevelPassive && KeGetCurrentIrql() >= DISPATCH_LEVEL;
}

void wdf_queue_loop(struct wdf_queue *queue)
{
    if (in_loop(queue)) {
        wdf_queue_unlock(queue);
        return;
    }
    if (at_raised_level(queue)) {
        loop_by_workers(queue);
        return;
    }
    struct queue_call call;
    struct loop_frame frame = {.queue = queue, .outer = loop_frames};
    while (queue_next(queue, &call, true)) {
        queue->running++;
        wdf_queue_unlock(queue);
        loop_frames = &frame;
        queue_call(queue, &call);
        loop_frames = frame.outer;
        lock_acquire(&queue->lock);
        queue->running--;
    }
    wdf_queue_unlock(queue);
}

/* ---- For requests ----------------------------------------------------------------------------------------------------------------- */

/* A request that comes to an empty queue and may be presented at once needs no way to be cancelled. */
static bool queue_is_open(struct wdf_queue *queue, const struct wdf_request *request)
{
    return queue->waiting_count == 0 && queue_presents(queue) && !__atomic_load_n(&request->irp->Cancel, __ATOMIC_SEQ_CST) &&
           !in_loop(queue) && !at_raised_level(queue) && queue_notice(queue) == NULL;
}

NTSTATUS wdf_queue_put(struct wdf_queue *queue, struct wdf_request *request)
{
    lock_acquire(&queue->lock);
    if (!queue->accepts) {
        lock_release(&queue->lock);
        return STATUS_WDF_BUSY;
    }
    if (queue_is_open(queue, request)) {
        queue_wake(queue);
        wdf_queue_own(queue, request);
        queue->running++;
        lock_release(&queue->lock);
        struct loop_frame frame = {.queue = queue, .outer = loop_frames};
        loop_frames = &frame;
        queue_call(queue, &(struct queue_call){.request = request});
        loop_frames = frame.outer;
        lock_acquire(&queue->lock);
        queue->running--;
        wdf_queue_loop(queue);
    } else if (wdf_queue_link(queue, request, false)) {
        lock_release(&queue->lock);
        wdf_queue_cancelled(queue, request);
    } else {
        wdf_queue_loop(queue);
    }
    return STATUS_SUCCESS;
}

struct wdf_queue *wdf_queue_disown(struct wdf_request *request)
{
    struct wdf_queue *queue = request->queue;
    lock_acquire(&queue->lock);
    list_remove(&request->link);
    queue->owned_count--;
    queue->leaving++;
    if (request->stop_pending) {
        request->stop_pending = false;
        queue->unanswered--;
    }
    request->suspended = false;
    request->queue = NULL;
    wdf_object_reference(&queue->object);
    lock_release(&queue->lock);
    return queue;
}

void wdf_queue_enter(struct wdf_queue *queue)
{
    wdf_object_reference(&queue->object);
    lock_acquire(&queue->lock);
    queue->leaving++;
    lock_release(&queue->lock);
}

void wdf_queue_advance(struct wdf_queue *queue)
{
    lock_acquire(&queue->lock);
    queue->leaving--;
    wdf_queue_loop(queue);
    wdf_object_dereference(&queue->object);
}

/* EvtIoCanceledOnQueue at its level: the driver has the request from here on, and may complete it whenever it likes. */
static void canceled_present(struct wdf_queue *queue, struct wdf_request *request)
{
    wdf_present_enter(&queue->object);
    WDF_CALLBACK("EvtIoCanceledOnQueue", queue->config.EvtIoCanceledOnQueue,
                 queue->config.EvtIoCanceledOnQueue(wdf_queue_handle(queue), wdf_request_handle(request)));
    wdf_present_leave(&queue->object);
    wdf_queue_advance(queue);
}

static int64_t canceled_work(struct engine_op *op)
{
    struct wdf_request *request = container_of(op, struct wdf_request, op);
    canceled_present(request->queue, request);
    return 0;
}

static void canceled_worked(struct engine_op *op, int64_t result)
{
    if (result < 0)
        canceled_work(op);
    wdf_object_return(&container_of(op, struct wdf_request, op)->object);
}

/* The request counts as leaving. */
void wdf_queue_cancelled(struct wdf_queue *queue, struct wdf_request *request)
{
    wdf_object_reference(&queue->object);
    if (!request->was_presented || queue->config.EvtIoCanceledOnQueue == NULL) {
        request->queue = NULL;
        wdf_request_end(request, STATUS_CANCELLED, 0);
        wdf_queue_advance(queue);
        return;
    }
    request->cancelled_on_queue = true;
    lock_acquire(&queue->lock);
    wdf_queue_own(queue, request);
    lock_release(&queue->lock);
    if (!at_raised_level(queue)) {
        canceled_present(queue, request);
        return;
    }
    wdf_object_borrow(&request->object);
    request->op = (struct engine_op){.code = ENGINE_WORK, .work = canceled_work, .done = canceled_worked};
    engine_submit(&request->op);
}
