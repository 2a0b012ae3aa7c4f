/* SPDX-License-Identifier: MIT */
/* What the files of the socket class share: the socket itself, with Linux types. */
#ifndef DRIVERS_AFD_SOCKET_H
#define DRIVERS_AFD_SOCKET_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "drivers/afd.h"

/* The usual receive and send. Not by libc's functions: as cancellation points they cost two atomic operations for each call
 * in a process with threads. Under a sanitizer they do go that way, so that its interceptors see the memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static inline ssize_t afd_receive_bytes(int fd, void *buffer, size_t length, int flags)
{
    return recv(fd, buffer, length, flags);
}

static inline ssize_t afd_send_bytes(int fd, const void *buffer, size_t length, int flags)
{
    return send(fd, buffer, length, flags);
}
#else
static inline ssize_t afd_receive_bytes(int fd, void *buffer, size_t length, int flags)
{
    return syscall(SYS_recvfrom, fd, buffer, length, flags, NULL, NULL);
}

static inline ssize_t afd_send_bytes(int fd, const void *buffer, size_t length, int flags)
{
    return syscall(SYS_sendto, fd, buffer, length, flags, NULL, 0L);
}
#endif

enum afd_state {
    AFD_IS_OPEN,
    AFD_IS_ACCEPTING, /* an AFD_ACCEPT_INTO names it */
    AFD_IS_CONNECTING,
    AFD_IS_CONNECTED, /* a datagram socket: has an address to send to */
    AFD_IS_LISTENING,
};

struct afd_address {
    socklen_t length;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    };
};

struct afd_watch;

struct afd_socket {
    struct file file;
    struct engine_source source;
    _Atomic uint8_t state; /* enum afd_state */
    uint8_t type;          /* AFD_STREAM, AFD_DATAGRAM */
    uint16_t family;       /* Linux' */
    int protocol;
    _Atomic bool nonblocking;
    _Atomic bool bound;
    _Atomic bool no_receive, no_send; /* shut down on this side */
    _Atomic bool cut;                 /* a send was cancelled half done: see afd_transfer.c */
    const struct irp *sending;        /* under source.lock: the stream send that is half done */
    bool others_wait;                 /* under source.lock: a send found it was not its turn */
    _Atomic bool ignores_unreachable; /* SIO_UDP_CONNRESET was set to FALSE */
    bool reuse, exclusive;
    bool was_used;              /* DisconnectEx made it as new: ConnectEx asks for no bind */
    _Atomic bool unattended;    /* a connect is on its way that no request waits for */
    bool shuts_later;           /* under source.lock: shut down behind the last queued send */
    _Atomic int32_t failure;    /* the status that ended the connection, kept for later calls */
    _Atomic int32_t soft_error; /* an errno that a look at the connect took from the kernel */
    _Atomic uint32_t receive_timeout_ms, send_timeout_ms;
    _Atomic uint64_t connected_ns; /* CLOCK_MONOTONIC */
    struct afd_address remote;     /* where a connect is going */
    _Atomic(struct afd_watch *) watch;
    _Atomic uint32_t pollers; /* threads that sleep in poll with the descriptor */
    struct lock lock;     /* guards what follows, the descriptor against its exchange, options */
    struct irp *acceptor; /* the request behind AFD_IS_ACCEPTING */
};

static inline struct afd_socket *afd_socket_of(struct file *file)
{
    return container_of(file, struct afd_socket, file);
}

static inline bool afd_is_stream(const struct afd_socket *sock)
{
    return sock->type == AFD_STREAM;
}

static inline uint8_t afd_state(const struct afd_socket *sock)
{
    return atomic_load_explicit(&sock->state, memory_order_acquire);
}

static inline void afd_set_state(struct afd_socket *sock, enum afd_state state)
{
    atomic_store_explicit(&sock->state, (uint8_t)state, memory_order_release);
}

/* A socket object round a descriptor, which it takes over also when it fails. */
struct afd_socket *afd_wrap(int fd, int family, int type, int protocol, uint32_t file_flags);

/* The socket gets another descriptor, and closes the old one. It has no requests. */
void afd_replace_descriptor(struct afd_socket *sock, int fd);

/* ---- Requests
 * -------------------------------------------------------------------------------------------- */

/* A non-blocking call looks at the kernel's state, which select showed to the program: what the
 * engine knows of it may be older while nothing pends. */
int64_t afd_try_now(struct irp *irp, struct afd_socket *sock, enum engine_direction direction);

/* The first try of a request whose attempt and done are set. */
static inline int64_t afd_try(struct irp *irp, struct afd_socket *sock,
                              enum engine_direction direction)
{
    if (__builtin_expect(atomic_load_explicit(&sock->nonblocking, memory_order_relaxed), 0) &&
        (irp->flags & IRP_SYNCHRONOUS))
        return afd_try_now(irp, sock, direction);
    return engine_source_try(&sock->source, direction, &irp->op);
}

/* Makes the request pending and queues its op (attempt and done are set). Returns STATUS_PENDING.
 * The end comes by op.done; a cancel or time-out calls it with -ECANCELED. */
int32_t afd_pend(struct irp *irp, enum engine_direction direction, uint32_t timeout_ms);

/* The same, but refuses to wait where a synchronous request meets a non-blocking socket. */
int32_t afd_wait(struct irp *irp, enum engine_direction direction, uint32_t timeout_ms);

/* Gives a pended request on to its next stage, from its `done`: another attempt and done, on
 * `sock`'s source. false: it was cancelled; the caller ends it. */
bool afd_wait_again(struct irp *irp, struct afd_socket *sock, enum engine_direction direction,
                    int64_t (*attempt)(struct engine_op *),
                    void (*done)(struct engine_op *, int64_t));

/* In the `done` of a stage on another socket than irp->file: cancels leave that one alone from here
 * on. */
void afd_leave_other(struct irp *irp);

/* Ends a pended request. */
void afd_end(struct irp *irp, int32_t status, uint64_t information);

/* What an errno of a socket call means. */
int32_t afd_status(int error);

/* The same for a transfer on a connection: remembers what ended it. */
int32_t afd_failure(struct afd_socket *sock, int error);

int32_t afd_receive(struct irp *irp);
int32_t afd_send(struct irp *irp);
int32_t afd_accept(struct irp *irp);
int32_t afd_accept_into(struct irp *irp);
int32_t afd_connect(struct irp *irp);
int32_t afd_disconnect(struct irp *irp);
int32_t afd_send_file(struct irp *irp);

/* A copy of the caller's description for a request that goes on without it. */
bool afd_transfer_keep(struct irp *irp);

/* The described buffers behind what has been moved; `vector` is room for AFD_VECTOR_MAX. */
enum { AFD_VECTOR_MAX = 64 };
void afd_message_fill(struct msghdr *message, const struct irp *irp, struct iovec *vector);

int32_t afd_receive_result(struct irp *irp, struct afd_socket *sock, int64_t result);

/* A send as a stage of another request. */
int64_t afd_send_attempt(struct engine_op *op);
void afd_send_done(struct engine_op *op, int64_t result);

/* For attempts that send, under source.lock: 0, or -errno why not now; then what came of it, which
 * it returns. */
int afd_send_turn(struct afd_socket *sock, const struct irp *irp);
int64_t afd_send_note(struct afd_socket *sock, struct irp *irp, int64_t result);
/* A send that pended, or began, has ended: the others' turn. */
void afd_send_finish(struct afd_socket *sock, const struct irp *irp, int64_t result);

/* The disconnect as a pended request's last stage. false: it was cancelled; the caller ends it. */
bool afd_disconnect_after(struct irp *irp);

/* Shuts the sending side down now. Under source.lock, or where no send is queued. */
void afd_stop_sending(struct afd_socket *sock);

/* The socket's last handle is gone: an accept into it will not come. */
void afd_accept_abandon(struct afd_socket *sock);

/* A connect that nobody waits for (non-blocking) may have ended: looks, and notes what it finds. */
void afd_connect_settle(struct afd_socket *sock);

/* ---- Addresses
 * ------------------------------------------------------------------------------------------- */

/* From and to the bytes that programs see. */
int32_t afd_address_read(struct afd_address *address, const void *bytes, int32_t length,
                         int family);
/* Writes at most `room` bytes; returns the full length. */
int32_t afd_address_write(const struct afd_address *address, void *bytes, int32_t room);

/* ---- Events
 * -----------------------------------------------------------------------------------------------
 */

/* The program made a call that allows `events` to be recorded again. */
void afd_watch_rearm(struct afd_socket *sock, uint32_t events);
void afd_watch_stop(struct afd_socket *sock);
/* An accepted socket has its listener's events. */
void afd_watch_inherit(struct afd_socket *sock, struct afd_socket *listener);
/* The same events on the descriptor that the socket has now. */
void afd_watch_renew(struct afd_socket *sock);

static inline void afd_allow(struct afd_socket *sock, uint32_t events)
{
    if (__builtin_expect(atomic_load_explicit(&sock->watch, memory_order_relaxed) != NULL, 0))
        afd_watch_rearm(sock, events);
}

#endif
