/* SPDX-License-Identifier: MIT */
/* Waiting for one request's end: GetOverlappedResult(Ex). The status block decides, before and after every
 * wait. The event or the file is waited for first, as documented; where that was signalled by another request
 * (two in flight on one file, a shared event), the thread waits for the next completion on this file. */
#include "nt/result.h"

#include "nt/file.h"
#include "nt/hold.h"
#include "nt/wait.h"

struct result_waiter {
    struct list link;
    struct dispatcher again; /* auto-reset */
};

void result_wake(struct file *file)
{
    lock_acquire(&file->lock);
    list_for_each(node, &file->result_list)
    {
        dispatcher_set(&container_of(node, struct result_waiter, link)->again);
    }
    lock_release(&file->lock);
}

static bool block_is_pending(struct status_block *block)
{
    return atomic_load(&block->status) == STATUS_PENDING;
}

static int32_t result_wait_completions(struct file *file, struct status_block *block, bool alertable,
                                       uint64_t deadline_ns)
{
    struct result_waiter waiter;
    dispatcher_init(&waiter.again, DISPATCHER_SYNCHRONIZATION, 0);
    lock_acquire(&file->lock);
    list_push_back(&file->result_list, &waiter.link);
    lock_release(&file->lock);
    atomic_fetch_add(&file->result_waiters, 1);
    hold_fence_others(); /* who ends a request writes the block and looks at the count without a fence of its own */
    int32_t waited = STATUS_WAIT_0;
    while (waited == STATUS_WAIT_0 && block_is_pending(block))
        waited = wait_for_one(&waiter.again, alertable, deadline_ns);
    atomic_fetch_sub(&file->result_waiters, 1);
    lock_acquire(&file->lock);
    list_remove(&waiter.link);
    lock_release(&file->lock);
    return waited;
}

static int32_t result_wait(uint64_t handle, struct status_block *block, bool alertable,
                           uint64_t deadline_ns)
{
    uint64_t event = block->event & ~(uint64_t)1; /* the low bit only keeps it from the port */
    struct object *object;
    int32_t status = handle_reference(event != 0 ? event : handle, event != 0 ? NULL : &file_type, 0,
                                      &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct dispatcher *dispatcher = object_dispatcher(object);
    status = dispatcher == NULL ? STATUS_OBJECT_TYPE_MISMATCH
                                : wait_for_one(dispatcher, alertable, deadline_ns);
    object_dereference(object);
    if (status != STATUS_WAIT_0 || !block_is_pending(block))
        return status;
    status = handle_reference(handle, &file_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = result_wait_completions(container_of(object, struct file, object), block, alertable,
                                     deadline_ns);
    object_dereference(object);
    return status;
}

int32_t nt_io_result(uint64_t handle, struct status_block *block, uint64_t *information, bool wait,
                     bool alertable, uint64_t deadline_ns)
{
    uint64_t status = atomic_load_explicit(&block->status, memory_order_acquire);
    if (status == STATUS_PENDING) {
        if (!wait)
            return STATUS_PENDING;
        int32_t waited = result_wait(handle, block, alertable, deadline_ns);
        status = atomic_load_explicit(&block->status, memory_order_acquire);
        if (waited == STATUS_USER_APC)
            return waited;
        if (status == STATUS_PENDING)
            return waited == STATUS_TIMEOUT || waited == STATUS_WAIT_0 ? STATUS_PENDING : waited;
    }
    *information = block->information;
    return (int32_t)(uint32_t)status;
}
