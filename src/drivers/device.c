/* SPDX-License-Identifier: MIT */
/* The devices that have a name of their own: who registered them keeps the memory, so a look-up is
 * counted and unregistering waits for the opens that are under way. Opening is rare: one lock
 * serves. */
#include <string.h>
#include <strings.h>

#include "base/futex.h"
#include "drivers/drivers.h"
#include "drivers/usb_node.h"

static struct lock device_lock;
static struct list devices = {&devices, &devices};
static struct list device_uses = {&device_uses, &device_uses};
static _Atomic uint32_t device_releases; /* changes when a use ends */

static struct device *device_named(const char *name, size_t length)
{
    list_for_each (node, &devices) {
        struct device *device = container_of(node, struct device, link);
        if (strncasecmp(device->name, name, length) == 0 && device->name[length] == 0)
            return device;
    }
    return NULL;
}

int32_t device_register(struct device *device)
{
    size_t length = strnlen(device->name, sizeof device->name);
    if (length == 0 || length == sizeof device->name)
        return STATUS_OBJECT_NAME_INVALID;
    lock_acquire(&device_lock);
    bool taken = device_named(device->name, length) != NULL;
    if (!taken)
        list_push_back(&devices, &device->link);
    lock_release(&device_lock);
    return taken ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

static bool device_is_used(const struct device *device)
{
    list_for_each (node, &device_uses) {
        if (container_of(node, struct device_use, link)->device == device)
            return true;
    }
    return false;
}

void device_unregister(struct device *device)
{
    lock_acquire(&device_lock);
    list_remove(&device->link);
    while (device_is_used(device)) {
        uint32_t seen = atomic_load_explicit(&device_releases, memory_order_relaxed);
        lock_release(&device_lock);
        futex_wait(&device_releases, seen, FUTEX_NO_DEADLINE);
        lock_acquire(&device_lock);
    }
    lock_release(&device_lock);
}

static void (*_Atomic device_loader)(void);

void device_set_loader(void (*load)(void))
{
    atomic_store(&device_loader, load);
}

void device_load(void)
{
    void (*load)(void) = atomic_load(&device_loader);
    if (load != NULL)
        load();
}

static bool device_look(const char *name, struct device_use *use, const char **rest)
{
    size_t length = strlen(name), first = strcspn(name, "\\/");
    lock_acquire(&device_lock);
    struct device *device = device_named(name, length);
    *rest = name + length;
    if (device == NULL && first < length) {
        device = device_named(name, first);
        *rest = name + first + 1;
    }
    if (device != NULL) {
        use->device = device;
        list_push_back(&device_uses, &use->link);
    }
    lock_release(&device_lock);
    return device != NULL;
}

bool device_find(const char *name, struct device_use *use, const char **rest)
{
    device_load();
    /* A program may keep the path of a device that it has not looked for in this run; and one that was just pulled is gone. */
    if (strncasecmp(name, "usb#", 4) == 0)
        usb_nodes_start();
    return device_look(name, use, rest);
}

void device_release(struct device_use *use)
{
    lock_acquire(&device_lock);
    list_remove(&use->link);
    atomic_fetch_add_explicit(&device_releases, 1, memory_order_relaxed);
    lock_release(&device_lock);
    futex_wake(&device_releases, INT32_MAX);
}
