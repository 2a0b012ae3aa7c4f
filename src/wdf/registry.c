/* SPDX-License-Identifier: MIT */
/* Registry keys as framework objects: the driver's Parameters key, a device's keys, what is below them; and values by type. The tree is
 * wdm/registry.h's; a key object holds one of its handles, which WdfRegistryWdmGetHandle gives away. PASSIVE_LEVEL throughout. */
#include <stdlib.h>
#include <string.h>

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/memory.h"
#include "wdf/string_object.h"
#include "wdf/verifier.h"
#include "wdm/registry.h"
#include "wdm/wdm_host.h"

struct wdf_key {
    struct wdf_object object;
    struct registry_key *key; /* referenced; NULL: the key was removed */
    HANDLE handle;
    ACCESS_MASK access;
};

static void key_dispose(struct wdf_object *object)
{
    struct wdf_key *key = container_of(object, struct wdf_key, object);
    if (key->handle != NULL)
        ZwClose(key->handle);
    if (key->key != NULL)
        registry_dereference(key->key);
    key->handle = NULL;
    key->key = NULL;
}

static const struct wdf_class wdf_key_class = {.name = "WDFKEY", .size = sizeof(struct wdf_key), .passive = true,
                                               .dispose = key_dispose};

/* ---- Opening --------------------------------------------------------------------------------------------------------- */

static bool raised(void)
{
    return KeGetCurrentIrql() > PASSIVE_LEVEL;
}

/* Takes the reference on `opened` over, also when it fails. */
static NTSTATUS key_make(struct wdf_driver *driver, struct registry_key *opened, ACCESS_MASK access, PWDF_OBJECT_ATTRIBUTES attributes,
                         struct wdf_object *parent, const void *maker, WDFKEY *made)
{
    struct wdf_object *object;
    NTSTATUS status = wdf_object_create(driver, &wdf_key_class, attributes, parent, maker, &object);
    if (!NT_SUCCESS(status)) {
        registry_dereference(opened);
        return status;
    }
    struct wdf_key *key = container_of(object, struct wdf_key, object);
    key->key = opened;
    key->access = access;
    status = registry_handle_create(opened, access, &key->handle);
    if (NT_SUCCESS(status))
        *made = (WDFKEY)(void *)key;
    else
        wdf_object_abandon(object);
    return status;
}

NTSTATUS NTAPI ovl_WdfDriverOpenParametersRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                      ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    struct wdf_driver *driver = WDF_HANDLE(DriverGlobals, Driver, wdf_driver);
    struct registry_key *service, *opened;
    UNICODE_STRING path;
    *Key = NULL;
    if (raised())
        return STATUS_INVALID_DEVICE_REQUEST;
    struct wdf_object *parent = wdf_attributes_parent(DriverGlobals, KeyAttributes, &driver->object, WDF_CALLER);
    RtlInitUnicodeString(&path, driver->registry_path);
    NTSTATUS status = registry_open(NULL, &path, true, NULL, &service);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_open_text(service, "Parameters", true, &opened);
    registry_dereference(service);
    return NT_SUCCESS(status) ? key_make(driver, opened, DesiredAccess, KeyAttributes, parent, WDF_CALLER, Key) : status;
}

static NTSTATUS device_key_open(struct wdf_driver *driver, DEVICE_OBJECT *pdo, ULONG type, ACCESS_MASK access,
                                PWDF_OBJECT_ATTRIBUTES attributes, struct wdf_object *parent, const void *maker, WDFKEY *made)
{
    struct registry_key *opened;
    HANDLE handle;
    *made = NULL;
    if (pdo == NULL || raised())
        return STATUS_INVALID_DEVICE_REQUEST; /* a control device has no keys */
    if (type == 0)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = IoOpenDeviceRegistryKey(pdo, type, access, &handle);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_handle_key(handle, 0, &opened);
    ZwClose(handle);
    return NT_SUCCESS(status) ? key_make(driver, opened, access, attributes, parent, maker, made) : status;
}

NTSTATUS NTAPI ovl_WdfDeviceOpenRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, ULONG DeviceInstanceKeyType,
                                            ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_object *parent =
        wdf_attributes_parent(DriverGlobals, KeyAttributes, &device->object.driver->object, WDF_CALLER);
    return device_key_open(device->object.driver, device->pdo, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, parent,
                           WDF_CALLER, Key);
}

NTSTATUS NTAPI ovl_WdfFdoInitOpenRegistryKey(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                             ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
                                             PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *parent = wdf_attributes_parent(DriverGlobals, KeyAttributes, &driver->object, WDF_CALLER);
    return device_key_open(driver, DeviceInit->pdo, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, parent, WDF_CALLER, Key);
}

static NTSTATUS key_open(PWDF_DRIVER_GLOBALS globals, WDFKEY above, PCUNICODE_STRING name, ACCESS_MASK access, bool create,
                         bool *created, PWDF_OBJECT_ATTRIBUTES attributes, const void *caller, WDFKEY *made)
{
    struct wdf_driver *driver = wdf_driver_of(globals, caller);
    struct wdf_key *parent = above == NULL ? NULL : (void *)wdf_object_of(globals, above, &wdf_key_class, caller);
    struct registry_key *opened;
    *made = NULL;
    if (raised())
        return STATUS_INVALID_DEVICE_REQUEST;
    if (parent != NULL && parent->key == NULL)
        return STATUS_KEY_DELETED;
    NTSTATUS status = registry_open(parent == NULL ? NULL : parent->key, name, create, created, &opened);
    if (!NT_SUCCESS(status))
        return status;
    return key_make(driver, opened, access, attributes, wdf_attributes_parent(globals, attributes, &driver->object, caller), caller,
                    made);
}

NTSTATUS NTAPI ovl_WdfRegistryOpenKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                      ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    return key_open(DriverGlobals, ParentKey, KeyName, DesiredAccess, false, NULL, KeyAttributes, WDF_CALLER, Key);
}

NTSTATUS NTAPI ovl_WdfRegistryCreateKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY ParentKey, PCUNICODE_STRING KeyName,
                                        ACCESS_MASK DesiredAccess, ULONG CreateOptions, PULONG CreateDisposition,
                                        PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key)
{
    bool created = false;
    (void)CreateOptions; /* nothing outlives the process anyhow */
    NTSTATUS status = key_open(DriverGlobals, ParentKey, KeyName, DesiredAccess, true, &created, KeyAttributes, WDF_CALLER, Key);
    if (NT_SUCCESS(status) && CreateDisposition != NULL)
        *CreateDisposition = created ? REG_CREATED_NEW_KEY : REG_OPENED_EXISTING_KEY;
    return status;
}

VOID NTAPI ovl_WdfRegistryClose(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    wdf_object_delete(&WDF_HANDLE(DriverGlobals, Key, wdf_key)->object);
}

HANDLE NTAPI ovl_WdfRegistryWdmGetHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    return WDF_HANDLE(DriverGlobals, Key, wdf_key)->handle;
}

/* The key goes; so does the object, as documented. */
NTSTATUS NTAPI ovl_WdfRegistryRemoveKey(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key)
{
    struct wdf_key *key = WDF_HANDLE(DriverGlobals, Key, wdf_key);
    if (raised())
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!(key->access & (DELETE | MAXIMUM_ALLOWED | GENERIC_ALL)))
        return STATUS_ACCESS_DENIED;
    NTSTATUS status = registry_delete_key(key->key);
    if (NT_SUCCESS(status))
        wdf_object_delete(&key->object);
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------------- */

/* The key, if it may be used so now. */
static NTSTATUS key_for(PWDF_DRIVER_GLOBALS globals, WDFKEY handle, ACCESS_MASK access, const void *caller, struct wdf_key **key)
{
    enum { EVERYTHING = MAXIMUM_ALLOWED | GENERIC_ALL };
    *key = (void *)wdf_object_of(globals, handle, &wdf_key_class, caller);
    if (raised())
        return STATUS_INVALID_DEVICE_REQUEST;
    ACCESS_MASK generic = access == KEY_SET_VALUE ? GENERIC_WRITE : GENERIC_READ;
    return (*key)->access & (access | generic | (ACCESS_MASK)EVERYTHING) ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

/* All of a value, to be freed with free(). A value may grow between the questions. */
static NTSTATUS value_read(struct wdf_key *key, PCUNICODE_STRING name, ULONG *type, void **data, ULONG *length)
{
    ULONG room = 256;
    for (int tries = 0; tries < 8; tries++) {
        *data = verify_memory_fails(NULL) ? NULL : malloc(room + 2 * sizeof(WCHAR)); /* strings in the registry may lack their end */
        if (*data == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        NTSTATUS status = registry_query(key->key, name, type, *data, room, length);
        if (NT_SUCCESS(status)) {
            memset((char *)*data + *length, 0, 2 * sizeof(WCHAR));
            return STATUS_SUCCESS;
        }
        free(*data);
        if (status != STATUS_BUFFER_OVERFLOW)
            return status;
        room = *length;
    }
    return STATUS_UNSUCCESSFUL;
}

NTSTATUS NTAPI ovl_WdfRegistryQueryValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                         ULONG ValueLength, PVOID Value, PULONG ValueLengthQueried, PULONG ValueType)
{
    struct wdf_key *key;
    ULONG type, length = 0;
    NTSTATUS status = key_for(DriverGlobals, Key, KEY_QUERY_VALUE, WDF_CALLER, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_query(key->key, ValueName, &type, Value, Value == NULL ? 0 : ValueLength, &length);
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW) {
        if (ValueLengthQueried != NULL)
            *ValueLengthQueried = length;
        if (ValueType != NULL)
            *ValueType = type;
    }
    return status;
}

NTSTATUS NTAPI ovl_WdfRegistryQueryULong(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value)
{
    struct wdf_key *key;
    ULONG type, length, number;
    NTSTATUS status = key_for(DriverGlobals, Key, KEY_QUERY_VALUE, WDF_CALLER, &key);
    if (!NT_SUCCESS(status))
        return status;
    status = registry_query(key->key, ValueName, &type, &number, sizeof number, &length);
    if (NT_SUCCESS(status) || status == STATUS_BUFFER_OVERFLOW)
        status = type == REG_DWORD && length == sizeof number ? STATUS_SUCCESS : STATUS_OBJECT_TYPE_MISMATCH;
    if (NT_SUCCESS(status))
        *Value = number;
    return status;
}

NTSTATUS NTAPI ovl_WdfRegistryQueryMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                          POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes, WDFMEMORY *Memory,
                                          PULONG ValueType)
{
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *parent = wdf_attributes_parent(DriverGlobals, MemoryAttributes, &driver->object, WDF_CALLER);
    struct wdf_memory *memory;
    struct wdf_key *key;
    void *data;
    ULONG type, length;
    *Memory = NULL;
    NTSTATUS status = key_for(DriverGlobals, Key, KEY_QUERY_VALUE, WDF_CALLER, &key);
    if (NT_SUCCESS(status))
        status = value_read(key, ValueName, &type, &data, &length);
    if (!NT_SUCCESS(status))
        return status;
    status = length == 0 ? STATUS_RESOURCE_DATA_NOT_FOUND
                         : wdf_memory_wrap(driver, MemoryAttributes, parent, data, length, WDF_CALLER, &memory);
    if (!NT_SUCCESS(status)) {
        free(data);
        return status;
    }
    memory->kind = WDF_MEMORY_OWN;
    memory->object.passive = PoolType == PagedPool;
    if (ValueType != NULL)
        *ValueType = type;
    *Memory = (WDFMEMORY)(void *)memory;
    return STATUS_SUCCESS;
}

/* A value of that type, to be freed with free(). */
static NTSTATUS typed_read(PWDF_DRIVER_GLOBALS globals, WDFKEY handle, PCUNICODE_STRING name, ULONG wanted, const void *caller,
                           WCHAR **data, ULONG *length)
{
    struct wdf_key *key;
    ULONG type;
    void *read;
    NTSTATUS status = key_for(globals, handle, KEY_QUERY_VALUE, caller, &key);
    if (NT_SUCCESS(status))
        status = value_read(key, name, &type, &read, length);
    if (!NT_SUCCESS(status))
        return status;
    if (type != wanted) {
        free(read);
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    *data = read;
    return STATUS_SUCCESS;
}

static USHORT text_bytes(const WCHAR *text, ULONG length)
{
    ULONG units = 0;
    while (units < length / sizeof(WCHAR) && text[units] != 0 && units < UNICODE_STRING_MAX_CHARS - 1)
        units++;
    return (USHORT)(units * sizeof(WCHAR));
}

NTSTATUS NTAPI ovl_WdfRegistryQueryString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String)
{
    struct wdf_string *string = WDF_HANDLE(DriverGlobals, String, wdf_string);
    WCHAR *data;
    ULONG length;
    NTSTATUS status = typed_read(DriverGlobals, Key, ValueName, REG_SZ, WDF_CALLER, &data, &length);
    if (!NT_SUCCESS(status))
        return status;
    UNICODE_STRING text = {.Length = text_bytes(data, length), .Buffer = data};
    status = wdf_string_set(string, &text);
    free(data);
    return status;
}

/* ValueByteLength counts the terminating NUL, which Value has only where there is room for it. */
NTSTATUS NTAPI ovl_WdfRegistryQueryUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                                 PUSHORT ValueByteLength, PUNICODE_STRING Value)
{
    WCHAR *data;
    ULONG length;
    NTSTATUS status = typed_read(DriverGlobals, Key, ValueName, REG_SZ, WDF_CALLER, &data, &length);
    if (!NT_SUCCESS(status))
        return status;
    USHORT bytes = text_bytes(data, length);
    if (ValueByteLength != NULL)
        *ValueByteLength = (USHORT)(bytes + sizeof(WCHAR));
    if (Value != NULL && Value->MaximumLength < bytes) {
        status = STATUS_BUFFER_OVERFLOW;
    } else if (Value != NULL) {
        memcpy(Value->Buffer, data, bytes);
        Value->Length = bytes;
        if (Value->MaximumLength >= bytes + sizeof(WCHAR))
            Value->Buffer[bytes / sizeof(WCHAR)] = 0;
    }
    free(data);
    return status;
}

NTSTATUS NTAPI ovl_WdfRegistryQueryMultiString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                               PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection)
{
    WCHAR *data;
    ULONG length;
    NTSTATUS status = typed_read(DriverGlobals, Key, ValueName, REG_MULTI_SZ, WDF_CALLER, &data, &length);
    if (!NT_SUCCESS(status))
        return status;
    if (length == 0)
        status = STATUS_RESOURCE_DATA_NOT_FOUND;
    for (WCHAR *at = data; *at != 0 && NT_SUCCESS(status);) {
        USHORT bytes = text_bytes(at, length - (ULONG)((char *)at - (char *)data));
        UNICODE_STRING text = {.Length = bytes, .MaximumLength = bytes, .Buffer = at};
        WDFSTRING string;
        status = ovl_WdfStringCreate(DriverGlobals, &text, StringsAttributes, &string);
        if (NT_SUCCESS(status)) {
            status = ovl_WdfCollectionAdd(DriverGlobals, Collection, string);
            if (!NT_SUCCESS(status))
                ovl_WdfObjectDelete(DriverGlobals, string);
        }
        at += bytes / sizeof(WCHAR);
        at += (char *)at < (char *)data + length; /* its NUL */
    }
    free(data);
    return status;
}

/* ---- Writing ------------------------------------------------------------------------------------------------------------ */

static NTSTATUS value_write(PWDF_DRIVER_GLOBALS globals, WDFKEY handle, PCUNICODE_STRING name, ULONG type, const void *data,
                            size_t length, const void *caller)
{
    struct wdf_key *key;
    NTSTATUS status = key_for(globals, handle, KEY_SET_VALUE, caller, &key);
    if (!NT_SUCCESS(status))
        return status;
    return length > UINT32_MAX ? STATUS_INVALID_PARAMETER : registry_set(key->key, name, type, data, (ULONG)length);
}

NTSTATUS NTAPI ovl_WdfRegistryAssignValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                          ULONG ValueType, ULONG ValueLength, PVOID Value)
{
    return value_write(DriverGlobals, Key, ValueName, ValueType, Value, ValueLength, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRegistryAssignULong(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value)
{
    return value_write(DriverGlobals, Key, ValueName, REG_DWORD, &Value, sizeof Value, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRegistryAssignMemory(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                           ULONG ValueType, WDFMEMORY Memory, PWDFMEMORY_OFFSET MemoryOffsets)
{
    void *at;
    size_t length;
    NTSTATUS status = wdf_memory_part(WDF_HANDLE(DriverGlobals, Memory, wdf_memory), MemoryOffsets, &at, &length);
    return NT_SUCCESS(status) ? value_write(DriverGlobals, Key, ValueName, ValueType, at, length, WDF_CALLER) : status;
}

/* With its NUL, which a counted string need not have. */
static NTSTATUS text_write(PWDF_DRIVER_GLOBALS globals, WDFKEY key, PCUNICODE_STRING name, PCUNICODE_STRING text, const void *caller)
{
    WCHAR *copy = wdf_allocate(text->Length + sizeof(WCHAR));
    if (copy == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (text->Length != 0)
        memcpy(copy, text->Buffer, text->Length);
    NTSTATUS status = value_write(globals, key, name, REG_SZ, copy, text->Length + sizeof(WCHAR), caller);
    free(copy);
    return status;
}

NTSTATUS NTAPI ovl_WdfRegistryAssignString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                           WDFSTRING String)
{
    struct wdf_string *string = WDF_HANDLE(DriverGlobals, String, wdf_string);
    return text_write(DriverGlobals, Key, ValueName, &string->text, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRegistryAssignUnicodeString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                                  PCUNICODE_STRING Value)
{
    return text_write(DriverGlobals, Key, ValueName, Value, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfRegistryAssignMultiString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName,
                                                WDFCOLLECTION StringsCollection)
{
    ULONG count = ovl_WdfCollectionGetCount(DriverGlobals, StringsCollection);
    size_t bytes = sizeof(WCHAR), at = 0;
    for (ULONG i = 0; i < count; i++)
        bytes += WDF_HANDLE(DriverGlobals, ovl_WdfCollectionGetItem(DriverGlobals, StringsCollection, i), wdf_string)->text.Length +
                 sizeof(WCHAR);
    char *joined = wdf_allocate(bytes);
    if (joined == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    for (ULONG i = 0; i < count; i++) {
        const UNICODE_STRING *text =
            &WDF_HANDLE(DriverGlobals, ovl_WdfCollectionGetItem(DriverGlobals, StringsCollection, i), wdf_string)->text;
        if (text->Length != 0)
            memcpy(joined + at, text->Buffer, text->Length);
        at += text->Length + sizeof(WCHAR);
    }
    NTSTATUS status = value_write(DriverGlobals, Key, ValueName, REG_MULTI_SZ, joined, bytes, WDF_CALLER);
    free(joined);
    return status;
}

NTSTATUS NTAPI ovl_WdfRegistryRemoveValue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFKEY Key, PCUNICODE_STRING ValueName)
{
    struct wdf_key *key;
    NTSTATUS status = key_for(DriverGlobals, Key, KEY_SET_VALUE, WDF_CALLER, &key);
    return NT_SUCCESS(status) ? registry_delete_value(key->key, ValueName) : status;
}
