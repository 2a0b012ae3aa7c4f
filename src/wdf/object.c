/* SPDX-License-Identifier: MIT */
/* The life of framework objects: creation with a first context, the tree of parents and children, deletion in its two steps, and the
 * worker that finishes at PASSIVE_LEVEL what was deleted above it. object_api.c has the methods. */
#include "base/zeroed.h"
#include "wdf/object.h"

#include <stdlib.h>

#include "base/futex.h"
#include "engine/engine.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

/* Nothing is reported with LIVE objects: a state moves only forwards. */
static bool object_claim(struct wdf_object *object)
{
    uint8_t live = WDF_LIVE;
    return atomic_compare_exchange_strong(&object->state, &live, WDF_RETIRING);
}

void *wdf_allocate(size_t size)
{
    return verify_memory_fails(VERIFY_CALLER) ? NULL : zeroed(size);
}

/* ---- Creation ------------------------------------------------------------------------------------------------------ */

static size_t context_size(PWDF_OBJECT_ATTRIBUTES attributes)
{
    if (attributes == NULL || attributes->ContextTypeInfo == NULL)
        return 0;
    return attributes->ContextSizeOverride != 0 ? attributes->ContextSizeOverride : attributes->ContextTypeInfo->ContextSize;
}

static NTSTATUS context_check(PWDF_OBJECT_ATTRIBUTES attributes)
{
    PCWDF_OBJECT_CONTEXT_TYPE_INFO type = attributes->ContextTypeInfo;
    if (type == NULL)
        return attributes->ContextSizeOverride != 0 ? STATUS_WDF_OBJECT_ATTRIBUTES_INVALID : STATUS_SUCCESS;
    if (type->Size != sizeof *type)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (type->ContextName != NULL && type->ContextSize == 0)
        return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
    if (attributes->ContextSizeOverride != 0 && attributes->ContextSizeOverride < type->ContextSize)
        return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
    return STATUS_SUCCESS;
}

NTSTATUS wdf_attributes_check(PWDF_OBJECT_ATTRIBUTES attributes, const struct wdf_class *class)
{
    if (attributes == NULL)
        return STATUS_SUCCESS;
    if (attributes->Size != sizeof *attributes)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (attributes->ExecutionLevel < WdfExecutionLevelInheritFromParent ||
        attributes->ExecutionLevel > WdfExecutionLevelDispatch ||
        attributes->SynchronizationScope < WdfSynchronizationScopeInheritFromParent ||
        attributes->SynchronizationScope > WdfSynchronizationScopeNone)
        return STATUS_WDF_OBJECT_ATTRIBUTES_INVALID;
    if (!class->levels && attributes->ExecutionLevel != WdfExecutionLevelInheritFromParent)
        return STATUS_WDF_EXECUTION_LEVEL_INVALID;
    if (!class->scopes && attributes->SynchronizationScope != WdfSynchronizationScopeInheritFromParent)
        return STATUS_WDF_SYNCHRONIZATION_SCOPE_INVALID;
    if (class->no_parent && attributes->ParentObject != NULL)
        return STATUS_WDF_PARENT_ASSIGNMENT_NOT_ALLOWED;
    return context_check(attributes);
}

struct wdf_object *wdf_attributes_parent(PWDF_DRIVER_GLOBALS globals, PWDF_OBJECT_ATTRIBUTES attributes,
                                         struct wdf_object *parent, const void *caller)
{
    if (attributes == NULL || attributes->Size != sizeof *attributes || attributes->ParentObject == NULL)
        return parent;
    return wdf_object_of(globals, attributes->ParentObject, NULL, caller);
}

static PCWDF_OBJECT_CONTEXT_TYPE_INFO context_type(PCWDF_OBJECT_CONTEXT_TYPE_INFO type)
{
    if (type == NULL)
        return NULL;
    if (type->EvtDriverGetUniqueContextType != NULL)
        return type->EvtDriverGetUniqueContextType();
    return type->UniqueType != NULL ? type->UniqueType : type;
}

static void context_describe(struct wdf_context *context, struct wdf_object *object, PWDF_OBJECT_ATTRIBUTES attributes)
{
    context->object = object;
    context->type = context_type(attributes->ContextTypeInfo);
    context->cleanup = attributes->EvtCleanupCallback;
    context->destroy = attributes->EvtDestroyCallback;
    context->size = context_size(attributes);
}

/* A child is added last, so that the newest goes first. */
static NTSTATUS object_link(struct wdf_object *object, struct wdf_object *parent)
{
    lock_acquire(&parent->tree);
    bool live = atomic_load(&parent->state) == WDF_LIVE;
    if (live) {
        wdf_object_reference(parent);
        object->parent = parent;
        list_push_back(&parent->children, &object->sibling);
    }
    lock_release(&parent->tree);
    return live ? STATUS_SUCCESS : STATUS_DELETE_PENDING;
}

static void object_inherit(struct wdf_object *object, PWDF_OBJECT_ATTRIBUTES attributes, const struct wdf_object *parent)
{
    WDF_EXECUTION_LEVEL level = attributes == NULL ? WdfExecutionLevelInheritFromParent : attributes->ExecutionLevel;
    WDF_SYNCHRONIZATION_SCOPE scope =
        attributes == NULL ? WdfSynchronizationScopeInheritFromParent : attributes->SynchronizationScope;
    if (level == WdfExecutionLevelInheritFromParent)
        level = parent == NULL ? WdfExecutionLevelDispatch : parent->level;
    if (scope == WdfSynchronizationScopeInheritFromParent)
        scope = parent == NULL ? WdfSynchronizationScopeNone : parent->scope;
    object->level = level;
    object->scope = scope;
    object->presentation = parent == NULL ? NULL : parent->presentation;
    object->own_lock = parent == NULL ? NULL : parent->own_lock;
}

NTSTATUS wdf_object_create(struct wdf_driver *driver, const struct wdf_class *class, PWDF_OBJECT_ATTRIBUTES attributes,
                           struct wdf_object *parent, const void *maker, struct wdf_object **made)
{
    NTSTATUS status = wdf_attributes_check(attributes, class);
    if (!NT_SUCCESS(status))
        return status;
    /* The first context stands behind the structure: one allocation for an object. */
    size_t room = (class->size + 15) & ~(size_t)15;
    size_t size = room + (attributes == NULL ? 0 : sizeof(struct wdf_context) + context_size(attributes));
    struct wdf_object *object = size < room ? NULL : wdf_allocate(size);
    if (object == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (attributes != NULL && attributes->ParentObject != NULL)
        parent = attributes->ParentObject;
    object->magic = WDF_OBJECT_MAGIC;
    atomic_init(&object->references, 1);
    object->class = class;
    object->driver = driver;
    object->passive = class->passive;
    object->undeletable = class->undeletable;
    object->maker = maker;
    list_init(&object->sibling);
    list_init(&object->children);
    list_init(&object->survivor);
    object_inherit(object, attributes, parent);
    if (attributes != NULL) {
        struct wdf_context *context = (struct wdf_context *)((char *)object + room);
        context_describe(context, object, attributes);
        atomic_init(&object->contexts, context);
    }
    status = parent == NULL ? STATUS_SUCCESS : object_link(object, parent);
    if (!NT_SUCCESS(status)) {
        free(object);
        return status;
    }
    *made = object;
    return STATUS_SUCCESS;
}

void wdf_object_lock_init(struct wdf_object *object, struct callback_lock *lock, struct wdf_object *device)
{
    lock->raises = object->level == WdfExecutionLevelDispatch;
    switch (object->scope) {
    case WdfSynchronizationScopeDevice:
        object->own_lock = device == NULL || device == object ? lock : device->own_lock;
        object->presentation = object->own_lock;
        break;
    case WdfSynchronizationScopeQueue: /* a device's own callbacks are not a queue's */
        object->own_lock = lock;
        object->presentation = device == object ? NULL : lock;
        break;
    default:
        object->own_lock = lock;
        object->presentation = NULL;
    }
}

/* ---- Contexts and references -------------------------------------------------------------------------------------- */

void *wdf_object_context(struct wdf_object *object, PCWDF_OBJECT_CONTEXT_TYPE_INFO type)
{
    for (struct wdf_context *context = atomic_load_explicit(&object->contexts, memory_order_acquire); context != NULL;
         context = __atomic_load_n(&context->next, __ATOMIC_ACQUIRE))
        if (context->type == type)
            return context->memory;
    return NULL;
}

void wdf_object_reference(struct wdf_object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
}

void wdf_object_borrow(struct wdf_object *object)
{
    atomic_fetch_add_explicit(&object->driver->borrowed, 1, memory_order_relaxed);
    wdf_object_reference(object);
}

void wdf_object_return(struct wdf_object *object)
{
    struct wdf_driver *driver = object->driver;
    wdf_object_dereference(object);
    if (atomic_fetch_sub(&driver->borrowed, 1) == 1)
        futex_wake(&driver->borrowed, INT32_MAX);
}

static bool class_is(const struct wdf_class *class, const struct wdf_class *wanted)
{
    while (class != NULL && class != wanted)
        class = class->base;
    return class != NULL;
}

struct wdf_object *wdf_object_of(PWDF_DRIVER_GLOBALS globals, const void *handle, const struct wdf_class *class, const void *caller)
{
    struct wdf_driver *driver = globals->Runtime;
    struct wdf_object *object = (struct wdf_object *)(uintptr_t)handle;
    const char *wanted = class == NULL ? "WDFOBJECT" : class->name;
    if (object == NULL || ((uintptr_t)object & 7) != 0)
        wdf_verifier_stop_at(driver, "invalid-handle", caller, "%p is no %s", handle, wanted);
    if (object->magic != WDF_OBJECT_MAGIC)
        wdf_verifier_stop_at(driver, "invalid-handle", caller, "%p is no %s, or was deleted", handle, wanted);
    if (class != NULL && object->class != class && !class_is(object->class, class))
        wdf_verifier_stop_at(driver, "invalid-handle", caller, "%p is a %s, no %s", handle, object->class->name, wanted);
    return object;
}

/* ---- The worker ------------------------------------------------------------------------------------------------------ */

static void object_retire(struct wdf_object *object);
static void object_dispose(struct wdf_object *object);
static void object_destroy(struct wdf_object *object);

static struct {
    _Atomic(struct wdf_object *) waiting;
    _Atomic uint32_t busy; /* the operation is submitted; a futex */
    struct engine_op op;
} worker;

static int64_t worker_run(struct engine_op *op)
{
    (void)op;
    for (struct wdf_object *object; (object = atomic_exchange(&worker.waiting, NULL)) != NULL;) {
        while (object != NULL) {
            struct wdf_object *next = object->deferred;
            if (atomic_load(&object->state) == WDF_DISPOSED)
                object_destroy(object);
            else if (object->retired)
                object_dispose(object);
            else
                object_retire(object);
            object = next;
        }
    }
    return 0;
}

static void worker_done(struct engine_op *op, int64_t result);

static void worker_start(void)
{
    if (atomic_exchange(&worker.busy, 1) != 0)
        return;
    worker.op = (struct engine_op){.code = ENGINE_WORK, .work = worker_run, .done = worker_done};
    engine_submit(&worker.op);
}

static void worker_done(struct engine_op *op, int64_t result)
{
    if (result < 0) /* no thread for it: what waits may not be lost */
        worker_run(op);
    atomic_store(&worker.busy, 0);
    futex_wake(&worker.busy, INT32_MAX);
    if (atomic_load(&worker.waiting) != NULL)
        worker_start();
}

/* True: it goes on at PASSIVE_LEVEL. */
static bool object_defer(struct wdf_object *object)
{
    if (!object->passive || KeGetCurrentIrql() < DISPATCH_LEVEL)
        return false;
    struct wdf_object *head = atomic_load(&worker.waiting);
    do
        object->deferred = head;
    while (!atomic_compare_exchange_weak(&worker.waiting, &head, object));
    worker_start();
    return true;
}

void wdf_objects_settle(void)
{
    while (atomic_load(&worker.busy) != 0 || atomic_load(&worker.waiting) != NULL)
        futex_wait(&worker.busy, 1, FUTEX_NO_DEADLINE);
}

/* ---- Deletion ---------------------------------------------------------------------------------------------------------- */

void wdf_object_delete(struct wdf_object *object)
{
    if (!object_claim(object) || object_defer(object))
        return;
    object_retire(object);
}

/* The newest child that nobody deletes yet, claimed: it is the caller's to retire, so it needs no reference, which might be its last
 * and let a younger sibling's or the parent's callbacks overtake its own. NULL: none, and `alone` says whether there are any at all. */
static struct wdf_object *child_claim_newest(struct wdf_object *object, bool *alone)
{
    struct wdf_object *found = NULL;
    lock_acquire(&object->tree);
    for (struct list *node = object->children.prev; node != &object->children && found == NULL; node = node->prev) {
        struct wdf_object *child = container_of(node, struct wdf_object, sibling);
        if (object_claim(child))
            found = child;
    }
    *alone = list_empty(&object->children);
    if (found == NULL && !*alone)
        object->waits_for_children = true;
    lock_release_last(&object->tree); /* the last child's thread may dispose of the object from here on */
    return found;
}

static void object_retire(struct wdf_object *object)
{
    if (object->class->retire != NULL)
        object->class->retire(object);
    object->retired = true;
    bool alone;
    for (struct wdf_object *child; (child = child_claim_newest(object, &alone)) != NULL;)
        if (!object_defer(child))
            object_retire(child);
    if (alone)
        object_dispose(object);
}

/* Out of the parent's list. True: the parent was waiting for just this. */
static bool object_unlink(struct wdf_object *object, struct wdf_object *parent)
{
    lock_acquire(&parent->tree);
    list_remove(&object->sibling);
    bool last = parent->waits_for_children && list_empty(&parent->children);
    if (last)
        parent->waits_for_children = false;
    lock_release(&parent->tree);
    return last;
}

static void survivor_note(struct wdf_object *object)
{
    struct wdf_driver *driver = object->driver;
    if (driver == NULL || &driver->object == object || atomic_load(&object->references) == 1)
        return;
    lock_acquire(&driver->survivors_lock);
    object->survives = true;
    list_push_back(&driver->survivors, &object->survivor);
    lock_release(&driver->survivors_lock);
}

static void survivor_forget(struct wdf_object *object)
{
    struct wdf_driver *driver = object->driver;
    if (driver == NULL || !object->survives) /* it was put there before the last reference went, or never */
        return;
    lock_acquire(&driver->survivors_lock);
    list_remove(&object->survivor);
    lock_release(&driver->survivors_lock);
}

static void object_dispose(struct wdf_object *object)
{
    if (object_defer(object))
        return;
    for (struct wdf_context *context = atomic_load(&object->contexts); context != NULL; context = context->next)
        if (context->cleanup != NULL)
            WDF_CALLBACK("EvtCleanupCallback", context->cleanup, context->cleanup(object));
    if (object->class->dispose != NULL)
        object->class->dispose(object);
    struct wdf_object *parent = object->parent;
    object->parent = NULL;
    survivor_note(object);
    atomic_store(&object->state, WDF_DISPOSED);
    bool continues = parent != NULL && object_unlink(object, parent);
    wdf_object_dereference(object);
    if (continues)
        object_dispose(parent);
    if (parent != NULL)
        wdf_object_dereference(parent);
}

/* A driver's timers and locks may lie in contexts. */
static void contexts_free(struct wdf_object *object)
{
    size_t room = (object->class->size + 15) & ~(size_t)15;
    const struct wdf_context *own = (struct wdf_context *)((char *)object + room);
    struct wdf_context *context = atomic_load(&object->contexts);
    while (context != NULL) {
        struct wdf_context *next = context->next;
        if (verify_on())
            verify_memory_gone(context->memory, context->size, NULL);
        if (context != own)
            free(context);
        context = next;
    }
}

static void object_free(struct wdf_object *object)
{
    survivor_forget(object);
    contexts_free(object);
    object->magic = 0;
    if (verify_on())
        verify_memory_gone(object, object->class->size, NULL);
    verify_free(object);
}

static void object_destroy(struct wdf_object *object)
{
    for (struct wdf_context *context = atomic_load(&object->contexts); context != NULL; context = context->next)
        if (context->destroy != NULL)
            WDF_CALLBACK("EvtDestroyCallback", context->destroy, context->destroy(object));
    if (object->class->destroy != NULL)
        object->class->destroy(object);
    object_free(object);
}

void wdf_object_dereference(struct wdf_object *object)
{
    if (atomic_fetch_sub(&object->references, 1) != 1)
        return;
    if (atomic_load(&object->state) != WDF_DISPOSED)
        wdf_verifier_stop(object->driver, "reference-count", "%s %p lost its last reference without being deleted",
                          object->class->name, (void *)object);
    if (!object_defer(object))
        object_destroy(object);
}

void wdf_object_abandon(struct wdf_object *object)
{
    for (struct wdf_context *context = atomic_load(&object->contexts); context != NULL; context = context->next) {
        context->cleanup = NULL;
        context->destroy = NULL;
    }
    wdf_object_delete(object);
}
