/* SPDX-License-Identifier: MIT */
/* WaitNamedPipe: a file object with one request, which ends when an instance of the pipe becomes
 * free, when the pipe goes, or when its time is over. All waits of the process share one inotify
 * descriptor; what it says only makes them look again, so nothing depends on the order of the
 * kernel's notes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/futex.h"
#include "drivers/pipe_link.h"

/* One wait, apart from its request: the timer may go off late. */
struct waiter {
    struct list link;
    _Atomic uint32_t references; /* the queue's, the timer's, and those of whoever looks at it */
    struct engine_timer timer;
    struct irp *irp; /* while queued */
    int watch;
    bool queued, poked; /* under the hub's lock */
    char name[];
};

struct pipe_wait {
    struct file file;
    char *name;
    uint32_t timeout_ms;
    struct lock lock;      /* guards `waiter` */
    struct waiter *waiter; /* of the request that pends */
};

static struct {
    struct lock lock;
    struct list waiters;
    struct engine_source source;
    struct engine_op op;
    bool open, reading;
} hub = {.waiters = {&hub.waiters, &hub.waiters}};

static void waiter_release(struct waiter *waiter)
{
    if (atomic_fetch_sub(&waiter->references, 1) == 1)
        free(waiter);
}

/* Takes the waiter off the queue and ends its request; once. */
static void waiter_finish(struct waiter *waiter, int32_t status)
{
    lock_acquire(&hub.lock);
    bool mine = waiter->queued;
    bool shared = false;
    waiter->queued = false;
    if (mine) {
        list_remove(&waiter->link);
        list_for_each (node, &hub.waiters)
            shared |= container_of(node, struct waiter, link)->watch == waiter->watch;
        if (!shared)
            inotify_rm_watch(hub.source.fd, waiter->watch);
    }
    lock_release(&hub.lock);
    if (!mine)
        return;
    struct irp *irp = waiter->irp;
    struct pipe_wait *wait = container_of(irp->file, struct pipe_wait, file);
    lock_acquire(&wait->lock);
    wait->waiter = NULL;
    lock_release(&wait->lock);
    if (engine_timer_cancel(&waiter->timer))
        waiter_release(waiter); /* the timer's */
    waiter_release(waiter);
    irp_complete(irp, status, 0);
}

/* Ends the request if there is something to say. */
static void waiter_look(struct waiter *waiter)
{
    struct pipe_params params;
    enum pipe_probe found = pipe_probe(waiter->name, &params);
    if (found != PIPE_PROBE_BUSY)
        waiter_finish(waiter,
                      found == PIPE_PROBE_FREE ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND);
}

static void waiter_expired(struct engine_timer *timer)
{
    struct waiter *waiter = container_of(timer, struct waiter, timer);
    waiter_finish(waiter, STATUS_IO_TIMEOUT);
    waiter_release(waiter);
}

static void poke(const struct inotify_event *event)
{
    struct pipe_entry entry = {.kind = PIPE_ENTRY_OTHER};
    if (event->len != 0)
        pipe_entry_parse(event->name, &entry);
    /* A free instance, a server that left, the directory itself; or notes were lost. */
    if (event->len != 0 && entry.kind != PIPE_ENTRY_FREE && entry.kind != PIPE_ENTRY_SERVER)
        return;
    list_for_each (node, &hub.waiters) {
        struct waiter *waiter = container_of(node, struct waiter, link);
        if (waiter->watch == event->wd || (event->mask & IN_Q_OVERFLOW))
            waiter->poked = true;
    }
}

static int64_t hub_attempt(struct engine_op *op)
{
    _Alignas(struct inotify_event) char notes[4096];
    ssize_t got = read(hub.source.fd, notes, sizeof notes);
    if (got < 0)
        return errno == EINTR ? 0 : -errno;
    lock_acquire(&hub.lock);
    for (ssize_t at = 0; at < got;) {
        const struct inotify_event *event = (const struct inotify_event *)(notes + at);
        poke(event);
        at += (ssize_t)(sizeof *event + event->len);
    }
    lock_release(&hub.lock);
    return got;
}

static struct waiter *next_poked(void)
{
    lock_acquire(&hub.lock);
    list_for_each (node, &hub.waiters) {
        struct waiter *waiter = container_of(node, struct waiter, link);
        if (!waiter->poked)
            continue;
        waiter->poked = false;
        atomic_fetch_add(&waiter->references, 1);
        lock_release(&hub.lock);
        return waiter;
    }
    lock_release(&hub.lock);
    return NULL;
}

static void hub_read(void);

static void hub_done(struct engine_op *op, int64_t result)
{
    for (struct waiter *waiter; (waiter = next_poked()) != NULL;) {
        waiter_look(waiter);
        waiter_release(waiter);
    }
    lock_acquire(&hub.lock);
    hub.reading = result >= 0 && !list_empty(&hub.waiters);
    bool reads = hub.reading;
    lock_release(&hub.lock);
    if (reads)
        hub_read();
}

static void hub_read(void)
{
    hub.op = (struct engine_op){.attempt = hub_attempt, .done = hub_done};
    engine_source_submit(&hub.source, ENGINE_IN, &hub.op);
}

/* Watches the directory of the waiter's pipe. 0 or -errno; hub locked. */
static int hub_watch(struct waiter *waiter)
{
    if (!hub.open) {
        int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (fd < 0)
            return -errno;
        engine_source_init(&hub.source, fd);
        hub.open = true;
    }
    struct pipe_params params;
    int directory;
    if (pipe_place_visit(waiter->name, &params, &directory) != STATUS_SUCCESS)
        return -ENOENT;
    char path[PIPE_PATH_BYTES];
    pipe_socket_path(directory, ".", path);
    waiter->watch = inotify_add_watch(hub.source.fd, path,
                                      IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_ONLYDIR);
    int error = waiter->watch < 0 ? -errno : 0;
    close(directory);
    return error;
}

static void wait_cancel(struct irp *irp)
{
    struct pipe_wait *wait = container_of(irp->file, struct pipe_wait, file);
    lock_acquire(&wait->lock);
    struct waiter *waiter = wait->waiter;
    if (waiter != NULL)
        atomic_fetch_add(&waiter->references, 1);
    lock_release(&wait->lock);
    if (waiter == NULL)
        return;
    waiter_finish(waiter, STATUS_CANCELLED);
    waiter_release(waiter);
}

static struct waiter *waiter_new(const char *name)
{
    size_t length = strlen(name) + 1;
    struct waiter *waiter = calloc(1, sizeof *waiter + length);
    if (waiter == NULL)
        return NULL;
    atomic_init(&waiter->references, 1);
    waiter->timer.fired = waiter_expired;
    waiter->watch = -1;
    memcpy(waiter->name, name, length);
    return waiter;
}

/* Queues the pended request, of which it gets a reference. It may be over before this returns. */
static void wait_start(struct waiter *waiter, uint64_t deadline_ns)
{
    struct irp *irp = waiter->irp;
    atomic_fetch_add(&waiter->references, 2); /* this function's, the timer's */
    lock_acquire(&hub.lock);
    int error = hub_watch(waiter);
    bool starts = error == 0 && !hub.reading;
    waiter->queued = true;
    list_push_back(&hub.waiters, &waiter->link);
    hub.reading |= starts;
    lock_release(&hub.lock);
    bool timed = false;
    if (error == 0 && deadline_ns != FUTEX_NO_DEADLINE) {
        error = engine_timer_set(&waiter->timer, deadline_ns);
        timed = error == 0;
    }
    if (!timed)
        waiter_release(waiter);
    if (starts)
        hub_read();
    if (irp_is_cancelled(irp)) /* a cancel before it was queued has found nothing */
        waiter_finish(waiter, STATUS_CANCELLED);
    else if (error != 0)
        waiter_finish(waiter,
                      error == -ENOENT ? STATUS_OBJECT_NAME_NOT_FOUND : status_from_errno(-error));
    else
        waiter_look(waiter); /* an instance may have become free before the watch was there */
    waiter_release(waiter);
    irp_dereference(irp);
}

static int32_t wait_control(struct irp *irp)
{
    struct pipe_wait *wait = container_of(irp->file, struct pipe_wait, file);
    struct pipe_params params;
    if (irp->code != PIPE_AWAIT)
        return STATUS_INVALID_DEVICE_REQUEST;
    enum pipe_probe found = pipe_probe(wait->name, &params);
    if (found != PIPE_PROBE_BUSY)
        return found == PIPE_PROBE_FREE ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    uint32_t timeout_ms = wait->timeout_ms != 0 ? wait->timeout_ms : params.timeout_ms;
    uint64_t deadline_ns = FUTEX_NO_DEADLINE;
    if (timeout_ms != UINT32_MAX)
        deadline_ns = clock_deadline_ns((uint64_t)timeout_ms * 1000000);
    struct waiter *waiter = waiter_new(wait->name);
    if (waiter == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    waiter->irp = irp;
    lock_acquire(&wait->lock);
    bool taken = wait->waiter != NULL;
    if (!taken)
        wait->waiter = waiter;
    lock_release(&wait->lock);
    if (taken) {
        free(waiter);
        return STATUS_INVALID_DEVICE_STATE;
    }
    irp_reference(irp);
    irp_pend(irp, wait_cancel);
    wait_start(waiter, deadline_ns);
    return STATUS_PENDING;
}

static void wait_close(struct file *file)
{
    free(container_of(file, struct pipe_wait, file)->name);
}

static const struct driver pipe_wait_driver = {
    .name = "pipe wait",
    .kind = FILE_KIND_PIPE,
    .dispatch = {[IRP_CONTROL] = wait_control},
    .close = wait_close,
};

int32_t pipe_wait_open(const char *name, uint32_t timeout_ms, struct file **result)
{
    struct file *file = file_create(&pipe_wait_driver, sizeof(struct pipe_wait), FILE_SYNCHRONOUS);
    if (file == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    struct pipe_wait *wait = container_of(file, struct pipe_wait, file);
    wait->name = strdup(name);
    wait->timeout_ms = timeout_ms;
    if (wait->name == NULL) {
        object_dereference(&file->object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *result = file;
    return STATUS_SUCCESS;
}
