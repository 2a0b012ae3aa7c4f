/* SPDX-License-Identifier: MIT */
/* The table's memory and the look-up, which is inlined into the calls that are made a million times a second. */
#ifndef NT_HANDLE_TABLE_H
#define NT_HANDLE_TABLE_H

#include "nt/hold.h"

enum { CHUNK_SLOTS = 1024, CHUNKS = 4096, HANDLE_STEP = 4 };

struct handle_slot {
    _Atomic(struct object *) object;
    _Atomic uint32_t access;
    _Atomic uint32_t flags;
    uint32_t next_free;
};

struct handle_table {
    struct lock lock;    /* what follows, and changes of slots */
    uint32_t used;       /* slots ever handed out; slot 0 is none */
    uint32_t free_first; /* 0: none */
    uint32_t free_last;
    _Atomic(struct handle_slot *) chunks[CHUNKS];
};

extern struct handle_table handle_table;

/* NULL for a pseudo-handle and for what was never handed out. */
static inline struct handle_slot *slot_at(uint64_t handle)
{
    uint64_t index = handle / HANDLE_STEP;
    if (__builtin_expect(index == 0 || index >= (uint64_t)CHUNK_SLOTS * CHUNKS, 0))
        return NULL;
    struct handle_slot *chunk =
        atomic_load_explicit(&handle_table.chunks[index / CHUNK_SLOTS], memory_order_acquire);
    return chunk == NULL ? NULL : &chunk[index % CHUNK_SLOTS];
}

int32_t handle_hold_slow(uint64_t handle, const struct object_type *type, uint32_t access,
                         struct object **object);

#ifdef HOLD_COUNTS

static inline int32_t hold_fast(uint64_t handle, const struct object_type *type, uint32_t access,
                                struct object **object)
{
    return handle_hold_slow(handle, type, access, object);
}

static inline void hold_end(struct object *object)
{
    handle_release(object);
}

#else

int32_t handle_hold_refuse(struct thread *self, struct object *object, const struct object_type *type);

/* Lets a hold go, and looks after objects whose destruction waited for it. */
static inline void hold_clear(_Atomic(struct object *) *hold)
{
    atomic_store_explicit(hold, NULL, memory_order_release);
    hold_fence();
    if (__builtin_expect(atomic_load_explicit(&hold_deferred, memory_order_relaxed), 0))
        hold_reap();
}

/* handle_hold: publish what the slot says, then see whether the slot still says it. */
static inline int32_t hold_fast(uint64_t handle, const struct object_type *type, uint32_t access,
                                struct object **object)
{
    struct thread *self = thread_self();
    struct handle_slot *slot = slot_at(handle);
    if (__builtin_expect(slot == NULL, 0))
        return handle_hold_slow(handle, type, access, object);
    _Atomic(struct object *) *hold = &self->holds[self->hold_depth++];
    struct object *found, *again = atomic_load_explicit(&slot->object, memory_order_acquire);
    do {
        found = again;
        atomic_store_explicit(hold, found, memory_order_relaxed);
        hold_fence();
        again = atomic_load_explicit(&slot->object, memory_order_acquire);
    } while (__builtin_expect(again != found, 0));
    uint32_t granted = atomic_load_explicit(&slot->access, memory_order_relaxed);
    if (__builtin_expect(found == NULL || (type != NULL && found->type != type) ||
                             (granted & access) != access,
                         0))
        return handle_hold_refuse(self, found, type);
    *object = found;
    return STATUS_SUCCESS;
}

static inline void hold_end(struct object *object)
{
    (void)object;
    struct thread *self = thread_current;
    hold_clear(&self->holds[--self->hold_depth]);
}

#endif

#endif
