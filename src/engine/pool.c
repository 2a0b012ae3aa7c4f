/* SPDX-License-Identifier: MIT */
/* The thread pool: work that blocks, and transfers where io_uring is refused. Idle threads sleep on
 * their own word, the newest first, and leave after some seconds. A cancelled operation that still
 * queues is ended by a thread at once, one more than the bound if all are busy; one that runs is
 * interrupted by the reserved signal, again and again until it returns, because a signal just
 * before the system call is lost. One thread at a time (the attendant) does both. */
#include <pthread.h>

#include "engine/internal.h"

enum pool_class { POOL_TRANSFER, POOL_WORK, POOL_CLASSES };

enum {
    TRANSFER_THREADS = 64,
    WORK_THREADS = 512, /* work may block for long (a console read) */
    SIGNAL_FIRST_NS = 100 * 1000,
    SIGNAL_LAST_NS = 50 * 1000 * 1000,
};
#define IDLE_NS (5ull * 1000 * 1000 * 1000)

/* One pool thread, on its own stack. */
struct worker {
    struct list link; /* on idle or running; under pool.lock */
    pthread_t thread;
    struct engine_op *op;  /* what it runs or was given; under pool.lock */
    bool interrupted;      /* the op is cancelled: signal it until it ends; under pool.lock */
    _Atomic uint32_t word; /* 1: woken */
};

static struct {
    struct lock lock;
    struct list queue[POOL_CLASSES]; /* struct engine_op.link: the class was at its bound */
    uint32_t busy[POOL_CLASSES];     /* threads that run the class or were started for it */
    struct list cancelled;           /* taken from a queue by a cancel */
    struct list idle;                /* struct worker.link, newest first */
    struct list running;
    bool attended;               /* the attendant is there or starting */
    _Atomic uint32_t attendance; /* the attendant sleeps on it */
} pool = {
    .queue = {{&pool.queue[0], &pool.queue[0]}, {&pool.queue[1], &pool.queue[1]}},
    .cancelled = {&pool.cancelled, &pool.cancelled},
    .idle = {&pool.idle, &pool.idle},
    .running = {&pool.running, &pool.running},
};

static const uint32_t pool_bound[POOL_CLASSES] = {TRANSFER_THREADS, WORK_THREADS};

static void attend(void);

static void pool_finish(struct engine_op *op, int64_t result)
{
    if (engine_is_sim())
        sim_finish(op, result);
    else
        op_finish(op, result);
}

static struct worker *worker_from_link(struct list *link)
{
    return container_of(link, struct worker, link);
}

static enum pool_class pool_class_of(const struct engine_op *op)
{
    return op->code == ENGINE_WORK ? POOL_WORK : POOL_TRANSFER;
}

/* Moves the thread to the running ones, with its operation. Lock held. */
static void worker_give(struct worker *worker, struct engine_op *op)
{
    worker->op = op;
    worker->interrupted = op_enter(op, OP_POOL);
    list_push_back(&pool.running, &worker->link);
}

/* Runs what it was given and then what queues in that class. Lock held. */
static void worker_run(struct worker *worker)
{
    while (worker->op != NULL) {
        struct engine_op *op = worker->op;
        enum pool_class class = pool_class_of(op);
        lock_release(&pool.lock);
        int64_t result = op_perform(op);
        lock_acquire(&pool.lock);
        worker->op = NULL; /* from here on no signal is meant for it */
        list_remove(&worker->link);
        op_enter(op, OP_FINISHED);
        lock_release(&pool.lock);
        pool_finish(op, result);
        lock_acquire(&pool.lock);
        struct list *link = list_pop_front(&pool.queue[class]);
        if (link != NULL)
            worker_give(worker, op_from_link(link));
        else
            pool.busy[class]--;
    }
}

/* Waits for work; false: nothing came for some seconds and the thread leaves. Lock held. */
static bool worker_idle(struct worker *worker)
{
    atomic_store_explicit(&worker->word, 0, memory_order_relaxed);
    list_push_front(&pool.idle, &worker->link);
    uint64_t deadline = clock_deadline_ns(IDLE_NS);
    for (;;) {
        lock_release(&pool.lock);
        int error = futex_wait(&worker->word, 0, deadline);
        lock_acquire(&pool.lock);
        if (worker->op != NULL)
            return true; /* whoever gave it took us off the list */
        if (error == -ETIMEDOUT) {
            list_remove(&worker->link);
            return false;
        }
    }
}

static void *pool_run(void *context)
{
    struct worker worker = {.thread = pthread_self()};
    lock_acquire(&pool.lock);
    worker_give(&worker, context);
    do {
        worker_run(&worker);
    } while (worker_idle(&worker));
    lock_release(&pool.lock);
    return NULL;
}

/* No thread could be started for `op`: another of its class takes it up later; if there is none, it
 * and what queues behind it fail. */
static void pool_start_failed(struct engine_op *op, enum pool_class class, int error)
{
    struct list failed;
    list_init(&failed);
    lock_acquire(&pool.lock);
    op_enter(op, OP_POOL_QUEUED);
    list_push_back(&pool.queue[class], &op->link);
    if (--pool.busy[class] == 0) {
        list_for_each (link, &pool.queue[class])
            op_enter(op_from_link(link), OP_FINISHED);
        list_splice_back(&failed, &pool.queue[class]);
    }
    lock_release(&pool.lock);
    struct list *link;
    while ((link = list_pop_front(&failed)) != NULL)
        pool_finish(op_from_link(link), error);
}

void pool_submit(struct engine_op *op)
{
    enum pool_class class = pool_class_of(op);
    lock_acquire(&pool.lock);
    if (pool.busy[class] == pool_bound[class]) {
        if (!op_enter(op, OP_POOL_QUEUED)) {
            list_push_back(&pool.queue[class], &op->link);
            lock_release(&pool.lock);
        } else {
            op_enter(op, OP_FINISHED);
            list_push_back(&pool.cancelled, &op->link);
            attend();
        }
        return;
    }
    pool.busy[class]++;
    struct list *link = list_pop_front(&pool.idle);
    if (link != NULL) {
        struct worker *worker = worker_from_link(link);
        worker_give(worker, op);
        atomic_store_explicit(&worker->word, 1, memory_order_relaxed);
        /* Under the lock: the word is on the thread's stack, and it leaves only with the lock. */
        futex_wake(&worker->word, 1);
        lock_release(&pool.lock);
        return;
    }
    op_enter(op, OP_POOL);
    lock_release(&pool.lock);
    int error = engine_thread_start("ovl-pool", pool_run, op);
    if (error != 0)
        pool_start_failed(op, class, error);
}

/* Signals every thread whose operation was cancelled; whether there is one. Lock held, so that none
 * of them can leave. */
static bool attend_running(void)
{
    bool any = false;
    list_for_each (link, &pool.running) {
        struct worker *worker = worker_from_link(link);
        if (worker->op != NULL && worker->interrupted) {
            pthread_kill(worker->thread, ENGINE_SIGNAL);
            any = true;
        }
    }
    return any;
}

static void *pool_attend(void *context)
{
    (void)context;
    uint64_t pause_ns = SIGNAL_FIRST_NS;
    lock_acquire(&pool.lock);
    for (;;) {
        struct list *link = list_pop_front(&pool.cancelled);
        if (link != NULL) {
            lock_release(&pool.lock);
            pool_finish(op_from_link(link), -ECANCELED);
            lock_acquire(&pool.lock);
            continue;
        }
        if (!attend_running())
            break;
        uint32_t seen = atomic_load(&pool.attendance);
        lock_release(&pool.lock);
        if (futex_wait(&pool.attendance, seen, clock_now_ns() + pause_ns) == -ETIMEDOUT)
            pause_ns = pause_ns * 2 < SIGNAL_LAST_NS ? pause_ns * 2 : SIGNAL_LAST_NS;
        else
            pause_ns = SIGNAL_FIRST_NS; /* something new was cancelled */
        lock_acquire(&pool.lock);
    }
    pool.attended = false;
    lock_release(&pool.lock);
    return NULL;
}

/* Makes sure that the attendant looks. Lock held; it is dropped. */
static void attend(void)
{
    bool start = !pool.attended;
    pool.attended = true;
    atomic_fetch_add(&pool.attendance, 1);
    lock_release(&pool.lock);
    if (!start) {
        futex_wake(&pool.attendance, 1);
        return;
    }
    if (engine_thread_start("ovl-cancel", pool_attend, NULL) == 0)
        return;
    /* No thread: what runs gets at least one signal, what queued is taken up by whoever is free. */
    lock_acquire(&pool.lock);
    pool.attended = false;
    attend_running();
    list_for_each_safe (link, &pool.cancelled) {
        struct engine_op *op = op_from_link(link);
        list_remove(link);
        op_enter(op, OP_POOL_QUEUED);
        list_push_front(&pool.queue[pool_class_of(op)], link);
    }
    lock_release(&pool.lock);
}

void pool_cancel(struct engine_op *op)
{
    lock_acquire(&pool.lock);
    switch (op_stage(op)) {
    case OP_POOL_QUEUED:
        list_remove(&op->link);
        list_push_back(&pool.cancelled, &op->link);
        op_enter(op, OP_FINISHED);
        attend();
        return;
    case OP_POOL:
        /* A thread that is only starting for it is not on the list, and finds the mark. */
        list_for_each (link, &pool.running) {
            struct worker *worker = worker_from_link(link);
            if (worker->op == op)
                worker->interrupted = true;
        }
        attend();
        return;
    default:
        lock_release(&pool.lock);
    }
}
