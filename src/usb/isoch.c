/* SPDX-License-Identifier: MIT */
/* Where isochronous packets go. A URB gets its place on the device's clock when it is submitted, by
 * the rules that WinUSB and the URB documentation give, so each host only has to honour
 * start_microframe as well as it can. Lateness is judged here: a packet is late when its microframe
 * had passed on the bus at submit, however late our own threads run afterwards. */
#include <errno.h>

#include "usb/core.h"

enum { MICROFRAMES = 8, START_RANGE_FRAMES = 1024 }; /* USBD_ISO_START_FRAME_RANGE */

static uint64_t period_microframes(const struct usb_pipe *pipe)
{
    return pipe->endpoint.period_us / 125;
}

/* The first microframe of the frame that a new stream may begin in. */
static uint64_t fresh_start(const struct usb_pipe *pipe, uint64_t now)
{
    uint64_t frame = now / MICROFRAMES + 1 + pipe->device->host->limits.iso_lead;
    return frame * MICROFRAMES;
}

static int place_asap(struct urb *urb, struct usb_pipe *pipe, uint64_t now)
{
    uint64_t next = pipe->next_microframe;
    bool follows = pipe->stream_runs && next > now;
    if (urb->flags & URB_ISO_CONTINUE) {
        if (!follows)
            return -ENOLINK;
    } else if (urb->flags & URB_ISO_TRACK) {
        follows = pipe->stream_runs && next + START_RANGE_FRAMES * MICROFRAMES > now;
    }
    urb->start_microframe = follows ? next : fresh_start(pipe, now);
    return 0;
}

static int place_explicit(struct urb *urb, uint64_t now)
{
    uint64_t now_frame = now / MICROFRAMES;
    int32_t distance = (int32_t)(urb->start_frame -
                                 (uint32_t)now_frame); /* frame numbers are 32 bits and may wrap */
    if (distance >= START_RANGE_FRAMES || distance <= -START_RANGE_FRAMES)
        return -ERANGE;
    int64_t frame = (int64_t)now_frame + distance;
    if (frame < 0)
        return -ERANGE;
    urb->start_microframe = (uint64_t)frame * MICROFRAMES;
    return 0;
}

int isoch_place(struct urb *urb, struct usb_pipe *pipe)
{
    struct usb_frame now;
    int error = usb_device_frame(pipe->device, &now);
    if (error != 0)
        return error;
    urb->submit_microframe = now.microframe;
    error = urb->flags & URB_ISO_ASAP ? place_asap(urb, pipe, now.microframe)
                                      : place_explicit(urb, now.microframe);
    if (error != 0)
        return error;
    uint64_t period = period_microframes(pipe);
    urb->start_frame = (uint32_t)(urb->start_microframe / MICROFRAMES);
    for (uint32_t i = 0; i < urb->packet_count; i++) { /* the host fills those that were done */
        urb->packets[i].actual = 0;
        urb->packets[i].status = -EXDEV;
    }
    urb->late_packets = 0;
    /* What is queued keeps its places: an explicit start among them is late up to their end. */
    bool queued = pipe->stream_runs && (!list_empty(&pipe->queue) || !list_empty(&pipe->sent));
    uint64_t first = now.microframe + 1;
    if (queued && pipe->next_microframe > first)
        first = pipe->next_microframe;
    if (urb->start_microframe < first) {
        uint64_t late = (first - urb->start_microframe + period - 1) / period;
        urb->late_packets = late < urb->packet_count ? (uint32_t)late : urb->packet_count;
    }
    uint64_t end = urb->start_microframe + urb->packet_count * period;
    pipe->next_microframe = queued && end < pipe->next_microframe ? pipe->next_microframe : end;
    pipe->stream_runs = true;
    return urb->late_packets == urb->packet_count ? -EXDEV : 0;
}

bool isoch_is_due(const struct urb *urb, const struct usb_pipe *pipe, uint64_t *due_ns)
{
    const struct usb_host_limits *limits = &pipe->device->host->limits;
    if (!limits->iso_at_once || (urb->flags & URB_ISO_ASAP) ||
        (pipe->sent_count != 0 && urb->start_microframe == pipe->sent_microframe))
        return true;
    struct usb_frame now;
    uint64_t lead = (uint64_t)limits->iso_lead * MICROFRAMES;
    if (usb_device_frame(pipe->device, &now) != 0 || now.microframe + lead >= urb->start_microframe)
        return true;
    *due_ns = now.at_ns + (urb->start_microframe - lead - now.microframe) * 125000u;
    return false;
}

int isoch_finish(struct urb *urb, int status)
{
    urb->actual = 0;
    urb->error_count = 0;
    bool untouched = status == -ERANGE || status == -ENOLINK;
    for (uint32_t i = 0; i < urb->packet_count; i++) {
        struct urb_packet *packet = &urb->packets[i];
        if (untouched || i < urb->late_packets) {
            packet->status = -EXDEV;
            packet->actual = 0;
        }
        urb->error_count += packet->status != 0;
        urb->actual += packet->actual;
    }
    if (status == 0 && urb->error_count == urb->packet_count)
        return -EXDEV;
    return status == -EXDEV && urb->error_count < urb->packet_count ? 0 : status;
}
