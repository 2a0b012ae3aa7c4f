/* SPDX-License-Identifier: MIT */
/* The attempts: one non-blocking system call where that is enough, under the lock of the source. A
 * read that took all that was announced says so (`drained`) and saves the next read its useless
 * try; a write of more than the pipe's buffer is handed to the kernel as far as it goes and pends
 * until enough was read. */
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "drivers/pipe_link.h"

static struct pipe_link *link_of(struct engine_op *op)
{
    return irp_from_op(op)->driver[0];
}

static bool is_disconnected(struct pipe_link *link)
{
    return atomic_load_explicit(&link->shared->disconnected, memory_order_acquire) != 0 ||
           atomic_load_explicit(&link->phase, memory_order_relaxed) == PIPE_ENDED;
}

/* ---- Requests that take more than one call -------------------------------------------------- */

static bool is_turn_of(struct pipe_link *link, enum engine_direction direction,
                       struct engine_op *op)
{
    if (__builtin_expect(link->begun[direction] == NULL || link->begun[direction] == op, 1))
        return true;
    link->others_wait = true;
    return false;
}

/* Notes what an attempt came to; `parts`: some of it is done. */
static int64_t turn_note(struct pipe_link *link, enum engine_direction direction,
                         struct engine_op *op, int64_t result, bool parts)
{
    if (result == -EAGAIN && parts) {
        op->begun = true;
        link->begun[direction] = op;
    } else if (link->begun[direction] == op) {
        link->begun[direction] = NULL;
    }
    return result;
}

void pipe_turn_over(struct pipe_link *link, struct engine_op *op)
{
    if (__builtin_expect(!op->begun, 1))
        return;
    lock_acquire(&link->source.lock);
    for (int direction = ENGINE_IN; direction <= ENGINE_OUT; direction++)
        if (link->begun[direction] == op)
            link->begun[direction] = NULL;
    bool kick = link->others_wait;
    link->others_wait = false;
    lock_release(&link->source.lock);
    op->begun = false;
    if (kick)
        engine_source_kick(&link->source);
}

static void take(struct pipe_link *link, uint64_t amount)
{
    atomic_fetch_add_explicit(&link->in->taken, amount, memory_order_release);
}

/* Nothing more was announced, so nothing more can have been sent: whatever comes makes an edge. */
static bool all_is_taken(struct pipe_link *link)
{
    return atomic_load_explicit(&link->in->given, memory_order_acquire) ==
           atomic_load_explicit(&link->in->taken, memory_order_relaxed);
}

/* ---- Receiving --------------------------------------------------------------------------- */

/* > 0, -EAGAIN, -EPIPE at the end, or another error. */
static int64_t receive(struct pipe_link *link, struct msghdr *message, int flags)
{
    for (;;) {
        ssize_t got = recvmsg(link->source.fd, message, MSG_DONTWAIT | flags);
        if (got > 0)
            return got;
        if (got == 0)
            return -EPIPE;
        /* A reset is told once and before the data: the end closed without reading all, which is
         * its affair. */
        if (errno != EINTR && errno != ECONNRESET)
            return -errno;
    }
}

static int64_t receive_bytes(struct pipe_link *link, void *buffer, uint32_t length, int flags)
{
    struct iovec part = {buffer, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    return receive(link, &message, flags);
}

static int64_t read_bytes(struct pipe_link *link, struct irp *irp)
{
    if (irp->length == 0) { /* waits for data and leaves them */
        char byte;
        int64_t seen = receive_bytes(link, &byte, 1, MSG_PEEK);
        return seen > 0 ? 0 : seen;
    }
    ssize_t got;
    while ((got = recv(link->source.fd, irp->buffer, irp->length, MSG_DONTWAIT)) < 0)
        if (errno != EINTR && errno != ECONNRESET)
            return -errno;
    if (got == 0)
        return -EPIPE;
    take(link, (uint64_t)got);
    irp->argument = (uint64_t)got;
    irp->op.drained = all_is_taken(link);
    return got;
}

/* Receives a packet: the first `room` bytes of its payload to `to`, the others to the empty spill.
 */
static int64_t receive_packet(struct pipe_link *link, uint8_t *to, uint32_t room,
                              struct pipe_fragment *fragment)
{
    uint8_t header[PIPE_HEADER_BYTES];
    struct iovec parts[3] = {{header, sizeof header}, {to, room}, {link->spill, PIPE_FRAGMENT_MAX}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = room >= PIPE_FRAGMENT_MAX ? 2 : 3};
    int64_t got = receive(link, &message, 0);
    if (got < 0)
        return got;
    if ((message.msg_flags & MSG_TRUNC) || !pipe_header_read(header, (size_t)got, fragment))
        return -EPROTO;
    link->spill_begin = 0;
    link->spill_end = fragment->payload > room ? fragment->payload - room : 0;
    return 0;
}

/* A message begins where the one before should have gone on. What was received belongs behind the
 * end of the read that goes on now, so it moves to the spill. */
static void spill_all(struct pipe_link *link, const uint8_t *from, uint32_t room,
                      const struct pipe_fragment *fragment)
{
    uint32_t head = fragment->payload < room ? fragment->payload : room;
    memmove(link->spill + head, link->spill, link->spill_end);
    if (head != 0)
        memcpy(link->spill, from, head);
    link->spill_end = fragment->payload;
    link->empty_waits = fragment->payload == 0;
}

static bool has_spill(const struct pipe_link *link)
{
    return link->spill_begin != link->spill_end || link->empty_waits;
}

enum read_outcome { READ_MORE, READ_MESSAGE_ENDS, READ_CUT_SHORT };

/* Moves what there is of one message, from the spill or one packet, to the request. READ_MORE or
 * how a message ended, or -errno. */
static int64_t read_part(struct pipe_link *link, struct irp *irp)
{
    uint8_t *to = (uint8_t *)irp->buffer + irp->argument;
    uint32_t room = irp->length - (uint32_t)irp->argument;
    uint32_t moved = link->spill_end - link->spill_begin;
    if (link->empty_waits) {
        link->empty_waits = false;
    } else if (moved != 0) {
        moved = moved < room ? moved : room;
        if (moved != 0)
            memcpy(to, link->spill + link->spill_begin, moved);
        link->spill_begin += moved;
    } else {
        struct pipe_fragment fragment;
        int64_t error = receive_packet(link, to, room, &fragment);
        if (error != 0)
            return error;
        enum pipe_step step = pipe_reader_step(&link->reader, &fragment);
        if (step == PIPE_STEP_INVALID)
            return -EPROTO;
        if (step == PIPE_STEP_CUT_SHORT) {
            take(link, PIPE_ONE_MESSAGE);
            if (irp->argument != 0) {
                spill_all(link, to, room, &fragment);
                return READ_CUT_SHORT;
            }
        }
        moved = fragment.payload < room ? fragment.payload : room;
    }
    irp->argument += moved;
    bool ends = link->spill_begin == link->spill_end && !link->reader.inside;
    take(link, moved + (ends ? PIPE_ONE_MESSAGE : 0));
    return ends ? READ_MESSAGE_ENDS : READ_MORE;
}

/* Message-read mode: one message, or as much of it as the buffer holds. */
static int64_t read_message(struct pipe_link *link, struct irp *irp)
{
    for (;;) {
        int64_t outcome = read_part(link, irp);
        if (outcome <
            0) /* of a message that will have no end the beginning is still worth something */
            return outcome != -EAGAIN && irp->argument != 0 ? (int64_t)irp->argument : outcome;
        if (outcome != READ_MORE) {
            irp->op.drained = !has_spill(link) && all_is_taken(link);
            return (int64_t)irp->argument;
        }
        if (has_spill(link) || irp->argument == irp->length) {
            irp->minor |= PIPE_MORE;
            return (int64_t)irp->argument;
        }
    }
}

/* Byte-read mode on a message-type pipe: the borders do not count. */
static int64_t read_across(struct pipe_link *link, struct irp *irp)
{
    for (;;) {
        bool first = irp->argument == 0;
        int64_t outcome = read_part(link, irp);
        if (outcome < 0)
            return irp->argument != 0 ? (int64_t)irp->argument : outcome;
        if (irp->argument == irp->length || (first && irp->argument == 0)) {
            irp->op.drained = !has_spill(link) && all_is_taken(link);
            return (int64_t)irp->argument;
        }
        if (!has_spill(link) && all_is_taken(link)) {
            irp->op.drained = true;
            return (int64_t)irp->argument;
        }
    }
}

static int64_t read_any(struct pipe_link *link, struct irp *irp)
{
    if (link->corrupt)
        return -EPIPE;
    int64_t result =
        irp->minor & PIPE_READ_MESSAGE ? read_message(link, irp) : read_across(link, irp);
    if (result != -EPROTO)
        return result;
    link->corrupt = true;
    return -EPIPE;
}

int64_t pipe_attempt_read(struct engine_op *op)
{
    struct pipe_link *link = link_of(op);
    struct irp *irp = irp_from_op(op);
    if (is_disconnected(link))
        return -ENOTCONN;
    if (!link->message)
        return read_bytes(link, irp);
    if (!is_turn_of(link, ENGINE_IN, op))
        return -EBUSY;
    return turn_note(link, ENGINE_IN, op, read_any(link, irp), irp->argument != 0);
}

bool pipe_link_may_read(struct pipe_link *link)
{
    return !all_is_taken(link) || is_disconnected(link);
}

/* ---- Sending ----------------------------------------------------------------------------- */

static int64_t send_packet(struct pipe_link *link, struct msghdr *message, uint64_t announced)
{
    atomic_fetch_add_explicit(&link->out->given, announced, memory_order_seq_cst);
    ssize_t sent;
    while ((sent = sendmsg(link->source.fd, message, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0)
        if (errno != EINTR)
            break;
    int error = sent < 0 ? errno : 0;
    uint64_t took = sent < 0 ? 0 : link->message ? announced : (uint64_t)sent;
    if (took != announced)
        atomic_fetch_sub_explicit(&link->out->given, announced - took, memory_order_relaxed);
    if (error == ECONNRESET) /* the other end closed and had not read all */
        error = EPIPE;
    return error != 0 ? -error : sent;
}

static int64_t write_bytes(struct pipe_link *link, struct irp *irp, const uint8_t *data,
                           uint32_t length)
{
    while (irp->argument < length) {
        struct iovec part = {(void *)(data + irp->argument), length - irp->argument};
        struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
        int64_t sent = send_packet(link, &message, part.iov_len);
        if (sent < 0)
            return sent;
        irp->argument += (uint64_t)sent;
    }
    return 0;
}

static int64_t write_message(struct pipe_link *link, struct irp *irp, const uint8_t *data,
                             uint32_t length)
{
    do {
        uint32_t left = length - (uint32_t)irp->argument;
        struct pipe_fragment fragment = {.first = irp->argument == 0};
        fragment.payload = left < PIPE_FRAGMENT_MAX ? left : PIPE_FRAGMENT_MAX;
        fragment.rest = left - fragment.payload;
        uint8_t header[PIPE_HEADER_BYTES];
        pipe_header_write(header, &fragment);
        struct iovec parts[2] = {{header, sizeof header},
                                 {(void *)(data + irp->argument), fragment.payload}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        int64_t sent =
            send_packet(link, &message, fragment.payload + (fragment.first ? PIPE_ONE_MESSAGE : 0));
        if (sent < 0)
            return sent;
        irp->argument += fragment.payload;
    } while (irp->argument < length);
    return 0;
}

static uint32_t queued_in_kernel(struct pipe_link *link)
{
    int amount = 0;
    ioctl(link->source.fd, SIOCOUTQ, &amount);
    /* While the last buffer is being freed the kernel still counts a byte for it; a whole one is
     * never so small. */
    return amount < 256 ? 0 : (uint32_t)amount;
}

static uint32_t unread_bytes(struct pipe_link *link)
{
    uint64_t taken = atomic_load_explicit(&link->out->taken, memory_order_acquire);
    return (uint32_t)PIPE_BYTES(atomic_load_explicit(&link->out->given, memory_order_relaxed) -
                                taken);
}

/* All is sent. Done once what is unread fits the buffer. The reader's count comes a moment after
 * the kernel's edge, so what the kernel freed since is believed too. */
static int64_t write_settled(struct pipe_link *link, struct irp *irp)
{
    uint32_t unread = unread_bytes(link);
    if (unread <= link->quota)
        return (int64_t)irp->argument;
    uint32_t queued = queued_in_kernel(link);
    if (!(irp->minor & PIPE_SENT)) {
        irp->minor |= PIPE_SENT | PIPE_WAITED;
        irp->op.offset = queued;
        irp->op.length = unread - link->quota;
    }
    if (queued == 0 || irp->op.offset - queued >= irp->op.length)
        return (int64_t)irp->argument;
    return -EAGAIN;
}

static int64_t write_any(struct pipe_link *link, struct irp *irp)
{
    /* The requests of a closed handle are cancelled one by one; none may overtake those before it.
     */
    if (atomic_load_explicit(&irp->file->flags, memory_order_relaxed) & FILE_CLEANED)
        return -ECANCELED;
    if (irp->minor & PIPE_SENT)
        return pipe_link_is_broken(link) ? -EPIPE : write_settled(link, irp);
    bool control = irp->major == IRP_CONTROL;
    const uint8_t *data = control ? irp->input : irp->buffer;
    uint32_t length = control ? irp->input_length : irp->length;
    int64_t error = link->message ? write_message(link, irp, data, length)
                                  : write_bytes(link, irp, data, length);
    if (error == -EAGAIN)
        irp->minor |= PIPE_WAITED;
    return error != 0 ? error : write_settled(link, irp);
}

int64_t pipe_attempt_write(struct engine_op *op)
{
    struct pipe_link *link = link_of(op);
    struct irp *irp = irp_from_op(op);
    if (is_disconnected(link))
        return -ENOTCONN;
    if (!is_turn_of(link, ENGINE_OUT, op))
        return -EBUSY;
    int64_t result = write_any(link, irp);
    return turn_note(link, ENGINE_OUT, op, result, irp->argument != 0 || (irp->minor & PIPE_SENT));
}

int64_t pipe_attempt_flush(struct engine_op *op)
{
    struct pipe_link *link = link_of(op);
    if (is_disconnected(link))
        return -ENOTCONN;
    return queued_in_kernel(link) == 0 ? 0 : -EAGAIN;
}

/* ---- Looking ----------------------------------------------------------------------------- */

static int32_t peek_bytes(struct pipe_link *link, struct pipe_peek *peek)
{
    char byte;
    bool looks = peek->length == 0;
    int64_t got =
        receive_bytes(link, looks ? &byte : peek->buffer, looks ? 1 : peek->length, MSG_PEEK);
    if (got == -EAGAIN)
        return STATUS_SUCCESS;
    if (got < 0)
        return got == -EPIPE ? STATUS_PIPE_BROKEN : status_from_errno((int)-got);
    int amount = 0;
    ioctl(link->source.fd, SIOCINQ, &amount);
    peek->read = looks ? 0 : (uint32_t)got;
    peek->available = (uint32_t)amount > peek->read ? (uint32_t)amount : peek->read;
    return STATUS_SUCCESS;
}

static int32_t peek_packet(struct pipe_link *link, struct pipe_peek *peek)
{
    uint8_t header[PIPE_HEADER_BYTES];
    struct pipe_fragment fragment;
    struct iovec parts[2] = {{header, sizeof header}, {peek->buffer, peek->length}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    int64_t got = receive(link, &message, MSG_PEEK | MSG_TRUNC);
    if (got == -EAGAIN)
        return STATUS_SUCCESS;
    if (got < 0)
        return got == -EPIPE ? STATUS_PIPE_BROKEN : status_from_errno((int)-got);
    if (!pipe_header_read(header, (size_t)got, &fragment))
        return STATUS_PIPE_BROKEN;
    peek->read = fragment.payload < peek->length ? fragment.payload : peek->length;
    peek->message_left = fragment.payload - peek->read + fragment.rest;
    return STATUS_SUCCESS;
}

int32_t pipe_link_peek(struct pipe_link *link, struct pipe_peek *peek)
{
    peek->read = peek->available = peek->message_left = 0;
    if (is_disconnected(link))
        return STATUS_PIPE_DISCONNECTED;
    lock_acquire(&link->source.lock); /* the attempts' lock: nobody reads meanwhile */
    uint32_t spilled = link->spill_end - link->spill_begin;
    int32_t status = STATUS_SUCCESS;
    if (!link->message) {
        status = peek_bytes(link, peek);
    } else if (link->corrupt) {
        status = STATUS_PIPE_BROKEN;
    } else if (spilled != 0) {
        peek->read = spilled < peek->length ? spilled : peek->length;
        if (peek->read != 0)
            memcpy(peek->buffer, link->spill + link->spill_begin, peek->read);
        peek->message_left = spilled - peek->read + link->reader.rest;
    } else {
        status = peek_packet(link, peek);
    }
    if (link->message && status == STATUS_SUCCESS && (peek->read != 0 || peek->message_left != 0)) {
        uint64_t taken = atomic_load_explicit(&link->in->taken, memory_order_acquire);
        uint64_t given = atomic_load_explicit(&link->in->given, memory_order_acquire);
        uint32_t seen = peek->read + peek->message_left;
        uint32_t counted = (uint32_t)PIPE_BYTES(given - taken);
        peek->available = counted > seen ? counted : seen;
    }
    lock_release(&link->source.lock);
    return status;
}
