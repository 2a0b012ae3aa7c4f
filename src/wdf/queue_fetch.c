/* SPDX-License-Identifier: MIT */
/* What a driver does with requests and queues itself: fetch from a queue, look into it, pass a request from one queue to another, give it
 * back, answer EvtIoStop. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/file_object.h"
#include "wdf/queue.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"


static struct wdf_request *request_of_link(struct list *node)
{
    return container_of(node, struct wdf_request, link);
}

/* ---- Fetching ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS fetch_check(const struct wdf_queue *queue)
{
    return queue->held || !queue->dispatches ? STATUS_WDF_PAUSED : STATUS_SUCCESS;
}

static NTSTATUS queue_fetch(struct wdf_queue *queue, const FILE_OBJECT *file, WDFREQUEST *out)
{
    *out = NULL;
    if (queue->config.DispatchType == WdfIoQueueDispatchParallel)
        return STATUS_INVALID_DEVICE_STATE; /* a parallel queue presents by itself */
    lock_acquire(&queue->lock);
    NTSTATUS status = fetch_check(queue);
    if (NT_SUCCESS(status)) {
        struct wdf_request *request = wdf_queue_take(queue, file);
        if (request != NULL) {
            wdf_queue_own(queue, request);
            *out = wdf_request_handle(request);
        } else {
            status = STATUS_NO_MORE_ENTRIES;
        }
    }
    lock_release(&queue->lock);
    return status;
}

NTSTATUS NTAPI ovl_WdfIoQueueRetrieveNextRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST *OutRequest)
{
    return queue_fetch(WDF_HANDLE(DriverGlobals, Queue, wdf_queue), NULL, OutRequest);
}

NTSTATUS NTAPI ovl_WdfIoQueueRetrieveRequestByFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFFILEOBJECT FileObject,
                                                         WDFREQUEST *OutRequest)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    return queue_fetch(queue, WDF_HANDLE(DriverGlobals, FileObject, wdf_file_object)->wdm, OutRequest);
}

NTSTATUS NTAPI ovl_WdfIoQueueFindRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST FoundRequest,
                                         WDFFILEOBJECT FileObject, PWDF_REQUEST_PARAMETERS Parameters, WDFREQUEST *OutRequest)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    const struct wdf_request *behind = FoundRequest == NULL ? NULL : WDF_HANDLE(DriverGlobals, FoundRequest, wdf_request);
    const FILE_OBJECT *file = FileObject == NULL ? NULL : WDF_HANDLE(DriverGlobals, FileObject, wdf_file_object)->wdm;
    *OutRequest = NULL;
    if (Parameters != NULL && Parameters->Size != sizeof *Parameters)
        return STATUS_INFO_LENGTH_MISMATCH;
    lock_acquire(&queue->lock);
    NTSTATUS status = behind == NULL ? STATUS_NO_MORE_ENTRIES : STATUS_NOT_FOUND; /* the request to go on from has left */
    bool looks = behind == NULL;
    list_for_each(node, &queue->waiting)
    {
        struct wdf_request *request = request_of_link(node);
        if (!looks) {
            looks = request == behind;
            if (looks)
                status = STATUS_NO_MORE_ENTRIES;
            continue;
        }
        if (file != NULL && request->stack->FileObject != file)
            continue;
        if (Parameters != NULL)
            wdf_request_parameters(request, Parameters);
        wdf_object_reference(&request->object); /* the driver's: it drops it by WdfObjectDereference */
        *OutRequest = wdf_request_handle(request);
        status = STATUS_SUCCESS;
        break;
    }
    lock_release(&queue->lock);
    return status;
}

NTSTATUS NTAPI ovl_WdfIoQueueRetrieveFoundRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue, WDFREQUEST FoundRequest,
                                                  WDFREQUEST *OutRequest)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    struct wdf_request *found = WDF_HANDLE(DriverGlobals, FoundRequest, wdf_request);
    *OutRequest = NULL;
    if (queue->config.DispatchType == WdfIoQueueDispatchParallel)
        return STATUS_INVALID_DEVICE_STATE;
    lock_acquire(&queue->lock);
    NTSTATUS status = fetch_check(queue);
    if (NT_SUCCESS(status)) {
        bool waits = atomic_load(&found->place) == WDF_REQUEST_QUEUED && found->queue == queue && !list_empty(&found->link);
        if (waits && IoSetCancelRoutine(found->irp, NULL) != NULL) {
            list_remove(&found->link);
            queue->waiting_count--;
            wdf_queue_own(queue, found);
            *OutRequest = FoundRequest;
        } else {
            status = STATUS_NOT_FOUND;
        }
    }
    lock_release(&queue->lock);
    return status;
}

/* ---- From queue to queue -------------------------------------------------------------------------------------------------------- */

static void lock_both(struct wdf_queue *a, struct wdf_queue *b)
{
    lock_acquire(a < b ? &a->lock : &b->lock);
    lock_acquire(a < b ? &b->lock : &a->lock);
}

static bool may_move(const struct wdf_request *request)
{
    return request->device != NULL && !request->cancelled_on_queue && atomic_load(&request->place) == WDF_REQUEST_DRIVER &&
           atomic_load(&request->cancelable) != WDF_CANCEL_MARKED;
}

/* Under its queue's lock: the request is no longer the driver's. */
static void owned_remove(struct wdf_request *request)
{
    struct wdf_queue *queue = request->queue;
    list_remove(&request->link);
    queue->owned_count--;
    queue->leaving++;
    if (request->stop_pending) {
        request->stop_pending = false;
        queue->unanswered--;
    }
    request->suspended = false;
}

/* Behind what put a request on a list of `queue`, whose lock is held: presents it, or ends it if it was cancelled meanwhile. */
static void linked(struct wdf_queue *queue, struct wdf_request *request, bool cancelled)
{
    wdf_object_reference(&queue->object);
    if (cancelled) {
        lock_release(&queue->lock);
        wdf_queue_cancelled(queue, request);
    } else {
        wdf_queue_loop(queue);
    }
    wdf_object_dereference(&queue->object);
}

NTSTATUS NTAPI ovl_WdfRequestForwardToIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFQUEUE DestinationQueue)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_queue *to = WDF_HANDLE(DriverGlobals, DestinationQueue, wdf_queue);
    struct wdf_queue *from = request->queue;
    if (!may_move(request) || from == NULL || from == to || from->device != to->device)
        return STATUS_INVALID_DEVICE_REQUEST;
    wdf_format_release(request);
    wdf_object_reference(&from->object);
    lock_both(from, to);
    if (!to->accepts) {
        lock_release(&from->lock);
        lock_release(&to->lock);
        wdf_object_dereference(&from->object);
        return STATUS_WDF_BUSY;
    }
    owned_remove(request);
    lock_release(&from->lock);
    linked(to, request, wdf_queue_link(to, request, false));
    wdf_queue_advance(from);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestRequeue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_queue *queue = request->queue;
    if (!may_move(request) || queue == NULL || queue->config.DispatchType != WdfIoQueueDispatchManual)
        return STATUS_INVALID_DEVICE_REQUEST;
    wdf_format_release(request);
    lock_acquire(&queue->lock);
    if (!queue->accepts) { /* it is being purged: the request would never come back */
        lock_release(&queue->lock);
        return STATUS_WDF_BUSY;
    }
    owned_remove(request);
    queue->leaving--;
    linked(queue, request, wdf_queue_link(queue, request, true));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestForwardToParentDeviceIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                                          WDFQUEUE ParentDeviceQueue, PWDF_REQUEST_FORWARD_OPTIONS ForwardOptions)
{
    (void)WDF_HANDLE(DriverGlobals, Request, wdf_request);
    (void)WDF_HANDLE(DriverGlobals, ParentDeviceQueue, wdf_queue);
    (void)ForwardOptions;
    return STATUS_INVALID_DEVICE_REQUEST; /* no child devices, so no parent's queue */
}

VOID NTAPI ovl_WdfRequestStopAcknowledge(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, BOOLEAN Requeue)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_queue *queue = request->queue;
    uint8_t place = atomic_load(&request->place);
    if (queue == NULL || place == WDF_REQUEST_ENDED)
        return; /* it ended while EvtIoStop was on its way */
    if (Requeue && !may_move(request))
        wdf_verifier_stop(request->object.driver, "stop-acknowledge",
                          "request %p is given back to its queue, but it is cancelable or not the driver's", (void *)&request->object);
    if (Requeue)
        wdf_format_release(request);
    lock_acquire(&queue->lock);
    if (!request->stop_pending) {
        lock_release(&queue->lock);
        wdf_verifier_stop(request->object.driver, "stop-acknowledge", "request %p was not asked to stop", (void *)&request->object);
    }
    if (!Requeue) {
        request->stop_pending = false;
        request->suspended = true;
        queue->unanswered--;
        wdf_queue_unlock(queue);
        return;
    }
    bool refused = !queue->accepts; /* a purged queue has no place for it */
    owned_remove(request);
    if (refused)
        request->was_presented = false; /* cancelled unseen */
    else
        queue->leaving--;
    linked(queue, request, refused || wdf_queue_link(queue, request, true));
}
