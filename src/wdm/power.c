/* SPDX-License-Identifier: MIT */
/* Power requests: PoRequestPowerIrp makes one, sends it to the top of the device's stack from a worker, and calls back when it
 * has ended. The system's own state never changes here; what sleeps are devices, when their drivers ask. */
#include <stdlib.h>

#include "wdm/wdm_host.h"
#include "wdm/verify.h"

struct power_request {
    DEVICE_OBJECT *top;     /* referenced */
    struct wdm_driver *driver; /* top's, busy until the callback has returned */
    DEVICE_OBJECT *device;  /* as the driver named it */
    UCHAR minor;
    POWER_STATE state;
    PREQUEST_POWER_COMPLETE routine;
    PVOID context;
    struct wdm_irp irp;     /* its stack locations follow */
};

static void power_ended(struct wdm_irp *irp)
{
    struct power_request *request = container_of(irp, struct power_request, irp);
    if (request->routine != NULL)
        request->routine(request->device, request->minor, request->state, request->context, &irp->public.IoStatus);
    wdm_driver_released(request->driver);
    ObDereferenceObject(request->top);
    free(request);
}

/* What a worker is given: the request may be gone before the work is. */
struct power_work {
    struct engine_op op;
    struct power_request *request;
};

static int64_t work_run(struct engine_op *op)
{
    struct power_request *request = container_of(op, struct power_work, op)->request;
    DEVICE_OBJECT *top = request->top;
    struct wdm_driver *driver = request->driver;
    ObReferenceObject(top);
    IofCallDriver(top, &request->irp.public);
    wdm_driver_released(driver); /* this thread has left its code */
    ObDereferenceObject(top);
    return 0;
}

static void work_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct power_work, op));
}

NTSTATUS NTAPI PoRequestPowerIrp(PDEVICE_OBJECT DeviceObject, UCHAR MinorFunction, POWER_STATE PowerState,
                                 PREQUEST_POWER_COMPLETE CompletionFunction, PVOID Context, PIRP *Irp)
{
    if (MinorFunction != IRP_MN_WAIT_WAKE && MinorFunction != IRP_MN_SET_POWER && MinorFunction != IRP_MN_QUERY_POWER)
        return STATUS_INVALID_PARAMETER_2;
    DEVICE_OBJECT *top = IoGetAttachedDeviceReference(DeviceObject);
    struct power_request *request = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *request + wdm_irp_room(top->StackSize));
    struct power_work *work = verify_memory_fails(NULL) ? NULL : calloc(1, sizeof *work);
    if (request == NULL || work == NULL) {
        free(request);
        free(work);
        ObDereferenceObject(top);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    wdm_irp_init(&request->irp, top->StackSize, power_ended);
    request->top = top;
    request->driver = container_of(top->DriverObject, struct wdm_driver, object);
    atomic_fetch_add(&request->driver->busy, 2); /* the callback, and the thread that sends */
    request->device = DeviceObject;
    request->minor = MinorFunction;
    request->state = PowerState;
    request->routine = CompletionFunction;
    request->context = Context;
    IRP *irp = &request->irp.public;
    irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IO_STACK_LOCATION *stack = IoGetNextIrpStackLocation(irp);
    stack->MajorFunction = IRP_MJ_POWER;
    stack->MinorFunction = MinorFunction;
    if (MinorFunction == IRP_MN_WAIT_WAKE) {
        stack->Parameters.WaitWake.PowerState = PowerState.SystemState;
    } else {
        stack->Parameters.Power.Type = DevicePowerState;
        stack->Parameters.Power.State = PowerState;
    }
    if (Irp != NULL)
        *Irp = irp; /* before it can end */
    work->request = request;
    work->op = (struct engine_op){.code = ENGINE_WORK, .work = work_run, .done = work_done};
    engine_submit(&work->op);
    return STATUS_PENDING;
}

NTSTATUS NTAPI PoCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    return IofCallDriver(DeviceObject, Irp);
}

VOID NTAPI PoStartNextPowerIrp(PIRP Irp)
{
    (void)Irp; /* nothing waits for it since Windows Vista */
}

POWER_STATE NTAPI PoSetPowerState(PDEVICE_OBJECT DeviceObject, POWER_STATE_TYPE Type, POWER_STATE State)
{
    struct wdm_device *device = wdm_device_of(DeviceObject);
    POWER_STATE before = {.DeviceState = PowerDeviceD0};
    if (Type == DevicePowerState)
        before.DeviceState = (DEVICE_POWER_STATE)atomic_exchange(&device->power_state, (uint8_t)State.DeviceState);
    else
        before.SystemState = PowerSystemWorking;
    return before;
}
