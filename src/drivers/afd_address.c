/* SPDX-License-Identifier: MIT */
/* Addresses: between the bytes that programs see and Linux' structures (only the family number of
 * IPv6 differs), and the calls that only name: bind, listen, getsockname, getpeername. Where Linux
 * would bind by itself, Windows refuses: listen needs a bound socket, getsockname too. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <string.h>

#include "base/futex.h"
#include "winerror.h"

#define WSA_STATUS(name) ((int32_t)(0xC0070000u | (uint32_t)WSA##name))

int32_t afd_address_read(struct afd_address *address, const void *bytes, int32_t length, int family)
{
    uint16_t seen;
    size_t size = family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
    if (bytes == NULL || length < (int32_t)size)
        return STATUS_ACCESS_VIOLATION; /* WSAEFAULT, also for an address that is too short */
    memcpy(&seen, bytes, sizeof seen);
    if (seen != (family == AF_INET6 ? AFD_IPV6 : AFD_IPV4))
        return WSA_STATUS(EAFNOSUPPORT);
    memcpy(&address->any, bytes, size);
    address->any.sa_family = (sa_family_t)family;
    address->length = (socklen_t)size;
    return STATUS_SUCCESS;
}

int32_t afd_address_write(const struct afd_address *address, void *bytes, int32_t room)
{
    struct afd_address seen = *address;
    seen.any.sa_family = address->any.sa_family == AF_INET6 ? AFD_IPV6 : AFD_IPV4;
    if (room > (int32_t)address->length)
        room = (int32_t)address->length;
    if (room > 0)
        memcpy(bytes, &seen.any, (size_t)room);
    return (int32_t)address->length;
}

static int bind_now(struct afd_socket *sock, const struct afd_address *address)
{
    return bind(sock->source.fd, &address->any, address->length) == 0 ? 0 : errno;
}

static void reuse_set(struct afd_socket *sock, int on)
{
    setsockopt(sock->source.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

/* On Windows a closed connection in TIME_WAIT does not keep its port from a new socket; on Linux
 * only SO_REUSEADDR says so. It is given where the plain bind failed, which still fails beside a
 * socket that lives: that one is listening, or was bound without it. */
static int bind_stream(struct afd_socket *sock, const struct afd_address *address)
{
    int error = bind_now(sock, address);
    if (error != EADDRINUSE || sock->exclusive || sock->reuse)
        return error;
    reuse_set(sock, 1);
    error = bind_now(sock, address);
    reuse_set(sock, 0);
    return error;
}

int32_t afd_bind(struct file *file, const void *bytes, int32_t length)
{
    struct afd_socket *sock = afd_socket_of(file);
    struct afd_address address;
    int32_t status = afd_address_read(&address, bytes, length, sock->family);
    if (status != STATUS_SUCCESS)
        return status;
    if (atomic_load(&sock->bound) || afd_state(sock) != AFD_IS_OPEN)
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&sock->lock);
    int error = afd_is_stream(sock) ? bind_stream(sock, &address) : bind_now(sock, &address);
    lock_release(&sock->lock);
    if (error == 0)
        atomic_store(&sock->bound, true);
    return afd_status(error);
}

int32_t afd_listen(struct file *file, int backlog)
{
    struct afd_socket *sock = afd_socket_of(file);
    uint8_t state = afd_state(sock);
    if (!afd_is_stream(sock))
        return STATUS_NOT_SUPPORTED;
    if (state == AFD_IS_CONNECTED || state == AFD_IS_CONNECTING)
        return STATUS_CONNECTION_ACTIVE;
    if (!atomic_load(&sock->bound) || state == AFD_IS_ACCEPTING)
        return STATUS_INVALID_PARAMETER;
    if (backlog < 0)
        backlog = -backlog; /* SOMAXCONN_HINT(n) is -n */
    lock_acquire(&sock->lock);
    /* From here on a second bind is refused because this one listens; the option goes over to the
     * accepted connections, so that a restarted server finds the port free of their TIME_WAIT. */
    if (!sock->exclusive)
        reuse_set(sock, 1);
    int error = listen(sock->source.fd, backlog) == 0 ? 0 : errno;
    lock_release(&sock->lock);
    if (error != 0)
        return afd_status(error);
    afd_set_state(sock, AFD_IS_LISTENING);
    afd_watch_renew(sock);
    return STATUS_SUCCESS;
}

int32_t afd_name(struct file *file, bool peer, void *bytes, int32_t *length)
{
    struct afd_socket *sock = afd_socket_of(file);
    struct afd_address address = {.length = sizeof address.v6};
    afd_connect_settle(sock);
    if (peer && afd_state(sock) != AFD_IS_CONNECTED)
        return STATUS_INVALID_CONNECTION;
    if (!peer && !atomic_load(&sock->bound))
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&sock->lock);
    int fd = sock->source.fd;
    int failed = peer ? getpeername(fd, &address.any, &address.length)
                      : getsockname(fd, &address.any, &address.length);
    int error = failed ? errno : 0;
    lock_release(&sock->lock);
    if (error == ENOTCONN && sock->remote.length != 0) {
        address =
            sock->remote; /* the connection has ended since; Windows still knows whose it was */
        error = 0;
    }
    if (error != 0)
        return afd_status(error);
    if (*length < (int32_t)address.length)
        return STATUS_ACCESS_VIOLATION;
    *length = afd_address_write(&address, bytes, *length);
    return STATUS_SUCCESS;
}

int32_t afd_dissociate(struct file *file)
{
    struct afd_socket *sock = afd_socket_of(file);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    if (afd_is_stream(sock))
        return STATUS_INVALID_ADDRESS_COMPONENT;
    if (connect(sock->source.fd, &none, sizeof none) != 0)
        return afd_status(errno);
    afd_set_state(sock, AFD_IS_OPEN);
    return STATUS_SUCCESS;
}
