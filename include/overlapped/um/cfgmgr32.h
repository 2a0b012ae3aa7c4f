/* SPDX-License-Identifier: MIT */
/* The configuration manager: the tree of devices, their properties, the paths of their interfaces, and who is told when
 * they come and go. All functions answer with a CONFIGRET. */
#ifndef _CFGMGR32_H_
#define _CFGMGR32_H_
#include "cfg.h"
#include "devpropdef.h"
#include "minwindef.h"

OVL_BEGIN_C

#define CMAPI
#define MAX_DEVICE_ID_LEN      200
#define MAX_DEVNODE_ID_LEN     MAX_DEVICE_ID_LEN
#define MAX_GUID_STRING_LEN    39
#define MAX_CLASS_NAME_LEN     32
#define MAX_PROFILE_LEN        80
#define MAX_CONFIG_VALUE       9999
#define MAX_INSTANCE_VALUE     9999

/* clang-format off */
#define CM_GETIDLIST_FILTER_NONE                         0x00000000
#define CM_GETIDLIST_FILTER_ENUMERATOR                   0x00000001
#define CM_GETIDLIST_FILTER_SERVICE                      0x00000002
#define CM_GETIDLIST_FILTER_EJECTRELATIONS               0x00000004
#define CM_GETIDLIST_FILTER_REMOVALRELATIONS             0x00000008
#define CM_GETIDLIST_FILTER_POWERRELATIONS               0x00000010
#define CM_GETIDLIST_FILTER_BUSRELATIONS                 0x00000020
#define CM_GETIDLIST_DONOTGENERATE                       0x10000040
#define CM_GETIDLIST_FILTER_TRANSPORTRELATIONS           0x00000080
#define CM_GETIDLIST_FILTER_PRESENT                      0x00000100
#define CM_GETIDLIST_FILTER_CLASS                        0x00000200
#define CM_GET_DEVICE_INTERFACE_LIST_PRESENT             0x00000000
#define CM_GET_DEVICE_INTERFACE_LIST_ALL_DEVICES         0x00000001
#define CM_DRP_DEVICEDESC                                0x00000001
#define CM_DRP_HARDWAREID                                0x00000002
#define CM_DRP_COMPATIBLEIDS                             0x00000003
#define CM_DRP_UNUSED0                                   0x00000004
#define CM_DRP_SERVICE                                   0x00000005
#define CM_DRP_UNUSED1                                   0x00000006
#define CM_DRP_UNUSED2                                   0x00000007
#define CM_DRP_CLASS                                     0x00000008
#define CM_DRP_CLASSGUID                                 0x00000009
#define CM_DRP_DRIVER                                    0x0000000A
#define CM_DRP_CONFIGFLAGS                               0x0000000B
#define CM_DRP_MFG                                       0x0000000C
#define CM_DRP_FRIENDLYNAME                              0x0000000D
#define CM_DRP_LOCATION_INFORMATION                      0x0000000E
#define CM_DRP_PHYSICAL_DEVICE_OBJECT_NAME               0x0000000F
#define CM_DRP_CAPABILITIES                              0x00000010
#define CM_DRP_UI_NUMBER                                 0x00000011
#define CM_DRP_UPPERFILTERS                              0x00000012
#define CM_DRP_LOWERFILTERS                              0x00000013
#define CM_DRP_BUSTYPEGUID                               0x00000014
#define CM_DRP_LEGACYBUSTYPE                             0x00000015
#define CM_DRP_BUSNUMBER                                 0x00000016
#define CM_DRP_ENUMERATOR_NAME                           0x00000017
#define CM_DRP_SECURITY                                  0x00000018
#define CM_DRP_SECURITY_SDS                              0x00000019
#define CM_DRP_DEVTYPE                                   0x0000001A
#define CM_DRP_EXCLUSIVE                                 0x0000001B
#define CM_DRP_CHARACTERISTICS                           0x0000001C
#define CM_DRP_ADDRESS                                   0x0000001D
#define CM_DRP_UI_NUMBER_DESC_FORMAT                     0x0000001E
#define CM_DRP_DEVICE_POWER_DATA                         0x0000001F
#define CM_DRP_REMOVAL_POLICY                            0x00000020
#define CM_DRP_REMOVAL_POLICY_HW_DEFAULT                 0x00000021
#define CM_DRP_REMOVAL_POLICY_OVERRIDE                   0x00000022
#define CM_DRP_INSTALL_STATE                             0x00000023
#define CM_DRP_LOCATION_PATHS                            0x00000024
#define CM_DRP_BASE_CONTAINERID                          0x00000025
#define CM_DRP_MIN                                       0x00000001
#define CM_DEVCAP_LOCKSUPPORTED                          0x00000001
#define CM_DEVCAP_EJECTSUPPORTED                         0x00000002
#define CM_DEVCAP_REMOVABLE                              0x00000004
#define CM_DEVCAP_DOCKDEVICE                             0x00000008
#define CM_DEVCAP_UNIQUEID                               0x00000010
#define CM_DEVCAP_SILENTINSTALL                          0x00000020
#define CM_DEVCAP_RAWDEVICEOK                            0x00000040
#define CM_DEVCAP_SURPRISEREMOVALOK                      0x00000080
#define CM_DEVCAP_HARDWAREDISABLED                       0x00000100
#define CM_DEVCAP_NONDYNAMIC                             0x00000200
#define CM_DEVCAP_SECUREDEVICE                           0x00000400
#define CM_LOCATE_DEVNODE_NORMAL                         0x00000000
#define CM_LOCATE_DEVNODE_PHANTOM                        0x00000001
#define CM_LOCATE_DEVNODE_CANCELREMOVE                   0x00000002
#define CM_LOCATE_DEVNODE_NOVALIDATION                   0x00000004
#define CM_LOCATE_DEVINST_NORMAL                         CM_LOCATE_DEVNODE_NORMAL
#define CM_LOCATE_DEVINST_PHANTOM                        CM_LOCATE_DEVNODE_PHANTOM
#define CM_LOCATE_DEVINST_CANCELREMOVE                   CM_LOCATE_DEVNODE_CANCELREMOVE
#define CM_LOCATE_DEVINST_NOVALIDATION                   CM_LOCATE_DEVNODE_NOVALIDATION
#define CM_REMOVE_UI_OK                                  0x00000000
#define CM_REMOVE_UI_NOT_OK                              0x00000001
#define CM_REMOVE_NO_RESTART                             0x00000002
#define CM_REENUMERATE_NORMAL                            0x00000000
#define CM_REENUMERATE_SYNCHRONOUS                       0x00000001
#define CM_REENUMERATE_RETRY_INSTALLATION                0x00000002
#define CM_REENUMERATE_ASYNCHRONOUS                      0x00000004
#define CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES      0x00000001
#define CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES       0x00000002
#define CR_SUCCESS                                       0x00000000
#define CR_DEFAULT                                       0x00000001
#define CR_OUT_OF_MEMORY                                 0x00000002
#define CR_INVALID_POINTER                               0x00000003
#define CR_INVALID_FLAG                                  0x00000004
#define CR_INVALID_DEVNODE                               0x00000005
#define CR_INVALID_DEVINST                               CR_INVALID_DEVNODE
#define CR_INVALID_RES_DES                               0x00000006
#define CR_INVALID_LOG_CONF                              0x00000007
#define CR_INVALID_ARBITRATOR                            0x00000008
#define CR_INVALID_NODELIST                              0x00000009
#define CR_DEVNODE_HAS_REQS                              0x0000000A
#define CR_DEVINST_HAS_REQS                              CR_DEVNODE_HAS_REQS
#define CR_INVALID_RESOURCEID                            0x0000000B
#define CR_DLVXD_NOT_FOUND                               0x0000000C
#define CR_NO_SUCH_DEVNODE                               0x0000000D
#define CR_NO_SUCH_DEVINST                               CR_NO_SUCH_DEVNODE
#define CR_NO_MORE_LOG_CONF                              0x0000000E
#define CR_NO_MORE_RES_DES                               0x0000000F
#define CR_ALREADY_SUCH_DEVNODE                          0x00000010
#define CR_ALREADY_SUCH_DEVINST                          CR_ALREADY_SUCH_DEVNODE
#define CR_INVALID_RANGE_LIST                            0x00000011
#define CR_INVALID_RANGE                                 0x00000012
#define CR_FAILURE                                       0x00000013
#define CR_NO_SUCH_LOGICAL_DEV                           0x00000014
#define CR_CREATE_BLOCKED                                0x00000015
#define CR_NOT_SYSTEM_VM                                 0x00000016
#define CR_REMOVE_VETOED                                 0x00000017
#define CR_APM_VETOED                                    0x00000018
#define CR_INVALID_LOAD_TYPE                             0x00000019
#define CR_BUFFER_SMALL                                  0x0000001A
#define CR_NO_ARBITRATOR                                 0x0000001B
#define CR_NO_REGISTRY_HANDLE                            0x0000001C
#define CR_REGISTRY_ERROR                                0x0000001D
#define CR_INVALID_DEVICE_ID                             0x0000001E
#define CR_INVALID_DATA                                  0x0000001F
#define CR_INVALID_API                                   0x00000020
#define CR_DEVLOADER_NOT_READY                           0x00000021
#define CR_NEED_RESTART                                  0x00000022
#define CR_NO_MORE_HW_PROFILES                           0x00000023
#define CR_DEVICE_NOT_THERE                              0x00000024
#define CR_NO_SUCH_VALUE                                 0x00000025
#define CR_WRONG_TYPE                                    0x00000026
#define CR_INVALID_PRIORITY                              0x00000027
#define CR_NOT_DISABLEABLE                               0x00000028
#define CR_FREE_RESOURCES                                0x00000029
#define CR_QUERY_VETOED                                  0x0000002A
#define CR_CANT_SHARE_IRQ                                0x0000002B
#define CR_NO_DEPENDENT                                  0x0000002C
#define CR_SAME_RESOURCES                                0x0000002D
#define CR_NO_SUCH_REGISTRY_KEY                          0x0000002E
#define CR_INVALID_MACHINENAME                           0x0000002F
#define CR_REMOTE_COMM_FAILURE                           0x00000030
#define CR_MACHINE_UNAVAILABLE                           0x00000031
#define CR_NO_CM_SERVICES                                0x00000032
#define CR_ACCESS_DENIED                                 0x00000033
#define CR_CALL_NOT_IMPLEMENTED                          0x00000034
#define CR_INVALID_PROPERTY                              0x00000035
#define CR_DEVICE_INTERFACE_ACTIVE                       0x00000036
#define CR_NO_SUCH_DEVICE_INTERFACE                      0x00000037
#define CR_INVALID_REFERENCE_STRING                      0x00000038
#define CR_INVALID_CONFLICT_LIST                         0x00000039
#define CR_INVALID_INDEX                                 0x0000003A
#define CR_INVALID_STRUCTURE_SIZE                        0x0000003B
/* clang-format on */
#define NUM_CR_RESULTS               0x0000003C
#define CM_NOTIFY_FILTER_VALID_FLAGS                                                               \
    (CM_NOTIFY_FILTER_FLAG_ALL_INTERFACE_CLASSES | CM_NOTIFY_FILTER_FLAG_ALL_DEVICE_INSTANCES)

typedef DWORD RETURN_TYPE;
typedef RETURN_TYPE CONFIGRET;
typedef DWORD DEVNODE, DEVINST;
typedef DEVNODE *PDEVNODE;
typedef DEVINST *PDEVINST;
typedef CHAR *DEVNODEID_A, *DEVINSTID_A;
typedef WCHAR *DEVNODEID_W, *DEVINSTID_W;
#ifdef UNICODE
typedef DEVNODEID_W DEVNODEID;
typedef DEVINSTID_W DEVINSTID;
#else
typedef DEVNODEID_A DEVNODEID;
typedef DEVINSTID_A DEVINSTID;
#endif
typedef HANDLE HMACHINE, *PHMACHINE;
DECLARE_HANDLE(HCMNOTIFICATION);
typedef HCMNOTIFICATION *PHCMNOTIFICATION;

typedef enum _CM_NOTIFY_FILTER_TYPE {
    CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE,
    CM_NOTIFY_FILTER_TYPE_DEVICEHANDLE,
    CM_NOTIFY_FILTER_TYPE_DEVICEINSTANCE,
    CM_NOTIFY_FILTER_TYPE_MAX
} CM_NOTIFY_FILTER_TYPE, *PCM_NOTIFY_FILTER_TYPE;

typedef struct _CM_NOTIFY_FILTER {
    DWORD cbSize;
    DWORD Flags;
    CM_NOTIFY_FILTER_TYPE FilterType;
    DWORD Reserved;
    union {
        struct {
            GUID ClassGuid;
        } DeviceInterface;
        struct {
            HANDLE hTarget;
        } DeviceHandle;
        struct {
            WCHAR InstanceId[MAX_DEVICE_ID_LEN];
        } DeviceInstance;
    } u;
} CM_NOTIFY_FILTER, *PCM_NOTIFY_FILTER;

typedef enum _CM_NOTIFY_ACTION {
    CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL,
    CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL,
    CM_NOTIFY_ACTION_DEVICEQUERYREMOVE,
    CM_NOTIFY_ACTION_DEVICEQUERYREMOVEFAILED,
    CM_NOTIFY_ACTION_DEVICEREMOVEPENDING,
    CM_NOTIFY_ACTION_DEVICEREMOVECOMPLETE,
    CM_NOTIFY_ACTION_DEVICECUSTOMEVENT,
    CM_NOTIFY_ACTION_DEVICEINSTANCEENUMERATED,
    CM_NOTIFY_ACTION_DEVICEINSTANCESTARTED,
    CM_NOTIFY_ACTION_DEVICEINSTANCEREMOVED,
    CM_NOTIFY_ACTION_MAX
} CM_NOTIFY_ACTION, *PCM_NOTIFY_ACTION;

typedef struct _CM_NOTIFY_EVENT_DATA {
    CM_NOTIFY_FILTER_TYPE FilterType;
    DWORD Reserved;
    union {
        struct {
            GUID ClassGuid;
            WCHAR SymbolicLink[1];
        } DeviceInterface;
        struct {
            GUID EventGuid;
            LONG NameOffset;
            DWORD DataSize;
            BYTE Data[1];
        } DeviceHandle;
        struct {
            WCHAR InstanceId[1];
        } DeviceInstance;
    } u;
} CM_NOTIFY_EVENT_DATA, *PCM_NOTIFY_EVENT_DATA;

typedef DWORD(CALLBACK *PCM_NOTIFY_CALLBACK)(HCMNOTIFICATION hNotify, PVOID Context, CM_NOTIFY_ACTION Action,
                                             PCM_NOTIFY_EVENT_DATA EventData, DWORD EventDataSize);

CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER pFilter, PVOID pContext, PCM_NOTIFY_CALLBACK pCallback,
                                          PHCMNOTIFICATION pNotifyContext);
CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION NotifyContext);
DWORD WINAPI CM_MapCrToWin32Err(CONFIGRET CmReturnCode, DWORD DefaultErr);

CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeA(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID,
                                                    ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_List_SizeW(PULONG pulLen, LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID,
                                                    ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListA(LPGUID InterfaceClassGuid, DEVINSTID_A pDeviceID, PCHAR Buffer,
                                               ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_ListW(LPGUID InterfaceClassGuid, DEVINSTID_W pDeviceID, PWCHAR Buffer,
                                               ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_Interface_PropertyW(LPCWSTR pszDeviceInterface, const DEVPROPKEY *PropertyKey,
                                                   DEVPROPTYPE *PropertyType, PBYTE PropertyBuffer,
                                                   PULONG PropertyBufferSize, ULONG ulFlags);

CONFIGRET WINAPI CM_Locate_DevNodeA(PDEVINST pdnDevInst, DEVINSTID_A pDeviceID, ULONG ulFlags);
CONFIGRET WINAPI CM_Locate_DevNodeW(PDEVINST pdnDevInst, DEVINSTID_W pDeviceID, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Parent(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Child(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Sibling(PDEVINST pdnDevInst, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_ID_Size(PULONG pulLen, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_IDA(DEVINST dnDevInst, PSTR Buffer, ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_Device_IDW(DEVINST dnDevInst, PWSTR Buffer, ULONG BufferLen, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_DevNode_Status(PULONG pulStatus, PULONG pulProblemNumber, DEVINST dnDevInst, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_DevNode_PropertyW(DEVINST dnDevInst, const DEVPROPKEY *PropertyKey, DEVPROPTYPE *PropertyType,
                                          PBYTE PropertyBuffer, PULONG PropertyBufferSize, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyA(DEVINST dnDevInst, ULONG ulProperty, PULONG pulRegDataType,
                                                   PVOID Buffer, PULONG pulLength, ULONG ulFlags);
CONFIGRET WINAPI CM_Get_DevNode_Registry_PropertyW(DEVINST dnDevInst, ULONG ulProperty, PULONG pulRegDataType,
                                                   PVOID Buffer, PULONG pulLength, ULONG ulFlags);

#define CM_Get_DevNode_Property         CM_Get_DevNode_PropertyW
#define CM_Get_Device_Interface_Property CM_Get_Device_Interface_PropertyW
#define CM_Locate_DevInstA              CM_Locate_DevNodeA
#define CM_Locate_DevInstW              CM_Locate_DevNodeW
#define CM_Get_DevInst_Status           CM_Get_DevNode_Status
#ifdef UNICODE
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeW
#define CM_Get_Device_Interface_List      CM_Get_Device_Interface_ListW
#define CM_Locate_DevNode                 CM_Locate_DevNodeW
#define CM_Get_Device_ID                  CM_Get_Device_IDW
#define CM_Get_DevNode_Registry_Property  CM_Get_DevNode_Registry_PropertyW
#else
#define CM_Get_Device_Interface_List_Size CM_Get_Device_Interface_List_SizeA
#define CM_Get_Device_Interface_List      CM_Get_Device_Interface_ListA
#define CM_Locate_DevNode                 CM_Locate_DevNodeA
#define CM_Get_Device_ID                  CM_Get_Device_IDA
#define CM_Get_DevNode_Registry_Property  CM_Get_DevNode_Registry_PropertyA
#endif
#define CM_Locate_DevInst CM_Locate_DevNode

OVL_END_C

#endif
