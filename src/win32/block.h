/* SPDX-License-Identifier: MIT */
/* How the light locks sleep: on a word of their own, outside the wait core, with the thread's place
 * in its completion port given free meanwhile. */
#ifndef WIN32_BLOCK_H
#define WIN32_BLOCK_H

#include "base/futex.h"
#include "nt/thread.h"

/* As futex_wait. A thread that never called the executive belongs to no port. */
static inline int block_on(_Atomic uint32_t *word, uint32_t value, uint64_t deadline_ns)
{
    struct thread *self = thread_current;
    if (self == NULL || self->port == NULL)
        return futex_wait(word, value, deadline_ns);
    port_thread_blocks(self);
    int result = futex_wait(word, value, deadline_ns);
    port_thread_resumes(self);
    return result;
}

#endif
