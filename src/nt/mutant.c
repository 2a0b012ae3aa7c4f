/* SPDX-License-Identifier: MIT */
/* Mutexes, under their kernel name: owned by a thread, recursive, abandoned when the owner ends. The list of
 * what a thread owns is under the thread's lock, taken inside the dispatcher's lock. */
#include "nt/dispatcher.h"

#include <stdlib.h>

static void mutant_destroy(struct object *object)
{
    free(container_of(object, struct mutant, object));
}

const struct object_type mutant_type = {
    .name = "Mutant",
    .valid_access = 0x1f0001,
    .generic_read = 0x20001,
    .generic_write = 0x20000,
    .generic_execute = 0x120000,
    .dispatcher_offset = offsetof(struct mutant, dispatcher),
    .handle_closed = object_name_drop,
    .destroy = mutant_destroy,
};

void mutant_init(struct mutant *mutant, bool owned)
{
    object_init(&mutant->object, &mutant_type);
    dispatcher_init(&mutant->dispatcher, DISPATCHER_MUTANT, 1);
    mutant->owner = NULL;
    mutant->abandoned = false;
    list_init(&mutant->owner_link);
    if (owned)
        mutant_take(mutant, thread_self());
}

bool mutant_take(struct mutant *mutant, struct thread *thread)
{
    int32_t signal = dispatcher_load(&mutant->dispatcher);
    bool abandoned = mutant->abandoned;
    mutant->abandoned = false;
    dispatcher_store(&mutant->dispatcher, signal - 1);
    if (signal == 1) {
        mutant->owner = thread;
        /* Owned by a thread, it must outlive its handles: the thread's end abandons it. */
        object_reference(&mutant->object);
        lock_acquire(&thread->lock);
        list_push_back(&thread->mutants, &mutant->owner_link);
        lock_release(&thread->lock);
    }
    return abandoned;
}

/* With the dispatcher's lock held. The owner's reference goes to the caller. */
static void mutant_disown(struct mutant *mutant, struct wake_list *wakes)
{
    struct thread *owner = mutant->owner;
    lock_acquire(&owner->lock);
    list_remove(&mutant->owner_link);
    lock_release(&owner->lock);
    mutant->owner = NULL;
    dispatcher_store(&mutant->dispatcher, 1);
    dispatcher_serve(&mutant->dispatcher, wakes);
}

int32_t mutant_release(struct mutant *mutant, int32_t *previous)
{
    struct wake_list wakes;
    wake_list_init(&wakes);
    dispatcher_lock(&mutant->dispatcher);
    if (mutant->owner != thread_self()) {
        dispatcher_unlock(&mutant->dispatcher);
        return STATUS_MUTANT_NOT_OWNED;
    }
    int32_t signal = dispatcher_load(&mutant->dispatcher);
    *previous = signal;
    bool free_again = signal == 0;
    if (free_again)
        mutant_disown(mutant, &wakes);
    else
        dispatcher_store(&mutant->dispatcher, signal + 1);
    dispatcher_unlock(&mutant->dispatcher);
    wake_list_flush(&wakes);
    if (free_again)
        object_dereference(&mutant->object);
    return STATUS_SUCCESS;
}

void mutant_abandon_all(struct thread *thread)
{
    for (;;) {
        lock_acquire(&thread->lock);
        struct mutant *mutant = list_empty(&thread->mutants)
                                    ? NULL
                                    : container_of(thread->mutants.next, struct mutant, owner_link);
        lock_release(&thread->lock);
        if (mutant == NULL)
            return;
        /* Only its owner, this thread, takes it off the list, so it is still owned and referenced. */
        struct wake_list wakes;
        wake_list_init(&wakes);
        dispatcher_lock(&mutant->dispatcher);
        mutant->abandoned = true;
        mutant_disown(mutant, &wakes);
        dispatcher_unlock(&mutant->dispatcher);
        wake_list_flush(&wakes);
        object_dereference(&mutant->object);
    }
}
