/* SPDX-License-Identifier: MIT */
/* A hostile process at the other end of a message-type pipe: any packets, any counts in the shared
 * page, between reads and peeks of all sizes. No read may give more than it has room for, nor touch
 * what is behind it; and any names in the pipe's directory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/pipe_link.h"

struct input {
    const uint8_t *data;
    size_t left;
};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static uint32_t take(struct input *input, size_t bytes)
{
    uint32_t value = 0;
    for (; bytes != 0 && input->left != 0; bytes--, input->left--)
        value = value << 8 | *input->data++;
    return value;
}

/* Mostly packets that are nearly right: those that are wrong at once end the pipe. */
static void peer_sends(struct input *input, int fd)
{
    static uint8_t packet[PIPE_HEADER_BYTES + PIPE_FRAGMENT_MAX + 64];
    uint32_t how = take(input, 1);
    size_t length = how & 0x80 ? take(input, 2) : take(input, 1) % 48;
    if (how & 1) {
        struct pipe_fragment fragment = {.first = (how & 2) != 0,
                                         .rest = how & 4 ? take(input, 1) : 0};
        pipe_header_write(packet, &fragment);
        length += PIPE_HEADER_BYTES;
    } else {
        for (size_t i = 0; i < 12; i++)
            packet[i] = (uint8_t)take(input, 1);
    }
    if (length > sizeof packet)
        length = sizeof packet;
    send(fd, packet, length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void reads(struct input *input, struct pipe_link *link)
{
    uint32_t how = take(input, 1);
    uint32_t room = how & 0x80 ? take(input, 3) % 200000 : how & 0x1f;
    struct irp irp = {.major = IRP_READ, .length = room, .driver = {link}};
    irp.buffer = malloc(room);
    irp.minor = how & 0x40 ? PIPE_READ_MESSAGE : 0;
    int64_t result = pipe_attempt_read(&irp.op);
    require(irp.argument <= room);
    require(result < 0 || (uint64_t)result == irp.argument);
    require(result != 0 || room == 0 || link->message);
    require(link->spill_begin <= link->spill_end && link->spill_end <= PIPE_FRAGMENT_MAX);
    free(irp.buffer);
}

static void peeks(struct input *input, struct pipe_link *link)
{
    struct pipe_peek peek = {.length = take(input, 1)};
    peek.buffer = malloc(peek.length);
    if (pipe_link_peek(link, &peek) == STATUS_SUCCESS)
        require(peek.read <= peek.length && peek.available >= peek.read);
    free(peek.buffer);
}

static void names(const uint8_t *data, size_t size)
{
    char text[300], key[PIPE_KEY_BYTES], back[PIPE_ENTRY_BYTES];
    struct pipe_entry entry;
    size_t length = size < sizeof text - 1 ? size : sizeof text - 1;
    memcpy(text, data, length);
    text[length] = 0;
    if (pipe_key(text, key))
        require(key[0] != 0 && key[0] != '.' && !strchr(key, '/') && strlen(key) < PIPE_KEY_BYTES);
    pipe_entry_parse(text, &entry);
    pipe_entry_format(&entry, back);
    require(strlen(back) < PIPE_ENTRY_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    struct input input = {data, size};
    struct pipe_shared *shared = aligned_alloc(64, PIPE_PAGE_BYTES);
    struct pipe_link *link = aligned_alloc(_Alignof(struct pipe_link), sizeof *link);
    names(data, size);
    require(shared != NULL && link != NULL && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds) == 0);
    memset(shared, 0, PIPE_PAGE_BYTES);
    *link = (struct pipe_link){.message = true, .shared = shared, .in = &shared->to_client};
    link->spill = malloc(PIPE_FRAGMENT_MAX);
    require(link->spill != NULL);
    atomic_init(&link->phase, PIPE_CONNECTED);
    engine_source_init(&link->source, fds[0]);
    while (input.left != 0) {
        uint32_t what = take(&input, 1) % 8;
        if (what < 3)
            peer_sends(&input, fds[1]);
        else if (what < 6)
            reads(&input, link);
        else if (what == 6)
            peeks(&input, link);
        else
            atomic_store(&shared->to_client.given, (uint64_t)take(&input, 4)
                                                       << (take(&input, 1) % 32));
    }
    close(fds[0]);
    close(fds[1]);
    free(link->spill);
    free(link);
    free(shared);
    return 0;
}
