/* SPDX-License-Identifier: MIT */
/* Wake signals of a USB device: IRP_MN_WAIT_WAKE waits at the PDO. While one waits, the device is allowed to wake its host before it is
 * suspended (DEVICE_REMOTE_WAKEUP), as the hub driver does it; its signal ends the IRP. */
#include "usb/host.h"
#include "wdm/usbd.h"

enum { CLEAR_FEATURE = 1, SET_FEATURE = 3, DEVICE_REMOTE_WAKEUP = 1, CONTROL_MS = 500, REMOTE_WAKE_ATTRIBUTE = 0x20 };

bool usbd_can_wake(const struct usb_pdo *pdo)
{
    return pdo->node->parent == NULL && pdo->device->config != NULL && (pdo->device->config->attributes & REMOTE_WAKE_ATTRIBUTE);
}

/* The IRP, if it is still there: who takes it ends it. */
static IRP *wake_take(struct usb_pdo *pdo, const IRP *wanted)
{
    lock_acquire(&pdo->lock);
    IRP *irp = pdo->wake;
    if (irp != NULL && (wanted == NULL || irp == wanted))
        pdo->wake = NULL;
    else
        irp = NULL;
    lock_release(&pdo->lock);
    return irp;
}

static void wake_finish(struct usb_pdo *pdo, IRP *irp, NTSTATUS status)
{
    usbd_irp_end(irp, status, 0);
    usbd_outstanding_drop(pdo);
}

static VOID NTAPI wake_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    struct usb_pdo *pdo = DeviceObject->DeviceExtension;
    IRP *taken = wake_take(pdo, Irp);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (taken != NULL)
        wake_finish(pdo, taken, STATUS_CANCELLED);
}

void usbd_wake_end(struct usb_pdo *pdo, NTSTATUS status)
{
    IRP *irp = wake_take(pdo, NULL);
    if (irp == NULL)
        return;
    if (IoSetCancelRoutine(irp, NULL) == NULL) { /* its canceller is on its way and finds it gone */
        KIRQL irql;
        IoAcquireCancelSpinLock(&irql);
        IoReleaseCancelSpinLock(irql); /* now it has looked */
    }
    wake_finish(pdo, irp, status);
}

void usbd_device_woke(void *context)
{
    usbd_wake_end(context, STATUS_SUCCESS);
}

/* STATUS_PENDING: it waits. A canceller that comes meanwhile waits for the lock in wake_take. */
static NTSTATUS wake_keep(struct usb_pdo *pdo, IRP *irp)
{
    NTSTATUS status = STATUS_PENDING;
    lock_acquire(&pdo->lock);
    if (pdo->wake != NULL) {
        status = STATUS_DEVICE_BUSY; /* documented: one at a time */
    } else {
        IoSetCancelRoutine(irp, wake_cancel);
        if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL) != NULL)
            status = STATUS_CANCELLED;
    }
    if (status == STATUS_PENDING) {
        atomic_fetch_add(&pdo->outstanding, 1);
        IoMarkIrpPending(irp);
        pdo->wake = irp;
    }
    lock_release(&pdo->lock);
    return status;
}

NTSTATUS usbd_wait_wake(struct usb_pdo *pdo, IRP *irp)
{
    if (atomic_load(&pdo->state) != PDO_STARTED)
        return usbd_irp_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    if (!usbd_can_wake(pdo) || pdo->device->host->suspend == NULL)
        return usbd_irp_end(irp, STATUS_NOT_SUPPORTED, 0);
    NTSTATUS status = wake_keep(pdo, irp);
    return status == STATUS_PENDING ? status : usbd_irp_end(irp, status, 0);
}

static int feature(struct usb_pdo *pdo, uint8_t request)
{
    struct usb_setup setup = {.request = request, .value = DEVICE_REMOTE_WAKEUP};
    return usb_device_control(pdo->device, &setup, NULL, CONTROL_MS);
}

void usbd_wake_arm(struct usb_pdo *pdo)
{
    lock_acquire(&pdo->lock);
    bool waits = pdo->wake != NULL;
    lock_release(&pdo->lock);
    if (waits)
        atomic_store(&pdo->wakes, feature(pdo, SET_FEATURE) >= 0);
}

void usbd_wake_disarm(struct usb_pdo *pdo)
{
    if (atomic_exchange(&pdo->wakes, false))
        (void)feature(pdo, CLEAR_FEATURE); /* one that does not listen is asked for more by its driver soon */
}
