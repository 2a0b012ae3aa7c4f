/* SPDX-License-Identifier: MIT */
/* Devices: made by hosts, listed, opened by users. Opens, claims and settings block (the device is
 * asked), one at a time per device, under `turn`; `lock` guards the tables that submitting threads
 * look into. */
#include "usb/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "usb/core.h"

enum { CONFIG_MAX = 65535, CONTROL_TIMEOUT_MS = 5000 };

static unsigned pipe_index(uint8_t address)
{
    return (address & 0x0fu) | (address & USB_ENDPOINT_IN ? 16u : 0u);
}

static void config_put(struct usb_device *device, struct usb_config *config);

/* ---- Making and freeing ---------------------------------------------------------------------- */

struct usb_device *usb_device_create(const struct usb_host *host)
{
    struct usb_device *device = calloc(1, sizeof *device);
    if (device == NULL)
        return NULL;
    struct usb_endpoint control = {.type = USB_CONTROL, .packet = 64, .packets = 1};
    device->pipes[0] = usb_pipe_create(device, &control);
    if (device->pipes[0] == NULL) {
        free(device);
        return NULL;
    }
    device->host = host;
    atomic_init(&device->references, 1);
    list_init(&device->link);
    list_init(&device->retired);
    pthread_mutex_init(&device->turn, NULL);
    pthread_mutex_init(&device->wake_turn, NULL);
    return device;
}

void usb_device_reference(struct usb_device *device)
{
    atomic_fetch_add_explicit(&device->references, 1, memory_order_relaxed);
}

void usb_device_dereference(struct usb_device *device)
{
    if (atomic_fetch_sub_explicit(&device->references, 1, memory_order_acq_rel) != 1)
        return;
    if (device->host->forget != NULL)
        device->host->forget(device);
    for (unsigned i = 0; i < 32; i++)
        usb_pipe_free(device->pipes[i]);
    for (struct list *node; (node = list_pop_front(&device->retired)) != NULL;)
        usb_pipe_free(container_of(node, struct usb_pipe, link));
    config_put(device, NULL);
    for (struct usb_config *config; (config = device->old_configs) != NULL;) {
        device->old_configs = config->next;
        usb_config_free(config);
    }
    pthread_mutex_destroy(&device->turn);
    pthread_mutex_destroy(&device->wake_turn);
    free(device);
}

struct usb_pipe *usb_device_pipe(struct usb_device *device, uint8_t address)
{
    lock_acquire(&device->lock);
    struct usb_pipe *pipe = device->pipes[pipe_index(address)];
    lock_release(&device->lock);
    return pipe;
}

/* ---- Settings -------------------------------------------------------------------------------- */

/* Takes an interface's pipes out of the table; they stay in memory, closed, for who still points at
 * them. */
static void pipes_retire(struct usb_device *device, int interface)
{
    for (unsigned i = 1; i < 32; i++) {
        struct usb_pipe *pipe = device->pipes[i];
        if (pipe == NULL || (interface >= 0 && pipe->interface != interface))
            continue;
        lock_acquire(&device->lock);
        device->pipes[i] = NULL;
        list_push_back(&device->retired, &pipe->link);
        lock_release(&device->lock);
        usb_pipe_close(pipe, -ECANCELED);
        if (device->host->pipe_closed != NULL)
            device->host->pipe_closed(device, pipe);
    }
}

static int pipes_make(struct usb_device *device, const struct usb_alternate *alternate)
{
    for (uint32_t i = 0; i < alternate->endpoint_count; i++) {
        unsigned at = pipe_index(alternate->endpoints[i].address);
        if (device->pipes[at] != NULL)
            continue; /* another interface has the address: the first keeps it */
        struct usb_pipe *pipe = usb_pipe_create(device, &alternate->endpoints[i]);
        if (pipe == NULL)
            return -ENOMEM;
        pipe->interface = alternate->interface;
        pipe->setting = alternate->setting;
        if (device->host->pipe_opened != NULL)
            device->host->pipe_opened(device, pipe);
        lock_acquire(&device->lock);
        device->pipes[at] = pipe;
        lock_release(&device->lock);
        if (atomic_load(&device->gone))
            usb_pipe_close(pipe, -ENODEV); /* it departed meanwhile and did not see this one */
    }
    return 0;
}

static bool pipe_is_of(const struct usb_pipe *pipe, int interface)
{
    return pipe != NULL && (interface < 0 || pipe->interface == interface);
}

static void interface_reopen(struct usb_device *device, int interface, unsigned end)
{
    for (unsigned i = 1; i < end; i++)
        if (pipe_is_of(device->pipes[i], interface))
            usb_pipe_reopen(device->pipes[i]);
}

/* No URB may come between the look at the pipes and the change: they are shut, and opened again if
 * it is refused. */
static int interface_shut(struct usb_device *device, int interface)
{
    for (unsigned i = 1; i < 32; i++) {
        if (!pipe_is_of(device->pipes[i], interface) || usb_pipe_shut(device->pipes[i]) == 0)
            continue;
        interface_reopen(device, interface, i);
        return -EBUSY;
    }
    return 0;
}

/* Makes `config` (NULL: none) the active one; others may still look into the former. */
static void config_put(struct usb_device *device, struct usb_config *config)
{
    lock_acquire(&device->lock);
    if (device->config != NULL) {
        device->config->next = device->old_configs;
        device->old_configs = device->config;
    }
    device->config = config;
    memset(device->alternate, 0, sizeof device->alternate);
    lock_release(&device->lock);
}

/* Reads and parses the active configuration and makes the pipes of all first settings. */
static int config_load(struct usb_device *device)
{
    uint8_t *bytes = malloc(CONFIG_MAX);
    if (bytes == NULL)
        return -ENOMEM;
    const char *reason = "";
    struct usb_config *config = NULL;
    int length = device->host->read_config(device, bytes, CONFIG_MAX);
    if (length == 0) { /* unconfigured: only the default pipe */
        free(bytes);
        return 0;
    }
    int error = length < 0
                    ? length
                    : usb_config_parse(bytes, (size_t)length, device->id.speed, &config, &reason);
    free(bytes);
    if (error != 0) {
        if (trace_on(USB))
            trace_note(TRACE_USB, "%s: no usable configuration: %s", device->id.path,
                       *reason ? reason : strerror(-error));
        return error;
    }
    config_put(device, config);
    for (uint32_t i = 0; i < config->alternate_count && error == 0; i++)
        if (config->alternates[i].setting == 0)
            error = pipes_make(device, &config->alternates[i]);
    return error;
}

static int open_locked(struct usb_device *device)
{
    if (atomic_load(&device->gone))
        return -ENODEV;
    if (device->opens != 0) {
        device->opens++;
        return 0;
    }
    int error = device->host->open(device);
    if (error == 0 && device->config == NULL) {
        error = config_load(device);
        if (error != 0) {
            pipes_retire(device, -1);
            device->host->close(device);
        }
    }
    if (error == 0)
        device->opens = 1;
    return error;
}

int usb_device_open(struct usb_device *device)
{
    pthread_mutex_lock(&device->turn);
    int error = open_locked(device);
    pthread_mutex_unlock(&device->turn);
    return error;
}

void usb_device_close(struct usb_device *device)
{
    pthread_mutex_lock(&device->turn);
    if (--device->opens == 0) {
        for (unsigned i = 0; i < 32; i++)
            if (device->pipes[i] != NULL)
                usb_pipe_abort(device->pipes[i], true);
        device->host->close(device);
    }
    pthread_mutex_unlock(&device->turn);
}

int usb_device_claim(struct usb_device *device, uint8_t interface)
{
    if (interface >= USB_INTERFACES_MAX)
        return -EINVAL;
    pthread_mutex_lock(&device->turn);
    int error = device->claims & 1u << interface ? -EBUSY : device->host->claim(device, interface);
    if (error == 0)
        device->claims |= 1u << interface;
    pthread_mutex_unlock(&device->turn);
    return error;
}

void usb_device_release(struct usb_device *device, uint8_t interface)
{
    pthread_mutex_lock(&device->turn);
    if (device->claims & 1u << interface) {
        device->claims &= ~(1u << interface);
        device->host->release(device, interface);
    }
    pthread_mutex_unlock(&device->turn);
}

int usb_device_set_configuration(struct usb_device *device, uint8_t value)
{
    pthread_mutex_lock(&device->turn);
    int error = atomic_load(&device->gone) ? -ENODEV : interface_shut(device, -1);
    if (error == 0) {
        error = device->host->set_configuration(device, value);
        if (error == -EINVAL || error == -ENOSPC ||
            error == -EBUSY) { /* refused before the device was asked */
            interface_reopen(device, -1, 32);
        } else {
            pipes_retire(device, -1);
            config_put(device, NULL);
        }
    }
    if (error == 0 && value != 0)
        error = config_load(device);
    pthread_mutex_unlock(&device->turn);
    return error;
}

static int set_interface_locked(struct usb_device *device, uint8_t interface, uint8_t setting)
{
    if (atomic_load(&device->gone))
        return -ENODEV;
    const struct usb_alternate *alternate =
        device->config == NULL ? NULL : usb_config_alternate(device->config, interface, setting);
    if (alternate == NULL)
        return -EINVAL;
    if (interface_shut(device, interface) != 0)
        return -EBUSY;
    int error = device->host->set_interface(device, alternate);
    if (error == -ENOSPC) {
        interface_reopen(device, interface, 32);
        return error; /* no bandwidth: decided before the device was asked, the old setting stands
                       */
    }
    pipes_retire(device, interface);
    if (error != 0)
        return error;
    lock_acquire(&device->lock);
    device->alternate[interface] = setting;
    lock_release(&device->lock);
    return pipes_make(device, alternate);
}

int usb_device_set_interface(struct usb_device *device, uint8_t interface, uint8_t setting)
{
    pthread_mutex_lock(&device->turn);
    int error = set_interface_locked(device, interface, setting);
    pthread_mutex_unlock(&device->turn);
    return error;
}

/* ---- Asking the device ----------------------------------------------------------------------- */

int usb_device_control(struct usb_device *device, const struct usb_setup *setup, void *buffer,
                       uint32_t timeout_ms)
{
    struct urb urb = {.device = device,
                      .setup = *setup,
                      .buffer = buffer,
                      .length = setup->length,
                      .timeout_ms = timeout_ms};
    int error = urb_run(&urb);
    return error != 0 ? error : (int)urb.actual;
}

static int copy_out(void *buffer, uint32_t length, const void *bytes, uint32_t size)
{
    uint32_t copied = size < length ? size : length;
    memcpy(buffer, bytes, copied);
    return (int)copied;
}

int usb_device_get_descriptor(struct usb_device *device, uint8_t type, uint8_t index,
                              uint16_t language, void *buffer, uint32_t length)
{
    if (type == USB_DT_DEVICE && index == 0)
        return copy_out(buffer, length, device->device_bytes, sizeof device->device_bytes);
    enum { GET_DESCRIPTOR = 6, IN_STANDARD_DEVICE = 0x80 };
    struct usb_setup setup = {.type = IN_STANDARD_DEVICE,
                              .request = GET_DESCRIPTOR,
                              .index = language,
                              .value = (uint16_t)(type << 8 | index),
                              .length = (uint16_t)(length > 65535 ? 65535 : length)};
    return usb_device_control(device, &setup, buffer, CONTROL_TIMEOUT_MS);
}

/* A reset clears the device's halts, so the host's halted pipes go on as well. */
static void pipes_restart(struct usb_device *device)
{
    for (unsigned i = 0; i < 32; i++) {
        struct usb_pipe *pipe = usb_device_pipe(device, (uint8_t)((i & 15u) | (i & 16u ? USB_ENDPOINT_IN : 0u)));
        if (pipe != NULL)
            (void)usb_pipe_restart(pipe); /* -EBUSY: the host still has URBs of it, which end as it likes */
    }
}

int usb_device_reset(struct usb_device *device)
{
    pthread_mutex_lock(&device->turn);
    int error = atomic_load(&device->gone) ? -ENODEV : device->host->reset(device);
    if (error == 0)
        pipes_restart(device);
    pthread_mutex_unlock(&device->turn);
    return error;
}

int usb_device_cycle(struct usb_device *device)
{
    if (device->host->cycle == NULL)
        return -EOPNOTSUPP;
    return atomic_load(&device->gone) ? -ENODEV : device->host->cycle(device);
}

static int device_power(struct usb_device *device, bool suspend)
{
    if (device->host->suspend == NULL)
        return -EOPNOTSUPP;
    pthread_mutex_lock(&device->turn);
    int error = atomic_load(&device->gone) ? -ENODEV : device->host->suspend(device, suspend);
    pthread_mutex_unlock(&device->turn);
    return error;
}

int usb_device_suspend(struct usb_device *device)
{
    return device_power(device, true);
}

int usb_device_resume(struct usb_device *device)
{
    return device_power(device, false);
}

void usb_device_wake_watch(struct usb_device *device, void (*woke)(void *context), void *context)
{
    pthread_mutex_lock(&device->wake_turn);
    device->woke = woke;
    device->wake_context = context;
    pthread_mutex_unlock(&device->wake_turn);
}

void usb_device_woke(struct usb_device *device)
{
    pthread_mutex_lock(&device->wake_turn);
    if (device->woke != NULL)
        device->woke(device->wake_context);
    pthread_mutex_unlock(&device->wake_turn);
}

int usb_device_frame(struct usb_device *device, struct usb_frame *frame)
{
    return atomic_load(&device->gone) ? -ENODEV : device->host->frame(device, frame);
}

void *usb_device_allocate(struct usb_device *device, uint32_t length)
{
    return device->host->allocate != NULL ? device->host->allocate(device, length) : malloc(length);
}

void usb_device_free(struct usb_device *device, void *memory, uint32_t length)
{
    if (device->host->free != NULL)
        device->host->free(device, memory, length);
    else
        free(memory);
}
