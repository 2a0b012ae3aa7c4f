/* SPDX-License-Identifier: MIT */
/* Remove locks: a count of those who are inside, and an event for the remover who waits until all have left. */
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

VOID NTAPI IoInitializeRemoveLockEx(PIO_REMOVE_LOCK Lock, ULONG AllocateTag, ULONG MaxLockedMinutes, ULONG HighWatermark,
                                    ULONG RemlockSize)
{
    (void)AllocateTag; /* of the checked version, which remembers tags */
    (void)MaxLockedMinutes;
    (void)HighWatermark;
    (void)RemlockSize;
    Lock->Removed = FALSE;
    Lock->IoCount = 1; /* the remover's */
    KeInitializeEvent(&Lock->RemoveEvent, SynchronizationEvent, FALSE);
}

NTSTATUS NTAPI IoAcquireRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, const char *File, ULONG Line, ULONG RemlockSize)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)Tag;
    (void)File;
    (void)Line;
    (void)RemlockSize;
    __atomic_fetch_add(&RemoveLock->IoCount, 1, __ATOMIC_SEQ_CST);
    if (!__atomic_load_n(&RemoveLock->Removed, __ATOMIC_SEQ_CST))
        return STATUS_SUCCESS;
    if (__atomic_sub_fetch(&RemoveLock->IoCount, 1, __ATOMIC_SEQ_CST) == 0)
        KeSetEvent(&RemoveLock->RemoveEvent, IO_NO_INCREMENT, FALSE);
    return STATUS_DELETE_PENDING;
}

static LONG remove_lock_release(IO_REMOVE_LOCK *lock, const void *caller)
{
    LONG left = __atomic_sub_fetch(&lock->IoCount, 1, __ATOMIC_SEQ_CST);
    if (left < 0 || (left == 0 && !__atomic_load_n(&lock->Removed, __ATOMIC_SEQ_CST)))
        wdm_verifier_stop_at(NULL, "remove-lock", caller, "remove lock %p is released more often than acquired", (void *)lock);
    return left;
}

VOID NTAPI IoReleaseRemoveLockEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)Tag;
    (void)RemlockSize;
    if (remove_lock_release(RemoveLock, VERIFY_CALLER) == 0)
        KeSetEvent(&RemoveLock->RemoveEvent, IO_NO_INCREMENT, FALSE);
}

/* The caller has acquired it once in its remove dispatch; that and the remover's own go together. */
VOID NTAPI IoReleaseRemoveLockAndWaitEx(PIO_REMOVE_LOCK RemoveLock, PVOID Tag, ULONG RemlockSize)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)Tag;
    (void)RemlockSize;
    __atomic_store_n(&RemoveLock->Removed, TRUE, __ATOMIC_SEQ_CST);
    remove_lock_release(RemoveLock, VERIFY_CALLER);
    if (remove_lock_release(RemoveLock, VERIFY_CALLER) > 0)
        KeWaitForSingleObject(&RemoveLock->RemoveEvent, Executive, KernelMode, FALSE, NULL);
}
