/* SPDX-License-Identifier: MIT */
/* Which driver gets which node, and the worker that removes devices. A node is offered on the nodes' thread, when it arrives or
 * when a driver has been loaded; the best match wins: the node's ids stand with the most special first, hardware before compatible. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/futex.h"
#include "base/trace.h"
#include "wdm/pnp.h"

/* ---- Matching --------------------------------------------------------------------------------------------------- */

/* The place of the first of the node's ids that the driver takes; `base` is added. -1: none. */
static int rank_in(const char *ids, const char *node_ids, int base)
{
    int place = base;
    for (const char *id = node_ids; *id != '\0'; id += strlen(id) + 1, place++)
        if (usb_id_list_has(ids, id))
            return place;
    return -1;
}

static int driver_rank(const struct wdm_driver *driver, const struct usb_node *node)
{
    enum { COMPATIBLE = 1000, ANY = 10000 };
    if (driver->ids == NULL || !driver->offered || driver->extension.AddDevice == NULL)
        return -1;
    int rank = rank_in(driver->ids, node->hardware_ids, 0);
    if (rank < 0)
        rank = rank_in(driver->ids, node->compatible_ids, COMPATIBLE);
    if (rank < 0 && usb_id_list_has(driver->ids, "*") && !node->is_composite)
        rank = ANY;
    return rank;
}

static struct wdm_driver *driver_for(const struct usb_node *node)
{
    struct wdm_driver *best = NULL;
    int best_rank = -1;
    lock_acquire(&wdm_lock);
    list_for_each (link, &wdm_drivers) {
        struct wdm_driver *driver = container_of(link, struct wdm_driver, link);
        int rank = driver_rank(driver, node);
        if (rank >= 0 && (best == NULL || rank < best_rank)) {
            best = driver;
            best_rank = rank;
        }
    }
    lock_release(&wdm_lock);
    return best;
}

static const struct driver *pnp_bind(struct usb_node *node)
{
    pnp_turn_take();
    struct wdm_driver *driver = atomic_load(&node->gone) ? NULL : driver_for(node);
    NTSTATUS status = driver == NULL ? STATUS_NOT_FOUND : pnp_add(driver, node);
    pnp_turn_give();
    return NT_SUCCESS(status) ? &pnp_file_driver : NULL;
}

/* ---- The worker -------------------------------------------------------------------------------------------------- */

static struct {
    struct lock lock;
    struct list queue;     /* struct pnp_device.work_link, each with a reference */
    _Atomic uint32_t bell;
    bool started;
} worker = {.queue = {&worker.queue, &worker.queue}};

static struct pnp_device *work_take(uint32_t *work)
{
    lock_acquire(&worker.lock);
    struct list *link = list_pop_front(&worker.queue);
    struct pnp_device *device = link == NULL ? NULL : container_of(link, struct pnp_device, work_link);
    if (device != NULL) {
        *work = device->work;
        device->work = 0;
    }
    lock_release(&worker.lock);
    return device;
}

static void *worker_run(void *unused)
{
    (void)unused;
    for (;;) {
        uint32_t rung = atomic_load(&worker.bell), work;
        struct pnp_device *device = work_take(&work);
        if (device == NULL) {
            futex_wait(&worker.bell, rung, FUTEX_NO_DEADLINE);
            continue;
        }
        pnp_turn_take();
        pnp_work_run(device, work);
        pnp_turn_give();
        pnp_dereference(device);
    }
    return NULL;
}

void pnp_work_queue(struct pnp_device *device, enum pnp_work work)
{
    lock_acquire(&worker.lock);
    if (device->work == 0) {
        pnp_reference(device);
        list_push_back(&worker.queue, &device->work_link);
    }
    device->work |= work;
    lock_release(&worker.lock);
    atomic_fetch_add(&worker.bell, 1);
    futex_wake(&worker.bell, 1);
}

static void node_changed(struct usb_node_watcher *watcher, enum usb_node_change change, struct usb_node *node)
{
    (void)watcher;
    if (change != USB_NODE_GONE)
        return;
    lock_acquire(&wdm_lock);
    list_for_each (link, &wdm_drivers) {
        list_for_each (device, &container_of(link, struct wdm_driver, link)->pnp_devices) {
            if (container_of(device, struct pnp_device, link)->node == node)
                pnp_work_queue(container_of(device, struct pnp_device, link), PNP_WORK_GONE);
        }
    }
    lock_release(&wdm_lock);
}

static struct usb_node_watcher watcher = {.changed = node_changed};

/* In turn. False: devices could not be removed again, so none are made. */
static bool worker_start(void)
{
    if (!worker.started) {
        worker.started = engine_thread_start("ovl-pnp", worker_run, NULL) == 0;
        if (worker.started)
            usb_node_watch(&watcher);
    }
    return worker.started;
}

/* ---- Drivers that come and go --------------------------------------------------------------------------------------- */

static _Atomic bool nodes_wanted; /* a driver waits for devices, and perhaps nobody has looked for any yet */

void pnp_driver_add(struct wdm_driver *driver)
{
    if (driver->extension.AddDevice == NULL)
        return;
    if (driver->ids == NULL || driver->ids[0] == '\0')
        trace_note(TRACE_DRIVER, "%s has AddDevice, but nothing says for which hardware ids", driver->name);
    pnp_turn_take();
    bool can = worker_start();
    driver->offered = can;
    pnp_turn_give();
    if (!can)
        return;
    usb_node_set_binder(pnp_bind); /* offers it the nodes that nobody serves */
    atomic_store(&nodes_wanted, true);
}

void pnp_nodes_start(void)
{
    if (atomic_load(&nodes_wanted) && atomic_exchange(&nodes_wanted, false))
        usb_nodes_start();
}
