/* SPDX-License-Identifier: MIT */
/* Registry keys: the driver's Parameters key and below. */
#ifndef _WDFREGISTRY_H_
#define _WDFREGISTRY_H_
#include "wdfcollection.h"
#include "wdfobject.h"
#include "wdfmemory.h"
#include "wdfstring.h"
OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfRegistryOpenKey,
           (WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
            WDFKEY *Key),
           (ParentKey, KeyName, DesiredAccess, KeyAttributes, Key))
WDF_METHOD(VOID, WdfRegistryClose, (WDFKEY Key), (Key))
WDF_METHOD(NTSTATUS, WdfRegistryQueryULong, (WDFKEY Key, PCUNICODE_STRING ValueName, PULONG Value), (Key, ValueName, Value))
WDF_METHOD(NTSTATUS, WdfRegistryQueryValue,
           (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueLength, PVOID Value, PULONG ValueLengthQueried,
            PULONG ValueType),
           (Key, ValueName, ValueLength, Value, ValueLengthQueried, ValueType))
WDF_METHOD(NTSTATUS, WdfRegistryQueryString, (WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String), (Key, ValueName, String))
WDF_METHOD(NTSTATUS, WdfRegistryQueryUnicodeString,
           (WDFKEY Key, PCUNICODE_STRING ValueName, PUSHORT ValueByteLength, PUNICODE_STRING Value),
           (Key, ValueName, ValueByteLength, Value))
WDF_METHOD(NTSTATUS, WdfRegistryQueryMemory,
           (WDFKEY Key, PCUNICODE_STRING ValueName, POOL_TYPE PoolType, PWDF_OBJECT_ATTRIBUTES MemoryAttributes,
            WDFMEMORY *Memory, PULONG ValueType),
           (Key, ValueName, PoolType, MemoryAttributes, Memory, ValueType))
WDF_METHOD(NTSTATUS, WdfRegistryAssignULong, (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG Value), (Key, ValueName, Value))
WDF_METHOD(NTSTATUS, WdfRegistryCreateKey,
           (WDFKEY ParentKey, PCUNICODE_STRING KeyName, ACCESS_MASK DesiredAccess, ULONG CreateOptions, PULONG CreateDisposition,
            PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key),
           (ParentKey, KeyName, DesiredAccess, CreateOptions, CreateDisposition, KeyAttributes, Key))
WDF_METHOD(HANDLE, WdfRegistryWdmGetHandle, (WDFKEY Key), (Key))
WDF_METHOD(NTSTATUS, WdfRegistryRemoveKey, (WDFKEY Key), (Key))
WDF_METHOD(NTSTATUS, WdfRegistryRemoveValue, (WDFKEY Key, PCUNICODE_STRING ValueName), (Key, ValueName))
WDF_METHOD(NTSTATUS, WdfRegistryQueryMultiString,
           (WDFKEY Key, PCUNICODE_STRING ValueName, PWDF_OBJECT_ATTRIBUTES StringsAttributes, WDFCOLLECTION Collection),
           (Key, ValueName, StringsAttributes, Collection))
WDF_METHOD(NTSTATUS, WdfRegistryAssignValue,
           (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, ULONG ValueLength, PVOID Value),
           (Key, ValueName, ValueType, ValueLength, Value))
WDF_METHOD(NTSTATUS, WdfRegistryAssignMemory,
           (WDFKEY Key, PCUNICODE_STRING ValueName, ULONG ValueType, WDFMEMORY Memory, PWDFMEMORY_OFFSET MemoryOffsets),
           (Key, ValueName, ValueType, Memory, MemoryOffsets))
WDF_METHOD(NTSTATUS, WdfRegistryAssignString, (WDFKEY Key, PCUNICODE_STRING ValueName, WDFSTRING String), (Key, ValueName, String))
WDF_METHOD(NTSTATUS, WdfRegistryAssignUnicodeString,
           (WDFKEY Key, PCUNICODE_STRING ValueName, PCUNICODE_STRING Value), (Key, ValueName, Value))
WDF_METHOD(NTSTATUS, WdfRegistryAssignMultiString, (WDFKEY Key, PCUNICODE_STRING ValueName, WDFCOLLECTION StringsCollection),
           (Key, ValueName, StringsCollection))
OVL_END_C
#endif
