/* SPDX-License-Identifier: MIT */
/* Driver-defined interfaces: tables of functions that one driver of a stack gives another. */
#ifndef _WDFQUERYINTERFACE_H_
#define _WDFQUERYINTERFACE_H_
#include "wdfdevice.h"
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST(WDFDEVICE Device, LPGUID InterfaceType,
                                                                     PINTERFACE ExposedInterface,
                                                                     PVOID ExposedInterfaceSpecificData);
typedef EVT_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST *PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST;

typedef struct _WDF_QUERY_INTERFACE_CONFIG {
    ULONG Size;
    PINTERFACE Interface;
    const GUID *InterfaceType;
    BOOLEAN SendQueryToParentStack;
    PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST EvtDeviceProcessQueryInterfaceRequest;
    BOOLEAN ImportInterface;
} WDF_QUERY_INTERFACE_CONFIG, *PWDF_QUERY_INTERFACE_CONFIG;

NTAPI_INLINE VOID WDF_QUERY_INTERFACE_CONFIG_INIT(
    PWDF_QUERY_INTERFACE_CONFIG Config, PINTERFACE Interface, const GUID *InterfaceType,
    PFN_WDF_DEVICE_PROCESS_QUERY_INTERFACE_REQUEST EvtDeviceProcessQueryInterfaceRequest)
{
    WDF_STRUCT_INIT(Config, WDF_QUERY_INTERFACE_CONFIG);
    Config->Interface = Interface;
    Config->InterfaceType = InterfaceType;
    Config->EvtDeviceProcessQueryInterfaceRequest = EvtDeviceProcessQueryInterfaceRequest;
}

/* For interfaces whose reference counts nobody needs. */
NTAPI_INLINE VOID WdfDeviceInterfaceReferenceNoOp(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}
NTAPI_INLINE VOID WdfDeviceInterfaceDereferenceNoOp(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfDeviceAddQueryInterface, (WDFDEVICE Device, PWDF_QUERY_INTERFACE_CONFIG InterfaceConfig),
           (Device, InterfaceConfig))
WDF_METHOD(NTSTATUS, WdfFdoQueryForInterface,
           (WDFDEVICE Fdo, LPCGUID InterfaceType, PINTERFACE Interface, USHORT Size, USHORT Version, PVOID InterfaceSpecificData),
           (Fdo, InterfaceType, Interface, Size, Version, InterfaceSpecificData))
OVL_END_C
#endif
