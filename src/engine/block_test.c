/* SPDX-License-Identifier: MIT */
/* A thread that sleeps on the descriptor of its one operation: data there before and after, the end
 * of the other side, cancels before, during and after the sleep, the wake that comes too late. */
#include "engine/test.h"

enum { RACES = 2000 };

struct block {
    struct test_op test;
    struct engine_source source;
    int fd, peer;
    bool likely;
    _Atomic uint32_t tid, ended;
    pthread_t thread;
};

/* op->fd is the engine's own while it blocks. */
static int64_t block_receive(struct engine_op *op)
{
    struct block *block = container_of(container_of(op, struct test_op, op), struct block, test);
    atomic_fetch_add(&block->test.attempts, 1);
    ssize_t got = recv(block->fd, block->test.data, op->length, MSG_DONTWAIT);
    if (got < 0)
        return -errno;
    op->drained = (size_t)got < op->length;
    return got;
}

static void block_open(struct block *block)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    memset(block, 0, sizeof(*block));
    block->fd = fds[0];
    block->peer = fds[1];
    engine_source_init(&block->source, block->fd);
}

static void block_close(struct block *block)
{
    engine_source_close(&block->source);
    close(block->fd);
    close(block->peer);
}

static void block_prepare(struct block *block, bool likely)
{
    test_op_init(&block->test, -1, 1, &block->ended);
    block->test.op.attempt = block_receive;
    block->likely = likely;
    atomic_store(&block->ended, 0);
    atomic_store(&block->tid, 0);
    if (engine_block_prepare(&block->test.op) != 0)
        abort();
}

static void *block_body(void *context)
{
    struct block *block = context;
    atomic_store(&block->tid, (uint32_t)gettid());
    engine_block(&block->source, ENGINE_IN, &block->test.op, block->likely);
    return NULL;
}

static void block_start(struct block *block, bool likely)
{
    block_prepare(block, likely);
    if (pthread_create(&block->thread, NULL, block_body, block) != 0)
        abort();
}

/* Until it sleeps in the kernel; the kernel's word for it, not a pause that hopes. */
static void block_await_sleep(struct block *block)
{
    int probe = -1;
    while (atomic_load(&block->tid) == 0)
        sched_yield();
    while (!engine_thread_is_blocked(&probe, atomic_load(&block->tid)))
        sched_yield();
    engine_probe_close(&probe);
}

static void block_cancel(struct block *block)
{
    if (engine_source_cancel(&block->source, &block->test.op))
        abort(); /* it is not on a queue */
    engine_block_wake(&block->test.op);
}

static void block_join(struct block *block)
{
    pthread_join(block->thread, NULL);
}

static void put_byte(struct block *block, char byte)
{
    if (send(block->peer, &byte, 1, MSG_NOSIGNAL) != 1)
        abort();
}

static void data(void)
{
    struct block block;
    block_open(&block);
    put_byte(&block, 'a');
    block_prepare(&block, true);
    engine_block(&block.source, ENGINE_IN, &block.test.op, true);
    CHECK(block.test.dones == 1 && block.test.result == 1 && block.test.data[0] == 'a');
    put_byte(&block, 'b');
    block_prepare(&block, false);
    engine_block(&block.source, ENGINE_IN, &block.test.op, false);
    CHECK(block.test.dones == 1 && block.test.result == 1 && block.test.data[0] == 'b');

    block_start(&block, true);
    block_await_sleep(&block);
    CHECK(atomic_load(&block.ended) == 0);
    put_byte(&block, 'c');
    block_join(&block);
    CHECK(block.test.dones == 1 && block.test.result == 1 && block.test.data[0] == 'c');

    block_start(&block, true);
    block_await_sleep(&block);
    shutdown(block.peer, SHUT_WR);
    block_join(&block);
    CHECK(block.test.dones == 1 && block.test.result == 0);
    block_close(&block);
}

static void cancels(void)
{
    struct block block;
    block_open(&block);
    block_prepare(&block, false);
    CHECK(!engine_source_cancel(&block.source, &block.test.op));
    engine_block_wake(&block.test.op);
    engine_block(&block.source, ENGINE_IN, &block.test.op, false);
    CHECK(block.test.result == -ECANCELED && block.test.dones == 1 && block.test.attempts == 0);

    /* What was consumed is not reported as cancelled. */
    put_byte(&block, 'a');
    block_prepare(&block, true);
    block_cancel(&block);
    engine_block(&block.source, ENGINE_IN, &block.test.op, true);
    CHECK(block.test.result == 1 && block.test.data[0] == 'a' && block.test.dones == 1);

    block_start(&block, true);
    block_await_sleep(&block);
    block_cancel(&block);
    block_join(&block);
    CHECK(block.test.result == -ECANCELED && block.test.dones == 1);
    block_close(&block);
}

/* The eventfd is kept and used again: a wake meant for the one before ends nobody else's operation.
 */
static void late_wake(void)
{
    struct block block;
    block_open(&block);
    put_byte(&block, 'a');
    block_prepare(&block, true);
    struct engine_op late = {.fd = block.test.op.fd};
    engine_block(&block.source, ENGINE_IN, &block.test.op, true);
    engine_block_wake(&late);
    block_start(&block, true);
    CHECK(block.test.op.fd == late.fd);
    block_await_sleep(&block);
    engine_block_wake(&late);
    put_byte(&block, 'b');
    block_join(&block);
    CHECK(block.test.dones == 1 && block.test.result == 1 && block.test.data[0] == 'b');
    block_close(&block);
}

static void cancel_against_data(void)
{
    struct block block;
    uint32_t taken = 0, wrong = 0;
    block_open(&block);
    for (int i = 0; i < RACES; i++) {
        char byte = (char)('a' + i % 26), rest = 0;
        block_start(&block, i % 2 != 0);
        if (i % 3 != 0)
            while (atomic_load(&block.test.attempts) == 0 && i % 2 != 0)
                sched_yield();
        put_byte(&block, byte);
        block_cancel(&block);
        block_join(&block);
        bool is_data = block.test.result == 1 && block.test.data[0] == byte;
        taken += is_data;
        if (block.test.dones != 1 || (!is_data && block.test.result != -ECANCELED))
            wrong++;
        if (recv(block.fd, &rest, 1, MSG_DONTWAIT) == 1 ? is_data || rest != byte : !is_data)
            wrong++; /* a byte is received once: by the operation or after it */
    }
    printf("# %u of %d received before the cancel\n", (unsigned)taken, (int)RACES);
    test_check(wrong == 0, "cancel against data: ended once, no byte lost", __FILE__, __LINE__);
    block_close(&block);
}

void test_blocks(void)
{
    if (test_is_sim()) {
        struct test_op test = {.op.fd = -1};
        CHECK(engine_block_prepare(&test.op) == -EOPNOTSUPP);
        return;
    }
    data();
    cancels();
    late_wake();
    cancel_against_data();
}
