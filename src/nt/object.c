/* SPDX-License-Identifier: MIT */
/* The life of an object: created with one reference; handles count as one reference each; destroyed when the
 * last reference goes and no look-up holds it (nt/hold.c). */
#include "nt/object.h"

#include <assert.h>

#include "nt/hold.h"

void object_init(struct object *object, const struct object_type *type)
{
    object->type = type;
    atomic_init(&object->references, 1);
    atomic_init(&object->handles, 0);
    object->deferred = NULL;
}

void object_reference(struct object *object)
{
    uint32_t before = atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
    assert(before != 0 && "a destroyed object cannot be referenced");
    (void)before;
}

void object_dereference(struct object *object)
{
    uint32_t references = atomic_load_explicit(&object->references, memory_order_acquire);
    while (references != 1) {
        assert(references != 0);
        if (atomic_compare_exchange_weak_explicit(&object->references, &references, references - 1,
                                                  memory_order_acq_rel, memory_order_acquire))
            return;
    }
    hold_retire(object);
}

void object_dereference_all(struct object *const objects[], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct object *object = objects[i];
        uint32_t references = atomic_load_explicit(&object->references, memory_order_relaxed);
        if (references == 1 ||
            !atomic_compare_exchange_strong_explicit(&object->references, &references, references - 1,
                                                     memory_order_acq_rel, memory_order_relaxed))
            object_dereference(object);
    }
}
