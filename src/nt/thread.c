/* SPDX-License-Identifier: MIT */
/* Thread records: one for each thread that calls in, made at its first call, used again after its end. A
 * thread made by CreateThread and one that the program made itself end the same way: thread_end. */
#include "nt/thread.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/futex.h"
#include "base/pool.h"
#include "nt/file.h"
#include "nt/hold.h"
#include "nt/port.h"

enum { STILL_ALIVE = 259, HOOKS_MAX = 4, STACK_LEAST = 65536 };

__thread struct thread *thread_current __attribute__((tls_model("initial-exec")));

static pthread_key_t end_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic(struct thread *) records;
static struct lock free_lock;
static struct thread *free_records;
static _Atomic(void (*)(struct thread *)) hooks[HOOKS_MAX];

static void thread_destroy(struct object *object);

const struct object_type thread_type = {
    .name = "Thread",
    .valid_access = 0x1fffff,
    .generic_read = 0x20048,
    .generic_write = 0x20437,
    .generic_execute = 0x121800,
    .dispatcher_offset = offsetof(struct thread, signal),
    .destroy = thread_destroy,
};

static void thread_end(void *record);

static void threads_init(void)
{
    if (pthread_key_create(&end_key, thread_end) != 0) {
        fputs("overlapped: no thread key left\n", stderr);
        abort();
    }
    hold_initialise();
}

static void record_reset(struct thread *thread)
{
    object_init(&thread->object, &thread_type);
    dispatcher_init(&thread->signal, DISPATCHER_NOTIFICATION, 0);
    dispatcher_init(&thread->resumed, DISPATCHER_NOTIFICATION, 0);
    list_init(&thread->apcs);
    list_init(&thread->requests);
    list_init(&thread->mutants);
    list_init(&thread->port_link);
    atomic_store(&thread->parker.word, PARK_IDLE);
    atomic_store(&thread->has_apcs, false);
    thread->hold_depth = 0;
    thread->alertable = false;
    thread->ending = false;
    thread->sync_request = NULL;
    thread->port = NULL;
    thread->port_state = PORT_NONE;
    thread->packet = NULL;
    thread->tid = 0;
    thread->exit_code = STILL_ALIVE;
    thread->suspend_count = 0;
    thread->priority = 0;
    thread->description = NULL;
    thread->start = NULL;
    thread->foreign = false;
}

/* NULL: no memory. */
static struct thread *record_take(void)
{
    pthread_once(&once, threads_init);
    lock_acquire(&free_lock);
    struct thread *thread = free_records;
    if (thread != NULL)
        free_records = thread->free_next;
    lock_release(&free_lock);
    if (thread != NULL) {
        record_reset(thread);
        return thread;
    }
    thread = aligned_alloc(64, (sizeof *thread + 63) / 64 * 64);
    if (thread == NULL)
        return NULL;
    *thread = (struct thread){.probe_fd = -1};
    list_init(&thread->parker.link);
    record_reset(thread);
    thread->all_next = atomic_load(&records);
    while (!atomic_compare_exchange_weak(&records, &thread->all_next, thread))
        ;
    return thread;
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);
    engine_probe_close(&thread->probe_fd);
    lock_acquire(&free_lock);
    thread->free_next = free_records;
    free_records = thread;
    lock_release(&free_lock);
}

static void thread_adopt(struct thread *thread)
{
    thread->pthread = pthread_self();
    thread_current = thread;
    pthread_setspecific(end_key, thread);
}

struct thread *thread_attach(void)
{
    struct thread *thread = record_take();
    if (thread == NULL) {
        fputs("overlapped: no memory for a thread's record\n", stderr);
        abort();
    }
    thread->foreign = true;
    thread->tid = (uint32_t)gettid();
    thread_adopt(thread);
    return thread;
}

static void apcs_drop(struct thread *self)
{
    struct list dropped;
    list_init(&dropped);
    lock_acquire(&self->lock);
    self->ending = true;
    list_splice_back(&dropped, &self->apcs);
    lock_release(&self->lock);
    for (struct list *node; (node = list_pop_front(&dropped)) != NULL;) {
        struct apc *apc = container_of(node, struct apc, link);
        apc->drop(apc);
    }
}

/* The end of a thread, on that thread: what waits for it learns of it last, when all else is done. */
static void thread_end(void *record)
{
    struct thread *self = record;
    thread_current = self;
    for (int i = 0; i < HOOKS_MAX; i++) {
        void (*hook)(struct thread *) = atomic_load(&hooks[i]);
        if (hook != NULL)
            hook(self);
    }
    apcs_drop(self);
    irp_cancel_thread(self);
    mutant_abandon_all(self);
    port_thread_leaves(self);
    pool_thread_flush();
    if (self->foreign)
        self->exit_code = 0;
    dispatcher_set(&self->signal);
    pthread_setspecific(end_key, NULL);
    object_dereference(&self->object);
    thread_current = NULL;
}

void thread_at_exit(void (*hook)(struct thread *self))
{
    for (int i = 0; i < HOOKS_MAX; i++) {
        void (*none)(struct thread *) = NULL;
        if (atomic_compare_exchange_strong(&hooks[i], &none, hook) || none == hook)
            return;
    }
    abort(); /* a face registered too much: a mistake in the library itself */
}

static void *thread_start(void *record)
{
    struct thread *self = record;
    thread_adopt(self);
    _Atomic uint32_t *tid = (_Atomic uint32_t *)&self->tid;
    atomic_store_explicit(tid, (uint32_t)gettid(), memory_order_release);
    futex_wake(tid, 1);
    thread_suspend_point(self); /* CREATE_SUSPENDED */
    apc_run_all(self); /* those queued before the start run before the start routine */
    thread_exit(self->start(self->context));
}

int32_t thread_create(uint32_t (*start)(void *context), void *context, uint64_t stack_size, bool suspended,
                      struct thread **created)
{
    struct thread *thread = record_take();
    if (thread == NULL)
        return STATUS_NO_MEMORY;
    thread->start = start;
    thread->context = context;
    thread->suspend_count = suspended;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack_size != 0)
        pthread_attr_setstacksize(&attributes, stack_size < STACK_LEAST ? STACK_LEAST : stack_size);
    object_reference(&thread->object); /* one for the caller, one for the thread itself */
    int error = pthread_create(&thread->pthread, &attributes, thread_start, thread);
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        object_dereference(&thread->object);
        object_dereference(&thread->object);
        return error == EINVAL ? STATUS_INVALID_PARAMETER : STATUS_NO_MEMORY;
    }
    _Atomic uint32_t *tid = (_Atomic uint32_t *)&thread->tid;
    while (atomic_load_explicit(tid, memory_order_acquire) == 0)
        futex_wait(tid, 0, FUTEX_NO_DEADLINE);
    *created = thread;
    return STATUS_SUCCESS;
}

int32_t thread_resume(struct thread *thread, uint32_t *previous)
{
    lock_acquire(&thread->lock);
    *previous = thread->suspend_count;
    if (*previous > 0)
        __atomic_store_n(&thread->suspend_count, *previous - 1, __ATOMIC_RELAXED);
    lock_release(&thread->lock);
    if (*previous == 1)
        dispatcher_set(&thread->resumed);
    return STATUS_SUCCESS;
}

_Noreturn void thread_exit(uint32_t exit_code)
{
    thread_self()->exit_code = exit_code;
    thread_self()->foreign = false;
    pthread_exit(NULL);
}

struct thread *thread_records(void)
{
    return atomic_load_explicit(&records, memory_order_seq_cst);
}

void thread_each(void (*visit)(struct thread *thread, void *context), void *context)
{
    for (struct thread *thread = thread_records(); thread != NULL; thread = thread->all_next)
        if (thread->tid != 0 && thread->exit_code == STILL_ALIVE)
            visit(thread, context);
}

struct thread *thread_find(uint32_t tid)
{
    for (struct thread *thread = thread_records(); thread != NULL; thread = thread->all_next) {
        lock_acquire(&thread->lock);
        bool found = thread->tid == tid && !thread->ending;
        if (found)
            object_reference(&thread->object); /* alive: not ending, so it still has its own */
        lock_release(&thread->lock);
        if (found)
            return thread;
    }
    return NULL;
}
