/* SPDX-License-Identifier: MIT */
/* Resources (ERESOURCE): many readers or one writer, both recursive. Who holds it is remembered by thread, so that a reader comes in again
 * while a writer waits; new readers queue behind a waiting writer. */
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct holder {
    struct holder *next;
    PKTHREAD thread;
    uint32_t count;
};

struct resource {
    struct list link; /* where Windows has its own list */
    struct lock lock; /* guards what follows */
    _Atomic uint32_t changes; /* who waits sleeps on it */
    uint32_t waiting_writers;
    struct holder *holders;   /* readers, or the writer alone */
    bool exclusive;
};
_Static_assert(sizeof(struct resource) <= sizeof(ERESOURCE), "a resource fits");

static struct resource *resource_of(ERESOURCE *resource)
{
    return (struct resource *)(void *)resource;
}

NTSTATUS NTAPI ExInitializeResourceLite(PERESOURCE Resource)
{
    memset(Resource, 0, sizeof *Resource);
    list_init(&resource_of(Resource)->link);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExDeleteResourceLite(PERESOURCE Resource)
{
    if (resource_of(Resource)->holders != NULL)
        wdm_verifier_stop("resource", "ExDeleteResourceLite(%p): it is held", (void *)Resource);
    return STATUS_SUCCESS;
}

/* With the lock held. */
static struct holder *holder_find(const struct resource *resource, PKTHREAD thread)
{
    struct holder *holder = resource->holders;
    while (holder != NULL && holder->thread != thread)
        holder = holder->next;
    return holder;
}

/* With the lock held: true when the thread has it now. */
static bool resource_try(struct resource *resource, struct holder *made, bool exclusive)
{
    struct holder *mine = holder_find(resource, made->thread);
    if (mine != NULL && (resource->exclusive || !exclusive)) {
        mine->count++;
        return true;
    }
    bool is_free = resource->holders == NULL;
    if (exclusive ? !is_free : !is_free && (resource->exclusive || resource->waiting_writers != 0))
        return false;
    if (!exclusive && is_free && resource->waiting_writers != 0)
        return false;
    made->next = resource->holders;
    resource->holders = made;
    resource->exclusive = exclusive;
    return true;
}

static BOOLEAN resource_acquire(ERESOURCE *public, bool exclusive, bool wait, const void *caller)
{
    struct resource *resource = resource_of(public);
    struct holder *made = malloc(sizeof *made);
    if (made == NULL)
        wdm_stop("no memory for a resource's holder"); /* the routine has no way to fail when it may wait */
    *made = (struct holder){.thread = KeGetCurrentThread(), .count = 1};
    bool counted = false, had = false;
    lock_acquire(&resource->lock);
    for (;;) {
        struct holder *mine = holder_find(resource, made->thread);
        if (exclusive && wait && mine != NULL && !resource->exclusive)
            wdm_verifier_stop_at(NULL, "resource", caller, "resource %p: a reader asks to write and would wait for itself", (void *)public);
        if (counted)
            resource->waiting_writers--;
        had = resource_try(resource, made, exclusive);
        if (had || !wait)
            break;
        counted = exclusive;
        resource->waiting_writers += counted;
        uint32_t seen = atomic_load(&resource->changes);
        lock_release(&resource->lock);
        futex_wait(&resource->changes, seen, FUTEX_NO_DEADLINE);
        lock_acquire(&resource->lock);
    }
    bool used = holder_find(resource, made->thread) == made;
    lock_release(&resource->lock);
    if (!used)
        free(made);
    return had;
}

BOOLEAN NTAPI ExAcquireResourceExclusiveLite(PERESOURCE Resource, BOOLEAN Wait)
{
    VERIFY_IRQL(APC_LEVEL);
    return resource_acquire(Resource, true, Wait, VERIFY_CALLER);
}

BOOLEAN NTAPI ExAcquireResourceSharedLite(PERESOURCE Resource, BOOLEAN Wait)
{
    VERIFY_IRQL(APC_LEVEL);
    return resource_acquire(Resource, false, Wait, VERIFY_CALLER);
}

VOID NTAPI ExReleaseResourceLite(PERESOURCE Resource)
{
    struct resource *resource = resource_of(Resource);
    PKTHREAD thread = KeGetCurrentThread();
    struct holder *gone = NULL, **at = &resource->holders;
    VERIFY_IRQL(DISPATCH_LEVEL);
    lock_acquire(&resource->lock);
    while (*at != NULL && (*at)->thread != thread)
        at = &(*at)->next;
    if (*at == NULL)
        wdm_verifier_stop("resource", "ExReleaseResourceLite(%p) by a thread that does not hold it", (void *)Resource);
    if (--(*at)->count == 0) {
        gone = *at;
        *at = gone->next;
        resource->exclusive &= resource->holders != NULL;
        atomic_fetch_add(&resource->changes, 1);
    }
    lock_release(&resource->lock);
    if (gone != NULL)
        futex_wake(&resource->changes, INT32_MAX);
    free(gone);
}

static ULONG resource_held(ERESOURCE *public, bool exclusive)
{
    struct resource *resource = resource_of(public);
    lock_acquire(&resource->lock);
    struct holder *mine = holder_find(resource, KeGetCurrentThread());
    ULONG count = mine == NULL || (exclusive && !resource->exclusive) ? 0 : mine->count;
    lock_release(&resource->lock);
    return count;
}

BOOLEAN NTAPI ExIsResourceAcquiredExclusiveLite(PERESOURCE Resource)
{
    return resource_held(Resource, true) != 0;
}

ULONG NTAPI ExIsResourceAcquiredSharedLite(PERESOURCE Resource)
{
    return resource_held(Resource, false);
}
