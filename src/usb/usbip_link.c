/* SPDX-License-Identifier: MIT */
/* See usbip_link.h. The writer thread begins with the first message that the socket does not take, and stays until the end. */
#include "usb/usbip_link.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/futex.h"
#include "engine/engine.h"

enum { QUEUED_MAX = 64 << 20, STALL_S = 30 };

void usbip_link_init(struct usbip_link *link, int fd)
{
    *link = (struct usbip_link){.fd = fd};
    list_init(&link->out);
    int on = 1;
    struct timeval stall = {.tv_sec = STALL_S};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
}

struct usbip_message *usbip_message_create(size_t size)
{
    struct usbip_message *message = malloc(sizeof *message + size);
    if (message != NULL) {
        list_init(&message->link);
        message->size = size;
        message->sent = 0;
    }
    return message;
}

/* 1: all is out; 0: the socket is full; -errno. */
static int message_send(struct usbip_link *link, struct usbip_message *message, int flags)
{
    while (message->sent < message->size) {
        ssize_t sent = send(link->fd, message->bytes + message->sent, message->size - message->sent, flags | MSG_NOSIGNAL);
        if (sent >= 0)
            message->sent += (size_t)sent;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        else if (errno != EINTR)
            return -errno;
    }
    return 1;
}

static void *write_out(void *context)
{
    struct usbip_link *link = context;
    for (;;) {
        lock_acquire(&link->lock);
        uint32_t seen = atomic_load(&link->wake);
        struct usbip_message *message =
            list_empty(&link->out) ? NULL : container_of(link->out.next, struct usbip_message, link);
        bool broken = link->broken;
        lock_release(&link->lock);
        if (broken)
            break;
        if (message == NULL) {
            futex_wait(&link->wake, seen, FUTEX_NO_DEADLINE);
            continue;
        }
        /* It stays at the head while it is sent, so that nobody sends past it. */
        if (message_send(link, message, 0) < 0)
            usbip_link_break(link);
        lock_acquire(&link->lock);
        list_remove(&message->link);
        link->out_bytes -= message->size;
        lock_release(&link->lock);
        free(message);
    }
    atomic_store(&link->writers, 0);
    futex_wake(&link->writers, INT_MAX);
    return NULL;
}

/* Under the lock: makes sure of the writer. */
static int writer_start(struct usbip_link *link)
{
    if (link->writing)
        return 0;
    atomic_store(&link->writers, 1);
    int error = engine_thread_start("ovl-usbip-out", write_out, link);
    link->writing = error == 0;
    if (error != 0)
        atomic_store(&link->writers, 0);
    return error;
}

int usbip_link_send(struct usbip_link *link, struct usbip_message *message)
{
    int error = 0;
    lock_acquire(&link->lock);
    if (link->broken)
        error = -EPIPE;
    else if (link->out_bytes > QUEUED_MAX)
        error = -ENOBUFS;
    int done = 0;
    if (error == 0 && list_empty(&link->out)) {
        done = message_send(link, message, MSG_DONTWAIT);
        error = done < 0 ? done : 0;
    }
    bool queue = error == 0 && done == 0;
    if (queue)
        error = writer_start(link);
    if (queue && error == 0) {
        list_push_back(&link->out, &message->link);
        link->out_bytes += message->size;
        atomic_fetch_add(&link->wake, 1);
    }
    lock_release(&link->lock);
    if (queue && error == 0) {
        futex_wake(&link->wake, 1);
        return 0;
    }
    bool part = error != 0 && message->sent != 0;
    free(message);
    if (part)
        usbip_link_break(link); /* the stream has lost its step */
    return error;
}

int usbip_link_read(struct usbip_link *link, void *buffer, size_t size, bool idle)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = recv(link->fd, (uint8_t *)buffer + at, size - at, 0);
        if (got > 0)
            at += (size_t)got;
        else if (got == 0)
            return -ECONNRESET;
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!idle || at != 0)
                return -ECONNRESET; /* stalled within a message */
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int usbip_link_skip(struct usbip_link *link, uint64_t size)
{
    uint8_t waste[4096];
    while (size != 0) {
        size_t part = size < sizeof waste ? (size_t)size : sizeof waste;
        int error = usbip_link_read(link, waste, part, false);
        if (error != 0)
            return error;
        size -= part;
    }
    return 0;
}

void usbip_link_break(struct usbip_link *link)
{
    lock_acquire(&link->lock);
    link->broken = true;
    atomic_fetch_add(&link->wake, 1);
    lock_release(&link->lock);
    shutdown(link->fd, SHUT_RDWR);
    futex_wake(&link->wake, 1);
}

void usbip_link_close(struct usbip_link *link)
{
    usbip_link_break(link);
    while (atomic_load(&link->writers) != 0)
        futex_wait(&link->writers, 1, FUTEX_NO_DEADLINE);
    for (struct list *node; (node = list_pop_front(&link->out)) != NULL;)
        free(container_of(node, struct usbip_message, link));
    close(link->fd);
}
