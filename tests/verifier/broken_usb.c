/* SPDX-License-Identifier: MIT */
/* A driver of the fx2 model that breaks the verifier's rules for URBs and for devices in a stack: see broken_wdm.c. The bulk pipe in pends while nothing is written, so
 * the bus keeps a URB for as long as is needed. */
#include <ntddk.h>
#include <wdf.h>
#include <wdfusb.h>
#include <usbdlib.h>

#include "broken.h"

typedef VOID BREAK(VOID);

static WDFDEVICE Device;
static PDEVICE_OBJECT Own, Below;
static USBD_HANDLE Handle;
static USBD_PIPE_HANDLE Pipe;
static UCHAR Bytes[512];
static KEVENT Ended;

static NTSTATUS NTAPI OnEnd(PDEVICE_OBJECT None, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(None);
    UNREFERENCED_PARAMETER(Irp);
    UNREFERENCED_PARAMETER(Context);
    KeSetEvent(&Ended, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static PURB Urb(PMDL Mdl)
{
    PURB Made = NULL;
    if (NT_SUCCESS(USBD_UrbAllocate(Handle, &Made)))
        UsbBuildInterruptOrBulkTransferRequest(Made, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), Pipe, Mdl == NULL ? Bytes : NULL, Mdl,
                                               sizeof Bytes, USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK, NULL);
    return Made;
}

static PIRP Send(PURB Sent)
{
    PIRP Irp = IoAllocateIrp(Below->StackSize, FALSE);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(Irp);
    Next->MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL;
    Next->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    USBD_AssignUrbToIoStackLocation(Handle, Next, Sent);
    IoSetCompletionRoutine(Irp, OnEnd, NULL, TRUE, TRUE, TRUE);
    IoCallDriver(Below, Irp);
    return Irp;
}

static VOID End(PIRP Irp)
{
    IoCancelIrp(Irp);
    KeWaitForSingleObject(&Ended, Executive, KernelMode, FALSE, NULL);
    IoFreeIrp(Irp);
}

static VOID Clean(VOID)
{
    PMDL Mdl = IoAllocateMdl(Bytes, sizeof Bytes, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    PURB Sent = Urb(Mdl);
    End(Send(Sent));
    End(Send(Sent)); /* again, which is allowed once it has ended */
    USBD_UrbFree(Handle, Sent);
    IoFreeMdl(Mdl);
}

static VOID UrbModified(VOID)
{
    PURB Sent = Urb(NULL);
    PIRP Irp = Send(Sent);
    Sent->UrbBulkOrInterruptTransfer.TransferBufferLength = 64;
    End(Irp);
    USBD_UrbFree(Handle, Sent);
}

static VOID UrbFreed(VOID)
{
    PURB Sent = Urb(NULL);
    Send(Sent);
    USBD_UrbFree(Handle, Sent);
}

static VOID UrbResubmitted(VOID)
{
    PURB Sent = Urb(NULL);
    Send(Sent);
    Send(Sent);
}

/* One that was allocated for isochronous transfers, and looks like any other. */
static VOID UrbReuse(VOID)
{
    PURB Made;
    if (!NT_SUCCESS(USBD_IsochUrbAllocate(Handle, 16, &Made)))
        return;
    UsbBuildInterruptOrBulkTransferRequest(Made, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), Pipe, Bytes, NULL, sizeof Bytes,
                                           USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK, NULL);
    Send(Made);
}

static VOID UrbLeak(VOID)
{
    Urb(NULL);
    USBD_CloseHandle(Handle);
}

static VOID UrbDoubleFree(VOID)
{
    PURB Made = Urb(NULL);
    USBD_UrbFree(Handle, Made);
    USBD_UrbFree(Handle, Made);
}

static VOID UsbdHandle(VOID)
{
    USBD_HANDLE Other;
    if (NT_SUCCESS(USBD_CreateHandle(Own, Below, USBD_CLIENT_CONTRACT_VERSION_602, 'bkrB', &Other)))
        USBD_UrbFree(Other, Urb(NULL));
}

static VOID MdlInUse(VOID)
{
    PMDL Mdl = IoAllocateMdl(Bytes, sizeof Bytes, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    PURB Sent = Urb(Mdl);
    PIRP Irp = Send(Sent);
    IoFreeMdl(Mdl);
    End(Irp);
    USBD_UrbFree(Handle, Sent);
}

static VOID IdleReference(VOID)
{
    WdfDeviceResumeIdle(Device);
}

static VOID DeviceInterface(VOID)
{
    static const GUID Class = {0x6b9ac43e, 0x1b1a, 0x4bd0, {0x8e, 0x19, 0x5f, 0x3c, 0x40, 0x11, 0x02, 0x99}};
    WdfDeviceSetDeviceInterfaceState(Device, &Class, NULL, TRUE);
}

static VOID IrpStack(VOID)
{
    WdfDeviceWdmDispatchPreprocessedIrp(Device, IoAllocateIrp(0, FALSE));
}

static const struct {
    const char *Rule;
    BREAK *Break;
} Rules[] = {
    {"clean", Clean},
    {"urb-modified", UrbModified},
    {"urb-freed", UrbFreed},
    {"urb-resubmitted", UrbResubmitted},
    {"urb-reuse", UrbReuse},
    {"urb-leak", UrbLeak},
    {"urb-double-free", UrbDoubleFree},
    {"usbd-handle", UsbdHandle},
    {"mdl-in-use", MdlInUse},
    {"idle-reference", IdleReference},
    {"device-interface", DeviceInterface},
    {"irp-stack", IrpStack},
};

static BOOLEAN Same(const char *A, const char *B)
{
    while (*A != '\0' && *A == *B)
        A++, B++;
    return *A == *B;
}

static VOID NTAPI OnControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    PVOID Name;
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    UNREFERENCED_PARAMETER(Queue);
    NTSTATUS Status = Code == IOCTL_BREAK ? WdfRequestRetrieveInputBuffer(Request, 1, &Name, NULL) : STATUS_CANCELLED;
    ULONG i = 0;
    while (NT_SUCCESS(Status) && i < sizeof Rules / sizeof *Rules && !Same(Rules[i].Rule, Name))
        i++;
    if (NT_SUCCESS(Status) && i < sizeof Rules / sizeof *Rules)
        Rules[i].Break();
    else if (NT_SUCCESS(Status))
        Status = STATUS_NOT_FOUND;
    WdfRequestComplete(Request, Status);
}

static NTSTATUS NTAPI OnPrepare(WDFDEVICE Self, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    enum { BULK_IN = 2 };
    WDF_USB_DEVICE_CREATE_CONFIG Create;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Select;
    WDFUSBDEVICE Usb;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Create, USBD_CLIENT_CONTRACT_VERSION_602);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&Select);
    NTSTATUS Status = WdfUsbTargetDeviceCreateWithParameters(Self, &Create, WDF_NO_OBJECT_ATTRIBUTES, &Usb);
    if (NT_SUCCESS(Status))
        Status = WdfUsbTargetDeviceSelectConfig(Usb, WDF_NO_OBJECT_ATTRIBUTES, &Select);
    if (!NT_SUCCESS(Status))
        return Status;
    Pipe = WdfUsbTargetPipeWdmGetPipeHandle(
        WdfUsbInterfaceGetConfiguredPipe(Select.Types.SingleInterface.ConfiguredUsbInterface, BULK_IN, NULL));
    Own = WdfDeviceWdmGetDeviceObject(Self);
    Below = WdfDeviceWdmGetAttachedDevice(Self);
    return USBD_CreateHandle(Own, Below, USBD_CLIENT_CONTRACT_VERSION_602, 'bkrB', &Handle);
}

static NTSTATUS NTAPI OnRelease(WDFDEVICE Self, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Translated);
    USBD_CloseHandle(Handle);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI OnAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlBroken"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlBroken");
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_IO_QUEUE_CONFIG Queue;
    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = OnPrepare;
    Callbacks.EvtDeviceReleaseHardware = OnRelease;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    NTSTATUS Status = WdfDeviceInitAssignName(Init, &Name);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = OnControl;
    Status = WdfIoQueueCreate(Device, &Queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    return NT_SUCCESS(Status) ? WdfDeviceCreateSymbolicLink(Device, &Link) : Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    KeInitializeEvent(&Ended, SynchronizationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, OnAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
}
