/* SPDX-License-Identifier: MIT */
/* The reactor: one edge-triggered epoll set for the process. It holds the sources, one eventfd that
 * wakes the leader (never read: every write is an edge), the timerfd and the eventfd of Linux AIO.
 * Only the leader (park.c) polls it; what an event lets finish is handed to source.c. */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/internal.h"
#include "engine/source.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

struct reactor reactor = {.epoll_fd = -1, .wake_fd = -1, .round_fd = -1};
struct reactor_counts reactor_counts;

static _Atomic bool reactor_lacks_pwait2;

int reactor_add(int fd, uint64_t token)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = token};
    return epoll_ctl(reactor.epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int reactor_open(void)
{
    reactor.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (reactor.epoll_fd < 0)
        return -errno;
    reactor.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    reactor.round_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = reactor.wake_fd < 0 || reactor.round_fd < 0
                    ? -errno
                    : reactor_add(reactor.wake_fd, REACTOR_TOKEN_WAKE);
    if (error == 0)
        error = reactor_add(reactor.round_fd, REACTOR_TOKEN_ROUND);
    if (error != 0)
        reactor_close();
    return error;
}

void reactor_close(void)
{
    if (reactor.wake_fd >= 0)
        close(reactor.wake_fd);
    if (reactor.round_fd >= 0)
        close(reactor.round_fd);
    if (reactor.epoll_fd >= 0)
        close(reactor.epoll_fd);
    reactor.wake_fd = reactor.round_fd = reactor.epoll_fd = -1;
}

static void reactor_write(int event_fd)
{
    uint64_t one = 1;
    /* Refused only when the counter is at its end, after 2^64 writes. */
    ssize_t written = write(event_fd, &one, sizeof(one));
    (void)written;
}

void reactor_interrupt(void)
{
    count_up(&reactor_counts.interruptions);
    reactor_write(reactor.wake_fd);
}

void reactor_send_round(void)
{
    reactor_write(reactor.round_fd);
}

static int reactor_wait_timed(struct epoll_event *events, uint64_t timeout_ns)
{
    if (!atomic_load_explicit(&reactor_lacks_pwait2, memory_order_relaxed)) {
        struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
                                   .tv_nsec = (long)(timeout_ns % NS_PER_S)};
        int count = (int)syscall(SYS_epoll_pwait2, reactor.epoll_fd, events, REACTOR_EVENTS,
                                 &timeout, NULL, sizeof(uint64_t));
        if (count >= 0 || (errno != ENOSYS && errno != EPERM))
            return count;
        atomic_store_explicit(&reactor_lacks_pwait2, true, memory_order_relaxed);
    }
    uint64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
    return epoll_wait(reactor.epoll_fd, events, REACTOR_EVENTS,
                      ms > INT32_MAX ? INT32_MAX : (int)ms);
}

int reactor_wait(struct epoll_event *events, uint64_t deadline_ns)
{
    count_up(&reactor_counts.polls);
    if (deadline_ns == FUTEX_NO_DEADLINE)
        return epoll_wait(reactor.epoll_fd, events, REACTOR_EVENTS, -1);
    uint64_t now = deadline_ns == 0 ? 0 : clock_now_ns();
    return reactor_wait_timed(events, deadline_ns > now ? deadline_ns - now : 0);
}

bool reactor_dispatch(const struct epoll_event *events, int count)
{
    bool woken = false;
    for (int i = 0; i < count; i++) {
        switch (events[i].data.u64) {
        case REACTOR_TOKEN_WAKE:
            woken = true;
            break;
        case REACTOR_TOKEN_ROUND:
            break;
        case REACTOR_TOKEN_TIMER:
            if (engine_is_sim())
                sim_post_timers();
            else
                timer_expire();
            break;
        case REACTOR_TOKEN_AIO:
            aio_reap(true);
            break;
        default:
            if (engine_is_sim())
                sim_post_source(events[i].data.u64, events[i].events);
            else
                source_run(events[i].data.u64, events[i].events);
        }
    }
    return woken;
}
