/* SPDX-License-Identifier: MIT */
/* What is waited for at queues: that the driver has no requests, that none are left, that EvtIoStop was answered. Whoever changes a
 * queue gives its lock back by wdf_queue_unlock, which wakes the threads whose event has come. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/queue.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct queue_waiter {
    struct list link;
    enum wdf_queue_event event;
    KEVENT woken;
};

bool wdf_queue_reached(const struct wdf_queue *queue, enum wdf_queue_event event)
{
    bool driver_has_none = queue->owned_count == 0 && queue->leaving == 0;
    switch (event) {
    case WDF_QUEUE_STOPPED:
        return driver_has_none;
    case WDF_QUEUE_PURGED:
    case WDF_QUEUE_DRAINED:
        return driver_has_none && queue->waiting_count == 0;
    case WDF_QUEUE_ANSWERED:
        return queue->unanswered == 0 && queue->leaving == 0;
    default:
        return driver_has_none && queue->waiting_count == 0 && queue->running == 0;
    }
}

void wdf_queue_unlock(struct wdf_queue *queue)
{
    bool rests = queue->powered && queue->owned_count == 0 && queue->waiting_count == 0 && queue->leaving == 0;
    if (rests)
        queue->powered = false;
    struct list ready;
    list_init(&ready);
    list_for_each_safe(node, &queue->waiters)
    {
        if (!wdf_queue_reached(queue, container_of(node, struct queue_waiter, link)->event))
            continue;
        list_remove(node);
        list_push_back(&ready, node);
    }
    struct wdf_device *device = queue->device;
    lock_release(&queue->lock);
    if (rests)
        wdf_power_release(device);
    for (struct list *node; (node = list_pop_front(&ready)) != NULL;)
        KeSetEvent(&container_of(node, struct queue_waiter, link)->woken, IO_NO_INCREMENT, FALSE);
}

/* Somebody has waited long for requests that the driver has: it must have lost them. */
static void missing_report(struct wdf_queue *queue, const char *method)
{
    const WDF_IO_QUEUE_CONFIG *config = &queue->config;
    lock_acquire(&queue->lock);
    list_for_each(node, &queue->owned)
    {
        const struct wdf_request *request = container_of(node, struct wdf_request, link);
        UCHAR major = request->stack->MajorFunction;
        const void *callback = major == IRP_MJ_READ             ? (const void *)config->EvtIoRead
                               : major == IRP_MJ_WRITE          ? (const void *)config->EvtIoWrite
                               : major == IRP_MJ_DEVICE_CONTROL ? (const void *)config->EvtIoDeviceControl
                                                                : NULL;
        wdf_verifier_report_at(queue->object.driver, "request-not-completed", callback != NULL ? callback : (const void *)config->EvtIoDefault,
                               "%s has waited %u ms for request %p (major function 0x%x) of queue %p, which is not completed", method,
                               verify_options.wait_ms, (const void *)&request->object, major, (void *)&queue->object);
    }
    lock_release(&queue->lock);
}

void wdf_queue_wait(struct wdf_queue *queue, enum wdf_queue_event event, const char *method)
{
    struct queue_waiter waiter = {.event = event};
    KeInitializeEvent(&waiter.woken, NotificationEvent, FALSE);
    lock_acquire(&queue->lock);
    bool waits = !wdf_queue_reached(queue, event);
    if (waits)
        list_push_back(&queue->waiters, &waiter.link);
    lock_release(&queue->lock);
    if (waits && event != WDF_QUEUE_ANSWERED && wdf_queue_calls(queue))
        wdf_verifier_stop(queue->object.driver, "queue-deadlock", "%s waits inside a callback of the same queue %p", method,
                          (void *)&queue->object);
    if (!waits)
        return;
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop(queue->object.driver, "irql", "%s waits at IRQL %u", method, KeGetCurrentIrql());
    LARGE_INTEGER patience = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(verify_options.wait_ms)};
    if (KeWaitForSingleObject(&waiter.woken, Executive, KernelMode, FALSE, verify_on() ? &patience : NULL) == STATUS_TIMEOUT) {
        missing_report(queue, method);
        if (!verify_options.log)
            wdm_verifier_end(); /* or it would wait for ever, and a test with it */
        KeWaitForSingleObject(&waiter.woken, Executive, KernelMode, FALSE, NULL);
    }
}
