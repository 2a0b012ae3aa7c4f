/* SPDX-License-Identifier: MIT */
/* Requests on an end: each takes a reference on the link it is for, is tried at once, and if it has
 * to wait goes to the link's source. The link of a pended request stands in irp->driver[0], guarded
 * by the pipe's lock, so that a canceller that races with the end never touches a link that has
 * gone. */
#include <errno.h>

#include "drivers/pipe_end.h"

int32_t pipe_link_get(struct pipe *pipe, struct pipe_link **result)
{
    lock_acquire(&pipe->lock);
    struct pipe_link *link = pipe->link;
    if (link != NULL)
        pipe_link_reference(link);
    lock_release(&pipe->lock);
    if (link == NULL)
        return STATUS_PIPE_DISCONNECTED;
    int error = 0;
    /* The client may be there already: nobody has to have called ConnectNamedPipe. */
    if (__builtin_expect(atomic_load_explicit(&link->phase, memory_order_acquire) != PIPE_CONNECTED,
                         0))
        error = pipe_link_accept(link);
    if (error == 0) {
        *result = link;
        return STATUS_SUCCESS;
    }
    pipe_link_release(link);
    return error == -EAGAIN     ? STATUS_PIPE_LISTENING
           : error == -ENOTCONN ? STATUS_PIPE_DISCONNECTED
                                : status_from_errno(-error);
}

static bool is_read(const struct irp *irp)
{
    return irp->major == IRP_READ || (irp->minor & PIPE_REPLY);
}

static bool is_write(const struct irp *irp)
{
    return irp->major == IRP_WRITE || (irp->major == IRP_CONTROL && !(irp->minor & PIPE_REPLY));
}

/* The status of a request that ended with `result`, and how many bytes it moved. */
static int32_t request_status(const struct irp *irp, int64_t result, uint64_t *bytes)
{
    *bytes = 0;
    /* A cancelled or broken read that has the beginning of a message gives it: it is nowhere else.
     */
    if (is_read(irp) && irp->argument != 0 && (result == -ECANCELED || result == -EPIPE)) {
        *bytes = irp->argument;
        return STATUS_BUFFER_OVERFLOW;
    }
    if (result >= 0) {
        *bytes = is_read(irp) || is_write(irp) ? irp->argument : 0;
        return is_read(irp) && (irp->minor & PIPE_MORE) ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
    }
    if (result == -ENOTCONN)
        return STATUS_PIPE_DISCONNECTED;
    if (result == -EPIPE)
        return is_write(irp) && !(irp->minor & PIPE_WAITED) ? STATUS_PIPE_CLOSING
                                                            : STATUS_PIPE_BROKEN;
    if (result == -ECANCELED)
        return STATUS_CANCELLED;
    return status_from_errno((int)-result);
}

static void request_complete(struct irp *irp, int64_t result)
{
    struct pipe *pipe = pipe_of(irp->file);
    lock_acquire(&pipe->lock);
    struct pipe_link *link = irp->driver[0];
    irp->driver[0] = NULL;
    lock_release(&pipe->lock);
    uint64_t bytes;
    int32_t status = request_status(irp, result, &bytes);
    pipe_turn_over(link, &irp->op);
    if (irp->major == IRP_LISTEN)
        pipe_link_listen_leave(link);
    pipe_link_release(link);
    irp_complete(irp, status, bytes);
}

static void request_done(struct engine_op *op, int64_t result)
{
    request_complete(irp_from_op(op), result);
}

static void request_cancel(struct irp *irp)
{
    struct pipe *pipe = pipe_of(irp->file);
    lock_acquire(&pipe->lock);
    struct pipe_link *link = irp->driver[0];
    if (link != NULL)
        pipe_link_reference(link);
    lock_release(&pipe->lock);
    if (link == NULL)
        return;
    struct engine_source *source = irp->major == IRP_LISTEN ? &link->listener : &link->source;
    bool blocks = irp->minor & PIPE_BLOCKS;
    if (engine_source_cancel(source, &irp->op))
        request_complete(irp, -ECANCELED);
    else if (blocks)
        engine_block_wake(&irp->op);
    pipe_link_release(link);
}

static void request_begin(struct irp *irp, struct pipe_link *link,
                          int64_t (*attempt)(struct engine_op *op))
{
    irp->driver[0] = link;
    irp->argument = 0;
    irp->minor = 0;
    irp->op.attempt = attempt;
    irp->op.done = request_done;
}

/* Ends at once with `result`. */
static int32_t request_end(struct irp *irp, struct pipe_link *link, int64_t result)
{
    int32_t status = request_status(irp, result, &irp->information);
    pipe_turn_over(link, &irp->op);
    pipe_link_release(link);
    return status;
}

static int32_t request_pend(struct irp *irp, struct pipe_link *link, struct engine_source *source,
                            enum engine_direction direction)
{
    pipe_link_reference(link); /* the request may be over before the submit returns */
    irp_pend(irp, request_cancel);
    engine_source_submit(source, direction, &irp->op);
    pipe_link_release(link);
    return STATUS_PENDING;
}

/* Non-blocking mode: the data decide, not what is known of the readiness; but what waits goes
 * first. */
static int64_t attempt_now(struct pipe_link *link, enum engine_direction direction, struct irp *irp)
{
    lock_acquire(&link->source.lock);
    int64_t result =
        list_empty(&link->source.queue[direction]) ? irp->op.attempt(&irp->op) : -EAGAIN;
    lock_release(&link->source.lock);
    return result == -EBUSY ? -EAGAIN : result;
}

/* A read of a synchronous handle: its thread has nothing else to do than to sleep on the
 * descriptor. */
static int32_t read_blocking(struct irp *irp, struct pipe_link *link, bool likely)
{
    irp->minor |= PIPE_BLOCKS;
    pipe_link_reference(link);
    irp_pend(irp, request_cancel);
    /* A cancel that came before could not be told to the driver, and this thread does not return to be told. */
    if (irp_is_cancelled(irp))
        engine_source_cancel(&link->source, &irp->op);
    irp_sleep_begin();
    engine_block(&link->source, ENGINE_IN, &irp->op, likely);
    irp_sleep_end();
    pipe_link_release(link);
    return STATUS_PENDING;
}

int32_t pipe_read(struct irp *irp)
{
    struct pipe *pipe = pipe_of(irp->file);
    struct pipe_link *link;
    int32_t status = pipe_link_get(pipe, &link);
    if (status != STATUS_SUCCESS)
        return status;
    request_begin(irp, link, pipe_attempt_read);
    if (atomic_load_explicit(&pipe->message_mode, memory_order_relaxed))
        irp->minor = PIPE_READ_MESSAGE;
    bool nowait = atomic_load_explicit(&pipe->nowait, memory_order_relaxed);
    bool alone = !nowait &&
                 (atomic_load_explicit(&pipe->file.flags, memory_order_relaxed) & FILE_SYNCHRONOUS);
    if (alone && !pipe_link_may_read(link) && engine_block_prepare(&irp->op) == 0)
        return read_blocking(irp, link, false);
    int64_t result = nowait ? attempt_now(link, ENGINE_IN, irp)
                            : engine_source_try(&link->source, ENGINE_IN, &irp->op);
    if (result == -EAGAIN && nowait && irp->argument == 0) {
        pipe_link_release(link);
        return STATUS_PIPE_EMPTY;
    }
    if (result != -EAGAIN)
        return request_end(irp, link, result);
    if (alone && engine_block_prepare(&irp->op) == 0)
        return read_blocking(irp, link, true);
    return request_pend(irp, link, &link->source, ENGINE_IN);
}

int32_t pipe_write(struct irp *irp)
{
    struct pipe *pipe = pipe_of(irp->file);
    struct pipe_link *link;
    int32_t status = pipe_link_get(pipe, &link);
    if (status != STATUS_SUCCESS)
        return status;
    request_begin(irp, link, pipe_attempt_write);
    if (!link->message && irp->length == 0)
        return request_end(irp, link, 0);
    bool nowait = atomic_load_explicit(&pipe->nowait, memory_order_relaxed);
    int64_t result = nowait ? attempt_now(link, ENGINE_OUT, irp)
                            : engine_source_try(&link->source, ENGINE_OUT, &irp->op);
    /* What does not fit is left out; but a message that has begun is not torn. */
    if (result == -EAGAIN && nowait && (!link->message || irp->argument == 0))
        result = (int64_t)irp->argument;
    if (result == -EAGAIN && nowait && (irp->minor & PIPE_SENT))
        result = (int64_t)irp->argument;
    if (result != -EAGAIN)
        return request_end(irp, link, result);
    return request_pend(irp, link, &link->source, ENGINE_OUT);
}

int32_t pipe_flush(struct irp *irp)
{
    struct pipe_link *link;
    int32_t status = pipe_link_get(pipe_of(irp->file), &link);
    if (status != STATUS_SUCCESS)
        return status;
    request_begin(irp, link, pipe_attempt_flush);
    int64_t result = engine_source_try(&link->source, ENGINE_OUT, &irp->op);
    if (result != -EAGAIN)
        return request_end(irp, link, result);
    return request_pend(irp, link, &link->source, ENGINE_OUT);
}

/* ---- ConnectNamedPipe -------------------------------------------------------------------- */

static int64_t attempt_listen(struct engine_op *op)
{
    return pipe_link_accept_inside(irp_from_op(op)->driver[0]);
}

/* The link to listen on, referenced; a disconnected end begins a new one. */
static int32_t listen_link(struct pipe *pipe, struct pipe_link **link, bool *fresh)
{
    int32_t status = STATUS_SUCCESS;
    lock_acquire(&pipe->lock);
    *fresh = pipe->link == NULL;
    if (*fresh)
        status = pipe_link_publish(pipe->place, pipe->params.out_size, pipe->params.in_size,
                                   &pipe->link);
    if (status == STATUS_SUCCESS) {
        *link = pipe->link;
        pipe_link_reference(*link);
    }
    lock_release(&pipe->lock);
    return status;
}

static int32_t connected_status(struct pipe_link *link)
{
    return pipe_link_is_broken(link) ? STATUS_PIPE_CLOSING : STATUS_PIPE_CONNECTED;
}

int32_t pipe_listen(struct irp *irp)
{
    struct pipe *pipe = pipe_of(irp->file);
    struct pipe_link *link;
    bool fresh;
    if (!pipe->server || pipe->place == NULL)
        return STATUS_ILLEGAL_FUNCTION;
    int32_t status = listen_link(pipe, &link, &fresh);
    if (status != STATUS_SUCCESS)
        return status;
    bool nowait = atomic_load_explicit(&pipe->nowait, memory_order_relaxed);
    int error = fresh ? -EAGAIN : pipe_link_accept(link);
    if (error == 0)
        status = connected_status(link);
    else if (error == -EAGAIN && nowait)
        status = fresh ? STATUS_SUCCESS : STATUS_PIPE_LISTENING;
    else if (error != -EAGAIN)
        status = error == -ENOTCONN ? STATUS_PIPE_DISCONNECTED : status_from_errno(-error);
    else if (pipe_link_listen_enter(link)) {
        request_begin(irp, link, attempt_listen);
        return request_pend(irp, link, &link->listener, ENGINE_IN);
    } else {
        status = pipe_link_accept(link) == 0 ? connected_status(link) : STATUS_PIPE_DISCONNECTED;
    }
    pipe_link_release(link);
    return status;
}

/* ---- TransactNamedPipe ------------------------------------------------------------------- */

/* The message is written: the same request now reads the answer. */
static void transact_written(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct pipe_link *link = irp->driver[0];
    if (result < 0) {
        request_complete(irp, result);
        return;
    }
    pipe_turn_over(link, op);
    lock_acquire(&link->source.lock);
    op->state = 0;
    lock_release(&link->source.lock);
    irp->argument = 0;
    irp->minor = PIPE_READ_MESSAGE | PIPE_REPLY;
    op->attempt = pipe_attempt_read;
    op->done = request_done;
    /* A cancel that found the request between its halves has only left its mark. */
    if (irp_is_cancelled(irp)) {
        request_complete(irp, -ECANCELED);
        return;
    }
    pipe_link_reference(link);
    engine_source_submit(&link->source, ENGINE_IN, op);
    pipe_link_release(link);
}

int32_t pipe_control(struct irp *irp)
{
    struct pipe *pipe = pipe_of(irp->file);
    struct pipe_link *link;
    struct pipe_peek peek = {0};
    if (irp->code != PIPE_TRANSCEIVE)
        return STATUS_INVALID_DEVICE_REQUEST;
    int32_t status = pipe_link_get(pipe, &link);
    if (status != STATUS_SUCCESS)
        return status;
    if (pipe->params.access != (PIPE_INBOUND | PIPE_OUTBOUND))
        status = STATUS_INVALID_PIPE_STATE;
    else if (!atomic_load(&pipe->message_mode))
        status = STATUS_INVALID_READ_MODE;
    else if ((status = pipe_link_peek(link, &peek)) == STATUS_SUCCESS && peek.available != 0)
        status = STATUS_PIPE_BUSY; /* documented: unread data must not be taken for the answer */
    if (status != STATUS_SUCCESS) {
        pipe_link_release(link);
        return status;
    }
    request_begin(irp, link, pipe_attempt_write);
    irp->op.done = transact_written;
    int64_t result = engine_source_try(&link->source, ENGINE_OUT, &irp->op);
    if (result != -EAGAIN && result < 0)
        return request_end(irp, link, result);
    if (result == -EAGAIN)
        return request_pend(irp, link, &link->source, ENGINE_OUT);
    irp->argument = 0;
    irp->minor = PIPE_READ_MESSAGE | PIPE_REPLY;
    irp->op.attempt = pipe_attempt_read;
    irp->op.done = request_done;
    result = engine_source_try(&link->source, ENGINE_IN, &irp->op);
    if (result != -EAGAIN)
        return request_end(irp, link, result);
    return request_pend(irp, link, &link->source, ENGINE_IN);
}
