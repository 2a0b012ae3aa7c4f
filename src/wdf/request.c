/* SPDX-License-Identifier: MIT */
/* Requests: made around an IRP that came or with an IRP of their own; completed; asked about. A completion deletes the object before the IRP
 * ends, so that cleanup callbacks still find the IRP, and memory that hangs below the request is gone when the program sees the end. */
#include "wdf/request.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/file_object.h"
#include "wdf/io_target.h"
#include "wdf/queue.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"


/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* WdfObjectDelete, or the parent goes. */
static void request_retire(struct wdf_object *object)
{
    struct wdf_request *request = wdf_request_of_object(object);
    uint8_t place = atomic_load(&request->place);
    if (place == WDF_REQUEST_ENDED)
        return;
    if (request->device != NULL && !request->owns_irp)
        wdf_verifier_stop_at(object->driver, "request-deleted", object->maker,
                             "request %p came from a queue: it is completed, not deleted", (void *)object);
    if (place != WDF_REQUEST_SENT)
        return;
    if (object->parent != NULL && atomic_load(&object->parent->state) != WDF_LIVE && KeGetCurrentIrql() < DISPATCH_LEVEL) {
        wdf_request_recall(request);
        return;
    }
    wdf_verifier_stop_at(object->driver, "request-deleted", object->maker, "request %p is deleted while it is at a target",
                         (void *)object);
}

static void request_dispose(struct wdf_object *object)
{
    wdf_format_release(wdf_request_of_object(object));
}

static void request_destroy(struct wdf_object *object)
{
    struct wdf_request *request = wdf_request_of_object(object);
    if (request->usb_free != NULL)
        request->usb_free(request);
    if (request->input_mdl != NULL)
        IoFreeMdl(request->input_mdl);
    if (request->output_mdl != NULL)
        IoFreeMdl(request->output_mdl);
    free(request->timer);
    if (request->owns_irp)
        IoFreeIrp(request->irp);
}

const struct wdf_class wdf_request_class = {
    .name = "WDFREQUEST",
    .size = sizeof(struct wdf_request),
    .retire = request_retire,
    .dispose = request_dispose,
    .destroy = request_destroy,
};

static NTSTATUS request_create(struct wdf_driver *driver, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent,
                               const void *maker, struct wdf_request **made)
{
    struct wdf_object *object;
    NTSTATUS status = wdf_object_create(driver, &wdf_request_class, attributes, parent, maker, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_request *request = wdf_request_of_object(object);
    list_init(&request->link);
    list_init(&request->target_link);
    *made = request;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_request_from_irp(struct wdf_device *device, IRP *irp, struct wdf_request **made)
{
    struct wdf_request *request;
    PWDF_OBJECT_ATTRIBUTES attributes = wdf_device_request_attributes(device);
    /* Below no parent: its queue awaits it before the device goes, and so many come and go that the device's list would be felt. */
    NTSTATUS status = request_create(device->object.driver, attributes, NULL, NULL, &request);
    if (!NT_SUCCESS(status))
        return status;
    request->object.level = device->object.level;
    request->object.scope = device->object.scope;
    request->object.presentation = device->object.presentation;
    request->object.own_lock = device->object.own_lock;
    request->device = device;
    request->irp = irp;
    request->stack = IoGetCurrentIrpStackLocation(irp);
    *made = request;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_request_make(struct wdf_driver *driver, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, CCHAR stack_size,
                          const void *maker, struct wdf_request **made)
{
    IRP *irp = IoAllocateIrp(stack_size, FALSE);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct wdf_request *request;
    NTSTATUS status = request_create(driver, attributes, parent, maker, &request);
    if (!NT_SUCCESS(status)) {
        IoFreeIrp(irp);
        return status;
    }
    request->irp = irp;
    request->owns_irp = true;
    *made = request;
    return STATUS_SUCCESS;
}

/* ---- The end ------------------------------------------------------------------------------------------------------- */

/* `place` is ENDED. */
static void request_finish(struct wdf_request *request, NTSTATUS status, ULONG_PTR information, CCHAR boost)
{
    IRP *irp = request->irp;
    wdf_format_release(request);
    struct wdf_queue *queue = request->queue != NULL ? wdf_queue_disown(request) : NULL;
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    if (request->stack != NULL && request->stack->MajorFunction == IRP_MJ_CREATE)
        wdf_file_create_ended(request->device, request->stack->FileObject, status);
    if (request->device != NULL)
        wdf_object_delete(&request->object);
    IoCompleteRequest(irp, boost);
    if (queue != NULL)
        wdf_queue_advance(queue);
}

void wdf_request_end(struct wdf_request *request, NTSTATUS status, ULONG_PTR information)
{
    atomic_store(&request->place, WDF_REQUEST_ENDED);
    request_finish(request, status, information, IO_NO_INCREMENT);
}

static const char *place_name(uint8_t place)
{
    static const char *const names[] = {"the driver's", "in a queue", "at a target", "completed"};
    return place < sizeof names / sizeof *names ? names[place] : "unknown";
}

/* Whether a request that is marked cancelable may be completed: the mark is taken back. Else EvtRequestCancel is on its way, and would
 * complete it a second time. */
static void request_check_cancelable(struct wdf_request *request, const void *caller)
{
    if (atomic_load(&request->cancelable) != WDF_CANCEL_MARKED)
        return;
    wdf_verifier_report_at(request->object.driver, "completed-cancelable", caller,
                           "request %p is completed while it is marked cancelable: WdfRequestUnmarkCancelable comes first",
                           (void *)&request->object);
    if (wdf_request_unmark(request) == STATUS_CANCELLED)
        wdf_verifier_stop_at(request->object.driver, "completed-cancelable", caller,
                             "request %p is completed while its EvtRequestCancel runs", (void *)&request->object);
}

static void request_complete(struct wdf_request *request, NTSTATUS status, ULONG_PTR information, CCHAR boost, const void *caller)
{
    if (request->owns_irp)
        wdf_verifier_stop_at(request->object.driver, "completed-own", caller,
                             "request %p was created by the driver: it is deleted, not completed", (void *)&request->object);
    request_check_cancelable(request, caller);
    uint8_t place = WDF_REQUEST_DRIVER;
    if (!atomic_compare_exchange_strong(&request->place, &place, WDF_REQUEST_ENDED))
        wdf_verifier_stop_at(request->object.driver, place == WDF_REQUEST_ENDED ? "completed-twice" : "completed-elsewhere", caller,
                             "request %p is completed, but it is %s", (void *)&request->object, place_name(place));
    request_finish(request, status, information, boost);
}

VOID NTAPI ovl_WdfRequestComplete(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, NTSTATUS Status)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    request_complete(request, Status, request->irp->IoStatus.Information, IO_NO_INCREMENT, WDF_CALLER);
}

VOID NTAPI ovl_WdfRequestCompleteWithPriorityBoost(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, NTSTATUS Status,
                                                   CCHAR PriorityBoost)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    request_complete(request, Status, request->irp->IoStatus.Information, PriorityBoost, WDF_CALLER);
}

VOID NTAPI ovl_WdfRequestCompleteWithInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, NTSTATUS Status,
                                                 ULONG_PTR Information)
{
    request_complete(WDF_HANDLE(DriverGlobals, Request, wdf_request), Status, Information, IO_NO_INCREMENT, WDF_CALLER);
}

/* ---- The driver's own ------------------------------------------------------------------------------------------------ */

NTSTATUS NTAPI ovl_WdfRequestCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES RequestAttributes, WDFIOTARGET IoTarget,
                                    WDFREQUEST *Request)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    *Request = NULL;
    CCHAR depth = 1;
    struct wdf_object *parent = &driver->object;
    if (IoTarget != NULL) {
        struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
        if (target->wdm == NULL)
            return STATUS_INVALID_DEVICE_STATE; /* closed: nobody knows how deep its stack will be */
        depth = target->wdm->StackSize;
    }
    struct wdf_request *request;
    NTSTATUS status = wdf_request_make(driver, RequestAttributes, parent, depth, WDF_CALLER, &request);
    if (NT_SUCCESS(status))
        *Request = wdf_request_handle(request);
    return status;
}

NTSTATUS NTAPI ovl_WdfRequestCreateFromIrp(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_OBJECT_ATTRIBUTES RequestAttributes, PIRP Irp,
                                           BOOLEAN RequestFreesIrp, WDFREQUEST *Request)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    *Request = NULL;
    if (Irp == NULL)
        return STATUS_INVALID_PARAMETER;
    struct wdf_request *request;
    NTSTATUS status = request_create(driver, RequestAttributes, &driver->object, WDF_CALLER, &request);
    if (!NT_SUCCESS(status))
        return status;
    request->irp = Irp;
    request->owns_irp = RequestFreesIrp != FALSE;
    *Request = wdf_request_handle(request);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestReuse(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PWDF_REQUEST_REUSE_PARAMS ReuseParams)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (ReuseParams == NULL)
        return STATUS_INVALID_PARAMETER;
    if (ReuseParams->Size != sizeof *ReuseParams)
        return STATUS_INFO_LENGTH_MISMATCH;
    bool new_irp = (ReuseParams->Flags & WDF_REQUEST_REUSE_SET_NEW_IRP) != 0;
    if (atomic_load(&request->place) == WDF_REQUEST_SENT || atomic_load(&request->cancelable) == WDF_CANCEL_MARKED)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (new_irp && (ReuseParams->NewIrp == NULL || request->device != NULL || request->owns_irp))
        return STATUS_INVALID_PARAMETER; /* only a request from WdfRequestCreateFromIrp takes another IRP */
    wdf_format_release(request);
    request->evt_complete = NULL;
    request->status = ReuseParams->Status;
    if (new_irp)
        request->irp = ReuseParams->NewIrp;
    if (request->device == NULL && request->owns_irp)
        IoReuseIrp(request->irp, ReuseParams->Status);
    else
        request->irp->IoStatus.Status = ReuseParams->Status;
    if (request->device == NULL) /* a driver's own is its again, even if it once completed the IRP */
        atomic_store(&request->place, WDF_REQUEST_DRIVER);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfRequestChangeTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, WDFIOTARGET IoTarget)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_io_target *target = WDF_HANDLE(DriverGlobals, IoTarget, wdf_io_target);
    if (target->wdm == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    /* The locations below the current one must do for the new stack. */
    return request->irp->CurrentLocation - 1 < target->wdm->StackSize ? STATUS_REQUEST_NOT_ACCEPTED : STATUS_SUCCESS;
}

/* ---- Asked about -------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ovl_WdfRequestGetStatus(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return WDF_HANDLE(DriverGlobals, Request, wdf_request)->status;
}

VOID NTAPI ovl_WdfRequestSetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, ULONG_PTR Information)
{
    WDF_HANDLE(DriverGlobals, Request, wdf_request)->irp->IoStatus.Information = Information;
}

ULONG_PTR NTAPI ovl_WdfRequestGetInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return WDF_HANDLE(DriverGlobals, Request, wdf_request)->irp->IoStatus.Information;
}

PIRP NTAPI ovl_WdfRequestWdmGetIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return WDF_HANDLE(DriverGlobals, Request, wdf_request)->irp;
}

KPROCESSOR_MODE NTAPI ovl_WdfRequestGetRequestorMode(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    return WDF_HANDLE(DriverGlobals, Request, wdf_request)->irp->RequestorMode;
}

BOOLEAN NTAPI ovl_WdfRequestIsFrom32BitProcess(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    (void)WDF_HANDLE(DriverGlobals, Request, wdf_request);
    return FALSE; /* program and driver are one process, and it is a 64-bit one */
}

BOOLEAN NTAPI ovl_WdfRequestIsReserved(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    (void)WDF_HANDLE(DriverGlobals, Request, wdf_request);
    return FALSE; /* no queue has a forward progress policy */
}

WDFQUEUE NTAPI ovl_WdfRequestGetIoQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Request, wdf_request)->queue;
    return queue == NULL ? NULL : wdf_queue_handle(queue);
}

WDFFILEOBJECT NTAPI ovl_WdfRequestGetFileObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (request->stack == NULL || request->stack->FileObject == NULL)
        return NULL;
    return (WDFFILEOBJECT)(void *)wdf_file_object_find(request->device, request->stack->FileObject);
}

void wdf_request_parameters(const struct wdf_request *request, PWDF_REQUEST_PARAMETERS parameters)
{
    const IO_STACK_LOCATION *stack = request->stack != NULL ? request->stack : IoGetCurrentIrpStackLocation(request->irp);
    parameters->MinorFunction = stack->MinorFunction;
    parameters->Type = (WDF_REQUEST_TYPE)stack->MajorFunction;
    switch (stack->MajorFunction) {
    case IRP_MJ_CREATE:
        parameters->Parameters.Create.SecurityContext = stack->Parameters.Create.SecurityContext;
        parameters->Parameters.Create.Options = stack->Parameters.Create.Options;
        parameters->Parameters.Create.FileAttributes = stack->Parameters.Create.FileAttributes;
        parameters->Parameters.Create.ShareAccess = stack->Parameters.Create.ShareAccess;
        parameters->Parameters.Create.EaLength = stack->Parameters.Create.EaLength;
        break;
    case IRP_MJ_READ: /* Write has the same layout */
    case IRP_MJ_WRITE:
        parameters->Parameters.Read.Length = stack->Parameters.Read.Length;
        parameters->Parameters.Read.Key = stack->Parameters.Read.Key;
        parameters->Parameters.Read.DeviceOffset = stack->Parameters.Read.ByteOffset.QuadPart;
        break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        parameters->Parameters.DeviceIoControl.OutputBufferLength = stack->Parameters.DeviceIoControl.OutputBufferLength;
        parameters->Parameters.DeviceIoControl.InputBufferLength = stack->Parameters.DeviceIoControl.InputBufferLength;
        parameters->Parameters.DeviceIoControl.IoControlCode = stack->Parameters.DeviceIoControl.IoControlCode;
        parameters->Parameters.DeviceIoControl.Type3InputBuffer = stack->Parameters.DeviceIoControl.Type3InputBuffer;
        break;
    default:
        memcpy(&parameters->Parameters, &stack->Parameters.Others, sizeof stack->Parameters.Others);
    }
}

VOID NTAPI ovl_WdfRequestGetParameters(PWDF_DRIVER_GLOBALS DriverGlobals, WDFREQUEST Request, PWDF_REQUEST_PARAMETERS Parameters)
{
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (Parameters->Size != sizeof *Parameters)
        wdf_verifier_stop(request->object.driver, "structure-size", "WDF_REQUEST_PARAMETERS was not initialised");
    if (atomic_load(&request->place) == WDF_REQUEST_ENDED)
        wdf_verifier_stop(request->object.driver, "request-touched", "request %p was completed", (void *)&request->object);
    wdf_request_parameters(request, Parameters);
}
