/* SPDX-License-Identifier: MIT */
/* A KMDF driver for USB attached SCSI, as far as reads go: static streams on the status and data pipes, a command for each stream under way at
 * once. It is no storage driver; it moves data on a real kernel's streams. */
#include <ntddk.h>
#include <wdf.h>
#include <usb.h>
#include <usbdlib.h>
#include <wdfusb.h>

#include "uas_test.h"

enum { PIPE_COMMAND = 0x01, PIPE_STATUS = 0x82, PIPE_DATA_IN = 0x83, BLOCK = 512, INQUIRY_BYTES = 36 };

typedef struct _HALF {
    WDFREQUEST Request;
    WDFMEMORY UrbMemory;
    PURB Urb;
    USBD_PIPE_HANDLE Stream;
} HALF;

typedef struct _DEVICE_CONTEXT {
    WDFUSBDEVICE Usb;
    WDFUSBPIPE Command, Status, Data;
    HALF StatusHalves[UAS_STREAMS], DataHalves[UAS_STREAMS];
    UCHAR StatusUnits[UAS_STREAMS][128];
    KEVENT Ended;
    volatile LONG UnderWay, Failed;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, GetDeviceContext)

/* ---- Preparation ---------------------------------------------------------------------------------------------------- */

static NTSTATUS OpenStreams(DEVICE_CONTEXT *Context, WDFUSBPIPE Pipe, HALF *Halves)
{
    USBD_STREAM_INFORMATION Streams[UAS_STREAMS];
    WDFMEMORY Memory;
    PURB Urb;
    NTSTATUS Status = WdfUsbTargetDeviceCreateUrb(Context->Usb, WDF_NO_OBJECT_ATTRIBUTES, &Memory, &Urb);
    if (!NT_SUCCESS(Status))
        return Status;
    UsbBuildOpenStaticStreamsRequest(Urb, WdfUsbTargetPipeWdmGetPipeHandle(Pipe), UAS_STREAMS, Streams);
    Status = WdfUsbTargetPipeSendUrbSynchronously(Pipe, WDF_NO_HANDLE, WDF_NO_SEND_OPTIONS, Urb);
    WdfObjectDelete(Memory);
    for (int i = 0; NT_SUCCESS(Status) && i < UAS_STREAMS; i++) {
        Halves[i].Stream = Streams[i].PipeHandle;
        Status = WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, WdfUsbTargetPipeGetIoTarget(Pipe), &Halves[i].Request);
        if (NT_SUCCESS(Status))
            Status = WdfUsbTargetDeviceCreateUrb(Context->Usb, WDF_NO_OBJECT_ATTRIBUTES, &Halves[i].UrbMemory, &Halves[i].Urb);
    }
    return Status;
}

static WDFUSBPIPE FindPipe(WDFUSBINTERFACE Interface, UCHAR Address)
{
    for (UCHAR i = 0; i < WdfUsbInterfaceGetNumConfiguredPipes(Interface); i++) {
        WDF_USB_PIPE_INFORMATION Information;
        WDF_USB_PIPE_INFORMATION_INIT(&Information);
        WDFUSBPIPE Pipe = WdfUsbInterfaceGetConfiguredPipe(Interface, i, &Information);
        if (Information.EndpointAddress == Address)
            return Pipe;
    }
    return NULL;
}

static NTSTATUS EvtPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    DEVICE_CONTEXT *Context = GetDeviceContext(Device);
    WDF_USB_DEVICE_CREATE_CONFIG Config;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Select;
    USHORT Most;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    KeInitializeEvent(&Context->Ended, SynchronizationEvent, FALSE);
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, USBD_CLIENT_CONTRACT_VERSION_602);
    NTSTATUS Status = WdfUsbTargetDeviceCreateWithParameters(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &Context->Usb);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&Select);
    Status = WdfUsbTargetDeviceSelectConfig(Context->Usb, WDF_NO_OBJECT_ATTRIBUTES, &Select);
    if (!NT_SUCCESS(Status))
        return Status;
    Context->Command = FindPipe(Select.Types.SingleInterface.ConfiguredUsbInterface, PIPE_COMMAND);
    Context->Status = FindPipe(Select.Types.SingleInterface.ConfiguredUsbInterface, PIPE_STATUS);
    Context->Data = FindPipe(Select.Types.SingleInterface.ConfiguredUsbInterface, PIPE_DATA_IN);
    if (Context->Command == NULL || Context->Status == NULL || Context->Data == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    Status = WdfUsbTargetDeviceQueryUsbCapability(Context->Usb, &GUID_USB_CAPABILITY_STATIC_STREAMS, sizeof Most, &Most, NULL);
    if (NT_SUCCESS(Status))
        Status = OpenStreams(Context, Context->Status, Context->StatusHalves);
    return NT_SUCCESS(Status) ? OpenStreams(Context, Context->Data, Context->DataHalves) : Status;
}

/* ---- Commands ----------------------------------------------------------------------------------------------------------- */

static VOID EvtHalf(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Argument)
{
    DEVICE_CONTEXT *Context = Argument;
    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(Target);
    if (!NT_SUCCESS(Params->IoStatus.Status))
        InterlockedIncrement(&Context->Failed);
    if (InterlockedDecrement(&Context->UnderWay) == 0)
        KeSetEvent(&Context->Ended, IO_NO_INCREMENT, FALSE);
}

static NTSTATUS StartHalf(DEVICE_CONTEXT *Context, WDFUSBPIPE Pipe, HALF *Half, PVOID Buffer, ULONG Length)
{
    UsbBuildInterruptOrBulkTransferRequest(Half->Urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), Half->Stream, Buffer, NULL, Length,
                                           USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK, NULL);
    NTSTATUS Status = WdfUsbTargetPipeFormatRequestForUrb(Pipe, Half->Request, Half->UrbMemory, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    WdfRequestSetCompletionRoutine(Half->Request, EvtHalf, Context);
    InterlockedIncrement(&Context->UnderWay);
    if (WdfRequestSend(Half->Request, WdfUsbTargetPipeGetIoTarget(Pipe), WDF_NO_SEND_OPTIONS))
        return STATUS_SUCCESS;
    InterlockedDecrement(&Context->UnderWay);
    return WdfRequestGetStatus(Half->Request);
}

/* A command unit with the stream's number as its tag. */
static NTSTATUS SendCommand(DEVICE_CONTEXT *Context, ULONG Tag, const UCHAR Block[16])
{
    UCHAR Unit[32] = {0x01, 0, 0, (UCHAR)Tag};
    WDF_MEMORY_DESCRIPTOR Memory;
    RtlCopyMemory(Unit + 16, Block, 16);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Memory, Unit, sizeof Unit);
    return WdfUsbTargetPipeWriteSynchronously(Context->Command, WDF_NO_HANDLE, WDF_NO_SEND_OPTIONS, &Memory, NULL);
}

/* Status and data are asked for on all streams first, then the commands go out, the last stream's first. */
static NTSTATUS RunCommands(DEVICE_CONTEXT *Context, ULONG Count, const UCHAR Blocks[][16], PUCHAR Data, ULONG Length)
{
    enum { SENSE_UNIT = 3 };
    NTSTATUS Status = STATUS_SUCCESS;
    Context->Failed = 0;
    Context->UnderWay = 1; /* ours, until all is begun */
    for (ULONG i = 0; NT_SUCCESS(Status) && i < Count; i++) {
        Status = StartHalf(Context, Context->Status, &Context->StatusHalves[i], Context->StatusUnits[i], sizeof Context->StatusUnits[i]);
        if (NT_SUCCESS(Status) && Length != 0)
            Status = StartHalf(Context, Context->Data, &Context->DataHalves[i], Data + i * Length, Length);
    }
    for (ULONG i = Count; NT_SUCCESS(Status) && i-- > 0;)
        Status = SendCommand(Context, i + 1, Blocks[i]);
    if (!NT_SUCCESS(Status)) {
        for (ULONG i = 0; i < Count; i++) {
            WdfRequestCancelSentRequest(Context->StatusHalves[i].Request);
            WdfRequestCancelSentRequest(Context->DataHalves[i].Request);
        }
    }
    if (InterlockedDecrement(&Context->UnderWay) != 0)
        KeWaitForSingleObject(&Context->Ended, Executive, KernelMode, FALSE, NULL);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < Count; i++)
        if (Context->Failed != 0 || Context->StatusUnits[i][0] != SENSE_UNIT || Context->StatusUnits[i][6] != 0 ||
            (Length != 0 && Context->DataHalves[i].Urb->UrbBulkOrInterruptTransfer.TransferBufferLength != Length))
            Status = STATUS_IO_DEVICE_ERROR;
    return Status;
}

static NTSTATUS Read(DEVICE_CONTEXT *Context, PUCHAR Data)
{
    UCHAR Blocks[UAS_STREAMS][16];
    RtlZeroMemory(Blocks, sizeof Blocks);
    RunCommands(Context, 1, Blocks, NULL, 0); /* TEST UNIT READY fetches the unit attention behind a reset */
    for (ULONG i = 0; i < UAS_STREAMS; i++) {
        ULONG At = i * (UAS_PIECE / BLOCK);
        Blocks[i][0] = 0x28; /* READ (10) */
        Blocks[i][4] = (UCHAR)(At >> 8);
        Blocks[i][5] = (UCHAR)At;
        Blocks[i][8] = UAS_PIECE / BLOCK;
    }
    return RunCommands(Context, UAS_STREAMS, Blocks, Data, UAS_PIECE);
}

/* An INQUIRY is answered whatever else the device has to tell. */
static NTSTATUS Inquire(DEVICE_CONTEXT *Context, PUCHAR Data)
{
    static const UCHAR Inquiry[1][16] = {{0x12, 0, 0, 0, INQUIRY_BYTES}};
    return RunCommands(Context, 1, Inquiry, Data, INQUIRY_BYTES);
}

static VOID EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    DEVICE_CONTEXT *Context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    ULONG Length = Code == IOCTL_UAS_READ ? UAS_STREAMS * UAS_PIECE : INQUIRY_BYTES;
    PUCHAR Data;
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, Length, (PVOID *)&Data, NULL);
    if (NT_SUCCESS(Status))
        Status = Code == IOCTL_UAS_READ ? Read(Context, Data) : Code == IOCTL_UAS_INQUIRY ? Inquire(Context, Data) : STATUS_INVALID_DEVICE_REQUEST;
    WdfRequestCompleteWithInformation(Request, Status, NT_SUCCESS(Status) ? Length : 0);
}

/* ---- The driver ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Device;
    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepareHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, DEVICE_CONTEXT);
    NTSTATUS Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoDeviceControl = EvtControl;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    Status = WdfIoQueueCreate(Device, &Config, &Attributes, WDF_NO_HANDLE);
    return NT_SUCCESS(Status) ? WdfDeviceCreateDeviceInterface(Device, &GUID_DEVINTERFACE_UAS_TEST, NULL) : Status;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
}
