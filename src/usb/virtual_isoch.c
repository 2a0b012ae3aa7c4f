/* SPDX-License-Identifier: MIT */
/* Isochronous packets on the virtual bus. The core has given each URB its place; here every packet
 * whose microframe has passed is moved, with that microframe, however much later this runs. A URB
 * ends when its last packet has passed. */
#include <errno.h>
#include <string.h>

#include "usb/virtual.h"

/* Moves one packet; what a fault does to it. */
static void packet_move(struct virtual_device *device, struct virtual_pipe *pipe, struct urb *urb,
                        struct urb_packet *packet, uint64_t microframe)
{
    const struct usb_endpoint *endpoint = &urb->pipe->endpoint;
    const struct fault_rule *rule = NULL;
    if (fault_concerns(&device->faults, endpoint->address, 0))
        rule = fault_next(&device->faults, endpoint->address, 0);
    uint8_t kind = rule == NULL ? FAULT_NONE : rule->kind;
    uint8_t *data = (uint8_t *)urb->buffer + packet->offset;
    bool in = endpoint->address & USB_ENDPOINT_IN;
    packet->status = 0;
    packet->actual = 0;
    if (kind == FAULT_UNPLUG) {
        packet->status = -ENODEV;
        virtual_pull(device);
        return;
    }
    if (kind == FAULT_LATE || kind == FAULT_NAK) {
        packet->status = -EXDEV; /* its time passed without it */
        return;
    }
    if (in && device->model->isoch_in != NULL)
        packet->actual = device->model->isoch_in(device->state, endpoint->address, microframe, data,
                                                 packet->length);
    if (packet->actual > packet->length) {
        packet->actual = packet->length;
        packet->status = -EOVERFLOW;
    }
    if (!in) {
        packet->actual = packet->length;
        /* Nobody acknowledges isochronous data: what is lost on the way to the device is not seen
         * here. */
        if ((kind == FAULT_NONE || kind == FAULT_SHORT) && device->model->isoch_out != NULL)
            device->model->isoch_out(device->state, endpoint->address, microframe, data,
                                     packet->length);
        return;
    }
    switch (kind) {
    case FAULT_NONE:
        break;
    case FAULT_SHORT:
        packet->actual = rule->bytes < packet->actual ? rule->bytes : packet->actual / 2;
        break;
    case FAULT_BABBLE:
        packet->status = -EOVERFLOW;
        break;
    case FAULT_CRC:
        packet->status = -EILSEQ;
        break;
    default:
        packet->status = -EPROTO;
        packet->actual = 0;
        break;
    }
}

/* All of a URB's packets that have passed; false: the plug was pulled. */
static bool urb_move(struct virtual_device *device, struct virtual_pipe *pipe, struct urb *urb,
                     uint64_t now_microframe)
{
    uint64_t period = urb->pipe->endpoint.period_us / 125;
    uint32_t i = (uint32_t)(uintptr_t)urb->host[2];
    for (; i < urb->packet_count && urb->start_microframe + i * period < now_microframe; i++) {
        urb->host[2] = (void *)(uintptr_t)(i + 1); /* before: a fault may end the URB in there */
        packet_move(device, pipe, urb, &urb->packets[i], urb->start_microframe + i * period);
        if (device->device == NULL)
            return false;
    }
    return true;
}

uint64_t virtual_isoch_serve(struct virtual_device *device, struct virtual_pipe *pipe, uint64_t now)
{
    uint64_t microframe = now / MICROFRAME_NS, due = VIRTUAL_NEVER;
    list_for_each_safe (node, &pipe->pending) {
        struct urb *urb = container_of(node, struct urb, host_link);
        if (!urb_move(device, pipe, urb, microframe))
            return VIRTUAL_NEVER;
        bool first = pipe->pending.next == node;
        if (first && (uint32_t)(uintptr_t)urb->host[2] == urb->packet_count) {
            virtual_end(device, urb, 0);
            continue;
        }
        if (!first)
            continue;
        /* Looked at again in the frame after its last packet: controllers tell of isochronous ends
         * once a frame, at best. */
        uint64_t period = urb->pipe->endpoint.period_us / 125;
        uint64_t last = urb->start_microframe + (urb->packet_count - 1) * period;
        due = (last / MICROFRAMES_A_FRAME + 1) * MICROFRAMES_A_FRAME * MICROFRAME_NS;
    }
    return due;
}

void virtual_isoch_stop(struct virtual_device *device, struct urb *urb, uint64_t now)
{
    struct virtual_pipe *pipe = &device->pipes[virtual_index(urb->pipe->endpoint.address)];
    if (device->device != NULL && !urb_move(device, pipe, urb, now / MICROFRAME_NS))
        return;
    for (uint32_t i = (uint32_t)(uintptr_t)urb->host[2]; i < urb->packet_count; i++) {
        urb->packets[i].status = -EXDEV;
        urb->packets[i].actual = 0;
    }
    urb->host[2] = (void *)(uintptr_t)urb->packet_count;
}
