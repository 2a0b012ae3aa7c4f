/* SPDX-License-Identifier: MIT */
/* A process that is refused io_uring and Linux AIO, as in a container, and has an older kernel's
 * epoll_wait: the same work is done by the pool. In a child of its own, forked before this process
 * has an engine. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "engine/test.h"
#include "engine/uring_abi.h"

#define REFUSE(number, error)                                                                      \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1),                                           \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error))

enum { EPOLL_PWAIT2 = 441, BYTES = 4096 };

static bool restrict_calls(void)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(RING_SYS_SETUP, EPERM),
        REFUSE(SYS_io_setup, EPERM),
        REFUSE(EPOLL_PWAIT2, ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(rules) / sizeof(*rules), .filter = rules};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int restricted(void)
{
    static _Alignas(BYTES) char page[BYTES];
    struct engine_info info;
    struct test_op op;
    _Atomic uint32_t ended = 0;
    engine_describe(&info);
    if (strcmp(info.name, "pool") != 0 || info.has_uring || info.has_aio || info.has_epoll_pwait2)
        return 2;
    int fd = test_file(O_DIRECT);
    for (int i = 0; fd >= 0 && i < 2; i++) {
        test_op_init(&op, fd, BYTES, &ended);
        op.op.code = i == 0 ? ENGINE_WRITE : ENGINE_READ;
        op.op.buffer = page;
        op.op.direct = true;
        engine_submit(&op.op);
        if (!test_await(&ended, (uint32_t)i + 1) || op.result != BYTES)
            return 3;
    }
    /* A leader with a deadline. */
    int fds[2];
    struct engine_source source;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return 4;
    engine_source_init(&source, fds[0]);
    atomic_store(&ended, 0);
    test_op_init(&op, fds[0], 1, &ended);
    engine_source_submit(&source, ENGINE_IN, &op.op);
    uint64_t start = clock_now_ns();
    if (test_await_until(&ended, 1, start + 3 * MS) || clock_now_ns() < start + 3 * MS)
        return 5;
    if (send(fds[1], "x", 1, MSG_NOSIGNAL) != 1 || !test_await(&ended, 1) || op.result != 1)
        return 6;
    return 0;
}

void test_restricted(void)
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        setenv("OVERLAPPED_ENGINE", "uring", 1);
        _exit(restrict_calls() ? restricted() : 1);
    }
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
        test_skip("no seccomp here");
    else
        CHECK(status == 0);
}
