/* SPDX-License-Identifier: MIT */
/* Isochronous streams: URBs in flight that follow each other without a gap, each packet looked at. OUT: QEMU's usb-audio, to which each
 * sample says its own number (the recording is looked at from outside). IN: the device of redir_device.py, whose packets are numbered. */
#include "check.h"
#include "devices.h"

enum { STREAM_URBS_MAX = 16, URB_PACKETS_MAX = 300, PACKET = 192 };

struct stream {
    struct urb urb;
    struct urb_packet packets[URB_PACKETS_MAX];
    uint32_t words[URB_PACKETS_MAX * PACKET / 4];
};
static struct stream streams[STREAM_URBS_MAX];
static uint32_t urbs_left, sample, bad, next_frame, frame_breaks, in_order, in_breaks, last_word;

static void stream_fill(struct stream *stream)
{
    for (uint32_t i = 0; i < stream->urb.length / 4; i++, sample++)
        stream->words[i] = (sample & 0x7fff) | (~sample & 0x7fff) << 16;
}

static void stream_look(struct stream *stream)
{
    struct urb *urb = &stream->urb;
    bad += urb->status != 0 ? urb->packet_count : urb->error_count;
    if (next_frame != 0 && urb->start_frame != next_frame)
        frame_breaks++;
    next_frame = urb->start_frame + urb->packet_count;
    for (uint32_t i = 0; (urb->flags & URB_IN) && i < urb->packet_count; i++) {
        if (urb->packets[i].actual == 0)
            continue; /* the device began later */
        uint32_t word = stream->words[urb->packets[i].offset / 4];
        if (last_word != 0 && word != last_word + 1)
            in_breaks++;
        last_word = word;
        in_order++;
    }
}

static void stream_done(struct urb *urb)
{
    struct stream *stream = urb->context;
    stream_look(stream);
    if (urbs_left != 0) {
        urbs_left--;
        if (!(urb->flags & URB_IN))
            stream_fill(stream);
        urb->flags = URB_ISO_ASAP | URB_ISO_CONTINUE;
        if (urb_submit(urb) == 0)
            return;
        bad++;
    }
    counted_done(urb);
}

static void isoch_run(struct usb_pipe *pipe, uint32_t in_flight, uint32_t packets, uint32_t urbs)
{
    urbs_left = urbs - in_flight;
    for (uint32_t i = 0; i < in_flight; i++) {
        struct stream *stream = &streams[i];
        stream->urb = (struct urb){.device = device, .pipe = pipe, .buffer = stream->words, .length = packets * PACKET,
            .packets = stream->packets, .packet_count = packets, .flags = URB_ISO_ASAP, .done = stream_done, .context = stream};
        for (uint32_t k = 0; k < packets; k++)
            stream->packets[k] = (struct urb_packet){.offset = k * PACKET, .length = PACKET};
        stream_fill(stream);
        int error = urb_submit(&stream->urb);
        CHECK(error == 0, "submit: %s", strerror(-error));
    }
    ended_wait(in_flight);
    printf("%u URBs of %u packets: %u bad packets, %u breaks of frames\n", urbs, packets, bad, frame_breaks);
    CHECK(bad == 0 && frame_breaks == 0, "the stream broke");
}

void isoch_out(uint32_t in_flight, uint32_t packets, uint32_t urbs)
{
    device_find(QEMU_VENDOR, QEMU_AUDIO);
    claim(1);
    setting_select(1, 1);
    isoch_run(pipe_get(0x01), in_flight, packets, urbs);
}

void isoch_in(uint32_t in_flight, uint32_t packets, uint32_t urbs)
{
    device_find(REDIR_VENDOR, REDIR_HIGH);
    claim(0);
    setting_select(0, 1);
    isoch_run(pipe_get(0x84), in_flight, packets, urbs);
    printf("in: %u packets, %u breaks in their numbers\n", in_order, in_breaks);
    CHECK(in_order > packets * urbs / 2, "too few packets came");
}
