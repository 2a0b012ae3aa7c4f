/* SPDX-License-Identifier: MIT */
/* A KMDF driver that uses USB 3 static streams: it opens as many as the controller and both bulk endpoints have, and gives each a queue of its
 * own, so that requests on different streams neither wait for each other nor end in any particular order.
 *
 * The framework knows no streams: a request is formatted for a URB that names the stream's own pipe handle. When one stream fails the
 * controller stops them all; the driver then cancels what it has sent and resets the endpoints. */
#include <ntddk.h>
#include <wdf.h>
#include <usb.h>
#include <usbdlib.h>
#include <wdfusb.h>

#include "streams.h"

#define STREAMS_MOST 255

typedef struct _STREAM {
    USBD_PIPE_HANDLE Read, Write;
    WDFQUEUE Queue;
} STREAM;

typedef struct _DEVICE_CONTEXT {
    WDFUSBDEVICE Usb;
    WDFUSBPIPE Read, Write;
    WDFQUEUE Control;
    WDFWAITLOCK Recovering;
    ULONG Count;
    STREAM Streams[STREAMS_MOST];
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, GetDeviceContext)

/* Each request has its URB, made when the request first needs one. */
typedef struct _REQUEST_CONTEXT {
    WDFMEMORY UrbMemory;
    PURB Urb;
} REQUEST_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(REQUEST_CONTEXT, GetRequestContext)

typedef struct _QUEUE_CONTEXT {
    ULONG Index;
} QUEUE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(QUEUE_CONTEXT, GetQueueContext)

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepareHardware;
static EVT_WDF_DEVICE_RELEASE_HARDWARE EvtReleaseHardware;
static EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtControl, EvtStreamControl;
static EVT_WDF_IO_QUEUE_IO_STOP EvtStreamStop;
static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtStreamComplete;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}

static NTSTATUS EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_PNPPOWER_EVENT_CALLBACKS callbacks;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    UNREFERENCED_PARAMETER(Driver);

    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&callbacks);
    callbacks.EvtDevicePrepareHardware = EvtPrepareHardware;
    callbacks.EvtDeviceReleaseHardware = EvtReleaseHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, REQUEST_CONTEXT);
    WdfDeviceInitSetRequestAttributes(DeviceInit, &attributes);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDeviceControl = EvtControl;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = device;
    status = WdfWaitLockCreate(&attributes, &GetDeviceContext(device)->Recovering);
    if (!NT_SUCCESS(status))
        return status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ExecutionLevel = WdfExecutionLevelPassive; /* recovery waits */
    status = WdfIoQueueCreate(device, &config, &attributes, &GetDeviceContext(device)->Control);
    return NT_SUCCESS(status) ? WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_STREAMS, NULL) : status;
}

/* ---- Opening ------------------------------------------------------------------------------------------------------ */

/* The endpoint companion descriptor of an endpoint says 2^n. */
static ULONG StreamsOfEndpoint(PUSB_CONFIGURATION_DESCRIPTOR Config, UCHAR Address)
{
    PVOID at = Config;
    PUCHAR end = (PUCHAR)Config + Config->wTotalLength;
    PUSB_COMMON_DESCRIPTOR found;
    while ((found = USBD_ParseDescriptors(Config, Config->wTotalLength, at, USB_ENDPOINT_DESCRIPTOR_TYPE)) != NULL) {
        PUSB_COMMON_DESCRIPTOR next = (PUSB_COMMON_DESCRIPTOR)((PUCHAR)found + found->bLength);
        if (((PUSB_ENDPOINT_DESCRIPTOR)found)->bEndpointAddress == Address && (PUCHAR)(next + 1) <= end &&
            next->bDescriptorType == USB_SUPERSPEED_ENDPOINT_COMPANION_DESCRIPTOR_TYPE) {
            ULONG exponent = ((PUSB_SUPERSPEED_ENDPOINT_COMPANION_DESCRIPTOR)next)->bmAttributes.Bulk.MaxStreams;
            return exponent == 0 ? 0 : 1u << exponent;
        }
        at = next;
    }
    return 0;
}

static NTSTATUS ChooseCount(DEVICE_CONTEXT *Context, const WDF_USB_PIPE_INFORMATION *Read, const WDF_USB_PIPE_INFORMATION *Write)
{
    USHORT controller = 0, length = 0;
    WDFMEMORY memory;
    PUSB_CONFIGURATION_DESCRIPTOR config;
    NTSTATUS status = WdfUsbTargetDeviceQueryUsbCapability(Context->Usb, &GUID_USB_CAPABILITY_STATIC_STREAMS, sizeof controller,
                                                           &controller, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (WdfUsbTargetDeviceRetrieveConfigDescriptor(Context->Usb, NULL, &length) != STATUS_BUFFER_TOO_SMALL)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    status = WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'mrtS', length, &memory, (PVOID *)&config);
    if (!NT_SUCCESS(status))
        return status;
    status = WdfUsbTargetDeviceRetrieveConfigDescriptor(Context->Usb, config, &length);
    if (NT_SUCCESS(status)) {
        ULONG in = StreamsOfEndpoint(config, Read->EndpointAddress), out = StreamsOfEndpoint(config, Write->EndpointAddress);
        Context->Count = in < out ? in : out;
        if (Context->Count > controller)
            Context->Count = controller;
        status = Context->Count == 0 ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
    }
    WdfObjectDelete(memory);
    return status;
}

static NTSTATUS OpenStreams(DEVICE_CONTEXT *Context, WDFUSBPIPE Pipe, PUSBD_STREAM_INFORMATION Streams)
{
    WDFMEMORY memory;
    PURB urb;
    /* From the object that has asked for the capability. */
    NTSTATUS status = WdfUsbTargetDeviceCreateUrb(Context->Usb, WDF_NO_OBJECT_ATTRIBUTES, &memory, &urb);
    if (!NT_SUCCESS(status))
        return status;
    UsbBuildOpenStaticStreamsRequest(urb, WdfUsbTargetPipeWdmGetPipeHandle(Pipe), (USHORT)Context->Count, Streams);
    status = WdfUsbTargetPipeSendUrbSynchronously(Pipe, WDF_NO_HANDLE, WDF_NO_SEND_OPTIONS, urb);
    WdfObjectDelete(memory);
    return status;
}

static NTSTATUS CreateStreamQueues(WDFDEVICE Device, DEVICE_CONTEXT *Context)
{
    for (ULONG i = 0; i < Context->Count; i++) {
        WDF_IO_QUEUE_CONFIG config;
        WDF_OBJECT_ATTRIBUTES attributes;
        if (Context->Streams[i].Queue != NULL)
            continue;
        WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
        config.EvtIoDeviceControl = EvtStreamControl;
        config.EvtIoStop = EvtStreamStop;
        WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, QUEUE_CONTEXT);
        NTSTATUS status = WdfIoQueueCreate(Device, &config, &attributes, &Context->Streams[i].Queue);
        if (!NT_SUCCESS(status))
            return status;
        GetQueueContext(Context->Streams[i].Queue)->Index = i;
    }
    return STATUS_SUCCESS;
}

static NTSTATUS StartStreams(WDFDEVICE Device, DEVICE_CONTEXT *Context, const WDF_USB_PIPE_INFORMATION *Read,
                             const WDF_USB_PIPE_INFORMATION *Write)
{
    static const size_t size = STREAMS_MOST * sizeof(USBD_STREAM_INFORMATION);
    NTSTATUS status = ChooseCount(Context, Read, Write);
    if (!NT_SUCCESS(status))
        return status;
    PUSBD_STREAM_INFORMATION streams = ExAllocatePool2(POOL_FLAG_NON_PAGED, size, 'mrtS');
    if (streams == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = OpenStreams(Context, Context->Read, streams);
    for (ULONG i = 0; NT_SUCCESS(status) && i < Context->Count; i++)
        Context->Streams[i].Read = streams[i].PipeHandle;
    if (NT_SUCCESS(status))
        status = OpenStreams(Context, Context->Write, streams);
    for (ULONG i = 0; NT_SUCCESS(status) && i < Context->Count; i++)
        Context->Streams[i].Write = streams[i].PipeHandle;
    ExFreePool(streams);
    return NT_SUCCESS(status) ? CreateStreamQueues(Device, Context) : status;
}

static NTSTATUS EvtPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    DEVICE_CONTEXT *context = GetDeviceContext(Device);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS select;
    WDF_USB_PIPE_INFORMATION read = {0}, write = {0};
    NTSTATUS status;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);

    if (context->Usb == NULL) {
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
    context->Read = context->Write = NULL;
    for (UCHAR i = 0; i < select.Types.SingleInterface.NumberConfiguredPipes; i++) {
        WDF_USB_PIPE_INFORMATION information;
        WDF_USB_PIPE_INFORMATION_INIT(&information);
        WDFUSBPIPE pipe = WdfUsbInterfaceGetConfiguredPipe(select.Types.SingleInterface.ConfiguredUsbInterface, i, &information);
        if (information.PipeType != WdfUsbPipeTypeBulk)
            continue;
        if (WdfUsbTargetPipeIsInEndpoint(pipe)) {
            context->Read = pipe;
            read = information;
        } else {
            context->Write = pipe;
            write = information;
        }
    }
    if (context->Read == NULL || context->Write == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    return StartStreams(Device, context, &read, &write);
}

static VOID CloseStreams(WDFUSBPIPE Pipe)
{
    URB urb;
    RtlZeroMemory(&urb, sizeof urb);
    urb.UrbPipeRequest.Hdr.Length = sizeof urb.UrbPipeRequest;
    urb.UrbPipeRequest.Hdr.Function = URB_FUNCTION_CLOSE_STATIC_STREAMS;
    urb.UrbPipeRequest.PipeHandle = WdfUsbTargetPipeWdmGetPipeHandle(Pipe);
    WdfUsbTargetPipeSendUrbSynchronously(Pipe, WDF_NO_HANDLE, WDF_NO_SEND_OPTIONS, &urb);
}

/* A device that is gone takes its streams with it, so this may fail. */
static NTSTATUS EvtReleaseHardware(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    DEVICE_CONTEXT *context = GetDeviceContext(Device);
    UNREFERENCED_PARAMETER(Translated);
    if (context->Count != 0 && context->Read != NULL) {
        CloseStreams(context->Read);
        CloseStreams(context->Write);
    }
    return STATUS_SUCCESS;
}

/* ---- Requests --------------------------------------------------------------------------------------------------------- */

/* Cancel each, then reset the endpoints: streams can be neither aborted nor reset alone. One recovery at a time: the start that ends one must
 * not let requests out while another resets. */
static NTSTATUS Recover(DEVICE_CONTEXT *Context)
{
    WDFUSBPIPE pipes[] = {Context->Read, Context->Write};
    NTSTATUS status = STATUS_SUCCESS;
    WdfWaitLockAcquire(Context->Recovering, NULL);
    for (int i = 0; i < 2; i++) {
        WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(pipes[i]), WdfIoTargetCancelSentIo);
        NTSTATUS reset = WdfUsbTargetPipeResetSynchronously(pipes[i], WDF_NO_HANDLE, WDF_NO_SEND_OPTIONS);
        WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(pipes[i]));
        if (!NT_SUCCESS(reset))
            status = reset;
    }
    WdfWaitLockRelease(Context->Recovering);
    return status;
}

static NTSTATUS ToStream(DEVICE_CONTEXT *Context, WDFREQUEST Request)
{
    ULONG *stream;
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof *stream, (PVOID *)&stream, NULL);
    if (!NT_SUCCESS(status))
        return status;
    if (*stream == 0 || *stream > Context->Count)
        return STATUS_INVALID_PARAMETER;
    return WdfRequestForwardToIoQueue(Request, Context->Streams[*stream - 1].Queue);
}

static VOID EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    ULONG *count;
    NTSTATUS status;
    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);

    switch (IoControlCode) {
    case IOCTL_STREAMS_COUNT:
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof *count, (PVOID *)&count, NULL);
        if (NT_SUCCESS(status))
            *count = context->Count;
        WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof *count : 0);
        return;
    case IOCTL_STREAMS_READ:
    case IOCTL_STREAMS_WRITE:
        status = ToStream(context, Request);
        if (NT_SUCCESS(status))
            return;
        break;
    case IOCTL_STREAMS_RECOVER: status = Recover(context); break;
    default: status = STATUS_INVALID_DEVICE_REQUEST; break;
    }
    WdfRequestComplete(Request, status);
}

static VOID EvtStreamComplete(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    PURB urb = GetRequestContext(Request)->Urb;
    NTSTATUS status = Params->IoStatus.Status;
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? urb->UrbBulkOrInterruptTransfer.TransferBufferLength : 0);
}

/* The URB is the request's child: it goes with it. */
static NTSTATUS FormatForStream(DEVICE_CONTEXT *Context, WDFREQUEST Request, WDFUSBPIPE Pipe, USBD_PIPE_HANDLE Stream, BOOLEAN Reads)
{
    REQUEST_CONTEXT *request = GetRequestContext(Request);
    WDF_OBJECT_ATTRIBUTES attributes;
    PMDL mdl;
    NTSTATUS status = WdfRequestRetrieveOutputWdmMdl(Request, &mdl); /* direct both ways: the "output" of a write is its data */
    if (!NT_SUCCESS(status))
        return status;
    if (MmGetMdlByteCount(mdl) > STREAMS_LARGEST)
        return STATUS_INVALID_BUFFER_SIZE;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = Request;
    status = WdfUsbTargetDeviceCreateUrb(Context->Usb, &attributes, &request->UrbMemory, &request->Urb);
    if (!NT_SUCCESS(status))
        return status;
    UsbBuildInterruptOrBulkTransferRequest(request->Urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), Stream, NULL, mdl,
                                           MmGetMdlByteCount(mdl),
                                           Reads ? USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK : USBD_TRANSFER_DIRECTION_OUT, NULL);
    return WdfUsbTargetPipeFormatRequestForUrb(Pipe, Request, request->UrbMemory, NULL);
}

static VOID EvtStreamControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength, size_t InputBufferLength, ULONG IoControlCode)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    const STREAM *stream = &context->Streams[GetQueueContext(Queue)->Index];
    BOOLEAN reads = IoControlCode == IOCTL_STREAMS_READ;
    WDFUSBPIPE pipe = reads ? context->Read : context->Write;
    UNREFERENCED_PARAMETER(OutputBufferLength);
    UNREFERENCED_PARAMETER(InputBufferLength);

    NTSTATUS status = FormatForStream(context, Request, pipe, reads ? stream->Read : stream->Write, reads);
    if (NT_SUCCESS(status)) {
        WdfRequestSetCompletionRoutine(Request, EvtStreamComplete, NULL);
        if (WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(pipe), WDF_NO_SEND_OPTIONS))
            return;
        status = WdfRequestGetStatus(Request);
    }
    WdfRequestComplete(Request, status);
}

static VOID EvtStreamStop(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags)
{
    UNREFERENCED_PARAMETER(Queue);
    if (ActionFlags & WdfRequestStopActionSuspend)
        WdfRequestStopAcknowledge(Request, FALSE);
    else if (ActionFlags & WdfRequestStopActionPurge)
        WdfRequestCancelSentRequest(Request);
}
