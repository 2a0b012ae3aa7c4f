/* SPDX-License-Identifier: MIT */
/* Driver-defined interfaces: IRP_MN_QUERY_INTERFACE asked of the stack, and answered from what the driver has added. */
#include "wdf/query_interface.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdm/wdm_host.h"

struct exposed {
    struct list link;       /* the device's, under its interfaces_lock; added only */
    GUID type;
    WDF_QUERY_INTERFACE_CONFIG config;
    INTERFACE *table;       /* a copy of the driver's */
};

void wdf_query_interfaces_free(struct wdf_device *device)
{
    for (struct list *node; (node = list_pop_front(&device->exposed)) != NULL;) {
        struct exposed *exposed = container_of(node, struct exposed, link);
        free(exposed->table);
        free(exposed);
    }
}

/* With the lock held. */
static struct exposed *exposed_find(struct wdf_device *device, const GUID *type)
{
    list_for_each(node, &device->exposed)
    {
        struct exposed *exposed = container_of(node, struct exposed, link);
        if (memcmp(&exposed->type, type, sizeof *type) == 0)
            return exposed;
    }
    return NULL;
}

static NTSTATUS exposed_make(const WDF_QUERY_INTERFACE_CONFIG *config, struct exposed **made)
{
    struct exposed *exposed = wdf_allocate(sizeof *exposed);
    if (exposed == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    exposed->type = *config->InterfaceType;
    exposed->config = *config;
    if (config->Interface != NULL) {
        exposed->table = wdf_allocate(config->Interface->Size);
        if (exposed->table == NULL) {
            free(exposed);
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        memcpy(exposed->table, config->Interface, config->Interface->Size);
    }
    *made = exposed;
    return STATUS_SUCCESS;
}

/* The interface must have reference functions, and whoever imports one a callback to look at it. */
NTSTATUS NTAPI ovl_WdfDeviceAddQueryInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                              PWDF_QUERY_INTERFACE_CONFIG InterfaceConfig)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    const INTERFACE *table = InterfaceConfig->Interface;
    if (InterfaceConfig->Size != sizeof *InterfaceConfig)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (InterfaceConfig->InterfaceType == NULL ||
        (table == NULL && InterfaceConfig->EvtDeviceProcessQueryInterfaceRequest == NULL) ||
        (table != NULL && (table->Size < sizeof *table || table->InterfaceReference == NULL || table->InterfaceDereference == NULL)) ||
        (InterfaceConfig->ImportInterface && InterfaceConfig->EvtDeviceProcessQueryInterfaceRequest == NULL))
        return STATUS_INVALID_PARAMETER;
    if (device->pnp == NULL || InterfaceConfig->SendQueryToParentStack)
        return STATUS_INVALID_DEVICE_REQUEST; /* no stack; a bus driver's */
    struct exposed *exposed;
    NTSTATUS status = exposed_make(InterfaceConfig, &exposed);
    if (!NT_SUCCESS(status))
        return status;
    lock_acquire(&device->interfaces_lock);
    list_push_back(&device->exposed, &exposed->link);
    lock_release(&device->interfaces_lock);
    return STATUS_SUCCESS;
}

NTSTATUS wdf_query_interface_dispatch(struct wdf_device *device, IRP *irp)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    INTERFACE *asked = stack->Parameters.QueryInterface.Interface;
    lock_acquire(&device->interfaces_lock);
    struct exposed *exposed = exposed_find(device, stack->Parameters.QueryInterface.InterfaceType);
    lock_release(&device->interfaces_lock);
    if (exposed == NULL || irp->IoStatus.Status != STATUS_NOT_SUPPORTED) /* somebody above has answered */
        return wdf_lower_forward(device, irp);
    if (exposed->table != NULL && stack->Parameters.QueryInterface.Size < exposed->table->Size)
        return wdf_irp_end(irp, STATUS_INVALID_BUFFER_SIZE);
    if (exposed->table != NULL && !exposed->config.ImportInterface)
        memcpy(asked, exposed->table, exposed->table->Size);
    NTSTATUS status = STATUS_SUCCESS;
    if (exposed->config.EvtDeviceProcessQueryInterfaceRequest != NULL)
        status = exposed->config.EvtDeviceProcessQueryInterfaceRequest(wdf_device_handle(device), &exposed->type, asked,
                                                                       stack->Parameters.QueryInterface.InterfaceSpecificData);
    if (status == STATUS_NOT_SUPPORTED) /* the driver leaves it to those below */
        return wdf_lower_forward(device, irp);
    if (NT_SUCCESS(status) && exposed->table != NULL)
        exposed->table->InterfaceReference(asked->Context);
    return wdf_irp_end(irp, status);
}

/* Sent to the top of the stack, so that every driver of it may answer. */
NTSTATUS NTAPI ovl_WdfFdoQueryForInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Fdo, LPCGUID InterfaceType,
                                           PINTERFACE Interface, USHORT Size, USHORT Version, PVOID InterfaceSpecificData)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Fdo, wdf_device);
    if (device->pdo == NULL || KeGetCurrentIrql() > PASSIVE_LEVEL)
        return STATUS_INVALID_DEVICE_REQUEST;
    struct wdm_send send = {.mode = KernelMode, .status = STATUS_NOT_SUPPORTED};
    send.device = IoGetAttachedDeviceReference(device->pdo);
    send.location.MajorFunction = IRP_MJ_PNP;
    send.location.MinorFunction = IRP_MN_QUERY_INTERFACE;
    send.location.Parameters.QueryInterface.InterfaceType = InterfaceType;
    send.location.Parameters.QueryInterface.Size = Size;
    send.location.Parameters.QueryInterface.Version = Version;
    send.location.Parameters.QueryInterface.Interface = Interface;
    send.location.Parameters.QueryInterface.InterfaceSpecificData = InterfaceSpecificData;
    NTSTATUS status = wdm_send(&send);
    ObDereferenceObject(send.device);
    return status;
}
