/* SPDX-License-Identifier: MIT */
/* Fixed-size memory for what each request needs (IRPs, packets): a small stock per thread, a shared depot,
 * slabs from malloc that are never given back. Under AddressSanitizer it is plain malloc, so that a use after
 * free is seen. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

enum pool_kind { POOL_IRP, POOL_PACKET, POOL_URB, POOL_KINDS };

#if defined(__SANITIZE_ADDRESS__)
#define POOL_IS_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POOL_IS_MALLOC 1
#endif
#endif

enum { STOCK_BATCH = 64 };

struct piece {
    struct piece *next;
    struct piece *next_batch; /* in the depot: the head of the next batch */
};

struct stock {
    struct piece *current; /* at most STOCK_BATCH */
    struct piece *full;    /* a whole batch, or NULL */
    unsigned count;        /* of current */
};

extern __thread struct stock pool_stocks[POOL_KINDS] __attribute__((tls_model("initial-exec")));
void *pool_refill(enum pool_kind kind, size_t size);
void pool_overflow(enum pool_kind kind);

/* Uninitialised memory of `size` bytes (the same at every call for a kind), aligned as malloc's, small ones to a
 * cache line; NULL: none left. */
#ifdef POOL_IS_MALLOC
void *pool_allocate(enum pool_kind kind, size_t size);
void pool_free(enum pool_kind kind, void *memory);
#else
static inline void *pool_allocate(enum pool_kind kind, size_t size)
{
    struct stock *stock = &pool_stocks[kind];
    struct piece *piece = stock->current;
    if (__builtin_expect(piece == NULL, 0))
        return pool_refill(kind, size);
    stock->current = piece->next;
    stock->count--;
    return piece;
}

static inline void pool_free(enum pool_kind kind, void *memory)
{
    struct stock *stock = &pool_stocks[kind];
    if (__builtin_expect(stock->count == STOCK_BATCH, 0))
        pool_overflow(kind);
    struct piece *piece = memory;
    piece->next = stock->current;
    stock->current = piece;
    stock->count++;
}
#endif

/* The calling thread ends: its stock goes to the depot. */
void pool_thread_flush(void);

#endif
