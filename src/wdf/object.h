/* SPDX-License-Identifier: MIT */
/* Framework objects: what a WDF handle points at. Every object has a class, a parent (but the driver object), references, contexts with
 * the driver's cleanup and destroy callbacks, and the module that made it. A handle is the address of struct wdf_object.
 *
 *   create --> live --wdf_object_delete--> retiring (class->retire: no new activity, running callbacks awaited)
 *          --> children deleted the same way, newest first --> EvtCleanupCallback of each context --> class->dispose
 *          --> the creation reference dropped; at the last reference: EvtDestroyCallback, class->destroy, memory freed
 *
 * So children are cleaned up before their parent, and a context is readable until its destroy callback has run. Cleanup
 * callbacks of classes with `passive` run at PASSIVE_LEVEL: a delete at a raised level hands the object to a worker, and its
 * parent goes on when the last child is gone. */
#ifndef WDF_OBJECT_H
#define WDF_OBJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"
#include "wdf.h"
#include "wdf/callback_lock.h"
#include "wdf/verifier.h"

struct wdf_driver; /* the module: driver.h */
struct wdf_object;

enum { WDF_OBJECT_MAGIC = 0x4f464457 };

struct wdf_class {
    const char *name;   /* "WDFQUEUE": how the verifier's messages call it */
    size_t size;        /* of the structure that begins with struct wdf_object */
    const struct wdf_class *base; /* whose methods take this class too: a pipe is an I/O target; mostly NULL */
    bool passive;       /* cleanup and destroy callbacks at PASSIVE_LEVEL only */
    bool undeletable;   /* WdfObjectDelete is a driver's error (device of a stack, queue's default, file object ...) */
    bool levels;        /* attributes may name an execution level */
    bool scopes;        /* attributes may name a synchronisation scope */
    bool no_parent;     /* the driver may not choose the parent */
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
    struct list sibling, children;       /* under the parent's, the own `tree` */
    struct lock tree;
    _Atomic(struct wdf_context *) contexts;
    _Atomic uint8_t state;               /* enum wdf_object_state */
    bool waits_for_children;             /* under `tree`: the last child that goes continues this object's deletion */
    bool retired;                        /* class->retire has run */
    bool survives;                       /* is on the driver's list of survivors */
    bool undeletable;                    /* the class's, or the object's own: a device of a stack */
    bool passive;                        /* the class's, or the object's own: paged memory, a passive timer */
    WDF_EXECUTION_LEVEL level;           /* resolved: never Inherit */
    WDF_SYNCHRONIZATION_SCOPE scope;     /* resolved */
    struct callback_lock *presentation;  /* held around callbacks, or NULL (scope none) */
    struct callback_lock *own_lock;      /* WdfObjectAcquireLock's: there for devices and queues with any scope */
    const void *maker;                   /* the driver's call site, for the verifier */
    struct wdf_object *deferred;         /* the next that a worker disposes of */
    struct list survivor;                /* the driver's list of those disposed of while referenced */
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

/* A reference of the runtime's own, held by a thread that is not the driver's: unloading waits until it is given back. */
void wdf_object_borrow(struct wdf_object *object);
void wdf_object_return(struct wdf_object *object);

/* Waits until the worker has disposed of all that was deleted at a raised level. Passive level. */
void wdf_objects_settle(void);

/* Memory for the runtime, zeroed, or NULL; free() frees it. The one place where allocations can be made to fail. */
void *wdf_allocate(size_t size);

/* A creator that failed behind wdf_object_create: the object goes without any of the driver's callbacks. */
void wdf_object_abandon(struct wdf_object *object);

/* The checks of attributes that do not need the object: for creators that allocate before. */
NTSTATUS wdf_attributes_check(PWDF_OBJECT_ATTRIBUTES attributes, const struct wdf_class *class);
/* The parent that attributes name, or `parent`. Any object of the driver's may be one. */
struct wdf_object *wdf_attributes_parent(PWDF_DRIVER_GLOBALS globals, PWDF_OBJECT_ATTRIBUTES attributes,
                                         struct wdf_object *parent, const void *caller);

/* The structure behind a handle; a handle of another class, a freed one or NULL is a driver's error: the verifier
 * names it and the process stops (wdm_stop), as on Windows. `class` NULL: any. */
struct wdf_object *wdf_object_of(PWDF_DRIVER_GLOBALS globals, const void *handle, const struct wdf_class *class, const void *caller);

/* The driver's context of that type, or NULL. `type` is a UniqueType. */
void *wdf_object_context(struct wdf_object *object, PCWDF_OBJECT_CONTEXT_TYPE_INFO type);

/* Gives an object (a device, a queue) a lock of its own, as its resolved scope asks: scope Device at a queue is the device's lock,
 * scope None no lock around callbacks. The lock's memory is in the object's structure. */
void wdf_object_lock_init(struct wdf_object *object, struct callback_lock *lock, struct wdf_object *device);

/* Around each callback that the scope covers. Nests in one thread. */
static inline void wdf_present_enter(struct wdf_object *object)
{
    if (object->presentation != NULL)
        callback_lock_acquire(object->presentation);
}

static inline void wdf_present_leave(struct wdf_object *object)
{
    if (object->presentation != NULL)
        callback_lock_release(object->presentation);
}

/* For files that export methods: who called. */
#define WDF_CALLER __builtin_return_address(0)
/* struct wdf_memory *memory = WDF_HANDLE(DriverGlobals, Memory, wdf_memory): struct wdf_X has its class in wdf_X_class. */
#define WDF_HANDLE(globals, handle, name)                                                             \
    ({                                                                                                \
        VERIFY_METHOD((globals), WDF_CALLER);                                                         \
        (struct name *)(void *)wdf_object_of((globals), (handle), &name##_class, WDF_CALLER);         \
    })

#endif
