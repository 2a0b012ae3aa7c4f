/* SPDX-License-Identifier: MIT */
/* I/O targets: where a driver sends requests. The local one is the next lower device of the own stack; a remote one is another device,
 * opened by name or given by object; a USB device or pipe is a target of its own kind, whose structure begins with this one (its class
 * names wdf_io_target_class as base, so that one handle serves both). */
#ifndef WDF_IO_TARGET_H
#define WDF_IO_TARGET_H

#include "wdf/object.h"
#include "wdf/request.h"
#include "wdfiotarget.h"

struct wdf_io_target;

/* What a special target does besides. All at PASSIVE_LEVEL, without a lock; any may be NULL. */
struct wdf_io_target_ops {
    /* The target is started, the held requests have been sent: readers start. An error is WdfIoTargetStart's. */
    NTSTATUS (*started)(struct wdf_io_target *target);
    /* The target is stopped or purged, what was sent is not yet cancelled: readers send no more. */
    void (*stopping)(struct wdf_io_target *target);
    /* All that was to be cancelled or awaited has ended (not called for LeaveSentIoPending). */
    void (*stopped)(struct wdf_io_target *target);
};

struct wdf_io_target {
    struct wdf_object object;
    struct wdf_device *device;
    const struct wdf_io_target_ops *ops; /* or NULL */
    DEVICE_OBJECT *wdm;      /* where IRPs are sent; NULL while a remote one is closed */
    DEVICE_OBJECT *physical; /* its PDO, or NULL */
    FILE_OBJECT *file;       /* of a remote one, or NULL */
    bool remote;

    struct lock lock;
    WDF_IO_TARGET_STATE state;
    struct list sent;        /* struct wdf_request.target_link: sent, and not with IGNORE_TARGET_STATE */
    struct list held;        /* sent while it was stopped */
    struct list ignoring;    /* sent with IGNORE_TARGET_STATE: cancelled and awaited only when the target goes */
    uint32_t ending;         /* completion routines that run */
    uint32_t round;          /* of cancelling */
    struct list waiters;     /* who waits until `sent` is empty and nothing is ending */

    struct wdf_remote *opened; /* a remote one's: io_target_remote.c */
};

extern const struct wdf_class wdf_io_target_class;

static inline WDFIOTARGET wdf_io_target_handle(struct wdf_io_target *target)
{
    return (WDFIOTARGET)(void *)&target->object;
}

/* The part of creation that every kind shares: `target` is zeroed memory behind its object. Started. */
void wdf_io_target_init(struct wdf_io_target *target, struct wdf_device *device, DEVICE_OBJECT *wdm, DEVICE_OBJECT *physical);

/* ---- For request_send.c -------------------------------------------------------------------------------------------------- */

/* Lists a request that is to be sent, whose timer (`options` has a time-out) it starts. *held: it waits until the target starts, and is
 * listed so that it can be cancelled; else the caller submits it. STATUS_INVALID_DEVICE_STATE: the target takes none. */
NTSTATUS wdf_io_target_admit(struct wdf_io_target *target, struct wdf_request *request, const WDF_REQUEST_SEND_OPTIONS *options,
                             bool *held);
/* Whether a request may pass that nobody will hear of again. */
NTSTATUS wdf_io_target_passes(struct wdf_io_target *target, ULONG flags);
/* Around the end of a send: the request leaves the list before its completion routine, and is awaited until that has returned. */
void wdf_io_target_end_begin(struct wdf_io_target *target, struct wdf_request *request);
void wdf_io_target_end_finish(struct wdf_io_target *target);
/* How many of the target's ends the calling thread is in: it does not wait for itself. */
uint32_t wdf_io_target_own_ends(const struct wdf_io_target *target);

/* Waits until that request has left the target. Passive level. */
void wdf_io_target_wait_for(struct wdf_io_target *target, const struct wdf_request *request);

/* ---- Start and stop ------------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_io_target_start(struct wdf_io_target *target);
void wdf_io_target_stop(struct wdf_io_target *target, WDF_IO_TARGET_SENT_IO_ACTION action);
void wdf_io_target_purge(struct wdf_io_target *target, WDF_IO_TARGET_PURGE_IO_ACTION action);

/* Cancels what the target has, sent or held, whatever its state, and waits for what was sent. Passive level. */
void wdf_io_target_cancel(struct wdf_io_target *target);

/* The target goes (class->retire of every kind): nothing more is accepted, all requests are cancelled and awaited. Passive level. */
void wdf_io_target_retire(struct wdf_object *object);

/* The same with another last state, for a remote one that is closed. */
void wdf_io_target_shut(struct wdf_io_target *target, WDF_IO_TARGET_STATE state);

/* io_target_remote.c */
void wdf_io_target_close_remote(struct wdf_io_target *target);
void wdf_io_target_free_remote(struct wdf_io_target *target);

#endif
