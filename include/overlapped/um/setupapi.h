/* SPDX-License-Identifier: MIT */
/* Device information sets: which devices are present, their interfaces, the paths that CreateFile opens, their ids and
 * properties. Installation (INF files, drivers, class installers) is not here. */
#ifndef _INC_SETUPAPI
#define _INC_SETUPAPI
#include "devpropdef.h"
#include "windows.h"

OVL_BEGIN_C

#define WINSETUPAPI

/* clang-format off */
#define SPINT_ACTIVE                         0x00000001
#define SPINT_DEFAULT                        0x00000002
#define SPINT_REMOVED                        0x00000004
#define DICS_FLAG_GLOBAL                     0x00000001
#define DICS_FLAG_CONFIGSPECIFIC             0x00000002
#define DICS_FLAG_CONFIGGENERAL              0x00000004
#define DICD_GENERATE_ID                     0x00000001
#define DICD_INHERIT_CLASSDRVS               0x00000002
#define DIOD_INHERIT_CLASSDRVS               0x00000002
#define DIOD_CANCEL_REMOVE                   0x00000004
#define DIODI_NO_ADD                         0x00000001
#define DIGCF_DEFAULT                        0x00000001
#define DIGCF_PRESENT                        0x00000002
#define DIGCF_ALLCLASSES                     0x00000004
#define DIGCF_PROFILE                        0x00000008
#define DIGCF_DEVICEINTERFACE                0x00000010
#define DIOCR_INSTALLER                      0x00000001
#define DIOCR_INTERFACE                      0x00000002
#define DIREG_DEV                            0x00000001
#define DIREG_DRV                            0x00000002
#define DIREG_BOTH                           0x00000004
#define SPDRP_DEVICEDESC                     0x00000000
#define SPDRP_HARDWAREID                     0x00000001
#define SPDRP_COMPATIBLEIDS                  0x00000002
#define SPDRP_UNUSED0                        0x00000003
#define SPDRP_SERVICE                        0x00000004
#define SPDRP_UNUSED1                        0x00000005
#define SPDRP_UNUSED2                        0x00000006
#define SPDRP_CLASS                          0x00000007
#define SPDRP_CLASSGUID                      0x00000008
#define SPDRP_DRIVER                         0x00000009
#define SPDRP_CONFIGFLAGS                    0x0000000a
#define SPDRP_MFG                            0x0000000b
#define SPDRP_FRIENDLYNAME                   0x0000000c
#define SPDRP_LOCATION_INFORMATION           0x0000000d
#define SPDRP_PHYSICAL_DEVICE_OBJECT_NAME    0x0000000e
#define SPDRP_CAPABILITIES                   0x0000000f
#define SPDRP_UI_NUMBER                      0x00000010
#define SPDRP_UPPERFILTERS                   0x00000011
#define SPDRP_LOWERFILTERS                   0x00000012
#define SPDRP_BUSTYPEGUID                    0x00000013
#define SPDRP_LEGACYBUSTYPE                  0x00000014
#define SPDRP_BUSNUMBER                      0x00000015
#define SPDRP_ENUMERATOR_NAME                0x00000016
#define SPDRP_SECURITY                       0x00000017
#define SPDRP_SECURITY_SDS                   0x00000018
#define SPDRP_DEVTYPE                        0x00000019
#define SPDRP_EXCLUSIVE                      0x0000001a
#define SPDRP_CHARACTERISTICS                0x0000001b
#define SPDRP_ADDRESS                        0x0000001c
#define SPDRP_UI_NUMBER_DESC_FORMAT          0x0000001d
#define SPDRP_DEVICE_POWER_DATA              0x0000001e
#define SPDRP_REMOVAL_POLICY                 0x0000001f
#define SPDRP_REMOVAL_POLICY_HW_DEFAULT      0x00000020
#define SPDRP_REMOVAL_POLICY_OVERRIDE        0x00000021
#define SPDRP_INSTALL_STATE                  0x00000022
#define SPDRP_LOCATION_PATHS                 0x00000023
#define SPDRP_BASE_CONTAINERID               0x00000024
#define SPDRP_MAXIMUM_PROPERTY               0x00000025
#define ERROR_NO_ASSOCIATED_CLASS            0xE0000200u
#define ERROR_CLASS_MISMATCH                 0xE0000201u
#define ERROR_DUPLICATE_FOUND                0xE0000202u
#define ERROR_NO_DRIVER_SELECTED             0xE0000203u
#define ERROR_KEY_DOES_NOT_EXIST             0xE0000204u
#define ERROR_INVALID_DEVINST_NAME           0xE0000205u
#define ERROR_INVALID_CLASS                  0xE0000206u
#define ERROR_DEVINST_ALREADY_EXISTS         0xE0000207u
#define ERROR_DEVINFO_NOT_REGISTERED         0xE0000208u
#define ERROR_INVALID_REG_PROPERTY           0xE0000209u
#define ERROR_NO_INF                         0xE000020Au
#define ERROR_NO_SUCH_DEVINST                0xE000020Bu
#define ERROR_CANT_LOAD_CLASS_ICON           0xE000020Cu
#define ERROR_INVALID_CLASS_INSTALLER        0xE000020Du
#define ERROR_DI_DO_DEFAULT                  0xE000020Eu
#define ERROR_DI_NOFILECOPY                  0xE000020Fu
#define ERROR_INVALID_HWPROFILE              0xE0000210u
#define ERROR_NO_DEVICE_SELECTED             0xE0000211u
#define ERROR_DEVINFO_LIST_LOCKED            0xE0000212u
#define ERROR_DEVINFO_DATA_LOCKED            0xE0000213u
#define ERROR_DI_BAD_PATH                    0xE0000214u
#define ERROR_NO_CLASSINSTALL_PARAMS         0xE0000215u
#define ERROR_FILEQUEUE_LOCKED               0xE0000216u
#define ERROR_BAD_SERVICE_INSTALLSECT        0xE0000217u
#define ERROR_NO_CLASS_DRIVER_LIST           0xE0000218u
#define ERROR_NO_ASSOCIATED_SERVICE          0xE0000219u
#define ERROR_NO_DEFAULT_DEVICE_INTERFACE    0xE000021Au
#define ERROR_DEVICE_INTERFACE_ACTIVE        0xE000021Bu
#define ERROR_DEVICE_INTERFACE_REMOVED       0xE000021Cu
#define ERROR_BAD_INTERFACE_INSTALLSECT      0xE000021Du
#define ERROR_NO_SUCH_INTERFACE_CLASS        0xE000021Eu
#define ERROR_INVALID_REFERENCE_STRING       0xE000021Fu
#define ERROR_INVALID_MACHINENAME            0xE0000220u
#define ERROR_REMOTE_COMM_FAILURE            0xE0000221u
#define ERROR_MACHINE_UNAVAILABLE            0xE0000222u
#define ERROR_NO_CONFIGMGR_SERVICES          0xE0000223u
#define ERROR_INVALID_PROPPAGE_PROVIDER      0xE0000224u
#define ERROR_NO_SUCH_DEVICE_INTERFACE       0xE0000225u
#define ERROR_DI_POSTPROCESSING_REQUIRED     0xE0000226u
#define ERROR_INVALID_COINSTALLER            0xE0000227u
#define ERROR_NO_COMPAT_DRIVERS              0xE0000228u
#define ERROR_NO_DEVICE_ICON                 0xE0000229u
#define ERROR_INVALID_INF_LOGCONFIG          0xE000022Au
#define ERROR_DI_DONT_INSTALL                0xE000022Bu
#define ERROR_INVALID_FILTER_DRIVER          0xE000022Cu
#define ERROR_NON_WINDOWS_NT_DRIVER          0xE000022Du
#define ERROR_NON_WINDOWS_DRIVER             0xE000022Eu
#define ERROR_NO_CATALOG_FOR_OEM_INF         0xE000022Fu
#define ERROR_DEVINSTALL_QUEUE_NONNATIVE     0xE0000230u
#define ERROR_NOT_DISABLEABLE                0xE0000231u
#define ERROR_CANT_REMOVE_DEVINST            0xE0000232u
#define ERROR_INVALID_TARGET                 0xE0000233u
/* clang-format on */
#define DIGCF_INTERFACEDEVICE DIGCF_DEVICEINTERFACE
#define SPID_ACTIVE           SPINT_ACTIVE
#define SPID_DEFAULT          SPINT_DEFAULT
#define SPID_REMOVED          SPINT_REMOVED
#define LINE_LEN              256

typedef PVOID HDEVINFO;

typedef struct _SP_DEVINFO_DATA {
    DWORD cbSize;
    GUID ClassGuid;
    DWORD DevInst;
    ULONG_PTR Reserved;
} SP_DEVINFO_DATA, *PSP_DEVINFO_DATA;

typedef struct _SP_DEVICE_INTERFACE_DATA {
    DWORD cbSize;
    GUID InterfaceClassGuid;
    DWORD Flags;
    ULONG_PTR Reserved;
} SP_DEVICE_INTERFACE_DATA, *PSP_DEVICE_INTERFACE_DATA, SP_INTERFACE_DEVICE_DATA, *PSP_INTERFACE_DEVICE_DATA;

typedef struct _SP_DEVICE_INTERFACE_DETAIL_DATA_A {
    DWORD cbSize;
    CHAR DevicePath[ANYSIZE_ARRAY];
} SP_DEVICE_INTERFACE_DETAIL_DATA_A, *PSP_DEVICE_INTERFACE_DETAIL_DATA_A, SP_INTERFACE_DEVICE_DETAIL_DATA_A,
    *PSP_INTERFACE_DEVICE_DETAIL_DATA_A;

typedef struct _SP_DEVICE_INTERFACE_DETAIL_DATA_W {
    DWORD cbSize;
    WCHAR DevicePath[ANYSIZE_ARRAY];
} SP_DEVICE_INTERFACE_DETAIL_DATA_W, *PSP_DEVICE_INTERFACE_DETAIL_DATA_W, SP_INTERFACE_DEVICE_DETAIL_DATA_W,
    *PSP_INTERFACE_DEVICE_DETAIL_DATA_W;

HDEVINFO WINAPI SetupDiCreateDeviceInfoList(const GUID *ClassGuid, HWND hwndParent);
BOOL WINAPI SetupDiDestroyDeviceInfoList(HDEVINFO DeviceInfoSet);
HDEVINFO WINAPI SetupDiGetClassDevsA(const GUID *ClassGuid, PCSTR Enumerator, HWND hwndParent, DWORD Flags);
HDEVINFO WINAPI SetupDiGetClassDevsW(const GUID *ClassGuid, PCWSTR Enumerator, HWND hwndParent, DWORD Flags);
HDEVINFO WINAPI SetupDiGetClassDevsExA(const GUID *ClassGuid, PCSTR Enumerator, HWND hwndParent, DWORD Flags,
                                       HDEVINFO DeviceInfoSet, PCSTR MachineName, PVOID Reserved);
HDEVINFO WINAPI SetupDiGetClassDevsExW(const GUID *ClassGuid, PCWSTR Enumerator, HWND hwndParent, DWORD Flags,
                                       HDEVINFO DeviceInfoSet, PCWSTR MachineName, PVOID Reserved);
BOOL WINAPI SetupDiEnumDeviceInfo(HDEVINFO DeviceInfoSet, DWORD MemberIndex, PSP_DEVINFO_DATA DeviceInfoData);
BOOL WINAPI SetupDiEnumDeviceInterfaces(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                        const GUID *InterfaceClassGuid, DWORD MemberIndex,
                                        PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData);
BOOL WINAPI SetupDiGetDeviceInterfaceDetailA(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                             PSP_DEVICE_INTERFACE_DETAIL_DATA_A DeviceInterfaceDetailData,
                                             DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize,
                                             PSP_DEVINFO_DATA DeviceInfoData);
BOOL WINAPI SetupDiGetDeviceInterfaceDetailW(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                             PSP_DEVICE_INTERFACE_DETAIL_DATA_W DeviceInterfaceDetailData,
                                             DWORD DeviceInterfaceDetailDataSize, PDWORD RequiredSize,
                                             PSP_DEVINFO_DATA DeviceInfoData);
BOOL WINAPI SetupDiOpenDeviceInfoA(HDEVINFO DeviceInfoSet, PCSTR DeviceInstanceId, HWND hwndParent, DWORD OpenFlags,
                                   PSP_DEVINFO_DATA DeviceInfoData);
BOOL WINAPI SetupDiOpenDeviceInfoW(HDEVINFO DeviceInfoSet, PCWSTR DeviceInstanceId, HWND hwndParent, DWORD OpenFlags,
                                   PSP_DEVINFO_DATA DeviceInfoData);
BOOL WINAPI SetupDiOpenDeviceInterfaceA(HDEVINFO DeviceInfoSet, PCSTR DevicePath, DWORD OpenFlags,
                                        PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData);
BOOL WINAPI SetupDiOpenDeviceInterfaceW(HDEVINFO DeviceInfoSet, PCWSTR DevicePath, DWORD OpenFlags,
                                        PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData);
BOOL WINAPI SetupDiGetDeviceInstanceIdA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PSTR DeviceInstanceId,
                                        DWORD DeviceInstanceIdSize, PDWORD RequiredSize);
BOOL WINAPI SetupDiGetDeviceInstanceIdW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, PWSTR DeviceInstanceId,
                                        DWORD DeviceInstanceIdSize, PDWORD RequiredSize);
BOOL WINAPI SetupDiGetDeviceRegistryPropertyA(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property,
                                              PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
                                              DWORD PropertyBufferSize, PDWORD RequiredSize);
BOOL WINAPI SetupDiGetDeviceRegistryPropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData, DWORD Property,
                                              PDWORD PropertyRegDataType, PBYTE PropertyBuffer,
                                              DWORD PropertyBufferSize, PDWORD RequiredSize);
BOOL WINAPI SetupDiGetDevicePropertyW(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                      const DEVPROPKEY *PropertyKey, DEVPROPTYPE *PropertyType, PBYTE PropertyBuffer,
                                      DWORD PropertyBufferSize, PDWORD RequiredSize, DWORD Flags);
BOOL WINAPI SetupDiGetDevicePropertyKeys(HDEVINFO DeviceInfoSet, PSP_DEVINFO_DATA DeviceInfoData,
                                         DEVPROPKEY *PropertyKeyArray, DWORD PropertyKeyCount,
                                         PDWORD RequiredPropertyKeyCount, DWORD Flags);
BOOL WINAPI SetupDiGetDeviceInterfacePropertyW(HDEVINFO DeviceInfoSet, PSP_DEVICE_INTERFACE_DATA DeviceInterfaceData,
                                               const DEVPROPKEY *PropertyKey, DEVPROPTYPE *PropertyType,
                                               PBYTE PropertyBuffer, DWORD PropertyBufferSize, PDWORD RequiredSize,
                                               DWORD Flags);
BOOL WINAPI SetupDiClassGuidsFromNameA(PCSTR ClassName, LPGUID ClassGuidList, DWORD ClassGuidListSize,
                                       PDWORD RequiredSize);
BOOL WINAPI SetupDiClassGuidsFromNameW(PCWSTR ClassName, LPGUID ClassGuidList, DWORD ClassGuidListSize,
                                       PDWORD RequiredSize);

#define SetupDiGetDeviceProperty          SetupDiGetDevicePropertyW
#define SetupDiGetDeviceInterfaceProperty SetupDiGetDeviceInterfacePropertyW
#define SetupDiEnumInterfaceDevice        SetupDiEnumDeviceInterfaces
#ifdef UNICODE
typedef SP_DEVICE_INTERFACE_DETAIL_DATA_W SP_DEVICE_INTERFACE_DETAIL_DATA;
typedef PSP_DEVICE_INTERFACE_DETAIL_DATA_W PSP_DEVICE_INTERFACE_DETAIL_DATA;
#define SetupDiGetClassDevs              SetupDiGetClassDevsW
#define SetupDiGetClassDevsEx            SetupDiGetClassDevsExW
#define SetupDiGetDeviceInterfaceDetail  SetupDiGetDeviceInterfaceDetailW
#define SetupDiOpenDeviceInfo            SetupDiOpenDeviceInfoW
#define SetupDiOpenDeviceInterface       SetupDiOpenDeviceInterfaceW
#define SetupDiGetDeviceInstanceId       SetupDiGetDeviceInstanceIdW
#define SetupDiGetDeviceRegistryProperty SetupDiGetDeviceRegistryPropertyW
#define SetupDiClassGuidsFromName        SetupDiClassGuidsFromNameW
#else
typedef SP_DEVICE_INTERFACE_DETAIL_DATA_A SP_DEVICE_INTERFACE_DETAIL_DATA;
typedef PSP_DEVICE_INTERFACE_DETAIL_DATA_A PSP_DEVICE_INTERFACE_DETAIL_DATA;
#define SetupDiGetClassDevs              SetupDiGetClassDevsA
#define SetupDiGetClassDevsEx            SetupDiGetClassDevsExA
#define SetupDiGetDeviceInterfaceDetail  SetupDiGetDeviceInterfaceDetailA
#define SetupDiOpenDeviceInfo            SetupDiOpenDeviceInfoA
#define SetupDiOpenDeviceInterface       SetupDiOpenDeviceInterfaceA
#define SetupDiGetDeviceInstanceId       SetupDiGetDeviceInstanceIdA
#define SetupDiGetDeviceRegistryProperty SetupDiGetDeviceRegistryPropertyA
#define SetupDiClassGuidsFromName        SetupDiClassGuidsFromNameA
#endif
typedef SP_DEVICE_INTERFACE_DETAIL_DATA SP_INTERFACE_DEVICE_DETAIL_DATA;
typedef PSP_DEVICE_INTERFACE_DETAIL_DATA PSP_INTERFACE_DEVICE_DETAIL_DATA;

OVL_END_C

#endif
