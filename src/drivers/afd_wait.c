/* SPDX-License-Identifier: MIT */
/* How a socket request waits: it becomes cancellable, its op is queued on the source, and its end
 * comes by op.done. A cancel and the time-out of a blocking call (SO_RCVTIMEO, SO_SNDTIMEO) take
 * the op back and call the same `done` with -ECANCELED, so that every request has one way out. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <stdlib.h>

#include "base/futex.h"

/* Shared by the request and its timer, whose function may be running while the request ends. */
struct afd_deadline {
    struct engine_timer timer;
    struct irp *irp;
    _Atomic uint32_t users;
    _Atomic bool expired;
};

static void deadline_drop(struct afd_deadline *deadline)
{
    if (atomic_fetch_sub(&deadline->users, 1) == 1)
        free(deadline);
}

static void deadline_fired(struct engine_timer *timer)
{
    struct afd_deadline *deadline = container_of(timer, struct afd_deadline, timer);
    struct irp *irp = deadline->irp;
    struct afd_socket *sock = afd_socket_of(irp->file);
    atomic_store(&deadline->expired, true);
    if (engine_source_cancel(&sock->source, &irp->op))
        irp->op.done(&irp->op, -ECANCELED);
    irp_dereference(irp);
    object_dereference(&sock->file.object);
    deadline_drop(deadline);
}

static bool deadline_set(struct irp *irp, uint32_t timeout_ms)
{
    struct afd_deadline *deadline = calloc(1, sizeof *deadline);
    if (deadline == NULL)
        return false;
    deadline->timer.fired = deadline_fired;
    deadline->irp = irp;
    atomic_init(&deadline->users, 2);
    irp->driver[1] = deadline;
    irp_reference(irp);
    object_reference(&irp->file->object);
    if (engine_timer_set(&deadline->timer, clock_deadline_ns((uint64_t)timeout_ms * 1000000)) == 0)
        return true;
    irp_dereference(irp);
    object_dereference(&irp->file->object);
    irp->driver[1] = NULL;
    free(deadline);
    return false;
}

/* Whether the time was over. */
static bool deadline_end(struct irp *irp)
{
    struct afd_deadline *deadline = irp->driver[1];
    if (deadline == NULL)
        return false;
    irp->driver[1] = NULL;
    if (engine_timer_cancel(&deadline->timer)) {
        irp_dereference(irp);
        object_dereference(&irp->file->object);
        deadline_drop(deadline);
    }
    bool expired = atomic_load(&deadline->expired);
    deadline_drop(deadline);
    return expired;
}

static void afd_cancel(struct irp *irp)
{
    if (engine_source_cancel(&afd_socket_of(irp->file)->source, &irp->op))
        irp->op.done(&irp->op, -ECANCELED);
}

/* The request waits on another socket than the one it was sent to. That socket is sure to be there
 * only until the request ends, which afd_leave_other says under the same lock. */
static void afd_cancel_other(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    lock_acquire(&sock->lock);
    struct afd_socket *other = irp->driver[0];
    bool mine = other != NULL && engine_source_cancel(&other->source, &irp->op);
    lock_release(&sock->lock);
    if (mine)
        irp->op.done(&irp->op, -ECANCELED);
}

void afd_leave_other(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    lock_acquire(&sock->lock);
    irp->driver[0] = NULL;
    lock_release(&sock->lock);
}

int64_t afd_try_now(struct irp *irp, struct afd_socket *sock, enum engine_direction direction)
{
    int64_t result = -EAGAIN;
    lock_acquire(&sock->source.lock);
    if (list_empty(&sock->source.queue[direction]))
        result = irp->op.attempt(&irp->op);
    lock_release(&sock->source.lock);
    return result == -EBUSY ? -EAGAIN : result; /* another send is half done */
}

int32_t afd_pend(struct irp *irp, enum engine_direction direction, uint32_t timeout_ms)
{
    struct engine_source *source = &afd_socket_of(irp->file)->source;
    irp->driver[1] = NULL;
    irp_pend(irp, afd_cancel);
    /* Set before the op is queued: nobody can end the request before. */
    if (timeout_ms != 0 && (irp->flags & IRP_SYNCHRONOUS) && !deadline_set(irp, timeout_ms))
        irp->op.done(&irp->op, -ENOMEM);
    else
        engine_source_submit(source, direction, &irp->op);
    return STATUS_PENDING;
}

int32_t afd_wait(struct irp *irp, enum engine_direction direction, uint32_t timeout_ms)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    if ((irp->flags & IRP_SYNCHRONOUS) &&
        atomic_load_explicit(&sock->nonblocking, memory_order_relaxed))
        return STATUS_DEVICE_NOT_READY;
    return afd_pend(irp, direction, timeout_ms);
}

bool afd_wait_again(struct irp *irp, struct afd_socket *sock, enum engine_direction direction,
                    int64_t (*attempt)(struct engine_op *),
                    void (*done)(struct engine_op *, int64_t))
{
    irp->op.attempt = attempt;
    irp->op.done = done;
    irp->op.state = 0;
    bool own = &sock->file == irp->file;
    if (!own)
        irp->driver[0] = sock;
    if (!irp_set_cancel(irp, own ? afd_cancel : afd_cancel_other))
        return false;
    engine_source_submit(&sock->source, direction, &irp->op);
    return true;
}

void afd_end(struct irp *irp, int32_t status, uint64_t information)
{
    bool expired = deadline_end(irp);
    if (status == STATUS_CANCELLED) {
        uint32_t flags = atomic_load_explicit(&irp->file->flags, memory_order_relaxed);
        if (expired)
            status = STATUS_IO_TIMEOUT;
        else if ((irp->flags & IRP_SYNCHRONOUS) && (flags & FILE_CLEANED))
            status = STATUS_REQUEST_ABORTED; /* a blocking call, broken by closesocket: WSAEINTR */
    }
    irp_complete(irp, status, information);
}
