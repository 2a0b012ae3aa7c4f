/* SPDX-License-Identifier: MIT */
/* File objects, and the way from a call to a request: the handle becomes a file object, the call's rules are
 * checked, the event and the file are reset, the turn of a synchronous handle is taken, an IRP goes to the
 * driver's dispatch. What the driver does not end at once pends, or is waited for. */
#include "nt/file.h"

#include <stdlib.h>

#include "base/trace.h"
#include "nt/handle_table.h"
#include "nt/irp.h"
#include "nt/port.h"
#include "nt/status.h"

void file_free(struct file *file)
{
    struct port *port = atomic_load(&file->port);
    if (port != NULL) {
        port_forget(port, file);
        object_dereference(&port->object);
    }
    free(file);
}

static void file_destroy(struct object *object)
{
    struct file *file = container_of(object, struct file, object);
    TRACE(FILE, file_closed, TRACE_POINTER(file));
    if (file->driver->close_later != NULL && file->driver->close_later(file))
        return;
    if (file->driver->close != NULL)
        file->driver->close(file);
    file_free(file);
}

/* The last handle: requests that pend are asked to cancel; the driver hears of it; the file object stays until
 * they have ended. */
static void file_handle_closed(struct object *object)
{
    struct file *file = container_of(object, struct file, object);
    atomic_fetch_or(&file->flags, FILE_CLEANED);
    file_cancel_all(file);
    if (file->driver->cleanup != NULL)
        file->driver->cleanup(file);
}

static void file_watch(struct object *object)
{
    struct file *file = container_of(object, struct file, object);
    if (atomic_load_explicit(&file->watched, memory_order_relaxed))
        return;
    atomic_store(&file->watched, true);
    hold_fence_others();
}

const struct object_type file_type = {
    .name = "File",
    .valid_access = 0x1f01ff,
    .generic_read = 0x120089,
    .generic_write = 0x120116,
    .generic_execute = 0x1200a0,
    .dispatcher_offset = offsetof(struct file, signal),
    .waited = file_watch,
    .handle_closed = file_handle_closed,
    .destroy = file_destroy,
};

struct file *file_create(const struct driver *driver, size_t size, uint32_t flags)
{
    struct file *file = aligned_alloc(64, (size + 63) / 64 * 64);
    if (file == NULL)
        return NULL;
    __builtin_memset(file, 0, size);
    object_init(&file->object, &file_type);
    dispatcher_init(&file->signal, DISPATCHER_NOTIFICATION, 0);
    dispatcher_init(&file->turn_free, DISPATCHER_SYNCHRONIZATION, 0);
    list_init(&file->requests);
    list_init(&file->port_link);
    list_init(&file->result_list);
    file->driver = driver;
    atomic_init(&file->flags, flags);
    TRACE(FILE, file_created, TRACE_POINTER(file), flags);
    return file;
}

int32_t nt_file_handle(struct file *file, uint32_t access, bool inherit, uint64_t *handle)
{
    int32_t status = handle_create(&file->object, access, inherit ? HANDLE_INHERIT : 0, handle);
    if (status != STATUS_SUCCESS)
        file_handle_closed(&file->object);
    object_dereference(&file->object);
    return status;
}

/* The turn of a synchronous handle: requests go one at a time, whichever threads and duplicated handles they
 * come from. */
enum { TURN_FREE, TURN_TAKEN, TURN_WANTED };

static void file_take_turn(struct file *file)
{
    uint32_t turn = TURN_FREE;
    if (atomic_compare_exchange_strong(&file->turn, &turn, TURN_TAKEN))
        return;
    while (atomic_exchange(&file->turn, TURN_WANTED) != TURN_FREE)
        wait_for_one(&file->turn_free, false, WAIT_FOREVER);
}

static void file_give_turn(struct file *file)
{
    if (atomic_exchange(&file->turn, TURN_FREE) == TURN_WANTED)
        dispatcher_set(&file->turn_free);
}

static void routine_run(struct apc *apc)
{
    struct irp *irp = container_of(apc, struct irp, apc);
    TRACE(APC, apc_run, TRACE_POINTER(irp), irp->thread->tid);
    if (irp->call_routine != NULL && irp->routine != NULL)
        irp->call_routine(irp);
    irp_dereference(irp);
}

static void routine_drop(struct apc *apc)
{
    irp_dereference(container_of(apc, struct irp, apc));
}

/* The rules of the call itself. STATUS_SUCCESS, and whether the issuer waits. */
static int32_t call_check(const struct io_call *call, const struct file *file, uint32_t flags,
                          bool *synchronous)
{
    if (call->driver != NULL && file->driver != call->driver)
        return STATUS_OBJECT_TYPE_MISMATCH;
    if (file->driver->dispatch[call->major] == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    *synchronous = flags & FILE_SYNCHRONOUS || call->block == NULL;
    if (call->needs_overlapped &&
        (*synchronous || atomic_load_explicit(&file->port, memory_order_relaxed) != NULL))
        return STATUS_INVALID_PARAMETER;
    bool moves = call->major == IRP_READ || call->major == IRP_WRITE;
    if (moves && call->buffer == NULL && call->length > 0)
        return STATUS_ACCESS_VIOLATION; /* seen before anything is issued, also where no data waits */
    if (moves && call->block == NULL && !(flags & FILE_SYNCHRONOUS) &&
        (file->driver->flags & DRIVER_SEEKABLE))
        return STATUS_INVALID_PARAMETER; /* an overlapped disk file has no file pointer */
    return STATUS_SUCCESS;
}

static int32_t call_event(const struct io_call *call, struct irp *irp)
{
    enum { EVENT_MODIFY = 2, LOW_BIT = 1 };
    uint64_t handle = call->block->event;
    if (call->ignores_event || handle == 0)
        return STATUS_SUCCESS;
    if (handle & LOW_BIT)
        irp->flags |= IRP_NO_PACKET;
    if ((handle & ~(uint64_t)LOW_BIT) == 0)
        return STATUS_SUCCESS;
    int32_t status =
        handle_reference(handle & ~(uint64_t)LOW_BIT, &event_type, EVENT_MODIFY, &irp->event);
    if (status == STATUS_SUCCESS)
        dispatcher_reset(object_dispatcher(irp->event));
    return status;
}

/* The caller's wishes become a request. */
static int32_t call_prepare(struct io_call *call, struct irp *irp, uint32_t flags, bool synchronous)
{
    irp->buffer = call->buffer;
    irp->input = call->input;
    irp->length = call->length;
    irp->input_length = call->input_length;
    irp->code = call->code;
    irp->minor = call->minor;
    irp->argument = call->argument;
    irp->driver[0] = call->driver_data;
    irp->offset = call->offset;
    if (synchronous)
        irp->flags |= IRP_SYNCHRONOUS;
    if ((flags & FILE_SKIP_EVENT) && !synchronous)
        irp->flags |= IRP_SKIP_SIGNAL;
    if (call->block == NULL) {
        irp->flags |= IRP_NO_PACKET;
        return STATUS_SUCCESS;
    }
    irp->flags |= IRP_HAS_BLOCK;
    irp->packet.overlapped = call->block;
    irp->offset = call->block->offset;
    int32_t status = call_event(call, irp);
    if (status != STATUS_SUCCESS)
        return status;
    if (call->routine != NULL || call->ignores_event) {
        irp->routine = call->routine;
        irp->call_routine = call->call_routine;
        irp->apc.run = routine_run;
        irp->apc.drop = routine_drop;
        irp->thread = thread_self();
        if (!synchronous)
            irp->flags |= IRP_HAS_APC;
    }
    block_pending(call->block);
    return STATUS_SUCCESS;
}

static void call_drop(struct io_call *call, struct irp *irp)
{
    if (irp != NULL)
        irp_dereference(irp);
    if (call->other != NULL)
        object_dereference(&call->other->object);
}

static int32_t irp_send(struct irp *irp)
{
    atomic_store_explicit(&irp->state, IRP_SENT, memory_order_relaxed);
    TRACE(IRP, irp_sent, TRACE_POINTER(irp), TRACE_POINTER(irp->file), irp->major, irp->length, irp->offset);
    return irp->file->driver->dispatch[irp->major](irp);
}

/* An overlapped request: what the driver says at once is the call's answer. */
static int32_t send_overlapped(struct irp *irp, struct file *file, uint64_t *information)
{
    int32_t status = irp_send(irp);
    if (status != STATUS_PENDING) {
        *information = irp->information;
        irp_finish(irp, status, irp->information, false);
        return status;
    }
    /* The handle was closed while the request was on its way to its queue: it was not listed in time to be
     * cancelled then. */
    if (__builtin_expect(
            atomic_load_explicit(&file->flags, memory_order_relaxed) & FILE_CLEANED, 0))
        file_cancel_all(file);
    return STATUS_PENDING;
}

/* A synchronous request: sent in its turn, at the file pointer where it names no offset, and waited for. */
static int32_t send_synchronous(struct irp *irp, struct file *file, bool pointer, uint64_t *information)
{
    struct thread *self = thread_self();
    bool serial = atomic_load_explicit(&file->flags, memory_order_relaxed) & FILE_SYNCHRONOUS;
    bool seekable = serial && (file->driver->flags & DRIVER_SEEKABLE) &&
                    (irp->major == IRP_READ || irp->major == IRP_WRITE);
    irp_reference(irp); /* the issuer's own: the request ends before the answer is read */
    if (serial)
        file_take_turn(file);
    if (seekable && pointer)
        irp->offset = (uint64_t)atomic_load_explicit(&file->position, memory_order_relaxed);
    irp->thread = self;
    lock_acquire(&self->lock);
    struct irp *outer = self->sync_request;
    self->sync_request = irp;
    lock_release(&self->lock);
    int32_t status = irp_send(irp);
    if (status == STATUS_PENDING) {
        /* CancelSynchronousIo may have come before the driver could be asked to cancel. */
        if (__builtin_expect(irp_is_cancelled(irp), 0))
            irp_cancel(irp);
        irp_wait(irp);
        status = irp->status;
    } else {
        irp_finish(irp, status, irp->information, false);
    }
    lock_acquire(&self->lock);
    self->sync_request = outer;
    lock_release(&self->lock);
    *information = irp->information;
    if (seekable && !status_is_error(status))
        atomic_store_explicit(&file->position, (int64_t)(irp->offset + irp->information),
                              memory_order_relaxed);
    if (serial)
        file_give_turn(file);
    irp_dereference(irp); /* the request's */
    irp_dereference(irp);
    return status;
}

int32_t nt_io(struct io_call *call, uint64_t *information)
{
    struct object *object;
    struct irp *irp = NULL;
    bool synchronous = false;
    *information = 0;
    int32_t status = hold_fast(call->handle, &file_type, call->access, &object);
    if (status != STATUS_SUCCESS) {
        call_drop(call, NULL);
        return status;
    }
    struct file *file = container_of(object, struct file, object);
    uint32_t flags = atomic_load_explicit(&file->flags, memory_order_relaxed);
    status = call_check(call, file, flags, &synchronous);
    if (status == STATUS_SUCCESS && (irp = irp_allocate(file, call->major)) == NULL)
        status = STATUS_INSUFFICIENT_RESOURCES;
    if (status == STATUS_SUCCESS)
        status = call_prepare(call, irp, flags, synchronous);
    if (status != STATUS_SUCCESS) {
        hold_end(object);
        call_drop(call, irp);
        return status;
    }
    irp->other = call->other;
    file_signal_reset(file);
    if (synchronous) {
        object_reference(object); /* it sleeps: a hold is not for that */
        hold_end(object);
        status = send_synchronous(irp, file, call->block == NULL && !call->has_offset, information);
        object_dereference(object);
        return status;
    }
    status = send_overlapped(irp, file, information);
    hold_end(object);
    return status;
}

int32_t nt_file_get(uint64_t handle, uint32_t access, enum file_info info, void *data)
{
    struct object *object;
    int32_t status = handle_reference(handle, &file_type, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct file *file = container_of(object, struct file, object);
    status = file->driver->get == NULL ? STATUS_INVALID_PARAMETER : file->driver->get(file, info, data);
    object_dereference(object);
    return status;
}

int32_t nt_file_set(uint64_t handle, uint32_t access, enum file_info info, const void *data)
{
    struct object *object;
    int32_t status = handle_reference(handle, &file_type, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct file *file = container_of(object, struct file, object);
    status = file->driver->set == NULL ? STATUS_INVALID_PARAMETER : file->driver->set(file, info, data);
    object_dereference(object);
    return status;
}

int32_t nt_file_set_modes(uint64_t handle, uint32_t modes)
{
    struct object *object;
    int32_t status = handle_reference(handle, &file_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    atomic_fetch_or(&container_of(object, struct file, object)->flags, modes);
    object_dereference(object);
    return STATUS_SUCCESS;
}
