/* SPDX-License-Identifier: MIT */
/* The USB client library: handles, URB allocation, descriptor parsing, and the macros that fill URBs. */
#ifndef __USBDLIB_H__
#define __USBDLIB_H__
#include "usbdi.h"

typedef struct USBD_HANDLE__ *USBD_HANDLE;
#define USBD_CLIENT_CONTRACT_VERSION_INVALID 0xFFFFFFFF
#define USBD_CLIENT_CONTRACT_VERSION_602     0x602
#define USBD_INTERFACE_VERSION_600           0x600
#define USBD_INTERFACE_VERSION_602           0x602
#define URB_OPEN_STATIC_STREAMS_VERSION_100  0x100

typedef struct _USBD_INTERFACE_LIST_ENTRY {
    PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor;
    PUSBD_INTERFACE_INFORMATION Interface;
} USBD_INTERFACE_LIST_ENTRY, *PUSBD_INTERFACE_LIST_ENTRY;
OVL_STATIC_ASSERT(sizeof(USBD_INTERFACE_LIST_ENTRY) == 16, "USBD_INTERFACE_LIST_ENTRY has 16 bytes");

OVL_BEGIN_C
NTSTATUS NTAPI USBD_CreateHandle(PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT TargetDeviceObject,
                                 ULONG USBDClientContractVersion, ULONG PoolTag, USBD_HANDLE *USBDHandle);
VOID NTAPI USBD_CloseHandle(USBD_HANDLE USBDHandle);
BOOLEAN NTAPI USBD_IsInterfaceVersionSupported(USBD_HANDLE USBDHandle, ULONG USBDInterfaceVersion);
NTSTATUS NTAPI USBD_QueryUsbCapability(USBD_HANDLE USBDHandle, const GUID *CapabilityType, ULONG OutputBufferLength,
                                       PUCHAR OutputBuffer, PULONG ResultLength);
NTSTATUS NTAPI USBD_UrbAllocate(USBD_HANDLE USBDHandle, PURB *Urb);
NTSTATUS NTAPI USBD_IsochUrbAllocate(USBD_HANDLE USBDHandle, ULONG NumberOfIsochPackets, PURB *Urb);
VOID NTAPI USBD_UrbFree(USBD_HANDLE USBDHandle, PURB Urb);
VOID NTAPI USBD_AssignUrbToIoStackLocation(USBD_HANDLE USBDHandle, PIO_STACK_LOCATION IoStackLocation, PURB Urb);
NTSTATUS NTAPI USBD_SelectConfigUrbAllocateAndBuild(USBD_HANDLE USBDHandle,
                                                    PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                    PUSBD_INTERFACE_LIST_ENTRY InterfaceList, PURB *Urb);
NTSTATUS NTAPI USBD_SelectInterfaceUrbAllocateAndBuild(USBD_HANDLE USBDHandle,
                                                       USBD_CONFIGURATION_HANDLE ConfigurationHandle,
                                                       PUSBD_INTERFACE_LIST_ENTRY InterfaceListEntry, PURB *Urb);
PURB NTAPI USBD_CreateConfigurationRequestEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                             PUSBD_INTERFACE_LIST_ENTRY InterfaceList);
PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptorEx(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                                    PVOID StartPosition, LONG InterfaceNumber,
                                                                    LONG AlternateSetting, LONG InterfaceClass,
                                                                    LONG InterfaceSubClass, LONG InterfaceProtocol);
PUSB_COMMON_DESCRIPTOR NTAPI USBD_ParseDescriptors(PVOID DescriptorBuffer, ULONG TotalLength, PVOID StartPosition,
                                                   LONG DescriptorType);
USBD_STATUS NTAPI USBD_ValidateConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigDesc, ULONG BufferLength,
                                                       USHORT Level, PUCHAR *Offset, ULONG Tag);
VOID NTAPI USBD_GetUSBDIVersion(PUSBD_VERSION_INFORMATION VersionInformation);
OVL_END_C

#define GET_ISO_URB_SIZE(n) (sizeof(struct _URB_ISOCH_TRANSFER) + sizeof(USBD_ISO_PACKET_DESCRIPTOR) * (n))
#define GET_USBD_INTERFACE_SIZE(numEndpoints)                                                       \
    (sizeof(USBD_INTERFACE_INFORMATION) + sizeof(USBD_PIPE_INFORMATION) * (numEndpoints) - sizeof(USBD_PIPE_INFORMATION))
#define GET_SELECT_INTERFACE_REQUEST_SIZE(totalPipes)                                               \
    (sizeof(struct _URB_SELECT_INTERFACE) + ((totalPipes) > 1 ? ((totalPipes) - 1) * sizeof(USBD_PIPE_INFORMATION) : 0))
#define GET_SELECT_CONFIGURATION_REQUEST_SIZE(totalInterfaces, totalPipes)                          \
    (sizeof(struct _URB_SELECT_CONFIGURATION) + ((totalInterfaces)-1) * sizeof(USBD_INTERFACE_INFORMATION) + \
     ((totalPipes) - (totalInterfaces)) * sizeof(USBD_PIPE_INFORMATION))

#define UsbBuildInterruptOrBulkTransferRequest(urb, length, pipeHandle, transferBuffer, transferBufferMDL,  \
                                               transferBufferLength, transferFlags, link)                   \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER;                                \
        (urb)->UrbHeader.Length = (length);                                                                 \
        (urb)->UrbBulkOrInterruptTransfer.PipeHandle = (pipeHandle);                                        \
        (urb)->UrbBulkOrInterruptTransfer.TransferBufferLength = (transferBufferLength);                    \
        (urb)->UrbBulkOrInterruptTransfer.TransferBufferMDL = (transferBufferMDL);                          \
        (urb)->UrbBulkOrInterruptTransfer.TransferBuffer = (transferBuffer);                                \
        (urb)->UrbBulkOrInterruptTransfer.TransferFlags = (transferFlags);                                  \
        (urb)->UrbBulkOrInterruptTransfer.UrbLink = (link);                                                 \
    } while (0)

NTAPI_INLINE VOID UsbBuildOpenStaticStreamsRequest(PURB Urb, USBD_PIPE_HANDLE PipeHandle, USHORT NumberOfStreams,
                                                   PUSBD_STREAM_INFORMATION StreamInfoArray)
{
    RtlZeroMemory(Urb, sizeof(struct _URB_OPEN_STATIC_STREAMS));
    RtlZeroMemory(StreamInfoArray, NumberOfStreams * sizeof(USBD_STREAM_INFORMATION));
    Urb->UrbOpenStaticStreams.Hdr.Length = sizeof(struct _URB_OPEN_STATIC_STREAMS);
    Urb->UrbOpenStaticStreams.Hdr.Function = URB_FUNCTION_OPEN_STATIC_STREAMS;
    Urb->UrbOpenStaticStreams.PipeHandle = PipeHandle;
    Urb->UrbOpenStaticStreams.NumberOfStreams = NumberOfStreams;
    Urb->UrbOpenStaticStreams.StreamInfoVersion = URB_OPEN_STATIC_STREAMS_VERSION_100;
    Urb->UrbOpenStaticStreams.StreamInfoSize = sizeof(USBD_STREAM_INFORMATION);
    Urb->UrbOpenStaticStreams.Streams = StreamInfoArray;
}
#endif
