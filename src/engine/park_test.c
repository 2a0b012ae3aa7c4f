/* SPDX-License-Identifier: MIT */
/* How threads sleep: claims against time-outs, the leader's exact system calls, the watcher when
 * nobody waits, and an idle process that makes no wakes. */
#include "engine/test.h"

enum { PINGS = 20000, ECHOES = 2000 };

static struct parker parkers[2];
static _Atomic uint32_t turns[2], turns_late;

static void wake(struct parker *parker)
{
    uint32_t old = parker_claim(parker, PARK_CLAIM + 1);
    if (old != PARK_IDLE)
        parker_notify(parker, old);
}

static void *ping(void *context)
{
    uint32_t self = (uint32_t)(uintptr_t)context;
    for (uint32_t i = 1; i <= PINGS; i++) {
        while (atomic_load(&turns[self]) < i) {
            parker_arm(&parkers[self]);
            uint64_t start = clock_now_ns();
            if (atomic_load(&turns[self]) < i)
                parker_wait(&parkers[self], start + 4000 * MS, i % 2 == 0);
            turns_late += clock_now_ns() - start >= 4000 * MS;
            atomic_store(&parkers[self].word, PARK_IDLE);
        }
        atomic_fetch_add(&turns[!self], 1);
        wake(&parkers[!self]);
    }
    return NULL;
}

/* No wake is lost, whether the threads sleep on their words, lead, or take the place of the
 * watcher. */
static void ping_pong(void)
{
    pthread_t threads[2];
    atomic_store(&turns_late, 0);
    atomic_store(&turns[1], 0);
    atomic_store(&turns[0], 1);
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, ping, (void *)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    CHECK(turns[0] == PINGS + 1 && turns[1] == PINGS && turns_late == 0);
}

static void time_out(void)
{
    static struct parker parker;
    uint64_t start = clock_now_ns();
    parker_arm(&parker);
    CHECK(parker_wait(&parker, start + 5 * MS, false) == PARK_ARMED);
    uint64_t took = clock_now_ns() - start;
    CHECK(took >= 5 * MS);
    CHECK(parker_claim(&parker, PARK_CLAIM) == PARK_ARMED);
    CHECK(parker_wait(&parker, start, false) == PARK_CLAIM);
    atomic_store(&parker.word, PARK_IDLE);
    CHECK(parker_claim(&parker, PARK_CLAIM) == PARK_IDLE);
    parker_arm(&parker);
    CHECK(parker_wait(&parker, 0, false) == PARK_ARMED);
    atomic_store(&parker.word, PARK_IDLE);
}

/* A request that stays: so somebody leads. */
struct pended {
    struct engine_source source;
    struct test_op op;
    int fds[2];
    _Atomic uint32_t ended;
};

static void pend(struct pended *pended)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pended->fds) != 0)
        abort();
    engine_source_init(&pended->source, pended->fds[0]);
    atomic_store(&pended->ended, 0);
    test_op_init(&pended->op, pended->fds[0], 8, &pended->ended);
    engine_source_submit(&pended->source, ENGINE_IN, &pended->op.op);
}

static void unpend(struct pended *pended)
{
    engine_source_cancel(&pended->source, &pended->op.op);
    engine_source_close(&pended->source);
    close(pended->fds[0]);
    close(pended->fds[1]);
}

static void time_out_of_leader(void)
{
    struct pended pended;
    pend(&pended);
    time_out();
    unpend(&pended);
}

static void ping_pong_of_leaders(void)
{
    struct pended pended;
    pend(&pended);
    for (int i = 0; i < 5; i++)
        ping_pong();
    unpend(&pended);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Nobody waits in the library: the result appears all the same, and soon. */
static void watcher(void)
{
    struct pended pended;
    uint64_t took[21];
    bool good = true;
    for (int i = 0; i < 21; i++) {
        pend(&pended);
        struct timespec pause = {.tv_nsec = (long)(i % 7 * 400000)};
        nanosleep(&pause, NULL);
        uint64_t start = clock_now_ns();
        if (send(pended.fds[1], "x", 1, MSG_NOSIGNAL) != 1)
            abort();
        while (atomic_load(&pended.op.dones) == 0 && clock_now_ns() - start < 2000 * MS)
            cpu_relax();
        took[i] = clock_now_ns() - start;
        good = good && atomic_load(&pended.op.dones) == 1;
        unpend(&pended);
    }
    qsort(took, 21, sizeof(*took), compare);
    printf("# nobody waits: median %.3f ms, longest %.3f ms\n", (double)took[10] / (double)MS,
           (double)took[20] / (double)MS);
    CHECK(good && took[10] < 50 * MS);
}

/* Nothing moves for so long. On a busy machine what came before may still be settling: the last of some looks counts. */
static void quiet_for(uint64_t ns, const char *what)
{
    enum { LOOKS = 5 };
    bool quiet = false;
    for (int i = 0; i < LOOKS && !quiet; i++) {
        struct engine_counts before, after;
        engine_count(&before);
        struct timespec pause = {.tv_nsec = (long)ns};
        nanosleep(&pause, NULL);
        engine_count(&after);
        quiet = memcmp(&before, &after, sizeof(before)) == 0;
    }
    test_check(quiet, what, __FILE__, __LINE__);
}

static void *sleep_until_woken(void *context)
{
    struct parker *parker = context;
    parker_arm(parker);
    parker_wait(parker, FUTEX_NO_DEADLINE, false);
    atomic_store(&parker->word, PARK_IDLE);
    return NULL;
}

static void idle(void)
{
    static struct parker parker;
    struct pended pended;
    pthread_t thread;
    struct timespec settle = {.tv_nsec = 30000000};
    nanosleep(&settle, NULL);
    quiet_for(100 * MS, "nothing pends: no wakes");
    pend(&pended);
    nanosleep(&settle, NULL);
    quiet_for(100 * MS, "a request pends, nobody waits: no wakes");
    pthread_create(&thread, NULL, sleep_until_woken, &parker);
    nanosleep(&settle, NULL);
    quiet_for(100 * MS, "a request pends and a thread waits: no wakes");
    wake(&parker);
    pthread_join(thread, NULL);
    unpend(&pended);
}

static _Atomic uint32_t echo_stop;

static void *echo_client(void *context)
{
    int fd = *(int *)context;
    char byte = 0;
    for (int i = 0; i < ECHOES; i++) {
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
            break;
    }
    test_signal(&echo_stop);
    return NULL;
}

/* One thread serves one client: one epoll_wait for each message, nobody is woken or interrupted. */
static void exact_calls(void)
{
    struct pended pended;
    pthread_t client;
    struct engine_counts before, after;
    pend(&pended);
    engine_count(&before);
    pthread_create(&client, NULL, echo_client, &pended.fds[1]);
    uint32_t echoes = 0;
    for (uint32_t dones = 0; echoes < ECHOES && test_await(&pended.ended, ++dones);) {
        int64_t got = 1;
        while (got == 1) {
            echoes++;
            pended.op.op.state = 0;
            if (send(pended.fds[0], "x", 1, MSG_NOSIGNAL) != 1)
                break;
            got = engine_source_try(&pended.source, ENGINE_IN, &pended.op.op);
        }
        if (got == -EAGAIN)
            engine_source_submit(&pended.source, ENGINE_IN, &pended.op.op);
    }
    engine_count(&after);
    pthread_join(client, NULL);
    CHECK(echoes == ECHOES);
    printf(
        "# %u echoes: %llu polls, %llu wakes, %llu interruptions, %llu promotions, %u attempts\n",
        (unsigned)echoes, (unsigned long long)(after.polls - before.polls),
        (unsigned long long)(after.wakes - before.wakes),
        (unsigned long long)(after.interruptions - before.interruptions),
        (unsigned long long)(after.promotions - before.promotions), (unsigned)pended.op.attempts);
    if (!test_is_sim()) {
        /* The watcher may step in a few times where this thread was held up. */
        CHECK(after.polls - before.polls < ECHOES + ECHOES / 20);
        CHECK(after.wakes - before.wakes + after.promotions - before.promotions < ECHOES / 20);
        CHECK(after.interruptions - before.interruptions < ECHOES / 20);
        CHECK(pended.op.attempts <= ECHOES + 2);
    }
    unpend(&pended);
}

void test_parking(void)
{
    ping_pong();
    ping_pong_of_leaders();
    time_out();
    time_out_of_leader();
    watcher();
    idle();
    exact_calls();
}
