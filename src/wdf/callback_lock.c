/* SPDX-License-Identifier: MIT */
/* The lock of a synchronisation scope: who holds it may take it again, and at execution level dispatch it raises the IRQL. */
#include "wdf/callback_lock.h"

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static __thread char thread_mark;

bool callback_lock_is_mine(const struct callback_lock *lock)
{
    return atomic_load_explicit(&lock->owner, memory_order_relaxed) == (void *)&thread_mark;
}

void callback_lock_acquire(struct callback_lock *lock)
{
    if (callback_lock_is_mine(lock)) {
        lock->depth++;
        return;
    }
    if (verify_on())
        verify_lock_taking(lock, VERIFY_CALLBACK_LOCK, __builtin_return_address(0));
    KIRQL before = lock->raises ? wdm_irql_set(DISPATCH_LEVEL) : PASSIVE_LEVEL;
    lock_acquire(&lock->lock);
    atomic_store_explicit(&lock->owner, (void *)&thread_mark, memory_order_relaxed);
    lock->depth = 1;
    lock->irql = before;
    if (verify_on())
        verify_lock_taken(lock, VERIFY_CALLBACK_LOCK, __builtin_return_address(0));
}

void callback_lock_release(struct callback_lock *lock)
{
    if (!callback_lock_is_mine(lock))
        wdm_stop("an object's lock is released by a thread that does not hold it");
    if (--lock->depth != 0)
        return;
    KIRQL before = lock->irql;
    atomic_store_explicit(&lock->owner, NULL, memory_order_relaxed);
    if (verify_on())
        verify_lock_given(lock, VERIFY_CALLBACK_LOCK, __builtin_return_address(0));
    lock_release(&lock->lock);
    if (lock->raises)
        wdm_irql_set(before);
}
