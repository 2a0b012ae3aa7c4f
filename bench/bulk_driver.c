/* SPDX-License-Identifier: MIT */
/* The shortest KMDF driver that reads and writes bulk pipes, for the virtual test device: what a framework driver costs beside WinUSB. */
#include <ntddk.h>
#include <wdf.h>
#include <usb.h>
#include <usbdlib.h>
#include <wdfusb.h>

#include "bulk_driver.h"

typedef struct _DEVICE_CONTEXT {
    WDFUSBDEVICE Usb;
    WDFUSBPIPE Read, Write;
} DEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, GetDeviceContext)

DRIVER_INITIALIZE DriverEntry;
static EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
static EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepareHardware;
static EVT_WDF_IO_QUEUE_IO_READ EvtIoRead;
static EVT_WDF_IO_QUEUE_IO_WRITE EvtIoWrite;
static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtComplete;

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
    WdfDeviceInitSetPnpPowerEventCallbacks(DeviceInit, &callbacks);
    WdfDeviceInitSetIoType(DeviceInit, WdfDeviceIoDirect);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = EvtIoRead;
    config.EvtIoWrite = EvtIoWrite;
    status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    return NT_SUCCESS(status) ? WdfDeviceCreateDeviceInterface(device, &GUID_DEVINTERFACE_BULK, NULL) : status;
}

static NTSTATUS EvtPrepareHardware(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    DEVICE_CONTEXT *context = GetDeviceContext(Device);
    WDF_USB_DEVICE_CREATE_CONFIG create;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS select;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);

    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&create, USBD_CLIENT_CONTRACT_VERSION_602);
    NTSTATUS status = WdfUsbTargetDeviceCreateWithParameters(Device, &create, WDF_NO_OBJECT_ATTRIBUTES, &context->Usb);
    if (!NT_SUCCESS(status))
        return status;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&select);
    status = WdfUsbTargetDeviceSelectConfig(context->Usb, WDF_NO_OBJECT_ATTRIBUTES, &select);
    for (UCHAR i = 0; NT_SUCCESS(status) && i < select.Types.SingleInterface.NumberConfiguredPipes; i++) {
        WDFUSBPIPE pipe = WdfUsbInterfaceGetConfiguredPipe(select.Types.SingleInterface.ConfiguredUsbInterface, i, NULL);
        if (WdfUsbTargetPipeGetType(pipe) == WdfUsbPipeTypeBulk)
            *(WdfUsbTargetPipeIsInEndpoint(pipe) ? &context->Read : &context->Write) = pipe;
    }
    return NT_SUCCESS(status) && (context->Read == NULL || context->Write == NULL) ? STATUS_INVALID_DEVICE_STATE : status;
}

static VOID EvtComplete(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    WdfRequestCompleteWithInformation(Request, Params->IoStatus.Status, Params->IoStatus.Information);
}

static VOID Send(WDFREQUEST Request, WDFUSBPIPE Pipe, NTSTATUS Status)
{
    if (NT_SUCCESS(Status)) {
        WdfRequestSetCompletionRoutine(Request, EvtComplete, NULL);
        if (WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(Pipe), WDF_NO_SEND_OPTIONS))
            return;
        Status = WdfRequestGetStatus(Request);
    }
    WdfRequestComplete(Request, Status);
}

static VOID EvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    UNREFERENCED_PARAMETER(Length);
    NTSTATUS status = WdfRequestRetrieveOutputMemory(Request, &memory);
    if (NT_SUCCESS(status))
        status = WdfUsbTargetPipeFormatRequestForRead(context->Read, Request, memory, NULL);
    Send(Request, context->Read, status);
}

static VOID EvtIoWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    DEVICE_CONTEXT *context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    UNREFERENCED_PARAMETER(Length);
    NTSTATUS status = WdfRequestRetrieveInputMemory(Request, &memory);
    if (NT_SUCCESS(status))
        status = WdfUsbTargetPipeFormatRequestForWrite(context->Write, Request, memory, NULL);
    Send(Request, context->Write, status);
}
