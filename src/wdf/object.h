/* SPDX-License-Identifier: MIT */
/* Framework objects: what a WDF handle points at. Every object has a class, a parent (but the driver object), references, contexts with
 * the driver's cleanup and destroy callbacks, and the module that made it. A handle is the address of struct wdf_object.
 *
 *   create --> live --wdf_object_delete--> retiring (class->retire: no new activity, running callbacks awaited)
 *          --> children deleted the same way, newest first --> EvtCleanupCallback of each context --> class->dispose
 *          --> the creation reference dropped; at the last reference: EvtDestroyCallback, class->destroy, memory freed
 *
 * So children are cleaned up before their parent, and a context is readable until its destroy callback has run. Cleanup
 * callbacks of classes with `passive` run at PASSIVE_LEVEL: a delete at a raised level hands the object to a worker. */
#ifndef WDF_OBJECT_H
#define WDF_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"
#include "wdf.h"

struct wdf_driver; /* the module: driver.h */
struct wdf_object;

enum { WDF_OBJECT_MAGIC = 0x4f464457 };

struct wdf_class {
    const char *name;   /* "WDFQUEUE": how the verifier's messages call it */
    size_t size;        /* of the structure that begins with struct wdf_object */
    bool passive;       /* cleanup and destroy callbacks at PASSIVE_LEVEL only */
    bool undeletable;   /* WdfObjectDelete is a driver's error (device of a stack, queue's default, file object ...) */
    void (*retire)(struct wdf_object *object);  /* may wait (passive classes); may be NULL, as the other two */
    void (*dispose)(struct wdf_object *object);
    void (*destroy)(struct wdf_object *object);
};

/* One context; the driver's pointer is `memory`. The first comes with the object, others by WdfObjectAllocateContext. */
struct wdf_context {
    struct wdf_context *next;
    struct wdf_object *object;
    PCWDF_OBJECT_CONTEXT_TYPE_INFO type; /* its UniqueType; NULL: callbacks only */
    PFN_WDF_OBJECT_CONTEXT_CLEANUP cleanup;
    PFN_WDF_OBJECT_CONTEXT_DESTROY destroy;
    size_t size;
    _Alignas(16) unsigned char memory[];
};

enum wdf_object_state { WDF_LIVE, WDF_RETIRING, WDF_DISPOSED };

struct wdf_object {
    uint32_t magic;
    _Atomic uint32_t references;
    const struct wdf_class *class;
    struct wdf_driver *driver;
    struct wdf_object *parent;           /* referenced by this object until it is disposed of */
    struct list sibling, children;       /* under the driver's tree lock */
    _Atomic(struct wdf_context *) contexts;
    _Atomic uint8_t state;               /* enum wdf_object_state */
    WDF_EXECUTION_LEVEL level;           /* resolved: never Inherit */
    WDF_SYNCHRONIZATION_SCOPE scope;     /* resolved */
    struct lock *presentation;           /* the lock of the synchronisation scope, or NULL (none) */
    const void *maker;                   /* the driver's call site, for the verifier */
};

/* Makes an object of `class` (its structure zeroed behind struct wdf_object) with one reference, its first context from `attributes` (NULL:
 * none), below attributes->ParentObject or, where that is NULL, `parent`. `parent_classes` may be checked by the caller before.
 * STATUS_INSUFFICIENT_RESOURCES, STATUS_INFO_LENGTH_MISMATCH (attributes->Size), STATUS_WDF_* as the method's page says,
 * STATUS_DELETE_PENDING when the parent is going. */
NTSTATUS wdf_object_create(struct wdf_driver *driver, const struct wdf_class *class, PWDF_OBJECT_ATTRIBUTES attributes,
                           struct wdf_object *parent, const void *maker, struct wdf_object **object);
void wdf_object_delete(struct wdf_object *object);
void wdf_object_reference(struct wdf_object *object);
void wdf_object_dereference(struct wdf_object *object);

/* The structure behind a handle; a handle of another class, a freed one or NULL is a driver's error: the verifier
 * names it and the process stops (wdm_stop), as on Windows. */
struct wdf_object *wdf_object_of(PWDF_DRIVER_GLOBALS globals, const void *handle, const struct wdf_class *class, const void *caller);

#endif
