/* SPDX-License-Identifier: MIT */
/* The lower driver of the target tests, plain WDM: three devices, one for each kind of buffers, that complete at once, by a DPC, or
 * when they are told. */
#include <ntddk.h>

#include "target_test.h"

static struct {
    KSPIN_LOCK lock;
    LIST_ENTRY kept; /* IRP.Tail.Overlay.ListEntry */
    LIST_ENTRY later;
    KDPC dpc;
    enum low_mode mode;
    unsigned turn;
    struct low_facts facts;
} low;

static PVOID BufferOf(PIRP Irp)
{
    if (Irp->MdlAddress != NULL)
        return MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (Irp->AssociatedIrp.SystemBuffer != NULL)
        return Irp->AssociatedIrp.SystemBuffer;
    return Irp->UserBuffer;
}

static VOID Turn(PUCHAR To, const UCHAR *From, ULONG Length)
{
    for (ULONG i = 0; i < Length; i++)
        To[i] = From[Length - 1 - i];
}

static ULONG Least(ULONG A, ULONG B)
{
    return A < B ? A : B;
}

/* What the request asks for is done; returns the bytes. */
static ULONG Control(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    UCHAR copy[64];
    ULONG code = Stack->Parameters.DeviceIoControl.IoControlCode;
    ULONG length = Least(Stack->Parameters.DeviceIoControl.InputBufferLength, Stack->Parameters.DeviceIoControl.OutputBufferLength);
    PUCHAR in = Irp->AssociatedIrp.SystemBuffer, out = Irp->AssociatedIrp.SystemBuffer;
    low.facts.last_code = code;
    if (code == IOCTL_LOW_OTHERS) {
        low.facts.last_argument = *(PUCHAR)Stack->Parameters.Others.Argument1;
        return 3;
    }
    if (METHOD_FROM_CTL_CODE(code) == METHOD_IN_DIRECT || METHOD_FROM_CTL_CODE(code) == METHOD_OUT_DIRECT)
        out = Irp->MdlAddress == NULL ? NULL : MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority);
    if (METHOD_FROM_CTL_CODE(code) == METHOD_NEITHER) {
        in = Stack->Parameters.DeviceIoControl.Type3InputBuffer;
        out = Irp->UserBuffer;
    }
    length = Least(length, sizeof copy);
    if (in == NULL || out == NULL) {
        low.facts.bad++;
        return 0;
    }
    Turn(copy, in, length);
    RtlCopyMemory(out, copy, length);
    return length;
}

static VOID Finish(PIRP Irp, NTSTATUS Status)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    ULONG length = stack->Parameters.Read.Length;
    KIRQL irql;
    if (!NT_SUCCESS(Status)) {
        length = 0;
    } else if (stack->MajorFunction == IRP_MJ_READ) {
        PUCHAR buffer = BufferOf(Irp);
        for (ULONG i = 0; buffer != NULL && i < length; i++)
            buffer[i] = (UCHAR)('a' + i % 26);
    } else if (stack->MajorFunction == IRP_MJ_WRITE) {
        const UCHAR *buffer = BufferOf(Irp);
        KeAcquireSpinLock(&low.lock, &irql);
        for (ULONG i = 0; buffer != NULL && i < length; i++)
            low.facts.sum += buffer[i];
        KeReleaseSpinLock(&low.lock, irql);
    } else {
        length = Control(Irp, stack);
    }
    KeAcquireSpinLock(&low.lock, &irql);
    low.facts.completed++;
    if (Status == STATUS_CANCELLED)
        low.facts.cancelled++;
    KeReleaseSpinLock(&low.lock, irql);
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = length;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
}

static DRIVER_CANCEL Cancel;
static VOID Cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    KIRQL irql;
    UNREFERENCED_PARAMETER(DeviceObject);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&low.lock, &irql);
    RemoveEntryList(&Irp->Tail.Overlay.ListEntry);
    low.facts.kept--;
    KeReleaseSpinLock(&low.lock, irql);
    Finish(Irp, STATUS_CANCELLED);
}

/* The first that is surely ours, off the list. */
static PIRP TakeKept(VOID)
{
    KIRQL irql;
    PIRP taken = NULL;
    KeAcquireSpinLock(&low.lock, &irql);
    for (PLIST_ENTRY at = low.kept.Flink; at != &low.kept && taken == NULL; at = at->Flink) {
        PIRP irp = CONTAINING_RECORD(at, IRP, Tail.Overlay.ListEntry);
        BOOLEAN cancelable = irp->Tail.Overlay.DriverContext[0] != NULL;
        if (!cancelable || IoSetCancelRoutine(irp, NULL) != NULL)
            taken = irp;
    }
    if (taken != NULL) {
        RemoveEntryList(&taken->Tail.Overlay.ListEntry);
        low.facts.kept--;
    }
    KeReleaseSpinLock(&low.lock, irql);
    return taken;
}

static VOID Keep(PIRP Irp, BOOLEAN Cancelable)
{
    KIRQL irql;
    BOOLEAN cancelled = FALSE;
    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&low.lock, &irql);
    Irp->Tail.Overlay.DriverContext[0] = Cancelable ? Irp : NULL;
    if (Cancelable) {
        IoSetCancelRoutine(Irp, Cancel);
        cancelled = Irp->Cancel && IoSetCancelRoutine(Irp, NULL) != NULL;
    }
    if (!cancelled) {
        InsertTailList(&low.kept, &Irp->Tail.Overlay.ListEntry);
        low.facts.kept++;
    }
    KeReleaseSpinLock(&low.lock, irql);
    if (cancelled)
        Finish(Irp, STATUS_CANCELLED);
}

static KDEFERRED_ROUTINE Later;
static VOID Later(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    for (;;) {
        PIRP irp = NULL;
        KIRQL irql;
        KeAcquireSpinLock(&low.lock, &irql);
        if (!IsListEmpty(&low.later))
            irp = CONTAINING_RECORD(RemoveHeadList(&low.later), IRP, Tail.Overlay.ListEntry);
        KeReleaseSpinLock(&low.lock, irql);
        if (irp == NULL)
            return;
        Finish(irp, STATUS_SUCCESS);
    }
}

static VOID CompleteLater(PIRP Irp)
{
    KIRQL irql;
    IoMarkIrpPending(Irp);
    KeAcquireSpinLock(&low.lock, &irql);
    InsertTailList(&low.later, &Irp->Tail.Overlay.ListEntry);
    KeReleaseSpinLock(&low.lock, irql);
    KeInsertQueueDpc(&low.dpc, NULL, NULL);
}

static NTSTATUS Orders(PIRP Irp, PIO_STACK_LOCATION Stack)
{
    PVOID buffer = Irp->AssociatedIrp.SystemBuffer;
    int arg = buffer != NULL && Stack->Parameters.DeviceIoControl.InputBufferLength >= sizeof(int) ? *(int *)buffer : 0;
    ULONG bytes = 0;
    KIRQL irql;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_LOW_MODE:
        KeAcquireSpinLock(&low.lock, &irql);
        low.mode = (enum low_mode)arg;
        KeReleaseSpinLock(&low.lock, irql);
        break;
    case IOCTL_LOW_RELEASE:
        for (PIRP irp; arg-- > 0 && (irp = TakeKept()) != NULL;)
            Finish(irp, STATUS_SUCCESS);
        break;
    case IOCTL_LOW_FACTS:
        KeAcquireSpinLock(&low.lock, &irql);
        *(struct low_facts *)Irp->AssociatedIrp.SystemBuffer = low.facts;
        KeReleaseSpinLock(&low.lock, irql);
        bytes = sizeof(struct low_facts);
        break;
    default:
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = bytes;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static DRIVER_DISPATCH Dispatch;
static NTSTATUS Dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    KIRQL irql;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (stack->MajorFunction == IRP_MJ_DEVICE_CONTROL) {
        NTSTATUS status = Orders(Irp, stack);
        if (status != STATUS_INVALID_DEVICE_REQUEST)
            return status;
    }
    KeAcquireSpinLock(&low.lock, &irql);
    enum low_mode mode = low.mode;
    low.facts.seen++;
    if (stack->FileObject == NULL)
        low.facts.bad++;
    if (mode == LOW_MIXED) {
        static const enum low_mode modes[] = {LOW_INLINE, LOW_PEND, LOW_DPC};
        mode = modes[low.turn++ % 3];
    }
    KeReleaseSpinLock(&low.lock, irql);
    switch (mode) {
    case LOW_PEND:
    case LOW_STUBBORN:
        Keep(Irp, mode == LOW_PEND);
        return STATUS_PENDING;
    case LOW_DPC:
        CompleteLater(Irp);
        return STATUS_PENDING;
    default:
        Finish(Irp, STATUS_SUCCESS);
        return STATUS_SUCCESS;
    }
}

static DRIVER_DISPATCH Pnp;
static NTSTATUS Pnp(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    static const GUID guid = LOW_INTERFACE_GUID;
    PIO_STACK_LOCATION stack = IoGetCurrentIrpStackLocation(Irp);
    NTSTATUS status = Irp->IoStatus.Status;
    UNREFERENCED_PARAMETER(DeviceObject);
    if (stack->MinorFunction == IRP_MN_QUERY_INTERFACE && stack->Parameters.QueryInterface.Size == sizeof(INTERFACE) &&
        RtlEqualMemory(stack->Parameters.QueryInterface.InterfaceType, &guid, sizeof guid)) {
        stack->Parameters.QueryInterface.Interface->Size = sizeof(INTERFACE);
        stack->Parameters.QueryInterface.Interface->Version = stack->Parameters.QueryInterface.Version;
        stack->Parameters.QueryInterface.Interface->Context = (PVOID)(ULONG_PTR)LOW_INTERFACE_CONTEXT;
        status = Irp->IoStatus.Status = STATUS_SUCCESS;
    }
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return status;
}

static DRIVER_DISPATCH Open;
static NTSTATUS Open(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNICODE_STRING link;
    RtlInitUnicodeString(&link, L"\\DosDevices\\OvlLow");
    IoDeleteSymbolicLink(&link);
    while (DriverObject->DeviceObject != NULL)
        IoDeleteDevice(DriverObject->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const PCWSTR names[] = {L"\\Device\\OvlLow", L"\\Device\\OvlLowDirect", L"\\Device\\OvlLowNeither"};
    static const ULONG flags[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};
    UNICODE_STRING name, link;
    NTSTATUS status = STATUS_SUCCESS;
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&low.lock);
    InitializeListHead(&low.kept);
    InitializeListHead(&low.later);
    KeInitializeDpc(&low.dpc, Later, NULL);
    for (int i = 0; i < 3 && NT_SUCCESS(status); i++) {
        PDEVICE_OBJECT device;
        RtlInitUnicodeString(&name, names[i]);
        status = IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
        if (NT_SUCCESS(status))
            device->Flags |= flags[i];
    }
    RtlInitUnicodeString(&name, names[0]);
    RtlInitUnicodeString(&link, L"\\DosDevices\\OvlLow");
    if (NT_SUCCESS(status))
        status = IoCreateSymbolicLink(&link, &name);
    DriverObject->MajorFunction[IRP_MJ_CREATE] = Open;
    DriverObject->MajorFunction[IRP_MJ_CLEANUP] = Open;
    DriverObject->MajorFunction[IRP_MJ_CLOSE] = Open;
    DriverObject->MajorFunction[IRP_MJ_READ] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_WRITE] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_DEVICE_CONTROL] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = Dispatch;
    DriverObject->MajorFunction[IRP_MJ_PNP] = Pnp;
    DriverObject->DriverUnload = Unload;
    return status;
}
