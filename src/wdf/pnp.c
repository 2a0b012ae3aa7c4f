/* SPDX-License-Identifier: MIT */
/* Plug and Play: each minor request of IRP_MJ_PNP, with what it does to the device and which way it goes through the stack. Start goes
 * down first; removals come here first. */
#include "wdf/pnp.h"

#include <stdlib.h>

#include "wdf/driver.h"
#include "wdf/interface.h"
#include "wdf/query_interface.h"
#include "wdf/verifier.h"
#include "wdm/pnp.h"
#include "wdm/wdm_host.h"

#define CALLBACKS(device) (&(device)->init->pnp)

static void state_set(struct wdf_pnp *pnp, enum wdf_pnp_state state)
{
    atomic_store(&pnp->state, state);
    wdf_power_changed(pnp);
}

/* ---- Sending to the next lower device --------------------------------------------------------------------------------- */

static NTSTATUS NTAPI lower_ended(PDEVICE_OBJECT object, PIRP irp, PVOID context)
{
    (void)object;
    (void)irp;
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

NTSTATUS wdf_lower_send(struct wdf_device *device, IRP *irp)
{
    if (device->attached == NULL)
        return irp->IoStatus.Status;
    KEVENT ended;
    KeInitializeEvent(&ended, NotificationEvent, FALSE);
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, lower_ended, &ended, TRUE, TRUE, TRUE);
    if (IoCallDriver(device->attached, irp) == STATUS_PENDING)
        KeWaitForSingleObject(&ended, Executive, KernelMode, FALSE, NULL);
    return irp->IoStatus.Status;
}

NTSTATUS wdf_lower_forward(struct wdf_device *device, IRP *irp)
{
    if (device->attached == NULL)
        return wdf_irp_end(irp, irp->IoStatus.Status);
    IoSkipCurrentIrpStackLocation(irp);
    return IoCallDriver(device->attached, irp);
}

NTSTATUS wdf_irp_end(IRP *irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* ---- Start and stop -------------------------------------------------------------------------------------------------------- */

static NTSTATUS pnp_start(struct wdf_pnp *pnp, IRP *irp)
{
    struct wdf_device *device = pnp->device;
    NTSTATUS status = wdf_lower_send(device, irp);
    if (!NT_SUCCESS(status))
        return wdf_irp_end(irp, status);
    callback_lock_acquire(&pnp->transition);
    bool again = atomic_load(&pnp->state) == WDF_PNP_STOPPED;
    status = wdf_pnp_up(pnp, again ? WDF_POWER_REBALANCE : WDF_POWER_START);
    state_set(pnp, NT_SUCCESS(status) ? WDF_PNP_STARTED : WDF_PNP_FAILED);
    if (NT_SUCCESS(status)) {
        wdf_interfaces_enable(device, true);
        wdf_idle_start(pnp);
    }
    callback_lock_release(&pnp->transition);
    return wdf_irp_end(irp, status);
}

static NTSTATUS pnp_stop(struct wdf_pnp *pnp, IRP *irp)
{
    wdf_idle_stop(pnp);
    callback_lock_acquire(&pnp->transition);
    wdf_pnp_down(pnp, WDF_POWER_REBALANCE, WdfPowerDeviceD3);
    wdf_pnp_release_hardware(pnp);
    state_set(pnp, WDF_PNP_STOPPED);
    callback_lock_release(&pnp->transition);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_lower_forward(pnp->device, irp);
}

/* EvtDeviceQueryStop or EvtDeviceQueryRemove may refuse; then nobody below hears of it. */
static NTSTATUS pnp_query(struct wdf_pnp *pnp, IRP *irp, NTSTATUS(NTAPI *callback)(WDFDEVICE))
{
    NTSTATUS status = atomic_load(&pnp->holds) > 0 ? STATUS_INVALID_DEVICE_REQUEST : STATUS_SUCCESS;
    if (NT_SUCCESS(status) && callback != NULL)
        status = callback(wdf_device_handle(pnp->device));
    if (!NT_SUCCESS(status))
        return wdf_irp_end(irp, status);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_lower_forward(pnp->device, irp);
}

/* ---- Removal ------------------------------------------------------------------------------------------------------------------ */

/* From any state to one without hardware: what has been brought up goes down, and no queue takes anything any more. */
static void device_take_down(struct wdf_pnp *pnp, bool surprise)
{
    struct wdf_device *device = pnp->device;
    wdf_interfaces_enable(device, false);
    wdf_idle_stop(pnp);
    callback_lock_acquire(&pnp->transition);
    int state = atomic_load(&pnp->state);
    if (state == WDF_PNP_SURPRISED || state == WDF_PNP_REMOVED) { /* the worker's failure was here first */
        callback_lock_release(&pnp->transition);
        return;
    }
    if (surprise && CALLBACKS(device)->EvtDeviceSurpriseRemoval != NULL)
        CALLBACKS(device)->EvtDeviceSurpriseRemoval(wdf_device_handle(device));
    wdf_pnp_down(pnp, WDF_POWER_REMOVE, WdfPowerDeviceD3Final);
    wdf_pnp_release_hardware(pnp);
    state_set(pnp, surprise ? WDF_PNP_SURPRISED : WDF_PNP_REMOVED);
    wdf_device_io_purge(device);
    callback_lock_release(&pnp->transition);
}

void wdf_pnp_fail(struct wdf_pnp *pnp)
{
    if (atomic_load(&pnp->state) == WDF_PNP_STARTED)
        device_take_down(pnp, true);
    wdf_pnp_set_failed(pnp->device, true);
}

void wdf_pnp_set_failed(struct wdf_device *device, bool restart)
{
    if (device->pnp == NULL)
        return;
    device->pnp->failed = true;
    pnp_restart_want(device->pdo, restart);
    IoInvalidateDeviceState(device->pdo);
}

WDF_DEVICE_PNP_STATE NTAPI ovl_WdfDeviceGetDevicePnpState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    static const WDF_DEVICE_PNP_STATE states[] = {
        [WDF_PNP_ADDED] = WdfDevStatePnpInit,     [WDF_PNP_STARTED] = WdfDevStatePnpStarted,
        [WDF_PNP_STOPPED] = WdfDevStatePnpStopped, [WDF_PNP_FAILED] = WdfDevStatePnpFailed,
        [WDF_PNP_SURPRISED] = WdfDevStatePnpSurpriseRemoved, [WDF_PNP_REMOVED] = WdfDevStatePnpRemoved};
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    return device->pnp == NULL ? WdfDevStatePnpObjectCreated : states[atomic_load(&device->pnp->state)];
}

static NTSTATUS pnp_surprise(struct wdf_pnp *pnp, IRP *irp)
{
    device_take_down(pnp, true);
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_lower_forward(pnp->device, irp);
}

static NTSTATUS pnp_remove(struct wdf_pnp *pnp, IRP *irp)
{
    struct wdf_device *device = pnp->device;
    device_take_down(pnp, false);
    if (pnp->self_managed) {
        if (CALLBACKS(device)->EvtDeviceSelfManagedIoFlush != NULL)
            CALLBACKS(device)->EvtDeviceSelfManagedIoFlush(wdf_device_handle(device));
        if (CALLBACKS(device)->EvtDeviceSelfManagedIoCleanup != NULL)
            CALLBACKS(device)->EvtDeviceSelfManagedIoCleanup(wdf_device_handle(device));
    }
    state_set(pnp, WDF_PNP_REMOVED);
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS status = wdf_lower_forward(device, irp);
    wdf_device_delete(device);
    return status;
}

/* ---- Questions ------------------------------------------------------------------------------------------------------------------- */

#define OVERLAY(caps, flag, from) \
    do { \
        if ((from) != WdfUseDefault) \
            (caps)->flag = (from) == WdfTrue; \
    } while (0)

static void caps_overlay_pnp(DEVICE_CAPABILITIES *caps, const WDF_DEVICE_PNP_CAPABILITIES *own)
{
    if (own->Size == 0)
        return;
    OVERLAY(caps, LockSupported, own->LockSupported);
    OVERLAY(caps, EjectSupported, own->EjectSupported);
    OVERLAY(caps, Removable, own->Removable);
    OVERLAY(caps, DockDevice, own->DockDevice);
    OVERLAY(caps, UniqueID, own->UniqueID);
    OVERLAY(caps, SilentInstall, own->SilentInstall);
    OVERLAY(caps, SurpriseRemovalOK, own->SurpriseRemovalOK);
    OVERLAY(caps, HardwareDisabled, own->HardwareDisabled);
    OVERLAY(caps, NoDisplayInUI, own->NoDisplayInUI);
    if (own->Address != (ULONG)-1)
        caps->Address = own->Address;
    if (own->UINumber != (ULONG)-1)
        caps->UINumber = own->UINumber;
}

static void caps_overlay_power(DEVICE_CAPABILITIES *caps, const WDF_DEVICE_POWER_CAPABILITIES *own)
{
    if (own->Size == 0)
        return;
    OVERLAY(caps, DeviceD1, own->DeviceD1);
    OVERLAY(caps, DeviceD2, own->DeviceD2);
    OVERLAY(caps, WakeFromD0, own->WakeFromD0);
    OVERLAY(caps, WakeFromD1, own->WakeFromD1);
    OVERLAY(caps, WakeFromD2, own->WakeFromD2);
    OVERLAY(caps, WakeFromD3, own->WakeFromD3);
    for (int i = PowerSystemWorking; i < PowerSystemMaximum; i++)
        if (own->DeviceState[i] != PowerDeviceMaximum)
            caps->DeviceState[i] = own->DeviceState[i];
    if (own->DeviceWake != PowerDeviceMaximum)
        caps->DeviceWake = own->DeviceWake;
    if (own->SystemWake != PowerSystemMaximum)
        caps->SystemWake = own->SystemWake;
    if (own->D1Latency != (ULONG)-1)
        caps->D1Latency = own->D1Latency;
    if (own->D2Latency != (ULONG)-1)
        caps->D2Latency = own->D2Latency;
    if (own->D3Latency != (ULONG)-1)
        caps->D3Latency = own->D3Latency;
}

static NTSTATUS pnp_capabilities(struct wdf_pnp *pnp, IRP *irp)
{
    NTSTATUS status = wdf_lower_send(pnp->device, irp);
    DEVICE_CAPABILITIES *caps = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceCapabilities.Capabilities;
    if (NT_SUCCESS(status) && caps != NULL) {
        caps_overlay_pnp(caps, &pnp->device->pnp_caps);
        caps_overlay_power(caps, &pnp->device->power_caps);
    }
    return wdf_irp_end(irp, status);
}

/* IRP_MN_QUERY_PNP_DEVICE_STATE: the answer is the sum of what all in the stack say. */
static NTSTATUS pnp_device_state(struct wdf_pnp *pnp, IRP *irp)
{
    static const struct {
        size_t at;
        ULONG flag;
    } flags[] = {{offsetof(WDF_DEVICE_STATE, Disabled), PNP_DEVICE_DISABLED},
                 {offsetof(WDF_DEVICE_STATE, DontDisplayInUI), PNP_DEVICE_DONT_DISPLAY_IN_UI},
                 {offsetof(WDF_DEVICE_STATE, Failed), PNP_DEVICE_FAILED},
                 {offsetof(WDF_DEVICE_STATE, NotDisableable), PNP_DEVICE_NOT_DISABLEABLE},
                 {offsetof(WDF_DEVICE_STATE, Removed), PNP_DEVICE_REMOVED},
                 {offsetof(WDF_DEVICE_STATE, ResourcesChanged), PNP_DEVICE_RESOURCE_REQUIREMENTS_CHANGED}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        WDF_TRI_STATE said = *(const WDF_TRI_STATE *)((const char *)&pnp->device->state + flags[i].at);
        if (said == WdfTrue)
            irp->IoStatus.Information |= flags[i].flag;
        else if (said == WdfFalse)
            irp->IoStatus.Information &= ~(ULONG_PTR)flags[i].flag;
    }
    if (pnp->failed)
        irp->IoStatus.Information |= PNP_DEVICE_FAILED;
    irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_lower_forward(pnp->device, irp);
}

NTSTATUS wdf_pnp_dispatch(struct wdf_device *device, IRP *irp)
{
    struct wdf_pnp *pnp = device->pnp;
    if (pnp == NULL) /* a control device stands in no stack */
        return wdf_irp_end(irp, STATUS_INVALID_DEVICE_REQUEST);
    switch (IoGetCurrentIrpStackLocation(irp)->MinorFunction) {
    case IRP_MN_START_DEVICE:
        return pnp_start(pnp, irp);
    case IRP_MN_QUERY_STOP_DEVICE:
        return pnp_query(pnp, irp, CALLBACKS(device)->EvtDeviceQueryStop);
    case IRP_MN_STOP_DEVICE:
        return pnp_stop(pnp, irp);
    case IRP_MN_QUERY_REMOVE_DEVICE:
        return pnp_query(pnp, irp, CALLBACKS(device)->EvtDeviceQueryRemove);
    case IRP_MN_CANCEL_STOP_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
        irp->IoStatus.Status = STATUS_SUCCESS;
        return wdf_lower_forward(device, irp);
    case IRP_MN_SURPRISE_REMOVAL:
        return pnp_surprise(pnp, irp);
    case IRP_MN_REMOVE_DEVICE:
        return pnp_remove(pnp, irp);
    case IRP_MN_QUERY_CAPABILITIES:
        return pnp_capabilities(pnp, irp);
    case IRP_MN_QUERY_INTERFACE:
        return wdf_query_interface_dispatch(device, irp);
    case IRP_MN_QUERY_PNP_DEVICE_STATE:
        return pnp_device_state(pnp, irp);
    default:
        return wdf_lower_forward(device, irp);
    }
}

/* ---- Creation ---------------------------------------------------------------------------------------------------------------------- */

NTSTATUS wdf_pnp_create(struct wdf_device *device)
{
    struct wdf_pnp *pnp = wdf_allocate(sizeof *pnp);
    if (pnp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    pnp->device = device;
    pnp->working = pnp->stopped = true;
    atomic_init(&pnp->state, WDF_PNP_ADDED);
    atomic_init(&pnp->power, WdfPowerDeviceD3Final); /* what the first EvtDeviceD0Entry is told, as documented */
    device->pnp = pnp;
    return STATUS_SUCCESS;
}

void wdf_pnp_destroy(struct wdf_device *device)
{
    free(device->pnp); /* the worker holds a reference on the device, the timer was cancelled when it went */
    device->pnp = NULL;
}
