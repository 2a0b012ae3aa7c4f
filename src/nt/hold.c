/* SPDX-License-Identifier: MIT */
/* The destroying side of the holds. An object whose last reference goes while a look-up still holds it is put
 * on a list, the flag is raised, and after one more barrier either the hold is seen gone, or its thread will
 * see the flag when it lets go, and destroys the object there. Nothing waits. */
#include "nt/hold.h"

#include "base/barrier.h"

bool hold_is_asymmetric;
_Atomic bool hold_deferred;

static struct lock deferred_lock;
static struct object *deferred;

void hold_initialise(void)
{
    hold_is_asymmetric = barrier_all();
}

static void hold_barrier(void)
{
#ifndef HOLD_COUNTS
    if (!hold_is_asymmetric || !barrier_all())
        atomic_thread_fence(memory_order_seq_cst);
#endif
}

void hold_fence_others(void)
{
#ifdef HOLD_COUNTS
    hold_fence();
#else
    hold_barrier();
#endif
}

#ifdef HOLD_COUNTS
static bool hold_exists(struct object *object)
{
    (void)object;
    return false;
}
#else
static bool hold_exists(struct object *object)
{
    for (struct thread *thread = thread_records(); thread != NULL; thread = thread->all_next)
        for (int i = 0; i < HANDLE_HOLDS; i++)
            if (atomic_load_explicit(&thread->holds[i], memory_order_acquire) == object)
                return true;
    return false;
}
#endif

/* Drops the reference that retiring kept. A holder may have taken one of its own meanwhile: then that one is
 * the last, and goes the same way. */
static void hold_drop(struct object *object)
{
    if (atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1)
        object->type->destroy(object);
}

void hold_retire(struct object *object)
{
    hold_barrier();
    if (!hold_exists(object)) {
        hold_drop(object);
        return;
    }
    lock_acquire(&deferred_lock);
    object->deferred = deferred;
    deferred = object;
    atomic_store_explicit(&hold_deferred, true, memory_order_seq_cst);
    lock_release(&deferred_lock);
    hold_barrier();
    hold_reap();
}

void hold_reap(void)
{
    struct object *ready = NULL;
    lock_acquire(&deferred_lock);
    for (struct object **at = &deferred; *at != NULL;) {
        struct object *object = *at;
        if (hold_exists(object)) {
            at = &object->deferred;
        } else {
            *at = object->deferred;
            object->deferred = ready;
            ready = object;
        }
    }
    atomic_store_explicit(&hold_deferred, deferred != NULL, memory_order_seq_cst);
    lock_release(&deferred_lock);
    while (ready != NULL) {
        struct object *object = ready;
        ready = object->deferred;
        hold_drop(object);
    }
}
