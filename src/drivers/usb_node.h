/* SPDX-License-Identifier: MIT */
/* Device nodes: what the plug-and-play manager knows of each USB function, made when a device arrives: ids, interface GUIDs, the
 * names by which CreateFile reaches it, and which function driver serves it. A composite device gives a node for
 * each function (interface or association, ids with &MI_nn) besides its own. SetupDi, CM and the drivers look here. */
#ifndef DRIVERS_USB_NODE_H
#define DRIVERS_USB_NODE_H

#include "drivers/driver.h"
#include "drivers/usb_ids.h"
#include "drivers/usb_osdesc.h"
#include "usb/device.h"

enum { USB_NODE_GUIDS = 8 };

/* A name of the node: \\?\usb#vid_1209&pid_0001#serial#{guid}, registered as a named device (device.context is the node). It
 * lies in the node, so a file that was opened by it references the node until its driver's close. */
struct usb_node_interface {
    struct device device;
    struct usb_guid guid;
    struct usb_node *node;
    bool wanted;  /* its owner has it enabled; under the lock of the nodes, as the next */
    _Atomic bool enabled; /* registered: CreateFile finds it */
};

/* What the INF of its driver says of a device. */
enum usb_inf_text { USB_INF_DESCRIPTION, USB_INF_FRIENDLY_NAME, USB_INF_MANUFACTURER, USB_INF_CLASS, USB_INF_CLASS_GUID, USB_INF_TEXTS };

struct usb_node {
    struct list link;
    _Atomic uint32_t references;
    uint32_t number;                          /* unique in the process, from 2; programs know it as DEVINST */
    struct usb_device *device;                /* referenced */
    struct usb_node *parent;                  /* composite: the device's own node, referenced; else NULL */
    uint8_t first_interface, interface_count; /* what the function driver gets; a whole device: 0 and all */
    bool is_composite;                        /* its functions have nodes of their own */
    _Atomic bool gone;
    char instance_id[256];                    /* USB\VID_1209&PID_0001\SERIAL, or ...&MI_01\6&... */
    char hardware_ids[512];                   /* strings one behind the other, an empty one ends them (UTF-8) */
    char compatible_ids[512];
    char description[128];                    /* the product string, a function's own one; "" */
    char location[320];                       /* USBROOT(0)#USB(n)..., a function's with #USBMI(n) behind it */
    struct usb_guid container;
    _Atomic(const struct driver *) function_driver; /* &winusb_driver, or a driver host's; NULL: none */
    _Atomic(const char *) service;            /* "WinUSB", or the driver's; lasts for ever */
    _Atomic(const char *) inf[USB_INF_TEXTS]; /* each lasts for ever; NULL: it has none, or its driver has no INF */
    _Atomic uint32_t problem;                 /* CM_PROB_*: its driver failed, and no other gets it; 0: none */
    struct usb_node_interface interfaces[USB_NODE_GUIDS];
    _Atomic uint32_t interface_count_guid;    /* only grows */
    uint32_t restarts;                        /* one after the other, by the driver host; in its turn, as the next */
    uint64_t restarted_ns;
    struct usb_idle idle;                     /* what WinUSB does when nothing happens */
    bool wants_winusb;                        /* its descriptors or the configuration file say so */
    bool listed;                              /* under the lock of the nodes */
};

/* Loads the environment's drivers, then starts the hosts and the nodes, once; called by whoever looks for devices or opens a name
 * that may be one. Each call waits until the devices that are attached now have their nodes, and those that are gone have none (but not on the nodes' own thread, where
 * binders and watchers run). */
void usb_nodes_start(void);

/* Waits until what has arrived or gone so far is handled: nodes are made and their drivers started, watchers told. Nothing where
 * nobody has looked for devices yet. Not from what runs under a binder or watcher. */
void usb_nodes_settle(void);

/* From true to false (they nest) the calling thread does not wait for arrivals: a driver's thread, which the nodes' thread may itself
 * wait for. */
void usb_nodes_hurry(bool hurry);

/* A referenced copy of the list (usb_nodes_free), parents before functions. */
struct usb_node **usb_nodes(uint32_t *count);
void usb_nodes_free(struct usb_node **nodes, uint32_t count);
void usb_node_reference(struct usb_node *node);
void usb_node_dereference(struct usb_node *node);

/* CHANGED: got one more interface. Called on the nodes' thread (CHANGED: on any), in order, no lock held. A watcher is not
 * told of the nodes that are there already; after usb_node_unwatch `changed` does not run. */
enum usb_node_change { USB_NODE_ARRIVED, USB_NODE_CHANGED, USB_NODE_GONE };
struct usb_node_watcher {
    struct list link;
    void (*changed)(struct usb_node_watcher *watcher, enum usb_node_change change, struct usb_node *node);
};
void usb_node_watch(struct usb_node_watcher *watcher);
void usb_node_unwatch(struct usb_node_watcher *watcher);

/* The node with this number or this instance id (any case), referenced; NULL: none present. */
struct usb_node *usb_node_by_number(uint32_t number);
struct usb_node *usb_node_by_instance(const char *instance_id);
/* The node that a named device belongs to, referenced; NULL: it is no node's. */
struct usb_node *usb_node_of_device(const struct device *device);

/* A driver host asks first: which function driver a new node gets, or NULL for the default (WinUSB where the device's Microsoft OS
 * descriptors, its compatible id or the configuration file say so). Called on the nodes' thread before the node is listed; it may add
 * interfaces and set node->service. Nodes that have no function driver yet are offered to a binder that comes later. */
typedef const struct driver *usb_node_bind_fn(struct usb_node *node);
void usb_node_set_binder(usb_node_bind_fn *bind);

/* Adds a GUID (a driver's IoRegisterDeviceInterface / WdfDeviceCreateDeviceInterface); 0 or a status: STATUS_INSUFFICIENT_RESOURCES
 * when there are USB_NODE_GUIDS, STATUS_NO_SUCH_DEVICE when it is gone. Once is enough: a GUID that is there is no error. */
int32_t usb_node_add_interface(struct usb_node *node, const struct usb_guid *guid);

/* Gives a node that has no function driver to WinUSB, whatever its descriptors say. 0 or a status: STATUS_ACCESS_DENIED when another
 * driver serves it, STATUS_INVALID_DEVICE_REQUEST for a composite device's own node. */
int32_t usb_node_use_winusb(struct usb_node *node);

/* Shows an interface that was added, or hides it: CreateFile and SetupDi do not find it then. Hiding waits for opens that are under way.
 * STATUS_OBJECT_NAME_NOT_FOUND: it was never added. */
int32_t usb_node_show_interface(struct usb_node *node, const struct usb_guid *guid, bool shown);

/* A driver host takes the node for `driver` (service: its name), before it starts it, or gives it back (NULL): names that belong to no
 * driver - GUID_DEVINTERFACE_USB_DEVICE - stay, others are hidden until the driver shows them. Waits for opens that are under way. */
void usb_node_set_driver(struct usb_node *node, const struct driver *driver, const char *service);

/* drivers/winusb.c: the function driver behind WinUsb_*. open() gets the node by request->device->context. */
extern const struct driver winusb_driver;

/* GUID_DEVINTERFACE_USB_DEVICE: every device (not its functions) answers to it. */
extern const struct usb_guid usb_guid_device;

#endif
