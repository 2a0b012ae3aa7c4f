/* SPDX-License-Identifier: MIT */
/* Control transfers of a driver's own, and strings. */
#include <string.h>

#include "wdf/usb.h"

/* The setup packet's wLength is the buffer's length. */
static NTSTATUS control_format(struct wdf_request *request, struct wdf_usb_device *device, const WDF_USB_CONTROL_SETUP_PACKET *packet,
                               const struct wdf_buffer *buffer)
{
    struct wdf_usb_request *usb;
    if (buffer->length > UINT16_MAX)
        return STATUS_INVALID_BUFFER_SIZE;
    NTSTATUS status = wdf_usb_format_begin(request, &device->target, WdfUsbRequestTypeDeviceControlTransfer, &usb);
    if (!NT_SUCCESS(status))
        return status;
    usb->buffer = *buffer;
    wdf_format_keep(request, 0, buffer->memory);
    struct _URB_CONTROL_TRANSFER *control = &usb->own.UrbControlTransfer;
    WDF_USB_CONTROL_SETUP_PACKET setup = *packet;
    setup.Packet.wLength = (USHORT)buffer->length;
    control->Hdr.Length = sizeof *control;
    control->Hdr.Function = URB_FUNCTION_CONTROL_TRANSFER;
    control->TransferFlags = USBD_DEFAULT_PIPE_TRANSFER | USBD_SHORT_TRANSFER_OK |
                             (setup.Packet.bm.Request.Dir == BmRequestDeviceToHost ? USBD_TRANSFER_DIRECTION_IN : 0);
    control->TransferBufferLength = (ULONG)buffer->length;
    control->TransferBuffer = buffer->mdl != NULL ? NULL : buffer->address;
    control->TransferBufferMDL = buffer->mdl;
    memcpy(control->SetupPacket, setup.Generic.Bytes, sizeof control->SetupPacket);
    wdf_usb_format_urb(request, usb, &usb->own);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceSendControlTransferSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                                      WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions,
                                                                      PWDF_USB_CONTROL_SETUP_PACKET SetupPacket,
                                                                      PWDF_MEMORY_DESCRIPTOR MemoryDescriptor, PULONG BytesTransferred)
{
    struct wdf_usb_device *device = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_usb_sync sync = {.globals = DriverGlobals, .target = &device->target, .handle = Request, .caller = WDF_CALLER};
    struct wdf_buffer buffer;
    if (BytesTransferred != NULL)
        *BytesTransferred = 0;
    NTSTATUS status = wdf_buffer_of_descriptor(DriverGlobals, MemoryDescriptor, WDF_CALLER, &buffer);
    if (NT_SUCCESS(status))
        status = wdf_usb_sync_begin(&sync);
    if (!NT_SUCCESS(status))
        return status;
    status = control_format(sync.request, device, SetupPacket, &buffer);
    if (NT_SUCCESS(status)) {
        status = wdf_usb_sync_send(&sync, RequestOptions);
        if (BytesTransferred != NULL && !NT_ERROR(status))
            *BytesTransferred = (ULONG)sync.request->irp->IoStatus.Information;
    }
    wdf_usb_sync_end(&sync);
    return status;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceFormatRequestForControlTransfer(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                                     WDFREQUEST Request, PWDF_USB_CONTROL_SETUP_PACKET SetupPacket,
                                                                     WDFMEMORY TransferMemory, PWDFMEMORY_OFFSET TransferOffset)
{
    struct wdf_usb_device *device = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, TransferMemory, TransferOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? control_format(request, device, SetupPacket, &buffer) : status;
}

/* ---- Strings ---------------------------------------------------------------------------------------------------------------- */

enum { STRING_BYTES = 255, STRING_HEAD = 2 };

static NTSTATUS string_format(struct wdf_request *request, struct wdf_usb_device *device, const struct wdf_buffer *buffer, UCHAR index,
                              USHORT language)
{
    struct wdf_usb_request *usb;
    NTSTATUS status = wdf_usb_format_begin(request, &device->target, WdfUsbRequestTypeDeviceString, &usb);
    if (!NT_SUCCESS(status))
        return status;
    usb->buffer = *buffer;
    wdf_format_keep(request, 0, buffer->memory);
    ULONG length = buffer->length < STRING_BYTES ? (ULONG)buffer->length : STRING_BYTES;
    UsbBuildGetDescriptorRequest(&usb->own, sizeof usb->own.UrbControlDescriptorRequest, USB_STRING_DESCRIPTOR_TYPE, index, language,
                                 buffer->address, NULL, length, NULL);
    wdf_usb_format_urb(request, usb, &usb->own);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceFormatRequestForString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, WDFREQUEST Request,
                                                            WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset, UCHAR StringIndex, USHORT LangID)
{
    struct wdf_usb_device *device = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, Memory, Offset, WDF_CALLER, &buffer);
    if (!NT_SUCCESS(status))
        return status;
    if (buffer.length % sizeof(WCHAR) != 0 || buffer.length < STRING_HEAD)
        return STATUS_INVALID_PARAMETER;
    return string_format(request, device, &buffer, StringIndex, LangID);
}

/* The string's units into `bytes` behind the two of its head; *count of them. */
static NTSTATUS string_read(struct wdf_usb_sync *sync, struct wdf_usb_device *device, const WDF_REQUEST_SEND_OPTIONS *options, UCHAR index,
                            USHORT language, UCHAR bytes[STRING_BYTES + 1], USHORT *count)
{
    struct wdf_buffer buffer = {.address = bytes, .length = STRING_BYTES};
    memset(bytes, 0, STRING_BYTES + 1);
    NTSTATUS status = wdf_usb_sync_begin(sync);
    if (!NT_SUCCESS(status))
        return status;
    ULONG moved = 0;
    status = string_format(sync->request, device, &buffer, index, language);
    if (NT_SUCCESS(status)) {
        status = wdf_usb_sync_send(sync, options);
        moved = (ULONG)sync->request->irp->IoStatus.Information;
    }
    wdf_usb_sync_end(sync);
    if (!NT_SUCCESS(status))
        return status;
    if (moved < STRING_HEAD || bytes[0] < STRING_HEAD || bytes[0] > moved || bytes[1] != USB_STRING_DESCRIPTOR_TYPE)
        return STATUS_DEVICE_DATA_ERROR;
    *count = (USHORT)((bytes[0] - STRING_HEAD) / sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceQueryString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, WDFREQUEST Request,
                                                 PWDF_REQUEST_SEND_OPTIONS RequestOptions, PUSHORT String, PUSHORT NumCharacters,
                                                 UCHAR StringIndex, USHORT LangID)
{
    struct wdf_usb_device *device = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_usb_sync sync = {.globals = DriverGlobals, .target = &device->target, .handle = Request, .caller = WDF_CALLER};
    UCHAR bytes[STRING_BYTES + 1];
    USHORT count, room = *NumCharacters;
    NTSTATUS status = string_read(&sync, device, RequestOptions, StringIndex, LangID, bytes, &count);
    if (!NT_SUCCESS(status))
        return status;
    *NumCharacters = count;
    if (String == NULL)
        return STATUS_SUCCESS;
    memcpy(String, bytes + STRING_HEAD, (room < count ? room : count) * sizeof(WCHAR));
    return room < count ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceAllocAndQueryString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                         PWDF_OBJECT_ATTRIBUTES StringMemoryAttributes, WDFMEMORY *StringMemory,
                                                         PUSHORT NumCharacters, UCHAR StringIndex, USHORT LangID)
{
    struct wdf_usb_device *device = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_usb_sync sync = {.globals = DriverGlobals, .target = &device->target, .caller = WDF_CALLER};
    UCHAR bytes[STRING_BYTES + 1];
    USHORT count;
    *StringMemory = NULL;
    NTSTATUS status = string_read(&sync, device, NULL, StringIndex, LangID, bytes, &count);
    if (!NT_SUCCESS(status))
        return status;
    if (count == 0)
        return STATUS_DEVICE_DATA_ERROR;
    PVOID buffer;
    status = ovl_WdfMemoryCreate(DriverGlobals, StringMemoryAttributes, NonPagedPoolNx, 0, count * sizeof(WCHAR), StringMemory, &buffer);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(buffer, bytes + STRING_HEAD, count * sizeof(WCHAR));
    if (NumCharacters != NULL)
        *NumCharacters = count;
    return STATUS_SUCCESS;
}
