/* SPDX-License-Identifier: MIT */
/* Receives and sends. One buffer goes by recv and send; several buffers, or an address, by recvmsg
 * and sendmsg. A stream send ends when all its bytes were taken. A stream receive that was shorter
 * than its buffers took all there was, so the engine makes no further attempt before the next edge:
 * an echo costs one recv and one send. A receive of no bytes ends when there is something to
 * receive, and takes nothing. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

_Static_assert(sizeof(struct afd_buffer) == sizeof(struct iovec) &&
                   offsetof(struct afd_buffer, data) == offsetof(struct iovec, iov_base) &&
                   offsetof(struct afd_buffer, length) == offsetof(struct iovec, iov_len),
               "buffers are passed to the kernel as they are");
_Static_assert(AFD_OOB == (int)MSG_OOB && AFD_PEEK == (int)MSG_PEEK &&
                   AFD_DONT_ROUTE == (int)MSG_DONTROUTE,
               "these flags are Linux' too");

enum { KERNEL_FLAGS = AFD_OOB | AFD_PEEK | AFD_DONT_ROUTE, VECTOR_MAX = 64 };

int32_t afd_failure(struct afd_socket *sock, int error)
{
    if (!afd_is_stream(sock))
        return error == ECONNREFUSED ? STATUS_PORT_UNREACHABLE : afd_status(error);
    if (error == EPIPE && atomic_load(&sock->no_send))
        return STATUS_PIPE_DISCONNECTED;
    int32_t known = atomic_load(&sock->failure);
    if (error == EPIPE && known != 0)
        return known;
    int32_t status = afd_status(error);
    if (status == STATUS_CONNECTION_RESET || status == STATUS_CONNECTION_ABORTED ||
        status == STATUS_IO_TIMEOUT || status == STATUS_HOST_UNREACHABLE ||
        status == STATUS_NETWORK_UNREACHABLE)
        atomic_store(&sock->failure, status);
    return status;
}

/* A copy of the caller's description for a request that goes on without it. */
static bool transfer_keep(struct irp *irp)
{
    const struct afd_transfer *from = irp->driver[0];
    if (from == NULL)
        return true;
    size_t buffers = from->count * sizeof *from->buffers;
    struct afd_transfer *transfer = malloc(sizeof *transfer + buffers + (size_t)from->address_size);
    if (transfer == NULL)
        return false;
    *transfer = *from;
    transfer->buffers = (struct afd_buffer *)(transfer + 1);
    memcpy(transfer->buffers, from->buffers, buffers);
    if (from->address_size != 0) {
        transfer->address = (char *)transfer->buffers + buffers;
        memcpy(transfer->address, from->address, (size_t)from->address_size);
    }
    irp->driver[0] = transfer;
    return true;
}

/* What of the buffers is behind the first `skip` bytes; at most VECTOR_MAX of them. */
static size_t transfer_rest(const struct afd_transfer *transfer, uint64_t skip,
                            struct iovec *vector)
{
    size_t used = 0;
    for (uint32_t i = 0; i < transfer->count && used < VECTOR_MAX; i++) {
        const struct afd_buffer *buffer = &transfer->buffers[i];
        if (skip >= buffer->length) {
            skip -= buffer->length;
            continue;
        }
        vector[used].iov_base = (char *)buffer->data + skip;
        vector[used].iov_len = buffer->length - skip;
        skip = 0;
        used++;
    }
    return used;
}

static void message_fill(struct msghdr *message, const struct irp *irp, struct iovec *vector)
{
    const struct afd_transfer *transfer = irp->driver[0];
    if (irp->information == 0) {
        message->msg_iov = (struct iovec *)(void *)transfer->buffers;
        message->msg_iovlen = transfer->count < IOV_MAX ? transfer->count : IOV_MAX;
        return;
    }
    message->msg_iov = vector;
    message->msg_iovlen = transfer_rest(transfer, irp->information, vector);
}

/* ---- Receiving
 * ------------------------------------------------------------------------------------------ */

static ssize_t receive_message(struct afd_socket *sock, struct irp *irp, int flags)
{
    struct afd_transfer *transfer = irp->driver[0];
    struct iovec vector[VECTOR_MAX];
    struct afd_address from;
    struct msghdr message = {.msg_name = &from.any, .msg_namelen = sizeof from.v6};
    message_fill(&message, irp, vector);
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
            count = recv(sock->source.fd, data + irp->information, irp->length - irp->information,
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
    if (result < 0)
        return afd_failure(sock, (int)-result);
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
    } else if (!transfer_keep(irp)) {
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

/* ---- Sending
 * ------------------------------------------------------------------------------------------- */

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
    struct iovec vector[VECTOR_MAX];
    struct afd_address to;
    struct msghdr message = {0};
    message_fill(&message, irp, vector);
    int error = send_address(sock, irp->driver[0], &to, &message);
    if (error != 0) {
        errno = -error;
        return -1;
    }
    return sendmsg(sock->source.fd, &message, flags);
}

/* The last byte of the last send has gone: a shutdown that waited for it follows. */
static void send_ended(struct afd_socket *sock, const struct engine_op *op)
{
    const struct list *queue = &sock->source.queue[ENGINE_OUT];
    if (__builtin_expect(sock->shuts_later, 0) && queue->next == &op->link &&
        queue->prev == &op->link)
        afd_stop_sending(sock);
}

int64_t afd_send_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    const char *data = irp->buffer;
    int flags = (int)(irp->minor & (AFD_OOB | AFD_DONT_ROUTE)) | MSG_DONTWAIT | MSG_NOSIGNAL;
    for (;;) {
        ssize_t count;
        uint64_t rest = irp->length - irp->information;
        if (irp->driver[0] != NULL)
            count = send_message(sock, irp, flags);
        else
            count = send(sock->source.fd, data + irp->information, rest, flags);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        irp->information += (uint64_t)count;
        if (irp->information >= irp->length || !afd_is_stream(sock)) {
            send_ended(sock, op);
            return (int64_t)irp->information;
        }
        /* The kernel took what it has room for and gives an edge when there is more; only a vector
         * longer than one call takes goes on at once. */
        if (irp->driver[0] == NULL)
            return -EAGAIN;
    }
}

static void send_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = result >= 0 ? STATUS_SUCCESS : afd_failure(sock, (int)-result);
    free(irp->driver[0]);
    if (result < 0 && __builtin_expect(atomic_load(&sock->no_send), 0)) {
        lock_acquire(&sock->source.lock);
        if (sock->shuts_later && list_empty(&sock->source.queue[ENGINE_OUT]))
            afd_stop_sending(sock);
        lock_release(&sock->source.lock);
    }
    afd_end(irp, status, irp->information);
}

static int32_t send_check(struct afd_socket *sock)
{
    if (__builtin_expect(atomic_load_explicit(&sock->no_send, memory_order_relaxed), 0))
        return STATUS_PIPE_DISCONNECTED;
    if (!afd_is_stream(sock))
        return STATUS_SUCCESS;
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
    irp->op.done = send_done;
    int64_t result = afd_try(irp, sock, ENGINE_OUT);
    if (__builtin_expect(result >= 0, 1)) {
        if (!afd_is_stream(sock))
            atomic_store_explicit(&sock->bound, true, memory_order_relaxed);
        return STATUS_SUCCESS;
    }
    if (result != -EAGAIN)
        return afd_failure(sock, (int)-result);
    if (!transfer_keep(irp))
        return STATUS_INSUFFICIENT_RESOURCES;
    status = afd_wait(irp, ENGINE_OUT, atomic_load(&sock->send_timeout_ms));
    if (status == STATUS_PENDING)
        return status;
    free(irp->driver[0]);
    afd_allow(sock, AFD_EVENT_WRITE);
    return irp->information != 0 ? STATUS_SUCCESS
                                 : status; /* a non-blocking send takes what fits */
}
