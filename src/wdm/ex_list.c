/* SPDX-License-Identifier: MIT */
/* Lists under a spin lock of the driver's, and lookaside lists: freed entries are kept up to a depth. */
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

PLIST_ENTRY NTAPI ExInterlockedInsertHeadList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    LIST_ENTRY *first = IsListEmpty(ListHead) ? NULL : ListHead->Flink;
    InsertHeadList(ListHead, ListEntry);
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return first;
}

PLIST_ENTRY NTAPI ExInterlockedInsertTailList(PLIST_ENTRY ListHead, PLIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    LIST_ENTRY *last = IsListEmpty(ListHead) ? NULL : ListHead->Blink;
    InsertTailList(ListHead, ListEntry);
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return last;
}

PLIST_ENTRY NTAPI ExInterlockedRemoveHeadList(PLIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    LIST_ENTRY *first = IsListEmpty(ListHead) ? NULL : RemoveHeadList(ListHead);
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return first;
}

PSINGLE_LIST_ENTRY NTAPI ExInterlockedPushEntryList(PSINGLE_LIST_ENTRY ListHead, PSINGLE_LIST_ENTRY ListEntry, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    SINGLE_LIST_ENTRY *first = ListHead->Next;
    PushEntryList(ListHead, ListEntry);
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return first;
}

PSINGLE_LIST_ENTRY NTAPI ExInterlockedPopEntryList(PSINGLE_LIST_ENTRY ListHead, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    SINGLE_LIST_ENTRY *first = PopEntryList(ListHead);
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return first;
}

ULONG NTAPI ExInterlockedAddUlong(PULONG Addend, ULONG Increment, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    ULONG before = *Addend;
    *Addend += Increment;
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return before;
}

LARGE_INTEGER NTAPI ExInterlockedAddLargeInteger(PLARGE_INTEGER Addend, LARGE_INTEGER Increment, PKSPIN_LOCK Lock)
{
    KIRQL irql = wdm_spin_lock_acquire(Lock, VERIFY_CALLER);
    LARGE_INTEGER before = *Addend;
    Addend->QuadPart = (LONGLONG)((ULONGLONG)Addend->QuadPart + (ULONGLONG)Increment.QuadPart);
    wdm_spin_lock_release(Lock, irql, VERIFY_CALLER);
    return before;
}

/* ---- Lookaside lists ------------------------------------------------------------------------------------------------ */

enum { KEPT = 32 };

static void lookaside_initialise(NPAGED_LOOKASIDE_LIST *list, POOL_TYPE type, PALLOCATE_FUNCTION allocate, PFREE_FUNCTION free,
                                 SIZE_T size, ULONG tag)
{
    InitializeSListHead(&list->ListHead);
    list->Depth = KEPT;
    list->Tag = tag;
    list->Size = (ULONG)(size < sizeof(SLIST_ENTRY) ? sizeof(SLIST_ENTRY) : size);
    list->Type = type;
    list->Allocate = (PVOID)(uintptr_t)allocate;
    list->Free = (PVOID)(uintptr_t)free;
}

VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                           ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    (void)Flags;
    (void)Depth; /* reserved */
    lookaside_initialise(Lookaside, NonPagedPoolNx, Allocate, Free, Size, Tag);
}

VOID NTAPI ExInitializePagedLookasideList(PPAGED_LOOKASIDE_LIST Lookaside, PALLOCATE_FUNCTION Allocate, PFREE_FUNCTION Free,
                                          ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    (void)Flags;
    (void)Depth;
    lookaside_initialise(Lookaside, PagedPool, Allocate, Free, Size, Tag);
}

PVOID NTAPI ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    PVOID entry = verify_on() ? NULL : InterlockedPopEntrySList(&Lookaside->ListHead);
    if (entry != NULL)
        return entry;
    if (Lookaside->Allocate != NULL)
        return ((PALLOCATE_FUNCTION)(uintptr_t)Lookaside->Allocate)(Lookaside->Type, Lookaside->Size, Lookaside->Tag);
    return wdm_pool_allocate(Lookaside->Type, Lookaside->Size, Lookaside->Tag, VERIFY_CALLER);
}

static void entry_free(NPAGED_LOOKASIDE_LIST *list, void *entry)
{
    if (list->Free != NULL)
        ((PFREE_FUNCTION)(uintptr_t)list->Free)(entry);
    else
        ExFreePool(entry);
}

/* Under the verifier nothing is kept, so that an entry that is used after it was freed is seen. */
VOID NTAPI ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside, PVOID Entry)
{
    if (verify_on() || QueryDepthSList(&Lookaside->ListHead) >= Lookaside->Depth)
        entry_free(Lookaside, Entry);
    else
        InterlockedPushEntrySList(&Lookaside->ListHead, Entry);
}

/* ---- The newer form: functions of one's own get the list ------------------------------------------------------------ */

NTSTATUS NTAPI ExInitializeLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PALLOCATE_FUNCTION_EX Allocate, PFREE_FUNCTION_EX Free, POOL_TYPE PoolType,
                                           ULONG Flags, SIZE_T Size, ULONG Tag, USHORT Depth)
{
    (void)Depth; /* reserved */
    if (Flags == (EX_LOOKASIDE_LIST_EX_FLAGS_RAISE_ON_FAIL | EX_LOOKASIDE_LIST_EX_FLAGS_FAIL_NO_RAISE))
        return STATUS_INVALID_PARAMETER_5;
    lookaside_initialise(Lookaside, PoolType, (PALLOCATE_FUNCTION)(uintptr_t)Allocate, (PFREE_FUNCTION)(uintptr_t)Free, Size, Tag);
    return STATUS_SUCCESS;
}

PVOID NTAPI ExAllocateFromLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    PVOID entry = verify_on() ? NULL : InterlockedPopEntrySList(&Lookaside->ListHead);
    if (entry != NULL)
        return entry;
    if (Lookaside->Allocate != NULL)
        return ((PALLOCATE_FUNCTION_EX)(uintptr_t)Lookaside->Allocate)(Lookaside->Type, Lookaside->Size, Lookaside->Tag, Lookaside);
    return wdm_pool_allocate(Lookaside->Type, Lookaside->Size, Lookaside->Tag, VERIFY_CALLER);
}

static void entry_free_ex(LOOKASIDE_LIST_EX *list, void *entry)
{
    if (list->Free != NULL)
        ((PFREE_FUNCTION_EX)(uintptr_t)list->Free)(entry, list);
    else
        ExFreePool(entry);
}

VOID NTAPI ExFreeToLookasideListEx(PLOOKASIDE_LIST_EX Lookaside, PVOID Entry)
{
    if (verify_on() || QueryDepthSList(&Lookaside->ListHead) >= Lookaside->Depth)
        entry_free_ex(Lookaside, Entry);
    else
        InterlockedPushEntrySList(&Lookaside->ListHead, Entry);
}

VOID NTAPI ExFlushLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    for (SLIST_ENTRY *entry; (entry = InterlockedPopEntrySList(&Lookaside->ListHead)) != NULL;)
        entry_free_ex(Lookaside, entry);
}

VOID NTAPI ExDeleteLookasideListEx(PLOOKASIDE_LIST_EX Lookaside)
{
    ExFlushLookasideListEx(Lookaside);
}

VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside)
{
    for (SLIST_ENTRY *entry; (entry = InterlockedPopEntrySList(&Lookaside->ListHead)) != NULL;)
        entry_free(Lookaside, entry);
}
