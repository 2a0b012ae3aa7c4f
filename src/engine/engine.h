/* SPDX-License-Identifier: MIT */
/* The engine: asynchronous Linux I/O, and the way a thread sleeps. Knows nobody above; plain C, 0 or
 * -errno. Four means behind one face: an inline try; readiness (edge-triggered epoll, `struct
 * engine_source`); submission without readiness (io_uring's one thread, Linux AIO for O_DIRECT, a thread
 * pool where both are refused); timers. `sim` replaces the order in which they complete, by seed.
 *
 * Who completes: `done` of an operation is called exactly once, on any thread, with no lock of the engine
 * held; it must not block and must not run user code for long. Nothing of the engine is touched through
 * the operation after `done` was called, so the owner may free it there.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"

struct engine_op;
struct engine_source;

enum engine_direction { ENGINE_IN, ENGINE_OUT };

enum engine_code {
    ENGINE_READ,  /* pread(fd, buffer, length, offset); offset ENGINE_POSITION: read() */
    ENGINE_WRITE, /* pwrite likewise */
    ENGINE_FSYNC, /* fsync(fd) */
    ENGINE_WORK,  /* calls work(op) on a pool thread; its return value is the result */
};

#define ENGINE_POSITION UINT64_MAX

/* One operation, embedded in its owner's request. The owner fills it, with `state` zero, and leaves it alone
 * until `done`. A cancel that comes before the submit is remembered: the submit then ends with
 * done(-ECANCELED). Before the same memory is submitted again, `state` is set to zero anew. */
struct engine_op {
    struct list link; /* the engine's, while it pends */
    void (*done)(struct engine_op *op, int64_t result);
    union {
        int64_t (*attempt)(struct engine_op *op); /* source operations, see below */
        int64_t (*work)(struct engine_op *op);    /* ENGINE_WORK */
        void *buffer;                             /* ENGINE_READ, ENGINE_WRITE */
    };
    uint64_t offset;
    int64_t result;  /* the engine's */
    uint32_t length; /* bytes */
    int32_t fd;
    uint32_t id;     /* the engine's: the ring's slot */
    uint8_t code;    /* enum engine_code */
    _Atomic uint8_t state; /* the engine's; the owner sets 0, again before it submits anew */
    bool direct;     /* fd was opened O_DIRECT: Linux AIO may carry it */
    bool drained;    /* attempt: "what was there is used up, wait for the next edge" */
    bool begun;      /* attempt: "part of it is done": submitted, it goes before what is queued */
};

/* ---- Sources: descriptors with readiness (sockets, pipes, ttys, usbfs) -------------------------------- */

/* A pollable descriptor. The owner keeps it inside its file object. Operations in one direction are
 * attempted and completed first in, first out. */
struct engine_source {
    struct lock lock;
    int fd;
    uint64_t id;          /* generation and slot while registered, else 0; epoll's data */
    uint8_t ready;        /* bit per direction: an attempt may succeed */
    uint8_t hung_up;      /* bit per direction: the other end is gone; always worth an attempt */
    uint8_t interest;     /* bit per direction that epoll watches */
    uint8_t busy;         /* bit per direction: `done`s are being called, later ones must queue */
    struct list queue[2]; /* struct engine_op.link, by enum engine_direction; under lock */
};

/* Prepares a source for `fd`; the caller keeps the descriptor and closes it after engine_source_close.
 * Makes no system call: registration with epoll happens when the first operation has to wait.
 * The descriptor's O_NONBLOCK is not touched: attempts use MSG_DONTWAIT or RWF_NOWAIT. */
void engine_source_init(struct engine_source *source, int fd);

/* Whether `fd` has readiness at all (epoll refuses regular files: -EPERM). 0 or -errno. Registers it. */
int engine_source_register(struct engine_source *source);

/* One inline try, only where it can succeed: nothing of that direction is queued and the source is not
 * known to be drained. Returns the attempt's result, or -EAGAIN: then the owner makes its request
 * cancellable and calls engine_source_submit. `done` is not called.
 *
 * attempt(op) does one non-blocking system call under the source's lock and returns its result or -errno;
 * -EAGAIN leaves the operation queued for the next edge. It sets op->drained when it took all there was
 * (a short read), which saves the next useless try. It may not touch other operations or sources. -EBUSY:
 * not its turn, because another operation has begun and is on its way to the queue; it stays queued and the
 * source stays as ready as it was. */
int64_t engine_source_try(struct engine_source *source, enum engine_direction direction,
                          struct engine_op *op);

/* Queues the operation, or completes it at once if the source became ready since the try. `done` is
 * always called exactly once, perhaps before this returns; unless engine_source_cancel took it back.
 * Allocation or epoll failures arrive as done(-ENOMEM) and the like. */
void engine_source_submit(struct engine_source *source, enum engine_direction direction,
                          struct engine_op *op);

/* Takes a queued operation back: true, and the caller owns it again (`done` will not be called); false:
 * `done` was or will be called. An operation that its owner has not submitted yet (state 0; a request may be
 * cancelled between being made cancellable and being queued) is marked, and the submit then calls
 * done(-ECANCELED). The caller guarantees that the operation's memory is still there. */
bool engine_source_cancel(struct engine_source *source, struct engine_op *op);

/* For a thread that would only wait for this one operation: it sleeps on the descriptor itself, which spares the
 * registration and the leader. prepare comes before the operation can be cancelled (0, or -errno: submit it
 * instead); block attempts and sleeps until the operation ends and calls `done` before it returns. `likely`: an
 * attempt may succeed at once. Nothing else may be queued in that direction. Who cancels calls
 * engine_source_cancel, which says false, and then wake. */
int engine_block_prepare(struct engine_op *op);
void engine_block(struct engine_source *source, enum engine_direction direction, struct engine_op *op,
                  bool likely);
void engine_block_wake(struct engine_op *op);

/* Makes both directions ready and attempts what is queued: for owners who changed what `attempt` sees
 * (a shutdown, a peer in this process). */
void engine_source_kick(struct engine_source *source);

/* Ends the registration (EPOLL_CTL_DEL before the owner's close). Nothing may be queued. After it returns
 * no thread of the engine touches the source. May be called from inside `done`. */
void engine_source_close(struct engine_source *source);

/* ---- Operations without readiness --------------------------------------------------------------------- */

/* Starts READ, WRITE, FSYNC or WORK. `done` is always called, perhaps before this returns. The calling
 * thread may exit at once. */
void engine_submit(struct engine_op *op);

/* Asks to end a started operation early; `done` still arrives, with -ECANCELED if that succeeded in time.
 * Work that has begun on a pool thread is interrupted by the reserved signal (its system call returns
 * EINTR and it asks engine_work_cancelled). Of an operation not submitted yet (state 0) it is remembered, and
 * the submit calls done(-ECANCELED). The caller guarantees the operation's memory. Does not wait, and does
 * not call `done` itself, so the caller may hold locks. */
void engine_cancel(struct engine_op *op);

/* For `work`: whether engine_cancel was called for this operation. */
bool engine_work_cancelled(const struct engine_op *op);

/* ---- Timers ------------------------------------------------------------------------------------------- */

/* fired(timer) is called like `done`: on any thread, no locks held. */
struct engine_timer {
    void (*fired)(struct engine_timer *timer);
    uint64_t due_ns; /* CLOCK_MONOTONIC */
    uint32_t place;  /* the engine's: place in the heap, 0 = not set */
};

/* Sets (or sets anew). 0 or -ENOMEM. */
int engine_timer_set(struct engine_timer *timer, uint64_t due_ns);

/* true: it was set and will not fire; false: it was not set, or `fired` was called or is being called. */
bool engine_timer_cancel(struct engine_timer *timer);

/* Waits until a `fired` of this timer that may run on another thread has returned. Not from `fired`. */
void engine_timer_drain(struct engine_timer *timer);

/* ---- How a thread sleeps ------------------------------------------------------------------------------- */

/* One word per thread for everything that may wake it: objects, APCs, packets. Type-stable memory: it may
 * be notified late, after the thread went on (that is one wake for nothing, never a fault).
 *
 *   IDLE --arm--> ARMED --> ASLEEP (on the futex) | LEADING (in epoll_wait) --> a claim value >= PARK_CLAIM
 *
 * A waker wins one compare-and-swap (parker_claim) before it touches what the thread waits for, and
 * notifies (parker_notify) after it dropped its locks. */
enum { PARK_IDLE = 0, PARK_ARMED = 1, PARK_ASLEEP = 2, PARK_LEADING = 3, PARK_CLAIM = 16 };

struct parker {
    _Atomic uint32_t word;
    bool eager;       /* the owner's: sleeps for whatever completes next, so it may be woken to lead */
    bool candidate;   /* the reactor's: is on its list of sleepers */
    bool promoted;    /* the reactor's: was taken off that list to lead */
    struct list link; /* the reactor's list of sleepers */
};

/* ARMED, before the thread links itself anywhere. */
static inline void parker_arm(struct parker *parker)
{
    atomic_store_explicit(&parker->word, PARK_ARMED, memory_order_seq_cst);
}

/* Tries to decide the thread's wait with `value` (>= PARK_CLAIM). Returns the state it was in (ARMED,
 * ASLEEP, LEADING: won, pass it to parker_notify), or PARK_IDLE: lost or not waiting. */
static inline uint32_t parker_claim(struct parker *parker, uint32_t value)
{
    uint32_t old = atomic_load_explicit(&parker->word, memory_order_relaxed);
    do {
        if (old == PARK_IDLE || old >= PARK_CLAIM)
            return PARK_IDLE;
    } while (!atomic_compare_exchange_weak_explicit(&parker->word, &old, value,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return old;
}

/* Wakes a thread whose claim was won, if it sleeps: a futex wake, or the leader's eventfd. */
void parker_notify(struct parker *parker, uint32_t old_state);

/* Sleeps until claimed or until the deadline. Returns the claim value, or PARK_ARMED on time-out: the
 * caller then claims its own word, and if it loses takes what it was given. Deadline 0 does not sleep: it
 * looks once for completions, if no other thread leads. While it sleeps the thread may lead the reactor: it
 * then runs `done` and `fired` of others, so no lock may be held here. `spin` allows a short spin first. The
 * word is left as it is; the caller sets IDLE (or arms again) afterwards. */
uint32_t parker_wait(struct parker *parker, uint64_t deadline_ns, bool spin);

/* ---- The process --------------------------------------------------------------------------------------- */

/* What the engine did since the start, for tests and benchmarks: only things that cost a system call. */
struct engine_counts {
    uint64_t polls;         /* epoll_wait */
    uint64_t sleeps;        /* followers' futex sleeps */
    uint64_t wakes;         /* futex wakes of sleeping threads by parker_notify */
    uint64_t interruptions; /* eventfd writes to the leader */
    uint64_t promotions;    /* sleepers woken to lead */
    uint64_t ticks;         /* the watcher's */
};

void engine_count(struct engine_counts *counts);

/* What was probed: for traces, tests and `ovl info`. */
struct engine_info {
    const char *name; /* "uring", "pool", "sim" */
    uint64_t seed;    /* sim */
    bool has_uring, has_aio, has_epoll_pwait2;
};

/* Initialises on first use (all other calls do so themselves). OVERLAPPED_ENGINE=uring|pool|sim:SEED. */
void engine_describe(struct engine_info *info);

/* Whether this process is a forked child of the one that used the engine: everything then fails with
 * -EOWNERDEAD, and completions stay the parent's. */
bool engine_is_dead(void);

/* A point where `sim` may delay this thread by its seed, to replay races; nothing in other engines. */
void engine_race_point(void);

/* Processors that this process may run on. */
uint32_t engine_processor_count(void);

/* Whether thread `tid` of this process sleeps in a system call (not: runs, or waits for a processor).
 * *probe keeps a descriptor between looks (start with -1; engine_probe_close when done). */
bool engine_thread_is_blocked(int *probe, uint32_t tid);
void engine_probe_close(int *probe);

/* A library thread: all signals blocked but the reserved one, named, detached. 0 or -errno. */
int engine_thread_start(const char *name, void *(*start)(void *), void *context);

#endif
