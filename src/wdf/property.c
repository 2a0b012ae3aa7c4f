/* SPDX-License-Identifier: MIT */
/* Device properties, numbered and unified: the I/O manager's answers, and what the driver itself assigns. */
#include "wdf/property.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/memory.h"
#include "wdm/pnp.h"
#include "wdm/wdm_host.h"
#include "wdm/verify.h"

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

struct keyed {
    struct wdf_device *device;
    const WDF_DEVICE_PROPERTY_DATA *data;
    DEVPROPTYPE type;
};

static NTSTATUS keyed_ask(void *context, ULONG length, void *buffer, ULONG *result)
{
    struct keyed *asked = context;
    *result = 0;
    asked->type = DEVPROP_TYPE_EMPTY;
    return IoGetDevicePropertyData(asked->device->pdo, asked->data->PropertyKey, asked->data->Lcid, 0, length, buffer, result,
                                   &asked->type);
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
    if (NT_SUCCESS(status) && BufferLength != 0 && PropertyBuffer == NULL)
        status = STATUS_INVALID_PARAMETER;
    if (NT_SUCCESS(status))
        status = IoSetDevicePropertyData(device->pdo, DeviceProperty->PropertyKey, DeviceProperty->Lcid, DeviceProperty->Flags, Type,
                                         BufferLength, PropertyBuffer);
    return status;
}

NTSTATUS NTAPI ovl_WdfDeviceAssignInterfaceProperty(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                    PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData, DEVPROPTYPE Type,
                                                    ULONG BufferLength, PVOID PropertyBuffer)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (PropertyData->Size != sizeof *PropertyData)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (PropertyData->InterfaceClassGUID == NULL || (BufferLength != 0 && PropertyBuffer == NULL))
        return STATUS_INVALID_PARAMETER;
    return pnp_interface_property_set(device->pdo, PropertyData->InterfaceClassGUID, PropertyData->PropertyKey, PropertyData->Lcid, Type,
                                      BufferLength, PropertyBuffer);
}
