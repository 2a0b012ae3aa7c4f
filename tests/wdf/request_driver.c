/* SPDX-License-Identifier: MIT */
/* The driver of the request tests: looks at what comes with all methods that say something about a request, and breaks rules when told. */
#include <ntddk.h>
#include <wdf.h>

#include "request_test.h"

typedef struct _KIND {
    int kind; /* 0 buffered, 1 direct, 2 neither */
    WDFMEMORY locked;
} KIND, *PKIND;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(KIND, KindGet)

typedef struct _NOTE {
    LONG memory_gone;
    WDFMEMORY locked; /* of method neither: made in the caller's context */
    BOOLEAN inside;
} NOTE, *PNOTE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(NOTE, NoteGet)

typedef struct _OWNER {
    PNOTE note;
} OWNER, *POWNER;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(OWNER, OwnerGet)

static struct request_facts facts;
static PVOID mark_thread;

#define WRONG_UNLESS(number, condition) \
    do {                                \
        if (!(condition))               \
            return number;              \
    } while (0)

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtMemoryCleanup, EvtRequestCleanup;
static VOID EvtMemoryCleanup(WDFOBJECT Memory)
{
    OwnerGet(Memory)->note->memory_gone = 1;
}

static VOID EvtRequestCleanup(WDFOBJECT Request)
{
    if (NoteGet(Request)->memory_gone)
        InterlockedIncrement((volatile LONG *)&facts.memory_first);
    if (IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request))->DeviceObject != NULL)
        InterlockedIncrement((volatile LONG *)&facts.irp_in_cleanup);
}

static NTSTATUS AddMemory(WDFREQUEST Request)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDFMEMORY memory;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, OWNER);
    attributes.ParentObject = Request;
    attributes.EvtCleanupCallback = EvtMemoryCleanup;
    NTSTATUS status = WdfMemoryCreate(&attributes, NonPagedPoolNx, 'tseT', 8, &memory, NULL);
    if (NT_SUCCESS(status))
        OwnerGet(memory)->note = NoteGet(Request);
    return status;
}

/* ---- Looking ---------------------------------------------------------------------------------------------------------------- */

/* One of a request's two buffers, by all three ways. `mdl`: it is the I/O manager's. */
static int LookInput(WDFREQUEST Request, const char *Text, size_t Size)
{
    PVOID buffer;
    size_t length;
    WDFMEMORY memory, again;
    PMDL mdl;
    WRONG_UNLESS(1, WdfRequestRetrieveInputBuffer(Request, Size, &buffer, &length) == STATUS_SUCCESS && length == Size);
    WRONG_UNLESS(2, RtlEqualMemory(buffer, Text, Size));
    WRONG_UNLESS(3, WdfRequestRetrieveInputBuffer(Request, Size + 1, &buffer, NULL) == STATUS_BUFFER_TOO_SMALL && buffer == NULL);
    WRONG_UNLESS(4, WdfRequestRetrieveInputMemory(Request, &memory) == STATUS_SUCCESS);
    WRONG_UNLESS(5, WdfRequestRetrieveInputMemory(Request, &again) == STATUS_SUCCESS && memory == again);
    WRONG_UNLESS(6, RtlEqualMemory(WdfMemoryGetBuffer(memory, &length), Text, Size) && length == Size);
    WRONG_UNLESS(7, WdfRequestRetrieveInputWdmMdl(Request, &mdl) == STATUS_SUCCESS && MmGetMdlByteCount(mdl) == Size);
    WRONG_UNLESS(8, RtlEqualMemory(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), Text, Size));
    return 0;
}

static int LookOutput(WDFREQUEST Request, size_t Size)
{
    PVOID buffer, more;
    size_t length;
    WDFMEMORY memory, again;
    PMDL mdl;
    WRONG_UNLESS(11, WdfRequestRetrieveOutputBuffer(Request, Size, &buffer, &length) == STATUS_SUCCESS && length == Size);
    WRONG_UNLESS(13, WdfRequestRetrieveOutputBuffer(Request, Size + 1, &more, NULL) == STATUS_BUFFER_TOO_SMALL);
    WRONG_UNLESS(14, WdfRequestRetrieveOutputMemory(Request, &memory) == STATUS_SUCCESS);
    WRONG_UNLESS(15, WdfRequestRetrieveOutputMemory(Request, &again) == STATUS_SUCCESS && memory == again);
    WRONG_UNLESS(16, WdfMemoryGetBuffer(memory, &length) == buffer && length == Size);
    WRONG_UNLESS(17, WdfRequestRetrieveOutputWdmMdl(Request, &mdl) == STATUS_SUCCESS && MmGetMdlByteCount(mdl) == Size);
    WRONG_UNLESS(18, MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority) == buffer);
    return 0;
}

static int LookNoInput(WDFREQUEST Request, NTSTATUS Expected)
{
    PVOID buffer;
    WDFMEMORY memory;
    PMDL mdl;
    WRONG_UNLESS(21, WdfRequestRetrieveInputBuffer(Request, 0, &buffer, NULL) == Expected && buffer == NULL);
    WRONG_UNLESS(22, WdfRequestRetrieveInputMemory(Request, &memory) == Expected);
    WRONG_UNLESS(23, WdfRequestRetrieveInputWdmMdl(Request, &mdl) == Expected);
    return 0;
}

static int LookNoOutput(WDFREQUEST Request, NTSTATUS Expected)
{
    PVOID buffer;
    WDFMEMORY memory;
    PMDL mdl;
    WRONG_UNLESS(31, WdfRequestRetrieveOutputBuffer(Request, 0, &buffer, NULL) == Expected && buffer == NULL);
    WRONG_UNLESS(32, WdfRequestRetrieveOutputMemory(Request, &memory) == Expected);
    WRONG_UNLESS(33, WdfRequestRetrieveOutputWdmMdl(Request, &mdl) == Expected);
    return 0;
}

/* What is true of every request from a program. */
static int LookCommon(WDFREQUEST Request, WDFQUEUE Queue)
{
    PVOID buffer;
    WRONG_UNLESS(41, WdfRequestGetRequestorMode(Request) == UserMode && !WdfRequestIsFrom32BitProcess(Request));
    WRONG_UNLESS(42, WdfRequestGetIoQueue(Request) == Queue && !WdfRequestIsReserved(Request));
    WRONG_UNLESS(43, WdfRequestGetFileObject(Request) != NULL &&
                         WdfFileObjectWdmGetFileObject(WdfRequestGetFileObject(Request)) ==
                             IoGetCurrentIrpStackLocation(WdfRequestWdmGetIrp(Request))->FileObject);
    WRONG_UNLESS(44, !WdfRequestIsCanceled(Request) && WdfRequestUnmarkCancelable(Request) == STATUS_INVALID_PARAMETER);
    WRONG_UNLESS(45, WdfRequestRetrieveUnsafeUserInputBuffer(Request, 0, &buffer, NULL) == STATUS_INVALID_DEVICE_REQUEST ||
                         NoteGet(Request)->inside);
    WRONG_UNLESS(46, WdfRequestForwardToIoQueue(Request, Queue) == STATUS_INVALID_DEVICE_REQUEST);
    WRONG_UNLESS(47, WdfRequestRequeue(Request) == STATUS_INVALID_DEVICE_REQUEST); /* the queue is not manual */
    WdfRequestSetInformation(Request, 3);
    WRONG_UNLESS(48, WdfRequestGetInformation(Request) == 3);
    WRONG_UNLESS(49, !WdfRequestCancelSentRequest(Request));
    return 0;
}

static int Look(WDFQUEUE Queue, WDFREQUEST Request)
{
    int kind = KindGet(WdfIoQueueGetDevice(Queue))->kind;
    WDF_REQUEST_PARAMETERS parameters;
    int wrong = LookCommon(Request, Queue);
    if (wrong != 0)
        return wrong;
    NoteGet(Request)->inside = TRUE;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    if (parameters.Type == WdfRequestTypeRead) {
        if (kind == 2)
            return LookNoOutput(Request, STATUS_INVALID_DEVICE_REQUEST);
        wrong = LookNoInput(Request, STATUS_INVALID_DEVICE_REQUEST);
        return wrong != 0 ? wrong : LookOutput(Request, parameters.Parameters.Read.Length);
    }
    if (parameters.Type == WdfRequestTypeWrite) {
        if (kind == 2)
            return LookNoInput(Request, STATUS_INVALID_DEVICE_REQUEST);
        wrong = LookNoOutput(Request, STATUS_INVALID_DEVICE_REQUEST);
        return wrong != 0 ? wrong : LookInput(Request, "written!", parameters.Parameters.Write.Length);
    }
    WRONG_UNLESS(51, parameters.Type == WdfRequestTypeDeviceControl);
    if (parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_REQUEST_NEITHER) {
        wrong = LookNoInput(Request, STATUS_INVALID_DEVICE_REQUEST);
        return wrong != 0 ? wrong : LookNoOutput(Request, STATUS_INVALID_DEVICE_REQUEST);
    }
    if (parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_REQUEST_EMPTY) {
        wrong = LookNoInput(Request, STATUS_BUFFER_TOO_SMALL);
        return wrong != 0 ? wrong : LookNoOutput(Request, STATUS_BUFFER_TOO_SMALL);
    }
    wrong = LookInput(Request, "control", parameters.Parameters.DeviceIoControl.InputBufferLength);
    return wrong != 0 ? wrong : LookOutput(Request, parameters.Parameters.DeviceIoControl.OutputBufferLength);
}

/* ---- In the caller's context: method neither, I/O type neither ---------------------------------------------------------------- */

static int LookUnsafe(WDFREQUEST Request)
{
    PVOID input = NULL, output = NULL;
    size_t length;
    WDFMEMORY memory;
    WRONG_UNLESS(61, WdfRequestRetrieveUnsafeUserInputBuffer(Request, 7, &input, &length) == STATUS_SUCCESS && length == 7);
    WRONG_UNLESS(62, WdfRequestRetrieveUnsafeUserInputBuffer(Request, 8, &output, NULL) == STATUS_BUFFER_TOO_SMALL);
    WRONG_UNLESS(63, WdfRequestRetrieveUnsafeUserOutputBuffer(Request, 4, &output, &length) == STATUS_SUCCESS && length == 8);
    WRONG_UNLESS(64, WdfRequestProbeAndLockUserBufferForRead(Request, input, 7, &memory) == STATUS_SUCCESS);
    WRONG_UNLESS(65, RtlEqualMemory(WdfMemoryGetBuffer(memory, &length), "control", 7) && length == 7);
    WRONG_UNLESS(66, WdfRequestProbeAndLockUserBufferForWrite(Request, NULL, 7, &memory) == STATUS_INVALID_USER_BUFFER);
    WRONG_UNLESS(67, WdfRequestProbeAndLockUserBufferForWrite(Request, output, 8, &NoteGet(Request)->locked) == STATUS_SUCCESS);
    return 0;
}

static EVT_WDF_IO_IN_CALLER_CONTEXT EvtInCaller;
static VOID EvtInCaller(WDFDEVICE Device, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS parameters;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    if (parameters.Type == WdfRequestTypeDeviceControl &&
        parameters.Parameters.DeviceIoControl.IoControlCode == IOCTL_REQUEST_NEITHER) {
        int wrong = LookUnsafe(Request);
        if (wrong != 0) {
            facts.wrong = wrong;
            WdfRequestComplete(Request, STATUS_UNSUCCESSFUL);
            return;
        }
    }
    NoteGet(Request)->inside = TRUE;
    if (!NT_SUCCESS(WdfDeviceEnqueueRequest(Device, Request)))
        WdfRequestComplete(Request, STATUS_UNSUCCESSFUL);
}

/* ---- Cancelled before it is marked ----------------------------------------------------------------------------------------------- */

static EVT_WDF_REQUEST_CANCEL EvtCancel;
static VOID EvtCancel(WDFREQUEST Request)
{
    if (NoteGet(Request)->inside)
        facts.cancels_inside++;
    facts.cancels++;
    WdfRequestComplete(Request, STATUS_CANCELLED);
}

/* A thread of the driver's: the program can cancel the request when the queue's callback has returned. */
static KSTART_ROUTINE Mark;
static VOID Mark(PVOID Context)
{
    WDFREQUEST Request = Context;
    LARGE_INTEGER slice = {.QuadPart = WDF_REL_TIMEOUT_IN_MS(1)};
    NoteGet(Request)->inside = TRUE;
    WdfObjectReference(Request);
    while (!WdfRequestIsCanceled(Request))
        KeDelayExecutionThread(KernelMode, FALSE, &slice);
    if (WdfRequestMarkCancelableEx(Request, EvtCancel) != STATUS_CANCELLED || facts.cancels != 0)
        facts.wrong = 71; /* the first form tells by its status, the second by calling back */
    WdfRequestMarkCancelable(Request, EvtCancel);
    if (facts.cancels != 1)
        facts.wrong = 72;
    WdfObjectDereference(Request);
}

/* ---- Breaking rules ---------------------------------------------------------------------------------------------------------------- */

static VOID Break(WDFQUEUE Queue, WDFREQUEST Request, int What)
{
    WDFREQUEST own;
    PVOID buffer;
    KIRQL irql;
    switch (What) {
    case BROKEN_TWICE:
        WdfObjectReference(Request);
        WdfRequestComplete(Request, STATUS_SUCCESS);
        WdfRequestComplete(Request, STATUS_SUCCESS);
        break;
    case BROKEN_DELETE: WdfObjectDelete(Request); break;
    case BROKEN_OWN:
        if (NT_SUCCESS(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, NULL, &own)))
            WdfRequestComplete(own, STATUS_SUCCESS);
        break;
    case BROKEN_WAIT: WdfIoQueueStopSynchronously(Queue); break;
    case BROKEN_CANCELABLE:
        WdfRequestMarkCancelable(Request, EvtCancel);
        WdfRequestComplete(Request, STATUS_SUCCESS);
        break;
    case BROKEN_TOUCH:
        WdfObjectReference(Request);
        WdfRequestComplete(Request, STATUS_SUCCESS);
        WdfRequestRetrieveInputBuffer(Request, 0, &buffer, NULL);
        break;
    case BROKEN_IRQL:
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        WdfRequestComplete(Request, STATUS_SUCCESS);
        break;
    case BROKEN_MARK:
        WdfRequestMarkCancelable(Request, EvtCancel);
        WdfRequestMarkCancelable(Request, EvtCancel);
        break;
    case BROKEN_DEFAULT: WdfObjectDelete(Queue); break;
    case BROKEN_ACKNOWLEDGE: WdfRequestStopAcknowledge(Request, FALSE); break;
    default: WdfRequestComplete(Request, STATUS_INVALID_PARAMETER);
    }
}

/* ---- The queue ------------------------------------------------------------------------------------------------------------------------ */

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtDefault;
static VOID EvtDefault(WDFQUEUE Queue, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS parameters;
    PVOID buffer;
    size_t length = 0;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    ULONG code = parameters.Type == WdfRequestTypeDeviceControl ? parameters.Parameters.DeviceIoControl.IoControlCode : 0;
    if (code == IOCTL_REQUEST_FACTS) {
        if (NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, sizeof facts, &buffer, NULL)))
            *(struct request_facts *)buffer = facts;
        WdfRequestSetInformation(Request, sizeof facts);
        WdfRequestComplete(Request, STATUS_SUCCESS); /* with the information that was set */
        return;
    }
    if (code == IOCTL_REQUEST_MARK) {
        HANDLE thread;
        if (NT_SUCCESS(PsCreateSystemThread(&thread, 0, NULL, NULL, NULL, Mark, Request))) {
            ObReferenceObjectByHandle(thread, 0, NULL, KernelMode, &mark_thread, NULL);
            ZwClose(thread);
        }
        return;
    }
    if (code == IOCTL_REQUEST_BREAK) {
        if (NT_SUCCESS(WdfRequestRetrieveInputBuffer(Request, sizeof(int), &buffer, NULL)))
            Break(Queue, Request, *(int *)buffer);
        return;
    }
    if (parameters.Type == WdfRequestTypeCreate) {
        facts.creates++;
        WdfRequestComplete(Request, STATUS_SUCCESS);
        return;
    }
    facts.looked++;
    facts.wrong = Look(Queue, Request);
    if (facts.wrong == 0 && !NT_SUCCESS(AddMemory(Request)))
        facts.wrong = 99;
    if (NT_SUCCESS(WdfRequestRetrieveOutputBuffer(Request, 4, &buffer, &length)))
        *(int *)buffer = facts.wrong;
    else if (NoteGet(Request)->locked != NULL)
        *(int *)WdfMemoryGetBuffer(NoteGet(Request)->locked, &length) = facts.wrong;
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, parameters.Type == WdfRequestTypeWrite ? 8 : length);
}

static NTSTATUS MakeDevice(WDFDRIVER Driver, int Kind, PCWSTR Name, PCWSTR Link)
{
    static const WDF_DEVICE_IO_TYPE types[] = {WdfDeviceIoBuffered, WdfDeviceIoDirect, WdfDeviceIoNeither};
    UNICODE_STRING name, link;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_FILEOBJECT_CONFIG file;
    WDF_IO_QUEUE_CONFIG config;
    WDFDEVICE device;
    WDFQUEUE queue;
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY policy;
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, NULL);
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlInitUnicodeString(&name, Name);
    RtlInitUnicodeString(&link, Link);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, NOTE);
    attributes.EvtCleanupCallback = EvtRequestCleanup;
    WdfDeviceInitSetRequestAttributes(init, &attributes);
    WDF_FILEOBJECT_CONFIG_INIT(&file, NULL, NULL, NULL);
    WdfDeviceInitSetFileObjectConfig(init, &file, WDF_NO_OBJECT_ATTRIBUTES);
    WdfDeviceInitSetIoType(init, types[Kind]);
    WdfDeviceInitSetIoInCallerContextCallback(init, EvtInCaller);
    NTSTATUS status = WdfDeviceInitAssignName(init, &name);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, KIND);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, &attributes, &device);
    if (!NT_SUCCESS(status)) {
        if (init != NULL)
            WdfDeviceInitFree(init);
        return status;
    }
    KindGet(device)->kind = Kind;
    status = WdfDeviceCreateSymbolicLink(device, &link);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDefault = EvtDefault;
    if (NT_SUCCESS(status))
        status = WdfIoQueueCreate(device, &config, WDF_NO_OBJECT_ATTRIBUTES, &queue);
    if (NT_SUCCESS(status))
        status = WdfDeviceConfigureRequestDispatching(device, queue, WdfRequestTypeCreate);
    WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(&policy, 1);
    if (NT_SUCCESS(status) && WdfIoQueueAssignForwardProgressPolicy(queue, &policy) != STATUS_NOT_SUPPORTED)
        status = STATUS_DRIVER_INTERNAL_ERROR;
    if (NT_SUCCESS(status))
        WdfControlFinishInitializing(device);
    return status;
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    if (mark_thread != NULL) {
        KeWaitForSingleObject(mark_thread, Executive, KernelMode, FALSE, NULL);
        ObDereferenceObject(mark_thread);
    }
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDFDRIVER driver;
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = EvtUnload;
    NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    if (NT_SUCCESS(status))
        status = MakeDevice(driver, 0, L"\\Device\\OvlReqBuffered", L"\\DosDevices\\OvlReqBuffered");
    if (NT_SUCCESS(status))
        status = MakeDevice(driver, 1, L"\\Device\\OvlReqDirect", L"\\DosDevices\\OvlReqDirect");
    if (NT_SUCCESS(status))
        status = MakeDevice(driver, 2, L"\\Device\\OvlReqNeither", L"\\DosDevices\\OvlReqNeither");
    return status;
}
