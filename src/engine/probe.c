/* SPDX-License-Identifier: MIT */
/* What the library asks the kernel about threads: how many can run at once, and whether one of them sleeps
 * outside the library (both for a completion port's limit). */
#include "engine/engine.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

uint32_t engine_processor_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return (uint32_t)CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (uint32_t)online : 1;
}

bool engine_thread_is_blocked(int *probe, uint32_t tid)
{
    char text[32];
    if (*probe < 0) {
        snprintf(text, sizeof text, "/proc/self/task/%u/syscall", tid);
        *probe = open(text, O_RDONLY | O_CLOEXEC);
        if (*probe < 0)
            return false;
    }
    /* "running" for a thread that runs or waits for a processor; else the number of the system call it
     * sleeps in, or "-1" when it sleeps in a page fault or the like. */
    ssize_t length = pread(*probe, text, sizeof text, 0);
    return length > 0 && text[0] != 'r';
}

void engine_probe_close(int *probe)
{
    if (*probe >= 0)
        close(*probe);
    *probe = -1;
}
