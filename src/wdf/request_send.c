/* SPDX-License-Identifier: MIT */
/* A request's way to a target and back. A send is held by references: the target's own until it ends the IRP, the timer's until it
 * can no longer fire, a canceller's while it cancels. The last of them ends the send, so that neither finds a freed IRP. The end gives the
 * request back to the driver: a synchronous send wakes its thread, else the completion routine is called. A routine that sends the
 * request again, to a target that ends it at once, does not recurse: the outermost end calls the routine anew. */
#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/io_target.h"
#include "wdf/queue.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct wdf_send_timer {
    KTIMER timer;
    KDPC dpc;
    struct wdf_request *request;
    bool armed;
};

/* ---- The end ---------------------------------------------------------------------------------------------------------- */

/* The ends that this thread is in, innermost first. */
struct end_frame {
    struct wdf_request *request;
    struct wdf_io_target *target;
    struct end_frame *outer;
    bool again;
};

static __thread struct end_frame *end_frames __attribute__((__tls_model__("initial-exec")));

uint32_t wdf_io_target_own_ends(const struct wdf_io_target *target)
{
    uint32_t count = 0;
    for (struct end_frame *frame = end_frames; frame != NULL; frame = frame->outer)
        count += frame->target == target;
    return count;
}

static void params_fill(struct wdf_request *request)
{
    struct wdf_format *format = &request->format;
    WDF_REQUEST_COMPLETION_PARAMS *params = &request->params;
    memset(params, 0, sizeof *params);
    params->Size = sizeof *params;
    params->Type = format->type;
    params->IoStatus = request->irp->IoStatus;
    if (atomic_load(&request->timed_out) && params->IoStatus.Status == STATUS_CANCELLED) {
        params->IoStatus.Status = STATUS_IO_TIMEOUT;
        request->irp->IoStatus.Status = STATUS_IO_TIMEOUT;
    }
    switch (format->type) {
    case WdfRequestTypeRead:
    case WdfRequestTypeWrite: /* the same layout */
        params->Parameters.Read.Buffer = (WDFMEMORY)(void *)format->memories[0];
        params->Parameters.Read.Offset = format->output.offset;
        params->Parameters.Read.Length = params->IoStatus.Information;
        break;
    case WdfRequestTypeDeviceControl:
    case WdfRequestTypeDeviceControlInternal:
        params->Parameters.Ioctl.IoControlCode = format->code;
        params->Parameters.Ioctl.Input.Buffer = (WDFMEMORY)(void *)format->memories[0];
        params->Parameters.Ioctl.Input.Offset = format->input.offset;
        params->Parameters.Ioctl.Output.Buffer = (WDFMEMORY)(void *)format->memories[1];
        params->Parameters.Ioctl.Output.Offset = format->output.offset;
        params->Parameters.Ioctl.Output.Length = params->IoStatus.Information;
        break;
    default:
        break;
    }
    if (format->ops != NULL && format->ops->completed != NULL)
        format->ops->completed(request);
    request->status = params->IoStatus.Status;
}

/* The IRP is as it was, the request the driver's. The send's reference on the target goes, and, of a synchronous send, that on the
 * request. */
static void send_finish(struct wdf_request *request)
{
    struct wdf_io_target *target = request->target;
    KEVENT *waiter = request->waiter;
    params_fill(request);
    wdf_format_restore_irp(request);
    struct wdf_format format = request->format;
    request->format = (struct wdf_format){.set = false};
    request->target = NULL;
    request->waiter = NULL;
    PFN_WDF_REQUEST_COMPLETION_ROUTINE routine = waiter == NULL ? request->evt_complete : NULL;
    request->evt_complete = NULL;
    wdf_io_target_end_begin(target, request);
    atomic_store_explicit(&request->place, WDF_REQUEST_DRIVER, memory_order_release);
    if (routine != NULL)
        WDF_CALLBACK("EvtRequestCompletionRoutine", routine,
                     routine(wdf_request_handle(request), wdf_io_target_handle(target), &request->params, request->evt_complete_context));
    wdf_format_drop(request, &format);
    wdf_io_target_end_finish(target);
    wdf_object_dereference(&target->object);
    if (waiter != NULL) {
        wdf_object_dereference(&request->object);
        KeSetEvent(waiter, IO_NO_INCREMENT, FALSE);
    }
}

static void send_end(struct wdf_request *request)
{
    if (request->waiter != NULL) {
        send_finish(request);
        return;
    }
    for (struct end_frame *frame = end_frames; frame != NULL; frame = frame->outer)
        if (frame->request == request) {
            frame->again = true;
            return;
        }
    struct end_frame frame = {.request = request, .outer = end_frames};
    end_frames = &frame;
    for (;;) {
        frame.again = false;
        frame.target = request->target;
        send_finish(request);
        if (!frame.again)
            break;
        wdf_object_dereference(&request->object); /* the ended send's; the next has one too */
    }
    end_frames = frame.outer;
    wdf_object_dereference(&request->object);
}

static void send_release(struct wdf_request *request)
{
    if (atomic_fetch_sub_explicit(&request->sent_references, 1, memory_order_acq_rel) == 1)
        send_end(request);
}

/* Nobody ends a send whose reference one holds. */
static bool send_hold(struct wdf_request *request)
{
    uint32_t references = atomic_load_explicit(&request->sent_references, memory_order_relaxed);
    do
        if (references == 0)
            return false;
    while (!atomic_compare_exchange_weak_explicit(&request->sent_references, &references, references + 1, memory_order_acquire,
                                                  memory_order_relaxed));
    return true;
}

void wdf_request_ended_below(struct wdf_request *request)
{
    struct wdf_send_timer *timer = request->timer;
    if (timer != NULL && timer->armed) {
        timer->armed = false;
        if (KeCancelTimer(&timer->timer)) /* else its DPC is on its way, and gives the reference back */
            send_release(request);
    }
    send_release(request);
}

static NTSTATUS NTAPI send_completed(DEVICE_OBJECT *device, IRP *irp, void *context)
{
    (void)device;
    (void)irp;
    wdf_request_ended_below(context);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

/* ---- Time-outs -------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI timer_expired(KDPC *dpc, void *context, void *argument1, void *argument2)
{
    (void)dpc;
    (void)argument1;
    (void)argument2;
    struct wdf_request *request = context;
    atomic_store(&request->timed_out, true);
    IoCancelIrp(request->irp);
    send_release(request);
}

static NTSTATUS timer_allocate(struct wdf_request *request)
{
    if (request->timer != NULL)
        return STATUS_SUCCESS;
    struct wdf_send_timer *timer = wdf_allocate(sizeof *timer);
    if (timer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    timer->request = request;
    KeInitializeTimer(&timer->timer);
    KeInitializeDpc(&timer->dpc, timer_expired, request);
    request->timer = timer;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestAllocateTimer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return timer_allocate(WDF_HANDLE(DriverGlobals, Request, wdf_request));
}

/* ---- Sending ------------------------------------------------------------------------------------------------------------------ */

void wdf_request_submit(struct wdf_request *request)
{
    IoSetCompletionRoutine(request->irp, send_completed, request, TRUE, TRUE, TRUE);
    IoCallDriver(request->target->wdm, request->irp);
}

enum { OPTIONS_KNOWN = WDF_REQUEST_SEND_OPTION_TIMEOUT | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS |
                       WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE | WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET |
                       WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT | WDF_REQUEST_SEND_OPTION_IMPERSONATION_IGNORE_FAILURE };

static NTSTATUS options_check(const WDF_REQUEST_SEND_OPTIONS *options)
{
    if (options == NULL)
        return STATUS_SUCCESS;
    if (options->Size != sizeof *options)
        return STATUS_INFO_LENGTH_MISMATCH;
    ULONG flags = options->Flags;
    if ((flags & ~(ULONG)OPTIONS_KNOWN) != 0)
        return STATUS_INVALID_PARAMETER;
    if ((flags & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET) &&
        (flags & (WDF_REQUEST_SEND_OPTION_TIMEOUT | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS)))
        return STATUS_INVALID_PARAMETER; /* nobody is left to see the time run out */
    if ((flags & WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT) && !(flags & WDF_REQUEST_SEND_OPTION_IMPERSONATION_IGNORE_FAILURE))
        return STATUS_NOT_SUPPORTED;
    return STATUS_SUCCESS;
}

static ULONG options_flags(const WDF_REQUEST_SEND_OPTIONS *options)
{
    return options == NULL ? 0 : options->Flags;
}

/* What must hold before anything changes. */
static NTSTATUS send_check(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options)
{
    NTSTATUS status = options_check(options);
    if (!NT_SUCCESS(status))
        return status;
    if (!request->format.set || atomic_load(&request->cancelable) == WDF_CANCEL_MARKED)
        return STATUS_INVALID_DEVICE_REQUEST;
    const DEVICE_OBJECT *device = target->wdm;
    if (device == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    if (request->irp->CurrentLocation - 1 < device->StackSize)
        return STATUS_REQUEST_NOT_ACCEPTED;
    if (options_flags(options) & WDF_REQUEST_SEND_OPTION_TIMEOUT)
        return timer_allocate(request);
    return STATUS_SUCCESS;
}

/* The end of a forgotten request whose format has to be taken back: the IRP then goes on upwards. */
static NTSTATUS NTAPI forgotten_completed(DEVICE_OBJECT *device, IRP *irp, void *context)
{
    struct wdf_request *request = context;
    (void)device;
    (void)irp;
    params_fill(request);
    wdf_format_release(request);
    wdf_object_delete(&request->object);
    return STATUS_SUCCESS;
}

static bool format_is_plain(const struct wdf_format *format)
{
    return !format->changed_irp && format->ops == NULL && format->memories[0] == NULL && format->memories[1] == NULL;
}

/* The lower driver's completion is the request's end; the driver has nothing more to do with it. */
static bool send_and_forget(struct wdf_request *request, struct wdf_io_target *target, ULONG flags)
{
    IRP *irp = request->irp;
    DEVICE_OBJECT *device = target->wdm;
    /* A driver's own IRP would come back to nobody. */
    NTSTATUS status = request->device == NULL ? STATUS_INVALID_DEVICE_REQUEST : wdf_io_target_passes(target, flags);
    if (!NT_SUCCESS(status)) {
        request->status = status;
        atomic_store(&request->place, WDF_REQUEST_DRIVER);
        return false;
    }
    atomic_store(&request->place, WDF_REQUEST_ENDED);
    struct wdf_queue *queue = request->queue != NULL ? wdf_queue_disown(request) : NULL;
    wdf_object_reference(&target->object);
    if (format_is_plain(&request->format))
        wdf_object_delete(&request->object);
    else
        IoSetCompletionRoutine(irp, forgotten_completed, request, TRUE, TRUE, TRUE);
    IoCallDriver(device, irp);
    wdf_object_dereference(&target->object);
    if (queue != NULL)
        wdf_queue_advance(queue);
    return true;
}

void wdf_request_timer_start(struct wdf_request *request, const WDF_REQUEST_SEND_OPTIONS *options)
{
    struct wdf_send_timer *timer = request->timer;
    timer->armed = true;
    LARGE_INTEGER due = {.QuadPart = options->Timeout};
    KeSetTimer(&timer->timer, due, &timer->dpc);
}

/* Sends; the end wakes `waiter` or calls the completion routine. */
static bool send_start(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options,
                       KEVENT *waiter)
{
    ULONG flags = options_flags(options);
    bool timed = (flags & WDF_REQUEST_SEND_OPTION_TIMEOUT) != 0 && options->Timeout != 0;
    request->waiter = waiter;
    request->target = target;
    request->ignores_state = (flags & WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE) != 0;
    atomic_store_explicit(&request->timed_out, false, memory_order_relaxed);
    wdf_object_reference(&target->object);
    wdf_object_reference(&request->object);
    atomic_store_explicit(&request->sent_references, timed ? 2 : 1, memory_order_release); /* the target's, the timer's */
    bool held;
    NTSTATUS status = wdf_io_target_admit(target, request, timed ? options : NULL, &held);
    if (!NT_SUCCESS(status)) {
        atomic_store_explicit(&request->sent_references, 0, memory_order_relaxed);
        request->waiter = NULL;
        request->target = NULL;
        request->status = status;
        atomic_store_explicit(&request->place, WDF_REQUEST_DRIVER, memory_order_release);
        wdf_object_dereference(&target->object);
        wdf_object_dereference(&request->object);
        return false;
    }
    if (!held) /* else it may have ended already */
        wdf_request_submit(request);
    return true;
}

static bool send(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options, KEVENT *waiter)
{
    uint8_t place = WDF_REQUEST_DRIVER;
    if (!atomic_compare_exchange_strong(&request->place, &place, WDF_REQUEST_SENT))
        wdf_verifier_stop(request->object.driver, place == WDF_REQUEST_SENT ? "sent-twice" : "request-touched",
                          "request %p is sent, but it is not the driver's", (void *)&request->object);
    NTSTATUS status = send_check(request, target, options);
    if (!NT_SUCCESS(status)) {
        request->status = status;
        atomic_store(&request->place, WDF_REQUEST_DRIVER);
        return false;
    }
    ULONG flags = options_flags(options);
    if (flags & WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET)
        return send_and_forget(request, target, flags);
    return send_start(request, target, options, waiter);
}

static bool send_synchronously(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options)
{
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop(request->object.driver, "irql", "request %p is sent synchronously at IRQL %u", (void *)&request->object,
                          KeGetCurrentIrql());
    KEVENT ended;
    KeInitializeEvent(&ended, NotificationEvent, FALSE);
    if (!send(request, target, options, &ended))
        return false;
    KeWaitForSingleObject(&ended, Executive, KernelMode, FALSE, NULL);
    return true;
}

NTSTATUS wdf_request_send_and_wait(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options)
{
    send_synchronously(request, target, options);
    return request->status;
}

bool wdf_request_send(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options)
{
    if (options_flags(options) & WDF_REQUEST_SEND_OPTION_SYNCHRONOUS)
        return send_synchronously(request, target, options);
    return send(request, target, options, NULL);
}

BOOLEAN NTAPI ovl_WdfRequestSend(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFIOTARGET Target,
                                 PWDF_REQUEST_SEND_OPTIONS Options)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    return wdf_request_send(request, WDF_HANDLE(DriverGlobals, Target, wdf_io_target), Options);
}

/* ---- Cancelling ------------------------------------------------------------------------------------------------------------- */

bool wdf_request_cancel_sent(struct wdf_request *request)
{
    if (!send_hold(request))
        return false;
    bool called = IoCancelIrp(request->irp);
    send_release(request);
    return called;
}

void wdf_request_recall(struct wdf_request *request)
{
    if (!send_hold(request))
        return;
    struct wdf_io_target *target = request->target;
    wdf_object_reference(&target->object);
    IoCancelIrp(request->irp);
    send_release(request);
    wdf_io_target_wait_for(target, request);
    wdf_object_dereference(&target->object);
}

BOOLEAN NTAPI ovl_WdfRequestCancelSentRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return wdf_request_cancel_sent(WDF_HANDLE(DriverGlobals, Request, wdf_request));
}

/* ---- Sends that wait, for methods ---------------------------------------------------------------------------------------------- */

NTSTATUS wdf_sync_request_get(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, struct wdf_io_target *target, const void *caller,
                              struct wdf_request **request)
{
    if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop_at(globals->Runtime, "irql", caller, "a request is sent synchronously at IRQL %u", KeGetCurrentIrql());
    if (target->wdm == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    if (handle == NULL)
        return wdf_request_make(target->object.driver, NULL, NULL, target->wdm->StackSize, caller, request);
    *request = (struct wdf_request *)(void *)wdf_object_of(globals, handle, &wdf_request_class, caller);
    return STATUS_SUCCESS;
}

void wdf_sync_request_put(WDFREQUEST handle, struct wdf_request *request)
{
    if (handle != NULL)
        wdf_format_release(request);
    else
        wdf_object_delete(&request->object);
}
