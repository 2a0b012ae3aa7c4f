/* SPDX-License-Identifier: MIT */
/* THE place where requests end. The order is Windows': status block (its status last, with release: a program
 * that polls HasOverlappedIoCompleted may free it then), event, file object, then APC or packet. */
#include <assert.h>

#include "base/trace.h"
#include "nt/file.h"
#include "nt/irp.h"
#include "nt/port.h"
#include "nt/result.h"
#include "nt/status.h"

static void block_write(struct irp *irp)
{
    struct status_block *block = irp->packet.overlapped;
    block->information = irp->information;
    atomic_store_explicit(&block->status, (uint64_t)(uint32_t)irp->status, memory_order_release);
}

static void event_set(struct irp *irp)
{
    dispatcher_set(object_dispatcher(irp->event));
    object_dereference(irp->event);
}

/* The last delivery: the request belongs to the APC, to the port, or ends here. */
static void irp_deliver(struct irp *irp, struct file *file, struct port *port, struct thread *issuer)
{
    if (irp->flags & IRP_HAS_APC) {
        TRACE(APC, apc_queued, TRACE_POINTER(irp), issuer->tid);
        if (apc_queue(issuer, &irp->apc) != STATUS_SUCCESS)
            irp->apc.drop(&irp->apc);
        return;
    }
    if (port == NULL || (irp->flags & IRP_NO_PACKET)) {
        irp_dereference(irp);
        return;
    }
    irp->packet.key = file->key;
    irp->packet.bytes = (uint32_t)irp->information;
    irp->packet.status = irp->status;
    port_queue(port, &irp->packet);
}

void irp_finish(struct irp *irp, int32_t status, uint64_t information, bool pended)
{
    uint8_t before = atomic_exchange_explicit(&irp->state, IRP_COMPLETED, memory_order_acq_rel);
    assert(before == (pended ? IRP_PENDING : IRP_SENT) && "a request completes once");
    (void)before;
    struct file *file = irp->file;
    /* Looked at before anybody can see the end: who then associates the file gets no packet of the past. */
    struct port *port = atomic_load_explicit(&file->port, memory_order_acquire);
    struct thread *issuer = irp->thread;
    uint8_t flags = irp->flags;
    struct file *other = irp->other;
    irp->status = status;
    irp->information = information;
    bool refused = !pended && status_is_error(status);
    TRACE(IRP, irp_ended, TRACE_POINTER(irp), (uint32_t)status, information, pended);
    if (flags & IRP_HAS_BLOCK)
        block_write(irp);
    if (irp->event != NULL) {
        if (refused)
            object_dereference(irp->event);
        else
            event_set(irp);
    }
    if (!(flags & IRP_SKIP_SIGNAL) && !refused)
        file_signal_set(file);
    hold_fence();
    if (__builtin_expect(atomic_load(&file->result_waiters) != 0, 0))
        result_wake(file);
    if (flags & IRP_SYNCHRONOUS)
        irp_rendezvous(irp, issuer);
    else if (refused || (!pended && (atomic_load_explicit(&file->flags, memory_order_relaxed) &
                                     FILE_SKIP_PORT) &&
                         !(flags & IRP_HAS_APC)))
        irp_dereference(irp);
    else
        irp_deliver(irp, file, port, issuer);
    if (other != NULL)
        object_dereference(&other->object);
    if (pended) {
        object_dereference(&file->object);
        object_dereference(&issuer->object);
    }
}

void irp_complete(struct irp *irp, int32_t status, uint64_t information)
{
    irp_unlist(irp);
    irp_finish(irp, status, information, true);
}
