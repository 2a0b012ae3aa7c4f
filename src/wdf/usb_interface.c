/* SPDX-License-Identifier: MIT */
/* WDFUSBINTERFACE: an interface of the device with its settings, and the pipes of the selected one. */
#include <stdlib.h>
#include <string.h>

#include "wdf/usb.h"

static void interface_destroy(struct wdf_object *object)
{
    free(container_of(object, struct wdf_usb_interface, object)->pipes);
}

const struct wdf_class wdf_usb_interface_class = {.name = "WDFUSBINTERFACE", .size = sizeof(struct wdf_usb_interface), .passive = true,
                                                  .undeletable = true, .destroy = interface_destroy};

PUSB_INTERFACE_DESCRIPTOR wdf_usb_setting(const struct wdf_usb_interface *interface, UCHAR setting)
{
    return USBD_ParseConfigurationDescriptor(interface->device->config, interface->number, setting);
}

/* ---- Descriptors ------------------------------------------------------------------------------------------------------------ */

UCHAR NTAPI ovl_WdfUsbInterfaceGetInterfaceNumber(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface)
{
    return WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface)->number;
}

UCHAR NTAPI ovl_WdfUsbInterfaceGetNumSettings(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface)
{
    return WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface)->setting_count;
}

UCHAR NTAPI ovl_WdfUsbInterfaceGetNumEndpoints(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface, UCHAR SettingIndex)
{
    const USB_INTERFACE_DESCRIPTOR *setting = wdf_usb_setting(WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface), SettingIndex);
    return setting == NULL ? 0 : setting->bNumEndpoints;
}

VOID NTAPI ovl_WdfUsbInterfaceGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface, UCHAR SettingIndex,
                                            PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor)
{
    const USB_INTERFACE_DESCRIPTOR *setting = wdf_usb_setting(WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface), SettingIndex);
    if (setting != NULL)
        memcpy(InterfaceDescriptor, setting, sizeof *InterfaceDescriptor);
    else
        memset(InterfaceDescriptor, 0, sizeof *InterfaceDescriptor);
}

/* The n-th endpoint descriptor of a setting. */
static const USB_ENDPOINT_DESCRIPTOR *endpoint_find(const struct wdf_usb_interface *interface, PUSB_INTERFACE_DESCRIPTOR setting, UCHAR index)
{
    PUSB_CONFIGURATION_DESCRIPTOR config = interface->device->config;
    ULONG length = USBD_GetInterfaceLength(setting, (PUCHAR)config + config->wTotalLength);
    PVOID at = setting;
    PUSB_COMMON_DESCRIPTOR found = NULL;
    for (UCHAR i = 0; i <= index; i++) {
        found = USBD_ParseDescriptors(setting, length, at, USB_ENDPOINT_DESCRIPTOR_TYPE);
        if (found == NULL || found->bLength < sizeof(USB_ENDPOINT_DESCRIPTOR))
            return NULL;
        at = (PUCHAR)found + found->bLength;
    }
    return (const USB_ENDPOINT_DESCRIPTOR *)(const void *)found;
}

VOID NTAPI ovl_WdfUsbInterfaceGetEndpointInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface, UCHAR SettingIndex,
                                                     UCHAR EndpointIndex, PWDF_USB_PIPE_INFORMATION EndpointInfo)
{
    enum { PACKET_BITS = 0x7ff, MORE_SHIFT = 11, MORE_BITS = 3, TYPE_BITS = 3 };
    struct wdf_usb_interface *interface = WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface);
    PUSB_INTERFACE_DESCRIPTOR setting = wdf_usb_setting(interface, SettingIndex);
    const USB_ENDPOINT_DESCRIPTOR *endpoint = setting == NULL ? NULL : endpoint_find(interface, setting, EndpointIndex);
    ULONG size = EndpointInfo->Size;
    memset(EndpointInfo, 0, sizeof *EndpointInfo);
    EndpointInfo->Size = size;
    if (endpoint == NULL)
        return;
    ULONG packets = 1 + (interface->device->high_speed ? endpoint->wMaxPacketSize >> MORE_SHIFT & MORE_BITS : 0);
    EndpointInfo->MaximumPacketSize = (endpoint->wMaxPacketSize & PACKET_BITS) * packets;
    EndpointInfo->EndpointAddress = endpoint->bEndpointAddress;
    EndpointInfo->Interval = endpoint->bInterval;
    EndpointInfo->SettingIndex = SettingIndex;
    EndpointInfo->PipeType = (WDF_USB_PIPE_TYPE)((endpoint->bmAttributes & TYPE_BITS) + WdfUsbPipeTypeControl);
    EndpointInfo->MaximumTransferSize = wdf_usb_maximum_transfer(interface->device);
}

/* ---- The selected setting ------------------------------------------------------------------------------------------------------ */

UCHAR NTAPI ovl_WdfUsbInterfaceGetConfiguredSettingIndex(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE Interface)
{
    return WDF_HANDLE(DriverGlobals, Interface, wdf_usb_interface)->setting;
}

UCHAR NTAPI ovl_WdfUsbInterfaceGetNumConfiguredPipes(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface)
{
    return WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface)->pipe_count;
}

WDFUSBPIPE NTAPI ovl_WdfUsbInterfaceGetConfiguredPipe(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface, UCHAR PipeIndex,
                                                      PWDF_USB_PIPE_INFORMATION PipeInfo)
{
    struct wdf_usb_interface *interface = WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface);
    if (PipeIndex >= interface->pipe_count)
        return NULL;
    if (PipeInfo != NULL)
        wdf_usb_pipe_describe(interface->pipes[PipeIndex], PipeInfo);
    return (WDFUSBPIPE)(void *)interface->pipes[PipeIndex];
}

static NTSTATUS select_urb(struct wdf_usb_interface *interface, PWDF_OBJECT_ATTRIBUTES attributes, URB *urb)
{
    if (urb == NULL || urb->UrbHeader.Function != URB_FUNCTION_SELECT_INTERFACE)
        return STATUS_INVALID_PARAMETER;
    wdf_usb_pipes_delete(interface);
    NTSTATUS status = wdf_usb_send_urb(&interface->device->target, urb);
    return NT_SUCCESS(status) ? wdf_usb_pipes_make(interface, attributes, &urb->UrbSelectInterface.Interface) : status;
}

static NTSTATUS select_setting(struct wdf_usb_interface *interface, PWDF_OBJECT_ATTRIBUTES attributes, PUSB_INTERFACE_DESCRIPTOR setting)
{
    struct wdf_usb_device *device = interface->device;
    USBD_INTERFACE_LIST_ENTRY entry = {setting, NULL};
    PURB urb;
    if (setting == NULL || setting->bInterfaceNumber != interface->number)
        return STATUS_INVALID_PARAMETER;
    if (device->config_handle == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    NTSTATUS status = USBD_SelectInterfaceUrbAllocateAndBuild(device->usbd, device->config_handle, &entry, &urb);
    if (!NT_SUCCESS(status))
        return status;
    status = select_urb(interface, attributes, urb);
    USBD_UrbFree(device->usbd, urb);
    return status;
}

NTSTATUS NTAPI ovl_WdfUsbInterfaceSelectSetting(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBINTERFACE UsbInterface,
                                                PWDF_OBJECT_ATTRIBUTES PipesAttributes, PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params)
{
    struct wdf_usb_interface *interface = WDF_HANDLE(DriverGlobals, UsbInterface, wdf_usb_interface);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    if (Params->Size != sizeof *Params)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = wdf_attributes_check(PipesAttributes, &wdf_usb_pipe_class);
    if (!NT_SUCCESS(status))
        return status;
    switch (Params->Type) {
    case WdfUsbInterfaceSelectSettingTypeDescriptor:
        return select_setting(interface, PipesAttributes, Params->Types.Descriptor.InterfaceDescriptor);
    case WdfUsbInterfaceSelectSettingTypeSetting:
        return select_setting(interface, PipesAttributes, wdf_usb_setting(interface, Params->Types.Interface.SettingIndex));
    case WdfUsbInterfaceSelectSettingTypeUrb: return select_urb(interface, PipesAttributes, Params->Types.Urb.Urb);
    default: return STATUS_INVALID_PARAMETER;
    }
}
