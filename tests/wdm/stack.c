/* SPDX-License-Identifier: MIT */
/* Requests between drivers: a lower device that answers and one attached above that passes on; IRPs that a driver allocates and
 * builds, completion routines, cancelling, references. */
#include <ntddk.h>
#include <wdmsec.h>

#include "report.h"

#define IOCTL_ECHO_BUFFERED CTL_CODE(0x22, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ECHO_DIRECT   CTL_CODE(0x22, 0x802, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
#define IOCTL_ECHO_NEITHER  CTL_CODE(0x22, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)
#define IOCTL_LATER         CTL_CODE(0x22, 0x804, METHOD_NEITHER, FILE_ANY_ACCESS) /* completed by a work item */
#define IOCTL_PENDS         CTL_CODE(0x22, 0x805, METHOD_NEITHER, FILE_ANY_ACCESS) /* until cancelled */

typedef struct _LAYER {
    PDEVICE_OBJECT Below; /* NULL: the lower device */
} LAYER, *PLAYER;

static PDEVICE_OBJECT Lower, Upper;
static volatile LONG Internals, Cancels, Creates, Cleanups, Closes;
static PIRP Kept;
static PDRIVER_DISPATCH ReportDispatcher;

static NTSTATUS Finish(PIRP Irp, NTSTATUS Status, ULONG_PTR Information)
{
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = Information;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static VOID NTAPI LaterRun(PDEVICE_OBJECT Device, PVOID Context)
{
    PIRP Irp = (PIRP)Context;
    PIO_WORKITEM Item = (PIO_WORKITEM)Irp->Tail.Overlay.DriverContext[0];
    UNREFERENCED_PARAMETER(Device);
    IoFreeWorkItem(Item);
    Finish(Irp, STATUS_SUCCESS, 77);
}

static VOID NTAPI OnCancel(PDEVICE_OBJECT Device, PIRP Irp)
{
    UNREFERENCED_PARAMETER(Device);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    InterlockedIncrement(&Cancels);
    Finish(Irp, STATUS_CANCELLED, 0);
}

static NTSTATUS LowerControl(PDEVICE_OBJECT Device, PIRP Irp, PIO_STACK_LOCATION Stack)
{
    ULONG Length = Stack->Parameters.DeviceIoControl.InputBufferLength;
    PIO_WORKITEM Item;
    switch (Stack->Parameters.DeviceIoControl.IoControlCode) {
    case IOCTL_ECHO_BUFFERED:
        if (Length > Stack->Parameters.DeviceIoControl.OutputBufferLength)
            return Finish(Irp, STATUS_BUFFER_TOO_SMALL, 0);
        ((PUCHAR)Irp->AssociatedIrp.SystemBuffer)[0] ^= 0xff;
        return Finish(Irp, STATUS_SUCCESS, Length);
    case IOCTL_ECHO_DIRECT:
        RtlCopyMemory(MmGetSystemAddressForMdlSafe(Irp->MdlAddress, NormalPagePriority), Irp->AssociatedIrp.SystemBuffer,
                      Length);
        return Finish(Irp, STATUS_SUCCESS, Length);
    case IOCTL_ECHO_NEITHER:
        RtlCopyMemory(Irp->UserBuffer, Stack->Parameters.DeviceIoControl.Type3InputBuffer, Length);
        return Finish(Irp, STATUS_SUCCESS, Length);
    case IOCTL_LATER:
        Item = IoAllocateWorkItem(Device);
        if (Item == NULL)
            return Finish(Irp, STATUS_INSUFFICIENT_RESOURCES, 0);
        IoMarkIrpPending(Irp);
        Irp->Tail.Overlay.DriverContext[0] = Item;
        IoQueueWorkItem(Item, LaterRun, DelayedWorkQueue, Irp);
        return STATUS_PENDING;
    case IOCTL_PENDS:
        IoMarkIrpPending(Irp);
        Kept = Irp;
        IoSetCancelRoutine(Irp, OnCancel);
        return STATUS_PENDING;
    default:
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

static NTSTATUS NTAPI Dispatch(PDEVICE_OBJECT Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    if (Device == ReportDevice)
        return ReportDispatcher(Device, Irp);
    PLAYER Layer = (PLAYER)Device->DeviceExtension;
    if (Layer->Below != NULL) {
        IoSkipCurrentIrpStackLocation(Irp);
        return IoCallDriver(Layer->Below, Irp);
    }
    switch (Stack->MajorFunction) {
    case IRP_MJ_CREATE:
        InterlockedIncrement(&Creates);
        return Finish(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLEANUP:
        InterlockedIncrement(&Cleanups);
        return Finish(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_CLOSE:
        InterlockedIncrement(&Closes);
        return Finish(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        InterlockedIncrement(&Internals);
        return LowerControl(Device, Irp, Stack);
    case IRP_MJ_DEVICE_CONTROL:
        return LowerControl(Device, Irp, Stack);
    case IRP_MJ_READ:
        RtlFillMemory(Irp->AssociatedIrp.SystemBuffer, Stack->Parameters.Read.Length,
                      (UCHAR)Stack->Parameters.Read.ByteOffset.QuadPart);
        return Finish(Irp, STATUS_SUCCESS, Stack->Parameters.Read.Length);
    case IRP_MJ_WRITE:
        return Finish(Irp, ((PUCHAR)Irp->AssociatedIrp.SystemBuffer)[0] == 'w' ? STATUS_SUCCESS : STATUS_DATA_ERROR,
                      Stack->Parameters.Write.Length);
    default:
        return Finish(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}

/* Sends a built request and waits as drivers do. */
static NTSTATUS SendAndWait(PIRP Irp, PKEVENT Event, PIO_STATUS_BLOCK Block)
{
    NTSTATUS Status = IoCallDriver(Upper, Irp);
    if (Status == STATUS_PENDING) {
        KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, NULL);
        Status = Block->Status;
    }
    return Status;
}

static NTSTATUS Control(ULONG Code, PVOID In, ULONG InLength, PVOID Out, ULONG OutLength, BOOLEAN Internal, PIO_STATUS_BLOCK Block)
{
    KEVENT Event;
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildDeviceIoControlRequest(Code, Upper, In, InLength, Out, OutLength, Internal, &Event, Block);
    return Irp == NULL ? STATUS_INSUFFICIENT_RESOURCES : SendAndWait(Irp, &Event, Block);
}

static VOID BuildTest(VOID)
{
    IO_STATUS_BLOCK Block = {0};
    UCHAR In[4] = {1, 2, 3, 4}, Out[8] = {0};
    CHECK(Control(IOCTL_ECHO_BUFFERED, In, 4, Out, 8, FALSE, &Block) == STATUS_SUCCESS && Block.Information == 4,
          "a buffered control request comes back with its count");
    CHECK(Out[0] == (1 ^ 0xff) && Out[3] == 4 && In[0] == 1, "its output is copied out, its input is left alone");
    CHECK(Control(IOCTL_ECHO_BUFFERED, In, 4, Out, 2, FALSE, &Block) == STATUS_BUFFER_TOO_SMALL && Block.Information == 0,
          "an error comes back");
    RtlZeroMemory(Out, sizeof Out);
    CHECK(Control(IOCTL_ECHO_DIRECT, In, 4, Out, 8, FALSE, &Block) == STATUS_SUCCESS && Out[1] == 2, "direct: an MDL");
    LONG Before = Internals;
    CHECK(Control(IOCTL_ECHO_NEITHER, In, 4, Out, 8, TRUE, &Block) == STATUS_SUCCESS && Internals == Before + 1,
          "an internal control request, with the pointers as they are");
    CHECK(Control(IOCTL_LATER, NULL, 0, NULL, 0, FALSE, &Block) == STATUS_SUCCESS && Block.Information == 77,
          "one that is completed later on another thread sets the event");
    KEVENT Event;
    LARGE_INTEGER Offset = {.QuadPart = 9};
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    PIRP Irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, Upper, Out, 8, &Offset, &Event, &Block);
    CHECK(Irp != NULL && SendAndWait(Irp, &Event, &Block) == STATUS_SUCCESS && Block.Information == 8 && Out[7] == 9,
          "a synchronous read of a buffered device");
    KeClearEvent(&Event);
    Irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, Upper, (PVOID) "w", 1, &Offset, &Event, &Block);
    CHECK(Irp != NULL && SendAndWait(Irp, &Event, &Block) == STATUS_SUCCESS, "a synchronous write");
    CHECK(KeReadStateEvent(&Event) != 0, "the event is set also when the request ended inside its dispatch");
}

struct Seen {
    KEVENT Event;
    LONG Calls;
    BOOLEAN Pending;
    PDEVICE_OBJECT Device;
    BOOLEAN Frees;
};

static NTSTATUS NTAPI OnCompletion(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context)
{
    struct Seen *Seen = (struct Seen *)Context;
    Seen->Calls++;
    Seen->Pending = Irp->PendingReturned;
    Seen->Device = Device;
    if (Seen->Frees) {
        if (Irp->AssociatedIrp.SystemBuffer != NULL && (Irp->Flags & IRP_DEALLOCATE_BUFFER))
            ExFreePool(Irp->AssociatedIrp.SystemBuffer);
        IoFreeIrp(Irp);
    }
    KeSetEvent(&Seen->Event, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID AllocateTest(VOID)
{
    struct Seen Seen = {.Calls = 0};
    UCHAR Data[4] = {5, 6, 7, 8};
    KeInitializeEvent(&Seen.Event, SynchronizationEvent, FALSE);
    CHECK(Upper->StackSize == 2 && Lower->StackSize == 1, "the stack size counts the devices below");
    PIRP Irp = IoAllocateIrp((CCHAR)(Upper->StackSize + 1), FALSE);
    CHECK(Irp != NULL && Irp->StackCount == 3 && Irp->CurrentLocation == 4, "a fresh IRP stands above its stack");
    IoSetNextIrpStackLocation(Irp); /* a location of our own */
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = ReportDevice;
    for (int i = 0; i < 3; i++) {
        PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
        Next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
        Next->Parameters.DeviceIoControl.IoControlCode = i == 1 ? IOCTL_LATER : IOCTL_ECHO_NEITHER;
        Next->Parameters.DeviceIoControl.Type3InputBuffer = Data;
        Next->Parameters.DeviceIoControl.InputBufferLength = 4;
        UCHAR Out[4] = {0};
        Irp->UserBuffer = Out;
        IoSetCompletionRoutine(Irp, OnCompletion, &Seen, TRUE, TRUE, TRUE);
        NTSTATUS Status = IoCallDriver(Upper, Irp);
        KeWaitForSingleObject(&Seen.Event, Executive, KernelMode, FALSE, NULL);
        CHECK(Seen.Calls == i + 1 && Seen.Device == ReportDevice, "its completion routine is called with our device, once");
        CHECK(Status == (i == 1 ? STATUS_PENDING : STATUS_SUCCESS) && Irp->PendingReturned == (i == 1),
              "pending is handed up through a device that skipped its location");
        CHECK(i == 1 ? Irp->IoStatus.Information == 77 : Out[3] == 8, "what was asked for is there");
        IoReuseIrp(Irp, STATUS_NOT_SUPPORTED);
        IoSetNextIrpStackLocation(Irp);
        IoGetCurrentIrpStackLocation(Irp)->DeviceObject = ReportDevice;
        CHECK(Irp->IoStatus.Status == STATUS_NOT_SUPPORTED && Irp->StackCount == 3, "IoReuseIrp makes it fresh");
    }
    IoFreeIrp(Irp);
    IO_STATUS_BLOCK Block;
    LARGE_INTEGER Offset = {.QuadPart = 3};
    UCHAR Out[2] = {0};
    Seen.Frees = TRUE;
    Irp = IoBuildAsynchronousFsdRequest(IRP_MJ_READ, Upper, Out, 2, &Offset, &Block);
    IoSetCompletionRoutine(Irp, OnCompletion, &Seen, TRUE, TRUE, TRUE);
    IoCallDriver(Upper, Irp);
    KeWaitForSingleObject(&Seen.Event, Executive, KernelMode, FALSE, NULL);
    CHECK(Seen.Calls == 4 && Seen.Device == NULL, "an asynchronous one is its completion routine's to free; it has no device");
}

static VOID OwnMemoryTest(VOID)
{
    struct Seen Seen = {.Calls = 0};
    UCHAR Data[2] = {1, 2}, Out[2] = {0};
    USHORT Size = IoSizeOfIrp(2);
    PIRP Irp = (PIRP)ExAllocatePoolWithTag(NonPagedPoolNx, Size, 'tseT');
    KeInitializeEvent(&Seen.Event, SynchronizationEvent, FALSE);
    RtlFillMemory(Irp, Size, 0xcc);
    IoInitializeIrp(Irp, Size, 2);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    Next->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    Next->Parameters.DeviceIoControl.IoControlCode = IOCTL_ECHO_NEITHER;
    Next->Parameters.DeviceIoControl.InputBufferLength = 2;
    Next->Parameters.DeviceIoControl.Type3InputBuffer = Data;
    Irp->UserBuffer = Out;
    IoSetCompletionRoutine(Irp, OnCompletion, &Seen, TRUE, FALSE, FALSE);
    CHECK(IoCallDriver(Upper, Irp) == STATUS_SUCCESS && Seen.Calls == 1 && Out[1] == 2, "an IRP in memory of the driver's own");
    ExFreePoolWithTag(Irp, 'tseT');
}

static VOID CancelTest(VOID)
{
    struct Seen Seen = {.Calls = 0};
    PIRP Irp = IoAllocateIrp(Upper->StackSize, FALSE);
    KeInitializeEvent(&Seen.Event, SynchronizationEvent, FALSE);
    IoGetNextIrpStackLocation(Irp)->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    IoGetNextIrpStackLocation(Irp)->Parameters.DeviceIoControl.IoControlCode = IOCTL_PENDS;
    IoSetCompletionRoutine(Irp, OnCompletion, &Seen, FALSE, FALSE, TRUE);
    CHECK(IoCallDriver(Upper, Irp) == STATUS_PENDING && Seen.Calls == 0, "a request pends");
    LONG Before = Cancels;
    CHECK(IoCancelIrp(Irp) && Cancels == Before + 1 && Seen.Calls == 1 && Irp->IoStatus.Status == STATUS_CANCELLED,
          "IoCancelIrp calls the cancel routine; a routine for cancelled ones is called");
    CHECK(!IoCancelIrp(Irp), "there is nothing left to cancel");
    IoFreeIrp(Irp);
}

static VOID StackTest(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlLower");
    UNICODE_STRING Absent = RTL_CONSTANT_STRING(L"\\Device\\OvlNobody");
    PFILE_OBJECT File;
    PDEVICE_OBJECT Device;
    LONG Opened = Creates, Cleaned = Cleanups, Closed = Closes;
    CHECK(IoGetDeviceObjectPointer(&Name, FILE_READ_DATA, &File, &Device) == STATUS_SUCCESS && Device == Upper,
          "a device by its name gives the top of its stack");
    CHECK(Creates == Opened + 1 && Cleanups == Cleaned + 1 && Closes == Closed, "the file stays, its handle does not");
    CHECK(File->DeviceObject == Lower && IoGetRelatedDeviceObject(File) == Upper, "the file is on the named device");
    ObReferenceObject(File);
    ObDereferenceObject(File);
    CHECK(Closes == Closed, "references of the file are counted");
    ObDereferenceObject(File);
    CHECK(Closes == Closed + 1, "the last reference closes it");
    CHECK(IoGetDeviceObjectPointer(&Absent, FILE_READ_DATA, &File, &Device) == STATUS_OBJECT_NAME_NOT_FOUND,
          "a name that nobody has");
    Device = IoGetAttachedDeviceReference(Lower);
    CHECK(Device == Upper, "IoGetAttachedDeviceReference");
    ObDereferenceObject(Device);
    Device = IoGetLowerDeviceObject(Upper);
    CHECK(Device == Lower && IoGetLowerDeviceObject(Lower) == NULL, "IoGetLowerDeviceObject");
    ObDereferenceObject(Device);
    CHECK(IoGetCurrentProcess() != NULL && PsGetCurrentThread() != NULL, "there is a process and a thread");
    CHECK(IoIsWdmVersionAvailable(1, 0x10) && !IoIsWdmVersionAvailable(7, 0), "WDM versions");
}

const struct Part Parts[] = {{"build", BuildTest}, {"allocate", AllocateTest}, {"own memory", OwnMemoryTest},
                             {"cancel", CancelTest}, {"stack", StackTest}, {NULL, NULL}};

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    IoDetachDevice(Lower);
    IoDeleteDevice(Upper);
    IoDeleteDevice(Lower);
    ReportStop();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlLower");
    UNREFERENCED_PARAMETER(RegistryPath);
    NTSTATUS Status = IoCreateDeviceSecure(Driver, sizeof(LAYER), &Name, 0x22, 0, FALSE, &SDDL_DEVOBJ_SYS_ALL_ADM_ALL, NULL,
                                           &Lower);
    if (!NT_SUCCESS(Status))
        return Status;
    Lower->Flags |= DO_BUFFERED_IO;
    Status = IoCreateDevice(Driver, sizeof(LAYER), NULL, 0x22, 0, FALSE, &Upper);
    if (!NT_SUCCESS(Status))
        return Status;
    Upper->Flags |= DO_BUFFERED_IO;
    Status = IoAttachDeviceToDeviceStackSafe(Upper, Lower, &((PLAYER)Upper->DeviceExtension)->Below);
    if (!NT_SUCCESS(Status))
        return Status;
    Status = ReportStart(Driver);
    ReportDispatcher = Driver->MajorFunction[IRP_MJ_DEVICE_CONTROL];
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        Driver->MajorFunction[i] = Dispatch;
    Driver->DriverUnload = OnUnload;
    return Status;
}
