/* SPDX-License-Identifier: MIT */
/* The directory of named objects: two small hash tables over the same entries, by name and by
 * object. An entry holds no reference; the last handle's closing takes it out. Handles of named
 * objects are made under the directory's lock, so a name that was found belongs to an object that
 * has handles. */
#include "nt/namespace.h"

#include <stdlib.h>
#include <string.h>

#include "ntstatus.h"

enum { BUCKETS = 256, NAME_MAX_UNITS = 260 };

enum { /* the standard rights bits of an access mask */
       ACCESS_GENERIC_READ = (int)0x80000000,
       ACCESS_GENERIC_WRITE = 0x40000000,
       ACCESS_GENERIC_EXECUTE = 0x20000000,
       ACCESS_GENERIC_ALL = 0x10000000,
       ACCESS_MAXIMUM_ALLOWED = 0x02000000,
};

struct name_entry {
    struct name_entry *next_by_name, *next_by_object;
    struct object *object;
    uint32_t hash;
    uint32_t units;
    char16_t name[];
};

static struct {
    struct lock lock;
    _Atomic uint32_t count;
    struct name_entry *by_name[BUCKETS];
    struct name_entry *by_object[BUCKETS];
} names;

/* A name as the directory has it: without Local\, of a checked length. */
struct name_key {
    const char16_t *units;
    uint32_t count;
    uint32_t hash;
};

static uint32_t object_bucket(const struct object *object)
{
    return (uint32_t)(((uintptr_t)object >> 4) * 2654435761u >> 16) % BUCKETS;
}

static const char16_t *prefix_skip(const char16_t *name, const char16_t *prefix)
{
    while (*prefix != 0)
        if (*name++ != *prefix++)
            return NULL;
    return name;
}

/* Without a prefix a name belongs to the session, which Local\ says explicitly. Global\ names are
 * others. Any other backslash names a directory that is not there. */
static int32_t name_parse(const char16_t *name, struct name_key *key)
{
    const char16_t *local = prefix_skip(name, u"Local\\");
    if (local != NULL)
        name = local;
    const char16_t *global = prefix_skip(name, u"Global\\");
    const char16_t *rest = global != NULL ? global : name;
    uint32_t hash = 2166136261u;
    uint32_t count = 0;
    for (; name[count] != 0; count++) {
        if (name[count] == u'\\' && name + count >= rest)
            return STATUS_OBJECT_PATH_NOT_FOUND;
        if (count == NAME_MAX_UNITS)
            return STATUS_NAME_TOO_LONG;
        hash = (hash ^ name[count]) * 16777619u;
    }
    *key = (struct name_key){name, count, hash};
    return STATUS_SUCCESS;
}

static struct name_entry *name_find(const struct name_key *key)
{
    struct name_entry *entry = names.by_name[key->hash % BUCKETS];
    while (entry != NULL && (entry->hash != key->hash || entry->units != key->count ||
                             memcmp(entry->name, key->units, key->count * sizeof(char16_t)) != 0))
        entry = entry->next_by_name;
    return entry;
}

static bool name_insert(const struct name_key *key, struct object *object)
{
    struct name_entry *entry = malloc(sizeof *entry + key->count * sizeof(char16_t));
    if (entry == NULL)
        return false;
    entry->object = object;
    entry->hash = key->hash;
    entry->units = key->count;
    memcpy(entry->name, key->units, key->count * sizeof(char16_t));
    struct name_entry **by_name = &names.by_name[key->hash % BUCKETS];
    struct name_entry **by_object = &names.by_object[object_bucket(object)];
    entry->next_by_name = *by_name;
    entry->next_by_object = *by_object;
    *by_name = *by_object = entry;
    atomic_fetch_add_explicit(&names.count, 1, memory_order_relaxed);
    return true;
}

static void name_remove(struct name_entry *entry)
{
    struct name_entry **link = &names.by_name[entry->hash % BUCKETS];
    while (*link != entry)
        link = &(*link)->next_by_name;
    *link = entry->next_by_name;
    link = &names.by_object[object_bucket(entry->object)];
    while (*link != entry)
        link = &(*link)->next_by_object;
    *link = entry->next_by_object;
    /* Released to who finds no names and frees an object that was looked at here. */
    atomic_fetch_sub_explicit(&names.count, 1, memory_order_release);
    free(entry);
}

void object_name_drop(struct object *object)
{
    /* An object's name was entered before its handle was given out, so a zero read here is no
     * mistake. */
    if (atomic_load_explicit(&names.count, memory_order_acquire) == 0)
        return;
    lock_acquire(&names.lock);
    struct name_entry *entry = names.by_object[object_bucket(object)];
    while (entry != NULL && entry->object != object)
        entry = entry->next_by_object;
    if (entry != NULL)
        name_remove(entry);
    lock_release(&names.lock);
}

/* Counts as one more handle while a real one is made. false: the last handle is gone, and its
 * closing is on its way to drop the name. */
static bool handles_pin(struct object *object)
{
    uint32_t handles = atomic_load_explicit(&object->handles, memory_order_relaxed);
    while (handles != 0)
        if (atomic_compare_exchange_weak_explicit(&object->handles, &handles, handles + 1,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return true;
    return false;
}

/* With the lock held and the object pinned and referenced; drops the lock. */
static int32_t entry_open(struct object *object, const struct object_type *type, uint32_t access,
                          uint32_t flags, uint64_t *handle)
{
    lock_release(&names.lock);
    int32_t status = object->type == type ? handle_create(object, access, flags, handle)
                                          : STATUS_OBJECT_TYPE_MISMATCH;
    bool last = atomic_fetch_sub_explicit(&object->handles, 1, memory_order_acq_rel) == 1;
    if (last && object->type->handle_closed != NULL)
        object->type->handle_closed(object);
    object_dereference(object);
    return status;
}

/* With the lock held: the living object of that name, pinned and referenced, or NULL. */
static struct object *entry_pin(const struct name_key *key)
{
    struct name_entry *entry = name_find(key);
    if (entry == NULL)
        return NULL;
    if (handles_pin(entry->object)) {
        object_reference(entry->object);
        return entry->object;
    }
    name_remove(entry);
    return NULL;
}

uint32_t object_map_access(const struct object_type *type, uint32_t access)
{
    uint32_t specific = access & 0x01ffffff;
    if (access & (uint32_t)ACCESS_GENERIC_READ)
        specific |= type->generic_read;
    if (access & ACCESS_GENERIC_WRITE)
        specific |= type->generic_write;
    if (access & ACCESS_GENERIC_EXECUTE)
        specific |= type->generic_execute;
    if (access & (ACCESS_GENERIC_ALL | ACCESS_MAXIMUM_ALLOWED))
        specific |= type->valid_access;
    return specific & type->valid_access;
}

int32_t object_publish(struct object *object, const char16_t *name, uint32_t access, uint32_t flags,
                       uint64_t *handle)
{
    access = object_map_access(object->type, access);
    if (name == NULL || name[0] == 0) {
        int32_t status = handle_create(object, access, flags, handle);
        object_dereference(object);
        return status;
    }
    struct name_key key;
    int32_t status = name_parse(name, &key);
    if (status != STATUS_SUCCESS) {
        object_dereference(object);
        return status;
    }
    lock_acquire(&names.lock);
    struct object *there = entry_pin(&key);
    if (there != NULL) {
        status = entry_open(there, object->type, access, flags, handle);
        object_dereference(object);
        return status == STATUS_SUCCESS ? STATUS_OBJECT_NAME_EXISTS : status;
    }
    status = handle_create(object, access, flags, handle);
    bool entered = status == STATUS_SUCCESS && name_insert(&key, object);
    lock_release(&names.lock);
    if (status == STATUS_SUCCESS && !entered) {
        handle_close(*handle);
        status = STATUS_INSUFFICIENT_RESOURCES;
    }
    object_dereference(object);
    return status;
}

int32_t object_open(const char16_t *name, const struct object_type *type, uint32_t access,
                    uint32_t flags, uint64_t *handle)
{
    struct name_key key;
    int32_t status = name_parse(name, &key);
    if (status != STATUS_SUCCESS)
        return status;
    lock_acquire(&names.lock);
    struct object *there = entry_pin(&key);
    if (there == NULL) {
        lock_release(&names.lock);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return entry_open(there, type, object_map_access(type, access), flags, handle);
}
