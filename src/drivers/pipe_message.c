/* SPDX-License-Identifier: MIT */
/* The framing of message-type pipes: what the header of a packet says, and whether a packet may
 * follow those before it. The other end may be any process of the user, so nothing it says is
 * believed unchecked. */
#include "drivers/pipe_message.h"

enum {
    MAGIC = 0x4f50, /* "PO" */
    FLAG_FIRST = 1,
};

static void put16(uint8_t *to, uint16_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *to, uint32_t value)
{
    put16(to, (uint16_t)value);
    put16(to + 2, (uint16_t)(value >> 16));
}

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] | from[1] << 8);
}

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)get16(from) | (uint32_t)get16(from + 2) << 16;
}

void pipe_header_write(uint8_t header[PIPE_HEADER_BYTES], const struct pipe_fragment *fragment)
{
    put16(header, MAGIC);
    put16(header + 2, fragment->first ? FLAG_FIRST : 0);
    put32(header + 4, fragment->rest);
}

bool pipe_header_read(const uint8_t header[PIPE_HEADER_BYTES], size_t received,
                      struct pipe_fragment *fragment)
{
    if (received < PIPE_HEADER_BYTES || received > PIPE_HEADER_BYTES + PIPE_FRAGMENT_MAX)
        return false;
    uint16_t flags = get16(header + 2);
    if (get16(header) != MAGIC || (flags & ~FLAG_FIRST) != 0)
        return false;
    fragment->first = (flags & FLAG_FIRST) != 0;
    fragment->payload = (uint32_t)(received - PIPE_HEADER_BYTES);
    fragment->rest = get32(header + 4);
    /* Only a whole message may be empty, and lengths of messages have 32 bits. */
    if (fragment->payload == 0 && !(fragment->first && fragment->rest == 0))
        return false;
    return fragment->rest <= UINT32_MAX - fragment->payload;
}

enum pipe_step pipe_reader_step(struct pipe_reader *reader, const struct pipe_fragment *fragment)
{
    bool was_inside = reader->inside;
    if (!fragment->first) {
        if (!was_inside || fragment->payload > reader->rest ||
            reader->rest - fragment->payload != fragment->rest)
            return PIPE_STEP_INVALID;
    }
    reader->rest = fragment->rest;
    reader->inside = fragment->rest != 0;
    if (!fragment->first)
        return PIPE_STEP_GOES_ON;
    return was_inside ? PIPE_STEP_CUT_SHORT : PIPE_STEP_BEGINS;
}
