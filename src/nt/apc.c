/* SPDX-License-Identifier: MIT */
/* The queue of asynchronous procedure calls of a thread: first in, first out; run on entry of, or during, an
 * alertable wait, with no lock held. */
#include "nt/thread.h"

int32_t apc_queue(struct thread *thread, struct apc *apc)
{
    uint32_t slept = PARK_IDLE;
    lock_acquire(&thread->lock);
    if (thread->ending) {
        lock_release(&thread->lock);
        return STATUS_UNSUCCESSFUL;
    }
    list_push_back(&thread->apcs, &apc->link);
    atomic_store_explicit(&thread->has_apcs, true, memory_order_relaxed);
    if (thread->alertable)
        slept = parker_claim(&thread->parker, WAKE_APC);
    lock_release(&thread->lock);
    parker_notify(&thread->parker, slept);
    return STATUS_SUCCESS;
}

bool apc_remove(struct thread *thread, struct apc *apc)
{
    lock_acquire(&thread->lock);
    bool found = false;
    list_for_each(node, &thread->apcs)
    {
        if (node == &apc->link) {
            found = true;
            break;
        }
    }
    if (found)
        list_remove(&apc->link);
    lock_release(&thread->lock);
    return found;
}

static struct apc *apc_take(struct thread *self)
{
    lock_acquire(&self->lock);
    struct list *node = list_pop_front(&self->apcs);
    if (node == NULL)
        atomic_store_explicit(&self->has_apcs, false, memory_order_relaxed);
    lock_release(&self->lock);
    return node == NULL ? NULL : container_of(node, struct apc, link);
}

bool apc_run_all(struct thread *self)
{
    if (!atomic_load_explicit(&self->has_apcs, memory_order_relaxed))
        return false;
    bool ran = false;
    for (struct apc *apc; (apc = apc_take(self)) != NULL; ran = true)
        apc->run(apc);
    return ran;
}
