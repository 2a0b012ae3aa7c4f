/* SPDX-License-Identifier: MIT */
/* The lists of hardware resources that EvtDevicePrepareHardware and EvtDeviceReleaseHardware get. */
#ifndef WDF_RESOURCE_LIST_H
#define WDF_RESOURCE_LIST_H

#include "wdf/device.h"

/* A child of the device; the framework's to delete. */
NTSTATUS wdf_resource_list_make(struct wdf_device *device, struct wdf_object **list);

#endif
