/* SPDX-License-Identifier: MIT */
/* The upper driver of the target tests: opens the lower driver's devices as I/O targets, passes the program's reads and writes on, and sends
 * requests of its own as the program says. */
#include <ntddk.h>
#include <wdf.h>

#include "target_test.h"

static struct {
    WDFDEVICE device;
    WDFIOTARGET target;
    KSPIN_LOCK lock;
    struct upper_facts facts;
    volatile LONG mode;
    WDFREQUEST own;
    WDFMEMORY own_memory;
    KEVENT own_ended;
} upper;

typedef struct _PASSAGE {
    LONG left;      /* sends to come */
    LONG inside;    /* completion routines of this request that run */
    WDFMEMORY own;  /* memory below the request */
} PASSAGE, *PPASSAGE;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PASSAGE, PassageGet)

static VOID Count(unsigned *Counter)
{
    KIRQL irql;
    KeAcquireSpinLock(&upper.lock, &irql);
    ++*Counter;
    KeReleaseSpinLock(&upper.lock, irql);
}

static LONG ReadMode(VOID)
{
    return InterlockedCompareExchange(&upper.mode, 0, 0);
}

static EVT_WDF_OBJECT_CONTEXT_CLEANUP EvtMemoryCleanup;
static VOID EvtMemoryCleanup(WDFOBJECT Memory)
{
    UNREFERENCED_PARAMETER(Memory);
    Count(&upper.facts.memories_gone);
}

/* ---- The program's requests -------------------------------------------------------------------------------------------- */

static NTSTATUS Format(WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS parameters;
    WDFMEMORY memory;
    LONGLONG offset = 0;
    NTSTATUS status;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    if (parameters.Type == WdfRequestTypeRead) {
        status = WdfRequestRetrieveOutputMemory(Request, &memory);
        return NT_SUCCESS(status) ? WdfIoTargetFormatRequestForRead(upper.target, Request, memory, NULL, &offset) : status;
    }
    status = WdfRequestRetrieveInputMemory(Request, &memory);
    return NT_SUCCESS(status) ? WdfIoTargetFormatRequestForWrite(upper.target, Request, memory, NULL, NULL) : status;
}

static VOID Send(WDFREQUEST Request);

static EVT_WDF_REQUEST_COMPLETION_ROUTINE Returned;
static VOID Returned(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    PPASSAGE passage = PassageGet(Request);
    LONG inside = InterlockedIncrement(&passage->inside);
    if (Target != upper.target || Context != &upper || Params->IoStatus.Status != WdfRequestGetStatus(Request))
        Count(&upper.facts.bad);
    KIRQL irql;
    KeAcquireSpinLock(&upper.lock, &irql);
    if ((unsigned)inside > upper.facts.completions_inside)
        upper.facts.completions_inside = (unsigned)inside;
    KeReleaseSpinLock(&upper.lock, irql);
    if (NT_SUCCESS(Params->IoStatus.Status) && --passage->left > 0) {
        InterlockedDecrement(&passage->inside);
        Send(Request);
        return;
    }
    Count(&upper.facts.ended);
    WdfRequestCompleteWithInformation(Request, Params->IoStatus.Status, Params->IoStatus.Information);
}

static VOID Send(WDFREQUEST Request)
{
    WDF_REQUEST_SEND_OPTIONS options;
    PWDF_REQUEST_SEND_OPTIONS given = WDF_NO_SEND_OPTIONS;
    NTSTATUS status = STATUS_SUCCESS;
    int mode = ReadMode() & 0xff;
    if (mode == UPPER_FORGET || mode == UPPER_TYPE)
        WdfRequestFormatRequestUsingCurrentType(Request);
    else
        status = Format(Request);
    if (mode == UPPER_FORGET || mode == UPPER_FORGET_FORMAT) {
        WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
        given = &options;
    } else {
        WdfRequestSetCompletionRoutine(Request, Returned, &upper);
    }
    if (NT_SUCCESS(status) && WdfRequestSend(Request, upper.target, given)) {
        if (given != WDF_NO_SEND_OPTIONS)
            Count(&upper.facts.ended);
        return;
    }
    if (NT_SUCCESS(status))
        status = WdfRequestGetStatus(Request);
    Count(&upper.facts.ended);
    WdfRequestComplete(Request, status);
}

static EVT_WDF_IO_QUEUE_IO_DEFAULT EvtTransfer;
static VOID EvtTransfer(WDFQUEUE Queue, WDFREQUEST Request)
{
    UNREFERENCED_PARAMETER(Queue);
    WDF_OBJECT_ATTRIBUTES attributes;
    Count(&upper.facts.presented);
    PassageGet(Request)->left = (ReadMode() & 0xff) == UPPER_RESEND ? ReadMode() >> 8 : 1;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = Request;
    attributes.EvtCleanupCallback = EvtMemoryCleanup;
    if (!NT_SUCCESS(WdfMemoryCreate(&attributes, NonPagedPoolNx, 'tseT', 16, &PassageGet(Request)->own, NULL)))
        Count(&upper.facts.bad);
    Send(Request);
}

/* ---- The driver's own ---------------------------------------------------------------------------------------------------- */

static EVT_WDF_REQUEST_COMPLETION_ROUTINE OwnReturned;
static VOID OwnReturned(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    WDF_REQUEST_COMPLETION_PARAMS again;
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&again);
    WdfRequestGetCompletionParams(Request, &again);
    if (Params->Type != WdfRequestTypeRead || Params->Parameters.Read.Buffer != upper.own_memory ||
        Params->Parameters.Read.Offset != 4 || again.IoStatus.Status != Params->IoStatus.Status)
        Count(&upper.facts.bad);
    KIRQL irql;
    KeAcquireSpinLock(&upper.lock, &irql);
    upper.facts.own_status = Params->IoStatus.Status;
    upper.facts.own_bytes = Params->Parameters.Read.Length;
    upper.facts.own_irql = irql;
    RtlCopyMemory(upper.facts.data, WdfMemoryGetBuffer(upper.own_memory, NULL), 16);
    upper.facts.own_ended++;
    KeReleaseSpinLock(&upper.lock, irql);
    KeSetEvent(&upper.own_ended, 0, FALSE);
}

static NTSTATUS OwnSend(LONG Milliseconds)
{
    WDFMEMORY_OFFSET offset = {4, 8};
    WDF_REQUEST_SEND_OPTIONS options;
    NTSTATUS status = WdfIoTargetFormatRequestForRead(upper.target, upper.own, upper.own_memory, &offset, NULL);
    if (!NT_SUCCESS(status))
        return status;
    KeClearEvent(&upper.own_ended);
    WdfRequestSetCompletionRoutine(upper.own, OwnReturned, NULL);
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, 0);
    if (Milliseconds != 0) {
        WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(Milliseconds));
        status = WdfRequestAllocateTimer(upper.own);
        if (!NT_SUCCESS(status))
            return status;
    }
    return WdfRequestSend(upper.own, upper.target, &options) ? STATUS_SUCCESS : WdfRequestGetStatus(upper.own);
}

static NTSTATUS OwnMake(LONG Milliseconds)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    PVOID buffer;
    NTSTATUS status = WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, upper.target, &upper.own);
    if (!NT_SUCCESS(status))
        return status;
    WDF_OBJECT_ATTRIBUTES_INIT(&attributes);
    attributes.ParentObject = upper.own;
    attributes.EvtCleanupCallback = EvtMemoryCleanup;
    status = WdfMemoryCreate(&attributes, NonPagedPoolNx, 'tseT', 16, &upper.own_memory, &buffer);
    if (!NT_SUCCESS(status))
        return status;
    RtlFillMemory(buffer, 16, '.');
    return OwnSend(Milliseconds);
}

static NTSTATUS OwnReuse(VOID)
{
    WDF_REQUEST_REUSE_PARAMS params;
    WDF_REQUEST_REUSE_PARAMS_INIT(&params, WDF_REQUEST_REUSE_NO_FLAGS, STATUS_SUCCESS);
    NTSTATUS status = WdfRequestReuse(upper.own, &params);
    return NT_SUCCESS(status) ? OwnSend(0) : status;
}

/* ---- Synchronous methods --------------------------------------------------------------------------------------------------- */

static NTSTATUS ReadNow(ULONG Length, PWDF_REQUEST_SEND_OPTIONS Options, WDFREQUEST Request)
{
    WDF_MEMORY_DESCRIPTOR descriptor;
    ULONG_PTR bytes = 99;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&descriptor, upper.facts.data, Length);
    NTSTATUS status = WdfIoTargetSendReadSynchronously(upper.target, Request, &descriptor, NULL, Options, &bytes);
    upper.facts.bytes = bytes;
    return status;
}

static NTSTATUS ReadTimeout(LONG Milliseconds)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDFREQUEST request;
    NTSTATUS status = WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, upper.target, &request);
    if (!NT_SUCCESS(status))
        return status;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&options, WDF_REL_TIMEOUT_IN_MS(Milliseconds));
    status = ReadNow(8, &options, request);
    if (WdfRequestGetStatus(request) != status)
        Count(&upper.facts.bad);
    WdfObjectDelete(request);
    return status;
}

static NTSTATUS ReadIgnore(VOID)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    return ReadNow(8, &options, NULL);
}

static NTSTATUS WriteNow(ULONG Length)
{
    WDF_MEMORY_DESCRIPTOR descriptor;
    WDFMEMORY memory;
    ULONG_PTR bytes = 99;
    RtlFillMemory(upper.facts.data, sizeof upper.facts.data, 1);
    NTSTATUS status = WdfMemoryCreatePreallocated(WDF_NO_OBJECT_ATTRIBUTES, upper.facts.data, sizeof upper.facts.data, &memory);
    if (!NT_SUCCESS(status))
        return status;
    WDFMEMORY_OFFSET offset = {1, Length};
    WDF_MEMORY_DESCRIPTOR_INIT_HANDLE(&descriptor, memory, &offset);
    status = WdfIoTargetSendWriteSynchronously(upper.target, NULL, &descriptor, NULL, NULL, &bytes);
    upper.facts.bytes = bytes;
    WdfObjectDelete(memory);
    return status;
}

static NTSTATUS ControlNow(int Kind)
{
    static const ULONG codes[] = {IOCTL_LOW_BUFFERED, IOCTL_LOW_IN, IOCTL_LOW_OUT, IOCTL_LOW_NEITHER, IOCTL_LOW_BUFFERED, IOCTL_LOW_OTHERS,
                                  IOCTL_LOW_BUFFERED};
    WDF_MEMORY_DESCRIPTOR in, out;
    char data[5] = {'v', 'w', 'x', 'y', 'z'};
    ULONG_PTR bytes = 99;
    NTSTATUS status;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&in, data, 4);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&out, Kind == 6 ? data : upper.facts.data, Kind == 6 ? 4 : 8);
    RtlZeroMemory(upper.facts.data, sizeof upper.facts.data);
    if (Kind == 4)
        status = WdfIoTargetSendInternalIoctlSynchronously(upper.target, NULL, codes[Kind], &in, &out, NULL, &bytes);
    else if (Kind == 5)
        status = WdfIoTargetSendInternalIoctlOthersSynchronously(upper.target, NULL, codes[Kind], &in, NULL, NULL, NULL, &bytes);
    else
        status = WdfIoTargetSendIoctlSynchronously(upper.target, NULL, codes[Kind], &in, &out, NULL, &bytes);
    if (Kind == 6)
        RtlCopyMemory(upper.facts.data, data, 4);
    upper.facts.bytes = bytes;
    return status;
}

/* ---- What must be refused ----------------------------------------------------------------------------------------------------- */

static int Refused(VOID)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_MEMORY_DESCRIPTOR descriptor;
    WDFREQUEST request;
    WDFMEMORY memory;
    int wrong = 0;
    if (!NT_SUCCESS(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, upper.target, &request)))
        return 1;
    if (!NT_SUCCESS(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tseT', 16, &memory, NULL)))
        return 2;
    if (WdfRequestSend(request, upper.target, NULL) || WdfRequestGetStatus(request) != STATUS_INVALID_DEVICE_REQUEST)
        wrong = 3; /* not formatted */
    WDFMEMORY_OFFSET beyond = {8, 9};
    if (NT_SUCCESS(WdfIoTargetFormatRequestForRead(upper.target, request, memory, &beyond, NULL)))
        wrong = 4;
    if (!NT_SUCCESS(WdfIoTargetFormatRequestForRead(upper.target, request, memory, NULL, NULL)))
        wrong = 5;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET);
    if (WdfRequestSend(request, upper.target, &options) || WdfRequestGetStatus(request) != STATUS_INVALID_DEVICE_REQUEST)
        wrong = 6; /* a driver's own cannot be forgotten */
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET | WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    if (WdfRequestSend(request, upper.target, &options))
        wrong = 7;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT);
    if (WdfRequestSend(request, upper.target, &options) || WdfRequestGetStatus(request) != STATUS_NOT_SUPPORTED)
        wrong = 8;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, 0);
    options.Size--;
    if (WdfRequestSend(request, upper.target, &options) || WdfRequestGetStatus(request) != STATUS_INFO_LENGTH_MISMATCH)
        wrong = 9;
    if (WdfRequestCancelSentRequest(request))
        wrong = 10; /* it was never sent */
    RtlZeroMemory(&descriptor, sizeof descriptor);
    if (WdfIoTargetSendReadSynchronously(upper.target, NULL, &descriptor, NULL, NULL, NULL) != STATUS_INVALID_PARAMETER)
        wrong = 11;
    if (!NT_SUCCESS(WdfRequestChangeTarget(request, upper.target)))
        wrong = 12;
    if (WdfRequestMarkCancelableEx(request, NULL) != STATUS_INVALID_PARAMETER)
        wrong = 13;
    WdfObjectDelete(request);
    WdfObjectDelete(memory);
    return wrong;
}

/* ---- Requests around IRPs, interfaces ---------------------------------------------------------------------------------------- */

static NTSTATUS SendRead(WDFREQUEST Request, WDFMEMORY Memory)
{
    WDF_REQUEST_SEND_OPTIONS options;
    NTSTATUS status = WdfIoTargetFormatRequestForRead(upper.target, Request, Memory, NULL, NULL);
    if (!NT_SUCCESS(status))
        return status;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    WdfRequestSend(Request, upper.target, &options);
    return WdfRequestGetStatus(Request);
}

static int FromIrp(VOID)
{
    CCHAR depth = WdfIoTargetWdmGetTargetDeviceObject(upper.target)->StackSize;
    PIRP first = IoAllocateIrp(depth, FALSE), second = IoAllocateIrp(depth, FALSE);
    WDF_REQUEST_REUSE_PARAMS reuse;
    WDFREQUEST request;
    WDFMEMORY memory;
    PUCHAR bytes;
    int wrong = 0;
    if (first == NULL || second == NULL ||
        !NT_SUCCESS(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tseT', 8, &memory, (PVOID *)&bytes)))
        return 1;
    if (WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, NULL, FALSE, &request) != STATUS_INVALID_PARAMETER)
        return 2;
    if (!NT_SUCCESS(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, first, FALSE, &request)))
        return 3;
    if (WdfRequestWdmGetIrp(request) != first || SendRead(request, memory) != STATUS_SUCCESS || bytes[7] != 'h')
        wrong = 4;
    RtlZeroMemory(bytes, 8);
    WDF_REQUEST_REUSE_PARAMS_INIT(&reuse, WDF_REQUEST_REUSE_SET_NEW_IRP, STATUS_SUCCESS);
    reuse.NewIrp = second;
    if (WdfRequestReuse(request, &reuse) != STATUS_SUCCESS || WdfRequestWdmGetIrp(request) != second)
        wrong = 5;
    if (SendRead(request, memory) != STATUS_SUCCESS || bytes[7] != 'h' || WdfRequestGetInformation(request) != 8)
        wrong = 6;
    WdfObjectDelete(request);
    IoFreeIrp(first);
    IoFreeIrp(second);
    first = IoAllocateIrp(depth, FALSE);
    if (first == NULL || !NT_SUCCESS(WdfRequestCreateFromIrp(WDF_NO_OBJECT_ATTRIBUTES, first, TRUE, &request)))
        return 7;
    if (WdfRequestReuse(request, &reuse) != STATUS_INVALID_PARAMETER)
        wrong = 8; /* the request frees its IRP, so it takes no other */
    WdfObjectDelete(request); /* and the IRP with it */
    WdfObjectDelete(memory);
    return wrong;
}

static NTSTATUS Interface(VOID)
{
    static const GUID guid = LOW_INTERFACE_GUID, other = {1, 2, 3, {4}};
    INTERFACE interface = {0};
    if (WdfIoTargetQueryForInterface(upper.target, &other, &interface, sizeof interface, 1, NULL) != STATUS_NOT_SUPPORTED)
        return STATUS_UNSUCCESSFUL;
    NTSTATUS status =
        WdfIoTargetQueryForInterface(upper.target, &guid, &interface, sizeof interface, LOW_INTERFACE_VERSION, NULL);
    upper.facts.bytes = interface.Version == LOW_INTERFACE_VERSION ? (ULONG_PTR)interface.Context : 0;
    return status;
}

/* ---- Commands -------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS Open(int Which)
{
    static const PCWSTR names[] = {L"\\Device\\OvlLow", L"\\Device\\OvlLowDirect", L"\\Device\\OvlLowNeither", L"\\Device\\OvlNowhere"};
    WDF_IO_TARGET_OPEN_PARAMS params;
    UNICODE_STRING name;
    RtlInitUnicodeString(&name, names[Which]);
    WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(&params, &name, GENERIC_READ | GENERIC_WRITE);
    return WdfIoTargetOpen(upper.target, &params);
}

static NTSTATUS OpenObject(VOID)
{
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDFIOTARGET second;
    NTSTATUS status = WdfIoTargetCreate(upper.device, WDF_NO_OBJECT_ATTRIBUTES, &second);
    if (!NT_SUCCESS(status))
        return status;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&params, WdfIoTargetWdmGetTargetDeviceObject(upper.target));
    params.TargetFileObject = WdfIoTargetWdmGetTargetFileObject(upper.target);
    status = WdfIoTargetOpen(second, &params);
    if (NT_SUCCESS(status)) {
        WDFIOTARGET first = upper.target;
        upper.target = second;
        status = ReadNow(8, NULL, NULL);
        upper.target = first;
        if (WdfIoTargetGetDevice(second) != upper.device)
            Count(&upper.facts.bad);
    }
    WdfObjectDelete(second);
    return status;
}

static NTSTATUS Reopen(VOID)
{
    WDF_IO_TARGET_OPEN_PARAMS params;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(&params);
    return WdfIoTargetOpen(upper.target, &params);
}

static VOID NoteStopped(VOID)
{
    KIRQL irql;
    KeAcquireSpinLock(&upper.lock, &irql);
    upper.facts.ended_at_stop = upper.facts.own_ended;
    KeReleaseSpinLock(&upper.lock, irql);
}

static NTSTATUS Execute(const struct upper_order *Order)
{
    NTSTATUS status = STATUS_SUCCESS;
    switch (Order->command) {
    case UPPER_OPEN: return Open(Order->arg);
    case UPPER_OPEN_OBJECT: return OpenObject();
    case UPPER_CLOSE: WdfIoTargetClose(upper.target); break;
    case UPPER_CLOSE_QUERY: WdfIoTargetCloseForQueryRemove(upper.target); break;
    case UPPER_REOPEN: return Reopen();
    case UPPER_START: return WdfIoTargetStart(upper.target);
    case UPPER_STOP:
        WdfIoTargetStop(upper.target, (WDF_IO_TARGET_SENT_IO_ACTION)Order->arg);
        NoteStopped();
        break;
    case UPPER_PURGE:
        WdfIoTargetPurge(upper.target, WdfIoTargetPurgeIoAndWait);
        NoteStopped();
        break;
    case UPPER_SET_MODE: InterlockedExchange(&upper.mode, Order->arg); break;
    case UPPER_READ: return ReadNow((ULONG)Order->arg, NULL, NULL);
    case UPPER_WRITE: return WriteNow((ULONG)Order->arg);
    case UPPER_CONTROL: return ControlNow(Order->arg);
    case UPPER_READ_TIMEOUT: return ReadTimeout(Order->arg);
    case UPPER_READ_IGNORE: return ReadIgnore();
    case UPPER_OWN_SEND: return OwnMake(0);
    case UPPER_OWN_TIMEOUT: return OwnMake(Order->arg);
    case UPPER_OWN_CANCEL: return WdfRequestCancelSentRequest(upper.own);
    case UPPER_OWN_REUSE: return OwnReuse();
    case UPPER_OWN_DELETE:
        KeWaitForSingleObject(&upper.own_ended, Executive, KernelMode, FALSE, NULL);
        WdfObjectDelete(upper.own);
        break;
    case UPPER_REFUSED: return Refused();
    case UPPER_FROM_IRP: return FromIrp();
    case UPPER_INTERFACE: return Interface();
    default: break;
    }
    return status;
}

static EVT_WDF_IO_IN_CALLER_CONTEXT EvtCommand;
static VOID EvtCommand(WDFDEVICE Device, WDFREQUEST Request)
{
    WDF_REQUEST_PARAMETERS parameters;
    struct upper_order *order, copy;
    struct upper_facts *facts;
    WDF_REQUEST_PARAMETERS_INIT(&parameters);
    WdfRequestGetParameters(Request, &parameters);
    NTSTATUS status = STATUS_SUCCESS;
    if (parameters.Type != WdfRequestTypeDeviceControl) {
        status = WdfDeviceEnqueueRequest(Device, Request);
        if (!NT_SUCCESS(status))
            WdfRequestComplete(Request, status);
        return;
    }
    status = WdfRequestRetrieveInputBuffer(Request, sizeof *order, (PVOID *)&order, NULL);
    if (NT_SUCCESS(status))
        status = WdfRequestRetrieveOutputBuffer(Request, sizeof *facts, (PVOID *)&facts, NULL);
    if (!NT_SUCCESS(status)) {
        WdfRequestComplete(Request, status);
        return;
    }
    copy = *order;
    status = Execute(&copy);
    KIRQL irql;
    KeAcquireSpinLock(&upper.lock, &irql);
    *facts = upper.facts;
    KeReleaseSpinLock(&upper.lock, irql);
    facts->status = status;
    facts->state = (int)WdfIoTargetGetState(upper.target);
    WdfRequestCompleteWithInformation(Request, STATUS_SUCCESS, sizeof *facts);
}

static EVT_WDF_DRIVER_UNLOAD EvtUnload;
static VOID EvtUnload(WDFDRIVER Driver)
{
    UNREFERENCED_PARAMETER(Driver);
}

static NTSTATUS MakeDevice(WDFDRIVER Driver)
{
    UNICODE_STRING name, link;
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_IO_QUEUE_CONFIG config;
    PWDFDEVICE_INIT init = WdfControlDeviceInitAllocate(Driver, NULL);
    if (init == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    RtlInitUnicodeString(&name, L"\\Device\\OvlUpper");
    RtlInitUnicodeString(&link, L"\\DosDevices\\OvlUpper");
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, PASSAGE);
    WdfDeviceInitSetRequestAttributes(init, &attributes);
    WdfDeviceInitSetIoType(init, WdfDeviceIoBuffered);
    WdfDeviceInitSetIoInCallerContextCallback(init, EvtCommand);
    NTSTATUS status = WdfDeviceInitAssignName(init, &name);
    if (NT_SUCCESS(status))
        status = WdfDeviceCreate(&init, WDF_NO_OBJECT_ATTRIBUTES, &upper.device);
    if (!NT_SUCCESS(status)) {
        if (init != NULL)
            WdfDeviceInitFree(init);
        return status;
    }
    status = WdfDeviceCreateSymbolicLink(upper.device, &link);
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&config, WdfIoQueueDispatchParallel);
    config.EvtIoDefault = EvtTransfer;
    if (NT_SUCCESS(status))
        status = WdfIoQueueCreate(upper.device, &config, WDF_NO_OBJECT_ATTRIBUTES, NULL);
    if (NT_SUCCESS(status))
        status = WdfIoTargetCreate(upper.device, WDF_NO_OBJECT_ATTRIBUTES, &upper.target);
    if (NT_SUCCESS(status))
        WdfControlFinishInitializing(upper.device);
    return status;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG config;
    WDFDRIVER driver;
    KeInitializeSpinLock(&upper.lock);
    KeInitializeEvent(&upper.own_ended, NotificationEvent, FALSE);
    WDF_DRIVER_CONFIG_INIT(&config, WDF_NO_EVENT_CALLBACK);
    config.DriverInitFlags = WdfDriverInitNonPnpDriver;
    config.EvtDriverUnload = EvtUnload;
    NTSTATUS status = WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &config, &driver);
    return NT_SUCCESS(status) ? MakeDevice(driver) : status;
}
