/* SPDX-License-Identifier: MIT */
/* Queues. */
#ifndef _WDFIO_H_
#define _WDFIO_H_
#include "wdfrequest.h"

typedef enum _WDF_IO_QUEUE_DISPATCH_TYPE {
    WdfIoQueueDispatchInvalid = 0,
    WdfIoQueueDispatchSequential,
    WdfIoQueueDispatchParallel,
    WdfIoQueueDispatchManual,
    WdfIoQueueDispatchMax,
} WDF_IO_QUEUE_DISPATCH_TYPE;

typedef enum _WDF_IO_QUEUE_STATE {
    WdfIoQueueAcceptRequests = 0x01,
    WdfIoQueueDispatchRequests = 0x02,
    WdfIoQueueNoRequests = 0x04,
    WdfIoQueueDriverNoRequests = 0x08,
    WdfIoQueuePnpHeld = 0x10,
} WDF_IO_QUEUE_STATE;

#define WDF_IO_QUEUE_IDLE(state)    (((state) & WdfIoQueueNoRequests) && ((state) & WdfIoQueueDriverNoRequests))
#define WDF_IO_QUEUE_READY(state)   (((state) & WdfIoQueueDispatchRequests) && ((state) & WdfIoQueueAcceptRequests))
#define WDF_IO_QUEUE_STOPPED(state) (!((state) & WdfIoQueueDispatchRequests) && ((state) & WdfIoQueueAcceptRequests) && ((state) & WdfIoQueueDriverNoRequests))
#define WDF_IO_QUEUE_DRAINED(state) (!((state) & WdfIoQueueAcceptRequests) && ((state) & WdfIoQueueDispatchRequests) && ((state) & WdfIoQueueNoRequests) && ((state) & WdfIoQueueDriverNoRequests))
#define WDF_IO_QUEUE_PURGED(state)  (!((state) & WdfIoQueueAcceptRequests) && !((state) & WdfIoQueueDispatchRequests) && ((state) & WdfIoQueueNoRequests) && ((state) & WdfIoQueueDriverNoRequests))

typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_DEFAULT(WDFQUEUE Queue, WDFREQUEST Request);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_READ(WDFQUEUE Queue, WDFREQUEST Request, size_t Length);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_WRITE(WDFQUEUE Queue, WDFREQUEST Request, size_t Length);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                                      size_t InputBufferLength, ULONG IoControlCode);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputBufferLength,
                                                               size_t InputBufferLength, ULONG IoControlCode);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_STOP(WDFQUEUE Queue, WDFREQUEST Request, ULONG ActionFlags);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_RESUME(WDFQUEUE Queue, WDFREQUEST Request);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE(WDFQUEUE Queue, WDFREQUEST Request);
typedef VOID NTAPI EVT_WDF_IO_QUEUE_STATE(WDFQUEUE Queue, WDFCONTEXT Context);
typedef EVT_WDF_IO_QUEUE_IO_DEFAULT *PFN_WDF_IO_QUEUE_IO_DEFAULT;
typedef EVT_WDF_IO_QUEUE_IO_READ *PFN_WDF_IO_QUEUE_IO_READ;
typedef EVT_WDF_IO_QUEUE_IO_WRITE *PFN_WDF_IO_QUEUE_IO_WRITE;
typedef EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL *PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL;
typedef EVT_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL *PFN_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL;
typedef EVT_WDF_IO_QUEUE_IO_STOP *PFN_WDF_IO_QUEUE_IO_STOP;
typedef EVT_WDF_IO_QUEUE_IO_RESUME *PFN_WDF_IO_QUEUE_IO_RESUME;
typedef EVT_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE *PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE;
typedef EVT_WDF_IO_QUEUE_STATE *PFN_WDF_IO_QUEUE_STATE;

typedef struct _WDF_IO_QUEUE_CONFIG {
    ULONG Size;
    WDF_IO_QUEUE_DISPATCH_TYPE DispatchType;
    WDF_TRI_STATE PowerManaged;
    BOOLEAN AllowZeroLengthRequests;
    BOOLEAN DefaultQueue;
    PFN_WDF_IO_QUEUE_IO_DEFAULT EvtIoDefault;
    PFN_WDF_IO_QUEUE_IO_READ EvtIoRead;
    PFN_WDF_IO_QUEUE_IO_WRITE EvtIoWrite;
    PFN_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtIoDeviceControl;
    PFN_WDF_IO_QUEUE_IO_INTERNAL_DEVICE_CONTROL EvtIoInternalDeviceControl;
    PFN_WDF_IO_QUEUE_IO_STOP EvtIoStop;
    PFN_WDF_IO_QUEUE_IO_RESUME EvtIoResume;
    PFN_WDF_IO_QUEUE_IO_CANCELED_ON_QUEUE EvtIoCanceledOnQueue;
    union {
        struct {
            ULONG NumberOfPresentedRequests;
        } Parallel;
    } Settings;
    WDFDRIVER Driver;
} WDF_IO_QUEUE_CONFIG, *PWDF_IO_QUEUE_CONFIG;

NTAPI_INLINE VOID WDF_IO_QUEUE_CONFIG_INIT(PWDF_IO_QUEUE_CONFIG Config, WDF_IO_QUEUE_DISPATCH_TYPE DispatchType)
{
    WDF_STRUCT_INIT(Config, WDF_IO_QUEUE_CONFIG);
    Config->PowerManaged = WdfUseDefault;
    Config->DispatchType = DispatchType;
    if (DispatchType == WdfIoQueueDispatchParallel)
        Config->Settings.Parallel.NumberOfPresentedRequests = (ULONG)-1;
}

NTAPI_INLINE VOID WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(PWDF_IO_QUEUE_CONFIG Config, WDF_IO_QUEUE_DISPATCH_TYPE DispatchType)
{
    WDF_IO_QUEUE_CONFIG_INIT(Config, DispatchType);
    Config->DefaultQueue = TRUE;
}

typedef enum _WDF_IO_FORWARD_PROGRESS_ACTION {
    WdfIoForwardProgressActionInvalid = 0x0,
    WdfIoForwardProgressActionFailRequest,
    WdfIoForwardProgressActionUseReservedRequest,
} WDF_IO_FORWARD_PROGRESS_ACTION;

typedef enum _WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY {
    WdfIoForwardProgressInvalidPolicy = 0x0,
    WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest,
    WdfIoForwardProgressReservedPolicyUseExamine,
    WdfIoForwardProgressReservedPolicyPagingIO,
} WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY;

typedef NTSTATUS NTAPI EVT_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST(WDFQUEUE Queue, WDFREQUEST Request);
typedef NTSTATUS NTAPI EVT_WDF_IO_ALLOCATE_REQUEST_RESOURCES(WDFQUEUE Queue, WDFREQUEST Request);
typedef WDF_IO_FORWARD_PROGRESS_ACTION NTAPI EVT_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS(WDFQUEUE Queue, PIRP Irp);
typedef EVT_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST *PFN_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST;
typedef EVT_WDF_IO_ALLOCATE_REQUEST_RESOURCES *PFN_WDF_IO_ALLOCATE_REQUEST_RESOURCES;
typedef EVT_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS *PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS;

typedef struct _WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY {
    ULONG Size;
    ULONG TotalForwardProgressRequests;
    WDF_IO_FORWARD_PROGRESS_RESERVED_POLICY ForwardProgressReservedPolicy;
    union {
        struct {
            PFN_WDF_IO_WDM_IRP_FOR_FORWARD_PROGRESS EvtIoWdmIrpForForwardProgress;
        } ExaminePolicy;
    } ForwardProgressReservePolicySettings;
    PFN_WDF_IO_ALLOCATE_RESOURCES_FOR_RESERVED_REQUEST EvtIoAllocateResourcesForReservedRequest;
    PFN_WDF_IO_ALLOCATE_REQUEST_RESOURCES EvtIoAllocateRequestResources;
} WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY, *PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY;

NTAPI_INLINE VOID WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY_DEFAULT_INIT(PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY Policy,
                                                                    ULONG TotalForwardProgressRequests)
{
    WDF_STRUCT_INIT(Policy, WDF_IO_QUEUE_FORWARD_PROGRESS_POLICY);
    Policy->TotalForwardProgressRequests = TotalForwardProgressRequests;
    Policy->ForwardProgressReservedPolicy = WdfIoForwardProgressReservedPolicyAlwaysUseReservedRequest;
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfIoQueueCreate,
           (WDFDEVICE Device, PWDF_IO_QUEUE_CONFIG Config, PWDF_OBJECT_ATTRIBUTES QueueAttributes, WDFQUEUE *Queue),
           (Device, Config, QueueAttributes, Queue))
WDF_METHOD(WDF_IO_QUEUE_STATE, WdfIoQueueGetState, (WDFQUEUE Queue, PULONG QueueRequests, PULONG DriverRequests),
           (Queue, QueueRequests, DriverRequests))
WDF_METHOD(VOID, WdfIoQueueStart, (WDFQUEUE Queue), (Queue))
WDF_METHOD(VOID, WdfIoQueueStop, (WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopComplete, WDFCONTEXT Context),
           (Queue, StopComplete, Context))
WDF_METHOD(VOID, WdfIoQueueStopSynchronously, (WDFQUEUE Queue), (Queue))
WDF_METHOD(VOID, WdfIoQueueStopAndPurge, (WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE StopAndPurgeComplete, WDFCONTEXT Context),
           (Queue, StopAndPurgeComplete, Context))
WDF_METHOD(VOID, WdfIoQueueStopAndPurgeSynchronously, (WDFQUEUE Queue), (Queue))
WDF_METHOD(VOID, WdfIoQueuePurge, (WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE PurgeComplete, WDFCONTEXT Context),
           (Queue, PurgeComplete, Context))
WDF_METHOD(VOID, WdfIoQueuePurgeSynchronously, (WDFQUEUE Queue), (Queue))
WDF_METHOD(VOID, WdfIoQueueDrain, (WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE DrainComplete, WDFCONTEXT Context),
           (Queue, DrainComplete, Context))
WDF_METHOD(VOID, WdfIoQueueDrainSynchronously, (WDFQUEUE Queue), (Queue))
WDF_METHOD(WDFDEVICE, WdfIoQueueGetDevice, (WDFQUEUE Queue), (Queue))
WDF_METHOD(NTSTATUS, WdfIoQueueRetrieveNextRequest, (WDFQUEUE Queue, WDFREQUEST *OutRequest), (Queue, OutRequest))
WDF_METHOD(NTSTATUS, WdfIoQueueRetrieveRequestByFileObject, (WDFQUEUE Queue, WDFFILEOBJECT FileObject, WDFREQUEST *OutRequest),
           (Queue, FileObject, OutRequest))
WDF_METHOD(NTSTATUS, WdfIoQueueFindRequest,
           (WDFQUEUE Queue, WDFREQUEST FoundRequest, WDFFILEOBJECT FileObject, PWDF_REQUEST_PARAMETERS Parameters,
            WDFREQUEST *OutRequest),
           (Queue, FoundRequest, FileObject, Parameters, OutRequest))
WDF_METHOD(NTSTATUS, WdfIoQueueRetrieveFoundRequest, (WDFQUEUE Queue, WDFREQUEST FoundRequest, WDFREQUEST *OutRequest),
           (Queue, FoundRequest, OutRequest))
WDF_METHOD(NTSTATUS, WdfIoQueueReadyNotify, (WDFQUEUE Queue, PFN_WDF_IO_QUEUE_STATE QueueReady, WDFCONTEXT Context),
           (Queue, QueueReady, Context))
WDF_METHOD(NTSTATUS, WdfIoQueueAssignForwardProgressPolicy,
           (WDFQUEUE Queue, PWDF_IO_QUEUE_FORWARD_PROGRESS_POLICY ForwardProgressPolicy), (Queue, ForwardProgressPolicy))
OVL_END_C
#endif
