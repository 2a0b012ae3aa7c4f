/* SPDX-License-Identifier: MIT */
/* The life of a request between its issue and its end: made, sent to the driver, listed while it pends, asked
 * to cancel. complete.c ends it. References keep the memory for a canceller that races with the end. */
#include <assert.h>

#include "base/futex.h"
#include "base/pool.h"
#include "base/trace.h"
#include "nt/file.h"
#include "nt/irp.h"
#include "nt/port.h"

static void irp_release_packet(struct packet *packet)
{
    irp_dereference(container_of(packet, struct irp, packet));
}

struct irp *irp_allocate(struct file *file, uint8_t major)
{
    struct irp *irp = pool_allocate(POOL_IRP, sizeof *irp);
    if (irp == NULL)
        return NULL;
    irp->packet.release = irp_release_packet;
    irp->packet.overlapped = NULL;
    atomic_store_explicit(&irp->references, 1, memory_order_relaxed);
    atomic_store_explicit(&irp->state, IRP_NEW, memory_order_relaxed);
    irp->major = major;
    irp->flags = 0;
    atomic_store_explicit(&irp->cancelled, false, memory_order_relaxed);
    atomic_store_explicit(&irp->cancel, NULL, memory_order_relaxed);
    atomic_store_explicit(&irp->rendezvous, 0, memory_order_relaxed);
    irp->information = 0;
    irp->file = file;
    irp->thread = NULL;
    irp->event = NULL;
    irp->other = NULL;
    irp->op.state = 0;
    irp->op.drained = false;
    irp->op.begun = false;
    irp->op.direct = false;
    return irp;
}

void irp_reference(struct irp *irp)
{
    atomic_fetch_add_explicit(&irp->references, 1, memory_order_relaxed);
}

void irp_dereference(struct irp *irp)
{
    if (atomic_fetch_sub_explicit(&irp->references, 1, memory_order_acq_rel) == 1)
        pool_free(POOL_IRP, irp);
}

void irp_pend(struct irp *irp, irp_cancel_fn *cancel)
{
    uint8_t state = atomic_load_explicit(&irp->state, memory_order_relaxed);
    assert(state == IRP_SENT && "a request pends once");
    (void)state;
    struct thread *self = thread_self();
    object_reference(&irp->file->object);
    object_reference(&self->object);
    irp->flags |= IRP_FILE_HELD;
    irp->thread = self;
    atomic_store_explicit(&irp->state, IRP_PENDING, memory_order_relaxed);
    atomic_store(&irp->cancel, cancel); /* ordered against a canceller's `cancelled`: one of the two is seen */
    lock_acquire(&self->lock);
    list_push_back(&self->requests, &irp->thread_link);
    lock_release(&self->lock);
    lock_acquire(&irp->file->lock);
    list_push_back(&irp->file->requests, &irp->file_link);
    lock_release(&irp->file->lock);
    TRACE(IRP, irp_pended, TRACE_POINTER(irp), TRACE_POINTER(irp->file));
}

void irp_pend_undo(struct irp *irp)
{
    struct thread *self = irp->thread;
    irp_unlist(irp);
    irp->flags &= (uint8_t)~IRP_FILE_HELD;
    atomic_store_explicit(&irp->state, IRP_SENT, memory_order_relaxed);
    object_dereference(&irp->file->object);
    object_dereference(&self->object);
}

void irp_unlist(struct irp *irp)
{
    atomic_store_explicit(&irp->cancel, NULL, memory_order_relaxed);
    lock_acquire(&irp->file->lock);
    list_remove(&irp->file_link);
    lock_release(&irp->file->lock);
    lock_acquire(&irp->thread->lock);
    list_remove(&irp->thread_link);
    lock_release(&irp->thread->lock);
}

bool irp_set_cancel(struct irp *irp, irp_cancel_fn *cancel)
{
    irp_cancel_fn *old = atomic_load_explicit(&irp->cancel, memory_order_relaxed);
    do {
        if (old == NULL)
            return false;
    } while (!atomic_compare_exchange_weak(&irp->cancel, &old, cancel));
    return true;
}

void irp_cancel(struct irp *irp)
{
    atomic_store_explicit(&irp->cancelled, true, memory_order_seq_cst);
    irp_cancel_fn *cancel = atomic_exchange(&irp->cancel, NULL);
    TRACE(IRP, irp_cancel, TRACE_POINTER(irp), TRACE_POINTER(irp->file));
    if (cancel != NULL)
        cancel(irp);
}

/* Which of a file's requests a canceller means. */
struct cancel_filter {
    const struct thread *thread; /* NULL: any */
    const void *block;
    bool any_block;
    bool overlapped_only; /* CancelIo and CancelIoEx leave other threads' synchronous calls alone */
};

static bool cancel_means(const struct cancel_filter *filter, const struct irp *irp)
{
    if (filter->thread != NULL && irp->thread != filter->thread)
        return false;
    if (filter->overlapped_only && (irp->flags & IRP_SYNCHRONOUS))
        return false;
    return filter->any_block ||
           ((irp->flags & IRP_HAS_BLOCK) && irp->packet.overlapped == filter->block);
}

/* Takes the requests off the file's list one at a time, puts each back and cancels those that are meant with
 * no lock held. A request that ends meanwhile unlinks itself from whichever list it is on, under the same
 * lock. Returns how many were asked to cancel. */
static uint32_t file_cancel(struct file *file, const struct cancel_filter *filter)
{
    struct list seen;
    list_init(&seen);
    uint32_t count = 0;
    lock_acquire(&file->lock);
    list_splice_back(&seen, &file->requests);
    for (struct list *node; (node = list_pop_front(&seen)) != NULL;) {
        struct irp *irp = container_of(node, struct irp, file_link);
        list_push_back(&file->requests, &irp->file_link);
        if (!cancel_means(filter, irp))
            continue;
        irp_reference(irp);
        lock_release(&file->lock);
        irp_cancel(irp);
        irp_dereference(irp);
        count++;
        lock_acquire(&file->lock);
    }
    lock_release(&file->lock);
    return count;
}

void file_cancel_all(struct file *file)
{
    file_cancel(file, &(struct cancel_filter){.any_block = true});
}

int32_t nt_cancel_io(uint64_t handle)
{
    struct object *object;
    int32_t status = handle_reference(handle, &file_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct cancel_filter filter = {.thread = thread_self(), .any_block = true, .overlapped_only = true};
    file_cancel(container_of(object, struct file, object), &filter);
    object_dereference(object);
    return STATUS_SUCCESS;
}

int32_t nt_cancel_io_ex(uint64_t handle, const void *block)
{
    struct object *object;
    int32_t status = handle_reference(handle, &file_type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct cancel_filter filter = {.block = block, .any_block = block == NULL};
    uint32_t count = file_cancel(container_of(object, struct file, object), &filter);
    object_dereference(object);
    return count > 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

int32_t nt_cancel_synchronous(uint64_t thread_handle)
{
    enum { THREAD_TERMINATE_ACCESS = 1 };
    struct object *object;
    int32_t status = handle_reference(thread_handle, &thread_type, THREAD_TERMINATE_ACCESS, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct thread *thread = container_of(object, struct thread, object);
    lock_acquire(&thread->lock);
    struct irp *irp = thread->sync_request;
    struct file *file = irp == NULL ? NULL : irp->file;
    if (irp != NULL) {
        irp_reference(irp);
        object_reference(&file->object);
    }
    lock_release(&thread->lock);
    if (irp != NULL) {
        irp_cancel(irp);
        irp_dereference(irp);
        object_dereference(&file->object);
    }
    object_dereference(object);
    return irp != NULL ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

/* The next request of an ending thread that is to be cancelled, referenced together with its file. */
static struct irp *thread_next_request(struct thread *thread)
{
    struct irp *found = NULL;
    lock_acquire(&thread->lock);
    list_for_each(node, &thread->requests)
    {
        struct irp *irp = container_of(node, struct irp, thread_link);
        /* The requests of a file that is bound to a port outlive the thread that issued them. */
        if (irp_is_cancelled(irp) || atomic_load(&irp->file->port) != NULL)
            continue;
        irp_reference(irp);
        object_reference(&irp->file->object);
        found = irp;
        break;
    }
    lock_release(&thread->lock);
    return found;
}

void irp_cancel_thread(struct thread *thread)
{
    for (struct irp *irp; (irp = thread_next_request(thread)) != NULL;) {
        struct file *file = irp->file;
        irp_cancel(irp);
        irp_dereference(irp);
        object_dereference(&file->object);
    }
}

void irp_sleep_begin(void)
{
    port_thread_blocks(thread_self());
}

void irp_sleep_end(void)
{
    port_thread_resumes(thread_self());
}

/* The rendezvous of a synchronous request: the completer says 2, the issuer 1; who comes second knows. */
enum { RENDEZVOUS_WAITING = 1, RENDEZVOUS_DONE = 2 };

void irp_rendezvous(struct irp *irp, struct thread *issuer)
{
    if (atomic_exchange_explicit(&irp->rendezvous, RENDEZVOUS_DONE, memory_order_acq_rel) !=
        RENDEZVOUS_WAITING)
        return;
    /* The issuer leaves its wait only through this claim, so the word is surely that wait's. */
    uint32_t slept = parker_claim(&issuer->parker, WAKE_IO);
    parker_notify(&issuer->parker, slept);
}

void irp_wait(struct irp *irp)
{
    struct thread *self = thread_self();
    if (atomic_load_explicit(&irp->rendezvous, memory_order_acquire) == RENDEZVOUS_DONE)
        return;
    parker_arm(&self->parker);
    if (atomic_exchange_explicit(&irp->rendezvous, RENDEZVOUS_WAITING, memory_order_acq_rel) !=
        RENDEZVOUS_DONE)
        wait_park(self, FUTEX_NO_DEADLINE);
    atomic_store_explicit(&self->parker.word, PARK_IDLE, memory_order_relaxed);
}
