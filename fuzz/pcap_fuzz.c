/* SPDX-License-Identifier: MIT */
/* The capture's blocks from any event: the lengths that a block states are those of what is
 * written, at both its ends, whole words, and no more than a reader takes. */
#include <stdlib.h>
#include <string.h>

#include "usb/capture_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t get32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct capture_event event = {0};
    uint8_t head[CAPTURE_HEAD_BYTES], tail[CAPTURE_TAIL_MAX], out[CAPTURE_PACKET_BYTES];
    uint8_t flags = size > 0 ? data[0] : 0;
    uint32_t numbers[12] = {0};
    if (size > 0)
        memcpy(numbers, data + 1, size - 1 < sizeof numbers ? size - 1 : sizeof numbers);
    event.is_complete = flags & 1;
    event.has_data = flags & 2;
    event.has_setup = flags & 4;
    event.transfer = (uint8_t)(flags >> 3);
    event.endpoint = (uint8_t)numbers[0];
    event.setup.value = (uint16_t)(numbers[0] >> 16);
    event.id = numbers[1];
    event.time_ns = (uint64_t)numbers[2] << 32 | numbers[3];
    event.status = (int32_t)numbers[4];
    event.length = numbers[5];
    event.data_bytes = numbers[6];
    event.packet_count = numbers[7];
    event.error_count = numbers[8];
    event.start_frame = numbers[9];
    capture_fit(&event);
    capture_head(head, &event);
    uint32_t bytes = 64 + event.packet_kept * CAPTURE_PACKET_BYTES + event.data_bytes;
    uint32_t tail_bytes = capture_tail(tail, &event);
    uint32_t block = get32(head + 4);
    if (event.packet_kept > CAPTURE_PACKETS_MAX || bytes > CAPTURE_BYTES_MAX ||
        get32(head + 20) != bytes)
        abort();
    if (tail_bytes < 4 || tail_bytes > CAPTURE_TAIL_MAX || block % 4 != 0 ||
        get32(tail + tail_bytes - 4) != block)
        abort();
    if (block != 28 + bytes + tail_bytes || get32(head + 24) < bytes)
        abort();
    struct urb_packet packet = {numbers[0], numbers[1], numbers[2], (int32_t)numbers[3]};
    capture_packet(out, &packet, event.is_complete);
    return 0;
}
