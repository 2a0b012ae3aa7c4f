/* SPDX-License-Identifier: MIT */
/* Plug and Play and power of one device. Transitions are serial: the Plug and Play manager's requests and the idle worker take
 * `transition`, and callbacks run while it is held, at PASSIVE_LEVEL.
 *
 *   ADDED --start--> [PrepareHardware, D0Entry, D0EntryPostInterruptsEnabled, queues and targets, SelfManagedIoInit] --> STARTED
 *   D0 --idle, Sx--> [SelfManagedIoSuspend, queues stop, ArmWake, D0ExitPreInterruptsDisabled, D0Exit] --> Dx
 *   Dx --request, wake signal, S0--> [D0Entry, D0EntryPostInterruptsEnabled, WakeTriggered, DisarmWake, queues, SelfManagedIoRestart] --> D0
 *   STARTED --removal--> [as to Dx, but EvtIoStop with purge; ReleaseHardware; queues purged; SelfManagedIoFlush, SelfManagedIoCleanup]
 *
 * What a step that fails leads to: pnp_steps.c. */
#ifndef WDF_PNP_H
#define WDF_PNP_H

#include "wdf/device.h"

/* How far a device has been brought up; going down undoes just that. */
enum wdf_pnp_step {
    WDF_STEP_NONE, WDF_STEP_PREPARED, WDF_STEP_D0, WDF_STEP_D0_POST, WDF_STEP_QUEUES, WDF_STEP_SELF_MANAGED,
};

enum wdf_power_reason { WDF_POWER_START, WDF_POWER_IDLE, WDF_POWER_SYSTEM, WDF_POWER_REMOVE, WDF_POWER_REBALANCE };

struct wdf_pnp {
    struct wdf_device *device;
    struct callback_lock transition;
    _Atomic int state;                   /* enum wdf_pnp_state */
    enum wdf_pnp_step step;              /* by `transition` */
    _Atomic int power;                   /* WDF_POWER_DEVICE_STATE */
    struct wdf_object *resources;        /* the empty list, from prepare to release */
    bool self_managed;                   /* SelfManagedIoInit has been called: flush and cleanup follow */
    bool armed_s0, armed_sx;
    IRP *wake_irp;                       /* while armed; by `transition` */
    _Atomic uint32_t wake_state;         /* of the request; a futex */
    _Atomic bool woken;                  /* by the device's signal, and not yet told to the driver */
    _Atomic int holds;                   /* WdfDeviceSetStaticStopRemove(FALSE): may not be stopped or removed */
    _Atomic int action;                  /* POWER_ACTION while the system sleeps */
    bool failed;                         /* WdfDeviceSetFailed, or a step on the way to or from low power */

    /* Idle: who keeps the device up, under `lock`. */
    struct lock lock;
    uint32_t users;                      /* requests in power-managed queues, WdfDeviceStopIdle */
    bool leaving;                        /* the idle worker is taking the device down */
    bool stopped;                        /* no more idle transitions: not started, or going */
    bool queued, again;                  /* the worker is submitted; it is to look once more */
    bool idle_enabled, idle_set, wake_set, working;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS idle;
    WDF_DEVICE_POWER_POLICY_WAKE_SETTINGS wake;
    uint64_t idle_ns, due_ns;
    bool timing;                         /* the timer is set; it looks at due_ns when it fires */
    struct engine_timer timer;
    struct engine_op op;
    _Atomic(void *) worker;              /* the mark of the thread that runs it */
    _Atomic uint32_t changes;            /* of power or state; a futex for WdfDeviceStopIdle */
};

NTSTATUS wdf_pnp_create(struct wdf_device *device);
/* The device's dispose: timers and the worker are awaited. */
void wdf_pnp_destroy(struct wdf_device *device);

/* IRP_MJ_PNP and IRP_MJ_POWER. */
NTSTATUS wdf_pnp_dispatch(struct wdf_device *device, IRP *irp);
NTSTATUS wdf_power_dispatch(struct wdf_device *device, IRP *irp);

/* ---- Steps (pnp_steps.c). The caller holds `transition`. -------------------------------------------------------------------- */

/* To D0, from nothing (prepares the hardware first) or from Dx. On failure what was done is undone, and the status is the step's. */
NTSTATUS wdf_pnp_up(struct wdf_pnp *pnp, enum wdf_power_reason reason);
/* Out of D0. The first error; all steps are made whatever happens. */
NTSTATUS wdf_pnp_down(struct wdf_pnp *pnp, enum wdf_power_reason reason, WDF_POWER_DEVICE_STATE target);
/* Behind wdf_pnp_down. */
void wdf_pnp_release_hardware(struct wdf_pnp *pnp);

/* ---- Idle (power.c) ------------------------------------------------------------------------------------------------------------ */

void wdf_power_changed(struct wdf_pnp *pnp);
/* The device has been brought to D0 and may go idle; or leaves for good. */
void wdf_idle_start(struct wdf_pnp *pnp);
void wdf_idle_stop(struct wdf_pnp *pnp);
/* The worker is to look: the device has woken. Any level. */
void wdf_idle_look(struct wdf_pnp *pnp);

/* ---- Wake signals (wake.c). The caller holds `transition`. ------------------------------------------------------------------------- */

/* Whether the bus takes part. */
NTSTATUS wdf_wake_begin(struct wdf_pnp *pnp);
void wdf_wake_end(struct wdf_pnp *pnp);
/* The device failed on the way to or from low power: the surprise removal sequence, here. */
void wdf_pnp_fail(struct wdf_pnp *pnp);
/* The Plug and Play manager is to take the stack away. */
void wdf_pnp_set_failed(struct wdf_device *device, bool restart);

/* Sends an IRP to the next lower device and waits; it is ours again. Without a lower device: STATUS_SUCCESS, or what is in it. */
NTSTATUS wdf_lower_send(struct wdf_device *device, IRP *irp);
/* Passes it on for good. */
NTSTATUS wdf_lower_forward(struct wdf_device *device, IRP *irp);
NTSTATUS wdf_irp_end(IRP *irp, NTSTATUS status);

static inline WDFDEVICE wdf_device_handle(struct wdf_device *device)
{
    return (WDFDEVICE)(void *)device;
}

#endif
