/* SPDX-License-Identifier: MIT */
/* Pool under the verifier: guard bytes round each block, a pattern in what was freed, which is kept a while and then looked at. Under
 * AddressSanitizer the blocks are plain malloc's: its red zones and its quarantine see more, and where it happens. */
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

#if defined(__SANITIZE_ADDRESS__)
enum { GUARD = 0, KEPT = 0 };
#else
enum { GUARD = 32, KEPT = 256 };
#endif
enum { GUARD_BYTE = 0xa5, FREED_BYTE = 0xdd, KEPT_BYTES_MAX = 65536 };

static void request_check(POOL_TYPE type, size_t size, ULONG tag, const void *caller)
{
    KIRQL irql = KeGetCurrentIrql();
    bool paged = type == PagedPool;
    if (size == 0)
        wdm_verifier_report_at(NULL, "pool-zero-size", caller, "0 bytes of pool are allocated");
    if (tag == 0)
        wdm_verifier_report_at(NULL, "pool-no-tag", caller, "%zu bytes of pool are allocated with the tag 0", size);
    if (irql > (paged ? APC_LEVEL : DISPATCH_LEVEL))
        wdm_verifier_report_at(NULL, "irql", caller, "%s pool is allocated at IRQL %u", paged ? "paged" : "nonpaged", irql);
}

struct pool_block {
    void *base;
    size_t size;
    bool paged;
};

static void block_describe(struct verify_entry *entry, void *context)
{
    const struct pool_block *block = context;
    if (entry == NULL)
        return;
    entry->base = block->base;
    entry->paged = block->paged;
}

void *verify_pool_allocate(POOL_TYPE type, size_t size, ULONG tag, bool zeroed, const void *caller)
{
    request_check(type, size, tag, caller);
    /* A block of a page or more begins a page, as documented. */
    size_t front = size >= PAGE_SIZE ? (GUARD == 0 ? 0 : PAGE_SIZE) : GUARD;
    size_t whole = front + size + GUARD;
    char *base = size >= PAGE_SIZE ? aligned_alloc(PAGE_SIZE, (whole + PAGE_SIZE - 1) & ~(size_t)(PAGE_SIZE - 1))
                                   : malloc(whole != 0 ? whole : 1);
    if (base == NULL)
        return NULL;
    char *memory = base + front;
    memset(memory - GUARD, GUARD_BYTE, GUARD);
    memset(memory + size, GUARD_BYTE, GUARD);
    memset(memory, zeroed ? 0 : 0xcd, size);
    verify_track(VERIFY_POOL, memory, size, tag, caller);
    struct pool_block block = {base, size, type == PagedPool};
    verify_find(VERIFY_POOL, memory, block_describe, &block);
    return memory;
}

static bool bytes_are(const unsigned char *at, size_t size, unsigned char byte)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != byte)
            return false;
    return true;
}

/* ---- Freed ---------------------------------------------------------------------------------------------------------------- */

static struct {
    struct lock lock;
    struct kept {
        unsigned char *memory;
        void *base;
        size_t size;
        const void *freed_by;
    } blocks[KEPT + 1];
    unsigned at;
} freed;

static void kept_end(const struct kept *kept)
{
    if (kept->memory == NULL)
        return;
    if (!bytes_are(kept->memory, kept->size, FREED_BYTE))
        wdm_verifier_report_at(verify_driver_name(kept->freed_by), "pool-use-after-free", kept->freed_by,
                               "a pool block of %zu bytes was written after it was freed", kept->size);
    free(kept->base);
}

static void block_keep(const struct kept *kept)
{
    if (KEPT == 0 || kept->size > KEPT_BYTES_MAX) {
        free(kept->base);
        return;
    }
    memset(kept->memory, FREED_BYTE, kept->size);
    lock_acquire(&freed.lock);
    struct kept *slot = &freed.blocks[freed.at++ % (KEPT + 1)];
    struct kept oldest = *slot;
    *slot = *kept;
    lock_release(&freed.lock);
    kept_end(&oldest);
}

void verify_pool_settle(void)
{
    for (unsigned i = 0; i < KEPT + 1; i++) {
        lock_acquire(&freed.lock);
        struct kept kept = freed.blocks[i];
        freed.blocks[i] = (struct kept){0};
        lock_release(&freed.lock);
        kept_end(&kept);
    }
}

static void block_copy(struct verify_entry *entry, void *context)
{
    if (entry != NULL)
        *(struct verify_entry *)context = *entry;
}

/* Known, not freed: what its guards say. */
static void block_check(const struct verify_entry *entry, ULONG tag, bool any_tag, const void *caller)
{
    const unsigned char *memory = entry->address;
    KIRQL irql = KeGetCurrentIrql();
    if (!bytes_are(memory + entry->size, GUARD, GUARD_BYTE))
        wdm_verifier_report_at(NULL, "pool-overrun", caller, "bytes behind a pool block of %zu bytes were written; freed", entry->size);
    if (!bytes_are(memory - GUARD, GUARD, GUARD_BYTE))
        wdm_verifier_report_at(NULL, "pool-underrun", caller, "bytes before a pool block of %zu bytes were written; freed", entry->size);
    if (!any_tag && tag != 0 && tag != entry->tag)
        wdm_verifier_report_at(NULL, "pool-wrong-tag", caller, "pool with the tag 0x%08x is freed with 0x%08x", entry->tag, tag);
    if (irql > (entry->paged ? APC_LEVEL : DISPATCH_LEVEL))
        wdm_verifier_report_at(NULL, "irql", caller, "%s pool is freed at IRQL %u", entry->paged ? "paged" : "nonpaged", irql);
}

void verify_pool_free(void *memory, ULONG tag, bool any_tag, const void *caller)
{
    struct verify_entry entry = {0};
    verify_find(VERIFY_POOL, memory, block_copy, &entry);
    if (entry.address == NULL) {
        wdm_verifier_report_at(NULL, "pool-bad-free", caller, "%p, which is freed, is no pool block", memory);
        return;
    }
    if (!entry.freed)
        block_check(&entry, tag, any_tag, caller);
    if (!verify_untrack(VERIFY_POOL, memory, caller))
        return; /* not twice */
    verify_memory_gone(memory, entry.size, caller);
    block_keep(&(struct kept){memory, entry.base, entry.size, caller});
}
