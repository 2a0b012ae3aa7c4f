/* SPDX-License-Identifier: MIT */
/* A forked child has the parent's descriptors but none of its threads, and what completes there is
 * the parent's. So the child's engine is marked dead: every call fails with -EOWNERDEAD and touches
 * neither the epoll set (shared with the parent) nor locks that some lost thread may have held. */
#include <pthread.h>

#include "engine/internal.h"

static void fork_child(void)
{
    if (atomic_load(&engine_phase) != PHASE_NEW)
        atomic_store(&engine_phase, PHASE_DEAD);
}

int fork_watch(void)
{
    static bool watched; /* under the lock of the start, which may be repeated */
    if (watched)
        return 0;
    int error = pthread_atfork(NULL, NULL, fork_child);
    watched = error == 0;
    return -error;
}
