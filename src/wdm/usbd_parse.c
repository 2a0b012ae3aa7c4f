/* SPDX-License-Identifier: MIT */
/* The descriptor routines of the USB client library: pure functions on what a device sent, which is trusted in nothing. They look at no
 * byte behind the length they are given. */
#include <string.h>

#include "ntddk.h"
#include "usbdlib.h"

enum { CONFIG_BYTES = 9, INTERFACE_BYTES = 9, ENDPOINT_BYTES = 7, ASSOCIATION_BYTES = 8, ASSOCIATION_TYPE = 0x0b };

/* The descriptor at `at`, if it lies whole before `end`; NULL also for one that would never end. */
static const UCHAR *descriptor_at(const UCHAR *at, const UCHAR *end)
{
    return end - at < 2 || at[0] < 2 || at[0] > end - at ? NULL : at;
}

PUSB_COMMON_DESCRIPTOR NTAPI USBD_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength, PVOID StartPosition, LONG DescriptorType)
{
    const UCHAR *begin = DescriptorBuffer, *at = StartPosition, *end;
    if (begin == NULL || at == NULL || at < begin || (size_t)(at - begin) >= TotalLength)
        return NULL;
    for (end = begin + TotalLength; (at = descriptor_at(at, end)) != NULL; at += at[0])
        if (at[1] == DescriptorType)
            return (PUSB_COMMON_DESCRIPTOR)(ULONG_PTR)at;
    return NULL;
}

static BOOLEAN interface_matches(const USB_INTERFACE_DESCRIPTOR *interface, const LONG wanted[5])
{
    const LONG has[5] = {interface->bInterfaceNumber, interface->bAlternateSetting, interface->bInterfaceClass,
                         interface->bInterfaceSubClass, interface->bInterfaceProtocol};
    for (int i = 0; i < 5; i++)
        if (wanted[i] != -1 && wanted[i] != has[i])
            return FALSE;
    return TRUE;
}

PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptorEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                                    PVOID StartPosition, LONG InterfaceNumber, LONG AlternateSetting,
                                                                    LONG InterfaceClass, LONG InterfaceSubClass, LONG InterfaceProtocol)
{
    const LONG wanted[5] = {InterfaceNumber, AlternateSetting, InterfaceClass, InterfaceSubClass, InterfaceProtocol};
    if (ConfigurationDescriptor == NULL)
        return NULL;
    ULONG total = ConfigurationDescriptor->wTotalLength;
    PVOID at = StartPosition;
    PUSB_COMMON_DESCRIPTOR found;
    while ((found = USBD_ParseDescriptors(ConfigurationDescriptor, total, at, USB_INTERFACE_DESCRIPTOR_TYPE)) != NULL) {
        PUSB_INTERFACE_DESCRIPTOR interface = (PUSB_INTERFACE_DESCRIPTOR)(PVOID)found;
        if (found->bLength >= INTERFACE_BYTES && interface_matches(interface, wanted))
            return interface;
        at = (PUCHAR)found + found->bLength;
    }
    return NULL;
}

PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                                  UCHAR InterfaceNumber, UCHAR AlternateSetting)
{
    return USBD_ParseConfigurationDescriptorEx(ConfigurationDescriptor, ConfigurationDescriptor, InterfaceNumber, AlternateSetting, -1, -1, -1);
}

/* The interface with all that follows it up to the next interface descriptor or the end. */
ULONG NTAPI USBD_GetInterfaceLength(PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor, PUCHAR BufferEnd)
{
    const UCHAR *begin = (const UCHAR *)InterfaceDescriptor, *at = descriptor_at(begin, BufferEnd);
    if (at == NULL)
        return 0;
    do
        at += at[0];
    while (descriptor_at(at, BufferEnd) != NULL && at[1] != USB_INTERFACE_DESCRIPTOR_TYPE);
    return (ULONG)(at - begin);
}

/* ---- Validation --------------------------------------------------------------------------------------------------------- */

struct check {
    const UCHAR *end;
    USHORT level;
    const UCHAR *at;              /* where it went wrong */
    ULONG interfaces, endpoints;  /* seen; of the interface that is being read */
    const USB_INTERFACE_DESCRIPTOR *interface;
    USHORT addresses[2];          /* bits of the interface's endpoints: OUT, IN */
};

static USBD_STATUS check_endpoint(struct check *check, const UCHAR *at)
{
    enum { RESERVED_BITS = 0x70, NUMBER = 0x0f, DIRECTION_IN = 0x80 };
    if (at[0] < ENDPOINT_BYTES)
        return USBD_STATUS_BAD_ENDPOINT_DESCRIPTOR;
    USHORT bit = (USHORT)(1 << (at[2] & NUMBER)), *addresses = &check->addresses[(at[2] & DIRECTION_IN) != 0];
    if ((at[2] & RESERVED_BITS) || (at[2] & NUMBER) == 0 || (*addresses & bit))
        return USBD_STATUS_BAD_ENDPOINT_ADDRESS;
    *addresses |= bit;
    check->endpoints++;
    return check->interface == NULL ? USBD_STATUS_BAD_ENDPOINT_DESCRIPTOR : USBD_STATUS_SUCCESS;
}

static USBD_STATUS check_interface_end(struct check *check)
{
    if (check->interface == NULL || check->level < 3 || check->endpoints == check->interface->bNumEndpoints)
        return USBD_STATUS_SUCCESS;
    check->at = (const UCHAR *)check->interface;
    return USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS;
}

/* Numbers rise from one interface to the next, and settings within it. */
static BOOLEAN follows(const USB_INTERFACE_DESCRIPTOR *before, const USB_INTERFACE_DESCRIPTOR *next)
{
    if (before == NULL || next->bInterfaceNumber > before->bInterfaceNumber)
        return next->bAlternateSetting == 0;
    return next->bInterfaceNumber == before->bInterfaceNumber && next->bAlternateSetting > before->bAlternateSetting;
}

static USBD_STATUS check_interface(struct check *check, const UCHAR *at)
{
    const USB_INTERFACE_DESCRIPTOR *interface = (const USB_INTERFACE_DESCRIPTOR *)(const void *)at;
    USBD_STATUS status = check_interface_end(check);
    if (status != USBD_STATUS_SUCCESS)
        return status;
    if (at[0] < INTERFACE_BYTES || (check->level >= 3 && (at[0] != INTERFACE_BYTES || !follows(check->interface, interface))))
        return USBD_STATUS_BAD_INTERFACE_DESCRIPTOR;
    check->interfaces += interface->bAlternateSetting == 0;
    check->interface = interface;
    check->endpoints = 0;
    check->addresses[0] = check->addresses[1] = 0;
    return USBD_STATUS_SUCCESS;
}

static USBD_STATUS check_descriptor(struct check *check, const UCHAR *at)
{
    switch (at[1]) {
    case USB_INTERFACE_DESCRIPTOR_TYPE: return check_interface(check, at);
    case USB_ENDPOINT_DESCRIPTOR_TYPE: return check_endpoint(check, at);
    case USB_CONFIGURATION_DESCRIPTOR_TYPE: return USBD_STATUS_BAD_DESCRIPTOR_TYPE; /* there is one, at the beginning */
    case ASSOCIATION_TYPE:
        return at[0] < ASSOCIATION_BYTES || at[3] == 0 ? USBD_STATUS_BAD_INTERFACE_ASSOC_DESCRIPTOR : USBD_STATUS_SUCCESS;
    default: return USBD_STATUS_SUCCESS;
    }
}

static USBD_STATUS check_body(struct check *check, const USB_CONFIGURATION_DESCRIPTOR *config)
{
    for (check->at = (const UCHAR *)config + config->bLength; check->at < check->end; check->at += check->at[0]) {
        const UCHAR *at = check->at;
        if (descriptor_at(at, check->end) == NULL)
            return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
        USBD_STATUS status = check_descriptor(check, at);
        if (status != USBD_STATUS_SUCCESS)
            return status;
    }
    USBD_STATUS status = check_interface_end(check);
    if (status == USBD_STATUS_SUCCESS && check->interfaces != config->bNumInterfaces) {
        check->at = (const UCHAR *)config;
        status = USBD_STATUS_BAD_NUMBER_OF_INTERFACES;
    }
    return status;
}

static USBD_STATUS check_header(const USB_CONFIGURATION_DESCRIPTOR *config, ULONG length, USHORT level)
{
    if (length < CONFIG_BYTES || config->bLength < CONFIG_BYTES || (level >= 3 && config->bLength != CONFIG_BYTES))
        return USBD_STATUS_BAD_DESCRIPTOR_BLEN;
    if (config->bDescriptorType != USB_CONFIGURATION_DESCRIPTOR_TYPE)
        return USBD_STATUS_BAD_DESCRIPTOR_TYPE;
    return config->wTotalLength < config->bLength || config->wTotalLength > length ? USBD_STATUS_BAD_CONFIG_DESC_LENGTH
                                                                                 : USBD_STATUS_SUCCESS;
}

USBD_STATUS NTAPI USBD_ValidateConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigDesc, ULONG BufferLength, USHORT Level,
                                                       PUCHAR *Offset, ULONG Tag)
{
    (void)Tag; /* of allocations, which we have none of */
    if (Offset != NULL)
        *Offset = NULL;
    if (ConfigDesc == NULL || Level < 1 || Level > 3)
        return USBD_STATUS_INVALID_PARAMETER;
    struct check check = {.level = Level, .at = (const UCHAR *)ConfigDesc};
    USBD_STATUS status = check_header(ConfigDesc, BufferLength, Level);
    if (status == USBD_STATUS_SUCCESS && Level >= 2) {
        check.end = (const UCHAR *)ConfigDesc + ConfigDesc->wTotalLength;
        status = check_body(&check, ConfigDesc);
    }
    if (status != USBD_STATUS_SUCCESS && Offset != NULL)
        *Offset = (PUCHAR)(ULONG_PTR)check.at;
    return status;
}
