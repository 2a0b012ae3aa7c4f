/* SPDX-License-Identifier: MIT */
/* A framework function driver that traces its device's callbacks, fails at the step that it is told, and answers questions about its device.
 * A control device, which outlives the devices, gives the trace away. */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdf.h>
#include <initguid.h>
#include <wdmguid.h>

#include "pnp_test.h"

typedef struct _DEVICE {
    WDFQUEUE Held; /* IOCTL_PNP_HOLD's, not power-managed */
} DEVICE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(DEVICE, GetDevice)

static const GUID InterfaceGuid = PNP_GUID;
static KSPIN_LOCK TraceLock; /* guards what follows */
static char Trace[PNP_TEXT];
static size_t TraceLength;
static ULONG TraceWords;
static KEVENT TraceGrew;
static struct pnp_mode Mode;

/* ---- The trace ------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Step(const char *Word)
{
    KIRQL Irql;
    KeAcquireSpinLock(&TraceLock, &Irql);
    size_t Length = strlen(Word);
    if (TraceLength + Length + 2 < sizeof Trace) {
        if (TraceLength != 0)
            Trace[TraceLength++] = ' ';
        RtlCopyMemory(Trace + TraceLength, Word, Length + 1);
        TraceLength += Length;
        TraceWords++;
    }
    size_t Name = strcspn(Word, "-");
    NTSTATUS Status = Name != 0 && strncmp(Mode.fails_at, Word, Name) == 0 && Mode.fails_at[Name] == '\0' ? STATUS_UNSUCCESSFUL
                                                                                                         : STATUS_SUCCESS;
    KeReleaseSpinLock(&TraceLock, Irql);
    KeSetEvent(&TraceGrew, IO_NO_INCREMENT, FALSE);
    return Status;
}

static NTSTATUS StateStep(const char *Word, WDF_POWER_DEVICE_STATE State)
{
    char Text[32];
    RtlStringCbPrintfA(Text, sizeof Text, "%s-%d", Word, State == WdfPowerDeviceD3Final ? 9 : State - 1);
    return Step(Text);
}

/* Waits until there are so many words, or for a long time. */
static ULONG TraceGive(char *Text, size_t Size, ULONG Words)
{
    LARGE_INTEGER Timeout = {.QuadPart = WDF_REL_TIMEOUT_IN_SEC(10)};
    KIRQL Irql;
    KeAcquireSpinLock(&TraceLock, &Irql);
    while (TraceWords < Words) {
        KeReleaseSpinLock(&TraceLock, Irql);
        NTSTATUS Status = KeWaitForSingleObject(&TraceGrew, Executive, KernelMode, FALSE, &Timeout);
        KeAcquireSpinLock(&TraceLock, &Irql);
        if (Status != STATUS_SUCCESS)
            break;
    }
    ULONG Length = (ULONG)(TraceLength < Size ? TraceLength : Size);
    RtlCopyMemory(Text, Trace, Length);
    TraceLength = TraceWords = 0;
    KeReleaseSpinLock(&TraceLock, Irql);
    return Length;
}

/* ---- Plug and Play --------------------------------------------------------------------------------------------------------- */

#define VOID_STEP(name, word)               \
    static VOID NTAPI name(WDFDEVICE Device) \
    {                                       \
        UNREFERENCED_PARAMETER(Device);     \
        Step(word);                         \
    }
#define STATUS_STEP(name, word)                 \
    static NTSTATUS NTAPI name(WDFDEVICE Device) \
    {                                           \
        UNREFERENCED_PARAMETER(Device);         \
        return Step(word);                      \
    }

STATUS_STEP(OnInit, "init")
STATUS_STEP(OnSuspend, "suspend")
STATUS_STEP(OnRestart, "restart")
VOID_STEP(OnFlush, "flush")
VOID_STEP(OnManagedCleanup, "smcleanup")
VOID_STEP(OnSurprise, "surprise")
STATUS_STEP(OnQueryRemove, "query-remove")
STATUS_STEP(OnArm, "arm")
VOID_STEP(OnDisarm, "disarm")
VOID_STEP(OnWoken, "woken")

static NTSTATUS NTAPI OnPrepare(WDFDEVICE Device, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    if (strcmp(Mode.fails_at, "failed") == 0)
        WdfDeviceSetFailed(Device, WdfDeviceFailedAttemptRestart);
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    return Step("prepare");
}

static NTSTATUS NTAPI OnRelease(WDFDEVICE Device, WDFCMRESLIST Translated)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Translated);
    return Step("release");
}

static NTSTATUS NTAPI OnEntry(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Before)
{
    UNREFERENCED_PARAMETER(Device);
    return StateStep("entry", Before);
}

static NTSTATUS NTAPI OnPost(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Before)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Before);
    return Step("post");
}

static NTSTATUS NTAPI OnExit(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target)
{
    UNREFERENCED_PARAMETER(Device);
    return StateStep("exit", Target);
}

static NTSTATUS NTAPI OnPre(WDFDEVICE Device, WDF_POWER_DEVICE_STATE Target)
{
    UNREFERENCED_PARAMETER(Device);
    UNREFERENCED_PARAMETER(Target);
    return Step("pre");
}

static VOID NTAPI OnCleanup(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    Step("cleanup");
}

static VOID NTAPI OnDestroy(WDFOBJECT Object)
{
    UNREFERENCED_PARAMETER(Object);
    Step("destroy");
}

/* ---- Questions --------------------------------------------------------------------------------------------------------------- */

static char *At;
static size_t Room;
#define CHECK(condition, text) Add((condition) != 0, text, __LINE__)

static VOID Add(BOOLEAN Good, const char *Text, int Line)
{
    char Why[64] = "";
    if (!Good)
        RtlStringCbPrintfA(Why, sizeof Why, " (line %d)", Line);
    RtlStringCbPrintfExA(At, Room, &At, &Room, 0, "%sok - %s%s\n", Good ? "" : "not ", Text, Why);
}

static BOOLEAN BeginsWith(const WCHAR *Text, size_t Bytes, const WCHAR *Prefix, size_t PrefixBytes)
{
    return Bytes >= PrefixBytes && RtlEqualMemory(Text, Prefix, PrefixBytes);
}

static VOID Facts(WDFDEVICE Device)
{
    static const WCHAR HardwareId[] = L"USB\\VID_0547&PID_1002", LinkStart[] = L"\\??\\usb#vid_0547&pid_1002#";
    static const DEVPROPKEY HardwareIds = {{0xa45c254e, 0xdf1c, 0x4efd, {0x80, 0x20, 0x67, 0xd1, 0x46, 0xa8, 0x50, 0xe0}}, 3};
    static const DEVPROPKEY Own = {PNP_GUID, 7};
    WDF_DEVICE_PROPERTY_DATA Data;
    DEVPROPTYPE Type;
    WDFMEMORY Memory;
    WDFSTRING String;
    UNICODE_STRING Text;
    ULONG Length = 0, Number = 12345;
    size_t Size;
    WCHAR Small[2];
    CHECK(WdfDeviceQueryProperty(Device, DevicePropertyHardwareID, sizeof Small, Small, &Length) == STATUS_BUFFER_TOO_SMALL &&
              Length > sizeof HardwareId,
          "a property that does not fit");
    CHECK(WdfDeviceAllocAndQueryProperty(Device, DevicePropertyHardwareID, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &Memory) ==
              STATUS_SUCCESS,
          "is allocated instead");
    PVOID Buffer = WdfMemoryGetBuffer(Memory, &Size);
    CHECK(Size == Length && BeginsWith(Buffer, Size, HardwareId, sizeof HardwareId - 2), "with the device's ids");
    WdfObjectDelete(Memory);
    WDF_DEVICE_PROPERTY_DATA_INIT(&Data, &HardwareIds);
    CHECK(WdfDeviceAllocAndQueryPropertyEx(Device, &Data, NonPagedPoolNx, WDF_NO_OBJECT_ATTRIBUTES, &Memory, &Type) == STATUS_SUCCESS &&
              Type == 0x2012,
          "the same by its key");
    Buffer = WdfMemoryGetBuffer(Memory, &Size);
    CHECK(Size == Length && BeginsWith(Buffer, Size, HardwareId, sizeof HardwareId - 2), "is the same");
    WdfObjectDelete(Memory);
    WDF_DEVICE_PROPERTY_DATA_INIT(&Data, &Own);
    CHECK(WdfDeviceQueryPropertyEx(Device, &Data, sizeof Number, &Number, &Length, &Type) == STATUS_OBJECT_NAME_NOT_FOUND,
          "a key of the driver's own is not there at first");
    CHECK(WdfDeviceAssignProperty(Device, &Data, 7, sizeof Number, &Number) == STATUS_SUCCESS, "it is assigned");
    Number = 0;
    CHECK(WdfDeviceQueryPropertyEx(Device, &Data, sizeof Number, &Number, &Length, &Type) == STATUS_SUCCESS && Number == 12345 &&
              Type == 7,
          "and read back");
    CHECK(WdfDeviceAssignProperty(Device, &Data, 0, 0, NULL) == STATUS_SUCCESS &&
              WdfDeviceQueryPropertyEx(Device, &Data, sizeof Number, &Number, &Length, &Type) == STATUS_OBJECT_NAME_NOT_FOUND,
          "and taken away");
    CHECK(WdfStringCreate(NULL, WDF_NO_OBJECT_ATTRIBUTES, &String) == STATUS_SUCCESS &&
              WdfDeviceRetrieveDeviceInterfaceString(Device, &InterfaceGuid, NULL, String) == STATUS_SUCCESS,
          "the interface's name");
    WdfStringGetUnicodeString(String, &Text);
    CHECK(BeginsWith(Text.Buffer, Text.Length, LinkStart, sizeof LinkStart - 2), "is a symbolic link below \\??");
    WdfObjectDelete(String);
    WDFKEY Key, Again;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"Number");
    CHECK(WdfDeviceOpenRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ | KEY_WRITE, WDF_NO_OBJECT_ATTRIBUTES, &Key) ==
                  STATUS_SUCCESS &&
              WdfRegistryAssignULong(Key, &Name, 5) == STATUS_SUCCESS,
          "the device's key is written to");
    CHECK(WdfDeviceOpenRegistryKey(Device, PLUGPLAY_REGKEY_DEVICE, KEY_READ, WDF_NO_OBJECT_ATTRIBUTES, &Again) == STATUS_SUCCESS &&
              WdfRegistryQueryULong(Again, &Name, &Number) == STATUS_SUCCESS && Number == 5,
          "and read by another key object");
    WdfRegistryClose(Again);
    WdfRegistryClose(Key);
    CHECK(WdfDeviceGetDevicePnpState(Device) == WdfDevStatePnpStarted, "the device is started");
    CHECK(WdfDeviceWdmGetAttachedDevice(Device) == WdfDeviceWdmGetPhysicalDevice(Device), "right above the bus driver's");
    CHECK(WdfDeviceWdmGetDeviceObject(Device)->Flags & DO_BUFFERED_IO, "with buffered I/O");
}

static NTSTATUS ReenumerateSelf(WDFDEVICE Device)
{
    REENUMERATE_SELF_INTERFACE_STANDARD Bus;
    NTSTATUS Status = WdfFdoQueryForInterface(Device, &GUID_REENUMERATE_SELF_INTERFACE_STANDARD, (PINTERFACE)&Bus, sizeof Bus, 1, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Bus.SurpriseRemoveAndReenumerateSelf(Bus.Context);
    Bus.InterfaceDereference(Bus.Context);
    return Status;
}

/* ---- I/O ----------------------------------------------------------------------------------------------------------------------- */

static VOID NTAPI OnControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    WDFDEVICE Device = WdfIoQueueGetDevice(Queue);
    PVOID Buffer = NULL;
    ULONG_PTR Information = 0;
    NTSTATUS Status = STATUS_SUCCESS;
    switch (Code) {
    case IOCTL_PNP_WORK:
        Step("work");
        break;
    case IOCTL_PNP_HOLD:
        Step("hold");
        Status = WdfRequestForwardToIoQueue(Request, GetDevice(Device)->Held);
        if (NT_SUCCESS(Status))
            return;
        break;
    case IOCTL_PNP_FAIL:
        Status = WdfRequestRetrieveInputBuffer(Request, 1, &Buffer, NULL);
        if (NT_SUCCESS(Status) && *(UCHAR *)Buffer == 2) {
            Status = ReenumerateSelf(Device);
            break;
        }
        WdfDeviceSetFailed(Device, NT_SUCCESS(Status) ? WdfDeviceFailedAttemptRestart : WdfDeviceFailedNoRestart);
        Status = STATUS_SUCCESS;
        break;
    case IOCTL_PNP_HIDE:
        Status = WdfRequestRetrieveInputBuffer(Request, 1, &Buffer, NULL);
        if (NT_SUCCESS(Status) && InputLength != 0)
            WdfDeviceSetDeviceInterfaceState(Device, &InterfaceGuid, NULL, *(UCHAR *)Buffer);
        break;
    case IOCTL_PNP_FACTS:
        Status = WdfRequestRetrieveOutputBuffer(Request, OutputLength, &Buffer, NULL);
        if (!NT_SUCCESS(Status))
            break;
        At = Buffer;
        Room = OutputLength;
        Facts(Device);
        Information = (ULONG_PTR)(At - (char *)Buffer);
        break;
    default:
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

/* Before any queue: the device stays asleep. */
static VOID NTAPI OnCallerContext(WDFDEVICE Device, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS Parameters;
    PVOID Buffer;
    WDF_REQUEST_PARAMETERS_INIT(&Parameters);
    WdfRequestGetParameters(Request, &Parameters);
    if (Parameters.Type == WdfRequestTypeDeviceControl && Parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_PNP_STATE) {
        NTSTATUS Status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), &Buffer, NULL);
        if (NT_SUCCESS(Status))
            *(ULONG *)Buffer = (ULONG)WdfDeviceGetDevicePowerState(Device);
        WdfRequestCompleteWithInformation(Request, Status, NT_SUCCESS(Status) ? sizeof(ULONG) : 0);
        return;
    }
    NTSTATUS Status = WdfDeviceEnqueueRequest(Device, Request);
    if (!NT_SUCCESS(Status))
        WdfRequestComplete(Request, Status);
}

static NTSTATUS MakeQueues(WDFDEVICE Device)
{
    WDF_IO_QUEUE_CONFIG Config;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = OnControl;
    NTSTATUS Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT(&Config, WdfIoQueueDispatchManual);
    return WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, &GetDevice(Device)->Held);
}

static NTSTATUS SetIdle(WDFDEVICE Device)
{
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS Idle;
    if (Mode.idle_ms == 0)
        return STATUS_SUCCESS;
    WDF_DEVICE_POWER_POLICY_IDLE_SETTINGS_INIT(&Idle, IdleUsbSelectiveSuspend);
    Idle.IdleTimeout = Mode.idle_ms;
    return WdfDeviceAssignS0IdleSettings(Device, &Idle);
}

static NTSTATUS NTAPI OnAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlWdfFx2");
    WDF_PNPPOWER_EVENT_CALLBACKS Pnp;
    WDF_POWER_POLICY_EVENT_CALLBACKS Policy;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDFDEVICE Device;
    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Pnp);
    Pnp.EvtDevicePrepareHardware = OnPrepare;
    Pnp.EvtDeviceReleaseHardware = OnRelease;
    Pnp.EvtDeviceD0Entry = OnEntry;
    Pnp.EvtDeviceD0EntryPostInterruptsEnabled = OnPost;
    Pnp.EvtDeviceD0Exit = OnExit;
    Pnp.EvtDeviceD0ExitPreInterruptsDisabled = OnPre;
    Pnp.EvtDeviceSelfManagedIoInit = OnInit;
    Pnp.EvtDeviceSelfManagedIoSuspend = OnSuspend;
    Pnp.EvtDeviceSelfManagedIoRestart = OnRestart;
    Pnp.EvtDeviceSelfManagedIoFlush = OnFlush;
    Pnp.EvtDeviceSelfManagedIoCleanup = OnManagedCleanup;
    Pnp.EvtDeviceSurpriseRemoval = OnSurprise;
    Pnp.EvtDeviceQueryRemove = OnQueryRemove;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Pnp);
    WDF_POWER_POLICY_EVENT_CALLBACKS_INIT(&Policy);
    Policy.EvtDeviceArmWakeFromS0 = OnArm;
    Policy.EvtDeviceDisarmWakeFromS0 = OnDisarm;
    Policy.EvtDeviceWakeFromS0Triggered = OnWoken;
    WdfDeviceInitSetPowerPolicyEventCallbacks(Init, &Policy);
    WdfDeviceInitSetIoInCallerContextCallback(Init, OnCallerContext);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, DEVICE);
    Attributes.EvtCleanupCallback = OnCleanup;
    Attributes.EvtDestroyCallback = OnDestroy;
    NTSTATUS Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    if (NT_SUCCESS(Status))
        Status = MakeQueues(Device);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateDeviceInterface(Device, &InterfaceGuid, NULL);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateSymbolicLink(Device, &Link);
    if (NT_SUCCESS(Status))
        Status = SetIdle(Device);
    return NT_SUCCESS(Status) ? Step("add") : Status;
}

/* ---- The control device ------------------------------------------------------------------------------------------------------ */

static VOID NTAPI OnTraceControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    PVOID Input = NULL, Output = NULL;
    ULONG_PTR Information = 0;
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(InputLength);
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, Code == IOCTL_PNP_MODE ? sizeof Mode : sizeof(ULONG), &Input, NULL);
    if (NT_SUCCESS(Status) && Code == IOCTL_PNP_MODE) {
        KIRQL Irql;
        KeAcquireSpinLock(&TraceLock, &Irql);
        Mode = *(struct pnp_mode *)Input;
        KeReleaseSpinLock(&TraceLock, Irql);
    } else if (NT_SUCCESS(Status)) {
        ULONG Words = *(ULONG *)Input;
        Status = WdfRequestRetrieveOutputBuffer(Request, OutputLength, &Output, NULL);
        if (NT_SUCCESS(Status))
            Information = TraceGive(Output, OutputLength, Words);
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

static NTSTATUS MakeControl(WDFDRIVER Driver)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\OvlWdfPnp"), Link = RTL_CONSTANT_STRING(L"\\DosDevices\\OvlWdfPnp");
    UNICODE_STRING Sddl = RTL_CONSTANT_STRING(L"D:P(A;;GA;;;WD)");
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Device;
    PWDFDEVICE_INIT Init = WdfControlDeviceInitAllocate(Driver, &Sddl);
    if (Init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    NTSTATUS Status = WdfDeviceInitAssignName(Init, &Name);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive; /* its callback waits */
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreate(&Init, &Attributes, &Device);
    if (!NT_SUCCESS(Status)) {
        WdfDeviceInitFree(Init);
        return Status;
    }
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchParallel);
    Config.EvtIoDeviceControl = OnTraceControl;
    Status = WdfIoQueueCreate(Device, &Config, WDF_NO_OBJECT_ATTRIBUTES, WDF_NO_HANDLE);
    if (NT_SUCCESS(Status))
        Status = WdfDeviceCreateSymbolicLink(Device, &Link);
    if (NT_SUCCESS(Status))
        WdfControlFinishInitializing(Device);
    return Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDFDRIVER Driver;
    KeInitializeSpinLock(&TraceLock);
    KeInitializeEvent(&TraceGrew, SynchronizationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&Config, OnAdd);
    NTSTATUS Status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, &Driver);
    return NT_SUCCESS(Status) ? MakeControl(Driver) : Status;
}
