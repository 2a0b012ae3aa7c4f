/* SPDX-License-Identifier: MIT */
/* Selecting a configuration: by settings of the interfaces that are known, by descriptors, or by a URB of the driver's own. Before the device
 * is asked the pipes that there were are deleted, with what was sent to them; afterwards each interface has the pipes that the
 * selection gave. */
#include <stdlib.h>
#include <string.h>

#include "usb/descriptor.h"
#include "wdf/usb.h"

/* ---- Interfaces, from the descriptor ------------------------------------------------------------------------------------------ */

static struct wdf_usb_interface *interface_by_number(const struct wdf_usb_device *usb, UCHAR number)
{
    for (UCHAR i = 0; i < usb->interface_count; i++)
        if (usb->interfaces[i]->number == number)
            return usb->interfaces[i];
    return NULL;
}

static NTSTATUS interface_make(struct wdf_usb_device *usb, UCHAR number)
{
    struct wdf_object *object;
    NTSTATUS status = wdf_object_create(usb->target.object.driver, &wdf_usb_interface_class, NULL, &usb->target.object, NULL, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_interface *made = container_of(object, struct wdf_usb_interface, object);
    made->device = usb;
    made->number = number;
    usb->interfaces[usb->interface_count++] = made;
    return STATUS_SUCCESS;
}

static PUSB_INTERFACE_DESCRIPTOR interface_next(const struct wdf_usb_device *usb, PUSB_INTERFACE_DESCRIPTOR at)
{
    PVOID start = at == NULL ? (PVOID)usb->config : (PUCHAR)at + at->bLength;
    return USBD_ParseConfigurationDescriptorEx(usb->config, start, -1, -1, -1, -1, -1);
}

NTSTATUS wdf_usb_interfaces_make(struct wdf_usb_device *usb)
{
    usb->interfaces = wdf_allocate(USB_INTERFACES_MAX * sizeof *usb->interfaces);
    if (usb->interfaces == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (PUSB_INTERFACE_DESCRIPTOR at = interface_next(usb, NULL); at != NULL; at = interface_next(usb, at)) {
        struct wdf_usb_interface *known = interface_by_number(usb, at->bInterfaceNumber);
        if (known == NULL) {
            NTSTATUS status = usb->interface_count == USB_INTERFACES_MAX ? STATUS_DEVICE_CONFIGURATION_ERROR
                                                                         : interface_make(usb, at->bInterfaceNumber);
            if (!NT_SUCCESS(status))
                return status;
            known = usb->interfaces[usb->interface_count - 1];
        }
        known->setting_count++;
    }
    return STATUS_SUCCESS;
}

/* ---- Selecting -------------------------------------------------------------------------------------------------------------------- */

static void pipes_delete_all(struct wdf_usb_device *usb)
{
    for (UCHAR i = 0; i < usb->interface_count; i++)
        wdf_usb_pipes_delete(usb->interfaces[i]);
    usb->config_handle = NULL;
}

/* What a selection that succeeded says of each interface. The URB may be the driver's, so its list is walked by lengths. */
static NTSTATUS pipes_make_all(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes, URB *urb)
{
    const UCHAR *end = (const UCHAR *)urb + urb->UrbHeader.Length;
    const USBD_INTERFACE_INFORMATION *at = &urb->UrbSelectConfiguration.Interface;
    usb->config_handle = urb->UrbSelectConfiguration.ConfigurationHandle;
    while ((const UCHAR *)at + offsetof(USBD_INTERFACE_INFORMATION, Pipes) <= end && at->Length >= offsetof(USBD_INTERFACE_INFORMATION, Pipes)) {
        struct wdf_usb_interface *interface = interface_by_number(usb, at->InterfaceNumber);
        NTSTATUS status = interface == NULL ? STATUS_INVALID_PARAMETER : wdf_usb_pipes_make(interface, attributes, at);
        if (!NT_SUCCESS(status))
            return status;
        at = (const USBD_INTERFACE_INFORMATION *)(const void *)((const UCHAR *)at + at->Length);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS select_urb(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes, URB *urb)
{
    if (urb == NULL || urb->UrbHeader.Function != URB_FUNCTION_SELECT_CONFIGURATION)
        return STATUS_INVALID_PARAMETER;
    pipes_delete_all(usb);
    NTSTATUS status = wdf_usb_send_urb(&usb->target, urb);
    if (NT_SUCCESS(status) && urb->UrbSelectConfiguration.ConfigurationDescriptor != NULL)
        status = pipes_make_all(usb, attributes, urb);
    if (!NT_SUCCESS(status))
        pipes_delete_all(usb);
    return status;
}

/* `list` ends with an empty entry. */
static NTSTATUS select_list(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes, PUSB_CONFIGURATION_DESCRIPTOR config,
                            PUSBD_INTERFACE_LIST_ENTRY list)
{
    PURB urb;
    NTSTATUS status = USBD_SelectConfigUrbAllocateAndBuild(usb->usbd, config, list, &urb);
    if (!NT_SUCCESS(status))
        return status;
    status = select_urb(usb, attributes, urb);
    USBD_UrbFree(usb->usbd, urb);
    return status;
}

static NTSTATUS select_none(struct wdf_usb_device *usb)
{
    URB urb = {.UrbHeader = {.Length = 0}};
    UsbBuildSelectConfigurationRequest(&urb, sizeof(struct _URB_SELECT_CONFIGURATION), NULL);
    return select_urb(usb, NULL, &urb);
}

/* ---- The kinds of parameters ------------------------------------------------------------------------------------------------------- */

typedef USBD_INTERFACE_LIST_ENTRY interface_list[USB_INTERFACES_MAX + 1];

static NTSTATUS select_first_settings(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes, UCHAR count)
{
    interface_list list = {{NULL, NULL}};
    for (UCHAR i = 0; i < count; i++) {
        list[i].InterfaceDescriptor = wdf_usb_setting(usb->interfaces[i], 0);
        if (list[i].InterfaceDescriptor == NULL)
            return STATUS_DEVICE_CONFIGURATION_ERROR;
    }
    return select_list(usb, attributes, usb->config, list);
}

static NTSTATUS select_single(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes, PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS params)
{
    if (usb->interface_count == 0)
        return STATUS_INVALID_DEVICE_STATE;
    NTSTATUS status = select_first_settings(usb, attributes, 1);
    if (NT_SUCCESS(status)) {
        params->Types.SingleInterface.ConfiguredUsbInterface = (WDFUSBINTERFACE)(void *)usb->interfaces[0];
        params->Types.SingleInterface.NumberConfiguredPipes = usb->interfaces[0]->pipe_count;
    }
    return status;
}

static NTSTATUS select_pairs(PWDF_DRIVER_GLOBALS globals, struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes,
                             PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS params, const void *caller)
{
    interface_list list = {{NULL, NULL}};
    UCHAR count = params->Types.MultiInterface.NumberInterfaces;
    if (count == 0 || count > usb->interface_count || params->Types.MultiInterface.Pairs == NULL)
        return STATUS_INVALID_PARAMETER;
    for (UCHAR i = 0; i < count; i++) {
        const WDF_USB_INTERFACE_SETTING_PAIR *pair = &params->Types.MultiInterface.Pairs[i];
        struct wdf_usb_interface *interface =
            (struct wdf_usb_interface *)(void *)wdf_object_of(globals, pair->UsbInterface, &wdf_usb_interface_class, caller);
        list[i].InterfaceDescriptor = interface->device == usb ? wdf_usb_setting(interface, pair->SettingIndex) : NULL;
        if (list[i].InterfaceDescriptor == NULL)
            return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS status = select_list(usb, attributes, usb->config, list);
    if (NT_SUCCESS(status))
        params->Types.MultiInterface.NumberOfConfiguredInterfaces = count;
    return status;
}

static NTSTATUS select_descriptors(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes,
                                   const WDF_USB_DEVICE_SELECT_CONFIG_PARAMS *params)
{
    interface_list list = {{NULL, NULL}};
    ULONG count = params->Types.Descriptor.NumInterfaceDescriptors;
    if (params->Types.Descriptor.ConfigurationDescriptor == NULL || params->Types.Descriptor.InterfaceDescriptors == NULL || count == 0 ||
        count > USB_INTERFACES_MAX)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0; i < count; i++)
        list[i].InterfaceDescriptor = params->Types.Descriptor.InterfaceDescriptors[i];
    return select_list(usb, attributes, params->Types.Descriptor.ConfigurationDescriptor, list);
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceSelectConfig(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                  PWDF_OBJECT_ATTRIBUTES PipeAttributes, PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    if (Params->Size != sizeof *Params)
        return STATUS_INFO_LENGTH_MISMATCH;
    NTSTATUS status = wdf_attributes_check(PipeAttributes, &wdf_usb_pipe_class);
    if (!NT_SUCCESS(status))
        return status;
    switch (Params->Type) {
    case WdfUsbTargetDeviceSelectConfigTypeDeconfig: return select_none(usb);
    case WdfUsbTargetDeviceSelectConfigTypeSingleInterface: return select_single(usb, PipeAttributes, Params);
    case WdfUsbTargetDeviceSelectConfigTypeMultiInterface:
        status = select_first_settings(usb, PipeAttributes, usb->interface_count);
        if (NT_SUCCESS(status))
            Params->Types.MultiInterface.NumberOfConfiguredInterfaces = usb->interface_count;
        return status;
    case WdfUsbTargetDeviceSelectConfigTypeInterfacesPairs: return select_pairs(DriverGlobals, usb, PipeAttributes, Params, WDF_CALLER);
    case WdfUsbTargetDeviceSelectConfigTypeInterfacesDescriptor: return select_descriptors(usb, PipeAttributes, Params);
    case WdfUsbTargetDeviceSelectConfigTypeUrb: return select_urb(usb, PipeAttributes, Params->Types.Urb.Urb);
    default: return STATUS_INVALID_PARAMETER;
    }
}
