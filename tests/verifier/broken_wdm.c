/* SPDX-License-Identifier: MIT */
/* A WDM driver that breaks the verifier's rules, one at a time and on demand. Each function breaks just the rule that it stands for in the
 * table below, in the smallest way that a driver would. */
#include <ntddk.h>

#include "broken.h"

#define TAG 'bkrB'

/* What a rule needs of the request that asks for it. TRUE: the function has ended the request, *Status is for the dispatch routine. */
typedef BOOLEAN BREAK(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status);

static PDRIVER_OBJECT Driver;
static KTIMER LateTimer, StaleTimer;
static KDPC LateDpc;
static KEVENT Event, Ran;
static KSPIN_LOCK First, Second;
static LONG Runs;
static BOOLEAN Loses;

static LARGE_INTEGER Milliseconds(LONG Count)
{
    LARGE_INTEGER Time;
    Time.QuadPart = -10000LL * Count;
    return Time;
}

static NTSTATUS Complete(PIRP Irp, NTSTATUS Status)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- Pool ------------------------------------------------------------------------------------------------------------------- */

static BREAK PoolLeak, PoolDoubleFree, PoolBadFree, PoolWrongTag, PoolOverrun, PoolUnderrun, PoolUseAfterFree, PoolZeroSize, PoolNoTag,
    PoolPagedAtDispatch;

static BOOLEAN PoolLeak(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    return FALSE;
}

static BOOLEAN PoolDoubleFree(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    ExFreePoolWithTag(Block, TAG);
    ExFreePoolWithTag(Block, TAG);
    return FALSE;
}

static BOOLEAN PoolBadFree(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ExFreePool(&Event);
    return FALSE;
}

static BOOLEAN PoolWrongTag(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ExFreePoolWithTag(ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG), 'rehO');
    return FALSE;
}

static BOOLEAN PoolOverrun(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    volatile UCHAR *Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    Block[100] = 1;
    ExFreePoolWithTag((PVOID)Block, TAG);
    return FALSE;
}

static BOOLEAN PoolUnderrun(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    volatile UCHAR *Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    Block[-1] = 1;
    ExFreePoolWithTag((PVOID)Block, TAG);
    return FALSE;
}

static BOOLEAN PoolUseAfterFree(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    volatile UCHAR *Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, TAG);
    ExFreePoolWithTag((PVOID)Block, TAG);
    Block[0] = 1;
    return FALSE;
}

static BOOLEAN PoolZeroSize(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ExFreePoolWithTag(ExAllocatePoolWithTag(NonPagedPool, 0, TAG), TAG);
    return FALSE;
}

static BOOLEAN PoolNoTag(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ExFreePool(ExAllocatePoolWithTag(NonPagedPool, 8, 0));
    return FALSE;
}

static BOOLEAN PoolPagedAtDispatch(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    PVOID Block = ExAllocatePool2(POOL_FLAG_PAGED, 8, TAG);
    KeLowerIrql(Old);
    ExFreePoolWithTag(Block, TAG);
    return FALSE;
}

/* ---- IRPs --------------------------------------------------------------------------------------------------------------------- */

static BREAK RequestNotCompleted, IrpLeak, IrpLeakBuilt, IrpDoubleFree, IrpInUse, IrpFreedBelow, IrpDoubleComplete, IrpCompletePending, IrpCancelRoutine, IrpPendingUnmarked,
    IrpMarkedNotPending, IrpNotCompleted, IrpStatusMismatch, IrpNoStackLocation, IrpInvalid, IrpNotKept;

/* The request that is lost is another one, so that this one tells the program that it is done. */
static BOOLEAN RequestNotCompleted(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    Loses = TRUE;
    return FALSE;
}

static BOOLEAN IrpLeak(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoAllocateIrp(1, FALSE);
    return FALSE;
}

static BOOLEAN IrpLeakBuilt(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    static KEVENT Event;
    static IO_STATUS_BLOCK Block;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    IoBuildDeviceIoControlRequest(IOCTL_HOLD, Device, NULL, 0, NULL, 0, FALSE, &Event, &Block);
    return FALSE;
}

static BOOLEAN IrpDoubleFree(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PIRP Own = IoAllocateIrp(1, FALSE);
    IoFreeIrp(Own);
    IoFreeIrp(Own);
    return FALSE;
}

static BOOLEAN IrpInUse(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoFreeIrp(Irp);
    return FALSE;
}

static PIRP OwnIrp(PDEVICE_OBJECT Device, UCHAR Major, ULONG Code)
{
    PIRP Own = IoAllocateIrp(Device->StackSize, FALSE);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Own);
    Next->MajorFunction = Major;
    Next->Parameters.DeviceIoControl.IoControlCode = Code;
    return Own;
}

static BOOLEAN IrpFreedBelow(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PIRP Own = OwnIrp(Device, IRP_MJ_DEVICE_CONTROL, IOCTL_HOLD);
    IoCallDriver(Device, Own);
    IoFreeIrp(Own);
    return FALSE;
}

static BOOLEAN IrpDoubleComplete(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    *Status = Complete(Irp, STATUS_SUCCESS);
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return TRUE;
}

static BOOLEAN IrpCompletePending(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    *Status = Complete(Irp, STATUS_PENDING);
    return TRUE;
}

static VOID NTAPI CancelHeld(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    Complete(Irp, STATUS_CANCELLED);
}

static BOOLEAN IrpCancelRoutine(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoSetCancelRoutine(Irp, CancelHeld);
    *Status = Complete(Irp, STATUS_SUCCESS);
    return TRUE;
}

static VOID NTAPI LateRoutine(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Complete(Context, STATUS_SUCCESS);
}

static BOOLEAN IrpPendingUnmarked(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KeInitializeDpc(&LateDpc, LateRoutine, Irp);
    KeSetTimer(&LateTimer, Milliseconds(5), &LateDpc);
    *Status = STATUS_PENDING;
    return TRUE;
}

static BOOLEAN IrpMarkedNotPending(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoMarkIrpPending(Irp);
    *Status = Complete(Irp, STATUS_SUCCESS);
    return TRUE;
}

static BOOLEAN IrpNotCompleted(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    *Status = STATUS_SUCCESS;
    return TRUE;
}

static BOOLEAN IrpStatusMismatch(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    Complete(Irp, STATUS_SUCCESS);
    *Status = STATUS_UNSUCCESSFUL;
    return TRUE;
}

static BOOLEAN IrpNoStackLocation(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PIRP Own = OwnIrp(Device, IRP_MJ_CLOSE, 0);
    for (CHAR i = 0; i < Device->StackSize; i++)
        IoSetNextIrpStackLocation(Own);
    IoCallDriver(Device, Own);
    return FALSE;
}

static BOOLEAN IrpInvalid(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PVOID Block = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(IRP), TAG);
    IoCallDriver(Device, Block);
    return FALSE;
}

static BOOLEAN IrpNotKept(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoCallDriver(Device, OwnIrp(Device, IRP_MJ_CLOSE, 0));
    return FALSE;
}

/* ---- MDLs, work items, timers, threads, devices --------------------------------------------------------------------------------- */

static BREAK MdlLeak, MdlDoubleFree, MdlInUse, WorkItemLeak, WorkItemDoubleFree, WorkItemInUse, TimerActive, TimerInFreedPool, ThreadRunning,
    DeviceLeft, ObjectReference;

static UCHAR Bytes[64];

static BOOLEAN MdlLeak(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoAllocateMdl(Bytes, sizeof Bytes, FALSE, FALSE, NULL);
    return FALSE;
}

static BOOLEAN MdlDoubleFree(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PMDL Mdl = IoAllocateMdl(Bytes, sizeof Bytes, FALSE, FALSE, NULL);
    IoFreeMdl(Mdl);
    IoFreeMdl(Mdl);
    return FALSE;
}

static BOOLEAN MdlInUse(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PMDL Mdl = IoAllocateMdl(Bytes, sizeof Bytes, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    IoFreeMdl(Mdl);
    return FALSE;
}

static BOOLEAN WorkItemLeak(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IoAllocateWorkItem(Device);
    return FALSE;
}

static BOOLEAN WorkItemDoubleFree(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    IoFreeWorkItem(Item);
    IoFreeWorkItem(Item);
    return FALSE;
}

enum { QUEUED = 200 };

static VOID NTAPI WorkRoutine(PDEVICE_OBJECT Device, PVOID Context)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Context);
    if (InterlockedIncrement(&Runs) == QUEUED)
        KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

/* So often in a row that one meets the item in the queue. */
static BOOLEAN WorkItemInUse(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    for (LONG i = 0; i < QUEUED; i++)
        IoQueueWorkItem(Item, WorkRoutine, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
    IoFreeWorkItem(Item);
    return FALSE;
}

static BOOLEAN TimerActive(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KeSetTimer(&StaleTimer, Milliseconds(3600000), NULL);
    return FALSE;
}

static BOOLEAN TimerInFreedPool(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PKTIMER Timer = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *Timer, TAG);
    KeInitializeTimer(Timer);
    KeSetTimer(Timer, Milliseconds(3600000), NULL);
    ExFreePoolWithTag(Timer, TAG);
    return FALSE;
}

static VOID NTAPI ThreadRoutine(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
}

static BOOLEAN ThreadRunning(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    HANDLE Thread;
    if (NT_SUCCESS(PsCreateSystemThread(&Thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, ThreadRoutine, NULL))) {
        KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
        ZwClose(Thread);
    }
    return FALSE;
}

static BOOLEAN DeviceLeft(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    PDEVICE_OBJECT Another;
    IoCreateDevice(Driver, 0, NULL, 0x22, 0, FALSE, &Another);
    return FALSE;
}

static BOOLEAN ObjectReference(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ObDereferenceObject(Bytes);
    return FALSE;
}

/* ---- Levels and locks ----------------------------------------------------------------------------------------------------------- */

static BREAK Irql, IrqlOrder, IrqlChanged, PagedCode, WaitAtDispatch, SpinLockRecursive, SpinLockOwner, SpinLockHeld, SpinLockLong, LockOrder,
    SemaphoreLimit;

static BOOLEAN Irql(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlBrokenToo");
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    IoDeleteSymbolicLink(&Name);
    KeLowerIrql(Old);
    return FALSE;
}

static BOOLEAN IrqlOrder(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KeLowerIrql(DISPATCH_LEVEL);
    return FALSE;
}

static BOOLEAN IrqlChanged(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    return FALSE;
}

static BOOLEAN PagedCode(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    PAGED_CODE();
    KeLowerIrql(Old);
    return FALSE;
}

static BOOLEAN WaitAtDispatch(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    LARGE_INTEGER Time = Milliseconds(1);
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, &Time);
    KeLowerIrql(Old);
    return FALSE;
}

static BOOLEAN SpinLockRecursive(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KIRQL Old;
    KeAcquireSpinLock(&First, &Old);
    KeAcquireSpinLockAtDpcLevel(&First);
    return FALSE;
}

static BOOLEAN SpinLockOwner(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KeReleaseSpinLock(&First, PASSIVE_LEVEL);
    return FALSE;
}

static BOOLEAN SpinLockHeld(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KIRQL Old;
    KeAcquireSpinLock(&First, &Old);
    KeLowerIrql(Old);
    return FALSE;
}

static BOOLEAN SpinLockLong(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    volatile ULONG Turns = 0; /* processor time, however busy the machine is */
    KIRQL Old;
    KeAcquireSpinLock(&First, &Old);
    while (Turns < 150000000)
        Turns++;
    KeReleaseSpinLock(&First, Old);
    return FALSE;
}

static VOID InOrder(PKSPIN_LOCK Outer, PKSPIN_LOCK Inner)
{
    KIRQL Old;
    KeAcquireSpinLock(Outer, &Old);
    KeAcquireSpinLockAtDpcLevel(Inner);
    KeReleaseSpinLockFromDpcLevel(Inner);
    KeReleaseSpinLock(Outer, Old);
}

static BOOLEAN LockOrder(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    InOrder(&First, &Second);
    InOrder(&Second, &First);
    return FALSE;
}

static BOOLEAN SemaphoreLimit(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KSEMAPHORE Semaphore;
    KeInitializeSemaphore(&Semaphore, 0, 1);
    KeReleaseSemaphore(&Semaphore, IO_NO_INCREMENT, 2, FALSE);
    return FALSE;
}

static BOOLEAN MutexNotOwned(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KMUTEX Mutex;
    KeInitializeMutex(&Mutex, 0);
    KeReleaseMutex(&Mutex, FALSE);
    return FALSE;
}

static BOOLEAN FastMutexTwice(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    FAST_MUTEX Mutex;
    ExInitializeFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    ExAcquireFastMutex(&Mutex);
    return FALSE;
}

static BOOLEAN CriticalRegion(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KeLeaveCriticalRegion();
    return FALSE;
}

static BOOLEAN ResourceNotHeld(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    ERESOURCE Resource;
    ExInitializeResourceLite(&Resource);
    ExReleaseResourceLite(&Resource);
    return FALSE;
}

static BOOLEAN RemoveLockTwice(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    IO_REMOVE_LOCK Lock;
    IoInitializeRemoveLock(&Lock, TAG, 0, 0);
    IoAcquireRemoveLock(&Lock, NULL);
    IoReleaseRemoveLock(&Lock, NULL);
    IoReleaseRemoveLock(&Lock, NULL);
    return FALSE;
}

static BOOLEAN RundownTwice(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    EX_RUNDOWN_REF Rundown;
    ExInitializeRundownProtection(&Rundown);
    ExReleaseRundownProtection(&Rundown);
    return FALSE;
}

static BOOLEAN BugCheck(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KeBugCheckEx(0xdead, 1, 2, 3, 4);
    return FALSE;
}

/* Everything that is allowed: nothing is to be reported of it. */
static BOOLEAN WaitForMany(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    static KEVENT Events[4];
    PVOID Objects[4];
    for (int i = 0; i < 4; i++) {
        KeInitializeEvent(&Events[i], NotificationEvent, TRUE);
        Objects[i] = &Events[i];
    }
    KeWaitForMultipleObjects(4, Objects, WaitAll, Executive, KernelMode, FALSE, NULL, NULL);
    return FALSE;
}

static BOOLEAN Clean(PDEVICE_OBJECT Device, PIRP Irp, NTSTATUS *Status)
{
    KIRQL Old;
    PKTIMER Timer = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof *Timer, TAG);
    KeInitializeTimer(Timer);
    KeSetTimer(Timer, Milliseconds(3600000), NULL);
    KeCancelTimer(Timer);
    ExFreePoolWithTag(Timer, TAG);
    InOrder(&First, &Second);
    InOrder(&First, &Second);
    PMDL Mdl = IoAllocateMdl(Bytes, sizeof Bytes, FALSE, FALSE, NULL);
    MmProbeAndLockPages(Mdl, KernelMode, IoReadAccess);
    MmUnlockPages(Mdl);
    IoFreeMdl(Mdl);
    IoFreeIrp(OwnIrp(Device, IRP_MJ_CLOSE, 0));
    KeAcquireSpinLock(&Second, &Old);
    KeReleaseSpinLock(&Second, Old);
    PAGED_CODE();
    PIO_WORKITEM Item = IoAllocateWorkItem(Device);
    Runs = QUEUED - 1;
    IoQueueWorkItem(Item, WorkRoutine, DelayedWorkQueue, NULL);
    KeWaitForSingleObject(&Ran, Executive, KernelMode, FALSE, NULL);
    IoFreeWorkItem(Item);
    IoMarkIrpPending(Irp);
    KeInitializeDpc(&LateDpc, LateRoutine, Irp);
    KeSetTimer(&LateTimer, Milliseconds(5), &LateDpc);
    *Status = STATUS_PENDING;
    return TRUE;
}

/* ---- The driver --------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *Rule;
    BREAK *Break;
} Rules[] = {
    {"clean", Clean},
    {"pool-leak", PoolLeak},
    {"pool-double-free", PoolDoubleFree},
    {"pool-bad-free", PoolBadFree},
    {"pool-wrong-tag", PoolWrongTag},
    {"pool-overrun", PoolOverrun},
    {"pool-underrun", PoolUnderrun},
    {"pool-use-after-free", PoolUseAfterFree},
    {"pool-zero-size", PoolZeroSize},
    {"pool-no-tag", PoolNoTag},
    {"irql/pool", PoolPagedAtDispatch},
    {"request-not-completed", RequestNotCompleted},
    {"irp-leak", IrpLeak},
    {"irp-leak/built", IrpLeakBuilt},
    {"irp-double-free", IrpDoubleFree},
    {"irp-in-use", IrpInUse},
    {"irp-in-use/below", IrpFreedBelow},
    {"irp-double-complete", IrpDoubleComplete},
    {"irp-complete-pending", IrpCompletePending},
    {"irp-cancel-routine", IrpCancelRoutine},
    {"irp-pending-unmarked", IrpPendingUnmarked},
    {"irp-marked-not-pending", IrpMarkedNotPending},
    {"irp-not-completed", IrpNotCompleted},
    {"irp-status-mismatch", IrpStatusMismatch},
    {"irp-no-stack-location", IrpNoStackLocation},
    {"irp-invalid", IrpInvalid},
    {"irp-not-kept", IrpNotKept},
    {"mdl-leak", MdlLeak},
    {"mdl-double-free", MdlDoubleFree},
    {"mdl-in-use", MdlInUse},
    {"work-item-leak", WorkItemLeak},
    {"work-item-double-free", WorkItemDoubleFree},
    {"work-item-in-use", WorkItemInUse},
    {"timer-active", TimerActive},
    {"timer-active/pool", TimerInFreedPool},
    {"thread-running", ThreadRunning},
    {"device-left", DeviceLeft},
    {"object-reference", ObjectReference},
    {"irql", Irql},
    {"irql-order", IrqlOrder},
    {"irql-changed", IrqlChanged},
    {"paged-code", PagedCode},
    {"wait-at-dispatch", WaitAtDispatch},
    {"spin-lock-recursive", SpinLockRecursive},
    {"spin-lock-owner", SpinLockOwner},
    {"spin-lock-held", SpinLockHeld},
    {"spin-lock-long", SpinLockLong},
    {"lock-order", LockOrder},
    {"semaphore-limit", SemaphoreLimit},
    {"mutex-not-owned", MutexNotOwned},
    {"fast-mutex", FastMutexTwice},
    {"critical-region", CriticalRegion},
    {"resource", ResourceNotHeld},
    {"remove-lock", RemoveLockTwice},
    {"rundown", RundownTwice},
    {"bug-check", BugCheck},
    {"bug-check/wait", WaitForMany},
};

static BOOLEAN Same(const char *A, const char *B)
{
    while (*A != '\0' && *A == *B)
        A++, B++;
    return *A == *B;
}

static NTSTATUS NTAPI DispatchControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS Status = STATUS_SUCCESS;
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_HOLD) {
        IoMarkIrpPending(Irp);
        if (!Loses)
            IoSetCancelRoutine(Irp, CancelHeld);
        return STATUS_PENDING;
    }
    for (ULONG i = 0; i < sizeof Rules / sizeof *Rules; i++)
        if (Same(Rules[i].Rule, Irp->AssociatedIrp.SystemBuffer))
            return Rules[i].Break(Device, Irp, &Status) ? Status : Complete(Irp, Status);
    return Complete(Irp, STATUS_NOT_FOUND);
}

static NTSTATUS NTAPI DispatchCreateClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    return Complete(Irp, STATUS_SUCCESS);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlBroken");
    IoDeleteSymbolicLink(&Link);
    PDEVICE_OBJECT Device = DriverObject->DeviceObject;
    while (Device->NextDevice != NULL) /* the first that was made */
        Device = Device->NextDevice;
    IoDeleteDevice(Device);
}

#ifdef NO_UNLOAD
static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT DriverObject, PDEVICE_OBJECT Physical)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(Physical);
    return STATUS_NOT_SUPPORTED;
}
#endif

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlBroken");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlBroken");
    PDEVICE_OBJECT Device;
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    KeInitializeEvent(&Ran, SynchronizationEvent, FALSE);
    KeInitializeSpinLock(&First);
    KeInitializeSpinLock(&Second);
    KeInitializeTimer(&LateTimer);
    KeInitializeTimer(&StaleTimer);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = DispatchCreateClose;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = DispatchCreateClose;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = DispatchControl;
#ifdef NO_UNLOAD
    DriverObject->DriverExtension->AddDevice = AddDevice;
    UNREFERENCED_PARAMETER(Unload);
#else
    DriverObject->DriverUnload = Unload;
#endif
    NTSTATUS Status = IoCreateDevice(DriverObject, 0, &Name, 0x22, 0, FALSE, &Device);
    return NT_SUCCESS(Status) ? IoCreateSymbolicLink(&Link, &Name) : Status;
}
