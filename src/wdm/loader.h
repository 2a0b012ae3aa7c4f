/* SPDX-License-Identifier: MIT */
/* Loading and unloading drivers. */
#ifndef WDM_LOADER_H
#define WDM_LOADER_H

#include <stddef.h>
#include <stdint.h>

struct wdm_driver;

/* Loads what `text` (`length` bytes) names, as driver_spec.h says, calls its DriverEntry, and offers it the devices. Error statuses as
 * DriverEntry gives them, STATUS_OBJECT_NAME_NOT_FOUND when it cannot be loaded, STATUS_PROCEDURE_NOT_FOUND without a DriverEntry,
 * STATUS_INVALID_PARAMETER for an option that is none. */
int32_t wdm_driver_load(const char *text, size_t length, struct wdm_driver **driver);

/* Removes its devices, calls DriverUnload, waits for what runs of it. STATUS_DEVICE_BUSY while files are open on it, or what refused
 * IRP_MN_QUERY_REMOVE_DEVICE; STATUS_INVALID_DEVICE_REQUEST for one without DriverUnload. */
int32_t wdm_driver_unload(struct wdm_driver *driver);

#endif
