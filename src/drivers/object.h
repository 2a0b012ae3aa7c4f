/* SPDX-License-Identifier: MIT */
/* The two headers that begin what a handle can name: `struct object` (reference counts, type) and `struct
 * dispatcher` (what a thread can wait for). They stand here, below nt, because file objects have both and
 * drivers see file objects. nt/object.h and nt/wait.h say what may be done with them. */
#ifndef DRIVERS_OBJECT_H
#define DRIVERS_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"

struct object_type;

struct object {
    const struct object_type *type;
    _Atomic uint32_t references; /* pointers to it; all its handles together count one each */
    _Atomic uint32_t handles;
    struct object *deferred; /* next in the list of those whose destruction waits for a look-up to end */
};

/* Drops and takes references from any thread. The last one destroys, once no look-up holds the object. */
void object_reference(struct object *object);
void object_dereference(struct object *object);

/* What a wait consumes when it is satisfied. */
enum dispatcher_kind {
    DISPATCHER_NOTIFICATION = 0,    /* stays signalled: manual-reset events, files, threads */
    DISPATCHER_SYNCHRONIZATION = 1, /* one wait takes the signal: auto-reset events */
    DISPATCHER_MUTANT = 2,
    DISPATCHER_SEMAPHORE = 5,
    DISPATCHER_KIND_MASK = 0x3f,
    DISPATCHER_LOCKED = 0x100,    /* the lock bits live in the same word as the kind */
    DISPATCHER_CONTENDED = 0x200,
};

/* 24 bytes and position-dependent, so that it fits where Windows' DISPATCHER_HEADER stands: a KEVENT or
 * KTIMER in a driver's own memory is waited for in place. Zeroed lists are not valid: dispatcher_init. */
struct dispatcher {
    _Atomic uint32_t word; /* kind, lock bits */
    _Atomic int32_t signal; /* > 0: signalled; semaphores count */
    struct list waiters;   /* struct wait_block.link, first come first */
};
_Static_assert(sizeof(struct dispatcher) <= 24, "a KEVENT has 24 bytes");

void dispatcher_init(struct dispatcher *dispatcher, enum dispatcher_kind kind, int32_t signal);
void dispatcher_set(struct dispatcher *dispatcher);   /* an event's Set */
/* Sets a notification object whose signal may have been stored without its lock: all who wait are released. */
void dispatcher_announce(struct dispatcher *dispatcher);
void dispatcher_reset(struct dispatcher *dispatcher); /* an event's Reset */

#endif
