/* SPDX-License-Identifier: MIT */
/* The driver of the queue tests: control devices with queues of every kind, whose callbacks complete, hold or forward as the program says, and
 * count what the framework does. */
#include <ntddk.h>
#include <wdf.h>

#include "queue_test.h"

enum { HELD_MAX = 4096 };

typedef struct _LANE {
    int number;
    WDFQUEUE queue, manual, writes;
    volatile LONG mode, turn;
    KSPIN_LOCK lock;
    WDFREQUEST held[HELD_MAX];
    unsigned held_count;
    struct facts facts;
    volatile LONG running;
    volatile LONG inside_forward;
    KDPC dpc;
    KEVENT dpc_done;
    ULONG_PTR dpc_information;
} LANE, *PLANE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(LANE, LaneGet)

typedef struct _MARK {
    PLANE lane;
    BOOLEAN cancelable;
} MARK, *PMARK;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(MARK, MarkGet)

static WDFDEVICE lanes[LANES];

static PLANE LaneOf(WDFQUEUE Queue)
{
    return LaneGet(WdfIoQueueGetDevice(Queue));
}

static VOID Count(PLANE Lane, unsigned *Counter)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lane->lock, &irql);
    ++*Counter;
    KeReleaseSpinLock(&Lane->lock, irql);
}

/* ---- Held requests ------------------------------------------------------------------------------------------------- */

static VOID Hold(PLANE Lane, WDFREQUEST Request)
{
    KIRQL irql;
    KeAcquireSpinLock(&Lane->lock, &irql);
    Lane->held[Lane->held_count++] = Request;
    KeReleaseSpinLock(&Lane->lock, irql);
}

static BOOLEAN Unhold(PLANE Lane, WDFREQUEST Request)
{
    KIRQL irql;
    BOOLEAN found = FALSE;
    KeAcquireSpinLock(&Lane->lock, &irql);
    for (unsigned i = 0; i < Lane->held_count; i++)
        if (Lane->held[i] == Request) {
            RtlMoveMemory(&Lane->held[i], &Lane->held[i + 1], (Lane->held_count - i - 1) * sizeof(WDFREQUEST));
            Lane->held_count--;
            found = TRUE;
            break;
        }
    KeReleaseSpinLock(&Lane->lock, irql);
    return found;
}

static WDFREQUEST TakeHeld(PLANE Lane, BOOLEAN Newest)
{
    KIRQL irql;
    WDFREQUEST request = NULL;
    KeAcquireSpinLock(&Lane->lock, &irql);
    if (Lane->held_count > 0) {
        request = Lane->held[Newest ? Lane->held_count - 1 : 0];
        if (!Newest)
            RtlMoveMemory(&Lane->held[0], &Lane->held[1], (Lane->held_count - 1) * sizeof(WDFREQUEST));
        Lane->held_count--;
    }
    KeReleaseSpinLock(&Lane->lock, irql);
    return request;
}

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID EvtCancel(WDFREQUEST Request)
{
    PLANE lane = MarkGet(Request)->lane;
    Unhold(lane, Request);
    Count(lane, &lane->facts.cancelled);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

/* ---- Callbacks of queues ---------------------------------------------------------------------------------------------- */

static VOID Enter(PLANE Lane)
{
    LONG now = InterlockedIncrement(&Lane->running);
    KIRQL irql;
    KeAcquireSpinLock(&Lane->lock, &irql);
    if ((unsigned)now > Lane->facts.concurrent)
        Lane->facts.concurrent = (unsigned)now;
    Lane->facts.presented++;
    Lane->facts.irql = irql;
    KeReleaseSpinLock(&Lane->lock, irql);
}

static VOID Leave(PLANE Lane)
{
    InterlockedDecrement(&Lane->running);
}

/* Held and cancelable at once, under the lock: neither a release nor EvtCancel sees half of it. */
static VOID HoldCancelable(PLANE Lane, WDFREQUEST Request)
{
    KIRQL irql;
    NTSTATUS status;
    KeAcquireSpinLock(&Lane->lock, &irql);
    status = WdfRequestMarkCancelableEx(Request, EvtCancel);
    if (NT_SUCCESS(status)) {
        MarkGet(Request)->cancelable = TRUE;
        Lane->held[Lane->held_count++] = Request;
    }
    KeReleaseSpinLock(&Lane->lock, irql);
    if (NT_SUCCESS(status))
        return;
    Count(Lane, &Lane->facts.cancelled);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static VOID Serve(PLANE Lane, WDFREQUEST Request, size_t Length)
{
    LONG mode = InterlockedCompareExchange(&Lane->mode, 0, 0);
    MarkGet(Request)->lane = Lane;
    MarkGet(Request)->cancelable = FALSE;
    if (mode == MODE_MIXED) {
        static const LONG modes[] = {MODE_COMPLETE, MODE_HOLD_CANCELABLE, MODE_FORWARD, MODE_HOLD};
        mode = modes[(ULONG)InterlockedIncrement(&Lane->turn) % 4];
        if (mode == MODE_COMPLETE)
            Count(Lane, &Lane->facts.inline_done);
    }
    switch (mode) {
    case MODE_COMPLETE:
        WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
        break;
    case MODE_HOLD:
        Hold(Lane, Request);
        break;
    case MODE_HOLD_CANCELABLE:
        HoldCancelable(Lane, Request);
        break;
    default:
        InterlockedExchange(&Lane->inside_forward, 1);
        NTSTATUS status = WdfRequestForwardToIoQueue(Request, Lane->manual);
        InterlockedExchange(&Lane->inside_forward, 0);
        if (!NT_SUCCESS(status))
            WdfRequestComplete(Request, status);
    }
}

static EVT_WDF_IO_QUEUE_IO_READ EvtRead;
static VOID EvtRead(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PLANE lane = LaneOf(Queue);
    WDF_REQUEST_PARAMETERS parameters;
    Enter(lane);
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    KIRQL irql;
    KeAcquireSpinLock(&lane->lock, &irql);
    lane->facts.last_offset = parameters.Parameters.Read.DeviceOffset;
    KeReleaseSpinLock(&lane->lock, irql);
    Count(lane, &lane->facts.reads);
    if (parameters.Type != WdfRequestTypeRead || WdfRequestGetIoQueue(Request) != Queue)
        Count(lane, &lane->facts.others);
    Serve(lane, Request, Length);
    Leave(lane);
}

static EVT_WDF_IO_QUEUE_IO_WRITE EvtWrite;
static VOID EvtWrite(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    PLANE lane = LaneOf(Queue);
    Enter(lane);
    Count(lane, &lane->facts.writes);
    Serve(lane, Request, Length);
    Leave(lane);
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    PLANE lane = LaneOf(Queue);
    Enter(lane);
    Count(lane, &lane->facts.others);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    Leave(lane);
}

static EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtCanceledOnQueue;
static VOID EvtCanceledOnQueue(WDFQUEUE Queue, WDFREQUEST Request)
{
    PLANE lane = LaneOf(Queue);
    Count(lane, &lane->facts.cancelled_on_queue);
    if (WdfRequestGetIoQueue(Request) != Queue || WdfRequestRequeue(Request) != STATUS_INVALID_DEVICE_REQUEST)
        Count(lane, &lane->facts.others);
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static EVT_WDF_IO_IN_CALLER_CONTEXT EvtInCaller;
static VOID EvtInCaller(WDFDEVICE Device, WDFREQUEST Request)
{
    PLANE lane = LaneGet(Device);
    NTSTATUS status;
    Count(lane, &lane->facts.in_context);
    if (WdfRequestGetIoQueue(Request) != NULL)
        lane->facts.others++;
    status = WdfDeviceEnqueueRequest(Device, Request);
    if (!NT_SUCCESS(status))
        WdfRequestComplete(Request, status);
}

static EVT_WDF_IO_QUEUE_STATE EvtStopped, EvtPurged, EvtDrained, EvtReady;
static VOID EvtStopped(WDFQUEUE Queue, WDFCONTEXT Context)
{
    if (Context == (WDFCONTEXT)&lanes)
        Count(LaneOf(Queue), &LaneOf(Queue)->facts.stop_done);
}
static VOID EvtPurged(WDFQUEUE Queue, WDFCONTEXT Context)
{
    if (Context == (WDFCONTEXT)&lanes)
        Count(LaneOf(Queue), &LaneOf(Queue)->facts.purge_done);
}
static VOID EvtDrained(WDFQUEUE Queue, WDFCONTEXT Context)
{
    if (Context == (WDFCONTEXT)&lanes)
        Count(LaneOf(Queue), &LaneOf(Queue)->facts.drain_done);
}
static VOID EvtReady(WDFQUEUE Queue, WDFCONTEXT Context)
{
    PLANE lane = Context;
    UNREFERENCED_PARAMETER(Queue);
    Count(lane, &lane->facts.notices);
    if (InterlockedCompareExchange(&lane->inside_forward, 0, 0))
        Count(lane, &lane->facts.notices_before_return);
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtRequestCleanup;
static VOID EvtRequestCleanup(WDFOBJECT Request)
{
    PLANE lane = MarkGet(Request)->lane;
    if (lane != NULL)
        Count(lane, &lane->facts.cleanups);
}

/* ---- Commands ------------------------------------------------------------------------------------------------------------ */

static KDEFERRED_ROUTINE ReleaseDpc;
static VOID ReleaseDpc(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    PLANE lane = Context;
    WDFREQUEST request = TakeHeld(lane, FALSE);
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    if (request != NULL)
        WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, lane->dpc_information);
    KeSetEvent(&lane->dpc_done, 0, FALSE);
}

static NTSTATUS Release(PLANE Lane, int Information)
{
    WDFREQUEST request = NULL;
    KIRQL irql;
    BOOLEAN cancelled = FALSE;
    KeAcquireSpinLock(&Lane->lock, &irql);
    if (Lane->held_count > 0) {
        request = Lane->held[0];
        RtlMoveMemory(&Lane->held[0], &Lane->held[1], (Lane->held_count - 1) * sizeof(WDFREQUEST));
        Lane->held_count--;
        cancelled = MarkGet(request)->cancelable && WdfRequestUnmarkCancelable(request) == STATUS_CANCELLED;
    }
    KeReleaseSpinLock(&Lane->lock, irql);
    if (request == NULL)
        return STATUS_NO_MORE_ENTRIES;
    if (cancelled)
        return STATUS_CANCELLED; /* EvtCancel waits for the lock, or is about to */
    Count(Lane, &Lane->facts.released);
    WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, (ULONG_PTR)Information);
    return STATUS_SUCCESS;
}

static NTSTATUS Fetch(PLANE Lane)
{
    WDFREQUEST request;
    NTSTATUS status = WdfIoQueueRetrieveNextRequest(Lane->manual, &request);
    if (NT_SUCCESS(status)) {
        MarkGet(request)->lane = Lane;
        Hold(Lane, request);
    }
    return status;
}

static NTSTATUS ServeManual(PLANE Lane, int Most)
{
    WDFREQUEST request;
    for (int i = 0; i < Most && NT_SUCCESS(WdfIoQueueRetrieveNextRequest(Lane->manual, &request)); i++) {
        MarkGet(request)->lane = Lane;
        if ((ULONG)InterlockedIncrement(&Lane->turn) % 3 == 0 && NT_SUCCESS(WdfRequestRequeue(request)))
            continue;
        Count(Lane, &Lane->facts.released);
        WdfRequestCompleteWithInformation(request, STATUS_SUCCESS, 1);
    }
    for (int i = 0; i < Most; i++)
        Release(Lane, 1);
    return STATUS_SUCCESS;
}

static NTSTATUS FetchFile(PLANE Lane)
{
    WDFREQUEST request;
    NTSTATUS status = WdfIoQueueRetrieveRequestByFileObject(Lane->manual, WdfRequestGetFileObject(Lane->held[0]), &request);
    if (NT_SUCCESS(status)) {
        MarkGet(request)->lane = Lane;
        Hold(Lane, request);
    }
    return status;
}

static NTSTATUS Find(PLANE Lane, int Wanted)
{
    WDFREQUEST found = NULL, next, chosen = NULL;
    WDF_REQUEST_PARAMETERS parameters;
    NTSTATUS status;
    unsigned count = 0;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    while (NT_SUCCESS(WdfIoQueueFindRequest(Lane->manual, found, NULL, &parameters, &next))) {
        if (parameters.Type != WdfRequestTypeRead)
            Lane->facts.others++;
        if (found != NULL && found != chosen)
            WdfObjectDereference(found);
        found = next;
        if ((int)count++ == Wanted)
            chosen = found;
    }
    if (found != NULL && found != chosen)
        WdfObjectDereference(found);
    KIRQL irql;
    KeAcquireSpinLock(&Lane->lock, &irql);
    Lane->facts.found = count;
    KeReleaseSpinLock(&Lane->lock, irql);
    if (chosen == NULL)
        return STATUS_NO_MORE_ENTRIES;
    status = WdfIoQueueRetrieveFoundRequest(Lane->manual, chosen, &next);
    if (NT_SUCCESS(status)) {
        MarkGet(next)->lane = Lane;
        Hold(Lane, next);
    }
    WdfObjectDereference(chosen);
    return status;
}

static NTSTATUS FindCancelled(PLANE Lane, int Milliseconds)
{
    WDFREQUEST found, next;
    LARGE_INTEGER slice;
    NTSTATUS status = WdfIoQueueFindRequest(Lane->manual, NULL, NULL, NULL, &found);
    if (!NT_SUCCESS(status))
        return status;
    slice.QuadPart = WDF_REL_TIMEOUT_IN_MS(1);
    KIRQL irql;
    KeAcquireSpinLock(&Lane->lock, &irql);
    Lane->facts.found = FOUND_AND_WAITING;
    KeReleaseSpinLock(&Lane->lock, irql);
    for (int i = 0; i < Milliseconds; i++) {
        ULONG waiting;
        WdfIoQueueGetState(Lane->manual, &waiting, NULL);
        if (waiting == 0)
            break;
        KeDelayExecutionThread(KernelMode, FALSE, &slice);
    }
    status = WdfIoQueueRetrieveFoundRequest(Lane->manual, found, &next);
    WdfObjectDereference(found);
    return status;
}

static NTSTATUS Notify(PLANE Lane, int On)
{
    return WdfIoQueueReadyNotify(Lane->manual, On ? EvtReady : NULL, On ? (WDFCONTEXT)Lane : NULL);
}

static NTSTATUS Move(PLANE Lane, BOOLEAN Requeue, int Same)
{
    WDFREQUEST request = TakeHeld(Lane, Requeue);
    NTSTATUS status;
    if (request == NULL)
        return STATUS_NO_MORE_ENTRIES;
    status = Requeue ? WdfRequestRequeue(request) : WdfRequestForwardToIoQueue(request, Same ? Lane->queue : Lane->manual);
    if (!NT_SUCCESS(status))
        Hold(Lane, request);
    return status;
}

static NTSTATUS Execute(PLANE Lane, const struct order *Order)
{
    switch (Order->command) {
    case COMMAND_MODE: InterlockedExchange(&Lane->mode, Order->arg); return STATUS_SUCCESS;
    case COMMAND_START: WdfIoQueueStart(Lane->queue); return STATUS_SUCCESS;
    case COMMAND_STOP: Count(Lane, &Lane->facts.stops_asked); WdfIoQueueStop(Lane->queue, EvtStopped, &lanes); return STATUS_SUCCESS;
    case COMMAND_STOP_WAIT: WdfIoQueueStopSynchronously(Lane->queue); return STATUS_SUCCESS;
    case COMMAND_STOP_PURGE: Count(Lane, &Lane->facts.stops_asked); WdfIoQueueStopAndPurge(Lane->queue, EvtStopped, &lanes); return STATUS_SUCCESS;
    case COMMAND_STOP_PURGE_WAIT: WdfIoQueueStopAndPurgeSynchronously(Lane->queue); return STATUS_SUCCESS;
    case COMMAND_PURGE: WdfIoQueuePurge(Lane->queue, EvtPurged, &lanes); return STATUS_SUCCESS;
    case COMMAND_PURGE_WAIT: WdfIoQueuePurgeSynchronously(Lane->queue); return STATUS_SUCCESS;
    case COMMAND_DRAIN: WdfIoQueueDrain(Lane->queue, EvtDrained, &lanes); return STATUS_SUCCESS;
    case COMMAND_DRAIN_WAIT: WdfIoQueueDrainSynchronously(Lane->queue); return STATUS_SUCCESS;
    case COMMAND_RELEASE: return Release(Lane, Order->arg);
    case COMMAND_RELEASE_DPC:
        KeInitializeEvent(&Lane->dpc_done, NotificationEvent, FALSE);
        Lane->dpc_information = (ULONG_PTR)Order->arg;
        KeInsertQueueDpc(&Lane->dpc, NULL, NULL);
        KeWaitForSingleObject(&Lane->dpc_done, Executive, KernelMode, FALSE, NULL);
        return STATUS_SUCCESS;
    case COMMAND_SERVE: return ServeManual(Lane, Order->arg);
    case COMMAND_FETCH: return Fetch(Lane);
    case COMMAND_FETCH_FILE: return FetchFile(Lane);
    case COMMAND_FIND: return Find(Lane, Order->arg);
    case COMMAND_FIND_CANCELLED: return FindCancelled(Lane, Order->arg);
    case COMMAND_REQUEUE: return Move(Lane, TRUE, 0);
    case COMMAND_FORWARD: return Move(Lane, FALSE, Order->arg);
    case COMMAND_NOTIFY: return Notify(Lane, Order->arg);
    default: return STATUS_SUCCESS;
    }
}

/* Commands wait, so they are not called by a queue's callback: the WDM dispatch would be the place in a driver, here it is the
 * in-caller-context callback, which is called before any queue. */
static EVT_WDF_IO_IN_CALLER_CONTEXT EvtCommand;
static VOID EvtCommand(WDFDEVICE Device, WDFREQUEST Request)
{
    struct order *order, copy;
    struct facts *facts;
    UNREFERENCED_PARAMETER(Device);
    NTSTATUS status = WdfRequestRetrieveInputBuffer(Request, sizeof *order, (PVOID *)&order, NULL);
    if (NT_SUCCESS(status))
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof *facts, (PVOID *)&facts, NULL);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    copy = *order;
    PLANE lane = LaneGet(lanes[copy.lane]);
    status = Execute(lane, &copy);
    ULONG waiting, driver, manual;
    WDF_IO_QUEUE_STATE state = WdfIoQueueGetState(lane->queue, &waiting, &driver);
    WdfIoQueueGetState(lane->manual, &manual, NULL);
    KIRQL irql;
    KeAcquireSpinLock(&lane->lock, &irql);
    *facts = lane->facts;
    facts->held = lane->held_count;
    KeReleaseSpinLock(&lane->lock, irql);
    facts->status = status;
    facts->state = state;
    facts->waiting = waiting;
    facts->at_driver = driver;
    facts->manual_waiting = manual;
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof *facts);
}

/* ---- Devices ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS MakeQueues(WDFDEVICE Device, PLANE Lane)
{
    static const WDF_IO_QUEUE_DISPATCH_TYPE types[LANES] = {
        WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel,   WdfIoQueueDispatchManual,   WdfIoQueueDispatchParallel,
        WdfIoQueueDispatchSequential, WdfIoQueueDispatchParallel,   WdfIoQueueDispatchSequential, WdfIoQueueDispatchSequential};
    WDF_IO_QUEUE_CONFIG config;
    WDF_OBJECT_ATTRIBUTES attributes;
    NTSTATUS status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, types[Lane->number]);
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    if (types[Lane->number] != WdfIoQueueDispatchManual && Lane->number != LANE_TYPES) {
        config.EvtIoRead = EvtRead;
        config.EvtIoWrite = EvtWrite;
    }
    config.EvtIoCanceledOnQueue = EvtCanceledOnQueue;
    if (Lane->number == LANE_PARALLEL)
        config.Settings.Parallel.NumberOfPresentedRequests = 2;
    if (Lane->number == LANE_TYPES)
        config.EvtIoDefault = EvtDefault;
    if (Lane->number == LANE_PASSIVE) {
        attributes.ExecutionLevel = WdfExecutionLevelPassive;
        attributes.SynchronizationScope = WdfSynchronizationScopeQueue;
    }
    status = WdfIoQueueCreate(Device, &config, &attributes, &Lane->queue);
    if (!NT_SUCCESS(status))
        return status;
    Lane->manual = Lane->queue;
    if (Lane->number == LANE_FORWARD) {
        WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
        config.EvtIoCanceledOnQueue = EvtCanceledOnQueue;
        status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Lane->manual);
    }
    if (Lane->number == LANE_TYPES) {
        WDFQUEUE reads;
        WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
        config.EvtIoRead = EvtRead;
        status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &reads);
        if (NT_SUCCESS(status))
            status = WdfDeviceConfigureRequestDispatching(Device, reads, WdfRequestTypeRead);
        WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
        config.EvtIoWrite = EvtWrite;
        config.AllowZeroLengthRequests = TRUE;
        if (NT_SUCCESS(status))
            status = WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &Lane->writes);
        if (NT_SUCCESS(status))
            status = WdfDeviceConfigureRequestDispatching(Device, Lane->writes, WdfRequestTypeWrite);
    }
    return status;
}

/* What creation must refuse; the first wrong answer, or 0. */
static int RefusedConfigs(WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG config;
    WDFQUEUE queue;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchSequential);
    if (WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue) != STATUS_WDF_NO_CALLBACK)
        return 1;
    config.Size--;
    if (WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue) != STATUS_INFO_LENGTH_MISMATCH)
        return 2;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = EvtRead;
    config.Settings.Parallel.NumberOfPresentedRequests = 0;
    if (WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue) != STATUS_INVALID_PARAMETER)
        return 3;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoRead = EvtRead;
    if (WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue) != STATUS_UNSUCCESSFUL)
        return 4;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchInvalid);
    if (WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue) != STATUS_INVALID_PARAMETER)
        return 5;
    WDF_IO_QUEUE_CONFIG_INIT(&config, WdfIoQueueDispatchManual);
    if (!NT_SUCCESS(WdfIoQueueCreate(Device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue)) ||
        WdfDeviceConfigureRequestDispatching(Device, queue, WdfRequestTypePnp) != STATUS_INVALID_PARAMETER)
        return 6;
    WdfObjectDelete(queue);
    return WdfDeviceGetDefaultQueue(Device) == LaneGet(Device)->queue ? 0 : 7;
}

static NTSTATUS MakeDevice(WDFDRIVER Driver, PCWSTR Name, PCWSTR Link, int Number, WDFDEVICE *Device)
{
    UNICODE_STRING name, link;
    WDF_OBJECT_ATTRIBUTES attributes, request;
    WDF_FILEOBJECT_CONFIG file;
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, NULL);
    NTSTATUS status;
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlInitUnicodeString(&name, Name);
    RtlInitUnicodeString(&link, Link);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&request, MARK);
    request.EvtCleanupCallback = EvtRequestCleanup;
    WdfDeviceInitSetRequestAttributes(init, &request);
    WDF_FILEOBJECT_CONFIG_INIT(&file, NULL, NULL, NULL);
    WdfDeviceInitSetFileObjectConfig(init, &file, WDF_NO_OBJECT_ATTRIBUTES);
    WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
    if (Number == LANES)
        WdfDeviceInitSetIoInCallerContextCallback(init, EvtCommand);
    if (Number == LANE_CALLER)
        WdfDeviceInitSetIoInCallerContextCallback(init, EvtInCaller);
    status = WdfDeviceInitAssignName(init, &name);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, LANE);
    if (Number == LANE_DISPATCH)
        attributes.SynchronizationScope = WdfSynchronizationScopeDevice;
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, &attributes, Device);
    if (!NT_SUCCESS(status)) {
        if (init != NULL)
            WdfDeviceInitFree(init);
        return status;
    }
    status = WdfDeviceCreateSymbolicLink(*Device, &link);
    PLANE lane = LaneGet(*Device);
    lane->number = Number;
    KeInitializeSpinLock(&lane->lock);
    KeInitializeDpc(&lane->dpc, ReleaseDpc, lane);
    if (NT_SUCCESS(status) && Number < LANES)
        status = MakeQueues(*Device, lane);
    if (NT_SUCCESS(status) && Number == LANE_SEQUENTIAL && RefusedConfigs(*Device) != 0)
        status = STATUS_DRIVER_INTERNAL_ERROR;
    if (NT_SUCCESS(status))
        WdfControlFinishInitializing(*Device);
    return status;
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDFDRIVER driver;
    WDFDEVICE control;
    NTSTATUS status;
    WCHAR name[] = L"\\Device\\OvlLane0", link[] = L"\\DosDevices\\OvlLane0";
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = EvtUnload;
    status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    for (int i = 0; i < LANES && NT_SUCCESS(status); i++) {
        name[sizeof name / sizeof *name - 2] = (WCHAR)('0' + i);
        link[sizeof link / sizeof *link - 2] = (WCHAR)('0' + i);
        status = MakeDevice(driver, name, link, i, &lanes[i]);
    }
    if (NT_SUCCESS(status))
        status = MakeDevice(driver, L"\\Device\\OvlQueue", L"\\DosDevices\\OvlQueue", LANES, &control);
    return status;
}
