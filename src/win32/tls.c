/* SPDX-License-Identifier: MIT */
/* Thread-local and fiber-local slots (a thread is its only fiber). A slot has a generation, stored
 * with each value, so that freeing a slot clears it in every thread at once. A thread's block is
 * made when it first stores something; FLS callbacks run when it ends. */
#include <stdlib.h>

#include "nt/thread.h"
#include "win32/face.h"

enum { SLOTS = 1088 };

struct slot_value {
    void *value;
    uint32_t generation;
};

/* All slots of one thread and kind; on the list of its space. */
struct slot_block {
    struct list link;
    struct slot_value values[SLOTS];
};

struct slot_space {
    struct lock lock;
    _Atomic uint32_t generations[SLOTS]; /* even: free */
    PFLS_CALLBACK_FUNCTION callbacks[SLOTS];
    struct list blocks;
};

static struct slot_space tls = {.blocks = {&tls.blocks, &tls.blocks}};
static struct slot_space fls = {.blocks = {&fls.blocks, &fls.blocks}};
static __thread struct slot_block *tls_block __attribute__((tls_model("initial-exec")));
static __thread struct slot_block *fls_block __attribute__((tls_model("initial-exec")));

static uint32_t slot_generation(struct slot_space *space, DWORD index)
{
    return atomic_load_explicit(&space->generations[index], memory_order_acquire);
}

/* 0xFFFFFFFF: none left. */
static DWORD slot_allocate(struct slot_space *space, PFLS_CALLBACK_FUNCTION callback)
{
    lock_acquire(&space->lock);
    DWORD index = 0;
    while (index < SLOTS && slot_generation(space, index) % 2 != 0)
        index++;
    if (index < SLOTS) {
        space->callbacks[index] = callback;
        atomic_fetch_add_explicit(&space->generations[index], 1, memory_order_release);
    }
    lock_release(&space->lock);
    if (index < SLOTS)
        return index;
    error_set(ERROR_NO_MORE_ITEMS);
    return TLS_OUT_OF_INDEXES;
}

static bool slot_is_used(struct slot_space *space, DWORD index)
{
    return index < SLOTS && slot_generation(space, index) % 2 != 0;
}

static void *slot_get(struct slot_space *space, struct slot_block *block, DWORD index)
{
    if (index >= SLOTS) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    error_set(ERROR_SUCCESS); /* documented: a stored NULL is told from an error by that */
    if (block == NULL || block->values[index].generation != slot_generation(space, index))
        return NULL;
    return block->values[index].value;
}

/* Takes the thread's blocks apart. A callback may store values anew; as on Windows they get a
 * second chance only while passes are left. */
static void slots_thread_ends(struct thread *self)
{
    enum { PASSES = 4 };
    (void)self;
    bool again = fls_block != NULL;
    for (int pass = 0; again && pass < PASSES; pass++) {
        again = false;
        for (DWORD index = 0; index < SLOTS; index++) {
            struct slot_value *slot = &fls_block->values[index];
            void *value = slot->value;
            lock_acquire(&fls.lock);
            bool current = slot->generation == slot_generation(&fls, index) && value != NULL;
            PFLS_CALLBACK_FUNCTION callback = current ? fls.callbacks[index] : NULL;
            slot->value = NULL;
            lock_release(&fls.lock);
            if (callback == NULL)
                continue;
            callback(value);
            again = true;
        }
    }
    struct slot_block **blocks[] = {&fls_block, &tls_block};
    struct slot_space *spaces[] = {&fls, &tls};
    for (int i = 0; i < 2; i++) {
        if (*blocks[i] == NULL)
            continue;
        lock_acquire(&spaces[i]->lock);
        list_remove(&(*blocks[i])->link);
        lock_release(&spaces[i]->lock);
        free(*blocks[i]);
        *blocks[i] = NULL;
    }
}

static BOOL slot_set(struct slot_space *space, struct slot_block **block, DWORD index, void *value)
{
    if (!slot_is_used(space, index))
        return error_from_status(STATUS_INVALID_PARAMETER);
    if (*block == NULL) {
        struct slot_block *made = calloc(1, sizeof *made);
        if (made == NULL)
            return error_from_status(STATUS_NO_MEMORY);
        thread_self(); /* whose end frees the block */
        thread_at_exit(slots_thread_ends);
        lock_acquire(&space->lock);
        list_push_back(&space->blocks, &made->link);
        lock_release(&space->lock);
        *block = made;
    }
    (*block)->values[index] = (struct slot_value){value, slot_generation(space, index)};
    return TRUE;
}

DWORD WINAPI TlsAlloc(void)
{
    return slot_allocate(&tls, NULL);
}

BOOL WINAPI TlsFree(DWORD index)
{
    lock_acquire(&tls.lock);
    bool used = slot_is_used(&tls, index);
    if (used)
        atomic_fetch_add_explicit(&tls.generations[index], 1, memory_order_release);
    lock_release(&tls.lock);
    return error_from_status(used ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
}

LPVOID WINAPI TlsGetValue(DWORD index)
{
    return slot_get(&tls, tls_block, index);
}

BOOL WINAPI TlsSetValue(DWORD index, LPVOID value)
{
    return slot_set(&tls, &tls_block, index, value);
}

DWORD WINAPI FlsAlloc(PFLS_CALLBACK_FUNCTION callback)
{
    return slot_allocate(&fls, callback);
}

/* Takes one thread's value of a slot that is being freed. Under the lock. */
static void *fls_take(DWORD index, uint32_t generation)
{
    list_for_each (node, &fls.blocks) {
        struct slot_value *slot = &container_of(node, struct slot_block, link)->values[index];
        void *value = slot->generation == generation ? slot->value : NULL;
        slot->value = value != NULL ? NULL : slot->value;
        if (value != NULL)
            return value;
    }
    return NULL;
}

/* Documented: the callback is called for the values that all threads have stored. */
BOOL WINAPI FlsFree(DWORD index)
{
    lock_acquire(&fls.lock);
    if (!slot_is_used(&fls, index)) {
        lock_release(&fls.lock);
        return error_from_status(STATUS_INVALID_PARAMETER);
    }
    uint32_t generation = slot_generation(&fls, index);
    PFLS_CALLBACK_FUNCTION callback = fls.callbacks[index];
    for (void *value; callback != NULL && (value = fls_take(index, generation)) != NULL;) {
        lock_release(&fls.lock);
        callback(value);
        lock_acquire(&fls.lock);
    }
    atomic_fetch_add_explicit(&fls.generations[index], 1, memory_order_release);
    lock_release(&fls.lock);
    return TRUE;
}

PVOID WINAPI FlsGetValue(DWORD index)
{
    return slot_get(&fls, fls_block, index);
}

BOOL WINAPI FlsSetValue(DWORD index, PVOID value)
{
    return slot_set(&fls, &fls_block, index, value);
}

BOOL WINAPI IsThreadAFiber(void)
{
    return FALSE;
}
