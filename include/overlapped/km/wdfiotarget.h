/* SPDX-License-Identifier: MIT */
/* I/O targets: the next lower driver, or another device by name. */
#ifndef _WDFIOTARGET_H_
#define _WDFIOTARGET_H_
#include "wdfrequest.h"

typedef enum _WDF_IO_TARGET_STATE {
    WdfIoTargetStateUndefined = 0, WdfIoTargetStarted, WdfIoTargetStopped, WdfIoTargetClosedForQueryRemove,
    WdfIoTargetClosed, WdfIoTargetDeleted, WdfIoTargetPurged,
} WDF_IO_TARGET_STATE, *PWDF_IO_TARGET_STATE;
typedef enum _WDF_IO_TARGET_OPEN_TYPE {
    WdfIoTargetOpenUndefined = 0, WdfIoTargetOpenUseExistingDevice = 1, WdfIoTargetOpenByName = 2,
    WdfIoTargetOpenReopen = 3, WdfIoTargetOpenLocalTargetByFile = 4,
} WDF_IO_TARGET_OPEN_TYPE;
typedef enum _WDF_IO_TARGET_SENT_IO_ACTION {
    WdfIoTargetSentIoUndefined = 0, WdfIoTargetCancelSentIo, WdfIoTargetWaitForSentIoToComplete,
    WdfIoTargetLeaveSentIoPending,
} WDF_IO_TARGET_SENT_IO_ACTION;
typedef enum _WDF_IO_TARGET_PURGE_IO_ACTION {
    WdfIoTargetPurgeIoUndefined = 0, WdfIoTargetPurgeIoAndWait, WdfIoTargetPurgeIo,
} WDF_IO_TARGET_PURGE_IO_ACTION;

typedef NTSTATUS NTAPI EVT_WDF_IO_TARGET_QUERY_REMOVE(WDFIOTARGET IoTarget);
typedef VOID NTAPI EVT_WDF_IO_TARGET_REMOVE_CANCELED(WDFIOTARGET IoTarget);
typedef VOID NTAPI EVT_WDF_IO_TARGET_REMOVE_COMPLETE(WDFIOTARGET IoTarget);
typedef EVT_WDF_IO_TARGET_QUERY_REMOVE *PFN_WDF_IO_TARGET_QUERY_REMOVE;
typedef EVT_WDF_IO_TARGET_REMOVE_CANCELED *PFN_WDF_IO_TARGET_REMOVE_CANCELED;
typedef EVT_WDF_IO_TARGET_REMOVE_COMPLETE *PFN_WDF_IO_TARGET_REMOVE_COMPLETE;

typedef struct _WDF_IO_TARGET_OPEN_PARAMS {
    ULONG Size;
    WDF_IO_TARGET_OPEN_TYPE Type;
    PFN_WDF_IO_TARGET_QUERY_REMOVE EvtIoTargetQueryRemove;
    PFN_WDF_IO_TARGET_REMOVE_CANCELED EvtIoTargetRemoveCanceled;
    PFN_WDF_IO_TARGET_REMOVE_COMPLETE EvtIoTargetRemoveComplete;
    PDEVICE_OBJECT TargetDeviceObject;
    PFILE_OBJECT TargetFileObject;
    UNICODE_STRING TargetDeviceName;
    ACCESS_MASK DesiredAccess;
    ULONG ShareAccess;
    ULONG FileAttributes;
    ULONG CreateDisposition;
    ULONG CreateOptions;
    PVOID EaBuffer;
    ULONG EaBufferLength;
    PLONGLONG AllocationSize;
    ULONG FileInformation;
    UNICODE_STRING FileName;
} WDF_IO_TARGET_OPEN_PARAMS, *PWDF_IO_TARGET_OPEN_PARAMS;

NTAPI_INLINE VOID WDF_IO_TARGET_OPEN_PARAMS_INIT_OPEN_BY_NAME(PWDF_IO_TARGET_OPEN_PARAMS Params,
                                                              PCUNICODE_STRING TargetDeviceName, ACCESS_MASK DesiredAccess)
{
    WDF_STRUCT_INIT(Params, WDF_IO_TARGET_OPEN_PARAMS);
    Params->Type = WdfIoTargetOpenByName;
    Params->TargetDeviceName = *TargetDeviceName;
    Params->DesiredAccess = DesiredAccess;
    Params->CreateDisposition = 1; /* FILE_OPEN */
    Params->CreateOptions = 0x40;  /* FILE_NON_DIRECTORY_FILE */
}

NTAPI_INLINE VOID WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(PWDF_IO_TARGET_OPEN_PARAMS Params, PDEVICE_OBJECT DeviceObject)
{
    WDF_STRUCT_INIT(Params, WDF_IO_TARGET_OPEN_PARAMS);
    Params->Type = WdfIoTargetOpenUseExistingDevice;
    Params->TargetDeviceObject = DeviceObject;
}

NTAPI_INLINE VOID WDF_IO_TARGET_OPEN_PARAMS_INIT_REOPEN(PWDF_IO_TARGET_OPEN_PARAMS Params)
{
    WDF_STRUCT_INIT(Params, WDF_IO_TARGET_OPEN_PARAMS);
    Params->Type = WdfIoTargetOpenReopen;
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfIoTargetCreate, (WDFDEVICE Device, PWDF_OBJECT_ATTRIBUTES IoTargetAttributes, WDFIOTARGET *IoTarget),
           (Device, IoTargetAttributes, IoTarget))
WDF_METHOD(NTSTATUS, WdfIoTargetOpen, (WDFIOTARGET IoTarget, PWDF_IO_TARGET_OPEN_PARAMS OpenParams), (IoTarget, OpenParams))
WDF_METHOD(VOID, WdfIoTargetClose, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(VOID, WdfIoTargetCloseForQueryRemove, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(NTSTATUS, WdfIoTargetStart, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(VOID, WdfIoTargetStop, (WDFIOTARGET IoTarget, WDF_IO_TARGET_SENT_IO_ACTION Action), (IoTarget, Action))
WDF_METHOD(VOID, WdfIoTargetPurge, (WDFIOTARGET IoTarget, WDF_IO_TARGET_PURGE_IO_ACTION Action), (IoTarget, Action))
WDF_METHOD(WDF_IO_TARGET_STATE, WdfIoTargetGetState, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(WDFDEVICE, WdfIoTargetGetDevice, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(PDEVICE_OBJECT, WdfIoTargetWdmGetTargetDeviceObject, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(PDEVICE_OBJECT, WdfIoTargetWdmGetTargetPhysicalDevice, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(PFILE_OBJECT, WdfIoTargetWdmGetTargetFileObject, (WDFIOTARGET IoTarget), (IoTarget))
WDF_METHOD(NTSTATUS, WdfIoTargetSendReadSynchronously,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, PWDF_MEMORY_DESCRIPTOR OutputBuffer, PLONGLONG DeviceOffset,
            PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesRead),
           (IoTarget, Request, OutputBuffer, DeviceOffset, RequestOptions, BytesRead))
WDF_METHOD(NTSTATUS, WdfIoTargetSendWriteSynchronously,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, PWDF_MEMORY_DESCRIPTOR InputBuffer, PLONGLONG DeviceOffset,
            PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesWritten),
           (IoTarget, Request, InputBuffer, DeviceOffset, RequestOptions, BytesWritten))
WDF_METHOD(NTSTATUS, WdfIoTargetSendIoctlSynchronously,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
            PWDF_MEMORY_DESCRIPTOR OutputBuffer, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned),
           (IoTarget, Request, IoctlCode, InputBuffer, OutputBuffer, RequestOptions, BytesReturned))
WDF_METHOD(NTSTATUS, WdfIoTargetSendInternalIoctlSynchronously,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR InputBuffer,
            PWDF_MEMORY_DESCRIPTOR OutputBuffer, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PULONG_PTR BytesReturned),
           (IoTarget, Request, IoctlCode, InputBuffer, OutputBuffer, RequestOptions, BytesReturned))
WDF_METHOD(NTSTATUS, WdfIoTargetFormatRequestForRead,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset,
            PLONGLONG DeviceOffset),
           (IoTarget, Request, OutputBuffer, OutputBufferOffset, DeviceOffset))
WDF_METHOD(NTSTATUS, WdfIoTargetFormatRequestForWrite,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, WDFMEMORY InputBuffer, PWDFMEMORY_OFFSET InputBufferOffset,
            PLONGLONG DeviceOffset),
           (IoTarget, Request, InputBuffer, InputBufferOffset, DeviceOffset))
WDF_METHOD(NTSTATUS, WdfIoTargetFormatRequestForIoctl,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, WDFMEMORY InputBuffer,
            PWDFMEMORY_OFFSET InputBufferOffset, WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset),
           (IoTarget, Request, IoctlCode, InputBuffer, InputBufferOffset, OutputBuffer, OutputBufferOffset))
WDF_METHOD(NTSTATUS, WdfIoTargetFormatRequestForInternalIoctl,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, WDFMEMORY InputBuffer,
            PWDFMEMORY_OFFSET InputBufferOffset, WDFMEMORY OutputBuffer, PWDFMEMORY_OFFSET OutputBufferOffset),
           (IoTarget, Request, IoctlCode, InputBuffer, InputBufferOffset, OutputBuffer, OutputBufferOffset))
WDF_METHOD(NTSTATUS, WdfIoTargetFormatRequestForInternalIoctlOthers,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, WDFMEMORY OtherArg1, PWDFMEMORY_OFFSET OtherArg1Offset,
            WDFMEMORY OtherArg2, PWDFMEMORY_OFFSET OtherArg2Offset, WDFMEMORY OtherArg4, PWDFMEMORY_OFFSET OtherArg4Offset),
           (IoTarget, Request, IoctlCode, OtherArg1, OtherArg1Offset, OtherArg2, OtherArg2Offset, OtherArg4, OtherArg4Offset))
WDF_METHOD(NTSTATUS, WdfIoTargetSendInternalIoctlOthersSynchronously,
           (WDFIOTARGET IoTarget, WDFREQUEST Request, ULONG IoctlCode, PWDF_MEMORY_DESCRIPTOR OtherArg1,
            PWDF_MEMORY_DESCRIPTOR OtherArg2, PWDF_MEMORY_DESCRIPTOR OtherArg4, PWDF_REQUEST_SEND_OPTIONS RequestOptions,
            PULONG_PTR BytesReturned),
           (IoTarget, Request, IoctlCode, OtherArg1, OtherArg2, OtherArg4, RequestOptions, BytesReturned))
WDF_METHOD(NTSTATUS, WdfIoTargetQueryForInterface,
           (WDFIOTARGET IoTarget, const GUID *InterfaceType, PINTERFACE Interface, USHORT Size, USHORT Version,
            PVOID InterfaceSpecificData),
           (IoTarget, InterfaceType, Interface, Size, Version, InterfaceSpecificData))
WDF_METHOD(HANDLE, WdfIoTargetWdmGetTargetFileHandle, (WDFIOTARGET IoTarget), (IoTarget))
OVL_END_C
#endif
