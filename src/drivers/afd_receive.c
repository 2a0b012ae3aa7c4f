/* SPDX-License-Identifier: MIT */
/* Receives. One buffer goes by recv; several buffers, or an address, by recvmsg. A stream receive
 * that was shorter than its buffers took all there was, so the engine makes no further attempt
 * before the next edge: an echo costs one recv. A receive of no bytes ends when there is something
 * to receive, and takes nothing. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <stdlib.h>

enum { KERNEL_FLAGS = AFD_OOB | AFD_PEEK | AFD_DONT_ROUTE };

static ssize_t receive_message(struct afd_socket *sock, struct irp *irp, int flags)
{
    struct afd_transfer *transfer = irp->driver[0];
    struct iovec vector[AFD_VECTOR_MAX];
    struct afd_address from;
    struct msghdr message = {.msg_name = &from.any, .msg_namelen = sizeof from.v6};
    afd_message_fill(&message, irp, vector);
    ssize_t count = recvmsg(sock->source.fd, &message, flags);
    from.length = message.msg_namelen;
    if (count >= 0 && transfer->address != NULL && from.length != 0) /* a stream names nobody */
        *transfer->address_length =
            afd_address_write(&from, transfer->address, *transfer->address_length);
    return count;
}

static ssize_t receive_once(struct afd_socket *sock, struct irp *irp, int flags)
{
    char *data = irp->buffer;
    ssize_t count;
    do {
        if (irp->driver[0] != NULL)
            count = receive_message(sock, irp, flags);
        else
            count = afd_receive_bytes(sock->source.fd, data + irp->information, irp->length - irp->information,
                         flags);
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

static int64_t datagram_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int flags = (int)(irp->minor & KERNEL_FLAGS) | MSG_DONTWAIT | MSG_TRUNC;
    for (;;) {
        ssize_t count = receive_once(sock, irp, flags);
        if (count != -ECONNREFUSED || !atomic_load(&sock->ignores_unreachable))
            return count; /* with MSG_TRUNC the datagram's full length */
    }
}

/* A receive of no bytes: only looks whether there is something. */
static int64_t probe_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    char byte;
    ssize_t count = recv(afd_socket_of(irp->file)->source.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return count < 0 ? -errno : 0;
}

/* MSG_WAITALL: until the buffers are full or the stream ends. */
static int64_t fill_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int flags = (int)(irp->minor & KERNEL_FLAGS) | MSG_DONTWAIT;
    while (irp->information < irp->length) {
        int64_t count = receive_once(sock, irp, flags);
        if (count < 0)
            return count;
        if (count == 0)
            break;
        irp->information += (uint64_t)count;
    }
    return (int64_t)irp->information;
}

static int64_t receive_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int flags = (int)(irp->minor & KERNEL_FLAGS);
    int64_t count = receive_once(sock, irp, flags | MSG_DONTWAIT);
    /* A peek leaves what it saw; at the urgent mark the kernel ends a receive early. */
    op->drained = count > 0 && count < irp->length && flags == 0;
    return count;
}

int32_t afd_receive_result(struct irp *irp, struct afd_socket *sock, int64_t result)
{
    if (result < 0) {
        int32_t status = afd_failure(sock, (int)-result);
        /* What MSG_WAITALL has read already is not lost; the next receive tells of the failure. */
        return irp->information != 0 ? STATUS_SUCCESS : status;
    }
    if (result > irp->length) {
        irp->information = irp->length;
        return STATUS_BUFFER_OVERFLOW; /* the rest of the datagram is lost */
    }
    irp->information = (uint64_t)result;
    if (result == 0 && afd_is_stream(sock))
        return atomic_load(&sock->failure); /* Linux tells of a reset once, Windows every time */
    return STATUS_SUCCESS;
}

static void receive_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = afd_receive_result(irp, sock, result);
    free(irp->driver[0]);
    afd_allow(sock, AFD_EVENT_READ | AFD_EVENT_OOB);
    afd_end(irp, status, irp->information);
}

static int32_t receive_check(struct afd_socket *sock)
{
    if (!afd_is_stream(sock)) {
        if (atomic_load_explicit(&sock->no_receive, memory_order_relaxed))
            return STATUS_PIPE_DISCONNECTED;
        return atomic_load(&sock->bound) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    if (afd_state(sock) == AFD_IS_CONNECTING)
        afd_connect_settle(sock);
    if (afd_state(sock) != AFD_IS_CONNECTED)
        return STATUS_INVALID_CONNECTION;
    if (atomic_load_explicit(&sock->no_receive, memory_order_relaxed))
        return STATUS_PIPE_DISCONNECTED;
    return STATUS_SUCCESS;
}

int32_t afd_receive(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = receive_check(sock);
    if (status != STATUS_SUCCESS)
        return status;
    irp->op.done = receive_done;
    if (__builtin_expect(!afd_is_stream(sock), 0))
        irp->op.attempt = datagram_attempt;
    else if (__builtin_expect(irp->length == 0, 0))
        irp->op.attempt = probe_attempt;
    else if (__builtin_expect((irp->minor & (AFD_WAIT_ALL | AFD_PEEK | AFD_OOB)) == AFD_WAIT_ALL,
                              0))
        irp->op.attempt = fill_attempt;
    else
        irp->op.attempt = receive_attempt;
    int64_t result = afd_try(irp, sock, ENGINE_IN);
    if (result != -EAGAIN) {
        status = afd_receive_result(irp, sock, result);
    } else if (!afd_transfer_keep(irp)) {
        return STATUS_INSUFFICIENT_RESOURCES;
    } else {
        status = afd_wait(irp, ENGINE_IN, atomic_load(&sock->receive_timeout_ms));
        if (status == STATUS_PENDING)
            return status;
        free(irp->driver[0]);
        if (irp->information != 0)
            status = STATUS_SUCCESS; /* MSG_WAITALL on a non-blocking socket: what there was */
    }
    afd_allow(sock, AFD_EVENT_READ | AFD_EVENT_OOB);
    return status;
}
