/* SPDX-License-Identifier: MIT */
/* Framework devices. A device is a DEVICE_OBJECT of ours: in a stack (function, filter) or alone (control). Its dispatch routine
 * (device_io.c) takes Plug and Play and power requests to the state machine (pnp.c, power.c), creates and closes to file objects, and I/O
 * to queues, which the state machine starts and stops (queue.h). */
#ifndef WDF_DEVICE_H
#define WDF_DEVICE_H

#include "engine/engine.h"
#include "nt/wait.h"
#include "wdf/device_queues.h"
#include "wdf/object.h"

struct wdf_queue;
struct wdf_request;
struct wdf_io_target;
struct wdf_file_object;
struct wdf_device;

/* ---- What a driver set before WdfDeviceCreate (device_init.c) ------------------------------------------------------ */

struct wdf_preprocess {
    PFN_WDFDEVICE_WDM_IRP_PREPROCESS routine;
    UCHAR *minors;    /* NULL: all of that major function */
    ULONG count;
};

struct WDFDEVICE_INIT {
    struct wdf_driver *driver;
    struct wdf_device *device;           /* what it became */
    DEVICE_OBJECT *pdo;                  /* NULL: a control device */
    bool control, filter, policy_owner, exclusive, pageable, inrush, has_file_config, has_request_attributes;
    WDF_PNPPOWER_EVENT_CALLBACKS pnp;
    WDF_POWER_POLICY_EVENT_CALLBACKS policy;
    WDF_DEVICE_IO_TYPE io_type, control_type;
    ULONG direct_threshold;
    ULONG device_type, characteristics;
    UNICODE_STRING name;                 /* its buffer is ours */
    WDF_FILEOBJECT_CONFIG file;
    WDF_OBJECT_ATTRIBUTES file_attributes, request_attributes;
    PFN_WDF_IO_IN_CALLER_CONTEXT in_caller_context;
    WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE release_order;
    struct wdf_preprocess preprocess[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

/* ---- The device --------------------------------------------------------------------------------------------------------- */

enum wdf_pnp_state {
    WDF_PNP_ADDED, WDF_PNP_STARTED, WDF_PNP_STOPPED, WDF_PNP_FAILED, WDF_PNP_SURPRISED, WDF_PNP_REMOVED,
};

struct wdf_device {
    struct wdf_object object;
    struct callback_lock lock;
    struct WDFDEVICE_INIT *init;         /* the settings, kept */
    DEVICE_OBJECT *wdm;
    DEVICE_OBJECT *attached;             /* next lower in the stack */
    DEVICE_OBJECT *pdo;

    struct wdf_device_io io;             /* its queues; wdf_device_io_init */
    _Atomic(struct wdf_io_target *) target; /* WdfDeviceGetIoTarget's, made when first asked for */

    struct lock files_lock;
    struct list files;                   /* struct wdf_file_object.link */
    struct lock interfaces_lock;
    struct list interfaces;              /* struct wdf_interface.link */
    struct list exposed;                 /* WdfDeviceAddQueryInterface's, under interfaces_lock */
    struct list links;                   /* symbolic links, under interfaces_lock */

    struct wdf_pnp *pnp;                 /* pnp.h; NULL: a control device, powered always */
    _Atomic bool initializing;           /* a control device before WdfControlFinishInitializing */
    _Atomic uint32_t gone;               /* it has been disposed of, its device object is deleted; a futex */
    WDF_DEVICE_STATE state;              /* WdfDeviceSetDeviceState */
    WDF_DEVICE_PNP_CAPABILITIES pnp_caps;
    WDF_DEVICE_POWER_CAPABILITIES power_caps;
};

extern const struct wdf_class wdf_device_class;

/* The framework's device of a device object, or NULL where another made it. */
struct wdf_device *wdf_device_of(const DEVICE_OBJECT *object);
/* The device at or above an object: a queue's, a timer's. NULL: below the driver alone. */
struct wdf_device *wdf_device_above(struct wdf_object *object);

/* The symbolic links of a device that goes. */
void wdf_device_links_free(struct wdf_device *device);

/* Out of the stack and away, with all that hangs below it. */
void wdf_device_delete(struct wdf_device *device);

/* AddDevice and all dispatch entries of a framework driver. */
NTSTATUS NTAPI wdf_device_add(DRIVER_OBJECT *driver, DEVICE_OBJECT *pdo);
NTSTATUS NTAPI wdf_device_dispatch(DEVICE_OBJECT *object, IRP *irp);

/* The attributes of requests that come to the device, or NULL. */
PWDF_OBJECT_ATTRIBUTES wdf_device_request_attributes(struct wdf_device *device);

/* ---- Power, for queues (power.c) ------------------------------------------------------------------------------------------ */

/* A request has reached a power-managed queue. True: the device is in D0. False: it is being brought there, and
 * wdf_device_io_start comes. Either way it does not go idle before wdf_power_release. Any level. */
bool wdf_power_acquire(struct wdf_device *device);
void wdf_power_release(struct wdf_device *device);
bool wdf_power_is_up(struct wdf_device *device);

#endif
