/* SPDX-License-Identifier: MIT */
/* What function and filter drivers set before the device is made. */
#ifndef _WDFFDO_H_
#define _WDFFDO_H_
#include "wdfdevice.h"
OVL_BEGIN_C
WDF_METHOD(VOID, WdfFdoInitSetFilter, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_METHOD(PDEVICE_OBJECT, WdfFdoInitWdmGetPhysicalDevice, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_METHOD(NTSTATUS, WdfFdoInitQueryProperty,
           (PWDFDEVICE_INIT DeviceInit, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
            PULONG ResultLength),
           (DeviceInit, DeviceProperty, BufferLength, PropertyBuffer, ResultLength))
WDF_METHOD(NTSTATUS, WdfFdoInitAllocAndQueryProperty,
           (PWDFDEVICE_INIT DeviceInit, DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
            PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory),
           (DeviceInit, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory))
WDF_METHOD(NTSTATUS, WdfFdoInitOpenRegistryKey,
           (PWDFDEVICE_INIT DeviceInit, ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess,
            PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key),
           (DeviceInit, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, Key))
OVL_END_C
#endif
