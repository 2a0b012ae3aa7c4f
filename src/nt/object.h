/* SPDX-License-Identifier: MIT */
/* Objects: types, life, and the names that make two CreateEvent calls meet. */
#ifndef NT_OBJECT_H
#define NT_OBJECT_H

#include <stddef.h>

#include "drivers/object.h"

struct object_type {
    const char *name;
    uint32_t valid_access;    /* what GENERIC_ALL and MAXIMUM_ALLOWED give */
    uint32_t generic_read, generic_write, generic_execute;
    size_t dispatcher_offset; /* where the object's dispatcher is; 0: it cannot be waited for */
    void (*waited)(struct object *object); /* somebody is about to wait for it; may be NULL */
    void (*handle_closed)(struct object *object); /* the last handle went; may be NULL */
    void (*destroy)(struct object *object);       /* the last reference went: free it */
};

extern const struct object_type file_type, event_type, semaphore_type, mutant_type, timer_type, thread_type,
    port_type, process_type;

/* One reference, no handle. */
void object_init(struct object *object, const struct object_type *type);

void object_dereference_all(struct object *const objects[], uint32_t count);

static inline struct dispatcher *object_dispatcher(struct object *object)
{
    size_t offset = object->type->dispatcher_offset;
    if (object->type->waited != NULL)
        object->type->waited(object);
    return offset == 0 ? NULL : (struct dispatcher *)((char *)object + offset);
}

/* The last handle went: its name goes too (nt/namespace.h). For handle_closed of the types that have names. */
void object_name_drop(struct object *object);

#endif
