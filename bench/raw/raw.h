/* SPDX-License-Identifier: MIT */
/*
 * Small helpers of the raw Linux baselines: threads, futexes.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../measure.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void thread_start(pthread_t *thread, void *(*body)(void *), void *context)
{
    errno = pthread_create(thread, NULL, body, context);
    if (errno)
        die("pthread_create");
}

static inline void futex_wait(_Atomic uint32_t *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static inline void futex_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

#endif
