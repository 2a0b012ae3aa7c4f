/* SPDX-License-Identifier: MIT */
/* What the virtual host's files share, and what tests, tools and the public interface call: devices, their bus's clock. */
#ifndef USB_VIRTUAL_H
#define USB_VIRTUAL_H

#include <pthread.h>

#include "engine/engine.h"
#include "usb/bandwidth.h"
#include "usb/fault.h"
#include "usb/host.h"
#include "usb/model.h"

enum { MICROFRAME_NS = 125000, MICROFRAMES_A_FRAME = 8, VIRTUAL_CONFIG_MAX = 4096 };
#define VIRTUAL_NEVER UINT64_MAX

/* One endpoint on the device's side. */
struct virtual_pipe {
    struct list pending;   /* struct urb.host_link, first in first */
    bool halted;           /* until CLEAR_FEATURE */
    bool naked;            /* the model said -EAGAIN: not asked again until it is ready */
    uint64_t not_before;   /* bus time in ns: a fault delays it */
    uint64_t next_service; /* interrupt: the earliest microframe of the next interval */
    const struct fault_rule *fault; /* hits the next packet */
    bool asked;            /* the faults were asked for the next packet */
};

enum { VIRTUAL_PIPES = 32 };
enum { VIRTUAL_HOST_DELAYED = 3 }; /* urb.host: bus time in ns until which a fault delays it, a stream's; the fault is served then */

/* A place to plug in, and the model behind it. It outlives unplug and replug; each plugging makes a new usb_device. */
struct virtual_device {
    struct list link; /* the bus's, under its lock */
    _Atomic uint32_t references;
    const struct usb_model *model;
    void *state;
    enum usb_speed speed;
    uint32_t number;
    _Atomic uint32_t ready;     /* bit per pipe index: usb_model_ready was called */
    pthread_mutex_t plug_mutex; /* one plugging at a time */

    struct lock lock; /* guards what follows, and the model's functions */
    struct usb_device *device;  /* plugged in now, else NULL; the host's reference */
    struct usb_device *leaving; /* pulled, its departure is still to be told */
    bool plug_wanted;           /* shall be plugged in */
    bool plug_scheduled;        /* plug_op is under way */
    bool detached;              /* for good */
    bool replug;                /* the model wants to come back at once */
    struct usb_model_description description;
    uint8_t device_bytes[18], config_bytes[VIRTUAL_CONFIG_MAX]; /* as they are sent: faults may have spoilt them */
    struct fault_set faults;
    struct usb_bandwidth bandwidth; /* of its own: each device hangs on its own root port */
    struct usb_reservation reserved[USB_INTERFACES_MAX];
    uint8_t configuration;
    uint8_t alternate[USB_INTERFACES_MAX];
    uint8_t remote_wakeup, address;
    bool suspended;
    bool woke; /* of itself: the core is to be told */
    bool idles;       /* its Microsoft OS descriptors have DeviceIdleEnabled */
    uint32_t idle_ms; /* and DefaultIdleTimeout */
    struct virtual_pipe pipes[VIRTUAL_PIPES];
    struct list ended; /* struct urb.host_link: usb_urb_ended is due */
    bool ending;       /* a thread calls it */
    uint64_t replug_at; /* bus time; VIRTUAL_NEVER */
    uint64_t due;       /* bus time in ns when the bus thread shall look; VIRTUAL_NEVER */
};

/* ---- virtual_attach.c, virtual.c ------------------------------------------------------------------------------------------------- */

extern const struct usb_host usb_virtual_host;

/* By name; NULL: there is none. */
const struct usb_model *usb_virtual_model(const char *name);
/* Plugs in a device behind `model`. *device has one reference, for usb_virtual_detach or usb_virtual_dereference. */
int usb_virtual_attach(const struct usb_model *model, const void *context, const char *options, struct virtual_device **device);
/* Unplugs for good and drops the caller's reference. */
void usb_virtual_detach(struct virtual_device *device);
void usb_virtual_dereference(struct virtual_device *device);
/* Pulls the plug or puts it back; returns when everybody has been told. */
int usb_virtual_plug(struct virtual_device *device, bool in);
/* Replaces the script. 0 or -EINVAL with *reason. */
int usb_virtual_faults(struct virtual_device *device, const char *script, uint64_t seed, const char **reason);
int usb_virtual_record(struct virtual_device *device, uint32_t index, struct usb_model_packet *packet, void *buffer,
                       uint32_t room);
/* The device that is plugged in now, referenced, or NULL. */
struct usb_device *usb_virtual_device(struct virtual_device *device);

void virtual_enter(struct virtual_device *device);
/* Serves endpoints that became ready, drops the lock, and ends URBs in order. */
void virtual_leave(struct virtual_device *device);
/* The URB is over; under the lock. */
void virtual_end(struct virtual_device *device, struct urb *urb, int status);
static inline uint32_t virtual_index(uint8_t address)
{
    return (address & 15u) | (address & USB_ENDPOINT_IN ? 16u : 0u);
}
/* The bus thread's: does what is due at bus time `now`; device->due says when to look again. */
void virtual_tick(struct virtual_device *device, uint64_t now);
/* Under the lock: to be looked at again at bus time `due`. */
static inline void virtual_due(struct virtual_device *device, uint64_t due)
{
    if (due < device->due)
        device->due = due;
}
/* Under the lock: pulls the plug at once; what pends ends with -ENODEV, and the rest is told by a worker. */
void virtual_pull(struct virtual_device *device);

/* ---- virtual_transfer.c, virtual_isoch.c, virtual_control.c: under the device's lock ------------------------------ */

/* Moves what can be moved on one pipe at bus time `now`. Each returns when to look again. */
uint64_t virtual_pipe_serve(struct virtual_device *device, uint32_t index, uint64_t now);
uint64_t virtual_isoch_serve(struct virtual_device *device, struct virtual_pipe *pipe, uint64_t now);
/* Before a URB ends early: what has passed by `now` is moved, the other packets are marked. It may have ended by a fault. */
void virtual_isoch_stop(struct virtual_device *device, struct urb *urb, uint64_t now);
/* Answers a control request: bytes moved, or -EPIPE. `data` has setup->length bytes. */
int virtual_control(struct virtual_device *device, const struct usb_setup *setup, void *data);
int virtual_set_configuration(struct virtual_device *device, uint8_t value);
int virtual_set_interface(struct virtual_device *device, uint8_t interface, uint8_t setting);
void virtual_clear_halt(struct virtual_device *device, uint8_t address);

/* ---- virtual_os.c: descriptors that the host makes for the model; bytes in `out` ----------------------------------- */

uint32_t virtual_os_set(const struct virtual_device *device, uint8_t *out, uint32_t room);
uint32_t virtual_bos(const struct virtual_device *device, uint8_t *out, uint32_t room);
uint32_t virtual_string(const struct virtual_device *device, uint8_t index, uint8_t *out, uint32_t room);
/* Requests with the model's bMS_VendorCode: bytes or -EPIPE; -ENOENT: not one of them. */
int virtual_os_control(const struct virtual_device *device, const struct usb_setup *setup, void *data);

/* ---- virtual_bus.c: the clock and the thread -------------------------------------------------------------------------- */

uint64_t virtual_now(void); /* bus time in ns; microframe = / MICROFRAME_NS */
void virtual_frame(struct usb_frame *frame);
/* For tests: the clock runs at `permille` of real time (1000 as usual, 0 stopped), or, stopped, goes on by so many microframes. */
void usb_virtual_clock_rate(uint32_t permille);
void usb_virtual_clock_step(uint32_t microframes);
/* 0 or -errno: starts the thread once and lists the device. */
int virtual_bus_add(struct virtual_device *device);
void virtual_bus_remove(struct virtual_device *device);
/* The device's `due` came to be at bus time `due`: the thread may have to look earlier. No lock held. */
void virtual_bus_wake(uint64_t due);

#endif
