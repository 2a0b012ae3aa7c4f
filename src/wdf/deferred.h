/* SPDX-License-Identifier: MIT */
/* A callback of an object that runs later: on the DPC thread at DISPATCH_LEVEL, or on a worker at PASSIVE_LEVEL. Queued once at a time; it
 * may be queued again as soon as it has begun. The object is referenced until it has run. */
#ifndef WDF_DEFERRED_H
#define WDF_DEFERRED_H

#include "engine/engine.h"
#include "wdf/object.h"

struct wdf_deferred {
    struct wdf_object *object;
    struct wdf_object *serialized; /* whose lock is held around it, or NULL */
    void (*run)(struct wdf_object *object);
    bool passive;

    struct lock lock;
    bool queued, running;
    bool submitted;                /* the operation below is the engine's */
    _Atomic(void *) thread;        /* the mark of who runs it */
    _Atomic uint32_t changes;      /* a futex */
    KDPC dpc;
    struct engine_op op;
};

void wdf_deferred_init(struct wdf_deferred *deferred, struct wdf_object *object, struct wdf_object *serialized, bool passive,
                       void (*run)(struct wdf_object *object));
/* false: it was queued already, or its object is being deleted. */
bool wdf_deferred_queue(struct wdf_deferred *deferred);
/* true: it was queued and will not run. A passive one that a worker has been asked for may only be waited for. */
bool wdf_deferred_cancel(struct wdf_deferred *deferred);
/* Until it is neither queued nor running; inside the callback itself not at all. */
void wdf_deferred_wait(struct wdf_deferred *deferred);
bool wdf_deferred_is_mine(const struct wdf_deferred *deferred);

/* The object whose lock AutomaticSerialization means: the parent's. Its level must suit the callback's:
 * STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL. STATUS_WDF_PARENT_NOT_SPECIFIED; STATUS_INVALID_DEVICE_REQUEST: no device at or above. */
NTSTATUS wdf_deferred_check(PWDF_DRIVER_GLOBALS globals, PWDF_OBJECT_ATTRIBUTES attributes, bool serialize, bool passive,
                            const void *caller, struct wdf_object **parent);

#endif
