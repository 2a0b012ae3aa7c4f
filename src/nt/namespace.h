/* SPDX-License-Identifier: MIT */
/* How an object gets its first handle, and by what name others find it. Names are those of this
 * process, one directory for all types, as Windows has it for a session; their case matters. */
#ifndef NT_NAMESPACE_H
#define NT_NAMESPACE_H

#include <uchar.h>

#include "nt/handle.h"

/* Gives a new object its handle and, with a name (UTF-16, NUL-terminated; NULL or "": none), enters
 * it. Takes over the caller's reference in every case. STATUS_OBJECT_NAME_EXISTS, which is a
 * success: the handle is that of the object of that name that was there before. Errors:
 * STATUS_OBJECT_TYPE_MISMATCH when that one is of another type, STATUS_OBJECT_PATH_NOT_FOUND,
 * STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES. `access` may hold generic rights. */
int32_t object_publish(struct object *object, const char16_t *name, uint32_t access, uint32_t flags,
                       uint64_t *handle);

/* A handle to the object of that name: STATUS_OBJECT_NAME_NOT_FOUND and the above. */
int32_t object_open(const char16_t *name, const struct object_type *type, uint32_t access,
                    uint32_t flags, uint64_t *handle);

/* Generic rights and MAXIMUM_ALLOWED become the type's own. */
uint32_t object_map_access(const struct object_type *type, uint32_t access);

#endif
