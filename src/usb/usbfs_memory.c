/* SPDX-License-Identifier: MIT */
/* The memory that the kernel has for the transfers of all programs (usbfs_memory_mb). We keep our own account, so that a transfer that would
 * be refused waits here, and the next that ends wakes who waits: no error is shown and nothing is tried again and again. Only what other
 * programs take is not seen; for that the devices have a timer. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/futex.h"
#include "usb/usbfs.h"

#define LIMIT_FILE "/sys/module/usbcore/parameters/usbfs_memory_mb"
enum { LIMIT_DEFAULT_MB = 16 };

static struct {
    struct lock lock;    /* after a device's */
    uint64_t limit, used;
    struct list waiters; /* struct usbfs_device.memory_link */
} memory = {.waiters = {&memory.waiters, &memory.waiters}};

void usbfs_memory_start(const char *file)
{
    char text[32] = "";
    int fd = open(file != NULL ? file : LIMIT_FILE, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    uint64_t megabytes = length > 0 ? strtoull(text, NULL, 10) : LIMIT_DEFAULT_MB;
    lock_acquire(&memory.lock);
    memory.limit = megabytes == 0 ? UINT64_MAX : megabytes << 20; /* 0: the kernel sets no limit */
    lock_release(&memory.lock);
}

bool usbfs_memory_fits(uint64_t bytes)
{
    lock_acquire(&memory.lock);
    bool fits = bytes <= memory.limit;
    lock_release(&memory.lock);
    return fits;
}

bool usbfs_memory_take(struct usbfs_device *usbfs, uint64_t bytes)
{
    lock_acquire(&memory.lock);
    bool taken = memory.used + bytes <= memory.limit;
    if (taken)
        memory.used += bytes;
    else if (usbfs != NULL && list_empty(&usbfs->memory_link))
        list_push_back(&memory.waiters, &usbfs->memory_link);
    lock_release(&memory.lock);
    return taken;
}

void usbfs_memory_give(uint64_t bytes)
{
    lock_acquire(&memory.lock);
    memory.used -= bytes;
    for (struct list *node; (node = list_pop_front(&memory.waiters)) != NULL;) {
        list_init(node);
        /* Its own thread tries: a timer that is due. Without memory for that its next completion does. */
        engine_timer_set(&container_of(node, struct usbfs_device, memory_link)->retry, clock_now_ns());
    }
    lock_release(&memory.lock);
}

void usbfs_memory_forget(struct usbfs_device *usbfs)
{
    lock_acquire(&memory.lock);
    if (!list_empty(&usbfs->memory_link))
        list_remove(&usbfs->memory_link);
    list_init(&usbfs->memory_link);
    lock_release(&memory.lock);
}
