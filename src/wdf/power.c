/* SPDX-License-Identifier: MIT */
/* Power: what keeps a device in D0, the idle timer and the worker that takes it down and brings it back, and IRP_MJ_POWER. The policy
 * owner moves the stack itself: going down it is our callbacks first and then the bus, coming back the other way. */
#include "base/futex.h"
#include "base/trace.h"
#include "nt/wait.h"
#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

enum { NS_PER_MS = 1000000, IDLE_DEFAULT_MS = 5000 };

void wdf_power_changed(struct wdf_pnp *pnp)
{
    atomic_fetch_add(&pnp->changes, 1);
    futex_wake(&pnp->changes, INT32_MAX);
}

static bool pnp_is_started(struct wdf_pnp *pnp)
{
    return atomic_load(&pnp->state) == WDF_PNP_STARTED;
}

bool wdf_power_is_up(struct wdf_device *device)
{
    return device->pnp == NULL || atomic_load(&device->pnp->power) == WdfPowerDeviceD0;
}

/* ---- The bus --------------------------------------------------------------------------------------------------------- */

/* Tells the stack below of the device's new state; a USB device is suspended or resumed by it. */
static NTSTATUS lower_power(struct wdf_device *device, DEVICE_POWER_STATE state)
{
    IRP *irp = IoAllocateIrp((CCHAR)(device->attached->StackSize + 1), FALSE);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IoSetNextIrpStackLocation(irp);
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = IRP_MN_SET_POWER;
    stack->Parameters.Power.Type = DevicePowerState;
    stack->Parameters.Power.State.DeviceState = state;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    NTSTATUS status = wdf_lower_send(device, irp);
    IoFreeIrp(irp);
    return status;
}

static DEVICE_POWER_STATE device_state(WDF_POWER_DEVICE_STATE state)
{
    return state == WdfPowerDeviceD3Final ? PowerDeviceD3 : (DEVICE_POWER_STATE)state;
}

/* With `transition` held. */
static NTSTATUS power_leave(struct wdf_pnp *pnp, enum wdf_power_reason reason, WDF_POWER_DEVICE_STATE target)
{
    NTSTATUS status = wdf_pnp_down(pnp, reason, target);
    if (NT_SUCCESS(status))
        lower_power(pnp->device, device_state(target)); /* a bus that cannot suspend leaves the device as it is */
    return status;
}

static NTSTATUS power_return(struct wdf_pnp *pnp, enum wdf_power_reason reason)
{
    lower_power(pnp->device, PowerDeviceD0);
    return wdf_pnp_up(pnp, reason);
}

/* ---- Idle --------------------------------------------------------------------------------------------------------------- */

static bool idle_is_wanted(const struct wdf_pnp *pnp)
{
    return pnp->idle_enabled && pnp->users == 0;
}

/* Dx of the settings; PowerDeviceMaximum leaves it to the bus, which for USB is D2. */
static WDF_POWER_DEVICE_STATE idle_target(const struct wdf_pnp *pnp)
{
    if (pnp->idle.DxState != PowerDeviceMaximum)
        return (WDF_POWER_DEVICE_STATE)pnp->idle.DxState;
    return pnp->idle.IdleCaps == IdleUsbSelectiveSuspend ? WdfPowerDeviceD2 : WdfPowerDeviceD3;
}

static bool idle_expired(struct wdf_pnp *pnp)
{
    return clock_now_ns() >= pnp->due_ns;
}

/* Whether there is something to do, decided with `lock` held: 'd'own, 'u'p, or 0. */
static char idle_decide(struct wdf_pnp *pnp)
{
    bool up = atomic_load(&pnp->power) == WdfPowerDeviceD0;
    char what = 0;
    lock_acquire(&pnp->lock);
    if (!pnp->working || pnp->stopped || !pnp_is_started(pnp))
        what = 0;
    else if (up && idle_is_wanted(pnp) && idle_expired(pnp)) {
        pnp->leaving = true;
        what = 'd';
    } else if (!up && (!idle_is_wanted(pnp) || atomic_load(&pnp->woken)))
        what = 'u';
    lock_release(&pnp->lock);
    return what;
}

static __thread char thread_mark;

/* One pass of the worker; there is one at a time, by pnp->queued. */
static int64_t idle_work(struct engine_op *op)
{
    struct wdf_pnp *pnp = container_of(op, struct wdf_pnp, op);
    NTSTATUS status = STATUS_SUCCESS;
    atomic_store(&pnp->worker, (void *)&thread_mark);
    callback_lock_acquire(&pnp->transition);
    for (char what; NT_SUCCESS(status) && (what = idle_decide(pnp)) != 0;) {
        status = what == 'd' ? power_leave(pnp, WDF_POWER_IDLE, idle_target(pnp)) : power_return(pnp, WDF_POWER_IDLE);
        lock_acquire(&pnp->lock);
        pnp->leaving = false;
        if (what == 'u') /* a device that woke of itself has a whole idle time before it */
            pnp->due_ns = clock_deadline_ns(pnp->idle_ns);
        lock_release(&pnp->lock);
        wdf_power_changed(pnp);
    }
    callback_lock_release(&pnp->transition);
    if (!NT_SUCCESS(status))
        wdf_pnp_fail(pnp); /* documented: as a surprise removal */
    atomic_store(&pnp->worker, NULL);
    return 0;
}

/* With `lock` held. Each use moves the time on; the timer is not touched for that, it looks when it fires. */
static void idle_timer_set(struct wdf_pnp *pnp)
{
    pnp->due_ns = clock_deadline_ns(pnp->idle_ns);
    if (!pnp->timing)
        pnp->timing = engine_timer_set(&pnp->timer, pnp->due_ns) == 0;
}

static void idle_submit(struct wdf_pnp *pnp);

static void idle_done(struct engine_op *op, int64_t result)
{
    struct wdf_pnp *pnp = container_of(op, struct wdf_pnp, op);
    (void)result;
    lock_acquire(&pnp->lock);
    bool again = pnp->again && !pnp->stopped;
    pnp->again = false;
    if (again) {
        pnp->op.state = 0;
    } else {
        pnp->queued = false;
        if (pnp->idle_enabled && pnp->users == 0 && !pnp->stopped && atomic_load(&pnp->power) == WdfPowerDeviceD0)
            idle_timer_set(pnp);
    }
    struct wdf_object *object = &pnp->device->object;
    lock_release(&pnp->lock);
    if (again) {
        engine_submit(&pnp->op);
        return;
    }
    wdf_power_changed(pnp);
    wdf_object_return(object); /* the worker's */
}

/* With `lock` held. */
static void idle_submit(struct wdf_pnp *pnp)
{
    if (pnp->queued) {
        pnp->again = true;
        return;
    }
    pnp->queued = true;
    wdf_object_borrow(&pnp->device->object);
    pnp->op = (struct engine_op){.code = ENGINE_WORK, .work = idle_work, .done = idle_done};
    engine_submit(&pnp->op);
}

void wdf_idle_look(struct wdf_pnp *pnp)
{
    lock_acquire(&pnp->lock);
    if (!pnp->stopped)
        idle_submit(pnp);
    lock_release(&pnp->lock);
}

static void idle_fired(struct engine_timer *timer)
{
    struct wdf_pnp *pnp = container_of(timer, struct wdf_pnp, timer);
    lock_acquire(&pnp->lock);
    pnp->timing = false;
    if (idle_is_wanted(pnp) && !pnp->stopped) {
        if (idle_expired(pnp))
            idle_submit(pnp);
        else
            pnp->timing = engine_timer_set(timer, pnp->due_ns) == 0;
    }
    lock_release(&pnp->lock);
}

bool wdf_power_acquire(struct wdf_device *device)
{
    struct wdf_pnp *pnp = device->pnp;
    if (pnp == NULL)
        return true;
    lock_acquire(&pnp->lock);
    pnp->users++;
    bool up = !pnp->leaving && atomic_load(&pnp->power) == WdfPowerDeviceD0;
    if (!up && pnp->idle_enabled && pnp->working && !pnp->stopped && pnp_is_started(pnp))
        idle_submit(pnp);
    lock_release(&pnp->lock);
    return up;
}

void wdf_power_release(struct wdf_device *device)
{
    struct wdf_pnp *pnp = device->pnp;
    if (pnp == NULL)
        return;
    lock_acquire(&pnp->lock);
    if (pnp->users == 0)
        wdf_verifier_stop(device->object.driver, "idle-reference", "WdfDeviceResumeIdle without WdfDeviceStopIdle");
    if (--pnp->users == 0 && pnp->idle_enabled && !pnp->stopped && !pnp->queued)
        idle_timer_set(pnp);
    lock_release(&pnp->lock);
}

void wdf_idle_start(struct wdf_pnp *pnp)
{
    lock_acquire(&pnp->lock);
    pnp->timer.fired = idle_fired;
    pnp->stopped = false;
    if (idle_is_wanted(pnp))
        idle_timer_set(pnp);
    lock_release(&pnp->lock);
}

void wdf_idle_stop(struct wdf_pnp *pnp)
{
    lock_acquire(&pnp->lock);
    pnp->stopped = true;
    lock_release(&pnp->lock);
    if (pnp->timer.fired == NULL)
        return;
    if (!engine_timer_cancel(&pnp->timer))
        engine_timer_drain(&pnp->timer);
    lock_acquire(&pnp->lock);
    pnp->timing = false;
    lock_release(&pnp->lock);
    /* The worker is awaited, unless it is the worker that takes the device down. */
    while (atomic_load(&pnp->worker) != (void *)&thread_mark) {
        uint32_t seen = atomic_load(&pnp->changes);
        lock_acquire(&pnp->lock);
        bool idle = !pnp->queued;
        lock_release(&pnp->lock);
        if (idle)
            return;
        futex_wait(&pnp->changes, seen, FUTEX_NO_DEADLINE);
    }
}

NTSTATUS NTAPI ovl_WdfDeviceStopIdleActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, BOOLEAN WaitForD0, PVOID Tag,
                                           LONG Line, PCCH File)
{
    (void)Tag;
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_pnp *pnp = device->pnp;
    if (WaitForD0 && KeGetCurrentIrql() >= DISPATCH_LEVEL)
        wdf_verifier_stop(device->object.driver, "irql", "WdfDeviceStopIdle would wait at IRQL %u (%s:%d)", KeGetCurrentIrql(),
                          File == NULL ? "?" : File, Line);
    if (pnp == NULL)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (!pnp_is_started(pnp) && !callback_lock_is_mine(&pnp->transition))
        return STATUS_POWER_STATE_INVALID;
    if (wdf_power_acquire(device))
        return STATUS_SUCCESS;
    if (!WaitForD0)
        return STATUS_PENDING;
    /* From a callback of the transition itself the wait would be for its caller. */
    while (!callback_lock_is_mine(&pnp->transition)) {
        uint32_t seen = atomic_load(&pnp->changes);
        lock_acquire(&pnp->lock);
        bool up = !pnp->leaving && atomic_load(&pnp->power) == WdfPowerDeviceD0;
        lock_release(&pnp->lock);
        if (up)
            return STATUS_SUCCESS;
        if (!pnp_is_started(pnp))
            break;
        futex_wait(&pnp->changes, seen, FUTEX_NO_DEADLINE);
    }
    wdf_power_release(device);
    return STATUS_POWER_STATE_INVALID;
}

VOID NTAPI ovl_WdfDeviceResumeIdleActual(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PVOID Tag, LONG Line, PCCH File)
{
    (void)Tag;
    (void)Line;
    (void)File;
    wdf_power_release(WDF_HANDLE(DriverGlobals, Device, wdf_device));
}

/* ---- Policy ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS idle_check(const struct wdf_device *device, const WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS *settings)
{
    if (settings->Size != sizeof *settings)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (device->pnp == NULL || !device->init->policy_owner)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (settings->IdleCaps < IdleCannotWakeFromS0 || settings->IdleCaps > IdleUsbSelectiveSuspend)
        return STATUS_INVALID_PARAMETER;
    if (settings->DxState < PowerDeviceD1 || settings->DxState > PowerDeviceMaximum)
        return STATUS_INVALID_PARAMETER;
    if (settings->IdleCaps == IdleCannotWakeFromS0 && settings->DxState == PowerDeviceMaximum)
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfDeviceAssignS0IdleSettings(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                 PWDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Settings)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_pnp *pnp = device->pnp;
    NTSTATUS status = idle_check(device, Settings);
    if (!NT_SUCCESS(status))
        return status;
    ULONG timeout = Settings->IdleTimeout;
    if (timeout == (ULONG)IdleTimeoutDefaultValue || timeout == (ULONG)IdleTimeoutDefaultConstant)
        timeout = IDLE_DEFAULT_MS;
    lock_acquire(&pnp->lock);
    pnp->idle = *Settings;
    pnp->idle_set = true;
    pnp->idle_enabled = Settings->Enabled != WdfFalse;
    pnp->idle_ns = (uint64_t)timeout * NS_PER_MS;
    if (pnp_is_started(pnp) && !pnp->stopped) {
        if (!pnp->idle_enabled && atomic_load(&pnp->power) != WdfPowerDeviceD0)
            idle_submit(pnp); /* it comes back for good */
        else if (idle_is_wanted(pnp) && !pnp->queued) {
            pnp->timing = false; /* the new time may be shorter */
            idle_timer_set(pnp);
        }
    }
    lock_release(&pnp->lock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfDeviceAssignSxWakeSettings(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                 PWDF_DEVICE_POWER_POLICY_WAKE_SETTINGS Settings)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (Settings->Size != sizeof *Settings)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (device->pnp == NULL || !device->init->policy_owner)
        return STATUS_INVALID_DEVICE_REQUEST;
    if (Settings->DxState < PowerDeviceD1 || Settings->DxState > PowerDeviceMaximum)
        return STATUS_INVALID_PARAMETER;
    lock_acquire(&device->pnp->lock);
    device->pnp->wake = *Settings;
    device->pnp->wake_set = true;
    lock_release(&device->pnp->lock);
    return STATUS_SUCCESS;
}

WDF_POWER_DEVICE_STATE NTAPI ovl_WdfDeviceGetDevicePowerState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    return device->pnp == NULL ? WdfPowerDeviceD0 : (WDF_POWER_DEVICE_STATE)atomic_load(&device->pnp->power);
}

/* ---- IRP_MJ_POWER ------------------------------------------------------------------------------------------------------------- */

static void working_set(struct wdf_pnp *pnp, bool working)
{
    lock_acquire(&pnp->lock);
    pnp->working = working;
    lock_release(&pnp->lock);
}

/* The system sleeps: the device goes first. It wakes: the device comes back behind the bus. */
static NTSTATUS power_system(struct wdf_pnp *pnp, IRP *irp, SYSTEM_POWER_STATE state)
{
    atomic_store(&pnp->action, state == PowerSystemWorking ? PowerActionNone
                                                           : IoGetCurrentIrpStackLocation(irp)->Parameters.Power.ShutdownType);
    struct wdf_device *device = pnp->device;
    bool ours = device->init->policy_owner && pnp_is_started(pnp);
    NTSTATUS status = STATUS_SUCCESS;
    if (ours && state != PowerSystemWorking) {
        callback_lock_acquire(&pnp->transition);
        working_set(pnp, false);
        if (wdf_power_is_up(device))
            status = power_leave(pnp, WDF_POWER_SYSTEM, WdfPowerDeviceD3);
        callback_lock_release(&pnp->transition);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS sent = wdf_lower_send(device, irp);
    if (ours && state == PowerSystemWorking) {
        callback_lock_acquire(&pnp->transition);
        if (!wdf_power_is_up(device))
            status = power_return(pnp, WDF_POWER_SYSTEM);
        working_set(pnp, true);
        callback_lock_release(&pnp->transition);
        if (NT_SUCCESS(status))
            wdf_idle_start(pnp);
    }
    if (!NT_SUCCESS(status))
        wdf_pnp_fail(pnp);
    return wdf_irp_end(irp, sent);
}

/* Somebody else owns the policy and moves the device. */
static NTSTATUS power_device(struct wdf_pnp *pnp, IRP *irp, DEVICE_POWER_STATE state)
{
    struct wdf_device *device = pnp->device;
    NTSTATUS status = STATUS_SUCCESS;
    bool up = wdf_power_is_up(device);
    if (state != PowerDeviceD0 && up && pnp_is_started(pnp)) {
        callback_lock_acquire(&pnp->transition);
        status = wdf_pnp_down(pnp, WDF_POWER_SYSTEM, (WDF_POWER_DEVICE_STATE)state);
        callback_lock_release(&pnp->transition);
    }
    irp->IoStatus.Status = STATUS_SUCCESS;
    NTSTATUS sent = wdf_lower_send(device, irp);
    if (state == PowerDeviceD0 && !up && pnp_is_started(pnp)) {
        callback_lock_acquire(&pnp->transition);
        status = wdf_pnp_up(pnp, WDF_POWER_SYSTEM);
        callback_lock_release(&pnp->transition);
    }
    if (!NT_SUCCESS(status))
        wdf_pnp_fail(pnp);
    return wdf_irp_end(irp, sent);
}

NTSTATUS wdf_power_dispatch(struct wdf_device *device, IRP *irp)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    if (device->pnp == NULL)
        return wdf_irp_end(irp, STATUS_INVALID_DEVICE_REQUEST);
    if (stack->MinorFunction == IRP_MN_SET_POWER) {
        if (stack->Parameters.Power.Type == SystemPowerState)
            return power_system(device->pnp, irp, stack->Parameters.Power.State.SystemState);
        return power_device(device->pnp, irp, stack->Parameters.Power.State.DeviceState);
    }
    if (stack->MinorFunction == IRP_MN_QUERY_POWER)
        irp->IoStatus.Status = STATUS_SUCCESS;
    return wdf_lower_forward(device, irp);
}

POWER_ACTION NTAPI ovl_WdfDeviceGetSystemPowerAction(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    return device->pnp == NULL ? PowerActionNone : (POWER_ACTION)atomic_load(&device->pnp->action);
}
