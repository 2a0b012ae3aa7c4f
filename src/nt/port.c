/* SPDX-License-Identifier: MIT */
/* Completion ports: packets first in, first out; waiting threads last in, first out; never more than the limit
 * released by the port itself. A packet is handed straight into the slot of the thread that it wakes. */
#include "nt/port.h"

#include <stdlib.h>

#include "base/futex.h"
#include "base/pool.h"
#include "base/trace.h"
#include "engine/engine.h"
#include "nt/dispatcher.h"
#include "nt/handle_table.h"
#include "nt/sampler.h"

static void packet_free(struct packet *packet)
{
    pool_free(POOL_PACKET, packet);
}

static void port_destroy(struct object *object)
{
    struct port *port = container_of(object, struct port, object);
    for (struct packet *packet; (packet = port->first) != NULL;) {
        port->first = packet->next;
        packet->release(packet);
    }
    free(port);
}

/* The last handle: nobody can come any more, so those who wait are sent off. */
static void port_handle_closed(struct object *object)
{
    struct port *port = container_of(object, struct port, object);
    struct wake_list wakes;
    wake_list_init(&wakes);
    object_name_drop(object);
    lock_acquire(&port->lock);
    port->closed = true;
    for (struct list *node; (node = list_pop_front(&port->waiting)) != NULL;) {
        struct thread *thread = container_of(node, struct thread, port_link);
        thread->port_state = PORT_NONE;
        wake_list_add(&wakes, &thread->parker, parker_claim(&thread->parker, WAKE_PORT_CLOSED));
    }
    lock_release(&port->lock);
    wake_list_flush(&wakes);
}

/* The dispatcher follows the queue only once somebody waited on the port's handle. Under the lock. */
static void port_show(struct port *port)
{
    if (__builtin_expect(port->watched, 0))
        dispatcher_exchange(&port->dispatcher, port->queued > 0);
}

static void port_watch(struct object *object)
{
    struct port *port = container_of(object, struct port, object);
    lock_acquire(&port->lock);
    port->watched = true;
    port_show(port);
    lock_release(&port->lock);
}

const struct object_type port_type = {
    .name = "IoCompletion",
    .valid_access = 0x1f0003,
    .generic_read = 0x20001,
    .generic_write = 0x20002,
    .generic_execute = 0x120000,
    .dispatcher_offset = offsetof(struct port, dispatcher),
    .waited = port_watch,
    .handle_closed = port_handle_closed,
    .destroy = port_destroy,
};

struct port *port_create(uint32_t limit)
{
    struct port *port = aligned_alloc(64, (sizeof *port + 63) / 64 * 64);
    if (port == NULL)
        return NULL;
    *port = (struct port){.limit = limit != 0 ? limit : engine_processor_count()};
    object_init(&port->object, &port_type);
    dispatcher_init(&port->dispatcher, DISPATCHER_NOTIFICATION, 0);
    list_init(&port->devices);
    list_init(&port->waiting);
    list_init(&port->released);
    list_init(&port->paused);
    list_init(&port->sampler_link);
    return port;
}

int32_t port_associate(struct port *port, struct file *file, uint64_t key)
{
    if (atomic_load(&file->flags) & FILE_SYNCHRONOUS)
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&file->lock);
    if (atomic_load_explicit(&file->port, memory_order_relaxed) != NULL) {
        lock_release(&file->lock);
        return STATUS_INVALID_PARAMETER;
    }
    file->key = key;
    object_reference(&port->object);
    atomic_store_explicit(&file->port, port, memory_order_release);
    lock_release(&file->lock);
    lock_acquire(&port->lock);
    list_push_back(&port->devices, &file->port_link);
    lock_release(&port->lock);
    return STATUS_SUCCESS;
}

void port_forget(struct port *port, struct file *file)
{
    lock_acquire(&port->lock);
    list_remove(&file->port_link);
    lock_release(&port->lock);
}

static void packet_append(struct port *port, struct packet *packet)
{
    packet->next = NULL;
    if (port->first == NULL)
        port->first = packet;
    else
        port->last->next = packet;
    port->last = packet;
    port->queued++;
}

static struct packet *packet_pop(struct port *port)
{
    struct packet *packet = port->first;
    port->first = packet->next;
    port->queued--;
    return packet;
}

/* By the thread itself, or under the lock while it waits. */
static void port_turn(struct thread *thread)
{
    uint32_t turns = atomic_load_explicit(&thread->port_turns, memory_order_relaxed);
    atomic_store_explicit(&thread->port_turns, turns + 1, memory_order_relaxed);
}

/* Gives `packet` to the newest waiter; false: none could be won. Under the lock. */
static bool port_hand_over(struct port *port, struct packet *packet, struct wake_list *wakes)
{
    for (struct list *node; (node = list_pop_front(&port->waiting)) != NULL;) {
        struct thread *thread = container_of(node, struct thread, port_link);
        thread->packet = packet;
        uint32_t slept = parker_claim(&thread->parker, WAKE_PACKET);
        if (slept == PARK_IDLE) {
            thread->port_state = PORT_NONE; /* its time-out or an APC was faster: it is leaving */
            continue;
        }
        thread->port_state = PORT_RELEASED;
        port_turn(thread);
        list_push_front(&port->released, &thread->port_link);
        port->active++;
        TRACE(PORT, port_handed, TRACE_POINTER(packet), TRACE_POINTER(port), thread->tid, port->active);
        wake_list_add(wakes, &thread->parker, slept);
        return true;
    }
    return false;
}

/* After a place became free: packets that waited go to threads that wait. Under the lock. */
static void port_release_waiters(struct port *port, struct wake_list *wakes)
{
    while (port->queued > 0 && port->active < port->limit && !list_empty(&port->waiting)) {
        struct packet *packet = packet_pop(port);
        if (port_hand_over(port, packet, wakes))
            continue;
        packet->next = port->first; /* nobody took it: it is the first again */
        if (port->first == NULL)
            port->last = packet;
        port->first = packet;
        port->queued++;
    }
    port_show(port);
    if (port->queued > 0 && !list_empty(&port->waiting) && !port->sampled)
        sampler_add(port);
}

void port_queue(struct port *port, struct packet *packet)
{
    struct wake_list wakes;
    wake_list_init(&wakes);
    lock_acquire(&port->lock);
    if (port->queued != 0 || port->active >= port->limit || list_empty(&port->waiting) ||
        !port_hand_over(port, packet, &wakes)) {
        packet_append(port, packet);
        TRACE(PORT, port_queued, TRACE_POINTER(packet), TRACE_POINTER(port), packet->key,
              TRACE_POINTER(packet->overlapped), !list_empty(&port->waiting));
        port_show(port);
        if (__builtin_expect(!list_empty(&port->waiting) && !port->sampled, 0))
            sampler_add(port);
    }
    lock_release(&port->lock);
    wake_list_flush(&wakes);
}

int32_t port_post(struct port *port, uint64_t key, void *overlapped, uint32_t bytes)
{
    struct packet *packet = pool_allocate(POOL_PACKET, sizeof *packet);
    if (packet == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    packet->release = packet_free;
    packet->key = key;
    packet->overlapped = overlapped;
    packet->bytes = bytes;
    packet->status = STATUS_SUCCESS;
    port_queue(port, packet);
    return STATUS_SUCCESS;
}

static void entry_fill(struct port_entry *entry, struct packet *packet)
{
    entry->key = packet->key;
    entry->overlapped = packet->overlapped;
    entry->bytes = packet->bytes;
    entry->status = packet->status;
    if (packet->release == packet_free) /* most are: a direct call */
        packet_free(packet);
    else
        packet->release(packet);
}

/* The thread's membership ends; its place goes to a waiter. */
void port_thread_leaves(struct thread *self)
{
    struct port *port = self->port;
    if (port == NULL)
        return;
    struct wake_list wakes;
    wake_list_init(&wakes);
    lock_acquire(&port->lock);
    if (self->port_state == PORT_RELEASED)
        port->active--;
    list_remove(&self->port_link);
    self->port_state = PORT_NONE;
    port_turn(self); /* a sampler that looked at it knows that it went */
    port_release_waiters(port, &wakes);
    lock_release(&port->lock);
    wake_list_flush(&wakes);
    self->port = NULL;
    object_dereference(&port->object);
}

static void port_join(struct port *port, struct thread *self)
{
    port_thread_leaves(self);
    object_reference(&port->object);
    self->port = port;
}

/* Under the lock: a released thread sleeps, and its place goes to a waiter. false: it was not released. */
static bool port_pause(struct port *port, struct thread *thread, struct wake_list *wakes)
{
    if (thread->port_state != PORT_RELEASED)
        return false;
    list_remove(&thread->port_link);
    list_push_front(&port->paused, &thread->port_link);
    thread->port_state = PORT_PAUSED;
    port->active--;
    port_release_waiters(port, wakes);
    return true;
}

void port_thread_blocks(struct thread *self)
{
    struct port *port = self->port;
    if (port == NULL)
        return;
    struct wake_list wakes;
    wake_list_init(&wakes);
    lock_acquire(&port->lock);
    if (port_pause(port, self, &wakes))
        TRACE(PORT, port_paused, TRACE_POINTER(port), self->tid, port->active);
    lock_release(&port->lock);
    wake_list_flush(&wakes);
}

void port_thread_resumes(struct thread *self)
{
    struct port *port = self->port;
    if (port == NULL)
        return;
    lock_acquire(&port->lock);
    if (self->port_state == PORT_PAUSED) {
        list_remove(&self->port_link);
        list_push_front(&port->released, &self->port_link);
        self->port_state = PORT_RELEASED;
        port->active++; /* may exceed the limit for a while, as documented */
        TRACE(PORT, port_resumed, TRACE_POINTER(port), self->tid, port->active);
    }
    lock_release(&port->lock);
}

bool port_is_stuck(const struct port *port)
{
    return port->queued > 0 && port->active >= port->limit && !list_empty(&port->waiting);
}

bool port_pause_blocked(struct port *port, struct thread *thread, struct wake_list *wakes)
{
    bool paused = port_pause(port, thread, wakes);
    if (paused)
        TRACE(PORT, port_seen_blocked, TRACE_POINTER(port), thread->tid, port->active);
    return paused;
}

/* Under the lock: takes what may be taken now, as a chain of *count packets. The thread's place from the packet
 * before is given up first; it keeps its position on the released list when it goes on at once, so that the
 * usual loop moves nothing. */
static struct packet *port_take(struct port *port, struct thread *self, uint32_t capacity, uint32_t *count)
{
    bool was_released = self->port_state == PORT_RELEASED;
    *count = 0;
    if (port->queued == 0 || port->active - was_released >= port->limit)
        return NULL;
    port_turn(self);
    struct packet *first = packet_pop(port);
    for (*count = 1; *count < capacity && port->queued > 0; ++*count)
        packet_pop(port);
    if (!was_released) {
        list_remove(&self->port_link);
        list_push_front(&port->released, &self->port_link);
        self->port_state = PORT_RELEASED;
        port->active++;
    }
    port_show(port);
    return first;
}

/* Gives what was taken to the caller. */
static void entries_fill(struct port_entry *entries, struct packet *packet, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct packet *next = packet->next;
        TRACE(PORT, port_taken, TRACE_POINTER(packet), TRACE_POINTER(thread_self()->port),
              thread_self()->tid, thread_self()->port->active);
        entry_fill(&entries[i], packet);
        packet = next;
    }
}

static uint32_t port_try(struct port *port, struct thread *self, struct port_entry *entries,
                         uint32_t capacity)
{
    struct wake_list wakes;
    uint32_t count;
    wake_list_init(&wakes);
    lock_acquire(&port->lock);
    struct packet *taken = port_take(port, self, capacity, &count);
    if (port->queued > 0 && count > 0)
        port_release_waiters(port, &wakes);
    lock_release(&port->lock);
    wake_list_flush(&wakes);
    entries_fill(entries, taken, count);
    return count;
}

/* Under the lock: the thread becomes the newest waiter; the place it had is free. */
static void port_enlist(struct port *port, struct thread *self)
{
    if (self->port_state == PORT_RELEASED)
        port->active--;
    list_remove(&self->port_link);
    list_push_front(&port->waiting, &self->port_link);
    self->port_state = PORT_WAITING;
}

/* The wait ended without a packet: off the list of waiters. Windows counts the thread as running from here
 * on, and so do we. */
static void port_delist(struct port *port, struct thread *self)
{
    lock_acquire(&port->lock);
    list_remove(&self->port_link);
    list_push_front(&port->released, &self->port_link);
    self->port_state = PORT_RELEASED;
    port->active++;
    lock_release(&port->lock);
}

/* Enlists, unless a packet came meanwhile, and sleeps. Returns the reason for waking, or 0 with *taken. */
static uint32_t port_sleep(struct port *port, struct thread *self, struct port_entry *entries,
                           uint32_t capacity, uint32_t *taken, bool alertable, uint64_t deadline_ns)
{
    struct packet *packets = NULL;
    struct wake_list wakes;
    wake_list_init(&wakes);
    parker_arm(&self->parker);
    lock_acquire(&port->lock);
    *taken = 0;
    if (!port->closed)
        packets = port_take(port, self, capacity, taken);
    bool enlisted = *taken == 0 && !port->closed;
    if (enlisted)
        port_enlist(port, self);
    port_release_waiters(port, &wakes);
    lock_release(&port->lock);
    wake_list_flush(&wakes);
    uint32_t reason = WAKE_PORT_CLOSED;
    if (enlisted && alertable && !wait_open_apcs(self)) {
        reason = parker_claim(&self->parker, WAKE_APC) != PARK_IDLE
                     ? (uint32_t)WAKE_APC
                     : atomic_load_explicit(&self->parker.word, memory_order_acquire);
    } else if (enlisted) {
        self->parker.eager = true;
        reason = parker_wait(&self->parker, deadline_ns, port->limit > 1);
        self->parker.eager = false;
        if (reason == PARK_ARMED)
            reason = parker_claim(&self->parker, WAKE_TIMEOUT) != PARK_IDLE
                         ? (uint32_t)WAKE_TIMEOUT
                         : atomic_load_explicit(&self->parker.word, memory_order_acquire);
    }
    if (enlisted && alertable)
        wait_close_apcs(self);
    atomic_store_explicit(&self->parker.word, PARK_IDLE, memory_order_relaxed);
    entries_fill(entries, packets, *taken);
    if (enlisted && reason != WAKE_PACKET && reason != WAKE_PORT_CLOSED)
        port_delist(port, self);
    return *taken > 0 ? 0 : reason;
}

int32_t port_remove(struct port *port, struct port_entry *entries, uint32_t capacity, uint32_t *taken,
                    bool alertable, uint64_t deadline_ns)
{
    struct thread *self = thread_self();
    port_turn(self); /* from here on a sleep is one of ours, for the port's lock at most */
    if (__builtin_expect(self->port != port, 0)) {
        /* A thread that is not the port's yet runs its APCs first, and that call does not make it one. */
        if (alertable && apc_run_all(self))
            return STATUS_USER_APC;
        port_join(port, self);
    }
    *taken = port_try(port, self, entries, capacity);
    if (*taken > 0)
        return STATUS_SUCCESS;
    if (alertable && apc_run_all(self))
        return STATUS_USER_APC;
    if (deadline_ns == 0)
        return port->closed ? STATUS_ABANDONED_WAIT_0 : STATUS_TIMEOUT;
    uint32_t reason = port_sleep(port, self, entries, capacity, taken, alertable, deadline_ns);
    if (*taken > 0)
        return STATUS_SUCCESS;
    switch (reason) {
    case WAKE_PACKET:
        entry_fill(&entries[0], self->packet);
        *taken = 1;
        if (capacity > 1)
            *taken += port_try(port, self, entries + 1, capacity - 1);
        return STATUS_SUCCESS;
    case WAKE_APC:
        apc_run_all(self);
        return STATUS_USER_APC;
    case WAKE_PORT_CLOSED:
        return STATUS_ABANDONED_WAIT_0;
    default:
        return STATUS_TIMEOUT;
    }
}

int32_t nt_port_post(uint64_t handle, uint64_t key, void *overlapped, uint32_t bytes)
{
    struct object *object;
    int32_t status = hold_fast(handle, &port_type, PORT_MODIFY, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = port_post(container_of(object, struct port, object), key, overlapped, bytes);
    hold_end(object);
    return status;
}

int32_t nt_port_remove(uint64_t handle, struct port_entry *entries, uint32_t capacity, uint32_t *taken,
                       bool alertable, uint64_t deadline_ns)
{
    struct object *object;
    int32_t status = hold_fast(handle, &port_type, PORT_MODIFY, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct port *port = container_of(object, struct port, object);
    /* The usual case: the port's own thread comes back and packets wait. */
    if (thread_self()->port == port) {
        port_turn(thread_self());
        *taken = port_try(port, thread_self(), entries, capacity);
        if (*taken > 0) {
            hold_end(object);
            return STATUS_SUCCESS;
        }
    }
    object_reference(object); /* it may sleep: a hold is not for that */
    hold_end(object);
    status = port_remove(port, entries, capacity, taken, alertable, deadline_ns);
    object_dereference(object);
    return status;
}
