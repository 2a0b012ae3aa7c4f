/* SPDX-License-Identifier: MIT */
/* The queue behind a loop-back: one piece of memory for each run of packets that came together. */
#include "usb/loopback.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct piece {
    struct list link;
    uint32_t length, taken;
    uint8_t data[];
};

void loopback_init(struct loopback *loopback, uint32_t packet, uint32_t capacity)
{
    list_init(&loopback->pieces);
    loopback->held = 0;
    loopback->packet = packet;
    loopback->capacity = capacity;
}

static uint32_t weight(const struct piece *piece)
{
    return piece->length == 0 ? 1 : piece->length;
}

static void piece_drop(struct loopback *loopback, struct piece *piece)
{
    loopback->held -= weight(piece);
    list_remove(&piece->link);
    free(piece);
}

void loopback_clear(struct loopback *loopback)
{
    while (!list_empty(&loopback->pieces))
        piece_drop(loopback, container_of(loopback->pieces.next, struct piece, link));
}

int64_t loopback_put(struct loopback *loopback, const void *data, uint32_t length)
{
    uint32_t free_bytes = loopback->capacity - loopback->held;
    uint32_t fits = length <= free_bytes ? length : free_bytes - free_bytes % loopback->packet;
    if (free_bytes == 0 || (fits == 0 && length != 0))
        return -EAGAIN;
    length = fits;
    struct piece *piece = malloc(sizeof *piece + length);
    if (piece == NULL)
        return -EAGAIN; /* as a device whose memory is full */
    piece->length = length;
    piece->taken = 0;
    if (length != 0)
        memcpy(piece->data, data, length);
    loopback->held += weight(piece);
    list_push_back(&loopback->pieces, &piece->link);
    return length;
}

int64_t loopback_take(struct loopback *loopback, void *buffer, uint32_t room)
{
    if (list_empty(&loopback->pieces))
        return -EAGAIN;
    struct piece *piece = container_of(loopback->pieces.next, struct piece, link);
    uint32_t left = piece->length - piece->taken, sent = left;
    if (sent > room) {
        sent = room - room % loopback->packet;
        if (sent == 0) { /* the next packet alone is more than the reader has room for */
            sent = left < loopback->packet ? left : loopback->packet;
            if (room != 0)
                memcpy(buffer, piece->data + piece->taken, room);
            piece->taken += sent;
            if (piece->taken == piece->length)
                piece_drop(loopback, piece);
            return sent;
        }
    }
    if (sent != 0)
        memcpy(buffer, piece->data + piece->taken, sent);
    piece->taken += sent;
    if (piece->taken == piece->length)
        piece_drop(loopback, piece);
    return sent;
}
