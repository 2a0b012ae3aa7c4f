/* SPDX-License-Identifier: MIT */
/* Memory objects: a buffer with a handle. It is the object's own, the driver's (preallocated), a lookaside list's, or a part of a request (its
 * buffers; `irp` memory, which is good until the request completes). */
#ifndef WDF_MEMORY_H
#define WDF_MEMORY_H

#include "wdf/object.h"

enum wdf_memory_kind {
    WDF_MEMORY_OWN,       /* freed with the object */
    WDF_MEMORY_FOREIGN,   /* the driver's, or a request's */
    WDF_MEMORY_LOOKASIDE, /* given back to its list */
};

struct wdf_memory {
    struct wdf_object object;
    void *buffer;
    size_t size;
    enum wdf_memory_kind kind;
    MDL *mdl;                        /* of a request's direct buffer; not ours */
    struct wdf_lookaside *lookaside; /* referenced */
};

extern const struct wdf_class wdf_memory_class;

/* Memory of a request or an I/O target: `buffer` is not copied and not freed. */
NTSTATUS wdf_memory_wrap(struct wdf_driver *driver, PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, void *buffer,
                         size_t size, const void *maker, struct wdf_memory **memory);

/* The part of a memory object that a WDFMEMORY_OFFSET (may be NULL) names. A length of 0 is the rest.
 * STATUS_INTEGER_OVERFLOW, STATUS_INVALID_BUFFER_SIZE beyond its end. */
NTSTATUS wdf_memory_part(const struct wdf_memory *memory, const WDFMEMORY_OFFSET *offset, void **at, size_t *length);

#endif
