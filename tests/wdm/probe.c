/* SPDX-License-Identifier: MIT */
/* A WDM driver for tests: one device that keeps reads until something is written, completes them from a DPC,
 * answers control codes of all four methods, and has a thread that waits for a KEVENT in the device extension. */
#include <ntddk.h>

#include "probe.h"

typedef struct _EXTENSION {
    KSPIN_LOCK Lock;
    LIST_ENTRY Reads;      /* pending, under Lock */
    PIRP Waiting;          /* IOCTL_PROBE_WAIT_EVENT */
    PIRP Timed;            /* IOCTL_PROBE_TIMER */
    KEVENT Written;        /* in our own memory */
    PVOID Thread;          /* referenced: unloading waits until it has left our code */
    volatile LONG Stop;
    KDPC Dpc;
    KTIMER Timer;
    KDPC TimerDpc;
    UCHAR Data[256];       /* what was written last, under Lock */
    ULONG Length;
    struct probe_facts Facts;
} EXTENSION, *PEXTENSION;

static UNICODE_STRING LinkName = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlProbe");

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static PEXTENSION ExtensionOf(PDEVICE_OBJECT Device)
{
    return (PEXTENSION)Device->DeviceExtension;
}

static NTSTATUS NTAPI OnCreateClose(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION Extension = ExtensionOf(Device);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction == IRP_MJ_CREATE) {
        if (Stack->FileObject->FileName.Length == 8 * sizeof(WCHAR))
            return Finish(Irp, STATUS_ACCESS_DENIED, 0); /* \\.\OvlProbe\refused: "\refused" */
        InterlockedIncrement((LONG *)&Extension->Facts.creates);
    } else if (Stack->MajorFunction == IRP_MJ_CLEANUP) {
        InterlockedIncrement((LONG *)&Extension->Facts.cleanups);
    } else {
        if (KeGetCurrentIrql() > Extension->Facts.close_irql)
            Extension->Facts.close_irql = KeGetCurrentIrql();
        InterlockedIncrement((LONG *)&Extension->Facts.closes);
    }
    return Finish(Irp, STATUS_SUCCESS, 0);
}

static VOID NTAPI OnCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION Extension = ExtensionOf(Device);
    KIRQL Irql;
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Extension->Lock, &Irql);
    if (Extension->Waiting == Irp)
        Extension->Waiting = NULL;
    else
        RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Extension->Lock, Irql);
    InterlockedIncrement((LONG *)&Extension->Facts.cancels);
    Finish(Irp, STATUS_CANCELLED, 0);
}

/* With the lock held: makes the request pending; FALSE when it was cancelled already. */
static BOOLEAN Keep(PIRP Irp)
{
    IoMarkIrpPending(Irp);
    IoSetCancelRoutine(Irp, OnCancel);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
        return FALSE;
    return TRUE;
}

static NTSTATUS NTAPI OnRead(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION Extension = ExtensionOf(Device);
    KIRQL Irql;
    if (IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length == 0)
        return Finish(Irp, STATUS_SUCCESS, 0);
    KeAcquireSpinLock(&Extension->Lock, &Irql);
    BOOLEAN Kept = Keep(Irp);
    if (Kept)
        InsertTailList(&Extension->Reads, &Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&Extension->Lock, Irql);
    if (!Kept)
        Finish(Irp, STATUS_CANCELLED, 0);
    return STATUS_PENDING;
}

static NTSTATUS NTAPI OnWrite(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION Extension = ExtensionOf(Device);
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length;
    KIRQL Irql;
    if (Length > sizeof Extension->Data)
        return Finish(Irp, STATUS_INVALID_BUFFER_SIZE, 0);
    KeAcquireSpinLock(&Extension->Lock, &Irql);
    if (Length != 0)
        RtlCopyMemory(Extension->Data, Irp->AssociatedIrp.SystemBuffer, Length);
    Extension->Length = Length;
    KeReleaseSpinLock(&Extension->Lock, Irql);
    KeInsertQueueDpc(&Extension->Dpc, NULL, NULL);
    KeSetEvent(&Extension->Written, IO_NO_INCREMENT, FALSE);
    return Finish(Irp, STATUS_SUCCESS, Length);
}

/* Completes the oldest read, at DISPATCH_LEVEL. */
static VOID NTAPI OnDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PEXTENSION Extension = (PEXTENSION)Context;
    PIRP Irp = NULL;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Extension->Facts.completion_irql = KeGetCurrentIrql();
    KeAcquireSpinLockAtDpcLevel(&Extension->Lock);
    for (PLIST_ENTRY Entry = Extension->Reads.Flink; Entry != &Extension->Reads; Entry = Entry->Flink) {
        PIRP Candidate = CONTAINING_RECORD(Entry, IRP, Tail.Overlay.ListEntry);
        if (IoSetCancelRoutine(Candidate, NULL) == NULL)
            continue; /* its cancel routine is about to take it */
        RemoveEntryList(Entry);
        Irp = Candidate;
        break;
    }
    ULONG Length = 0;
    if (Irp != NULL) {
        Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Read.Length;
        if (Length > Extension->Length)
            Length = Extension->Length;
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, Extension->Data, Length);
    }
    KeReleaseSpinLockFromDpcLevel(&Extension->Lock);
    if (Irp != NULL)
        Finish(Irp, STATUS_SUCCESS, Length);
}

static VOID NTAPI OnTimer(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PEXTENSION Extension = (PEXTENSION)Context;
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    PIRP Irp = InterlockedExchangePointer((PVOID *)&Extension->Timed, NULL);
    Extension->Facts.completion_irql = KeGetCurrentIrql();
    if (Irp != NULL)
        Finish(Irp, STATUS_SUCCESS, 0);
}

/* Waits for the event in the extension, as a driver's own thread does. */
static VOID NTAPI Worker(PVOID Context)
{
    PEXTENSION Extension = (PEXTENSION)Context;
    for (;;) {
        KeWaitForSingleObject(&Extension->Written, Executive, KernelMode, FALSE, NULL);
        if (InterlockedCompareExchange(&Extension->Stop, 0, 0) != 0)
            break;
        InterlockedIncrement((LONG *)&Extension->Facts.event_seen);
        KIRQL Irql;
        KeAcquireSpinLock(&Extension->Lock, &Irql);
        PIRP Irp = Extension->Waiting;
        if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) != NULL)
            Extension->Waiting = NULL;
        else
            Irp = NULL;
        KeReleaseSpinLock(&Extension->Lock, Irql);
        if (Irp != NULL)
            Finish(Irp, STATUS_SUCCESS, 0);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID Reverse(PUCHAR To, const UCHAR *From, ULONG Length)
{
    for (ULONG i = 0; i < Length; i++)
        To[i] = From[Length - 1 - i];
}

static NTSTATUS ControlBuffered(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    UCHAR Copy[64];
    if (Length > sizeof Copy || Length > Stack->Parameters.DeviceIoControl.OutputBufferLength)
        return Finish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
    RtlCopyMemory(Copy, Irp->AssociatedIrp.SystemBuffer, Length);
    Reverse(Irp->AssociatedIrp.SystemBuffer, Copy, Length);
    return Finish(Irp, STATUS_SUCCESS, Length);
}

static NTSTATUS ControlDirect(PIRP Irp, PIO_STACK_LOCATION Stack, BOOLEAN Out)
{
    PUCHAR Direct = Irp->MdlAddress != NULL ? MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority) : NULL;
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    if (Direct == NULL || MmGetMdlByteCount(Irp->MdlAddress) < Length)
        return Finish(Irp, STATUS_INVALID_PARAMETER, 0);
    if (Out) {
        Reverse(Direct, Irp->AssociatedIrp.SystemBuffer, Length);
        return Finish(Irp, STATUS_SUCCESS, Length);
    }
    /* In: the second buffer is read by the driver; it must begin with what the first one says. */
    return RtlEqualMemory(Direct, Irp->AssociatedIrp.SystemBuffer, Length) ? Finish(Irp, STATUS_SUCCESS, Length)
                                                                            : Finish(Irp, STATUS_DEVICE_DATA_ERROR, 0);
}

/* The request stays this thread's: its cancel routine only says that the wait is over. */
static VOID NTAPI OnBlockedCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    PKEVENT Event = (PKEVENT)Irp->Tail.Overlay.DriverContext[0];
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeSetEvent(Event, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS ControlBlock(PEXTENSION Extension, PIRP Irp)
{
    KEVENT Cancelled;
    LARGE_INTEGER Long = {.QuadPart = -100000000};
    KeInitializeEvent(&Cancelled, NotificationEvent, FALSE);
    Irp->Tail.Overlay.DriverContext[0] = &Cancelled;
    IoSetCancelRoutine(Irp, OnBlockedCancel);
    InterlockedIncrement((LONG *)&Extension->Facts.blocked);
    if (Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL)
        return Finish(Irp, STATUS_CANCELLED, 0);
    NTSTATUS Status = KeWaitForSingleObject(&Cancelled, Executive, KernelMode, FALSE, &Long);
    if (Status == STATUS_TIMEOUT && IoSetCancelRoutine(Irp, NULL) == NULL)
        KeWaitForSingleObject(&Cancelled, Executive, KernelMode, FALSE, NULL);
    return Finish(Irp, Status == STATUS_TIMEOUT ? STATUS_IO_TIMEOUT : STATUS_CANCELLED, 0);
}

static NTSTATUS NTAPI OnControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION Extension = ExtensionOf(Device);
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    LARGE_INTEGER Due;
    KIRQL Irql;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PROBE_BUFFERED:
        return ControlBuffered(Irp, Stack);
    case IOCTL_PROBE_IN_DIRECT:
        return ControlDirect(Irp, Stack, FALSE);
    case IOCTL_PROBE_OUT_DIRECT:
        return ControlDirect(Irp, Stack, TRUE);
    case IOCTL_PROBE_NEITHER:
        Reverse(Irp->UserBuffer, Stack->Parameters.DeviceIoControl.Type3InputBuffer,
                Stack->Parameters.DeviceIoControl.InputBufferLength);
        return Finish(Irp, STATUS_SUCCESS, Stack->Parameters.DeviceIoControl.InputBufferLength);
    case IOCTL_PROBE_FACTS:
        if (Stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof Extension->Facts)
            return Finish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        RtlCopyMemory(Irp->AssociatedIrp.SystemBuffer, &Extension->Facts, sizeof Extension->Facts);
        return Finish(Irp, STATUS_SUCCESS, sizeof Extension->Facts);
    case IOCTL_PROBE_OVERFLOW:
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.DeviceIoControl.OutputBufferLength, 'o');
        return Finish(Irp, STATUS_BUFFER_OVERFLOW, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    case IOCTL_PROBE_BLOCK:
        return ControlBlock(Extension, Irp);
    case IOCTL_PROBE_TIMER:
        IoMarkIrpPending(Irp);
        Extension->Timed = Irp;
        Due.QuadPart = -20000; /* 2 ms */
        KeSetTimer(&Extension->Timer, Due, &Extension->TimerDpc);
        return STATUS_PENDING;
    case IOCTL_PROBE_WAIT_EVENT:
        KeAcquireSpinLock(&Extension->Lock, &Irql);
        BOOLEAN Kept = Extension->Waiting == NULL && Keep(Irp);
        if (Kept)
            Extension->Waiting = Irp;
        KeReleaseSpinLock(&Extension->Lock, Irql);
        return Kept ? STATUS_PENDING : Finish(Irp, STATUS_DEVICE_BUSY, 0);
    default:
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    PEXTENSION Extension = ExtensionOf(Driver->DeviceObject);
    InterlockedExchange(&Extension->Stop, TRUE);
    KeSetEvent(&Extension->Written, IO_NO_INCREMENT, FALSE);
    KeWaitForSingleObject(Extension->Thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Extension->Thread);
    KeFlushQueuedDpcs(); /* the last one has ended its request and may still be at the lock */
    IoDeleteSymbolicLink(&LinkName);
    IoDeleteDevice(Driver->DeviceObject);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlProbe");
    PDEVICE_OBJECT Device;
    HANDLE Thread;
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(EXTENSION), &Name, 0x22, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    PEXTENSION Extension = ExtensionOf(Device);
    Device->Flags |= DO_BUFFERED_IO;
    KeInitializeSpinLock(&Extension->Lock);
    InitializeListHead(&Extension->Reads);
    KeInitializeEvent(&Extension->Written, SynchronizationEvent, FALSE);
    KeInitializeDpc(&Extension->Dpc, OnDpc, Extension);
    KeInitializeTimer(&Extension->Timer);
    KeInitializeDpc(&Extension->TimerDpc, OnTimer, Extension);
    Status = IoCreateSymbolicLink(&LinkName, &Name);
    if (NT_SUCCESS(Status))
        Status = PsCreateSystemThread(&Thread, 0, NULL, NULL, NULL, Worker, Extension);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    ObReferenceObjectByHandle(Thread, 0, NULL, KernelMode, &Extension->Thread, NULL);
    ZwClose(Thread);
    Driver->MajorFunction[IRP_MJ_CREATE] = OnCreateClose;
    Driver->MajorFunction[IRP_MJ_CLEANUP] = OnCreateClose;
    Driver->MajorFunction[IRP_MJ_CLOSE] = OnCreateClose;
    Driver->MajorFunction[IRP_MJ_READ] = OnRead;
    Driver->MajorFunction[IRP_MJ_WRITE] = OnWrite;
    Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = OnControl;
    Driver->DriverUnload = OnUnload;
    DbgPrint("probe: started, %wZ\n", RegistryPath);
    return STATUS_SUCCESS;
}
