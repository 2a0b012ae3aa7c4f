/* SPDX-License-Identifier: MIT */
/* The wait/wake request of a device that is armed: sent before it sleeps, ended by the bus driver when the device gives its signal, or
 * taken back when it returns to D0 otherwise. */
#include "base/futex.h"
#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdm/wdm_host.h"

enum { WAKE_WAITING = 1, WAKE_ENDED };

static NTSTATUS NTAPI wake_ended(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    struct wdf_pnp *pnp = Context;
    (void)DeviceObject;
    if (NT_SUCCESS(Irp->IoStatus.Status)) {
        atomic_store(&pnp->woken, true);
        wdf_idle_look(pnp);
    }
    atomic_store(&pnp->wake_state, WAKE_ENDED);
    futex_wake(&pnp->wake_state, INT32_MAX);
    return STATUS_MORE_PROCESSING_REQUIRED; /* it is ours: wdf_wake_end frees it */
}

NTSTATUS wdf_wake_begin(struct wdf_pnp *pnp)
{
    DEVICE_OBJECT *lower = pnp->device->attached;
    atomic_store(&pnp->woken, false);
    if (lower == NULL || pnp->wake_irp != NULL)
        return STATUS_SUCCESS;
    IRP *irp = IoAllocateIrp(lower->StackSize, FALSE);
    if (irp == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    IO_STACK_LOCATION *stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = IRP_MN_WAIT_WAKE;
    stack->Parameters.WaitWake.PowerState = PowerSystemWorking;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoSetCompletionRoutine(irp, wake_ended, pnp, TRUE, TRUE, TRUE);
    pnp->wake_irp = irp;
    atomic_store(&pnp->wake_state, WAKE_WAITING);
    return IoCallDriver(lower, irp);
}

void wdf_wake_end(struct wdf_pnp *pnp)
{
    if (pnp->wake_irp == NULL)
        return;
    IoCancelIrp(pnp->wake_irp);
    while (atomic_load(&pnp->wake_state) == WAKE_WAITING)
        futex_wait(&pnp->wake_state, WAKE_WAITING, FUTEX_NO_DEADLINE);
    IoFreeIrp(pnp->wake_irp);
    pnp->wake_irp = NULL;
}
