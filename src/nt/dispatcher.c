/* SPDX-License-Identifier: MIT */
/* The signalling half of the wait core: dispatchers, their lock, and how a signal finds the threads that wait.
 * With the lock held, a signaller takes waiters off the list in order; for each it wins the thread's word
 * first and only then consumes the object. Threads are woken after the lock was dropped. */
#include "nt/dispatcher.h"

#include <assert.h>

#include "base/futex.h"
#include "base/lock.h"

enum { LOCK_SPINS = 100 };

void dispatcher_lock_slow(struct dispatcher *dispatcher)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        cpu_relax();
        if (dispatcher_try_lock(dispatcher))
            return;
    }
    for (;;) {
        uint32_t word = atomic_load_explicit(&dispatcher->word, memory_order_relaxed);
        uint32_t taken = word | DISPATCHER_LOCKED | DISPATCHER_CONTENDED;
        if (!(word & DISPATCHER_LOCKED)) {
            if (atomic_compare_exchange_weak_explicit(&dispatcher->word, &word, taken,
                                                      memory_order_acquire, memory_order_relaxed))
                return;
        } else if (word == taken || atomic_compare_exchange_weak(&dispatcher->word, &word, taken)) {
            futex_wait(&dispatcher->word, taken, FUTEX_NO_DEADLINE);
        }
    }
}

void dispatcher_unlock_slow(struct dispatcher *dispatcher)
{
    futex_wake(&dispatcher->word, 1);
}

void dispatcher_init(struct dispatcher *dispatcher, enum dispatcher_kind kind, int32_t signal)
{
    atomic_store_explicit(&dispatcher->word, (uint32_t)kind, memory_order_relaxed);
    atomic_store_explicit(&dispatcher->signal, signal, memory_order_relaxed);
    list_init(&dispatcher->waiters);
}

void wake_list_add(struct wake_list *wakes, struct parker *parker, uint32_t slept)
{
    if (slept == PARK_ARMED || slept == PARK_IDLE)
        return;
    if (wakes->count == WAKES_MAX)
        wake_list_flush(wakes);
    wakes->parkers[wakes->count] = parker;
    wakes->slept[wakes->count++] = slept;
}

bool dispatcher_consume(struct dispatcher *dispatcher, struct thread *thread)
{
    switch (dispatcher_kind(dispatcher)) {
    case DISPATCHER_NOTIFICATION:
        return false;
    case DISPATCHER_SYNCHRONIZATION:
        dispatcher_store(dispatcher, 0);
        return false;
    case DISPATCHER_SEMAPHORE:
        dispatcher_store(dispatcher, dispatcher_load(dispatcher) - 1);
        return false;
    default:
        return mutant_take(mutant_of(dispatcher), thread);
    }
}

/* Whether a taken mutex would be reported as abandoned: the word must say so before it is consumed. */
static uint32_t claim_value(struct dispatcher *dispatcher, uint32_t index)
{
    bool abandoned = dispatcher_kind(dispatcher) == DISPATCHER_MUTANT &&
                     mutant_of(dispatcher)->abandoned;
    return (abandoned ? WAKE_ABANDONED : WAKE_OBJECT) + index;
}

void dispatcher_serve(struct dispatcher *dispatcher, struct wake_list *wakes)
{
    /* A notification object releases all who wait, even if a file's next request takes the signal back meanwhile. */
    while (dispatcher_kind(dispatcher) == DISPATCHER_NOTIFICATION || dispatcher_load(dispatcher) > 0) {
        struct list *node = list_pop_front(&dispatcher->waiters);
        if (node == NULL)
            return;
        struct wait_block *block = container_of(node, struct wait_block, link);
        struct thread *thread = block->thread;
        if (block->all) {
            /* Wait-all takes nothing here: its thread looks at all its objects again. */
            uint32_t slept = parker_claim(&thread->parker, WAKE_RETRY);
            wake_list_add(wakes, &thread->parker, slept);
            continue;
        }
        uint32_t slept = parker_claim(&thread->parker, claim_value(dispatcher, block->index));
        if (slept == PARK_IDLE)
            continue; /* it was woken by something else and is about to leave */
        dispatcher_consume(dispatcher, thread);
        wake_list_add(wakes, &thread->parker, slept);
    }
}

int32_t dispatcher_exchange(struct dispatcher *dispatcher, int32_t signal)
{
    struct wake_list wakes;
    wake_list_init(&wakes);
    dispatcher_lock(dispatcher);
    int32_t before = dispatcher_load(dispatcher);
    dispatcher_store(dispatcher, signal);
    if (signal > 0 && before <= 0)
        dispatcher_serve(dispatcher, &wakes);
    dispatcher_unlock(dispatcher);
    wake_list_flush(&wakes);
    return before;
}

void dispatcher_set(struct dispatcher *dispatcher)
{
    dispatcher_exchange(dispatcher, 1);
}

void dispatcher_announce(struct dispatcher *dispatcher)
{
    struct wake_list wakes;
    wake_list_init(&wakes);
    dispatcher_lock(dispatcher);
    dispatcher_store(dispatcher, 1);
    dispatcher_serve(dispatcher, &wakes);
    dispatcher_unlock(dispatcher);
    wake_list_flush(&wakes);
}

void dispatcher_reset(struct dispatcher *dispatcher)
{
    if (dispatcher_load(dispatcher) != 0)
        dispatcher_exchange(dispatcher, 0);
}

void dispatcher_pulse(struct dispatcher *dispatcher)
{
    struct wake_list wakes;
    wake_list_init(&wakes);
    dispatcher_lock(dispatcher);
    dispatcher_store(dispatcher, 1);
    dispatcher_serve(dispatcher, &wakes);
    dispatcher_store(dispatcher, 0);
    dispatcher_unlock(dispatcher);
    wake_list_flush(&wakes);
}

int32_t dispatcher_release(struct dispatcher *dispatcher, int32_t count, int32_t maximum)
{
    struct wake_list wakes;
    wake_list_init(&wakes);
    dispatcher_lock(dispatcher);
    int32_t before = dispatcher_load(dispatcher);
    bool fits = count > 0 && count <= maximum - before;
    if (fits) {
        dispatcher_store(dispatcher, before + count);
        dispatcher_serve(dispatcher, &wakes);
    }
    dispatcher_unlock(dispatcher);
    wake_list_flush(&wakes);
    return fits ? before : -1;
}
