/* SPDX-License-Identifier: MIT */
/* The futex system call and the monotonic clock, the only two things that base asks of the kernel. */
#include "base/futex.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NS_PER_S = 1000000000 };

int futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
    struct timespec at = {.tv_sec = (time_t)(deadline_ns / NS_PER_S),
                          .tv_nsec = (long)(deadline_ns % NS_PER_S)};
    int saved = errno;
    long result = syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value,
                          deadline_ns == FUTEX_NO_DEADLINE ? NULL : &at, NULL,
                          FUTEX_BITSET_MATCH_ANY);
    int error = result < 0 ? -errno : 0;
    errno = saved;
    return error;
}

int futex_wake(_Atomic uint32_t *word, int count)
{
    int saved = errno;
    long woken = syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
    errno = saved;
    return woken < 0 ? 0 : (int)woken;
}

uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_deadline_ns(uint64_t timeout_ns)
{
    uint64_t now = clock_now_ns();
    return timeout_ns >= FUTEX_NO_DEADLINE - now ? FUTEX_NO_DEADLINE : now + timeout_ns;
}
