/* SPDX-License-Identifier: MIT */
/* Queues: requests wait here, are presented to the driver's callbacks, and are counted until they leave again. A queue is sequential
 * (one at the driver), parallel (up to a limit) or manual (the driver fetches). Nothing recurses: who completes a request inside a
 * callback of the queue returns, and the loop that called the callback presents the next one.
 *
 * Where a request is and all counts stand under the queue's lock, which is never held in a callback. */
#ifndef WDF_QUEUE_H
#define WDF_QUEUE_H

#include "engine/engine.h"
#include "wdf/device.h"
#include "wdf/device_queues.h"
#include "wdf/object.h"
#include "wdf/request.h"
#include "wdfio.h"

struct wdf_queue;

/* What the driver asked to be told about a queue's state, once it is reached. */
enum wdf_queue_event { WDF_QUEUE_STOPPED, WDF_QUEUE_PURGED, WDF_QUEUE_DRAINED, WDF_QUEUE_EVENTS, WDF_QUEUE_ANSWERED, WDF_QUEUE_DEAD };

struct wdf_queue_notice {
    PFN_WDF_IO_QUEUE_STATE callback;
    WDFCONTEXT context;
    bool armed;
};

struct wdf_queue {
    struct wdf_object object;
    struct callback_lock callback_lock;
    struct wdf_device *device;
    struct list device_link;
    WDF_IO_QUEUE_CONFIG config;
    uint32_t limit;              /* how many may be at the driver by presentation */
    bool power_managed;

    struct lock lock;
    struct list waiting, owned;  /* struct wdf_request.link */
    uint32_t waiting_count, owned_count;
    uint32_t leaving;            /* requests that leave the driver, and cancel callbacks: not yet over */
    uint32_t running;            /* callbacks of the queue's loop that have not returned */
    bool accepts, dispatches;
    bool held;                   /* the device is not in D0 */
    bool ready_due;              /* empty became non-empty: ready notification */
    bool powered;                /* it holds wdf_power_acquire's reference: there are requests */
    uint32_t unanswered;         /* EvtIoStop was called, no answer yet */
    struct wdf_queue_notice notices[WDF_QUEUE_EVENTS];
    struct wdf_queue_notice ready;
    struct list waiters;         /* threads in a ...Synchronously */
    enum { WDF_WORK_NONE, WDF_WORK_BUSY, WDF_WORK_AGAIN } work_state;
    uint32_t round;              /* of walks through `owned` */
    uint32_t device_round;       /* the device's last walk that met it, under its lock */
    struct engine_op work;       /* calls at PASSIVE_LEVEL what became due above it */
};

extern const struct wdf_class wdf_queue_class;

static inline WDFQUEUE wdf_queue_handle(struct wdf_queue *queue)
{
    return (WDFQUEUE)(void *)&queue->object;
}

/* ---- For requests ---------------------------------------------------------------------------------------------------------- */

/* Puts a request that nobody has behind the last. STATUS_WDF_BUSY: not accepted, nothing changed. The queue presents what it can
 * before this returns. The caller holds a reference on the queue. */
NTSTATUS wdf_queue_put(struct wdf_queue *queue, struct wdf_request *request);
/* The driver no longer has the request (completed, sent and forgotten); `place` has been changed. Behind its end the caller calls
 * wdf_queue_advance. Returns the queue, referenced. */
struct wdf_queue *wdf_queue_disown(struct wdf_request *request);
/* A callback for one of its requests begins outside the queue's own loop; wdf_queue_advance ends it. */
void wdf_queue_enter(struct wdf_queue *queue);
/* Presents what can be presented and calls what is due; drops the reference of wdf_queue_disown or wdf_queue_enter. */
void wdf_queue_advance(struct wdf_queue *queue);

/* ---- Among the queue's files (queue_run.c) ----------------------------------------------------------------------------------- */

/* Under the lock. */
bool wdf_queue_reached(const struct wdf_queue *queue, enum wdf_queue_event event);
/* A waiting request that is surely nobody's but ours from here on (it can no longer be cancelled), of that file where one is given; or
 * NULL. It is off the list. */
struct wdf_request *wdf_queue_take(struct wdf_queue *queue, const FILE_OBJECT *file);
/* One that was taken becomes the driver's. */
void wdf_queue_own(struct wdf_queue *queue, struct wdf_request *request);
/* Puts a request on the waiting list. True: it has been cancelled; it is off the list again, and wdf_queue_cancelled is due. */
bool wdf_queue_link(struct wdf_queue *queue, struct wdf_request *request, bool at_head);

/* Gives the lock back and wakes the threads whose event has come. */
void wdf_queue_unlock(struct wdf_queue *queue);
/* With the lock held, which is given back: presents and calls what is due. The caller has a reference. */
void wdf_queue_loop(struct wdf_queue *queue);
/* A request that was taken off the waiting list is cancelled: EvtIoCanceledOnQueue, or its end. Without the lock. */
void wdf_queue_cancelled(struct wdf_queue *queue, struct wdf_request *request);
/* Whether the calling thread is in a callback of that queue, or, NULL, of any. */
bool wdf_queue_calls(const struct wdf_queue *queue);
/* Waits until the event has come (queue_wait.c). Passive level. */
void wdf_queue_wait(struct wdf_queue *queue, enum wdf_queue_event event, const char *method);

/* Under the device's lock: the next queue that this round has not met, referenced. */
struct wdf_queue *wdf_device_io_next(struct wdf_device_io *io, uint32_t round);

/* queue_state.c: cancels what waits (of one file, or NULL: all); with `driver_too` also asks for what the driver has. */
void wdf_queue_cancel(struct wdf_queue *queue, const FILE_OBJECT *file, bool driver_too);

#endif
