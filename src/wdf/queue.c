/* SPDX-License-Identifier: MIT */
/* Queues are made here, found by a request's kind, and taken down; and here the IRPs of a device become requests. */
#include "wdf/queue.h"

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

static struct wdf_queue *queue_of(struct wdf_object *object)
{
    return container_of(object, struct wdf_queue, object);
}

/* ---- Life ------------------------------------------------------------------------------------------------------------------------ */

void wdf_device_io_init(struct wdf_device_io *io)
{
    list_init(&io->queues);
}

/* Takes the queue from its device; nobody finds it any more. */
static void queue_unlist(struct wdf_queue *queue)
{
    struct wdf_device_io *io = &queue->device->io;
    lock_acquire(&io->lock);
    list_remove(&queue->device_link);
    if (io->standard == queue)
        io->standard = NULL;
    for (int major = 0; major <= IRP_MJ_MAXIMUM_FUNCTION; major++)
        if (io->by_major[major] == queue)
            io->by_major[major] = NULL;
    lock_release(&io->lock);
}

static void queue_retire(struct wdf_object *object)
{
    struct wdf_queue *queue = queue_of(object);
    if (queue->device == NULL)
        return; /* its creation failed */
    if (queue->device->io.standard == queue && atomic_load(&queue->device->object.state) == WDF_LIVE)
        wdf_verifier_stop_at(object->driver, "default-queue", object->maker, "the default queue %p is deleted", (void *)object);
    queue_unlist(queue);
    lock_acquire(&queue->lock);
    queue->accepts = false;
    queue->dispatches = false;
    lock_release(&queue->lock);
    wdf_queue_cancel(queue, NULL, true);
    wdf_queue_wait(queue, WDF_QUEUE_DEAD, "the deletion of a queue");
}

const struct wdf_class wdf_queue_class = {
    .name = "WDFQUEUE",
    .size = sizeof(struct wdf_queue),
    .passive = true,
    .levels = true,
    .scopes = true,
    .retire = queue_retire,
};

struct wdf_queue *wdf_device_io_next(struct wdf_device_io *io, uint32_t round)
{
    list_for_each(node, &io->queues)
    {
        struct wdf_queue *queue = container_of(node, struct wdf_queue, device_link);
        if (queue->device_round == round)
            continue;
        queue->device_round = round;
        wdf_object_reference(&queue->object);
        return queue;
    }
    return NULL;
}

/* ---- Creation --------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS config_check(const WDF_IO_QUEUE_CONFIG *config)
{
    if (config->Size != sizeof *config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (config->DispatchType <= WdfIoQueueDispatchInvalid || config->DispatchType >= WdfIoQueueDispatchMax)
        return STATUS_INVALID_PARAMETER;
    if (config->PowerManaged != WdfFalse && config->PowerManaged != WdfTrue && config->PowerManaged != WdfUseDefault)
        return STATUS_INVALID_PARAMETER;
    if (config->DispatchType == WdfIoQueueDispatchParallel && config->Settings.Parallel.NumberOfPresentedRequests == 0)
        return STATUS_INVALID_PARAMETER;
    bool callbacks = config->EvtIoDefault != NULL || config->EvtIoRead != NULL || config->EvtIoWrite != NULL ||
                     config->EvtIoDeviceControl != NULL || config->EvtIoInternalDeviceControl != NULL;
    if (config->DispatchType != WdfIoQueueDispatchManual && !callbacks)
        return STATUS_WDF_NO_CALLBACK;
    return STATUS_SUCCESS;
}

static uint32_t presented_limit(const WDF_IO_QUEUE_CONFIG *config)
{
    switch (config->DispatchType) {
    case WdfIoQueueDispatchSequential:
        return 1;
    case WdfIoQueueDispatchParallel:
        return config->Settings.Parallel.NumberOfPresentedRequests;
    default:
        return 0;
    }
}

static void queue_init(struct wdf_queue *queue, struct wdf_device *device, const WDF_IO_QUEUE_CONFIG *config)
{
    list_init(&queue->device_link);
    list_init(&queue->waiting);
    list_init(&queue->owned);
    list_init(&queue->waiters);
    queue->config = *config;
    queue->limit = presented_limit(config);
    queue->accepts = true;
    queue->dispatches = true;
    /* A filter's queues and a control device's do not follow the power. */
    bool standard = !device->init->filter && device->pnp != NULL;
    queue->power_managed = config->PowerManaged == WdfUseDefault ? standard : config->PowerManaged == WdfTrue && device->pnp != NULL;
    wdf_object_lock_init(&queue->object, &queue->callback_lock, &device->object);
}

/* The device knows it from here on. */
static NTSTATUS queue_list(struct wdf_queue *queue, struct wdf_device *device)
{
    struct wdf_device_io *io = &device->io;
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&io->lock);
    if (queue->config.DefaultQueue && io->standard != NULL) {
        status = STATUS_UNSUCCESSFUL;
    } else {
        queue->device = device;
        queue->held = queue->power_managed && !io->started;
        queue->accepts = !io->purged;
        list_push_back(&io->queues, &queue->device_link);
        if (queue->config.DefaultQueue)
            io->standard = queue;
    }
    lock_release(&io->lock);
    return status;
}

NTSTATUS NTAPI ovl_WdfIoQueueCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config,
                                    PWDF_OBJECT_ATTRIBUTES QueueAttributes, WDFQUEUE *Queue)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (Queue != NULL)
        *Queue = NULL;
    NTSTATUS status = config_check(Config);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_object *object;
    status = wdf_object_create(device->object.driver, &wdf_queue_class, QueueAttributes, &device->object, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_queue *queue = queue_of(object);
    queue_init(queue, device, Config);
    status = queue_list(queue, device);
    if (!NT_SUCCESS(status)) {
        wdf_object_abandon(object);
        return status;
    }
    if (Queue != NULL)
        *Queue = wdf_queue_handle(queue);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfIoQueueAssignForwardProgressPolicy(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue,
                                                         PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy)
{
    (void)WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    (void)ForwardProgressPolicy;
    return STATUS_NOT_SUPPORTED;
}

WDFDEVICE NTAPI ovl_WdfIoQueueGetDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFQUEUE Queue)
{
    return (WDFDEVICE)(void *)&WDF_HANDLE(DriverGlobals, Queue, wdf_queue)->device->object;
}

/* ---- Which queue -------------------------------------------------------------------------------------------------------------------- */

WDFQUEUE NTAPI ovl_WdfDeviceGetDefaultQueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Device, wdf_device)->io.standard;
    return queue == NULL ? NULL : wdf_queue_handle(queue);
}

NTSTATUS NTAPI ovl_WdfDeviceConfigureRequestDispatching(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFQUEUE Queue,
                                                        int RequestType)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_queue *queue = WDF_HANDLE(DriverGlobals, Queue, wdf_queue);
    bool known = RequestType == WdfRequestTypeCreate || RequestType == WdfRequestTypeRead || RequestType == WdfRequestTypeWrite ||
                 RequestType == WdfRequestTypeDeviceControl || RequestType == WdfRequestTypeDeviceControlInternal;
    if (!known || queue->device != device)
        return STATUS_INVALID_PARAMETER;
    struct wdf_device_io *io = &device->io;
    lock_acquire(&io->lock);
    NTSTATUS status = STATUS_SUCCESS;
    if (io->by_major[RequestType] != NULL && io->by_major[RequestType] != queue)
        status = STATUS_WDF_BUSY; /* the type has its queue */
    else
        io->by_major[RequestType] = queue;
    lock_release(&io->lock);
    return status;
}

/* Referenced; NULL: none. Creates do not go to the default queue, which cannot go while a request is on its way in here. */
static struct wdf_queue *device_queue(struct wdf_device *device, UCHAR major)
{
    struct wdf_device_io *io = &device->io;
    struct wdf_queue *queue = NULL;
    if (atomic_load_explicit(&io->by_major[major], memory_order_relaxed) != NULL) {
        lock_acquire(&io->lock);
        queue = atomic_load(&io->by_major[major]);
        if (queue != NULL)
            wdf_object_reference(&queue->object);
        lock_release(&io->lock);
    }
    if (queue == NULL && major != IRP_MJ_CREATE) {
        queue = atomic_load_explicit(&io->standard, memory_order_acquire);
        if (queue != NULL)
            wdf_object_reference(&queue->object);
    }
    return queue;
}

bool wdf_device_io_takes(struct wdf_device *device, UCHAR major)
{
    struct wdf_queue *queue = device_queue(device, major);
    if (queue != NULL)
        wdf_object_dereference(&queue->object);
    return queue != NULL;
}

/* ---- IRPs -------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS irp_refuse(IRP *irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* Reads and writes of nothing succeed unseen, unless the queue asks for them. */
static bool is_nothing(const struct wdf_queue *queue, const IO_STACK_LOCATION *stack)
{
    bool transfer = stack->MajorFunction == IRP_MJ_READ || stack->MajorFunction == IRP_MJ_WRITE;
    return transfer && stack->Parameters.Read.Length == 0 && !queue->config.AllowZeroLengthRequests;
}

/* Gives the request to the queue, whatever happens. */
static void queue_accept(struct wdf_queue *queue, struct wdf_request *request)
{
    if (is_nothing(queue, request->stack))
        wdf_request_end(request, STATUS_SUCCESS, 0);
    else if (!NT_SUCCESS(wdf_queue_put(queue, request)))
        wdf_request_end(request, STATUS_INVALID_DEVICE_STATE, 0);
}

static NTSTATUS without_queue(struct wdf_device *device, IRP *irp)
{
    if (!device->init->filter || device->attached == NULL)
        return irp_refuse(irp, STATUS_INVALID_DEVICE_REQUEST);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(device->attached, irp);
}

NTSTATUS wdf_device_io_dispatch(struct wdf_device *device, IRP *irp)
{
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    bool in_context = device->init->in_caller_context != NULL && major != IRP_MJ_CREATE;
    struct wdf_queue *queue = in_context ? NULL : device_queue(device, major);
    if (queue == NULL && !in_context)
        return without_queue(device, irp);
    struct wdf_request *request;
    NTSTATUS status = wdf_request_from_irp(device, irp, &request);
    if (!NT_SUCCESS(status)) {
        if (queue != NULL)
            wdf_object_dereference(&queue->object);
        return irp_refuse(irp, status);
    }
    IoMarkIrpPending(irp);
    if (in_context) {
        atomic_store(&request->place, WDF_REQUEST_DRIVER);
        request->was_presented = true;
        WDF_CALLBACK("EvtIoInCallerContext", device->init->in_caller_context,
                     device->init->in_caller_context((WDFDEVICE)(void *)&device->object, wdf_request_handle(request)));
        return STATUS_PENDING;
    }
    queue_accept(queue, request);
    wdf_object_dereference(&queue->object);
    return STATUS_PENDING;
}

NTSTATUS NTAPI ovl_WdfDeviceEnqueueRequest(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFREQUEST Request)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    if (request->device != device || request->queue != NULL || atomic_load(&request->place) != WDF_REQUEST_DRIVER ||
        atomic_load(&request->cancelable) == WDF_CANCEL_MARKED)
        return STATUS_INVALID_DEVICE_REQUEST;
    struct wdf_queue *queue = device_queue(device, request->stack->MajorFunction);
    if (queue == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    wdf_format_release(request);
    NTSTATUS status = STATUS_SUCCESS;
    if (is_nothing(queue, request->stack))
        wdf_request_end(request, STATUS_SUCCESS, 0);
    else
        status = wdf_queue_put(queue, request); /* refused, it is the driver's still */
    wdf_object_dereference(&queue->object);
    return status;
}
