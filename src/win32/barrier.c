/* SPDX-License-Identifier: MIT */
/* Synchronization barriers: the last of a round to arrive lets the others go. The round's number is
 * what they sleep on, so a barrier is used again at once. */
#include "win32/block.h"
#include "win32/face.h"

/* In the public structure's reserved fields. */
struct barrier {
    _Atomic uint32_t arrived;
    _Atomic uint32_t round;
    uint32_t total;
    uint32_t spins;
    _Atomic uint32_t inside; /* DeleteSynchronizationBarrier waits for those on their way out */
};
_Static_assert(sizeof(struct barrier) <= sizeof(SYNCHRONIZATION_BARRIER),
               "fits the public structure");

enum { SPINS_DEFAULT = 2000 };

BOOL WINAPI InitializeSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER barrier, LONG threads,
                                             LONG spins)
{
    if (barrier == NULL || threads <= 0 || spins < -1)
        return error_from_status(STATUS_INVALID_PARAMETER);
    *(struct barrier *)barrier = (struct barrier){
        .total = (uint32_t)threads, .spins = spins < 0 ? SPINS_DEFAULT : (uint32_t)spins};
    return TRUE;
}

static void barrier_leave(struct barrier *barrier)
{
    if (atomic_fetch_sub(&barrier->inside, 1) == 1)
        futex_wake(&barrier->inside, INT32_MAX);
}

BOOL WINAPI EnterSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER public, DWORD flags)
{
    struct barrier *barrier = (struct barrier *)public;
    atomic_fetch_add(&barrier->inside, 1);
    uint32_t round = atomic_load(&barrier->round);
    if (atomic_fetch_add(&barrier->arrived, 1) + 1 == barrier->total) {
        atomic_store(&barrier->arrived, 0);
        atomic_fetch_add(&barrier->round, 1);
        futex_wake(&barrier->round, INT32_MAX);
        barrier_leave(barrier);
        return TRUE; /* documented: for one of them only */
    }
    uint32_t spins = flags & SYNCHRONIZATION_BARRIER_FLAGS_BLOCK_ONLY ? 0 : barrier->spins;
    for (uint32_t i = 0; i < spins && atomic_load(&barrier->round) == round; i++)
        cpu_relax();
    while (atomic_load(&barrier->round) == round)
        block_on(&barrier->round, round, FUTEX_NO_DEADLINE);
    barrier_leave(barrier);
    return FALSE;
}

BOOL WINAPI DeleteSynchronizationBarrier(LPSYNCHRONIZATION_BARRIER public)
{
    struct barrier *barrier = (struct barrier *)public;
    for (uint32_t inside; (inside = atomic_load(&barrier->inside)) != 0;)
        block_on(&barrier->inside, inside, FUTEX_NO_DEADLINE);
    return TRUE;
}
