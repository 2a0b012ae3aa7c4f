/* SPDX-License-Identifier: MIT */
/* Device properties: those of the bus and of installation, by the I/O manager, and those that drivers assign. */
#ifndef WDF_PROPERTY_H
#define WDF_PROPERTY_H

#include "wdf/device.h"

/* STATUS_BUFFER_TOO_SMALL and the length that is wanted. */
NTSTATUS wdf_property_query(DEVICE_OBJECT *pdo, DEVICE_REGISTRY_PROPERTY property, ULONG length, void *buffer, ULONG *result);
NTSTATUS wdf_property_allocate(struct wdf_driver *driver, DEVICE_OBJECT *pdo, DEVICE_REGISTRY_PROPERTY property, POOL_TYPE pool,
                               PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, const void *maker, WDFMEMORY *memory);

#endif
