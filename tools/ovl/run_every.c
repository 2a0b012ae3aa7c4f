/* SPDX-License-Identifier: MIT */
/* `ovl run --fail-every-allocation`: the program runs again and again, and each time one allocation more of the drivers' succeeds before one
 * fails, until none is left to fail. A program may end as it likes when its device does; what counts is that nothing crashes, hangs,
 * or is left behind. The verifier tells the injected failure through an inherited file. */
#include "ovl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { VERIFIER_EXIT = 86, SANITIZER_EXIT = 87, TAIL = 4000 };

struct run {
    int result, output; /* memory files: where the failure was, what the program printed */
    int status;         /* as waitpid gives it */
    bool late;
    char place[512];    /* "allocation 5 fails at D.so!F (d.c:3)"; "": none failed */
};

static void variable_extend(const char *name, const char *text, char separator)
{
    char joined[4096];
    const char *before = getenv(name);
    snprintf(joined, sizeof joined, "%s%c%s", before == NULL ? "" : before, before == NULL ? ' ' : separator, text);
    setenv(name, before == NULL ? text : joined, 1);
}

/* True: it has ended in time. */
static bool wait_until(pid_t pid, int seconds)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    bool good = fd < 0 || poll(&ended, 1, seconds * 1000) != 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static int run_once(char **argv, const char *words, unsigned number, int seconds, struct run *run)
{
    char setting[1024];
    pid_t pid;
    *run = (struct run){.result = memfd_create("result", 0), .output = memfd_create("output", MFD_CLOEXEC)};
    if (run->result < 0 || run->output < 0)
        return complain("run: %s", strerror(errno));
    snprintf(setting, sizeof setting, "%s,lowmem=%u,result=%d", words, number, run->result);
    setenv("OVERLAPPED_VERIFIER", setting, 1);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, run->output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, run->output, STDERR_FILENO);
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return complain("%s: %s", argv[0], strerror(error));
    run->late = !wait_until(pid, seconds);
    if (run->late)
        kill(pid, SIGKILL);
    while (waitpid(pid, &run->status, 0) < 0)
        if (errno != EINTR)
            return complain("run: %s", strerror(errno));
    ssize_t length = pread(run->result, run->place, sizeof run->place - 1, 0);
    run->place[length > 0 ? length : 0] = '\0';
    run->place[strcspn(run->place, "\n")] = '\0';
    return 0;
}

/* What went wrong, or NULL. */
static const char *run_judge(const struct run *run)
{
    if (run->late)
        return "hangs";
    if (WIFSIGNALED(run->status))
        return strsignal(WTERMSIG(run->status));
    if (WEXITSTATUS(run->status) == VERIFIER_EXIT)
        return "breaks a rule or leaves something behind";
    return WEXITSTATUS(run->status) == SANITIZER_EXIT ? "is stopped by a sanitizer" : NULL;
}

static void output_print(int fd)
{
    char text[TAIL + 1];
    off_t size = lseek(fd, 0, SEEK_END), from = size > TAIL ? size - TAIL : 0;
    ssize_t length = pread(fd, text, TAIL, from);
    text[length > 0 ? length : 0] = '\0';
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        printf("    %s\n", line);
}

int run_every_allocation(char **argv, int seconds, int step)
{
    char words[512], program[PATH_MAX];
    const char *before = getenv("OVERLAPPED_VERIFIER");
    snprintf(words, sizeof words, "%s", before == NULL || *before == '\0' ? "on" : before);
    variable_extend("ASAN_OPTIONS", "exitcode=87", ':');
    variable_extend("LSAN_OPTIONS", "exitcode=87", ':');
    if (is_source(argv[0])) {
        int status = program_build(argv[0], program);
        if (status != 0)
            return status;
        argv[0] = program;
    }
    unsigned wrong = 0, runs = 0;
    for (unsigned number = 1;; number += (unsigned)step, runs++) {
        struct run run;
        int status = run_once(argv, words, number, seconds, &run);
        if (status != 0)
            return status;
        const char *why = run_judge(&run);
        bool last = run.place[0] == '\0';
        if (why != NULL) {
            wrong++;
            printf("%s: the program %s\n", last ? "no allocation fails" : run.place, why);
            output_print(run.output);
        }
        close(run.result);
        close(run.output);
        fflush(stdout);
        if (last) {
            printf("%u allocations failed in turn: %u runs went wrong\n", runs, wrong);
            return wrong == 0 ? 0 : VERIFIER_EXIT;
        }
    }
}
