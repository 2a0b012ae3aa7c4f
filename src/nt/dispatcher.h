/* SPDX-License-Identifier: MIT */
/* Inside the wait core: the dispatcher's lock, wait blocks, and the threads that a signal wakes. For wait.c,
 * dispatcher.c and mutant.c only. */
#ifndef NT_DISPATCHER_H
#define NT_DISPATCHER_H

#include "nt/thread.h"
#include "nt/wait.h"

/* One thread's interest in one object; on the waiting thread's stack, linked under the object's lock. */
struct wait_block {
    struct list link;
    struct thread *thread;
    uint8_t index;
    bool all;
};

/* Who is to be notified once the lock is dropped. Records are type-stable, so a thread that goes on before it
 * is notified does no harm. A full list notifies early. */
enum { WAKES_MAX = 16 };
struct wake_list {
    uint32_t count;
    struct parker *parkers[WAKES_MAX];
    uint32_t slept[WAKES_MAX];
};
/* Adds a thread whose word was won in state `slept`; one that was not asleep needs nothing. */
void wake_list_add(struct wake_list *wakes, struct parker *parker, uint32_t slept);

/* Not an initialiser: that would clear the arrays too, which costs more than the lock on the way of a packet. */
static inline void wake_list_init(struct wake_list *wakes)
{
    wakes->count = 0;
}

static inline void wake_list_flush(struct wake_list *wakes)
{
    for (uint32_t i = 0; i < wakes->count; i++)
        parker_notify(wakes->parkers[i], wakes->slept[i]);
    wakes->count = 0;
}

static inline uint32_t dispatcher_kind(struct dispatcher *dispatcher)
{
    return atomic_load_explicit(&dispatcher->word, memory_order_relaxed) & DISPATCHER_KIND_MASK;
}

static inline int32_t dispatcher_load(struct dispatcher *dispatcher)
{
    return atomic_load_explicit(&dispatcher->signal, memory_order_relaxed);
}

static inline void dispatcher_store(struct dispatcher *dispatcher, int32_t signal)
{
    atomic_store_explicit(&dispatcher->signal, signal, memory_order_relaxed);
}

void dispatcher_lock_slow(struct dispatcher *dispatcher);
void dispatcher_unlock_slow(struct dispatcher *dispatcher);

static inline bool dispatcher_try_lock(struct dispatcher *dispatcher)
{
    uint32_t word = atomic_load_explicit(&dispatcher->word, memory_order_relaxed);
    return !(word & DISPATCHER_LOCKED) &&
           atomic_compare_exchange_strong_explicit(&dispatcher->word, &word,
                                                   word | DISPATCHER_LOCKED, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void dispatcher_lock(struct dispatcher *dispatcher)
{
    if (__builtin_expect(!dispatcher_try_lock(dispatcher), 0))
        dispatcher_lock_slow(dispatcher);
}

static inline void dispatcher_unlock(struct dispatcher *dispatcher)
{
    uint32_t word = atomic_fetch_and_explicit(
        &dispatcher->word, ~(uint32_t)(DISPATCHER_LOCKED | DISPATCHER_CONTENDED),
        memory_order_release);
    if (__builtin_expect(word & DISPATCHER_CONTENDED, 0))
        dispatcher_unlock_slow(dispatcher);
}

/* With the lock held and the object satisfying `thread`: takes what a wait takes. Returns whether that was
 * an abandoned mutex. */
bool dispatcher_consume(struct dispatcher *dispatcher, struct thread *thread);

/* With the lock held: gives the signal to those who wait, in their order, while it lasts. */
void dispatcher_serve(struct dispatcher *dispatcher, struct wake_list *wakes);

static inline struct mutant *mutant_of(struct dispatcher *dispatcher)
{
    return container_of(dispatcher, struct mutant, dispatcher);
}

/* With the lock held: `thread` acquires; returns whether it was abandoned, and clears that. */
bool mutant_take(struct mutant *mutant, struct thread *thread);

#endif
