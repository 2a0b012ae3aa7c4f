/* SPDX-License-Identifier: MIT */
/* A thread that has nothing to do but wait for one operation on one descriptor sleeps on the
 * descriptor itself: no registration, no leader, one wake. A canceller wakes it through an eventfd
 * that the sleeper has for the time; those are kept and used again, so a late wake is one look for
 * nothing. */
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/internal.h"

static struct {
    struct lock lock;
    uint32_t count, room;
    int *fds;
} spare;

static int wake_take(void)
{
    int fd = -1;
    lock_acquire(&spare.lock);
    if (spare.count != 0)
        fd = spare.fds[--spare.count];
    lock_release(&spare.lock);
    return fd >= 0 ? fd : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

/* Never closed: a canceller that is late would write to whatever has the number then. */
static void wake_give(int fd)
{
    lock_acquire(&spare.lock);
    if (spare.count == spare.room) {
        uint32_t room = spare.room == 0 ? 16 : spare.room * 2;
        int *fds = realloc(spare.fds, room * sizeof *fds);
        if (fds != NULL) {
            spare.fds = fds;
            spare.room = room;
        }
    }
    if (spare.count < spare.room)
        spare.fds[spare.count++] = fd;
    lock_release(&spare.lock);
}

int engine_block_prepare(struct engine_op *op)
{
    if (engine_start() != 0 || engine_is_sim())
        return -EOPNOTSUPP;
    op->fd = wake_take();
    return op->fd < 0 ? -errno : 0;
}

static int64_t block_attempt(struct engine_source *source, uint8_t bit, struct engine_op *op)
{
    op->drained = false;
    lock_acquire(&source->lock);
    int64_t result = op->attempt(op);
    if (result == -EAGAIN || op->drained)
        source->ready &= (uint8_t)~bit;
    lock_release(&source->lock);
    return result;
}

void engine_block(struct engine_source *source, enum engine_direction direction,
                  struct engine_op *op, bool likely)
{
    int wake_fd = op->fd;
    int64_t result = -EAGAIN;
    short events = direction == ENGINE_IN ? POLLIN | POLLRDHUP : POLLOUT;
    struct pollfd fds[2] = {{.fd = source->fd, .events = events},
                            {.fd = wake_fd, .events = POLLIN}};
    if (likely)
        result = block_attempt(source, (uint8_t)(1u << direction), op);
    while (result == -EAGAIN) {
        if (atomic_load_explicit(&op->state, memory_order_acquire) & OP_CANCEL) {
            result = -ECANCELED;
            break;
        }
        if (poll(fds, 2, -1) < 0 && errno != EINTR) {
            result = -errno;
            break;
        }
        uint64_t count;
        if ((fds[1].revents & POLLIN) && read(wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
            result = -errno;
        else if (fds[0].revents != 0)
            result = block_attempt(source, (uint8_t)(1u << direction), op);
    }
    wake_give(wake_fd);
    op_finish(op, result);
}

void engine_block_wake(struct engine_op *op)
{
    uint64_t one = 1;
    ssize_t wrote = write(op->fd, &one, sizeof one);
    (void)wrote; /* it can only fail where nobody sleeps any more */
}
