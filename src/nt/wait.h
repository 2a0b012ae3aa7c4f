/* SPDX-License-Identifier: MIT */
/* The wait core. Every object that can be waited for has a dispatcher; a waiting thread links one wait block
 * per object and sleeps on its one word. A signaller wins one exchange on that word before it consumes the
 * object, so a signal is never lost to a thread that was woken by something else. */
#ifndef NT_WAIT_H
#define NT_WAIT_H

#include "drivers/object.h"

#define WAIT_FOREVER UINT64_MAX
enum { WAIT_OBJECTS_MAX = 64 };

/* Waits until `deadline_ns` on CLOCK_MONOTONIC (0: only looks). Returns STATUS_WAIT_0 + index,
 * STATUS_ABANDONED_WAIT_0 + index, STATUS_TIMEOUT, or STATUS_USER_APC when APCs ran (alertable only; nothing
 * is then consumed). Wait-all refuses duplicates: STATUS_INVALID_PARAMETER_MIX. The caller holds references. */
int32_t wait_for(struct dispatcher *const objects[], uint32_t count, bool all, bool alertable,
                 uint64_t deadline_ns);
int32_t wait_for_one(struct dispatcher *object, bool alertable, uint64_t deadline_ns);

/* SleepEx: STATUS_SUCCESS when the time is over, STATUS_USER_APC. */
int32_t wait_sleep(bool alertable, uint64_t deadline_ns);

/* Releases `count` of a semaphore: -1 and nothing changed if that would exceed `maximum`; else the
 * previous count. */
int32_t dispatcher_release(struct dispatcher *dispatcher, int32_t count, int32_t maximum);
void dispatcher_pulse(struct dispatcher *dispatcher);
/* Sets or resets and returns the state before. */
int32_t dispatcher_exchange(struct dispatcher *dispatcher, int32_t signal);

/* A mutex, as Windows' kernel names it. */
struct mutant {
    struct object object;
    struct dispatcher dispatcher; /* signal 1: free; <= 0: owned, 1 - signal times */
    struct thread *owner;         /* under the dispatcher's lock */
    bool abandoned;
    struct list owner_link;       /* the owner's list of mutants; only the owner's thread changes it... */
};

void mutant_init(struct mutant *mutant, bool owned);
/* STATUS_MUTANT_NOT_OWNED. */
int32_t mutant_release(struct mutant *mutant, int32_t *previous);
/* The thread ends: what it owns is abandoned. */
void mutant_abandon_all(struct thread *thread);

#endif
