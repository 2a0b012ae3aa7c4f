/* SPDX-License-Identifier: MIT */
/* The waiting half of the wait core. A wait first looks whether it is satisfied already (no system call),
 * then arms its thread's word, links a block on each object, and sleeps. Whatever claims the word - an object,
 * an APC, the time-out - decides the wait, alone. */
#include "nt/wait.h"

#include <stdlib.h>

#include "base/futex.h"
#include "base/trace.h"
#include "nt/dispatcher.h"

/* With the lock held: whether `self` would be satisfied. */
static bool dispatcher_satisfies(struct dispatcher *dispatcher, struct thread *self)
{
    if (dispatcher_load(dispatcher) > 0)
        return true;
    return dispatcher_kind(dispatcher) == DISPATCHER_MUTANT && mutant_of(dispatcher)->owner == self;
}

/* A look without the lock that may be wrong only for a moment. */
static bool dispatcher_may_satisfy(struct dispatcher *dispatcher)
{
    return dispatcher_load(dispatcher) > 0 || dispatcher_kind(dispatcher) == DISPATCHER_MUTANT;
}

/* Takes the first satisfied object. STATUS_PENDING: none. */
static int32_t wait_try_any(struct thread *self, struct dispatcher *const objects[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!dispatcher_may_satisfy(objects[i]))
            continue;
        dispatcher_lock(objects[i]);
        bool satisfied = dispatcher_satisfies(objects[i], self);
        bool abandoned = satisfied && dispatcher_consume(objects[i], self);
        dispatcher_unlock(objects[i]);
        if (satisfied)
            return (abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0) + (int32_t)i;
    }
    return STATUS_PENDING;
}

static int by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t) * (struct dispatcher *const *)a;
    uintptr_t y = (uintptr_t) * (struct dispatcher *const *)b;
    return (x > y) - (x < y);
}

/* Takes all objects or none, with all of them locked in address order. */
static int32_t wait_try_all(struct thread *self, struct dispatcher *const sorted[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!dispatcher_may_satisfy(sorted[i]))
            return STATUS_PENDING;
    for (uint32_t i = 0; i < count; i++)
        dispatcher_lock(sorted[i]);
    bool satisfied = true;
    for (uint32_t i = 0; i < count && satisfied; i++)
        satisfied = dispatcher_satisfies(sorted[i], self);
    bool abandoned = false;
    for (uint32_t i = 0; i < count && satisfied; i++)
        abandoned |= dispatcher_consume(sorted[i], self);
    for (uint32_t i = count; i-- > 0;)
        dispatcher_unlock(sorted[i]);
    if (!satisfied)
        return STATUS_PENDING;
    return abandoned ? STATUS_ABANDONED_WAIT_0 : STATUS_WAIT_0;
}

/* Links one block per object. Stops at the first object that satisfies a wait for any: if the thread's own
 * claim is won, the object is consumed and the wait is over. Returns how many blocks were linked. */
static uint32_t wait_link(struct thread *self, struct dispatcher *const objects[], uint32_t count, bool all,
                          struct wait_block blocks[])
{
    for (uint32_t i = 0; i < count; i++) {
        struct dispatcher *object = objects[i];
        blocks[i] = (struct wait_block){.thread = self, .index = (uint8_t)i, .all = all};
        dispatcher_lock(object);
        if (dispatcher_satisfies(object, self)) {
            bool abandoned = !all && dispatcher_kind(object) == DISPATCHER_MUTANT &&
                             mutant_of(object)->abandoned;
            uint32_t value = all ? (uint32_t)WAKE_RETRY
                                 : (abandoned ? WAKE_ABANDONED : WAKE_OBJECT) + i;
            if (!all && parker_claim(&self->parker, value) != PARK_IDLE) {
                dispatcher_consume(object, self);
                dispatcher_unlock(object);
                return i;
            }
        }
        list_push_back(&object->waiters, &blocks[i].link);
        dispatcher_unlock(object);
    }
    return count;
}

/* Takes the blocks back. The object that ended the wait is locked too, although its block is off the list: its
 * signaller may still be inside, and an event on the waiter's stack may go as soon as the wait returns. */
static void wait_unlink(struct dispatcher *const objects[], uint32_t count, struct wait_block blocks[])
{
    for (uint32_t i = 0; i < count; i++) {
        dispatcher_lock(objects[i]);
        list_remove(&blocks[i].link);
        dispatcher_unlock(objects[i]);
    }
}

bool wait_open_apcs(struct thread *self)
{
    lock_acquire(&self->lock);
    bool none = list_empty(&self->apcs);
    self->alertable = none;
    lock_release(&self->lock);
    return none;
}

void wait_close_apcs(struct thread *self)
{
    lock_acquire(&self->lock);
    self->alertable = false;
    lock_release(&self->lock);
}

uint32_t wait_park(struct thread *self, uint64_t deadline_ns)
{
    port_thread_blocks(self);
    TRACE(WAIT, wait_slept, self->tid);
    uint32_t reason = parker_wait(&self->parker, deadline_ns, false);
    if (reason == PARK_ARMED) {
        if (parker_claim(&self->parker, WAKE_TIMEOUT) != PARK_IDLE)
            reason = WAKE_TIMEOUT;
        else
            reason = atomic_load_explicit(&self->parker.word, memory_order_acquire);
    }
    TRACE(WAIT, wait_woke, self->tid, reason);
    port_thread_resumes(self);
    return reason;
}

/* Arms, links, sleeps, unlinks: one round. Returns why the thread woke. */
static uint32_t wait_round(struct thread *self, struct dispatcher *const objects[], uint32_t count, bool all,
                           bool alertable, uint64_t deadline_ns, struct wait_block blocks[])
{
    parker_arm(&self->parker);
    if (alertable && !wait_open_apcs(self)) {
        atomic_store_explicit(&self->parker.word, PARK_IDLE, memory_order_relaxed);
        return WAKE_APC;
    }
    uint32_t linked = wait_link(self, objects, count, all, blocks);
    uint32_t reason = atomic_load_explicit(&self->parker.word, memory_order_acquire);
    if (reason < PARK_CLAIM) {
        /* Wait-all: a signal between the look and the linking claimed nothing; look once more. */
        int32_t status = all ? wait_try_all(self, objects, count) : STATUS_PENDING;
        if (status == STATUS_PENDING)
            reason = wait_park(self, deadline_ns);
        else
            reason = status == STATUS_WAIT_0 ? WAKE_ALL_TAKEN : WAKE_ALL_ABANDONED;
    }
    wait_unlink(objects, linked, blocks);
    if (alertable)
        wait_close_apcs(self);
    atomic_store_explicit(&self->parker.word, PARK_IDLE, memory_order_relaxed);
    return reason;
}

static int32_t wait_status(uint32_t reason)
{
    if (reason >= WAKE_OBJECT && reason < WAKE_ABANDONED)
        return STATUS_WAIT_0 + (int32_t)(reason - WAKE_OBJECT);
    if (reason >= WAKE_ABANDONED && reason < WAKE_RETRY)
        return STATUS_ABANDONED_WAIT_0 + (int32_t)(reason - WAKE_ABANDONED);
    return STATUS_TIMEOUT;
}

static int32_t wait_any(struct thread *self, struct dispatcher *const objects[], uint32_t count,
                        bool alertable, uint64_t deadline_ns)
{
    if (alertable && apc_run_all(self))
        return STATUS_USER_APC;
    int32_t status = wait_try_any(self, objects, count);
    if (status != STATUS_PENDING)
        return status;
    if (deadline_ns == 0)
        return STATUS_TIMEOUT;
    struct wait_block blocks[WAIT_OBJECTS_MAX];
    uint32_t reason = wait_round(self, objects, count, false, alertable, deadline_ns, blocks);
    if (reason == WAKE_APC) {
        apc_run_all(self);
        return STATUS_USER_APC;
    }
    return wait_status(reason);
}

static int32_t wait_all(struct thread *self, struct dispatcher *const objects[], uint32_t count,
                        bool alertable, uint64_t deadline_ns)
{
    struct dispatcher *sorted[WAIT_OBJECTS_MAX];
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = objects[i];
    qsort(sorted, count, sizeof *sorted, by_address);
    for (uint32_t i = 1; i < count; i++)
        if (sorted[i] == sorted[i - 1])
            return STATUS_INVALID_PARAMETER_MIX;
    for (;;) {
        if (alertable && apc_run_all(self))
            return STATUS_USER_APC;
        int32_t status = wait_try_all(self, sorted, count);
        if (status != STATUS_PENDING)
            return status;
        if (deadline_ns == 0)
            return STATUS_TIMEOUT;
        struct wait_block blocks[WAIT_OBJECTS_MAX];
        uint32_t reason = wait_round(self, sorted, count, true, alertable, deadline_ns, blocks);
        if (reason == WAKE_APC) {
            apc_run_all(self);
            return STATUS_USER_APC;
        }
        if (reason == WAKE_ALL_TAKEN || reason == WAKE_ALL_ABANDONED)
            return reason == WAKE_ALL_TAKEN ? STATUS_WAIT_0 : STATUS_ABANDONED_WAIT_0;
        if (reason == WAKE_TIMEOUT)
            return STATUS_TIMEOUT;
    }
}

int32_t wait_for(struct dispatcher *const objects[], uint32_t count, bool all, bool alertable,
                 uint64_t deadline_ns)
{
    if (count == 0 || count > WAIT_OBJECTS_MAX)
        return STATUS_INVALID_PARAMETER_1;
    struct thread *self = thread_self();
    if (all && count > 1)
        return wait_all(self, objects, count, alertable, deadline_ns);
    return wait_any(self, objects, count, alertable, deadline_ns);
}

int32_t wait_for_one(struct dispatcher *object, bool alertable, uint64_t deadline_ns)
{
    return wait_any(thread_self(), &object, 1, alertable, deadline_ns);
}

int32_t wait_sleep(bool alertable, uint64_t deadline_ns)
{
    struct thread *self = thread_self();
    if (alertable && apc_run_all(self))
        return STATUS_USER_APC;
    if (deadline_ns == 0)
        return STATUS_SUCCESS;
    uint32_t reason = wait_round(self, NULL, 0, false, alertable, deadline_ns, NULL);
    if (reason == WAKE_APC) {
        apc_run_all(self);
        return STATUS_USER_APC;
    }
    return STATUS_SUCCESS;
}
