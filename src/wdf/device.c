/* SPDX-License-Identifier: MIT */
/* Devices: from AddDevice to the device object in its stack. */
#include "wdf/device.h"

#include "wdf/driver.h"
#include "wdm/wdm_host.h"

const struct wdf_class wdf_device_class = {.name = "WDFDEVICE", .size = sizeof(struct wdf_device), .passive = true,
                                           .undeletable = true, .levels = true, .scopes = true, .no_parent = true};

NTSTATUS NTAPI wdf_device_add(DRIVER_OBJECT *driver, DEVICE_OBJECT *pdo)
{
    (void)driver;
    (void)pdo;
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS NTAPI wdf_device_dispatch(DEVICE_OBJECT *object, IRP *irp)
{
    (void)object;
    irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}
