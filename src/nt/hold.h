/* SPDX-License-Identifier: MIT */
/* Holds: how a look-up keeps an object alive without touching a shared counter, and how the last reference
 * makes sure that nobody holds it. The two sides meet in an asymmetric barrier: publishing and clearing a
 * hold are plain stores; who destroys pays with membarrier(2). Under TSan, which does not know that system
 * call, a hold is a counted reference. */
#ifndef NT_HOLD_H
#define NT_HOLD_H

#include "nt/thread.h"

#if defined(__SANITIZE_THREAD__)
#define HOLD_COUNTS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HOLD_COUNTS 1
#endif
#endif

/* false where membarrier is refused: both sides then use full fences. */
extern bool hold_is_asymmetric;
/* Objects wait in the deferred list: who lets a hold go looks after them. */
extern _Atomic bool hold_deferred;

void hold_initialise(void);
/* Called by the owner of the last reference, no handle being left: destroys now, or leaves that to the
 * thread that holds the object. */
void hold_retire(struct object *object);
void hold_reap(void);
/* The seldom side of other pairs of this kind; the frequent side has hold_fence. */
void hold_fence_others(void);

static inline void hold_fence(void)
{
#ifdef HOLD_COUNTS
    static _Atomic uint32_t nothing; /* TSan knows no fences */
    atomic_fetch_add(&nothing, 0);
#else
    if (__builtin_expect(hold_is_asymmetric, 1))
        atomic_signal_fence(memory_order_seq_cst);
    else
        atomic_thread_fence(memory_order_seq_cst);
#endif
}

#endif
