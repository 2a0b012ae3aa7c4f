/* SPDX-License-Identifier: MIT */
/* Objects: types, life, and the names that make two CreateEvent calls meet. */
#ifndef NT_OBJECT_H
#define NT_OBJECT_H

#include <stddef.h>
#include <uchar.h>

#include "drivers/object.h"

struct object_type {
    const char *name;
    uint32_t valid_access;    /* what GENERIC_ALL and MAXIMUM_ALLOWED give */
    uint32_t generic_read, generic_write, generic_execute;
    size_t dispatcher_offset; /* where the object's dispatcher is; 0: it cannot be waited for */
    void (*handle_closed)(struct object *object); /* the last handle went; may be NULL */
    void (*destroy)(struct object *object);       /* the last reference went: free it */
};

extern const struct object_type file_type, event_type, semaphore_type, mutant_type, timer_type, thread_type,
    port_type, process_type;

/* One reference, no handle. */
void object_init(struct object *object, const struct object_type *type);

static inline struct dispatcher *object_dispatcher(struct object *object)
{
    size_t offset = object->type->dispatcher_offset;
    return offset == 0 ? NULL : (struct dispatcher *)((char *)object + offset);
}

/* In-process names, by type and without regard to the type in collisions, as Windows' directory has them.
 * Looks `name` (UTF-16, NUL-terminated) up; with `object` given and nothing found, inserts it. Returns 0 with
 * *found referenced (or NULL when inserted), STATUS_OBJECT_TYPE_MISMATCH, STATUS_OBJECT_NAME_NOT_FOUND or
 * STATUS_NO_MEMORY. Names go when the last handle goes. */
int32_t object_name_meet(const char16_t *name, const struct object_type *type, struct object *object,
                         struct object **found);
void object_name_drop(struct object *object);

#endif
