/* SPDX-License-Identifier: MIT */
/* A KMDF driver for the USB-FX2 learning kit (and its look-alike, `--usb fx2`). Lights and the display go by control transfers; ReadFile and
 * WriteFile by the bulk pipes; the switches come by a continuous reader on the interrupt pipe, which completes the requests
 * that wait for a change. */
#include <ntddk.h>
#include <wdf.h>
#include <usb.h>
#include <wdfusb.h>

#include "fx2.h"

#define FX2_LARGEST_TRANSFER (64 * 1024)

enum { /* the board's vendor requests */
    FX2_READ_DISPLAY = 0xD4,
    FX2_READ_SWITCHES = 0xD6,
    FX2_READ_BAR_GRAPH = 0xD7,
    FX2_SET_BAR_GRAPH = 0xD8,
    FX2_SET_DISPLAY = 0xDB,
    FX2_TURN_SWITCHES = 0xDF,
};

typedef struct _DEVICE_CONTEXT {
    WDFUSBDEVICE Usb;
    WDFUSBPIPE Interrupt, BulkRead, BulkWrite;
    WDFQUEUE Waiting; /* manual: IOCTL_FX2_WAIT_SWITCHES */
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, GetDeviceContext)

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepareHardware;
static EVT_WDF_DEVICE_D0_ENTRY EvtD0Entry;
static EVT_WDF_DEVICE_D0_EXIT EvtD0Exit;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtIoDeviceControl;
static EVT_WDF_IO_QUEUE_IO_READ EvtIoRead;
static EVT_WDF_IO_QUEUE_IO_WRITE EvtIoWrite;
static EVT_WDF_IO_QUEUE_IO_STOP EvtIoStop;
static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtTransferComplete;
static EVT_WDF_USB_READER_COMPLETION_ROUTINE EvtSwitchesRead;
static EVT_WDF_USB_READERS_FAILED EvtReadersFailed;

#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, EvtDeviceAdd)
#pragma alloc_text(PAGE, EvtPrepareHardware)

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

static NTSTATUS CreateQueues(WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG config;
    DEVICE_CONTEXT *context = GetDeviceContext(Device);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = EvtIoDeviceControl;
    config.EvtIoRead = EvtIoRead;
    config.EvtIoWrite = EvtIoWrite;
    config.EvtIoStop = EvtIoStop;
    NTSTATUS status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    config.PowerManaged = WdfFalse; /* they may wait while the device sleeps */
    return WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &context->Waiting);
}

static NTSTATUS EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFDEVICE device;
    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDevicePrepareHardware = EvtPrepareHardware;
    callbacks.EvtDeviceD0Entry = EvtD0Entry;
    callbacks.EvtDeviceD0Exit = EvtD0Exit;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoDirect);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    attributes.ExecutionLevel = WdfExecutionLevelPassive; /* control codes send and wait */
    NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status))
        return status;
    status = CreateQueues(device);
    if (!NT_SUCCESS(status))
        return status;
    return WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_FX2, NULL);
}

/* ---- The device ----------------------------------------------------------------------------------------------- */

static NTSTATUS ConfigureReader(WDFDEVICE Device, DEVICE_CONTEXT *Context)
{
    WDF_USB_CONTINUOUS_READER_CONFIG config;
    WDF_USB_CONTINUOUS_READER_CONFIG_INIT(&config, EvtSwitchesRead, Device, 1);
    config.EvtUsbTargetPipeReadersFailed = EvtReadersFailed;
    WdfUsbTargetPipeSetNoMaximumPacketSizeCheck(Context->Interrupt); /* the board sends one byte */
    return WdfUsbTargetPipeConfigContinuousReader(Context->Interrupt, &config);
}

static NTSTATUS FindPipes(DEVICE_CONTEXT *Context, WDFUSBINTERFACE Interface, UCHAR Count)
{
    for (UCHAR i = 0; i < Count; i++) {
        WDF_USB_PIPE_INFORMATION information;
        WDF_USB_PIPE_INFORMATION_INIT(&information);
        WDFUSBPIPE pipe = WdfUsbInterfaceGetConfiguredPipe(Interface, i, &information);
        if (information.PipeType == WdfUsbPipeTypeInterrupt)
            Context->Interrupt = pipe;
        else if (information.PipeType == WdfUsbPipeTypeBulk && WdfUsbTargetPipeIsInEndpoint(pipe))
            Context->BulkRead = pipe;
        else if (information.PipeType == WdfUsbPipeTypeBulk)
            Context->BulkWrite = pipe;
    }
    if (Context->Interrupt == NULL || Context->BulkRead == NULL || Context->BulkWrite == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    WdfUsbTargetPipeSetNoMaximumPacketSizeCheck(Context->BulkRead); /* programs read as much as they like */
    return STATUS_SUCCESS;
}

static NTSTATUS EvtPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    DEVICE_CONTEXT *context = GetDeviceContext(Device);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS select;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    PAGED_CODE();

    if (context->Usb == NULL) { /* it is kept when the device is stopped and started again */
        WDF_USB_DEVICE_CREATE_CONFIG create;
        WDF_USB_DEVICE_CREATE_CONFIG_INIT(&create, USBD_CLIENT_CONTRACT_VERSION_602);
        status = WdfUsbTargetDeviceCreateWithParameters(Device, &create, WDF_NO_OBJECT_ATTRIBUTES, &context->Usb);
        if (!NT_SUCCESS(status))
            return status;
    }
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&select);
    status = WdfUsbTargetDeviceSelectConfig(context->Usb, WDF_NO_OBJECT_ATTRIBUTES, &select);
    if (!NT_SUCCESS(status))
        return status;
    status = FindPipes(context, select.Types.SingleInterface.ConfiguredUsbInterface, select.Types.SingleInterface.NumberConfiguredPipes);
    return NT_SUCCESS(status) ? ConfigureReader(Device, context) : status;
}

static NTSTATUS EvtD0Entry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState)
{
    UNREFERENCED_PARAMETER(PreviousState);
    return WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(GetDeviceContext(Device)->Interrupt));
}

static NTSTATUS EvtD0Exit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState)
{
    UNREFERENCED_PARAMETER(TargetState);
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(GetDeviceContext(Device)->Interrupt), WdfIoTargetCancelSentIo);
    return STATUS_SUCCESS;
}

/* ---- The switches ------------------------------------------------------------------------------------------------- */

static VOID EvtSwitchesRead(WDFUSBPIPE Pipe, WDFMEMORY Buffer, size_t NumBytesTransferred, WDFCONTEXT Context)
{
    DEVICE_CONTEXT *context = GetDeviceContext((WDFDEVICE)Context);
    WDFREQUEST request;
    UNREFERENCED_PARAMETER(Pipe);

    if (NumBytesTransferred == 0)
        return;
    UCHAR switches = *(UCHAR *)WdfMemoryGetBuffer(Buffer, NULL);
    while (NT_SUCCESS(WdfIoQueueRetrieveNextRequest(context->Waiting, &request))) {
        UCHAR *answer;
        NTSTATUS status = WdfRequestRetrieveOutputBuffer(request, sizeof *answer, (PVOID *)&answer, NULL);
        if (NT_SUCCESS(status))
            *answer = switches;
        WdfRequestCompleteWithInformation(request, status, NT_SUCCESS(status) ? sizeof *answer : 0);
    }
}

static BOOLEAN EvtReadersFailed(WDFUSBPIPE Pipe, NTSTATUS Status, USBD_STATUS UsbdStatus)
{
    UNREFERENCED_PARAMETER(Pipe);
    KdPrint(("fx2: the switches' reader failed: %08x, URB %08x\n", Status, UsbdStatus));
    return TRUE; /* reset the pipe and go on */
}

/* ---- Control codes -------------------------------------------------------------------------------------------------- */

static NTSTATUS VendorRequest(WDFUSBDEVICE Usb, UCHAR Code, WDF_USB_BMREQUEST_DIRECTION Direction, UCHAR *Value)
{
    WDF_USB_CONTROL_SETUP_PACKET packet;
    WDF_MEMORY_DESCRIPTOR memory;
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&packet, Direction, BmRequestToDevice, Code, 0, 0);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&memory, Value, sizeof *Value);
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_TIMEOUT);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_SEC(2));
    return WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, WDF_NO_HANDLE, &options, &packet, &memory, NULL);
}

/* A byte from the board into the request's output, or from its input to the board. */
static VOID ByteRequest(WDFUSBDEVICE Usb, WDFREQUEST Request, UCHAR Code, BOOLEAN Reads)
{
    UCHAR *value;
    NTSTATUS status = Reads ? WdfRequestRetrieveOutputBuffer(Request, sizeof *value, (PVOID *)&value, NULL)
                            : WdfRequestRetrieveInputBuffer(Request, sizeof *value, (PVOID *)&value, NULL);
    if (NT_SUCCESS(status))
        status = VendorRequest(Usb, Code, Reads ? BmRequestDeviceToHost : BmRequestHostToDevice, value);
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) && Reads ? sizeof *value : 0);
}

/* A port reset wants the pipes' targets stopped; their handles stay good. */
static NTSTATUS ResetDevice(DEVICE_CONTEXT *Context)
{
    WDFUSBPIPE pipes[] = {Context->Interrupt, Context->BulkRead, Context->BulkWrite};
    for (int i = 0; i < 3; i++)
        WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(pipes[i]), WdfIoTargetCancelSentIo);
    NTSTATUS status = WdfUsbTargetDeviceResetPortSynchronously(Context->Usb);
    for (int i = 0; i < 3; i++) {
        NTSTATUS started = WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(pipes[i]));
        if (NT_SUCCESS(status))
            status = started;
    }
    return status;
}

static VOID EvtIoDeviceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    NTSTATUS status;
    UNREFERENCED_PARAMETER(InputBufferLength);

    switch (IoControlCode) {
    case IOCTL_FX2_GET_SWITCHES: ByteRequest(context->Usb, Request, FX2_READ_SWITCHES, TRUE); return;
    case IOCTL_FX2_GET_BAR_GRAPH: ByteRequest(context->Usb, Request, FX2_READ_BAR_GRAPH, TRUE); return;
    case IOCTL_FX2_GET_DISPLAY: ByteRequest(context->Usb, Request, FX2_READ_DISPLAY, TRUE); return;
    case IOCTL_FX2_SET_BAR_GRAPH: ByteRequest(context->Usb, Request, FX2_SET_BAR_GRAPH, FALSE); return;
    case IOCTL_FX2_SET_DISPLAY: ByteRequest(context->Usb, Request, FX2_SET_DISPLAY, FALSE); return;
    case IOCTL_FX2_TURN_SWITCHES: ByteRequest(context->Usb, Request, FX2_TURN_SWITCHES, FALSE); return;
    case IOCTL_FX2_RESET: status = ResetDevice(context); break;
    case IOCTL_FX2_WAIT_SWITCHES:
        status = OutputBufferLength < sizeof(UCHAR) ? STATUS_BUFFER_TOO_SMALL : WdfRequestForwardToIoQueue(Request, context->Waiting);
        if (NT_SUCCESS(status))
            return;
        break;
    default: status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    WdfRequestComplete(Request, status);
}

/* ---- Bulk ----------------------------------------------------------------------------------------------------------------- */

static VOID EvtTransferComplete(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    const WDF_USB_REQUEST_COMPLETION_PARAMS *usb = Params->Parameters.Usb.Completion;
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    size_t moved = usb->Type == WdfUsbRequestTypePipeRead ? usb->Parameters.PipeRead.Length : usb->Parameters.PipeWrite.Length;
    WdfRequestCompleteWithInformation(Request, Params->IoStatus.Status, NT_SUCCESS(Params->IoStatus.Status) ? moved : 0);
}

static VOID SendTransfer(WDFREQUEST Request, WDFUSBPIPE Pipe, NTSTATUS Formatted)
{
    if (!NT_SUCCESS(Formatted)) {
        WdfRequestComplete(Request, Formatted);
        return;
    }
    WdfRequestSetCompletionRoutine(Request, EvtTransferComplete, NULL);
    if (!WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(Pipe), WDF_NO_SEND_OPTIONS))
        WdfRequestComplete(Request, WdfRequestGetStatus(Request));
}

static VOID EvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    NTSTATUS status = Length > FX2_LARGEST_TRANSFER ? STATUS_INVALID_PARAMETER : WdfRequestRetrieveOutputMemory(Request, &memory);
    if (NT_SUCCESS(status))
        status = WdfUsbTargetPipeFormatRequestForRead(context->BulkRead, Request, memory, NULL);
    SendTransfer(Request, context->BulkRead, status);
}

static VOID EvtIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    NTSTATUS status = Length > FX2_LARGEST_TRANSFER ? STATUS_INVALID_PARAMETER : WdfRequestRetrieveInputMemory(Request, &memory);
    if (NT_SUCCESS(status))
        status = WdfUsbTargetPipeFormatRequestForWrite(context->BulkWrite, Request, memory, NULL);
    SendTransfer(Request, context->BulkWrite, status);
}

/* The queue stops: what is with the bulk pipes is cancelled when the device goes, and may stay while it sleeps. */
static VOID EvtIoStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags)
{
    UNREFERENCED_PARAMETER(Queue);
    if (ActionFlags & WdfRequestStopActionSuspend)
        WdfRequestStopAcknowledge(Request, FALSE);
    else if (ActionFlags & WdfRequestStopActionPurge)
        WdfRequestCancelSentRequest(Request);
}
