/* SPDX-License-Identifier: MIT */
/* Requests that the driver has and made cancelable. The exchange of the IRP's cancel routine decides between unmarking and cancelling; while the
 * mark is being made a canceller leaves the rest to the marking thread, for the IRP could end under it. EvtRequestCancel runs
 * under the lock of the queue's scope, and at PASSIVE_LEVEL where that is the queue's level. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/queue.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

/* ---- EvtRequestCancel ----------------------------------------------------------------------------------------------------- */

/* The mark's reference on the request goes at the end. */
static void cancel_present(struct wdf_request *request)
{
    struct wdf_queue *queue = request->queue;
    struct wdf_object *scope = queue != NULL ? &queue->object : &request->device->object;
    wdf_present_enter(scope);
    WDF_CALLBACK("EvtRequestCancel", request->evt_cancel, request->evt_cancel(wdf_request_handle(request)));
    wdf_present_leave(scope);
    if (queue != NULL)
        wdf_queue_advance(queue);
    wdf_object_dereference(&request->object);
}

static int64_t cancel_work(struct engine_op *op)
{
    cancel_present(container_of(op, struct wdf_request, op));
    return 0;
}

static void cancel_worked(struct engine_op *op, int64_t result)
{
    if (result < 0) /* no thread for it */
        cancel_present(container_of(op, struct wdf_request, op));
    wdf_object_return(&container_of(op, struct wdf_request, op)->object);
}

void wdf_request_call_cancel(struct wdf_request *request)
{
    struct wdf_queue *queue = request->queue;
    if (queue != NULL)
        wdf_queue_enter(queue);
    const struct wdf_object *scope = queue != NULL ? &queue->object : &request->device->object;
    if (scope->level != WdfExecutionLevelPassive || KeGetCurrentIrql() < DISPATCH_LEVEL) {
        cancel_present(request);
        return;
    }
    wdf_object_borrow(&request->object); /* until the worker is done with the operation */
    request->op = (struct engine_op){.code = ENGINE_WORK, .work = cancel_work, .done = cancel_worked};
    engine_submit(&request->op);
}

/* The IRP is cancelled; the cancel spin lock is held. */
static VOID NTAPI marked_cancelled(DEVICE_OBJECT *device, IRP *irp)
{
    (void)device;
    struct wdf_request *request = irp->Tail.Overlay.DriverContext[WDF_CONTEXT_REQUEST];
    IoReleaseCancelSpinLock(irp->CancelIrql);
    uint8_t marking = WDF_CANCEL_MARKING;
    if (atomic_compare_exchange_strong(&request->cancelable, &marking, WDF_CANCEL_EARLY))
        return;
    atomic_store(&request->cancelable, WDF_CANCEL_CALLED);
    wdf_request_call_cancel(request);
}

bool wdf_request_take_mark(struct wdf_request *request)
{
    if (atomic_load(&request->cancelable) != WDF_CANCEL_MARKED || IoSetCancelRoutine(request->irp, NULL) == NULL)
        return false;
    atomic_store(&request->cancelable, WDF_CANCEL_CALLED);
    return true;
}

/* ---- Marking -------------------------------------------------------------------------------------------------------------------- */

/* STATUS_CANCELLED: it was cancelled before, and EvtRequestCancel will not be called. */
static NTSTATUS request_mark(struct wdf_request *request, PFN_WDF_REQUEST_CANCEL callback)
{
    if (callback == NULL)
        return STATUS_INVALID_PARAMETER;
    uint8_t state = atomic_load(&request->cancelable);
    if (atomic_load(&request->place) != WDF_REQUEST_DRIVER || request->device == NULL || state == WDF_CANCEL_MARKED)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (state == WDF_CANCEL_CALLED)
        return STATUS_CANCELLED;
    IRP *irp = request->irp;
    request->evt_cancel = callback;
    wdf_object_reference(&request->object); /* the mark's */
    atomic_store(&request->cancelable, WDF_CANCEL_MARKING);
    irp->Tail.Overlay.DriverContext[WDF_CONTEXT_REQUEST] = request;
    IoSetCancelRoutine(irp, marked_cancelled);
    bool cancelled = __atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL) != NULL;
    uint8_t marking = WDF_CANCEL_MARKING;
    if (!cancelled && atomic_compare_exchange_strong(&request->cancelable, &marking, WDF_CANCEL_MARKED))
        return STATUS_SUCCESS;
    if (cancelled)
        atomic_store(&request->cancelable, WDF_CANCEL_UNMARKED);
    else
        atomic_store(&request->cancelable, WDF_CANCEL_CALLED); /* by a canceller who left it to us */
    wdf_object_dereference(&request->object);
    return STATUS_CANCELLED;
}

NTSTATUS wdf_request_unmark(struct wdf_request *request)
{
    uint8_t state = atomic_load(&request->cancelable);
    if (state == WDF_CANCEL_CALLED)
        return STATUS_CANCELLED;
    if (state != WDF_CANCEL_MARKED)
        return STATUS_INVALID_PARAMETER;
    if (IoSetCancelRoutine(request->irp, NULL) == NULL)
        return STATUS_CANCELLED; /* the routine has been taken: EvtRequestCancel comes */
    atomic_store(&request->cancelable, WDF_CANCEL_UNMARKED);
    wdf_object_dereference(&request->object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestMarkCancelableEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request,
                                              PFN_WDF_REQUEST_CANCEL EvtRequestCancel)
{
    return request_mark(WDF_HANDLE(DriverGlobals, Request, wdf_request), EvtRequestCancel);
}

VOID NTAPI ovl_WdfRequestMarkCancelable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PFN_WDF_REQUEST_CANCEL EvtRequestCancel)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    NTSTATUS status = request_mark(request, EvtRequestCancel);
    if (status == STATUS_CANCELLED) { /* it is told of at once, before this returns */
        atomic_store(&request->cancelable, WDF_CANCEL_CALLED);
        wdf_object_reference(&request->object);
        wdf_request_call_cancel(request);
    } else if (!NT_SUCCESS(status)) {
        wdf_verifier_stop(request->object.driver, "mark-cancelable", "request %p is made cancelable, but it is not the driver's, or is already",
                          (void *)&request->object);
    }
}

NTSTATUS NTAPI ovl_WdfRequestUnmarkCancelable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (atomic_load(&request->place) != WDF_REQUEST_DRIVER)
        return STATUS_INVALID_DEVICE_REQUEST;
    return wdf_request_unmark(request);
}

BOOLEAN NTAPI ovl_WdfRequestIsCanceled(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (atomic_load(&request->cancelable) == WDF_CANCEL_MARKED)
        wdf_verifier_report(request->object.driver, "is-canceled", "request %p is marked cancelable: it is not asked, it tells",
                            (void *)&request->object);
    return __atomic_load_n(&request->irp->Cancel, __ATOMIC_SEQ_CST);
}
