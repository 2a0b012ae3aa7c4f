/* SPDX-License-Identifier: MIT */
/* Fixed-size memory for what each request needs (IRPs, packets): a small stock per thread, a shared depot,
 * slabs from malloc that are never given back. Under AddressSanitizer it is plain malloc, so that a use after
 * free is seen. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

enum pool_kind { POOL_IRP, POOL_PACKET, POOL_KINDS };

/* Uninitialised memory of `size` bytes (the same at every call for a kind), 64-byte aligned; NULL: none left. */
void *pool_allocate(enum pool_kind kind, size_t size);
void pool_free(enum pool_kind kind, void *memory);

/* The calling thread ends: its stock goes to the depot. */
void pool_thread_flush(void);

#endif
