/* SPDX-License-Identifier: MIT */
/* Device properties. Those that WDM numbers come from the I/O manager; the unified ones (DEVPROPKEY) are the same by other names, or what
 * the driver itself has assigned, which is kept with the device. */
#include "wdf/property.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/memory.h"
#include "wdm/wdm_host.h"
#include "wdm/verify.h"

enum { TYPE_EMPTY = 0, TYPE_UINT32 = 0x7, TYPE_GUID = 0xd, TYPE_STRING = 0x12, TYPE_STRING_LIST = 0x2012 };

NTSTATUS wdf_property_query(DEVICE_OBJECT *pdo, DEVICE_REGISTRY_PROPERTY property, ULONG length, void *buffer, ULONG *result)
{
    *result = 0;
    if (pdo == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* a control device has no properties */
    if (length != 0 && buffer == NULL)
        return STATUS_INVALID_PARAMETER;
    return IoGetDeviceProperty(pdo, property, length, buffer, result);
}

/* A memory object of the answer's size. The property may grow between the two questions. */
static NTSTATUS answer_allocate(NTSTATUS (*ask)(void *context, ULONG length, void *buffer, ULONG *result), void *context,
                                struct wdf_driver *driver, POOL_TYPE pool, PWDF_OBJECT_ATTRIBUTES attributes,
                                struct wdf_object *parent, const void *maker, WDFMEMORY *memory)
{
    ULONG length = 0;
    *memory = NULL;
    NTSTATUS status = ask(context, 0, NULL, &length);
    for (int tries = 0; status == STATUS_BUFFER_TOO_SMALL && tries < 4; tries++) {
        void *buffer = verify_memory_fails(NULL) ? NULL : malloc(length);
        if (buffer == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        status = ask(context, length, buffer, &length);
        struct wdf_memory *made;
        if (NT_SUCCESS(status))
            status = wdf_memory_wrap(driver, attributes, parent, buffer, length, maker, &made);
        if (!NT_SUCCESS(status)) {
            free(buffer);
            continue;
        }
        made->kind = WDF_MEMORY_OWN;
        made->object.passive = pool == PagedPool;
        *memory = (WDFMEMORY)(void *)made;
        return STATUS_SUCCESS;
    }
    return NT_SUCCESS(status) ? STATUS_OBJECT_NAME_NOT_FOUND : status;
}

struct numbered {
    DEVICE_OBJECT *pdo;
    DEVICE_REGISTRY_PROPERTY property;
};

static NTSTATUS numbered_ask(void *context, ULONG length, void *buffer, ULONG *result)
{
    struct numbered *asked = context;
    return wdf_property_query(asked->pdo, asked->property, length, buffer, result);
}

NTSTATUS wdf_property_allocate(struct wdf_driver *driver, DEVICE_OBJECT *pdo, DEVICE_REGISTRY_PROPERTY property, POOL_TYPE pool,
                               PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, const void *maker, WDFMEMORY *memory)
{
    struct numbered asked = {pdo, property};
    return answer_allocate(numbered_ask, &asked, driver, pool, attributes, parent, maker, memory);
}

NTSTATUS NTAPI ovl_WdfDeviceQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                          DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                          PULONG ResultLength)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    return wdf_property_query(device->pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

NTSTATUS NTAPI ovl_WdfDeviceAllocAndQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                  DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                                  PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_object *parent =
        wdf_attributes_parent(DriverGlobals, PropertyMemoryAttributes, &device->object.driver->object, WDF_CALLER);
    return wdf_property_allocate(device->object.driver, device->pdo, DeviceProperty, PoolType, PropertyMemoryAttributes, parent,
                                 WDF_CALLER, PropertyMemory);
}

/* ---- Unified properties ---------------------------------------------------------------------------------------------- */

struct wdf_property {
    struct list link;
    DEVPROPKEY key;
    GUID interface;          /* all zero: the device's own */
    ULONG lcid;
    DEVPROPTYPE type;
    ULONG length;
    unsigned char data[];
};

static const GUID device_itself;

static bool key_equal(const DEVPROPKEY *a, const DEVPROPKEY *b)
{
    return a->pid == b->pid && memcmp(&a->fmtid, &b->fmtid, sizeof a->fmtid) == 0;
}

/* With interfaces_lock held. */
static struct wdf_property *property_find(struct wdf_device *device, const GUID *interface, const DEVPROPKEY *key, ULONG lcid)
{
    list_for_each(node, &device->properties)
    {
        struct wdf_property *property = container_of(node, struct wdf_property, link);
        if (key_equal(&property->key, key) && property->lcid == lcid &&
            memcmp(&property->interface, interface, sizeof *interface) == 0)
            return property;
    }
    return NULL;
}

/* No data: the property goes. */
static NTSTATUS property_assign(struct wdf_device *device, const GUID *interface, const DEVPROPKEY *key, ULONG lcid,
                                DEVPROPTYPE type, ULONG length, const void *data)
{
    if (key == NULL || (length != 0 && data == NULL))
        return STATUS_INVALID_PARAMETER;
    struct wdf_property *fresh = NULL;
    if (length != 0) {
        fresh = wdf_allocate(sizeof *fresh + length);
        if (fresh == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        fresh->key = *key;
        fresh->interface = *interface;
        fresh->lcid = lcid;
        fresh->type = type;
        fresh->length = length;
        memcpy(fresh->data, data, length);
    }
    lock_acquire(&device->interfaces_lock);
    struct wdf_property *old = property_find(device, interface, key, lcid);
    if (old != NULL)
        list_remove(&old->link);
    if (fresh != NULL)
        list_push_back(&device->properties, &fresh->link);
    lock_release(&device->interfaces_lock);
    free(old);
    return STATUS_SUCCESS;
}

void wdf_properties_free(struct wdf_device *device)
{
    for (struct list *node; (node = list_pop_front(&device->properties)) != NULL;)
        free(container_of(node, struct wdf_property, link));
}

/* DEVPKEY_Device_*, {a45c254e-df1c-4efd-8020-67d146a850e0}: what WDM numbers otherwise. */
static bool key_numbered(const DEVPROPKEY *key, DEVICE_REGISTRY_PROPERTY *property, DEVPROPTYPE *type)
{
    static const GUID group = {0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}};
    static const struct {
        ULONG pid;
        DEVICE_REGISTRY_PROPERTY property;
        DEVPROPTYPE type;
    } keys[] = {{2, DevicePropertyDeviceDescription, TYPE_STRING},      {3, DevicePropertyHardwareID, TYPE_STRING_LIST},
                {4, DevicePropertyCompatibleIDs, TYPE_STRING_LIST},     {9, DevicePropertyClassName, TYPE_STRING},
                {11, DevicePropertyDriverKeyName, TYPE_STRING},         {13, DevicePropertyManufacturer, TYPE_STRING},
                {14, DevicePropertyFriendlyName, TYPE_STRING},          {15, DevicePropertyLocationInformation, TYPE_STRING},
                {16, DevicePropertyPhysicalDeviceObjectName, TYPE_STRING}, {23, DevicePropertyBusNumber, TYPE_UINT32},
                {24, DevicePropertyEnumeratorName, TYPE_STRING},        {30, DevicePropertyAddress, TYPE_UINT32},
                {18, DevicePropertyUINumber, TYPE_UINT32},              {21, DevicePropertyBusTypeGuid, TYPE_GUID}};
    if (memcmp(&key->fmtid, &group, sizeof group) != 0)
        return false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i].pid == key->pid) {
            *property = keys[i].property;
            *type = keys[i].type;
            return true;
        }
    return false;
}

struct keyed {
    struct wdf_device *device;
    const WDF_DEVICE_PROPERTY_DATA *data;
    DEVPROPTYPE type;
};

static NTSTATUS keyed_ask(void *context, ULONG length, void *buffer, ULONG *result)
{
    struct keyed *asked = context;
    struct wdf_device *device = asked->device;
    DEVICE_REGISTRY_PROPERTY number;
    NTSTATUS status = STATUS_OBJECT_NAME_NOT_FOUND;
    *result = 0;
    asked->type = TYPE_EMPTY;
    lock_acquire(&device->interfaces_lock);
    const struct wdf_property *property =
        property_find(device, &device_itself, asked->data->PropertyKey, asked->data->Lcid);
    if (property != NULL) {
        *result = property->length;
        asked->type = property->type;
        status = length < property->length ? STATUS_BUFFER_TOO_SMALL : STATUS_SUCCESS;
        if (NT_SUCCESS(status))
            memcpy(buffer, property->data, property->length);
    }
    lock_release(&device->interfaces_lock);
    if (property == NULL && key_numbered(asked->data->PropertyKey, &number, &asked->type))
        status = wdf_property_query(device->pdo, number, length, buffer, result);
    return status;
}

static NTSTATUS keyed_check(const WDF_DEVICE_PROPERTY_DATA *data)
{
    if (data->Size != sizeof *data)
        return STATUS_INFO_LENGTH_MISMATCH;
    return data->PropertyKey == NULL ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfDeviceQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                            PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                            PULONG RequiredSize, PDEVPROPTYPE Type)
{
    struct keyed asked = {.device = WDF_HANDLE(DriverGlobals, Device, wdf_device), .data = DeviceProperty};
    NTSTATUS status = keyed_check(DeviceProperty);
    if (NT_SUCCESS(status))
        status = keyed_ask(&asked, BufferLength, PropertyBuffer, RequiredSize);
    *Type = asked.type;
    return status;
}

NTSTATUS NTAPI ovl_WdfDeviceAllocAndQueryPropertyEx(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                    PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
                                                    PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory,
                                                    PDEVPROPTYPE Type)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct keyed asked = {.device = device, .data = DeviceProperty};
    NTSTATUS status = keyed_check(DeviceProperty);
    if (NT_SUCCESS(status))
        status = answer_allocate(
            keyed_ask, &asked, device->object.driver, PoolType, PropertyMemoryAttributes,
            wdf_attributes_parent(DriverGlobals, PropertyMemoryAttributes, &device->object.driver->object, WDF_CALLER), WDF_CALLER,
            PropertyMemory);
    *Type = asked.type;
    return status;
}

NTSTATUS NTAPI ovl_WdfDeviceAssignProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                           PWDF_DEVICE_PROPERTY_DATA DeviceProperty, DEVPROPTYPE Type, ULONG BufferLength,
                                           PVOID PropertyBuffer)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    NTSTATUS status = keyed_check(DeviceProperty);
    if (NT_SUCCESS(status))
        status = property_assign(device, &device_itself, DeviceProperty->PropertyKey, DeviceProperty->Lcid, Type, BufferLength,
                                 PropertyBuffer);
    return status;
}

NTSTATUS NTAPI ovl_WdfDeviceAssignInterfaceProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                    PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData, DEVPROPTYPE Type,
                                                    ULONG BufferLength, PVOID PropertyBuffer)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (PropertyData->Size != sizeof *PropertyData)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (PropertyData->InterfaceClassGUID == NULL)
        return STATUS_INVALID_PARAMETER;
    return property_assign(device, PropertyData->InterfaceClassGUID, PropertyData->PropertyKey, PropertyData->Lcid, Type,
                           BufferLength, PropertyBuffer);
}
