/* SPDX-License-Identifier: MIT */
/* What a client asks of the port that its device is plugged into: reset, cycle, status, the idle notification. The bus interface is
 * usbd_bus.c's. */
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "engine/engine.h"
#include "usb/host.h"
#include "usbioctl.h"
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

/* The target is no hub: the documented answer is an empty name. */
static NTSTATUS hub_name(IRP *irp, const IO_STACK_LOCATION *stack)
{
    USB_HUB_NAME *name = irp->AssociatedIrp.SystemBuffer;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return usbd_irp_end(irp, STATUS_INVALID_LEVEL, 0);
    if (name == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    if (stack->Parameters.DeviceIoControl.OutputBufferLength < sizeof *name)
        return usbd_irp_end(irp, STATUS_BUFFER_TOO_SMALL, sizeof *name);
    *name = (USB_HUB_NAME){.ActualLength = sizeof *name};
    return usbd_irp_end(irp, STATUS_SUCCESS, sizeof *name);
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
    if (usbd_parked_waits(call->pdo, &call->pdo->idle))
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

static VOID NTAPI idle_cancel(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    struct usb_pdo *pdo = DeviceObject->DeviceExtension;
    usbd_parked_cancel(pdo, &pdo->idle, Irp);
}

void usbd_idle_end(struct usb_pdo *pdo, NTSTATUS status)
{
    usbd_parked_end(pdo, &pdo->idle, status);
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
    NTSTATUS status = usbd_park(pdo, &pdo->idle, irp, idle_cancel, 2); /* the IRP and the call */
    if (status != STATUS_PENDING) {
        free(call);
        return usbd_irp_end(irp, status, 0);
    }
    engine_submit(&call->op);
    return STATUS_PENDING;
}

/* ---- What there is not ------------------------------------------------------------------------------------------------------ */

static const struct {
    ULONG code;
    const char *name, *reason;
} refusals[] = {
#define REFUSED(name, reason) {IOCTL_INTERNAL_USB_##name, #name, reason}
    REFUSED(ENABLE_PORT, "deprecated"),
    REFUSED(GET_BUSGUID_INFO, "deprecated"),
    REFUSED(GET_ROOTHUB_PDO, "the hub driver's own"),
    REFUSED(GET_HUB_COUNT, "the hub driver's own"),
    REFUSED(GET_PARENT_HUB_INFO, "the hub driver's own"),
    REFUSED(GET_DEVICE_HANDLE, "the hub driver's own"),
    REFUSED(GET_DEVICE_HANDLE_EX, "the hub driver's own"),
    REFUSED(GET_TT_DEVICE_HANDLE, "the hub driver's own"),
    REFUSED(NOTIFY_IDLE_READY, "the hub driver's own"),
    REFUSED(REQ_GLOBAL_SUSPEND, "the hub driver's own"),
    REFUSED(REQ_GLOBAL_RESUME, "the hub driver's own"),
    REFUSED(RECORD_FAILURE, "the hub driver's own"),
    REFUSED(GET_BUS_INFO, "the target is no hub, and its host no device"),
    REFUSED(GET_CONTROLLER_NAME, "the target is no hub, and its host no device"),
    REFUSED(GET_DEVICE_CONFIG_INFO, "the target is no hub"),
    REFUSED(REGISTER_COMPOSITE_DEVICE, "functions are found by the stack alone"),
    REFUSED(UNREGISTER_COMPOSITE_DEVICE, "functions are found by the stack alone"),
    REFUSED(REQUEST_REMOTE_WAKE_NOTIFICATION, "functions are found by the stack alone"),
#undef REFUSED
};

static NTSTATUS port_refuse(IRP *irp, ULONG code)
{
    if (trace_on(UNSUPPORTED)) {
        size_t at = 0;
        while (at < sizeof refusals / sizeof *refusals && refusals[at].code != code)
            at++;
        if (at < sizeof refusals / sizeof *refusals)
            trace_note(TRACE_UNSUPPORTED, "IOCTL_INTERNAL_USB_%s: %s", refusals[at].name, refusals[at].reason);
        else
            trace_note(TRACE_UNSUPPORTED, "internal control code 0x%x: none of a USB device's", (unsigned)code);
    }
    return usbd_irp_end(irp, STATUS_NOT_SUPPORTED, 0);
}

NTSTATUS usbd_port_control(struct usb_pdo *pdo, IRP *irp)
{
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    ULONG code = stack->Parameters.DeviceIoControl.IoControlCode;
    if (code == IOCTL_INTERNAL_USB_GET_PORT_STATUS)
        return port_status(pdo, irp, stack);
    if (code == IOCTL_INTERNAL_USB_GET_HUB_NAME)
        return hub_name(irp, stack);
    if (atomic_load(&pdo->state) != PDO_STARTED)
        return usbd_irp_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    switch (code) {
    case IOCTL_INTERNAL_USB_RESET_PORT: return port_blocking(pdo, irp, usb_device_reset);
    case IOCTL_INTERNAL_USB_CYCLE_PORT: return port_blocking(pdo, irp, usb_device_cycle);
    case IOCTL_INTERNAL_USB_GET_TOPOLOGY_ADDRESS: return topology_address(pdo, irp, stack);
    case IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION: return idle_notification(pdo, irp, stack);
    default: return port_refuse(irp, code);
    }
}
