/* SPDX-License-Identifier: MIT */
/* The list of device nodes and its life. Arrivals and departures of USB devices (usb_watch) are
 * queued and handled in order on one library thread, because making a node asks the device and
 * because drivers run there. A node that goes leaves the list and gives its names back; files that
 * are open on it keep it, and get errors from its device. */
#include "drivers/usb_node.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/futex.h"
#include "base/trace.h"
#include "drivers/drivers.h"
#include "drivers/usb_node_make.h"

/* Not there in programs that link the drivers without it (unit tests). */
extern const struct driver winusb_driver __attribute__((weak));

struct node_event {
    struct list link;
    enum usb_change change;
    struct usb_device *device; /* NULL: there is a new binder */
};

static struct lock nodes_lock; /* guards nodes, the interfaces' registration, the queue */
static struct list nodes = {&nodes, &nodes};
static struct list queue = {&queue, &queue};
static _Atomic uint32_t queued, handled; /* events, since the start */

static struct list watchers = {&watchers, &watchers}; /* under telling */
/* Recursive: a watcher may stop watching inside its call. */
static pthread_mutex_t telling = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static _Atomic(usb_node_bind_fn *) binder;
static __thread bool is_node_thread;
static __thread uint32_t hurries; /* usb_nodes_hurry */
static _Atomic bool started;

/* ---- References, looking
 * ---------------------------------------------------------------------------------------------- */

void usb_node_reference(struct usb_node *node)
{
    atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
}

void usb_node_dereference(struct usb_node *node)
{
    if (atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel) != 1)
        return;
    if (node->parent != NULL)
        usb_node_dereference(node->parent);
    usb_device_dereference(node->device);
    free(node);
}

struct usb_node **usb_nodes(uint32_t *count)
{
    uint32_t found = 0;
    usb_nodes_start();
    lock_acquire(&nodes_lock);
    list_for_each (link, &nodes)
        found++;
    struct usb_node **copy = malloc((found + 1) * sizeof(struct usb_node *));
    *count = copy == NULL ? 0 : found;
    found = 0;
    if (copy != NULL) {
        list_for_each (link, &nodes) {
            copy[found] = container_of(link, struct usb_node, link);
            usb_node_reference(copy[found++]);
        }
    }
    lock_release(&nodes_lock);
    return copy;
}

void usb_nodes_free(struct usb_node **list, uint32_t count)
{
    for (uint32_t i = 0; list != NULL && i < count; i++)
        usb_node_dereference(list[i]);
    free(list);
}

static bool node_has_device(const struct usb_node *node, const struct device *device)
{
    for (uint32_t i = 0; i < USB_NODE_GUIDS; i++)
        if (&node->interfaces[i].device == device)
            return true;
    return false;
}

static struct usb_node *node_found(uint32_t number, const char *instance_id,
                                   const struct device *device)
{
    struct usb_node *found = NULL;
    lock_acquire(&nodes_lock);
    list_for_each (link, &nodes) {
        struct usb_node *node = container_of(link, struct usb_node, link);
        bool matches = instance_id != NULL ? strcasecmp(node->instance_id, instance_id) == 0
                       : device != NULL    ? node_has_device(node, device)
                                           : node->number == number;
        if (matches) {
            usb_node_reference(node);
            found = node;
            break;
        }
    }
    lock_release(&nodes_lock);
    return found;
}

struct usb_node *usb_node_by_number(uint32_t number)
{
    return node_found(number, NULL, NULL);
}

struct usb_node *usb_node_by_instance(const char *instance_id)
{
    return node_found(0, instance_id, NULL);
}

struct usb_node *usb_node_of_device(const struct device *device)
{
    return device == NULL ? NULL : node_found(0, NULL, device);
}

/* ---- Watchers
 * ------------------------------------------------------------------------------------------------------------
 */

void usb_node_watch(struct usb_node_watcher *watcher)
{
    pthread_mutex_lock(&telling);
    list_push_back(&watchers, &watcher->link);
    pthread_mutex_unlock(&telling);
}

void usb_node_unwatch(struct usb_node_watcher *watcher)
{
    pthread_mutex_lock(&telling);
    list_remove(&watcher->link);
    pthread_mutex_unlock(&telling);
}

static void watchers_tell(enum usb_node_change change, struct usb_node *node)
{
    pthread_mutex_lock(&telling);
    list_for_each_safe (link, &watchers) {
        struct usb_node_watcher *watcher = container_of(link, struct usb_node_watcher, link);
        watcher->changed(watcher, change, node);
    }
    pthread_mutex_unlock(&telling);
}

/* ---- Interfaces
 * ------------------------------------------------------------------------------------------------------------
 */

/* Registers those names that are not; true: there was one. Under the lock of the nodes. */
static bool interfaces_register(struct usb_node *node)
{
    bool any = false;
    for (uint32_t i = 0; i < atomic_load(&node->interface_count_guid); i++) {
        struct usb_node_interface *interface = &node->interfaces[i];
        if (interface->enabled || !interface->wanted)
            continue;
        interface->device.driver = node->function_driver;
        interface->device.context = node;
        if (!usb_interface_name(node->instance_id, &interface->guid, interface->device.name,
                                sizeof interface->device.name) ||
            device_register(&interface->device) != STATUS_SUCCESS) {
            trace_note(TRACE_DRIVER, "%s: the name of an interface cannot be registered",
                       node->instance_id);
            continue;
        }
        interface->enabled = true;
        any = true;
    }
    return any;
}

/* Waits for opens that are under way, so not under the lock. */
static void interfaces_unregister(struct usb_node *node)
{
    for (uint32_t i = 0; i < USB_NODE_GUIDS; i++) {
        lock_acquire(&nodes_lock);
        bool was = node->interfaces[i].enabled;
        node->interfaces[i].enabled = false;
        lock_release(&nodes_lock);
        if (was)
            device_unregister(&node->interfaces[i].device);
    }
}

/* With the lock held. */
static struct usb_node_interface *interface_find(struct usb_node *node, const struct usb_guid *guid)
{
    uint32_t count = atomic_load(&node->interface_count_guid);
    for (uint32_t i = 0; i < count; i++)
        if (usb_guid_equal(&node->interfaces[i].guid, guid))
            return &node->interfaces[i];
    return NULL;
}

int32_t usb_node_add_interface(struct usb_node *node, const struct usb_guid *guid)
{
    int32_t status = STATUS_SUCCESS;
    bool told = false;
    lock_acquire(&nodes_lock);
    uint32_t count = atomic_load(&node->interface_count_guid);
    struct usb_node_interface *interface = interface_find(node, guid);
    if (atomic_load(&node->gone)) {
        status = STATUS_NO_SUCH_DEVICE;
    } else if (interface == NULL && count == USB_NODE_GUIDS) {
        status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        if (interface == NULL) {
            interface = &node->interfaces[count];
            interface->guid = *guid;
            interface->node = node;
            atomic_store(&node->interface_count_guid, count + 1);
        }
        interface->wanted = true;
        told = node->listed && interfaces_register(node);
    }
    lock_release(&nodes_lock);
    if (told)
        watchers_tell(USB_NODE_CHANGED, node);
    return status;
}

/* Hides it and takes its name back; without the lock. */
static void interface_hide(struct usb_node_interface *interface)
{
    lock_acquire(&nodes_lock);
    bool was = interface->enabled;
    interface->wanted = false;
    interface->enabled = false;
    lock_release(&nodes_lock);
    if (was)
        device_unregister(&interface->device);
}

int32_t usb_node_show_interface(struct usb_node *node, const struct usb_guid *guid, bool shown)
{
    if (shown)
        return usb_node_add_interface(node, guid);
    lock_acquire(&nodes_lock);
    struct usb_node_interface *interface = interface_find(node, guid);
    lock_release(&nodes_lock);
    if (interface == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    interface_hide(interface);
    watchers_tell(USB_NODE_CHANGED, node);
    return STATUS_SUCCESS;
}

void usb_node_set_driver(struct usb_node *node, const struct driver *driver, const char *service)
{
    for (uint32_t i = 0; i < atomic_load(&node->interface_count_guid); i++)
        if (!usb_guid_equal(&node->interfaces[i].guid, &usb_guid_device))
            interface_hide(&node->interfaces[i]);
    interfaces_unregister(node);
    lock_acquire(&nodes_lock);
    atomic_store(&node->function_driver, driver);
    atomic_store(&node->service, service);
    bool listed = node->listed;
    if (listed)
        interfaces_register(node);
    lock_release(&nodes_lock);
    if (listed)
        watchers_tell(USB_NODE_CHANGED, node);
}

/* ---- Arrival and departure
 * -----------------------------------------------------------------------------------------------
 */

/* Which driver serves it: a driver host's, or WinUSB; a composite device's own node has none. */
static void node_bind(struct usb_node *node)
{
    usb_node_bind_fn *bind = atomic_load(&binder);
    if (bind != NULL)
        node->function_driver = bind(node);
    if (node->problem != 0) {
        node->function_driver = NULL;
    } else if (node->function_driver != NULL) {
        node->is_composite = false;
        if (node->service == NULL)
            node->service = node->function_driver->name;
    } else if (node->is_composite) {
        node->service = "usbccgp";
    } else if (node->wants_winusb && &winusb_driver != NULL) {
        node->function_driver = &winusb_driver;
        node->service = "WinUSB";
    }
}

static void node_publish(struct usb_node *node)
{
    lock_acquire(&nodes_lock);
    list_push_back(&nodes, &node->link); /* the list has the reference it was made with */
    node->listed = true;
    interfaces_register(node);
    lock_release(&nodes_lock);
    trace_note(TRACE_DRIVER, "node %s: %s", node->instance_id,
               node->service == NULL ? "no driver" : node->service);
    watchers_tell(USB_NODE_ARRIVED, node);
}

static void device_arrived(struct usb_device *device)
{
    struct usb_shape *shape = malloc(sizeof *shape);
    struct usb_node *node = NULL;
    if (shape != NULL) {
        usb_shape_read(device, shape);
        node = usb_node_make(device, shape, NULL, 0);
    }
    if (node == NULL) {
        trace_note(TRACE_DRIVER, "%s: no memory for its node", device->id.path);
        free(shape);
        return;
    }
    node_bind(node);
    device->owner_tag = node;
    node_publish(node);
    for (uint32_t i = 0; node->is_composite && i < shape->function_count; i++) {
        struct usb_node *function = usb_node_make(device, shape, node, i);
        if (function == NULL)
            break;
        node_bind(function);
        node_publish(function);
    }
    free(shape);
}

/* The newest node of that device, taken from the list with the list's reference; functions go
 * before their parent. */
static struct usb_node *node_take(struct usb_device *device)
{
    struct usb_node *found = NULL;
    lock_acquire(&nodes_lock);
    list_for_each (link, &nodes) {
        struct usb_node *node = container_of(link, struct usb_node, link);
        if (node->device == device)
            found = node;
    }
    if (found != NULL) {
        list_remove(&found->link);
        found->listed = false;
        atomic_store(&found->gone, true);
    }
    lock_release(&nodes_lock);
    return found;
}

static void device_gone(struct usb_device *device)
{
    struct usb_node *node;
    while ((node = node_take(device)) != NULL) {
        interfaces_unregister(node);
        trace_note(TRACE_DRIVER, "node %s is gone", node->instance_id);
        watchers_tell(USB_NODE_GONE, node);
        usb_node_dereference(node);
    }
    device->owner_tag = NULL;
}

/* Gives a node that nobody serves to a driver: its names are registered anew, with that. false:
 * somebody was faster. */
static bool node_rebind(struct usb_node *node, const struct driver *driver)
{
    static pthread_mutex_t rebinding = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&rebinding);
    bool is_free = node->function_driver == NULL && !atomic_load(&node->gone);
    if (is_free) {
        interfaces_unregister(node);
        lock_acquire(&nodes_lock);
        node->function_driver = driver;
        if (node->service == NULL)
            node->service = driver == &winusb_driver ? "WinUSB" : driver->name;
        if (node->listed)
            interfaces_register(node);
        lock_release(&nodes_lock);
    }
    pthread_mutex_unlock(&rebinding);
    return is_free;
}

int32_t usb_node_use_winusb(struct usb_node *node)
{
    if (node->is_composite || &winusb_driver == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (node->function_driver == NULL && node_rebind(node, &winusb_driver))
        watchers_tell(USB_NODE_CHANGED, node);
    if (atomic_load(&node->gone))
        return STATUS_NO_SUCH_DEVICE;
    return node->function_driver == &winusb_driver ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* WinUSB took it for want of another driver, and nobody uses it. */
static bool node_is_spare(struct usb_node *node)
{
    if (&winusb_driver == NULL || atomic_load(&node->function_driver) != &winusb_driver)
        return false;
    pthread_mutex_lock(&node->device->turn);
    bool unused = node->device->opens == 0;
    pthread_mutex_unlock(&node->device->turn);
    return unused;
}

/* Nodes that nobody serves, or only WinUSB and nobody uses, are offered to a binder that came later. */
static void nodes_offer(void)
{
    uint32_t count;
    struct usb_node **list = usb_nodes(&count);
    for (uint32_t i = 0; i < count; i++) {
        struct usb_node *node = list[i];
        usb_node_bind_fn *bind = atomic_load(&binder);
        bool is_free = !node->is_composite &&
                       (atomic_load(&node->function_driver) == NULL || node_is_spare(node));
        const struct driver *driver = is_free && bind != NULL ? bind(node) : NULL;
        if (driver == NULL)
            continue;
        if (!node_rebind(node, driver))
            continue;
        watchers_tell(USB_NODE_CHANGED, node);
    }
    usb_nodes_free(list, count);
}

/* ---- The thread
 * ------------------------------------------------------------------------------------------------------------
 */

static struct node_event *event_next(void)
{
    lock_acquire(&nodes_lock);
    struct list *link = list_pop_front(&queue);
    lock_release(&nodes_lock);
    return link == NULL ? NULL : container_of(link, struct node_event, link);
}

static void *nodes_run(void *unused)
{
    is_node_thread = true;
    for (;;) {
        uint32_t seen = atomic_load(&queued);
        struct node_event *event = event_next();
        if (event == NULL) {
            futex_wait(&queued, seen, FUTEX_NO_DEADLINE);
            continue;
        }
        if (event->device == NULL)
            nodes_offer();
        else if (event->change == USB_ARRIVED)
            device_arrived(event->device);
        else
            device_gone(event->device);
        if (event->device != NULL)
            usb_device_dereference(event->device);
        free(event);
        atomic_fetch_add(&handled, 1);
        futex_wake(&handled, INT32_MAX);
    }
    return NULL;
}

static bool event_add(enum usb_change change, struct usb_device *device)
{
    struct node_event *event = malloc(sizeof *event);
    if (event == NULL) {
        trace_note(TRACE_DRIVER, "%s: no memory to hear of it",
                   device == NULL ? "a driver" : device->id.path);
        return false;
    }
    *event = (struct node_event){.change = change, .device = device};
    if (device != NULL)
        usb_device_reference(device);
    lock_acquire(&nodes_lock);
    list_push_back(&queue, &event->link);
    atomic_fetch_add(&queued, 1);
    lock_release(&nodes_lock);
    futex_wake(&queued, 1);
    return true;
}

/* Until what is queued now has been handled. */
static void events_wait(void)
{
    uint32_t target = atomic_load(&queued), now;
    while ((int32_t)((now = atomic_load(&handled)) - target) < 0)
        futex_wait(&handled, now, FUTEX_NO_DEADLINE);
}

/* The core's watcher: on any thread, and not for long. */
static void device_changed(struct usb_watcher *watcher, enum usb_change change,
                           struct usb_device *device)
{
    event_add(change, device);
}

static struct usb_watcher device_watcher = {.changed = device_changed};

static void nodes_begin(void)
{
    int error = engine_thread_start("ovl-nodes", nodes_run, NULL);
    if (error != 0) {
        trace_note(TRACE_DRIVER, "no thread for device nodes: %s", strerror(-error));
        return;
    }
    usb_watch(&device_watcher);
    atomic_store(&started, true);
    events_wait();
}

void usb_nodes_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (is_node_thread)
        return;
    device_load();
    pthread_once(&once, nodes_begin);
    if (atomic_load(&started) && hurries == 0)
        events_wait(); /* what has arrived or gone by now is known to who asks next */
}

void usb_nodes_settle(void)
{
    if (atomic_load(&started) && !is_node_thread && hurries == 0)
        events_wait();
}

void usb_nodes_hurry(bool hurry)
{
    hurries += hurry ? 1 : (uint32_t)-1;
}

void usb_node_set_binder(usb_node_bind_fn *bind)
{
    atomic_store(&binder, bind);
    if (bind != NULL && atomic_load(&started) && event_add(USB_ARRIVED, NULL) && !is_node_thread)
        events_wait();
}
