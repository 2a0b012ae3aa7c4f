/* SPDX-License-Identifier: MIT */
/* An IRP that waits at the PDO for something to happen, one of its kind (a slot of struct usb_pdo): who takes it out of its slot ends it. */
#include "wdm/usbd.h"

/* NULL: it is gone already, or is another one than `wanted`. */
static IRP *parked_take(struct usb_pdo *pdo, IRP **slot, const IRP *wanted)
{
    lock_acquire(&pdo->lock);
    IRP *irp = *slot;
    if (irp != NULL && (wanted == NULL || irp == wanted))
        *slot = NULL;
    else
        irp = NULL;
    lock_release(&pdo->lock);
    return irp;
}

static void parked_finish(struct usb_pdo *pdo, IRP *irp, NTSTATUS status)
{
    usbd_irp_end(irp, status, 0);
    usbd_outstanding_drop(pdo);
}

bool usbd_parked_waits(struct usb_pdo *pdo, IRP **slot)
{
    lock_acquire(&pdo->lock);
    bool waits = *slot != NULL;
    lock_release(&pdo->lock);
    return waits;
}

void usbd_parked_cancel(struct usb_pdo *pdo, IRP **slot, IRP *irp)
{
    IRP *taken = parked_take(pdo, slot, irp);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    if (taken != NULL)
        parked_finish(pdo, taken, STATUS_CANCELLED);
}

void usbd_parked_end(struct usb_pdo *pdo, IRP **slot, NTSTATUS status)
{
    IRP *irp = parked_take(pdo, slot, NULL);
    if (irp == NULL)
        return;
    if (IoSetCancelRoutine(irp, NULL) == NULL) { /* its canceller is on its way and finds it gone */
        KIRQL irql;
        IoAcquireCancelSpinLock(&irql);
        IoReleaseCancelSpinLock(irql); /* now it has looked */
    }
    parked_finish(pdo, irp, status);
}

/* A canceller that comes meanwhile waits for the lock in parked_take. */
NTSTATUS usbd_park(struct usb_pdo *pdo, IRP **slot, IRP *irp, PDRIVER_CANCEL cancel, uint32_t parts)
{
    NTSTATUS status = STATUS_PENDING;
    lock_acquire(&pdo->lock);
    if (*slot != NULL) {
        status = STATUS_DEVICE_BUSY;
    } else {
        IoSetCancelRoutine(irp, cancel);
        if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL) != NULL)
            status = STATUS_CANCELLED;
    }
    if (status == STATUS_PENDING) {
        atomic_fetch_add(&pdo->outstanding, parts);
        IoMarkIrpPending(irp);
        *slot = irp;
    }
    lock_release(&pdo->lock);
    return status;
}
