/* SPDX-License-Identifier: MIT */
/* Methods that may only be called at PASSIVE_LEVEL, as their pages say; all others are for DISPATCH_LEVEL too. Those whose level depends on
 * their parameters (a wait, paged memory) look by themselves. */
#include <string.h>

#include "wdf/driver.h"
#include "wdf/verifier.h"

/* Sorted. */
static const char *const passive[] = {
    "ControlDeviceInitAllocate", "ControlDeviceInitSetShutdownNotification", "ControlFinishInitializing", "DeviceAllocAndQueryProperty",
    "DeviceAllocAndQueryPropertyEx", "DeviceAssignProperty", "DeviceAssignS0IdleSettings", "DeviceAssignSxWakeSettings",
    "DeviceConfigureRequestDispatching", "DeviceCreate", "DeviceCreateDeviceInterface", "DeviceCreateSymbolicLink", "DeviceOpenRegistryKey",
    "DeviceQueryProperty", "DeviceQueryPropertyEx", "DeviceRetrieveDeviceInterfaceString", "DeviceRetrieveDeviceName",
    "DeviceSetDeviceInterfaceState", "DriverCreate", "DriverIsVersionAvailable", "DriverOpenParametersRegistryKey",
    "DriverRetrieveVersionString", "IoQueueDrainSynchronously", "IoQueuePurgeSynchronously", "IoQueueStopAndPurgeSynchronously",
    "IoQueueStopSynchronously", "IoTargetAllocAndQueryTargetProperty", "IoTargetClose", "IoTargetCloseForQueryRemove", "IoTargetOpen",
    "IoTargetQueryTargetProperty", "IoTargetSendInternalIoctlOthersSynchronously", "IoTargetSendInternalIoctlSynchronously",
    "IoTargetSendIoctlSynchronously", "IoTargetSendReadSynchronously", "IoTargetSendWriteSynchronously", "RegistryAssignMemory",
    "RegistryAssignMultiString", "RegistryAssignString", "RegistryAssignULong", "RegistryAssignUnicodeString", "RegistryAssignValue",
    "RegistryClose", "RegistryCreateKey", "RegistryOpenKey", "RegistryQueryMemory", "RegistryQueryMultiString", "RegistryQueryString",
    "RegistryQueryULong", "RegistryQueryUnicodeString", "RegistryQueryValue", "RegistryRemoveKey", "RegistryRemoveValue",
    "RegistryWdmGetHandle", "StringCreate", "StringGetUnicodeString", "UsbInterfaceSelectSetting", "UsbTargetDeviceAllocAndQueryString",
    "UsbTargetDeviceCreate", "UsbTargetDeviceCreateWithParameters", "UsbTargetDeviceCyclePortSynchronously",
    "UsbTargetDeviceIsConnectedSynchronous", "UsbTargetDeviceQueryString", "UsbTargetDeviceQueryUsbCapability",
    "UsbTargetDeviceResetPortSynchronously", "UsbTargetDeviceRetrieveConfigDescriptor", "UsbTargetDeviceRetrieveCurrentFrameNumber",
    "UsbTargetDeviceSelectConfig", "UsbTargetDeviceSendControlTransferSynchronously", "UsbTargetDeviceSendUrbSynchronously",
    "UsbTargetPipeAbortSynchronously", "UsbTargetPipeConfigContinuousReader", "UsbTargetPipeReadSynchronously",
    "UsbTargetPipeResetSynchronously", "UsbTargetPipeSendUrbSynchronously", "UsbTargetPipeWriteSynchronously", "WorkItemFlush",
};

static KIRQL level_find(const char *name)
{
    enum { COUNT = sizeof passive / sizeof *passive };
    for (size_t low = 0, high = COUNT; low < high;) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, passive[middle]);
        if (order == 0)
            return PASSIVE_LEVEL;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return DISPATCH_LEVEL;
}

void verify_method(struct verify_method *method, PWDF_DRIVER_GLOBALS globals, const void *caller)
{
    enum { PREFIX = sizeof "ovl_Wdf" - 1 };
    uint8_t level = atomic_load_explicit(&method->level, memory_order_relaxed);
    if (level == 0) {
        level = (uint8_t)(level_find(method->name + PREFIX) + 1);
        atomic_store_explicit(&method->level, level, memory_order_relaxed);
    }
    KIRQL irql = KeGetCurrentIrql(), highest = (KIRQL)(level - 1);
    if (irql > highest)
        wdf_verifier_report_at(globals->Runtime, "irql", caller, "%s at IRQL %u, which is for levels up to %u",
                               method->name + sizeof "ovl_" - 1, irql, highest);
}
