/* SPDX-License-Identifier: MIT */
/* A queue of packets from an OUT endpoint to an IN endpoint: what models with a loop-back share. Boundaries stay: a transfer that
 * ended with a short packet ends the reader's transfer at the same byte. */
#ifndef USB_LOOPBACK_H
#define USB_LOOPBACK_H

#include <stdint.h>

#include "base/list.h"

struct loopback {
    struct list pieces; /* struct piece of loopback.c */
    uint32_t held, capacity; /* bytes; an empty packet counts as one */
    uint32_t packet;
};

void loopback_init(struct loopback *loopback, uint32_t packet, uint32_t capacity);
void loopback_clear(struct loopback *loopback);

/* As a model's `out` and `in`; -EAGAIN: full, or empty. */
int64_t loopback_put(struct loopback *loopback, const void *data, uint32_t length);
int64_t loopback_take(struct loopback *loopback, void *buffer, uint32_t room);

#endif
