/* SPDX-License-Identifier: MIT */
/* The virtual host: devices that are models in this process, plugged into a bus with an exact
 * clock. URBs come here from the core, wait in their pipe until they can be moved
 * (virtual_transfer.c, virtual_isoch.c), and end in the order in which they were decided, with no
 * lock held. Options and attaching are in virtual_attach.c. */
#include "usb/virtual.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* urb->host[]: what this host keeps in a URB. */
enum { HOST_STATUS, HOST_PENDING, HOST_PROGRESS };

/* ---- Entering and leaving a device ----------------------------------------------------------- */

void virtual_enter(struct virtual_device *device)
{
    lock_acquire(&device->lock);
}

void usb_model_ready(struct virtual_device *device, uint8_t endpoint)
{
    atomic_fetch_or(&device->ready, 1u << virtual_index(endpoint));
    /* Inside the model's functions the lock is held, by this thread or another: whoever leaves
     * looks at the bits. */
    if (lock_try(&device->lock))
        virtual_leave(device);
}

static void suspend_set(struct virtual_device *device, bool suspend)
{
    if (device->suspended != suspend && device->model->suspended != NULL)
        device->model->suspended(device->state, suspend);
    device->suspended = suspend;
    device->due = suspend ? device->due : 0; /* what waited goes on */
}

static void ready_serve(struct virtual_device *device)
{
    if (device->suspended && device->remote_wakeup && atomic_load(&device->ready) != 0)
        device->woke = true; /* it has something to say, and may wake the host for it */
    if (device->woke)
        suspend_set(device, false);
    for (uint32_t bits; (bits = atomic_exchange(&device->ready, 0)) != 0;) {
        uint64_t now = virtual_now();
        for (; bits != 0; bits &= bits - 1) {
            uint32_t index = (uint32_t)__builtin_ctz(bits);
            device->pipes[index].naked = false;
            virtual_due(device, virtual_pipe_serve(device, index, now));
        }
    }
}

/* One thread at a time calls usb_urb_ended, so that ends come in order; others leave theirs on the
 * list. */
static void ended_tell(struct virtual_device *device)
{
    if (device->ending)
        return;
    device->ending = true;
    for (struct list *node; (node = list_pop_front(&device->ended)) != NULL;) {
        struct urb *urb = container_of(node, struct urb, host_link);
        int status = (int)(intptr_t)urb->host[HOST_STATUS];
        lock_release(&device->lock);
        usb_urb_ended(urb, status);
        lock_acquire(&device->lock);
    }
    device->ending = false;
}

static void wake_tell(struct virtual_device *device)
{
    struct usb_device *usb = device->woke ? device->device : NULL;
    device->woke = false;
    if (usb == NULL)
        return;
    usb_device_reference(usb);
    lock_release(&device->lock);
    usb_device_woke(usb);
    usb_device_dereference(usb);
    lock_acquire(&device->lock);
}

void virtual_leave(struct virtual_device *device)
{
    uint64_t due;
    atomic_fetch_add(&device->references, 1); /* the last URB's end may drop the others */
    do {
        ready_serve(device);
        ended_tell(device);
        wake_tell(device);
        due = device->due;
        lock_release(&device->lock);
        virtual_bus_wake(due);
    } while (atomic_load(&device->ready) != 0 && lock_try(&device->lock));
    usb_virtual_dereference(device);
}

void virtual_end(struct virtual_device *device, struct urb *urb, int status)
{
    list_remove(&urb->host_link);
    urb->host[HOST_PENDING] = NULL;
    urb->host[HOST_STATUS] = (void *)(intptr_t)status;
    list_push_back(&device->ended, &urb->host_link);
}

static void end_all(struct virtual_device *device, int status)
{
    for (uint32_t i = 0; i < VIRTUAL_PIPES; i++) {
        struct virtual_pipe *pipe = &device->pipes[i];
        while (!list_empty(&pipe->pending)) {
            struct urb *urb = container_of(pipe->pending.next, struct urb, host_link);
            if (urb->packet_count != 0 && urb->pipe != NULL)
                virtual_isoch_stop(device, urb, 0);
            virtual_end(device, urb, status);
        }
        pipe->naked = pipe->halted = pipe->asked = false;
        pipe->fault = NULL;
        pipe->not_before = pipe->next_service = 0;
    }
}

/* ---- Plugging -------------------------------------------------------------------------------- */

/* Bus reset and the first configuration, as any operating system gives it; under the lock. */
static void state_begin(struct virtual_device *device)
{
    memset(device->alternate, 0, sizeof device->alternate);
    device->configuration = device->remote_wakeup = device->address = 0;
    device->suspended = false;
    memset(device->reserved, 0, sizeof device->reserved);
    usb_bandwidth_init(&device->bandwidth, device->speed);
    if (device->model->reset != NULL)
        device->model->reset(device->state);
    (void)virtual_set_configuration(device, device->description.config[5]);
}

static void identity_fill(const struct virtual_device *device, struct usb_identity *id)
{
    const uint8_t *bytes = device->device_bytes;
    const struct {
        char *to;
        size_t size;
        uint8_t index;
    } texts[] = {{id->manufacturer, sizeof id->manufacturer, bytes[14]},
                 {id->product, sizeof id->product, bytes[15]},
                 {id->serial, sizeof id->serial, bytes[16]}};
    snprintf(id->path, sizeof id->path, "virtual-%u", device->number);
    snprintf(id->location, sizeof id->location, "virtual bus, port %u", device->number);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].index != 0 && texts[i].index < USB_MODEL_STRINGS &&
            device->description.strings[texts[i].index] != NULL)
            snprintf(texts[i].to, texts[i].size, "%s", device->description.strings[texts[i].index]);
    id->bus = 90;
    id->address = (uint16_t)device->number;
    id->port = device->number;
    id->speed = device->speed;
}

static int plug_in(struct virtual_device *device)
{
    struct usb_device *made = usb_device_create(&usb_virtual_host);
    if (made == NULL)
        return -ENOMEM;
    atomic_fetch_add(&device->references, 1); /* for made->host_data */
    made->host_data = device;
    virtual_enter(device);
    memcpy(device->device_bytes, device->description.device, sizeof device->device_bytes);
    memcpy(device->config_bytes, device->description.config, device->description.config_length);
    fault_spoil(&device->faults, device->device_bytes, device->config_bytes,
                device->description.config_length);
    memcpy(made->device_bytes, device->device_bytes, sizeof made->device_bytes);
    identity_fill(device, &made->id);
    state_begin(device);
    device->device = made;
    virtual_leave(device);
    int error = usb_device_arrive(made);
    if (error != 0) {
        virtual_enter(device);
        if (device->device == made)
            device->device = NULL;
        virtual_leave(device);
        usb_device_dereference(made);
    }
    return error;
}

/* Tells what was pulled, plugs in what is wanted. Not with a lock held. */
static int plug_run(struct virtual_device *device)
{
    int error = 0;
    pthread_mutex_lock(&device->plug_mutex);
    virtual_enter(device);
    for (;;) {
        struct usb_device *leaving = device->leaving;
        bool in = leaving == NULL && device->plug_wanted && device->device == NULL;
        device->leaving = NULL;
        if (in)
            device->plug_wanted = false;
        if (leaving == NULL && !in)
            break;
        virtual_leave(device);
        if (leaving != NULL) {
            usb_device_depart(leaving);
            usb_device_dereference(leaving);
        } else {
            error = plug_in(device);
        }
        virtual_enter(device);
    }
    virtual_leave(device);
    pthread_mutex_unlock(&device->plug_mutex);
    return error;
}

struct plug_job {
    struct engine_op op;
    struct virtual_device *device;
};

static void plug_done(struct engine_op *op, int64_t result)
{
    struct plug_job *job = container_of(op, struct plug_job, op);
    usb_virtual_dereference(job->device);
    free(job);
}

static int64_t plug_job_work(struct engine_op *op)
{
    struct plug_job *job = container_of(op, struct plug_job, op);
    struct virtual_device *device = job->device;
    virtual_enter(device);
    device->plug_scheduled = false; /* what comes from here on wants another */
    virtual_leave(device);
    plug_run(device);
    return 0;
}

/* Under the lock; the work runs on a thread of its own. */
static void plug_schedule(struct virtual_device *device)
{
    if (device->plug_scheduled)
        return;
    struct plug_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        device->due = virtual_now() + 1000000; /* tries again */
        return;
    }
    atomic_fetch_add(&device->references, 1);
    job->device = device;
    job->op = (struct engine_op){.code = ENGINE_WORK, .work = plug_job_work, .done = plug_done};
    device->plug_scheduled = true;
    engine_submit(&job->op);
}

void virtual_pull(struct virtual_device *device)
{
    if (device->device == NULL)
        return;
    device->leaving = device->device;
    device->device = NULL;
    end_all(device, -ENODEV);
    const struct fault_rule *rule = fault_find(&device->faults, FAULT_REPLUG);
    if (rule != NULL && !device->detached)
        device->replug_at = virtual_now() + (uint64_t)rule->ms * 1000000;
    device->due = 0; /* the bus thread lets a worker tell */
}

void usb_model_replug(struct virtual_device *device)
{
    device->replug = true; /* when the request that asked for it has ended */
    virtual_due(device, 0);
}

int usb_virtual_plug(struct virtual_device *device, bool in)
{
    virtual_enter(device);
    if (!in)
        virtual_pull(device);
    device->replug_at = VIRTUAL_NEVER;
    device->plug_wanted = in && device->device == NULL && !device->detached;
    virtual_leave(device);
    return plug_run(device);
}

void usb_virtual_detach(struct virtual_device *device)
{
    virtual_enter(device);
    device->detached = true;
    virtual_pull(device);
    device->replug_at = VIRTUAL_NEVER;
    device->plug_wanted = false;
    virtual_leave(device);
    plug_run(device);
    virtual_bus_remove(device);
    usb_virtual_dereference(device);
}

void virtual_tick(struct virtual_device *device, uint64_t now)
{
    virtual_enter(device);
    if (device->due <= now) {
        device->due = VIRTUAL_NEVER;
        if (device->replug) {
            device->replug = false;
            virtual_pull(device);
            device->due = VIRTUAL_NEVER;
            device->replug_at = now;
        }
        if (device->replug_at <= now) {
            device->replug_at = VIRTUAL_NEVER;
            device->plug_wanted = !device->detached;
        }
        virtual_due(device, device->replug_at);
        for (uint32_t i = 0; i < VIRTUAL_PIPES; i++)
            virtual_due(device, virtual_pipe_serve(device, i, now));
        if (device->leaving != NULL || (device->plug_wanted && device->device == NULL))
            plug_schedule(device);
    }
    virtual_leave(device);
}

/* ---- The host's operations ------------------------------------------------------------------- */

static uint32_t index_of(const struct urb *urb)
{
    return urb->pipe != NULL ? virtual_index(urb->pipe->endpoint.address) : 0;
}

static int host_submit(struct usb_device *usb, struct urb *urb)
{
    struct virtual_device *device = usb->host_data;
    uint32_t index = index_of(urb);
    struct virtual_pipe *pipe = &device->pipes[index];
    virtual_enter(device);
    int error = device->device == usb ? 0 : -ENODEV;
    if (error == 0) {
        if (list_empty(&pipe->pending) || urb->stream != 0)
            pipe->naked = false;
        if (list_empty(&pipe->pending))
            pipe->next_service = 0;
        urb->host[HOST_PENDING] = device;
        urb->host[HOST_PROGRESS] = (void *)(uintptr_t)urb->late_packets;
        urb->host[VIRTUAL_HOST_DELAYED] = NULL;
        list_push_back(&pipe->pending, &urb->host_link);
        virtual_due(device, virtual_pipe_serve(device, index, virtual_now()));
    }
    virtual_leave(device);
    return error;
}

static void host_cancel(struct usb_device *usb, struct urb *urb)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    if (urb->host[HOST_PENDING] == device) {
        if (urb->pipe != NULL && urb->pipe->endpoint.type == USB_ISOCH)
            virtual_isoch_stop(device, urb, virtual_now());
        if (urb->host[HOST_PENDING] == device)
            virtual_end(device, urb, -ECANCELED);
    }
    virtual_leave(device);
}

static int host_open(struct usb_device *usb)
{
    return 0;
}

static void host_close(struct usb_device *usb)
{
}

static int host_claim(struct usb_device *usb, uint8_t interface)
{
    return 0;
}

static void host_release(struct usb_device *usb, uint8_t interface)
{
}

static int host_read_config(struct usb_device *usb, void *buffer, uint32_t length)
{
    struct virtual_device *device = usb->host_data;
    uint32_t size =
        device->description.config_length < length ? device->description.config_length : length;
    virtual_enter(device);
    memcpy(buffer, device->config_bytes, size);
    virtual_leave(device);
    return (int)size;
}

static int host_set_configuration(struct usb_device *usb, uint8_t value)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    int error = device->device == usb ? virtual_set_configuration(device, value) : -ENODEV;
    for (uint32_t i = 0; error == 0 && i < USB_INTERFACES_MAX; i++)
        (void)usb_bandwidth_reserve(&device->bandwidth, &device->reserved[i], NULL);
    virtual_leave(device);
    return error;
}

static int host_set_interface(struct usb_device *usb, const struct usb_alternate *alternate)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    int error = device->device == usb ? 0 : -ENODEV;
    if (error == 0)
        error = usb_bandwidth_reserve(&device->bandwidth, &device->reserved[alternate->interface],
                                      alternate);
    if (error == 0)
        error = virtual_set_interface(device, alternate->interface, alternate->setting);
    virtual_leave(device);
    return error;
}

static int host_clear_halt(struct usb_device *usb, struct usb_pipe *pipe)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    int error = device->device == usb ? 0 : -ENODEV;
    if (error == 0)
        virtual_clear_halt(device, pipe->endpoint.address);
    virtual_leave(device);
    return error;
}

static int host_reset(struct usb_device *usb)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    int error = device->device == usb ? 0 : -ENODEV;
    if (error == 0) {
        /* The operating system gives back what the reset took: configuration and settings. */
        uint8_t alternate[USB_INTERFACES_MAX];
        memcpy(alternate, device->alternate, sizeof alternate);
        struct usb_reservation reserved[USB_INTERFACES_MAX];
        struct usb_bandwidth bandwidth = device->bandwidth;
        memcpy(reserved, device->reserved, sizeof reserved);
        state_begin(device);
        memcpy(device->reserved, reserved, sizeof reserved);
        device->bandwidth = bandwidth;
        for (uint8_t i = 0; i < USB_INTERFACES_MAX; i++)
            if (alternate[i] != 0)
                (void)virtual_set_interface(device, i, alternate[i]);
    }
    virtual_leave(device);
    return error;
}

static int host_cycle(struct usb_device *usb)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    int error = device->device == usb && !device->detached ? 0 : -ENODEV;
    if (error == 0) {
        virtual_pull(device);
        device->replug_at = VIRTUAL_NEVER;
        device->plug_wanted = true;
    }
    virtual_leave(device);
    return error;
}

static int host_suspend(struct usb_device *usb, bool suspend)
{
    struct virtual_device *device = usb->host_data;
    virtual_enter(device);
    int error = device->device == usb ? 0 : -ENODEV;
    suspend_set(device, error == 0 && suspend);
    virtual_leave(device);
    return error;
}

static int host_open_streams(struct usb_device *usb, struct usb_pipe *pipe, uint16_t count)
{
    return usb->id.speed >= USB_SPEED_SUPER ? count : -EOPNOTSUPP;
}

static int host_close_streams(struct usb_device *usb, struct usb_pipe *pipe)
{
    return 0;
}

static int host_frame(struct usb_device *usb, struct usb_frame *frame)
{
    virtual_frame(frame);
    return 0;
}

static void host_forget(struct usb_device *usb)
{
    if (usb->host_data != NULL)
        usb_virtual_dereference(usb->host_data);
}

const struct usb_host usb_virtual_host = {
    .name = "virtual",
    .limits = {.depth = 64,
               .iso_lead = 1,
               .control_bytes = 65535,
               .bulk_bytes = 1u << 30,
               .interrupt_bytes = 1u << 30,
               .iso_packets = 1u << 20},
    .open = host_open,
    .close = host_close,
    .submit = host_submit,
    .cancel = host_cancel,
    .read_config = host_read_config,
    .claim = host_claim,
    .release = host_release,
    .set_configuration = host_set_configuration,
    .set_interface = host_set_interface,
    .clear_halt = host_clear_halt,
    .reset = host_reset,
    .cycle = host_cycle,
    .suspend = host_suspend,
    .open_streams = host_open_streams,
    .close_streams = host_close_streams,
    .frame = host_frame,
    .forget = host_forget,
};
