/* SPDX-License-Identifier: MIT */
/* Bulk, interrupt and control on the virtual bus. Bulk moves as soon as the model has or takes
 * data, interrupt once a service interval; what the model refuses for now stays until
 * usb_model_ready. Faults are asked for packet by packet, and only where a rule concerns the
 * endpoint. */
#include <errno.h>

#include "usb/virtual.h"

enum step { STEP_ON, STEP_ENDED, STEP_WAIT };

static const struct usb_endpoint *endpoint_of(const struct urb *urb)
{
    return &(urb->pipe != NULL ? urb->pipe : urb->device->pipes[0])->endpoint;
}

static enum step end(struct virtual_device *device, struct urb *urb, int status)
{
    if (status == 0 && (urb->flags & URB_SHORT_NOT_OK) && (urb->flags & URB_IN) &&
        urb->actual < urb->length)
        status = -EREMOTEIO;
    virtual_end(device, urb, status);
    return STEP_ENDED;
}

static enum step stall(struct virtual_device *device, struct virtual_pipe *pipe, struct urb *urb)
{
    pipe->halted = true;
    return end(device, urb, -EPIPE);
}

/* ---- Faults ---------------------------------------------------------------------------------- */

static void packet_passed(struct virtual_pipe *pipe)
{
    pipe->asked = false;
    pipe->fault = NULL;
}

/* A stream's delay is its own; elsewhere the whole endpoint waits. */
static void delay(struct virtual_pipe *pipe, struct urb *urb, uint64_t until)
{
    if (urb->stream == 0) {
        pipe->not_before = until;
        return;
    }
    urb->host[VIRTUAL_HOST_DELAYED] = (void *)(uintptr_t)until;
    packet_passed(pipe); /* as far as the other streams are concerned */
}

/* Asks once for each packet; a delay is served before the packet is looked at again. STEP_ON: it
 * may pass (perhaps spoilt by pipe->fault). */
static enum step fault_apply(struct virtual_device *device, struct virtual_pipe *pipe,
                             struct urb *urb, uint64_t now)
{
    if (!pipe->asked) {
        pipe->asked = true;
        pipe->fault = fault_next(&device->faults, endpoint_of(urb)->address, urb->stream);
    }
    const struct fault_rule *rule = pipe->fault;
    if (rule == NULL || rule->kind == FAULT_SHORT)
        return STEP_ON;
    pipe->fault = NULL;
    switch (rule->kind) {
    case FAULT_NAK:
    case FAULT_LATE:
    case FAULT_SLOW:
        delay(pipe, urb, now + (uint64_t)(rule->ms == 0 ? 1 : rule->ms) * 1000000);
        return STEP_WAIT;
    case FAULT_UNPLUG:
        virtual_pull(device);
        return STEP_WAIT;
    default:
        break;
    }
    packet_passed(pipe);
    switch (rule->kind) {
    case FAULT_STALL:
        return endpoint_of(urb)->type == USB_CONTROL ? end(device, urb, -EPIPE)
                                                     : stall(device, pipe, urb);
    case FAULT_BABBLE:
        return end(device, urb, -EOVERFLOW);
    case FAULT_CRC:
        return end(device, urb, -EILSEQ);
    default:
        return end(device, urb, -EPROTO);
    }
}

/* What is left of a packet of `sent` bytes: surely a short one. */
static int64_t cut_short(const struct virtual_pipe *pipe, int64_t sent, uint32_t packet)
{
    int64_t kept = pipe->fault->bytes == UINT32_MAX ? sent / 2 : (int64_t)pipe->fault->bytes;
    if (kept > sent)
        kept = sent;
    return kept != 0 && kept % packet == 0 ? kept - 1 : kept;
}

/* ---- One step of a transfer ------------------------------------------------------------------ */

static enum step step_in(struct virtual_device *device, struct virtual_pipe *pipe, struct urb *urb,
                         uint32_t most)
{
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    uint32_t room = urb->length - urb->actual;
    if (room > most)
        room = most;
    if (device->model->in == NULL)
        return STEP_WAIT;
    int64_t sent = device->model->in(device->state, endpoint->address, urb->stream,
                                     (uint8_t *)urb->buffer + urb->actual, room);
    if (sent == -EAGAIN)
        return STEP_WAIT;
    if (sent < 0)
        return stall(device, pipe, urb);
    if (sent > room) {
        packet_passed(pipe);
        urb->actual += room;
        return end(device, urb, -EOVERFLOW);
    }
    if (pipe->fault != NULL)
        sent = cut_short(pipe, sent, endpoint->packet);
    packet_passed(pipe);
    urb->actual += (uint32_t)sent;
    if (sent % endpoint->packet != 0 || sent == 0 || urb->actual == urb->length)
        return end(device, urb, 0);
    return STEP_ON;
}

static enum step step_out(struct virtual_device *device, struct virtual_pipe *pipe, struct urb *urb,
                          uint32_t most)
{
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    uint32_t left = urb->length - urb->actual;
    if (device->model->out == NULL)
        return STEP_WAIT;
    uint32_t given = left < most ? left : most;
    int64_t taken = device->model->out(device->state, endpoint->address, urb->stream,
                                       (const uint8_t *)urb->buffer + urb->actual, given);
    if (taken == -EAGAIN || (taken == 0 && given != 0))
        return STEP_WAIT;
    if (taken < 0)
        return stall(device, pipe, urb);
    packet_passed(pipe);
    urb->actual += taken > given ? given : (uint32_t)taken;
    if (urb->actual < urb->length)
        return STEP_ON;
    bool wants_empty =
        (urb->flags & URB_ZERO_PACKET) && given != 0 && urb->length % endpoint->packet == 0;
    return wants_empty ? STEP_ON
                       : end(device, urb, 0); /* the next step then moves the empty packet */
}

static enum step step(struct virtual_device *device, struct virtual_pipe *pipe, struct urb *urb,
                      uint64_t now)
{
    const struct usb_endpoint *endpoint = endpoint_of(urb);
    if (pipe->halted)
        return end(device, urb, -EPIPE);
    uint32_t most = endpoint->type == USB_INTERRUPT ? endpoint->interval_bytes : UINT32_MAX;
    if (urb->host[VIRTUAL_HOST_DELAYED] != NULL) {
        if ((uintptr_t)urb->host[VIRTUAL_HOST_DELAYED] > now)
            return STEP_WAIT;
        urb->host[VIRTUAL_HOST_DELAYED] = NULL;
        pipe->asked = true; /* for this packet */
    }
    if (pipe->asked || fault_concerns(&device->faults, endpoint->address, urb->stream)) {
        enum step fault = fault_apply(device, pipe, urb, now);
        if (fault != STEP_ON)
            return fault;
        most = endpoint->packet;
    }
    return endpoint->address & USB_ENDPOINT_IN ? step_in(device, pipe, urb, most)
                                               : step_out(device, pipe, urb, most);
}

/* ---- Pipes ----------------------------------------------------------------------------------- */

/* Streams are queues of their own: one that waits does not hold up the others. */
static uint64_t bulk_serve(struct virtual_device *device, struct virtual_pipe *pipe, uint64_t now)
{
    uint64_t blocked[1024 / 64] = {0}, next = VIRTUAL_NEVER;
    list_for_each_safe (node, &pipe->pending) {
        struct urb *urb = container_of(node, struct urb, host_link);
        uint64_t *word = &blocked[urb->stream / 64 % 16], bit = 1ull << urb->stream % 64;
        if (*word & bit)
            continue;
        enum step result;
        while ((result = step(device, pipe, urb, now)) == STEP_ON)
            ;
        if (device->device == NULL)
            return VIRTUAL_NEVER; /* pulled by a fault: the list is empty */
        if (pipe->not_before > now)
            return pipe->not_before;
        if (result == STEP_WAIT) {
            if (urb->stream == 0)
                break;
            *word |= bit;
            uint64_t until = (uintptr_t)urb->host[VIRTUAL_HOST_DELAYED];
            if (until != 0 && until < next)
                next = until;
        }
    }
    pipe->naked = !list_empty(&pipe->pending) && next == VIRTUAL_NEVER;
    return next;
}

static uint64_t slot_after(uint64_t microframe, uint64_t period)
{
    return (microframe / period + 1) * period;
}

static uint64_t interrupt_serve(struct virtual_device *device, struct virtual_pipe *pipe,
                                uint64_t now)
{
    while (!list_empty(&pipe->pending)) {
        struct urb *urb = container_of(pipe->pending.next, struct urb, host_link);
        uint64_t period = endpoint_of(urb)->period_us / 125, microframe = now / MICROFRAME_NS;
        if (pipe->next_service == 0) /* it was idle, or the model had nothing: the next interval */
            pipe->next_service = slot_after(microframe, period);
        if (pipe->next_service > microframe)
            return pipe->next_service * MICROFRAME_NS;
        enum step result = step(device, pipe, urb, now);
        if (device->device == NULL)
            return VIRTUAL_NEVER;
        if (pipe->not_before > now)
            return pipe->not_before;
        if (result == STEP_WAIT) {
            pipe->naked = true;
            pipe->next_service = 0;
            return VIRTUAL_NEVER;
        }
        pipe->next_service +=
            period; /* what was due in the past is done now, one packet an interval */
    }
    return VIRTUAL_NEVER;
}

static uint64_t control_serve(struct virtual_device *device, struct virtual_pipe *pipe,
                              uint64_t now)
{
    while (!list_empty(&pipe->pending)) {
        struct urb *urb = container_of(pipe->pending.next, struct urb, host_link);
        if (pipe->asked || fault_concerns(&device->faults, 0, 0)) {
            enum step fault = fault_apply(device, pipe, urb, now);
            if (device->device == NULL)
                return VIRTUAL_NEVER;
            if (fault == STEP_WAIT)
                return pipe->not_before;
            if (fault == STEP_ENDED)
                continue;
        }
        int moved = virtual_control(device, &urb->setup, urb->buffer);
        if (moved >= 0 && pipe->fault != NULL && (urb->flags & URB_IN))
            moved = pipe->fault->bytes < (uint32_t)moved ? (int)pipe->fault->bytes : moved / 2;
        packet_passed(pipe);
        urb->actual = moved < 0 ? 0 : (uint32_t)moved;
        end(device, urb, moved < 0 ? moved : 0);
    }
    return VIRTUAL_NEVER;
}

uint64_t virtual_pipe_serve(struct virtual_device *device, uint32_t index, uint64_t now)
{
    struct virtual_pipe *pipe = &device->pipes[index];
    if (list_empty(&pipe->pending) || device->suspended || pipe->naked)
        return VIRTUAL_NEVER;
    if (pipe->not_before > now)
        return pipe->not_before;
    const struct urb *first = container_of(pipe->pending.next, struct urb, host_link);
    switch (endpoint_of(first)->type) {
    case USB_CONTROL:
        return control_serve(device, pipe, now);
    case USB_BULK:
        return bulk_serve(device, pipe, now);
    case USB_INTERRUPT:
        return interrupt_serve(device, pipe, now);
    default:
        return virtual_isoch_serve(device, pipe, now);
    }
}
