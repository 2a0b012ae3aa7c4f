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

/* What USBD_QueryUsbCapability and WdfUsbTargetDeviceQueryUsbCapability are asked for. Defined with or without INITGUID, once for a module. */
#define OVL_USB_CAPABILITY(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    extern const GUID name __attribute__((__weak__));                       \
    const GUID name = {l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
OVL_BEGIN_C
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_CHAINED_MDLS, 0xf5ceeb23, 0xad90, 0x458c, 0x97, 0x9a, 0xd5, 0x9b, 0x3a, 0xd6, 0x88, 0x4f);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_STATIC_STREAMS, 0x09051e1f, 0x0dc9, 0x4e6b, 0x8b, 0x12, 0x96, 0x0c, 0xbd, 0x81, 0xaa, 0x8f);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_SELECTIVE_SUSPEND, 0x755c630d, 0xc8a0, 0x4765, 0x94, 0x6f, 0x90, 0xcc, 0x70, 0x39, 0x56, 0xa4);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_FUNCTION_SUSPEND, 0xf4563183, 0xd66e, 0x42bd, 0xbd, 0x53, 0x1a, 0xc7, 0xb0, 0x4c, 0xd5, 0x9d);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_HIGH_BANDWIDTH_ISOCH, 0x9c8a8a27, 0x15f9, 0x42e3, 0xa3, 0x56, 0xcd, 0xa6, 0xae, 0x97, 0xa8, 0xc8);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_DEVICE_CONNECTION_HIGH_SPEED_COMPATIBLE, 0x81a885a6, 0xf239, 0x42a2, 0x83, 0x97, 0xa5, 0xd9, 0x5b, 0xea, 0x69, 0x53);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE, 0x8a2f776c, 0x9bd0, 0x4f29, 0x97, 0x71, 0xc7, 0xa3, 0x88, 0x46, 0xd4, 0xc7);
OVL_USB_CAPABILITY(GUID_USB_CAPABILITY_TIME_SYNC, 0xbb6e6472, 0x4be5, 0x44a3, 0x96, 0x41, 0x34, 0x5e, 0x56, 0xac, 0x34, 0x85);

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
PURB NTAPI USBD_CreateConfigurationRequest(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor, PUSHORT Siz);
ULONG NTAPI USBD_GetInterfaceLength(PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor, PUCHAR BufferEnd);
PUSB_INTERFACE_DESCRIPTOR NTAPI USBD_ParseConfigurationDescriptor(PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
                                                                  UCHAR InterfaceNumber, UCHAR AlternateSetting);
NTSTATUS NTAPI USBD_GetPdoRegistryParameter(PDEVICE_OBJECT PhysicalDeviceObject, PVOID Parameter, ULONG ParameterLength,
                                            PWSTR KeyName, ULONG KeyNameLength);
NTSTATUS NTAPI USBD_QueryBusTime(PDEVICE_OBJECT RootHubPdo, PULONG CurrentFrame);
ULONG NTAPI USBD_CalculateUsbBandwidth(ULONG MaxPacketSize, UCHAR EndpointType, BOOLEAN LowSpeed);
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

#define UsbBuildGetDescriptorRequest(urb, length, descriptorType, descriptorIndex, languageId, transferBuffer,      \
                                     transferBufferMDL, transferBufferLength, link)                                \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE;                                \
        (urb)->UrbHeader.Length = (length);                                                                 \
        (urb)->UrbControlDescriptorRequest.TransferBufferLength = (transferBufferLength);                   \
        (urb)->UrbControlDescriptorRequest.TransferBufferMDL = (transferBufferMDL);                         \
        (urb)->UrbControlDescriptorRequest.TransferBuffer = (transferBuffer);                               \
        (urb)->UrbControlDescriptorRequest.DescriptorType = (descriptorType);                               \
        (urb)->UrbControlDescriptorRequest.Index = (descriptorIndex);                                       \
        (urb)->UrbControlDescriptorRequest.LanguageId = (languageId);                                       \
        (urb)->UrbControlDescriptorRequest.UrbLink = (link);                                                \
    } while (0)

#define UsbBuildGetStatusRequest(urb, op, index, transferBuffer, transferBufferMDL, link)                   \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = (op);                                                                   \
        (urb)->UrbHeader.Length = sizeof(struct _URB_CONTROL_GET_STATUS_REQUEST);                           \
        (urb)->UrbControlGetStatusRequest.TransferBufferLength = sizeof(USHORT);                            \
        (urb)->UrbControlGetStatusRequest.TransferBufferMDL = (transferBufferMDL);                          \
        (urb)->UrbControlGetStatusRequest.TransferBuffer = (transferBuffer);                                \
        (urb)->UrbControlGetStatusRequest.Index = (index);                                                  \
        (urb)->UrbControlGetStatusRequest.UrbLink = (link);                                                 \
    } while (0)

#define UsbBuildFeatureRequest(urb, op, featureSelector, index, link)                                       \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = (op);                                                                   \
        (urb)->UrbHeader.Length = sizeof(struct _URB_CONTROL_FEATURE_REQUEST);                              \
        (urb)->UrbControlFeatureRequest.UrbLink = (link);                                                   \
        (urb)->UrbControlFeatureRequest.FeatureSelector = (featureSelector);                                \
        (urb)->UrbControlFeatureRequest.Index = (index);                                                    \
    } while (0)

#define UsbBuildVendorRequest(urb, cmd, length, transferFlags, reservedbits, request, value, index, transferBuffer, \
                              transferBufferMDL, transferBufferLength, link)                                \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = (cmd);                                                                  \
        (urb)->UrbHeader.Length = (length);                                                                 \
        (urb)->UrbControlVendorClassRequest.TransferBufferLength = (transferBufferLength);                  \
        (urb)->UrbControlVendorClassRequest.TransferBufferMDL = (transferBufferMDL);                        \
        (urb)->UrbControlVendorClassRequest.TransferBuffer = (transferBuffer);                              \
        (urb)->UrbControlVendorClassRequest.RequestTypeReservedBits = (reservedbits);                       \
        (urb)->UrbControlVendorClassRequest.Request = (request);                                            \
        (urb)->UrbControlVendorClassRequest.Value = (value);                                                \
        (urb)->UrbControlVendorClassRequest.Index = (index);                                                \
        (urb)->UrbControlVendorClassRequest.TransferFlags = (transferFlags);                                \
        (urb)->UrbControlVendorClassRequest.UrbLink = (link);                                               \
    } while (0)

#define UsbBuildOsFeatureDescriptorRequest(urb, length, interface, index, transferBuffer, transferBufferMDL,  \
                                           transferBufferLength, link)                                      \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = URB_FUNCTION_GET_MS_FEATURE_DESCRIPTOR;                                 \
        (urb)->UrbHeader.Length = (length);                                                                 \
        (urb)->UrbOSFeatureDescriptorRequest.TransferBufferLength = (transferBufferLength);                 \
        (urb)->UrbOSFeatureDescriptorRequest.TransferBufferMDL = (transferBufferMDL);                       \
        (urb)->UrbOSFeatureDescriptorRequest.TransferBuffer = (transferBuffer);                             \
        (urb)->UrbOSFeatureDescriptorRequest.InterfaceNumber = (interface);                                 \
        (urb)->UrbOSFeatureDescriptorRequest.MS_FeatureDescriptorIndex = (index);                           \
        (urb)->UrbOSFeatureDescriptorRequest.UrbLink = (link);                                              \
    } while (0)

#define UsbBuildSelectConfigurationRequest(urb, length, configurationDescriptor)                            \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = URB_FUNCTION_SELECT_CONFIGURATION;                                      \
        (urb)->UrbHeader.Length = (length);                                                                 \
        (urb)->UrbSelectConfiguration.ConfigurationDescriptor = (configurationDescriptor);                  \
    } while (0)

#define UsbBuildSelectInterfaceRequest(urb, length, configurationHandle, interfaceNumber, alternateSetting) \
    do {                                                                                                    \
        (urb)->UrbHeader.Function = URB_FUNCTION_SELECT_INTERFACE;                                          \
        (urb)->UrbHeader.Length = (length);                                                                 \
        (urb)->UrbSelectInterface.Interface.AlternateSetting = (alternateSetting);                          \
        (urb)->UrbSelectInterface.Interface.InterfaceNumber = (interfaceNumber);                            \
        (urb)->UrbSelectInterface.ConfigurationHandle = (configurationHandle);                              \
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
