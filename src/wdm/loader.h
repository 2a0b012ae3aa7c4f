/* SPDX-License-Identifier: MIT */
/* Loading and unloading drivers. */
#ifndef WDM_LOADER_H
#define WDM_LOADER_H

#include <stdint.h>

struct wdm_driver;

/* Loads the shared object and calls its DriverEntry. Error statuses as DriverEntry gives them,
 * STATUS_OBJECT_NAME_NOT_FOUND when it cannot be loaded, STATUS_PROCEDURE_NOT_FOUND without a DriverEntry. */
int32_t wdm_driver_load(const char *path, struct wdm_driver **driver);

/* STATUS_DEVICE_BUSY while files are open on it, STATUS_INVALID_DEVICE_REQUEST for one without DriverUnload. */
int32_t wdm_driver_unload(struct wdm_driver *driver);

#endif
