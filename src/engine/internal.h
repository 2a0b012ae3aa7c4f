/* SPDX-License-Identifier: MIT */
/* What the engine's files tell each other. The flow: submit.c chooses who carries an operation;
 * ready.c, aio.c, uring.c and pool.c carry it; park.c decides which thread polls the reactor
 * (ready.c), watch.c bounds how long nobody does; sim.c takes completions out of their natural
 * order.
 *
 * Locks, in the order they may nest: source, slot table, slot | pool | ring | timers | sleepers.
 * None of them is held while `done`, `fired` or `work` runs. */
#ifndef ENGINE_INTERNAL_H
#define ENGINE_INTERNAL_H

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>

#include "engine/engine.h"
#include "base/futex.h"

#define engine_likely(x)   __builtin_expect(!!(x), 1)
#define engine_unlikely(x) __builtin_expect(!!(x), 0)

/* ---- features.c, fork.c: the process's engine ---- */

enum engine_phase { PHASE_NEW, PHASE_STARTING, PHASE_UP, PHASE_DEAD };
enum engine_kind { KIND_URING, KIND_POOL, KIND_SIM };

extern _Atomic uint32_t engine_phase;
extern enum engine_kind engine_kind; /* constant once up */

int engine_start_slow(void);
int fork_watch(void);

/* Before anything else: 0, or the -errno that every call then ends with. */
static inline int engine_start(void)
{
    if (engine_likely(atomic_load_explicit(&engine_phase, memory_order_acquire) == PHASE_UP))
        return 0;
    return engine_start_slow();
}

static inline bool engine_dead(void)
{
    return atomic_load_explicit(&engine_phase, memory_order_relaxed) == PHASE_DEAD;
}

static inline bool engine_is_sim(void)
{
    return engine_unlikely(engine_kind == KIND_SIM);
}

/* ---- Operations: op->state ---- */

enum op_stage {
    OP_IDLE,
    OP_QUEUED, /* on a source's queue */
    OP_AIO,
    OP_RING_QUEUED, /* waits for the ring thread */
    OP_RING,        /* the kernel has it */
    OP_POOL_QUEUED,
    OP_POOL, /* a pool thread runs it */
    OP_SIM,  /* waits for its turn */
    OP_FINISHED,
    OP_STAGES = 0x0f,
    OP_CANCEL = 0x80, /* engine_cancel was called */
};

static inline enum op_stage op_stage(const struct engine_op *op)
{
    return (enum op_stage)(atomic_load_explicit(&op->state, memory_order_acquire) & OP_STAGES);
}

/* Changes the stage and keeps the cancel mark; says whether that is set. */
static inline bool op_enter(struct engine_op *op, enum op_stage stage)
{
    uint8_t old = atomic_load_explicit(&op->state, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(&op->state, &old, (uint8_t)((old & OP_CANCEL) | stage)))
        continue;
    return (old & OP_CANCEL) != 0;
}

static inline struct engine_op *op_from_link(struct list *link)
{
    return container_of(link, struct engine_op, link);
}

/* The last step of every operation. */
void op_finish(struct engine_op *op, int64_t result);
/* The blocking call itself, for threads that may block. */
int64_t op_perform(struct engine_op *op);
/* What of an operation's result the owner sees: an interrupted call of a cancelled one was
 * cancelled. */
int64_t op_verdict(struct engine_op *op, int64_t result);

/* ---- submit.c ---- */

/* Gives it to the ring or the pool: what Linux AIO would not take or gave back. */
void submit_to_thread(struct engine_op *op);

/* ---- slots.c: names that outlive what they name ---- */

/* The source is locked by the caller or not yet known to anybody. 0 or -ENOMEM. */
int slot_take(struct engine_source *source, uint64_t *id);
/* The source of an id, or NULL if that is gone. It cannot be closed until slot_unpin. */
struct engine_source *slot_pin(uint64_t id);
void slot_unpin(uint64_t id);
/* Waits for a pin, then nobody finds the source any more. */
void slot_release(uint64_t id);

/* ---- ready.c: the reactor ---- */

enum {
    REACTOR_TOKEN_WAKE = 1,
    REACTOR_TOKEN_ROUND,
    REACTOR_TOKEN_TIMER,
    REACTOR_TOKEN_AIO
};                            /* ids of slots are larger */
enum { REACTOR_EVENTS = 128 }; /* with 32, a thousand busy sockets cost a quarter more for each; 64 and 256 were no better than this */

struct reactor {
    _Alignas(64) _Atomic uint32_t pending; /* operations and timers that need somebody to poll */
    _Alignas(64) _Atomic bool leading;     /* an application thread leads */
    _Atomic uint32_t epoch;                /* how often leadership was taken */
    _Atomic uint32_t sleepers;             /* eager ones, on the list of park.c */
    int epoll_fd, wake_fd, round_fd;
};

extern struct reactor reactor;
extern struct reactor_counts {
    _Atomic uint64_t polls, sleeps, wakes, interruptions, promotions, ticks;
} reactor_counts;

int reactor_open(void);
void reactor_close(void);
/* Adds a descriptor of the engine's own, edge-triggered. */
int reactor_add(int fd, uint64_t token);
/* For the leader: one epoll_wait (the count, or -1 as that), and the completion of what it brought.
 */
int reactor_wait(struct epoll_event *events, uint64_t deadline_ns);
/* Also tells whether the wake-up of a leader was among it. */
bool reactor_dispatch(const struct epoll_event *events, int count);
/* Makes the leader's epoll_wait return, because its word was claimed. */
void reactor_interrupt(void);
/* Makes whoever is in epoll_wait, the newest first, leave it and enter it again. */
void reactor_send_round(void);

static inline void count_up(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* ---- park.c: who leads ---- */

/* Work pends and nobody leads. */
void lead_vacant(void);
/* Wakes the newest eager sleeper to lead. false: there is none, or one is on its way. */
bool lead_promote(void);
/* Adds to the estimate of how long leadership stays vacant. */
void lead_estimate(uint64_t vacancy_ns);

/* After `pending` grew: somebody should lead. Apart from the counting, because that may have to
 * happen under a lock. */
static inline void reactor_check(void)
{
    if (!atomic_load(&reactor.leading))
        lead_vacant();
}

static inline void reactor_unpend(uint32_t count)
{
    atomic_fetch_sub(&reactor.pending, count);
}

/* ---- watch.c ---- */

/* On the first request that pends. */
void watch_start(void);

/* ---- timer.c ---- */

int timer_open(void);
void timer_close(void);
/* Fires what is due: the leader, when the timerfd says so. */
void timer_expire(void);

/* ---- aio.c ---- */

/* false: not taken, and the operation is as before. */
bool aio_submit(struct engine_op *op);
/* Completes what is in the completion ring; whether anything was. A system call is made only where
 * the ring is not mapped, and then only if the eventfd announced something. */
bool aio_reap(bool announced);
bool aio_available(void);

/* ---- uring.c ---- */

bool uring_available(void);
void uring_submit(struct engine_op *op);
void uring_cancel(struct engine_op *op);

/* ---- pool.c ---- */

void pool_submit(struct engine_op *op);
void pool_cancel(struct engine_op *op);

/* ---- sim.c ---- */

int sim_start(uint64_t seed);
uint64_t sim_seed(void);
/* Whether an inline try is to be refused. */
bool sim_refuses(void);
/* What would happen now happens on sim's thread when its turn comes. */
void sim_post_source(uint64_t id, uint32_t events);
void sim_post_timers(void);
void sim_submit(struct engine_op *op);
/* A pool thread ran it. */
void sim_finish(struct engine_op *op, int64_t result);

/* ---- thread.c ---- */

#define ENGINE_SIGNAL                                                                              \
    (SIGRTMAX - 3) /* interrupts a pool thread's system call; its handler does nothing */

int thread_reserve_signal(void);

#endif
