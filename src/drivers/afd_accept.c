/* SPDX-License-Identifier: MIT */
/* Connections that come in. AFD_ACCEPT makes a new socket object; AFD_ACCEPT_INTO (AcceptEx) gives
 * the accepted descriptor to a socket that the program made before, writes both addresses behind
 * the room for data and then, if data is wanted, waits for the first of it on the accepting socket.
 */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/futex.h"

/* An address block: its length, then the address, eight bytes in. The format is private to this
 * file and afd_accept_block (GetAcceptExSockaddrs), as Windows' is. */
enum { BLOCK_HEADER = 8, BLOCK_SLACK = 16 };

static void block_put(void *where, uint32_t room, const struct afd_address *address)
{
    int32_t length =
        afd_address_write(address, (char *)where + BLOCK_HEADER, (int32_t)room - BLOCK_HEADER);
    memcpy(where, &length, sizeof length);
}

const void *afd_accept_block(const void *where, int32_t *length)
{
    memcpy(length, where, sizeof *length);
    return (const char *)where + BLOCK_HEADER;
}

/* A connection that died in the queue is nobody's error: the next one is tried. */
static int accept_next(int listener, struct afd_address *peer)
{
    for (;;) {
        peer->length = sizeof peer->v6;
        int fd = accept4(listener, &peer->any, &peer->length, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            return fd;
        switch (errno) {
        case EINTR:
        case ECONNABORTED:
        case EPROTO:
        case ENOPROTOOPT:
        case ENETDOWN:
        case EHOSTDOWN:
        case ENONET:
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EPERM: /* a firewall's refusal */
            continue;
        default:
            return -errno;
        }
    }
}

static void accepted_init(struct afd_socket *sock)
{
    atomic_store(&sock->bound, true);
    atomic_store(&sock->connected_ns, clock_now_ns());
    afd_set_state(sock, AFD_IS_CONNECTED);
}

/* ---- accept
 * ------------------------------------------------------------------------------------------------
 */

static int64_t accept_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_accepted *accepted = irp->driver[0];
    struct afd_address peer;
    int fd = accept_next(afd_socket_of(irp->file)->source.fd, &peer);
    if (fd >= 0)
        accepted->address_length =
            afd_address_write(&peer, accepted->address, sizeof accepted->address);
    return fd;
}

/* The new socket blocks or not and has events as its listener, as documented; accept's are
 * overlapped. */
static int32_t accept_result(struct irp *irp, int64_t result)
{
    struct afd_socket *listener = afd_socket_of(irp->file);
    struct afd_accepted *accepted = irp->driver[0];
    if (result < 0)
        return afd_status((int)-result);
    struct afd_socket *sock =
        afd_wrap((int)result, listener->family, listener->type, listener->protocol, 0);
    if (sock == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    accepted_init(sock);
    atomic_store(&sock->nonblocking, atomic_load(&listener->nonblocking));
    afd_watch_inherit(sock, listener);
    accepted->file = &sock->file;
    return STATUS_SUCCESS;
}

static void accept_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    afd_end(irp, accept_result(irp, result), 0);
}

static int32_t accept_check(struct afd_socket *sock)
{
    if (!afd_is_stream(sock))
        return STATUS_NOT_SUPPORTED;
    return afd_state(sock) == AFD_IS_LISTENING ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

int32_t afd_accept(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = accept_check(sock);
    if (status != STATUS_SUCCESS)
        return status;
    irp->op.attempt = accept_attempt;
    irp->op.done = accept_done;
    int64_t result = afd_try(irp, sock, ENGINE_IN);
    if (result != -EAGAIN)
        status = accept_result(irp, result);
    else if ((status = afd_wait(irp, ENGINE_IN, 0)) == STATUS_PENDING)
        return status;
    afd_allow(sock, AFD_EVENT_ACCEPT);
    return status;
}

/* ---- AcceptEx
 * ------------------------------------------------------------------------------------------------
 */

static char *local_block(const struct irp *irp)
{
    return (char *)irp->buffer + irp->length;
}

static int64_t accept_into_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_address peer;
    int fd = accept_next(afd_socket_of(irp->file)->source.fd, &peer);
    if (fd >= 0)
        block_put(local_block(irp) + irp->input_length, irp->minor, &peer);
    return fd;
}

/* The accepting socket is nobody's any more, whether it got a connection or not. */
static bool acceptor_leave(struct afd_socket *other)
{
    lock_acquire(&other->lock);
    bool named = other->acceptor != NULL;
    other->acceptor = NULL;
    lock_release(&other->lock);
    return named;
}

static int32_t accept_into_adopt(struct irp *irp, int64_t result)
{
    struct afd_socket *other = afd_socket_of(irp->other);
    bool named = acceptor_leave(other);
    if (result < 0) {
        afd_set_state(other, AFD_IS_OPEN);
        return afd_status((int)-result);
    }
    if (!named) { /* it was closed in this moment: nobody can talk to the client */
        close((int)result);
        return STATUS_CANCELLED;
    }
    afd_replace_descriptor(other, (int)result);
    if (irp->input_length != 0) {
        struct afd_address local = {.length = sizeof local.v6};
        if (getsockname((int)result, &local.any, &local.length) == 0)
            block_put(local_block(irp), irp->input_length, &local);
    }
    accepted_init(other);
    return STATUS_SUCCESS;
}

static int64_t first_data_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    ssize_t count;
    do
        count = recv(afd_socket_of(irp->other)->source.fd, irp->buffer, irp->length, MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    op->drained = count > 0 && count < irp->length;
    return count < 0 ? -errno : count;
}

static void first_data_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    int32_t status = afd_receive_result(irp, afd_socket_of(irp->other), result);
    afd_leave_other(irp);
    afd_end(irp, status, irp->information);
}

static void accept_into_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    int32_t status = accept_into_adopt(irp, result);
    if (status != STATUS_SUCCESS || irp->length == 0) {
        afd_end(irp, status, 0);
        return;
    }
    struct afd_socket *other = afd_socket_of(irp->other);
    if (!afd_wait_again(irp, other, ENGINE_IN, first_data_attempt, first_data_done)) {
        afd_leave_other(irp);
        afd_end(irp, STATUS_CANCELLED, 0);
    }
}

static int32_t accept_into_check(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = accept_check(sock);
    if (status != STATUS_SUCCESS)
        return status;
    struct afd_socket *other = afd_socket_of(irp->other);
    uint32_t least = (uint32_t)(sock->family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                         : sizeof(struct sockaddr_in)) +
                     BLOCK_SLACK;
    if (other->type != AFD_STREAM || other->family != sock->family || atomic_load(&other->bound))
        return STATUS_INVALID_PARAMETER;
    if (irp->minor < least || (irp->input_length != 0 && irp->input_length < least))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

int32_t afd_accept_into(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = accept_into_check(irp);
    if (status != STATUS_SUCCESS)
        return status;
    struct afd_socket *other = afd_socket_of(irp->other);
    uint8_t open = AFD_IS_OPEN;
    if (!atomic_compare_exchange_strong(&other->state, &open, AFD_IS_ACCEPTING))
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&other->lock);
    other->acceptor = irp;
    lock_release(&other->lock);
    irp->op.attempt = accept_into_attempt;
    irp->op.done = accept_into_done;
    int64_t result = -EAGAIN;
    if (irp->length == 0) /* with data it has a second stage: it pends in any case */
        result = engine_source_try(&sock->source, ENGINE_IN, &irp->op);
    if (result != -EAGAIN)
        return accept_into_adopt(irp, result);
    status = afd_wait(irp, ENGINE_IN, 0);
    if (status != STATUS_PENDING) {
        acceptor_leave(other);
        afd_set_state(other, AFD_IS_OPEN);
    }
    return status;
}

void afd_accept_abandon(struct afd_socket *sock)
{
    lock_acquire(&sock->lock);
    struct irp *irp = sock->acceptor;
    sock->acceptor = NULL;
    struct afd_socket *listener = NULL;
    bool mine = false;
    if (irp != NULL) {
        /* While it is named here the request has not ended, and so neither has its listener. */
        listener = afd_socket_of(irp->file);
        mine = engine_source_cancel(&listener->source, &irp->op);
    }
    lock_release(&sock->lock);
    if (mine)
        irp->op.done(&irp->op, -ECANCELED);
}
