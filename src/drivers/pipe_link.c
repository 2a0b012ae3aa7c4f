/* SPDX-License-Identifier: MIT */
/* A connection's life at both ends: made, accepted, ended, freed. pipe_connect.c finds the other
 * end, and pipe_transfer.c moves the bytes. */
#include "drivers/pipe_link.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/pipe_connect.h"

struct pipe_link *pipe_link_new(bool server, bool message, struct pipe_shared *shared)
{
    struct pipe_link *link = aligned_alloc(_Alignof(struct pipe_link), sizeof *link);
    if (link == NULL)
        return NULL;
    *link = (struct pipe_link){.server = server, .message = message, .shared = shared};
    link->quota = server ? shared->out_size : shared->in_size;
    link->source.fd = link->listener.fd = -1;
    atomic_init(&link->references, 1);
    link->out = server ? &shared->to_client : &shared->to_server;
    link->in = server ? &shared->to_server : &shared->to_client;
    if (message && (link->spill = malloc(PIPE_FRAGMENT_MAX)) == NULL) {
        free(link);
        return NULL;
    }
    return link;
}

/* The kernel counts hundreds of bytes of bookkeeping for each small write, so the socket gets as
 * much room as an unprivileged process may ask for; the quota itself is kept in pipe_transfer.c. */
void pipe_link_size_buffer(struct pipe_link *link)
{
    enum { ROOM = 4 << 20, MOST = 1 << 27 };
    int size = link->quota <= ROOM / 2  ? ROOM
               : link->quota < MOST / 2 ? (int)link->quota * 2
                                        : MOST;
    if (size == ROOM ||
        setsockopt(link->source.fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) < 0)
        setsockopt(link->source.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static void page_release(struct pipe_link *link)
{
    if (link->private_page && atomic_fetch_add(&link->shared->ends_gone, 1) == 0)
        return;
    munmap(link->shared, PIPE_PAGE_BYTES);
}

void pipe_link_release(struct pipe_link *link)
{
    if (atomic_fetch_sub_explicit(&link->references, 1, memory_order_acq_rel) != 1)
        return;
    if (atomic_load(&link->phase) == PIPE_LISTENING)
        pipe_link_end(link, false);
    if (link->source.fd >= 0) {
        engine_source_close(&link->source);
        close(link->source.fd);
    }
    page_release(link);
    free(link->spill);
    free(link);
}

bool pipe_link_listen_enter(struct pipe_link *link)
{
    lock_acquire(&link->lock);
    bool listening = atomic_load(&link->phase) == PIPE_LISTENING;
    if (listening)
        link->listen_users++;
    lock_release(&link->lock);
    return listening;
}

void pipe_link_listen_leave(struct pipe_link *link)
{
    lock_acquire(&link->lock);
    bool last = --link->listen_users == 0;
    lock_release(&link->lock);
    if (!last)
        return;
    engine_source_close(&link->listener);
    close(link->listener.fd);
}

/* LISTENING -> CONNECTED, under lock. */
static int accept_client(struct pipe_link *link)
{
    int fd;
    while ((fd = accept4(link->listener.fd, NULL, NULL, SOCK_CLOEXEC)) < 0)
        if (errno != EINTR && errno != ECONNABORTED)
            return -errno;
    engine_source_init(&link->source, fd);
    pipe_link_size_buffer(link);
    pipe_unpublish(link);
    atomic_store_explicit(&link->phase, PIPE_CONNECTED, memory_order_release);
    return 0;
}

static int accept_or_phase(struct pipe_link *link, bool *accepted)
{
    *accepted = false;
    uint8_t phase = atomic_load(&link->phase);
    if (phase != PIPE_LISTENING)
        return phase == PIPE_CONNECTED ? 0 : -ENOTCONN;
    int error = accept_client(link);
    *accepted = error == 0;
    return error;
}

int pipe_link_accept_inside(struct pipe_link *link)
{
    bool accepted;
    lock_acquire(&link->lock);
    int error = accept_or_phase(link, &accepted);
    if (accepted)
        link->listen_users--; /* the phase's; the request that attempts has its own */
    lock_release(&link->lock);
    return error;
}

int pipe_link_accept(struct pipe_link *link)
{
    bool accepted;
    lock_acquire(&link->lock);
    int error = accept_or_phase(link, &accepted);
    lock_release(&link->lock);
    if (accepted) {
        engine_source_kick(&link->listener);
        pipe_link_listen_leave(link);
    }
    return error;
}

void pipe_link_end(struct pipe_link *link, bool disconnect)
{
    lock_acquire(&link->lock);
    uint8_t phase = atomic_load(&link->phase);
    if (disconnect)
        atomic_store(&link->shared->disconnected, 1);
    if (phase == PIPE_LISTENING || disconnect)
        atomic_store(&link->phase, PIPE_ENDED);
    lock_release(&link->lock);
    if (phase == PIPE_LISTENING) {
        pipe_unpublish(link);
        engine_source_kick(&link->listener);
        pipe_link_listen_leave(link);
    } else if (phase == PIPE_CONNECTED && disconnect) {
        shutdown(link->source.fd, SHUT_RDWR); /* wakes the client, which looks at the page first */
        engine_source_kick(&link->source);
    }
}

bool pipe_link_is_broken(struct pipe_link *link)
{
    struct pollfd poller = {.fd = link->source.fd, .events = POLLRDHUP};
    return poll(&poller, 1, 0) == 1 && (poller.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0;
}

void pipe_link_processes(struct pipe_link *link, uint32_t *client, uint32_t *server)
{
    struct ucred other = {0};
    socklen_t length = sizeof other;
    if (getsockopt(link->source.fd, SOL_SOCKET, SO_PEERCRED, &other, &length) < 0)
        other.pid = 0;
    *client = (uint32_t)(link->server ? other.pid : getpid());
    *server = (uint32_t)(link->server ? getpid() : other.pid);
}
