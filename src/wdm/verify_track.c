/* SPDX-License-Identifier: MIT */
/* What drivers allocated, by address, with who and where; and whose code an address is. A freed entry stays until its address is
 * allocated anew, so that a second free is told from a free of what never was. */
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/verify.h"
#include "wdm/wdm_host.h"

/* ---- Modules --------------------------------------------------------------------------------------------------------------- */

enum { MODULES = 64 };

static struct module {
    _Atomic uintptr_t start;
    _Atomic uintptr_t end;
    _Atomic(const char *) name;
} modules[MODULES];
static struct lock modules_lock;

const char *verify_driver_name(const void *code)
{
    uintptr_t at = (uintptr_t)code;
    for (int i = 0; i < MODULES; i++)
        if (at >= atomic_load_explicit(&modules[i].start, memory_order_acquire) && at < atomic_load(&modules[i].end))
            return atomic_load(&modules[i].name);
    return NULL;
}

struct module_search {
    ElfW(Addr) base;
    uintptr_t start, end;
};

static int module_measure(struct dl_phdr_info *info, size_t size, void *context)
{
    struct module_search *search = context;
    (void)size;
    if (info->dlpi_addr != search->base)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + segment->p_vaddr;
        if (segment->p_type != PT_LOAD)
            continue;
        if (search->start == 0 || at < search->start)
            search->start = at;
        if (at + segment->p_memsz > search->end)
            search->end = at + segment->p_memsz;
    }
    return 1;
}

/* Names outlive their drivers: reports at the process's end use them. */
static const char *name_keep(const char *name)
{
    static const char *kept[256];
    static unsigned count;
    for (unsigned i = 0; i < count; i++)
        if (strcmp(kept[i], name) == 0)
            return kept[i];
    char *copy = strdup(name);
    if (copy != NULL && count < sizeof kept / sizeof *kept)
        kept[count++] = copy;
    return copy;
}

void verify_driver_loaded(struct wdm_driver *driver)
{
    struct link_map *map;
    struct module_search search = {0};
    if (verify_flags == 0 || dlinfo(driver->module, RTLD_DI_LINKMAP, &map) != 0)
        return;
    search.base = map->l_addr;
    dl_iterate_phdr(module_measure, &search);
    lock_acquire(&modules_lock);
    for (int i = 0; i < MODULES; i++) {
        if (atomic_load(&modules[i].start) != 0)
            continue;
        atomic_store(&modules[i].name, name_keep(driver->name));
        atomic_store(&modules[i].end, search.end);
        atomic_store(&modules[i].start, search.start);
        break;
    }
    lock_release(&modules_lock);
}

static void module_forget(const void *code)
{
    uintptr_t at = (uintptr_t)code;
    lock_acquire(&modules_lock);
    for (int i = 0; i < MODULES; i++)
        if (at >= atomic_load(&modules[i].start) && at < atomic_load(&modules[i].end)) {
            atomic_store(&modules[i].end, 0);
            atomic_store(&modules[i].start, 0);
        }
    lock_release(&modules_lock);
}

/* ---- The table ------------------------------------------------------------------------------------------------------------- */

enum { SHARDS = 64, BUCKETS = 128 };

static struct shard {
    struct lock lock;
    struct verify_entry *buckets[BUCKETS];
} shards[SHARDS];

static _Atomic uint32_t counts[VERIFY_KINDS]; /* not freed */

static struct verify_entry **bucket_of(const void *address, struct shard **shard)
{
    uint64_t hash = ((uintptr_t)address >> 4) * 0x9e3779b97f4a7c15;
    *shard = &shards[hash >> 58];
    return &(*shard)->buckets[(hash >> 40) % BUCKETS];
}

static struct verify_entry *entry_in(struct verify_entry *entry, enum verify_kind kind, const void *address)
{
    while (entry != NULL && (entry->address != address || entry->kind != kind))
        entry = entry->next;
    return entry;
}

void verify_find(enum verify_kind kind, const void *address, void (*found)(struct verify_entry *entry, void *context), void *context)
{
    struct shard *shard;
    struct verify_entry **bucket = bucket_of(address, &shard);
    lock_acquire(&shard->lock);
    found(entry_in(*bucket, kind, address), context);
    lock_release(&shard->lock);
}

void verify_track(enum verify_kind kind, const void *address, size_t size, uint32_t tag, const void *caller)
{
    struct shard *shard;
    struct verify_entry **bucket = bucket_of(address, &shard), *fresh = NULL;
    if (address == NULL)
        return;
    lock_acquire(&shard->lock);
    struct verify_entry *entry = entry_in(*bucket, kind, address);
    if (entry == NULL) {
        fresh = entry = malloc(sizeof *entry);
        if (fresh != NULL) {
            *fresh = (struct verify_entry){.next = *bucket, .freed = true};
            *bucket = fresh;
        }
    }
    if (entry != NULL) {
        if (entry->freed)
            atomic_fetch_add(&counts[kind], 1);
        struct verify_entry *next = entry->next;
        *entry = (struct verify_entry){.next = next, .address = address, .caller = caller, .driver = verify_driver_name(caller),
                                       .size = size, .tag = tag, .kind = (uint8_t)kind};
    }
    lock_release(&shard->lock);
}

static const struct {
    const char *noun, *double_free, *in_use, *leak;
} kinds[VERIFY_KINDS] = {
    [VERIFY_POOL] = {"pool block", "pool-double-free", NULL, "pool-leak"},
    [VERIFY_MDL] = {"MDL", "mdl-double-free", "mdl-in-use", "mdl-leak"},
    [VERIFY_IRP] = {"IRP", "irp-double-free", "irp-in-use", "irp-leak"},
    [VERIFY_WORK_ITEM] = {"work item", "work-item-double-free", "work-item-in-use", "work-item-leak"},
    [VERIFY_URB] = {"URB", "urb-double-free", "urb-freed", "urb-leak"},
    [VERIFY_TIMER] = {"timer", NULL, NULL, "timer-active"},
    [VERIFY_THREAD] = {"system thread", NULL, NULL, "thread-running"},
};

bool verify_untrack(enum verify_kind kind, const void *address, const void *caller)
{
    struct shard *shard;
    struct verify_entry **bucket = bucket_of(address, &shard), before = {0};
    lock_acquire(&shard->lock);
    struct verify_entry *entry = entry_in(*bucket, kind, address);
    bool known = entry != NULL;
    if (known) {
        before = *entry;
        if (!entry->freed)
            atomic_fetch_sub(&counts[kind], 1);
        entry->freed = true;
        if (!before.freed)
            entry->freed_by = caller;
        entry->uses = 0;
    }
    lock_release(&shard->lock);
    if (!known || before.freed)
        wdm_verifier_report_at(NULL, kinds[kind].double_free, caller, known ? "%s %p was freed already; freed" : "no %s: %p; freed",
                               kinds[kind].noun, address);
    else if (before.uses != 0 && kinds[kind].in_use != NULL)
        wdm_verifier_report_at(NULL, kinds[kind].in_use, caller, kind == VERIFY_WORK_ITEM ? "%s %p is freed while it is queued; freed"
                                                        : "%s %p is freed while IRP %p has it; freed",
                               kinds[kind].noun, address, before.user);
    return known && !before.freed;
}

void verify_forget(enum verify_kind kind, const void *address)
{
    struct shard *shard;
    struct verify_entry **at = bucket_of(address, &shard), *gone = NULL;
    lock_acquire(&shard->lock);
    while (*at != NULL && ((*at)->address != address || (*at)->kind != kind))
        at = &(*at)->next;
    if (*at != NULL) {
        gone = *at;
        *at = gone->next;
        if (!gone->freed)
            atomic_fetch_sub(&counts[kind], 1);
    }
    lock_release(&shard->lock);
    free(gone);
}

struct use {
    const void *user;
    int change;
};

static void use_note(struct verify_entry *entry, void *context)
{
    const struct use *use = context;
    if (entry == NULL || entry->freed)
        return;
    entry->uses += (uint32_t)use->change;
    entry->user = entry->uses == 0 ? NULL : use->user;
}

void verify_use(enum verify_kind kind, const void *address, const void *user, int change)
{
    verify_find(kind, address, use_note, &(struct use){user, change});
}

static void work_note(struct verify_entry *entry, void *context)
{
    bool *queued = context;
    *queued = entry != NULL && !entry->freed && entry->uses != 0;
    if (entry != NULL && !entry->freed)
        entry->uses++;
}

void verify_work_queued(const void *item, const void *caller)
{
    bool queued = false;
    verify_find(VERIFY_WORK_ITEM, item, work_note, &queued);
    if (queued)
        wdm_verifier_report_at(NULL, "work-item-in-use", caller, "work item %p is queued while it is queued", item);
}

/* ---- Walks over everything -------------------------------------------------------------------------------------------------- */

/* The first that is not freed, of `driver` (NULL: any) or within memory (NULL: any), which is forgotten; false: none. */
static bool entry_take(enum verify_kind kind, const char *driver, const char *memory, size_t size, struct verify_entry *taken)
{
    if (atomic_load(&counts[kind]) == 0)
        return false;
    for (int s = 0; s < SHARDS; s++) {
        lock_acquire(&shards[s].lock);
        for (int b = 0; b < BUCKETS; b++)
            for (struct verify_entry *entry = shards[s].buckets[b]; entry != NULL; entry = entry->next) {
                const char *at = entry->address;
                if (entry->kind != kind || entry->freed || (driver != NULL && entry->driver != driver) ||
                    (memory != NULL && (at < memory || at >= memory + size)))
                    continue;
                *taken = *entry;
                entry->freed = true;
                entry->freed_by = NULL;
                atomic_fetch_sub(&counts[kind], 1);
                lock_release(&shards[s].lock);
                return true;
            }
        lock_release(&shards[s].lock);
    }
    return false;
}

void verify_memory_gone(const void *memory, size_t size, const void *caller)
{
    struct verify_entry entry;
    while (entry_take(VERIFY_TIMER, NULL, memory, size, &entry)) {
        KeCancelTimer((KTIMER *)(uintptr_t)entry.address); /* it would fire into what is there then */
        wdm_verifier_report_at(entry.driver, "timer-active", caller != NULL ? caller : entry.caller,
                               "timer %p runs, and its memory is freed%s", entry.address, caller != NULL ? "" : "; set");
    }
    verify_lock_forget(memory, size);
}

static void tag_print(uint32_t tag, char text[5])
{
    for (int i = 0; i < 4; i++) {
        char byte = (char)(tag >> (8 * i));
        text[i] = byte >= ' ' && byte < 0x7f ? byte : '.';
    }
    text[4] = '\0';
}

static void leak_report(const char *driver, const struct verify_entry *entry)
{
    char tag[5];
    tag_print(entry->tag, tag);
    if (entry->kind == VERIFY_POOL)
        wdm_verifier_report_at(driver, "pool-leak", entry->caller, "%zu bytes with the tag '%s' were not freed, allocated", entry->size,
                               tag);
    else if (entry->kind == VERIFY_TIMER && KeCancelTimer((KTIMER *)(uintptr_t)entry->address))
        wdm_verifier_report_at(driver, "timer-active", entry->caller, "timer %p still runs at unload, set", entry->address);
    else if (entry->kind == VERIFY_TIMER)
        return; /* it has fired meanwhile */
    else if (entry->kind == VERIFY_THREAD)
        wdm_verifier_report_at(driver, "thread-running", entry->caller, "a system thread still runs at unload, made");
    else
        wdm_verifier_report_at(driver, kinds[entry->kind].leak, entry->caller, "%s %p was not freed, allocated",
                               kinds[entry->kind].noun, entry->address);
}

static bool driver_is_pnp(const struct wdm_driver *driver)
{
    return driver->extension.AddDevice != NULL;
}

void verify_driver_unloaded(struct wdm_driver *driver)
{
    const void *code = (const void *)driver->object.DriverInit;
    const char *name = verify_flags == 0 ? NULL : verify_driver_name(code);
    struct verify_entry entry;
    if (name == NULL)
        return;
    if (verify_on()) {
        verify_pool_settle();
        for (int kind = 0; kind < VERIFY_KINDS; kind++)
            while (entry_take((enum verify_kind)kind, name, NULL, 0, &entry))
                leak_report(name, &entry);
    }
    module_forget(code);
}

void verify_driver_started(struct wdm_driver *driver)
{
    if (verify_on() && driver_is_pnp(driver) && driver->object.DriverUnload == NULL)
        wdm_verifier_report_at(driver->name, "no-unload", (const void *)driver->object.DriverInit,
                               "it has AddDevice, but no DriverUnload, and can never be unloaded");
}

/* ---- Delayed frees -------------------------------------------------------------------------------------------------------- */

void verify_free(void *memory)
{
    enum { KEPT = 512 };
    static struct lock lock;
    static void *kept[KEPT];
    static unsigned at;
    if (verify_on()) {
        lock_acquire(&lock);
        void *oldest = kept[at % KEPT];
        kept[at++ % KEPT] = memory;
        lock_release(&lock);
        memory = oldest;
    }
    free(memory);
}
