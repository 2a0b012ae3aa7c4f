/* SPDX-License-Identifier: MIT */
/* Linux AIO, for O_DIRECT transfers only: there it is truly asynchronous and completes in interrupt
 * context, so the submitter may be any thread, may exit, and is not interrupted. RWF_NOWAIT makes
 * the kernel refuse what it would have to wait for; that goes to the ring or the pool. Completions
 * are announced by an eventfd in the reactor and read from the mapped ring without a system call.
 */
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/internal.h"
#include "engine/order.h"

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

enum { AIO_DEPTH = 1024, AIO_RING_MAGIC = 0xa10a10a1, REAP_BATCH = 32 };

/* The kernel's completion ring, mapped at the context's address. */
struct aio_ring {
    uint32_t id;
    uint32_t count;
    _Atomic uint32_t head;
    _Atomic uint32_t tail;
    uint32_t magic;
    uint32_t compatible_features;
    uint32_t incompatible_features;
    uint32_t header_length;
    struct io_event events[];
};

enum aio_phase { AIO_UNKNOWN, AIO_UP, AIO_ABSENT };

static struct {
    _Atomic uint32_t phase;
    struct lock start;
    int event_fd;
    aio_context_t context;
    struct aio_ring *ring; /* NULL: not in the known form, io_getevents instead */
    struct lock reap;
} aio;

static int aio_open(void)
{
    aio.event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (aio.event_fd < 0)
        return -errno;
    if (syscall(SYS_io_setup, AIO_DEPTH, &aio.context) < 0 ||
        reactor_add(aio.event_fd, REACTOR_TOKEN_AIO) != 0) {
        int error = -errno;
        if (aio.context != 0)
            syscall(SYS_io_destroy, aio.context);
        close(aio.event_fd);
        return error;
    }
    struct aio_ring *ring = (struct aio_ring *)aio.context;
    if (ring->magic == AIO_RING_MAGIC && ring->incompatible_features == 0) {
        aio.ring = ring;
        size_t bytes = ring->header_length + ring->count * sizeof(struct io_event);
        madvise(ring, bytes,
                MADV_DONTFORK); /* a child is dead anyway; this spares it the mapping */
    }
    return 0;
}

bool aio_available(void)
{
    uint32_t phase = atomic_load_explicit(&aio.phase, memory_order_acquire);
    if (engine_likely(phase != AIO_UNKNOWN))
        return phase == AIO_UP;
    lock_acquire(&aio.start);
    phase = atomic_load(&aio.phase);
    if (phase == AIO_UNKNOWN) {
        phase = aio_open() == 0 ? AIO_UP : AIO_ABSENT;
        atomic_store_explicit(&aio.phase, phase, memory_order_release);
    }
    lock_release(&aio.start);
    return phase == AIO_UP;
}

bool aio_submit(struct engine_op *op)
{
    if (!aio_available())
        return false;
    /* The address serves as the name: each submission has exactly one event, and the operation
     * lives until then. */
    struct iocb block = {
        .aio_data = (uintptr_t)op,
        .aio_lio_opcode = op->code == ENGINE_READ ? IOCB_CMD_PREAD : IOCB_CMD_PWRITE,
        .aio_rw_flags = RWF_NOWAIT,
        .aio_fildes = (uint32_t)op->fd,
        .aio_buf = (uintptr_t)op->buffer,
        .aio_nbytes = op->length,
        .aio_offset = (int64_t)op->offset,
        .aio_flags = IOCB_FLAG_RESFD,
        .aio_resfd = (uint32_t)aio.event_fd,
    };
    struct iocb *blocks[] = {&block};
    op_enter(op, OP_AIO);
    order_publish(op);
    atomic_fetch_add(&reactor.pending, 1);
    /* Every refusal, -EINVAL too, gets its definite answer from whoever carries it instead. */
    if (syscall(SYS_io_submit, aio.context, 1, blocks) == 1) {
        reactor_check();
        return true;
    }
    reactor_unpend(1);
    op_enter(op, OP_IDLE);
    return false;
}

static void aio_finish(const struct io_event *event)
{
    struct engine_op *op = (struct engine_op *)(uintptr_t)event->data;
    order_observe(op);
    reactor_unpend(1);
    if (event->res == -EAGAIN || event->res == -EOPNOTSUPP) {
        if (op_enter(op, OP_IDLE))
            op_finish(op, -ECANCELED);
        else
            submit_to_thread(op);
        return;
    }
    op_finish(op, event->res);
}

static uint32_t aio_take(struct io_event *events)
{
    struct aio_ring *ring = aio.ring;
    uint32_t count = 0;
    if (ring == NULL) {
        struct timespec none = {0};
        long taken = syscall(SYS_io_getevents, aio.context, 0, REAP_BATCH, events, &none);
        return taken < 0 ? 0 : (uint32_t)taken;
    }
    lock_acquire(&aio.reap);
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    while (head != tail && count < REAP_BATCH) {
        events[count++] = ring->events[head];
        head = head + 1 == ring->count ? 0 : head + 1;
    }
    atomic_store_explicit(&ring->head, head, memory_order_release);
    lock_release(&aio.reap);
    return count;
}

bool aio_reap(bool announced)
{
    if (atomic_load_explicit(&aio.phase, memory_order_acquire) != AIO_UP)
        return false;
    if (aio.ring == NULL ? !announced
                         : atomic_load_explicit(&aio.ring->head, memory_order_relaxed) ==
                               atomic_load_explicit(&aio.ring->tail, memory_order_relaxed))
        return false;
    struct io_event events[REAP_BATCH];
    bool any = false;
    for (uint32_t count; (count = aio_take(events)) != 0; any = true) {
        for (uint32_t i = 0; i < count; i++)
            aio_finish(&events[i]);
        if (count < REAP_BATCH)
            return true;
    }
    return any;
}
