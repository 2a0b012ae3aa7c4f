/* SPDX-License-Identifier: MIT */
/* A device as its users see it, whatever host it hangs on: identity, descriptors, the active settings, pipes, the frame
 * clock. The list of all devices and who is told of arrivals stand here too. */
#ifndef USB_DEVICE_H
#define USB_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"
#include "usb/descriptor.h"
#include "usb/urb.h"

struct usb_host;

enum usb_pipe_state { USB_PIPE_RUNNING, USB_PIPE_HALTED, USB_PIPE_CLOSED };

/* An endpoint of the active setting. The memory lasts as long as the device; after a change of setting its state is CLOSED and
 * urb_submit refuses with -ENODEV, so a stale pointer is refused, never followed elsewhere. */
struct usb_pipe {
    struct list link;           /* the device's retired pipes */
    struct usb_device *device;
    struct usb_endpoint endpoint; /* .descriptor is NULL: the configuration may be gone */
    uint8_t interface, setting;
    struct lock lock;           /* guards what follows */
    uint8_t state;              /* enum usb_pipe_state */
    bool hold_on_error;         /* the owner's: keep queued URBs when one fails (they go on after a reset) */
    bool sending, send_again;   /* a thread gives URBs to the host; somebody wants it to look once more */
    bool completing;            /* a thread calls `done`s, in the order of `ended`; others leave theirs to it */
    uint8_t former_state;       /* while a change of setting is tried */
    struct list queue;          /* struct urb.link: QUEUED */
    struct list sent;           /* struct urb.link: with the host */
    struct list ended;          /* struct urb.link: `done` is on its way */
    uint64_t sequence;          /* of the last URB taken */
    uint64_t calling;           /* of the URB whose `done` is being called; 0: none */
    uint32_t waiters;           /* aborts that wait */
    _Atomic uint32_t progress;  /* counts ends while somebody waits; they sleep on it */
    uint32_t sent_count;
    uint16_t streams;           /* opened static streams, 0: none */
    bool streams_change;        /* they are being opened or closed: no URB is taken */
    uint8_t *stream_sent;       /* URBs with the host by stream id, while streams are open */
    bool stream_runs;           /* isochronous: next_microframe is valid */
    uint64_t next_microframe;   /* isochronous: the place behind the last packet that was placed */
    uint64_t sent_microframe;   /* isochronous: the place behind the last packet that the host got */
    struct engine_timer hold;   /* isochronous: until the first of the queue may go, where the host begins at once */
    bool holding;               /* `hold` is set, and has a reference of the device */
    void *host;                 /* the host's */
};

/* What a device answers on the bus; strings are UTF-8. Fixed from arrival on. */
struct usb_identity {
    char path[96];          /* unique in the process: "virtual-1", "1-2.3" (usbfs), "usbip-host:port-1-2" */
    char location[64];      /* where it is plugged: bus and port chain */
    char manufacturer[128], product[128], serial[128]; /* "" where it has none */
    uint16_t bus, address;  /* as in /dev/bus/usb; virtual: made up */
    uint32_t port;          /* on its hub, from 1 */
    enum usb_speed speed;
    struct usb_device_descriptor descriptor;
};

struct usb_device {
    struct list link;             /* usb_devices */
    _Atomic uint32_t references;
    const struct usb_host *host;
    void *host_data;
    struct usb_identity id;
    uint8_t device_bytes[18];     /* the raw device descriptor */
    struct lock lock;             /* guards configuration, interfaces, pipes, opens */
    struct usb_config *config;    /* the active configuration; NULL while unconfigured or not yet read. Valid as long as the device */
    struct usb_config *old_configs; /* former ones, by .next */
    uint8_t alternate[USB_INTERFACES_MAX];          /* active setting by interface number */
    struct usb_pipe *pipes[32];   /* by (address & 15) | (IN ? 16 : 0); [0] is the default control pipe */
    struct list retired;          /* struct usb_pipe.link: of former settings */
    uint32_t claims;              /* bit per interface number */
    pthread_mutex_t turn;         /* one blocking operation (open, claim, configuration, setting) at a time */
    uint32_t opens;               /* under turn */
    _Atomic bool gone;
    bool listed;                  /* under the list's lock */
    pthread_mutex_t wake_turn;    /* held while `woke` is called, and changed */
    void (*woke)(void *context);
    void *wake_context;
    void *owner_tag;              /* the executive's: its device node */
};

/* ---- The list ------------------------------------------------------------------------------------------ */

enum usb_change { USB_ARRIVED, USB_GONE };

/* Called on any thread, one event at a time and in their order, so it must not wait for another event; no lock that the functions
 * below take is held. `device` is referenced during the call. */
struct usb_watcher {
    struct list link;
    void (*changed)(struct usb_watcher *watcher, enum usb_change change, struct usb_device *device);
};
void usb_watch(struct usb_watcher *watcher);   /* is told of the devices that are there, too */
void usb_unwatch(struct usb_watcher *watcher); /* after it returns `changed` is not running */

/* A referenced copy of the list: *count devices, to be given to usb_list_free. NULL: no memory. */
struct usb_device **usb_list(uint32_t *count);
void usb_list_free(struct usb_device **devices, uint32_t count);

void usb_device_reference(struct usb_device *device);
void usb_device_dereference(struct usb_device *device);

/* ---- Use ------------------------------------------------------------------------------------------------
 * All may block (they run transfers) and are called from threads that may; 0 or -errno. */

/* The first open makes the host open its descriptor or connection and reads the configuration. Each has a close. */
int usb_device_open(struct usb_device *device);
void usb_device_close(struct usb_device *device);

/* Interfaces are claimed by one owner each: -EBUSY (another owner here, or a kernel driver and no consent). */
int usb_device_claim(struct usb_device *device, uint8_t interface);
void usb_device_release(struct usb_device *device, uint8_t interface);

/* -EINVAL no such setting, -EBUSY URBs are outstanding on the old pipes, -ENOSPC isochronous bandwidth is not there. The old pipes
 * are CLOSED afterwards, also after an error of the device (-EPIPE). 0 unconfigures. */
int usb_device_set_configuration(struct usb_device *device, uint8_t value);
int usb_device_set_interface(struct usb_device *device, uint8_t interface, uint8_t setting);

/* A raw descriptor by GET_DESCRIPTOR (or from the cache): bytes copied, or -errno. */
int usb_device_get_descriptor(struct usb_device *device, uint8_t type, uint8_t index, uint16_t language, void *buffer,
                              uint32_t length);

/* A control transfer on the default pipe: bytes moved or -errno. timeout_ms 0: none. */
int usb_device_control(struct usb_device *device, const struct usb_setup *setup, void *buffer, uint32_t timeout_ms);

/* Port reset: configuration, settings and pipes stay. */
int usb_device_reset(struct usb_device *device);
/* Surprise removal and enumeration anew, where the host can (-EOPNOTSUPP). */
int usb_device_cycle(struct usb_device *device);
int usb_device_suspend(struct usb_device *device); /* -EOPNOTSUPP where the host cannot */
int usb_device_resume(struct usb_device *device);
/* Who is told that the device has woken its host (one at a time; NULL: nobody, and when it returns `woke` is not running). No lock of
 * the core is held then. */
void usb_device_wake_watch(struct usb_device *device, void (*woke)(void *context), void *context);

/* The active pipe with this address, or NULL. It is valid while the caller keeps a reference of the device. */
struct usb_pipe *usb_device_pipe(struct usb_device *device, uint8_t address);

/* ---- Pipes ---------------------------------------------------------------------------------------------- */

/* Cancels all URBs queued and sent. wait: returns after the `done` of each of them has returned (so not from `done`). */
void usb_pipe_abort(struct usb_pipe *pipe, bool wait);
/* CLEAR_FEATURE(ENDPOINT_HALT) and the host's toggle; queued URBs then go on. -EBUSY while URBs are with the host. */
int usb_pipe_reset(struct usb_pipe *pipe);
/* The host's side alone: a halted pipe goes on, its toggle as it was, and nothing is said to the device. */
int usb_pipe_restart(struct usb_pipe *pipe);
/* Static bulk streams: the number that were opened (ids 1..n), or -errno: -EOPNOTSUPP the host or endpoint has none. */
int usb_pipe_open_streams(struct usb_pipe *pipe, uint16_t count);
int usb_pipe_close_streams(struct usb_pipe *pipe);
bool usb_pipe_is_idle(struct usb_pipe *pipe);

/* ---- The frame clock -------------------------------------------------------------------------------------- */

enum usb_clock_quality { USB_CLOCK_EXACT, USB_CLOCK_SEEDED, USB_CLOCK_ESTIMATED };

struct usb_frame {
    uint64_t microframe; /* 125 us, since the clock began; frame = microframe / 8 */
    uint64_t at_ns;      /* CLOCK_MONOTONIC at the reading */
    uint32_t into_ns;    /* so long ago it began, where the host knows it so well; else 0 */
    enum usb_clock_quality quality;
};
int usb_device_frame(struct usb_device *device, struct usb_frame *frame);

/* ---- Zero copy ---------------------------------------------------------------------------------------------- */

/* Memory that the host can move without a copy (plain memory where it cannot). NULL: none. */
void *usb_device_allocate(struct usb_device *device, uint32_t length);
void usb_device_free(struct usb_device *device, void *memory, uint32_t length);

#endif
