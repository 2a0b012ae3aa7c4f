/* SPDX-License-Identifier: MIT */
/* The life of a URB: refused or queued at submit, given to the host by usb_pipe_send, ended once. Who ends it is decided under the
 * pipe's lock: a canceller or the time-out takes a queued URB off and ends it; of one that the host has they only ask for the
 * end. A thread inside the host's cancel pins the URB, and the last of host and pinners calls `done`. */
#include "usb/urb.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>

#include "base/futex.h"
#include "base/trace.h"
#include "usb/core.h"

enum { ENDING_NOT, ENDING_CANCEL, ENDING_TIMEOUT };

static struct usb_pipe *pipe_of(const struct urb *urb)
{
    return urb->pipe != NULL ? urb->pipe : urb->device->pipes[0];
}

/* ---- Checks ------------------------------------------------------------------------------------------------- */

static int refuse(const char **reason, const char *text)
{
    *reason = text;
    return -EINVAL;
}

static int check_packets(const struct urb *urb, const struct usb_pipe *pipe, const char **reason)
{
    const struct usb_endpoint *endpoint = &pipe->endpoint;
    uint32_t in_frame = usb_endpoint_packets_per_frame(endpoint);
    if (in_frame == 0)
        return refuse(reason, "isochronous periods of more than a frame are not supported");
    if (urb->packet_count == 0 || urb->packet_count > pipe->device->host->limits.iso_packets || urb->packets == NULL)
        return refuse(reason, "the number of isochronous packets");
    if (urb->packet_count % in_frame != 0)
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
    if (urb->stream > pipe->streams || (urb->stream == 0 && pipe->streams != 0))
        return refuse(reason, "the stream is not open");
    switch (pipe->endpoint.type) {
    case USB_CONTROL:
        if (urb->length > limits->control_bytes || urb->length < urb->setup.length)
            return refuse(reason, "the length of the data stage");
        return 0;
    case USB_BULK: return urb->length > limits->bulk_bytes ? refuse(reason, "longer than the host takes") : 0;
    case USB_INTERRUPT: return urb->length > limits->interrupt_bytes ? refuse(reason, "longer than the host takes") : 0;
    default: return check_packets(urb, pipe, reason);
    }
}

/* ---- The end -------------------------------------------------------------------------------------------------- */

void urb_finish(struct urb *urb, struct usb_pipe *pipe, int status)
{
    if (pipe->endpoint.type == USB_ISOCH)
        status = isoch_finish(urb, status);
    uint8_t generation = urb->generation;
    urb->status = status;
    TRACE(URB, urb_ended, TRACE_POINTER(urb), (uint64_t)(uint32_t)status, urb->actual, urb->error_count);
    atomic_store_explicit(&urb->state, URB_DONE, memory_order_release);
    struct usb_device *device = pipe->device;
    urb->done(urb);
    if (atomic_fetch_sub(&pipe->active[generation], 1) == 1)
        futex_wake(&pipe->active[generation], INT_MAX);
    usb_device_dereference(device);
}

/* What a cancel or a time-out turned the host's answer into. */
static int ended_status(const struct urb *urb, int status)
{
    if (status != -ECANCELED)
        return status; /* it came first */
    return urb->ending == ENDING_TIMEOUT ? -ETIMEDOUT : -ECANCELED;
}

static bool halts(const struct usb_pipe *pipe, int status)
{
    if (pipe->endpoint.type != USB_BULK && pipe->endpoint.type != USB_INTERRUPT)
        return false;
    return status == -EPIPE || status == -EPROTO || status == -EILSEQ || status == -ETIME || status == -EOVERFLOW;
}

void usb_pipe_take_queue(struct usb_pipe *pipe, struct list *taken)
{
    list_for_each (node, &pipe->queue)
        container_of(node, struct urb, link)->ended = true;
    list_splice_back(taken, &pipe->queue);
}

/* Off the sent list, and what follows for the pipe. `failed` gets what must end with it. Under the pipe's lock. */
static void pipe_forget(struct usb_pipe *pipe, struct urb *urb, int status, struct list *failed)
{
    list_remove(&urb->link);
    pipe->sent_count--;
    if (pipe->stream_sent != NULL && urb->stream != 0)
        pipe->stream_sent[urb->stream]--;
    if (!halts(pipe, status) || pipe->state != USB_PIPE_RUNNING)
        return;
    pipe->state = USB_PIPE_HALTED;
    if (!pipe->hold_on_error && pipe->streams == 0)
        usb_pipe_take_queue(pipe, failed);
}

static void urb_complete(struct urb *urb, struct usb_pipe *pipe)
{
    struct list failed;
    list_init(&failed);
    int status = ended_status(urb, urb->status);
    lock_acquire(&pipe->lock);
    pipe_forget(pipe, urb, status, &failed);
    lock_release(&pipe->lock);
    usb_device_reference(pipe->device); /* `done` may drop the last one */
    struct usb_device *device = pipe->device;
    urb_finish(urb, pipe, status);
    for (struct list *node; (node = list_pop_front(&failed)) != NULL;)
        urb_finish(container_of(node, struct urb, link), pipe, -EPIPE);
    usb_pipe_send(pipe);
    usb_device_dereference(device);
}

void usb_urb_ended(struct urb *urb, int status)
{
    struct usb_pipe *pipe = pipe_of(urb);
    lock_acquire(&pipe->lock);
    assert(atomic_load(&urb->state) == URB_SENT && !urb->ended);
    urb->ended = true;
    urb->status = status;
    bool pinned = urb->pins != 0;
    lock_release(&pipe->lock);
    if (pinned)
        return; /* the canceller inside the host ends it */
    if (urb->timeout_ms != 0 && !engine_timer_cancel(&urb->timer))
        engine_timer_drain(&urb->timer);
    urb_complete(urb, pipe);
}

/* Lets go of a pinned URB, and ends it if the host is done with it and nobody else is inside the host. */
static void urb_unpin(struct urb *urb, struct usb_pipe *pipe, bool from_timer)
{
    lock_acquire(&pipe->lock);
    bool last = --urb->pins == 0 && urb->ended;
    lock_release(&pipe->lock);
    if (!last)
        return;
    if (!from_timer && urb->timeout_ms != 0 && !engine_timer_cancel(&urb->timer))
        engine_timer_drain(&urb->timer);
    urb_complete(urb, pipe);
}

static void urb_end_early(struct urb *urb, uint8_t ending)
{
    struct usb_pipe *pipe = pipe_of(urb);
    bool ask = false, mine = false;
    lock_acquire(&pipe->lock);
    uint8_t state = atomic_load(&urb->state);
    if (state == URB_SENT && !urb->ended) {
        if (urb->ending == ENDING_NOT)
            urb->ending = ending;
        ask = urb->given; /* else the thread inside submit asks when it is out */
        urb->pins += ask;
    } else if (state == URB_QUEUED && !urb->ended) {
        list_remove(&urb->link);
        urb->ended = mine = true;
    }
    lock_release(&pipe->lock);
    if (ask) {
        pipe->device->host->cancel(pipe->device, urb);
        urb_unpin(urb, pipe, ending == ENDING_TIMEOUT);
    } else if (mine) {
        urb_finish(urb, pipe, -ECANCELED);
    }
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
    urb_unpin(urb, pipe, false);
}

void urb_cancel(struct urb *urb)
{
    TRACE(URB, urb_cancel, TRACE_POINTER(urb));
    urb_end_early(urb, ENDING_CANCEL);
}

static void urb_timed_out(struct engine_timer *timer)
{
    urb_end_early(container_of(timer, struct urb, timer), ENDING_TIMEOUT);
}

/* ---- The beginning ----------------------------------------------------------------------------------------------- */

static bool may_send(const struct usb_pipe *pipe, const struct urb *urb)
{
    uint32_t depth = pipe->device->host->limits.depth;
    if (pipe->stream_sent != NULL && urb->stream != 0)
        return pipe->stream_sent[urb->stream] < depth;
    return pipe->sent_count < depth;
}

/* The next URB for the host, moved to the sent list; NULL: none may go now. Under the pipe's lock. */
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
        list_remove(&urb->link);
        list_push_back(&pipe->sent, &urb->link);
        pipe->sent_count++;
        if (pipe->stream_sent != NULL && urb->stream != 0)
            pipe->stream_sent[urb->stream]++;
        urb->pins = 1; /* the sender's */
        atomic_store_explicit(&urb->state, URB_SENT, memory_order_relaxed);
        return urb;
    }
    return NULL;
}

/* Arms the time-out before the host has the URB: it may end at once. false: no memory for the timer. */
static bool urb_arm(struct urb *urb)
{
    if (urb->timeout_ms == 0)
        return true;
    urb->timer = (struct engine_timer){.fired = urb_timed_out};
    return engine_timer_set(&urb->timer, clock_deadline_ns((uint64_t)urb->timeout_ms * 1000000u)) == 0;
}

static void urb_send(struct urb *urb, struct usb_pipe *pipe)
{
    urb->submit_ns = clock_now_ns();
    TRACE(URB, urb_sent, TRACE_POINTER(urb), pipe->endpoint.address, urb->length, urb->start_frame);
    int error = -ENOMEM;
    if (urb_arm(urb))
        error = pipe->device->host->submit(pipe->device, urb);
    else
        urb->timeout_ms = 0;
    lock_acquire(&pipe->lock);
    urb->given = error == 0;
    if (error != 0) {
        urb->ended = true;
        urb->status = error;
    }
    bool ask = urb->given && !urb->ended && urb->ending != ENDING_NOT; /* a cancel came meanwhile */
    lock_release(&pipe->lock);
    if (ask)
        pipe->device->host->cancel(pipe->device, urb);
    urb_unpin(urb, pipe, false);
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

/* Under the pipe's lock: 1 queued, 0 refused or to be ended with *status. */
static bool urb_enqueue(struct urb *urb, struct usb_pipe *pipe, int *error, int *status)
{
    const char *reason = "";
    *status = 0;
    *error = pipe->state == USB_PIPE_CLOSED ? -ENODEV : urb_check(urb, pipe, &reason);
    if (*error != 0) {
        if (trace_on(USB))
            trace_note(TRACE_USB, "URB refused on endpoint %02x: %s", pipe->endpoint.address,
                       *error == -ENODEV ? "the pipe is closed" : reason);
        return false;
    }
    if (pipe->state == USB_PIPE_HALTED && !pipe->hold_on_error && pipe->streams == 0)
        *status = -EPIPE;
    else if (pipe->endpoint.type == USB_ISOCH)
        *status = isoch_place(urb, pipe);
    urb->generation = pipe->generation;
    atomic_fetch_add(&pipe->active[urb->generation], 1);
    if (*status != 0)
        return false;
    atomic_store_explicit(&urb->state, URB_QUEUED, memory_order_relaxed);
    list_push_back(&pipe->queue, &urb->link);
    return true;
}

int urb_submit(struct urb *urb)
{
    uint8_t state = atomic_load(&urb->state);
    assert(state == URB_IDLE || state == URB_DONE);
    if (atomic_load(&urb->device->gone))
        return -ENODEV;
    struct usb_pipe *pipe = pipe_of(urb);
    if (pipe->endpoint.type != USB_CONTROL)
        urb->flags = (uint8_t)((urb->flags & ~URB_IN) | (pipe->endpoint.address & USB_ENDPOINT_IN ? URB_IN : 0));
    else
        urb->flags = (uint8_t)((urb->flags & ~URB_IN) | (urb->setup.type & 0x80 ? URB_IN : 0));
    urb->actual = urb->error_count = urb->late_packets = 0;
    urb->status = 0;
    urb->ending = ENDING_NOT;
    urb->pins = 0;
    urb->given = urb->ended = false;
    list_init(&urb->host_link);
    TRACE(URB, urb_submitted, TRACE_POINTER(urb), pipe->endpoint.address, urb->length, urb->flags);
    int error, status;
    lock_acquire(&pipe->lock);
    bool queued = urb_enqueue(urb, pipe, &error, &status);
    lock_release(&pipe->lock);
    if (error != 0)
        return error;
    struct usb_device *device = pipe->device;
    usb_device_reference(device); /* until its `done` has returned */
    if (!queued) {
        urb_finish(urb, pipe, status);
        return 0;
    }
    usb_device_reference(device);
    usb_pipe_send(pipe);
    usb_device_dereference(device);
    return 0;
}

/* ---- Waiting for one ---------------------------------------------------------------------------------------------- */

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
