/* SPDX-License-Identifier: MIT */
/* One library thread looks at the released threads of stuck ports, every 20 us at first. A port whose threads
 * were found running is looked at half as often each time, down to once in a millisecond; one whose threads
 * do block is looked at quickly. Without stuck ports the sampler sleeps without a time-out. */
#include "nt/sampler.h"

#include "base/futex.h"
#include "engine/engine.h"
#include "nt/dispatcher.h"

enum { LOOK_FIRST_NS = 20000, LOOK_LAST_NS = 1000000, LOOKS_MAX = 64 };

static struct lock list_lock; /* inside a port's lock */
static struct list stuck_ports = {&stuck_ports, &stuck_ports};
static _Atomic uint32_t bell; /* rung when the list is no longer empty */
static bool started;

struct look {
    struct thread *thread;
    uint32_t turns;
};

/* A thread that was given a packet sleeps on until its processor is there: it has not blocked. */
static bool thread_is_waking(struct thread *thread)
{
    return atomic_load_explicit(&thread->parker.word, memory_order_acquire) != PARK_IDLE;
}

/* Looks at one port; false: it is not stuck any more and was taken off the list. */
static bool sampler_look(struct port *port)
{
    struct look looks[LOOKS_MAX];
    uint32_t count = 0;
    lock_acquire(&port->lock);
    bool stuck = port_is_stuck(port);
    if (!stuck) {
        lock_acquire(&list_lock);
        list_remove(&port->sampler_link);
        lock_release(&list_lock);
        port->sampled = false;
    }
    list_for_each(node, &port->released)
    {
        if (!stuck || count == LOOKS_MAX)
            break;
        struct thread *thread = container_of(node, struct thread, port_link);
        object_reference(&thread->object);
        looks[count++] = (struct look){thread, atomic_load(&thread->port_turns)};
    }
    lock_release(&port->lock);
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        struct thread *thread = looks[i].thread;
        if (!thread_is_waking(thread) &&
            engine_thread_is_blocked(&thread->probe_fd, thread->tid)) {
            struct wake_list wakes;
            wake_list_init(&wakes);
            lock_acquire(&port->lock);
            /* It may have come back for its next packet since, or have left: then it was not seen working on
             * this one. */
            if (atomic_load(&thread->port_turns) == looks[i].turns)
                found |= port_pause_blocked(port, thread, &wakes);
            lock_release(&port->lock);
            wake_list_flush(&wakes);
        }
        object_dereference(&thread->object);
    }
    uint32_t next = port->look_ns * 2;
    if (found)
        port->look_ns = LOOK_FIRST_NS;
    else if (stuck)
        port->look_ns = next > LOOK_LAST_NS ? LOOK_LAST_NS : next;
    return stuck;
}

/* The next port to look at, referenced, or NULL; it goes to the back of the list. */
static struct port *sampler_next(void)
{
    lock_acquire(&list_lock);
    struct list *node = list_pop_front(&stuck_ports);
    struct port *port = NULL;
    if (node != NULL) {
        port = container_of(node, struct port, sampler_link);
        list_push_back(&stuck_ports, node);
        object_reference(&port->object);
    }
    lock_release(&list_lock);
    return port;
}

static void *sampler_run(void *unused)
{
    (void)unused;
    for (;;) {
        uint32_t rung = atomic_load(&bell);
        struct port *port = sampler_next();
        if (port == NULL) {
            futex_wait(&bell, rung, FUTEX_NO_DEADLINE);
            continue;
        }
        futex_wait(&bell, rung, clock_deadline_ns(port->look_ns));
        if (!sampler_look(port))
            object_dereference(&port->object); /* the list's */
        object_dereference(&port->object);
    }
    return NULL;
}

void sampler_add(struct port *port)
{
    lock_acquire(&list_lock);
    if (!started)
        started = engine_thread_start("ovl-sampler", sampler_run, NULL) == 0;
    if (!started) {
        lock_release(&list_lock);
        return; /* no thread to be had: the limit then holds without exception */
    }
    if (port->look_ns == 0)
        port->look_ns = LOOK_FIRST_NS;
    bool first = list_empty(&stuck_ports);
    list_push_back(&stuck_ports, &port->sampler_link);
    port->sampled = true;
    object_reference(&port->object);
    if (first)
        atomic_fetch_add(&bell, 1);
    lock_release(&list_lock);
    if (first)
        futex_wake(&bell, 1);
}
