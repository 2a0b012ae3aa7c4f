/* SPDX-License-Identifier: MIT */
/* The continuous reader: a few reads that are always pending on an IN pipe while its target is started, each into a memory object of its own
 * that lives until the driver's callback has returned, or longer if the driver references it.
 *
 * One read that fails (a cancelled one has not failed) stops the reader: a worker cancels the others, and when none is in flight calls
 * the driver's failed callback at PASSIVE_LEVEL; if that wants it, or is missing, the pipe is reset and the reads begin again. */
#include <stdlib.h>

#include "base/futex.h"
#include "base/trace.h"
#include "wdf/usb.h"
#include "wdf/verifier.h"

enum { READS_DEFAULT = 2, READS_MOST = 10, POOL_TAG = 'R' << 24 | 'b' << 16 | 's' << 8 | 'U' };

struct reader_slot {
    struct wdf_usb_reader *reader;
    struct wdf_request *request;
    WDFMEMORY memory;
    bool busy; /* under the lock: its read is in flight */
};

struct wdf_usb_reader {
    struct wdf_usb_pipe *pipe;
    WDF_USB_CONTINUOUS_READER_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes; /* of the memory */
    uint32_t count;
    struct lock lock;
    bool running;                /* the target is started, and the driver has not given up */
    bool failed;                 /* the worker is on its way: nothing is sent */
    NTSTATUS status;             /* of the first failure */
    USBD_STATUS usbd;
    _Atomic uint32_t in_flight;
    _Atomic uint32_t working;    /* the worker is queued or runs */
    _Atomic(struct thread *) worker;
    struct engine_op op;
    struct reader_slot slots[READS_MOST];
};

static void slot_send(struct reader_slot *slot);

/* ---- Failures -------------------------------------------------------------------------------------------------------------- */

static NTSTATUS pipe_reset(struct wdf_usb_pipe *pipe)
{
    URB urb = {.UrbPipeRequest = {.Hdr = {.Length = sizeof urb.UrbPipeRequest, .Function = URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL},
                                  .PipeHandle = pipe->information.PipeHandle}};
    return wdf_usb_send_urb(&pipe->target, &urb);
}

static bool is_gone(NTSTATUS status)
{
    return status == STATUS_NO_SUCH_DEVICE || status == STATUS_DEVICE_NOT_CONNECTED || status == STATUS_DEVICE_DOES_NOT_EXIST;
}

static void reads_cancel(struct wdf_usb_reader *reader)
{
    for (uint32_t i = 0; i < reader->count; i++)
        wdf_request_cancel_sent(reader->slots[i].request);
    for (uint32_t left; (left = atomic_load(&reader->in_flight)) != 0;)
        futex_wait(&reader->in_flight, left, FUTEX_NO_DEADLINE);
}

static bool reader_runs(struct wdf_usb_reader *reader)
{
    lock_acquire(&reader->lock);
    bool runs = reader->running;
    lock_release(&reader->lock);
    return runs;
}

static void reads_send(struct wdf_usb_reader *reader)
{
    for (uint32_t i = 0; i < reader->count; i++)
        slot_send(&reader->slots[i]);
}

/* A device that is gone is not tried again: it would fail for ever. */
static int64_t reader_failed(struct engine_op *op)
{
    struct wdf_usb_reader *reader = container_of(op, struct wdf_usb_reader, op);
    const WDF_USB_CONTINUOUS_READER_CONFIG *config = &reader->config;
    atomic_store(&reader->worker, thread_self());
    reads_cancel(reader);
    bool again = reader_runs(reader);
    if (again && config->EvtUsbTargetPipeReadersFailed != NULL)
        WDF_CALLBACK("EvtUsbTargetPipeReadersFailed", config->EvtUsbTargetPipeReadersFailed,
                     again = config->EvtUsbTargetPipeReadersFailed((WDFUSBPIPE)(void *)reader->pipe, reader->status, reader->usbd));
    if (again)
        again = !is_gone(reader->status) && reader_runs(reader) && NT_SUCCESS(pipe_reset(reader->pipe));
    lock_acquire(&reader->lock);
    reader->failed = false;
    reader->running &= again;
    lock_release(&reader->lock);
    reads_send(reader);
    atomic_store(&reader->worker, NULL);
    return 0;
}

static void reader_worked(struct engine_op *op, int64_t result)
{
    (void)result;
    struct wdf_usb_reader *reader = container_of(op, struct wdf_usb_reader, op);
    struct wdf_object *pipe = &reader->pipe->target.object;
    atomic_store(&reader->working, 0);
    futex_wake(&reader->working, INT32_MAX);
    wdf_object_return(pipe);
}

/* The first failure of several counts. */
static void failure_note(struct wdf_usb_reader *reader, NTSTATUS status, USBD_STATUS usbd)
{
    lock_acquire(&reader->lock);
    bool first = reader->running && !reader->failed;
    if (first) {
        reader->failed = true;
        reader->status = status;
        reader->usbd = usbd;
        atomic_store(&reader->working, 1);
    }
    lock_release(&reader->lock);
    if (!first)
        return;
    wdf_object_borrow(&reader->pipe->target.object);
    reader->op = (struct engine_op){.code = ENGINE_WORK, .work = reader_failed, .done = reader_worked};
    engine_submit(&reader->op);
}

/* ---- One read ------------------------------------------------------------------------------------------------------------------ */

static bool slot_take(struct reader_slot *slot)
{
    struct wdf_usb_reader *reader = slot->reader;
    lock_acquire(&reader->lock);
    bool taken = reader->running && !reader->failed && !slot->busy;
    if (taken) {
        slot->busy = true;
        atomic_fetch_add(&reader->in_flight, 1);
    }
    lock_release(&reader->lock);
    return taken;
}

static void slot_give(struct reader_slot *slot)
{
    struct wdf_usb_reader *reader = slot->reader;
    if (slot->memory != NULL)
        wdf_object_delete((struct wdf_object *)(void *)slot->memory);
    lock_acquire(&reader->lock);
    slot->memory = NULL;
    slot->busy = false;
    atomic_fetch_sub(&reader->in_flight, 1);
    lock_release(&reader->lock);
    futex_wake(&reader->in_flight, INT32_MAX);
}

static VOID NTAPI read_ended(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    (void)Request;
    (void)Target;
    struct reader_slot *slot = Context;
    struct wdf_usb_reader *reader = slot->reader;
    const WDF_USB_REQUEST_COMPLETION_PARAMS *usb = Params->Parameters.Usb.Completion;
    NTSTATUS status = Params->IoStatus.Status;
    USBD_STATUS usbd = usb->UsbdStatus;
    if (NT_SUCCESS(status))
        WDF_CALLBACK("EvtUsbTargetPipeReadComplete", reader->config.EvtUsbTargetPipeReadComplete,
                     reader->config.EvtUsbTargetPipeReadComplete((WDFUSBPIPE)(void *)reader->pipe, slot->memory,
                                                                 usb->Parameters.PipeRead.Length,
                                                                 reader->config.EvtUsbTargetPipeReadCompleteContext));
    else if (status != STATUS_CANCELLED)
        failure_note(reader, status, usbd);
    slot_give(slot);
    if (NT_SUCCESS(status))
        slot_send(slot);
}

static NTSTATUS slot_format(struct reader_slot *slot)
{
    struct wdf_usb_reader *reader = slot->reader;
    const WDF_USB_CONTINUOUS_READER_CONFIG *config = &reader->config;
    struct wdf_driver *driver = reader->pipe->target.object.driver;
    WDF_REQUEST_REUSE_PARAMS reuse;
    PVOID buffer;
    WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    ovl_WdfRequestReuse(driver->globals, wdf_request_handle(slot->request), &reuse); /* a cancelled IRP would stay cancelled */
    NTSTATUS status = ovl_WdfMemoryCreate(driver->globals, &reader->attributes, NonPagedPoolNx, POOL_TAG,
                                          config->HeaderLength + config->TransferLength + config->TrailerLength, &slot->memory, &buffer);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_buffer part = {.address = (PUCHAR)buffer + config->HeaderLength, .length = config->TransferLength,
                              .memory = (struct wdf_memory *)(void *)slot->memory, .offset = config->HeaderLength};
    status = wdf_usb_format_transfer(slot->request, reader->pipe, true, &part);
    slot->request->evt_complete = read_ended;
    slot->request->evt_complete_context = slot;
    return status;
}

/* A refusal of the target's is no failure: it is being stopped, or goes and takes no more memory below it. */
static void slot_send(struct reader_slot *slot)
{
    struct wdf_usb_reader *reader = slot->reader;
    if (!slot_take(slot))
        return;
    NTSTATUS status = slot_format(slot);
    if (NT_SUCCESS(status)) {
        if (wdf_request_send(slot->request, &reader->pipe->target, NULL))
            return;
        status = slot->request->status;
    }
    if (status != STATUS_INVALID_DEVICE_STATE && status != STATUS_DELETE_PENDING)
        failure_note(reader, status, USBD_STATUS_SUCCESS);
    slot_give(slot);
}

/* ---- Start and stop ------------------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_usb_reader_start(struct wdf_usb_pipe *pipe)
{
    struct wdf_usb_reader *reader = pipe->reader;
    if (reader == NULL)
        return STATUS_SUCCESS;
    wdf_usb_reader_settle(pipe);
    lock_acquire(&reader->lock);
    reader->running = true;
    lock_release(&reader->lock);
    reads_send(reader);
    return STATUS_SUCCESS;
}

void wdf_usb_reader_stop(struct wdf_usb_pipe *pipe)
{
    struct wdf_usb_reader *reader = pipe->reader;
    if (reader == NULL)
        return;
    lock_acquire(&reader->lock);
    reader->running = false;
    lock_release(&reader->lock);
}

void wdf_usb_reader_settle(struct wdf_usb_pipe *pipe)
{
    struct wdf_usb_reader *reader = pipe->reader;
    if (reader == NULL || atomic_load(&reader->worker) == thread_self())
        return; /* the failed callback itself stops or starts the target */
    while (atomic_load(&reader->working) != 0)
        futex_wait(&reader->working, 1, FUTEX_NO_DEADLINE);
}

void wdf_usb_reader_free(struct wdf_usb_pipe *pipe)
{
    free(pipe->reader);
    pipe->reader = NULL;
}

/* ---- Configuration ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS config_check(const struct wdf_usb_pipe *pipe, const WDF_USB_CONTINUOUS_READER_CONFIG *config)
{
    const USBD_PIPE_INFORMATION *information = &pipe->information;
    if (config->Size != sizeof *config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (config->TransferLength == 0 || config->EvtUsbTargetPipeReadComplete == NULL ||
        (config->BufferAttributes != NULL && config->BufferAttributes->ParentObject != NULL))
        return STATUS_INVALID_PARAMETER;
    size_t total = config->TransferLength + config->HeaderLength;
    if (total < config->HeaderLength || total + config->TrailerLength < total)
        return STATUS_INTEGER_OVERFLOW;
    if (!USBD_PIPE_DIRECTION_IN(information) || pipe->reader != NULL ||
        (information->PipeType != UsbdPipeTypeBulk && information->PipeType != UsbdPipeTypeInterrupt))
        return STATUS_INVALID_DEVICE_REQUEST;
    if (config->TransferLength > UINT32_MAX ||
        (!pipe->any_length && information->MaximumPacketSize != 0 && config->TransferLength % information->MaximumPacketSize != 0))
        return STATUS_INVALID_BUFFER_SIZE;
    return config->BufferAttributes == NULL ? STATUS_SUCCESS : wdf_attributes_check(config->BufferAttributes, &wdf_memory_class);
}

static NTSTATUS requests_make(struct wdf_usb_reader *reader, const void *maker)
{
    struct wdf_io_target *target = &reader->pipe->target;
    for (uint32_t i = 0; i < reader->count; i++) {
        NTSTATUS status = wdf_request_make(target->object.driver, NULL, &target->object, target->wdm->StackSize, maker,
                                           &reader->slots[i].request);
        if (!NT_SUCCESS(status)) {
            while (i-- > 0)
                wdf_object_delete(&reader->slots[i].request->object);
            return status;
        }
        reader->slots[i].reader = reader;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfUsbTargetPipeConfigContinuousReader(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBPIPE Pipe,
                                                          PWDF_USB_CONTINUOUS_READER_CONFIG Config)
{
    struct wdf_usb_pipe *pipe = WDF_HANDLE(DriverGlobals, Pipe, wdf_usb_pipe);
    NTSTATUS status = config_check(pipe, Config);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_reader *reader = wdf_allocate(sizeof *reader);
    if (reader == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    reader->pipe = pipe;
    reader->config = *Config;
    if (Config->BufferAttributes != NULL)
        reader->attributes = *Config->BufferAttributes;
    else
        WDF_OBJECT_ATTRIBUTES_INIT(&reader->attributes);
    reader->attributes.ParentObject = Pipe;
    reader->count = Config->NumPendingReads == 0 ? READS_DEFAULT
                    : Config->NumPendingReads > READS_MOST ? READS_MOST : Config->NumPendingReads;
    status = requests_make(reader, WDF_CALLER);
    if (!NT_SUCCESS(status)) {
        free(reader);
        return status;
    }
    pipe->reader = reader;
    return STATUS_SUCCESS;
}
