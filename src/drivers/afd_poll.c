/* SPDX-License-Identifier: MIT */
/* select and WSAPoll below their faces: one poll(2) on the descriptors of the sockets. A thread
 * that sleeps here does not lead the engine; requests that pend go on without it. */
#include "drivers/afd_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "base/futex.h"

enum { POLL_ON_STACK = 64 };

static void polled_ask(const struct afd_polled *entry, struct pollfd *item)
{
    struct afd_socket *sock = afd_socket_of(entry->file);
    lock_acquire(&sock->lock);
    item->fd = sock->source.fd;
    lock_release(&sock->lock);
    item->events = (short)((entry->in ? POLLIN | POLLRDHUP : 0) | (entry->out ? POLLOUT : 0) |
                           (entry->urgent ? POLLPRI : 0));
    /* A socket that is only open says POLLHUP on Linux at once; on Windows it says nothing. */
    uint8_t state = afd_state(sock);
    if (afd_is_stream(sock) && (state == AFD_IS_OPEN || state == AFD_IS_ACCEPTING) &&
        atomic_load(&sock->soft_error) == 0)
        item->fd = -1;
    item->revents = 0;
}

static bool polled_answer(struct afd_polled *entry, struct pollfd *item)
{
    struct afd_socket *sock = afd_socket_of(entry->file);
    short found = item->revents;
    bool connecting = atomic_load(&sock->unattended) || atomic_load(&sock->soft_error) != 0;
    entry->closed = atomic_load(&sock->file.flags) & FILE_CLEANED;
    entry->failed = found & POLLERR;
    entry->hung_up = found & (POLLHUP | POLLRDHUP);
    entry->has_urgent = found & POLLPRI;
    entry->connect_failed = connecting && (found & (POLLERR | POLLHUP));
    entry->readable = !entry->connect_failed && (found & (POLLIN | POLLRDHUP | POLLHUP | POLLERR));
    entry->writable = !entry->connect_failed && (found & (POLLOUT | POLLHUP | POLLERR));
    if ((found & POLLOUT) && !entry->connect_failed)
        afd_connect_settle(sock);
    if (entry->closed || (entry->in && entry->readable) || (entry->out && entry->writable) ||
        (entry->urgent && (entry->has_urgent || entry->connect_failed)) ||
        (entry->ends && (entry->failed || entry->hung_up)))
        return true;
    if (found != 0)
        item->fd = -1; /* poll always tells of errors and ends: nobody asked this entry for them */
    return false;
}

/* poll until the deadline; signals do not end it. */
static int poll_until(struct pollfd *items, uint32_t count, uint64_t deadline_ns)
{
    for (;;) {
        struct timespec rest, *limit = NULL;
        if (deadline_ns != FUTEX_NO_DEADLINE) {
            uint64_t now = clock_now_ns();
            uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
            rest = (struct timespec){.tv_sec = (time_t)(left / 1000000000),
                                     .tv_nsec = (long)(left % 1000000000)};
            limit = &rest;
        }
        int found = ppoll(items, count, limit, NULL);
        if (found >= 0)
            return found;
        if (errno != EINTR)
            return -errno;
    }
}

static int poll_round(struct afd_polled *entries, struct pollfd *items, uint32_t count,
                      uint64_t deadline_ns)
{
    for (uint32_t i = 0; i < count; i++)
        if (atomic_load(&entries[i].file->flags) & FILE_CLEANED)
            deadline_ns = 0; /* closed before its closer could see us */
    int found = poll_until(items, count, deadline_ns);
    if (found < 0)
        return found;
    int answers = 0;
    for (uint32_t i = 0; i < count; i++)
        answers += polled_answer(&entries[i], &items[i]);
    return answers;
}

int afd_poll(struct afd_polled *entries, uint32_t count, int64_t timeout_ns)
{
    struct pollfd stack[POLL_ON_STACK], *items = stack;
    uint64_t deadline_ns =
        timeout_ns < 0 ? FUTEX_NO_DEADLINE : clock_deadline_ns((uint64_t)timeout_ns);
    if (count > POLL_ON_STACK && (items = malloc(count * sizeof *items)) == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        atomic_fetch_add(&afd_socket_of(entries[i].file)->pollers, 1);
        polled_ask(&entries[i], &items[i]);
    }
    int answers;
    do
        answers = poll_round(entries, items, count, deadline_ns);
    while (answers == 0 && clock_now_ns() < deadline_ns);
    for (uint32_t i = 0; i < count; i++)
        atomic_fetch_sub(&afd_socket_of(entries[i].file)->pollers, 1);
    if (items != stack)
        free(items);
    return answers;
}
