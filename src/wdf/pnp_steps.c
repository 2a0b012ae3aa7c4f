/* SPDX-License-Identifier: MIT */
/* The steps of bringing a device up and down, each with the callback that belongs to it, in the documented order. `step` says how far
 * the device is; going down undoes from there, and calls no exit whose entry failed. */
#include "base/trace.h"
#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdf/resource_list.h"
#include "wdf/verifier.h"

#define CALLBACKS(pnp) (&(pnp)->device->init->pnp)
#define CALL(pnp, callback, ...)                                                                                     \
    ({                                                                                                               \
        NTSTATUS given = STATUS_SUCCESS;                                                                             \
        if (CALLBACKS(pnp)->callback != NULL)                                                                        \
            WDF_CALLBACK(#callback, CALLBACKS(pnp)->callback,                                                        \
                         given = step_note((pnp), #callback, CALLBACKS(pnp)->callback(__VA_ARGS__)));                \
        given;                                                                                                       \
    })

/* STATUS_NOT_SUPPORTED is no failure of a driver's to make: the Plug and Play manager takes it for "not handled". */
static NTSTATUS step_note(struct wdf_pnp *pnp, const char *callback, NTSTATUS status)
{
    if (!NT_SUCCESS(status))
        trace_note(TRACE_DRIVER, "%s: %s gave 0x%08x", pnp->device->object.driver->name, callback, (unsigned)status);
    return status == STATUS_NOT_SUPPORTED ? STATUS_UNSUCCESSFUL : status;
}

static void power_set(struct wdf_pnp *pnp, WDF_POWER_DEVICE_STATE power)
{
    atomic_store(&pnp->power, power);
    wdf_power_changed(pnp);
}

/* ---- Up ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS up_prepare(struct wdf_pnp *pnp)
{
    NTSTATUS status = wdf_resource_list_make(pnp->device, &pnp->resources);
    if (!NT_SUCCESS(status))
        return status;
    WDFCMRESLIST list = (WDFCMRESLIST)(void *)pnp->resources;
    status = CALL(pnp, EvtDevicePrepareHardware, wdf_device_handle(pnp->device), list, list);
    pnp->step = WDF_STEP_PREPARED; /* also when it failed: the release tidies up what it had done */
    return status;
}

static NTSTATUS up_enter_d0(struct wdf_pnp *pnp)
{
    WDFDEVICE handle = wdf_device_handle(pnp->device);
    WDF_POWER_DEVICE_STATE before = (WDF_POWER_DEVICE_STATE)atomic_load(&pnp->power);
    NTSTATUS status = CALL(pnp, EvtDeviceD0Entry, handle, before);
    if (!NT_SUCCESS(status))
        return status; /* documented: EvtDeviceD0Exit is not called then */
    pnp->step = WDF_STEP_D0;
    status = CALL(pnp, EvtDeviceD0EntryPostInterruptsEnabled, handle, before);
    if (NT_SUCCESS(status))
        pnp->step = WDF_STEP_D0_POST;
    return status;
}

static void up_disarm(struct wdf_pnp *pnp)
{
    const WDF_POWER_POLICY_EVENT_CALLBACKS *policy = &pnp->device->init->policy;
    WDFDEVICE handle = wdf_device_handle(pnp->device);
    wdf_wake_end(pnp);
    bool woken = atomic_exchange(&pnp->woken, false);
    if (woken && pnp->armed_s0 && policy->EvtDeviceWakeFromS0Triggered != NULL)
        policy->EvtDeviceWakeFromS0Triggered(handle);
    if (woken && pnp->armed_sx && policy->EvtDeviceWakeFromSxTriggered != NULL)
        policy->EvtDeviceWakeFromSxTriggered(handle);
    if (pnp->armed_s0 && policy->EvtDeviceDisarmWakeFromS0 != NULL)
        policy->EvtDeviceDisarmWakeFromS0(handle);
    if (pnp->armed_sx && policy->EvtDeviceDisarmWakeFromSx != NULL)
        policy->EvtDeviceDisarmWakeFromSx(handle);
    pnp->armed_s0 = pnp->armed_sx = false;
}

static NTSTATUS up_self_managed(struct wdf_pnp *pnp)
{
    WDFDEVICE handle = wdf_device_handle(pnp->device);
    NTSTATUS status;
    if (pnp->self_managed) {
        status = CALL(pnp, EvtDeviceSelfManagedIoRestart, handle);
    } else {
        pnp->self_managed = true;
        status = CALL(pnp, EvtDeviceSelfManagedIoInit, handle);
    }
    if (NT_SUCCESS(status))
        pnp->step = WDF_STEP_SELF_MANAGED;
    return status;
}

NTSTATUS wdf_pnp_up(struct wdf_pnp *pnp, enum wdf_power_reason reason)
{
    NTSTATUS status = pnp->step >= WDF_STEP_PREPARED ? STATUS_SUCCESS : up_prepare(pnp);
    if (NT_SUCCESS(status))
        status = up_enter_d0(pnp);
    if (NT_SUCCESS(status)) {
        up_disarm(pnp);
        power_set(pnp, WdfPowerDeviceD0);
        pnp->step = WDF_STEP_QUEUES;
        wdf_device_io_start(pnp->device);
        status = up_self_managed(pnp);
    }
    if (NT_SUCCESS(status))
        return status;
    wdf_pnp_down(pnp, WDF_POWER_REMOVE, WdfPowerDeviceD3Final);
    if (reason == WDF_POWER_START || reason == WDF_POWER_REBALANCE)
        wdf_pnp_release_hardware(pnp);
    return status;
}

/* ---- Down ---------------------------------------------------------------------------------------------------------------- */

/* The device may wake itself, or the system, while it sleeps. A failure to arm keeps it from doing so, and no more. */
static void down_arm(struct wdf_pnp *pnp, enum wdf_power_reason reason)
{
    const WDF_POWER_POLICY_EVENT_CALLBACKS *policy = &pnp->device->init->policy;
    WDFDEVICE handle = wdf_device_handle(pnp->device);
    bool s0 = reason == WDF_POWER_IDLE && pnp->idle.IdleCaps != IdleCannotWakeFromS0;
    bool sx = reason == WDF_POWER_SYSTEM && pnp->wake_set && pnp->wake.Enabled != WdfFalse;
    if (s0 || sx)
        (void)wdf_wake_begin(pnp); /* documented: sent before the driver arms its device. A bus without wake signals just gives none */
    if (s0)
        pnp->armed_s0 = policy->EvtDeviceArmWakeFromS0 == NULL || NT_SUCCESS(policy->EvtDeviceArmWakeFromS0(handle));
    if (sx)
        pnp->armed_sx = policy->EvtDeviceArmWakeFromSx == NULL || NT_SUCCESS(policy->EvtDeviceArmWakeFromSx(handle));
    if (!pnp->armed_s0 && !pnp->armed_sx)
        wdf_wake_end(pnp);
}

static void first_error(NTSTATUS *first, NTSTATUS status)
{
    if (NT_SUCCESS(*first))
        *first = status;
}

NTSTATUS wdf_pnp_down(struct wdf_pnp *pnp, enum wdf_power_reason reason, WDF_POWER_DEVICE_STATE target)
{
    WDFDEVICE handle = wdf_device_handle(pnp->device);
    NTSTATUS status = STATUS_SUCCESS;
    if (pnp->step >= WDF_STEP_SELF_MANAGED)
        first_error(&status, CALL(pnp, EvtDeviceSelfManagedIoSuspend, handle));
    if (pnp->step >= WDF_STEP_QUEUES) {
        wdf_device_io_stop(pnp->device,
                               reason == WDF_POWER_REMOVE ? WdfRequestStopActionPurge : WdfRequestStopActionSuspend);
        down_arm(pnp, reason);
    }
    if (pnp->step >= WDF_STEP_D0_POST)
        first_error(&status, CALL(pnp, EvtDeviceD0ExitPreInterruptsDisabled, handle, target));
    if (pnp->step >= WDF_STEP_D0) {
        power_set(pnp, target);
        first_error(&status, CALL(pnp, EvtDeviceD0Exit, handle, target));
    }
    if (pnp->step > WDF_STEP_PREPARED)
        pnp->step = WDF_STEP_PREPARED;
    if (reason == WDF_POWER_REMOVE)
        wdf_wake_end(pnp);
    return status;
}

void wdf_pnp_release_hardware(struct wdf_pnp *pnp)
{
    if (pnp->step < WDF_STEP_PREPARED)
        return;
    pnp->step = WDF_STEP_NONE;
    CALL(pnp, EvtDeviceReleaseHardware, wdf_device_handle(pnp->device), (WDFCMRESLIST)(void *)pnp->resources);
    wdf_object_delete(pnp->resources);
    pnp->resources = NULL;
}
