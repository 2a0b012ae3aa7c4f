/* SPDX-License-Identifier: MIT */
/* WSAEventSelect: a watch records network events and sets an event object. It has a source of its
 * own, on a duplicate of the descriptor, so that it stands in nobody's queue. An event is recorded
 * once and then again only after the program made the call that allows it (a receive for READ, an
 * accept for ACCEPT, a send that would block for WRITE), as documented. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct afd_watch {
    struct engine_source source;
    struct engine_op op[2]; /* by direction: queued all the time, one `done` for each event */
    struct afd_socket *sock;
    struct object *event;
    struct dispatcher *signal;
    uint32_t interest;
    _Atomic uint32_t users; /* the socket, and each queued op */
    _Atomic bool stopped;
    struct lock lock; /* guards what follows */
    uint32_t allowed; /* events that may be recorded */
    uint32_t recorded;
    int32_t statuses[AFD_EVENT_COUNT];
};

static void watch_drop(struct afd_watch *watch)
{
    if (atomic_fetch_sub(&watch->users, 1) != 1)
        return;
    engine_source_close(&watch->source);
    close(watch->source.fd);
    object_dereference(watch->event);
    object_dereference(&watch->sock->file.object);
    free(watch);
}

static uint32_t event_index(uint32_t event)
{
    return (uint32_t)__builtin_ctz(event);
}

/* FD_CLOSE comes when all data has been read, or at once to who does not ask for data. */
static uint32_t watch_see_end(struct afd_watch *watch, int32_t *status)
{
    int unread = 0, error = 0;
    socklen_t length = sizeof error;
    if ((watch->interest & AFD_EVENT_READ) && ioctl(watch->source.fd, FIONREAD, &unread) == 0 &&
        unread > 0)
        return AFD_EVENT_READ;
    if (getsockopt(watch->source.fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0)
        *status = afd_failure(watch->sock, error);
    else
        *status = atomic_load(&watch->sock->failure);
    return AFD_EVENT_CLOSE;
}

static uint32_t watch_see_connect(struct afd_watch *watch, int32_t *status)
{
    struct afd_socket *sock = watch->sock;
    afd_connect_settle(sock);
    uint8_t state = afd_state(sock);
    if (state == AFD_IS_CONNECTING)
        return 0; /* it goes on, or its request has not noted the end yet and will say so */
    if (state == AFD_IS_CONNECTED)
        return AFD_EVENT_CONNECT | AFD_EVENT_WRITE;
    *status = afd_status(atomic_load(&sock->soft_error));
    return AFD_EVENT_CONNECT;
}

/* What there is to see now; `status` belongs to CLOSE or CONNECT. */
static uint32_t watch_see(struct afd_watch *watch, int32_t *status)
{
    struct afd_socket *sock = watch->sock;
    struct pollfd item = {.fd = watch->source.fd, .events = POLLIN | POLLPRI | POLLRDHUP | POLLOUT};
    if (poll(&item, 1, 0) < 1)
        return 0;
    bool ends = item.revents & (POLLRDHUP | POLLHUP | POLLERR);
    uint32_t events = item.revents & POLLOUT ? AFD_EVENT_WRITE : 0;
    switch (afd_state(sock)) {
    case AFD_IS_LISTENING:
        return item.revents & POLLIN ? AFD_EVENT_ACCEPT : 0;
    case AFD_IS_CONNECTING:
        return item.revents & (POLLOUT | POLLERR | POLLHUP) ? watch_see_connect(watch, status) : 0;
    case AFD_IS_CONNECTED:
        break;
    default:
        if (afd_is_stream(sock))
            return 0;
    }
    if (item.revents & POLLPRI)
        events |= AFD_EVENT_OOB;
    if (afd_is_stream(sock) && ends)
        events |= watch_see_end(watch, status);
    else if (item.revents & POLLIN)
        events |= AFD_EVENT_READ;
    return events;
}

/* Which of it is news, as a positive result; -EAGAIN waits on. The state of the connect is looked
 * at under the socket's own source lock, so this one is not held by who calls into the watch. */
static int64_t watch_attempt(struct engine_op *op)
{
    struct afd_watch *watch = container_of(op, struct afd_watch, op[op->code]);
    int32_t status = STATUS_SUCCESS;
    uint32_t seen = watch_see(watch, &status);
    lock_acquire(&watch->lock);
    uint32_t news = seen & watch->allowed;
    watch->allowed &= ~news;
    watch->recorded |= news;
    if (news & AFD_EVENT_CLOSE)
        watch->statuses[event_index(AFD_EVENT_CLOSE)] = status;
    if (news & AFD_EVENT_CONNECT)
        watch->statuses[event_index(AFD_EVENT_CONNECT)] = status;
    lock_release(&watch->lock);
    return news != 0 ? (int64_t)news : -EAGAIN;
}

static void watch_done(struct engine_op *op, int64_t result)
{
    struct afd_watch *watch = container_of(op, struct afd_watch, op[op->code]);
    if (result > 0) {
        dispatcher_set(watch->signal);
        op->state = 0; /* before the look at `stopped`: who stops later cancels this op */
        if (!atomic_load(&watch->stopped)) {
            engine_source_submit(&watch->source, (enum engine_direction)op->code, op);
            return;
        }
    }
    watch_drop(watch); /* stopped, or the engine cannot watch it */
}

static struct afd_watch *watch_new(struct afd_socket *sock, struct object *event,
                                   struct dispatcher *signal, uint32_t interest)
{
    struct afd_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    int fd = fcntl(sock->source.fd, F_DUPFD_CLOEXEC, 0);
    engine_source_init(&watch->source, fd);
    if (fd < 0 || engine_source_register(&watch->source) != 0) {
        if (fd >= 0)
            close(fd);
        free(watch);
        return NULL;
    }
    object_reference(event);
    object_reference(
        &sock->file.object); /* ends at the latest with the last handle: afd_watch_stop */
    watch->sock = sock;
    watch->event = event;
    watch->signal = signal;
    watch->interest = watch->allowed = interest;
    atomic_init(&watch->users, 3);
    return watch;
}

/* The socket's watch, held; or NULL. */
static struct afd_watch *watch_hold(struct afd_socket *sock)
{
    lock_acquire(&sock->lock);
    struct afd_watch *watch = atomic_load(&sock->watch);
    if (watch != NULL)
        atomic_fetch_add(&watch->users, 1);
    lock_release(&sock->lock);
    return watch;
}

void afd_watch_stop(struct afd_socket *sock)
{
    lock_acquire(&sock->lock);
    struct afd_watch *watch = atomic_exchange(&sock->watch, NULL);
    lock_release(&sock->lock);
    if (watch == NULL)
        return;
    atomic_store(&watch->stopped, true);
    for (int direction = 0; direction < 2; direction++)
        if (engine_source_cancel(&watch->source, &watch->op[direction]))
            watch_drop(watch);
    watch_drop(watch);
}

static int32_t watch_begin(struct afd_socket *sock, struct object *event, struct dispatcher *signal,
                           uint32_t interest)
{
    struct afd_watch *watch = watch_new(sock, event, signal, interest);
    if (watch == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    atomic_fetch_add(&watch->users, 1); /* ours, until both ops are on their way */
    lock_acquire(&sock->lock);
    atomic_store(&sock->watch, watch);
    lock_release(&sock->lock);
    for (uint8_t direction = 0; direction < 2; direction++) {
        struct engine_op *op = &watch->op[direction];
        op->code = direction;
        op->attempt = watch_attempt;
        op->done = watch_done;
        engine_source_submit(&watch->source, (enum engine_direction)direction, op);
    }
    watch_drop(watch);
    return STATUS_SUCCESS;
}

int32_t afd_watch(struct file *file, struct object *event, struct dispatcher *signal,
                  uint32_t interest)
{
    struct afd_socket *sock = afd_socket_of(file);
    afd_watch_stop(sock);
    atomic_store(&sock->nonblocking, true);
    if (event == NULL || interest == 0)
        return STATUS_SUCCESS;
    return watch_begin(sock, event, signal, interest);
}

int32_t afd_watch_take(struct file *file, uint32_t *events, int32_t statuses[AFD_EVENT_COUNT])
{
    struct afd_watch *watch = watch_hold(afd_socket_of(file));
    *events = 0;
    memset(statuses, 0, AFD_EVENT_COUNT * sizeof *statuses);
    if (watch == NULL)
        return STATUS_SUCCESS;
    lock_acquire(&watch->lock);
    *events = watch->recorded;
    watch->recorded = 0;
    memcpy(statuses, watch->statuses, sizeof watch->statuses);
    memset(watch->statuses, 0, sizeof watch->statuses);
    lock_release(&watch->lock);
    watch_drop(watch);
    return STATUS_SUCCESS;
}

void afd_watch_rearm(struct afd_socket *sock, uint32_t events)
{
    struct afd_watch *watch = watch_hold(sock);
    if (watch == NULL)
        return;
    lock_acquire(&watch->lock);
    watch->allowed |= events & watch->interest;
    lock_release(&watch->lock);
    engine_source_kick(&watch->source);
    watch_drop(watch);
}

void afd_watch_inherit(struct afd_socket *sock, struct afd_socket *listener)
{
    struct afd_watch *watch = watch_hold(listener);
    if (watch == NULL)
        return;
    /* Without memory the new socket has no events: the program sees that when it selects them
     * itself. */
    watch_begin(sock, watch->event, watch->signal, watch->interest);
    watch_drop(watch);
}

void afd_watch_renew(struct afd_socket *sock)
{
    struct afd_watch *watch = watch_hold(sock);
    if (watch == NULL)
        return;
    afd_watch_stop(sock);
    watch_begin(sock, watch->event, watch->signal, watch->interest);
    watch_drop(watch);
}
