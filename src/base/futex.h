/* SPDX-License-Identifier: MIT */
/* Sleeping on a 32-bit word of this process. errno is left as it was. */
#ifndef BASE_FUTEX_H
#define BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

#define FUTEX_NO_DEADLINE UINT64_MAX

/* Sleeps while *word is `value`, until woken or until `deadline_ns` on CLOCK_MONOTONIC. Returns 0 (woken,
 * perhaps for nothing: look at the word again), -EAGAIN (the word differed), -EINTR or -ETIMEDOUT. */
int futex_wait(_Atomic uint32_t *word, uint32_t value, uint64_t deadline_ns);

/* Wakes at most `count` sleepers; returns how many. */
int futex_wake(_Atomic uint32_t *word, int count);

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t clock_now_ns(void);

/* The deadline `timeout_ns` from now; saturates at FUTEX_NO_DEADLINE. */
uint64_t clock_deadline_ns(uint64_t timeout_ns);

#endif
