/* SPDX-License-Identifier: MIT */
/* What a driver asks of its device: IoGetDeviceProperty from the node, and what it tells of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "base/utf16.h"
#include "wdm/pnp.h"
#include "wdm/verify.h"

static const GUID bus_type_usb = {0x9d7debbc, 0xc85d, 0x11d1, {0x9e, 0xb4, 0x00, 0x60, 0x08, 0xc3, 0xa1, 0x9a}};
static const char usb_class_guid[] = "{36fc9e60-c465-11cf-8056-444553540000}";

/* A property's value: bytes that stay, or text that becomes UTF-16. */
struct property {
    const void *bytes;
    const char *text; /* UTF-8, `length` bytes of it with all its NULs */
    size_t length;
    ULONG number;
    char own[400];
};

static bool give_bytes(struct property *property, const void *bytes, size_t length)
{
    property->bytes = bytes;
    property->length = length;
    return true;
}

static bool give_number(struct property *property, ULONG number)
{
    property->number = number;
    return give_bytes(property, &property->number, sizeof property->number);
}

static bool give_text(struct property *property, const char *text)
{
    property->text = text;
    property->length = strlen(text) + 1;
    return *text != '\0';
}

/* The INF's text, or the device's own. */
static bool give_inf(struct property *property, struct usb_node *node, enum usb_inf_text which, const char *own)
{
    const char *text = atomic_load(&node->inf[which]);
    return give_text(property, text != NULL ? text : own);
}

static const char *class_guid(const struct pnp_device *device)
{
    return device->driver->class_guid[0] != '\0' ? device->driver->class_guid : usb_class_guid;
}

static bool property_find(struct pnp_device *device, DEVICE_REGISTRY_PROPERTY which, struct property *property)
{
    struct usb_node *node = device->node;
    switch (which) {
    case DevicePropertyDeviceDescription:
        return give_inf(property, node, USB_INF_DESCRIPTION, node->description);
    case DevicePropertyFriendlyName: return give_inf(property, node, USB_INF_FRIENDLY_NAME, "");
    case DevicePropertyHardwareID:
        property->text = node->hardware_ids;
        property->length = usb_id_list_size(node->hardware_ids);
        return true;
    case DevicePropertyCompatibleIDs:
        property->text = node->compatible_ids;
        property->length = usb_id_list_size(node->compatible_ids);
        return true;
    case DevicePropertyClassName: 
        return give_text(property, device->driver->class_guid[0] != '\0' ? device->driver->class_name : "USB");
    case DevicePropertyClassGuid: return give_text(property, class_guid(device));
    case DevicePropertyDriverKeyName:
        snprintf(property->own, sizeof property->own, "%s\\%04u", class_guid(device), (unsigned)node->number);
        return give_text(property, property->own);
    case DevicePropertyManufacturer: return give_inf(property, node, USB_INF_MANUFACTURER, node->device->id.manufacturer);
    case DevicePropertyLocationInformation:
        snprintf(property->own, sizeof property->own, "Port_#%04u.Hub_#%04u", (unsigned)node->device->id.port,
                 (unsigned)node->device->id.bus);
        return give_text(property, property->own);
    case DevicePropertyPhysicalDeviceObjectName:
        snprintf(property->own, sizeof property->own, "\\Device\\USBPDO-%u", (unsigned)node->number);
        return give_text(property, property->own);
    case DevicePropertyBusTypeGuid: return give_bytes(property, &bus_type_usb, sizeof bus_type_usb);
    case DevicePropertyLegacyBusType: return give_number(property, (ULONG)PNPBus);
    case DevicePropertyBusNumber: return give_number(property, node->device->id.bus);
    case DevicePropertyEnumeratorName: return give_text(property, "USB");
    case DevicePropertyAddress: return give_number(property, node->device->id.port);
    case DevicePropertyInstallState: return give_number(property, InstallStateInstalled);
    case DevicePropertyRemovalPolicy: return give_number(property, RemovalPolicyExpectSurpriseRemoval);
    case DevicePropertyContainerID: {
        char text[USB_GUID_TEXT];
        usb_guid_format(&node->container, text);
        memcpy(property->own, text, sizeof text);
        return give_text(property, property->own);
    }
    default: return false; /* UI number, resources: a USB device has none */
    }
}

NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                   PVOID PropertyBuffer, PULONG ResultLength)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct pnp_device *device = pnp_device_of(DeviceObject);
    struct property property = {.length = 0};
    *ResultLength = 0;
    if (device == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if ((ULONG)DeviceProperty > DevicePropertyContainerID)
        return STATUS_INVALID_PARAMETER_2;
    if (!property_find(device, DeviceProperty, &property))
        return STATUS_OBJECT_NAME_NOT_FOUND;
    size_t size = property.length;
    if (property.text != NULL)
        size = utf16_from_utf8(NULL, 0, property.text, property.length) * sizeof(WCHAR);
    *ResultLength = (ULONG)size;
    if (size > BufferLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (property.text != NULL)
        utf16_from_utf8(PropertyBuffer, size / sizeof(WCHAR), property.text, property.length);
    else
        memcpy(PropertyBuffer, property.bytes, size);
    return STATUS_SUCCESS;
}

VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject)
{
    lock_acquire(&wdm_lock);
    struct pnp_device *device = pnp_device_of(PhysicalDeviceObject);
    if (device != NULL)
        pnp_work_queue(device, PNP_WORK_STATE);
    lock_release(&wdm_lock);
}

VOID NTAPI IoInvalidateDeviceRelations(PDEVICE_OBJECT DeviceObject, DEVICE_RELATION_TYPE Type)
{
    trace_note(TRACE_UNSUPPORTED, "IoInvalidateDeviceRelations(%p, %d): drivers have no child devices here", (void *)DeviceObject,
               (int)Type);
}
