/* SPDX-License-Identifier: MIT */
#include "driver.h"
#include "queue.tmh"

NTSTATUS
TracedBoardQueueInitialize(
    _In_ WDFDEVICE Device
    )
{
    WDFQUEUE queue;
    NTSTATUS status;
    WDF_IO_QUEUE_CONFIG queueConfig;

    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&queueConfig, WdfIoQueueDispatchParallel);

    queueConfig.EvtIoDeviceControl = TracedBoardEvtIoDeviceControl;
    queueConfig.EvtIoStop = TracedBoardEvtIoStop;

    status = WdfIoQueueCreate(Device, &queueConfig, WDF_NO_OBJECT_ATTRIBUTES, &queue);

    if (!NT_SUCCESS(status)) {
        TraceEvents(TRACE_LEVEL_ERROR, TRACE_QUEUE, "WdfIoQueueCreate failed %!STATUS!", status);
        return status;
    }

    return status;
}

//
// Counts how often a trace looked at its arguments.
//
static ULONG Looked(PDEVICE_CONTEXT Context)
{
    return ++Context->PrivateDeviceData;
}

VOID
TracedBoardEvtIoDeviceControl(
    _In_ WDFQUEUE Queue,
    _In_ WDFREQUEST Request,
    _In_ size_t OutputBufferLength,
    _In_ size_t InputBufferLength,
    _In_ ULONG IoControlCode
    )
{
    PDEVICE_CONTEXT context = DeviceGetContext(WdfIoQueueGetDevice(Queue));
    PULONG answer;
    NTSTATUS status;

    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_QUEUE, "%!FUNC! Queue 0x%p, Request 0x%p OutputBufferLength %d InputBufferLength %d IoControlCode %d",
                Queue, Request, (int) OutputBufferLength, (int) InputBufferLength, IoControlCode);

    status = WdfRequestRetrieveOutputBuffer(Request, sizeof(ULONG), (PVOID *)&answer, NULL);
    if (!NT_SUCCESS(status))
        TraceQueue((TRACE_QUEUE, "no room: %!STATUS!", status));
    else
        TraceQueue((TRACE_QUEUE, "looked %u", Looked(context)));

    if (NT_SUCCESS(status))
        *answer = context->PrivateDeviceData;
    WdfRequestCompleteWithInformation(Request, status, NT_SUCCESS(status) ? sizeof(ULONG) : 0);
}

VOID
TracedBoardEvtIoStop(
    _In_ WDFQUEUE Queue,
    _In_ WDFREQUEST Request,
    _In_ ULONG ActionFlags
)
{
    TraceEvents(TRACE_LEVEL_INFORMATION, TRACE_QUEUE, "%!FUNC! Queue 0x%p, Request 0x%p ActionFlags %d", Queue, Request, ActionFlags);

    WdfRequestStopAcknowledge(Request, TRUE);
}
