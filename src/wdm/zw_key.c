/* SPDX-License-Identifier: MIT */
/* Zw*Key: the registry by handle, with the structures that each question has. A buffer that is too small gets the fixed part
 * and STATUS_BUFFER_OVERFLOW, one that does not even hold that STATUS_BUFFER_TOO_SMALL; the size needed is told always. */
#include <stdlib.h>
#include <string.h>

#include "wdm/registry.h"
#include "wdm/wdm_host.h"
#include "wdm/verify.h"

/* ---- Opening ------------------------------------------------------------------------------------------------------- */

static NTSTATUS key_open(HANDLE *handle, ACCESS_MASK access, const OBJECT_ATTRIBUTES *attributes, bool create, bool *created)
{
    struct registry_key *parent = NULL, *key = NULL;
    NTSTATUS status = STATUS_SUCCESS;
    if (attributes->Length != sizeof *attributes || attributes->ObjectName == NULL)
        return STATUS_INVALID_PARAMETER;
    if (attributes->RootDirectory != NULL)
        status = registry_handle_key(attributes->RootDirectory, 0, &parent);
    if (status == STATUS_SUCCESS)
        status = registry_open(parent, attributes->ObjectName, create, created, &key);
    if (status == STATUS_SUCCESS)
        status = registry_handle_create(key, access, handle);
    registry_dereference(parent);
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI ZwOpenKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes)
{
    bool created;
    return key_open(KeyHandle, DesiredAccess, ObjectAttributes, false, &created);
}

NTSTATUS NTAPI ZwOpenKeyEx(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG OpenOptions)
{
    (void)OpenOptions;
    return ZwOpenKey(KeyHandle, DesiredAccess, ObjectAttributes);
}

NTSTATUS NTAPI ZwCreateKey(PHANDLE KeyHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes, ULONG TitleIndex,
                           PUNICODE_STRING Class, ULONG CreateOptions, PULONG Disposition)
{
    (void)TitleIndex;
    (void)Class;
    (void)CreateOptions; /* all keys are volatile */
    bool created = false;
    NTSTATUS status = key_open(KeyHandle, DesiredAccess, ObjectAttributes, true, &created);
    if (status == STATUS_SUCCESS && Disposition != NULL)
        *Disposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    return status;
}

NTSTATUS NTAPI ZwDeleteKey(HANDLE KeyHandle)
{
    struct registry_key *key;
    NTSTATUS status = registry_handle_key(KeyHandle, DELETE, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_delete_key(key);
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI ZwFlushKey(HANDLE KeyHandle)
{
    struct registry_key *key;
    NTSTATUS status = registry_handle_key(KeyHandle, 0, &key);
    if (status == STATUS_SUCCESS)
        registry_dereference(key); /* there is no disk behind it */
    return status;
}

/* ---- Answers --------------------------------------------------------------------------------------------------------- */

/* `fixed` bytes of structure, then `length` bytes of tail at `offset`. */
static NTSTATUS answer(void *buffer, ULONG room, ULONG *needed, const void *head, ULONG fixed, ULONG offset, const void *tail,
                       ULONG length)
{
    *needed = offset + length;
    if (room < fixed)
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(buffer, head, fixed);
    ULONG fits = room > offset ? room - offset : 0;
    if (length != 0 && fits != 0)
        memcpy((char *)buffer + offset, tail, fits < length ? fits : length);
    return fits < length ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS;
}

static NTSTATUS key_answer(KEY_INFORMATION_CLASS class, struct registry_key *key, const UNICODE_STRING *name, void *buffer, ULONG room,
                           ULONG *needed)
{
    struct registry_counts counts;
    switch (class) {
    case KeyBasicInformation: {
        KEY_BASIC_INFORMATION head = {.NameLength = name->Length};
        return answer(buffer, room, needed, &head, offsetof(KEY_BASIC_INFORMATION, Name), offsetof(KEY_BASIC_INFORMATION, Name),
                      name->Buffer, name->Length);
    }
    case KeyNodeInformation: {
        KEY_NODE_INFORMATION head = {.ClassOffset = (ULONG)-1, .NameLength = name->Length};
        return answer(buffer, room, needed, &head, offsetof(KEY_NODE_INFORMATION, Name), offsetof(KEY_NODE_INFORMATION, Name),
                      name->Buffer, name->Length);
    }
    case KeyFullInformation: {
        registry_count(key, &counts);
        KEY_FULL_INFORMATION head = {.ClassOffset = (ULONG)-1,
                                     .SubKeys = counts.keys,
                                     .MaxNameLen = counts.key_name,
                                     .Values = counts.values,
                                     .MaxValueNameLen = counts.value_name,
                                     .MaxValueDataLen = counts.value_data};
        return answer(buffer, room, needed, &head, offsetof(KEY_FULL_INFORMATION, Class), offsetof(KEY_FULL_INFORMATION, Class),
                      NULL, 0);
    }
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS name_answer(struct registry_key *key, void *buffer, ULONG room, ULONG *needed)
{
    UNICODE_STRING path;
    NTSTATUS status = registry_path(key, &path);
    if (status != STATUS_SUCCESS)
        return status;
    KEY_NAME_INFORMATION head = {.NameLength = path.Length};
    status = answer(buffer, room, needed, &head, offsetof(KEY_NAME_INFORMATION, Name), offsetof(KEY_NAME_INFORMATION, Name),
                    path.Buffer, path.Length);
    free(path.Buffer);
    return status;
}

NTSTATUS NTAPI ZwQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
                          PULONG ResultLength)
{
    struct registry_key *key;
    UNICODE_STRING path;
    NTSTATUS status = registry_handle_key(KeyHandle, KeyInformationClass == KeyNameInformation ? 0 : KEY_QUERY_VALUE, &key);
    if (status != STATUS_SUCCESS)
        return status;
    if (KeyInformationClass == KeyNameInformation) {
        status = name_answer(key, KeyInformation, Length, ResultLength);
    } else if ((status = registry_path(key, &path)) == STATUS_SUCCESS) {
        USHORT last = path.Length / sizeof(WCHAR);
        while (last > 0 && path.Buffer[last - 1] != '\\')
            last--;
        UNICODE_STRING name = {.Length = (USHORT)(path.Length - last * sizeof(WCHAR)), .Buffer = path.Buffer + last};
        status = key_answer(KeyInformationClass, key, &name, KeyInformation, Length, ResultLength);
        free(path.Buffer);
    }
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI ZwEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                              ULONG Length, PULONG ResultLength)
{
    struct registry_key *key, *below = NULL;
    UNICODE_STRING name;
    NTSTATUS status = registry_handle_key(KeyHandle, KEY_ENUMERATE_SUB_KEYS, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_key_at(key, Index, &name);
    if (status == STATUS_SUCCESS) {
        status = registry_open(key, &name, false, NULL, &below);
        if (status == STATUS_SUCCESS)
            status = key_answer(KeyInformationClass, below, &name, KeyInformation, Length, ResultLength);
        free(name.Buffer);
    }
    registry_dereference(below);
    registry_dereference(key);
    return status;
}

static NTSTATUS value_answer(KEY_VALUE_INFORMATION_CLASS class, const UNICODE_STRING *name, ULONG type, const void *data, ULONG length,
                             void *buffer, ULONG room, ULONG *needed)
{
    switch (class) {
    case KeyValueBasicInformation: {
        KEY_VALUE_BASIC_INFORMATION head = {.Type = type, .NameLength = name->Length};
        return answer(buffer, room, needed, &head, offsetof(KEY_VALUE_BASIC_INFORMATION, Name),
                      offsetof(KEY_VALUE_BASIC_INFORMATION, Name), name->Buffer, name->Length);
    }
    case KeyValuePartialInformation: {
        KEY_VALUE_PARTIAL_INFORMATION head = {.Type = type, .DataLength = length};
        return answer(buffer, room, needed, &head, offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data),
                      offsetof(KEY_VALUE_PARTIAL_INFORMATION, Data), data, length);
    }
    case KeyValuePartialInformationAlign64: {
        KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 head = {.Type = type, .DataLength = length};
        return answer(buffer, room, needed, &head, offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data),
                      offsetof(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data), data, length);
    }
    case KeyValueFullInformation:
    case KeyValueFullInformationAlign64: {
        ULONG offset = (ULONG)(offsetof(KEY_VALUE_FULL_INFORMATION, Name) + name->Length + 7) & ~7u;
        KEY_VALUE_FULL_INFORMATION head = {.Type = type, .DataOffset = offset, .DataLength = length, .NameLength = name->Length};
        NTSTATUS status = answer(buffer, room, needed, &head, offsetof(KEY_VALUE_FULL_INFORMATION, Name), offset, data, length);
        ULONG fits = room < offset ? 0 : name->Length;
        if (fits != 0)
            memcpy((char *)buffer + offsetof(KEY_VALUE_FULL_INFORMATION, Name), name->Buffer, fits);
        return status;
    }
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

static NTSTATUS value_query(struct registry_key *key, const UNICODE_STRING *name, KEY_VALUE_INFORMATION_CLASS class, void *buffer,
                            ULONG room, ULONG *needed)
{
    ULONG type, length = 0, size;
    NTSTATUS status = registry_query(key, name, &type, NULL, 0, &length);
    for (;;) { /* it may grow between the question for its size and the one for its data */
        if (NT_ERROR(status))
            return status;
        size = length;
        void *data = verify_memory_fails(NULL) ? NULL : malloc(size != 0 ? size : 1);
        if (data == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        status = registry_query(key, name, &type, data, size, &length);
        if (status == STATUS_SUCCESS)
            status = value_answer(class, name, type, data, length, buffer, room, needed);
        else if (status == STATUS_BUFFER_OVERFLOW) {
            free(data);
            continue;
        }
        free(data);
        return status;
    }
}

NTSTATUS NTAPI ZwQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    struct registry_key *key;
    NTSTATUS status = registry_handle_key(KeyHandle, KEY_QUERY_VALUE, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = value_query(key, ValueName, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI ZwEnumerateValueKey(HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    struct registry_key *key;
    UNICODE_STRING name;
    NTSTATUS status = registry_handle_key(KeyHandle, KEY_QUERY_VALUE, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_value_at(key, Index, &name);
    if (status == STATUS_SUCCESS) {
        status = value_query(key, &name, KeyValueInformationClass, KeyValueInformation, Length, ResultLength);
        free(name.Buffer);
    }
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI ZwSetValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName, ULONG TitleIndex, ULONG Type, PVOID Data, ULONG DataSize)
{
    struct registry_key *key;
    (void)TitleIndex;
    NTSTATUS status = registry_handle_key(KeyHandle, KEY_SET_VALUE, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_set(key, ValueName, Type, Data, DataSize);
    registry_dereference(key);
    return status;
}

NTSTATUS NTAPI ZwDeleteValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName)
{
    struct registry_key *key;
    NTSTATUS status = registry_handle_key(KeyHandle, KEY_SET_VALUE, &key);
    if (status != STATUS_SUCCESS)
        return status;
    status = registry_delete_value(key, ValueName);
    registry_dereference(key);
    return status;
}
