/* SPDX-License-Identifier: MIT */
/* Unified properties (DEVPROPKEY): those that WDM numbers otherwise, and what drivers set on a device or an interface of it, which the Plug
 * and Play manager keeps with the device. Programs do not see them. */
#include <stdlib.h>
#include <string.h>

#include "devpropdef.h"
#include "wdm/pnp.h"
#include "wdm/verify.h"

struct assigned {
    struct list link; /* struct pnp_device.properties, under wdm_lock */
    DEVPROPKEY key;
    struct usb_guid interface; /* zero: the device's own */
    LCID lcid;
    DEVPROPTYPE type;
    ULONG size;
    unsigned char data[];
};

void pnp_properties_free(struct pnp_device *device)
{
    for (struct list *link; (link = list_pop_front(&device->properties)) != NULL;)
        free(container_of(link, struct assigned, link));
}

/* With wdm_lock held. */
static struct assigned *assigned_find(struct pnp_device *device, const struct usb_guid *interface, const DEVPROPKEY *key, LCID lcid)
{
    list_for_each (link, &device->properties) {
        struct assigned *at = container_of(link, struct assigned, link);
        if (memcmp(&at->key, key, sizeof *key) == 0 && at->lcid == lcid && usb_guid_equal(&at->interface, interface))
            return at;
    }
    return NULL;
}

/* DEVPROP_TYPE_EMPTY, or no data, deletes. */
static NTSTATUS property_set(struct pnp_device *device, const struct usb_guid *interface, const DEVPROPKEY *key, LCID lcid, DEVPROPTYPE type,
                             ULONG size, const void *data)
{
    bool deletes = type == DEVPROP_TYPE_EMPTY || data == NULL || size == 0;
    if (key == NULL)
        return STATUS_INVALID_PARAMETER;
    struct assigned *made = NULL;
    if (!deletes) {
        made = verify_memory_fails(NULL) ? NULL : malloc(sizeof *made + size);
        if (made == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        *made = (struct assigned){.key = *key, .interface = *interface, .lcid = lcid, .type = type, .size = size};
        memcpy(made->data, data, size);
    }
    lock_acquire(&wdm_lock);
    struct assigned *before = assigned_find(device, interface, key, lcid);
    if (before != NULL)
        list_remove(&before->link);
    if (made != NULL)
        list_push_back(&device->properties, &made->link);
    lock_release(&wdm_lock);
    free(before);
    return STATUS_SUCCESS;
}

/* DEVPKEY_Device_*, {a45c254e-df1c-4efd-8020-67d146a850e0}: what WDM numbers otherwise. */
static bool key_numbered(const DEVPROPKEY *key, DEVICE_REGISTRY_PROPERTY *property, DEVPROPTYPE *type)
{
    static const GUID group = {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}};
    enum { STRING = DEVPROP_TYPE_STRING, STRINGS = DEVPROP_TYPE_STRING_LIST, NUMBER = DEVPROP_TYPE_UINT32, ID = DEVPROP_TYPE_GUID };
    static const struct {
        ULONG pid;
        DEVICE_REGISTRY_PROPERTY property;
        DEVPROPTYPE type;
    } keys[] = {{2, DevicePropertyDeviceDescription, STRING},           {3, DevicePropertyHardwareID, STRINGS},
                {4, DevicePropertyCompatibleIDs, STRINGS},              {9, DevicePropertyClassName, STRING},
                {11, DevicePropertyDriverKeyName, STRING},              {13, DevicePropertyManufacturer, STRING},
                {14, DevicePropertyFriendlyName, STRING},               {15, DevicePropertyLocationInformation, STRING},
                {16, DevicePropertyPhysicalDeviceObjectName, STRING},   {23, DevicePropertyBusNumber, NUMBER},
                {24, DevicePropertyEnumeratorName, STRING},             {30, DevicePropertyAddress, NUMBER},
                {18, DevicePropertyUINumber, NUMBER},                   {21, DevicePropertyBusTypeGuid, ID}};
    if (!IsEqualGUID(&key->fmtid, &group))
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].pid == key->pid) {
            *property = keys[i].property;
            *type = keys[i].type;
            return true;
        }
    return false;
}

static NTSTATUS property_get(struct pnp_device *device, const struct usb_guid *interface, const DEVPROPKEY *key, LCID lcid, ULONG size, void *data,
                             ULONG *required, DEVPROPTYPE *type)
{
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    *required = 0;
    *type = DEVPROP_TYPE_EMPTY;
    if (key == NULL)
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&wdm_lock);
    const struct assigned *found = assigned_find(device, interface, key, lcid);
    if (found != NULL) {
        *required = found->size;
        *type = found->type;
        status = size < found->size ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        if (status == STATUS_SUCCESS)
            memcpy(data, found->data, found->size);
    }
    lock_release(&wdm_lock);
    return status;
}

static const struct usb_guid device_itself;

NTSTATUS NTAPI IoSetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, DEVPROPTYPE Type, ULONG Size,
                                       PVOID Data)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)Flags; /* persistent ones last as long as the process, like all */
    struct pnp_device *device = pnp_device_of(Pdo);
    return device == NULL ? STATUS_INVALID_DEVICE_REQUEST : property_set(device, &device_itself, PropertyKey, Lcid, Type, Size, Data);
}

NTSTATUS NTAPI IoGetDevicePropertyData(PDEVICE_OBJECT Pdo, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags, ULONG Size, PVOID Data,
                                       PULONG RequiredSize, PDEVPROPTYPE Type)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    (void)Flags;
    struct pnp_device *device = pnp_device_of(Pdo);
    DEVICE_REGISTRY_PROPERTY number;
    if (device == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    NTSTATUS status = property_get(device, &device_itself, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
    if (status == STATUS_OBJECT_NAME_NOT_FOUND && key_numbered(PropertyKey, &number, Type))
        status = IoGetDeviceProperty(Pdo, number, Size, Data, RequiredSize);
    return status;
}

NTSTATUS pnp_interface_property_set(DEVICE_OBJECT *pdo, const GUID *class, const DEVPROPKEY *key, LCID lcid, DEVPROPTYPE type, ULONG size,
                                    const void *data)
{
    struct usb_guid guid;
    struct pnp_device *device = pnp_device_of(pdo);
    memcpy(&guid, class, sizeof guid);
    return device == NULL ? STATUS_INVALID_DEVICE_REQUEST : property_set(device, &guid, key, lcid, type, size, data);
}

NTSTATUS NTAPI IoSetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                DEVPROPTYPE Type, ULONG Size, PVOID Data)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct usb_guid guid;
    struct pnp_device *device = pnp_link_device(SymbolicLinkName, &guid);
    (void)Flags;
    if (device == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = property_set(device, &guid, PropertyKey, Lcid, Type, Size, Data);
    pnp_dereference(device);
    return status;
}

NTSTATUS NTAPI IoGetDeviceInterfacePropertyData(PUNICODE_STRING SymbolicLinkName, const DEVPROPKEY *PropertyKey, LCID Lcid, ULONG Flags,
                                                ULONG Size, PVOID Data, PULONG RequiredSize, PDEVPROPTYPE Type)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct usb_guid guid;
    struct pnp_device *device = pnp_link_device(SymbolicLinkName, &guid);
    (void)Flags;
    if (device == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = property_get(device, &guid, PropertyKey, Lcid, Size, Data, RequiredSize, Type);
    pnp_dereference(device);
    return status;
}
