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
    uint32_t running;            /* callbacks of the driver that have not returned */
    bool accepts, dispatches;
    bool held;                   /* the device is not in D0 */
    bool ready_due;              /* empty became non-empty: ready notification */
    bool powered;                /* it holds wdf_power_acquire's reference: there are requests */
    uint32_t unanswered;         /* EvtIoStop was called, no answer yet */
    struct wdf_queue_notice notices[WDF_QUEUE_EVENTS];
    struct wdf_queue_notice ready;
    struct list waiters;         /* threads in a ...Synchronously */
    bool work_queued;            /* a worker will present */
    struct engine_op work;
};

extern const struct wdf_class wdf_queue_class;

static inline WDFQUEUE wdf_queue_handle(struct wdf_queue *queue)
{
    return (WDFQUEUE)(void *)&queue->object;
}

/* ---- Among the queue's files -------------------------------------------------------------------------------------------- */

/* Puts a request that nobody has behind the last. STATUS_WDF_BUSY: not accepted, nothing changed. The queue presents what it can
 * before this returns. */
NTSTATUS wdf_queue_put(struct wdf_queue *queue, struct wdf_request *request);
/* The driver no longer has the request (completed, sent and forgotten); `place` has been changed. The caller calls
 * wdf_queue_advance when the request is where it goes. Returns the queue, referenced. */
struct wdf_queue *wdf_queue_disown(struct wdf_request *request);
/* Presents what can be presented and calls what is due; drops the reference. */
void wdf_queue_advance(struct wdf_queue *queue);
/* The same without a reference: the caller knows that the queue stays. */
void wdf_queue_run(struct wdf_queue *queue);

/* From one queue (the driver's) to the end of another, or to the head of its own. */
NTSTATUS wdf_queue_forward(struct wdf_request *request, struct wdf_queue *to);
NTSTATUS wdf_queue_requeue(struct wdf_request *request, bool acknowledged);
/* Under the queue's lock: a waiting request that is surely nobody's but ours from here on (it cannot be cancelled), or NULL. */
struct wdf_request *wdf_queue_take(struct wdf_queue *queue, FILE_OBJECT *file);
/* Under the lock: a request that was taken out becomes the driver's. */
void wdf_queue_own(struct wdf_queue *queue, struct wdf_request *request);
/* Cancels what waits (of one file, or NULL: all); with `driver_too` also asks what the driver has. */
void wdf_queue_cancel(struct wdf_queue *queue, FILE_OBJECT *file, bool driver_too);
/* Waits until it is stopped, purged or drained. Passive level, not in a queue's callback. */
void wdf_queue_wait(struct wdf_queue *queue, enum wdf_queue_event event);
bool wdf_queue_reached(const struct wdf_queue *queue, enum wdf_queue_event event);
/* Whether the calling thread is inside a callback of any queue. */
bool wdf_queue_in_callback(void);
/* The events that no more requests wait for: called with the lock held, gives the lock back. */
void wdf_queue_unlock(struct wdf_queue *queue);
/* D0 and back. */
void wdf_queue_power_up(struct wdf_queue *queue);
void wdf_queue_power_down(struct wdf_queue *queue, ULONG action);

#endif
