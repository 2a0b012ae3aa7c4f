/* SPDX-License-Identifier: MIT */
/* Suspending threads. A thread stands still only where it calls into the library, so that it never
 * holds one of the library's or libc's locks meanwhile; on Windows, too, SuspendThread only asks. */
#include "nt/thread.h"

enum { SUSPEND_MAX = 127 };

int32_t thread_suspend(struct thread *thread, uint32_t *previous)
{
    lock_acquire(&thread->lock);
    int32_t status = STATUS_SUCCESS;
    *previous = thread->suspend_count;
    if (thread->ending)
        status = STATUS_THREAD_IS_TERMINATING;
    else if (*previous == SUSPEND_MAX)
        status = STATUS_SUSPEND_COUNT_EXCEEDED;
    else
        __atomic_store_n(&thread->suspend_count, *previous + 1, __ATOMIC_RELAXED);
    lock_release(&thread->lock);
    if (status == STATUS_SUCCESS && thread == thread_self())
        thread_suspend_point(thread);
    return status;
}

void thread_suspend_point(struct thread *self)
{
    for (;;) {
        /* The event is reset under the lock that guards the count: who takes the count to zero sets
         * it afterwards, and a set that is late only makes this loop look once more. */
        lock_acquire(&self->lock);
        bool stop = self->suspend_count != 0;
        if (stop)
            dispatcher_reset(&self->resumed);
        lock_release(&self->lock);
        if (!stop)
            return;
        wait_for_one(&self->resumed, false, WAIT_FOREVER);
    }
}
