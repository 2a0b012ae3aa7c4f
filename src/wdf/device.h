/* SPDX-License-Identifier: MIT */
/* Framework devices. A device is a DEVICE_OBJECT of ours: in a stack (function, filter) or alone (control). Its dispatch routine
 * (device_io.c) takes Plug and Play and power requests to the state machine (pnp.c, power.c), creates and closes to file objects, and I/O
 * to queues. Queues and I/O targets register hooks, by which the state machine starts and stops them. */
#ifndef WDF_DEVICE_H
#define WDF_DEVICE_H

#include "engine/engine.h"
#include "nt/wait.h"
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

/* ---- Hooks ----------------------------------------------------------------------------------------------------------- */

enum wdf_device_event {
    WDF_DEVICE_POWER_UP,   /* in D0, behind EvtDeviceD0Entry: power-managed queues present requests, EvtIoResume for what was suspended */
    WDF_DEVICE_POWER_DOWN, /* before EvtDeviceD0Exit: power-managed queues stop; EvtIoStop (suspend); returns when all is acknowledged */
    WDF_DEVICE_REMOVING,   /* the same, on the way to removal: EvtIoStop (purge) */
    WDF_DEVICE_PURGE,      /* the device is gone: all queues are purged, targets are stopped for good */
    WDF_DEVICE_HELD,       /* stopped for rebalancing or not started yet: requests wait */
};

/* Called at PASSIVE_LEVEL, one event at a time for a device, without locks. */
struct wdf_device_hook {
    struct list link;
    void (*event)(struct wdf_device_hook *hook, enum wdf_device_event event);
    bool target;           /* I/O targets go after the queues when power goes, before them when it comes */
};

void wdf_device_hook_add(struct wdf_device *device, struct wdf_device_hook *hook);
/* Behind it no event is running or comes. Not from an event. */
void wdf_device_hook_remove(struct wdf_device *device, struct wdf_device_hook *hook);

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

    /* Queues: queue.c's. */
    struct lock queues_lock;
    struct list queues;
    struct wdf_queue *default_queue;
    struct wdf_queue *dispatch[IRP_MJ_MAXIMUM_FUNCTION + 1]; /* WdfDeviceConfigureRequestDispatching */

    _Atomic(struct wdf_io_target *) target; /* WdfDeviceGetIoTarget's, made when first asked for */

    struct lock hooks_lock;
    struct list hooks;
    struct lock files_lock;
    struct list files;                   /* struct wdf_file_object.link */
    struct lock interfaces_lock;
    struct list interfaces;              /* struct wdf_interface.link */

    struct wdf_pnp *pnp;                 /* pnp.h; NULL: a control device, powered always */
    _Atomic bool initializing;           /* a control device before WdfControlFinishInitializing */
    WDF_DEVICE_STATE state;              /* WdfDeviceSetDeviceState */
    WDF_DEVICE_PNP_CAPABILITIES pnp_caps;
    WDF_DEVICE_POWER_CAPABILITIES power_caps;
};

extern const struct wdf_class wdf_device_class;

/* The framework's device of a device object, or NULL where another made it. */
struct wdf_device *wdf_device_of(const DEVICE_OBJECT *object);
/* The device at or above an object: a queue's, a timer's. NULL: below the driver alone. */
struct wdf_device *wdf_device_above(struct wdf_object *object);

/* AddDevice and all dispatch entries of a framework driver. */
NTSTATUS NTAPI wdf_device_add(DRIVER_OBJECT *driver, DEVICE_OBJECT *pdo);
NTSTATUS NTAPI wdf_device_dispatch(DEVICE_OBJECT *object, IRP *irp);

/* ---- Power, for queues (power.c) ------------------------------------------------------------------------------------------ */

/* A request has reached a power-managed queue. True: the device is in D0. False: it is being brought there, and
 * WDF_DEVICE_POWER_UP comes. Either way it does not go idle before wdf_power_release. Any level. */
bool wdf_power_acquire(struct wdf_device *device);
void wdf_power_release(struct wdf_device *device);
bool wdf_power_is_up(struct wdf_device *device);

/* ---- Requests and queues, for the device (request.c, queue.c) ---------------------------------------------------------------- */

/* Makes the framework's request of an IRP that stands at this device, with the attributes of WdfDeviceInitSetRequestAttributes. */
NTSTATUS wdf_request_from_irp(struct wdf_device *device, IRP *irp, struct wdf_file_object *file, struct wdf_request **request)
    __attribute__((__weak__));
/* Gives it to a queue; the IRP is marked pending. From here on the queue completes it, whatever happens. */
void wdf_queue_insert(struct wdf_queue *queue, struct wdf_request *request) __attribute__((__weak__));

#endif
