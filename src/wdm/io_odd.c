/* SPDX-License-Identifier: MIT */
/* What the I/O manager has besides: the error log, the device's one-second timer, and registrations for things that do not happen
 * here - WMI queries, a shutdown of the system, notifications - which are refused, so that drivers do without. */
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

/* ---- The error log: a line of the trace -------------------------------------------------------------------------------- */

struct log_entry {
    DEVICE_OBJECT *device;
    union {
        IO_ERROR_LOG_PACKET packet;
        unsigned char bytes[ERROR_LOG_MAXIMUM_SIZE];
    };
};

PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE || verify_memory_fails(VERIFY_CALLER))
        return NULL;
    struct log_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL)
        return NULL;
    entry->device = IoObject;
    return &entry->packet;
}

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    struct log_entry *entry = container_of((IO_ERROR_LOG_PACKET *)ElEntry, struct log_entry, packet);
    trace_note(TRACE_DRIVER, "error log: code 0x%08x, final status 0x%08x, unique value %u, retries %u", (unsigned)entry->packet.ErrorCode,
               (unsigned)entry->packet.FinalStatus, (unsigned)entry->packet.UniqueErrorValue, entry->packet.RetryCount);
    free(entry);
}

VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry)
{
    free(container_of((IO_ERROR_LOG_PACKET *)ElEntry, struct log_entry, packet));
}

/* ---- The device's timer: its routine once a second, at DISPATCH_LEVEL --------------------------------------------------------- */

struct device_timer {
    KTIMER timer;
    KDPC dpc;
    DEVICE_OBJECT *device;
    PIO_TIMER_ROUTINE routine;
    PVOID context;
};

static VOID NTAPI timer_called(PKDPC Dpc, PVOID DeferredContext, PVOID SystemArgument1, PVOID SystemArgument2)
{
    struct device_timer *timer = DeferredContext;
    (void)Dpc;
    (void)SystemArgument1;
    (void)SystemArgument2;
    timer->routine(timer->device, timer->context);
}

NTSTATUS NTAPI IoInitializeTimer(PDEVICE_OBJECT DeviceObject, PIO_TIMER_ROUTINE TimerRoutine, PVOID Context)
{
    struct device_timer *timer = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *timer);
    if (timer == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    timer->device = DeviceObject;
    timer->routine = TimerRoutine;
    timer->context = Context;
    KeInitializeTimer(&timer->timer);
    KeInitializeDpc(&timer->dpc, timer_called, timer);
    wdm_device_timer_free(DeviceObject);
    DeviceObject->Timer = timer;
    return STATUS_SUCCESS;
}

VOID NTAPI IoStartTimer(PDEVICE_OBJECT DeviceObject)
{
    enum { SECOND_MS = 1000 };
    struct device_timer *timer = DeviceObject->Timer;
    LARGE_INTEGER second = {.QuadPart = -10000LL * SECOND_MS};
    KeSetTimerEx(&timer->timer, second, SECOND_MS, &timer->dpc);
}

VOID NTAPI IoStopTimer(PDEVICE_OBJECT DeviceObject)
{
    struct device_timer *timer = DeviceObject->Timer;
    KeCancelTimer(&timer->timer);
    KeRemoveQueueDpc(&timer->dpc);
}

void wdm_device_timer_free(DEVICE_OBJECT *device)
{
    if (device->Timer == NULL)
        return;
    IoStopTimer(device);
    KeFlushQueuedDpcs();
    free(device->Timer);
    device->Timer = NULL;
}

/* ---- Refused ------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI IoWMIRegistrationControl(PDEVICE_OBJECT DeviceObject, ULONG Action)
{
    trace_note(TRACE_UNSUPPORTED, "IoWMIRegistrationControl(%p, %u): there is no WMI", (void *)DeviceObject, Action);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS NTAPI IoRegisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    trace_note(TRACE_UNSUPPORTED, "IoRegisterShutdownNotification(%p): the system is not shut down here", (void *)DeviceObject);
    return STATUS_NOT_SUPPORTED;
}

VOID NTAPI IoUnregisterShutdownNotification(PDEVICE_OBJECT DeviceObject)
{
    (void)DeviceObject;
}

NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory, ULONG EventCategoryFlags,
                                              PVOID EventCategoryData, PDRIVER_OBJECT DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine, PVOID Context, PVOID *NotificationEntry)
{
    (void)EventCategoryFlags;
    (void)EventCategoryData;
    (void)CallbackRoutine;
    (void)Context;
    *NotificationEntry = NULL;
    trace_note(TRACE_UNSUPPORTED, "IoRegisterPlugPlayNotification(%d) by driver %p: drivers are not notified of others' devices",
               (int)EventCategory, (void *)DriverObject);
    return STATUS_NOT_SUPPORTED;
}

NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry)
{
    (void)NotificationEntry;
    return STATUS_INVALID_PARAMETER; /* nobody was given one */
}
