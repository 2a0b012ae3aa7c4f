/* SPDX-License-Identifier: MIT */
/* The same seed gives the same order, another seed another one. Each run is a child of its own,
 * forked before this process has an engine. */
#include <sys/wait.h>

#include "engine/test.h"

enum { OPS = 64 };

static struct test_op ops[OPS];
static struct test_op first;
static uint8_t order[OPS];
static _Atomic uint32_t ended, started;
static char bytes[OPS];

static void note(struct engine_op *op, int64_t result)
{
    (void)result;
    order[ended] = (uint8_t)(container_of(op, struct test_op, op) - ops);
    test_signal(&ended);
}

/* All are submitted from one completion, so nothing else comes between. */
static void submit_all(struct engine_op *op, int64_t result)
{
    (void)result;
    for (int i = 0; i < OPS; i++) {
        test_op_init(&ops[i], op->fd, 1, &ended);
        ops[i].op.done = note;
        ops[i].op.code = ENGINE_READ;
        ops[i].op.buffer = &bytes[i];
        engine_submit(&ops[i].op);
    }
    test_signal(&started);
}

static void child(const char *engine, int out)
{
    setenv("OVERLAPPED_ENGINE", engine, 1);
    int fd = test_file(0);
    test_op_init(&first, fd, 1, &started);
    first.op.code = ENGINE_READ;
    first.op.buffer = first.data;
    first.op.done = submit_all;
    engine_submit(&first.op);
    bool good = test_await(&ended, OPS) && write(out, order, OPS) == OPS;
    _exit(good ? 0 : 1);
}

static bool run(const char *engine, uint8_t *seen)
{
    int fds[2], status = -1;
    if (pipe2(fds, O_CLOEXEC) != 0)
        abort();
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        child(engine, fds[1]);
    close(fds[1]);
    bool good = read(fds[0], seen, OPS) == OPS;
    close(fds[0]);
    waitpid(pid, &status, 0);
    return good && status == 0;
}

void test_sim(void)
{
    uint8_t one[OPS], again[OPS], other[OPS];
    CHECK(run("sim:7", one));
    CHECK(run("sim:7", again));
    CHECK(run("sim:8", other));
    CHECK(memcmp(one, again, OPS) == 0);
    CHECK(memcmp(one, other, OPS) != 0);
}
