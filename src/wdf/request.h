/* SPDX-License-Identifier: MIT */
/* Framework requests: an IRP with a handle. One comes from a queue (the IRP has entered our device's stack) or is made by the driver for a
 * target (the IRP is the request's own). Who owns it is one atomic byte, `place`, so that a second completion, a send of what is sent
 * and the like are seen and named.
 *
 *   device's dispatch --> QUEUED --presented--> DRIVER --WdfRequestComplete--> ENDED
 *                           ^--forward, requeue--'  ^  '--wdf_request_send--> SENT --target ends it--> DRIVER
 *
 * Formatting fills the IRP's next stack location and holds references on the memory that it names until the target has ended
 * the request; sending rewrites nothing. At the end of a send the IRP is as it was before, so it can be formatted and sent again. */
#ifndef WDF_REQUEST_H
#define WDF_REQUEST_H

#include "engine/engine.h"
#include "wdf/memory.h"
#include "wdf/object.h"
#include "wdfrequest.h"

struct wdf_device;
struct wdf_io_target;
struct wdf_queue;
struct wdf_request;
struct wdf_send_timer;

enum wdf_request_place {
    WDF_REQUEST_DRIVER, /* the driver's: it may complete, forward, format, send it */
    WDF_REQUEST_QUEUED, /* waits in a queue */
    WDF_REQUEST_SENT,   /* at a target, or held by a stopped one */
    WDF_REQUEST_ENDED,  /* completed, or sent and forgotten */
};

enum wdf_request_cancelable {
    WDF_CANCEL_UNMARKED,
    WDF_CANCEL_MARKING, /* the mark is being made */
    WDF_CANCEL_EARLY,   /* it was cancelled meanwhile: the marking thread will see it */
    WDF_CANCEL_MARKED,
    WDF_CANCEL_CALLED,  /* EvtRequestCancel is called */
};

/* Which DriverContext of the IRP finds the request while its cancel routine is the framework's. */
enum { WDF_CONTEXT_REQUEST = 3 };

/* ---- Formats ---------------------------------------------------------------------------------------------------- */

/* A part of memory as a method's caller names it: a WDFMEMORY with offset, an MDL, or plain memory. */
struct wdf_buffer {
    void *address;
    size_t length;
    MDL *mdl;                  /* an MDL that describes just this, or NULL */
    struct wdf_memory *memory; /* or NULL */
    size_t offset;             /* in memory */
};

/* NULL gives an empty buffer. STATUS_INTEGER_OVERFLOW, STATUS_INVALID_BUFFER_SIZE, STATUS_INVALID_PARAMETER. */
NTSTATUS wdf_buffer_of_memory(PWDF_DRIVER_GLOBALS globals, WDFMEMORY memory, const WDFMEMORY_OFFSET *offset, const void *caller,
                              struct wdf_buffer *buffer);
NTSTATUS wdf_buffer_of_descriptor(PWDF_DRIVER_GLOBALS globals, const WDF_MEMORY_DESCRIPTOR *descriptor, const void *caller,
                                  struct wdf_buffer *buffer);

/* What who formats wants to know. Both are called without a lock, at IRQL <= DISPATCH_LEVEL; both may be NULL. */
struct wdf_format;
struct wdf_format_ops {
    /* The target has ended the request, the driver has not seen it yet: fills request->params beyond Type and IoStatus, may
     * change request->params.IoStatus. Not called for a request that was not sent. */
    void (*completed)(struct wdf_request *request);
    /* The format goes, after the driver's completion routine or without a send: frees what it made. `format` is no longer
     * request->format when that routine has formatted anew. */
    void (*released)(struct wdf_request *request, struct wdf_format *format);
};

enum { WDF_FORMAT_MEMORIES = 3 };

struct wdf_format {
    const struct wdf_format_ops *ops;
    bool set;                                          /* there is a format: it can be sent */
    bool changed_irp;                                  /* the four fields below are to be put back */
    WDF_REQUEST_TYPE type;
    ULONG code;                                        /* I/O control code */
    struct wdf_memory *memories[WDF_FORMAT_MEMORIES];  /* referenced */
    struct wdf_buffer input, output;                   /* output: where a read goes; input: where a write's data is */
    void *bounce;                                      /* buffered control codes: both ways through one buffer */
    MDL mdl;                                           /* describes `output` or `input` for a target with direct I/O */
    void *own;                                         /* the formatter's */
    PVOID system_buffer;
    PVOID user_buffer;
    MDL *mdl_address;
    ULONG flags;
};

/* ---- The request ------------------------------------------------------------------------------------------------- */

struct wdf_request {
    struct wdf_object object;
    IRP *irp;
    IO_STACK_LOCATION *stack;        /* ours in the IRP, of a request that came from a queue; else NULL */
    struct wdf_device *device;       /* that it came to; NULL: driver-created */
    _Atomic uint8_t place;           /* enum wdf_request_place */
    _Atomic uint8_t cancelable;      /* enum wdf_request_cancelable */
    bool owns_irp;                   /* the IRP is freed with the request */
    bool was_presented;              /* the driver has had it: EvtIoCanceledOnQueue applies */
    bool cancelled_on_queue;         /* EvtIoCanceledOnQueue gave it to the driver: it may not be queued again */
    NTSTATUS status;                 /* WdfRequestGetStatus */

    /* In a queue, or presented from it: under the queue's lock. */
    struct wdf_queue *queue;         /* referenced */
    struct list link;                /* of its waiting or its owned list */
    bool stop_pending;               /* EvtIoStop was called, the driver has not answered */
    bool suspended;                  /* it answered "later": EvtIoResume is due */
    uint32_t queue_round;            /* the last walk through the owned list that met it */

    PFN_WDF_REQUEST_CANCEL evt_cancel;
    struct wdf_memory *input, *output; /* the program's buffers, made when first asked for; children */
    MDL *input_mdl, *output_mdl;       /* the same, as MDLs of ours */

    /* At a target. */
    struct wdf_format format;
    PFN_WDF_REQUEST_COMPLETION_ROUTINE evt_complete;
    WDFCONTEXT evt_complete_context;
    WDF_REQUEST_COMPLETION_PARAMS params;
    struct wdf_io_target *target;      /* while SENT; referenced */
    struct list target_link;           /* its sent or held list, under its lock */
    uint32_t round;                    /* the target's last round of cancelling that met it */
    bool ignores_state;
    _Atomic uint32_t sent_references;  /* the send's, the timer's, a canceller's: the last one ends the send */
    _Atomic bool timed_out;
    struct wdf_send_timer *timer;
    KEVENT *waiter;                    /* of a synchronous send */

    /* The USB target's, kept from format to format: freed with the request by `usb_free`. */
    void *usb;
    void (*usb_free)(struct wdf_request *request);

    struct engine_op op, present_op;   /* EvtRequestCancel, or a presentation, that must run at PASSIVE_LEVEL */
};

extern const struct wdf_class wdf_request_class;

static inline struct wdf_request *wdf_request_of_object(struct wdf_object *object)
{
    return container_of(object, struct wdf_request, object);
}

static inline WDFREQUEST wdf_request_handle(struct wdf_request *request)
{
    return (WDFREQUEST)(void *)&request->object;
}

/* A request around an IRP that has come to `device` (its current stack location is ours); the device's request attributes
 * apply. */
NTSTATUS wdf_request_from_irp(struct wdf_device *device, IRP *irp, struct wdf_request **request);

/* A driver's own: an IRP with `stack_size` locations below. */
NTSTATUS wdf_request_make(struct wdf_driver *driver, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, CCHAR stack_size,
                          const void *maker, struct wdf_request **request);

/* The driver's view of our stack location. */
void wdf_request_parameters(const struct wdf_request *request, PWDF_REQUEST_PARAMETERS parameters);

/* WdfRequestUnmarkCancelable: STATUS_CANCELLED when EvtRequestCancel is on its way (request_cancel.c). */
NTSTATUS wdf_request_unmark(struct wdf_request *request);
/* Of a marked one: takes the mark and, where nobody else did, calls EvtRequestCancel. The caller holds a lock under which the request
 * cannot end for the first part, a reference for the second. */
bool wdf_request_take_mark(struct wdf_request *request);
void wdf_request_call_cancel(struct wdf_request *request);

/* Ends a request that is the framework's (never presented, or taken out of a queue). */
void wdf_request_end(struct wdf_request *request, NTSTATUS status, ULONG_PTR information);

/* ---- Formatting (request_format.c) ---------------------------------------------------------------------------------- */

/* Drops the format before, looks whether the driver has the request and whether its IRP has a location for the target, and clears the
 * next stack location (DeviceObject and completion routine are set by the send).
 * STATUS_INVALID_DEVICE_REQUEST: the request is not the driver's; STATUS_REQUEST_NOT_ACCEPTED: too few locations. */
NTSTATUS wdf_format_begin(struct wdf_request *request, struct wdf_io_target *target, WDF_REQUEST_TYPE type,
                          const struct wdf_format_ops *ops);
/* The format holds the memory in `slot` (0..2) until it is released. NULL is allowed. */
void wdf_format_keep(struct wdf_request *request, unsigned slot, struct wdf_memory *memory);
/* Before one of MdlAddress, SystemBuffer, UserBuffer, Flags of the IRP is changed; the release puts them back. */
void wdf_format_change_irp(struct wdf_request *request);
/* The format is whole: it may be sent. */
static inline void wdf_format_done(struct wdf_request *request)
{
    request->format.set = true;
}
void wdf_format_release(struct wdf_request *request);
/* Its two halves, for the end of a send. */
void wdf_format_restore_irp(struct wdf_request *request);
void wdf_format_drop(struct wdf_request *request, struct wdf_format *format);

/* An MDL of a buffer that nobody but the format holds. */
MDL *wdf_format_mdl(struct wdf_request *request, const struct wdf_buffer *buffer);

/* ---- Sending (request_send.c) ----------------------------------------------------------------------------------------- */

/* WdfRequestSend. false: not sent, request->status says why, and it is still the driver's. */
bool wdf_request_send(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options);

/* Sends and waits, at PASSIVE_LEVEL; the request is the caller's again. Returns its final status (STATUS_IO_TIMEOUT when the time of
 * `options` ran out). request->params is filled. */
NTSTATUS wdf_request_send_and_wait(struct wdf_request *request, struct wdf_io_target *target, const WDF_REQUEST_SEND_OPTIONS *options);

/* false: it is not at a target, or the target cannot cancel it now. */
bool wdf_request_cancel_sent(struct wdf_request *request);
/* Cancels it and waits for its end, at PASSIVE_LEVEL: its owner goes. */
void wdf_request_recall(struct wdf_request *request);
/* A target that was stopped sends what it held; `request` is on its sent list. */
void wdf_request_submit(struct wdf_request *request);
/* Under the target's lock, before the request can end. */
void wdf_request_timer_start(struct wdf_request *request, const WDF_REQUEST_SEND_OPTIONS *options);
/* A request that a stopped target holds is cancelled: the target's end of it. */
void wdf_request_ended_below(struct wdf_request *request);

/* The request that a method which sends and waits uses: the driver's, or one made for the purpose. */
NTSTATUS wdf_sync_request_get(PWDF_DRIVER_GLOBALS globals, WDFREQUEST handle, struct wdf_io_target *target, const void *caller,
                              struct wdf_request **request);
/* Drops the format, and the request if it was made for the purpose. `handle` as before. */
void wdf_sync_request_put(WDFREQUEST handle, struct wdf_request *request);

#endif
