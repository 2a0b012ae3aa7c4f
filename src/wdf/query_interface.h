/* SPDX-License-Identifier: MIT */
/* Driver-defined interfaces of a device. */
#ifndef WDF_QUERY_INTERFACE_H
#define WDF_QUERY_INTERFACE_H

#include "wdf/device.h"

/* IRP_MN_QUERY_INTERFACE. */
NTSTATUS wdf_query_interface_dispatch(struct wdf_device *device, IRP *irp);
void wdf_query_interfaces_free(struct wdf_device *device);

#endif
