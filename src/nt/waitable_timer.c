/* SPDX-License-Identifier: MIT */
/* Waitable timers: an engine timer that signals a dispatcher and queues an APC to the thread that
 * set it. An expiry is judged under the timer's lock against the time it is set to, so one that was
 * overtaken by a cancel or a new setting does nothing. Absolute times follow the wall clock: it is
 * asked again at expiry. */
#include <stdlib.h>
#include <time.h>

#include "base/futex.h"
#include "nt/sync.h"

enum { NS_PER_TICK = 100, NS_PER_MS = 1000000, TICKS_PER_S = 10000000 };
#define EPOCH_TICKS 116444736000000000ull /* from 1601 to 1970 */

static void timer_closed(struct object *object);
static void timer_destroy(struct object *object);

const struct object_type timer_type = {
    .name = "Timer",
    .valid_access = 0x1f0003,
    .generic_read = 0x20001,
    .generic_write = 0x20002,
    .generic_execute = 0x120000,
    .dispatcher_offset = offsetof(struct waitable_timer, dispatcher),
    .handle_closed = timer_closed,
    .destroy = timer_destroy,
};

uint64_t clock_system_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return EPOCH_TICKS + (uint64_t)now.tv_sec * TICKS_PER_S + (uint64_t)now.tv_nsec / NS_PER_TICK;
}

static struct waitable_timer *timer_of(struct apc *apc)
{
    return container_of(apc, struct waitable_timer, apc);
}

/* The APC, on its thread. A cancel that came after it was taken from the queue makes it empty. */
static void timer_apc_run(struct apc *apc)
{
    struct waitable_timer *timer = timer_of(apc);
    lock_acquire(&timer->lock);
    waitable_timer_fn *routine = timer->apc_queued ? timer->routine : NULL;
    void *argument = timer->argument;
    uint64_t at = timer->expired_at;
    timer->apc_queued = false;
    lock_release(&timer->lock);
    if (routine != NULL)
        routine(argument, (uint32_t)at, (uint32_t)(at >> 32));
    object_dereference(&timer->object);
}

static void timer_apc_drop(struct apc *apc)
{
    struct waitable_timer *timer = timer_of(apc);
    lock_acquire(&timer->lock);
    timer->apc_queued = false;
    lock_release(&timer->lock);
    object_dereference(&timer->object);
}

static bool thread_is_ending(struct thread *thread)
{
    lock_acquire(&thread->lock);
    bool ending = thread->ending;
    lock_release(&thread->lock);
    return ending;
}

/* With the lock held: the time has come. The documented end of a timer whose thread has ended: it
 * is cancelled, and its state stays. */
static void timer_expire_locked(struct waitable_timer *timer, uint64_t now_ns)
{
    timer->armed = false;
    if (timer->thread != NULL && thread_is_ending(timer->thread))
        return;
    if (timer->period_ns != 0) {
        timer->absolute = false;
        timer->due_ns += timer->period_ns;
        if (timer->due_ns <= now_ns) /* missed periods are one expiry */
            timer->due_ns += ((now_ns - timer->due_ns) / timer->period_ns + 1) * timer->period_ns;
        timer->armed = engine_timer_set(&timer->engine, timer->due_ns) == 0;
    }
    timer->expired_at = clock_system_time();
    dispatcher_set(&timer->dispatcher);
    if (timer->routine == NULL || timer->apc_queued)
        return;
    object_reference(&timer->object);
    timer->apc_queued = apc_queue(timer->thread, &timer->apc) == STATUS_SUCCESS;
    if (!timer->apc_queued)
        object_dereference(&timer->object); /* not the last: whoever let this expire has another */
}

/* Called by the engine. */
static void timer_fired(struct engine_timer *engine)
{
    struct waitable_timer *timer = container_of(engine, struct waitable_timer, engine);
    lock_acquire(&timer->lock);
    uint64_t now_ns = clock_now_ns();
    if (!timer->armed || now_ns < timer->due_ns) {
        lock_release(&timer->lock);
        return;
    }
    engine_timer_cancel(&timer->engine); /* a new setting that is due as well: this is its expiry */
    uint64_t wall = timer->absolute ? clock_system_time() : 0;
    if (timer->absolute && wall < timer->due_wall) { /* the clock was set back */
        timer->due_ns = now_ns + (timer->due_wall - wall) * NS_PER_TICK;
        timer->armed = engine_timer_set(&timer->engine, timer->due_ns) == 0;
    } else {
        timer_expire_locked(timer, now_ns);
    }
    lock_release(&timer->lock);
}

/* With the lock held. Returns what is to be dereferenced when it is dropped: the thread that had
 * set the timer; *apcs_back says whether a queued APC gave its reference back. */
static struct thread *timer_disarm(struct waitable_timer *timer, bool *apc_back)
{
    *apc_back = false;
    if (timer->armed)
        engine_timer_cancel(&timer->engine);
    timer->armed = false;
    if (timer->apc_queued) {
        *apc_back = apc_remove(timer->thread, &timer->apc);
        timer->apc_queued = false;
    }
    struct thread *thread = timer->thread;
    timer->thread = NULL;
    timer->routine = NULL;
    return thread;
}

static void timer_settle(struct waitable_timer *timer, struct thread *thread, bool apc_back)
{
    if (apc_back)
        object_dereference(&timer->object);
    if (thread != NULL)
        object_dereference(&thread->object);
}

struct waitable_timer *waitable_timer_create(bool manual)
{
    struct waitable_timer *timer = calloc(1, sizeof *timer);
    if (timer == NULL)
        return NULL;
    object_init(&timer->object, &timer_type);
    dispatcher_init(&timer->dispatcher,
                    manual ? DISPATCHER_NOTIFICATION : DISPATCHER_SYNCHRONIZATION, 0);
    timer->engine.fired = timer_fired;
    timer->apc.run = timer_apc_run;
    timer->apc.drop = timer_apc_drop;
    return timer;
}

static void timer_set_due(struct waitable_timer *timer, int64_t due_100ns, uint64_t now_ns)
{
    timer->absolute = due_100ns >= 0;
    uint64_t ticks = 0;
    if (timer->absolute) {
        uint64_t wall = clock_system_time();
        timer->due_wall = (uint64_t)due_100ns;
        if (timer->due_wall > wall)
            ticks = timer->due_wall - wall;
    } else {
        ticks = 0 - (uint64_t)due_100ns;
    }
    if (ticks > (UINT64_MAX - 1 - now_ns) / NS_PER_TICK)
        timer->due_ns = UINT64_MAX - 1;
    else
        timer->due_ns = now_ns + ticks * NS_PER_TICK;
}

int32_t waitable_timer_set(struct waitable_timer *timer, int64_t due_100ns, uint32_t period_ms,
                           waitable_timer_fn *routine, void *argument)
{
    struct thread *self = thread_self();
    bool apc_back;
    int32_t status = STATUS_SUCCESS;
    lock_acquire(&timer->lock);
    struct thread *before = timer_disarm(timer, &apc_back);
    dispatcher_reset(&timer->dispatcher);
    uint64_t now_ns = clock_now_ns();
    timer_set_due(timer, due_100ns, now_ns);
    timer->period_ns = (uint64_t)period_ms * NS_PER_MS;
    timer->argument = argument;
    if (routine != NULL && !timer->closed) {
        object_reference(&self->object);
        timer->thread = self;
        timer->routine = routine;
    }
    if (timer->closed) {
        status = STATUS_INVALID_HANDLE;
    } else if (timer->due_ns <= now_ns) {
        timer_expire_locked(timer, now_ns);
    } else {
        timer->armed = engine_timer_set(&timer->engine, timer->due_ns) == 0;
        status = timer->armed ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
    }
    lock_release(&timer->lock);
    timer_settle(timer, before, apc_back);
    return status;
}

void waitable_timer_cancel(struct waitable_timer *timer)
{
    bool apc_back;
    lock_acquire(&timer->lock);
    struct thread *before = timer_disarm(timer, &apc_back);
    lock_release(&timer->lock);
    timer_settle(timer, before, apc_back);
}

/* A timer without a handle stops. What an expiry that is running queued before is taken back here;
 * one that comes later finds it closed. */
static void timer_closed(struct object *object)
{
    struct waitable_timer *timer = container_of(object, struct waitable_timer, object);
    bool apc_back;
    object_name_drop(object);
    lock_acquire(&timer->lock);
    timer->closed = true;
    struct thread *before = timer_disarm(timer, &apc_back);
    lock_release(&timer->lock);
    timer_settle(timer, before, apc_back);
}

static void timer_destroy(struct object *object)
{
    struct waitable_timer *timer = container_of(object, struct waitable_timer, object);
    engine_timer_cancel(&timer->engine);
    engine_timer_drain(&timer->engine);
    free(timer);
}
