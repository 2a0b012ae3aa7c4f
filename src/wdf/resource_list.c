/* SPDX-License-Identifier: MIT */
/* Lists of hardware resources: real objects, and empty, for what hangs on a USB bus has no resources. */
#include "wdf/resource_list.h"


static const struct wdf_class wdf_resource_list_class = {.name = "WDFCMRESLIST", .size = sizeof(struct wdf_object),
                                                         .undeletable = true};

NTSTATUS wdf_resource_list_make(struct wdf_device *device, struct wdf_object **list)
{
    return wdf_object_create(device->object.driver, &wdf_resource_list_class, NULL, &device->object, NULL, list);
}

static struct wdf_object *list_of(PWDF_DRIVER_GLOBALS globals, WDFCMRESLIST list, const void *caller)
{
    return wdf_object_of(globals, list, &wdf_resource_list_class, caller);
}

ULONG NTAPI ovl_WdfCmResourceListGetCount(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List)
{
    list_of(DriverGlobals, List, WDF_CALLER);
    return 0;
}

PCM_PARTIAL_RESOURCE_DESCRIPTOR NTAPI ovl_WdfCmResourceListGetDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFCMRESLIST List,
                                                                         ULONG Index)
{
    (void)Index;
    list_of(DriverGlobals, List, WDF_CALLER);
    return NULL;
}
