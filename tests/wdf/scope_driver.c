/* SPDX-License-Identifier: MIT */
/* A framework driver whose callbacks look whether another one is inside: synchronisation scopes, execution levels, the object lock, automatic
 * serialisation of timers, DPCs and work items; and a preprocess callback. */
#include <ntddk.h>
#include <wdf.h>

#include "scope_test.h"

typedef struct _SCOPE {
    volatile LONG Inside;
    KIRQL Irql; /* of its callbacks */
    WDFTIMER Timer;
    BOOLEAN Again; /* the timer has no period at PASSIVE_LEVEL: its callback starts it; under the scope's lock */
    WDFDPC Dpc;
    WDFWORKITEM Work;
    struct scope_counts Counts;
} SCOPE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(SCOPE, GetScope)

/* A while, without sleeping: callbacks may run at DISPATCH_LEVEL. */
static VOID Linger(volatile LONG *Inside, struct scope_counts *Counts)
{
    if (InterlockedIncrement(Inside) != 1)
        InterlockedIncrement((LONG *)&Counts->overlaps);
    for (volatile int i = 0; i < 2000; i++)
        ;
    InterlockedDecrement(Inside);
}

static VOID Enter(SCOPE *Scope, unsigned int *Count)
{
    InterlockedIncrement((LONG *)Count);
    if (KeGetCurrentIrql() != Scope->Irql)
        InterlockedIncrement((LONG *)&Scope->Counts.wrong_irql);
    Linger(&Scope->Inside, &Scope->Counts);
}

static VOID NTAPI OnTimer(WDFTIMER Timer)
{
    SCOPE *Scope = GetScope(WdfTimerGetParentObject(Timer));
    Enter(Scope, &Scope->Counts.timers);
    if (Scope->Again)
        WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
}

static VOID NTAPI OnDpc(WDFDPC Dpc)
{
    SCOPE *Scope = GetScope(WdfDpcGetParentObject(Dpc));
    Enter(Scope, &Scope->Counts.dpcs);
}

static VOID NTAPI OnWork(WDFWORKITEM Work)
{
    SCOPE *Scope = GetScope(WdfWorkItemGetParentObject(Work));
    Enter(Scope, &Scope->Counts.works);
}

static NTSTATUS MakeHelpers(WDFDEVICE Device, BOOLEAN Passive)
{
    SCOPE *Scope = GetScope(Device);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_TIMER_CONFIG Timer;
    WDF_DPC_CONFIG Dpc;
    WDF_WORKITEM_CONFIG Work;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Device;
    WDF_DPC_CONFIG_INIT(&Dpc, OnDpc);
    WDF_WORKITEM_CONFIG_INIT(&Work, OnWork);
    WDF_TIMER_CONFIG_INIT_PERIODIC(&Timer, OnTimer, 1);
    NTSTATUS First, Second;
    if (Passive) { /* a lock that sleeps may not be taken at DISPATCH_LEVEL */
        Scope->Counts.refusals += WdfDpcCreate(&Dpc, &Attributes, &Scope->Dpc) == STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
        Scope->Counts.refusals += WdfTimerCreate(&Timer, &Attributes, &Scope->Timer) == STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
        First = WdfWorkItemCreate(&Work, &Attributes, &Scope->Work);
        Attributes.ExecutionLevel = WdfExecutionLevelPassive;
        Timer.Period = 0;
    } else { /* nor a spin lock around what may sleep */
        Scope->Counts.refusals += WdfWorkItemCreate(&Work, &Attributes, &Scope->Work) == STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
        Attributes.ExecutionLevel = WdfExecutionLevelPassive;
        Timer.Period = 0;
        Scope->Counts.refusals += WdfTimerCreate(&Timer, &Attributes, &Scope->Timer) == STATUS_WDF_INCOMPATIBLE_EXECUTION_LEVEL;
        Attributes.ExecutionLevel = WdfExecutionLevelInheritFromParent;
        Timer.Period = 1;
        First = WdfDpcCreate(&Dpc, &Attributes, &Scope->Dpc);
    }
    Second = WdfTimerCreate(&Timer, &Attributes, &Scope->Timer);
    return NT_SUCCESS(First) ? Second : First;
}

static VOID Locked(WDFDEVICE Device)
{
    SCOPE *Scope = GetScope(Device);
    WdfObjectAcquireLock(Device); /* from inside a callback of the scope it nests */
    InterlockedIncrement((LONG *)&Scope->Counts.locked);
    WdfObjectReleaseLock(Device);
}

static VOID NTAPI OnControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    WDFDEVICE Device = WdfIoQueueGetDevice(Queue);
    SCOPE *Scope = GetScope(Device);
    PVOID Buffer;
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG_PTR Information = 0;
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    switch (Code) {
    case IOCTL_SCOPE_WORK:
        Enter(Scope, &Scope->Counts.requests);
        Locked(Device);
        if (Scope->Dpc != NULL)
            WdfDpcEnqueue(Scope->Dpc);
        if (Scope->Work != NULL)
            WdfWorkItemEnqueue(Scope->Work);
        break;
    case IOCTL_SCOPE_START:
        Scope->Again = Scope->Irql == PASSIVE_LEVEL;
        WdfTimerStart(Scope->Timer, WDF_REL_TIMEOUT_IN_MS(1));
        break;
    case IOCTL_SCOPE_STOP:
        Scope->Again = FALSE;
        if (Scope->Timer != NULL)
            WdfTimerStop(Scope->Timer, FALSE);
        Status = WdfRequestRetrieveOutputBuffer(Request, sizeof Scope->Counts, &Buffer, NULL);
        if (NT_SUCCESS(Status)) {
            RtlCopyMemory(Buffer, &Scope->Counts, sizeof Scope->Counts);
            Information = sizeof Scope->Counts;
        }
        break;
    default:
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

/* ---- Scope queue ---------------------------------------------------------------------------------------------------------------- */

typedef struct _LANE {
    volatile LONG Inside;
} LANE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(LANE, GetLane)

static VOID NTAPI OnTransfer(WDFQUEUE Queue, WDFREQUEST Request, size_t Length)
{
    SCOPE *Scope = GetScope(WdfIoQueueGetDevice(Queue));
    InterlockedIncrement((LONG *)&Scope->Counts.requests);
    Linger(&GetLane(Queue)->Inside, &Scope->Counts);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, Length);
}

static NTSTATUS MakeLane(WDFDEVICE Device, WDF_REQUEST_TYPE Type)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFQUEUE Queue;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoRead = OnTransfer;
    Config.EvtIoWrite = OnTransfer;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, LANE);
    NTSTATUS Status = WdfIoQueueCreate(Device, &Config, &Attributes, &Queue);
    return NT_SUCCESS(Status) ? WdfDeviceConfigureRequestDispatching(Device, Queue, Type) : Status;
}

/* ---- Preprocessing ------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS NTAPI OnPreprocess(WDFDEVICE Device, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    InterlockedIncrement((LONG *)&GetScope(Device)->Counts.preprocessed);
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_SCOPE_KEPT) {
        Irp->IoStatus.Status = STATUS_SUCCESS;
        Irp->IoStatus.Information = 0;
        IoCompleteRequest(Irp, IO_NO_INCREMENT);
        return STATUS_SUCCESS;
    }
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_SCOPE_WORK)
        IoCopyCurrentIrpStackLocationToNext(Irp);
    else
        IoSkipCurrentIrpStackLocation(Irp);
    return WdfDeviceWdmDispatchPreprocessedIrp(Device, Irp);
}

/* ---- Coming ---------------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS MakeDevice(WDFDRIVER Driver, PCUNICODE_STRING Name, PCUNICODE_STRING Link, WDF_SYNCHRONIZATION_SCOPE Scope,
                           WDF_EXECUTION_LEVEL Level, BOOLEAN Preprocess, WDFDEVICE *Made)
{
    UNICODE_STRING Sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Queue;
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    if (Init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = WdfDeviceInitAssignName(Init, Name);
    if (NT_SUCCESS(Status) && Preprocess)
        Status = WdfDeviceInitAssignWdmIrpPreprocessCallback(Init, OnPreprocess, IRP_MJ_DEVICE_CONTROL, NULL, 0);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, SCOPE);
    Attributes.SynchronizationScope = Scope;
    Attributes.ExecutionLevel = Level;
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, &Attributes, Made);
    if (!NT_SUCCESS(Status)) {
        WdfDeviceInitFree(Init);
        return Status;
    }
    GetScope(*Made)->Irql = Scope == WdfSynchronizationScopeDevice && Level == WdfExecutionLevelDispatch ? DISPATCH_LEVEL : PASSIVE_LEVEL;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = OnControl;
    Status = WdfIoQueueCreate(*Made, &Queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateSymbolicLink(*Made, Link);
    return Status;
}

static VOID NTAPI OnUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const struct {
        UNICODE_STRING Name, Link;
        WDF_SYNCHRONIZATION_SCOPE Scope;
        WDF_EXECUTION_LEVEL Level;
    } Devices[] = {
        {RTL_CONSTANT_STRING(L"\\Device\\OvlScopeDispatch"), RTL_CONSTANT_STRING(L"\\DosDevices\\OvlScopeDispatch"),
         WdfSynchronizationScopeDevice, WdfExecutionLevelDispatch},
        {RTL_CONSTANT_STRING(L"\\Device\\OvlScopePassive"), RTL_CONSTANT_STRING(L"\\DosDevices\\OvlScopePassive"),
         WdfSynchronizationScopeDevice, WdfExecutionLevelPassive},
        {RTL_CONSTANT_STRING(L"\\Device\\OvlScopeQueue"), RTL_CONSTANT_STRING(L"\\DosDevices\\OvlScopeQueue"),
         WdfSynchronizationScopeQueue, WdfExecutionLevelDispatch},
        {RTL_CONSTANT_STRING(L"\\Device\\OvlScopePreprocess"), RTL_CONSTANT_STRING(L"\\DosDevices\\OvlScopePreprocess"),
         WdfSynchronizationScopeNone, WdfExecutionLevelDispatch}};
    WDF_DRIVER_CONFIG Config;
    WDFDRIVER Driver;
    WDFDEVICE Made;
    WDF_DRIVER_CONFIG_INIT(&Config, WDF_NO_EVENT_CALLBACK);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = OnUnload;
    NTSTATUS Status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, &Driver);
    for (int i = 0; i < 4 && NT_SUCCESS(Status); i++) {
        Status = MakeDevice(Driver, &Devices[i].Name, &Devices[i].Link, Devices[i].Scope, Devices[i].Level, i == 3, &Made);
        if (NT_SUCCESS(Status) && i < 2)
            Status = MakeHelpers(Made, i == 1);
        if (NT_SUCCESS(Status) && i == 2)
            Status = MakeLane(Made, WdfRequestTypeRead);
        if (NT_SUCCESS(Status) && i == 2)
            Status = MakeLane(Made, WdfRequestTypeWrite);
        if (NT_SUCCESS(Status))
            WdfControlFinishInitializing(Made);
    }
    return Status;
}
