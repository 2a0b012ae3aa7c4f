/* SPDX-License-Identifier: MIT */
/* Operations without readiness: who carries them. O_DIRECT transfers go by Linux AIO from the
 * calling thread, because that completes in interrupt context and needs neither a hop nor the
 * submitter; the rest by the ring's thread or, where there is no ring, by the pool. Work is always
 * the pool's. Cancel goes where the operation is; one that has not got there yet finds the mark. */
#include <unistd.h>

#include "engine/internal.h"

int64_t op_verdict(struct engine_op *op, int64_t result)
{
    bool cancelled = (atomic_load_explicit(&op->state, memory_order_relaxed) & OP_CANCEL) != 0;
    return cancelled && (result == -EINTR || result == -EAGAIN) ? -ECANCELED : result;
}

void op_finish(struct engine_op *op, int64_t result)
{
    atomic_store_explicit(&op->state, OP_FINISHED, memory_order_relaxed);
    op->done(op, result);
}

static int64_t op_transfer(const struct engine_op *op)
{
    switch (op->code) {
    case ENGINE_READ:
        return op->offset == ENGINE_POSITION
                   ? read(op->fd, op->buffer, op->length)
                   : pread(op->fd, op->buffer, op->length, (off_t)op->offset);
    case ENGINE_WRITE:
        return op->offset == ENGINE_POSITION
                   ? write(op->fd, op->buffer, op->length)
                   : pwrite(op->fd, op->buffer, op->length, (off_t)op->offset);
    case ENGINE_FSYNC:
        return fsync(op->fd);
    default:
        errno = EINVAL;
        return -1;
    }
}

int64_t op_perform(struct engine_op *op)
{
    int64_t result;
    if (op->code == ENGINE_WORK)
        return engine_work_cancelled(op) ? -ECANCELED : op_verdict(op, op->work(op));
    do {
        if (engine_work_cancelled(op))
            return -ECANCELED;
        result = op_transfer(op);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? op_verdict(op, -errno) : result;
}

void submit_to_thread(struct engine_op *op)
{
    if (op->code != ENGINE_WORK && engine_kind == KIND_URING && uring_available())
        uring_submit(op);
    else
        pool_submit(op);
}

void engine_submit(struct engine_op *op)
{
    int error = engine_start();
    if (engine_unlikely(error != 0)) {
        op->done(op, error);
        return;
    }
    if (engine_work_cancelled(op)) {
        op_finish(op, -ECANCELED);
        return;
    }
    if (engine_is_sim()) {
        sim_submit(op);
        return;
    }
    if (op->direct && (op->code == ENGINE_READ || op->code == ENGINE_WRITE) &&
        op->offset != ENGINE_POSITION && aio_submit(op))
        return;
    submit_to_thread(op);
}

void engine_cancel(struct engine_op *op)
{
    if (engine_unlikely(engine_dead()))
        return;
    uint8_t old = atomic_fetch_or(&op->state, OP_CANCEL);
    if (old & OP_CANCEL)
        return;
    switch (old & OP_STAGES) {
    case OP_POOL_QUEUED:
    case OP_POOL:
        pool_cancel(op);
        break;
    case OP_RING_QUEUED:
    case OP_RING:
        uring_cancel(op);
        break;
    default: /* not there yet, or on its way back; the disk does not give back what Linux AIO took
              */
        break;
    }
}

bool engine_work_cancelled(const struct engine_op *op)
{
    return (atomic_load_explicit(&op->state, memory_order_acquire) & OP_CANCEL) != 0;
}
