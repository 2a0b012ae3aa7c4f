/* SPDX-License-Identifier: MIT */
/* The usbfs host: the machine's own devices by the kernel's device nodes, without another library between. Devices come from sysfs and
 * netlink; a node is opened with the device's first user. What happens to URBs is in usbfs_urb.c. */
#include "usb/usbfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/trace.h"
#include "usb/hosts.h"

#define SYSFS_ROOT "/sys/bus/usb/devices"

static struct {
    pthread_mutex_t mutex; /* guards the list; held while a device arrives, never while URBs end */
    struct list devices;
    bool started, detach;
} hosts = {.mutex = PTHREAD_MUTEX_INITIALIZER, .devices = {&hosts.devices, &hosts.devices}};

int usbfs_ioctl(int fd, unsigned long request, void *argument)
{
    int result;
    do
        result = ioctl(fd, request, argument);
    while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : result;
}

static struct usbfs_device *usbfs_of(struct usb_device *device)
{
    return device->host_data;
}

/* ---- Opening ---------------------------------------------------------------------------------------------------- */

static void explain_denied(const struct usb_device *device, const char *node)
{
    const struct usb_device_descriptor *it = &device->id.descriptor;
    trace_note(TRACE_USB, "%s: no permission for %s. A file /etc/udev/rules.d/70-%04x-%04x.rules with the line"
               " SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", TAG+=\"uaccess\" gives it to who is logged in"
               " (then plug the device in again)", device->id.path, node, it->vendor, it->product, it->vendor, it->product);
}

static int host_open(struct usb_device *device)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    if (engine_is_dead())
        return -EOWNERDEAD;
    char node[64];
    snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", device->id.bus, device->id.address);
    int fd;
    do
        fd = open(node, O_RDWR | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        int error = -errno;
        if (error == -EACCES || error == -EPERM)
            explain_denied(device, node);
        return error == -ENOENT ? -ENODEV : error;
    }
    __u32 capabilities = 0;
    if (usbfs_ioctl(fd, USBDEVFS_GET_CAPABILITIES, &capabilities) < 0)
        capabilities = 0; /* kernels before 3.6 */
    usbfs->capabilities = capabilities;
    lock_acquire(&usbfs->lock);
    usbfs->fd = fd;
    usbfs->closing = false;
    lock_release(&usbfs->lock);
    engine_source_init(&usbfs->source, fd);
    int error = engine_source_register(&usbfs->source);
    if (error != 0) {
        usbfs->fd = -1;
        close(fd);
        return error;
    }
    usbfs->reap = (struct engine_op){.attempt = usbfs_reap_attempt, .done = usbfs_reap_done};
    atomic_store(&usbfs->reaping, 1);
    usb_device_reference(device); /* the operation's */
    engine_source_submit(&usbfs->source, ENGINE_OUT, &usbfs->reap);
    return 0;
}

static void host_close(struct usb_device *device)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    if (engine_is_dead()) {
        close(usbfs->fd);
        return;
    }
    lock_acquire(&usbfs->lock);
    usbfs->closing = true;
    lock_release(&usbfs->lock);
    if (atomic_load(&usbfs->reaping) != 0 && engine_source_cancel(&usbfs->source, &usbfs->reap)) {
        atomic_store(&usbfs->reaping, 0);
        usb_device_dereference(device);
    }
    while (atomic_load(&usbfs->reaping) != 0)
        futex_wait(&usbfs->reaping, 1, FUTEX_NO_DEADLINE);
    usbfs_memory_forget(usbfs);
    if (!engine_timer_cancel(&usbfs->retry))
        engine_timer_drain(&usbfs->retry);
    engine_source_close(&usbfs->source);
    lock_acquire(&usbfs->lock);
    int fd = usbfs->fd;
    usbfs->fd = -1;
    lock_release(&usbfs->lock);
    close(fd);
}

/* ---- Interfaces and settings ---------------------------------------------------------------------------------------- */

static bool has_kernel_driver(int fd, uint8_t interface, char *driver, size_t size)
{
    struct usbdevfs_getdriver get = {.interface = interface};
    if (usbfs_ioctl(fd, USBDEVFS_GETDRIVER, &get) < 0 || strcmp(get.driver, "usbfs") == 0)
        return false;
    snprintf(driver, size, "%s", get.driver);
    return true;
}

static int claim_detached(int fd, uint8_t interface)
{
    struct usbdevfs_disconnect_claim claim = {.interface = interface, .flags = USBDEVFS_DISCONNECT_CLAIM_EXCEPT_DRIVER, .driver = "usbfs"};
    int error = usbfs_ioctl(fd, USBDEVFS_DISCONNECT_CLAIM, &claim);
    if (error != -ENOTTY)
        return error;
    struct usbdevfs_ioctl command = {.ifno = interface, .ioctl_code = USBDEVFS_DISCONNECT}; /* kernels before 3.7 */
    unsigned number = interface;
    error = usbfs_ioctl(fd, USBDEVFS_IOCTL, &command);
    return error < 0 ? error : usbfs_ioctl(fd, USBDEVFS_CLAIMINTERFACE, &number);
}

static int host_claim(struct usb_device *device, uint8_t interface)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    unsigned number = interface;
    char driver[USBDEVFS_MAXDRIVERNAME + 1];
    bool taken = has_kernel_driver(usbfs->fd, interface, driver, sizeof driver);
    int error = taken && usbfs->detach ? claim_detached(usbfs->fd, interface) : usbfs_ioctl(usbfs->fd, USBDEVFS_CLAIMINTERFACE, &number);
    if (error >= 0 && taken)
        usbfs->detached |= 1u << interface;
    if (error == -EBUSY)
        trace_note(TRACE_USB, "%s: interface %u belongs to %s%s", device->id.path, number, taken ? driver : "another program",
                   taken ? "; usbfs,detach in OVERLAPPED_USB consents to taking it" : "");
    return error < 0 ? error : 0;
}

static void host_release(struct usb_device *device, uint8_t interface)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    unsigned number = interface;
    usbfs_ioctl(usbfs->fd, USBDEVFS_RELEASEINTERFACE, &number); /* fails where the device is gone */
    if (!(usbfs->detached & 1u << interface))
        return;
    usbfs->detached &= ~(1u << interface);
    struct usbdevfs_ioctl command = {.ifno = interface, .ioctl_code = USBDEVFS_CONNECT};
    int error = usbfs_ioctl(usbfs->fd, USBDEVFS_IOCTL, &command);
    if (error < 0 && error != -ENODEV)
        trace_note(TRACE_USB, "%s: interface %u was not taken back by its driver: %s", device->id.path, number, strerror(-error));
}

static int host_read_config(struct usb_device *device, void *buffer, uint32_t length)
{
    return usbfs_sysfs_config(SYSFS_ROOT, usbfs_of(device)->name, buffer, length);
}

static int host_set_configuration(struct usb_device *device, uint8_t value)
{
    int number = value == 0 ? -1 : value;
    int error = usbfs_ioctl(usbfs_of(device)->fd, USBDEVFS_SETCONFIGURATION, &number);
    return error < 0 ? error : 0;
}

static int host_set_interface(struct usb_device *device, const struct usb_alternate *alternate)
{
    struct usbdevfs_setinterface set = {.interface = alternate->interface, .altsetting = alternate->setting};
    int error = usbfs_ioctl(usbfs_of(device)->fd, USBDEVFS_SETINTERFACE, &set);
    return error < 0 ? error : 0;
}

static int host_clear_halt(struct usb_device *device, struct usb_pipe *pipe)
{
    unsigned endpoint = pipe->endpoint.address;
    int error = usbfs_ioctl(usbfs_of(device)->fd, USBDEVFS_CLEAR_HALT, &endpoint);
    return error < 0 ? error : 0;
}

static int host_reset(struct usb_device *device)
{
    int error = usbfs_ioctl(usbfs_of(device)->fd, USBDEVFS_RESET, NULL);
    return error < 0 ? error : 0;
}

/* ---- Pipes and streams ------------------------------------------------------------------------------------------------- */

static void host_pipe_opened(struct usb_device *device, struct usb_pipe *pipe)
{
    (void)device;
    if (pipe->endpoint.type == USB_ISOCH)
        pipe->host = calloc(1, sizeof(struct usbfs_pipe)); /* without it submits are refused with -ENOMEM */
}

static void host_pipe_closed(struct usb_device *device, struct usb_pipe *pipe)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    lock_acquire(&usbfs->lock);
    void *stream = pipe->host;
    pipe->host = NULL;
    lock_release(&usbfs->lock);
    free(stream);
}

/* One endpoint's; the kernel's structure ends with the list of them. */
static int streams_ioctl(struct usbfs_device *usbfs, unsigned long request, uint32_t count, uint8_t endpoint)
{
    _Alignas(struct usbdevfs_streams) unsigned char bytes[sizeof(struct usbdevfs_streams) + 1] = {0};
    struct usbdevfs_streams *streams = (void *)bytes;
    streams->num_streams = count;
    streams->num_eps = 1;
    bytes[sizeof *streams] = endpoint;
    return usbfs_ioctl(usbfs->fd, request, streams);
}

static int host_open_streams(struct usb_device *device, struct usb_pipe *pipe, uint16_t count)
{
    /* The kernel wants two or more. What is below one is a controller without streams: -EINVAL, or 0 from a virtual one. */
    int got = streams_ioctl(usbfs_of(device), USBDEVFS_ALLOC_STREAMS, count < 2 ? 2 : count, pipe->endpoint.address);
    return got == -ENODEV || got == -ENOMEM ? got : got < 1 ? -EOPNOTSUPP : got;
}

static int host_close_streams(struct usb_device *device, struct usb_pipe *pipe)
{
    int error = streams_ioctl(usbfs_of(device), USBDEVFS_FREE_STREAMS, 0, pipe->endpoint.address);
    return error < 0 ? error : 0;
}

/* ---- Zero copy ------------------------------------------------------------------------------------------------------------ */

/* The kernel itself recognises buffers that lie in memory mapped from the descriptor they are submitted to. */
static void *host_allocate(struct usb_device *device, uint32_t length)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    struct usbfs_region *region = malloc(sizeof *region);
    lock_acquire(&usbfs->lock);
    void *memory = MAP_FAILED;
    if (region != NULL && usbfs->fd >= 0 && (usbfs->capabilities & USBDEVFS_CAP_MMAP) && length != 0 && usbfs_memory_take(NULL, length)) {
        memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, usbfs->fd, 0);
        if (memory == MAP_FAILED)
            usbfs_memory_give(length);
    }
    if (memory != MAP_FAILED) {
        *region = (struct usbfs_region){.memory = memory, .length = length};
        list_push_back(&usbfs->regions, &region->link);
    }
    lock_release(&usbfs->lock);
    if (memory != MAP_FAILED)
        return memory;
    free(region);
    return malloc(length); /* the kernel's limit is used up: plain memory does as well */
}

static void host_free(struct usb_device *device, void *memory, uint32_t length)
{
    (void)length;
    struct usbfs_device *usbfs = usbfs_of(device);
    struct usbfs_region *found = NULL;
    lock_acquire(&usbfs->lock);
    list_for_each (node, &usbfs->regions) {
        struct usbfs_region *region = container_of(node, struct usbfs_region, link);
        if (region->memory == memory) {
            list_remove(node);
            found = region;
            break;
        }
    }
    lock_release(&usbfs->lock);
    if (found == NULL) {
        free(memory);
        return;
    }
    munmap(found->memory, found->length);
    usbfs_memory_give(found->length);
    free(found);
}

static void host_forget(struct usb_device *device)
{
    struct usbfs_device *usbfs = usbfs_of(device);
    for (unsigned i = 0; i < 32; i++)
        if (device->pipes[i] != NULL)
            free(device->pipes[i]->host);
    for (struct list *node; (node = list_pop_front(&usbfs->regions)) != NULL;)
        free(container_of(node, struct usbfs_region, link)); /* the memory stays: its user may still read it */
    free(usbfs);
}

static const struct usb_host usbfs_host = {
    .name = "usbfs",
    .limits = {.depth = 16, .iso_lead = 2, .control_bytes = 65536, .bulk_bytes = 4 << 20, .interrupt_bytes = 65536, .iso_packets = 8192,
               .iso_at_once = true},
    .open = host_open, .close = host_close, .submit = usbfs_submit, .cancel = usbfs_cancel, .read_config = host_read_config,
    .claim = host_claim, .release = host_release, .set_configuration = host_set_configuration, .set_interface = host_set_interface,
    .clear_halt = host_clear_halt, .pipe_opened = host_pipe_opened, .pipe_closed = host_pipe_closed, .reset = host_reset,
    .open_streams = host_open_streams, .close_streams = host_close_streams, .frame = usbfs_frame, .allocate = host_allocate,
    .free = host_free, .forget = host_forget};

/* ---- Coming and going ----------------------------------------------------------------------------------------------------- */

void usbfs_device_gone(struct usbfs_device *usbfs)
{
    pthread_mutex_lock(&hosts.mutex);
    bool mine = usbfs->listed;
    if (mine)
        list_remove(&usbfs->link);
    usbfs->listed = false;
    pthread_mutex_unlock(&hosts.mutex);
    if (!mine)
        return;
    usb_device_depart(usbfs->device);
    usb_device_dereference(usbfs->device); /* the host's */
}

static struct usbfs_device *device_create(const char *name)
{
    struct usbfs_device *usbfs = calloc(1, sizeof *usbfs);
    struct usb_device *device = usbfs == NULL ? NULL : usb_device_create(&usbfs_host);
    if (device == NULL) {
        free(usbfs);
        return NULL;
    }
    device->host_data = usbfs;
    usbfs->device = device;
    usbfs->fd = -1;
    usbfs->detach = hosts.detach;
    usb_clock_init(&usbfs->clock, USB_CLOCK_ESTIMATED);
    list_init(&usbfs->memory_link);
    usbfs->retry = (struct engine_timer){.fired = usbfs_retry};
    list_init(&usbfs->sent);
    list_init(&usbfs->waiting);
    list_init(&usbfs->regions);
    snprintf(usbfs->name, sizeof usbfs->name, "%s", name);
    return usbfs;
}

/* A referenced device with this name, or NULL. */
static struct usbfs_device *device_by_name(const char *name)
{
    struct usbfs_device *found = NULL;
    pthread_mutex_lock(&hosts.mutex);
    list_for_each (node, &hosts.devices) {
        struct usbfs_device *usbfs = container_of(node, struct usbfs_device, link);
        if (strcmp(usbfs->name, name) == 0) {
            found = usbfs;
            usb_device_reference(found->device);
            break;
        }
    }
    pthread_mutex_unlock(&hosts.mutex);
    return found;
}

static void device_add(const char *name)
{
    struct usbfs_device *usbfs = device_create(name);
    if (usbfs == NULL) {
        trace_note(TRACE_USB, "usbfs: no memory for device %s", name);
        return;
    }
    uint8_t head[9];
    int error = usbfs_sysfs_read(SYSFS_ROOT, name, &usbfs->device->id, usbfs->device->device_bytes);
    if (error == 0 && usbfs_sysfs_config(SYSFS_ROOT, name, head, sizeof head) < 0)
        error = -ENODATA; /* the kernel has not configured it yet; its `bind` follows */
    if (error == 0) {
        pthread_mutex_lock(&hosts.mutex);
        list_push_back(&hosts.devices, &usbfs->link);
        usbfs->listed = true;
        pthread_mutex_unlock(&hosts.mutex);
        error = usb_device_arrive(usbfs->device);
        if (error != 0)
            usbfs_device_gone(usbfs);
        return;
    }
    if (error != -ENODEV && error != -ENODATA)
        trace_note(TRACE_USB, "usbfs: %s: %s", name, strerror(-error));
    usb_device_dereference(usbfs->device);
}

static void device_look(const char *name, bool added)
{
    struct usbfs_device *known = device_by_name(name);
    if (known != NULL) {
        struct usb_identity id = {.path = ""};
        uint8_t bytes[18];
        bool same = added && usbfs_sysfs_read(SYSFS_ROOT, name, &id, bytes) == 0 && id.address == known->device->id.address;
        if (!same)
            usbfs_device_gone(known);
        usb_device_dereference(known->device);
        if (same)
            return;
    }
    if (added)
        device_add(name);
}

static void device_changed(const char *name, bool added)
{
    static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER; /* a scan and the news may tell of the same device */
    pthread_mutex_lock(&turn);
    device_look(name, added);
    pthread_mutex_unlock(&turn);
}

/* Everything anew: at the start, and when news was lost. */
static void devices_scan(void)
{
    DIR *folder = opendir(SYSFS_ROOT);
    if (folder == NULL) {
        trace_note(TRACE_USB, "usbfs: " SYSFS_ROOT ": %s", strerror(errno));
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (usbfs_sysfs_is_device(entry->d_name))
            device_changed(entry->d_name, true);
    closedir(folder);
    for (struct usbfs_device *lost = NULL;; lost = NULL) {
        pthread_mutex_lock(&hosts.mutex);
        list_for_each (node, &hosts.devices) {
            struct usbfs_device *usbfs = container_of(node, struct usbfs_device, link);
            char path[sizeof SYSFS_ROOT + sizeof usbfs->name + 1];
            snprintf(path, sizeof path, SYSFS_ROOT "/%s", usbfs->name);
            if (access(path, F_OK) != 0) {
                lost = usbfs;
                usb_device_reference(lost->device);
                break;
            }
        }
        pthread_mutex_unlock(&hosts.mutex);
        if (lost == NULL)
            return;
        usbfs_device_gone(lost);
        usb_device_dereference(lost->device);
    }
}

int usbfs_start(const char *options)
{
    bool detach = strcmp(options, "detach") == 0;
    if (*options != '\0' && !detach)
        return -EINVAL;
    if (access(SYSFS_ROOT, F_OK) != 0)
        return -ENODEV; /* the kernel has no USB */
    pthread_mutex_lock(&hosts.mutex);
    bool first = !hosts.started;
    hosts.started = true;
    hosts.detach = detach;
    pthread_mutex_unlock(&hosts.mutex);
    if (!first)
        return 0;
    usbfs_memory_start(NULL);
    devices_scan();
    int error = usbfs_hotplug_start(device_changed, devices_scan);
    if (error != 0)
        trace_note(TRACE_USB, "usbfs: no news of arrivals: %s", strerror(-error));
    else
        devices_scan(); /* what came in between */
    return 0;
}
