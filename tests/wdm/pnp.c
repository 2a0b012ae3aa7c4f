/* SPDX-License-Identifier: MIT */
/* A WDM function driver that tells, through a device of its own, what plug and play does with it, and that fails on demand. */
#include <ntddk.h>

#include "pnp.h"

typedef struct _EXTENSION {
    PDEVICE_OBJECT Self, Pdo, Below;
    UNICODE_STRING Link;
    BOOLEAN Failed;
} EXTENSION, *PEXTENSION;

static PDEVICE_OBJECT Control;
static KSPIN_LOCK Lock;      /* guards what follows */
static ULONG Events[64];
static ULONG Head, Tail;
static PIRP Waiting;
static volatile LONG Mode;
static const GUID InterfaceGuid = PNP_GUID;

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

/* ---- The log -------------------------------------------------------------------------------------------- */

static VOID EventGive(PIRP Irp, ULONG Event)
{
    *(ULONG *)Irp->AssociatedIrp.SystemBuffer = Event;
    Finish(Irp, STATUS_SUCCESS, sizeof Event);
}

static VOID Log(ULONG Event)
{
    KIRQL Irql;
    KeAcquireSpinLock(&Lock, &Irql);
    PIRP Irp = Waiting;
    if (Irp != NULL && IoSetCancelRoutine(Irp, NULL) == NULL)
        Irp = NULL; /* its cancel routine is about to take it */
    if (Irp != NULL)
        Waiting = NULL;
    else
        Events[Tail++ % 64] = Event;
    KeReleaseSpinLock(&Lock, Irql);
    if (Irp != NULL)
        EventGive(Irp, Event);
}

static VOID NTAPI OnCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    KIRQL Irql;
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    KeAcquireSpinLock(&Lock, &Irql);
    if (Waiting == Irp)
        Waiting = NULL;
    KeReleaseSpinLock(&Lock, Irql);
    Finish(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS EventWait(PIRP Irp)
{
    KIRQL Irql;
    ULONG Event = 0;
    KeAcquireSpinLock(&Lock, &Irql);
    if (Head != Tail) {
        Event = Events[Head++ % 64];
    } else {
        IoMarkIrpPending(Irp);
        Waiting = Irp;
        IoSetCancelRoutine(Irp, OnCancel);
    }
    KeReleaseSpinLock(&Lock, Irql);
    if (Event == 0)
        return STATUS_PENDING;
    EventGive(Irp, Event);
    return STATUS_SUCCESS;
}

static NTSTATUS ControlDispatch(PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Stack->MajorFunction != IRP_MJ_DEVICE_CONTROL)
        return Finish(Irp, STATUS_SUCCESS, 0);
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_PNP_EVENT)
        return EventWait(Irp);
    InterlockedExchange(&Mode, *(LONG *)Irp->AssociatedIrp.SystemBuffer);
    return Finish(Irp, STATUS_SUCCESS, 0);
}

/* ---- The device ------------------------------------------------------------------------------------------- */

static NTSTATUS Facts(PEXTENSION Extension, PIRP Irp)
{
    struct pnp_facts *Facts = (struct pnp_facts *)Irp->AssociatedIrp.SystemBuffer;
    ULONG Size;
    RtlZeroMemory(Facts, sizeof *Facts);
    Facts->small_status = (ULONG)IoGetDeviceProperty(Extension->Pdo, DevicePropertyHardwareID, 4, Facts->hardware_id, &Size);
    Facts->hardware_bytes = Size;
    UCHAR Ids[1024];
    if (NT_SUCCESS(IoGetDeviceProperty(Extension->Pdo, DevicePropertyHardwareID, sizeof Ids, Ids, &Size)))
        RtlCopyMemory(Facts->hardware_id, Ids, sizeof Facts->hardware_id - 2);
    IoGetDeviceProperty(Extension->Pdo, DevicePropertyRemovalPolicy, sizeof(ULONG), &Facts->removal_policy, &Size);
    IoGetDeviceProperty(Extension->Pdo, DevicePropertyAddress, sizeof(ULONG), &Facts->address, &Size);
    RtlCopyMemory(Facts->link, Extension->Link.Buffer, Extension->Link.Length < 254 ? Extension->Link.Length : 254);
    return Finish(Irp, STATUS_SUCCESS, sizeof *Facts);
}

static NTSTATUS DeviceControl(PEXTENSION Extension, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_PNP_WORK:
        return Finish(Irp, STATUS_SUCCESS, 77);
    case IOCTL_PNP_HIDE:
        return Finish(Irp, IoSetDeviceInterfaceState(&Extension->Link, FALSE), 0);
    case IOCTL_PNP_FAIL:
        Extension->Failed = TRUE;
        IoInvalidateDeviceState(Extension->Pdo);
        return Finish(Irp, STATUS_SUCCESS, 0);
    case IOCTL_PNP_FACTS:
        return Facts(Extension, Irp);
    default:
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static VOID NTAPI PowerDone(PDEVICE_OBJECT Device, UCHAR Minor, POWER_STATE State, PVOID Context, PIO_STATUS_BLOCK Status)
{
    UNREFERENCED_PARAMETER(Device);
    if (Minor == IRP_MN_SET_POWER && State.DeviceState == PowerDeviceD0 && NT_SUCCESS(Status->Status))
        Log(PNP_POWER_DONE);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS Start(PEXTENSION Extension, PIRP Irp)
{
    KEVENT Event;
    Log(PNP_START);
    if (!IoForwardIrpSynchronously(Extension->Below, Irp))
        return Finish(Irp, STATUS_UNSUCCESSFUL, 0);
    NTSTATUS Status = Irp->IoStatus.Status;
    if (NT_SUCCESS(Status) && Mode == PNP_FAIL_START)
        Status = STATUS_DEVICE_DATA_ERROR;
    if (NT_SUCCESS(Status)) {
        POWER_STATE State = {.DeviceState = PowerDeviceD0};
        KeInitializeEvent(&Event, NotificationEvent, FALSE);
        if (PoRequestPowerIrp(Extension->Self, IRP_MN_SET_POWER, State, PowerDone, &Event, NULL) == STATUS_PENDING)
            KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
        Status = IoSetDeviceInterfaceState(&Extension->Link, TRUE);
    }
    return Finish(Irp, Status, 0);
}

static NTSTATUS Remove(PEXTENSION Extension, PIRP Irp)
{
    Log(PNP_REMOVE);
    IoSetDeviceInterfaceState(&Extension->Link, FALSE);
    RtlFreeUnicodeString(&Extension->Link);
    Irp->IoStatus.Status = STATUS_SUCCESS;
    IoSkipCurrentIrpStackLocation(Irp);
    NTSTATUS Status = IoCallDriver(Extension->Below, Irp);
    IoDetachDevice(Extension->Below);
    IoDeleteDevice(Extension->Self);
    return Status;
}

static NTSTATUS Pnp(PEXTENSION Extension, PIRP Irp)
{
    switch (IoGetCurrentIrpStackLocation(Irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return Start(Extension, Irp);
    case IRP_MN_REMOVE_DEVICE:
        return Remove(Extension, Irp);
    case IRP_MN_SURPRISE_REMOVAL:
        Log(PNP_SURPRISE);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_REMOVE_DEVICE:
        Log(PNP_QUERY_REMOVE);
        if (Mode == PNP_REFUSE_REMOVE)
            return Finish(Irp, STATUS_UNSUCCESSFUL, 0);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        Log(PNP_CANCEL_REMOVE);
        Irp->IoStatus.Status = STATUS_SUCCESS;
        break;
    case IRP_MN_QUERY_CAPABILITIES:
        Log(PNP_CAPABILITIES);
        break;
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        Log(PNP_STATE);
        if (Extension->Failed)
            return Finish(Irp, STATUS_SUCCESS, PNP_DEVICE_FAILED);
        break;
    }
    IoSkipCurrentIrpStackLocation(Irp);
    return IoCallDriver(Extension->Below, Irp);
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PEXTENSION Extension = (PEXTENSION)Device->DeviceExtension;
    if (Device == Control)
        return ControlDispatch(Irp);
    switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction) {
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE:
        return Finish(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_DEVICE_CONTROL:
        return DeviceControl(Extension, Irp);
    case IRP_MJ_PNP:
        return Pnp(Extension, Irp);
    default:
        IoSkipCurrentIrpStackLocation(Irp);
        return IoCallDriver(Extension->Below, Irp);
    }
}

static NTSTATUS NTAPI AddDevice(PDRIVER_OBJECT Driver, PDEVICE_OBJECT Pdo)
{
    PDEVICE_OBJECT Device;
    Log(PNP_ADD);
    if (Mode == PNP_FAIL_ADD)
        return STATUS_NO_SUCH_DEVICE;
    NTSTATUS Status = IoCreateDevice(Driver, sizeof(EXTENSION), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    PEXTENSION Extension = (PEXTENSION)Device->DeviceExtension;
    Extension->Self = Device;
    Extension->Pdo = Pdo;
    Status = IoRegisterDeviceInterface(Pdo, &InterfaceGuid, NULL, &Extension->Link);
    if (NT_SUCCESS(Status))
        Status = IoAttachDeviceToDeviceStackSafe(Device, Pdo, &Extension->Below);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Device);
        return Status;
    }
    Device->Flags |= DO_BUFFERED_IO;
    Device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    return STATUS_SUCCESS;
}

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlPnp");
    UNREFERENCED_PARAMETER(Driver);
    IoDeleteSymbolicLink(&Link);
    IoDeleteDevice(Control);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlPnp");
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlPnp");
    UNREFERENCED_PARAMETER(RegistryPath);
    KeInitializeSpinLock(&Lock);
    NTSTATUS Status = IoCreateDevice(Driver, 0, &Name, FILE_DEVICE_UNKNOWN, 0, FALSE, &Control);
    if (!NT_SUCCESS(Status))
        return Status;
    Control->Flags |= DO_BUFFERED_IO;
    Status = IoCreateSymbolicLink(&Link, &Name);
    if (!NT_SUCCESS(Status)) {
        IoDeleteDevice(Control);
        return Status;
    }
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        Driver->MajorFunction[i] = Dispatch;
    Driver->DriverExtension->AddDevice = AddDevice;
    Driver->DriverUnload = OnUnload;
    return STATUS_SUCCESS;
}
