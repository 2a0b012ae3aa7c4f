/* SPDX-License-Identifier: MIT */
/* The framework driver object of one module. It is the root of the module's object tree; whatever a driver creates without a parent hangs
 * below it. WdfDriverCreate stores it in the module's globals. */
#ifndef WDF_DRIVER_H
#define WDF_DRIVER_H

#include "wdf/object.h"

struct wdf_driver {
    struct wdf_object object;
    PWDF_DRIVER_GLOBALS globals;
    DRIVER_OBJECT *wdm;
    WDF_DRIVER_CONFIG config;
    WCHAR *registry_path;              /* terminated */
    PDRIVER_UNLOAD displaced_unload;   /* the driver's own DriverUnload, called behind ours */
    char name[WDF_DRIVER_GLOBALS_NAME_LEN];

    _Atomic uint32_t gone;             /* the tree has been disposed of; a futex */
    _Atomic uint32_t borrowed;         /* wdf_object_borrow's; a futex */
    struct lock survivors_lock;
    struct list survivors;             /* struct wdf_object.survivor */
};

extern const struct wdf_class wdf_driver_class;

/* The driver behind a module's globals; a call before WdfDriverCreate stops the process. */
struct wdf_driver *wdf_driver_of(PWDF_DRIVER_GLOBALS globals, const void *caller);

#endif
