/* SPDX-License-Identifier: MIT */
/* The slot table: what epoll is given instead of pointers. An id is a generation and an index, so
 * an event that was already fetched when its source was closed finds nothing instead of somebody
 * else. The memory of slots is never given back; free ones are used again oldest first. A slot's
 * lock is its pin: held by a leader for the time of its attempts, and taken once by whoever closes
 * the source. */
#include <stdlib.h>

#include "engine/internal.h"

enum {
    CHUNK_BITS = 9,
    CHUNK_SLOTS = 1 << CHUNK_BITS,
    CHUNKS = 2048, /* a million descriptors */
};

struct slot {
    struct lock lock;
    uint32_t generation;          /* of the source in it, or of the next one; under lock */
    struct engine_source *source; /* under lock */
    uint32_t next_free;           /* index + 1; under slots.lock */
};

static struct {
    struct lock lock;
    uint32_t chunks;
    uint32_t free_first, free_last; /* index + 1 */
    _Atomic(struct slot *) table[CHUNKS];
} slots;

static struct slot *slot_at(uint64_t id)
{
    uint32_t index = (uint32_t)id;
    struct slot *chunk =
        atomic_load_explicit(&slots.table[index >> CHUNK_BITS], memory_order_acquire);
    return &chunk[index & (CHUNK_SLOTS - 1)];
}

static void slot_free_push(uint32_t index)
{
    slot_at(index)->next_free = 0;
    if (slots.free_last != 0)
        slot_at(slots.free_last - 1)->next_free = index + 1;
    else
        slots.free_first = index + 1;
    slots.free_last = index + 1;
}

static bool slot_grow(void)
{
    if (slots.chunks == CHUNKS)
        return false;
    struct slot *chunk = calloc(CHUNK_SLOTS, sizeof(*chunk));
    if (chunk == NULL)
        return false;
    uint32_t base = slots.chunks << CHUNK_BITS;
    atomic_store_explicit(&slots.table[slots.chunks++], chunk, memory_order_release);
    for (uint32_t i = 0; i < CHUNK_SLOTS; i++) {
        chunk[i].generation = 1;
        slot_free_push(base + i);
    }
    return true;
}

int slot_take(struct engine_source *source, uint64_t *id)
{
    lock_acquire(&slots.lock);
    if (slots.free_first == 0 && !slot_grow()) {
        lock_release(&slots.lock);
        return -ENOMEM;
    }
    uint32_t index = slots.free_first - 1;
    struct slot *slot = slot_at(index);
    slots.free_first = slot->next_free;
    if (slots.free_first == 0)
        slots.free_last = 0;
    lock_release(&slots.lock);

    lock_acquire(&slot->lock);
    slot->source = source;
    *id = (uint64_t)slot->generation << 32 | index;
    lock_release(&slot->lock);
    return 0;
}

struct engine_source *slot_pin(uint64_t id)
{
    struct slot *slot = slot_at(id);
    lock_acquire(&slot->lock);
    if (engine_likely(slot->generation == id >> 32 && slot->source != NULL))
        return slot->source;
    lock_release(&slot->lock);
    return NULL;
}

void slot_unpin(uint64_t id)
{
    lock_release(&slot_at(id)->lock);
}

void slot_release(uint64_t id)
{
    struct slot *slot = slot_at(id);
    lock_acquire(&slot->lock);
    slot->source = NULL;
    slot->generation = slot->generation == UINT32_MAX ? 1 : slot->generation + 1;
    lock_release(&slot->lock);

    lock_acquire(&slots.lock);
    slot_free_push((uint32_t)id);
    lock_release(&slots.lock);
}
