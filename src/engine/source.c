/* SPDX-License-Identifier: MIT */
/* Sources: descriptors with readiness. An operation is tried inline; if it has to wait it is queued
 * on its source, and the leader tries again at the next edge. All attempts happen under the
 * source's lock, `done` after it was dropped; while `done`s of one direction are being called the
 * direction is busy and later operations queue, so completions of one direction arrive in the order
 * of the requests. */
#include <sys/epoll.h>

#include "engine/internal.h"
#include "engine/source.h"

#define DIRECTION_BIT(direction) ((uint8_t)(1u << (direction)))
enum { BOTH = 3 };

void engine_source_init(struct engine_source *source, int fd)
{
    *source = (struct engine_source){.fd = fd, .ready = BOTH};
    list_init(&source->queue[ENGINE_IN]);
    list_init(&source->queue[ENGINE_OUT]);
}

static uint32_t source_events(uint8_t interest)
{
    uint32_t events = EPOLLET;
    if (interest & DIRECTION_BIT(ENGINE_IN))
        events |= EPOLLIN | EPOLLRDHUP | EPOLLPRI;
    if (interest & DIRECTION_BIT(ENGINE_OUT))
        events |= EPOLLOUT;
    return events;
}

/* Output is watched only while it has to wait: a Unix socket gives an edge for every read of its
 * peer. */
static int source_watch(struct engine_source *source, uint8_t interest)
{
    struct epoll_event event = {.events = source_events(interest), .data.u64 = source->id};
    if (epoll_ctl(reactor.epoll_fd, EPOLL_CTL_MOD, source->fd, &event) < 0)
        return -errno;
    source->interest = interest;
    source->ready = BOTH; /* the kernel looks anew and gives the edge again if there is one */
    return 0;
}

static int source_register(struct engine_source *source, uint8_t interest)
{
    uint64_t id;
    int error = slot_take(source, &id);
    if (error != 0)
        return error;
    struct epoll_event event = {.events = source_events(interest), .data.u64 = id};
    if (epoll_ctl(reactor.epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0) {
        error = -errno;
        slot_release(id);
        return error;
    }
    source->id = id;
    source->interest = interest;
    source->ready = BOTH;
    return 0;
}

int engine_source_register(struct engine_source *source)
{
    int error = engine_start();
    if (error != 0)
        return error;
    lock_acquire(&source->lock);
    if (source->id == 0)
        error = source_register(source, DIRECTION_BIT(ENGINE_IN));
    lock_release(&source->lock);
    return error;
}

/* What epoll does not watch is always worth an attempt: no edge would ever say so. */
static bool source_worthwhile(const struct engine_source *source, uint8_t bit)
{
    return ((source->ready | source->hung_up | (uint8_t)~source->interest) & bit) != 0;
}

/* One attempt, and what it tells about the readiness. */
static int64_t source_attempt(struct engine_source *source, uint8_t bit, struct engine_op *op)
{
    op->drained = false;
    int64_t result = op->attempt(op);
    if (result == -EAGAIN || op->drained)
        source->ready &= (uint8_t)~bit;
    return result;
}

int64_t engine_source_try(struct engine_source *source, enum engine_direction direction,
                          struct engine_op *op)
{
    int error = engine_start();
    if (engine_unlikely(error != 0))
        return error;
    if (engine_is_sim() && sim_refuses())
        return -EAGAIN;
    uint8_t bit = DIRECTION_BIT(direction);
    int64_t result = -EAGAIN;
    lock_acquire(&source->lock);
    if (list_empty(&source->queue[direction]) && !(source->busy & bit) &&
        source_worthwhile(source, bit))
        result = source_attempt(source, bit, op);
    lock_release(&source->lock);
    return result == -EBUSY ? -EAGAIN : result;
}

/* Everything before the operation may wait: the registration, the interest. */
static int source_prepare(struct engine_source *source, uint8_t bit)
{
    if (source->id == 0)
        return source_register(source, bit | DIRECTION_BIT(ENGINE_IN));
    if (!(source->interest & bit))
        return source_watch(source, source->interest | bit);
    return 0;
}

void engine_source_submit(struct engine_source *source, enum engine_direction direction,
                          struct engine_op *op)
{
    int64_t result = engine_start();
    if (engine_unlikely(result != 0)) {
        op->done(op, result);
        return;
    }
    uint8_t bit = DIRECTION_BIT(direction);
    bool deferred = engine_is_sim() && sim_refuses();
    lock_acquire(&source->lock);
    result = source_prepare(source, bit);
    if (result == 0) {
        result = -EAGAIN;
        bool first = op->begun || list_empty(&source->queue[direction]);
        if (!deferred && first && !(source->busy & bit) && source_worthwhile(source, bit))
            result = source_attempt(source, bit, op);
    }
    if (result == -EAGAIN || result == -EBUSY) {
        uint8_t idle = OP_IDLE;
        if (atomic_compare_exchange_strong(&op->state, &idle, OP_QUEUED)) {
            if (op->begun)
                list_push_front(&source->queue[direction], &op->link);
            else
                list_push_back(&source->queue[direction], &op->link);
            /* Counted before the lock is dropped: the leader may finish it at once. */
            atomic_fetch_add(&reactor.pending, 1);
            uint64_t id = source->id;
            lock_release_last(&source->lock); /* with the operation its owner may be gone */
            if (deferred)
                sim_post_source(id, direction == ENGINE_IN ? EPOLLIN : EPOLLOUT);
            reactor_check();
            return;
        }
        result = -ECANCELED;
    }
    lock_release(&source->lock);
    op_finish(op, result);
}

bool engine_source_cancel(struct engine_source *source, struct engine_op *op)
{
    if (engine_unlikely(engine_dead()))
        return true; /* the queue is the parent's; nobody here will complete it */
    lock_acquire(&source->lock);
    bool queued = op_stage(op) == OP_QUEUED;
    if (queued) {
        list_remove(&op->link);
        reactor_unpend(1);
        atomic_store_explicit(&op->state, OP_IDLE, memory_order_relaxed);
    } else {
        atomic_fetch_or(&op->state, OP_CANCEL);
    }
    lock_release(&source->lock);
    return queued;
}

/* Attempts what is queued in one direction and moves what ended to `finished`. Lock held. */
static uint32_t source_advance(struct engine_source *source, enum engine_direction direction,
                               struct list *finished)
{
    uint8_t bit = DIRECTION_BIT(direction);
    struct list *queue = &source->queue[direction];
    uint32_t count = 0;
    if (source->busy & bit)
        return 0;
    while (!list_empty(queue) && source_worthwhile(source, bit)) {
        struct engine_op *op = op_from_link(queue->next);
        int64_t result = source_attempt(source, bit, op);
        if (result == -EAGAIN || result == -EBUSY)
            break;
        op->result = result;
        list_remove(&op->link);
        op_enter(op, OP_FINISHED);
        list_push_back(finished, &op->link);
        count++;
    }
    if (count != 0)
        source->busy |= bit;
    return count;
}

static void source_note(struct engine_source *source, uint32_t events)
{
    if (events & (EPOLLIN | EPOLLPRI))
        source->ready |= DIRECTION_BIT(ENGINE_IN);
    if (events & EPOLLOUT)
        source->ready |= DIRECTION_BIT(ENGINE_OUT);
    /* It stays: two leaders may overlap for a moment, and then an older event comes behind a newer
     * one. A socket that was seen while it was unconnected pays with useless attempts, never with a
     * lost end. At the urgent mark a receive ends short with more behind it. */
    if (events & (EPOLLHUP | EPOLLERR))
        source->hung_up = BOTH;
    else if (events & (EPOLLRDHUP | EPOLLPRI))
        source->hung_up |= DIRECTION_BIT(ENGINE_IN);
    if ((events & EPOLLOUT) && list_empty(&source->queue[ENGINE_OUT]) && !source->hung_up &&
        (source->interest & DIRECTION_BIT(ENGINE_IN)))
        source_watch(source, DIRECTION_BIT(ENGINE_IN)); /* if refused: more edges, no harm */
}

static void source_complete(struct list *finished)
{
    struct list *link;
    while ((link = list_pop_front(finished)) != NULL) {
        struct engine_op *op = op_from_link(link);
        op_finish(op, op->result);
    }
}

/* The source may be closed by a `done`: it is looked up anew after each round. */
static void source_drive(uint64_t id, struct engine_source *source)
{
    struct list finished;
    list_init(&finished);
    for (;;) {
        uint32_t in = source_advance(source, ENGINE_IN, &finished);
        uint32_t out = source_advance(source, ENGINE_OUT, &finished);
        lock_release(&source->lock);
        slot_unpin(id);
        if (in + out == 0)
            return;
        reactor_unpend(in + out);
        source_complete(&finished);
        source = slot_pin(id);
        if (source == NULL)
            return;
        lock_acquire(&source->lock);
        if (in != 0)
            source->busy &= (uint8_t)~DIRECTION_BIT(ENGINE_IN);
        if (out != 0)
            source->busy &= (uint8_t)~DIRECTION_BIT(ENGINE_OUT);
    }
}

void source_run(uint64_t id, uint32_t events)
{
    struct engine_source *source = slot_pin(id);
    if (source == NULL)
        return; /* closed after the event was fetched */
    lock_acquire(&source->lock);
    source_note(source, events);
    source_drive(id, source);
}

void engine_source_kick(struct engine_source *source)
{
    if (engine_unlikely(engine_dead()))
        return;
    lock_acquire(&source->lock);
    source->ready = BOTH;
    uint64_t id = source->id;
    lock_release(&source->lock);
    if (id == 0 || slot_pin(id) == NULL)
        return;
    lock_acquire(&source->lock);
    source_drive(id, source);
}

void engine_source_close(struct engine_source *source)
{
    if (source->id == 0 || engine_unlikely(engine_dead()))
        return; /* in a forked child the epoll set is the parent's too */
    /* Fails only if the owner closed the descriptor first, and then the kernel forgot it as well,
     * or a duplicate keeps it and its events find an empty slot. */
    epoll_ctl(reactor.epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    slot_release(source->id);
    source->id = 0;
}
