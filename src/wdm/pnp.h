/* SPDX-License-Identifier: MIT */
/* The plug-and-play manager: a stack of devices for each USB node that a loaded driver takes.
 *
 *   node arrives (or driver loads) --> PDO --> AddDevice --> START_DEVICE --> QUERY_CAPABILITIES, QUERY_PNP_DEVICE_STATE --> STARTED
 *   STARTED --device gone, or PNP_DEVICE_FAILED--> SURPRISE_REMOVAL --> SURPRISED --last file closed--> REMOVE_DEVICE --> PDO deleted
 *   STARTED --driver unloads, no file open--> QUERY_REMOVE_DEVICE --> REMOVE_DEVICE --> PDO deleted
 *   a restart was asked for: PDO deleted --> a new PDO, from the beginning; at most five times one after the other
 *
 * AddDevice or START_DEVICE fails: REMOVE_DEVICE, the node has a problem and no driver. One thing at a time for all devices (the
 * turn, a sleeping lock like Windows' device tree lock): devices are added on the nodes' thread, removed on a worker, unloaded on the
 * thread that unloads. */
#ifndef WDM_PNP_H
#define WDM_PNP_H

#include "drivers/usb_node.h"
#include "wdm/wdm_host.h"

enum pnp_state { PNP_ADDING, PNP_STARTED, PNP_SURPRISED, PNP_REMOVED };

/* CM_PROB_*: why a node has no driver. */
enum pnp_problem { PNP_PROBLEM_FAILED_START = 10, PNP_PROBLEM_FAILED_ADD = 31, PNP_PROBLEM_DEVICE_FAILED = 43 };

/* What a driver registered of its device. */
struct pnp_interface {
    struct list link;
    struct usb_guid guid;
    bool enabled;
};

struct pnp_device {
    _Atomic uint32_t references;
    struct list link;           /* struct wdm_driver.pnp_devices, under wdm_lock */
    struct wdm_driver *driver;
    struct usb_node *node;      /* referenced */
    DEVICE_OBJECT *pdo;
    _Atomic uint8_t state;      /* enum pnp_state; changed in turn */
    _Atomic bool restarts;      /* once it is removed, the node gets a new one */
    struct list interfaces;     /* struct pnp_interface.link, under wdm_lock */
    struct list properties;     /* what drivers assigned: pnp_property_data.c; under wdm_lock */
    struct list work_link;      /* the worker's queue */
    uint32_t work;              /* what it is to look at: enum pnp_work, under the queue's lock */
};

/* Opens a device interface: request->device->context is the node. */
extern const struct driver pnp_file_driver;

void pnp_reference(struct pnp_device *device);
void pnp_dereference(struct pnp_device *device);
/* The device of a PDO, or NULL. Valid as long as the PDO. */
struct pnp_device *pnp_device_of(DEVICE_OBJECT *pdo);

void pnp_turn_take(void);
void pnp_turn_give(void);

/* In turn. Makes the stack and starts it; a status that is no success leaves nothing but the node's problem. */
NTSTATUS pnp_add(struct wdm_driver *driver, struct usb_node *node);
/* The device is removed, as by surprise, and added anew, by any thread at any level. */
void pnp_restart(struct pnp_device *device);
/* What pnp_restart would do, once something else removes the device. */
void pnp_restart_want(DEVICE_OBJECT *pdo, bool wanted);
/* In turn: removes all devices of the driver, or none: STATUS_DEVICE_BUSY, or what QUERY_REMOVE_DEVICE gave. */
NTSTATUS pnp_remove_all(struct wdm_driver *driver);

/* Work for the worker, by any thread at any level. */
enum pnp_work { PNP_WORK_GONE = 1, PNP_WORK_CLOSED = 2, PNP_WORK_STATE = 4, PNP_WORK_RESTART = 8 };
void pnp_work_queue(struct pnp_device *device, enum pnp_work work);
/* What the worker calls, in turn. */
void pnp_work_run(struct pnp_device *device, uint32_t work);

/* The device is started: interfaces that were enabled meanwhile are shown (pnp_interface.c). */
void pnp_interfaces_show(struct pnp_device *device);
void pnp_interfaces_free(struct pnp_device *device);
void pnp_properties_free(struct pnp_device *device);
/* IoSetDeviceInterfacePropertyData for who knows the device and the class and not the name. */
NTSTATUS pnp_interface_property_set(DEVICE_OBJECT *pdo, const GUID *class, const DEVPROPKEY *key, LCID lcid, DEVPROPTYPE type, ULONG size,
                                    const void *data);
/* The device that a symbolic link of an interface belongs to, referenced, and the interface's class; or NULL. */
struct pnp_device *pnp_link_device(const UNICODE_STRING *name, struct usb_guid *guid);

/* Drivers that devices are offered to (pnp_driver.c): once its DriverEntry has succeeded. */
void pnp_driver_add(struct wdm_driver *driver);
/* After loading: devices that are plugged in come now, whether a program looks for them or not. Not while the environment's drivers
 * are being loaded. */
void pnp_nodes_start(void);

#endif
