/* SPDX-License-Identifier: MIT */
/* RtlQueryRegistryValues and its kind: tables of values below a path. */
#include <stdlib.h>
#include <string.h>

#include "wdm/registry.h"
#include "wdm/wdm_host.h"

static NTSTATUS relative_open(ULONG relative, const WCHAR *path, bool create, struct registry_key **key)
{
    static const char *const places[] = {"", "\\Registry\\Machine\\System\\CurrentControlSet\\Services",
                                         "\\Registry\\Machine\\System\\CurrentControlSet\\Control",
                                         "\\Registry\\Machine\\Software\\Microsoft\\Windows NT\\CurrentVersion",
                                         "\\Registry\\Machine\\Hardware\\DeviceMap", "\\Registry\\User\\.Default"};
    ULONG place = relative & ~(ULONG)(RTL_REGISTRY_OPTIONAL | RTL_REGISTRY_HANDLE);
    UNICODE_STRING name;
    struct registry_key *parent = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (relative & RTL_REGISTRY_HANDLE)
        return registry_handle_key((HANDLE)(uintptr_t)path, 0, key); /* the "path" is a handle */
    if (place >= sizeof places / sizeof *places || path == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&name, path);
    if (place != RTL_REGISTRY_ABSOLUTE)
        status = registry_open_text(NULL, places[place], create, &parent);
    if (status == STATUS_SUCCESS)
        status = registry_open(parent, &name, create, NULL, key);
    registry_dereference(parent);
    return status;
}

/* ---- One value to its place ------------------------------------------------------------------------------------------- */

/* Not a string and longer than a ULONG: the place begins with the size of its room as a LONG.
 * Negative: the data alone; else its length and its type come first, as documented. */
static NTSTATUS value_long(ULONG *place, ULONG type, const void *data, ULONG length)
{
    enum { HEAD = 2 * sizeof(ULONG) };
    LONG size;
    memcpy(&size, place, sizeof size);
    bool alone = size < 0;
    ULONG room = alone ? 0 - (ULONG)size : (ULONG)size;
    if (room < length || (!alone && room - length < HEAD))
        return STATUS_BUFFER_TOO_SMALL;
    if (!alone) {
        *place++ = length;
        *place++ = type;
    }
    memcpy(place, data, length);
    return STATUS_SUCCESS;
}

/* RTL_QUERY_REGISTRY_DIRECT: strings into a UNICODE_STRING, which gets a buffer where it has none;
 * small values as they are. */
static NTSTATUS value_direct(void *place, ULONG type, const void *data, ULONG length)
{
    if (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ) {
        UNICODE_STRING *string = place;
        if (length > UNICODE_STRING_MAX_BYTES)
            return STATUS_BUFFER_TOO_SMALL;
        if (string->Buffer == NULL) {
            string->Buffer = ExAllocatePoolWithTag(PagedPool, length != 0 ? length : 2, 0x62795152 /* "RQyb" */);
            if (string->Buffer == NULL)
                return STATUS_NO_MEMORY;
            string->MaximumLength = (USHORT)length;
        } else if (string->MaximumLength < length) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        memcpy(string->Buffer, data, length);
        bool ends = type != REG_MULTI_SZ && length >= sizeof(WCHAR) && string->Buffer[length / sizeof(WCHAR) - 1] == 0;
        string->Length = (USHORT)(ends ? length - sizeof(WCHAR) : length);
        return STATUS_SUCCESS;
    }
    if (length <= sizeof(ULONG)) {
        memcpy(place, data, length);
        return STATUS_SUCCESS;
    }
    return value_long(place, type, data, length);
}

static NTSTATUS value_hand(const RTL_QUERY_REGISTRY_TABLE *entry, WCHAR *name, ULONG type, void *data, ULONG length, void *context)
{
    bool is_string = type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ;
    if (entry->Flags & RTL_QUERY_REGISTRY_DIRECT) {
        ULONG expected = entry->DefaultType >> RTL_QUERY_REGISTRY_TYPECHECK_SHIFT;
        if ((entry->Flags & RTL_QUERY_REGISTRY_TYPECHECK) && expected != type)
            return STATUS_OBJECT_TYPE_MISMATCH;
        if ((entry->Flags & RTL_QUERY_REGISTRY_NOSTRING) && is_string)
            return STATUS_SUCCESS;
        return value_direct(entry->EntryContext, type, data, length);
    }
    if (type != REG_MULTI_SZ || (entry->Flags & RTL_QUERY_REGISTRY_NOEXPAND))
        return entry->QueryRoutine(name, type, data, length, context, entry->EntryContext);
    NTSTATUS status = STATUS_SUCCESS; /* one call for each string */
    for (WCHAR *at = data, *end = at + length / sizeof(WCHAR); NT_SUCCESS(status) && at < end && *at != 0;) {
        WCHAR *next = at;
        while (next < end && *next != 0)
            next++;
        ULONG bytes = (ULONG)((char *)(next + (next < end)) - (char *)at);
        status = entry->QueryRoutine(name, REG_SZ, at, bytes, context, entry->EntryContext);
        at = next + 1;
    }
    return status;
}

static void *value_read(struct registry_key *key, PCUNICODE_STRING name, ULONG *type, ULONG *length, NTSTATUS *status)
{
    void *data = NULL;
    *length = 0;
    do {
        ULONG size = *length;
        free(data);
        data = calloc(1, size + sizeof(WCHAR)); /* strings that lack their end have one here */
        *status = data == NULL ? STATUS_NO_MEMORY : registry_query(key, name, type, data, size, length);
    } while (*status == STATUS_BUFFER_OVERFLOW);
    if (*status == STATUS_SUCCESS)
        return data;
    free(data);
    return NULL;
}

static NTSTATUS entry_query(struct registry_key *key, const RTL_QUERY_REGISTRY_TABLE *entry, PCUNICODE_STRING name, void *context)
{
    ULONG type, length;
    NTSTATUS status;
    void *data = value_read(key, name, &type, &length, &status);
    if (data != NULL) {
        status = value_hand(entry, name->Buffer, type, data, length, context);
        free(data);
        if (!NT_SUCCESS(status) || !(entry->Flags & RTL_QUERY_REGISTRY_DELETE))
            return status;
        NTSTATUS gone = registry_delete_value(key, name);
        return gone == STATUS_OBJECT_NAME_NOT_FOUND ? status : gone;
    }
    if (status != STATUS_OBJECT_NAME_NOT_FOUND)
        return status;
    if (entry->Flags & RTL_QUERY_REGISTRY_REQUIRED)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    ULONG default_type = entry->DefaultType & 0xffffff;
    if (default_type == REG_NONE || entry->DefaultData == NULL)
        return STATUS_SUCCESS;
    length = entry->DefaultLength;
    if (length == 0 && (default_type == REG_SZ || default_type == REG_EXPAND_SZ)) {
        UNICODE_STRING text;
        RtlInitUnicodeString(&text, entry->DefaultData);
        length = text.Length + (ULONG)sizeof(WCHAR);
    }
    RTL_QUERY_REGISTRY_TABLE plain = *entry;
    plain.Flags &= ~(ULONG)RTL_QUERY_REGISTRY_TYPECHECK;
    return value_hand(&plain, name->Buffer, default_type, entry->DefaultData, length, context);
}

/* An entry without a name: all values of the key. Where each is deleted, the next takes its place.
 */
static NTSTATUS entry_enumerate(struct registry_key *key, const RTL_QUERY_REGISTRY_TABLE *entry,
                                void *context)
{
    UNICODE_STRING name;
    NTSTATUS status = STATUS_SUCCESS;
    ULONG step = entry->Flags & RTL_QUERY_REGISTRY_DELETE ? 0 : 1;
    for (ULONG i = 0; NT_SUCCESS(status) && registry_value_at(key, i, &name) == STATUS_SUCCESS;
         i += step) {
        status = entry_query(key, entry, &name, context);
        free(name.Buffer);
    }
    return status;
}

/* A subkey becomes the one that the following entries look in. */
static NTSTATUS entry_subkey(struct registry_key *top, struct registry_key **key, const RTL_QUERY_REGISTRY_TABLE *entry,
                             PCUNICODE_STRING name, void *context)
{
    struct registry_key *below;
    NTSTATUS status = registry_open(top, name, false, NULL, &below);
    if (status != STATUS_SUCCESS)
        return entry->Flags & RTL_QUERY_REGISTRY_REQUIRED ? status : STATUS_SUCCESS;
    registry_dereference(*key);
    *key = below;
    return entry->QueryRoutine == NULL ? STATUS_SUCCESS : entry_enumerate(below, entry, context);
}

static NTSTATUS entry_run(struct registry_key *top, struct registry_key **key, const RTL_QUERY_REGISTRY_TABLE *entry, void *context)
{
    UNICODE_STRING name;
    if ((entry->Flags & RTL_QUERY_REGISTRY_DIRECT) && entry->Name == NULL)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(&name, entry->Name);
    if (entry->Flags & (RTL_QUERY_REGISTRY_TOPKEY | RTL_QUERY_REGISTRY_SUBKEY)) {
        registry_dereference(*key);
        *key = top;
        registry_reference(top);
    }
    if (entry->Flags & RTL_QUERY_REGISTRY_SUBKEY)
        return entry_subkey(top, key, entry, &name, context);
    if (entry->Flags & RTL_QUERY_REGISTRY_NOVALUE)
        return entry->QueryRoutine(NULL, REG_NONE, NULL, 0, context, entry->EntryContext);
    return entry->Name == NULL ? entry_enumerate(*key, entry, context) : entry_query(*key, entry, &name, context);
}

/* REG_EXPAND_SZ comes as it is: there is no system environment. */
NTSTATUS NTAPI RtlQueryRegistryValues(ULONG RelativeTo, PCWSTR Path, PRTL_QUERY_REGISTRY_TABLE QueryTable, PVOID Context,
                                      PVOID Environment)
{
    (void)Environment;
    struct registry_key *top, *key;
    NTSTATUS status = relative_open(RelativeTo, Path, false, &top);
    if (status != STATUS_SUCCESS)
        return (RelativeTo & RTL_REGISTRY_OPTIONAL) && status == STATUS_OBJECT_NAME_NOT_FOUND ? STATUS_SUCCESS : status;
    key = top;
    registry_reference(key);
    for (RTL_QUERY_REGISTRY_TABLE *entry = QueryTable; NT_SUCCESS(status); entry++) {
        if (entry->QueryRoutine == NULL && !(entry->Flags & (RTL_QUERY_REGISTRY_SUBKEY | RTL_QUERY_REGISTRY_DIRECT)))
            break; /* the table's end */
        status = entry_run(top, &key, entry, Context);
    }
    registry_dereference(key);
    registry_dereference(top);
    return status;
}

/* ---- Single values -------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI RtlWriteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName, ULONG ValueType, PVOID ValueData,
                                     ULONG ValueLength)
{
    struct registry_key *key;
    UNICODE_STRING name;
    NTSTATUS status = relative_open(RelativeTo, Path, !(RelativeTo & RTL_REGISTRY_OPTIONAL), &key);
    if (status != STATUS_SUCCESS)
        return status;
    RtlInitUnicodeString(&name, ValueName);
    status = registry_set(key, &name, ValueType, ValueData, ValueLength);
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI RtlDeleteRegistryValue(ULONG RelativeTo, PCWSTR Path, PCWSTR ValueName)
{
    struct registry_key *key;
    UNICODE_STRING name;
    NTSTATUS status = relative_open(RelativeTo, Path, false, &key);
    if (status != STATUS_SUCCESS)
        return status;
    RtlInitUnicodeString(&name, ValueName);
    status = registry_delete_value(key, &name);
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI RtlCheckRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    struct registry_key *key;
    NTSTATUS status = relative_open(RelativeTo, Path, false, &key);
    if (status == STATUS_SUCCESS)
        registry_dereference(key);
    return status;
}

NTSTATUS NTAPI RtlCreateRegistryKey(ULONG RelativeTo, PWSTR Path)
{
    struct registry_key *key;
    NTSTATUS status = relative_open(RelativeTo, Path, true, &key);
    if (status == STATUS_SUCCESS)
        registry_dereference(key);
    return status;
}
