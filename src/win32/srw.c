/* SPDX-License-Identifier: MIT */
/* Slim reader/writer locks in one pointer: a word with the number of readers (all ones: a writer)
 * and two bits for those who sleep, and a word that writers sleep on. Waiting writers keep new
 * readers out; a release wakes one writer, or, if none took it, all readers. All zero is a free
 * lock. */
#include "win32/block.h"
#include "win32/face.h"

#define READERS_SLEEP 0x40000000u
#define WRITERS_SLEEP 0x80000000u
#define COUNT_MASK    0x3fffffffu
#define WRITER        COUNT_MASK
enum { SPINS = 100 };

struct srw {
    _Atomic uint32_t state;
    _Atomic uint32_t writers; /* counts wakes of writers, who sleep on it */
};
_Static_assert(sizeof(struct srw) == sizeof(SRWLOCK), "a slim lock is one pointer");

static bool state_lets_read(uint32_t state)
{
    return (state & COUNT_MASK) < WRITER - 1 && !(state & (READERS_SLEEP | WRITERS_SLEEP));
}

static bool state_change(struct srw *lock, uint32_t *from, uint32_t to)
{
    return atomic_compare_exchange_weak_explicit(&lock->state, from, to, memory_order_acquire,
                                                 memory_order_relaxed);
}

static uint32_t state_spin_while_written(struct srw *lock)
{
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    for (int i = 0; i < SPINS && state == WRITER; i++) {
        cpu_relax();
        state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    }
    return state;
}

void WINAPI InitializeSRWLock(PSRWLOCK lock)
{
    *lock = (SRWLOCK)SRWLOCK_INIT;
}

static void read_slow(struct srw *lock)
{
    uint32_t state = state_spin_while_written(lock);
    for (;;) {
        if (state_lets_read(state)) {
            if (state_change(lock, &state, state + 1))
                return;
            continue;
        }
        if (!(state & READERS_SLEEP) && !state_change(lock, &state, state | READERS_SLEEP))
            continue;
        block_on(&lock->state, state | READERS_SLEEP, FUTEX_NO_DEADLINE);
        state = state_spin_while_written(lock);
    }
}

void WINAPI AcquireSRWLockShared(PSRWLOCK srw)
{
    struct srw *lock = (struct srw *)srw;
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    if (!state_lets_read(state) || !state_change(lock, &state, state + 1))
        read_slow(lock);
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK srw)
{
    struct srw *lock = (struct srw *)srw;
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    while (state_lets_read(state))
        if (state_change(lock, &state, state + 1))
            return TRUE;
    return FALSE;
}

static bool wake_writer(struct srw *lock)
{
    atomic_fetch_add_explicit(&lock->writers, 1, memory_order_release);
    return futex_wake(&lock->writers, 1) > 0;
}

/* The lock is free and `state` says who sleeps. */
static void wake_next(struct srw *lock, uint32_t state)
{
    if (state == WRITERS_SLEEP) {
        if (atomic_compare_exchange_strong(&lock->state, &state, 0)) {
            wake_writer(lock);
            return;
        }
    }
    if (state == (READERS_SLEEP | WRITERS_SLEEP)) {
        /* The readers stay marked as asleep: the writer that is woken lets them go after itself. */
        if (!atomic_compare_exchange_strong(&lock->state, &state, READERS_SLEEP))
            return;
        if (wake_writer(lock))
            return;
        state = READERS_SLEEP; /* no writer slept: it was on its way and will find the lock free */
    }
    if (state == READERS_SLEEP && atomic_compare_exchange_strong(&lock->state, &state, 0))
        futex_wake(&lock->state, INT32_MAX);
}

void WINAPI ReleaseSRWLockShared(PSRWLOCK srw)
{
    struct srw *lock = (struct srw *)srw;
    uint32_t state = atomic_fetch_sub_explicit(&lock->state, 1, memory_order_release) - 1;
    /* Readers sleep behind readers only when a writer sleeps too. */
    if (!(state & COUNT_MASK) && state & WRITERS_SLEEP)
        wake_next(lock, state);
}

static void write_slow(struct srw *lock)
{
    uint32_t state = state_spin_while_written(lock);
    uint32_t others = 0; /* once it slept, other writers may sleep too */
    for (;;) {
        if (!(state & COUNT_MASK)) {
            if (state_change(lock, &state, state | WRITER | others))
                return;
            continue;
        }
        if (!(state & WRITERS_SLEEP) && !state_change(lock, &state, state | WRITERS_SLEEP))
            continue;
        others = WRITERS_SLEEP;
        uint32_t wakes = atomic_load_explicit(&lock->writers, memory_order_acquire);
        state = atomic_load_explicit(&lock->state, memory_order_relaxed);
        if (!(state & COUNT_MASK) || !(state & WRITERS_SLEEP))
            continue;
        block_on(&lock->writers, wakes, FUTEX_NO_DEADLINE);
        state = state_spin_while_written(lock);
    }
}

void WINAPI AcquireSRWLockExclusive(PSRWLOCK srw)
{
    struct srw *lock = (struct srw *)srw;
    uint32_t state = 0;
    if (!atomic_compare_exchange_strong_explicit(&lock->state, &state, WRITER, memory_order_acquire,
                                                 memory_order_relaxed))
        write_slow(lock);
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK srw)
{
    struct srw *lock = (struct srw *)srw;
    uint32_t state = atomic_load_explicit(&lock->state, memory_order_relaxed);
    while (!(state & COUNT_MASK))
        if (state_change(lock, &state, state | WRITER))
            return TRUE;
    return FALSE;
}

void WINAPI ReleaseSRWLockExclusive(PSRWLOCK srw)
{
    struct srw *lock = (struct srw *)srw;
    uint32_t state = atomic_fetch_sub_explicit(&lock->state, WRITER, memory_order_release) - WRITER;
    if (state & (READERS_SLEEP | WRITERS_SLEEP))
        wake_next(lock, state);
}
