/* SPDX-License-Identifier: MIT */
/* How a message travels over a message-type pipe: in one or more packets, each a header and a part
 * of the message. A packet keeps its borders by itself (SOCK_SEQPACKET); the header tells an empty
 * message from the end of the pipe and carries messages that are longer than a packet may be. Pure
 * functions. */
#ifndef DRIVERS_PIPE_MESSAGE_H
#define DRIVERS_PIPE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PIPE_HEADER_BYTES = 8,
    PIPE_FRAGMENT_MAX = 65536 - PIPE_HEADER_BYTES, /* payload of one packet */
};

struct pipe_fragment {
    bool first;       /* a message begins here */
    uint32_t payload; /* bytes of the message in this packet */
    uint32_t rest;    /* bytes of the message in later packets; 0: it ends here */
};

void pipe_header_write(uint8_t header[PIPE_HEADER_BYTES], const struct pipe_fragment *fragment);

/* Reads the header of a packet of `received` bytes in all. false: that is no packet of ours. */
bool pipe_header_read(const uint8_t header[PIPE_HEADER_BYTES], size_t received,
                      struct pipe_fragment *fragment);

/* Where a reader is between packets: it has seen `rest` bytes of a message announced but not sent
 * yet. */
struct pipe_reader {
    bool inside;   /* a message has begun and has not ended */
    uint32_t rest; /* of it, in later packets */
};

enum pipe_step {
    PIPE_STEP_GOES_ON,   /* the packet continues the message */
    PIPE_STEP_BEGINS,    /* the packet begins a message */
    PIPE_STEP_CUT_SHORT, /* it begins a message, and the one before will have no end: its write was
                            cancelled */
    PIPE_STEP_INVALID,   /* the packet fits nowhere; the other end does not keep to the rules */
};

/* Accounts for a packet that was received. */
enum pipe_step pipe_reader_step(struct pipe_reader *reader, const struct pipe_fragment *fragment);

#endif
