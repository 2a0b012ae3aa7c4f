/* SPDX-License-Identifier: MIT */
/* The edges of framework objects: those that queue themselves while they are deleted, deletes at raised levels and inside callbacks, values
 * that are empty, memory that may not be given another buffer. A driver of the report program's (tests/wdm/report.h), whose verifier
 * watches: what is legal here may not be reported. */
#include <ntddk.h>
#include <wdf.h>

#include "../wdm/report.h"

#define TAG 'egdF'

static WDFDEVICE Device;
static volatile LONG Runs;
static KEVENT Ran, Gone;

static VOID Attributes(PWDF_OBJECT_ATTRIBUTES Set, WDFOBJECT Parent)
{
    WDF_OBJECT_ATTRIBUTES_INIT(Set);
    Set->ParentObject = Parent;
}

static VOID NTAPI OnGone(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    KeSetEvent(&Gone, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN Comes(PKEVENT Event)
{
    LARGE_INTEGER Time = {.QuadPart = -100000000LL};
    return KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, &Time) == STATUS_SUCCESS;
}

/* ---- What queues itself ------------------------------------------------------------------------------------ */

static VOID NTAPI OnDpc(WDFDPC Dpc)
{
    InterlockedIncrement(&Runs);
    WdfDpcEnqueue(Dpc);
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI OnWork(WDFWORKITEM Work)
{
    InterlockedIncrement(&Runs);
    WdfWorkItemEnqueue(Work);
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static VOID NTAPI OnTimer(WDFTIMER Timer)
{
    InterlockedIncrement(&Runs);
    WdfTimerStart(Timer, 0);
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

/* One that queues itself for ever ends with its delete. */
static VOID EndlessTest(VOID)
{
    WDF_OBJECT_ATTRIBUTES Set;
    WDF_DPC_CONFIG DpcConfig;
    WDF_WORKITEM_CONFIG WorkConfig;
    WDF_TIMER_CONFIG TimerConfig;
    WDFDPC Dpc;
    WDFWORKITEM Work;
    WDFTIMER Timer;
    Attributes(&Set, Device);
    Set.EvtDestroyCallback = OnGone;
    WDF_DPC_CONFIG_INIT(&DpcConfig, OnDpc);
    WDF_WORKITEM_CONFIG_INIT(&WorkConfig, OnWork);
    WDF_TIMER_CONFIG_INIT(&TimerConfig, OnTimer);
    for (int i = 0; i < 20; i++) {
        KeClearEvent(&Ran);
        KeClearEvent(&Gone);
        CHECK(WdfDpcCreate(&DpcConfig, &Set, &Dpc) == STATUS_SUCCESS && WdfDpcEnqueue(Dpc) && Comes(&Ran), "a DPC that queues itself");
        WdfObjectDelete(Dpc);
        CHECK(Comes(&Gone), "is deleted");
        KeClearEvent(&Ran);
        KeClearEvent(&Gone);
        CHECK(WdfWorkItemCreate(&WorkConfig, &Set, &Work) == STATUS_SUCCESS, "a work item");
        WdfWorkItemEnqueue(Work);
        CHECK(Comes(&Ran), "that queues itself");
        WdfObjectDelete(Work);
        CHECK(Comes(&Gone), "is deleted");
        KeClearEvent(&Ran);
        KeClearEvent(&Gone);
        CHECK(WdfTimerCreate(&TimerConfig, &Set, &Timer) == STATUS_SUCCESS && !WdfTimerStart(Timer, 0) && Comes(&Ran), "a timer that starts itself");
        WdfObjectDelete(Timer);
        CHECK(Comes(&Gone), "is deleted");
    }
    LONG Before = Runs;
    KeFlushQueuedDpcs();
    CHECK(Runs == Before, "and none runs any more");
}

/* What is queued when it is deleted still runs, once. */
static VOID NTAPI OnWorkOnce(WDFWORKITEM Work)
{
    UNREFERENCED_PARAMETER(Work);
    InterlockedIncrement(&Runs);
}

static VOID QueuedTest(VOID)
{
    WDF_OBJECT_ATTRIBUTES Set;
    WDF_WORKITEM_CONFIG Config;
    WDFWORKITEM Work;
    LONG Before = Runs;
    Attributes(&Set, Device);
    WDF_WORKITEM_CONFIG_INIT(&Config, OnWorkOnce);
    for (int i = 0; i < 100; i++) {
        if (!NT_SUCCESS(WdfWorkItemCreate(&Config, &Set, &Work)))
            break;
        WdfWorkItemEnqueue(Work);
        WdfObjectDelete(Work);
    }
    CHECK(Runs == Before + 100, "a queued work item runs before its object goes");
}

/* ---- Deletes ------------------------------------------------------------------------------------------------------- */

static VOID NTAPI OnTimerDelete(WDFTIMER Timer)
{
    WdfObjectDelete(Timer);
}

static VOID NTAPI OnWorkDelete(WDFWORKITEM Work)
{
    WdfObjectDelete(Work);
}

static VOID NTAPI OnCleanupRefer(WDFOBJECT Object)
{
    WdfObjectReference(Object); /* alive until somebody is done with it */
    KeSetEvent(&Ran, IO_NO_INCREMENT, FALSE);
}

static VOID DeleteTest(VOID)
{
    WDF_OBJECT_ATTRIBUTES Set;
    WDF_WORKITEM_CONFIG WorkConfig;
    WDF_TIMER_CONFIG TimerConfig;
    WDFWORKITEM Work;
    WDFTIMER Timer;
    WDFSPINLOCK Lock;
    WDFMEMORY Memory;
    WDFOBJECT Object;
    Attributes(&Set, Device);
    Set.EvtDestroyCallback = OnGone;
    WDF_WORKITEM_CONFIG_INIT(&WorkConfig, OnWorkDelete);
    WDF_TIMER_CONFIG_INIT(&TimerConfig, OnTimerDelete);
    KeClearEvent(&Gone);
    CHECK(WdfTimerCreate(&TimerConfig, &Set, &Timer) == STATUS_SUCCESS && !WdfTimerStart(Timer, 0) && Comes(&Gone),
          "a timer deletes itself at DISPATCH_LEVEL");
    KeClearEvent(&Gone);
    CHECK(WdfWorkItemCreate(&WorkConfig, &Set, &Work) == STATUS_SUCCESS, "a work item");
    WdfWorkItemEnqueue(Work);
    CHECK(Comes(&Gone), "deletes itself");
    CHECK(WdfSpinLockCreate(WDF_NO_OBJECT_ATTRIBUTES, &Lock) == STATUS_SUCCESS &&
              WdfMemoryCreate(&Set, NonPagedPoolNx, TAG, 16, &Memory, NULL) == STATUS_SUCCESS &&
              WdfTimerCreate(&TimerConfig, &Set, &Timer) == STATUS_SUCCESS, "objects");
    KeClearEvent(&Gone);
    WdfSpinLockAcquire(Lock);
    WdfObjectDelete(Memory);
    CHECK(KeReadStateEvent(&Gone) != 0, "memory goes under a spin lock");
    KeClearEvent(&Gone);
    WdfObjectDelete(Timer);
    WdfSpinLockRelease(Lock);
    CHECK(Comes(&Gone), "what is cleaned up at PASSIVE_LEVEL goes later");
    WdfObjectDelete(Lock);
    KeClearEvent(&Gone);
    KeClearEvent(&Ran);
    Set.EvtCleanupCallback = OnCleanupRefer;
    CHECK(WdfObjectCreate(&Set, &Object) == STATUS_SUCCESS, "an object");
    WdfObjectDelete(Object);
    CHECK(KeReadStateEvent(&Ran) && !KeReadStateEvent(&Gone), "one that is referenced by its cleanup callback stays");
    WdfObjectDereference(Object);
    CHECK(KeReadStateEvent(&Gone) != 0, "until it is not any more");
}

/* ---- Refusals --------------------------------------------------------------------------------------------------------- */

static VOID RefusalTest(VOID)
{
    WDF_OBJECT_ATTRIBUTES Set;
    WDF_TIMER_CONFIG Config;
    WDFTIMER Timer = NULL;
    WDFMEMORY Memory;
    UCHAR Bytes[8];
    Attributes(&Set, Device);
    Set.ExecutionLevel = WdfExecutionLevelPassive;
    WDF_TIMER_CONFIG_INIT_PERIODIC(&Config, OnTimer, 10);
    Config.AutomaticSerialization = FALSE;
    CHECK(!NT_SUCCESS(WdfTimerCreate(&Config, &Set, &Timer)) && Timer == NULL, "a passive timer has no period");
    Config.Period = 0;
    CHECK(WdfTimerCreate(&Config, &Set, &Timer) == STATUS_SUCCESS, "one without is made");
    WdfObjectDelete(Timer);
    CHECK(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, TAG, 8, &Memory, NULL) == STATUS_SUCCESS, "memory");
    CHECK(!NT_SUCCESS(WdfMemoryAssignBuffer(Memory, Bytes, sizeof Bytes)), "of its own gets no other buffer");
    CHECK(WdfMemoryCopyFromBuffer(Memory, 1, Bytes, 8) == STATUS_BUFFER_TOO_SMALL &&
              WdfMemoryCopyFromBuffer(Memory, (size_t)-1, Bytes, 2) == STATUS_BUFFER_TOO_SMALL &&
              WdfMemoryCopyToBuffer(Memory, 8, Bytes, 1) == STATUS_BUFFER_TOO_SMALL &&
              WdfMemoryCopyToBuffer(Memory, 2, Bytes, (size_t)-2) == STATUS_BUFFER_TOO_SMALL, "nor is it copied beyond its end");
    WdfObjectDelete(Memory);
}

static VOID RegistryTest(VOID)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Empty");
    WDFKEY Key;
    WDFMEMORY Memory = NULL;
    WDFCOLLECTION Strings;
    CHECK(WdfDriverOpenParametersRegistryKey(WdfGetDriver(), KEY_READ | KEY_WRITE, WDF_NO_OBJECT_ATTRIBUTES, &Key) == STATUS_SUCCESS &&
              WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &Strings) == STATUS_SUCCESS, "a key and a collection");
    CHECK(WdfRegistryAssignValue(Key, &Name, REG_BINARY, 0, NULL) == STATUS_SUCCESS, "a value of nothing");
    CHECK(WdfRegistryQueryMemory(Key, &Name, PagedPool, WDF_NO_OBJECT_ATTRIBUTES, &Memory, NULL) == STATUS_RESOURCE_DATA_NOT_FOUND &&
              Memory == NULL, "gives no memory");
    CHECK(WdfRegistryAssignValue(Key, &Name, REG_MULTI_SZ, 0, NULL) == STATUS_SUCCESS &&
              WdfRegistryQueryMultiString(Key, &Name, WDF_NO_OBJECT_ATTRIBUTES, Strings) == STATUS_RESOURCE_DATA_NOT_FOUND,
          "and no strings");
    WdfRegistryRemoveValue(Key, &Name);
    WdfObjectDelete(Strings);
    WdfRegistryClose(Key);
}

const struct Part Parts[] = {{"endless", EndlessTest}, {"queued", QueuedTest}, {"delete", DeleteTest}, {"refusals", RefusalTest},
                             {"registry", RegistryTest}, {NULL, NULL}};

/* ---- The driver ---------------------------------------------------------------------------------------------------------- */

static VOID NTAPI OnUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ReportStop();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
    WDF_DRIVER_CONFIG Config;
    PWDFDEVICE_INIT Init;
    KeInitializeEvent(&Ran, NotificationEvent, FALSE);
    KeInitializeEvent(&Gone, NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, WDF_NO_EVENT_CALLBACK);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver | WdfDriverInitNoDispatchOverride; /* requests are the report's */
    Config.EvtDriverUnload = OnUnload;
    NTSTATUS Status = WdfDriverCreate(Driver, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
    if (!NT_SUCCESS(Status))
        return Status;
    Init = WdfControlDeviceInitAllocate(WdfGetDriver(), &Sddl);
    Status = Init == NULL ? STATUS_INSUFFICIENT_RESOURCES : WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Device);
    return NT_SUCCESS(Status) ? ReportStart(Driver) : Status;
}
