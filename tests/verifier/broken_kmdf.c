/* SPDX-License-Identifier: MIT */
/* A framework driver that breaks the verifier's rules for framework drivers, one at a time and on demand: see broken_wdm.c. It has a control
 * device with a parallel default queue. */
#include <ntddk.h>
#include <wdf.h>

#include "broken.h"

#define TAG 'kbrB'

/* TRUE: the function has ended the request, or keeps it. */
typedef BOOLEAN BREAK(WDFQUEUE Queue, WDFREQUEST Request);

typedef struct _CLOCK {
    KTIMER Timer;
} CLOCK;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(CLOCK, GetClock)

static WDFDEVICE Device;
static WDFQUEUE Manual;
static WDFSPINLOCK First, Second;
static WDFWAITLOCK Wait;
static KEVENT Gone;
static BOOLEAN Loses;

static WDFMEMORY Memory(VOID)
{
    WDFMEMORY Made = NULL;
    WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, TAG, 64, &Made, NULL);
    return Made;
}

/* ---- Objects ------------------------------------------------------------------------------------------------------------------ */

static BOOLEAN InvalidHandle(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfMemoryGetBuffer((WDFMEMORY)Queue, NULL);
    return FALSE;
}

static BOOLEAN DeletedHandle(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDFMEMORY Gone = Memory();
    WdfObjectDelete(Gone);
    WdfMemoryGetBuffer(Gone, NULL);
    return FALSE;
}

static BOOLEAN ReferenceCount(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectDereference(Memory());
    return FALSE;
}

static BOOLEAN LeakedReference(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectReference(Memory());
    return FALSE;
}

static BOOLEAN ObjectNotDeletable(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectDelete(WdfGetDriver());
    return FALSE;
}

static BOOLEAN ObjectLock(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectReleaseLock(Queue);
    return FALSE;
}

static BOOLEAN StructureSize(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS Parameters = {0};
    WdfRequestGetParameters(Request, &Parameters);
    return FALSE;
}

static BOOLEAN Parameter(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfDeviceSetFailed(Device, (WDF_DEVICE_FAILED_ACTION)99);
    return FALSE;
}

static BOOLEAN DeviceInit(WDFQUEUE Queue, WDFREQUEST Request)
{
    PWDFDEVICE_INIT Init = NULL;
    WDFDEVICE Made;
    WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Made);
    return FALSE;
}

static BOOLEAN PoolLeak(WDFQUEUE Queue, WDFREQUEST Request)
{
    ExAllocatePool2(POOL_FLAG_NON_PAGED, 40, TAG);
    return FALSE;
}

/* In the context of an object that is deleted. */
static BOOLEAN TimerActive(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Due = {.QuadPart = -6000000000LL};
    WDFOBJECT Object;
    PKTIMER Timer;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, CLOCK);
    if (!NT_SUCCESS(WdfObjectCreate(&Attributes, &Object)))
        return FALSE;
    Timer = &GetClock(Object)->Timer;
    KeInitializeTimer(Timer);
    KeSetTimer(Timer, Due, NULL);
    WdfObjectDelete(Object);
    return FALSE;
}

/* ---- Requests ------------------------------------------------------------------------------------------------------------------- */

static BOOLEAN RequestTouched(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS Parameters;
    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfObjectReference(Request);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    WdfRequestGetParameters(Request, &Parameters);
    return TRUE;
}

static BOOLEAN RequestDeleted(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectDelete(Request);
    return TRUE;
}

static BOOLEAN RequestNotCompleted(WDFQUEUE Queue, WDFREQUEST Request)
{
    Loses = TRUE;
    return FALSE;
}

static BOOLEAN CompletedTwice(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectReference(Request);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    return TRUE;
}

static BOOLEAN CompletedElsewhere(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfRequestForwardToIoQueue(Request, Manual);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    return TRUE;
}

static BOOLEAN CompletedOwn(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDFREQUEST Own;
    if (NT_SUCCESS(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, NULL, &Own)))
        WdfRequestComplete(Own, STATUS_SUCCESS);
    return FALSE;
}

static VOID NTAPI OnCancel(WDFREQUEST Request)
{
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

static BOOLEAN CompletedCancelable(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfRequestMarkCancelable(Request, OnCancel);
    WdfRequestComplete(Request, STATUS_SUCCESS);
    return TRUE;
}

static BOOLEAN MarkCancelable(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfRequestMarkCancelable(Request, OnCancel);
    WdfRequestMarkCancelable(Request, OnCancel);
    return TRUE;
}

static BOOLEAN IsCanceled(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfRequestMarkCancelable(Request, OnCancel);
    WdfRequestIsCanceled(Request);
    return WdfRequestUnmarkCancelable(Request) == STATUS_CANCELLED;
}

static BOOLEAN StopAcknowledge(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfRequestStopAcknowledge(Request, FALSE);
    return FALSE;
}

static BOOLEAN Format(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDFREQUEST Own;
    if (NT_SUCCESS(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, NULL, &Own)))
        WdfRequestFormatRequestUsingCurrentType(Own);
    return FALSE;
}

/* To the own device, whose IOCTL_HOLD pends. */
static BOOLEAN SentTwice(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlBroken");
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDFIOTARGET Target;
    WDFREQUEST Own;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&Open, &Name, GENERIC_READ);
    if (!NT_SUCCESS(WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &Target)) || !NT_SUCCESS(WdfIoTargetOpen(Target, &Open)) ||
        !NT_SUCCESS(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &Own)) ||
        !NT_SUCCESS(WdfIoTargetFormatRequestForIoctl(Target, Own, IOCTL_HOLD, NULL, NULL, NULL, NULL)))
        return FALSE;
    WdfRequestSend(Own, Target, WDF_NO_SEND_OPTIONS);
    WdfRequestSend(Own, Target, WDF_NO_SEND_OPTIONS);
    return FALSE;
}

/* ---- Queues ----------------------------------------------------------------------------------------------------------------------- */

static BOOLEAN QueueDeadlock(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfIoQueueStopSynchronously(Queue);
    return FALSE;
}

static VOID NTAPI OnDrained(WDFQUEUE Queue, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(Context);
}

static BOOLEAN QueueState(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfIoQueueDrain(Queue, OnDrained, NULL);
    WdfIoQueueDrain(Queue, OnDrained, NULL);
    return FALSE;
}

static BOOLEAN DefaultQueue(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfObjectDelete(Queue);
    return FALSE;
}

/* ---- Levels and locks -------------------------------------------------------------------------------------------------------------- */

static BOOLEAN IrqlOfMethod(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDFSTRING String;
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &String);
    KeLowerIrql(Old);
    return FALSE;
}

static BOOLEAN IrqlChanged(WDFQUEUE Queue, WDFREQUEST Request)
{
    KIRQL Old;
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
    return FALSE;
}

static VOID NTAPI OnWorkRaised(WDFWORKITEM Work)
{
    KIRQL Old;
    UNREFERENCED_PARAMETER(Work);
    KeRaiseIrql(DISPATCH_LEVEL, &Old);
}

static BOOLEAN IrqlChangedInWork(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_WORKITEM_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFWORKITEM Work;
    WDF_WORKITEM_CONFIG_INIT(&Config, OnWorkRaised);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    if (NT_SUCCESS(WdfWorkItemCreate(&Config, &Attributes, &Work))) {
        WdfWorkItemEnqueue(Work);
        WdfWorkItemFlush(Work);
    }
    return FALSE;
}

static VOID NTAPI OnDpcHolding(WDFDPC Dpc)
{
    UNREFERENCED_PARAMETER(Dpc);
    WdfSpinLockAcquire(First);
}

static BOOLEAN SpinLockHeldByDpc(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_DPC_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDPC Dpc;
    WDF_DPC_CONFIG_INIT(&Config, OnDpcHolding);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    if (NT_SUCCESS(WdfDpcCreate(&Config, &Attributes, &Dpc))) {
        WdfDpcEnqueue(Dpc);
        KeFlushQueuedDpcs();
    }
    return FALSE;
}

static BOOLEAN LockOwner(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfSpinLockRelease(First);
    return FALSE;
}

static BOOLEAN Deadlock(WDFQUEUE Queue, WDFREQUEST Request)
{
    WdfWaitLockAcquire(Wait, NULL);
    WdfWaitLockAcquire(Wait, NULL);
    return FALSE;
}

static VOID NTAPI OnTimerDelete(WDFTIMER Timer)
{
    WdfObjectDelete(Timer);
}

static VOID NTAPI OnTimerGone(WDFOBJECT Timer)
{
    UNREFERENCED_PARAMETER(Timer);
    KeSetEvent(&Gone, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN DeadlockOfTimer(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_TIMER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFTIMER Timer;
    KeInitializeEvent(&Gone, NotificationEvent, FALSE);
    WDF_TIMER_CONFIG_INIT(&Config, OnTimerDelete);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    Attributes.EvtDestroyCallback = OnTimerGone;
    if (NT_SUCCESS(WdfTimerCreate(&Config, &Attributes, &Timer))) {
        WdfTimerStart(Timer, 0);
        KeWaitForSingleObject(&Gone, Executive, KernelMode, FALSE, NULL);
    }
    return FALSE;
}

static BOOLEAN SpinLockHeld(WDFQUEUE Queue, WDFREQUEST Request)
{
    KIRQL Old = KeGetCurrentIrql();
    WdfSpinLockAcquire(First);
    KeLowerIrql(Old);
    return FALSE;
}

static VOID InOrder(WDFSPINLOCK Outer, WDFSPINLOCK Inner)
{
    WdfSpinLockAcquire(Outer);
    WdfSpinLockAcquire(Inner);
    WdfSpinLockRelease(Inner);
    WdfSpinLockRelease(Outer);
}

static BOOLEAN LockOrder(WDFQUEUE Queue, WDFREQUEST Request)
{
    InOrder(First, Second);
    InOrder(Second, First);
    return FALSE;
}

static BOOLEAN WaitLockOrder(WDFQUEUE Queue, WDFREQUEST Request)
{
    LONGLONG Once = 0;
    WdfWaitLockAcquire(Wait, NULL);
    WdfSpinLockAcquire(First);
    WdfSpinLockRelease(First);
    WdfWaitLockRelease(Wait);
    WdfWaitLockAcquire(Wait, &Once); /* a try takes no order */
    WdfWaitLockRelease(Wait);
    InOrder(First, Second);
    return FALSE;
}

/* ---- The driver ------------------------------------------------------------------------------------------------------------------------ */

static BOOLEAN Clean(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDFMEMORY Made = Memory();
    WdfObjectReference(Made);
    WdfObjectDelete(Made);
    WdfObjectDereference(Made);
    WaitLockOrder(Queue, Request);
    WdfRequestMarkCancelable(Request, OnCancel);
    return WdfRequestUnmarkCancelable(Request) == STATUS_CANCELLED;
}

static const struct {
    const char *Rule;
    BREAK *Break;
} Rules[] = {
    {"clean", Clean},
    {"invalid-handle", InvalidHandle},
    {"invalid-handle/deleted", DeletedHandle},
    {"reference-count", ReferenceCount},
    {"leaked-reference", LeakedReference},
    {"object-not-deletable", ObjectNotDeletable},
    {"object-lock", ObjectLock},
    {"structure-size", StructureSize},
    {"parameter", Parameter},
    {"device-init", DeviceInit},
    {"pool-leak", PoolLeak},
    {"timer-active", TimerActive},
    {"request-touched", RequestTouched},
    {"request-deleted", RequestDeleted},
    {"request-not-completed", RequestNotCompleted},
    {"completed-twice", CompletedTwice},
    {"completed-elsewhere", CompletedElsewhere},
    {"completed-own", CompletedOwn},
    {"completed-cancelable", CompletedCancelable},
    {"mark-cancelable", MarkCancelable},
    {"is-canceled", IsCanceled},
    {"stop-acknowledge", StopAcknowledge},
    {"format", Format},
    {"sent-twice", SentTwice},
    {"queue-deadlock", QueueDeadlock},
    {"queue-state", QueueState},
    {"default-queue", DefaultQueue},
    {"irql/method", IrqlOfMethod},
    {"irql-changed", IrqlChanged},
    {"irql-changed/work", IrqlChangedInWork},
    {"lock-owner", LockOwner},
    {"deadlock", Deadlock},
    {"deadlock/timer", DeadlockOfTimer},
    {"spin-lock-held", SpinLockHeld},
    {"spin-lock-held/dpc", SpinLockHeldByDpc},
    {"lock-order", LockOrder},
};

static BOOLEAN Same(const char *A, const char *B)
{
    while (*A != '\0' && *A == *B)
        A++, B++;
    return *A == *B;
}

static VOID NTAPI OnControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    PVOID Name;
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    if (Code == IOCTL_HOLD) {
        if (!Loses)
            WdfRequestMarkCancelable(Request, OnCancel);
        return;
    }
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, 1, &Name, NULL);
    for (ULONG i = 0; NT_SUCCESS(Status) && i < sizeof Rules / sizeof *Rules; i++)
        if (Same(Rules[i].Rule, Name)) {
            if (!Rules[i].Break(Queue, Request))
                WdfRequestComplete(Request, STATUS_SUCCESS);
            return;
        }
    WdfRequestComplete(Request, STATUS_NOT_FOUND);
}

static NTSTATUS MakeDevice(WDFDRIVER Driver)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlBroken"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlBroken");
    UNICODE_STRING Sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
    WDF_IO_QUEUE_CONFIG Queue;
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    if (Init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = WdfDeviceInitAssignName(Init, &Name);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    if (!NT_SUCCESS(Status)) {
        WdfDeviceInitFree(Init);
        return Status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = OnControl;
    Status = WdfIoQueueCreate(Device, &Queue, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    WDF_IO_QUEUE_CONFIG_INIT(&Queue, WdfIoQueueDispatchManual);
    if (NT_SUCCESS(Status))
        Status = WdfIoQueueCreate(Device, &Queue, WDF_NO_OBJECT_ATTRIBUTES, &Manual);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateSymbolicLink(Device, &Link);
    if (NT_SUCCESS(Status))
        WdfControlFinishInitializing(Device);
    return Status;
}

static VOID NTAPI OnUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
#ifdef NO_DRIVER
    WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &First);
#endif
    WDF_DRIVER_CONFIG_INIT(&Config, WDF_NO_EVENT_CALLBACK);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = OnUnload;
    NTSTATUS Status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
    if (NT_SUCCESS(Status))
        Status = WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &First);
    if (NT_SUCCESS(Status))
        Status = WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &Second);
    if (NT_SUCCESS(Status))
        Status = WdfWaitLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &Wait);
    return NT_SUCCESS(Status) ? MakeDevice(WdfGetDriver()) : Status;
}
