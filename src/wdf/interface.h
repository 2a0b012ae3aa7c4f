/* SPDX-License-Identifier: MIT */
/* The device interfaces of a device: made before it starts, enabled when it has. */
#ifndef WDF_INTERFACE_H
#define WDF_INTERFACE_H

#include "wdf/device.h"

/* The device has started, or is going. Those that the driver has disabled itself stay so. */
void wdf_interfaces_enable(struct wdf_device *device, bool enable);
/* Behind the disabling. */
void wdf_interfaces_free(struct wdf_device *device);

#endif
