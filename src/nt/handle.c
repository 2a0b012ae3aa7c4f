/* SPDX-License-Identifier: MIT */
/* The handle table: chunks of slots that are never moved or freed, a list of free slots (oldest first) under
 * one lock that only creating and closing take. Looking up is two loads and a store to the thread's hold. */
#include "nt/handle.h"

#include <stdlib.h>

#include "base/trace.h"
#include "nt/handle_table.h"
#include "nt/hold.h"
#include "nt/process.h"
#include "ntstatus.h"

struct handle_table handle_table = {.used = 1};

/* Under the lock. 0: the table is full or there is no memory. */
static uint32_t slot_take(void)
{
    uint32_t index = handle_table.free_first;
    if (index != 0) {
        handle_table.free_first = slot_at((uint64_t)index * HANDLE_STEP)->next_free;
        return index;
    }
    index = handle_table.used;
    if (index == CHUNK_SLOTS * CHUNKS)
        return 0;
    if (atomic_load_explicit(&handle_table.chunks[index / CHUNK_SLOTS], memory_order_relaxed) == NULL) {
        struct handle_slot *chunk = calloc(CHUNK_SLOTS, sizeof *chunk);
        if (chunk == NULL)
            return 0;
        atomic_store_explicit(&handle_table.chunks[index / CHUNK_SLOTS], chunk, memory_order_release);
    }
    handle_table.used++;
    return index;
}

/* Under the lock. */
static void slot_give(uint32_t index)
{
    slot_at((uint64_t)index * HANDLE_STEP)->next_free = 0;
    if (handle_table.free_first == 0)
        handle_table.free_first = index;
    else
        slot_at((uint64_t)handle_table.free_last * HANDLE_STEP)->next_free = index;
    handle_table.free_last = index;
}

int32_t handle_create(struct object *object, uint32_t access, uint32_t flags, uint64_t *handle)
{
    lock_acquire(&handle_table.lock);
    uint32_t index = slot_take();
    if (index == 0) {
        lock_release(&handle_table.lock);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *handle = (uint64_t)index * HANDLE_STEP;
    struct handle_slot *slot = slot_at(*handle);
    object_reference(object);
    atomic_fetch_add_explicit(&object->handles, 1, memory_order_relaxed);
    atomic_store_explicit(&slot->access, access, memory_order_relaxed);
    atomic_store_explicit(&slot->flags, flags, memory_order_relaxed);
    atomic_store_explicit(&slot->object, object, memory_order_release);
    lock_release(&handle_table.lock);
    TRACE(HANDLE, handle_made, *handle, TRACE_POINTER(object), access);
    return STATUS_SUCCESS;
}

int32_t handle_close(uint64_t handle)
{
    if (handle == HANDLE_CURRENT_PROCESS || handle == HANDLE_CURRENT_THREAD)
        return STATUS_SUCCESS; /* CloseHandle on a pseudo-handle does nothing */
    struct handle_slot *slot = slot_at(handle);
    if (slot == NULL)
        return STATUS_INVALID_HANDLE;
    lock_acquire(&handle_table.lock);
    struct object *object = atomic_load_explicit(&slot->object, memory_order_relaxed);
    if (object == NULL || atomic_load(&slot->flags) & HANDLE_PROTECTED) {
        lock_release(&handle_table.lock);
        return object == NULL ? STATUS_INVALID_HANDLE : STATUS_HANDLE_NOT_CLOSABLE;
    }
    atomic_store_explicit(&slot->object, NULL, memory_order_seq_cst);
    slot_give((uint32_t)(handle / HANDLE_STEP));
    bool last = atomic_fetch_sub_explicit(&object->handles, 1, memory_order_acq_rel) == 1;
    lock_release(&handle_table.lock);
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

void handle_release(struct object *object)
{
    object_dereference(object);
}

static struct object *slot_hold(struct thread *self, struct handle_slot *slot)
{
    (void)self;
    lock_acquire(&handle_table.lock);
    struct object *object = atomic_load(&slot->object);
    if (object != NULL)
        object_reference(object);
    lock_release(&handle_table.lock);
    return object;
}

static int32_t held_check(struct object *object, uint32_t granted, const struct object_type *type,
                          uint32_t access)
{
    if (type != NULL && object->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    return (granted & access) == access ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

int32_t handle_hold_slow(uint64_t handle, const struct object_type *type, uint32_t access,
                         struct object **object)
{
    struct handle_slot *slot = slot_at(handle);
    struct object *found = slot == NULL ? pseudo_object(handle) : slot_hold(thread_self(), slot);
    if (found == NULL)
        return STATUS_INVALID_HANDLE;
    if (slot == NULL)
        object_reference(found);
    uint32_t granted = slot == NULL ? UINT32_MAX : atomic_load(&slot->access);
    int32_t status = held_check(found, granted, type, access);
    if (status != STATUS_SUCCESS)
        object_dereference(found);
    *object = found;
    return status;
}

#else

void handle_release(struct object *object)
{
    hold_end(object);
}

/* The hold just published is withdrawn; why. */
int32_t handle_hold_refuse(struct thread *self, struct object *object, const struct object_type *type)
{
    hold_clear(&self->holds[--self->hold_depth]);
    if (object == NULL)
        return STATUS_INVALID_HANDLE;
    return type != NULL && object->type != type ? STATUS_OBJECT_TYPE_MISMATCH : STATUS_ACCESS_DENIED;
}

int32_t handle_hold_slow(uint64_t handle, const struct object_type *type, uint32_t access,
                         struct object **object)
{
    (void)access; /* the pseudo-handles have every right */
    struct thread *self = thread_self();
    struct object *found = pseudo_object(handle);
    if (found == NULL)
        return STATUS_INVALID_HANDLE;
    if (type != NULL && found->type != type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    atomic_store_explicit(&self->holds[self->hold_depth++], found, memory_order_relaxed);
    *object = found;
    return STATUS_SUCCESS;
}

#endif

int32_t handle_hold(uint64_t handle, const struct object_type *type, uint32_t access,
                    struct object **object)
{
    return hold_fast(handle, type, access, object);
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
        struct handle_slot *slot = slot_at(handle);
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
    struct handle_slot *slot = slot_at(source);
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
    struct handle_slot *slot = slot_at(handle);
    if (slot == NULL || atomic_load(&slot->object) == NULL)
        return STATUS_INVALID_HANDLE;
    *access = atomic_load(&slot->access);
    *flags = atomic_load(&slot->flags);
    return STATUS_SUCCESS;
}

int32_t handle_set_flags(uint64_t handle, uint32_t mask, uint32_t flags)
{
    struct handle_slot *slot = slot_at(handle);
    if (slot == NULL)
        return STATUS_INVALID_HANDLE;
    lock_acquire(&handle_table.lock);
    int32_t status = STATUS_INVALID_HANDLE;
    if (atomic_load(&slot->object) != NULL) {
        atomic_store(&slot->flags, (atomic_load(&slot->flags) & ~mask) | (flags & mask));
        status = STATUS_SUCCESS;
    }
    lock_release(&handle_table.lock);
    return status;
}

void handle_each(void (*visit)(uint64_t handle, struct object *object, void *context), void *context)
{
    lock_acquire(&handle_table.lock);
    uint32_t used = handle_table.used;
    lock_release(&handle_table.lock);
    for (uint32_t index = 1; index < used; index++) {
        uint64_t handle = (uint64_t)index * HANDLE_STEP;
        struct object *object;
        if (handle_reference(handle, NULL, 0, &object) != STATUS_SUCCESS)
            continue;
        visit(handle, object, context);
        object_dereference(object);
    }
}
