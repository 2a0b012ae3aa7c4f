/* SPDX-License-Identifier: MIT */
/* The watcher: the library thread that bounds how long requests pend with nobody polling. While
 * nothing moves it sleeps in the poll behind the leader: the kernel wakes the newest of two
 * pollers, so the watcher gets only what comes while the leader is elsewhere. After that it keeps
 * away from the poll, in ticks, for as long as leaders come and go; a tick without any leader sends
 * it back, and wakes a sleeping thread to lead. So an idle process never wakes, and a busy one is
 * not disturbed. */
#include <time.h>

#include "engine/internal.h"

enum {
    TICK_NS = 500 * 1000,
    BUSY_TICK_NS = 1000 * 1000, /* while threads come back to lead: ticks cost a server's cpu */
    BUSY_RETURNS = 2,
};

static struct {
    struct lock lock;
    _Atomic bool started; /* set under lock */
} watch;

/* One poll. A wake-up that was meant for the leader is passed on; the watcher's own is no event. */
static void watch_poll(void)
{
    struct epoll_event events[REACTOR_EVENTS];
    int count;
    do {
        count = reactor_wait(events, FUTEX_NO_DEADLINE);
        if (reactor_dispatch(events, count) && atomic_load(&reactor.leading))
            reactor_interrupt();
    } while (count < 0 || (count == 1 && events[0].data.u64 == REACTOR_TOKEN_ROUND));
}

static void *watch_run(void *context)
{
    (void)context;
    struct timespec tick = {.tv_nsec = TICK_NS};
    for (;;) {
        uint32_t epoch = atomic_load(&reactor.epoch);
        clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
        count_up(&reactor_counts.ticks);
        uint32_t returns = atomic_load(&reactor.epoch) - epoch;
        tick.tv_nsec = returns < BUSY_RETURNS ? TICK_NS : BUSY_TICK_NS;
        if (returns != 0)
            continue;
        if (atomic_load(&reactor.leading)) {
            /* The leader goes round once, so that it, not the watcher, is the newest in the poll.
             */
            reactor_send_round();
        } else if (atomic_load(&reactor.pending) != 0) {
            lead_estimate(TICK_NS);
            lead_promote();
        }
        watch_poll();
    }
    return NULL;
}

void watch_start(void)
{
    if (atomic_load_explicit(&watch.started, memory_order_relaxed))
        return;
    lock_acquire(&watch.lock);
    /* Without memory for a thread, the next request tries again. */
    if (!atomic_load(&watch.started) && engine_thread_start("ovl-watch", watch_run, NULL) == 0)
        atomic_store(&watch.started, true);
    lock_release(&watch.lock);
}
