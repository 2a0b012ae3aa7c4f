/* SPDX-License-Identifier: MIT */
/* Threads as the executive knows them. Every thread that calls in has a record; its memory is never given
 * back (it is used again), so a late wake of a thread that went on or ended is harmless. */
#ifndef NT_THREAD_H
#define NT_THREAD_H

#include <pthread.h>
#include <uchar.h>

#include "drivers/driver.h"
#include "nt/handle.h"
#include "nt/wait.h"

/* What a claimed parker word means (behind PARK_CLAIM). */
enum wake_reason {
    WAKE_OBJECT = PARK_CLAIM,                    /* + index of the object */
    WAKE_ABANDONED = PARK_CLAIM + 0x40,          /* + index: a mutex whose owner ended */
    WAKE_RETRY = PARK_CLAIM + 0x80,              /* wait-all: look again */
    WAKE_ALL_TAKEN,
    WAKE_ALL_ABANDONED,
    WAKE_APC,
    WAKE_TIMEOUT,
    WAKE_PACKET,                                 /* thread->packet is handed over */
    WAKE_PORT_CLOSED,
    WAKE_IO,                                     /* the synchronous request has ended */
};

enum port_state { PORT_NONE, PORT_WAITING, PORT_RELEASED, PORT_PAUSED };

struct thread {
    struct object object;
    struct dispatcher signal;             /* set when it has ended */
    struct parker parker;
    _Atomic(struct object *) holds[HANDLE_HOLDS];
    uint32_t hold_depth;

    struct lock lock;                     /* guards the APC queue, alertable, requests, sync_request */
    struct list apcs;
    _Atomic bool has_apcs;                /* a hint, without the lock */
    bool alertable;                       /* sleeps alertably: an APC may claim it */
    bool ending;                          /* takes no more APCs */
    struct list requests;                 /* struct irp.thread_link: issued by it and pending */
    struct irp *sync_request;             /* for CancelSynchronousIo */

    struct list mutants;                  /* owned by it */

    struct port *port;                    /* its membership: changed by itself only, under port->lock */
    enum port_state port_state;           /* under port->lock */
    struct list port_link;                /* on one of the port's lists, under port->lock */
    struct packet *packet;                /* WAKE_PACKET */
    _Atomic uint32_t port_turns;          /* comings for packets and packets taken: tells the sampler of progress */
    uint32_t tid;
    uint32_t exit_code;                   /* STILL_ACTIVE 259 until it ends */
    uint32_t suspend_count;               /* under `lock`; changed with __atomic stores: a hint without it */
    int32_t priority;                     /* THREAD_PRIORITY_*, as it was set */
    char16_t *description;                /* SetThreadDescription's, under `lock`; freed when it ends */
    struct dispatcher resumed;
    uint32_t (*start)(void *context);
    void *context;
    pthread_t pthread;
    struct thread *all_next;              /* of all records ever made; never removed */
    struct thread *free_next;
    int probe_fd;                         /* the sampler's look at it; -1 */
    bool foreign;                         /* not made by thread_create */
};

extern __thread struct thread *thread_current __attribute__((tls_model("initial-exec")));
struct thread *thread_attach(void);

/* The calling thread's record; made at its first call. Never NULL: out of memory here ends the process with
 * a message, as there is no call to fail yet. */
static inline struct thread *thread_self(void)
{
    struct thread *self = thread_current;
    return __builtin_expect(self != NULL, 1) ? self : thread_attach();
}

/* stack_size 0: the default. Returns a referenced record. */
int32_t thread_create(uint32_t (*start)(void *context), void *context, uint64_t stack_size, bool suspended,
                      struct thread **thread);
/* Returns the previous suspend count, as ResumeThread. */
int32_t thread_resume(struct thread *thread, uint32_t *previous);
/* Asks the thread to stand still: it does where it next calls in (thread_check_suspend). The caller itself
 * stops here, until it is resumed. STATUS_THREAD_IS_TERMINATING, STATUS_SUSPEND_COUNT_EXCEEDED. */
int32_t thread_suspend(struct thread *thread, uint32_t *previous);
void thread_suspend_point(struct thread *self);
static inline void thread_check_suspend(struct thread *self)
{
    if (__builtin_expect(__atomic_load_n(&self->suspend_count, __ATOMIC_RELAXED) != 0, 0))
        thread_suspend_point(self);
}
_Noreturn void thread_exit(uint32_t exit_code);
/* Registers what faces do when a thread ends (FLS), called on that thread before anything is torn down. */
void thread_at_exit(void (*hook)(struct thread *self));
/* Calls `visit` for each living record (holds, snapshots). */
void thread_each(void (*visit)(struct thread *thread, void *context), void *context);
/* The newest of all records ever made, linked by all_next. */
struct thread *thread_records(void);
/* By Linux thread id; referenced, or NULL. */
struct thread *thread_find(uint32_t tid);

/* Queues; STATUS_UNSUCCESSFUL when the thread is ending. On failure the caller still owns the entry. */
int32_t apc_queue(struct thread *thread, struct apc *apc);
/* Takes a queued entry back (timers): true if it was still queued on that thread. */
bool apc_remove(struct thread *thread, struct apc *apc);
/* Runs all that are queued, also those that come meanwhile; whether any ran. */
bool apc_run_all(struct thread *self);

/* Opens the thread to APCs while it sleeps with its word armed; false: some are queued already, and it stays
 * closed. Close it again in either case. */
bool wait_open_apcs(struct thread *self);
void wait_close_apcs(struct thread *self);

/* Sleeps on the armed word until claimed; on time-out claims itself. Returns the reason. */
uint32_t wait_park(struct thread *self, uint64_t deadline_ns);

/* Marks the current thread as sleeping in the library for its port's count; used by every sleep. */
void port_thread_blocks(struct thread *self);
void port_thread_resumes(struct thread *self);

#endif
