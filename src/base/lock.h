/* SPDX-License-Identifier: MIT */
/* The library's own lock: spins briefly, then sleeps on a futex. Taking it is one atomic operation, giving it
 * back is a plain store and a load: who goes to sleep pays for the ordering (base/barrier.h). Never held while
 * user code runs. Zero-initialised memory is an unlocked lock. */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
    _Atomic uint32_t word;     /* 0 free, 1 held, 2 held and somebody sleeps or slept */
    _Atomic uint32_t sleepers; /* threads that sleep or are about to */
};

void lock_acquire_slow(struct lock *lock);
void lock_release_slow(struct lock *lock);

static inline bool lock_try(struct lock *lock)
{
    uint32_t free = 0;
    return atomic_compare_exchange_strong_explicit(&lock->word, &free, 1, memory_order_acquire,
                                                   memory_order_relaxed);
}

static inline void lock_acquire(struct lock *lock)
{
    if (__builtin_expect(!lock_try(lock), 0))
        lock_acquire_slow(lock);
}

static inline void lock_release(struct lock *lock)
{
    atomic_store_explicit(&lock->word, 0, memory_order_release);
    /* A sleeper fences all processors between announcing itself and its last look at the word: either that look
     * sees the store above, or the load below sees the sleeper. */
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(atomic_load_explicit(&lock->sleepers, memory_order_relaxed) != 0, 0))
        lock_release_slow(lock);
}

/* For a lock whose next owner may free it: touches it once only, by one more atomic operation. lock_release looks at it again after
 * it is free, so its caller must know by a reference that the memory stays. */
static inline void lock_release_last(struct lock *lock)
{
    if (__builtin_expect(atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2, 0))
        lock_release_slow(lock); /* an address to wake at, which is not read */
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
