/* SPDX-License-Identifier: MIT */
/* The slow halves of the lock: a bounded spin for a holder that is running on another core, then a sleep
 * on the word. A waiter that slept takes the lock as 2, because it cannot know whether others sleep too. */
#include "base/lock.h"

#include "base/futex.h"

enum { LOCK_SPINS = 100 };

void lock_acquire_slow(struct lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        cpu_relax();
        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 && lock_try(lock))
            return;
    }
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        futex_wait(&lock->word, 2, FUTEX_NO_DEADLINE);
}

void lock_release_slow(struct lock *lock)
{
    futex_wake(&lock->word, 1);
}
