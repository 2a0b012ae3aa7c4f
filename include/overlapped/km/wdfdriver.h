/* SPDX-License-Identifier: MIT */
/* The driver object. */
#ifndef _WDFDRIVER_H_
#define _WDFDRIVER_H_
#include "wdfobject.h"

typedef NTSTATUS NTAPI EVT_WDF_DRIVER_DEVICE_ADD(WDFDRIVER Driver, PWDFDEVICE_INIT DeviceInit);
typedef EVT_WDF_DRIVER_DEVICE_ADD *PFN_WDF_DRIVER_DEVICE_ADD;
typedef VOID NTAPI EVT_WDF_DRIVER_UNLOAD(WDFDRIVER Driver);
typedef EVT_WDF_DRIVER_UNLOAD *PFN_WDF_DRIVER_UNLOAD;

typedef enum _WDF_DRIVER_INIT_FLAGS {
    WdfDriverInitNonPnpDriver = 0x1,
    WdfDriverInitNoDispatchOverride = 0x2,
} WDF_DRIVER_INIT_FLAGS;

typedef struct _WDF_DRIVER_CONFIG {
    ULONG Size;
    PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd;
    PFN_WDF_DRIVER_UNLOAD EvtDriverUnload;
    ULONG DriverInitFlags;
    ULONG DriverPoolTag;
} WDF_DRIVER_CONFIG, *PWDF_DRIVER_CONFIG;

NTAPI_INLINE VOID WDF_DRIVER_CONFIG_INIT(PWDF_DRIVER_CONFIG Config, PFN_WDF_DRIVER_DEVICE_ADD EvtDriverDeviceAdd)
{
    WDF_STRUCT_INIT(Config, WDF_DRIVER_CONFIG);
    Config->EvtDriverDeviceAdd = EvtDriverDeviceAdd;
}

typedef struct _WDF_DRIVER_VERSION_AVAILABLE_PARAMS {
    ULONG Size;
    ULONG MajorVersion;
    ULONG MinorVersion;
} WDF_DRIVER_VERSION_AVAILABLE_PARAMS, *PWDF_DRIVER_VERSION_AVAILABLE_PARAMS;

NTAPI_INLINE VOID WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Params,
                                                           ULONG MajorVersion, ULONG MinorVersion)
{
    WDF_STRUCT_INIT(Params, WDF_DRIVER_VERSION_AVAILABLE_PARAMS);
    Params->MajorVersion = MajorVersion;
    Params->MinorVersion = MinorVersion;
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfDriverCreate,
           (PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath, PWDF_OBJECT_ATTRIBUTES DriverAttributes,
            PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver),
           (DriverObject, RegistryPath, DriverAttributes, DriverConfig, Driver))
WDF_METHOD(PWSTR, WdfDriverGetRegistryPath, (WDFDRIVER Driver), (Driver))
WDF_METHOD(PDRIVER_OBJECT, WdfDriverWdmGetDriverObject, (WDFDRIVER Driver), (Driver))
WDF_METHOD(WDFDRIVER, WdfWdmDriverGetWdfDriverHandle, (PDRIVER_OBJECT DriverObject), (DriverObject))
WDF_METHOD(NTSTATUS, WdfDriverOpenParametersRegistryKey,
           (WDFDRIVER Driver, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes, WDFKEY *Key),
           (Driver, DesiredAccess, KeyAttributes, Key))
WDF_METHOD(NTSTATUS, WdfDriverRetrieveVersionString, (WDFDRIVER Driver, WDFSTRING String), (Driver, String))
WDF_METHOD(BOOLEAN, WdfDriverIsVersionAvailable, (WDFDRIVER Driver, PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Params),
           (Driver, Params))
OVL_END_C

NTAPI_INLINE VOID WdfVerifierDbgBreakPoint(void) { DbgBreakPoint(); }
NTAPI_INLINE VOID WdfVerifierKeBugCheck(ULONG BugCheckCode, ULONG_PTR Parameter1, ULONG_PTR Parameter2, ULONG_PTR Parameter3, ULONG_PTR Parameter4)
{
    KeBugCheckEx(BugCheckCode, Parameter1, Parameter2, Parameter3, Parameter4);
}
#endif
