/* SPDX-License-Identifier: MIT */
/* A connection of either side: bytes go out in order and nobody waits for a slow peer (what the socket does not take at once is
 * queued for a thread); they come in on the thread that owns the reading. */
#ifndef USB_USBIP_LINK_H
#define USB_USBIP_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"

struct usbip_link {
    int fd;
    struct lock lock;       /* guards what follows */
    struct list out;        /* struct usbip_message.link */
    uint64_t out_bytes;
    bool writing;           /* the writer thread is there */
    bool broken;            /* nothing goes out any more */
    _Atomic uint32_t wake;  /* changes when the writer has something to look at */
    _Atomic uint32_t writers; /* 1 while the writer runs; close waits for it */
};

/* Bytes to be sent, one allocation. */
struct usbip_message {
    struct list link;
    size_t size, sent;
    uint8_t bytes[];
};

void usbip_link_init(struct usbip_link *link, int fd);
/* NULL: no memory. */
struct usbip_message *usbip_message_create(size_t size);
/* Sends or queues, and owns the message in every case. 0, -EPIPE (broken), -ENOBUFS (the peer has not read for too much), -ENOMEM. */
int usbip_link_send(struct usbip_link *link, struct usbip_message *message);
/* Reads exactly `size` bytes: 0, -ECONNRESET at the end or when the peer stalls within a message, or -errno. `idle`: it may take for ever
 * to begin. */
int usbip_link_read(struct usbip_link *link, void *buffer, size_t size, bool idle);
/* Skips bytes that nobody wants. */
int usbip_link_skip(struct usbip_link *link, uint64_t size);
/* Makes reads and sends fail from now on, on all threads. */
void usbip_link_break(struct usbip_link *link);
/* Waits for the writer, frees the queue, closes the descriptor. Nobody may read or send. */
void usbip_link_close(struct usbip_link *link);

#endif
