/* SPDX-License-Identifier: MIT */
/* Completion ports. The five structures of the theory are the members of struct port: device list, packets
 * (first in, first out), waiting threads (last in, first out), released and paused threads. One lock guards
 * all of them and is held for a few dozen instructions. */
#ifndef NT_PORT_H
#define NT_PORT_H

#include "nt/thread.h"

struct port {
    struct object object;
    struct dispatcher dispatcher;  /* signalled while packets wait, kept only once somebody waited (`watched`) */
    struct lock lock;
    uint32_t limit;                /* NumberOfConcurrentThreads */
    uint32_t active;               /* threads on `released`; may exceed the limit after a pause */
    uint32_t queued;
    bool watched;
    bool closed;                   /* the last handle went: waiters were sent off */
    struct list devices;           /* struct file.port_link */
    struct packet *first, *last;   /* the packets, in order; `last` counts only while `queued` does */
    struct list waiting;           /* struct thread.port_link, newest first */
    struct list released;
    struct list paused;
    struct list sampler_link;      /* on the sampler's list while packets wait, threads wait and none may run */
    bool sampled;
    uint32_t look_ns;              /* how long the sampler lets pass before its next look */
};

/* limit 0: the number of processors. NULL: no memory. */
struct port *port_create(uint32_t limit);

/* Associates; once, for the life of the file. STATUS_INVALID_PARAMETER for a synchronous file or a second time. */
int32_t port_associate(struct port *port, struct file *file, uint64_t key);

/* The file object goes: it leaves the device list. Called by its destruction only. */
void port_forget(struct port *port, struct file *file);

/* Queues a packet (the port takes it) and releases the newest waiter if the limit allows. */
void port_queue(struct port *port, struct packet *packet);

/* PostQueuedCompletionStatus. STATUS_INSUFFICIENT_RESOURCES. */
int32_t port_post(struct port *port, uint64_t key, void *overlapped, uint32_t bytes);

struct port_entry {
    uint64_t key;
    void *overlapped;
    uint32_t bytes;
    int32_t status;
};

/* Takes up to `capacity` packets, waiting for the first. 0 and *taken >= 1; STATUS_TIMEOUT, STATUS_USER_APC,
 * STATUS_ABANDONED_WAIT_0 when the port's last handle is closed meanwhile. The caller holds a reference. */
int32_t port_remove(struct port *port, struct port_entry *entries, uint32_t capacity, uint32_t *taken,
                    bool alertable, uint64_t deadline_ns);

enum { PORT_MODIFY = 2 }; /* the access that taking and posting need */

int32_t nt_port_post(uint64_t handle, uint64_t key, void *overlapped, uint32_t bytes);

/* The same by handle: what GetQueuedCompletionStatus does. */
int32_t nt_port_remove(uint64_t handle, struct port_entry *entries, uint32_t capacity, uint32_t *taken,
                       bool alertable, uint64_t deadline_ns);

/* The thread ends: it leaves its port. */
void port_thread_leaves(struct thread *self);

#endif
