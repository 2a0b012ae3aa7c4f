/* SPDX-License-Identifier: MIT */
/* io_uring, on one library thread with all signals blocked: submitting on application threads would
 * make their own system calls fail with EINTR and tie requests to the life of the thread. Others
 * hand operations over on a short list and wake the thread only if it sleeps in the kernel; it
 * submits all that came with one system call, which also waits. The kernel knows an operation by
 * slot and generation. */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/internal.h"
#include "engine/order.h"
#include "engine/uring_abi.h"

enum {
    RING_ENTRIES = 256,
    RING_DEPTH = 1024, /* operations in the kernel at once; the rest wait on the list */
    RING_COMPLETIONS = 4096,
    RETRY_NS = 1000 * 1000,
};

#define TOKEN_WAKE   UINT64_MAX
#define TOKEN_CANCEL (UINT64_MAX - 1)

enum ring_phase { RING_UNKNOWN, RING_STARTING, RING_UP, RING_ABSENT };

struct ring_slot {
    struct engine_op *op; /* NULL: free */
    uint32_t generation;
    uint32_t next_free;    /* index + 1 */
    struct list to_cancel; /* on ring.to_cancel, or linked to itself */
};

/* What the thread alone touches. */
struct ring_map {
    int fd, wake_fd;
    uint64_t wake_count; /* read by the ring */
    bool wake_armed;
    _Atomic uint32_t *submit_head, *submit_tail, *complete_head, *complete_tail;
    uint32_t submit_mask, submit_count, complete_mask;
    struct ring_entry *entries;
    struct ring_completion *completions;
    uint32_t tail; /* of the entries filled */
};

static struct {
    struct lock start;
    _Atomic uint32_t phase;

    struct lock lock;
    struct list incoming;  /* struct engine_op.link */
    struct list ended;     /* cancelled before the kernel saw them */
    struct list to_cancel; /* struct ring_slot.to_cancel */
    bool sleeping;
    uint32_t free_first;
    struct ring_slot slots[RING_DEPTH];

    struct ring_map map;
} ring = {
    .incoming = {&ring.incoming, &ring.incoming},
    .ended = {&ring.ended, &ring.ended},
    .to_cancel = {&ring.to_cancel, &ring.to_cancel},
};

static int ring_setup(struct ring_parameters *parameters)
{
    static const uint32_t wishes[] = {RING_SETUP_SINGLE_ISSUER | RING_SETUP_DEFER_TASKRUN, 0};
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < sizeof(wishes) / sizeof(*wishes); i++) {
        memset(parameters, 0, sizeof(*parameters));
        parameters->flags = RING_SETUP_CQSIZE | wishes[i];
        parameters->complete_entries = RING_COMPLETIONS;
        fd = (int)syscall(RING_SYS_SETUP, RING_ENTRIES, parameters);
        if (fd < 0 && errno != EINVAL)
            break; /* EPERM, ENOSYS, EACCES, no memory */
    }
    const uint32_t needed =
        RING_FEATURE_SINGLE_MMAP | RING_FEATURE_NODROP | RING_FEATURE_CURRENT_POSITION;
    if (fd >= 0 && (parameters->features & needed) != needed) {
        close(fd);
        return -1;
    }
    return fd;
}

static void *ring_mmap(int fd, size_t bytes, uint64_t what)
{
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)what);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, bytes, MADV_DONTFORK);
    return memory;
}

static bool ring_open(struct ring_map *map)
{
    struct ring_parameters parameters;
    map->fd = ring_setup(&parameters);
    if (map->fd < 0)
        return false;
    const struct ring_submit_offsets *submit = &parameters.submit;
    const struct ring_complete_offsets *complete = &parameters.complete;
    size_t bytes = submit->array + parameters.submit_entries * sizeof(uint32_t);
    size_t other =
        complete->completions + parameters.complete_entries * sizeof(struct ring_completion);
    bytes = bytes > other ? bytes : other;
    size_t entry_bytes = parameters.submit_entries * sizeof(struct ring_entry);
    char *rings = ring_mmap(map->fd, bytes, RING_MMAP_RINGS);
    map->entries = ring_mmap(map->fd, entry_bytes, RING_MMAP_ENTRIES);
    map->wake_fd = eventfd(0, EFD_CLOEXEC);
    if (rings == NULL || map->entries == NULL || map->wake_fd < 0) {
        if (rings != NULL)
            munmap(rings, bytes);
        if (map->entries != NULL)
            munmap(map->entries, entry_bytes);
        if (map->wake_fd >= 0)
            close(map->wake_fd);
        close(map->fd);
        return false;
    }
    map->submit_head = (_Atomic uint32_t *)(rings + submit->head);
    map->submit_tail = (_Atomic uint32_t *)(rings + submit->tail);
    map->complete_head = (_Atomic uint32_t *)(rings + complete->head);
    map->complete_tail = (_Atomic uint32_t *)(rings + complete->tail);
    map->submit_mask = parameters.submit_entries - 1;
    map->submit_count = parameters.submit_entries;
    map->complete_mask = parameters.complete_entries - 1;
    map->completions = (struct ring_completion *)(rings + complete->completions);
    uint32_t *array = (uint32_t *)(rings + submit->array);
    for (uint32_t i = 0; i < parameters.submit_entries; i++)
        array[i] = i;
    map->tail = atomic_load(map->submit_tail);
    return true;
}

static uint32_t ring_unsubmitted(const struct ring_map *map)
{
    return map->tail - atomic_load_explicit(map->submit_head, memory_order_acquire);
}

static bool ring_has_room(const struct ring_map *map)
{
    return ring_unsubmitted(map) < map->submit_count;
}

static struct ring_entry *ring_entry_next(struct ring_map *map)
{
    struct ring_entry *entry = &map->entries[map->tail++ & map->submit_mask];
    memset(entry, 0, sizeof(*entry));
    return entry;
}

/* A read of the wake eventfd always pends. */
static void ring_arm_wake(struct ring_map *map)
{
    if (map->wake_armed || !ring_has_room(map))
        return;
    map->wake_armed = true;
    struct ring_entry *entry = ring_entry_next(map);
    entry->opcode = RING_OP_READ;
    entry->fd = map->wake_fd;
    entry->address = (uintptr_t)&map->wake_count;
    entry->length = sizeof(map->wake_count);
    entry->user_data = TOKEN_WAKE;
}

static uint64_t ring_name(uint32_t index)
{
    return (uint64_t)ring.slots[index].generation << 32 | index;
}

/* Lock held; a slot is free and there is room for the entry. */
static void ring_start(struct ring_map *map, struct engine_op *op)
{
    uint32_t index = ring.free_first - 1;
    struct ring_slot *slot = &ring.slots[index];
    ring.free_first = slot->next_free;
    slot->op = op;
    op->id = index;
    struct ring_entry *entry = ring_entry_next(map);
    entry->fd = op->fd;
    entry->user_data = ring_name(index);
    if (op->code == ENGINE_FSYNC) {
        entry->opcode = RING_OP_FSYNC;
    } else {
        entry->opcode = op->code == ENGINE_READ ? RING_OP_READ : RING_OP_WRITE;
        entry->address = (uintptr_t)op->buffer;
        entry->length = op->length;
        entry->offset = op->offset; /* ENGINE_POSITION is the kernel's -1 */
    }
    op_enter(op, OP_RING);
    order_publish(op);
}

/* Takes over what others left; true: nothing more can be done before a completion or a wake. */
static bool ring_collect(struct ring_map *map, struct list *ended)
{
    ring_arm_wake(map);
    lock_acquire(&ring.lock);
    list_splice_back(ended, &ring.ended);
    while (ring.free_first != 0 && !list_empty(&ring.incoming) && ring_has_room(map))
        ring_start(map, op_from_link(list_pop_front(&ring.incoming)));
    while (!list_empty(&ring.to_cancel) && ring_has_room(map)) {
        struct ring_slot *slot =
            container_of(list_pop_front(&ring.to_cancel), struct ring_slot, to_cancel);
        struct ring_entry *entry = ring_entry_next(map);
        entry->opcode = RING_OP_ASYNC_CANCEL;
        entry->fd = -1;
        entry->address = ring_name((uint32_t)(slot - ring.slots));
        entry->user_data = TOKEN_CANCEL;
    }
    bool blocked =
        !list_empty(&ring.to_cancel) || (!list_empty(&ring.incoming) && ring.free_first != 0);
    ring.sleeping = list_empty(ended) && !blocked && map->wake_armed;
    bool sleeping = ring.sleeping;
    lock_release(&ring.lock);
    return sleeping;
}

static void ring_enter(struct ring_map *map, bool wait)
{
    atomic_store_explicit(map->submit_tail, map->tail, memory_order_release);
    long entered = syscall(RING_SYS_ENTER, map->fd, ring_unsubmitted(map), wait ? 1 : 0,
                           RING_ENTER_GETEVENTS, NULL, 0);
    if (entered < 0 && errno != EINTR && errno != EBUSY) {
        /* EAGAIN: the kernel has no memory for a request now. What completes meanwhile is reaped;
         * the word is nobody's, the wait is only a pause. */
        static _Atomic uint32_t nobody;
        futex_wait(&nobody, 0, clock_now_ns() + RETRY_NS);
    }
}

/* Frees the slot; NULL if the operation has to be submitted again. Lock held. */
static struct engine_op *ring_retire(const struct ring_completion *completion)
{
    uint32_t index = (uint32_t)completion->user_data;
    struct ring_slot *slot = &ring.slots[index];
    struct engine_op *op = slot->op;
    slot->op = NULL;
    slot->generation++;
    slot->next_free = ring.free_first;
    ring.free_first = index + 1;
    list_remove(&slot->to_cancel);
    order_observe(op);
    if (completion->result == -EINTR && !engine_work_cancelled(op)) {
        op_enter(op, OP_RING_QUEUED);
        list_push_back(&ring.incoming, &op->link);
        return NULL;
    }
    op->result = op_verdict(op, completion->result);
    op_enter(op, OP_FINISHED);
    return op;
}

static void ring_reap(struct ring_map *map)
{
    struct list finished;
    list_init(&finished);
    uint32_t head = atomic_load_explicit(map->complete_head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(map->complete_tail, memory_order_acquire);
    lock_acquire(&ring.lock);
    ring.sleeping = false;
    for (; head != tail; head++) {
        const struct ring_completion *completion = &map->completions[head & map->complete_mask];
        if (completion->user_data == TOKEN_WAKE) {
            map->wake_armed = false;
        } else if (completion->user_data != TOKEN_CANCEL) {
            struct engine_op *op = ring_retire(completion);
            if (op != NULL)
                list_push_back(&finished, &op->link);
        }
    }
    lock_release(&ring.lock);
    atomic_store_explicit(map->complete_head, head, memory_order_release);
    struct list *link;
    while ((link = list_pop_front(&finished)) != NULL) {
        struct engine_op *op = op_from_link(link);
        op_finish(op, op->result);
    }
}

static void *ring_run(void *context)
{
    (void)context;
    struct ring_map *map = &ring.map;
    bool up = ring_open(map);
    atomic_store(&ring.phase, up ? RING_UP : RING_ABSENT);
    futex_wake(&ring.phase, INT32_MAX);
    if (!up)
        return NULL;
    for (;;) {
        struct list ended;
        list_init(&ended);
        bool wait = ring_collect(map, &ended);
        struct list *link;
        while ((link = list_pop_front(&ended)) != NULL)
            op_finish(op_from_link(link), -ECANCELED);
        ring_enter(map, wait);
        ring_reap(map);
    }
    return NULL;
}

static uint32_t ring_begin(void)
{
    for (uint32_t i = 0; i < RING_DEPTH; i++) {
        ring.slots[i].next_free = i + 1 < RING_DEPTH ? i + 2 : 0;
        list_init(&ring.slots[i].to_cancel);
    }
    ring.free_first = 1;
    atomic_store(&ring.phase, RING_STARTING);
    if (engine_thread_start("ovl-ring", ring_run, NULL) != 0)
        atomic_store(&ring.phase, RING_ABSENT);
    while (atomic_load(&ring.phase) == RING_STARTING)
        futex_wait(&ring.phase, RING_STARTING, FUTEX_NO_DEADLINE);
    return atomic_load(&ring.phase);
}

bool uring_available(void)
{
    uint32_t phase = atomic_load_explicit(&ring.phase, memory_order_acquire);
    if (engine_likely(phase == RING_UP || phase == RING_ABSENT))
        return phase == RING_UP;
    lock_acquire(&ring.start);
    phase = atomic_load(&ring.phase);
    if (phase == RING_UNKNOWN)
        phase = ring_begin();
    lock_release(&ring.start);
    return phase == RING_UP;
}

/* Lock held, and dropped: wakes the thread if it sleeps. */
static void ring_unlock_and_wake(void)
{
    bool wake = ring.sleeping;
    ring.sleeping = false;
    lock_release(&ring.lock);
    uint64_t one = 1;
    if (wake && write(ring.map.wake_fd, &one, sizeof(one)) < 0)
        return; /* refused only at the counter's end */
}

void uring_submit(struct engine_op *op)
{
    lock_acquire(&ring.lock);
    if (op_enter(op, OP_RING_QUEUED)) {
        op_enter(op, OP_FINISHED);
        list_push_back(&ring.ended, &op->link);
    } else {
        list_push_back(&ring.incoming, &op->link);
    }
    ring_unlock_and_wake();
}

void uring_cancel(struct engine_op *op)
{
    lock_acquire(&ring.lock);
    enum op_stage stage = op_stage(op);
    if (stage == OP_RING_QUEUED) {
        list_remove(&op->link);
        list_push_back(&ring.ended, &op->link);
        op_enter(op, OP_FINISHED);
    } else if (stage == OP_RING && list_empty(&ring.slots[op->id].to_cancel)) {
        list_push_back(&ring.to_cancel, &ring.slots[op->id].to_cancel);
    }
    ring_unlock_and_wake();
}
