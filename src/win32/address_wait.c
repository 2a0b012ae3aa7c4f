/* SPDX-License-Identifier: MIT */
/* WaitOnAddress: waiters are queued by address in a small hash table. Who changes the value and
 * then wakes either finds the waiter queued, or the waiter, comparing under the bucket's lock,
 * finds the value changed. */
#include <string.h>

#include "base/list.h"
#include "win32/block.h"
#include "win32/face.h"

enum { BUCKETS = 128 };

struct bucket {
    _Alignas(64) struct lock lock;
    _Atomic uint32_t count; /* waiters, so that a wake without any takes no lock */
    struct list waiters;    /* oldest first; NULL links while never used */
};

struct waiter {
    struct list link;
    const volatile void *address;
    _Atomic uint32_t woken;
};

static struct bucket buckets[BUCKETS];

static struct bucket *bucket_of(const volatile void *address)
{
    uint64_t hash = (uint64_t)(uintptr_t)address * 0x9e3779b97f4a7c15u;
    return &buckets[hash >> 57];
}
_Static_assert(BUCKETS == 1 << (64 - 57), "the hash's top bits choose");

static bool value_equals(const volatile void *address, const void *compare, SIZE_T size)
{
    switch (size) {
    case 1:
        return __atomic_load_n((const volatile uint8_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint8_t *)compare;
    case 2:
        return __atomic_load_n((const volatile uint16_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint16_t *)compare;
    case 4:
        return __atomic_load_n((const volatile uint32_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint32_t *)compare;
    default:
        return __atomic_load_n((const volatile uint64_t *)address, __ATOMIC_SEQ_CST) ==
               *(const uint64_t *)compare;
    }
}

/* false: the value differs already. */
static bool waiter_queue(struct bucket *bucket, struct waiter *waiter, const void *compare,
                         SIZE_T size)
{
    lock_acquire(&bucket->lock);
    atomic_fetch_add(&bucket->count, 1);
    bool same = value_equals(waiter->address, compare, size);
    if (same) {
        if (bucket->waiters.next == NULL)
            list_init(&bucket->waiters);
        list_push_back(&bucket->waiters, &waiter->link);
    } else {
        atomic_fetch_sub(&bucket->count, 1);
    }
    lock_release(&bucket->lock);
    return same;
}

/* Whether it was still queued. */
static bool waiter_leave(struct bucket *bucket, struct waiter *waiter)
{
    lock_acquire(&bucket->lock);
    bool queued = !list_empty(&waiter->link);
    if (queued) {
        list_remove(&waiter->link);
        atomic_fetch_sub(&bucket->count, 1);
    }
    lock_release(&bucket->lock);
    return queued;
}

BOOL WINAPI WaitOnAddress(volatile void *address, PVOID compare, SIZE_T size, DWORD timeout_ms)
{
    if (size != 1 && size != 2 && size != 4 && size != 8)
        return error_from_status(STATUS_INVALID_PARAMETER);
    struct bucket *bucket = bucket_of(address);
    struct waiter waiter = {.address = address};
    if (!waiter_queue(bucket, &waiter, compare, size))
        return TRUE;
    uint64_t deadline = timeout_ms == INFINITE
                            ? FUTEX_NO_DEADLINE
                            : clock_deadline_ns((uint64_t)timeout_ms * NS_PER_MS);
    bool late = false;
    while (!late && atomic_load_explicit(&waiter.woken, memory_order_acquire) == 0) {
        block_on(&waiter.woken, 0, deadline);
        late = deadline != FUTEX_NO_DEADLINE && clock_now_ns() >= deadline;
    }
    /* The bucket's lock also keeps the waker away from this frame once it is left. */
    if (waiter_leave(bucket, &waiter)) {
        error_set(ERROR_TIMEOUT);
        return FALSE;
    }
    return TRUE;
}

static void address_wake(const volatile void *address, bool all)
{
    struct bucket *bucket = bucket_of(address);
    /* Orders the caller's change of the value before the look at the count. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&bucket->count) == 0)
        return;
    lock_acquire(&bucket->lock);
    if (bucket->waiters.next != NULL) {
        list_for_each_safe (node, &bucket->waiters) {
            struct waiter *waiter = container_of(node, struct waiter, link);
            if (waiter->address != address)
                continue;
            list_remove(&waiter->link);
            atomic_fetch_sub(&bucket->count, 1);
            atomic_store_explicit(&waiter->woken, 1, memory_order_release);
            futex_wake(&waiter->woken, 1);
            if (!all)
                break;
        }
    }
    lock_release(&bucket->lock);
}

void WINAPI WakeByAddressSingle(PVOID address)
{
    address_wake(address, false);
}

void WINAPI WakeByAddressAll(PVOID address)
{
    address_wake(address, true);
}
