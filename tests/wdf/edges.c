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

/* ---- Buffers as a target gets them --------------------------------------------------------------------------------------- */

static PDEVICE_OBJECT Low;
static UCHAR Got[64];
static ULONG GotLength;

/* Keeps what is written, by whichever of the three ways the device's flags ask for. */
static NTSTATUS NTAPI OnWrite(PDEVICE_OBJECT Of, PIRP Irp)
{
    ULONG Length = IoGetCurrentIrpStackLocation(Irp)->Parameters.Write.Length, At = 0;
    NTSTATUS Status = Of == Low && Length <= sizeof Got ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
    GotLength = Length;
    if (NT_SUCCESS(Status) && (Of->Flags & DO_DIRECT_IO)) {
        for (PMDL Mdl = Irp->MdlAddress; Mdl != NULL && At < Length; Mdl = Mdl->Next) {
            ULONG Part = MmGetMdlByteCount(Mdl) < Length - At ? MmGetMdlByteCount(Mdl) : Length - At;
            RtlCopyMemory(Got + At, MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority), Part);
            At += Part;
        }
        Status = At == Length ? STATUS_SUCCESS : STATUS_INVALID_BUFFER_SIZE;
    } else if (NT_SUCCESS(Status)) {
        RtlCopyMemory(Got, (Of->Flags & DO_BUFFERED_IO) ? Irp->AssociatedIrp.SystemBuffer : Irp->UserBuffer, Length);
    }
    Irp->IoStatus.Status = Status;
    Irp->IoStatus.Information = NT_SUCCESS(Status) ? Length : 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return Status;
}

static BOOLEAN Wrote(WDFIOTARGET Target, PWDF_MEMORY_DESCRIPTOR Descriptor, const VOID *Expected, ULONG Length)
{
    ULONG_PTR Bytes = 99;
    RtlFillMemory(Got, sizeof Got, 0xee);
    return WdfIoTargetSendWriteSynchronously(Target, NULL, Descriptor, NULL, NULL, &Bytes) == STATUS_SUCCESS && Bytes == Length &&
           GotLength == Length && RtlEqualMemory(Got, Expected, Length) && Got[Length] == 0xee;
}

static VOID BuffersOf(WDFIOTARGET Target, PUCHAR Bytes, BOOLEAN Chains)
{
    WDF_MEMORY_DESCRIPTOR Descriptor;
    WDFMEMORY_OFFSET Offset = {.BufferOffset = 5, .BufferLength = 7};
    WDFMEMORY Memory;
    PMDL Mdl = IoAllocateMdl(Bytes, 20, FALSE, FALSE, NULL), Next = IoAllocateMdl(Bytes + 32, 10, FALSE, FALSE, NULL);
    UCHAR Joined[30];
    ULONG_PTR Count;
    MmBuildMdlForNonPagedPool(Mdl);
    MmBuildMdlForNonPagedPool(Next);
    RtlCopyMemory(Joined, Bytes, 20);
    RtlCopyMemory(Joined + 20, Bytes + 32, 10);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Bytes, 11);
    CHECK(Wrote(Target, &Descriptor, Bytes, 11), "a buffer");
    CHECK(Wrote(Target, NULL, Bytes, 0), "none");
    WDF_MEMORY_DESCRIPTOR_INIT_MDL(&Descriptor, Mdl, 20);
    CHECK(Wrote(Target, &Descriptor, Bytes, 20), "an MDL");
    WDF_MEMORY_DESCRIPTOR_INIT_MDL(&Descriptor, Mdl, 6);
    CHECK(Wrote(Target, &Descriptor, Bytes, 6), "its beginning");
    WDF_MEMORY_DESCRIPTOR_INIT_MDL(&Descriptor, Mdl, 21);
    CHECK(WdfIoTargetSendWriteSynchronously(Target, NULL, &Descriptor, NULL, NULL, &Count) == STATUS_INVALID_BUFFER_SIZE && Count == 0,
          "no more than it has");
    Mdl->Next = Next;
    WDF_MEMORY_DESCRIPTOR_INIT_MDL(&Descriptor, Mdl, 30);
    if (Chains)
        CHECK(Wrote(Target, &Descriptor, Joined, 30), "a chain of MDLs");
    else
        CHECK(WdfIoTargetSendWriteSynchronously(Target, NULL, &Descriptor, NULL, NULL, &Count) == STATUS_INVALID_BUFFER_SIZE && Count == 0,
              "not a chain, which has no one address");
    WDF_MEMORY_DESCRIPTOR_INIT_MDL(&Descriptor, Mdl, 31);
    CHECK(WdfIoTargetSendWriteSynchronously(Target, NULL, &Descriptor, NULL, NULL, &Count) == STATUS_INVALID_BUFFER_SIZE,
          "no more than the chain has");
    Mdl->Next = NULL;
    IoFreeMdl(Next);
    IoFreeMdl(Mdl);
    CHECK(WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, Bytes, 16, &Memory) == STATUS_SUCCESS, "a memory object");
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&Descriptor, Memory, NULL);
    CHECK(Wrote(Target, &Descriptor, Bytes, 16), "whole");
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&Descriptor, Memory, &Offset);
    CHECK(Wrote(Target, &Descriptor, Bytes + 5, 7), "a part of it");
    Offset.BufferLength = 12;
    CHECK(WdfIoTargetSendWriteSynchronously(Target, NULL, &Descriptor, NULL, NULL, &Count) == STATUS_INVALID_BUFFER_SIZE, "not beyond it");
    Offset.BufferLength = (size_t)-2;
    CHECK(WdfIoTargetSendWriteSynchronously(Target, NULL, &Descriptor, NULL, NULL, &Count) == STATUS_INTEGER_OVERFLOW, "nor round it");
    WdfObjectDelete(Memory);
}

static VOID BufferTest(VOID)
{
    static const ULONG Ways[] = {DO_BUFFERED_IO, DO_DIRECT_IO, 0};
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDFIOTARGET Target;
    PUCHAR Bytes = (PUCHAR)ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof Got, TAG);
    for (UCHAR i = 0; i < sizeof Got; i++)
        Bytes[i] = i;
    CHECK(IoCreateDevice(ReportDriver, 0, NULL, 0x22, 0, FALSE, &Low) == STATUS_SUCCESS, "a device below");
    Low->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    for (ULONG i = 0; i < RTL_NUMBER_OF(Ways); i++) {
        Low->Flags = (Low->Flags & ~(ULONG)(DO_BUFFERED_IO | DO_DIRECT_IO)) | Ways[i];
        WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&Open, Low);
        CHECK(WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &Target) == STATUS_SUCCESS && WdfIoTargetOpen(Target, &Open) == STATUS_SUCCESS,
              "a target");
        CHECK(WdfIoTargetOpen(Target, &Open) == STATUS_INVALID_DEVICE_STATE, "which is opened once");
        BuffersOf(Target, Bytes, Ways[i] == DO_DIRECT_IO);
        WdfIoTargetClose(Target);
        ULONG_PTR Count;
        CHECK(WdfIoTargetSendWriteSynchronously(Target, NULL, NULL, NULL, NULL, &Count) == STATUS_INVALID_DEVICE_STATE, "not once it is closed");
        WdfObjectDelete(Target);
    }
    IoDeleteDevice(Low);
    ExFreePoolWithTag(Bytes, TAG);
}

const struct Part Parts[] = {{"endless", EndlessTest}, {"queued", QueuedTest}, {"delete", DeleteTest}, {"refusals", RefusalTest},
                             {"registry", RegistryTest}, {"buffers", BufferTest}, {NULL, NULL}};

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
    Driver->MajorFunction[IRP_MJ_WRITE] = OnWrite;
    return NT_SUCCESS(Status) ? ReportStart(Driver) : Status;
}
