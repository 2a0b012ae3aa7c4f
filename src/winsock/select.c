/* SPDX-License-Identifier: MIT */
/* select and WSAPoll. An fd_set is an array of SOCKETs with a count; programs may compile it with
 * any FD_SETSIZE, so the count alone says how long it is. */
#include "winsock/winsock.h"

#include <stdlib.h>
#include <string.h>

enum { ENTRIES_ON_STACK = 64, POLL_IN = POLLRDNORM | POLLRDBAND };

int WSAAPI __WSAFDIsSet(SOCKET s, fd_set *set)
{
    for (u_int i = 0; i < set->fd_count; i++)
        if (set->fd_array[i] == s)
            return 1;
    return 0;
}

struct polling {
    struct afd_polled stack[ENTRIES_ON_STACK], *entries;
    uint32_t count;
};

static bool polling_begin(struct polling *polling, size_t room)
{
    polling->entries = polling->stack;
    polling->count = 0;
    if (room > ENTRIES_ON_STACK)
        polling->entries = malloc(room * sizeof *polling->entries);
    if (polling->entries != NULL)
        return true;
    winsock_fail(WSAENOBUFS);
    return false;
}

static void polling_end(struct polling *polling)
{
    for (uint32_t i = 0; i < polling->count; i++)
        object_dereference(&polling->entries[i].file->object);
    if (polling->entries != polling->stack)
        free(polling->entries);
}

/* Sleeps; the port that this thread came from counts it as blocked. */
static int polling_run(struct polling *polling, int64_t timeout_ns)
{
    struct thread *self = thread_self();
    if (timeout_ns != 0)
        port_thread_blocks(self);
    int found = afd_poll(polling->entries, polling->count, timeout_ns);
    if (timeout_ns != 0)
        port_thread_resumes(self);
    return found < 0 ? winsock_fail(WSAENOBUFS) : found;
}

/* ---- select
 * ---------------------------------------------------------------------------------------------------
 */

static bool set_add(struct polling *polling, const fd_set *set, const struct afd_polled *asked)
{
    for (u_int i = 0; set != NULL && i < set->fd_count; i++) {
        struct file *file = socket_reference(set->fd_array[i]);
        if (file == NULL)
            return false;
        polling->entries[polling->count] = *asked;
        polling->entries[polling->count++].file = file;
    }
    return true;
}

/* Leaves in the set what was found; `at` runs over the entries in the order of set_add. */
static int set_filter(const struct polling *polling, fd_set *set, uint32_t *at)
{
    u_int kept = 0;
    for (u_int i = 0; set != NULL && i < set->fd_count; i++) {
        const struct afd_polled *entry = &polling->entries[(*at)++];
        if ((entry->in && entry->readable) || (entry->out && entry->writable) ||
            (entry->urgent && (entry->has_urgent || entry->connect_failed)))
            set->fd_array[kept++] = set->fd_array[i];
    }
    if (set != NULL)
        set->fd_count = kept;
    return (int)kept;
}

static bool any_closed(const struct polling *polling)
{
    for (uint32_t i = 0; i < polling->count; i++)
        if (polling->entries[i].closed)
            return true;
    return false;
}

static int select_run(struct polling *polling, fd_set *in, fd_set *out, fd_set *except,
                      int64_t timeout_ns)
{
    if (!set_add(polling, in, &(struct afd_polled){.in = true}) ||
        !set_add(polling, out, &(struct afd_polled){.out = true}) ||
        !set_add(polling, except, &(struct afd_polled){.urgent = true}))
        return SOCKET_ERROR; /* WSAENOTSOCK */
    int found = polling_run(polling, timeout_ns);
    if (found < 0)
        return found;
    if (any_closed(polling))
        return winsock_fail(WSAENOTSOCK);
    uint32_t at = 0;
    found = set_filter(polling, in, &at);
    found += set_filter(polling, out, &at);
    return found + set_filter(polling, except, &at);
}

int WSAAPI select(int unused, fd_set *in, fd_set *out, fd_set *except,
                  const struct timeval *timeout)
{
    struct polling polling;
    int64_t timeout_ns = -1;
    size_t count = (in == NULL ? 0 : in->fd_count) + (out == NULL ? 0 : out->fd_count) +
                   (except == NULL ? 0 : except->fd_count);
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (count == 0 || (timeout != NULL && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
        return winsock_fail(WSAEINVAL);
    if (timeout != NULL)
        timeout_ns = (int64_t)timeout->tv_sec * 1000000000 + (int64_t)timeout->tv_usec * 1000;
    if (!polling_begin(&polling, count))
        return SOCKET_ERROR;
    int found = select_run(&polling, in, out, except, timeout_ns);
    polling_end(&polling);
    return found;
}

/* ---- WSAPoll
 * --------------------------------------------------------------------------------------------------
 */

static SHORT poll_answer(const struct afd_polled *entry)
{
    SHORT found = 0;
    if (entry->closed)
        return POLLNVAL;
    if (entry->connect_failed)
        return POLLERR | POLLHUP;
    if (entry->in && entry->readable)
        found |= POLLRDNORM;
    if (entry->out && entry->writable)
        found |= POLLWRNORM;
    if (entry->has_urgent && entry->in)
        found |= POLLRDBAND;
    if (entry->failed)
        found |= POLLERR;
    if (entry->hung_up)
        found |= POLLHUP;
    return found;
}

/* 0: nothing asked was found; a wrong SOCKET is an answer and keeps the others from being waited
 * for. */
static int poll_run(struct polling *polling, WSAPOLLFD *items, ULONG count, INT timeout_ms)
{
    int answers = 0;
    for (ULONG i = 0; i < count; i++) {
        items[i].revents = 0;
        if ((INT_PTR)items[i].fd < 0)
            continue;
        struct file *file = socket_reference(items[i].fd);
        if (file == NULL) {
            items[i].revents = POLLNVAL;
            answers++;
            continue;
        }
        polling->entries[polling->count++] =
            (struct afd_polled){.file = file,
                                .in = items[i].events & POLL_IN,
                                .out = items[i].events & POLLWRNORM,
                                .ends = true,
                                .urgent = items[i].events & POLLRDBAND};
    }
    int64_t timeout_ns = timeout_ms < 0 ? -1 : (int64_t)timeout_ms * NS_PER_MS;
    if (polling_run(polling, answers != 0 ? 0 : timeout_ns) < 0)
        return SOCKET_ERROR;
    uint32_t at = 0;
    for (ULONG i = 0; i < count; i++) {
        if ((INT_PTR)items[i].fd < 0 || items[i].revents != 0)
            continue;
        items[i].revents = poll_answer(&polling->entries[at++]);
        answers += items[i].revents != 0;
    }
    return answers;
}

int WSAAPI WSAPoll(WSAPOLLFD items[], ULONG count, INT timeout_ms)
{
    struct polling polling;
    if (!winsock_ready())
        return SOCKET_ERROR;
    if (items == NULL || count == 0)
        return winsock_fail(items == NULL ? WSAEFAULT : WSAEINVAL);
    for (ULONG i = 0; i < count; i++)
        if (items[i].events & ~(POLL_IN | POLLWRNORM))
            return winsock_fail(WSAEINVAL); /* POLLPRI and POLLWRBAND, and what only comes back */
    if (!polling_begin(&polling, count))
        return SOCKET_ERROR;
    int answers = poll_run(&polling, items, count, timeout_ms);
    polling_end(&polling);
    return answers;
}
