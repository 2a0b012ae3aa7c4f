/* SPDX-License-Identifier: MIT */
/* The rest of the USB client library: URBs that select a configuration or a setting, built from lists of interface descriptors, and the
 * small routines of older days. */
#include <string.h>

#include "wdm/driver_setup.h"
#include "wdm/pnp.h"
#include "wdm/registry.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

/* What a list of interfaces needs in a selection; 0: too much for Hdr.Length. */
static size_t list_size(const USBD_INTERFACE_LIST_ENTRY *list)
{
    size_t size = offsetof(struct _URB_SELECT_CONFIGURATION, Interface);
    for (; list->InterfaceDescriptor != NULL; list++)
        size += GET_USBD_INTERFACE_SIZE(list->InterfaceDescriptor->bNumEndpoints);
    if (size < sizeof(struct _URB_SELECT_CONFIGURATION))
        size = sizeof(struct _URB_SELECT_CONFIGURATION);
    return size > UINT16_MAX ? 0 : size;
}

static void information_fill(USBD_INTERFACE_INFORMATION *information, const USB_INTERFACE_DESCRIPTOR *descriptor)
{
    *information = (USBD_INTERFACE_INFORMATION){.Length = (USHORT)GET_USBD_INTERFACE_SIZE(descriptor->bNumEndpoints),
                                                .InterfaceNumber = descriptor->bInterfaceNumber,
                                                .AlternateSetting = descriptor->bAlternateSetting,
                                                .NumberOfPipes = descriptor->bNumEndpoints};
    for (ULONG i = 0; i < descriptor->bNumEndpoints; i++)
        information->Pipes[i] = (USBD_PIPE_INFORMATION){.MaximumTransferSize = USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE};
}

/* An interface without endpoints takes less room than the structure has, so its pipe is not to be touched. */
static void selection_fill(URB *urb, size_t size, PUSB_CONFIGURATION_DESCRIPTOR config, PUSBD_INTERFACE_LIST_ENTRY list)
{
    urb->UrbSelectConfiguration.Hdr.Length = (USHORT)size;
    urb->UrbSelectConfiguration.Hdr.Function = URB_FUNCTION_SELECT_CONFIGURATION;
    urb->UrbSelectConfiguration.ConfigurationDescriptor = config;
    UCHAR *at = (UCHAR *)&urb->UrbSelectConfiguration.Interface;
    for (; list->InterfaceDescriptor != NULL; list++) {
        list->Interface = (PUSBD_INTERFACE_INFORMATION)(PVOID)at;
        UCHAR endpoints = list->InterfaceDescriptor->bNumEndpoints;
        union {
            USBD_INTERFACE_INFORMATION information;
            UCHAR bytes[GET_USBD_INTERFACE_SIZE(255)];
        } made;
        memset(&made, 0, sizeof made);
        information_fill(&made.information, list->InterfaceDescriptor);
        memcpy(at, made.bytes, GET_USBD_INTERFACE_SIZE(endpoints));
        at += GET_USBD_INTERFACE_SIZE(endpoints);
    }
}

NTSTATUS NTAPI USBD_SelectConfigUrbAllocateAndBuild(USBD_HANDLE USBDHandle, PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                    PUSBD_INTERFACE_LIST_ENTRY InterfaceList, PURB *Urb)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (USBDHandle == NULL || ConfigurationDescriptor == NULL || InterfaceList == NULL || Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    *Urb = NULL;
    size_t size = list_size(InterfaceList);
    if (size == 0 || InterfaceList->InterfaceDescriptor == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = usbd_urb_allocate(USBDHandle, USBD_URB_CONFIGURATION, size, Urb);
    if (status == STATUS_SUCCESS)
        selection_fill(*Urb, size, ConfigurationDescriptor, InterfaceList);
    return status;
}

NTSTATUS NTAPI USBD_SelectInterfaceUrbAllocateAndBuild(USBD_HANDLE USBDHandle, USBD_CONFIGURATION_HANDLE ConfigurationHandle,
                                                       PUSBD_INTERFACE_LIST_ENTRY InterfaceListEntry, PURB *Urb)
{
    if (USBDHandle == NULL || ConfigurationHandle == NULL || InterfaceListEntry == NULL || Urb == NULL ||
        InterfaceListEntry->InterfaceDescriptor == NULL)
        return STATUS_INVALID_PARAMETER;
    *Urb = NULL;
    size_t size = GET_SELECT_INTERFACE_REQUEST_SIZE(InterfaceListEntry->InterfaceDescriptor->bNumEndpoints);
    NTSTATUS status = usbd_urb_allocate(USBDHandle, USBD_URB_INTERFACE, size, Urb);
    if (status != STATUS_SUCCESS)
        return status;
    struct _URB_SELECT_INTERFACE *select = &(*Urb)->UrbSelectInterface;
    select->Hdr.Length = (USHORT)size;
    select->Hdr.Function = URB_FUNCTION_SELECT_INTERFACE;
    select->ConfigurationHandle = ConfigurationHandle;
    information_fill(&select->Interface, InterfaceListEntry->InterfaceDescriptor);
    InterfaceListEntry->Interface = &select->Interface;
    return STATUS_SUCCESS;
}

/* ---- The older form: freed by ExFreePool ----------------------------------------------------------------------------------- */

enum { POOL_TAG = 'D' << 24 | 'B' << 16 | 'S' << 8 | 'U' };

PURB NTAPI USBD_CreateConfigurationRequestEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PUSBD_INTERFACE_LIST_ENTRY InterfaceList)
{
    size_t size = InterfaceList == NULL ? 0 : list_size(InterfaceList);
    if (size == 0)
        return NULL;
    PURB urb = ExAllocatePool2(POOL_FLAG_NON_PAGED, size < sizeof(URB) ? sizeof(URB) : size, POOL_TAG);
    if (urb != NULL)
        selection_fill(urb, size, ConfigurationDescriptor, InterfaceList);
    return urb;
}

/* All first settings. */
PURB NTAPI USBD_CreateConfigurationRequest(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PUSHORT Siz)
{
    USBD_INTERFACE_LIST_ENTRY list[USB_INTERFACES_MAX + 1] = {{NULL, NULL}};
    PVOID at = ConfigurationDescriptor;
    for (unsigned count = 0; count < USB_INTERFACES_MAX; count++) {
        PUSB_INTERFACE_DESCRIPTOR found = USBD_ParseConfigurationDescriptorEx(ConfigurationDescriptor, at, -1, 0, -1, -1, -1);
        if (found == NULL)
            break;
        list[count].InterfaceDescriptor = found;
        at = (PUCHAR)found + found->bLength;
    }
    PURB urb = USBD_CreateConfigurationRequestEx(ConfigurationDescriptor, list);
    if (Siz != NULL)
        *Siz = urb == NULL ? 0 : urb->UrbHeader.Length;
    return urb;
}

VOID NTAPI USBD_GetUSBDIVersion(PUSBD_VERSION_INFORMATION VersionInformation)
{
    enum { USB_3_0 = 0x300 };
    if (VersionInformation == NULL)
        return;
    VersionInformation->USBDI_Version = USBDI_VERSION;
    VersionInformation->Supported_USB_Version = USB_3_0;
}

/* ---- Deprecated ------------------------------------------------------------------------------------------------------------------ */

/* KeyName is a value's name; its length may count the zero behind it. */
NTSTATUS NTAPI USBD_GetPdoRegistryParameter(PDEVICE_OBJECT PhysicalDeviceObject, PVOID Parameter, ULONG ParameterLength, PWSTR KeyName,
                                            ULONG KeyNameLength)
{
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || KeyName == NULL || KeyNameLength > UINT16_MAX || usb_pdo_below(PhysicalDeviceObject) == NULL)
        return STATUS_INVALID_PARAMETER;
    struct pnp_device *device = pnp_device_of(PhysicalDeviceObject);
    if (device == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND; /* no driver has it: there is no key yet */
    UNICODE_STRING name = {.Buffer = KeyName};
    while (name.Length + sizeof(WCHAR) <= KeyNameLength && KeyName[name.Length / sizeof(WCHAR)] != 0)
        name.Length += sizeof(WCHAR);
    name.MaximumLength = name.Length;
    struct registry_key *key;
    ULONG type, length;
    NTSTATUS status = driver_device_key(device, false, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_query(key, &name, &type, Parameter, ParameterLength, &length);
    registry_dereference(key);
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : status;
}

NTSTATUS NTAPI USBD_QueryBusTime(PDEVICE_OBJECT RootHubPdo, PULONG CurrentFrame)
{
    (void)RootHubPdo;
    (void)CurrentFrame;
    return STATUS_NOT_SUPPORTED;
}

/* In KBit/s, with the overhead that the USB 1.1 specification gives for a full-speed frame. */
ULONG NTAPI USBD_CalculateUsbBandwidth(ULONG MaxPacketSize, UCHAR EndpointType, BOOLEAN LowSpeed)
{
    enum { ISOCH_OVERHEAD = 9, OTHER_OVERHEAD = 13, LOW_SPEED_FACTOR = 8, TYPE_ISOCH = 1, TYPE_BULK = 2, TYPE_CONTROL = 0 };
    if (EndpointType == TYPE_BULK || EndpointType == TYPE_CONTROL)
        return 0;
    ULONG bytes = MaxPacketSize + (EndpointType == TYPE_ISOCH ? ISOCH_OVERHEAD : OTHER_OVERHEAD);
    return bytes * 8 * (LowSpeed ? LOW_SPEED_FACTOR : 1);
}
