/* SPDX-License-Identifier: MIT */
/* What WinUSB tells of a device: descriptors, settings, pipes, its speed. Answered from what was
 * read when the device was opened; only string descriptors and rarer ones are asked of the device.
 */
#include <string.h>

#include <errno.h>

#include "device/winusb_handle.h"

/* Nothing is copied where the buffer is too small. */
static BOOL copy_whole(const void *bytes, uint32_t size, PUCHAR buffer, ULONG length, PULONG got)
{
    *got = 0;
    if (length < size || (buffer == NULL && size != 0)) {
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(buffer, bytes, size);
    *got = size;
    return TRUE;
}

static BOOL descriptor_ask(struct usb_device *device, UCHAR type, UCHAR index, USHORT language,
                           PUCHAR buffer, ULONG length, PULONG got)
{
    enum { STRING_MAX = 255 };
    uint8_t text[STRING_MAX];
    bool string = type == USB_DT_STRING;
    int moved = usb_device_get_descriptor(device, type, index, language, string ? text : buffer,
                                          string ? STRING_MAX : length);
    if (moved == -ENODEV)
        return error_from_status(STATUS_NO_SUCH_DEVICE);
    if (moved == -ETIMEDOUT)
        return error_from_status(STATUS_IO_TIMEOUT);
    if (moved < 0)
        return error_from_status(STATUS_UNSUCCESSFUL);
    if (string)
        return copy_whole(text, (uint32_t)moved, buffer, length, got);
    *got = (ULONG)moved;
    return TRUE;
}

BOOL WINAPI WinUsb_GetDescriptor(WINUSB_INTERFACE_HANDLE InterfaceHandle, UCHAR DescriptorType,
                                 UCHAR Index, USHORT LanguageID, PUCHAR Buffer, ULONG BufferLength,
                                 PULONG LengthTransferred)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle != NULL && (LengthTransferred == NULL || (Buffer == NULL && BufferLength != 0))) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    struct usb_device *device = winusb_device(winusb);
    BOOL done;
    *LengthTransferred = 0;
    if (DescriptorType == USB_DT_DEVICE) {
        done = copy_whole(device->device_bytes, sizeof device->device_bytes, Buffer, BufferLength,
                          LengthTransferred);
    } else if (DescriptorType == USB_DT_CONFIGURATION && Index == 0 && device->config != NULL) {
        done = copy_whole(device->config->bytes, device->config->length, Buffer, BufferLength,
                          LengthTransferred);
    } else {
        winusb_wake(winusb);
        done = descriptor_ask(device, DescriptorType, Index, LanguageID, Buffer, BufferLength,
                              LengthTransferred);
    }
    winusb_release(winusb);
    return done;
}

/* The nth setting of an interface, as they stand in the configuration; NULL: there are fewer. */
static const struct usb_alternate *alternate_at(const struct usb_config *config, uint8_t interface,
                                                unsigned n)
{
    for (unsigned i = 0; config != NULL && i < config->alternate_count; i++)
        if (config->alternates[i].interface == interface && n-- == 0)
            return &config->alternates[i];
    return NULL;
}

BOOL WINAPI WinUsb_QueryInterfaceSettings(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                          UCHAR AlternateInterfaceNumber,
                                          PUSB_INTERFACE_DESCRIPTOR UsbAltInterfaceDescriptor)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle != NULL && UsbAltInterfaceDescriptor == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    const struct usb_alternate *alternate =
        alternate_at(winusb_device(winusb)->config, handle->number, AlternateInterfaceNumber);
    if (alternate != NULL)
        memcpy(UsbAltInterfaceDescriptor, alternate->descriptor, sizeof *UsbAltInterfaceDescriptor);
    else
        error_set(ERROR_NO_MORE_ITEMS);
    winusb_release(winusb);
    return alternate != NULL;
}

BOOL WINAPI WinUsb_QueryDeviceInformation(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                                          ULONG InformationType, PULONG BufferLength, PVOID Buffer)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle != NULL &&
        (InformationType != DEVICE_SPEED || BufferLength == NULL || Buffer == NULL)) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    bool fits = *BufferLength >= sizeof(UCHAR);
    *BufferLength = sizeof(UCHAR);
    if (fits)
        /* 1 is full speed or lower and 3 high speed or higher: 2 is never the answer. */
        *(UCHAR *)Buffer = winusb_device(winusb)->id.speed <= USB_SPEED_FULL ? LowSpeed : HighSpeed;
    else
        error_set(ERROR_INSUFFICIENT_BUFFER);
    winusb_release(winusb);
    return fits;
}

/* 0, or the error. */
static DWORD pipe_query(struct winusb_file *winusb, uint8_t interface, UCHAR setting, UCHAR index,
                        WINUSB_PIPE_INFORMATION_EX *information)
{
    static const USBD_PIPE_TYPE types[] = {[USB_CONTROL] = UsbdPipeTypeControl,
                                           [USB_ISOCH] = UsbdPipeTypeIsochronous,
                                           [USB_BULK] = UsbdPipeTypeBulk,
                                           [USB_INTERRUPT] = UsbdPipeTypeInterrupt};
    const struct usb_config *config = winusb_device(winusb)->config;
    const struct usb_alternate *alternate =
        config == NULL ? NULL : usb_config_alternate(config, interface, setting);
    if (alternate == NULL)
        return ERROR_INVALID_PARAMETER;
    if (index >= alternate->endpoint_count)
        return ERROR_NO_MORE_ITEMS;
    const struct usb_endpoint *endpoint = &alternate->endpoints[index];
    bool periodic = endpoint->type == USB_ISOCH || endpoint->type == USB_INTERRUPT;
    *information = (WINUSB_PIPE_INFORMATION_EX){
        .PipeType = types[endpoint->type],
        .PipeId = endpoint->address,
        .MaximumPacketSize = endpoint->packet,
        .Interval = endpoint->interval,
        .MaximumBytesPerInterval = periodic ? endpoint->interval_bytes : 0,
    };
    return 0;
}

BOOL WINAPI WinUsb_QueryPipeEx(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                               UCHAR AlternateInterfaceNumber, UCHAR PipeIndex,
                               PWINUSB_PIPE_INFORMATION_EX PipeInformationEx)
{
    struct winusb_handle *handle = winusb_handle_from(InterfaceHandle);
    if (handle != NULL && PipeInformationEx == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct winusb_file *winusb = handle == NULL ? NULL : winusb_reference(handle);
    if (winusb == NULL)
        return FALSE;
    DWORD error =
        pipe_query(winusb, handle->number, AlternateInterfaceNumber, PipeIndex, PipeInformationEx);
    winusb_release(winusb);
    if (error != 0)
        error_set(error);
    return error == 0;
}

BOOL WINAPI WinUsb_QueryPipe(WINUSB_INTERFACE_HANDLE InterfaceHandle,
                             UCHAR AlternateInterfaceNumber, UCHAR PipeIndex,
                             PWINUSB_PIPE_INFORMATION PipeInformation)
{
    WINUSB_PIPE_INFORMATION_EX whole;
    if (!WinUsb_QueryPipeEx(InterfaceHandle, AlternateInterfaceNumber, PipeIndex,
                            PipeInformation != NULL ? &whole : NULL))
        return FALSE;
    *PipeInformation = (WINUSB_PIPE_INFORMATION){whole.PipeType, whole.PipeId,
                                                 whole.MaximumPacketSize, whole.Interval};
    return TRUE;
}

/* ---- Descriptors in the caller's memory ------------------------------------------------------ */

PUSB_COMMON_DESCRIPTOR WINAPI WinUsb_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength,
                                                      PVOID StartPosition, LONG DescriptorType)
{
    const uint8_t *start = DescriptorBuffer, *from = StartPosition;
    if (start == NULL || from < start || (ULONG)(from - start) >= TotalLength ||
        DescriptorType < 0 || DescriptorType > UINT8_MAX)
        return NULL;
    return (PUSB_COMMON_DESCRIPTOR)usb_descriptor_find(start, TotalLength, (size_t)(from - start),
                                                       (uint8_t)DescriptorType);
}

static bool matches(LONG wanted, UCHAR value)
{
    return wanted == -1 || wanted == value;
}

PUSB_INTERFACE_DESCRIPTOR WINAPI WinUsb_ParseConfigurationDescriptor(
    PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PVOID StartPosition,
    LONG InterfaceNumber, LONG AlternateSetting, LONG InterfaceClass, LONG InterfaceSubClass,
    LONG InterfaceProtocol)
{
    if (ConfigurationDescriptor == NULL)
        return NULL;
    ULONG total = ConfigurationDescriptor->wTotalLength;
    uint8_t *end = (uint8_t *)ConfigurationDescriptor + total, *at = StartPosition;
    while (at != NULL && at < end) {
        PUSB_COMMON_DESCRIPTOR found =
            WinUsb_ParseDescriptors(ConfigurationDescriptor, total, at, USB_DT_INTERFACE);
        PUSB_INTERFACE_DESCRIPTOR interface = (PUSB_INTERFACE_DESCRIPTOR)found;
        if (found == NULL || found->bLength < sizeof *interface)
            return NULL;
        if (matches(InterfaceNumber, interface->bInterfaceNumber) &&
            matches(AlternateSetting, interface->bAlternateSetting) &&
            matches(InterfaceClass, interface->bInterfaceClass) &&
            matches(InterfaceSubClass, interface->bInterfaceSubClass) &&
            matches(InterfaceProtocol, interface->bInterfaceProtocol))
            return interface;
        at = (uint8_t *)found + found->bLength;
    }
    return NULL;
}
