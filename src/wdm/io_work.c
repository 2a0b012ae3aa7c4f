/* SPDX-License-Identifier: MIT */
/* Work items: routines that run at PASSIVE_LEVEL on a thread of the engine's pool. The device, or
 * the driver itself, is kept until its routine has returned, so a driver's code stays while it
 * runs. */
#include <stdlib.h>

#include "base/futex.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct _IO_WORKITEM {
    PVOID object; /* the driver's device object, or its driver object */
};

/* The routine may free its item, so a queued one carries copies. */
struct queued_work {
    struct engine_op op;
    PIO_WORKITEM item;
    struct wdm_driver *driver;
    PDEVICE_OBJECT device; /* referenced; NULL: the item is of the driver object */
    PIO_WORKITEM_ROUTINE routine;
    PIO_WORKITEM_ROUTINE_EX routine_ex; /* IoQueueWorkItemEx's, instead */
    PVOID context;
};

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    PIO_WORKITEM item = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *item);
    if (verify_on())
        verify_track(VERIFY_WORK_ITEM, item, 0, 0, VERIFY_CALLER);
    if (item != NULL)
        item->object = DeviceObject;
    return item;
}

void wdm_driver_released(struct wdm_driver *driver)
{
    if (atomic_fetch_sub(&driver->busy, 1) == 1)
        futex_wake(&driver->busy, INT32_MAX);
}

static int64_t work_run(struct engine_op *op)
{
    struct queued_work *work = container_of(op, struct queued_work, op);
    if (verify_on()) {
        verify_use(VERIFY_WORK_ITEM, work->item, NULL, -1);
        verify_enter("work item routine", work->routine_ex != NULL ? (const void *)work->routine_ex : (const void *)work->routine);
    }
    if (work->routine_ex != NULL)
        work->routine_ex(work->device != NULL ? (PVOID)work->device : &work->driver->object,
                         work->context, work->item);
    else
        work->routine(work->device, work->context);
    if (verify_on())
        verify_leave();
    wdm_driver_released(work->driver);
    if (work->device != NULL)
        wdm_device_dereference(wdm_device_of(work->device));
    return 0;
}

static void work_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct queued_work, op));
}

static void item_queue(PIO_WORKITEM item, PIO_WORKITEM_ROUTINE routine, PIO_WORKITEM_ROUTINE_EX routine_ex, PVOID context,
                       const void *caller)
{
    struct queued_work *work = calloc(1, sizeof *work);
    if (work == NULL)
        wdm_stop("IoQueueWorkItem: no memory"); /* the routine has no way to fail */
    bool of_driver = *(const CSHORT *)item->object == IO_TYPE_DRIVER;
    DEVICE_OBJECT *device = of_driver ? NULL : item->object;
    DRIVER_OBJECT *driver = of_driver ? item->object : device->DriverObject;
    *work = (struct queued_work){.op = {.code = ENGINE_WORK, .work = work_run, .done = work_done},
                                 .item = item,
                                 .driver = container_of(driver, struct wdm_driver, object),
                                 .device = device,
                                 .routine = routine,
                                 .routine_ex = routine_ex,
                                 .context = context};
    if (verify_on())
        verify_work_queued(item, caller);
    if (device != NULL)
        wdm_device_reference(wdm_device_of(device));
    atomic_fetch_add(&work->driver->busy, 1);
    engine_submit(&work->op);
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)QueueType;
    item_queue(IoWorkItem, WorkerRoutine, NULL, Context, VERIFY_CALLER);
}

VOID NTAPI IoQueueWorkItemEx(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE_EX WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)QueueType;
    item_queue(IoWorkItem, NULL, WorkerRoutine, Context, VERIFY_CALLER);
}

ULONG NTAPI IoSizeofWorkItem(void)
{
    return sizeof(struct _IO_WORKITEM);
}

VOID NTAPI IoInitializeWorkItem(PVOID IoObject, PIO_WORKITEM IoWorkItem)
{
    IoWorkItem->object = IoObject;
    if (verify_on())
        verify_track(VERIFY_WORK_ITEM, IoWorkItem, 0, 0, VERIFY_CALLER);
}

VOID NTAPI IoUninitializeWorkItem(PIO_WORKITEM IoWorkItem)
{
    if (verify_on())
        verify_untrack(VERIFY_WORK_ITEM, IoWorkItem, VERIFY_CALLER);
}

/* ---- ExQueueWorkItem: of no device; the driver is the one whose code it is --------------------------------------------- */

struct plain_work {
    struct engine_op op;
    struct wdm_driver *driver; /* busy; NULL: none that is loaded yet */
    PWORKER_THREAD_ROUTINE routine;
    PVOID parameter;
};

static int64_t plain_run(struct engine_op *op)
{
    struct plain_work *work = container_of(op, struct plain_work, op);
    if (verify_on())
        verify_enter("worker routine", (const void *)work->routine);
    work->routine(work->parameter);
    if (verify_on())
        verify_leave();
    if (work->driver != NULL)
        wdm_driver_released(work->driver);
    return 0;
}

static void plain_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct plain_work, op));
}

VOID NTAPI ExQueueWorkItem(PWORK_QUEUE_ITEM WorkItem, WORK_QUEUE_TYPE QueueType)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)QueueType;
    struct plain_work *work = calloc(1, sizeof *work);
    if (work == NULL)
        wdm_stop("ExQueueWorkItem: no memory"); /* the routine has no way to fail */
    *work = (struct plain_work){.op = {.code = ENGINE_WORK, .work = plain_run, .done = plain_done},
                                .driver = wdm_driver_busy((const void *)WorkItem->WorkerRoutine),
                                .routine = WorkItem->WorkerRoutine,
                                .parameter = WorkItem->Parameter};
    engine_submit(&work->op); /* the item is the driver's again: its routine may free it */
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (verify_on() && !verify_untrack(VERIFY_WORK_ITEM, IoWorkItem, VERIFY_CALLER))
        return; /* not twice */
    free(IoWorkItem);
}
