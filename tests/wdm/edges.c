/* SPDX-License-Identifier: MIT */
/* The edges of the executive: timers that are cancelled while they fire, times that overflow, sizes
 * that do, work items of a driver object, levels that are allowed. The verifier watches: what is
 * legal here may not be reported. */
#include <ntddk.h>

#include "report.h"

#define TAG 'egdE'

static PLARGE_INTEGER Ms(PLARGE_INTEGER Time, LONG Milliseconds)
{
    Time->QuadPart = -10000LL * Milliseconds;
    return Time;
}

/* ---- Timers --------------------------------------------------------------------------------- */

struct Clock {
    KTIMER Timer;
    KDPC Dpc;
    volatile LONG Calls;
};

static VOID NTAPI OnClock(PKDPC Dpc, PVOID Context, PVOID First, PVOID Second)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    InterlockedIncrement(&((struct Clock *)Context)->Calls);
}

/* The documented way: cancel, flush the DPCs, free. The timer's memory is nobody's then, however
 * close its time was. */
static VOID CancelTest(VOID)
{
    enum { ROUNDS = 4000 };
    LONG Fired = 0, Alive = 0, Late = 0;
    LARGE_INTEGER Due = {.QuadPart = -1};
    for (int i = 0; i < ROUNDS; i++) {
        struct Clock *Clock =
            (struct Clock *)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *Clock, TAG);
        KeInitializeTimerEx(&Clock->Timer, SynchronizationTimer);
        KeInitializeDpc(&Clock->Dpc, OnClock, Clock);
        KeSetTimerEx(&Clock->Timer, Due, i % 2, &Clock->Dpc);
        KeStallExecutionProcessor((ULONG)i % 64);
        KeCancelTimer(&Clock->Timer);
        Alive += KeCancelTimer(&Clock->Timer) != FALSE;
        KeFlushQueuedDpcs();
        LONG Calls = Clock->Calls;
        KeClearEvent((PRKEVENT)(PVOID)&Clock->Timer);
        KeStallExecutionProcessor(20);
        KeFlushQueuedDpcs();
        Late += Clock->Calls != Calls || KeReadStateTimer(&Clock->Timer);
        Fired += Calls != 0;
        ExFreePoolWithTag(Clock, TAG);
    }
    CHECK(Fired != 0, "some timers fired");
    CHECK(Alive == 0, "a cancelled timer is not set again by its own period");
    CHECK(Late == 0, "behind the cancel it is not signalled, and behind the flush no DPC comes");
}

static VOID NTAPI SetLater(PVOID Context)
{
    LARGE_INTEGER Time;
    KeDelayExecutionThread(KernelMode, FALSE, Ms(&Time, 30));
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

/* Times beyond the clock's reach are for ever. */
static VOID LongTest(VOID)
{
    static const LONGLONG Long[] = {-0x4000000000000000LL, (LONGLONG)0x8000000000000000ULL,
                                    0x7fffffffffffffffLL, -0x7fffffffffffffffLL};
    for (ULONG i = 0; i < RTL_NUMBER_OF(Long); i++) {
        KEVENT Event;
        HANDLE Handle;
        KTIMER Timer;
        LARGE_INTEGER Time = {.QuadPart = Long[i]};
        KeInitializeEvent(&Event, NotificationEvent, FALSE);
        CHECK(NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                              SetLater, &Event)),
              "a thread");
        CHECK(KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Time) == STATUS_SUCCESS,
              "a wait of centuries waits");
        ZwWaitForSingleObject(Handle, FALSE, NULL);
        ZwClose(Handle);
        KeInitializeTimer(&Timer);
        KeSetTimer(&Timer, Time, NULL);
        KeDelayExecutionThread(KernelMode, FALSE, Ms(&Time, 2));
        CHECK(KeCancelTimer(&Timer), "a timer of centuries has not fired");
    }
}

static VOID NTAPI OnExTimer(PEX_TIMER Timer, PVOID Context)
{
    UNREFERENCED_PARAMETER(Timer);
    InterlockedIncrement((volatile LONG *)Context);
}

/* One that is set and deleted without being cancelled leaves nothing behind. */
static VOID ExTimerTest(VOID)
{
    static volatile LONG Calls;
    for (int i = 0; i < 200; i++) {
        PEX_TIMER Timer = ExAllocateTimer(OnExTimer, (PVOID)&Calls, 0);
        if (Timer == NULL)
            break;
        ExSetTimer(Timer, -500, 10000, NULL);
        if (i % 2 == 0)
            KeStallExecutionProcessor(60);
        ExDeleteTimer(Timer, i % 4 < 2, i % 8 < 4, NULL);
    }
    LARGE_INTEGER Time;
    KeDelayExecutionThread(KernelMode, FALSE, Ms(&Time, 5));
    LONG Before = Calls;
    KeDelayExecutionThread(KernelMode, FALSE, Ms(&Time, 20));
    CHECK(Calls == Before, "a deleted timer does not call");
}

/* ---- Pool ----------------------------------------------------------------------------------- */

static VOID PoolTest(VOID)
{
    CHECK(ExAllocatePoolWithTag(NonPagedPoolNx, (SIZE_T)-1, TAG) == NULL,
          "a size that overflows gets no pool");
    CHECK(ExAllocatePool2(POOL_FLAG_NON_PAGED, (SIZE_T)0 - PAGE_SIZE, TAG) == NULL,
          "one that does with its last page");
    CHECK(ExAllocatePoolZero(PagedPool, (SIZE_T)-40, TAG) == NULL, "one that does with its guards");
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_RAISE_ON_FAILURE, (SIZE_T)-1, TAG);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    CHECK(Status == STATUS_INSUFFICIENT_RESOURCES, "POOL_FLAG_RAISE_ON_FAILURE raises");
}

/* ---- Work items ----------------------------------------------------------------------------- */

struct Work {
    KEVENT Done;
    PVOID Object;
};

static VOID NTAPI OnWork(PVOID Object, PVOID Context, PIO_WORKITEM Item)
{
    struct Work *Work = (struct Work *)Context;
    UNREFERENCED_PARAMETER(Item);
    Work->Object = Object;
    KeSetEvent(&Work->Done, IO_NO_INCREMENT, FALSE);
}

/* IoQueueWorkItemEx takes a driver object as well. */
static VOID WorkTest(VOID)
{
    struct Work Work;
    PIO_WORKITEM Item = IoAllocateWorkItem((PDEVICE_OBJECT)(PVOID)ReportDriver);
    KeInitializeEvent(&Work.Done, NotificationEvent, FALSE);
    IoQueueWorkItemEx(Item, OnWork, DelayedWorkQueue, &Work);
    KeWaitForSingleObject(&Work.Done, Executive, KernelMode, FALSE, NULL);
    CHECK(Work.Object == ReportDriver, "a work item of a driver object gets it");
    IoFreeWorkItem(Item);
}

/* ---- Levels --------------------------------------------------------------------------------- */

static VOID LevelTest(VOID)
{
    KGUARDED_MUTEX Guarded;
    FAST_MUTEX Fast;
    UNICODE_STRING Made, Same = RTL_CONSTANT_STRING(L"text");
    ANSI_STRING Text = RTL_CONSTANT_STRING("text");
    KeInitializeGuardedMutex(&Guarded);
    KeAcquireGuardedMutex(&Guarded);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL && KeAreApcsDisabled(),
          "a guarded mutex enters a region and raises nothing");
    CHECK(RtlAnsiStringToUnicodeString(&Made, &Text, TRUE) == STATUS_SUCCESS &&
              RtlEqualUnicodeString(&Made, &Same, FALSE),
          "so that what is for PASSIVE_LEVEL may be called");
    KeReleaseGuardedMutex(&Guarded);
    CHECK(!KeAreApcsDisabled(), "its release leaves the region");
    CHECK(KeTryToAcquireGuardedMutex(&Guarded) && KeGetCurrentIrql() == PASSIVE_LEVEL &&
              KeAreApcsDisabled(),
          "as a try does");
    KeReleaseGuardedMutex(&Guarded);
    CHECK(!KeAreApcsDisabled() && KeGetCurrentIrql() == PASSIVE_LEVEL, "and its release");
    ExInitializeFastMutex(&Fast);
    ExAcquireFastMutex(&Fast);
    RtlFreeUnicodeString(&Made); /* its page: <= APC_LEVEL */
    ExReleaseFastMutex(&Fast);
}

/* ---- Devices ---------------------------------------------------------------------------------------------------------- */

struct Extension {
    UCHAR First;
    SLIST_HEADER Aligned;
    NPAGED_LOOKASIDE_LIST Lookaside;
};

static VOID DeviceTest(VOID)
{
    PDEVICE_OBJECT Device;
    FAST_MUTEX Fast;
    ExInitializeFastMutex(&Fast);
    for (ULONG i = 0; i < 4; i++) {
        CHECK(IoCreateDevice(ReportDriver, sizeof(struct Extension) + i, NULL, 0x22, 0, FALSE, &Device) == STATUS_SUCCESS, "a device");
        struct Extension *Extension = (struct Extension *)Device->DeviceExtension;
        CHECK(((ULONG_PTR)Extension & (MEMORY_ALLOCATION_ALIGNMENT - 1)) == 0, "its extension is aligned as pool is");
        ExInitializeSListHead(&Extension->Aligned);
        ExInitializeNPagedLookasideList(&Extension->Lookaside, NULL, NULL, 0, 64, TAG, 0);
        ExDeleteNPagedLookasideList(&Extension->Lookaside);
        ExAcquireFastMutex(&Fast);
        IoDeleteDevice(Device); /* its page: <= APC_LEVEL */
        ExReleaseFastMutex(&Fast);
    }
}

const struct Part Parts[] = {{"cancel", CancelTest}, {"long", LongTest},    {"extimer", ExTimerTest}, {"pool", PoolTest},
                             {"work", WorkTest},     {"levels", LevelTest}, {"device", DeviceTest}, {NULL, NULL}};

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
