/* SPDX-License-Identifier: MIT */
/* What a client asks of the port that its device is plugged into: reset, cycle, status, the idle notification; and the bus interface, by
 * which it calls instead of sending requests. */
#include "ntddk.h"

#define INITGUID
#include "usbbusif.h"
#undef INITGUID

#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "usb/host.h"
#include "usbioctl.h"
#include "wdm/pnp.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

/* Blocks. A composite's functions share the port. */
static NTSTATUS port_blocking(struct usb_pdo *pdo, IRP *irp, int (*function)(struct usb_device *))
{
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return usbd_irp_end(irp, STATUS_INVALID_LEVEL, 0);
    pthread_mutex_lock(&pdo->turn);
    int error = function(pdo->device);
    pthread_mutex_unlock(&pdo->turn);
    return usbd_irp_end(irp, usbd_ntstatus(usbd_status_from_errno(error), false), 0);
}

static NTSTATUS port_status(struct usb_pdo *pdo, IRP *irp, IO_STACK_LOCATION *stack)
{
    ULONG *status = stack->Parameters.Others.Argument1;
    if (status == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    *status = atomic_load(&pdo->device->gone) ? 0 : USBD_PORT_ENABLED | USBD_PORT_CONNECTED;
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS topology_address(struct usb_pdo *pdo, IRP *irp, IO_STACK_LOCATION *stack)
{
    USB_TOPOLOGY_ADDRESS *address = stack->Parameters.Others.Argument1;
    if (address == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    *address = (USB_TOPOLOGY_ADDRESS){.PciBusNumber = pdo->device->id.bus, .RootHubPortNumber = (USHORT)pdo->device->id.port};
    return usbd_irp_end(irp, STATUS_SUCCESS, sizeof *address);
}

/* ---- The idle notification ------------------------------------------------------------------------------------------------ */

/* It waits until the device is back in D0. The driver's callback, which powers the device down, is called at once: nobody else keeps the
 * device awake. */
struct idle_call {
    struct engine_op op;
    USB_IDLE_CALLBACK_INFO info;
    struct usb_pdo *pdo;
};

static int64_t idle_run(struct engine_op *op)
{
    struct idle_call *call = container_of(op, struct idle_call, op);
    lock_acquire(&call->pdo->lock);
    bool waits = call->pdo->idle != NULL;
    lock_release(&call->pdo->lock);
    if (waits)
        call->info.IdleCallback(call->info.IdleContext);
    return 0;
}

static void idle_ran(struct engine_op *op, int64_t result)
{
    (void)result;
    struct idle_call *call = container_of(op, struct idle_call, op);
    struct usb_pdo *pdo = call->pdo;
    free(call);
    usbd_outstanding_drop(pdo);
}

/* The IRP, if it is still there: who takes it ends it. */
static IRP *idle_take(struct usb_pdo *pdo, const IRP *wanted)
{
    lock_acquire(&pdo->lock);
    IRP *irp = pdo->idle;
    if (irp != NULL && (wanted == NULL || irp == wanted))
        pdo->idle = NULL;
    else
        irp = NULL;
    lock_release(&pdo->lock);
    return irp;
}

static VOID NTAPI idle_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    struct usb_pdo *pdo = DeviceObject->DeviceExtension;
    IRP *taken = idle_take(pdo, Irp);
    IoReleaseCancelSpinLock(Irp->CancelIrql);
    if (taken == NULL)
        return;
    usbd_irp_end(taken, STATUS_CANCELLED, 0);
    usbd_outstanding_drop(pdo);
}

void usbd_idle_end(struct usb_pdo *pdo, NTSTATUS status)
{
    IRP *irp = idle_take(pdo, NULL);
    if (irp == NULL)
        return;
    if (IoSetCancelRoutine(irp, NULL) == NULL) { /* its canceller is on its way and finds it gone */
        KIRQL irql;
        IoAcquireCancelSpinLock(&irql);
        IoReleaseCancelSpinLock(irql); /* now it has looked */
    }
    usbd_irp_end(irp, status, 0);
    usbd_outstanding_drop(pdo);
}

/* STATUS_PENDING: it waits. A canceller that comes meanwhile waits for the lock in idle_take. */
static NTSTATUS idle_keep(struct usb_pdo *pdo, IRP *irp)
{
    NTSTATUS status = STATUS_PENDING;
    lock_acquire(&pdo->lock);
    if (pdo->idle != NULL) {
        status = STATUS_DEVICE_BUSY;
    } else {
        IoSetCancelRoutine(irp, idle_cancel);
        if (__atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) && IoSetCancelRoutine(irp, NULL) != NULL)
            status = STATUS_CANCELLED;
    }
    if (status == STATUS_PENDING) {
        atomic_fetch_add(&pdo->outstanding, 2); /* the IRP and the call */
        IoMarkIrpPending(irp);
        pdo->idle = irp;
    }
    lock_release(&pdo->lock);
    return status;
}

static NTSTATUS idle_notification(struct usb_pdo *pdo, IRP *irp, IO_STACK_LOCATION *stack)
{
    const USB_IDLE_CALLBACK_INFO *info = stack->Parameters.DeviceIoControl.Type3InputBuffer;
    if (info == NULL || info->IdleCallback == NULL || stack->Parameters.DeviceIoControl.InputBufferLength < sizeof *info)
        return usbd_irp_end(irp, STATUS_NO_CALLBACK_ACTIVE, 0);
    if (pdo->device->host->suspend == NULL || pdo->node->parent != NULL)
        return usbd_irp_end(irp, STATUS_NOT_SUPPORTED, 0);
    struct idle_call *call = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *call);
    if (call == NULL)
        return usbd_irp_end(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    *call = (struct idle_call){.op = {.code = ENGINE_WORK, .work = idle_run, .done = idle_ran}, .info = *info, .pdo = pdo};
    NTSTATUS status = idle_keep(pdo, irp);
    if (status != STATUS_PENDING) {
        free(call);
        return usbd_irp_end(irp, status, 0);
    }
    engine_submit(&call->op);
    return STATUS_PENDING;
}

NTSTATUS usbd_port_control(struct usb_pdo *pdo, IRP *irp)
{
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    if (code == IOCTL_INTERNAL_USB_GET_PORT_STATUS)
        return port_status(pdo, irp, stack);
    if (atomic_load(&pdo->state) != PDO_STARTED)
        return usbd_irp_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    switch (code) {
    case IOCTL_INTERNAL_USB_RESET_PORT: return port_blocking(pdo, irp, usb_device_reset);
    case IOCTL_INTERNAL_USB_CYCLE_PORT: return port_blocking(pdo, irp, usb_device_cycle);
    case IOCTL_INTERNAL_USB_GET_TOPOLOGY_ADDRESS: return topology_address(pdo, irp, stack);
    case IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION: return idle_notification(pdo, irp, stack);
    default: return usbd_irp_end(irp, STATUS_NOT_SUPPORTED, 0);
    }
}

/* ---- The bus interface -------------------------------------------------------------------------------------------------------- */

static VOID NTAPI bus_reference(PVOID BusContext)
{
    atomic_fetch_add(&((struct usb_pdo *)BusContext)->references, 1);
}

static VOID NTAPI bus_dereference(PVOID BusContext)
{
    if (atomic_fetch_sub(&((struct usb_pdo *)BusContext)->references, 1) == 0)
        wdm_stop("the USB bus interface was dereferenced once too often");
}

static VOID NTAPI bus_version(PVOID BusContext, PUSBD_VERSION_INFORMATION VersionInformation, PULONG HcdCapabilities)
{
    (void)BusContext;
    USBD_GetUSBDIVersion(VersionInformation);
    if (HcdCapabilities != NULL)
        *HcdCapabilities = 0; /* no real-time threads */
}

static NTSTATUS NTAPI bus_time(PVOID BusContext, PULONG CurrentUsbFrame)
{
    struct usb_pdo *pdo = BusContext;
    struct usb_frame frame;
    int error = usb_device_frame(pdo->device, &frame);
    if (error == 0)
        *CurrentUsbFrame = (ULONG)(frame.microframe / 8);
    return usbd_ntstatus(usbd_status_from_errno(error), false);
}

static NTSTATUS NTAPI bus_isoch_out(PVOID BusContext, PURB Urb)
{
    (void)BusContext;
    (void)Urb;
    return STATUS_NOT_SUPPORTED; /* for real-time threads, which GetUSBDIVersion says there are none of */
}

static NTSTATUS NTAPI bus_information(PVOID BusContext, ULONG Level, PVOID BusInformationBuffer, PULONG BusInformationBufferLength,
                                      PULONG BusInformationActualLength)
{
    (void)BusContext;
    (void)Level;
    (void)BusInformationBuffer;
    (void)BusInformationBufferLength;
    (void)BusInformationActualLength;
    return STATUS_NOT_SUPPORTED; /* bandwidth totals of a bus that we do not see */
}

static BOOLEAN NTAPI bus_high_speed(PVOID BusContext)
{
    return ((struct usb_pdo *)BusContext)->device->id.speed >= USB_SPEED_HIGH;
}

/* ---- Beginning anew ------------------------------------------------------------------------------------------------------------ */

static const GUID reenumerate_guid = {0x2aeb0243, 0x6a6e, 0x486b, {0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06}};

static VOID NTAPI reenumerate_self(PVOID Context)
{
    struct pnp_device *device = pnp_device_of(((struct usb_pdo *)Context)->object);
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (device != NULL)
        pnp_restart(device);
}

static NTSTATUS reenumerate_interface(struct usb_pdo *pdo, IRP *irp, const IO_STACK_LOCATION *stack)
{
    REENUMERATE_SELF_INTERFACE_STANDARD made = {.Size = sizeof made, .Version = 1, .Context = pdo, .InterfaceReference = bus_reference,
                                                .InterfaceDereference = bus_dereference,
                                                .SurpriseRemoveAndReenumerateSelf = reenumerate_self};
    if (stack->Parameters.QueryInterface.Size < sizeof made || stack->Parameters.QueryInterface.Interface == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    memcpy(stack->Parameters.QueryInterface.Interface, &made, sizeof made);
    bus_reference(pdo); /* the asker's */
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}

NTSTATUS usbd_query_interface(struct usb_pdo *pdo, IRP *irp)
{
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    USHORT version = stack->Parameters.QueryInterface.Version, size = stack->Parameters.QueryInterface.Size;
    USHORT room = version == USB_BUSIF_USBDI_VERSION_0 ? sizeof(USB_BUS_INTERFACE_USBDI_V0) : sizeof(USB_BUS_INTERFACE_USBDI_V1);
    const GUID *type = stack->Parameters.QueryInterface.InterfaceType;
    if (type != NULL && IsEqualGUID(type, &reenumerate_guid))
        return reenumerate_interface(pdo, irp, stack);
    if (type == NULL || !IsEqualGUID(type, &USB_BUS_INTERFACE_USBDI_GUID) || version > USB_BUSIF_USBDI_VERSION_1)
        return usbd_irp_end(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    if (size < room || stack->Parameters.QueryInterface.Interface == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    USB_BUS_INTERFACE_USBDI_V1 made = {.Size = room, .Version = version, .BusContext = pdo, .InterfaceReference = bus_reference,
                                       .InterfaceDereference = bus_dereference, .GetUSBDIVersion = bus_version, .QueryBusTime = bus_time,
                                       .SubmitIsoOutUrb = bus_isoch_out, .QueryBusInformation = bus_information,
                                       .IsDeviceHighSpeed = bus_high_speed};
    memcpy(stack->Parameters.QueryInterface.Interface, &made, room);
    bus_reference(pdo); /* the asker's */
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}
