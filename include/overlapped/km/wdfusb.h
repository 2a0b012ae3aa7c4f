/* SPDX-License-Identifier: MIT */
/* USB targets: device, interface, pipe. */
#ifndef _WDFUSB_H_
#define _WDFUSB_H_
#include "wdf.h"
#include "usb.h"
#include "usbdlib.h"

typedef UCHAR BYTE; /* no kernel header has it */

typedef enum _WDF_USB_REQUEST_TYPE {
    WdfUsbRequestTypeInvalid = 0, WdfUsbRequestTypeNoFormat, WdfUsbRequestTypeDeviceString,
    WdfUsbRequestTypeDeviceControlTransfer, WdfUsbRequestTypeDeviceUrb, WdfUsbRequestTypePipeWrite,
    WdfUsbRequestTypePipeRead, WdfUsbRequestTypePipeAbort, WdfUsbRequestTypePipeReset, WdfUsbRequestTypePipeUrb,
} WDF_USB_REQUEST_TYPE;
typedef enum _WDF_USB_PIPE_TYPE {
    WdfUsbPipeTypeInvalid = 0, WdfUsbPipeTypeControl, WdfUsbPipeTypeIsochronous, WdfUsbPipeTypeBulk,
    WdfUsbPipeTypeInterrupt,
} WDF_USB_PIPE_TYPE;
typedef enum _WDF_USB_BMREQUEST_DIRECTION { BmRequestHostToDevice = 0, BmRequestDeviceToHost = 1 } WDF_USB_BMREQUEST_DIRECTION;
typedef enum _WDF_USB_BMREQUEST_TYPE { BmRequestStandard = 0, BmRequestClass = 1, BmRequestVendor = 2 } WDF_USB_BMREQUEST_TYPE;
typedef enum _WDF_USB_BMREQUEST_RECIPIENT {
    BmRequestToDevice = 0, BmRequestToInterface = 1, BmRequestToEndpoint = 2, BmRequestToOther = 3,
} WDF_USB_BMREQUEST_RECIPIENT;
typedef enum _WDF_USB_DEVICE_TRAITS {
    WDF_USB_DEVICE_TRAIT_SELF_POWERED = 0x1, WDF_USB_DEVICE_TRAIT_REMOTE_WAKE_CAPABLE = 0x2,
    WDF_USB_DEVICE_TRAIT_AT_HIGH_SPEED = 0x4,
} WDF_USB_DEVICE_TRAITS;
typedef enum _WdfUsbTargetDeviceSelectSettingType {
    WdfUsbInterfaceSelectSettingTypeDescriptor = 0x10, WdfUsbInterfaceSelectSettingTypeSetting = 0x11,
    WdfUsbInterfaceSelectSettingTypeUrb = 0x12,
} WdfUsbTargetDeviceSelectSettingType;
typedef enum _WdfUsbTargetDeviceSelectConfigType {
    WdfUsbTargetDeviceSelectConfigTypeInvalid = 0, WdfUsbTargetDeviceSelectConfigTypeDeconfig,
    WdfUsbTargetDeviceSelectConfigTypeSingleInterface, WdfUsbTargetDeviceSelectConfigTypeMultiInterface,
    WdfUsbTargetDeviceSelectConfigTypeInterfacesPairs, WdfUsbTargetDeviceSelectConfigTypeInterfacesDescriptor,
    WdfUsbTargetDeviceSelectConfigTypeUrb,
} WdfUsbTargetDeviceSelectConfigType;

typedef union _WDF_USB_CONTROL_SETUP_PACKET {
    struct {
        union {
            struct {
                BYTE Recipient : 2;
                BYTE Reserved : 3;
                BYTE Type : 2;
                BYTE Dir : 1;
            } Request;
            BYTE Byte;
        } bm;
        BYTE bRequest;
        union {
            struct {
                BYTE LowByte;
                BYTE HiByte;
            } Bytes;
            USHORT Value;
        } wValue, wIndex;
        USHORT wLength;
    } Packet;
    struct {
        BYTE Bytes[8];
    } Generic;
} WDF_USB_CONTROL_SETUP_PACKET, *PWDF_USB_CONTROL_SETUP_PACKET;
OVL_STATIC_ASSERT(sizeof(WDF_USB_CONTROL_SETUP_PACKET) == 8, "a setup packet has 8 bytes");

NTAPI_INLINE VOID WDF_USB_CONTROL_SETUP_PACKET_INIT(PWDF_USB_CONTROL_SETUP_PACKET Packet,
                                                    WDF_USB_BMREQUEST_DIRECTION Direction,
                                                    WDF_USB_BMREQUEST_RECIPIENT Recipient, BYTE Request, USHORT Value,
                                                    USHORT Index)
{
    RtlZeroMemory(Packet, sizeof *Packet);
    Packet->Packet.bm.Request.Dir = (BYTE)Direction & 1;
    Packet->Packet.bm.Request.Type = BmRequestStandard;
    Packet->Packet.bm.Request.Recipient = (BYTE)Recipient & 3;
    Packet->Packet.bRequest = Request;
    Packet->Packet.wValue.Value = Value;
    Packet->Packet.wIndex.Value = Index;
}

NTAPI_INLINE VOID WDF_USB_CONTROL_SETUP_PACKET_INIT_CLASS(PWDF_USB_CONTROL_SETUP_PACKET Packet,
                                                          WDF_USB_BMREQUEST_DIRECTION Direction,
                                                          WDF_USB_BMREQUEST_RECIPIENT Recipient, BYTE Request,
                                                          USHORT Value, USHORT Index)
{
    WDF_USB_CONTROL_SETUP_PACKET_INIT(Packet, Direction, Recipient, Request, Value, Index);
    Packet->Packet.bm.Request.Type = BmRequestClass;
}

NTAPI_INLINE VOID WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(PWDF_USB_CONTROL_SETUP_PACKET Packet,
                                                           WDF_USB_BMREQUEST_DIRECTION Direction,
                                                           WDF_USB_BMREQUEST_RECIPIENT Recipient, BYTE Request,
                                                           USHORT Value, USHORT Index)
{
    WDF_USB_CONTROL_SETUP_PACKET_INIT(Packet, Direction, Recipient, Request, Value, Index);
    Packet->Packet.bm.Request.Type = BmRequestVendor;
}

NTAPI_INLINE VOID WDF_USB_CONTROL_SETUP_PACKET_INIT_FEATURE(PWDF_USB_CONTROL_SETUP_PACKET Packet,
                                                            WDF_USB_BMREQUEST_RECIPIENT Recipient,
                                                            USHORT FeatureSelector, USHORT Index, BOOLEAN SetFeature)
{
    WDF_USB_CONTROL_SETUP_PACKET_INIT(Packet, BmRequestHostToDevice, Recipient,
                                      SetFeature ? USB_REQUEST_SET_FEATURE : USB_REQUEST_CLEAR_FEATURE, FeatureSelector, Index);
}

NTAPI_INLINE VOID WDF_USB_CONTROL_SETUP_PACKET_INIT_GET_STATUS(PWDF_USB_CONTROL_SETUP_PACKET Packet,
                                                               WDF_USB_BMREQUEST_RECIPIENT Recipient, USHORT Index)
{
    WDF_USB_CONTROL_SETUP_PACKET_INIT(Packet, BmRequestDeviceToHost, Recipient, USB_REQUEST_GET_STATUS, 0, Index);
}

/* ---- The device ------------------------------------------------------------------------------------------- */

typedef struct _WDF_USB_DEVICE_INFORMATION {
    ULONG Size;
    USBD_VERSION_INFORMATION UsbdVersionInformation;
    ULONG HcdPortCapabilities;
    ULONG Traits;
} WDF_USB_DEVICE_INFORMATION, *PWDF_USB_DEVICE_INFORMATION;

NTAPI_INLINE VOID WDF_USB_DEVICE_INFORMATION_INIT(PWDF_USB_DEVICE_INFORMATION Udi)
{
    WDF_STRUCT_INIT(Udi, WDF_USB_DEVICE_INFORMATION);
}

typedef struct _WDF_USB_DEVICE_CREATE_CONFIG {
    ULONG Size;
    ULONG USBDClientContractVersion;
} WDF_USB_DEVICE_CREATE_CONFIG, *PWDF_USB_DEVICE_CREATE_CONFIG;

NTAPI_INLINE VOID WDF_USB_DEVICE_CREATE_CONFIG_INIT(PWDF_USB_DEVICE_CREATE_CONFIG Config, ULONG USBDClientContractVersion)
{
    WDF_STRUCT_INIT(Config, WDF_USB_DEVICE_CREATE_CONFIG);
    Config->USBDClientContractVersion = USBDClientContractVersion;
}

typedef struct _WDF_USB_INTERFACE_SETTING_PAIR {
    WDFUSBINTERFACE UsbInterface;
    UCHAR SettingIndex;
} WDF_USB_INTERFACE_SETTING_PAIR, *PWDF_USB_INTERFACE_SETTING_PAIR;

typedef struct _WDF_USB_DEVICE_SELECT_CONFIG_PARAMS {
    ULONG Size;
    WdfUsbTargetDeviceSelectConfigType Type;
    union {
        struct {
            PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor;
            PUSB_INTERFACE_DESCRIPTOR *InterfaceDescriptors;
            ULONG NumInterfaceDescriptors;
        } Descriptor;
        struct {
            PURB Urb;
        } Urb;
        struct {
            UCHAR NumberConfiguredPipes;
            WDFUSBINTERFACE ConfiguredUsbInterface;
        } SingleInterface;
        struct {
            UCHAR NumberInterfaces;
            PWDF_USB_INTERFACE_SETTING_PAIR Pairs;
            UCHAR NumberOfConfiguredInterfaces;
        } MultiInterface;
    } Types;
} WDF_USB_DEVICE_SELECT_CONFIG_PARAMS, *PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS;

NTAPI_INLINE VOID WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_DECONFIG(PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params)
{
    WDF_STRUCT_INIT(Params, WDF_USB_DEVICE_SELECT_CONFIG_PARAMS);
    Params->Type = WdfUsbTargetDeviceSelectConfigTypeDeconfig;
}

NTAPI_INLINE VOID WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params)
{
    WDF_STRUCT_INIT(Params, WDF_USB_DEVICE_SELECT_CONFIG_PARAMS);
    Params->Type = WdfUsbTargetDeviceSelectConfigTypeSingleInterface;
}

NTAPI_INLINE VOID WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(
    PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params, UCHAR NumberInterfaces, PWDF_USB_INTERFACE_SETTING_PAIR SettingPairs)
{
    WDF_STRUCT_INIT(Params, WDF_USB_DEVICE_SELECT_CONFIG_PARAMS);
    Params->Type = SettingPairs != NULL && NumberInterfaces != 0 ? WdfUsbTargetDeviceSelectConfigTypeInterfacesPairs
                                                                 : WdfUsbTargetDeviceSelectConfigTypeMultiInterface;
    Params->Types.MultiInterface.NumberInterfaces = NumberInterfaces;
    Params->Types.MultiInterface.Pairs = SettingPairs;
}

NTAPI_INLINE VOID WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_INTERFACES_DESCRIPTORS(
    PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params, PUSB_CONFIGURATION_DESCRIPTOR ConfigurationDescriptor,
    PUSB_INTERFACE_DESCRIPTOR *InterfaceDescriptors, ULONG NumInterfaces)
{
    WDF_STRUCT_INIT(Params, WDF_USB_DEVICE_SELECT_CONFIG_PARAMS);
    Params->Type = WdfUsbTargetDeviceSelectConfigTypeInterfacesDescriptor;
    Params->Types.Descriptor.ConfigurationDescriptor = ConfigurationDescriptor;
    Params->Types.Descriptor.InterfaceDescriptors = InterfaceDescriptors;
    Params->Types.Descriptor.NumInterfaceDescriptors = NumInterfaces;
}

NTAPI_INLINE VOID WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_URB(PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params, PURB Urb)
{
    WDF_STRUCT_INIT(Params, WDF_USB_DEVICE_SELECT_CONFIG_PARAMS);
    Params->Type = WdfUsbTargetDeviceSelectConfigTypeUrb;
    Params->Types.Urb.Urb = Urb;
}

typedef struct _WDF_USB_INTERFACE_SELECT_SETTING_PARAMS {
    ULONG Size;
    WdfUsbTargetDeviceSelectSettingType Type;
    union {
        struct {
            UCHAR SettingIndex;
        } Interface;
        struct {
            PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor;
        } Descriptor;
        struct {
            PURB Urb;
        } Urb;
    } Types;
} WDF_USB_INTERFACE_SELECT_SETTING_PARAMS, *PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS;

NTAPI_INLINE VOID WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_SETTING(PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params,
                                                                       UCHAR SettingIndex)
{
    WDF_STRUCT_INIT(Params, WDF_USB_INTERFACE_SELECT_SETTING_PARAMS);
    Params->Type = WdfUsbInterfaceSelectSettingTypeSetting;
    Params->Types.Interface.SettingIndex = SettingIndex;
}

NTAPI_INLINE VOID WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_DESCRIPTOR(PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params,
                                                                          PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor)
{
    WDF_STRUCT_INIT(Params, WDF_USB_INTERFACE_SELECT_SETTING_PARAMS);
    Params->Type = WdfUsbInterfaceSelectSettingTypeDescriptor;
    Params->Types.Descriptor.InterfaceDescriptor = InterfaceDescriptor;
}

NTAPI_INLINE VOID WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_URB(PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params, PURB Urb)
{
    WDF_STRUCT_INIT(Params, WDF_USB_INTERFACE_SELECT_SETTING_PARAMS);
    Params->Type = WdfUsbInterfaceSelectSettingTypeUrb;
    Params->Types.Urb.Urb = Urb;
}

/* ---- Pipes ---------------------------------------------------------------------------------------------------- */

typedef struct _WDF_USB_PIPE_INFORMATION {
    ULONG Size;
    ULONG MaximumPacketSize;
    UCHAR EndpointAddress;
    UCHAR Interval;
    UCHAR SettingIndex;
    WDF_USB_PIPE_TYPE PipeType;
    ULONG MaximumTransferSize;
} WDF_USB_PIPE_INFORMATION, *PWDF_USB_PIPE_INFORMATION;

NTAPI_INLINE VOID WDF_USB_PIPE_INFORMATION_INIT(PWDF_USB_PIPE_INFORMATION Info)
{
    WDF_STRUCT_INIT(Info, WDF_USB_PIPE_INFORMATION);
}

NTAPI_INLINE BOOLEAN WDF_USB_PIPE_DIRECTION_IN(UCHAR EndpointAddress)
{
    return (EndpointAddress & 0x80) != 0;
}

typedef struct _WDF_USB_REQUEST_COMPLETION_PARAMS {
    USBD_STATUS UsbdStatus;
    WDF_USB_REQUEST_TYPE Type;
    union {
        struct {
            WDFMEMORY Buffer;
            USHORT LangID;
            UCHAR StringIndex;
            UCHAR RequiredSize;
        } DeviceString;
        struct {
            WDFMEMORY Buffer;
            WDF_USB_CONTROL_SETUP_PACKET SetupPacket;
            ULONG Length;
        } DeviceControlTransfer;
        struct {
            WDFMEMORY Buffer;
        } DeviceUrb;
        struct {
            WDFMEMORY Buffer;
            size_t Length;
            size_t Offset;
        } PipeWrite, PipeRead;
        struct {
            WDFMEMORY Buffer;
        } PipeUrb;
    } Parameters;
} WDF_USB_REQUEST_COMPLETION_PARAMS, *PWDF_USB_REQUEST_COMPLETION_PARAMS;

typedef VOID NTAPI EVT_WDF_USB_READER_COMPLETION_ROUTINE(WDFUSBPIPE Pipe, WDFMEMORY Buffer, size_t NumBytesTransferred,
                                                         WDFCONTEXT Context);
typedef EVT_WDF_USB_READER_COMPLETION_ROUTINE *PFN_WDF_USB_READER_COMPLETION_ROUTINE;
typedef BOOLEAN NTAPI EVT_WDF_USB_READERS_FAILED(WDFUSBPIPE Pipe, NTSTATUS Status, USBD_STATUS UsbdStatus);
typedef EVT_WDF_USB_READERS_FAILED *PFN_WDF_USB_READERS_FAILED;

typedef struct _WDF_USB_CONTINUOUS_READER_CONFIG {
    ULONG Size;
    size_t TransferLength;
    size_t HeaderLength;
    size_t TrailerLength;
    UCHAR NumPendingReads;
    PWDF_OBJECT_ATTRIBUTES BufferAttributes;
    PFN_WDF_USB_READER_COMPLETION_ROUTINE EvtUsbTargetPipeReadComplete;
    WDFCONTEXT EvtUsbTargetPipeReadCompleteContext;
    PFN_WDF_USB_READERS_FAILED EvtUsbTargetPipeReadersFailed;
} WDF_USB_CONTINUOUS_READER_CONFIG, *PWDF_USB_CONTINUOUS_READER_CONFIG;

NTAPI_INLINE VOID WDF_USB_CONTINUOUS_READER_CONFIG_INIT(PWDF_USB_CONTINUOUS_READER_CONFIG Config,
                                                        PFN_WDF_USB_READER_COMPLETION_ROUTINE EvtUsbTargetPipeReadComplete,
                                                        WDFCONTEXT EvtUsbTargetPipeReadCompleteContext, size_t TransferLength)
{
    WDF_STRUCT_INIT(Config, WDF_USB_CONTINUOUS_READER_CONFIG);
    Config->EvtUsbTargetPipeReadComplete = EvtUsbTargetPipeReadComplete;
    Config->EvtUsbTargetPipeReadCompleteContext = EvtUsbTargetPipeReadCompleteContext;
    Config->TransferLength = TransferLength;
}

OVL_BEGIN_C
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceCreate,
           (WDFDEVICE Device, PWDF_OBJECT_ATTRIBUTES Attributes, WDFUSBDEVICE *UsbDevice), (Device, Attributes, UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceCreateWithParameters,
           (WDFDEVICE Device, PWDF_USB_DEVICE_CREATE_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes, WDFUSBDEVICE *UsbDevice),
           (Device, Config, Attributes, UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceRetrieveInformation,
           (WDFUSBDEVICE UsbDevice, PWDF_USB_DEVICE_INFORMATION Information), (UsbDevice, Information))
WDF_METHOD(VOID, WdfUsbTargetDeviceGetDeviceDescriptor,
           (WDFUSBDEVICE UsbDevice, PUSB_DEVICE_DESCRIPTOR UsbDeviceDescriptor), (UsbDevice, UsbDeviceDescriptor))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceRetrieveConfigDescriptor,
           (WDFUSBDEVICE UsbDevice, PVOID ConfigDescriptor, PUSHORT ConfigDescriptorLength),
           (UsbDevice, ConfigDescriptor, ConfigDescriptorLength))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceQueryString,
           (WDFUSBDEVICE UsbDevice, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PUSHORT String,
            PUSHORT NumCharacters, UCHAR StringIndex, USHORT LangID),
           (UsbDevice, Request, RequestOptions, String, NumCharacters, StringIndex, LangID))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceAllocAndQueryString,
           (WDFUSBDEVICE UsbDevice, PWDF_OBJECT_ATTRIBUTES StringMemoryAttributes, WDFMEMORY *StringMemory,
            PUSHORT NumCharacters, UCHAR StringIndex, USHORT LangID),
           (UsbDevice, StringMemoryAttributes, StringMemory, NumCharacters, StringIndex, LangID))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceFormatRequestForString,
           (WDFUSBDEVICE UsbDevice, WDFREQUEST Request, WDFMEMORY Memory, PWDFMEMORY_OFFSET Offset, UCHAR StringIndex, USHORT LangID),
           (UsbDevice, Request, Memory, Offset, StringIndex, LangID))
WDF_METHOD(UCHAR, WdfUsbTargetDeviceGetNumInterfaces, (WDFUSBDEVICE UsbDevice), (UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceSelectConfig,
           (WDFUSBDEVICE UsbDevice, PWDF_OBJECT_ATTRIBUTES PipeAttributes, PWDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params),
           (UsbDevice, PipeAttributes, Params))
WDF_METHOD(USBD_CONFIGURATION_HANDLE, WdfUsbTargetDeviceWdmGetConfigurationHandle, (WDFUSBDEVICE UsbDevice), (UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceRetrieveCurrentFrameNumber, (WDFUSBDEVICE UsbDevice, PULONG CurrentFrameNumber),
           (UsbDevice, CurrentFrameNumber))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceSendControlTransferSynchronously,
           (WDFUSBDEVICE UsbDevice, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions,
            PWDF_USB_CONTROL_SETUP_PACKET SetupPacket, PWDF_MEMORY_DESCRIPTOR MemoryDescriptor, PULONG BytesTransferred),
           (UsbDevice, Request, RequestOptions, SetupPacket, MemoryDescriptor, BytesTransferred))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceFormatRequestForControlTransfer,
           (WDFUSBDEVICE UsbDevice, WDFREQUEST Request, PWDF_USB_CONTROL_SETUP_PACKET SetupPacket, WDFMEMORY TransferMemory,
            PWDFMEMORY_OFFSET TransferOffset),
           (UsbDevice, Request, SetupPacket, TransferMemory, TransferOffset))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceIsConnectedSynchronous, (WDFUSBDEVICE UsbDevice), (UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceResetPortSynchronously, (WDFUSBDEVICE UsbDevice), (UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceCyclePortSynchronously, (WDFUSBDEVICE UsbDevice), (UsbDevice))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceFormatRequestForCyclePort, (WDFUSBDEVICE UsbDevice, WDFREQUEST Request), (UsbDevice, Request))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceFormatRequestForUrb,
           (WDFUSBDEVICE UsbDevice, WDFREQUEST Request, WDFMEMORY UrbMemory, PWDFMEMORY_OFFSET UrbMemoryOffset),
           (UsbDevice, Request, UrbMemory, UrbMemoryOffset))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceSendUrbSynchronously,
           (WDFUSBDEVICE UsbDevice, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PURB Urb),
           (UsbDevice, Request, RequestOptions, Urb))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceQueryUsbCapability,
           (WDFUSBDEVICE UsbDevice, const GUID *CapabilityType, ULONG CapabilityBufferLength, PVOID CapabilityBuffer, PULONG ResultLength),
           (UsbDevice, CapabilityType, CapabilityBufferLength, CapabilityBuffer, ResultLength))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceCreateUrb,
           (WDFUSBDEVICE UsbDevice, PWDF_OBJECT_ATTRIBUTES Attributes, WDFMEMORY *UrbMemory, PURB *Urb),
           (UsbDevice, Attributes, UrbMemory, Urb))
WDF_METHOD(NTSTATUS, WdfUsbTargetDeviceCreateIsochUrb,
           (WDFUSBDEVICE UsbDevice, PWDF_OBJECT_ATTRIBUTES Attributes, ULONG NumberOfIsochPackets, WDFMEMORY *UrbMemory, PURB *Urb),
           (UsbDevice, Attributes, NumberOfIsochPackets, UrbMemory, Urb))
WDF_METHOD(WDFUSBINTERFACE, WdfUsbTargetDeviceGetInterface, (WDFUSBDEVICE UsbDevice, UCHAR InterfaceIndex), (UsbDevice, InterfaceIndex))
WDF_METHOD(WDFIOTARGET, WdfUsbTargetDeviceGetIoTarget, (WDFUSBDEVICE UsbDevice), (UsbDevice))

WDF_METHOD(UCHAR, WdfUsbInterfaceGetInterfaceNumber, (WDFUSBINTERFACE UsbInterface), (UsbInterface))
WDF_METHOD(UCHAR, WdfUsbInterfaceGetNumEndpoints, (WDFUSBINTERFACE UsbInterface, UCHAR SettingIndex), (UsbInterface, SettingIndex))
WDF_METHOD(VOID, WdfUsbInterfaceGetDescriptor,
           (WDFUSBINTERFACE UsbInterface, UCHAR SettingIndex, PUSB_INTERFACE_DESCRIPTOR InterfaceDescriptor),
           (UsbInterface, SettingIndex, InterfaceDescriptor))
WDF_METHOD(UCHAR, WdfUsbInterfaceGetNumSettings, (WDFUSBINTERFACE UsbInterface), (UsbInterface))
WDF_METHOD(NTSTATUS, WdfUsbInterfaceSelectSetting,
           (WDFUSBINTERFACE UsbInterface, PWDF_OBJECT_ATTRIBUTES PipesAttributes, PWDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params),
           (UsbInterface, PipesAttributes, Params))
WDF_METHOD(VOID, WdfUsbInterfaceGetEndpointInformation,
           (WDFUSBINTERFACE UsbInterface, UCHAR SettingIndex, UCHAR EndpointIndex, PWDF_USB_PIPE_INFORMATION EndpointInfo),
           (UsbInterface, SettingIndex, EndpointIndex, EndpointInfo))
WDF_METHOD(UCHAR, WdfUsbInterfaceGetConfiguredSettingIndex, (WDFUSBINTERFACE Interface), (Interface))
WDF_METHOD(UCHAR, WdfUsbInterfaceGetNumConfiguredPipes, (WDFUSBINTERFACE UsbInterface), (UsbInterface))
WDF_METHOD(WDFUSBPIPE, WdfUsbInterfaceGetConfiguredPipe,
           (WDFUSBINTERFACE UsbInterface, UCHAR PipeIndex, PWDF_USB_PIPE_INFORMATION PipeInfo), (UsbInterface, PipeIndex, PipeInfo))

WDF_METHOD(VOID, WdfUsbTargetPipeGetInformation, (WDFUSBPIPE Pipe, PWDF_USB_PIPE_INFORMATION PipeInformation), (Pipe, PipeInformation))
WDF_METHOD(BOOLEAN, WdfUsbTargetPipeIsInEndpoint, (WDFUSBPIPE Pipe), (Pipe))
WDF_METHOD(BOOLEAN, WdfUsbTargetPipeIsOutEndpoint, (WDFUSBPIPE Pipe), (Pipe))
WDF_METHOD(WDF_USB_PIPE_TYPE, WdfUsbTargetPipeGetType, (WDFUSBPIPE Pipe), (Pipe))
WDF_METHOD(VOID, WdfUsbTargetPipeSetNoMaximumPacketSizeCheck, (WDFUSBPIPE Pipe), (Pipe))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeWriteSynchronously,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PWDF_MEMORY_DESCRIPTOR MemoryDescriptor,
            PULONG BytesWritten),
           (Pipe, Request, RequestOptions, MemoryDescriptor, BytesWritten))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeReadSynchronously,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PWDF_MEMORY_DESCRIPTOR MemoryDescriptor,
            PULONG BytesRead),
           (Pipe, Request, RequestOptions, MemoryDescriptor, BytesRead))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeFormatRequestForWrite,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, WDFMEMORY WriteMemory, PWDFMEMORY_OFFSET WriteOffset),
           (Pipe, Request, WriteMemory, WriteOffset))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeFormatRequestForRead,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, WDFMEMORY ReadMemory, PWDFMEMORY_OFFSET ReadOffset),
           (Pipe, Request, ReadMemory, ReadOffset))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeConfigContinuousReader,
           (WDFUSBPIPE Pipe, PWDF_USB_CONTINUOUS_READER_CONFIG Config), (Pipe, Config))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeAbortSynchronously,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions), (Pipe, Request, RequestOptions))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeFormatRequestForAbort, (WDFUSBPIPE Pipe, WDFREQUEST Request), (Pipe, Request))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeResetSynchronously,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions), (Pipe, Request, RequestOptions))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeFormatRequestForReset, (WDFUSBPIPE Pipe, WDFREQUEST Request), (Pipe, Request))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeSendUrbSynchronously,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, PWDF_REQUEST_SEND_OPTIONS RequestOptions, PURB Urb),
           (Pipe, Request, RequestOptions, Urb))
WDF_METHOD(NTSTATUS, WdfUsbTargetPipeFormatRequestForUrb,
           (WDFUSBPIPE Pipe, WDFREQUEST Request, WDFMEMORY UrbMemory, PWDFMEMORY_OFFSET UrbMemoryOffset),
           (Pipe, Request, UrbMemory, UrbMemoryOffset))
WDF_METHOD(USBD_PIPE_HANDLE, WdfUsbTargetPipeWdmGetPipeHandle, (WDFUSBPIPE UsbPipe), (UsbPipe))
OVL_END_C

NTAPI_INLINE WDFIOTARGET WdfUsbTargetPipeGetIoTarget(WDFUSBPIPE Pipe)
{
    return (WDFIOTARGET)Pipe;
}
#endif
