/* SPDX-License-Identifier: MIT */
/* Devices: creation, Plug and Play and power callbacks, policy, file object configuration, interfaces, properties. */
#ifndef _WDFDEVICE_H_
#define _WDFDEVICE_H_
#include "wdffileobject.h"
#include "wdfmemory.h"

typedef enum _WDF_POWER_DEVICE_STATE {
    WdfPowerDeviceInvalid = 0,
    WdfPowerDeviceD0,
    WdfPowerDeviceD1,
    WdfPowerDeviceD2,
    WdfPowerDeviceD3,
    WdfPowerDeviceD3Final,
    WdfPowerDevicePrepareForHibernation,
    WdfPowerDeviceMaximum,
} WDF_POWER_DEVICE_STATE, *PWDF_POWER_DEVICE_STATE;

/* The states of a device in Plug and Play, as far as a driver can tell them apart by itself. */
typedef enum _WDF_DEVICE_PNP_STATE {
    WdfDevStatePnpInvalid = 0x100,
    WdfDevStatePnpObjectCreated = 0x101,
    WdfDevStatePnpEjectHardware = 0x103,
    WdfDevStatePnpInit = 0x106,
    WdfDevStatePnpStarted = 0x119,
    WdfDevStatePnpStopped = 0x11b,
    WdfDevStatePnpFailed = 0x11e,
    WdfDevStatePnpSurpriseRemoved = 0x124,
    WdfDevStatePnpRemoved = 0x126,
    WdfDevStatePnpFinal = 0x12f,
} WDF_DEVICE_PNP_STATE, *PWDF_DEVICE_PNP_STATE;

typedef enum _WDF_DEVICE_IO_TYPE {
    WdfDeviceIoUndefined = 0,
    WdfDeviceIoNeither,
    WdfDeviceIoBuffered,
    WdfDeviceIoDirect,
    WdfDeviceIoBufferedOrDirect,
} WDF_DEVICE_IO_TYPE, *PWDF_DEVICE_IO_TYPE;

typedef enum _WDF_SPECIAL_FILE_TYPE { WdfSpecialFilePaging = 1, WdfSpecialFileHibernation, WdfSpecialFileDump, WdfSpecialFileBoot } WDF_SPECIAL_FILE_TYPE;
typedef enum _WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE {
    WdfReleaseHardwareOrderOnFailureEarly = 1,
    WdfReleaseHardwareOrderOnFailureAfterDescendants,
} WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE;
typedef enum _WDF_DEVICE_FAILED_ACTION {
    WdfDeviceFailedUndefined = 0,
    WdfDeviceFailedAttemptRestart,
    WdfDeviceFailedNoRestart,
} WDF_DEVICE_FAILED_ACTION;

/* ---- Callbacks ---------------------------------------------------------------------------------------- */

typedef NTSTATUS NTAPI EVT_WDF_DEVICE_D0_ENTRY(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED(WDFDEVICE Device, WDF_POWER_DEVICE_STATE PreviousState);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_D0_EXIT(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED(WDFDEVICE Device, WDF_POWER_DEVICE_STATE TargetState);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_PREPARE_HARDWARE(WDFDEVICE Device, WDFCMRESLIST ResourcesRaw, WDFCMRESLIST ResourcesTranslated);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_RELEASE_HARDWARE(WDFDEVICE Device, WDFCMRESLIST ResourcesTranslated);
typedef VOID NTAPI EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_SELF_MANAGED_IO_FLUSH(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_SELF_MANAGED_IO_RESTART(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_QUERY_STOP(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_QUERY_REMOVE(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_SURPRISE_REMOVAL(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_USAGE_NOTIFICATION(WDFDEVICE Device, WDF_SPECIAL_FILE_TYPE NotificationType, BOOLEAN IsInNotificationPath);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_ARM_WAKE_FROM_S0(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_DISARM_WAKE_FROM_S0(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED(WDFDEVICE Device);
typedef NTSTATUS NTAPI EVT_WDF_DEVICE_ARM_WAKE_FROM_SX(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_DISARM_WAKE_FROM_SX(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_WAKE_FROM_SX_TRIGGERED(WDFDEVICE Device);
typedef VOID NTAPI EVT_WDF_DEVICE_FILE_CREATE(WDFDEVICE Device, WDFREQUEST Request, WDFFILEOBJECT FileObject);
typedef VOID NTAPI EVT_WDF_FILE_CLOSE(WDFFILEOBJECT FileObject);
typedef VOID NTAPI EVT_WDF_FILE_CLEANUP(WDFFILEOBJECT FileObject);
typedef VOID NTAPI EVT_WDF_IO_IN_CALLER_CONTEXT(WDFDEVICE Device, WDFREQUEST Request);
typedef NTSTATUS NTAPI EVT_WDFDEVICE_WDM_IRP_PREPROCESS(WDFDEVICE Device, PIRP Irp);
typedef EVT_WDF_DEVICE_D0_ENTRY *PFN_WDF_DEVICE_D0_ENTRY;
typedef EVT_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED *PFN_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED;
typedef EVT_WDF_DEVICE_D0_EXIT *PFN_WDF_DEVICE_D0_EXIT;
typedef EVT_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED *PFN_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED;
typedef EVT_WDF_DEVICE_PREPARE_HARDWARE *PFN_WDF_DEVICE_PREPARE_HARDWARE;
typedef EVT_WDF_DEVICE_RELEASE_HARDWARE *PFN_WDF_DEVICE_RELEASE_HARDWARE;
typedef EVT_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP *PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP;
typedef EVT_WDF_DEVICE_SELF_MANAGED_IO_FLUSH *PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH;
typedef EVT_WDF_DEVICE_SELF_MANAGED_IO_INIT *PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT;
typedef EVT_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND *PFN_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND;
typedef EVT_WDF_DEVICE_SELF_MANAGED_IO_RESTART *PFN_WDF_DEVICE_SELF_MANAGED_IO_RESTART;
typedef EVT_WDF_DEVICE_QUERY_STOP *PFN_WDF_DEVICE_QUERY_STOP;
typedef EVT_WDF_DEVICE_QUERY_REMOVE *PFN_WDF_DEVICE_QUERY_REMOVE;
typedef EVT_WDF_DEVICE_SURPRISE_REMOVAL *PFN_WDF_DEVICE_SURPRISE_REMOVAL;
typedef EVT_WDF_DEVICE_USAGE_NOTIFICATION *PFN_WDF_DEVICE_USAGE_NOTIFICATION;
typedef EVT_WDF_DEVICE_ARM_WAKE_FROM_S0 *PFN_WDF_DEVICE_ARM_WAKE_FROM_S0;
typedef EVT_WDF_DEVICE_DISARM_WAKE_FROM_S0 *PFN_WDF_DEVICE_DISARM_WAKE_FROM_S0;
typedef EVT_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED *PFN_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED;
typedef EVT_WDF_DEVICE_ARM_WAKE_FROM_SX *PFN_WDF_DEVICE_ARM_WAKE_FROM_SX;
typedef EVT_WDF_DEVICE_DISARM_WAKE_FROM_SX *PFN_WDF_DEVICE_DISARM_WAKE_FROM_SX;
typedef EVT_WDF_DEVICE_WAKE_FROM_SX_TRIGGERED *PFN_WDF_DEVICE_WAKE_FROM_SX_TRIGGERED;
typedef EVT_WDF_DEVICE_FILE_CREATE *PFN_WDF_DEVICE_FILE_CREATE;
typedef EVT_WDF_FILE_CLOSE *PFN_WDF_FILE_CLOSE;
typedef EVT_WDF_FILE_CLEANUP *PFN_WDF_FILE_CLEANUP;
typedef EVT_WDF_IO_IN_CALLER_CONTEXT *PFN_WDF_IO_IN_CALLER_CONTEXT;
typedef EVT_WDFDEVICE_WDM_IRP_PREPROCESS *PFN_WDFDEVICE_WDM_IRP_PREPROCESS;

typedef struct _WDF_PNPPOWER_EVENT_CALLBACKS {
    ULONG Size;
    PFN_WDF_DEVICE_D0_ENTRY EvtDeviceD0Entry;
    PFN_WDF_DEVICE_D0_ENTRY_POST_INTERRUPTS_ENABLED EvtDeviceD0EntryPostInterruptsEnabled;
    PFN_WDF_DEVICE_D0_EXIT EvtDeviceD0Exit;
    PFN_WDF_DEVICE_D0_EXIT_PRE_INTERRUPTS_DISABLED EvtDeviceD0ExitPreInterruptsDisabled;
    PFN_WDF_DEVICE_PREPARE_HARDWARE EvtDevicePrepareHardware;
    PFN_WDF_DEVICE_RELEASE_HARDWARE EvtDeviceReleaseHardware;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_CLEANUP EvtDeviceSelfManagedIoCleanup;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_FLUSH EvtDeviceSelfManagedIoFlush;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_INIT EvtDeviceSelfManagedIoInit;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_SUSPEND EvtDeviceSelfManagedIoSuspend;
    PFN_WDF_DEVICE_SELF_MANAGED_IO_RESTART EvtDeviceSelfManagedIoRestart;
    PFN_WDF_DEVICE_SURPRISE_REMOVAL EvtDeviceSurpriseRemoval;
    PFN_WDF_DEVICE_QUERY_REMOVE EvtDeviceQueryRemove;
    PFN_WDF_DEVICE_QUERY_STOP EvtDeviceQueryStop;
    PFN_WDF_DEVICE_USAGE_NOTIFICATION EvtDeviceUsageNotification;
    PVOID EvtDeviceRelationsQuery;
    PVOID EvtDeviceUsageNotificationEx;
} WDF_PNPPOWER_EVENT_CALLBACKS, *PWDF_PNPPOWER_EVENT_CALLBACKS;

NTAPI_INLINE VOID WDF_PNPPOWER_EVENT_CALLBACKS_INIT(PWDF_PNPPOWER_EVENT_CALLBACKS Callbacks)
{
    WDF_STRUCT_INIT(Callbacks, WDF_PNPPOWER_EVENT_CALLBACKS);
}

typedef struct _WDF_POWER_POLICY_EVENT_CALLBACKS {
    ULONG Size;
    PFN_WDF_DEVICE_ARM_WAKE_FROM_S0 EvtDeviceArmWakeFromS0;
    PFN_WDF_DEVICE_DISARM_WAKE_FROM_S0 EvtDeviceDisarmWakeFromS0;
    PFN_WDF_DEVICE_WAKE_FROM_S0_TRIGGERED EvtDeviceWakeFromS0Triggered;
    PFN_WDF_DEVICE_ARM_WAKE_FROM_SX EvtDeviceArmWakeFromSx;
    PFN_WDF_DEVICE_DISARM_WAKE_FROM_SX EvtDeviceDisarmWakeFromSx;
    PFN_WDF_DEVICE_WAKE_FROM_SX_TRIGGERED EvtDeviceWakeFromSxTriggered;
    PVOID EvtDeviceArmWakeFromSxWithReason;
} WDF_POWER_POLICY_EVENT_CALLBACKS, *PWDF_POWER_POLICY_EVENT_CALLBACKS;

NTAPI_INLINE VOID WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(PWDF_POWER_POLICY_EVENT_CALLBACKS Callbacks)
{
    WDF_STRUCT_INIT(Callbacks, WDF_POWER_POLICY_EVENT_CALLBACKS);
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

typedef enum _WDF_FILEOBJECT_CLASS {
    WdfFileObjectInvalid = 0,
    WdfFileObjectNotRequired = 1,
    WdfFileObjectWdfCanUseFsContext = 2,
    WdfFileObjectWdfCanUseFsContext2 = 3,
    WdfFileObjectWdfCannotUseFsContexts = 4,
    WdfFileObjectCanBeOptional = 0x80000000,
} WDF_FILEOBJECT_CLASS, *PWDF_FILEOBJECT_CLASS;

typedef struct _WDF_FILEOBJECT_CONFIG {
    ULONG Size;
    PFN_WDF_DEVICE_FILE_CREATE EvtDeviceFileCreate;
    PFN_WDF_FILE_CLOSE EvtFileClose;
    PFN_WDF_FILE_CLEANUP EvtFileCleanup;
    WDF_TRI_STATE AutoForwardCleanupClose;
    WDF_FILEOBJECT_CLASS FileObjectClass;
} WDF_FILEOBJECT_CONFIG, *PWDF_FILEOBJECT_CONFIG;

NTAPI_INLINE VOID WDF_FILEOBJECT_CONFIG_INIT(PWDF_FILEOBJECT_CONFIG FileEventCallbacks,
                                             PFN_WDF_DEVICE_FILE_CREATE EvtDeviceFileCreate,
                                             PFN_WDF_FILE_CLOSE EvtFileClose, PFN_WDF_FILE_CLEANUP EvtFileCleanup)
{
    WDF_STRUCT_INIT(FileEventCallbacks, WDF_FILEOBJECT_CONFIG);
    FileEventCallbacks->EvtDeviceFileCreate = EvtDeviceFileCreate;
    FileEventCallbacks->EvtFileClose = EvtFileClose;
    FileEventCallbacks->EvtFileCleanup = EvtFileCleanup;
    FileEventCallbacks->AutoForwardCleanupClose = WdfUseDefault;
    FileEventCallbacks->FileObjectClass = WdfFileObjectWdfCannotUseFsContexts;
}

/* ---- Capabilities and power policy ----------------------------------------------------------------------- */

typedef struct _WDF_DEVICE_PNP_CAPABILITIES {
    ULONG Size;
    WDF_TRI_STATE LockSupported, EjectSupported, Removable, DockDevice, UniqueID, SilentInstall, SurpriseRemovalOK,
        HardwareDisabled, NoDisplayInUI;
    ULONG Address;
    ULONG UINumber;
} WDF_DEVICE_PNP_CAPABILITIES, *PWDF_DEVICE_PNP_CAPABILITIES;

NTAPI_INLINE VOID WDF_DEVICE_PNP_CAPABILITIES_INIT(PWDF_DEVICE_PNP_CAPABILITIES Caps)
{
    WDF_STRUCT_INIT(Caps, WDF_DEVICE_PNP_CAPABILITIES);
    Caps->LockSupported = Caps->EjectSupported = Caps->Removable = Caps->DockDevice = Caps->UniqueID = WdfUseDefault;
    Caps->SilentInstall = Caps->SurpriseRemovalOK = Caps->HardwareDisabled = Caps->NoDisplayInUI = WdfUseDefault;
    Caps->Address = Caps->UINumber = (ULONG)-1;
}

typedef struct _WDF_DEVICE_POWER_CAPABILITIES {
    ULONG Size;
    WDF_TRI_STATE DeviceD1, DeviceD2, WakeFromD0, WakeFromD1, WakeFromD2, WakeFromD3;
    DEVICE_POWER_STATE DeviceState[PowerSystemMaximum];
    DEVICE_POWER_STATE DeviceWake;
    SYSTEM_POWER_STATE SystemWake;
    ULONG D1Latency, D2Latency, D3Latency;
    DEVICE_POWER_STATE IdealDxStateForSx;
} WDF_DEVICE_POWER_CAPABILITIES, *PWDF_DEVICE_POWER_CAPABILITIES;

NTAPI_INLINE VOID WDF_DEVICE_POWER_CAPABILITIES_INIT(PWDF_DEVICE_POWER_CAPABILITIES Caps)
{
    WDF_STRUCT_INIT(Caps, WDF_DEVICE_POWER_CAPABILITIES);
    Caps->DeviceD1 = Caps->DeviceD2 = WdfUseDefault;
    Caps->WakeFromD0 = Caps->WakeFromD1 = Caps->WakeFromD2 = Caps->WakeFromD3 = WdfUseDefault;
    Caps->DeviceWake = PowerDeviceMaximum;
    Caps->SystemWake = PowerSystemMaximum;
    Caps->D1Latency = Caps->D2Latency = Caps->D3Latency = (ULONG)-1;
    Caps->IdealDxStateForSx = PowerDeviceMaximum;
    for (ULONG i = 0; i < PowerSystemMaximum; i++)
        Caps->DeviceState[i] = PowerDeviceMaximum;
}

typedef enum _WDF_POWER_POLICY_S0_IDLE_CAPABILITIES {
    IdleCapsInvalid = 0,
    IdleCannotWakeFromS0,
    IdleCanWakeFromS0,
    IdleUsbSelectiveSuspend,
} WDF_POWER_POLICY_S0_IDLE_CAPABILITIES;
typedef enum _WDF_POWER_POLICY_S0_IDLE_USER_CONTROL {
    IdleUserControlInvalid = 0,
    IdleDoNotAllowUserControl,
    IdleAllowUserControl,
} WDF_POWER_POLICY_S0_IDLE_USER_CONTROL;
typedef enum _WDF_POWER_POLICY_SX_WAKE_USER_CONTROL {
    WakeUserControlInvalid = 0,
    WakeDoNotAllowUserControl,
    WakeAllowUserControl,
} WDF_POWER_POLICY_SX_WAKE_USER_CONTROL;
typedef enum _WDF_POWER_POLICY_IDLE_TIMEOUT_CONSTANTS { IdleTimeoutDefaultValue = 0, IdleTimeoutDefaultConstant = (int)0x80000000 } WDF_POWER_POLICY_IDLE_TIMEOUT_CONSTANTS;
typedef enum _WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE {
    DriverManagedIdleTimeout = 0,
    SystemManagedIdleTimeout = 1,
    SystemManagedIdleTimeoutWithHint = 2,
} WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE;

typedef struct _WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS {
    ULONG Size;
    WDF_POWER_POLICY_S0_IDLE_CAPABILITIES IdleCaps;
    DEVICE_POWER_STATE DxState;
    ULONG IdleTimeout; /* ms */
    WDF_POWER_POLICY_S0_IDLE_USER_CONTROL UserControlOfIdleSettings;
    WDF_TRI_STATE Enabled;
    WDF_TRI_STATE PowerUpIdleDeviceOnSystemWake;
    WDF_POWER_POLICY_IDLE_TIMEOUT_TYPE IdleTimeoutType;
    WDF_TRI_STATE ExcludeD3Cold;
} WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS, *PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS;

NTAPI_INLINE VOID WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings,
                                                             WDF_POWER_POLICY_S0_IDLE_CAPABILITIES IdleCaps)
{
    WDF_STRUCT_INIT(Settings, WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS);
    Settings->IdleTimeout = (ULONG)IdleTimeoutDefaultValue;
    Settings->UserControlOfIdleSettings = IdleAllowUserControl;
    Settings->Enabled = WdfUseDefault;
    Settings->PowerUpIdleDeviceOnSystemWake = WdfUseDefault;
    Settings->IdleTimeoutType = DriverManagedIdleTimeout;
    Settings->ExcludeD3Cold = WdfUseDefault;
    Settings->IdleCaps = IdleCaps;
    Settings->DxState = IdleCaps == IdleCannotWakeFromS0 ? PowerDeviceD3 : PowerDeviceMaximum;
}

typedef struct _WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS {
    ULONG Size;
    DEVICE_POWER_STATE DxState;
    WDF_POWER_POLICY_SX_WAKE_USER_CONTROL UserControlOfWakeSettings;
    WDF_TRI_STATE Enabled;
    BOOLEAN ArmForWakeIfChildrenAreArmedForWake;
    BOOLEAN IndicateChildWakeOnParentWake;
} WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS, *PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS;

NTAPI_INLINE VOID WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS_INIT(PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings)
{
    WDF_STRUCT_INIT(Settings, WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS);
    Settings->Enabled = WdfUseDefault;
    Settings->DxState = PowerDeviceMaximum;
    Settings->UserControlOfWakeSettings = WakeAllowUserControl;
}

typedef struct _WDF_DEVICE_STATE {
    ULONG Size;
    WDF_TRI_STATE Disabled, DontDisplayInUI, Failed, NotDisableable, Removed, ResourcesChanged;
} WDF_DEVICE_STATE, *PWDF_DEVICE_STATE;

NTAPI_INLINE VOID WDF_DEVICE_STATE_INIT(PWDF_DEVICE_STATE State)
{
    WDF_STRUCT_INIT(State, WDF_DEVICE_STATE);
    State->Disabled = State->DontDisplayInUI = State->Failed = WdfUseDefault;
    State->NotDisableable = State->Removed = State->ResourcesChanged = WdfUseDefault;
}

typedef struct _WDF_IO_TYPE_CONFIG {
    ULONG Size;
    WDF_DEVICE_IO_TYPE ReadWriteIoType;
    WDF_DEVICE_IO_TYPE DeviceControlIoType;
    ULONG DirectTransferThreshold;
} WDF_IO_TYPE_CONFIG, *PWDF_IO_TYPE_CONFIG;

NTAPI_INLINE VOID WDF_IO_TYPE_CONFIG_INIT(PWDF_IO_TYPE_CONFIG IoTypeConfig)
{
    WDF_STRUCT_INIT(IoTypeConfig, WDF_IO_TYPE_CONFIG);
    IoTypeConfig->ReadWriteIoType = WdfDeviceIoBuffered;
    IoTypeConfig->DeviceControlIoType = WdfDeviceIoBuffered;
}

/* ---- Properties ------------------------------------------------------------------------------------------- */

#ifndef LOCALE_NEUTRAL
#define LOCALE_NEUTRAL 0
#endif

typedef struct _WDF_DEVICE_PROPERTY_DATA {
    ULONG Size;
    const DEVPROPKEY *PropertyKey;
    ULONG Lcid;
    ULONG Flags;
} WDF_DEVICE_PROPERTY_DATA, *PWDF_DEVICE_PROPERTY_DATA;

NTAPI_INLINE VOID WDF_DEVICE_PROPERTY_DATA_INIT(PWDF_DEVICE_PROPERTY_DATA PropertyData, const DEVPROPKEY *PropertyKey)
{
    WDF_STRUCT_INIT(PropertyData, WDF_DEVICE_PROPERTY_DATA);
    PropertyData->PropertyKey = PropertyKey;
}

typedef struct _WDF_DEVICE_INTERFACE_PROPERTY_DATA {
    ULONG Size;
    const GUID *InterfaceClassGUID;
    PCUNICODE_STRING ReferenceString;
    const DEVPROPKEY *PropertyKey;
    ULONG Lcid;
    ULONG Flags;
} WDF_DEVICE_INTERFACE_PROPERTY_DATA, *PWDF_DEVICE_INTERFACE_PROPERTY_DATA;

NTAPI_INLINE VOID WDF_DEVICE_INTERFACE_PROPERTY_DATA_INIT(PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData,
                                                          const GUID *InterfaceClassGUID, const DEVPROPKEY *PropertyKey)
{
    WDF_STRUCT_INIT(PropertyData, WDF_DEVICE_INTERFACE_PROPERTY_DATA);
    PropertyData->InterfaceClassGUID = InterfaceClassGUID;
    PropertyData->PropertyKey = PropertyKey;
}

typedef enum _WDF_REMOVE_LOCK_OPTIONS_FLAGS {
    WDF_REMOVE_LOCK_OPTION_ACQUIRE_FOR_IO = 0x00000001,
} WDF_REMOVE_LOCK_OPTIONS_FLAGS;

typedef struct _WDF_REMOVE_LOCK_OPTIONS {
    ULONG Size;
    ULONG Flags;
} WDF_REMOVE_LOCK_OPTIONS, *PWDF_REMOVE_LOCK_OPTIONS;

NTAPI_INLINE VOID WDF_REMOVE_LOCK_OPTIONS_INIT(PWDF_REMOVE_LOCK_OPTIONS RemoveLockOptions, ULONG Flags)
{
    WDF_STRUCT_INIT(RemoveLockOptions, WDF_REMOVE_LOCK_OPTIONS);
    RemoveLockOptions->Flags = Flags;
}

OVL_BEGIN_C
/* ---- Before the device is made ----------------------------------------------------------------------------- */
WDF_METHOD(VOID, WdfDeviceInitFree, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_METHOD(VOID, WdfDeviceInitSetPnpPowerEventCallbacks,
           (PWDFDEVICE_INIT DeviceInit, PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks),
           (DeviceInit, PnpPowerEventCallbacks))
WDF_METHOD(VOID, WdfDeviceInitSetPowerPolicyEventCallbacks,
           (PWDFDEVICE_INIT DeviceInit, PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks),
           (DeviceInit, PowerPolicyEventCallbacks))
WDF_METHOD(VOID, WdfDeviceInitSetPowerPolicyOwnership, (PWDFDEVICE_INIT DeviceInit, BOOLEAN IsPowerPolicyOwner),
           (DeviceInit, IsPowerPolicyOwner))
WDF_METHOD(VOID, WdfDeviceInitSetIoType, (PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType), (DeviceInit, IoType))
WDF_METHOD(VOID, WdfDeviceInitSetIoTypeEx, (PWDFDEVICE_INIT DeviceInit, PWDF_IO_TYPE_CONFIG IoTypeConfig),
           (DeviceInit, IoTypeConfig))
WDF_METHOD(VOID, WdfDeviceInitSetExclusive, (PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive), (DeviceInit, IsExclusive))
WDF_METHOD(VOID, WdfDeviceInitSetPowerNotPageable, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_METHOD(VOID, WdfDeviceInitSetPowerPageable, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_METHOD(VOID, WdfDeviceInitSetPowerInrush, (PWDFDEVICE_INIT DeviceInit), (DeviceInit))
WDF_METHOD(VOID, WdfDeviceInitSetDeviceType, (PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE_VALUE DeviceType), (DeviceInit, DeviceType))
WDF_METHOD(NTSTATUS, WdfDeviceInitAssignName, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName), (DeviceInit, DeviceName))
WDF_METHOD(NTSTATUS, WdfDeviceInitAssignSDDLString, (PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING SDDLString),
           (DeviceInit, SDDLString))
WDF_METHOD(VOID, WdfDeviceInitSetDeviceClass, (PWDFDEVICE_INIT DeviceInit, const GUID *DeviceClassGuid), (DeviceInit, DeviceClassGuid))
WDF_METHOD(VOID, WdfDeviceInitSetCharacteristics, (PWDFDEVICE_INIT DeviceInit, ULONG DeviceCharacteristics, BOOLEAN OrInValues),
           (DeviceInit, DeviceCharacteristics, OrInValues))
WDF_METHOD(VOID, WdfDeviceInitSetFileObjectConfig,
           (PWDFDEVICE_INIT DeviceInit, PWDF_FILEOBJECT_CONFIG FileObjectConfig, PWDF_OBJECT_ATTRIBUTES FileObjectAttributes),
           (DeviceInit, FileObjectConfig, FileObjectAttributes))
WDF_METHOD(VOID, WdfDeviceInitSetRequestAttributes, (PWDFDEVICE_INIT DeviceInit, PWDF_OBJECT_ATTRIBUTES RequestAttributes),
           (DeviceInit, RequestAttributes))
WDF_METHOD(VOID, WdfDeviceInitSetIoInCallerContextCallback,
           (PWDFDEVICE_INIT DeviceInit, PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext), (DeviceInit, EvtIoInCallerContext))
WDF_METHOD(NTSTATUS, WdfDeviceInitAssignWdmIrpPreprocessCallback,
           (PWDFDEVICE_INIT DeviceInit, PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess, UCHAR MajorFunction,
            PUCHAR MinorFunctions, ULONG NumMinorFunctions),
           (DeviceInit, EvtDeviceWdmIrpPreprocess, MajorFunction, MinorFunctions, NumMinorFunctions))
WDF_METHOD(VOID, WdfDeviceInitSetRemoveLockOptions, (PWDFDEVICE_INIT DeviceInit, PWDF_REMOVE_LOCK_OPTIONS Options),
           (DeviceInit, Options))
WDF_METHOD(VOID, WdfDeviceInitSetReleaseHardwareOrderOnFailure,
           (PWDFDEVICE_INIT DeviceInit, WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE ReleaseHardwareOrderOnFailure),
           (DeviceInit, ReleaseHardwareOrderOnFailure))

/* ---- The device ------------------------------------------------------------------------------------------------ */
WDF_METHOD(NTSTATUS, WdfDeviceCreate,
           (PWDFDEVICE_INIT *DeviceInit, PWDF_OBJECT_ATTRIBUTES DeviceAttributes, WDFDEVICE *Device),
           (DeviceInit, DeviceAttributes, Device))
WDF_METHOD(WDFDRIVER, WdfDeviceGetDriver, (WDFDEVICE Device), (Device))
WDF_METHOD(PDEVICE_OBJECT, WdfDeviceWdmGetDeviceObject, (WDFDEVICE Device), (Device))
WDF_METHOD(PDEVICE_OBJECT, WdfDeviceWdmGetAttachedDevice, (WDFDEVICE Device), (Device))
WDF_METHOD(PDEVICE_OBJECT, WdfDeviceWdmGetPhysicalDevice, (WDFDEVICE Device), (Device))
WDF_METHOD(WDFDEVICE, WdfWdmDeviceGetWdfDeviceHandle, (PDEVICE_OBJECT DeviceObject), (DeviceObject))
WDF_METHOD(WDFFILEOBJECT, WdfDeviceGetFileObject, (WDFDEVICE Device, PFILE_OBJECT FileObject), (Device, FileObject))
WDF_METHOD(WDFIOTARGET, WdfDeviceGetIoTarget, (WDFDEVICE Device), (Device))
WDF_METHOD(WDFQUEUE, WdfDeviceGetDefaultQueue, (WDFDEVICE Device), (Device))
WDF_METHOD(NTSTATUS, WdfDeviceConfigureRequestDispatching, (WDFDEVICE Device, WDFQUEUE Queue, int RequestType),
           (Device, Queue, RequestType))
WDF_METHOD(NTSTATUS, WdfDeviceEnqueueRequest, (WDFDEVICE Device, WDFREQUEST Request), (Device, Request))
WDF_METHOD(VOID, WdfDeviceSetPnpCapabilities, (WDFDEVICE Device, PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities),
           (Device, PnpCapabilities))
WDF_METHOD(VOID, WdfDeviceSetPowerCapabilities, (WDFDEVICE Device, PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities),
           (Device, PowerCapabilities))
WDF_METHOD(NTSTATUS, WdfDeviceAssignS0IdleSettings, (WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings),
           (Device, Settings))
WDF_METHOD(NTSTATUS, WdfDeviceAssignSxWakeSettings, (WDFDEVICE Device, PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings),
           (Device, Settings))
WDF_METHOD(NTSTATUS, WdfDeviceStopIdleActual, (WDFDEVICE Device, BOOLEAN WaitForD0, PVOID Tag, LONG Line, PCCH File),
           (Device, WaitForD0, Tag, Line, File))
WDF_METHOD(VOID, WdfDeviceResumeIdleActual, (WDFDEVICE Device, PVOID Tag, LONG Line, PCCH File), (Device, Tag, Line, File))
WDF_METHOD(WDF_POWER_DEVICE_STATE, WdfDeviceGetDevicePowerState, (WDFDEVICE Device), (Device))
WDF_METHOD(VOID, WdfDeviceGetDeviceState, (WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState), (Device, DeviceState))
WDF_METHOD(VOID, WdfDeviceSetDeviceState, (WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState), (Device, DeviceState))
WDF_METHOD(VOID, WdfDeviceSetStaticStopRemove, (WDFDEVICE Device, BOOLEAN Stoppable), (Device, Stoppable))
WDF_METHOD(POWER_ACTION, WdfDeviceGetSystemPowerAction, (WDFDEVICE Device), (Device))
WDF_METHOD(ULONG, WdfDeviceGetAlignmentRequirement, (WDFDEVICE Device), (Device))
WDF_METHOD(VOID, WdfDeviceSetAlignmentRequirement, (WDFDEVICE Device, ULONG AlignmentRequirement), (Device, AlignmentRequirement))
WDF_METHOD(ULONG, WdfDeviceGetCharacteristics, (WDFDEVICE Device), (Device))
WDF_METHOD(VOID, WdfDeviceSetCharacteristics, (WDFDEVICE Device, ULONG DeviceCharacteristics), (Device, DeviceCharacteristics))
WDF_METHOD(VOID, WdfDeviceSetFailed, (WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction), (Device, FailedAction))
WDF_METHOD(NTSTATUS, WdfDeviceCreateDeviceInterface,
           (WDFDEVICE Device, const GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString),
           (Device, InterfaceClassGUID, ReferenceString))
WDF_METHOD(VOID, WdfDeviceSetDeviceInterfaceState,
           (WDFDEVICE Device, const GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString, BOOLEAN IsInterfaceEnabled),
           (Device, InterfaceClassGUID, ReferenceString, IsInterfaceEnabled))
WDF_METHOD(NTSTATUS, WdfDeviceRetrieveDeviceInterfaceString,
           (WDFDEVICE Device, const GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString, WDFSTRING String),
           (Device, InterfaceClassGUID, ReferenceString, String))
WDF_METHOD(NTSTATUS, WdfDeviceAssignInterfaceProperty,
           (WDFDEVICE Device, PWDF_DEVICE_INTERFACE_PROPERTY_DATA PropertyData, DEVPROPTYPE Type, ULONG BufferLength,
            PVOID PropertyBuffer),
           (Device, PropertyData, Type, BufferLength, PropertyBuffer))
WDF_METHOD(NTSTATUS, WdfDeviceCreateSymbolicLink, (WDFDEVICE Device, PCUNICODE_STRING SymbolicLinkName), (Device, SymbolicLinkName))
WDF_METHOD(NTSTATUS, WdfDeviceRetrieveDeviceName, (WDFDEVICE Device, WDFSTRING String), (Device, String))
WDF_METHOD(NTSTATUS, WdfDeviceQueryProperty,
           (WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
            PULONG ResultLength),
           (Device, DeviceProperty, BufferLength, PropertyBuffer, ResultLength))
WDF_METHOD(NTSTATUS, WdfDeviceAllocAndQueryProperty,
           (WDFDEVICE Device, DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
            PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory),
           (Device, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory))
WDF_METHOD(NTSTATUS, WdfDeviceQueryPropertyEx,
           (WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
            PULONG RequiredSize, PDEVPROPTYPE Type),
           (Device, DeviceProperty, BufferLength, PropertyBuffer, RequiredSize, Type))
WDF_METHOD(NTSTATUS, WdfDeviceAllocAndQueryPropertyEx,
           (WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, POOL_TYPE PoolType,
            PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory, PDEVPROPTYPE Type),
           (Device, DeviceProperty, PoolType, PropertyMemoryAttributes, PropertyMemory, Type))
WDF_METHOD(NTSTATUS, WdfDeviceAssignProperty,
           (WDFDEVICE Device, PWDF_DEVICE_PROPERTY_DATA DeviceProperty, DEVPROPTYPE Type, ULONG BufferLength,
            PVOID PropertyBuffer),
           (Device, DeviceProperty, Type, BufferLength, PropertyBuffer))
WDF_METHOD(NTSTATUS, WdfDeviceWdmDispatchPreprocessedIrp, (WDFDEVICE Device, PIRP Irp), (Device, Irp))
WDF_METHOD(WDF_DEVICE_PNP_STATE, WdfDeviceGetDevicePnpState, (WDFDEVICE Device), (Device))
WDF_METHOD(NTSTATUS, WdfDeviceOpenRegistryKey,
           (WDFDEVICE Device, ULONG DeviceInstanceKeyType, ACCESS_MASK DesiredAccess, PWDF_OBJECT_ATTRIBUTES KeyAttributes,
            WDFKEY *Key),
           (Device, DeviceInstanceKeyType, DesiredAccess, KeyAttributes, Key))
OVL_END_C
#define WdfDeviceStopIdle(device, wait)     WdfDeviceStopIdleActual((device), (wait), NULL, __LINE__, __FILE__)
#define WdfDeviceResumeIdle(device)         WdfDeviceResumeIdleActual((device), NULL, __LINE__, __FILE__)
#define WdfDeviceStopIdleWithTag(device, wait, tag) WdfDeviceStopIdleActual((device), (wait), (tag), __LINE__, __FILE__)
#define WdfDeviceResumeIdleWithTag(device, tag)     WdfDeviceResumeIdleActual((device), (tag), __LINE__, __FILE__)
#define WdfDeviceStopIdleNoTrack(device, wait)      WdfDeviceStopIdleActual((device), (wait), NULL, __LINE__, __FILE__)
#define WdfDeviceResumeIdleNoTrack(device)          WdfDeviceResumeIdleActual((device), NULL, __LINE__, __FILE__)
#define PLUGPLAY_REGKEY_DEVICE 1
#define PLUGPLAY_REGKEY_DRIVER 2
#endif
