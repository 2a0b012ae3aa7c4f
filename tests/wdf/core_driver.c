/* SPDX-License-Identifier: MIT */
/* A framework driver without hardware that looks at the framework's objects from inside: control devices, files, timers, DPCs, work items,
 * locks, collections, strings, registry keys, object order. Each part adds lines that its program prints. */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdf.h>

#include "core_test.h"

typedef struct _FILE_CONTEXT {
    ULONG Number;
} FILE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(FILE_CONTEXT, GetFileContext)

typedef struct _OWNER_CONTEXT {
    KEVENT Ran;
    KIRQL Irql;
    volatile LONG Calls;
    BOOLEAN Locked;
} OWNER_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(OWNER_CONTEXT, GetOwner)

/* How often its callbacks have run: read as other threads change it. */
static LONG CallsOf(OWNER_CONTEXT *Context)
{
    return InterlockedCompareExchange(&Context->Calls, 0, 0);
}

static WDFDEVICE Device, Late;
static struct core_counts Counts;
static char *At;
static size_t Room;
static const char *PartName;

#define CHECK(condition, text) Add((condition) != 0, text, __LINE__)

static VOID Add(BOOLEAN Good, const char *Text, int Line)
{
    char Why[64] = "";
    if (!Good)
        RtlStringCbPrintfA(Why, sizeof Why, " (line %d)", Line);
    RtlStringCbPrintfExA(At, Room, &At, &Room, 0, "%sok - %s: %s%s\n", Good ? "" : "not ", PartName, Text, Why);
}

static BOOLEAN Await(PKEVENT Event)
{
    LARGE_INTEGER Timeout = {.QuadPart = WDF_REL_TIMEOUT_IN_SEC(20)};
    return KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, &Timeout) == STATUS_SUCCESS;
}

/* Below it hang timers and the like; it has a device above, as they must. */
static WDFOBJECT MakeOwner(VOID)
{
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFOBJECT Owner = NULL;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, OWNER_CONTEXT);
    Attributes.ParentObject = Device;
    if (NT_SUCCESS(WdfObjectCreate(&Attributes, &Owner)))
        KeInitializeEvent(&GetOwner(Owner)->Ran, SynchronizationEvent, FALSE);
    return Owner;
}

static VOID Ran(WDFOBJECT Owner)
{
    OWNER_CONTEXT *Context = GetOwner(Owner);
    Context->Irql = KeGetCurrentIrql();
    InterlockedIncrement(&Context->Calls);
    KeSetEvent(&Context->Ran, IO_NO_INCREMENT, FALSE);
}

/* ---- Timers, DPCs, work items --------------------------------------------------------------------------------------------- */

static VOID NTAPI OnTimer(WDFTIMER Timer)
{
    Ran(WdfTimerGetParentObject(Timer));
}

static VOID PartTimers(VOID)
{
    WDF_TIMER_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFTIMER Timer;
    WDFOBJECT Owner = MakeOwner();
    OWNER_CONTEXT *Context = GetOwner(Owner);
    WDF_TIMER_CONFIG_INIT(&Config, OnTimer);
    CHECK(WdfTimerCreate(&Config, WDF_NO_OBJECT_ATTRIBUTES, &Timer) == STATUS_WDF_PARENT_NOT_SPECIFIED, "a timer needs a parent");
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = WdfGetDriver();
    CHECK(WdfTimerCreate(&Config, &Attributes, &Timer) == STATUS_INVALID_DEVICE_REQUEST, "and a device above it");
    Attributes.ParentObject = Owner;
    CHECK(WdfTimerCreate(&Config, &Attributes, &Timer) == STATUS_SUCCESS, "a timer is made");
    CHECK(!WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(5)), "it was not in the queue");
    CHECK(Await(&Context->Ran) && Context->Irql == DISPATCH_LEVEL, "it runs at DISPATCH_LEVEL");
    CHECK(!WdfTimerStop(Timer, TRUE), "and is no longer queued");
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_SEC(1000));
    CHECK(WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_SEC(1000)), "started anew it was in the queue");
    CHECK(WdfTimerStop(Timer, FALSE) && CallsOf(Context) == 1, "stopped it does not run");
    WdfObjectDelete(Timer);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    CHECK(WdfTimerCreate(&Config, &Attributes, &Timer) == STATUS_SUCCESS, "a timer at level passive");
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
    CHECK(Await(&Context->Ran) && Context->Irql == PASSIVE_LEVEL, "it runs at PASSIVE_LEVEL");
    WdfObjectDelete(Timer);
    WDF_TIMER_CONFIG_INIT_PERIODIC(&Config, OnTimer, 2);
    Attributes.ExecutionLevel = WdfExecutionLevelInheritFromParent;
    CHECK(WdfTimerCreate(&Config, &Attributes, &Timer) == STATUS_SUCCESS, "a periodic timer");
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
    CHECK(Await(&Context->Ran) && Await(&Context->Ran) && Await(&Context->Ran), "it runs again and again");
    CHECK(WdfTimerStop(Timer, TRUE), "until it is stopped");
    LONG Calls = CallsOf(Context);
    LARGE_INTEGER Pause = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(20)};
    KeDelayExecutionThread(KernelMode, FALSE, &Pause);
    CHECK(CallsOf(Context) == Calls, "no call comes behind the stop");
    WdfTimerStart(Timer, WDF_REL_TIMEOUT_IN_MS(1));
    WdfObjectDelete(Owner);
}

static VOID NTAPI OnDpc(WDFDPC Dpc)
{
    Ran(WdfDpcGetParentObject(Dpc));
}

static VOID PartDpcs(VOID)
{
    WDF_DPC_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDPC Dpc;
    WDFOBJECT Owner = MakeOwner();
    OWNER_CONTEXT *Context = GetOwner(Owner);
    WDF_DPC_CONFIG_INIT(&Config, OnDpc);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Owner;
    CHECK(WdfDpcCreate(&Config, &Attributes, &Dpc) == STATUS_SUCCESS, "a DPC is made");
    CHECK(WdfDpcEnqueue(Dpc) && Await(&Context->Ran) && Context->Irql == DISPATCH_LEVEL, "it runs at DISPATCH_LEVEL");
    CHECK(!WdfDpcCancel(Dpc, TRUE) && CallsOf(Context) == 1, "what has run is not cancelled");
    CHECK(KeInsertQueueDpc(WdfDpcWdmGetDpc(Dpc), NULL, NULL) && Await(&Context->Ran), "queued as a KDPC it runs too");
    KeFlushQueuedDpcs();
    Context->Calls = 1;
    LONG Queued = 0;
    for (int i = 0; i < 1000; i++)
        Queued += WdfDpcEnqueue(Dpc);
    Queued -= WdfDpcCancel(Dpc, TRUE);
    CHECK(CallsOf(Context) == 1 + Queued, "it runs once for each time it was queued and not cancelled");
    WdfDpcEnqueue(Dpc);
    WdfObjectDelete(Owner);
}

static VOID NTAPI OnWork(WDFWORKITEM Item)
{
    WDFOBJECT Owner = WdfWorkItemGetParentObject(Item);
    Ran(Owner);
    if (CallsOf(GetOwner(Owner)) < 3)
        WdfWorkItemEnqueue(Item);
}

static VOID PartWorkItems(VOID)
{
    WDF_WORKITEM_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFWORKITEM Item;
    WDFOBJECT Owner = MakeOwner();
    OWNER_CONTEXT *Context = GetOwner(Owner);
    WDF_WORKITEM_CONFIG_INIT(&Config, OnWork);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Owner;
    CHECK(WdfWorkItemCreate(&Config, &Attributes, &Item) == STATUS_SUCCESS, "a work item is made");
    KIRQL Before;
    KeRaiseIrql(DISPATCH_LEVEL, &Before);
    WdfWorkItemEnqueue(Item);
    KeLowerIrql(Before);
    while (CallsOf(Context) < 3)
        CHECK(Await(&Context->Ran), "it runs, and again when it queues itself");
    WdfWorkItemFlush(Item);
    CHECK(CallsOf(Context) == 3 && Context->Irql == PASSIVE_LEVEL, "at PASSIVE_LEVEL, three times");
    WdfObjectDelete(Owner);
}

/* ---- Locks -------------------------------------------------------------------------------------------------------------------- */

static WDFWAITLOCK WaitLock;

static VOID NTAPI TryLock(WDFWORKITEM Item)
{
    LONGLONG Timeout = 0;
    WDFOBJECT Owner = WdfWorkItemGetParentObject(Item);
    GetOwner(Owner)->Locked = WdfWaitLockAcquire(WaitLock, &Timeout) == STATUS_SUCCESS;
    if (GetOwner(Owner)->Locked)
        WdfWaitLockRelease(WaitLock);
    Ran(Owner);
}

static VOID PartLocks(VOID)
{
    WDF_WORKITEM_CONFIG Config;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFSPINLOCK Spin;
    WDFWORKITEM Item;
    WDFOBJECT Owner = MakeOwner();
    OWNER_CONTEXT *Context = GetOwner(Owner);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Owner;
    CHECK(WdfSpinLockCreate(&Attributes, &Spin) == STATUS_SUCCESS, "a spin lock");
    WdfSpinLockAcquire(Spin);
    CHECK(KeGetCurrentIrql() == DISPATCH_LEVEL, "held at DISPATCH_LEVEL");
    WdfSpinLockRelease(Spin);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL, "and back");
    WDF_WORKITEM_CONFIG_INIT(&Config, TryLock);
    if (!NT_SUCCESS(WdfWaitLockCreate(&Attributes, &WaitLock)) || !NT_SUCCESS(WdfWorkItemCreate(&Config, &Attributes, &Item))) {
        CHECK(FALSE, "a wait lock and a work item");
        return;
    }
    CHECK(WdfWaitLockAcquire(WaitLock, NULL) == STATUS_SUCCESS && KeGetCurrentIrql() == PASSIVE_LEVEL, "a wait lock, held");
    WdfWorkItemEnqueue(Item);
    WdfWorkItemFlush(Item);
    CHECK(!Context->Locked, "another thread's try times out");
    WdfWaitLockRelease(WaitLock);
    WdfWorkItemEnqueue(Item);
    WdfWorkItemFlush(Item);
    CHECK(Context->Locked, "and succeeds when it is free");
    WdfObjectAcquireLock(Device);
    WdfObjectReleaseLock(Device);
    CHECK(KeGetCurrentIrql() == PASSIVE_LEVEL, "the device has a lock to take");
    WdfObjectDelete(Owner);
}

/* ---- Collections, strings, memory ------------------------------------------------------------------------------------------ */

static VOID PartCollections(VOID)
{
    WDFCOLLECTION Collection;
    WDFOBJECT Items[20];
    CHECK(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &Collection) == STATUS_SUCCESS, "a collection");
    CHECK(WdfCollectionGetFirstItem(Collection) == NULL && WdfCollectionGetLastItem(Collection) == NULL, "empty at first");
    for (ULONG i = 0; i < 20; i++) {
        Items[i] = MakeOwner();
        if (!NT_SUCCESS(WdfCollectionAdd(Collection, Items[i])))
            CHECK(FALSE, "an item is added");
    }
    WdfObjectDelete(Items[7]);
    CHECK(WdfCollectionGetItem(Collection, 7) == Items[7] && CallsOf(GetOwner(Items[7])) == 0, "an item that is deleted stays referenced");
    WdfCollectionRemoveItem(Collection, 7);
    WdfCollectionRemove(Collection, Items[0]);
    CHECK(WdfCollectionGetCount(Collection) == 18 && WdfCollectionGetFirstItem(Collection) == Items[1] &&
              WdfCollectionGetItem(Collection, 6) == Items[8] && WdfCollectionGetLastItem(Collection) == Items[19],
          "order is kept");
    CHECK(WdfCollectionGetItem(Collection, 18) == NULL, "nothing behind the last");
    WdfObjectDelete(Collection);
    for (ULONG i = 0; i < 20; i++)
        if (i != 7)
            WdfObjectDelete(Items[i]);
}

static VOID PartStrings(VOID)
{
    UNICODE_STRING Text = RTL_CONSTANT_STRING(L"h\x00e9llo"), Got;
    WDFSTRING String;
    CHECK(WdfStringCreate(&Text, WDF_NO_OBJECT_ATTRIBUTES, &String) == STATUS_SUCCESS, "a string");
    WdfStringGetUnicodeString(String, &Got);
    CHECK(RtlEqualUnicodeString(&Got, &Text, FALSE) && Got.Buffer != Text.Buffer, "is a copy");
    WdfObjectDelete(String);
    CHECK(WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &String) == STATUS_SUCCESS, "of nothing");
    WdfStringGetUnicodeString(String, &Got);
    CHECK(Got.Length == 0, "it is empty");
    CHECK(WdfDeviceRetrieveDeviceName(Device, String) == STATUS_SUCCESS, "the device's name");
    WdfStringGetUnicodeString(String, &Got);
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlWdfCore");
    CHECK(RtlEqualUnicodeString(&Got, &Name, FALSE), "is what was assigned");
    WdfObjectDelete(String);
}

/* ---- Registry ------------------------------------------------------------------------------------------------------------------ */

static VOID RegistryTexts(WDFKEY Key)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Text"), Text = RTL_CONSTANT_STRING(L"some text"), Got;
    UNICODE_STRING List = RTL_CONSTANT_STRING(L"List");
    WCHAR Room[16];
    USHORT Bytes = 0;
    WDFSTRING String;
    WDFCOLLECTION Strings;
    CHECK(WdfRegistryAssignUnicodeString(Key, &Name, &Text) == STATUS_SUCCESS, "text is written");
    Got = (UNICODE_STRING){.MaximumLength = sizeof Room, .Buffer = Room};
    CHECK(WdfRegistryQueryUnicodeString(Key, &Name, &Bytes, &Got) == STATUS_SUCCESS && RtlEqualUnicodeString(&Got, &Text, FALSE) &&
              Bytes == Text.Length + sizeof(WCHAR),
          "and read back, its length with the NUL");
    Got.MaximumLength = 4;
    CHECK(WdfRegistryQueryUnicodeString(Key, &Name, &Bytes, &Got) == STATUS_BUFFER_OVERFLOW, "where there is room");
    ULONG Number;
    CHECK(WdfRegistryQueryULong(Key, &Name, &Number) == STATUS_OBJECT_TYPE_MISMATCH, "text is no number");
    if (!NT_SUCCESS(WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &String)) ||
        !NT_SUCCESS(WdfCollectionCreate(WDF_NO_OBJECT_ATTRIBUTES, &Strings))) {
        CHECK(FALSE, "a string and a collection");
        return;
    }
    CHECK(WdfRegistryQueryString(Key, &Name, String) == STATUS_SUCCESS, "to a string object");
    WdfStringGetUnicodeString(String, &Got);
    CHECK(RtlEqualUnicodeString(&Got, &Text, FALSE), "the same text");
    CHECK(NT_SUCCESS(WdfCollectionAdd(Strings, String)) && NT_SUCCESS(WdfCollectionAdd(Strings, String)) &&
              WdfRegistryAssignMultiString(Key, &List, Strings) == STATUS_SUCCESS,
          "twice in a list");
    WdfCollectionRemoveItem(Strings, 0);
    WdfCollectionRemoveItem(Strings, 0);
    CHECK(WdfRegistryQueryMultiString(Key, &List, WDF_NO_OBJECT_ATTRIBUTES, Strings) == STATUS_SUCCESS &&
              WdfCollectionGetCount(Strings) == 2,
          "which is read back");
    WdfStringGetUnicodeString((WDFSTRING)WdfCollectionGetLastItem(Strings), &Got);
    CHECK(RtlEqualUnicodeString(&Got, &Text, FALSE), "whole");
    while (WdfCollectionGetCount(Strings) != 0) {
        WDFOBJECT Item = WdfCollectionGetFirstItem(Strings);
        WdfCollectionRemoveItem(Strings, 0);
        WdfObjectDelete(Item);
    }
    WdfObjectDelete(Strings);
    WdfObjectDelete(String);
}

static VOID PartRegistry(VOID)
{
    UNICODE_STRING Number = RTL_CONSTANT_STRING(L"Number"), Missing = RTL_CONSTANT_STRING(L"Missing"), Sub = RTL_CONSTANT_STRING(L"Sub");
    WDFKEY Key, Below;
    WDFMEMORY Memory;
    ULONG Value = 0, Type = 0, Length = 0, Disposition = 0;
    UCHAR Small[2];
    size_t Size;
    CHECK(WdfDriverOpenParametersRegistryKey(WdfGetDriver(), KEY_READ | KEY_WRITE | DELETE, WDF_NO_OBJECT_ATTRIBUTES, &Key) ==
              STATUS_SUCCESS,
          "the Parameters key opens");
    CHECK(WdfRegistryQueryULong(Key, &Missing, &Value) == STATUS_OBJECT_NAME_NOT_FOUND, "a value that is not there");
    CHECK(WdfRegistryAssignULong(Key, &Number, 77) == STATUS_SUCCESS && WdfRegistryQueryULong(Key, &Number, &Value) == STATUS_SUCCESS &&
              Value == 77,
          "a number is written and read");
    CHECK(WdfRegistryQueryValue(Key, &Number, sizeof Small, Small, &Length, &Type) == STATUS_BUFFER_OVERFLOW && Length == 4 &&
              Type == REG_DWORD,
          "a value that does not fit tells its length");
    CHECK(WdfRegistryQueryMemory(Key, &Number, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &Memory, &Type) == STATUS_SUCCESS &&
              *(ULONG *)WdfMemoryGetBuffer(Memory, &Size) == 77 && Size == 4,
          "or comes in a memory object");
    WdfObjectDelete(Memory);
    RegistryTexts(Key);
    CHECK(WdfRegistryOpenKey(Key, &Sub, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &Below) == STATUS_OBJECT_NAME_NOT_FOUND, "no key below yet");
    CHECK(WdfRegistryCreateKey(Key, &Sub, KEY_READ | KEY_WRITE | DELETE, REG_OPTION_NON_VOLATILE, &Disposition,
                               WDF_NO_OBJECT_ATTRIBUTES, &Below) == STATUS_SUCCESS &&
              Disposition == REG_CREATED_NEW_KEY && WdfRegistryWdmGetHandle(Below) != NULL,
          "one is made");
    CHECK(WdfRegistryRemoveKey(Below) == STATUS_SUCCESS, "and removed");
    CHECK(WdfRegistryRemoveValue(Key, &Number) == STATUS_SUCCESS &&
              WdfRegistryQueryULong(Key, &Number, &Value) == STATUS_OBJECT_NAME_NOT_FOUND,
          "as is the value");
    WdfRegistryClose(Key);
    CHECK(WdfDriverOpenParametersRegistryKey(WdfGetDriver(), KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &Key) == STATUS_SUCCESS &&
              WdfRegistryAssignULong(Key, &Number, 1) == STATUS_ACCESS_DENIED,
          "a key that was opened for reading is not written to");
    WdfRegistryClose(Key);
    CHECK(WdfDeviceOpenRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &Key) ==
              STATUS_INVALID_DEVICE_REQUEST,
          "a control device has no keys");
}

static VOID PartDevice(VOID)
{
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS Version;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Idle;
    ULONG Length;
    CHECK(WdfDeviceGetDriver(Device) == WdfGetDriver(), "the device knows its driver");
    CHECK(WdfDeviceWdmGetAttachedDevice(Device) == NULL && WdfDeviceWdmGetPhysicalDevice(Device) == NULL,
          "a control device stands in no stack");
    CHECK(WdfDeviceWdmGetDeviceObject(Device)->DriverObject == WdfDriverWdmGetDriverObject(WdfGetDriver()), "its device object is ours");
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&Version, 1, 15);
    CHECK(WdfDriverIsVersionAvailable(WdfGetDriver(), &Version), "version 1.15 is there");
    WDF_DRIVER_VERSION_AVAILABLE_PARAMS_INIT(&Version, 2, 0);
    CHECK(!WdfDriverIsVersionAvailable(WdfGetDriver(), &Version), "version 2.0 is not");
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Idle, IdleCannotWakeFromS0);
    CHECK(WdfDeviceAssignS0IdleSettings(Device, &Idle) == STATUS_INVALID_DEVICE_REQUEST, "it has no power policy");
    CHECK(!NT_SUCCESS(WdfDeviceQueryProperty(Device, DevicePropertyHardwareID, 0, NULL, &Length)), "and no hardware");
    CHECK(WdfDeviceGetDevicePowerState(Device) == WdfPowerDeviceD0, "it is powered always");
}

static const struct {
    const char *Name;
    VOID (*Run)(VOID);
} Parts[] = {{"timers", PartTimers},   {"dpcs", PartDpcs},       {"work items", PartWorkItems}, {"locks", PartLocks},
             {"collections", PartCollections}, {"strings", PartStrings}, {"registry", PartRegistry}, {"device", PartDevice}};

/* ---- Files ------------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI OnFileDestroy(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    InterlockedDecrement((LONG *)&Counts.file_objects);
}

static VOID NTAPI OnCreate(WDFDEVICE On, WDFREQUEST Request, WDFFILEOBJECT File)
{
    UNICODE_STRING Refused = RTL_CONSTANT_STRING(L"\\refused");
    static LONG Numbers;
    InterlockedIncrement((LONG *)&Counts.file_objects);
    GetFileContext(File)->Number = (ULONG)InterlockedIncrement(&Numbers);
    NTSTATUS Status = STATUS_SUCCESS;
    if (RtlEqualUnicodeString(WdfFileObjectGetFileName(File), &Refused, TRUE))
        Status = STATUS_OBJECT_PATH_NOT_FOUND;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL || WdfFileObjectGetDevice(File) != On ||
        WdfDeviceGetFileObject(On, WdfFileObjectWdmGetFileObject(File)) != File || WdfRequestGetFileObject(Request) != File)
        Status = STATUS_UNSUCCESSFUL;
    InterlockedIncrement((LONG *)(NT_SUCCESS(Status) ? &Counts.creates : &Counts.refused));
    WdfRequestComplete(Request, Status);
}

static VOID NTAPI OnCleanup(WDFFILEOBJECT File)
{
    if (GetFileContext(File)->Number != 0)
        InterlockedIncrement((LONG *)&Counts.cleanups);
}

static VOID NTAPI OnClose(WDFFILEOBJECT File)
{
    if (Counts.cleanups > Counts.closes && GetFileContext(File)->Number != 0)
        InterlockedIncrement((LONG *)&Counts.closes);
}

static VOID NTAPI OnControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    PVOID Buffer = NULL;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    WDFOBJECT Leaked;
    UNREFERENCED_PARAMETER(Queue);
    if (OutputLength != 0)
        Status = WdfRequestRetrieveOutputBuffer(Request, OutputLength, &Buffer, NULL);
    switch (NT_SUCCESS(Status) ? Code : 0) {
    case IOCTL_CORE_PART: {
        ULONG Part = InputLength == sizeof Part ? *(ULONG *)Buffer : (ULONG)-1;
        if (Part >= sizeof Parts / sizeof *Parts) {
            Status = STATUS_NO_MORE_ENTRIES;
            break;
        }
        At = Buffer;
        Room = OutputLength;
        PartName = Parts[Part].Name;
        Parts[Part].Run();
        Information = (ULONG_PTR)(At - (char *)Buffer);
        break;
    }
    case IOCTL_CORE_COUNTS:
        if (OutputLength != sizeof Counts) {
            Status = STATUS_INFO_LENGTH_MISMATCH;
            break;
        }
        RtlCopyMemory(Buffer, &Counts, sizeof Counts);
        Information = sizeof Counts;
        break;
    case IOCTL_CORE_FINISH:
        WdfControlFinishInitializing(Late);
        break;
    case IOCTL_CORE_DELETE:
        WdfObjectDelete(Late);
        break;
    case IOCTL_CORE_LEAK:
        Leaked = MakeOwner();
        WdfObjectReference(Leaked);
        break;
    default:
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

/* ---- Coming and going ------------------------------------------------------------------------------------------------------------- */

static NTSTATUS MakeDevice(WDFDRIVER Driver, PCUNICODE_STRING Name, PCUNICODE_STRING Link, WDFDEVICE *Made)
{
    UNICODE_STRING Sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
    WDF_FILEOBJECT_CONFIG Files;
    WDF_OBJECT_ATTRIBUTES Attributes;
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    if (Init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    WDF_FILEOBJECT_CONFIG_INIT(&Files, OnCreate, OnClose, OnCleanup);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, FILE_CONTEXT);
    Attributes.EvtDestroyCallback = OnFileDestroy;
    WdfDeviceInitSetFileObjectConfig(Init, &Files, &Attributes);
    NTSTATUS Status = WdfDeviceInitAssignName(Init, Name);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, Made);
    if (!NT_SUCCESS(Status)) {
        WdfDeviceInitFree(Init);
        return Status;
    }
    return WdfDeviceCreateSymbolicLink(*Made, Link);
}

static VOID NTAPI OnUnload(WDFDRIVER Driver)
{
    DbgPrint("core: unloaded, %u objects\n", Driver != NULL);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlWdfCore"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlWdfCore");
    UNICODE_STRING LateName = RTL_CONSTANT_STRING(L"\\Device\\OvlWdfLate");
    UNICODE_STRING LateLink = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlWdfLate");
    WDF_DRIVER_CONFIG Config;
    WDF_IO_QUEUE_CONFIG Queue;
    WDF_DRIVER_CONFIG_INIT(&Config, WDF_NO_EVENT_CALLBACK);
    Config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    Config.EvtDriverUnload = OnUnload;
    NTSTATUS Status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
    if (NT_SUCCESS(Status))
        Status = MakeDevice(WdfGetDriver(), &Name, &Link, &Device);
    if (NT_SUCCESS(Status))
        Status = MakeDevice(WdfGetDriver(), &LateName, &LateLink, &Late);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Queue, WdfIoQueueDispatchParallel);
    Queue.EvtIoDeviceControl = OnControl;
    Status = WdfIoQueueCreate(Device, &Queue, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (NT_SUCCESS(Status))
        WdfControlFinishInitializing(Device);
    return Status;
}
