/* SPDX-License-Identifier: MIT */
/* A forked child is refused everything, and what pends completes in the parent. */
#include <sys/wait.h>

#include "engine/test.h"

static void never(struct engine_timer *timer)
{
    (void)timer;
}

static int child_checks(struct engine_source *source, struct test_op *pended)
{
    struct test_op op;
    _Atomic uint32_t ended = 0;
    static struct parker parker;
    struct engine_timer timer = {.fired = never};
    if (!engine_is_dead())
        return 1;
    test_op_init(&op, pended->op.fd, 1, &ended);
    if (engine_source_try(source, ENGINE_IN, &op.op) != -EOWNERDEAD)
        return 2;
    engine_source_submit(source, ENGINE_IN, &op.op);
    if (op.dones != 1 || op.result != -EOWNERDEAD)
        return 3;
    test_op_init(&op, pended->op.fd, 1, &ended);
    engine_submit(&op.op);
    if (op.dones != 1 || op.result != -EOWNERDEAD)
        return 4;
    if (engine_timer_set(&timer, 1) != -EOWNERDEAD)
        return 5;
    if (!engine_source_cancel(source, &pended->op))
        return 6;
    engine_source_close(source); /* must not end the parent's registration */
    parker_arm(&parker);
    if (parker_wait(&parker, clock_now_ns() + MS, false) != PARK_ARMED)
        return 7;
    return 0;
}

void test_fork(void)
{
    int fds[2], status = -1;
    struct engine_source source;
    struct test_op op;
    _Atomic uint32_t ended = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    engine_source_init(&source, fds[0]);
    test_op_init(&op, fds[0], 8, &ended);
    engine_source_submit(&source, ENGINE_IN, &op.op);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(child_checks(&source, &op));
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (send(fds[1], "parent", 6, MSG_NOSIGNAL) != 6)
        abort();
    CHECK(test_await(&ended, 1) && op.result == 6);
    CHECK(!engine_is_dead());
    engine_source_close(&source);
    close(fds[0]);
    close(fds[1]);
}
