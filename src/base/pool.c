/* SPDX-License-Identifier: MIT */
/* Allocation on the hot path without a lock: a thread takes from and gives to its own stock. Producers and
 * consumers are often different threads, so a stock that overflows gives a whole batch to the depot, and an
 * empty one takes a whole batch: one lock for STOCK_BATCH operations. */
#include "base/pool.h"

#include "base/lock.h"

#include <stdlib.h>

enum { POOL_ALIGN = 64 };

#ifdef POOL_IS_MALLOC

void *pool_allocate(enum pool_kind kind, size_t size)
{
    (void)kind;
    return aligned_alloc(POOL_ALIGN, (size + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN);
}

void pool_free(enum pool_kind kind, void *memory)
{
    (void)kind;
    free(memory);
}

void pool_thread_flush(void)
{
}

#else

__thread struct stock pool_stocks[POOL_KINDS] __attribute__((tls_model("initial-exec")));

static struct {
    struct lock lock;
    struct piece *batches;
    struct piece *loose; /* what ended threads left */
} depots[POOL_KINDS];

static struct piece *depot_take(enum pool_kind kind, unsigned *count)
{
    lock_acquire(&depots[kind].lock);
    struct piece *head = depots[kind].batches;
    *count = STOCK_BATCH;
    if (head != NULL) {
        depots[kind].batches = head->next_batch;
    } else if ((head = depots[kind].loose) != NULL) {
        struct piece *last = head;
        for (*count = 1; *count < STOCK_BATCH && last->next != NULL; ++*count)
            last = last->next;
        depots[kind].loose = last->next;
        last->next = NULL;
    }
    lock_release(&depots[kind].lock);
    return head;
}

/* What fits into a cache line has one to itself; a request is larger, and rounding it up to whole lines would
 * be paid for each one under way. */
static size_t slab_stride(size_t size)
{
    size_t align = size <= POOL_ALIGN ? POOL_ALIGN : _Alignof(max_align_t);
    return (size + align - 1) / align * align;
}

static struct piece *slab_make(size_t size, unsigned *count)
{
    size_t stride = slab_stride(size);
    char *slab = aligned_alloc(POOL_ALIGN, stride * STOCK_BATCH);
    if (slab == NULL)
        return NULL;
    struct piece *head = NULL;
    for (unsigned i = STOCK_BATCH; i-- > 0;) {
        struct piece *piece = (struct piece *)(slab + i * stride);
        piece->next = head;
        head = piece;
    }
    *count = STOCK_BATCH;
    return head;
}

void *pool_refill(enum pool_kind kind, size_t size)
{
    struct stock *stock = &pool_stocks[kind];
    if (stock->full != NULL) {
        stock->current = stock->full;
        stock->count = STOCK_BATCH;
        stock->full = NULL;
    } else {
        stock->current = depot_take(kind, &stock->count);
        if (stock->current == NULL)
            stock->current = slab_make(size, &stock->count);
        if (stock->current == NULL) {
            stock->count = 0;
            return NULL;
        }
    }
    struct piece *piece = stock->current;
    stock->current = piece->next;
    stock->count--;
    return piece;
}

void pool_overflow(enum pool_kind kind)
{
    struct stock *stock = &pool_stocks[kind];
    if (stock->full != NULL) {
        lock_acquire(&depots[kind].lock);
        stock->full->next_batch = depots[kind].batches;
        depots[kind].batches = stock->full;
        lock_release(&depots[kind].lock);
    }
    stock->full = stock->current;
    stock->current = NULL;
    stock->count = 0;
}

static void depot_leave(enum pool_kind kind, struct piece *head)
{
    if (head == NULL)
        return;
    struct piece *last = head;
    while (last->next != NULL)
        last = last->next;
    lock_acquire(&depots[kind].lock);
    last->next = depots[kind].loose;
    depots[kind].loose = head;
    lock_release(&depots[kind].lock);
}

void pool_thread_flush(void)
{
    for (int kind = 0; kind < POOL_KINDS; kind++) {
        struct stock *stock = &pool_stocks[kind];
        depot_leave((enum pool_kind)kind, stock->current);
        depot_leave((enum pool_kind)kind, stock->full);
        *stock = (struct stock){0};
    }
}

#endif
