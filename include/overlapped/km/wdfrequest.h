/* SPDX-License-Identifier: MIT */
/* Requests: parameters, buffers, completion, cancellation, sending. */
#ifndef _WDFREQUEST_H_
#define _WDFREQUEST_H_
#include "wdfmemory.h"
#include "wdffileobject.h"

typedef enum _WDF_REQUEST_TYPE {
    WdfRequestTypeCreate = 0x0, WdfRequestTypeCreateNamedPipe = 0x1, WdfRequestTypeClose = 0x2,
    WdfRequestTypeRead = 0x3, WdfRequestTypeWrite = 0x4, WdfRequestTypeQueryInformation = 0x5,
    WdfRequestTypeSetInformation = 0x6, WdfRequestTypeQueryEA = 0x7, WdfRequestTypeSetEA = 0x8,
    WdfRequestTypeFlushBuffers = 0x9, WdfRequestTypeQueryVolumeInformation = 0xa,
    WdfRequestTypeSetVolumeInformation = 0xb, WdfRequestTypeDirectoryControl = 0xc,
    WdfRequestTypeFileSystemControl = 0xd, WdfRequestTypeDeviceControl = 0xe,
    WdfRequestTypeDeviceControlInternal = 0xf, WdfRequestTypeShutdown = 0x10, WdfRequestTypeLockControl = 0x11,
    WdfRequestTypeCleanup = 0x12, WdfRequestTypeCreateMailSlot = 0x13, WdfRequestTypeQuerySecurity = 0x14,
    WdfRequestTypeSetSecurity = 0x15, WdfRequestTypePower = 0x16, WdfRequestTypeSystemControl = 0x17,
    WdfRequestTypeDeviceChange = 0x18, WdfRequestTypeQueryQuota = 0x19, WdfRequestTypeSetQuota = 0x1A,
    WdfRequestTypePnp = 0x1B, WdfRequestTypeOther = 0x1C, WdfRequestTypeUsb = 0x40,
    WdfRequestTypeNoFormat = 0xFF, WdfRequestTypeMax,
} WDF_REQUEST_TYPE;

typedef enum _WDF_REQUEST_REUSE_FLAGS { WDF_REQUEST_REUSE_NO_FLAGS = 0, WDF_REQUEST_REUSE_SET_NEW_IRP = 1 } WDF_REQUEST_REUSE_FLAGS;
typedef enum _WDF_REQUEST_STOP_ACTION_FLAGS {
    WdfRequestStopActionInvalid = 0,
    WdfRequestStopActionSuspend = 0x01,
    WdfRequestStopActionPurge = 0x2,
    WdfRequestStopRequestCancelable = 0x10000000,
} WDF_REQUEST_STOP_ACTION_FLAGS;
typedef enum _WDF_REQUEST_SEND_OPTIONS_FLAGS {
    WDF_REQUEST_SEND_OPTION_TIMEOUT = 0x1,
    WDF_REQUEST_SEND_OPTION_SYNCHRONOUS = 0x2,
    WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE = 0x4,
    WDF_REQUEST_SEND_OPTION_SEND_AND_FORGET = 0x8,
    WDF_REQUEST_SEND_OPTION_IMPERSONATE_CLIENT = 0x10000,
    WDF_REQUEST_SEND_OPTION_IMPERSONATION_IGNORE_FAILURE = 0x20000,
} WDF_REQUEST_SEND_OPTIONS_FLAGS;

typedef VOID NTAPI EVT_WDF_REQUEST_CANCEL(WDFREQUEST Request);
typedef EVT_WDF_REQUEST_CANCEL *PFN_WDF_REQUEST_CANCEL;

typedef struct _WDF_REQUEST_PARAMETERS {
    USHORT Size;
    UCHAR MinorFunction;
    WDF_REQUEST_TYPE Type;
    union {
        struct {
            PVOID SecurityContext;
            ULONG Options;
            USHORT __attribute__((__aligned__(8))) FileAttributes;
            USHORT ShareAccess;
            ULONG __attribute__((__aligned__(8))) EaLength;
        } Create;
        struct {
            size_t Length;
            ULONG __attribute__((__aligned__(8))) Key;
            LONGLONG DeviceOffset;
        } Read, Write;
        struct {
            size_t OutputBufferLength;
            size_t __attribute__((__aligned__(8))) InputBufferLength;
            ULONG __attribute__((__aligned__(8))) IoControlCode;
            PVOID Type3InputBuffer;
        } DeviceIoControl;
        struct {
            PVOID Arg1;
            PVOID Arg2;
            ULONG __attribute__((__aligned__(8))) IoControlCode;
            PVOID Arg4;
        } Others;
    } Parameters;
} WDF_REQUEST_PARAMETERS, *PWDF_REQUEST_PARAMETERS;

NTAPI_INLINE VOID WDF_REQUEST_PARAMETERS_INIT(PWDF_REQUEST_PARAMETERS Parameters)
{
    RtlZeroMemory(Parameters, sizeof *Parameters);
    Parameters->Size = sizeof *Parameters;
}

/* What a target's completion gives; Usb: see wdfusb.h's PWDF_USB_REQUEST_COMPLETION_PARAMS. */
typedef struct _WDF_REQUEST_COMPLETION_PARAMS {
    ULONG Size;
    WDF_REQUEST_TYPE Type;
    IO_STATUS_BLOCK IoStatus;
    union {
        struct {
            WDFMEMORY Buffer;
            size_t Length;
            size_t Offset;
        } Write, Read;
        struct {
            ULONG IoControlCode;
            struct {
                WDFMEMORY Buffer;
                size_t Offset;
            } Input;
            struct {
                WDFMEMORY Buffer;
                size_t Offset;
                size_t Length;
            } Output;
        } Ioctl;
        struct {
            union {
                PVOID Ptr;
                ULONG_PTR Value;
            } Argument1, Argument2, Argument3, Argument4;
        } Others;
        struct {
            struct _WDF_USB_REQUEST_COMPLETION_PARAMS *Completion;
        } Usb;
    } Parameters;
} WDF_REQUEST_COMPLETION_PARAMS, *PWDF_REQUEST_COMPLETION_PARAMS;

NTAPI_INLINE VOID WDF_REQUEST_COMPLETION_PARAMS_INIT(PWDF_REQUEST_COMPLETION_PARAMS Params)
{
    WDF_STRUCT_INIT(Params, WDF_REQUEST_COMPLETION_PARAMS);
}

typedef VOID NTAPI EVT_WDF_REQUEST_COMPLETION_ROUTINE(WDFREQUEST Request, WDFIOTARGET Target,
                                                      PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context);
typedef EVT_WDF_REQUEST_COMPLETION_ROUTINE *PFN_WDF_REQUEST_COMPLETION_ROUTINE;

typedef struct _WDF_REQUEST_REUSE_PARAMS {
    ULONG Size;
    ULONG Flags;
    NTSTATUS Status;
    PIRP NewIrp;
} WDF_REQUEST_REUSE_PARAMS, *PWDF_REQUEST_REUSE_PARAMS;

NTAPI_INLINE VOID WDF_REQUEST_REUSE_PARAMS_INIT(PWDF_REQUEST_REUSE_PARAMS Params, ULONG Flags, NTSTATUS Status)
{
    WDF_STRUCT_INIT(Params, WDF_REQUEST_REUSE_PARAMS);
    Params->Flags = Flags;
    Params->Status = Status;
}

NTAPI_INLINE VOID WDF_REQUEST_REUSE_PARAMS_SET_NEW_IRP(PWDF_REQUEST_REUSE_PARAMS Params, PIRP NewIrp)
{
    Params->Flags |= WDF_REQUEST_REUSE_SET_NEW_IRP;
    Params->NewIrp = NewIrp;
}

typedef struct _WDF_REQUEST_SEND_OPTIONS {
    ULONG Size;
    ULONG Flags;
    LONGLONG Timeout; /* 100 ns; negative: relative */
} WDF_REQUEST_SEND_OPTIONS, *PWDF_REQUEST_SEND_OPTIONS;

NTAPI_INLINE VOID WDF_REQUEST_SEND_OPTIONS_INIT(PWDF_REQUEST_SEND_OPTIONS Options, ULONG Flags)
{
    WDF_STRUCT_INIT(Options, WDF_REQUEST_SEND_OPTIONS);
    Options->Flags = Flags;
}

NTAPI_INLINE VOID WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(PWDF_REQUEST_SEND_OPTIONS Options, LONGLONG Timeout)
{
    Options->Flags |= WDF_REQUEST_SEND_OPTION_TIMEOUT;
    Options->Timeout = Timeout;
}

typedef struct _WDF_REQUEST_FORWARD_OPTIONS {
    ULONG Size;
    ULONG Flags;
} WDF_REQUEST_FORWARD_OPTIONS, *PWDF_REQUEST_FORWARD_OPTIONS;

typedef enum _WDF_REQUEST_FORWARD_OPTIONS_FLAGS { WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET = 0x1 } WDF_REQUEST_FORWARD_OPTIONS_FLAGS;

NTAPI_INLINE VOID WDF_REQUEST_FORWARD_OPTIONS_INIT(PWDF_REQUEST_FORWARD_OPTIONS ForwardOptions)
{
    WDF_STRUCT_INIT(ForwardOptions, WDF_REQUEST_FORWARD_OPTIONS);
    ForwardOptions->Flags |= WDF_REQUEST_FORWARD_OPTION_SEND_AND_FORGET;
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfRequestCreate, (PWDF_OBJECT_ATTRIBUTES RequestAttributes, WDFIOTARGET IoTarget, WDFREQUEST *Request),
           (RequestAttributes, IoTarget, Request))
WDF_METHOD(NTSTATUS, WdfRequestCreateFromIrp,
           (PWDF_OBJECT_ATTRIBUTES RequestAttributes, PIRP Irp, BOOLEAN RequestFreesIrp, WDFREQUEST *Request),
           (RequestAttributes, Irp, RequestFreesIrp, Request))
WDF_METHOD(NTSTATUS, WdfRequestReuse, (WDFREQUEST Request, PWDF_REQUEST_REUSE_PARAMS ReuseParams), (Request, ReuseParams))
WDF_METHOD(NTSTATUS, WdfRequestChangeTarget, (WDFREQUEST Request, WDFIOTARGET IoTarget), (Request, IoTarget))
WDF_METHOD(VOID, WdfRequestFormatRequestUsingCurrentType, (WDFREQUEST Request), (Request))
WDF_METHOD(BOOLEAN, WdfRequestSend, (WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_SEND_OPTIONS Options),
           (Request, Target, Options))
WDF_METHOD(NTSTATUS, WdfRequestGetStatus, (WDFREQUEST Request), (Request))
WDF_METHOD(NTSTATUS, WdfRequestMarkCancelableEx, (WDFREQUEST Request, PFN_WDF_REQUEST_CANCEL EvtRequestCancel),
           (Request, EvtRequestCancel))
WDF_METHOD(VOID, WdfRequestMarkCancelable, (WDFREQUEST Request, PFN_WDF_REQUEST_CANCEL EvtRequestCancel),
           (Request, EvtRequestCancel))
WDF_METHOD(NTSTATUS, WdfRequestUnmarkCancelable, (WDFREQUEST Request), (Request))
WDF_METHOD(BOOLEAN, WdfRequestIsCanceled, (WDFREQUEST Request), (Request))
WDF_METHOD(BOOLEAN, WdfRequestCancelSentRequest, (WDFREQUEST Request), (Request))
WDF_METHOD(VOID, WdfRequestSetCompletionRoutine,
           (WDFREQUEST Request, PFN_WDF_REQUEST_COMPLETION_ROUTINE CompletionRoutine, WDFCONTEXT CompletionContext),
           (Request, CompletionRoutine, CompletionContext))
WDF_METHOD(VOID, WdfRequestGetCompletionParams, (WDFREQUEST Request, PWDF_REQUEST_COMPLETION_PARAMS Params), (Request, Params))
WDF_METHOD(NTSTATUS, WdfRequestAllocateTimer, (WDFREQUEST Request), (Request))
WDF_METHOD(VOID, WdfRequestComplete, (WDFREQUEST Request, NTSTATUS Status), (Request, Status))
WDF_METHOD(VOID, WdfRequestCompleteWithPriorityBoost, (WDFREQUEST Request, NTSTATUS Status, CCHAR PriorityBoost),
           (Request, Status, PriorityBoost))
WDF_METHOD(VOID, WdfRequestCompleteWithInformation, (WDFREQUEST Request, NTSTATUS Status, ULONG_PTR Information),
           (Request, Status, Information))
WDF_METHOD(VOID, WdfRequestGetParameters, (WDFREQUEST Request, PWDF_REQUEST_PARAMETERS Parameters), (Request, Parameters))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveInputMemory, (WDFREQUEST Request, WDFMEMORY *Memory), (Request, Memory))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveOutputMemory, (WDFREQUEST Request, WDFMEMORY *Memory), (Request, Memory))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveInputBuffer,
           (WDFREQUEST Request, size_t MinimumRequiredLength, PVOID *Buffer, size_t *Length),
           (Request, MinimumRequiredLength, Buffer, Length))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveOutputBuffer,
           (WDFREQUEST Request, size_t MinimumRequiredSize, PVOID *Buffer, size_t *Length),
           (Request, MinimumRequiredSize, Buffer, Length))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveInputWdmMdl, (WDFREQUEST Request, PMDL *Mdl), (Request, Mdl))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveOutputWdmMdl, (WDFREQUEST Request, PMDL *Mdl), (Request, Mdl))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveUnsafeUserInputBuffer,
           (WDFREQUEST Request, size_t MinimumRequiredLength, PVOID *InputBuffer, size_t *Length),
           (Request, MinimumRequiredLength, InputBuffer, Length))
WDF_METHOD(NTSTATUS, WdfRequestRetrieveUnsafeUserOutputBuffer,
           (WDFREQUEST Request, size_t MinimumRequiredLength, PVOID *OutputBuffer, size_t *Length),
           (Request, MinimumRequiredLength, OutputBuffer, Length))
WDF_METHOD(NTSTATUS, WdfRequestProbeAndLockUserBufferForRead,
           (WDFREQUEST Request, PVOID Buffer, size_t Length, WDFMEMORY *MemoryObject), (Request, Buffer, Length, MemoryObject))
WDF_METHOD(NTSTATUS, WdfRequestProbeAndLockUserBufferForWrite,
           (WDFREQUEST Request, PVOID Buffer, size_t Length, WDFMEMORY *MemoryObject), (Request, Buffer, Length, MemoryObject))
WDF_METHOD(VOID, WdfRequestSetInformation, (WDFREQUEST Request, ULONG_PTR Information), (Request, Information))
WDF_METHOD(ULONG_PTR, WdfRequestGetInformation, (WDFREQUEST Request), (Request))
WDF_METHOD(WDFFILEOBJECT, WdfRequestGetFileObject, (WDFREQUEST Request), (Request))
WDF_METHOD(KPROCESSOR_MODE, WdfRequestGetRequestorMode, (WDFREQUEST Request), (Request))
WDF_METHOD(NTSTATUS, WdfRequestForwardToIoQueue, (WDFREQUEST Request, WDFQUEUE DestinationQueue), (Request, DestinationQueue))
WDF_METHOD(NTSTATUS, WdfRequestRequeue, (WDFREQUEST Request), (Request))
WDF_METHOD(WDFQUEUE, WdfRequestGetIoQueue, (WDFREQUEST Request), (Request))
WDF_METHOD(VOID, WdfRequestStopAcknowledge, (WDFREQUEST Request, BOOLEAN Requeue), (Request, Requeue))
WDF_METHOD(PIRP, WdfRequestWdmGetIrp, (WDFREQUEST Request), (Request))
WDF_METHOD(VOID, WdfRequestWdmFormatUsingStackLocation, (WDFREQUEST Request, PIO_STACK_LOCATION Stack), (Request, Stack))
WDF_METHOD(BOOLEAN, WdfRequestIsReserved, (WDFREQUEST Request), (Request))
WDF_METHOD(BOOLEAN, WdfRequestIsFrom32BitProcess, (WDFREQUEST Request), (Request))
WDF_METHOD(NTSTATUS, WdfRequestForwardToParentDeviceIoQueue,
           (WDFREQUEST Request, WDFQUEUE ParentDeviceQueue, PWDF_REQUEST_FORWARD_OPTIONS ForwardOptions),
           (Request, ParentDeviceQueue, ForwardOptions))
OVL_END_C
#endif
