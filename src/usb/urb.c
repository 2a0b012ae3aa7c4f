/* SPDX-License-Identifier: MIT */
/* The life of a URB: refused or queued at submit, given to the host by usb_pipe_send, ended once.
 * Who ends it is decided under the pipe's lock: a canceller or the time-out takes a queued URB off
 * and ends it; of one that the host has they only ask for the end. What has ended stands in a list,
 * from which one thread calls `done` after `done`, in order; whoever still uses a URB (the sender,
 * its timer, a canceller inside the host) pins it there. */
#include "usb/urb.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>

#include "base/futex.h"
#include "base/trace.h"
#include "usb/capture.h"
#include "usb/core.h"

enum { ENDING_NOT, ENDING_CANCEL, ENDING_TIMEOUT };

static struct usb_pipe *pipe_of(const struct urb *urb)
{
    return urb->pipe != NULL ? urb->pipe : urb->device->pipes[0];
}

/* ---- Checks ---------------------------------------------------------------------------------- */

static int refuse(const char **reason, const char *text)
{
    *reason = text;
    return -EINVAL;
}

static int check_packets(const struct urb *urb, const struct usb_pipe *pipe, const char **reason)
{
    const struct usb_endpoint *endpoint = &pipe->endpoint;
    uint32_t in_frame = usb_endpoint_packets_per_frame(endpoint);
    bool any = urb->flags & URB_ISO_ANY;
    if (in_frame == 0 && !any)
        return refuse(reason, "isochronous periods of more than a frame are not supported");
    if (urb->packet_count == 0 || urb->packet_count > pipe->device->host->limits.iso_packets ||
        urb->packets == NULL)
        return refuse(reason, "the number of isochronous packets");
    if (!any && urb->packet_count % in_frame != 0)
        return refuse(reason, "isochronous packets are not whole frames");
    uint64_t at = 0;
    for (uint32_t i = 0; i < urb->packet_count; i++) {
        const struct urb_packet *packet = &urb->packets[i];
        if (packet->length > endpoint->interval_bytes)
            return refuse(reason, "an isochronous packet is larger than its interval");
        if (packet->offset < at || (uint64_t)packet->offset + packet->length > urb->length)
            return refuse(reason, "isochronous packets overlap or pass the buffer's end");
        at = (uint64_t)packet->offset + packet->length;
    }
    return 0;
}

int urb_check(const struct urb *urb, const struct usb_pipe *pipe, const char **reason)
{
    const struct usb_host_limits *limits = &pipe->device->host->limits;
    if (urb->length != 0 && urb->buffer == NULL)
        return refuse(reason, "no buffer");
    if (pipe->streams_change || urb->stream > pipe->streams ||
        (urb->stream == 0 && pipe->streams != 0))
        return refuse(reason, "the stream is not open");
    switch (pipe->endpoint.type) {
    case USB_CONTROL:
        if (urb->length > limits->control_bytes || urb->length < urb->setup.length)
            return refuse(reason, "the length of the data stage");
        return 0;
    case USB_BULK:
        return urb->length > limits->bulk_bytes ? refuse(reason, "longer than the host takes") : 0;
    case USB_INTERRUPT:
        return urb->length > limits->interrupt_bytes ? refuse(reason, "longer than the host takes")
                                                     : 0;
    default:
        return check_packets(urb, pipe, reason);
    }
}

/* ---- The end --------------------------------------------------------------------------------- */

void urb_end(struct urb *urb, struct usb_pipe *pipe, int status)
{
    assert(!urb->ended);
    urb->ended = true;
    urb->status = status;
    list_push_back(&pipe->ended, &urb->link);
}

/* The next whose `done` may be called. Order is kept: a pinned one holds up what ended after it.
 * Under the pipe's lock. */
static struct urb *pipe_next_ended(struct usb_pipe *pipe)
{
    if (list_empty(&pipe->ended))
        return NULL;
    struct urb *urb = container_of(pipe->ended.next, struct urb, link);
    if (urb->pins != 0)
        return NULL;
    list_remove(&urb->link);
    pipe->calling = urb->sequence;
    return urb;
}

static void urb_call_done(struct urb *urb, struct usb_pipe *pipe)
{
    if (pipe->endpoint.type == USB_ISOCH)
        urb->status = isoch_finish(urb, urb->status);
    if (!urb->captured)
        usb_capture_urb(urb, pipe,
                        false); /* it never came to the host: too late, or cancelled in the queue */
    usb_capture_urb(urb, pipe, true);
    TRACE(URB, urb_ended, TRACE_POINTER(urb), (uint64_t)(uint32_t)urb->status, urb->actual,
          urb->error_count);
    atomic_store_explicit(&urb->state, URB_DONE, memory_order_release);
    urb->done(urb);
}

void usb_pipe_complete(struct usb_pipe *pipe)
{
    struct usb_device *device = pipe->device;
    uint32_t references = 0; /* those of the URBs: the pipe must outlive this loop */
    lock_acquire(&pipe->lock);
    if (!pipe->completing) {
        pipe->completing = true;
        for (struct urb *urb; (urb = pipe_next_ended(pipe)) != NULL; references++) {
            lock_release(&pipe->lock);
            urb_call_done(urb, pipe);
            lock_acquire(&pipe->lock);
            pipe->calling = 0;
            if (pipe->waiters != 0) {
                atomic_fetch_add(&pipe->progress, 1);
                futex_wake(&pipe->progress, INT_MAX);
            }
        }
        pipe->completing = false;
    }
    lock_release(&pipe->lock);
    while (references-- > 0)
        usb_device_dereference(device);
}

/* What a cancel, a time-out or a flag turns the host's answer into. */
static int ended_status(const struct urb *urb, int status)
{
    if (status == -ECANCELED && urb->ending == ENDING_TIMEOUT)
        return -ETIMEDOUT;
    uint32_t wanted = pipe_of(urb)->endpoint.type == USB_CONTROL ? urb->setup.length : urb->length;
    bool must_fill = (urb->flags & (URB_IN | URB_SHORT_NOT_OK)) == (URB_IN | URB_SHORT_NOT_OK);
    if (status == 0 && must_fill && urb->packets == NULL && urb->actual < wanted)
        return -EREMOTEIO;
    return status; /* the host's came first */
}

static bool halts(const struct usb_pipe *pipe, int status)
{
    if (pipe->endpoint.type != USB_BULK && pipe->endpoint.type != USB_INTERRUPT)
        return false;
    return status == -EPIPE || status == -EPROTO || status == -EILSEQ || status == -ETIME ||
           status == -EOVERFLOW;
}

static void pipe_halt(struct usb_pipe *pipe)
{
    pipe->state = USB_PIPE_HALTED;
    if (pipe->hold_on_error || pipe->streams != 0)
        return;
    for (struct list *node; (node = list_pop_front(&pipe->queue)) != NULL;)
        urb_end(container_of(node, struct urb, link), pipe, -EPIPE);
}

/* Behind the failure the endpoint answers STALL to whatever the host still had: where the owner
 * wants to go on after a reset, such a URB, of which nothing was done, goes back to the queue, in
 * its place. Under the pipe's lock. */
static bool urb_requeue(struct urb *urb, struct usb_pipe *pipe, int status)
{
    if (status != -EPIPE || pipe->state != USB_PIPE_HALTED || !pipe->hold_on_error ||
        urb->actual != 0 || urb->pins != 0 || urb->ending != ENDING_NOT ||
        pipe->endpoint.type == USB_ISOCH)
        return false;
    struct list *before = pipe->queue.next;
    while (before != &pipe->queue &&
           container_of(before, struct urb, link)->sequence < urb->sequence)
        before = before->next;
    list_insert_between(&urb->link, before->prev, before);
    atomic_store_explicit(&urb->state, URB_QUEUED, memory_order_relaxed);
    return true;
}

/* Off the sent list, and what follows for the pipe. Under the pipe's lock. */
static void urb_take_back(struct urb *urb, struct usb_pipe *pipe, int status)
{
    list_remove(&urb->link);
    pipe->sent_count--;
    if (pipe->stream_sent != NULL && urb->stream != 0)
        pipe->stream_sent[urb->stream]--;
    if (urb->armed && engine_timer_cancel(&urb->timer))
        urb->pins--; /* else `fired` is on its way, and lets go itself */
    urb->armed = false;
    if (urb_requeue(urb, pipe, status))
        return;
    urb_end(urb, pipe, ended_status(urb, status));
    if (pipe->state == USB_PIPE_RUNNING && halts(pipe, urb->status))
        pipe_halt(pipe);
}

void usb_urb_ended(struct urb *urb, int status)
{
    struct usb_pipe *pipe = pipe_of(urb);
    struct usb_device *device = pipe->device;
    usb_device_reference(device); /* `done` may drop the last one */
    lock_acquire(&pipe->lock);
    assert(atomic_load(&urb->state) == URB_SENT && !urb->ended);
    urb_take_back(urb, pipe, status);
    lock_release(&pipe->lock);
    usb_pipe_send(pipe);
    usb_pipe_complete(pipe);
    usb_device_dereference(device);
}

/* Lets go of a pinned URB; if it has ended, its `done` may be due. */
static void urb_unpin(struct urb *urb, struct usb_pipe *pipe)
{
    struct usb_device *device = pipe->device;
    lock_acquire(&pipe->lock);
    bool last = --urb->pins == 0 && urb->ended;
    if (last)
        usb_device_reference(device);
    lock_release(&pipe->lock);
    if (!last)
        return;
    usb_pipe_complete(pipe);
    usb_device_dereference(device);
}

/* With a pin on the URB: asks the host, or ends it where the host has not got it. Lets go of the
 * pin. */
static void urb_end_early(struct urb *urb, struct usb_pipe *pipe, uint8_t ending)
{
    bool ask = false;
    lock_acquire(&pipe->lock);
    if (!urb->ended && urb->ending == ENDING_NOT) {
        urb->ending = ending;
        if (atomic_load(&urb->state) == URB_SENT) {
            ask = urb->given; /* else the thread inside submit asks when it is out */
        } else {
            list_remove(&urb->link);
            urb_end(urb, pipe, ending == ENDING_TIMEOUT ? -ETIMEDOUT : -ECANCELED);
        }
    }
    lock_release(&pipe->lock);
    if (ask)
        pipe->device->host->cancel(pipe->device, urb);
    urb_unpin(urb, pipe);
}

void urb_mark_cancelled(struct urb *urb)
{
    urb->ending = ENDING_CANCEL;
    urb->pins++;
}

void urb_ask_marked(struct urb *urb, struct usb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    bool ask = urb->given && !urb->ended;
    lock_release(&pipe->lock);
    if (ask)
        pipe->device->host->cancel(pipe->device, urb);
    urb_unpin(urb, pipe);
}

void urb_cancel(struct urb *urb)
{
    TRACE(URB, urb_cancel, TRACE_POINTER(urb));
    struct usb_pipe *pipe = pipe_of(urb);
    lock_acquire(&pipe->lock);
    uint8_t state = atomic_load(&urb->state);
    bool lives =
        (state == URB_QUEUED || state == URB_SENT) && !urb->ended && urb->ending == ENDING_NOT;
    if (lives)
        urb->pins++;
    lock_release(&pipe->lock);
    if (lives)
        urb_end_early(urb, pipe, ENDING_CANCEL);
}

/* The timer's own pin holds the URB. */
static void urb_timed_out(struct engine_timer *timer)
{
    struct urb *urb = container_of(timer, struct urb, timer);
    urb_end_early(urb, pipe_of(urb), ENDING_TIMEOUT);
}

/* ---- The beginning --------------------------------------------------------------------------- */

static bool may_send(const struct usb_pipe *pipe, const struct urb *urb)
{
    uint32_t depth = pipe->device->host->limits.depth != 0 ? pipe->device->host->limits.depth : 1;
    if (pipe->stream_sent != NULL && urb->stream != 0)
        return pipe->stream_sent[urb->stream] < depth;
    return pipe->sent_count < depth;
}

static void pipe_hold_ended(struct engine_timer *timer)
{
    struct usb_pipe *pipe = container_of(timer, struct usb_pipe, hold);
    struct usb_device *device = pipe->device;
    lock_acquire(&pipe->lock);
    pipe->holding = false;
    lock_release(&pipe->lock);
    usb_pipe_send(pipe);
    usb_pipe_complete(pipe);
    usb_device_dereference(device);
}

/* An isochronous URB's start is far: somebody looks again at due_ns. 0 or -ENOMEM. Under the pipe's
 * lock. */
static int pipe_hold(struct usb_pipe *pipe, uint64_t due_ns)
{
    if (pipe->holding && (pipe->hold.due_ns <= due_ns || !engine_timer_cancel(&pipe->hold)))
        return 0; /* that comes first, or is coming */
    if (!pipe->holding)
        usb_device_reference(pipe->device); /* the timer's */
    pipe->hold.fired = pipe_hold_ended;
    int error = engine_timer_set(&pipe->hold, due_ns);
    pipe->holding = error == 0;
    if (error != 0)
        usb_device_dereference(pipe->device); /* not the last: the queue has a URB */
    return error;
}

/* Whether the URB has to wait for its frame. Under the pipe's lock. */
static bool pipe_holds(struct usb_pipe *pipe, struct urb *urb)
{
    uint64_t due_ns;
    if (pipe->endpoint.type != USB_ISOCH || isoch_is_due(urb, pipe, &due_ns))
        return false;
    int error = pipe_hold(pipe, due_ns);
    if (error != 0) {
        list_remove(&urb->link);
        urb_end(urb, pipe, error);
        pipe->send_again = true;
    }
    return true;
}

/* The next URB for the host, moved to the sent list; NULL: none may go now. Under the pipe's lock.
 */
static struct urb *pipe_next(struct usb_pipe *pipe)
{
    if (pipe->state != USB_PIPE_RUNNING)
        return NULL;
    list_for_each (node, &pipe->queue) {
        struct urb *urb = container_of(node, struct urb, link);
        if (!may_send(pipe, urb)) {
            if (pipe->stream_sent == NULL)
                return NULL;
            continue; /* another stream may */
        }
        if (pipe_holds(pipe, urb))
            return NULL;
        list_remove(&urb->link);
        list_push_back(&pipe->sent, &urb->link);
        pipe->sent_count++;
        if (pipe->stream_sent != NULL && urb->stream != 0)
            pipe->stream_sent[urb->stream]++;
        urb->pins++; /* the sender's */
        if (pipe->endpoint.type == USB_ISOCH)
            pipe->sent_microframe = urb->start_microframe +
                                    (uint64_t)urb->packet_count * (pipe->endpoint.period_us / 125);
        urb->given = false;
        atomic_store_explicit(&urb->state, URB_SENT, memory_order_relaxed);
        return urb;
    }
    return NULL;
}

/* Arms the time-out before the host has the URB: it may end at once. 0 or -ENOMEM. */
static int urb_arm(struct urb *urb, struct usb_pipe *pipe)
{
    if (urb->timeout_ms == 0)
        return 0;
    lock_acquire(&pipe->lock);
    urb->timer = (struct engine_timer){.fired = urb_timed_out};
    int error =
        engine_timer_set(&urb->timer, clock_deadline_ns((uint64_t)urb->timeout_ms * 1000000u));
    urb->armed = error == 0;
    if (error == 0)
        urb->pins++;
    lock_release(&pipe->lock);
    return error;
}

/* The sender's pin keeps it. */
static void urb_send(struct urb *urb, struct usb_pipe *pipe)
{
    urb->submit_ns = clock_now_ns();
    TRACE(URB, urb_sent, TRACE_POINTER(urb), pipe->endpoint.address, urb->length, urb->start_frame);
    if (!urb->captured)
        usb_capture_urb(urb, pipe, false);
    urb->captured = true;
    int error = urb_arm(urb, pipe);
    if (error == 0)
        error = pipe->device->host->submit(pipe->device, urb);
    lock_acquire(&pipe->lock);
    urb->given = error == 0;
    if (error != 0)
        urb_take_back(urb, pipe, error);
    /* A cancel came meanwhile. */
    bool ask = error == 0 && !urb->ended && urb->ending != ENDING_NOT &&
               atomic_load(&urb->state) == URB_SENT;
    lock_release(&pipe->lock);
    if (ask)
        pipe->device->host->cancel(pipe->device, urb);
    urb_unpin(urb, pipe);
}

void usb_pipe_send(struct usb_pipe *pipe)
{
    lock_acquire(&pipe->lock);
    if (pipe->sending) {
        pipe->send_again = true; /* who sends keeps the order and looks once more */
        lock_release(&pipe->lock);
        return;
    }
    pipe->sending = true;
    do {
        pipe->send_again = false;
        for (struct urb *urb; (urb = pipe_next(pipe)) != NULL;) {
            lock_release(&pipe->lock);
            urb_send(urb, pipe);
            lock_acquire(&pipe->lock);
        }
    } while (pipe->send_again);
    pipe->sending = false;
    lock_release(&pipe->lock);
}

/* Under the pipe's lock: taken (queued, or among those that ended), or refused with -errno. */
static int urb_enqueue(struct urb *urb, struct usb_pipe *pipe)
{
    const char *reason = "the pipe is closed";
    int error = pipe->state == USB_PIPE_CLOSED ? -ENODEV : urb_check(urb, pipe, &reason);
    if (error != 0) {
        if (trace_on(USB))
            trace_note(TRACE_USB, "URB refused on endpoint %02x: %s", pipe->endpoint.address,
                       reason);
        return error;
    }
    int status = 0;
    if (pipe->state == USB_PIPE_HALTED && !pipe->hold_on_error && pipe->streams == 0)
        status = -EPIPE;
    else if (pipe->endpoint.type == USB_ISOCH)
        status = isoch_place(urb, pipe);
    urb->sequence = ++pipe->sequence;
    usb_device_reference(pipe->device); /* until its `done` has returned */
    atomic_store_explicit(&urb->state, URB_QUEUED, memory_order_relaxed);
    if (status != 0)
        urb_end(urb, pipe, status);
    else
        list_push_back(&pipe->queue, &urb->link);
    return 0;
}

int urb_submit(struct urb *urb)
{
    uint8_t state = atomic_load(&urb->state);
    assert(state == URB_IDLE || state == URB_DONE);
    if (atomic_load(&urb->device->gone))
        return -ENODEV;
    struct usb_pipe *pipe = pipe_of(urb);
    uint8_t direction =
        pipe->endpoint.type == USB_CONTROL ? urb->setup.type : pipe->endpoint.address;
    urb->flags = (uint8_t)((urb->flags & ~URB_IN) | (direction & USB_ENDPOINT_IN ? URB_IN : 0));
    urb->actual = urb->error_count = urb->late_packets = 0;
    urb->status = 0;
    urb->ending = ENDING_NOT;
    urb->pins = 0;
    urb->given = urb->ended = urb->armed = urb->captured = false;
    list_init(&urb->host_link);
    TRACE(URB, urb_submitted, TRACE_POINTER(urb), pipe->endpoint.address, urb->length, urb->flags);
    struct usb_device *device = pipe->device;
    lock_acquire(&pipe->lock);
    int error = urb_enqueue(urb, pipe);
    if (error == 0)
        usb_device_reference(device); /* `done` may drop the last one */
    lock_release(&pipe->lock);
    if (error != 0)
        return error;
    usb_pipe_send(pipe);
    usb_pipe_complete(pipe);
    usb_device_dereference(device);
    return 0;
}

/* ---- Waiting for one ------------------------------------------------------------------------- */

struct run {
    _Atomic uint32_t ended;
    void (*done)(struct urb *urb);
    void *context;
};

static void run_done(struct urb *urb)
{
    struct run *run = urb->context;
    /* The last touch: the sleeper's stack may go as soon as it sees the word. */
    atomic_store_explicit(&run->ended, 1, memory_order_release);
    futex_wake(&run->ended, 1);
}

int urb_run(struct urb *urb)
{
    struct run run = {.done = urb->done, .context = urb->context};
    urb->done = run_done;
    urb->context = &run;
    int error = urb_submit(urb);
    while (error == 0 && atomic_load_explicit(&run.ended, memory_order_acquire) == 0)
        futex_wait(&run.ended, 0, FUTEX_NO_DEADLINE);
    urb->done = run.done;
    urb->context = run.context;
    return error != 0 ? error : urb->status;
}
