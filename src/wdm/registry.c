/* SPDX-License-Identifier: MIT */
/* The tree of keys and values. A key holds its parent; a deleted one lives on, empty and refused, while handles refer to it. */
#include "wdm/registry.h"
#include "wdm/verify.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/lock.h"
#include "base/utf16.h"
#include "nt/handle.h"

struct registry_value {
    struct list link;
    ULONG type, length;
    void *data;
    USHORT name_bytes;
    WCHAR name[];
};

struct registry_key {
    struct list link;            /* the parent's keys */
    struct registry_key *parent; /* referenced; NULL: the root */
    struct list keys, values;
    _Atomic uint32_t references; /* its place in the tree counts one */
    bool deleted;
    USHORT name_bytes;
    WCHAR name[];
};

static struct lock registry_lock;
static struct registry_key *root; /* under registry_lock */

static bool names_equal(const WCHAR *one, size_t one_bytes, const WCHAR *other, size_t other_bytes)
{
    if (one_bytes != other_bytes)
        return false;
    for (size_t i = 0; i < one_bytes / sizeof(WCHAR); i++)
        if (utf16_fold(one[i]) != utf16_fold(other[i]))
            return false;
    return true;
}

/* ---- Keys ---------------------------------------------------------------------------------------------------------- */

static struct registry_key *key_make(struct registry_key *parent, const WCHAR *name, size_t bytes)
{
    struct registry_key *key = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *key + bytes);
    if (key == NULL)
        return NULL;
    list_init(&key->link);
    list_init(&key->keys);
    list_init(&key->values);
    atomic_store(&key->references, 1);
    key->parent = parent;
    key->name_bytes = (USHORT)bytes;
    if (bytes != 0)
        memcpy(key->name, name, bytes);
    if (parent != NULL) {
        registry_reference(parent);
        list_push_back(&parent->keys, &key->link);
    }
    return key;
}

static void values_free(struct list *values)
{
    for (struct list *link; (link = list_pop_front(values)) != NULL;) {
        struct registry_value *value = container_of(link, struct registry_value, link);
        free(value->data);
        free(value);
    }
}

void registry_reference(struct registry_key *key)
{
    atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
}

void registry_dereference(struct registry_key *key)
{
    while (key != NULL && atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) == 1) {
        struct registry_key *parent = key->parent; /* only deleted keys come here: they are off the tree */
        values_free(&key->values);
        free(key);
        key = parent;
    }
}

/* With the lock held. */
static struct registry_key *key_below(struct registry_key *key, const WCHAR *name, size_t bytes)
{
    list_for_each (link, &key->keys) {
        struct registry_key *child = container_of(link, struct registry_key, link);
        if (names_equal(child->name, child->name_bytes, name, bytes))
            return child;
    }
    return NULL;
}

/* With the lock held: walks `length` units of path down from `key`. */
static NTSTATUS key_walk(struct registry_key **key, const WCHAR *path, size_t length, bool create, bool *created)
{
    enum { NAME_MAX_UNITS = 255 };
    for (size_t at = 0; at < length;) {
        size_t end = at;
        while (end < length && path[end] != '\\')
            end++;
        if (end == at || end - at > NAME_MAX_UNITS)
            return STATUS_OBJECT_NAME_INVALID;
        struct registry_key *below = key_below(*key, path + at, (end - at) * sizeof(WCHAR));
        if (below == NULL && !create)
            return STATUS_OBJECT_NAME_NOT_FOUND;
        if (below == NULL) {
            below = key_make(*key, path + at, (end - at) * sizeof(WCHAR));
            if (below == NULL)
                return STATUS_INSUFFICIENT_RESOURCES;
            *created = true;
        }
        *key = below;
        at = end + (end < length);
    }
    return STATUS_SUCCESS;
}

NTSTATUS registry_open(struct registry_key *parent, PCUNICODE_STRING path, bool create, bool *created, struct registry_key **key)
{
    const WCHAR *units = path->Buffer;
    size_t length = path->Length / sizeof(WCHAR);
    bool made = false;
    if (parent == NULL && (length == 0 || units[0] != '\\'))
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    if (parent == NULL) {
        units++;
        length--;
    }
    lock_acquire(&registry_lock);
    if (root == NULL)
        root = key_make(NULL, NULL, 0);
    struct registry_key *found = parent == NULL ? root : parent;
    NTSTATUS status = found == NULL ? STATUS_INSUFFICIENT_RESOURCES : found->deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
    if (status == STATUS_SUCCESS)
        status = key_walk(&found, units, length, create, &made);
    if (status == STATUS_SUCCESS) {
        registry_reference(found);
        *key = found;
    }
    lock_release(&registry_lock);
    if (created != NULL)
        *created = made;
    return status;
}

NTSTATUS registry_open_text(struct registry_key *parent, const char *path, bool create, struct registry_key **key)
{
    enum { PATH_UNITS = 1024 };
    WCHAR units[PATH_UNITS];
    size_t length = utf16_from_utf8((char16_t *)units, PATH_UNITS, path, strlen(path));
    if (length > PATH_UNITS)
        return STATUS_OBJECT_NAME_INVALID;
    UNICODE_STRING name = {.Length = (USHORT)(length * sizeof(WCHAR)), .Buffer = units};
    return registry_open(parent, &name, create, NULL, key);
}

NTSTATUS registry_delete_key(struct registry_key *key)
{
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&registry_lock);
    if (key->deleted)
        status = STATUS_KEY_DELETED;
    else if (key->parent == NULL || !list_empty(&key->keys))
        status = STATUS_CANNOT_DELETE;
    else {
        key->deleted = true;
        list_remove(&key->link);
    }
    lock_release(&registry_lock);
    if (status == STATUS_SUCCESS)
        registry_dereference(key); /* its place in the tree; the caller has one of its own */
    return status;
}

/* ---- Values --------------------------------------------------------------------------------------------------------- */

/* With the lock held. */
static struct registry_value *value_find(struct registry_key *key, PCUNICODE_STRING name)
{
    list_for_each (link, &key->values) {
        struct registry_value *value = container_of(link, struct registry_value, link);
        if (names_equal(value->name, value->name_bytes, name->Buffer, name->Length))
            return value;
    }
    return NULL;
}

NTSTATUS registry_query(struct registry_key *key, PCUNICODE_STRING name, ULONG *type, void *data, ULONG room, ULONG *length)
{
    NTSTATUS status = STATUS_SUCCESS;
    lock_acquire(&registry_lock);
    struct registry_value *value = key->deleted ? NULL : value_find(key, name);
    if (value == NULL) {
        status = key->deleted ? STATUS_KEY_DELETED : STATUS_OBJECT_NAME_NOT_FOUND;
    } else {
        ULONG copied = value->length < room ? value->length : room;
        *type = value->type;
        *length = value->length;
        if (copied != 0)
            memcpy(data, value->data, copied);
        if (copied < value->length)
            status = STATUS_BUFFER_OVERFLOW;
    }
    lock_release(&registry_lock);
    return status;
}

NTSTATUS registry_set(struct registry_key *key, PCUNICODE_STRING name, ULONG type, const void *data, ULONG length)
{
    struct registry_value *made = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *made + name->Length);
    void *copy = verify_memory_fails(NULL) ? NULL : malloc(length != 0 ? length : 1);
    if (made == NULL || copy == NULL) {
        free(made);
        free(copy);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (length != 0)
        memcpy(copy, data, length);
    made->name_bytes = name->Length;
    if (name->Length != 0)
        memcpy(made->name, name->Buffer, name->Length);
    lock_acquire(&registry_lock);
    bool deleted = key->deleted;
    struct registry_value *value = value_find(key, name);
    void *spare = copy;
    if (!deleted) {
        if (value == NULL) {
            list_push_back(&key->values, &made->link);
            value = made;
            made = NULL;
        }
        spare = value->data;
        value->data = copy;
        value->type = type;
        value->length = length;
    }
    lock_release(&registry_lock);
    free(made);
    free(spare);
    return deleted ? STATUS_KEY_DELETED : STATUS_SUCCESS;
}

NTSTATUS registry_delete_value(struct registry_key *key, PCUNICODE_STRING name)
{
    lock_acquire(&registry_lock);
    struct registry_value *value = value_find(key, name);
    if (value != NULL)
        list_remove(&value->link);
    lock_release(&registry_lock);
    if (value == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    free(value->data);
    free(value);
    return STATUS_SUCCESS;
}

/* ---- Looking round ---------------------------------------------------------------------------------------------------- */

static NTSTATUS name_copy(const WCHAR *name, USHORT bytes, UNICODE_STRING *copy)
{
    copy->Buffer = malloc(bytes + sizeof(WCHAR));
    if (copy->Buffer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (bytes != 0)
        memcpy(copy->Buffer, name, bytes);
    copy->Buffer[bytes / sizeof(WCHAR)] = 0;
    copy->Length = bytes;
    copy->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS registry_key_at(struct registry_key *key, ULONG index, UNICODE_STRING *name)
{
    NTSTATUS status = STATUS_NO_MORE_ENTRIES;
    lock_acquire(&registry_lock);
    list_for_each (link, &key->keys) {
        struct registry_key *child = container_of(link, struct registry_key, link);
        if (index-- == 0) {
            status = name_copy(child->name, child->name_bytes, name);
            break;
        }
    }
    lock_release(&registry_lock);
    return status;
}

NTSTATUS registry_value_at(struct registry_key *key, ULONG index, UNICODE_STRING *name)
{
    NTSTATUS status = STATUS_NO_MORE_ENTRIES;
    lock_acquire(&registry_lock);
    list_for_each (link, &key->values) {
        struct registry_value *value = container_of(link, struct registry_value, link);
        if (index-- == 0) {
            status = name_copy(value->name, value->name_bytes, name);
            break;
        }
    }
    lock_release(&registry_lock);
    return status;
}

static void most(ULONG *sofar, ULONG one)
{
    *sofar = one > *sofar ? one : *sofar;
}

void registry_count(struct registry_key *key, struct registry_counts *counts)
{
    memset(counts, 0, sizeof *counts);
    lock_acquire(&registry_lock);
    list_for_each (link, &key->keys) {
        counts->keys++;
        most(&counts->key_name, container_of(link, struct registry_key, link)->name_bytes);
    }
    list_for_each (link, &key->values) {
        struct registry_value *value = container_of(link, struct registry_value, link);
        counts->values++;
        most(&counts->value_name, value->name_bytes);
        most(&counts->value_data, value->length);
    }
    lock_release(&registry_lock);
}

NTSTATUS registry_path(struct registry_key *key, UNICODE_STRING *path)
{
    size_t bytes = 0;
    for (struct registry_key *at = key; at->parent != NULL; at = at->parent)
        bytes += sizeof(WCHAR) + at->name_bytes; /* names and parents never change */
    if (bytes > UNICODE_STRING_MAX_BYTES)
        return STATUS_NAME_TOO_LONG;
    NTSTATUS status = name_copy(NULL, 0, path);
    WCHAR *units = status == STATUS_SUCCESS ? realloc(path->Buffer, bytes + sizeof(WCHAR)) : NULL;
    if (units == NULL) {
        if (status == STATUS_SUCCESS)
            free(path->Buffer);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    *path = (UNICODE_STRING){.Length = (USHORT)bytes, .MaximumLength = (USHORT)(bytes + sizeof(WCHAR)), .Buffer = units};
    units[bytes / sizeof(WCHAR)] = 0;
    for (struct registry_key *at = key; at->parent != NULL; at = at->parent) {
        bytes -= at->name_bytes;
        memcpy((char *)units + bytes, at->name, at->name_bytes);
        bytes -= sizeof(WCHAR);
        units[bytes / sizeof(WCHAR)] = '\\';
    }
    return STATUS_SUCCESS;
}

/* ---- Handles ------------------------------------------------------------------------------------------------------------ */

struct key_object {
    struct object object;
    struct registry_key *key;
};

static void key_object_destroy(struct object *object)
{
    struct key_object *opened = container_of(object, struct key_object, object);
    registry_dereference(opened->key);
    free(opened);
}

static const struct object_type key_type = {.name = "Key",
                                            .valid_access = KEY_ALL_ACCESS,
                                            .generic_read = KEY_READ,
                                            .generic_write = KEY_WRITE,
                                            .generic_execute = KEY_EXECUTE,
                                            .destroy = key_object_destroy};

/* Specific rights of what was asked for; there is nobody to refuse any. */
static ACCESS_MASK access_map(ACCESS_MASK access)
{
    ACCESS_MASK mapped = access & 0x0fffffff;
    mapped |= access & GENERIC_READ ? KEY_READ : 0;
    mapped |= access & GENERIC_WRITE ? KEY_WRITE : 0;
    return access & (GENERIC_ALL | MAXIMUM_ALLOWED) ? KEY_ALL_ACCESS : mapped;
}

NTSTATUS registry_handle_create(struct registry_key *key, ACCESS_MASK access, HANDLE *handle)
{
    struct key_object *opened = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *opened);
    if (opened == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    object_init(&opened->object, &key_type);
    registry_reference(key);
    opened->key = key;
    uint64_t made;
    NTSTATUS status = handle_create(&opened->object, access_map(access), 0, &made);
    object_dereference(&opened->object);
    if (status == STATUS_SUCCESS)
        *handle = (HANDLE)(uintptr_t)made;
    return status;
}

NTSTATUS registry_handle_key(HANDLE handle, ACCESS_MASK access, struct registry_key **key)
{
    struct object *object;
    NTSTATUS status = handle_reference((uint64_t)(uintptr_t)handle, &key_type, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    *key = container_of(object, struct key_object, object)->key;
    registry_reference(*key);
    object_dereference(object);
    return STATUS_SUCCESS;
}
