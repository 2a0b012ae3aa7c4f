/* SPDX-License-Identifier: MIT */
/* Events, semaphores and waitable timers as objects. Mutexes are in nt/wait.h: the wait core knows
 * them. */
#ifndef NT_SYNC_H
#define NT_SYNC_H

#include "engine/engine.h"
#include "nt/thread.h"

struct event {
    struct object object;
    struct dispatcher dispatcher;
};

/* With one reference; NULL: no memory. */
struct event *event_create(bool manual, bool set);

struct semaphore {
    struct object object;
    struct dispatcher dispatcher;
    int32_t maximum;
};

struct semaphore *semaphore_create(int32_t initial, int32_t maximum);

typedef void waitable_timer_fn(void *argument, uint32_t time_low, uint32_t time_high);

struct waitable_timer {
    struct object object;
    struct dispatcher dispatcher;
    struct engine_timer engine;
    struct lock lock; /* guards what follows; apc_queue's locks are taken inside it */
    bool armed;
    bool closed;   /* the last handle went: it cannot be set again */
    bool absolute; /* due at a wall-clock time */
    bool apc_queued;
    uint64_t due_ns;   /* CLOCK_MONOTONIC, the next expiry */
    uint64_t due_wall; /* absolute: 100 ns since 1601 */
    uint64_t period_ns;
    uint64_t expired_at;   /* 100 ns since 1601, told to the routine */
    struct thread *thread; /* who set it with a routine, referenced */
    waitable_timer_fn *routine;
    void *argument;
    struct apc apc; /* queued at most once; holds a reference on the timer */
};

struct waitable_timer *waitable_timer_create(bool manual);

/* due_100ns negative: from now; else 100 ns since 1601. The routine runs as an APC of the calling
 * thread. Not signalled afterwards, unless it is due already. */
int32_t waitable_timer_set(struct waitable_timer *timer, int64_t due_100ns, uint32_t period_ms,
                           waitable_timer_fn *routine, void *argument);
/* Stops it and takes a queued routine back; its signal stays as it is. */
void waitable_timer_cancel(struct waitable_timer *timer);

/* The wall clock: 100 ns since 1601. */
uint64_t clock_system_time(void);

#endif
