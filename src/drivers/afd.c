/* SPDX-License-Identifier: MIT */
/* The socket class: making and closing a socket, and the table that nt calls. A request is tried at
 * once on its thread (afd_transfer.c, afd_accept.c, afd_connect.c) and else waits on the socket's
 * engine source (afd_wait.c). Descriptors are ours from birth, so they are O_NONBLOCK; whether a
 * program's call blocks is a flag of the socket object. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "winerror.h"

#define WSA_STATUS(name) ((int32_t)(0xC0070000u | (uint32_t)WSA##name))

int32_t afd_status(int error)
{
    switch (error) {
    case 0:
        return STATUS_SUCCESS;
    case EAGAIN:
        return STATUS_DEVICE_NOT_READY;
    case ECANCELED:
        return STATUS_CANCELLED;
    case ECONNRESET:
    case EPIPE:
        return STATUS_CONNECTION_RESET;
    case ECONNABORTED:
        return STATUS_CONNECTION_ABORTED;
    case ECONNREFUSED:
        return STATUS_CONNECTION_REFUSED;
    case ETIMEDOUT:
        return STATUS_IO_TIMEOUT;
    case EHOSTUNREACH:
    case EHOSTDOWN:
        return STATUS_HOST_UNREACHABLE;
    case ENETUNREACH:
    case ENETDOWN:
        return STATUS_NETWORK_UNREACHABLE;
    case ENOTCONN:
    case EDESTADDRREQ:
        return STATUS_INVALID_CONNECTION;
    case EISCONN:
        return STATUS_CONNECTION_ACTIVE;
    case EADDRINUSE:
        return STATUS_ADDRESS_ALREADY_EXISTS;
    case EADDRNOTAVAIL:
        return STATUS_INVALID_ADDRESS_COMPONENT;
    case EMSGSIZE:
        return STATUS_INVALID_BUFFER_SIZE;
    case EFAULT:
        return STATUS_ACCESS_VIOLATION;
    case EACCES:
    case EPERM:
        return STATUS_ACCESS_DENIED;
    case EMFILE:
    case ENFILE:
        return STATUS_TOO_MANY_OPENED_FILES;
    case ENOMEM:
    case ENOBUFS:
        return STATUS_INSUFFICIENT_RESOURCES;
    case EOPNOTSUPP:
        return STATUS_NOT_SUPPORTED;
    case EAFNOSUPPORT:
        return WSA_STATUS(EAFNOSUPPORT);
    case EPROTONOSUPPORT:
        return WSA_STATUS(EPROTONOSUPPORT);
    case ESOCKTNOSUPPORT:
        return WSA_STATUS(ESOCKTNOSUPPORT);
    case EPROTOTYPE:
        return WSA_STATUS(EPROTOTYPE);
    case ENOPROTOOPT:
        return WSA_STATUS(ENOPROTOOPT);
    case EALREADY:
        return WSA_STATUS(EALREADY);
    case EBADF:
    case EOWNERDEAD:
        return STATUS_INVALID_HANDLE;
    case EIO:
        return STATUS_IO_DEVICE_ERROR;
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static int family_to_linux(int family)
{
    return family == AFD_IPV4 ? AF_INET : family == AFD_IPV6 ? AF_INET6 : -1;
}

struct afd_socket *afd_wrap(int fd, int family, int type, int protocol, uint32_t file_flags)
{
    struct file *file = file_create(&afd_driver, sizeof(struct afd_socket), file_flags);
    if (file == NULL) {
        close(fd);
        return NULL;
    }
    struct afd_socket *sock = afd_socket_of(file);
    engine_source_init(&sock->source, fd);
    sock->family = (uint16_t)family;
    sock->type = (uint8_t)type;
    sock->protocol = protocol;
    return sock;
}

int32_t afd_create(int family, int type, int protocol, bool overlapped, struct file **file)
{
    int linux_family = family_to_linux(family);
    if (linux_family < 0)
        return WSA_STATUS(EAFNOSUPPORT);
    if (type != AFD_STREAM && type != AFD_DATAGRAM)
        return WSA_STATUS(ESOCKTNOSUPPORT);
    int own = type == AFD_STREAM ? AFD_TCP : AFD_UDP;
    if (protocol != 0 && protocol != own)
        return protocol == AFD_TCP || protocol == AFD_UDP ? WSA_STATUS(EPROTOTYPE)
                                                          : WSA_STATUS(EPROTONOSUPPORT);
    int fd =
        socket(linux_family,
               (type == AFD_STREAM ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, own);
    if (fd < 0)
        return afd_status(errno);
    if (linux_family == AF_INET6) {
        int one = 1; /* Windows' default; Linux' is a system setting */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    }
    struct afd_socket *sock =
        afd_wrap(fd, linux_family, type, own, overlapped ? 0 : FILE_SYNCHRONOUS);
    if (sock == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    *file = &sock->file;
    return STATUS_SUCCESS;
}

void afd_replace_descriptor(struct afd_socket *sock, int fd)
{
    engine_source_close(&sock->source);
    lock_acquire(&sock->lock);
    int old = sock->source.fd;
    engine_source_init(&sock->source, fd);
    lock_release(&sock->lock);
    close(old);
    afd_watch_renew(sock);
}

void afd_stop_sending(struct afd_socket *sock)
{
    sock->shuts_later = false;
    shutdown(sock->source.fd,
             SHUT_WR); /* a connection that is gone already has nothing left to end */
}

int32_t afd_shutdown(struct file *file, int how)
{
    struct afd_socket *sock = afd_socket_of(file);
    if (how < SHUT_RD || how > SHUT_RDWR) /* the numbers are Windows' too */
        return STATUS_INVALID_PARAMETER;
    afd_connect_settle(sock);
    if (afd_state(sock) != AFD_IS_CONNECTED && afd_is_stream(sock))
        return STATUS_INVALID_CONNECTION;
    if (how != SHUT_RD) {
        atomic_store(&sock->no_send, true);
        lock_acquire(&sock->source.lock);
        if (list_empty(&sock->source.queue[ENGINE_OUT]) && sock->sending == NULL)
            afd_stop_sending(sock);
        else
            sock->shuts_later = true;
        lock_release(&sock->source.lock);
    }
    if (how != SHUT_WR) {
        atomic_store(&sock->no_receive, true);
        shutdown(sock->source.fd, SHUT_RD);
    }
    return STATUS_SUCCESS;
}

static int32_t afd_dispatch(struct irp *irp)
{
    switch ((enum afd_code)irp->code) {
    case AFD_RECEIVE:
        return afd_receive(irp);
    case AFD_SEND:
        return afd_send(irp);
    case AFD_ACCEPT:
        return afd_accept(irp);
    case AFD_ACCEPT_INTO:
        return afd_accept_into(irp);
    case AFD_CONNECT:
        return afd_connect(irp);
    case AFD_DISCONNECT:
        return afd_disconnect(irp);
    case AFD_SEND_FILE:
        return afd_send_file(irp);
    }
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* ReadFile and WriteFile: a receive and a send without flags. The offset means nothing here. */
static int32_t afd_read(struct irp *irp)
{
    irp->minor = 0;
    irp->driver[0] = NULL;
    return afd_receive(irp);
}

static int32_t afd_write(struct irp *irp)
{
    irp->minor = 0;
    irp->driver[0] = NULL;
    return afd_send(irp);
}

static int32_t afd_get(struct file *file, enum file_info info, void *data)
{
    if (info != INFO_DESCRIPTOR)
        return STATUS_INVALID_PARAMETER;
    *(int *)data = afd_socket_of(file)->source.fd;
    return STATUS_SUCCESS;
}

static void afd_cleanup(struct file *file)
{
    struct afd_socket *sock = afd_socket_of(file);
    afd_watch_stop(sock);
    afd_accept_abandon(sock);
    /* Threads in select and WSAPoll sleep on the descriptor itself. And a port is free when its listener's last handle is closed,
     * although a thread that completes an accept may still hold the file for a moment. */
    if (atomic_load(&sock->pollers) != 0 || afd_state(sock) == AFD_IS_LISTENING)
        shutdown(sock->source.fd, SHUT_RDWR);
}

/* The connection ends as the linger option says; with unread data it is reset, as on Windows. */
static void afd_close(struct file *file)
{
    struct afd_socket *sock = afd_socket_of(file);
    engine_source_close(&sock->source);
    if (atomic_load(&sock->cut)) {
        struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(sock->source.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(sock->source.fd);
}

const struct driver afd_driver = {
    .name = "afd",
    .kind = FILE_KIND_PIPE,
    .dispatch = {[IRP_READ] = afd_read, [IRP_WRITE] = afd_write, [IRP_SOCKET] = afd_dispatch},
    .get = afd_get,
    .cleanup = afd_cleanup,
    .close = afd_close,
};
