/* SPDX-License-Identifier: MIT */
/* The one dispatch routine of framework devices. A preprocess callback comes first and may keep the IRP; else it goes to Plug and Play,
 * power, files or queues by its major function. What nobody takes goes down from a filter, and is refused by others. */
#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/file_object.h"
#include "wdf/pnp.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

static bool preprocess_wants(const struct wdf_preprocess *entry, UCHAR minor)
{
    if (entry->routine == NULL)
        return false;
    for (ULONG i = 0; i < entry->count; i++)
        if (entry->minors[i] == minor)
            return true;
    return entry->count == 0;
}

/* Nobody here cares for the request. */
static NTSTATUS io_unwanted(struct wdf_device *device, IRP *irp)
{
    if (device->init->filter)
        return wdf_lower_forward(device, irp);
    irp->IoStatus.Information = 0;
    return wdf_irp_end(irp, STATUS_INVALID_DEVICE_REQUEST);
}

static NTSTATUS device_dispatch(struct wdf_device *device, IRP *irp)
{
    UCHAR major = IoGetCurrentIrpStackLocation(irp)->MajorFunction;
    switch (major) {
    case IRP_MJ_PNP:
        return wdf_pnp_dispatch(device, irp);
    case IRP_MJ_POWER:
        return wdf_power_dispatch(device, irp);
    case IRP_MJ_CREATE:
        return wdf_file_create(device, irp);
    case IRP_MJ_CLEANUP:
        return wdf_file_cleanup(device, irp);
    case IRP_MJ_CLOSE:
        return wdf_file_close(device, irp);
    case IRP_MJ_SYSTEM_CONTROL: /* WMI: none of ours, so it goes on as it came */
        return device->attached != NULL ? wdf_lower_forward(device, irp) : wdf_irp_end(irp, STATUS_INVALID_DEVICE_REQUEST);
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        return wdf_device_io_dispatch(device, irp);
    default:
        return io_unwanted(device, irp);
    }
}

NTSTATUS NTAPI wdf_device_dispatch(DEVICE_OBJECT *object, IRP *irp)
{
    struct wdf_device *device = wdf_device_of(object);
    if (device == NULL) {
        irp->IoStatus.Information = 0;
        return wdf_irp_end(irp, STATUS_NO_SUCH_DEVICE);
    }
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    if (preprocess_wants(&device->init->preprocess[stack->MajorFunction], stack->MinorFunction))
        return device->init->preprocess[stack->MajorFunction].routine(wdf_device_handle(device), irp);
    return device_dispatch(device, irp);
}

/* A preprocess callback gives the IRP back. It has made the next stack location ready, as before IoCallDriver: ours is that one. */
NTSTATUS NTAPI ovl_WdfDeviceWdmDispatchPreprocessedIrp(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PIRP Irp)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (Irp->CurrentLocation <= 1)
        wdf_verifier_stop(device->object.driver, "irp-stack", "WdfDeviceWdmDispatchPreprocessedIrp: no stack location left");
    IoSetNextIrpStackLocation(Irp);
    IoGetCurrentIrpStackLocation(Irp)->DeviceObject = device->wdm;
    return device_dispatch(device, Irp);
}
