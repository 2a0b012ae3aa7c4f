/* SPDX-License-Identifier: MIT */
/* The executive without the faces: waits, handles against closing, requests of a driver of its own that pends
 * everything, cancel against completion from several threads, ports. Each race counts what it saw. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "nt/file.h"
#include "nt/port.h"

static int checks, failures;

static void check(bool good, const char *what)
{
    checks++;
    failures += !good;
    printf("%sok %d - %s\n", good ? "" : "not ", checks, what);
}

/* ---- A driver that keeps every request until it is told to end one ------------------------------------ */

struct keeper {
    struct file file;
    struct lock lock;
    struct list kept;
};

static void keeper_cancel(struct irp *irp)
{
    struct keeper *keeper = container_of(irp->file, struct keeper, file);
    lock_acquire(&keeper->lock);
    bool mine = !list_empty(&irp->queue_link);
    list_remove(&irp->queue_link);
    lock_release(&keeper->lock);
    if (mine)
        irp_complete(irp, STATUS_CANCELLED, 0);
}

static int32_t keeper_read(struct irp *irp)
{
    struct keeper *keeper = container_of(irp->file, struct keeper, file);
    if (irp->length == 1) { /* a length of one is answered at once */
        irp->information = 1;
        return STATUS_SUCCESS;
    }
    if (irp->length == 2)
        return STATUS_END_OF_FILE;
    lock_acquire(&keeper->lock);
    irp_pend(irp, keeper_cancel);
    list_push_back(&keeper->kept, &irp->queue_link);
    lock_release(&keeper->lock);
    return STATUS_PENDING;
}

static bool keeper_end_one(struct keeper *keeper, int32_t status)
{
    lock_acquire(&keeper->lock);
    struct list *node = list_pop_front(&keeper->kept);
    lock_release(&keeper->lock);
    if (node == NULL)
        return false;
    struct irp *irp = container_of(node, struct irp, queue_link);
    irp_complete(irp, status, irp->length);
    return true;
}

static _Atomic int keepers_alive;

static void keeper_close(struct file *file)
{
    (void)file;
    atomic_fetch_sub(&keepers_alive, 1);
}

static const struct driver keeper_driver = {
    .name = "keeper",
    .kind = FILE_KIND_CHAR,
    .dispatch = {[IRP_READ] = keeper_read},
    .close = keeper_close,
};

static struct keeper *keeper_open(uint32_t flags, uint64_t *handle)
{
    struct file *file = file_create(&keeper_driver, sizeof(struct keeper), flags);
    struct keeper *keeper = container_of(file, struct keeper, file);
    list_init(&keeper->kept);
    atomic_fetch_add(&keepers_alive, 1);
    if (nt_file_handle(file, file_type.valid_access, false, handle) != STATUS_SUCCESS)
        abort();
    return keeper;
}

static int32_t read_start(uint64_t handle, struct status_block *block, uint32_t length)
{
    uint64_t information;
    static char buffer[32];
    struct io_call call = {
        .handle = handle, .major = IRP_READ, .block = block, .buffer = buffer, .length = length};
    return nt_io(&call, &information);
}

/* ---- Requests ------------------------------------------------------------------------------------------- */

static void test_requests(void)
{
    uint64_t handle, information;
    struct keeper *keeper = keeper_open(0, &handle);
    struct status_block block = {0};
    check(read_start(handle, &block, 1) == STATUS_SUCCESS && block.information == 1,
          "a request that ends at once writes its block");
    check(read_start(handle, &block, 2) == STATUS_END_OF_FILE, "an error at once is returned");
    check(read_start(handle, &block, 16) == STATUS_PENDING && block.status == STATUS_PENDING,
          "a request pends");
    check(nt_io_result(handle, &block, &information, false, false, 0) == STATUS_PENDING,
          "its result is not there");
    keeper_end_one(keeper, STATUS_SUCCESS);
    check(nt_io_result(handle, &block, &information, true, false, WAIT_FOREVER) == STATUS_SUCCESS &&
              information == 16,
          "its result is there after completion");
    read_start(handle, &block, 16);
    check(nt_cancel_io_ex(handle, &block) == STATUS_SUCCESS && block.status == (uint32_t)STATUS_CANCELLED,
          "CancelIoEx by block");
    check(nt_cancel_io_ex(handle, &block) == STATUS_NOT_FOUND, "nothing left to cancel");
    struct status_block second = {0};
    read_start(handle, &block, 16);
    read_start(handle, &second, 17);
    keeper_end_one(keeper, STATUS_SUCCESS);
    check(block.status == 0 && second.status == STATUS_PENDING, "first in, first out in the keeper");
    handle_close(handle);
    check(second.status == (uint32_t)STATUS_CANCELLED && keepers_alive == 0,
          "closing cancels and the file goes with its last request");
}

/* ---- Cancel against completion --------------------------------------------------------------------------- */

enum { RACE_ROUNDS = 20000 };

struct race {
    uint64_t handle;
    struct keeper *keeper;
    struct status_block block;
    _Atomic uint32_t go, done;
};

static void *race_cancel(void *context)
{
    struct race *race = context;
    for (uint32_t round = 1; round <= RACE_ROUNDS; round++) {
        while (atomic_load(&race->go) < round)
            cpu_relax();
        nt_cancel_io_ex(race->handle, &race->block);
        atomic_store(&race->done, round);
    }
    return NULL;
}

static void test_cancel_race(void)
{
    struct race race = {0};
    race.keeper = keeper_open(0, &race.handle);
    struct port *port = port_create(1);
    port_associate(port, &race.keeper->file, 7);
    pthread_t thread;
    pthread_create(&thread, NULL, race_cancel, &race);
    int ended = 0, cancelled = 0, packets = 0;
    for (uint32_t round = 1; round <= RACE_ROUNDS; round++) {
        read_start(race.handle, &race.block, 8);
        atomic_store(&race.go, round);
        for (int spin = 0; spin < (int)(round % 200); spin++)
            cpu_relax();
        bool completed = keeper_end_one(race.keeper, STATUS_SUCCESS);
        while (atomic_load(&race.done) < round)
            cpu_relax();
        if (!completed)
            keeper_end_one(race.keeper, STATUS_SUCCESS);
        struct port_entry entry;
        uint32_t taken;
        while (port_remove(port, &entry, 1, &taken, false, 0) == STATUS_SUCCESS) {
            packets++;
            ended += entry.status == STATUS_SUCCESS;
            cancelled += entry.status == STATUS_CANCELLED;
        }
    }
    pthread_join(thread, NULL);
    check(packets == RACE_ROUNDS && ended + cancelled == RACE_ROUNDS, "each request ended exactly once");
    printf("# %d ended, %d cancelled\n", ended, cancelled);
    handle_close(race.handle);
    object_dereference(&port->object);
}

/* ---- Look-up against closing ------------------------------------------------------------------------------ */

static _Atomic uint64_t churn_handle;
static _Atomic bool churn_stop;

static void *churn_read(void *context)
{
    uint64_t *good = context;
    while (!atomic_load(&churn_stop)) {
        struct status_block block = {0};
        *good += read_start(atomic_load(&churn_handle), &block, 1) == STATUS_SUCCESS;
    }
    return NULL;
}

static void test_close_race(void)
{
    pthread_t threads[3];
    uint64_t good[3] = {0};
    uint64_t handle;
    keeper_open(0, &handle);
    atomic_store(&churn_handle, handle);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, churn_read, &good[i]);
    for (int round = 0; round < 20000; round++) {
        uint64_t next;
        keeper_open(0, &next);
        uint64_t old = atomic_exchange(&churn_handle, next);
        handle_close(old);
    }
    atomic_store(&churn_stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    handle_close(atomic_load(&churn_handle));
    check(keepers_alive == 0, "every file closed under readers was destroyed once");
    printf("# %lu reads\n", (unsigned long)(good[0] + good[1] + good[2]));
}

/* ---- Waits -------------------------------------------------------------------------------------------------- */

static struct dispatcher ping, pong;

static void *pong_run(void *context)
{
    for (int i = 0; i < *(int *)context; i++) {
        wait_for_one(&ping, false, WAIT_FOREVER);
        dispatcher_set(&pong);
    }
    return NULL;
}

static void test_waits(void)
{
    struct dispatcher a, b;
    dispatcher_init(&a, DISPATCHER_SYNCHRONIZATION, 0);
    dispatcher_init(&b, DISPATCHER_NOTIFICATION, 1);
    struct dispatcher *both[] = {&a, &b};
    check(wait_for(both, 2, false, false, 0) == 1, "any: the signalled one");
    check(wait_for(both, 2, true, false, 0) == STATUS_TIMEOUT, "all: not yet");
    dispatcher_set(&a);
    check(wait_for(both, 2, true, false, 0) == 0 && a.signal == 0 && b.signal == 1, "all: consumed");
    uint64_t start = clock_now_ns();
    check(wait_for(both, 1, false, false, clock_deadline_ns(5000000)) == STATUS_TIMEOUT &&
              clock_now_ns() - start >= 5000000,
          "a time-out is not early");
    int rounds = 20000;
    dispatcher_init(&ping, DISPATCHER_SYNCHRONIZATION, 0);
    dispatcher_init(&pong, DISPATCHER_SYNCHRONIZATION, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, pong_run, &rounds);
    for (int i = 0; i < rounds; i++) {
        dispatcher_set(&ping);
        struct dispatcher *two[] = {&a, &pong};
        wait_for(two, 2, false, false, WAIT_FOREVER);
    }
    pthread_join(thread, NULL);
    check(ping.signal == 0 && pong.signal == 0, "no signal lost between two threads");
}

/* ---- Ports: producers and consumers ------------------------------------------------------------------------- */

enum { PACKETS = 100000, PRODUCERS = 4, CONSUMERS = 4 };

static struct port *shared_port;
static _Atomic uint32_t seen[PRODUCERS][PACKETS];
static _Atomic uint32_t running, most;

static void *produce(void *number)
{
    for (uintptr_t i = 0; i < PACKETS; i++)
        port_post(shared_port, (uintptr_t)number, (void *)i, 0);
    return NULL;
}

static void *consume(void *context)
{
    uint64_t *order_errors = context;
    uintptr_t last[PRODUCERS] = {0};
    for (;;) {
        struct port_entry entry;
        uint32_t taken;
        if (port_remove(shared_port, &entry, 1, &taken, false, WAIT_FOREVER) != STATUS_SUCCESS)
            return NULL;
        if (entry.key == PRODUCERS)
            return NULL;
        uint32_t now = atomic_fetch_add(&running, 1) + 1;
        uint32_t high = atomic_load(&most);
        while (now > high && !atomic_compare_exchange_weak(&most, &high, now))
            ;
        atomic_fetch_add(&seen[entry.key][(uintptr_t)entry.overlapped], 1);
        *order_errors += (uintptr_t)entry.overlapped < last[entry.key];
        last[entry.key] = (uintptr_t)entry.overlapped;
        atomic_fetch_sub(&running, 1);
    }
}

static void test_port(uint32_t limit)
{
    shared_port = port_create(limit);
    memset((void *)seen, 0, sizeof seen);
    atomic_store(&most, 0);
    pthread_t producers[PRODUCERS], consumers[CONSUMERS];
    uint64_t errors[CONSUMERS] = {0};
    for (int i = 0; i < CONSUMERS; i++)
        pthread_create(&consumers[i], NULL, consume, &errors[i]);
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        pthread_create(&producers[i], NULL, produce, (void *)i);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(producers[i], NULL);
    for (int i = 0; i < CONSUMERS; i++)
        port_post(shared_port, PRODUCERS, NULL, 0);
    for (int i = 0; i < CONSUMERS; i++)
        pthread_join(consumers[i], NULL);
    bool once = true;
    for (int p = 0; p < PRODUCERS; p++)
        for (int i = 0; i < PACKETS; i++)
            once &= seen[p][i] == 1;
    check(once, "every packet was taken once");
    check(errors[0] + errors[1] + errors[2] + errors[3] == 0, "in order for every consumer");
#ifdef __SANITIZE_THREAD__
    printf("# %u ran at once: under TSan threads block in its runtime, and a blocked thread frees its place\n", most);
#else
    struct engine_info engine;
    engine_describe(&engine);
    if (strcmp(engine.name, "sim") == 0)
        printf("# %u ran at once: sim makes threads sleep inside calls, and a blocked thread frees its place\n", most);
    else
        check(most <= limit, "never more running than the limit");
#endif
    check(list_empty(&shared_port->released) && list_empty(&shared_port->paused) &&
              list_empty(&shared_port->waiting) && shared_port->active == 0,
          "threads that ended have left the port");
    object_dereference(&shared_port->object);
}

int main(void)
{
    test_requests();
    test_cancel_race();
    test_close_race();
    test_waits();
    test_port(1);
    test_port(2);
    printf("1..%d\n", checks);
    return failures != 0;
}
