/* SPDX-License-Identifier: MIT */
/* Timers: a binary heap by due time and one timerfd in the reactor. The timerfd is set only when
 * the earliest due time comes closer than what it was set to; after a cancel it may go off for
 * nothing and is then set to what is earliest. It is edge-triggered and never read. */
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "engine/internal.h"

enum { NS_PER_S = 1000000000, FIRST_ROOM = 64 };

/* A `fired` that is being called, on its caller's stack; for engine_timer_drain. */
struct firing {
    struct list link;
    struct engine_timer *timer;
};

static struct {
    struct lock lock;
    int fd;
    struct engine_timer **heap; /* from 1 on */
    uint32_t count, room;
    uint64_t armed_ns; /* what the timerfd is set to; FUTEX_NO_DEADLINE: not set */
    struct list firing;
    uint32_t drainers;
    _Atomic uint32_t fired; /* counts; drainers sleep on it */
} timers = {.fd = -1, .armed_ns = FUTEX_NO_DEADLINE, .firing = {&timers.firing, &timers.firing}};

int timer_open(void)
{
    timers.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (timers.fd < 0)
        return -errno;
    int error = reactor_add(timers.fd, REACTOR_TOKEN_TIMER);
    if (error != 0)
        timer_close();
    return error;
}

void timer_close(void)
{
    if (timers.fd >= 0)
        close(timers.fd);
    timers.fd = -1;
}

static void heap_put(struct engine_timer *timer, uint32_t place)
{
    timers.heap[place] = timer;
    timer->place = place;
}

static void heap_settle(struct engine_timer *timer, uint32_t place)
{
    while (place > 1 && timers.heap[place / 2]->due_ns > timer->due_ns) {
        heap_put(timers.heap[place / 2], place);
        place /= 2;
    }
    for (uint32_t child; (child = place * 2) <= timers.count; place = child) {
        if (child < timers.count && timers.heap[child + 1]->due_ns < timers.heap[child]->due_ns)
            child++;
        if (timers.heap[child]->due_ns >= timer->due_ns)
            break;
        heap_put(timers.heap[child], place);
    }
    heap_put(timer, place);
}

static bool heap_reserve(void)
{
    if (timers.count + 1 < timers.room)
        return true;
    uint32_t room = timers.room == 0 ? FIRST_ROOM : timers.room * 2;
    struct engine_timer **heap = realloc(timers.heap, room * sizeof(struct engine_timer *));
    if (heap == NULL)
        return false;
    timers.heap = heap;
    timers.room = room;
    return true;
}

static void heap_remove(struct engine_timer *timer)
{
    uint32_t place = timer->place;
    struct engine_timer *last = timers.heap[timers.count--];
    timer->place = 0;
    if (last != timer)
        heap_settle(last, place);
}

/* Sets the timerfd to the earliest, if that is earlier than what it is set to. */
static void timer_arm(void)
{
    uint64_t due = timers.count == 0 ? FUTEX_NO_DEADLINE : timers.heap[1]->due_ns;
    if (due >= timers.armed_ns)
        return;
    timers.armed_ns = due;
    if (due == 0)
        due = 1; /* zero would disarm it */
    struct itimerspec at = {
        .it_value = {.tv_sec = (time_t)(due / NS_PER_S), .tv_nsec = (long)(due % NS_PER_S)}};
    timerfd_settime(timers.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

int engine_timer_set(struct engine_timer *timer, uint64_t due_ns)
{
    int error = engine_start();
    if (error != 0)
        return error;
    bool first = false;
    lock_acquire(&timers.lock);
    if (timer->place == 0) {
        if (!heap_reserve()) {
            lock_release(&timers.lock);
            return -ENOMEM;
        }
        first = timers.count == 0;
        timer->due_ns = due_ns;
        heap_settle(timer, ++timers.count);
    } else {
        timer->due_ns = due_ns;
        heap_settle(timer, timer->place);
    }
    timer_arm();
    if (first)
        atomic_fetch_add(&reactor.pending, 1);
    lock_release(&timers.lock);
    if (first)
        reactor_check();
    return 0;
}

bool engine_timer_cancel(struct engine_timer *timer)
{
    if (engine_unlikely(atomic_load(&engine_phase) != PHASE_UP))
        return timer->place != 0; /* a forked child: nothing fires here */
    lock_acquire(&timers.lock);
    bool set = timer->place != 0;
    if (set) {
        heap_remove(timer);
        if (timers.count == 0)
            reactor_unpend(1);
    }
    lock_release(&timers.lock);
    return set;
}

static bool timer_is_firing(const struct engine_timer *timer)
{
    list_for_each (link, &timers.firing) {
        if (container_of(link, struct firing, link)->timer == timer)
            return true;
    }
    return false;
}

void engine_timer_drain(struct engine_timer *timer)
{
    if (engine_unlikely(atomic_load(&engine_phase) != PHASE_UP))
        return;
    lock_acquire(&timers.lock);
    timers.drainers++;
    while (timer_is_firing(timer)) {
        uint32_t fired = atomic_load(&timers.fired);
        lock_release(&timers.lock);
        futex_wait(&timers.fired, fired, FUTEX_NO_DEADLINE);
        lock_acquire(&timers.lock);
    }
    timers.drainers--;
    lock_release(&timers.lock);
}

void timer_expire(void)
{
    lock_acquire(&timers.lock);
    timers.armed_ns = FUTEX_NO_DEADLINE;
    uint64_t now = clock_now_ns();
    while (timers.count != 0 && timers.heap[1]->due_ns <= now) {
        struct firing firing = {.timer = timers.heap[1]};
        heap_remove(firing.timer);
        if (timers.count == 0)
            reactor_unpend(1);
        list_push_back(&timers.firing, &firing.link);
        lock_release(&timers.lock);

        firing.timer->fired(firing.timer);

        lock_acquire(&timers.lock);
        list_remove(&firing.link);
        if (timers.drainers != 0) {
            atomic_fetch_add(&timers.fired, 1);
            futex_wake(&timers.fired, INT32_MAX);
        }
    }
    timer_arm();
    lock_release(&timers.lock);
}
