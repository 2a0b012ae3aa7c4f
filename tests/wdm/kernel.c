/* SPDX-License-Identifier: MIT */
/* What else drivers call: cancel-safe queues, remove locks, mutexes and resources, lists, pool, memory descriptors, strings, time, timers,
 * work items, files, the debugger's formats. */
#include <ntddk.h>
#include <initguid.h>
#include <ntintsafe.h>

#include "report.h"

#define TAG 'nreK'

DEFINE_GUID(GUID_OF_TEST, 0x01234567, 0x89ab, 0xcdef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef);

/* Runs a routine on a system thread; the thread is waited for by Join. */
static PVOID ThreadStart(PKSTART_ROUTINE Routine, PVOID Context)
{
    HANDLE Handle;
    PVOID Thread = NULL;
    if (NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, Routine, Context))) {
        ObReferenceObjectByHandle(Handle, SYNCHRONIZE, *PsThreadType, KernelMode, &Thread, NULL);
        ZwClose(Handle);
    }
    return Thread;
}

static VOID Join(PVOID Thread)
{
    KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Thread);
}

static PLARGE_INTEGER Ms(PLARGE_INTEGER Time, LONG Milliseconds)
{
    Time->QuadPart = -10000LL * Milliseconds;
    return Time;
}

/* ---- Cancel-safe queues ---------------------------------------------------------------------------------- */

static IO_CSQ Csq;
static KSPIN_LOCK CsqLock;
static LIST_ENTRY CsqList;
static LONG CsqCancelled;

static NTSTATUS NTAPI CsqInsert(PIO_CSQ Queue, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(Queue);
    if (Context == (PVOID)1)
        return STATUS_DEVICE_BUSY;
    InsertTailList(&CsqList, &Irp->Tail.Overlay.ListEntry);
    return STATUS_SUCCESS;
}

static VOID NTAPI CsqRemove(PIO_CSQ Queue, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Queue);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
}

static PIRP NTAPI CsqPeek(PIO_CSQ Queue, PIRP Irp, PVOID Context)
{
    PLIST_ENTRY Entry = Irp == NULL ? CsqList.Flink : Irp->Tail.Overlay.ListEntry.Flink;
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Context);
    return Entry == &CsqList ? NULL : CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
}

static VOID NTAPI CsqAcquire(PIO_CSQ Queue, PKIRQL Irql)
{
    UNREFERENCED_PARAMETER(Queue);
    KeAcquireSpinLock(&CsqLock, Irql);
}

static VOID NTAPI CsqRelease(PIO_CSQ Queue, KIRQL Irql)
{
    UNREFERENCED_PARAMETER(Queue);
    KeReleaseSpinLock(&CsqLock, Irql);
}

static VOID NTAPI CsqComplete(PIO_CSQ Queue, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Queue);
    CsqCancelled++;
    Irp->IoStatus.Status = STATUS_CANCELLED;
}

static VOID CsqTest(VOID)
{
    IO_CSQ_IRP_CONTEXT Context;
    PIRP Irp[4];
    InitializeListHead(&CsqList);
    KeInitializeSpinLock(&CsqLock);
    CHECK(IoCsqInitializeEx(&Csq, CsqInsert, CsqRemove, CsqPeek, CsqAcquire, CsqRelease, CsqComplete) == STATUS_SUCCESS,
          "a queue");
    for (int i = 0; i < 4; i++) {
        Irp[i] = IoAllocateIrp(1, FALSE);
        IoSetNextIrpStackLocation(Irp[i]); /* as if a driver had it */
    }
    CHECK(IoCsqInsertIrpEx(&Csq, Irp[0], NULL, (PVOID)1) == STATUS_DEVICE_BUSY && IsListEmpty(&CsqList),
          "an insert that the driver refuses");
    IoCsqInsertIrp(&Csq, Irp[0], NULL);
    IoCsqInsertIrp(&Csq, Irp[1], &Context);
    IoCsqInsertIrp(&Csq, Irp[2], NULL);
    CHECK(IoCancelIrp(Irp[0]) && CsqCancelled == 1 && Irp[0]->IoStatus.Status == STATUS_CANCELLED, "a queued one is cancelled");
    CHECK(IoCsqRemoveIrp(&Csq, &Context) == Irp[1] && IoCsqRemoveIrp(&Csq, &Context) == NULL, "one is removed by its context, once");
    CHECK(IoCsqRemoveNextIrp(&Csq, NULL) == Irp[2] && IoCsqRemoveNextIrp(&Csq, NULL) == NULL, "the next one, up to the end");
    CHECK(!IoCancelIrp(Irp[2]) && CsqCancelled == 1, "a removed one is not cancelled by the queue");
    Irp[3]->Cancel = TRUE;
    IoCsqInsertIrp(&Csq, Irp[3], NULL);
    CHECK(CsqCancelled == 2 && IsListEmpty(&CsqList), "one that was cancelled before is not queued");
    for (int i = 0; i < 4; i++)
        IoFreeIrp(Irp[i]);
}

/* ---- Remove locks, mutexes, resources ------------------------------------------------------------------------- */

static IO_REMOVE_LOCK RemoveLock;
static volatile LONG Removed;

static VOID NTAPI Remover(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    IoAcquireRemoveLock(&RemoveLock, NULL);
    IoReleaseRemoveLockAndWait(&RemoveLock, NULL);
    InterlockedExchange(&Removed, 1);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID RemoveLockTest(VOID)
{
    LARGE_INTEGER Time;
    IoInitializeRemoveLock(&RemoveLock, TAG, 1, 10);
    CHECK(IoAcquireRemoveLock(&RemoveLock, NULL) == STATUS_SUCCESS, "a remove lock is acquired");
    PVOID Thread = ThreadStart(Remover, NULL);
    while (IoAcquireRemoveLock(&RemoveLock, NULL) == STATUS_SUCCESS) {
        IoReleaseRemoveLock(&RemoveLock, NULL);
        KeDelayExecutionThread(KernelMode, FALSE, Ms(&Time, 1));
    }
    CHECK(IoAcquireRemoveLock(&RemoveLock, NULL) == STATUS_DELETE_PENDING, "not when it is being removed");
    CHECK(KeWaitForSingleObject(Thread, Executive, KernelMode, FALSE, Ms(&Time, 30)) == STATUS_TIMEOUT && !Removed,
          "the remover waits");
    IoReleaseRemoveLock(&RemoveLock, NULL);
    Join(Thread);
    CHECK(Removed == 1, "until all have left");
}

struct Locks {
    KMUTEX Mutex;
    FAST_MUTEX Fast;
    ERESOURCE Resource;
    EX_RUNDOWN_REF Rundown;
    KEVENT Go;
    volatile LONG Count;
    LONG ByMutex, ByFast, ByResource; /* plain: each is kept by its lock alone */
};

static VOID NTAPI MutexUser(PVOID Context)
{
    struct Locks *Locks = (struct Locks *)Context;
    for (int i = 0; i < 2000; i++) {
        KeWaitForSingleObject(&Locks->Mutex, Executive, KernelMode, FALSE, NULL);
        KeWaitForSingleObject(&Locks->Mutex, Executive, KernelMode, FALSE, NULL);
        Locks->ByMutex++;
        KeReleaseMutex(&Locks->Mutex, FALSE);
        KeReleaseMutex(&Locks->Mutex, FALSE);
        ExAcquireFastMutex(&Locks->Fast);
        Locks->ByFast++;
        ExReleaseFastMutex(&Locks->Fast);
        KeEnterCriticalRegion();
        ExAcquireResourceExclusiveLite(&Locks->Resource, TRUE);
        Locks->ByResource++;
        ExReleaseResourceLite(&Locks->Resource);
        ExAcquireResourceSharedLite(&Locks->Resource, TRUE);
        ExReleaseResourceLite(&Locks->Resource);
        KeLeaveCriticalRegion();
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID NTAPI ReaderUser(PVOID Context)
{
    struct Locks *Locks = (struct Locks *)Context;
    KeEnterCriticalRegion();
    BOOLEAN Shared = ExAcquireResourceSharedLite(&Locks->Resource, FALSE);
    BOOLEAN Exclusive = ExAcquireResourceExclusiveLite(&Locks->Resource, FALSE);
    if (Shared)
        ExReleaseResourceLite(&Locks->Resource);
    KeLeaveCriticalRegion();
    InterlockedExchange(&Locks->Count, Shared | Exclusive << 1);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID LockTest(VOID)
{
    struct Locks *Locks = (struct Locks *)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *Locks, TAG);
    PVOID Threads[3];
    KIRQL Irql;
    KeInitializeMutex(&Locks->Mutex, 0);
    ExInitializeFastMutex(&Locks->Fast);
    ExInitializeResourceLite(&Locks->Resource);
    PVOID Thread = ThreadStart(MutexUser, Locks);
    Join(Thread);
    CHECK(Locks->ByMutex == 2000 && Locks->ByFast == 2000 && Locks->ByResource == 2000, "mutexes, fast mutexes and resources by one thread");
    CHECK(KeReadStateMutex(&Locks->Mutex) == 1, "a free mutex is signalled");
    KeWaitForSingleObject(&Locks->Mutex, Executive, KernelMode, FALSE, NULL);
    CHECK(KeReadStateMutex(&Locks->Mutex) == 0, "an owned one is not");
    CHECK(KeReleaseMutex(&Locks->Mutex, FALSE) == 0, "its state before");
    ExAcquireFastMutex(&Locks->Fast);
    CHECK(KeGetCurrentIrql() == APC_LEVEL, "a fast mutex raises to APC_LEVEL");
    CHECK(KeAreApcsDisabled(), "where APCs are disabled");
    ExReleaseFastMutex(&Locks->Fast);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL && ExTryToAcquireFastMutex(&Locks->Fast), "and back; a try takes a free one");
    ExReleaseFastMutex(&Locks->Fast);
    KeEnterCriticalRegion();
    CHECK(ExAcquireResourceExclusiveLite(&Locks->Resource, TRUE) && ExAcquireResourceSharedLite(&Locks->Resource, TRUE) &&
              ExIsResourceAcquiredExclusiveLite(&Locks->Resource) && ExIsResourceAcquiredSharedLite(&Locks->Resource) == 2,
          "a writer reads");
    Join(ThreadStart(ReaderUser, Locks));
    CHECK(Locks->Count == 0, "others do not, meanwhile");
    ExReleaseResourceLite(&Locks->Resource);
    ExReleaseResourceLite(&Locks->Resource);
    ExAcquireResourceSharedLite(&Locks->Resource, TRUE);
    Join(ThreadStart(ReaderUser, Locks));
    CHECK(Locks->Count == 1, "readers share");
    ExReleaseResourceLite(&Locks->Resource);
    KeLeaveCriticalRegion();
    for (int i = 0; i < 3; i++)
        Threads[i] = ThreadStart(MutexUser, Locks);
    for (int i = 0; i < 3; i++)
        Join(Threads[i]);
    CHECK(Locks->ByMutex == 8000 && Locks->ByFast == 8000 && Locks->ByResource == 8000, "three more threads at once");
    ExInitializeRundownProtection(&Locks->Rundown);
    CHECK(ExAcquireRundownProtection(&Locks->Rundown), "rundown protection is acquired");
    ExReleaseRundownProtection(&Locks->Rundown);
    ExWaitForRundownProtectionRelease(&Locks->Rundown);
    CHECK(!ExAcquireRundownProtection(&Locks->Rundown), "not after the rundown");
    KLOCK_QUEUE_HANDLE Queue;
    KSPIN_LOCK Spin;
    KeInitializeSpinLock(&Spin);
    KeAcquireInStackQueuedSpinLock(&Spin, &Queue);
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL && !KeTestSpinLock(&Spin) && !KeTryToAcquireSpinLockAtDpcLevel(&Spin),
          "a queued spin lock");
    KeReleaseInStackQueuedSpinLock(&Queue);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    CHECK(KeTryToAcquireSpinLockAtDpcLevel(&Spin), "a free one is tried with success");
    KeReleaseSpinLockFromDpcLevel(&Spin);
    KeLowerIrql(Irql);
    ExDeleteResourceLite(&Locks->Resource);
    ExFreePoolWithTag(Locks, TAG);
}

static VOID WaitTest(VOID)
{
    KEVENT Event;
    KSEMAPHORE Semaphore;
    KMUTEX Mutex;
    LARGE_INTEGER Time;
    PVOID Objects[] = {&Event, &Semaphore, &Mutex};
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeInitializeSemaphore(&Semaphore, 0, 4);
    KeInitializeMutex(&Mutex, 0);
    CHECK(KeWaitForMultipleObjects(3, Objects, WaitAny, Executive, KernelMode, FALSE, Ms(&Time, 1), NULL) == STATUS_WAIT_2,
          "any of several: the mutex");
    KeReleaseMutex(&Mutex, FALSE);
    CHECK(KeWaitForMultipleObjects(3, Objects, WaitAll, Executive, KernelMode, FALSE, Ms(&Time, 5), NULL) == STATUS_TIMEOUT,
          "not all");
    KeSetEvent(&Event, 0, FALSE);
    KeReleaseSemaphore(&Semaphore, 0, 2, FALSE);
    CHECK(KeWaitForMultipleObjects(3, Objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL) == STATUS_WAIT_0, "all of them");
    CHECK(KeReadStateSemaphore(&Semaphore) == 1 && KeReadStateMutex(&Mutex) == 0, "each was taken");
    KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
    PVOID Many[MAXIMUM_WAIT_OBJECTS];
    for (int i = 0; i < MAXIMUM_WAIT_OBJECTS; i++)
        Many[i] = &Event;
    CHECK(KeWaitForMultipleObjects(MAXIMUM_WAIT_OBJECTS, Many, WaitAny, Executive, KernelMode, FALSE, NULL, Blocks) == STATUS_WAIT_0,
          "as many as there may be, with wait blocks");
    KeReleaseMutex(&Mutex, FALSE);
}

/* ---- Lists and pool --------------------------------------------------------------------------------------------------- */

static VOID ListTest(VOID)
{
    KSPIN_LOCK Lock;
    LIST_ENTRY Head, A, B;
    SINGLE_LIST_ENTRY Single = {NULL}, One;
    SLIST_HEADER Slist;
    SLIST_ENTRY Entry;
    ULONG Sum = 5;
    KeInitializeSpinLock(&Lock);
    InitializeListHead(&Head);
    CHECK(ExInterlockedInsertTailList(&Head, &A, &Lock) == NULL && ExInterlockedInsertTailList(&Head, &B, &Lock) == &A &&
              ExInterlockedRemoveHeadList(&Head, &Lock) == &A && ExInterlockedRemoveHeadList(&Head, &Lock) == &B &&
              ExInterlockedRemoveHeadList(&Head, &Lock) == NULL, "a list under a spin lock");
    CHECK(ExInterlockedPushEntryList(&Single, &One, &Lock) == NULL && ExInterlockedPopEntryList(&Single, &Lock) == &One &&
              ExInterlockedPopEntryList(&Single, &Lock) == NULL, "a single list");
    ExInitializeSListHead(&Slist);
    CHECK(ExInterlockedPushEntrySList(&Slist, &Entry, &Lock) == NULL && ExQueryDepthSList(&Slist) == 1 &&
              ExInterlockedPopEntrySList(&Slist, &Lock) == &Entry, "a sequenced list");
    CHECK(ExInterlockedAddUlong(&Sum, 3, &Lock) == 5 && Sum == 8, "an addition");
    NPAGED_LOOKASIDE_LIST Lookaside;
    ExInitializeNPagedLookasideList(&Lookaside, NULL, NULL, 0, 100, TAG, 0);
    PVOID Memory = ExAllocateFromNPagedLookasideList(&Lookaside);
    CHECK(Memory != NULL, "a lookaside list gives memory");
    RtlFillMemory(Memory, 100, 1);
    ExFreeToNPagedLookasideList(&Lookaside, Memory);
    PVOID Again = ExAllocateFromNPagedLookasideList(&Lookaside);
    CHECK(Again != NULL, "again");
    ExFreeToNPagedLookasideList(&Lookaside, Again);
    ExDeleteNPagedLookasideList(&Lookaside);
    PUCHAR Zero = (PUCHAR)ExAllocatePoolZero(NonPagedPoolNx, 64, TAG);
    CHECK(Zero != NULL && Zero[0] == 0 && Zero[63] == 0, "zeroed pool");
    ExFreePoolWithTag(Zero, TAG);
    PVOID Page = ExAllocatePool3(POOL_FLAG_NON_PAGED, PAGE_SIZE, TAG, NULL, 0);
    CHECK(Page != NULL && BYTE_OFFSET(Page) == 0, "a page of pool begins a page");
    ExFreePool2(Page, TAG, NULL, 0);
}

static VOID MdlTest(VOID)
{
    PUCHAR Memory = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, 3 * PAGE_SIZE, TAG);
    PMDL Mdl = IoAllocateMdl(Memory + 100, 5000, FALSE, FALSE, NULL), Part = IoAllocateMdl(Memory + 100, 5000, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    CHECK(MmGetMdlVirtualAddress(Mdl) == Memory + 100 && MmGetMdlByteCount(Mdl) == 5000 && MmGetMdlByteOffset(Mdl) == 100,
          "an MDL describes its memory");
    CHECK(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority | MdlMappingNoExecute) == Memory + 100, "its system address");
    IoBuildPartialMdl(Mdl, Part, Memory + 4200, 800);
    CHECK(MmGetMdlByteCount(Part) == 800 && MmGetMdlVirtualAddress(Part) == Memory + 4200 &&
              MmGetSystemAddressForMdlSafe(Part, NormalPagePriority) == Memory + 4200, "a part of it");
    MmPrepareMdlForReuse(Part);
    IoBuildPartialMdl(Mdl, Part, Memory + 200, 0);
    CHECK(MmGetMdlByteCount(Part) == 4900 && MmGetMdlByteOffset(Part) == 200, "length 0: to the end");
    IoFreeMdl(Part);
    IoFreeMdl(Mdl);
    CHECK(MmSizeOfMdl(Memory, 2 * PAGE_SIZE) == sizeof(MDL) + 2 * sizeof(PFN_NUMBER), "the size of one");
    CHECK(ADDRESS_AND_SIZE_TO_SPAN_PAGES(Memory + PAGE_SIZE - 1, 2) == 2, "pages that memory spans");
    PMDL Own = (PMDL)ExAllocatePool2(POOL_FLAG_NON_PAGED, MmSizeOfMdl(Memory, 10), TAG);
    MmInitializeMdl(Own, Memory, 10);
    MmProbeAndLockPages(Own, KernelMode, IoReadAccess);
    CHECK(MmGetSystemAddressForMdlSafe(Own, NormalPagePriority) == Memory && (Own->MdlFlags & MDL_PAGES_LOCKED), "locked pages");
    MmUnlockPages(Own);
    ExFreePoolWithTag(Own, TAG);
    CHECK(MmIsAddressValid(Memory) && !MmIsAddressValid((PVOID)16), "an address that is valid");
    ExFreePoolWithTag(Memory, TAG);
}

/* ---- Strings ------------------------------------------------------------------------------------------------------------- */

static VOID StringTest(VOID)
{
    UNICODE_STRING A, B, Made = {0}, Pre = RTL_CONSTANT_STRING(L"\\device");
    ANSI_STRING Ansi;
    DECLARE_UNICODE_STRING_SIZE(Room, 16);
    GUID Guid;
    ULONG Number = 0;
    WCHAR Small[4];
    RtlInitUnicodeString(&A, L"\\Device\\Straße");
    RtlInitUnicodeString(&B, L"\\DEVICE\\STRAßE");
    CHECK(RtlCompareUnicodeString(&A, &B, TRUE) == 0 && RtlCompareUnicodeString(&A, &B, FALSE) > 0, "comparing");
    CHECK(RtlPrefixUnicodeString(&Pre, &A, TRUE) && !RtlPrefixUnicodeString(&Pre, &A, FALSE), "a prefix");
    CHECK(RtlUnicodeStringToAnsiString(&Ansi, &A, TRUE) == STATUS_SUCCESS && Ansi.Length == 15 && Ansi.Buffer[15] == 0, "to ANSI");
    CHECK(RtlAnsiStringToUnicodeString(&Made, &Ansi, TRUE) == STATUS_SUCCESS && RtlEqualUnicodeString(&A, &Made, FALSE), "and back");
    RtlFreeAnsiString(&Ansi);
    RtlFreeUnicodeString(&Made);
    CHECK(Made.Buffer == NULL, "freed");
    CHECK(RtlAppendUnicodeToString(&Room, L"12345678") == STATUS_SUCCESS && Room.Length == 16, "appending");
    CHECK(RtlAppendUnicodeStringToString(&Room, &A) == STATUS_BUFFER_TOO_SMALL && Room.Length == 16, "what does not fit is refused");
    RtlCopyUnicodeString(&Room, &A);
    CHECK(Room.Length == 28 && Room.Buffer[13] == L'e', "copying");
    CHECK(RtlIntegerToUnicodeString(0xbeef, 16, &Room) == STATUS_SUCCESS && Room.Length == 8 && Room.Buffer[0] == L'B', "a number");
    CHECK(RtlUnicodeStringToInteger(&Room, 16, &Number) == STATUS_SUCCESS && Number == 0xbeef, "and back");
    RtlInitUnicodeString(&B, L" -0x10");
    CHECK(RtlUnicodeStringToInteger(&B, 0, &Number) == STATUS_SUCCESS && Number == (ULONG)-16, "with blank, sign and prefix");
    CHECK(RtlStringFromGUID(&GUID_OF_TEST, &Made) == STATUS_SUCCESS && Made.Length == 76 &&
              wcscmp(Made.Buffer, L"{01234567-89AB-CDEF-0123-456789ABCDEF}") == 0, "a GUID's text");
    CHECK(RtlGUIDFromString(&Made, &Guid) == STATUS_SUCCESS && RtlEqualMemory(&Guid, &GUID_OF_TEST, 16), "and back");
    Made.Buffer[3] = L'x';
    CHECK(RtlGUIDFromString(&Made, &Guid) == STATUS_INVALID_PARAMETER, "not from what is none");
    RtlFreeUnicodeString(&Made);
    CHECK(RtlCompareMemory("abcd", "abxd", 4) == 2, "bytes that are the same");
    CHECK(RtlUpcaseUnicodeChar(L'ä') == L'Ä' && RtlDowncaseUnicodeChar(L'Ж') == L'ж' && RtlUpcaseUnicodeChar(L'1') == L'1', "letters");
    CHECK(RtlStringCbPrintfW(Small, sizeof Small, L"%d", 12345) == STATUS_BUFFER_OVERFLOW && wcscmp(Small, L"123") == 0,
          "a print that is cut ends the string");
    CHECK(RtlUnicodeStringPrintf(&Room, L"%ws-%wZ", L"a", &Pre) == STATUS_SUCCESS && Room.Length == 18, "a print into a counted string");
    CHECK(RtlInitUnicodeStringEx(&A, NULL) == STATUS_SUCCESS && A.Buffer == NULL, "no string");
    CHECK(RtlUlongByteSwap(0x01020304) == 0x04030201, "bytes are swapped");
}

static VOID FormatTest(VOID)
{
    char Text[128];
    UNICODE_STRING Wide = RTL_CONSTANT_STRING(L"wide");
    ANSI_STRING Narrow = RTL_CONSTANT_STRING("narrow");
    CHECK(RtlStringCbPrintfA(Text, sizeof Text, "%wZ %Z %ws %S %hs %I64x %lu %p", &Wide, &Narrow, L"w", L"S", "h", 0x1234567890ULL,
                             (ULONG)7, (PVOID)0x10) == STATUS_SUCCESS &&
              RtlEqualMemory(Text, "wide narrow w S h 1234567890 7 0000000000000010", 48), "Windows' formats");
    CHECK(DbgPrint("%wZ\n", &Wide) == STATUS_SUCCESS && DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, "%s\n", "x") == STATUS_SUCCESS,
          "the debugger is told");
    KdPrint(("kd %d\n", 1));
    KdPrintEx((DPFLTR_DEFAULT_ID, DPFLTR_ERROR_LEVEL, "kd %d\n", 2));
}

/* ---- Time ------------------------------------------------------------------------------------------------------------------ */

static volatile LONG Ticks;
static KEVENT Ticked;

static VOID NTAPI OnTimer(PEX_TIMER Timer, PVOID Context)
{
    UNREFERENCED_PARAMETER(Timer);
    if (Context == &Ticked && KeGetCurrentIrql() == DISPATCH_LEVEL && InterlockedIncrement(&Ticks) == 3)
        KeSetEvent(&Ticked, 0, FALSE);
}

static VOID NTAPI OnWork(PDEVICE_OBJECT Device, PVOID Context)
{
    if (Device == ReportDevice && KeGetCurrentIrql() == PASSIVE_LEVEL)
        KeSetEvent((PKEVENT)Context, 0, FALSE);
}

static VOID NTAPI OnWorkEx(PVOID Object, PVOID Context, PIO_WORKITEM Item)
{
    if (Object == ReportDevice && Item != NULL)
        KeSetEvent((PKEVENT)Context, 0, FALSE);
}

static VOID NTAPI OnPlainWork(PVOID Context)
{
    KeSetEvent((PKEVENT)Context, 0, FALSE);
}

static VOID TimeTest(VOID)
{
    LARGE_INTEGER Now, Local, Back, Frequency, Time = {.QuadPart = 133500000001230000LL};
    TIME_FIELDS Fields;
    ULONGLONG Start = KeQueryInterruptTime();
    KeStallExecutionProcessor(200);
    CHECK(KeQueryInterruptTime() - Start >= 2000, "a stall lasts");
    LARGE_INTEGER Count = KeQueryPerformanceCounter(&Frequency);
    CHECK(Count.QuadPart > 0 && Frequency.QuadPart == 10000000, "the performance counter");
    KeQuerySystemTime(&Now);
    ExSystemTimeToLocalTime(&Now, &Local);
    ExLocalTimeToSystemTime(&Local, &Back);
    CHECK(Back.QuadPart == Now.QuadPart, "local time and back");
    RtlTimeToTimeFields(&Time, &Fields);
    CHECK(Fields.Year == 2024 && Fields.Month == 1 && Fields.Day == 17 && Fields.Hour == 21 && Fields.Weekday == 3 &&
              Fields.Milliseconds == 123, "a date");
    CHECK(RtlTimeFieldsToTime(&Fields, &Back) && Back.QuadPart == Time.QuadPart, "and back");
    Fields.Day = 32;
    CHECK(!RtlTimeFieldsToTime(&Fields, &Back), "not of a day that is none");
    RTL_OSVERSIONINFOW Version = {.dwOSVersionInfoSize = sizeof Version};
    CHECK(RtlGetVersion(&Version) == STATUS_SUCCESS && Version.dwMajorVersion == 10, "the version");
    KeInitializeEvent(&Ticked, NotificationEvent, FALSE);
    PEX_TIMER Timer = ExAllocateTimer(OnTimer, &Ticked, EX_TIMER_HIGH_RESOLUTION);
    ExSetTimer(Timer, -10000, 10000, NULL);
    CHECK(KeWaitForSingleObject(&Ticked, Executive, KernelMode, FALSE, Ms(&Time, 5000)) == STATUS_SUCCESS, "a periodic timer calls");
    CHECK(ExDeleteTimer(Timer, TRUE, TRUE, NULL), "it was set when it was deleted");
    KEVENT Done;
    KeInitializeEvent(&Done, SynchronizationEvent, FALSE);
    PIO_WORKITEM Item = IoAllocateWorkItem(ReportDevice);
    IoQueueWorkItem(Item, OnWork, DelayedWorkQueue, &Done);
    CHECK(KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, Ms(&Time, 5000)) == STATUS_SUCCESS, "a work item runs");
    IoQueueWorkItemEx(Item, OnWorkEx, DelayedWorkQueue, &Done);
    CHECK(KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, Ms(&Time, 5000)) == STATUS_SUCCESS, "one with its item");
    KeDelayExecutionThread(KernelMode, FALSE, Ms(&Time, 1));
    IoFreeWorkItem(Item);
    WORK_QUEUE_ITEM Plain;
    ExInitializeWorkItem(&Plain, OnPlainWork, &Done);
    ExQueueWorkItem(&Plain, CriticalWorkQueue);
    CHECK(KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, Ms(&Time, 5000)) == STATUS_SUCCESS, "one of no device");
    CHECK(KeQueryActiveProcessorCount(NULL) >= 1 && KeGetCurrentProcessorNumber() < 4096, "processors");
}

static VOID NTAPI OnSecond(PDEVICE_OBJECT Device, PVOID Context)
{
    if (Device == ReportDevice && KeGetCurrentIrql() == DISPATCH_LEVEL)
        KeSetEvent((PKEVENT)Context, 0, FALSE);
}

static VOID DeviceTest(VOID)
{
    KEVENT Event;
    LARGE_INTEGER Time;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    CHECK(IoInitializeTimer(ReportDevice, OnSecond, &Event) == STATUS_SUCCESS, "a device's timer");
    IoStartTimer(ReportDevice);
    CHECK(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, Ms(&Time, 5000)) == STATUS_SUCCESS, "calls once a second");
    IoStopTimer(ReportDevice);
    PIO_ERROR_LOG_PACKET Packet = (PIO_ERROR_LOG_PACKET)IoAllocateErrorLogEntry(ReportDevice, sizeof *Packet);
    CHECK(Packet != NULL && IoAllocateErrorLogEntry(ReportDevice, 1) == NULL, "an entry of the error log");
    Packet->ErrorCode = STATUS_UNSUCCESSFUL;
    IoWriteErrorLogEntry(Packet);
    CHECK(IoWMIRegistrationControl(ReportDevice, WMIREG_ACTION_REGISTER) == STATUS_NOT_SUPPORTED, "there is no WMI");
    ULONG Sum;
    CHECK(RtlULongAdd(0xffffffff, 1, &Sum) == STATUS_INTEGER_OVERFLOW && Sum == 0xffffffff && RtlULongAdd(1, 2, &Sum) == STATUS_SUCCESS &&
              Sum == 3, "safe arithmetic");
}

/* ---- Files, routines ------------------------------------------------------------------------------------------------------------ */

static VOID FileTest(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\tmp\\ovl-kernel-test.tmp"), Routine = RTL_CONSTANT_STRING(L"IoFreeIrp"),
                   Nothing = RTL_CONSTANT_STRING(L"IoNothing"), Absent = RTL_CONSTANT_STRING(L"\\??\\C:\\no\\such\\file");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK Block;
    HANDLE File, Event;
    LARGE_INTEGER Offset = {.QuadPart = 2};
    FILE_STANDARD_INFORMATION Standard;
    FILE_DISPOSITION_INFORMATION Disposition = {TRUE};
    char Text[8] = "";
    PVOID Object;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    CHECK(ZwCreateFile(&File, GENERIC_READ | GENERIC_WRITE | DELETE, &Attributes, &Block, NULL, FILE_ATTRIBUTE_NORMAL, 0, FILE_OVERWRITE_IF,
                       FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0) == STATUS_SUCCESS, "a file is created");
    CHECK(ZwWriteFile(File, NULL, NULL, NULL, &Block, (PVOID) "kernel", 6, NULL, NULL) == STATUS_SUCCESS && Block.Information == 6, "written");
    CHECK(ZwReadFile(File, NULL, NULL, NULL, &Block, Text, 3, &Offset, NULL) == STATUS_SUCCESS && Text[0] == 'r', "read at an offset");
    CHECK(ZwQueryInformationFile(File, &Block, &Standard, sizeof Standard, FileStandardInformation) == STATUS_SUCCESS &&
              Standard.EndOfFile.QuadPart == 6, "asked for its length");
    CHECK(ZwQueryInformationFile(File, &Block, &Standard, 4, FileStandardInformation) == STATUS_INFO_LENGTH_MISMATCH, "a small buffer");
    CHECK(ZwSetInformationFile(File, &Block, &Disposition, sizeof Disposition, FileDispositionInformation) == STATUS_SUCCESS, "and deleted");
    ZwClose(File);
    CHECK(ZwOpenFile(&File, GENERIC_READ, &Attributes, &Block, 7, 0) == STATUS_OBJECT_NAME_NOT_FOUND, "it is gone");
    Attributes.ObjectName = &Absent;
    CHECK(!NT_SUCCESS(ZwOpenFile(&File, GENERIC_READ, &Attributes, &Block, 7, 0)), "a path that is not there");
    CHECK(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, NULL, NotificationEvent, FALSE) == STATUS_SUCCESS, "an event by handle");
    CHECK(ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object, NULL) == STATUS_SUCCESS,
          "is referenced");
    CHECK(ObReferenceObjectByHandle(Event, 0, *PsThreadType, KernelMode, &Object, NULL) == STATUS_OBJECT_TYPE_MISMATCH, "as what it is");
    CHECK(ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, *ExEventObjectType, KernelMode, &Object, NULL) == STATUS_SUCCESS, "again");
    KeSetEvent((PKEVENT)Object, 0, FALSE);
    LARGE_INTEGER Time = {.QuadPart = 0};
    CHECK(ZwWaitForSingleObject(Event, FALSE, &Time) == STATUS_SUCCESS, "set by pointer, waited for by handle");
    ObDereferenceObject(Object);
    ObDereferenceObject(Object);
    ZwClose(Event);
    CHECK(MmGetSystemRoutineAddress(&Routine) == (PVOID)(ULONG_PTR)IoFreeIrp && MmGetSystemRoutineAddress(&Nothing) == NULL,
          "a routine by its name");
}

const struct Part Parts[] = {{"cancel-safe queue", CsqTest}, {"remove lock", RemoveLockTest}, {"locks", LockTest}, {"waits", WaitTest},
                             {"lists and pool", ListTest}, {"memory descriptors", MdlTest}, {"strings", StringTest},
                             {"formats", FormatTest}, {"time", TimeTest}, {"files", FileTest}, {"device", DeviceTest}, {NULL, NULL}};

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ReportStop();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = OnUnload;
    return ReportStart(Driver);
}
