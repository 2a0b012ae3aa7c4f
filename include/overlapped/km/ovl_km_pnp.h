/* SPDX-License-Identifier: MIT */
/* Plug and Play and power as drivers see them: minor codes, states, capabilities, interfaces, device properties, remove
 * locks' relations. A part of wdm.h. */
#ifndef OVL_KM_PNP_H
#define OVL_KM_PNP_H
#include "ntdef.h"
#include "guiddef.h"

struct _DEVICE_OBJECT;
struct _FILE_OBJECT;
struct _IRP;

enum {
    IRP_MN_START_DEVICE = 0x00, IRP_MN_QUERY_REMOVE_DEVICE = 0x01, IRP_MN_REMOVE_DEVICE = 0x02,
    IRP_MN_CANCEL_REMOVE_DEVICE = 0x03, IRP_MN_STOP_DEVICE = 0x04, IRP_MN_QUERY_STOP_DEVICE = 0x05,
    IRP_MN_CANCEL_STOP_DEVICE = 0x06, IRP_MN_QUERY_DEVICE_RELATIONS = 0x07, IRP_MN_QUERY_INTERFACE = 0x08,
    IRP_MN_QUERY_CAPABILITIES = 0x09, IRP_MN_QUERY_RESOURCES = 0x0a, IRP_MN_QUERY_RESOURCE_REQUIREMENTS = 0x0b,
    IRP_MN_QUERY_DEVICE_TEXT = 0x0c, IRP_MN_FILTER_RESOURCE_REQUIREMENTS = 0x0d, IRP_MN_READ_CONFIG = 0x0f,
    IRP_MN_WRITE_CONFIG = 0x10, IRP_MN_EJECT = 0x11, IRP_MN_SET_LOCK = 0x12, IRP_MN_QUERY_ID = 0x13,
    IRP_MN_QUERY_PNP_DEVICE_STATE = 0x14, IRP_MN_QUERY_BUS_INFORMATION = 0x15,
    IRP_MN_DEVICE_USAGE_NOTIFICATION = 0x16, IRP_MN_SURPRISE_REMOVAL = 0x17, IRP_MN_DEVICE_ENUMERATED = 0x19,
    IRP_MN_WAIT_WAKE = 0x00, IRP_MN_POWER_SEQUENCE = 0x01, IRP_MN_SET_POWER = 0x02, IRP_MN_QUERY_POWER = 0x03,
    IRP_MN_QUERY_ALL_DATA = 0x00, IRP_MN_QUERY_SINGLE_INSTANCE = 0x01, IRP_MN_CHANGE_SINGLE_INSTANCE = 0x02,
    IRP_MN_CHANGE_SINGLE_ITEM = 0x03, IRP_MN_ENABLE_EVENTS = 0x04, IRP_MN_DISABLE_EVENTS = 0x05,
    IRP_MN_ENABLE_COLLECTION = 0x06, IRP_MN_DISABLE_COLLECTION = 0x07, IRP_MN_REGINFO = 0x08,
    IRP_MN_EXECUTE_METHOD = 0x09, IRP_MN_REGINFO_EX = 0x0b
};

/* ---- Power ----------------------------------------------------------------------------------------------- */

typedef enum _SYSTEM_POWER_STATE {
    PowerSystemUnspecified = 0, PowerSystemWorking, PowerSystemSleeping1, PowerSystemSleeping2, PowerSystemSleeping3,
    PowerSystemHibernate, PowerSystemShutdown, PowerSystemMaximum,
} SYSTEM_POWER_STATE, *PSYSTEM_POWER_STATE;
#define POWER_SYSTEM_MAXIMUM 7
typedef enum _DEVICE_POWER_STATE {
    PowerDeviceUnspecified = 0, PowerDeviceD0, PowerDeviceD1, PowerDeviceD2, PowerDeviceD3, PowerDeviceMaximum,
} DEVICE_POWER_STATE, *PDEVICE_POWER_STATE;
typedef enum _POWER_STATE_TYPE { SystemPowerState = 0, DevicePowerState } POWER_STATE_TYPE, *PPOWER_STATE_TYPE;
typedef enum {
    PowerActionNone = 0, PowerActionReserved, PowerActionSleep, PowerActionHibernate, PowerActionShutdown,
    PowerActionShutdownReset, PowerActionShutdownOff, PowerActionWarmEject, PowerActionDisplayOff
} POWER_ACTION, *PPOWER_ACTION;
typedef union _POWER_STATE {
    SYSTEM_POWER_STATE SystemState;
    DEVICE_POWER_STATE DeviceState;
} POWER_STATE, *PPOWER_STATE;
typedef struct _POWER_SEQUENCE {
    ULONG SequenceD1, SequenceD2, SequenceD3;
} POWER_SEQUENCE, *PPOWER_SEQUENCE;

/* ---- What a device can do, and where it hangs ---------------------------------------------------------------- */

typedef struct _DEVICE_CAPABILITIES {
    USHORT Size;
    USHORT Version;
    ULONG DeviceD1 : 1, DeviceD2 : 1, LockSupported : 1, EjectSupported : 1, Removable : 1, DockDevice : 1,
        UniqueID : 1, SilentInstall : 1, RawDeviceOK : 1, SurpriseRemovalOK : 1, WakeFromD0 : 1, WakeFromD1 : 1,
        WakeFromD2 : 1, WakeFromD3 : 1, HardwareDisabled : 1, NonDynamic : 1, WarmEjectSupported : 1,
        NoDisplayInUI : 1, Reserved1 : 1, WakeFromInterrupt : 1, SecureDevice : 1, ChildOfVgaEnabledBridge : 1,
        DecodeIoOnBoot : 1, Reserved : 9;
    ULONG Address;
    ULONG UINumber;
    DEVICE_POWER_STATE DeviceState[POWER_SYSTEM_MAXIMUM];
    SYSTEM_POWER_STATE SystemWake;
    DEVICE_POWER_STATE DeviceWake;
    ULONG D1Latency, D2Latency, D3Latency;
} DEVICE_CAPABILITIES, *PDEVICE_CAPABILITIES;
OVL_STATIC_ASSERT(sizeof(DEVICE_CAPABILITIES) == 64, "DEVICE_CAPABILITIES has 64 bytes");

typedef VOID NTAPI INTERFACE_REFERENCE(PVOID Context);
typedef VOID NTAPI INTERFACE_DEREFERENCE(PVOID Context);
typedef INTERFACE_REFERENCE *PINTERFACE_REFERENCE;
typedef INTERFACE_DEREFERENCE *PINTERFACE_DEREFERENCE;
typedef struct _INTERFACE {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
} INTERFACE, *PINTERFACE;
typedef VOID NTAPI REENUMERATE_SELF(PVOID Context);
typedef REENUMERATE_SELF *PREENUMERATE_SELF;
typedef struct _REENUMERATE_SELF_INTERFACE_STANDARD {
    USHORT Size;
    USHORT Version;
    PVOID Context;
    PINTERFACE_REFERENCE InterfaceReference;
    PINTERFACE_DEREFERENCE InterfaceDereference;
    PREENUMERATE_SELF SurpriseRemoveAndReenumerateSelf;
} REENUMERATE_SELF_INTERFACE_STANDARD, *PREENUMERATE_SELF_INTERFACE_STANDARD;

typedef enum _DEVICE_RELATION_TYPE {
    BusRelations, EjectionRelations, PowerRelations, RemovalRelations, TargetDeviceRelation, SingleBusRelations,
    TransportRelations
} DEVICE_RELATION_TYPE, *PDEVICE_RELATION_TYPE;
typedef struct _DEVICE_RELATIONS {
    ULONG Count;
    struct _DEVICE_OBJECT *Objects[1];
} DEVICE_RELATIONS, *PDEVICE_RELATIONS;
typedef enum {
    BusQueryDeviceID = 0, BusQueryHardwareIDs, BusQueryCompatibleIDs, BusQueryInstanceID, BusQueryDeviceSerialNumber,
    BusQueryContainerID
} BUS_QUERY_ID_TYPE, *PBUS_QUERY_ID_TYPE;
typedef enum { DeviceTextDescription = 0, DeviceTextLocationInformation } DEVICE_TEXT_TYPE, *PDEVICE_TEXT_TYPE;
typedef enum _INTERFACE_TYPE {
    InterfaceTypeUndefined = -1, Internal, Isa, Eisa, MicroChannel, TurboChannel, PCIBus, VMEBus, NuBus, PCMCIABus,
    CBus, MPIBus, MPSABus, ProcessorInternal, InternalPowerBus, PNPISABus, PNPBus, Vmcs, ACPIBus,
    MaximumInterfaceType
} INTERFACE_TYPE, *PINTERFACE_TYPE;
typedef struct _PNP_BUS_INFORMATION {
    GUID BusTypeGuid;
    INTERFACE_TYPE LegacyBusType;
    ULONG BusNumber;
} PNP_BUS_INFORMATION, *PPNP_BUS_INFORMATION;
typedef ULONG PNP_DEVICE_STATE, *PPNP_DEVICE_STATE;
#define PNP_DEVICE_DISABLED             0x00000001
#define PNP_DEVICE_DONT_DISPLAY_IN_UI   0x00000002
#define PNP_DEVICE_FAILED               0x00000004
#define PNP_DEVICE_REMOVED              0x00000008
#define PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED 0x00000010
#define PNP_DEVICE_NOT_DISABLEABLE      0x00000020
typedef enum _DEVICE_USAGE_NOTIFICATION_TYPE {
    DeviceUsageTypeUndefined, DeviceUsageTypePaging, DeviceUsageTypeHibernation, DeviceUsageTypeDumpFile,
    DeviceUsageTypeBoot, DeviceUsageTypePostDisplay
} DEVICE_USAGE_NOTIFICATION_TYPE;
typedef struct _CM_RESOURCE_LIST *PCM_RESOURCE_LIST;
typedef struct _IO_RESOURCE_REQUIREMENTS_LIST *PIO_RESOURCE_REQUIREMENTS_LIST;

typedef enum {
    DevicePropertyDeviceDescription = 0, DevicePropertyHardwareID = 1, DevicePropertyCompatibleIDs = 2,
    DevicePropertyBootConfiguration = 3, DevicePropertyBootConfigurationTranslated = 4, DevicePropertyClassName = 5,
    DevicePropertyClassGuid = 6, DevicePropertyDriverKeyName = 7, DevicePropertyManufacturer = 8,
    DevicePropertyFriendlyName = 9, DevicePropertyLocationInformation = 10,
    DevicePropertyPhysicalDeviceObjectName = 11, DevicePropertyBusTypeGuid = 12, DevicePropertyLegacyBusType = 13,
    DevicePropertyBusNumber = 14, DevicePropertyEnumeratorName = 15, DevicePropertyAddress = 16,
    DevicePropertyUINumber = 17, DevicePropertyInstallState = 18, DevicePropertyRemovalPolicy = 19,
    DevicePropertyResourceRequirements = 20, DevicePropertyAllocatedResources = 21, DevicePropertyContainerID = 22,
} DEVICE_REGISTRY_PROPERTY;
typedef enum _DEVICE_INSTALL_STATE {
    InstallStateInstalled, InstallStateNeedsReinstall, InstallStateFailedInstall, InstallStateFinishInstall
} DEVICE_INSTALL_STATE, *PDEVICE_INSTALL_STATE;
typedef enum _DEVICE_REMOVAL_POLICY {
    RemovalPolicyExpectNoRemoval = 1, RemovalPolicyExpectOrderlyRemoval = 2, RemovalPolicyExpectSurpriseRemoval = 3
} DEVICE_REMOVAL_POLICY, *PDEVICE_REMOVAL_POLICY;

#define PLUGPLAY_REGKEY_DEVICE          1
#define PLUGPLAY_REGKEY_DRIVER          2
#define PLUGPLAY_REGKEY_CURRENT_HWPROFILE 4
#define DEVICE_INTERFACE_INCLUDE_NONACTIVE 0x00000001

#include "wdm.h"
#endif
