/* SPDX-License-Identifier: MIT */
/* Connections that go out, and their end. connect(2) is asked again at each edge: it answers
 * EALREADY while the handshake goes on, then once with its result, and leaves the descriptor fit
 * for another try. ConnectEx's first data follows as a send. DisconnectEx sends its FIN behind what
 * is queued; to be used again the socket then waits for the other end's FIN and gets a new
 * descriptor. */
#include "drivers/afd_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "base/futex.h"
#include "winerror.h"

#define WSA_STATUS(name) ((int32_t)(0xC0070000u | (uint32_t)WSA##name))

/* 0, -EAGAIN while it goes on, or -errno. */
static int connect_now(struct afd_socket *sock)
{
    if (connect(sock->source.fd, &sock->remote.any, sock->remote.length) == 0)
        return 0;
    switch (errno) {
    case EISCONN:
        return 0;
    case EINPROGRESS:
    case EALREADY:
    case EINTR:
        return -EAGAIN;
    default:
        return -errno;
    }
}

/* Notes how it ended. A socket that failed may connect again. */
static int32_t connect_note(struct afd_socket *sock, int64_t result)
{
    if (result < 0) {
        afd_set_state(sock, AFD_IS_OPEN);
        return afd_status((int)-result);
    }
    atomic_store(&sock->bound, true);
    atomic_store(&sock->connected_ns, clock_now_ns());
    afd_set_state(sock, AFD_IS_CONNECTED);
    return STATUS_SUCCESS;
}

void afd_connect_settle(struct afd_socket *sock)
{
    if (!atomic_load(&sock->unattended))
        return; /* nothing is on its way, or a request sees to it */
    lock_acquire(&sock->source.lock);
    int result = -EAGAIN;
    if (atomic_load(&sock->unattended))
        result = connect_now(sock);
    if (result != -EAGAIN) {
        atomic_store(&sock->unattended, false);
        atomic_store(&sock->soft_error, -result);
        connect_note(sock, result);
    }
    lock_release(&sock->source.lock);
}

static int64_t connect_attempt(struct engine_op *op)
{
    return connect_now(afd_socket_of(irp_from_op(op)->file));
}

static void connect_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    if (result == -ECANCELED) { /* takes the SYN back: the socket may try another address */
        struct sockaddr none = {.sa_family = AF_UNSPEC};
        /* Past libc, for the engine may be watching the descriptor meanwhile, which a sanitizer takes for a race. */
        syscall(SYS_connect, sock->source.fd, &none, sizeof none);
    }
    int32_t status = connect_note(sock, result);
    irp->driver[0] = NULL; /* from here on it is a plain send */
    irp->minor = 0;
    afd_allow(sock, AFD_EVENT_CONNECT | AFD_EVENT_WRITE);
    if (status == STATUS_SUCCESS && irp->length != 0) {
        if (afd_wait_again(irp, sock, ENGINE_OUT, afd_send_attempt, afd_send_done))
            return;
        status = STATUS_CANCELLED;
    }
    afd_end(irp, status, 0);
}

static bool address_is_any(const struct afd_address *to)
{
    return to->any.sa_family == AF_INET ? to->v4.sin_addr.s_addr == htonl(INADDR_ANY)
                                        : IN6_IS_ADDR_UNSPECIFIED(&to->v6.sin6_addr);
}

static bool address_has_port(const struct afd_address *to)
{
    return to->any.sa_family == AF_INET ? to->v4.sin_port != 0 : to->v6.sin6_port != 0;
}

/* The zero address ends a datagram socket's association, as documented. */
static int32_t connect_datagram(struct afd_socket *sock, const struct afd_address *to)
{
    if (address_is_any(to))
        return afd_dissociate(&sock->file);
    if (connect(sock->source.fd, &to->any, to->length) != 0)
        return afd_status(errno);
    sock->remote = *to;
    return connect_note(sock, 0);
}

static int32_t connect_begin(struct irp *irp, struct afd_socket *sock)
{
    struct afd_address to;
    int32_t status = afd_address_read(&to, irp->input, (int32_t)irp->input_length, sock->family);
    if (status != STATUS_SUCCESS)
        return status;
    if ((irp->minor & AFD_WANTS_BOUND) && !atomic_load(&sock->bound) && !sock->was_used)
        return STATUS_INVALID_PARAMETER;
    if (!afd_is_stream(sock))
        return connect_datagram(sock, &to);
    if (address_is_any(&to) || !address_has_port(&to))
        return STATUS_INVALID_ADDRESS_COMPONENT; /* refused by Windows before anything is sent */
    afd_connect_settle(sock);
    uint8_t state = AFD_IS_OPEN;
    if (!atomic_compare_exchange_strong(&sock->state, &state, AFD_IS_CONNECTING))
        return state == AFD_IS_CONNECTED    ? STATUS_CONNECTION_ACTIVE
               : state == AFD_IS_CONNECTING ? WSA_STATUS(EALREADY)
                                            : STATUS_INVALID_PARAMETER;
    sock->remote = to;
    atomic_store(&sock->soft_error, 0);
    int result = connect_now(sock);
    return result == -EAGAIN ? STATUS_PENDING : connect_note(sock, result);
}

int32_t afd_connect(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    int32_t status = connect_begin(irp, sock);
    if (status != STATUS_PENDING && (status != STATUS_SUCCESS || irp->length == 0))
        return status;
    irp->op.attempt = connect_attempt; /* says at once that a connected socket is connected */
    irp->op.done = connect_done;
    if (status == STATUS_PENDING && atomic_load(&sock->nonblocking) &&
        (irp->flags & IRP_SYNCHRONOUS)) {
        atomic_store(&sock->unattended, true);
        afd_allow(sock, AFD_EVENT_CONNECT | AFD_EVENT_WRITE);
        return STATUS_DEVICE_NOT_READY;
    }
    return afd_wait(irp, ENGINE_OUT, 0);
}

/* ---- DisconnectEx
 * ------------------------------------------------------------------------------------------ */

/* Reads and throws away until the other end's FIN, or whatever else ends the connection. */
static int64_t drain_attempt(struct engine_op *op)
{
    struct afd_socket *sock = afd_socket_of(irp_from_op(op)->file);
    char nothing[4096];
    for (;;) {
        ssize_t count = recv(sock->source.fd, nothing, sizeof nothing, MSG_DONTWAIT);
        if (count == 0)
            return 0;
        if (count < 0 && errno == EAGAIN)
            return -EAGAIN;
        if (count < 0 && errno != EINTR)
            return 0; /* a reset ends it as well */
    }
}

static int32_t socket_renew(struct afd_socket *sock)
{
    int fd = socket(sock->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, sock->protocol);
    if (fd < 0)
        return afd_status(errno);
    if (sock->family == AF_INET6) {
        int one = 1;
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    }
    afd_replace_descriptor(sock, fd);
    atomic_store(&sock->no_receive, false);
    atomic_store(&sock->no_send, false);
    atomic_store(&sock->cut, false);
    atomic_store(&sock->failure, 0);
    atomic_store(&sock->connected_ns, 0);
    sock->remote.length = 0;
    atomic_store(&sock->bound, false);
    sock->was_used = true;
    afd_set_state(sock, AFD_IS_OPEN);
    return STATUS_SUCCESS;
}

static void drain_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    afd_end(irp, result == 0 ? socket_renew(sock) : afd_status((int)-result), irp->information);
}

static int64_t stop_attempt(struct engine_op *op)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    int turn = afd_send_turn(sock, irp);
    if (turn == -EBUSY)
        return turn;
    afd_stop_sending(sock);
    return 0;
}

static void stop_done(struct engine_op *op, int64_t result)
{
    struct irp *irp = irp_from_op(op);
    struct afd_socket *sock = afd_socket_of(irp->file);
    if (result == 0 && (irp->minor & AFD_REUSES)) {
        atomic_store(&sock->no_receive, true);
        if (afd_wait_again(irp, sock, ENGINE_IN, drain_attempt, drain_done))
            return;
        result = -ECANCELED;
    }
    afd_end(irp, result == 0 ? STATUS_SUCCESS : afd_status((int)-result), irp->information);
}

bool afd_disconnect_after(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    atomic_store(&sock->no_send, true);
    return afd_wait_again(irp, sock, ENGINE_OUT, stop_attempt, stop_done);
}

int32_t afd_disconnect(struct irp *irp)
{
    struct afd_socket *sock = afd_socket_of(irp->file);
    if (!afd_is_stream(sock))
        return STATUS_NOT_SUPPORTED;
    if (afd_state(sock) != AFD_IS_CONNECTED)
        return STATUS_INVALID_CONNECTION;
    atomic_store(&sock->no_send, true);
    irp->op.attempt = stop_attempt;
    irp->op.done = stop_done;
    if (!(irp->minor & AFD_REUSES)) {
        int64_t result = engine_source_try(&sock->source, ENGINE_OUT, &irp->op);
        if (result != -EAGAIN)
            return result == 0 ? STATUS_SUCCESS : afd_status((int)-result);
    }
    return afd_pend(irp, ENGINE_OUT, 0);
}
