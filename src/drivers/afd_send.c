/* SPDX-License-Identifier: MIT */
/* Sends. One buffer goes by send; several buffers, or an address, by sendmsg. A stream send ends
 * when all its bytes were taken, and its bytes stay together: while one is half done no other
 * begins, also where it is just on its way to the queue. A stream that lost bytes of a cancelled
 * send carries nothing more. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <stdlib.h>

static int send_address(struct afd_socket *sock, const struct afd_transfer *transfer,
                        struct afd_address *to, struct msghdr *message)
{
    if (transfer->address == NULL || afd_is_stream(sock))
        return 0; /* a connected stream ignores the address, as documented */
    if (afd_address_read(to, transfer->address, transfer->address_size, sock->family) !=
        STATUS_SUCCESS)
        return -EAFNOSUPPORT;
    message->msg_name = &to->any;
    message->msg_namelen = to->length;
    return 0;
}

static ssize_t send_message(struct afd_socket *sock, struct irp *irp, int flags)
{
    struct iovec vector[AFD_VECTOR_MAX];
    struct afd_address to;
    struct msghdr message = {0};
    afd_message_fill(&message, irp, vector);
    int error = send_address(sock, irp->driver[0], &to, &message);
    if (error != 0) {
        errno = -error;
        return -1;
    }
    return sendmsg(sock->source.fd, &message, flags);
}

/* Whether it is this send's turn. The requests of a closed socket are cancelled one by one, and
 * none may overtake those before it. */
int afd_send_turn(struct afd_socket *sock, const struct irp *irp)
{
    uint32_t flags = atomic_load_explicit(&sock->file.flags, memory_order_acquire);
    if (__builtin_expect(flags & FILE_CLEANED, 0))
        return -ECANCELED;
    if (__builtin_expect(atomic_load_explicit(&sock->cut, memory_order_relaxed), 0))
        return -ECONNABORTED;
    if (__builtin_expect(sock->sending == NULL || sock->sending == irp, 1))
        return 0;
    sock->others_wait = true;
    return -EBUSY;
}

int64_t afd_send_note(struct afd_socket *sock, struct irp *irp, int64_t result)
{
    if (result == -EBUSY)
        return result;
    irp->op.begun = result == -EAGAIN && irp->information != 0 && afd_is_stream(sock);
    if (irp->op.begun)
        sock->sending = irp;
    else if (sock->sending == irp)
        sock->sending = NULL;
    /* The last byte of the last send has gone: a shutdown that waited for it follows. */
    const struct list *queue = &sock->source.queue[ENGINE_OUT];
    if (__builtin_expect(sock->shuts_later, 0) && result >= 0 &&
        (list_empty(queue) || (queue->next == &irp->op.link && queue->prev == &irp->op.link)))
        afd_stop_sending(sock);
    return result;
}

static int64_t send_once(struct afd_socket *sock, struct irp *irp, int flags)
{
    ssize_t count;
    do {
        if (irp->driver[0] != NULL)
            count = send_message(sock, irp, flags);
        else
            count = afd_send_bytes(sock->source.fd, (const char *)irp->buffer + irp->information,
                         irp->length - irp->information, flags);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

int64_t afd_send_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int flags = (int)(irp->minor & (AFD_OOB | AFD_DONT_ROUTE)) | MSG_DONTWAIT | MSG_NOSIGNAL;
    int64_t result = afd_send_turn(sock, irp);
    while (result == 0) {
        result = send_once(sock, irp, flags);
        if (result < 0)
            break;
        irp->information += (uint64_t)result;
        if (irp->information >= irp->length || !afd_is_stream(sock)) {
            result = (int64_t)irp->information;
            break;
        }
        /* The kernel took what it has room for; only a vector may be longer than one call takes. */
        result = irp->driver[0] == NULL ? -EAGAIN : 0;
    }
    return afd_send_note(sock, irp, result);
}

void afd_send_finish(struct afd_socket *sock, const struct irp *irp, int64_t result)
{
    uint32_t flags = atomic_load_explicit(&sock->file.flags, memory_order_relaxed);
    bool lost = result < 0 && (irp->information != 0 || (flags & FILE_CLEANED));
    lock_acquire(&sock->source.lock);
    if (lost && afd_is_stream(sock))
        atomic_store(&sock->cut, true);
    if (sock->sending == irp)
        sock->sending = NULL;
    bool others = sock->others_wait;
    sock->others_wait = false;
    if (sock->shuts_later && sock->sending == NULL && list_empty(&sock->source.queue[ENGINE_OUT]))
        afd_stop_sending(sock);
    lock_release(&sock->source.lock);
    if (others)
        engine_source_kick(&sock->source); /* it is their turn */
}

void afd_send_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = result >= 0 ? STATUS_SUCCESS : afd_failure(sock, (int)-result);
    free(irp->driver[0]);
    afd_send_finish(sock, irp, result);
    afd_end(irp, status, irp->information);
}

static int32_t send_check(struct afd_socket *sock)
{
    if (__builtin_expect(atomic_load_explicit(&sock->no_send, memory_order_relaxed), 0))
        return STATUS_PIPE_DISCONNECTED;
    if (!afd_is_stream(sock))
        return STATUS_SUCCESS;
    if (__builtin_expect(atomic_load_explicit(&sock->cut, memory_order_relaxed), 0))
        return STATUS_CONNECTION_ABORTED;
    if (afd_state(sock) == AFD_IS_CONNECTING)
        afd_connect_settle(sock);
    return afd_state(sock) == AFD_IS_CONNECTED ? STATUS_SUCCESS : STATUS_INVALID_CONNECTION;
}

int32_t afd_send(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = send_check(sock);
    if (status != STATUS_SUCCESS)
        return status;
    irp->op.attempt = afd_send_attempt;
    irp->op.done = afd_send_done;
    int64_t result = afd_try(irp, sock, ENGINE_OUT);
    if (__builtin_expect(result >= 0, 1)) {
        if (!afd_is_stream(sock))
            atomic_store_explicit(&sock->bound, true, memory_order_relaxed);
        return STATUS_SUCCESS;
    }
    if (result != -EAGAIN)
        return afd_failure(sock, (int)-result);
    if (!afd_transfer_keep(irp))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = afd_wait(irp, ENGINE_OUT, atomic_load(&sock->send_timeout_ms));
    if (status == STATUS_PENDING)
        return status;
    free(irp->driver[0]);
    afd_send_finish(sock, irp, 0); /* what fitted is all of it: the turn is the next send's */
    afd_allow(sock, AFD_EVENT_WRITE);
    return irp->information != 0 ? STATUS_SUCCESS
                                 : status; /* a non-blocking send takes what fits */
}
