/* SPDX-License-Identifier: MIT */
/* What the engine's unit tests share: checks that print TAP lines, and a main thread that waits for counters
 * as an application thread would, in parker_wait. */
#ifndef ENGINE_TEST_H
#define ENGINE_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/futex.h"
#include "engine/engine.h"

#define MS 1000000ull

void test_check(bool good, const char *text, const char *file, int line);
void test_skip(const char *text);
#define CHECK(condition) test_check(condition, #condition, __FILE__, __LINE__)

/* Adds to a counter and wakes the main thread if it awaits; await: whether it got to `target` in time. */
void test_signal(_Atomic uint32_t *counter);
bool test_await(_Atomic uint32_t *counter, uint32_t target);
bool test_await_until(_Atomic uint32_t *counter, uint32_t target, uint64_t deadline_ns);
bool test_is_sim(void);
/* An open temporary file that has no name any more; -1 where `flags` (O_DIRECT) are refused. */
int test_file(int flags);

/* An operation that counts its ends. */
struct test_op {
    struct engine_op op;
    _Atomic uint32_t dones;
    int64_t result;
    _Atomic uint32_t *counter;
    _Atomic uint32_t attempts;
    char data[64];
};
void test_op_done(struct engine_op *op, int64_t result);
/* recv of up to op->length bytes to `data`. */
int64_t test_op_receive(struct engine_op *op);
void test_op_init(struct test_op *test, int fd, uint32_t length, _Atomic uint32_t *counter);

void test_blocks(void);
void test_sources(void);
void test_source_races(void);
void test_timers(void);
void test_submits(void);
void test_parking(void);
void test_fork(void);
void test_sim(void);
void test_restricted(void);

#endif
