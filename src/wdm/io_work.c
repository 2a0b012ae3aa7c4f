/* SPDX-License-Identifier: MIT */
/* Work items: routines that run at PASSIVE_LEVEL on a thread of the engine's pool. The device is referenced until its
 * routine has returned, so a driver's code stays while it runs. */
#include <stdlib.h>

#include "wdm/wdm_host.h"

struct _IO_WORKITEM {
    PDEVICE_OBJECT device;
};

/* The routine may free its item, so a queued one carries copies. */
struct queued_work {
    struct engine_op op;
    PDEVICE_OBJECT device;
    PIO_WORKITEM_ROUTINE routine;
    PVOID context;
};

PIO_WORKITEM NTAPI IoAllocateWorkItem(PDEVICE_OBJECT DeviceObject)
{
    PIO_WORKITEM item = calloc(1, sizeof *item);
    if (item != NULL)
        item->device = DeviceObject;
    return item;
}

static int64_t work_run(struct engine_op *op)
{
    struct queued_work *work = container_of(op, struct queued_work, op);
    work->routine(work->device, work->context);
    return 0;
}

static void work_done(struct engine_op *op, int64_t result)
{
    (void)result;
    free(container_of(op, struct queued_work, op));
}

VOID NTAPI IoQueueWorkItem(PIO_WORKITEM IoWorkItem, PIO_WORKITEM_ROUTINE WorkerRoutine, WORK_QUEUE_TYPE QueueType, PVOID Context)
{
    (void)QueueType;
    struct queued_work *work = calloc(1, sizeof *work);
    if (work == NULL)
        wdm_stop("IoQueueWorkItem: no memory"); /* the routine has no way to fail */
    *work = (struct queued_work){.op = {.code = ENGINE_WORK, .work = work_run, .done = work_done},
                                 .device = IoWorkItem->device,
                                 .routine = WorkerRoutine,
                                 .context = Context};
    engine_submit(&work->op);
}

VOID NTAPI IoFreeWorkItem(PIO_WORKITEM IoWorkItem)
{
    free(IoWorkItem);
}
