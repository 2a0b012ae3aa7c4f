/* SPDX-License-Identifier: MIT */
/* The handle table: chunks of slots that are never moved or freed, a list of free slots (oldest first) under
 * one lock that only creating and closing take. Looking up is two loads and a store to the thread's hold. */
#include "nt/handle.h"

#include <stdlib.h>

#include "base/trace.h"
#include "nt/hold.h"
#include "nt/process.h"
#include "ntstatus.h"

enum { CHUNK_SLOTS = 1024, CHUNKS = 4096, HANDLE_STEP = 4 };

struct slot {
    _Atomic(struct object *) object;
    _Atomic uint32_t access;
    _Atomic uint32_t flags;
    uint32_t next_free;
};

static struct {
    struct lock lock;
    _Atomic(struct slot *) chunks[CHUNKS];
    uint32_t used;       /* slots ever handed out; slot 0 is none */
    uint32_t free_first; /* 0: none */
    uint32_t free_last;
} table = {.used = 1};

static struct slot *slot_at(uint64_t handle)
{
    uint64_t index = handle / HANDLE_STEP;
    if (index == 0 || index >= (uint64_t)CHUNK_SLOTS * CHUNKS)
        return NULL;
    struct slot *chunk =
        atomic_load_explicit(&table.chunks[index / CHUNK_SLOTS], memory_order_acquire);
    return chunk == NULL ? NULL : &chunk[index % CHUNK_SLOTS];
}

/* Under the lock. 0: the table is full or there is no memory. */
static uint32_t slot_take(void)
{
    uint32_t index = table.free_first;
    if (index != 0) {
        table.free_first = slot_at((uint64_t)index * HANDLE_STEP)->next_free;
        return index;
    }
    index = table.used;
    if (index == CHUNK_SLOTS * CHUNKS)
        return 0;
    if (atomic_load_explicit(&table.chunks[index / CHUNK_SLOTS], memory_order_relaxed) == NULL) {
        struct slot *chunk = calloc(CHUNK_SLOTS, sizeof *chunk);
        if (chunk == NULL)
            return 0;
        atomic_store_explicit(&table.chunks[index / CHUNK_SLOTS], chunk, memory_order_release);
    }
    table.used++;
    return index;
}

/* Under the lock. */
static void slot_give(uint32_t index)
{
    slot_at((uint64_t)index * HANDLE_STEP)->next_free = 0;
    if (table.free_first == 0)
        table.free_first = index;
    else
        slot_at((uint64_t)table.free_last * HANDLE_STEP)->next_free = index;
    table.free_last = index;
}

int32_t handle_create(struct object *object, uint32_t access, uint32_t flags, uint64_t *handle)
{
    lock_acquire(&table.lock);
    uint32_t index = slot_take();
    if (index == 0) {
        lock_release(&table.lock);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *handle = (uint64_t)index * HANDLE_STEP;
    struct slot *slot = slot_at(*handle);
    object_reference(object);
    atomic_fetch_add_explicit(&object->handles, 1, memory_order_relaxed);
    atomic_store_explicit(&slot->access, access, memory_order_relaxed);
    atomic_store_explicit(&slot->flags, flags, memory_order_relaxed);
    atomic_store_explicit(&slot->object, object, memory_order_release);
    lock_release(&table.lock);
    TRACE(HANDLE, handle_made, *handle, TRACE_POINTER(object), access);
    return STATUS_SUCCESS;
}

int32_t handle_close(uint64_t handle)
{
    if (handle == HANDLE_CURRENT_PROCESS || handle == HANDLE_CURRENT_THREAD)
        return STATUS_SUCCESS; /* CloseHandle on a pseudo-handle does nothing */
    struct slot *slot = slot_at(handle);
    if (slot == NULL)
        return STATUS_INVALID_HANDLE;
    lock_acquire(&table.lock);
    struct object *object = atomic_load_explicit(&slot->object, memory_order_relaxed);
    if (object == NULL || atomic_load(&slot->flags) & HANDLE_PROTECTED) {
        lock_release(&table.lock);
        return object == NULL ? STATUS_INVALID_HANDLE : STATUS_HANDLE_NOT_CLOSABLE;
    }
    atomic_store_explicit(&slot->object, NULL, memory_order_seq_cst);
    slot_give((uint32_t)(handle / HANDLE_STEP));
    bool last = atomic_fetch_sub_explicit(&object->handles, 1, memory_order_acq_rel) == 1;
    lock_release(&table.lock);
    TRACE(HANDLE, handle_closed, handle, TRACE_POINTER(object));
    if (last && object->type->handle_closed != NULL)
        object->type->handle_closed(object);
    object_dereference(object);
    return STATUS_SUCCESS;
}

/* What the pseudo-handles stand for; they need no protection: the caller is alive. */
static struct object *pseudo_object(uint64_t handle)
{
    if (handle == HANDLE_CURRENT_THREAD)
        return &thread_self()->object;
    return handle == HANDLE_CURRENT_PROCESS ? process_self() : NULL;
}

#ifdef HOLD_COUNTS

static struct object *slot_hold(struct thread *self, struct slot *slot)
{
    (void)self;
    lock_acquire(&table.lock);
    struct object *object = atomic_load(&slot->object);
    if (object != NULL)
        object_reference(object);
    lock_release(&table.lock);
    return object;
}

static void pseudo_hold(struct thread *self, struct object *object)
{
    (void)self;
    object_reference(object);
}

void handle_release(struct object *object)
{
    object_dereference(object);
}

#else

/* Lets the newest hold go, and looks after objects whose destruction waited for it. */
static void hold_clear(_Atomic(struct object *) *hold)
{
    atomic_store_explicit(hold, NULL, memory_order_release);
    hold_fence();
    if (__builtin_expect(atomic_load_explicit(&hold_deferred, memory_order_relaxed), 0))
        hold_reap();
}

static struct object *slot_hold(struct thread *self, struct slot *slot)
{
    struct object *object = atomic_load_explicit(&slot->object, memory_order_acquire);
    while (object != NULL) {
        atomic_store_explicit(&self->holds[self->hold_depth], object, memory_order_relaxed);
        hold_fence();
        struct object *again = atomic_load_explicit(&slot->object, memory_order_acquire);
        if (again == object) {
            self->hold_depth++;
            return object;
        }
        object = again;
    }
    hold_clear(&self->holds[self->hold_depth]); /* the destroyer may have seen it published */
    return NULL;
}

static void pseudo_hold(struct thread *self, struct object *object)
{
    atomic_store_explicit(&self->holds[self->hold_depth++], object, memory_order_relaxed);
}

void handle_release(struct object *object)
{
    (void)object;
    struct thread *self = thread_current;
    hold_clear(&self->holds[--self->hold_depth]);
}

#endif

int32_t handle_hold(uint64_t handle, const struct object_type *type, uint32_t access,
                    struct object **object)
{
    struct thread *self = thread_self();
    struct slot *slot = slot_at(handle);
    struct object *found;
    uint32_t granted;
    if (__builtin_expect(slot == NULL, 0)) {
        found = pseudo_object(handle);
        if (found == NULL)
            return STATUS_INVALID_HANDLE;
        pseudo_hold(self, found);
        granted = UINT32_MAX;
    } else {
        found = slot_hold(self, slot);
        if (__builtin_expect(found == NULL, 0))
            return STATUS_INVALID_HANDLE;
        granted = atomic_load_explicit(&slot->access, memory_order_relaxed);
    }
    if (__builtin_expect(type != NULL && found->type != type, 0)) {
        handle_release(found);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (__builtin_expect((granted & access) != access, 0)) {
        handle_release(found);
        return STATUS_ACCESS_DENIED;
    }
    *object = found;
    return STATUS_SUCCESS;
}

int32_t handle_reference(uint64_t handle, const struct object_type *type, uint32_t access,
                         struct object **object)
{
    int32_t status = handle_hold(handle, type, access, object);
    if (status != STATUS_SUCCESS)
        return status;
    object_reference(*object);
    handle_release(*object);
    return STATUS_SUCCESS;
}

#ifdef HOLD_COUNTS

static int32_t reference_each(void *const handles[], uint32_t count, uint32_t access,
                              struct object *objects[], uint32_t *taken)
{
    int32_t status = STATUS_SUCCESS;
    for (*taken = 0; *taken < count && status == STATUS_SUCCESS; *taken += status == STATUS_SUCCESS)
        status = handle_reference((uint64_t)(uintptr_t)handles[*taken], NULL, access, &objects[*taken]);
    return status;
}

#else

/* One hold slot serves all, and is cleared once at the end. */
static int32_t reference_each(void *const handles[], uint32_t count, uint32_t access,
                              struct object *objects[], uint32_t *taken)
{
    struct thread *self = thread_self();
    _Atomic(struct object *) *hold = &self->holds[self->hold_depth];
    int32_t status = STATUS_SUCCESS;
    uint32_t i = 0;
    for (; i < count; i++) {
        uint64_t handle = (uint64_t)(uintptr_t)handles[i];
        struct slot *slot = slot_at(handle);
        if (__builtin_expect(slot == NULL, 0)) {
            status = handle_reference(handle, NULL, access, &objects[i]);
            if (status != STATUS_SUCCESS)
                break;
            continue;
        }
        struct object *object = atomic_load_explicit(&slot->object, memory_order_acquire), *held;
        do {
            held = object;
            atomic_store_explicit(hold, held, memory_order_relaxed);
            hold_fence();
            object = atomic_load_explicit(&slot->object, memory_order_acquire);
        } while (object != held);
        if (__builtin_expect(object == NULL, 0)) {
            status = STATUS_INVALID_HANDLE;
            break;
        }
        if (__builtin_expect((atomic_load_explicit(&slot->access, memory_order_relaxed) & access) != access,
                             0)) {
            status = STATUS_ACCESS_DENIED;
            break;
        }
        atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
        objects[i] = object;
    }
    atomic_store_explicit(hold, NULL, memory_order_release);
    hold_fence();
    if (__builtin_expect(atomic_load_explicit(&hold_deferred, memory_order_relaxed), 0))
        hold_reap();
    *taken = i;
    return status;
}

#endif

int32_t handle_reference_all(void *const handles[], uint32_t count, uint32_t access, struct object *objects[])
{
    uint32_t taken;
    int32_t status = reference_each(handles, count, access, objects, &taken);
    if (__builtin_expect(status != STATUS_SUCCESS, 0))
        object_dereference_all(objects, taken);
    return status;
}

int32_t handle_duplicate(uint64_t source, uint32_t access, bool same_access, uint32_t flags,
                         uint64_t *handle)
{
    struct object *object;
    int32_t status = handle_hold(source, NULL, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct slot *slot = slot_at(source);
    uint32_t granted = slot == NULL ? object->type->valid_access : atomic_load(&slot->access);
    /* Only from an object that still has a handle: one that is being closed is not revived. The
     * pseudo-handles count as handles that are always there. */
    uint32_t handles = atomic_load(&object->handles);
    while (slot != NULL && handles != 0 &&
           !atomic_compare_exchange_weak(&object->handles, &handles, handles + 1))
        ;
    if (slot != NULL && handles == 0) {
        handle_release(object);
        return STATUS_INVALID_HANDLE;
    }
    status = handle_create(object, same_access ? granted : access, flags, handle);
    bool last = slot != NULL && atomic_fetch_sub(&object->handles, 1) == 1;
    if (last && object->type->handle_closed != NULL) {
        object_reference(object);
        handle_release(object);
        object->type->handle_closed(object);
        object_dereference(object);
        return status;
    }
    handle_release(object);
    return status;
}

int32_t handle_get_info(uint64_t handle, uint32_t *access, uint32_t *flags)
{
    struct slot *slot = slot_at(handle);
    if (slot == NULL || atomic_load(&slot->object) == NULL)
        return STATUS_INVALID_HANDLE;
    *access = atomic_load(&slot->access);
    *flags = atomic_load(&slot->flags);
    return STATUS_SUCCESS;
}

int32_t handle_set_flags(uint64_t handle, uint32_t mask, uint32_t flags)
{
    struct slot *slot = slot_at(handle);
    if (slot == NULL)
        return STATUS_INVALID_HANDLE;
    lock_acquire(&table.lock);
    int32_t status = STATUS_INVALID_HANDLE;
    if (atomic_load(&slot->object) != NULL) {
        atomic_store(&slot->flags, (atomic_load(&slot->flags) & ~mask) | (flags & mask));
        status = STATUS_SUCCESS;
    }
    lock_release(&table.lock);
    return status;
}

void handle_each(void (*visit)(uint64_t handle, struct object *object, void *context), void *context)
{
    lock_acquire(&table.lock);
    uint32_t used = table.used;
    lock_release(&table.lock);
    for (uint32_t index = 1; index < used; index++) {
        uint64_t handle = (uint64_t)index * HANDLE_STEP;
        struct object *object;
        if (handle_reference(handle, NULL, 0, &object) != STATUS_SUCCESS)
            continue;
        visit(handle, object, context);
        object_dereference(object);
    }
}
