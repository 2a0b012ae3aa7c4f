/* SPDX-License-Identifier: MIT */
/* Locks that sleep: mutexes, fast and guarded mutexes, resources, rundown protection; and the spin locks' other spellings. */
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "nt/thread.h"
#include "nt/wait.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

/* ---- Mutexes: the executive's own stands inside ---------------------------------------------------------------------- */

_Static_assert(sizeof(struct mutant) <= sizeof(((KMUTEX *)0)->Mutant), "a mutex fits");

static struct mutant *mutant_inside(KMUTEX *mutex)
{
    return (struct mutant *)(void *)mutex->Mutant;
}

VOID NTAPI KeInitializeMutex(PRKMUTEX Mutex, ULONG Level)
{
    (void)Level;
    memset(Mutex, 0, sizeof *Mutex);
    Mutex->Header.Lock = WDM_HEADER_MUTEX;
    mutant_init(mutant_inside(Mutex), false);
}

struct dispatcher *wdm_mutex_dispatcher(void *mutex)
{
    return &mutant_inside(mutex)->dispatcher;
}

LONG NTAPI KeReleaseMutex(PRKMUTEX Mutex, BOOLEAN Wait)
{
    int32_t before;
    (void)Wait;
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (mutant_release(mutant_inside(Mutex), &before) != STATUS_SUCCESS)
        wdm_verifier_stop("mutex-not-owned", "KeReleaseMutex(%p) by a thread that does not own it", (void *)Mutex);
    return before;
}

LONG NTAPI KeReadStateMutex(PRKMUTEX Mutex)
{
    return atomic_load(&mutant_inside(Mutex)->dispatcher.signal);
}

/* ---- Fast mutexes: an event that one waiter takes; APC_LEVEL while held --------------------------------------------------- */

VOID NTAPI ExInitializeFastMutex(PFAST_MUTEX FastMutex)
{
    *FastMutex = (FAST_MUTEX){.Count = 1};
    KeInitializeEvent(&FastMutex->Event, SynchronizationEvent, TRUE);
}

/* Only the owner's own answer to "is it me" matters, and that one it wrote itself. */
static bool fast_is_mine(const FAST_MUTEX *mutex)
{
    return __atomic_load_n((void *const *)&mutex->Owner, __ATOMIC_RELAXED) == (void *)KeGetCurrentThread();
}

static void fast_take(FAST_MUTEX *mutex, const char *call, const void *caller)
{
    if (fast_is_mine(mutex))
        wdm_verifier_stop_at(NULL, "fast-mutex", caller, "%s(%p): this thread has it already", call, (void *)mutex);
    if (wait_for_one((struct dispatcher *)(void *)&mutex->Event.Header, false, 0) != STATUS_SUCCESS) {
        __atomic_fetch_add(&mutex->Contention, 1, __ATOMIC_RELAXED);
        wait_for_one((struct dispatcher *)(void *)&mutex->Event.Header, false, WAIT_FOREVER);
    }
    mutex->Count = 0;
    __atomic_store_n((void **)&mutex->Owner, (void *)KeGetCurrentThread(), __ATOMIC_RELAXED);
}

static void fast_give(FAST_MUTEX *mutex, const char *call, const void *caller)
{
    if (!fast_is_mine(mutex))
        wdm_verifier_stop_at(NULL, "fast-mutex", caller, "%s(%p) by a thread that does not have it", call, (void *)mutex);
    __atomic_store_n((void **)&mutex->Owner, NULL, __ATOMIC_RELAXED);
    mutex->Count = 1;
    KeSetEvent(&mutex->Event, IO_NO_INCREMENT, FALSE);
}

VOID NTAPI ExAcquireFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    VERIFY_IRQL(APC_LEVEL);
    fast_take(FastMutex, __func__, VERIFY_CALLER);
}

VOID NTAPI ExReleaseFastMutexUnsafe(PFAST_MUTEX FastMutex)
{
    fast_give(FastMutex, __func__, VERIFY_CALLER);
}

VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    VERIFY_IRQL(APC_LEVEL);
    KIRQL before = wdm_irql_set(APC_LEVEL);
    fast_take(FastMutex, __func__, VERIFY_CALLER);
    FastMutex->OldIrql = before;
}

BOOLEAN NTAPI ExTryToAcquireFastMutex(PFAST_MUTEX FastMutex)
{
    VERIFY_IRQL(APC_LEVEL);
    if (wait_for_one((struct dispatcher *)(void *)&FastMutex->Event.Header, false, 0) != STATUS_SUCCESS)
        return FALSE;
    FastMutex->Count = 0;
    __atomic_store_n((void **)&FastMutex->Owner, (void *)KeGetCurrentThread(), __ATOMIC_RELAXED);
    FastMutex->OldIrql = wdm_irql_set(APC_LEVEL);
    return TRUE;
}

VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex)
{
    KIRQL before = (KIRQL)FastMutex->OldIrql;
    fast_give(FastMutex, __func__, VERIFY_CALLER);
    wdm_irql_set(before);
}

/* ---- Critical regions: a count of the thread's ------------------------------------------------------------------------------ */

static __thread uint32_t regions;

VOID NTAPI KeEnterCriticalRegion(void)
{
    regions++;
}

VOID NTAPI KeLeaveCriticalRegion(void)
{
    if (regions-- == 0)
        wdm_verifier_stop("critical-region", "KeLeaveCriticalRegion without KeEnterCriticalRegion");
}

BOOLEAN NTAPI KeAreApcsDisabled(void)
{
    return regions != 0 || KeGetCurrentIrql() >= APC_LEVEL;
}

/* ---- Spin locks' other spellings ------------------------------------------------------------------------------------------------ */

VOID NTAPI KeAcquireInStackQueuedSpinLock(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    KIRQL before = wdm_spin_lock_acquire(SpinLock, VERIFY_CALLER);
    *LockHandle = (KLOCK_QUEUE_HANDLE){SpinLock, before};
}

VOID NTAPI KeReleaseInStackQueuedSpinLock(PKLOCK_QUEUE_HANDLE LockHandle)
{
    wdm_spin_lock_release(LockHandle->Lock, LockHandle->OldIrql, VERIFY_CALLER);
}

VOID NTAPI KeAcquireInStackQueuedSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock, PKLOCK_QUEUE_HANDLE LockHandle)
{
    LockHandle->Lock = SpinLock;
    LockHandle->OldIrql = KeGetCurrentIrql();
    KeAcquireSpinLockAtDpcLevel(SpinLock);
}

VOID NTAPI KeReleaseInStackQueuedSpinLockFromDpcLevel(PKLOCK_QUEUE_HANDLE LockHandle)
{
    KeReleaseSpinLockFromDpcLevel(LockHandle->Lock);
}

BOOLEAN NTAPI KeTestSpinLock(PKSPIN_LOCK SpinLock)
{
    return atomic_load(&((struct lock *)(void *)SpinLock)->word) == 0;
}

BOOLEAN NTAPI KeTryToAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock)
{
    if (!lock_try((struct lock *)(void *)SpinLock))
        return FALSE;
    if (verify_on())
        verify_lock_taken(SpinLock, VERIFY_SPIN_LOCK, VERIFY_CALLER);
    return TRUE;
}

/* ---- Rundown protection: the count in steps of two, the low bit says that it is over --------------------------------------------- */

enum { RUNDOWN_OVER = 1, RUNDOWN_ONE = 2 };

static _Atomic uint32_t rundown_releases; /* who waits sleeps on it; releases during a rundown are rare */

VOID NTAPI ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_SEQ_CST);
}

VOID NTAPI ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ExInitializeRundownProtection(RunRef);
}

BOOLEAN NTAPI ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ULONG_PTR count = __atomic_load_n(&RunRef->Count, __ATOMIC_RELAXED);
    do {
        if (count & RUNDOWN_OVER)
            return FALSE;
    } while (!__atomic_compare_exchange_n(&RunRef->Count, &count, count + RUNDOWN_ONE, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
    return TRUE;
}

VOID NTAPI ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ULONG_PTR before = __atomic_fetch_sub(&RunRef->Count, RUNDOWN_ONE, __ATOMIC_SEQ_CST);
    if (before < RUNDOWN_ONE)
        wdm_verifier_stop("rundown", "ExReleaseRundownProtection(%p) more often than acquired", (void *)RunRef);
    if (before == (RUNDOWN_OVER | RUNDOWN_ONE)) {
        atomic_fetch_add(&rundown_releases, 1);
        futex_wake(&rundown_releases, INT32_MAX);
    }
}

VOID NTAPI ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    VERIFY_IRQL(APC_LEVEL);
    uint32_t seen = atomic_load(&rundown_releases);
    ULONG_PTR left = __atomic_or_fetch(&RunRef->Count, RUNDOWN_OVER, __ATOMIC_SEQ_CST);
    while (left != RUNDOWN_OVER) {
        futex_wait(&rundown_releases, seen, FUTEX_NO_DEADLINE);
        seen = atomic_load(&rundown_releases);
        left = __atomic_load_n(&RunRef->Count, __ATOMIC_SEQ_CST);
    }
}

VOID NTAPI ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, RUNDOWN_OVER, __ATOMIC_SEQ_CST);
}
