/* SPDX-License-Identifier: MIT */
/*
 * Runs a program and counts the system calls that its first thread makes between two marks (see
 * mark_system_calls). By ptrace, so it needs no privilege and the counted program is not changed.
 */
#include "raw.h"

#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

struct tally {
    int marks;
    uint64_t calls;
};

static void call_seen(pid_t child, struct tally *t)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0)
        die("PTRACE_GET_SYSCALL_INFO");
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
        return;
    if (info.entry.nr == BENCH_MARK_CALL)
        t->marks++;
    else if (t->marks == 1)
        t->calls++;
}

/* Returns the exit status of the program. */
static int follow(pid_t child, struct tally *t)
{
    int status, signal = 0;

    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status) ||
        ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL))
        die("ptrace");
    for (;;) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, (void *)(intptr_t)signal))
            die("PTRACE_SYSCALL");
        if (waitpid(child, &status, __WALL) != child)
            die("waitpid");
        signal = 0;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            return 128 + WTERMSIG(status);
        if (WSTOPSIG(status) == (SIGTRAP | 0x80))
            call_seen(child, t);
        else if (WSTOPSIG(status) != SIGTRAP)
            signal = WSTOPSIG(status);
    }
}

int main(int argc, char **argv)
{
    struct tally t = {0};

    if (argc < 2)
        return 2;
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (!child) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
            die("PTRACE_TRACEME");
        execv(argv[1], argv + 1);
        die(argv[1]);
    }
    int status = follow(child, &t);
    if (status || t.marks != 2) {
        fprintf(stderr, "%s: exit status %d, %d marks of 2\n", argv[1], status, t.marks);
        return 1;
    }
    report("calls", (double)t.calls);
    report_end();
    return 0;
}
