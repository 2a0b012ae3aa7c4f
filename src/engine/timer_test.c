/* SPDX-License-Identifier: MIT */
/* Timers: order, setting anew, cancel and drain against firing. */
#include "engine/test.h"

enum { TIMERS = 100, ROUNDS = 3000 };

struct test_timer {
    struct engine_timer timer;
    _Atomic uint32_t fired;
    uint32_t place;
    uint64_t late_ns;
};

static _Atomic uint32_t fired_count;

static void timer_fired(struct engine_timer *timer)
{
    struct test_timer *test = container_of(timer, struct test_timer, timer);
    test->late_ns = clock_now_ns() - timer->due_ns;
    test->place = fired_count;
    atomic_fetch_add(&test->fired, 1);
    test_signal(&fired_count);
}

static void order(void)
{
    static struct test_timer timers[TIMERS];
    uint64_t now = clock_now_ns();
    atomic_store(&fired_count, 0);
    for (uint32_t i = 0; i < TIMERS; i++) {
        timers[i].timer.fired = timer_fired;
        CHECK(i != 0 || engine_timer_set(&timers[i].timer, now + 5 * MS) == 0);
        if (i != 0)
            engine_timer_set(&timers[i].timer, now + 5 * MS + (i * 37 % TIMERS) * MS / 10);
    }
    CHECK(test_await(&fired_count, TIMERS));
    bool good = true;
    uint64_t latest = 0;
    for (uint32_t i = 0; i < TIMERS; i++) {
        good = good && timers[i].fired == 1 && timers[i].place == i * 37 % TIMERS;
        latest = timers[i].late_ns > latest ? timers[i].late_ns : latest;
    }
    printf("# latest timer %.3f ms late\n", (double)latest / (double)MS);
    test_check(good, "timers fire once, in the order of their due times", __FILE__, __LINE__);
}

static void set_anew(void)
{
    struct test_timer timer = {.timer.fired = timer_fired};
    uint64_t now = clock_now_ns();
    atomic_store(&fired_count, 0);
    engine_timer_set(&timer.timer, now + 3600000 * MS);
    engine_timer_set(&timer.timer, now + 2 * MS); /* earlier */
    CHECK(test_await(&fired_count, 1));
    uint64_t first = clock_now_ns() + 20 * MS;
    engine_timer_set(&timer.timer, first);
    engine_timer_set(&timer.timer, first + 40 * MS); /* later: the first time passes in vain */
    if (clock_now_ns() < first) /* else this thread lost its processor for long, and the timer was right */
        CHECK(!test_await_until(&fired_count, 2, first + 10 * MS));
    CHECK(test_await(&fired_count, 2));
    CHECK(!engine_timer_cancel(&timer.timer));
    engine_timer_set(&timer.timer, clock_now_ns() + 3600000 * MS);
    CHECK(engine_timer_cancel(&timer.timer) && !engine_timer_cancel(&timer.timer));
    engine_timer_set(&timer.timer, 0);
    CHECK(test_await(&fired_count, 3));
    engine_timer_drain(&timer.timer);
}

/* After cancel and drain nobody touches the timer: its memory is given back at once. */
static void drain_race(void)
{
    uint32_t cancelled = 0, wrong = 0;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct test_timer *timer = calloc(1, sizeof(*timer));
        timer->timer.fired = timer_fired;
        engine_timer_set(&timer->timer, clock_now_ns() + round % 64 * 2000);
        if (round % 2 == 0)
            test_await_until(&fired_count, UINT32_MAX, clock_now_ns() + round % 50 * 2000);
        for (uint32_t spin = 0; spin < round % 1024; spin++)
            cpu_relax();
        bool taken = engine_timer_cancel(&timer->timer);
        engine_timer_drain(&timer->timer);
        wrong += taken ? timer->fired != 0 : timer->fired != 1;
        cancelled += taken;
        free(timer);
    }
    printf("# cancelled %u of %u\n", cancelled, ROUNDS);
    CHECK(wrong == 0);
}

void test_timers(void)
{
    order();
    set_anew();
    drain_race();
}
