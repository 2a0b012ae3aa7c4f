/* SPDX-License-Identifier: MIT */
/* The order that the kernel keeps and a sanitizer cannot see: what a thread wrote before it gave an
 * operation to the kernel is seen by the thread that takes it back from there. The one place with
 * annotations. */
#ifndef ENGINE_ORDER_H
#define ENGINE_ORDER_H

#if defined(__SANITIZE_THREAD__)
#define ORDER_ANNOTATED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ORDER_ANNOTATED 1
#endif
#endif

#ifdef ORDER_ANNOTATED
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#endif

/* Before the system call that gives it to the kernel. */
static inline void order_publish(void *operation)
{
#ifdef ORDER_ANNOTATED
    __tsan_release(operation);
#else
    (void)operation;
#endif
}

/* After it was reaped. */
static inline void order_observe(void *operation)
{
#ifdef ORDER_ANNOTATED
    __tsan_acquire(operation);
#else
    (void)operation;
#endif
}

#endif
