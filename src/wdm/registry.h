/* SPDX-License-Identifier: MIT */
/* The registry that drivers see: a tree in memory, \Registry\Machine\System\CurrentControlSet\Services\NAME and so on. The loader
 * fills a driver's part from its INF and from its registry file; what a driver writes lasts as long as the process. Names are
 * compared without case. One lock; all calls at PASSIVE_LEVEL. */
#ifndef WDM_REGISTRY_H
#define WDM_REGISTRY_H

#include <stdbool.h>

#include "ntddk.h"

struct registry_key;

/* `path` below `parent`, or from the root ("\Registry\...") where that is NULL. The key is referenced. create: it and those on the way
 * are made; *created (may be NULL) tells. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_OBJECT_NAME_INVALID, STATUS_KEY_DELETED. */
NTSTATUS registry_open(struct registry_key *parent, PCUNICODE_STRING path, bool create, bool *created, struct registry_key **key);
/* The same with a path in UTF-8. */
NTSTATUS registry_open_text(struct registry_key *parent, const char *path, bool create, struct registry_key **key);
void registry_reference(struct registry_key *key);
void registry_dereference(struct registry_key *key);

/* Copies at most `room` bytes. STATUS_OBJECT_NAME_NOT_FOUND; STATUS_BUFFER_OVERFLOW where it does not fit, *length is then what it has. */
NTSTATUS registry_query(struct registry_key *key, PCUNICODE_STRING name, ULONG *type, void *data, ULONG room, ULONG *length);
NTSTATUS registry_set(struct registry_key *key, PCUNICODE_STRING name, ULONG type, const void *data, ULONG length);
NTSTATUS registry_delete_value(struct registry_key *key, PCUNICODE_STRING name);
/* STATUS_CANNOT_DELETE while it has keys below it. */
NTSTATUS registry_delete_key(struct registry_key *key);

/* The nth key below, the nth value: its name, to be freed with free(). STATUS_NO_MORE_ENTRIES. */
NTSTATUS registry_key_at(struct registry_key *key, ULONG index, UNICODE_STRING *name);
NTSTATUS registry_value_at(struct registry_key *key, ULONG index, UNICODE_STRING *name);

struct registry_counts {
    ULONG keys, values, key_name, value_name, value_data; /* how many; the longest, in bytes */
};
void registry_count(struct registry_key *key, struct registry_counts *counts);
/* "\Registry\...", to be freed with free(). */
NTSTATUS registry_path(struct registry_key *key, UNICODE_STRING *path);

/* Handles, as Zw* knows them: ZwClose closes one. */
NTSTATUS registry_handle_create(struct registry_key *key, ACCESS_MASK access, HANDLE *handle);
/* The key behind a handle, referenced. STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. */
NTSTATUS registry_handle_key(HANDLE handle, ACCESS_MASK access, struct registry_key **key);

#endif
