/* SPDX-License-Identifier: MIT */
/* Work items: routines that run at PASSIVE_LEVEL on a thread of the engine's pool. The device is referenced until its
 * routine has returned, so a driver's code stays while it runs. */
#include <stdlib.h>

#include "base/futex.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct _IO_WORKITEM {
    PDEVICE_OBJECT device;
};

/* The routine may free its item, so a queued one carries copies. */
struct queued_work {
    struct engine_op op;
    PIO_WORKITEM item;
    struct wdm_driver *driver;
    PDEVICE_OBJECT device;
    PIO_WORKITEM_ROUTINE routine;
    PVOID context;
};

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    PIO_WORKITEM item = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *item);
    if (verify_on())
        verify_track(VERIFY_WORK_ITEM, item, 0, 0, VERIFY_CALLER);
    if (item != NULL)
        item->device = DeviceObject;
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
        verify_enter("work item routine", (const void *)work->routine);
    }
    work->routine(work->device, work->context);
    if (verify_on())
        verify_leave();
    wdm_driver_released(work->driver);
    wdm_device_dereference(wdm_device_of(work->device));
    return 0;
}

static void work_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct queued_work, op));
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    (void)QueueType;
    struct queued_work *work = calloc(1, sizeof *work);
    if (work == NULL)
        wdm_stop("IoQueueWorkItem: no memory"); /* the routine has no way to fail */
    *work = (struct queued_work){.op = {.code = ENGINE_WORK, .work = work_run, .done = work_done},
                                 .item = IoWorkItem,
                                 .driver = container_of(IoWorkItem->device->DriverObject, struct wdm_driver, object),
                                 .device = IoWorkItem->device,
                                 .routine = WorkerRoutine,
                                 .context = Context};
    if (verify_on())
        verify_work_queued(IoWorkItem, VERIFY_CALLER);
    wdm_device_reference(wdm_device_of(work->device));
    atomic_fetch_add(&work->driver->busy, 1);
    engine_submit(&work->op);
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (verify_on() && !verify_untrack(VERIFY_WORK_ITEM, IoWorkItem, VERIFY_CALLER))
        return; /* not twice */
    free(IoWorkItem);
}
