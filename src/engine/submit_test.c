/* SPDX-License-Identifier: MIT */
/* Operations without readiness on files and pipes, on the ring, the pool and Linux AIO; cancel of
 * what waits and of what runs; submitters that end. */
#include "engine/test.h"

enum { BLOCK = 4096, BLOCKS = 256, CROWD = 600 };

static _Alignas(BLOCK) char buffers[BLOCKS][BLOCK];

static void submit(struct test_op *test, enum engine_code code, int fd, void *buffer,
                   uint32_t length, uint64_t offset, _Atomic uint32_t *counter)
{
    test_op_init(test, fd, length, counter);
    test->op.code = (uint8_t)code;
    test->op.buffer = buffer;
    test->op.offset = offset;
    engine_submit(&test->op);
}

static void transfers(int flags, const char *what)
{
    static struct test_op ops[BLOCKS];
    _Atomic uint32_t ended = 0;
    int fd = test_file(flags);
    if (fd < 0) {
        test_skip(what);
        return;
    }
    bool good = true;
    for (int phase = 0; phase < 2; phase++) {
        atomic_store(&ended, 0);
        for (uint32_t i = 0; i < BLOCKS; i++) {
            memset(buffers[i], phase == 0 ? (int)i : 0, BLOCK);
            struct test_op *op = &ops[i];
            test_op_init(op, fd, BLOCK, &ended);
            op->op.code = phase == 0 ? ENGINE_WRITE : ENGINE_READ;
            op->op.buffer = buffers[i];
            op->op.offset = (uint64_t)i * BLOCK;
            op->op.direct = (flags & O_DIRECT) != 0;
            engine_submit(&op->op);
        }
        good = good && test_await(&ended, BLOCKS);
        for (uint32_t i = 0; i < BLOCKS; i++)
            good = good && ops[i].dones == 1 && ops[i].result == BLOCK;
    }
    for (uint32_t i = 0; i < BLOCKS; i++)
        good = good && buffers[i][0] == (char)i && buffers[i][BLOCK - 1] == (char)i;
    test_check(good, what, __FILE__, __LINE__);

    struct test_op op;
    submit(&op, ENGINE_FSYNC, fd, NULL, 0, 0, &ended);
    CHECK(test_await(&ended, BLOCKS + 1) && op.result == 0);
    submit(&op, ENGINE_READ, fd, buffers[0], BLOCK, (uint64_t)BLOCKS * BLOCK, &ended);
    CHECK(test_await(&ended, BLOCKS + 2) && op.result == 0);
    if (flags & O_DIRECT) {
        test_op_init(&op, fd, 100, &ended);
        op.op.buffer = buffers[0] + 1; /* not aligned: the kernel's own answer arrives */
        op.op.direct = true;
        op.op.code = ENGINE_READ;
        engine_submit(&op.op);
        CHECK(test_await(&ended, BLOCKS + 3) && op.result == -EINVAL);
    }
    close(fd);
}

static void positions_and_errors(void)
{
    _Atomic uint32_t ended = 0;
    struct test_op op;
    int fds[2];
    char text[8] = {0};
    if (pipe2(fds, O_CLOEXEC) != 0)
        abort();
    submit(&op, ENGINE_READ, fds[0], text, 8, ENGINE_POSITION, &ended);
    CHECK(!test_await_until(&ended, 1, clock_now_ns() + 5 * MS));
    if (write(fds[1], "pipe", 4) != 4)
        abort();
    CHECK(test_await(&ended, 1) && op.result == 4 && memcmp(text, "pipe", 4) == 0);
    submit(&op, ENGINE_READ, fds[1], text, 8, ENGINE_POSITION, &ended);
    CHECK(test_await(&ended, 2) && op.result == -EBADF);
    submit(&op, ENGINE_WRITE, -1, text, 8, 0, &ended);
    CHECK(test_await(&ended, 3) && op.result == -EBADF);
    close(fds[0]);
    close(fds[1]);
}

/* A read that nothing will satisfy ends when it is cancelled, wherever it has got to. */
static void cancel_blocked(void)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        abort();
    uint32_t wrong = 0;
    for (uint32_t round = 0; round < 300 && wrong == 0; round++) {
        _Atomic uint32_t ended = 0;
        struct test_op op;
        char byte;
        submit(&op, ENGINE_READ, fds[0], &byte, 1, ENGINE_POSITION, &ended);
        if (round % 3 == 0)
            test_await_until(&ended, 1, clock_now_ns() + MS / 4);
        for (uint32_t spin = 0; spin < round; spin++)
            cpu_relax();
        engine_cancel(&op.op);
        wrong += !test_await(&ended, 1) || op.result != -ECANCELED;
    }
    CHECK(wrong == 0);

    _Atomic uint32_t ended = 0;
    struct test_op op;
    test_op_init(&op, fds[0], 1, &ended);
    op.op.code = ENGINE_READ;
    op.op.buffer = op.data;
    op.op.offset = ENGINE_POSITION;
    engine_cancel(&op.op);
    engine_submit(&op.op);
    test_check(test_await(&ended, 1) && op.result == -ECANCELED,
               "a cancel before the submit is remembered", __FILE__, __LINE__);
    close(fds[0]);
    close(fds[1]);
}

static int work_pipe[2];
static _Atomic uint32_t work_running;

static int64_t work_blocks(struct engine_op *op)
{
    char byte;
    atomic_fetch_add(&work_running, 1);
    for (;;) {
        ssize_t got = read(work_pipe[0], &byte, 1);
        if (got >= 0)
            return got;
        if (errno != EINTR)
            return -errno;
        if (engine_work_cancelled(op))
            return -EINTR;
    }
}

static void cancel_work(void)
{
    static struct test_op ops[CROWD];
    _Atomic uint32_t ended = 0;
    if (pipe2(work_pipe, O_CLOEXEC) != 0)
        abort();
    /* More than the pool has threads: some run, some queue. */
    for (uint32_t i = 0; i < CROWD; i++) {
        test_op_init(&ops[i], -1, 0, &ended);
        ops[i].op.code = ENGINE_WORK;
        ops[i].op.work = work_blocks;
        engine_submit(&ops[i].op);
    }
    uint64_t deadline = clock_now_ns() + 5000 * MS;
    while (atomic_load(&work_running) < 100 && clock_now_ns() < deadline)
        usleep(200);
    printf("# %u run\n", (unsigned)work_running);
    CHECK(ended == 0);
    engine_cancel(&ops[CROWD - 1].op);
    test_check(test_await(&ended, 1) && ops[CROWD - 1].result == -ECANCELED,
               "what queues behind a full pool is cancelled at once", __FILE__, __LINE__);
    if (write(work_pipe[1], "x", 1) != 1)
        abort();
    CHECK(test_await(&ended, 2));
    for (uint32_t i = 0; i < CROWD; i++)
        engine_cancel(&ops[i].op);
    CHECK(test_await(&ended, CROWD));
    uint32_t cancelled = 0, read_one = 0;
    for (uint32_t i = 0; i < CROWD; i++) {
        cancelled += ops[i].result == -ECANCELED;
        read_one += ops[i].result == 1;
    }
    CHECK(cancelled == CROWD - 1 && read_one == 1);
    close(work_pipe[0]);
    close(work_pipe[1]);
}

struct leaver {
    int fd;
    uint32_t number;
    struct test_op *op;
    _Atomic uint32_t *counter;
};

static void *leave(void *context)
{
    struct leaver *leaver = context;
    test_op_init(leaver->op, leaver->fd, BLOCK, leaver->counter);
    leaver->op->op.code = ENGINE_READ;
    leaver->op->op.buffer = buffers[leaver->number];
    leaver->op->op.offset = (uint64_t)leaver->number * BLOCK;
    leaver->op->op.direct = (fcntl(leaver->fd, F_GETFL) & O_DIRECT) != 0;
    engine_submit(&leaver->op->op);
    return NULL;
}

/* The thread that submitted ends at once; its reads are completed all the same. */
static void submitter_ends(int flags, const char *what)
{
    static struct test_op ops[64];
    struct leaver leavers[64];
    _Atomic uint32_t ended = 0;
    int fd = test_file(flags);
    if (fd < 0) {
        test_skip(what);
        return;
    }
    memset(buffers, 7, sizeof(buffers));
    bool good = pwrite(fd, buffers, sizeof(buffers), 0) == (ssize_t)sizeof(buffers);
    fsync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    for (uint32_t i = 0; i < 64; i++) {
        pthread_t thread;
        leavers[i] = (struct leaver){.fd = fd, .number = i, .op = &ops[i], .counter = &ended};
        pthread_create(&thread, NULL, leave, &leavers[i]);
        pthread_join(thread, NULL);
    }
    good = good && test_await(&ended, 64);
    for (uint32_t i = 0; i < 64; i++)
        good = good && ops[i].result == BLOCK;
    test_check(good, what, __FILE__, __LINE__);
    close(fd);
}

void test_submits(void)
{
    transfers(0, "256 buffered writes and reads at once");
    transfers(O_DIRECT, "256 O_DIRECT writes and reads at once");
    positions_and_errors();
    cancel_blocked();
    cancel_work();
    submitter_ends(0, "reads not in cache outlive their submitter");
    submitter_ends(O_DIRECT, "O_DIRECT reads outlive their submitter");
}
