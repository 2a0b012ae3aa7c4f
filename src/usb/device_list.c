/* SPDX-License-Identifier: MIT */
/* The list of all devices, and who is told of arrivals and departures. Events are delivered one at
 * a time, in order, under a mutex of their own; the list itself has a lock that is held only to
 * look. */
#include <errno.h>
#include <stdlib.h>

#include "base/trace.h"
#include "usb/core.h"
#include "usb/hosts.h"

static struct lock list_lock;
static struct list devices = {&devices, &devices};
static struct list watchers = {&watchers, &watchers}; /* under events */
/* Recursive: a watcher may look at the list, and stop watching, inside its call. */
static pthread_mutex_t events = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void tell(enum usb_change change, struct usb_device *device)
{
    list_for_each_safe (node, &watchers) {
        struct usb_watcher *watcher = container_of(node, struct usb_watcher, link);
        watcher->changed(watcher, change, device);
    }
}

int usb_device_arrive(struct usb_device *device)
{
    const char *reason = "";
    int error = usb_device_descriptor_parse(device->device_bytes, sizeof device->device_bytes,
                                            &device->id.descriptor, &reason);
    if (error != 0) {
        trace_note(TRACE_USB, "%s: refused: %s", device->id.path, reason);
        return error;
    }
    uint8_t packet0 = device->id.descriptor.packet0;
    device->pipes[0]->endpoint.packet = device->id.speed >= USB_SPEED_SUPER ? 512
                                        : packet0 != 0                      ? packet0
                                                                            : 8;
    pthread_mutex_lock(&events);
    usb_device_reference(device); /* the list's */
    lock_acquire(&list_lock);
    list_push_back(&devices, &device->link);
    device->listed = true;
    lock_release(&list_lock);
    TRACE(USB, usb_arrived, TRACE_POINTER(device), device->id.descriptor.vendor,
          device->id.descriptor.product, device->id.speed);
    tell(USB_ARRIVED, device);
    pthread_mutex_unlock(&events);
    return 0;
}

void usb_device_depart(struct usb_device *device)
{
    if (atomic_exchange(&device->gone, true))
        return;
    TRACE(USB, usb_gone, TRACE_POINTER(device));
    for (unsigned i = 0; i < 32; i++) {
        struct usb_pipe *pipe =
            usb_device_pipe(device, (uint8_t)((i & 15) | (i & 16 ? USB_ENDPOINT_IN : 0)));
        if (pipe != NULL)
            usb_pipe_close(pipe, -ENODEV);
    }
    pthread_mutex_lock(&events);
    lock_acquire(&list_lock);
    bool listed = device->listed;
    device->listed = false;
    if (listed)
        list_remove(&device->link);
    lock_release(&list_lock);
    if (listed) {
        tell(USB_GONE, device);
        usb_device_dereference(device);
    }
    pthread_mutex_unlock(&events);
}

void usb_watch(struct usb_watcher *watcher)
{
    usb_hosts_start();
    pthread_mutex_lock(&events);
    list_push_back(&watchers, &watcher->link);
    uint32_t count;
    struct usb_device **list = usb_list(&count);
    for (uint32_t i = 0; list != NULL && i < count; i++)
        watcher->changed(watcher, USB_ARRIVED, list[i]);
    usb_list_free(list, count);
    pthread_mutex_unlock(&events);
}

void usb_unwatch(struct usb_watcher *watcher)
{
    pthread_mutex_lock(&events);
    list_remove(&watcher->link);
    pthread_mutex_unlock(&events);
}

struct usb_device **usb_list(uint32_t *count)
{
    usb_hosts_start();
    *count = 0;
    for (uint32_t room = 16;; room *= 2) {
        struct usb_device **list = malloc(room * sizeof(struct usb_device *));
        if (list == NULL)
            return NULL;
        uint32_t found = 0;
        bool fits = true;
        lock_acquire(&list_lock);
        list_for_each (node, &devices) {
            if (found == room) {
                fits = false;
                break;
            }
            list[found] = container_of(node, struct usb_device, link);
            usb_device_reference(list[found++]);
        }
        lock_release(&list_lock);
        if (fits) {
            *count = found;
            return list;
        }
        usb_list_free(list, found);
    }
}

void usb_list_free(struct usb_device **list, uint32_t count)
{
    for (uint32_t i = 0; list != NULL && i < count; i++)
        usb_device_dereference(list[i]);
    free(list);
}
