/* SPDX-License-Identifier: MIT */
/* Locks that a thread holds, and the order in which threads take them. A lock is its address. The graph has an edge from each lock to those
 * that were taken while it was held; taking a lock from which a path leads to one that is held could deadlock with the thread that
 * made the path, whether it does so in this run or not. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wdm/verify.h"
#include "wdm/verify_place.h"
#include "wdm/wdm_host.h"

enum { HELD = 48 };

struct held {
    const void *lock;
    const void *caller;
    uint64_t cpu_ns, wall_ns;
    uint8_t kind;
    bool reported;
};

static __thread struct held held[HELD];
static __thread uint32_t held_count;

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint32_t verify_locks_held(void)
{
    return held_count;
}

static struct held *held_find(const void *lock)
{
    for (uint32_t i = held_count < HELD ? held_count : HELD; i-- > 0;)
        if (held[i].lock == lock)
            return &held[i];
    return NULL;
}

/* ---- The order ---------------------------------------------------------------------------------------------------------------- */

struct edge {
    struct edge *next;     /* from the same lock */
    struct node *to;
    const void *first, *second; /* where the one was taken, and then the other */
};

struct node {
    struct node *next;
    const void *lock;
    struct edge *edges;
    uint32_t visited;
};

enum { NODES = 256 };
static struct {
    struct lock lock;
    struct node *buckets[NODES];
    _Atomic uint32_t count;
    uint32_t round;
} graph;

static struct node *node_find(const void *lock, bool make)
{
    struct node **bucket = &graph.buckets[((uintptr_t)lock >> 3) * 0x9e3779b97f4a7c15 >> 56];
    struct node *node = *bucket;
    while (node != NULL && node->lock != lock)
        node = node->next;
    if (node == NULL && make && (node = calloc(1, sizeof *node)) != NULL) {
        node->lock = lock;
        node->next = *bucket;
        *bucket = node;
        atomic_fetch_add(&graph.count, 1);
    }
    return node;
}

static struct edge *edge_find(const struct node *from, const struct node *to)
{
    struct edge *edge = from->edges;
    while (edge != NULL && edge->to != to)
        edge = edge->next;
    return edge;
}

/* The first edge of a path from `from` to `to`; NULL: there is none. */
static struct edge *path_find(struct node *from, const struct node *to)
{
    from->visited = graph.round;
    for (struct edge *edge = from->edges; edge != NULL; edge = edge->next)
        if (edge->to == to || (edge->to->visited != graph.round && path_find(edge->to, to) != NULL))
            return edge;
    return NULL;
}

/* `lock` is about to be taken while `before` is held. *other: where the opposite order was, if it was. */
static bool order_note(const struct held *before, const void *lock, const void *caller, const void **other)
{
    bool wrong = false;
    lock_acquire(&graph.lock);
    struct node *from = node_find(before->lock, true), *to = node_find(lock, true);
    if (from != NULL && to != NULL && edge_find(from, to) == NULL) {
        graph.round++;
        struct edge *back = path_find(to, from);
        struct edge *edge = malloc(sizeof *edge);
        if (back != NULL) {
            *other = back->second;
            wrong = true;
        }
        if (edge != NULL) { /* also the wrong one: it is reported once */
            *edge = (struct edge){from->edges, to, before->caller, caller};
            from->edges = edge;
        }
    }
    lock_release(&graph.lock);
    return wrong;
}

static void edges_free(struct edge **at, const struct node *to)
{
    while (*at != NULL) {
        struct edge *edge = *at;
        if (to != NULL && edge->to != to) {
            at = &edge->next;
            continue;
        }
        *at = edge->next;
        free(edge);
    }
}

static void node_free(struct node **at)
{
    struct node *node = *at;
    *at = node->next;
    edges_free(&node->edges, NULL);
    for (int i = 0; i < NODES; i++)
        for (struct node *from = graph.buckets[i]; from != NULL; from = from->next)
            edges_free(&from->edges, node);
    free(node);
    atomic_fetch_sub(&graph.count, 1);
}

void verify_lock_forget(const void *memory, size_t size)
{
    const char *start = memory;
    if (atomic_load(&graph.count) == 0)
        return;
    lock_acquire(&graph.lock);
    for (int i = 0; i < NODES; i++)
        for (struct node **at = &graph.buckets[i]; *at != NULL;) {
            const char *lock = (*at)->lock;
            if (lock >= start && lock < start + size)
                node_free(at);
            else
                at = &(*at)->next;
        }
    lock_release(&graph.lock);
}

/* ---- Taking and giving -------------------------------------------------------------------------------------------------------- */

void verify_lock_taking(const void *lock, enum verify_lock kind, const void *caller)
{
    const struct held *own = held_find(lock);
    if (own != NULL && kind != VERIFY_CALLBACK_LOCK) {
        char place[384];
        verify_place_print(own->caller, true, place, sizeof place);
        wdm_verifier_stop_at(NULL, kind == VERIFY_SPIN_LOCK ? "spin-lock-recursive" : "deadlock", caller,
                             "lock %p is acquired by the thread that holds it since %s; acquired", lock, place);
    }
    if (held_count == 0 || held_count > HELD)
        return;
    const struct held *before = &held[held_count - 1];
    const void *other = NULL;
    if (before->lock != lock && order_note(before, lock, caller, &other)) {
        char first[384], place[384];
        verify_place_print(before->caller, true, first, sizeof first);
        verify_place_print(other, true, place, sizeof place);
        wdm_verifier_report_at(NULL, "lock-order", caller,
                               "lock %p is acquired while %p is held (since %s), but the other way round in %s; acquired", lock,
                               before->lock, first, place);
    }
}

void verify_lock_taken(const void *lock, enum verify_lock kind, const void *caller)
{
    if (held_count < HELD)
        held[held_count] = (struct held){.lock = lock, .caller = caller, .kind = (uint8_t)kind,
                                         .cpu_ns = now_ns(CLOCK_THREAD_CPUTIME_ID), .wall_ns = now_ns(CLOCK_MONOTONIC)};
    held_count++;
}

/* A thread that does not run holds a lock long through no fault of the driver's: processor time counts, or very much of the other. */
static void time_check(const struct held *own, const void *caller)
{
    enum { NS_PER_MS = 1000000, WALL = 40 };
    uint64_t limit = (uint64_t)verify_options.spin_ms * NS_PER_MS;
    uint64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID) - own->cpu_ns, wall = now_ns(CLOCK_MONOTONIC) - own->wall_ns;
    if (cpu <= limit && wall <= limit * WALL)
        return;
    wdm_verifier_report_at(NULL, "spin-lock-long", own->caller, "a spin lock was held for %u ms (%u ms of processor time), acquired",
                           (unsigned)(wall / NS_PER_MS), (unsigned)(cpu / NS_PER_MS));
    (void)caller;
}

void verify_lock_given(const void *lock, enum verify_lock kind, const void *caller)
{
    struct held *own = held_find(lock);
    if (held_count > HELD) { /* more than we keep: no judgement */
        held_count--;
        return;
    }
    if (own == NULL) {
        if (kind == VERIFY_SPIN_LOCK)
            wdm_verifier_report_at(NULL, "spin-lock-owner", caller, "spin lock %p is released by a thread that does not hold it", lock);
        return;
    }
    if (kind == VERIFY_SPIN_LOCK)
        time_check(own, caller);
    memmove(own, own + 1, (size_t)(&held[held_count] - (own + 1)) * sizeof *own);
    held_count--;
}

void verify_locks_report(uint32_t above, const void *function, const char *what)
{
    for (uint32_t i = above; i < held_count && i < HELD; i++) {
        if (held[i].reported || held[i].kind != VERIFY_SPIN_LOCK)
            continue;
        char place[384];
        held[i].reported = true;
        verify_place_print(function, false, place, sizeof place);
        wdm_verifier_report_at(verify_driver_name(held[i].caller), "spin-lock-held", held[i].caller,
                               "%s %s returned with spin lock %p, acquired", what, place, held[i].lock);
    }
}
