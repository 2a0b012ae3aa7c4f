/* SPDX-License-Identifier: MIT */
/* The watcher: the library thread that bounds how long requests pend with nobody polling. It sleeps
 * for good
 * ("dormant") while nothing pends or somebody has led for a whole tick, and is poked when that
 * ends. In between it ticks; after a tick without any leader it wakes a sleeping thread to lead or
 * leads itself. A thread that goes to sleep takes the place from it without a word: the kernel
 * wakes the newest of two pollers, and the watcher, woken only while that one is busy, then finds
 * that it was replaced. */
#include <stdlib.h>
#include <time.h>

#include "engine/internal.h"

enum {
    TICK_NS = 500 * 1000,
    LINGER_NS =
        2 * 1000 * 1000, /* how long it leads on when nothing pends: a polling program's gaps */
};

static struct {
    struct lock lock;
    bool started; /* under lock */
} watch;

/* One poll. A wake-up that was meant for a thread which has replaced the watcher meanwhile is
 * passed on. */
static int watch_poll(uint64_t deadline_ns)
{
    struct epoll_event events[REACTOR_EVENTS];
    int count = reactor_wait(events, deadline_ns);
    if (reactor_dispatch(events, count) && atomic_load(&reactor.leader) == LEADER_APPLICATION)
        reactor_interrupt();
    return count;
}

/* A busy program gets one batch at a tick: its own threads come back soon. Otherwise the watcher
 * sleeps in the poll, and leads as long as nothing else is going on. */
static void watch_lead(void)
{
    if (!lead_try(LEADER_WATCHER))
        return;
    bool reaped = aio_reap(false);
    int count = watch_poll(0);
    if (!reaped && count <= 0) {
        bool pending;
        do {
            pending = atomic_load(&reactor.pending) != 0;
            count = watch_poll(pending ? FUTEX_NO_DEADLINE : clock_now_ns() + LINGER_NS);
        } while (atomic_load(&reactor.leader) == LEADER_WATCHER &&
                 (count > 0 || pending || atomic_load(&reactor.pending) != 0));
    }
    uint32_t watcher = LEADER_WATCHER;
    atomic_compare_exchange_strong(&reactor.leader, &watcher, LEADER_NONE);
}

/* Sleeps until poked, unless there is something to watch after all. */
static void watch_rest(void)
{
    atomic_store(&reactor.dormant, 1);
    if (atomic_load(&reactor.pending) != 0 && atomic_load(&reactor.leader) == LEADER_NONE)
        atomic_store(&reactor.dormant, 0);
    while (atomic_load(&reactor.dormant) == 1)
        futex_wait(&reactor.dormant, 1, FUTEX_NO_DEADLINE);
}

static void *watch_run(void *context)
{
    (void)context;
    for (;;) {
        uint32_t epoch = atomic_load(&reactor.epoch);
        uint32_t leader = atomic_load(&reactor.leader);
        struct timespec tick = {.tv_nsec = TICK_NS};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
        count_up(&reactor_counts.ticks);
        bool steady =
            atomic_load(&reactor.epoch) == epoch && atomic_load(&reactor.leader) == leader;
        if (atomic_load(&reactor.pending) == 0 || (steady && leader != LEADER_NONE)) {
            watch_rest();
        } else if (steady) {
            lead_estimate(TICK_NS);
            if (!lead_promote())
                watch_lead();
        }
    }
    return NULL;
}

static void watch_start(void)
{
    lock_acquire(&watch.lock);
    if (!watch.started)
        watch.started = engine_thread_start("ovl-watch", watch_run, NULL) == 0;
    /* Without memory for a thread, the next poke tries again. */
    if (!watch.started)
        atomic_store(&reactor.dormant, 1);
    lock_release(&watch.lock);
}

void watch_poke(void)
{
    if (atomic_load(&reactor.dormant) == 0 || atomic_exchange(&reactor.dormant, 0) == 0)
        return;
    if (futex_wake(&reactor.dormant, 1) == 0)
        watch_start();
}
