/* SPDX-License-Identifier: MIT */
/* The driver framework's headers as a USB client driver includes them: they compile alone, and contexts, wrappers and URB macros
 * have the types that drivers expect. Compiled only: tests/wdf has drivers that run. */
#include <ntddk.h>
#include <usbdi.h>
#include <usbdlib.h>
#include <wdf.h>
#include <wdfusb.h>

typedef struct _DEVICE_CONTEXT {
    WDFUSBDEVICE UsbDevice;
    WDFUSBPIPE Pipe;
} DEVICE_CONTEXT, *PDEVICE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE_CONTEXT, GetDeviceContext)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
EVT_WDF_IO_QUEUE_IO_READ EvtIoRead;
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ static size_t Shorter(_In_ size_t One, _In_ size_t Other);

/* Annotations come with ntddk.h alone. */
_Use_decl_annotations_ static size_t Shorter(size_t One, size_t Other)
{
    return min(One, Other);
}

VOID NTAPI EvtIoRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PDEVICE_CONTEXT context = GetDeviceContext(WdfIoQueueGetDevice(Queue));
    WDFMEMORY memory;
    PURB urb;
    NTSTATUS status = WdfUsbTargetDeviceCreateUrb(context->UsbDevice, WDF_NO_OBJECT_ATTRIBUTES, &memory, &urb);
    if (NT_SUCCESS(status)) {
        UsbBuildInterruptOrBulkTransferRequest(urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER),
                                               WdfUsbTargetPipeWdmGetPipeHandle(context->Pipe), NULL, NULL, (ULONG)Shorter(Length, 4096),
                                               USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK, NULL);
        status = WdfUsbTargetPipeFormatRequestForUrb(context->Pipe, Request, memory, NULL);
    }
    if (!NT_SUCCESS(status) ||
        !WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(context->Pipe), WDF_NO_SEND_OPTIONS))
        WdfRequestComplete(Request, NT_SUCCESS(status) ? WdfRequestGetStatus(Request) : status);
}

NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG queue;
    WDFDEVICE device;
    UNREFERENCED_PARAMETER(Driver);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, DEVICE_CONTEXT);
    NTSTATUS status = WdfDeviceCreate(&DeviceInit, &attributes, &device);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queue, WdfIoQueueDispatchParallel);
    queue.EvtIoRead = EvtIoRead;
    return WdfIoQueueCreate(device, &queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDF_DRIVER_CONFIG_INIT(&config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, WDF_NO_HANDLE);
}
