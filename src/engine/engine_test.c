/* SPDX-License-Identifier: MIT */
/* The engine's unit tests, on whatever OVERLAPPED_ENGINE says. */
#include "engine/test.h"

static struct parker main_parker;
static _Atomic uint32_t checks, failures;

void test_check(bool good, const char *text, const char *file, int line)
{
    atomic_fetch_add(&checks, 1);
    if (good) {
        printf("ok - %s\n", text);
    } else {
        atomic_fetch_add(&failures, 1);
        printf("not ok - %s # %s:%d\n", text, file, line);
    }
    fflush(stdout);
}

void test_skip(const char *text)
{
    atomic_fetch_add(&checks, 1);
    printf("ok - # SKIP %s\n", text);
}

void test_signal(_Atomic uint32_t *counter)
{
    atomic_fetch_add(counter, 1);
    uint32_t old = parker_claim(&main_parker, PARK_CLAIM);
    if (old != PARK_IDLE)
        parker_notify(&main_parker, old);
}

bool test_await_until(_Atomic uint32_t *counter, uint32_t target, uint64_t deadline_ns)
{
    for (;;) {
        parker_arm(&main_parker);
        uint32_t word = PARK_CLAIM;
        if (atomic_load(counter) < target)
            word = parker_wait(&main_parker, deadline_ns, false);
        atomic_store(&main_parker.word, PARK_IDLE);
        if (atomic_load(counter) >= target)
            return true;
        if (word == PARK_ARMED)
            return false;
    }
}

bool test_await(_Atomic uint32_t *counter, uint32_t target)
{
    return test_await_until(counter, target, clock_deadline_ns(20000 * MS));
}

bool test_is_sim(void)
{
    struct engine_info info;
    engine_describe(&info);
    return strcmp(info.name, "sim") == 0;
}

int test_file(int flags)
{
    char name[] = "/var/tmp/engine-test-XXXXXX";
    int fd = mkstemp(name);
    if (fd < 0)
        return -1;
    int other = open(name, O_RDWR | O_CLOEXEC | flags);
    unlink(name);
    close(fd);
    return other;
}

void test_op_done(struct engine_op *op, int64_t result)
{
    struct test_op *test = container_of(op, struct test_op, op);
    test->result = result;
    atomic_fetch_add(&test->dones, 1);
    test_signal(test->counter);
}

int64_t test_op_receive(struct engine_op *op)
{
    struct test_op *test = container_of(op, struct test_op, op);
    test->attempts++;
    ssize_t got = recv(op->fd, test->data, op->length, MSG_DONTWAIT);
    if (got < 0)
        return -errno;
    op->drained = (size_t)got < op->length;
    return got;
}

void test_op_init(struct test_op *test, int fd, uint32_t length, _Atomic uint32_t *counter)
{
    memset(test, 0, sizeof(*test));
    test->op.fd = fd;
    test->op.length = length;
    test->op.done = test_op_done;
    test->op.attempt = test_op_receive;
    test->counter = counter;
}

int main(void)
{
    struct engine_info info;
    test_sim(); /* first, with the next: engines of their own in children */
    test_restricted();
    engine_describe(&info);
    printf("# engine %s seed %llu uring %d aio %d pwait2 %d\n", info.name,
           (unsigned long long)info.seed, info.has_uring, info.has_aio, info.has_epoll_pwait2);
    test_sources();
    test_source_races();
    test_blocks();
    test_timers();
    test_submits();
    test_parking();
    test_fork();
    printf("1..%u\n", (unsigned)atomic_load(&checks));
    return atomic_load(&failures) != 0;
}
