/* SPDX-License-Identifier: MIT */
/* What a driver says about a device before it exists: WdfDeviceInit*, WdfFdoInit* and the control device's beginning. The structure is
 * kept by the device that is made of it; a driver that uses it afterwards is stopped. */
#include <stdlib.h>
#include <string.h>

#include "wdf/device.h"
#include "wdf/device_init.h"
#include "wdf/driver.h"
#include "wdf/property.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct WDFDEVICE_INIT *wdf_device_init_make(struct wdf_driver *driver, DEVICE_OBJECT *pdo)
{
    struct WDFDEVICE_INIT *init = wdf_allocate(sizeof *init);
    if (init == NULL)
        return NULL;
    init->driver = driver;
    init->pdo = pdo;
    init->control = pdo == NULL;
    init->policy_owner = pdo != NULL;
    init->pageable = true;
    init->io_type = init->control_type = WdfDeviceIoBuffered;
    init->device_type = FILE_DEVICE_UNKNOWN;
    init->characteristics = FILE_DEVICE_SECURE_OPEN;
    init->release_order = WdfReleaseHardwareOrderOnFailureEarly;
    return init;
}

void wdf_device_init_free(struct WDFDEVICE_INIT *init)
{
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        free(init->preprocess[i].minors);
    free(init->name.Buffer);
    free(init);
}

/* The settings, while they may still be changed. */
static struct WDFDEVICE_INIT *init_of(PWDF_DRIVER_GLOBALS globals, struct WDFDEVICE_INIT *init, const char *method, const void *caller)
{
    if (init == NULL || init->device != NULL)
        wdf_verifier_stop_at(globals->Runtime, "device-init", caller, "%s: %s", method,
                             init == NULL ? "no PWDFDEVICE_INIT" : "WdfDeviceCreate has used the PWDFDEVICE_INIT up");
    return init;
}
#define INIT(init) init_of(DriverGlobals, (init), __func__ + sizeof "ovl_" - 1, WDF_CALLER)

/* A structure whose size is not the one that the headers give it. */
static bool size_wrong(struct WDFDEVICE_INIT *init, ULONG size, size_t expected, const char *what, const void *caller)
{
    if (size == expected)
        return false;
    wdf_verifier_report_at(init->driver, "structure-size", caller, "%s has size %u, not %zu", what, size, expected);
    return true;
}
#define SIZE_WRONG(init, structure) \
    size_wrong((init), (structure)->Size, sizeof *(structure), #structure, WDF_CALLER)

VOID NTAPI ovl_WdfDeviceInitFree(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (!init->control) /* the framework made it, and the framework frees it */
        wdf_verifier_stop_at(init->driver, "device-init", WDF_CALLER, "WdfDeviceInitFree of what EvtDriverDeviceAdd was given");
    wdf_device_init_free(init);
}

VOID NTAPI ovl_WdfDeviceInitSetPnpPowerEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                      PWDF_PNPPOWER_EVENT_CALLBACKS PnpPowerEventCallbacks)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (!SIZE_WRONG(init, PnpPowerEventCallbacks))
        init->pnp = *PnpPowerEventCallbacks;
}

VOID NTAPI ovl_WdfDeviceInitSetPowerPolicyEventCallbacks(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                         PWDF_POWER_POLICY_EVENT_CALLBACKS PowerPolicyEventCallbacks)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (!SIZE_WRONG(init, PowerPolicyEventCallbacks))
        init->policy = *PowerPolicyEventCallbacks;
}

VOID NTAPI ovl_WdfDeviceInitSetPowerPolicyOwnership(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                    BOOLEAN IsPowerPolicyOwner)
{
    INIT(DeviceInit)->policy_owner = IsPowerPolicyOwner != 0;
}

VOID NTAPI ovl_WdfDeviceInitSetIoType(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, WDF_DEVICE_IO_TYPE IoType)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    init->io_type = IoType;
}

VOID NTAPI ovl_WdfDeviceInitSetIoTypeEx(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                        PWDF_IO_TYPE_CONFIG IoTypeConfig)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (SIZE_WRONG(init, IoTypeConfig))
        return;
    init->io_type = IoTypeConfig->ReadWriteIoType;
    init->control_type = IoTypeConfig->DeviceControlIoType;
    init->direct_threshold = IoTypeConfig->DirectTransferThreshold;
}

VOID NTAPI ovl_WdfDeviceInitSetExclusive(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, BOOLEAN IsExclusive)
{
    INIT(DeviceInit)->exclusive = IsExclusive != 0;
}

VOID NTAPI ovl_WdfDeviceInitSetPowerNotPageable(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    INIT(DeviceInit)->pageable = false;
}

VOID NTAPI ovl_WdfDeviceInitSetPowerPageable(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    INIT(DeviceInit)->pageable = true;
}

VOID NTAPI ovl_WdfDeviceInitSetPowerInrush(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    INIT(DeviceInit)->inrush = true;
}

VOID NTAPI ovl_WdfDeviceInitSetDeviceType(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, DEVICE_TYPE_VALUE DeviceType)
{
    INIT(DeviceInit)->device_type = DeviceType;
}

/* A device has one name; NULL takes it away again. */
NTSTATUS NTAPI ovl_WdfDeviceInitAssignName(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, PCUNICODE_STRING DeviceName)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    WCHAR *copy = NULL;
    if (DeviceName != NULL) {
        copy = wdf_allocate((size_t)DeviceName->Length + sizeof(WCHAR));
        if (copy == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(copy, DeviceName->Buffer, DeviceName->Length);
    }
    free(init->name.Buffer);
    init->name.Buffer = copy;
    init->name.Length = DeviceName == NULL ? 0 : DeviceName->Length;
    init->name.MaximumLength = (USHORT)(init->name.Length + sizeof(WCHAR));
    return STATUS_SUCCESS;
}

/* Security means nothing here, but a descriptor is one: "D:..." or "O:..." and the like. */
NTSTATUS NTAPI ovl_WdfDeviceInitAssignSDDLString(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PCUNICODE_STRING SDDLString)
{
    (void)INIT(DeviceInit);
    if (SDDLString != NULL && (SDDLString->Length < 2 * sizeof(WCHAR) || SDDLString->Buffer[1] != ':'))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

VOID NTAPI ovl_WdfDeviceInitSetDeviceClass(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit, const GUID *DeviceClassGuid)
{
    (void)INIT(DeviceInit);
    (void)DeviceClassGuid; /* names security settings of the class, which do not exist */
}

VOID NTAPI ovl_WdfDeviceInitSetCharacteristics(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                               ULONG DeviceCharacteristics, BOOLEAN OrInValues)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    init->characteristics = OrInValues ? init->characteristics | DeviceCharacteristics : DeviceCharacteristics;
}

VOID NTAPI ovl_WdfDeviceInitSetFileObjectConfig(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                PWDF_FILEOBJECT_CONFIG FileObjectConfig, PWDF_OBJECT_ATTRIBUTES FileObjectAttributes)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (SIZE_WRONG(init, FileObjectConfig))
        return;
    init->has_file_config = true;
    init->file = *FileObjectConfig;
    if (FileObjectAttributes != NULL && !SIZE_WRONG(init, FileObjectAttributes))
        init->file_attributes = *FileObjectAttributes;
    else
        WDF_OBJECT_ATTRIBUTES_INIT(&init->file_attributes);
}

VOID NTAPI ovl_WdfDeviceInitSetRequestAttributes(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PWDF_OBJECT_ATTRIBUTES RequestAttributes)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (SIZE_WRONG(init, RequestAttributes))
        return;
    init->has_request_attributes = true;
    init->request_attributes = *RequestAttributes;
}

VOID NTAPI ovl_WdfDeviceInitSetIoInCallerContextCallback(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                         PFN_WDF_IO_IN_CALLER_CONTEXT EvtIoInCallerContext)
{
    INIT(DeviceInit)->in_caller_context = EvtIoInCallerContext;
}

/* An open file keeps the device, so requests need no lock of their own. */
VOID NTAPI ovl_WdfDeviceInitSetRemoveLockOptions(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                 PWDF_REMOVE_LOCK_OPTIONS Options)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    (void)SIZE_WRONG(init, Options);
}

VOID NTAPI ovl_WdfDeviceInitSetReleaseHardwareOrderOnFailure(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                             WDF_RELEASE_HARDWARE_ORDER_ON_FAILURE ReleaseHardwareOrderOnFailure)
{
    INIT(DeviceInit)->release_order = ReleaseHardwareOrderOnFailure;
}

/* Minor functions are given for Plug and Play, power and WMI alone; none means all. */
NTSTATUS NTAPI ovl_WdfDeviceInitAssignWdmIrpPreprocessCallback(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                               PFN_WDFDEVICE_WDM_IRP_PREPROCESS EvtDeviceWdmIrpPreprocess,
                                                               UCHAR MajorFunction, PUCHAR MinorFunctions, ULONG NumMinorFunctions)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    if (MajorFunction > IRP_MJ_MAXIMUM_FUNCTION || (NumMinorFunctions != 0 && MinorFunctions == NULL))
        return STATUS_INVALID_PARAMETER;
    struct wdf_preprocess *entry = &init->preprocess[MajorFunction];
    UCHAR *minors = NULL;
    if (NumMinorFunctions != 0) {
        minors = wdf_allocate(NumMinorFunctions);
        if (minors == NULL)
            return STATUS_INSUFFICIENT_RESOURCES;
        memcpy(minors, MinorFunctions, NumMinorFunctions);
    }
    free(entry->minors);
    *entry = (struct wdf_preprocess){EvtDeviceWdmIrpPreprocess, minors, NumMinorFunctions};
    return STATUS_SUCCESS;
}

/* ---- Function and filter drivers ---------------------------------------------------------------------------------------- */

VOID NTAPI ovl_WdfFdoInitSetFilter(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    init->filter = true;
    init->policy_owner = false; /* the function driver's, unless the filter says otherwise */
}

PDEVICE_OBJECT NTAPI ovl_WdfFdoInitWdmGetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit)
{
    return INIT(DeviceInit)->pdo;
}

NTSTATUS NTAPI ovl_WdfFdoInitQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                           DEVICE_REGISTRY_PROPERTY DeviceProperty, ULONG BufferLength, PVOID PropertyBuffer,
                                           PULONG ResultLength)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    return wdf_property_query(init->pdo, DeviceProperty, BufferLength, PropertyBuffer, ResultLength);
}

NTSTATUS NTAPI ovl_WdfFdoInitAllocAndQueryProperty(PWDF_DRIVER_GLOBALS DriverGlobals, PWDFDEVICE_INIT DeviceInit,
                                                   DEVICE_REGISTRY_PROPERTY DeviceProperty, POOL_TYPE PoolType,
                                                   PWDF_OBJECT_ATTRIBUTES PropertyMemoryAttributes, WDFMEMORY *PropertyMemory)
{
    struct WDFDEVICE_INIT *init = INIT(DeviceInit);
    return wdf_property_allocate(init->driver, init->pdo, DeviceProperty, PoolType, PropertyMemoryAttributes,
                                 &init->driver->object, WDF_CALLER, PropertyMemory);
}

/* ---- Control devices -------------------------------------------------------------------------------------------------------- */

PWDFDEVICE_INIT NTAPI ovl_WdfControlDeviceInitAllocate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                                       PCUNICODE_STRING SDDLString)
{
    (void)SDDLString; /* there is no security; but the caller must give one, as documented */
    return wdf_device_init_make(WDF_HANDLE(DriverGlobals, Driver, wdf_driver), NULL);
}
