/* SPDX-License-Identifier: MIT */
/* The handle table: small multiples of four, looked up without a lock. A look-up publishes what it holds in
 * a slot of its thread; who destroys an object first makes sure that no thread holds it. So ReadFile on
 * one thread against CloseHandle on another touches no shared counter and never a freed object. */
#ifndef NT_HANDLE_H
#define NT_HANDLE_H

#include "nt/object.h"

#define HANDLE_CURRENT_PROCESS UINT64_MAX       /* (HANDLE)-1 */
#define HANDLE_CURRENT_THREAD  (UINT64_MAX - 1) /* (HANDLE)-2 */

enum handle_flag { HANDLE_INHERIT = 1, HANDLE_PROTECTED = 2 };

/* Makes a handle for `object`, taking its own reference. 0, or STATUS_INSUFFICIENT_RESOURCES. */
int32_t handle_create(struct object *object, uint32_t access, uint32_t flags, uint64_t *handle);

/* Closes: STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE. */
int32_t handle_close(uint64_t handle);

/* Looks a handle up and holds the object until handle_release (same thread, last held first released, at
 * most HANDLE_HOLDS deep, not across a wait: it would put off the object's destruction). `type` NULL: any. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED when the handle lacks one of the bits of `access`. */
int32_t handle_hold(uint64_t handle, const struct object_type *type, uint32_t access,
                    struct object **object);
void handle_release(struct object *object);

/* The same with a real reference, for what sleeps or outlives the call. */
int32_t handle_reference(uint64_t handle, const struct object_type *type, uint32_t access,
                         struct object **object);

/* The same for many, all or none: the way into a wait for 64 objects. */
int32_t handle_reference_all(void *const handles[], uint32_t count, uint32_t access, struct object *objects[]);

/* A second handle to the same object; `access` 0 with same_access: that of the source. */
int32_t handle_duplicate(uint64_t source, uint32_t access, bool same_access, uint32_t flags,
                         uint64_t *handle);

int32_t handle_get_info(uint64_t handle, uint32_t *access, uint32_t *flags);
int32_t handle_set_flags(uint64_t handle, uint32_t mask, uint32_t flags);

/* Calls `visit` for each open handle, for snapshots; the object is referenced during the call. */
void handle_each(void (*visit)(uint64_t handle, struct object *object, void *context), void *context);

enum { HANDLE_HOLDS = 4 };

#endif
