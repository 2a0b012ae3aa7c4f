/* SPDX-License-Identifier: MIT */
/* The slow halves of the lock: a bounded spin for a holder that is running on another core, then a sleep on the
 * word, announced in `sleepers` and made known by a fence on all processors. Where that fence is refused, a
 * sleeper looks again every millisecond, so that a release it did not see costs time, not progress. */
#include "base/lock.h"

#include "base/barrier.h"
#include "base/futex.h"

enum { LOCK_SPINS = 100, LOOK_AGAIN_NS = 1000000 };

void lock_acquire_slow(struct lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        cpu_relax();
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 && lock_try(lock))
            return;
    }
    atomic_fetch_add_explicit(&lock->sleepers, 1, memory_order_seq_cst);
    bool fenced = barrier_all();
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        futex_wait(&lock->word, 2, fenced ? FUTEX_NO_DEADLINE : clock_deadline_ns(LOOK_AGAIN_NS));
    atomic_fetch_sub_explicit(&lock->sleepers, 1, memory_order_relaxed);
}

void lock_release_slow(struct lock *lock)
{
    futex_wake(&lock->word, 1);
}
