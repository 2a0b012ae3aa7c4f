/* SPDX-License-Identifier: MIT */
/* What a driver asks a device for and tells it, besides power: the WDM objects behind it, capabilities, state, names. */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdf/string_object.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

WDFDRIVER NTAPI ovl_WdfDeviceGetDriver(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return (WDFDRIVER)(void *)WDF_HANDLE(DriverGlobals, Device, wdf_device)->object.driver;
}

PDEVICE_OBJECT NTAPI ovl_WdfDeviceWdmGetDeviceObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return WDF_HANDLE(DriverGlobals, Device, wdf_device)->wdm;
}

PDEVICE_OBJECT NTAPI ovl_WdfDeviceWdmGetAttachedDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return WDF_HANDLE(DriverGlobals, Device, wdf_device)->attached;
}

PDEVICE_OBJECT NTAPI ovl_WdfDeviceWdmGetPhysicalDevice(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return WDF_HANDLE(DriverGlobals, Device, wdf_device)->pdo;
}

WDFDEVICE NTAPI ovl_WdfWdmDeviceGetWdfDeviceHandle(PWDF_DRIVER_GLOBALS DriverGlobals, PDEVICE_OBJECT DeviceObject)
{
    (void)DriverGlobals;
    return wdf_device_handle(wdf_device_of(DeviceObject));
}

/* ---- Capabilities and state ---------------------------------------------------------------------------------------------- */

VOID NTAPI ovl_WdfDeviceSetPnpCapabilities(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                           PWDF_DEVICE_PNP_CAPABILITIES PnpCapabilities)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (PnpCapabilities->Size == sizeof *PnpCapabilities)
        device->pnp_caps = *PnpCapabilities;
    else
        wdf_verifier_report(device->object.driver, "structure-size", "WDF_DEVICE_PNP_CAPABILITIES has size %u",
                            PnpCapabilities->Size);
}

VOID NTAPI ovl_WdfDeviceSetPowerCapabilities(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                             PWDF_DEVICE_POWER_CAPABILITIES PowerCapabilities)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (PowerCapabilities->Size == sizeof *PowerCapabilities)
        device->power_caps = *PowerCapabilities;
    else
        wdf_verifier_report(device->object.driver, "structure-size", "WDF_DEVICE_POWER_CAPABILITIES has size %u",
                            PowerCapabilities->Size);
}

VOID NTAPI ovl_WdfDeviceGetDeviceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (DeviceState->Size == sizeof *DeviceState)
        *DeviceState = device->state;
    else
        wdf_verifier_report(device->object.driver, "structure-size", "WDF_DEVICE_STATE has size %u", DeviceState->Size);
}

VOID NTAPI ovl_WdfDeviceSetDeviceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_DEVICE_STATE DeviceState)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (DeviceState->Size != sizeof *DeviceState) {
        wdf_verifier_report(device->object.driver, "structure-size", "WDF_DEVICE_STATE has size %u", DeviceState->Size);
        return;
    }
    device->state = *DeviceState;
    if (device->pdo != NULL)
        IoInvalidateDeviceState(device->pdo); /* the Plug and Play manager asks anew */
}

/* Said once for each that forbids, as documented: the counts add up. */
VOID NTAPI ovl_WdfDeviceSetStaticStopRemove(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN Stoppable)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (device->pnp != NULL)
        atomic_fetch_add(&device->pnp->holds, Stoppable ? -1 : 1);
}

ULONG NTAPI ovl_WdfDeviceGetAlignmentRequirement(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return WDF_HANDLE(DriverGlobals, Device, wdf_device)->wdm->AlignmentRequirement;
}

VOID NTAPI ovl_WdfDeviceSetAlignmentRequirement(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, ULONG AlignmentRequirement)
{
    WDF_HANDLE(DriverGlobals, Device, wdf_device)->wdm->AlignmentRequirement = AlignmentRequirement;
}

ULONG NTAPI ovl_WdfDeviceGetCharacteristics(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    return WDF_HANDLE(DriverGlobals, Device, wdf_device)->wdm->Characteristics;
}

VOID NTAPI ovl_WdfDeviceSetCharacteristics(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, ULONG DeviceCharacteristics)
{
    WDF_HANDLE(DriverGlobals, Device, wdf_device)->wdm->Characteristics = DeviceCharacteristics;
}

/* The Plug and Play manager asks for the state, hears that the device failed, and takes the stack away. */
VOID NTAPI ovl_WdfDeviceSetFailed(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDF_DEVICE_FAILED_ACTION FailedAction)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (FailedAction != WdfDeviceFailedAttemptRestart && FailedAction != WdfDeviceFailedNoRestart)
        wdf_verifier_report(device->object.driver, "parameter", "WdfDeviceSetFailed with action %d", FailedAction);
    wdf_pnp_set_failed(device, FailedAction == WdfDeviceFailedAttemptRestart);
}

/* ---- Names ------------------------------------------------------------------------------------------------------------------ */

/* The name that opens reach the stack by: the device's own, or the bus driver's below it. */
static NTSTATUS device_name(struct wdf_device *device, UNICODE_STRING *name, WCHAR *room, size_t units)
{
    if (device->init->name.Buffer != NULL) {
        *name = device->init->name;
        return STATUS_SUCCESS;
    }
    const char *text = device->pdo == NULL ? "" : wdm_device_of(device->pdo)->name;
    size_t length = utf16_from_utf8((char16_t *)room, units - 1, text, strlen(text));
    if (length == 0 || length >= units)
        return STATUS_INVALID_DEVICE_STATE; /* it has no name */
    room[length] = 0;
    RtlInitUnicodeString(name, room);
    return STATUS_SUCCESS;
}

struct device_link {
    struct list link;
    UNICODE_STRING name;
    WCHAR text[];
};

void wdf_device_links_free(struct wdf_device *device)
{
    for (struct list *node; (node = list_pop_front(&device->links)) != NULL;) {
        struct device_link *link = container_of(node, struct device_link, link);
        IoDeleteSymbolicLink(&link->name); /* the device object's end may have taken it already */
        free(link);
    }
}

NTSTATUS NTAPI ovl_WdfDeviceCreateSymbolicLink(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                               PCUNICODE_STRING SymbolicLinkName)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    WCHAR room[256];
    UNICODE_STRING name;
    NTSTATUS status = device_name(device, &name, room, sizeof room / sizeof *room);
    if (!NT_SUCCESS(status))
        return status;
    struct device_link *link = wdf_allocate(sizeof *link + SymbolicLinkName->Length + sizeof(WCHAR));
    if (link == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    memcpy(link->text, SymbolicLinkName->Buffer, SymbolicLinkName->Length);
    link->name = (UNICODE_STRING){.Length = SymbolicLinkName->Length, .MaximumLength = SymbolicLinkName->Length,
                                  .Buffer = link->text};
    status = IoCreateSymbolicLink(&link->name, &name);
    if (!NT_SUCCESS(status)) {
        free(link);
        return status;
    }
    lock_acquire(&device->interfaces_lock);
    list_push_back(&device->links, &link->link);
    lock_release(&device->interfaces_lock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfDeviceRetrieveDeviceName(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, WDFSTRING String)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_string *string = WDF_HANDLE(DriverGlobals, String, wdf_string);
    if (device->init->name.Buffer == NULL)
        return STATUS_INVALID_DEVICE_STATE;
    return wdf_string_set(string, &device->init->name);
}

/* ---- Control devices ---------------------------------------------------------------------------------------------------------- */

VOID NTAPI ovl_WdfControlFinishInitializing(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (device->pnp != NULL)
        wdf_verifier_stop(device->object.driver, "device-init", "WdfControlFinishInitializing of a device in a stack");
    device->wdm->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    atomic_store(&device->initializing, false);
}
