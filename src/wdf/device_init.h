/* SPDX-License-Identifier: MIT */
/* The settings of a device to be: device.h has the structure. */
#ifndef WDF_DEVICE_INIT_H
#define WDF_DEVICE_INIT_H

#include "wdf/device.h"

/* `pdo` NULL: a control device's. NULL: no memory. */
struct WDFDEVICE_INIT *wdf_device_init_make(struct wdf_driver *driver, DEVICE_OBJECT *pdo);
void wdf_device_init_free(struct WDFDEVICE_INIT *init);

#endif
