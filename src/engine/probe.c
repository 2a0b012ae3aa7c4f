/* SPDX-License-Identifier: MIT */
/* What the library asks the kernel about threads: a fence on all of them (for the handle table), and whether
 * one of them sleeps outside the library (for a completion port's limit). */
#include "engine/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

bool engine_barrier_register(void)
{
    long supported = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    if (supported < 0 || !(supported & MEMBARRIER_CMD_PRIVATE_EXPEDITED))
        return false;
    return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void engine_barrier(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

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
