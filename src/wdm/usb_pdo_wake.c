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

static VOID NTAPI wake_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    struct usb_pdo *pdo = DeviceObject->DeviceExtension;
    usbd_parked_cancel(pdo, &pdo->wake, Irp);
}

void usbd_wake_end(struct usb_pdo *pdo, NTSTATUS status)
{
    usbd_parked_end(pdo, &pdo->wake, status);
}

void usbd_device_woke(void *context)
{
    usbd_wake_end(context, STATUS_SUCCESS);
}

NTSTATUS usbd_wait_wake(struct usb_pdo *pdo, IRP *irp)
{
    if (atomic_load(&pdo->state) != PDO_STARTED)
        return usbd_irp_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    if (!usbd_can_wake(pdo) || pdo->device->host->suspend == NULL)
        return usbd_irp_end(irp, STATUS_NOT_SUPPORTED, 0);
    NTSTATUS status = usbd_park(pdo, &pdo->wake, irp, wake_cancel, 1);
    return status == STATUS_PENDING ? status : usbd_irp_end(irp, status, 0);
}

static int feature(struct usb_pdo *pdo, uint8_t request)
{
    struct usb_setup setup = {.request = request, .value = DEVICE_REMOTE_WAKEUP};
    return usb_device_control(pdo->device, &setup, NULL, CONTROL_MS);
}

void usbd_wake_arm(struct usb_pdo *pdo)
{
    if (usbd_parked_waits(pdo, &pdo->wake))
        atomic_store(&pdo->wakes, feature(pdo, SET_FEATURE) >= 0);
}

void usbd_wake_disarm(struct usb_pdo *pdo)
{
    if (atomic_exchange(&pdo->wakes, false))
        (void)feature(pdo, CLEAR_FEATURE); /* one that does not listen is asked for more by its driver soon */
}
