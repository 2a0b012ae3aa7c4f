/* SPDX-License-Identifier: MIT */
/* Routines of the I/O manager that the framework uses where they are there. */
#ifndef WDF_WDM_LATER_H
#define WDF_WDM_LATER_H

#include "ntddk.h"

VOID NTAPI IoInvalidateDeviceState(PDEVICE_OBJECT PhysicalDeviceObject);
NTSTATUS NTAPI IoGetDeviceProperty(PDEVICE_OBJECT DeviceObject, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength,
                                   PVOID PropertyBuffer, PULONG ResultLength);
NTSTATUS NTAPI IoRegisterDeviceInterface(PDEVICE_OBJECT PhysicalDeviceObject, const GUID *InterfaceClassGuid,
                                         PUNICODE_STRING ReferenceString, PUNICODE_STRING SymbolicLinkName);
NTSTATUS NTAPI IoSetDeviceInterfaceState(PUNICODE_STRING SymbolicLinkName, BOOLEAN Enable);
VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString);
#pragma weak IoInvalidateDeviceState
#pragma weak IoGetDeviceProperty
#pragma weak IoRegisterDeviceInterface
#pragma weak IoSetDeviceInterfaceState
#pragma weak RtlFreeUnicodeString

#endif
