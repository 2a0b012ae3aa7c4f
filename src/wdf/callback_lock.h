/* SPDX-License-Identifier: MIT */
/* The lock that a synchronisation scope holds around callbacks, which is also WdfObjectAcquireLock's. At execution level
 * passive it sleeps and leaves the IRQL alone; at dispatch it raises the IRQL, as a spin lock does. A thread that holds it may take it
 * again: a callback that completes a request is called back by the queue on the same thread. */
#ifndef WDF_CALLBACK_LOCK_H
#define WDF_CALLBACK_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"

struct callback_lock {
    struct lock lock;
    _Atomic(void *) owner; /* the thread's mark */
    uint32_t depth;        /* the owner's */
    bool raises;
    uint8_t irql;          /* before it was taken */
};

void callback_lock_acquire(struct callback_lock *lock);
void callback_lock_release(struct callback_lock *lock);
bool callback_lock_is_mine(const struct callback_lock *lock);

#endif
