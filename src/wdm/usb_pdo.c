/* SPDX-License-Identifier: MIT */
/* PDOs of USB functions: made and deleted for the PnP manager, and the way in for what a driver sends down. Plug-and-play requests are
 * usb_pdo_pnp.c's, URBs usbd_urb.c's, port controls usbd_port.c's. */
#include "wdm/usb_pdo.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/futex.h"
#include "usbioctl.h"
#include "wdm/usbd.h"

static struct lock pdos_lock;
static struct list pdos = {&pdos, &pdos};
static DRIVER_DISPATCH pdo_dispatch;

/* The bus driver: owner of all PDOs, never unloaded. Under pdos_lock. */
static DRIVER_OBJECT *bus_driver(void)
{
    static struct wdm_driver bus = {.name = "usbhub3"};
    if (bus.object.DriverExtension == NULL) {
        list_init(&bus.devices);
        list_init(&bus.extensions);
        for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
            bus.object.MajorFunction[i] = pdo_dispatch;
        bus.extension.DriverObject = &bus.object;
        bus.object.DriverExtension = &bus.extension;
    }
    return &bus.object;
}

DEVICE_OBJECT *usb_pdo_create(struct usb_node *node)
{
    DEVICE_OBJECT *object;
    lock_acquire(&pdos_lock);
    DRIVER_OBJECT *bus = bus_driver();
    lock_release(&pdos_lock);
    /* Every PDO has a name, for the symbolic links of function drivers that have none. */
    WCHAR units[32];
    char text[32];
    size_t length = (size_t)snprintf(text, sizeof text, "\\Device\\USBPDO-%u", (unsigned)node->number);
    for (size_t i = 0; i <= length; i++)
        units[i] = (unsigned char)text[i];
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, units);
    NTSTATUS status = IoCreateDevice(bus, sizeof(struct usb_pdo), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &object);
    if (status == STATUS_OBJECT_NAME_COLLISION) /* the node's PDO before is still open somewhere */
        status = IoCreateDevice(bus, sizeof(struct usb_pdo), NULL, FILE_DEVICE_UNKNOWN, 0, FALSE, &object);
    if (!NT_SUCCESS(status))
        return NULL;
    struct usb_pdo *pdo = object->DeviceExtension;
    usb_node_reference(node);
    pdo->object = object;
    pdo->node = node;
    pdo->device = node->device;
    list_init(&pdo->ended);
    list_init(&pdo->control);
    pthread_mutex_init(&pdo->turn, NULL);
    KeInitializeDpc(&pdo->dpc, usbd_request_dpc, pdo);
    object->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    lock_acquire(&pdos_lock);
    list_push_back(&pdos, &pdo->link);
    lock_release(&pdos_lock);
    return object;
}

void usb_pdo_delete(DEVICE_OBJECT *object)
{
    struct usb_pdo *pdo = object->DeviceExtension;
    usbd_stop(pdo, PDO_REMOVED);
    KeFlushQueuedDpcs(); /* the DPC has returned */
    lock_acquire(&pdos_lock);
    list_remove(&pdo->link);
    lock_release(&pdos_lock);
    usb_node_dereference(pdo->node);
    pthread_mutex_destroy(&pdo->turn);
    free(pdo->pipes);
    IoDeleteDevice(object);
}

/* True if `device` is the PDO or stands above it. */
static bool stack_has(DEVICE_OBJECT *pdo, const DEVICE_OBJECT *device)
{
    for (DEVICE_OBJECT *at = pdo; at != NULL; at = at->AttachedDevice)
        if (at == device)
            return true;
    return false;
}

struct usb_pdo *usb_pdo_below(DEVICE_OBJECT *device)
{
    struct usb_pdo *found = NULL;
    lock_acquire(&pdos_lock);
    list_for_each (node, &pdos) {
        struct usb_pdo *pdo = container_of(node, struct usb_pdo, link);
        if (stack_has(pdo->object, device)) {
            found = pdo;
            break;
        }
    }
    lock_release(&pdos_lock);
    return found;
}

struct usb_node *usb_pdo_node(DEVICE_OBJECT *device)
{
    struct usb_pdo *pdo = usb_pdo_below(device);
    return pdo == NULL ? NULL : pdo->node;
}

void usb_pdo_pipe_drain(DEVICE_OBJECT *device, void *pipe_handle)
{
    struct usb_pdo *pdo = usb_pdo_below(device);
    struct usbd_pipe pipe;
    if (pdo == NULL || !usbd_pipe_find(pdo, pipe_handle, &pipe))
        return;
    usb_pipe_abort(pipe.pipe, true);
    usbd_ended_drain(pdo);
}

/* ---- Starting and stopping --------------------------------------------------------------------------------------------- */

NTSTATUS usbd_start(struct usb_pdo *pdo)
{
    pthread_mutex_lock(&pdo->turn);
    int error = pdo->opened ? 0 : usb_device_open(pdo->device);
    pdo->opened = error == 0;
    if (error == 0)
        atomic_store(&pdo->state, PDO_STARTED);
    if (error == 0 && pdo->node->parent == NULL)
        usb_device_wake_watch(pdo->device, usbd_device_woke, pdo);
    pthread_mutex_unlock(&pdo->turn);
    return error == 0 ? STATUS_SUCCESS : usbd_ntstatus(usbd_status_from_errno(error), false);
}

/* What the driver left with us is cancelled and awaited: the documentation of the remove request says that it should have done so. A
 * request that was between our look at the state and its submit is found by the next round. */
static void requests_end(struct usb_pdo *pdo)
{
    enum { ROUND_NS = 20000000 };
    atomic_fetch_add(&pdo->waiters, 1);
    for (uint32_t left; (left = atomic_load(&pdo->outstanding)) != 0;) {
        usbd_pipes_abort(pdo);
        usbd_cancel_control(pdo);
        futex_wait(&pdo->outstanding, left, clock_deadline_ns(ROUND_NS));
    }
    atomic_fetch_sub(&pdo->waiters, 1);
}

void usbd_stop(struct usb_pdo *pdo, enum usbd_pdo_state state)
{
    pthread_mutex_lock(&pdo->turn);
    atomic_store(&pdo->state, state);
    if (pdo->opened) {
        if (pdo->node->parent == NULL)
            usb_device_wake_watch(pdo->device, NULL, NULL);
        usbd_idle_end(pdo, STATUS_CANCELLED);
        usbd_wake_end(pdo, STATUS_CANCELLED);
        requests_end(pdo);
        usbd_config_drop(pdo);
        usb_device_close(pdo->device);
        pdo->opened = false;
    }
    pthread_mutex_unlock(&pdo->turn);
}

/* ---- The way in ------------------------------------------------------------------------------------------------------------- */

NTSTATUS usbd_irp_end(IRP *irp, NTSTATUS status, ULONG_PTR information)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = information;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

static NTSTATUS internal_control(struct usb_pdo *pdo, IRP *irp)
{
    ULONG code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;
    return code == IOCTL_INTERNAL_USB_SUBMIT_URB ? usbd_submit(pdo, irp) : usbd_port_control(pdo, irp);
}

static NTSTATUS NTAPI pdo_dispatch(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    struct usb_pdo *pdo = DeviceObject->DeviceExtension;
    switch (IoGetCurrentIrpStackLocation(Irp)->MajorFunction) {
    case IRP_MJ_INTERNAL_DEVICE_CONTROL: return internal_control(pdo, Irp);
    case IRP_MJ_PNP: return usbd_pnp(pdo, Irp);
    case IRP_MJ_POWER: return usbd_power(pdo, Irp);
    case IRP_MJ_CREATE:
    case IRP_MJ_CLEANUP:
    case IRP_MJ_CLOSE: return usbd_irp_end(Irp, STATUS_SUCCESS, 0);
    case IRP_MJ_SYSTEM_CONTROL: return usbd_irp_end(Irp, Irp->IoStatus.Status, Irp->IoStatus.Information); /* WMI: not ours */
    default: return usbd_irp_end(Irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    }
}
