/* SPDX-License-Identifier: MIT */
/* sim:SEED, the engine for tests: what completes is the same, but when and in which order follows
 * from the seed. Inline tries are refused now and then; every readiness event, file operation and
 * timer expiry is posted and takes effect on sim's one thread when its turn comes. The turn of the
 * n-th post is n plus a seeded number smaller than WINDOW: the thread takes the smallest and waits
 * a moment while a later post could still be smaller, so the order depends on the order of posts
 * and the seed, not on time. */
#include <sched.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/internal.h"
#include "engine/source.h"

enum { WINDOW = 16, QUIET_NS = 50 * 1000, DELAY_NS = 50 * 1000 };

enum sim_kind { SIM_SOURCE, SIM_OP, SIM_RESULT, SIM_TIMERS };

/* Something that waits for its turn. */
struct sim_event {
    struct list link;
    uint64_t turn;
    enum sim_kind kind;
    uint32_t events;
    uint64_t id;
    struct engine_op *op;
    int64_t result;
};

static struct {
    uint64_t seed;
    struct lock lock;
    struct list events; /* struct sim_event.link by turn; under lock */
    uint64_t posts;     /* under lock */
    _Atomic uint64_t draws;
    _Atomic uint32_t word; /* counts posts; the thread sleeps on it */
} sim = {.events = {&sim.events, &sim.events}};

/* splitmix64: a number that depends on the seed and `n` alone. */
static uint64_t sim_number(uint64_t n)
{
    uint64_t z = sim.seed + (n + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static uint64_t sim_draw(void)
{
    return sim_number(atomic_fetch_add_explicit(&sim.draws, 1, memory_order_relaxed) | 1ull << 63);
}

uint64_t sim_seed(void)
{
    return sim.seed;
}

bool sim_refuses(void)
{
    return sim_draw() % 4 == 0;
}

static void sim_pause(uint64_t below_ns)
{
    struct timespec pause = {.tv_nsec = (long)(sim_draw() % below_ns)};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

void engine_race_point(void)
{
    if (engine_start() != 0 || !engine_is_sim())
        return;
    uint64_t draw = sim_draw();
    if (draw % 32 == 0)
        sim_pause(DELAY_NS);
    else if (draw % 8 == 0)
        sched_yield();
}

static void sim_insert(struct sim_event *event)
{
    lock_acquire(&sim.lock);
    uint64_t n = sim.posts++;
    event->turn = n + sim_number(n) % WINDOW;
    struct list *before = sim.events.prev;
    while (before != &sim.events &&
           container_of(before, struct sim_event, link)->turn > event->turn)
        before = before->prev;
    list_insert_between(&event->link, before, before->next);
    lock_release(&sim.lock);
    atomic_fetch_add(&sim.word, 1);
    futex_wake(&sim.word, 1);
}

static void sim_perform(const struct sim_event *event)
{
    switch (event->kind) {
    case SIM_SOURCE:
        source_run(event->id, event->events);
        break;
    case SIM_OP:
        op_finish(event->op, op_perform(event->op));
        break;
    case SIM_RESULT:
        op_finish(event->op, event->result);
        break;
    case SIM_TIMERS:
        timer_expire();
        break;
    }
}

/* Without memory it happens at once: an order like any other. */
static void sim_post(struct sim_event event)
{
    struct sim_event *posted = malloc(sizeof(*posted));
    if (posted == NULL) {
        sim_perform(&event);
        return;
    }
    *posted = event;
    sim_insert(posted);
}

/* The next whose turn cannot be overtaken any more, or, after a quiet moment, the next. */
static struct sim_event *sim_next(bool quiet)
{
    struct sim_event *event = NULL;
    lock_acquire(&sim.lock);
    if (!list_empty(&sim.events)) {
        event = container_of(sim.events.next, struct sim_event, link);
        if (quiet || event->turn <= sim.posts)
            list_remove(&event->link);
        else
            event = NULL;
    }
    lock_release(&sim.lock);
    return event;
}

static bool sim_is_empty(void)
{
    lock_acquire(&sim.lock);
    bool empty = list_empty(&sim.events);
    lock_release(&sim.lock);
    return empty;
}

static void *sim_run(void *context)
{
    (void)context;
    bool quiet = false;
    for (;;) {
        uint32_t word = atomic_load(&sim.word);
        struct sim_event *event = sim_next(quiet);
        if (event != NULL) {
            quiet = false;
            if (sim_number(event->turn) % 8 == 0)
                sim_pause(DELAY_NS);
            sim_perform(event);
            free(event);
            continue;
        }
        uint64_t deadline = sim_is_empty() ? FUTEX_NO_DEADLINE : clock_now_ns() + QUIET_NS;
        quiet = futex_wait(&sim.word, word, deadline) == -ETIMEDOUT;
    }
    return NULL;
}

int sim_start(uint64_t seed)
{
    sim.seed = seed;
    return engine_thread_start("ovl-sim", sim_run, NULL);
}

void sim_post_source(uint64_t id, uint32_t events)
{
    sim_post((struct sim_event){.kind = SIM_SOURCE, .id = id, .events = events});
}

void sim_post_timers(void)
{
    sim_post((struct sim_event){.kind = SIM_TIMERS});
}

/* Only transfers that cannot block for long may run on sim's thread. */
void sim_submit(struct engine_op *op)
{
    struct stat status;
    if (op->code == ENGINE_WORK || fstat(op->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        pool_submit(op);
        return;
    }
    op_enter(op, OP_SIM);
    sim_post((struct sim_event){.kind = SIM_OP, .op = op});
}

void sim_finish(struct engine_op *op, int64_t result)
{
    sim_post((struct sim_event){.kind = SIM_RESULT, .op = op, .result = result});
}
