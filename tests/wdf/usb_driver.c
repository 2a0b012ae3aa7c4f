/* SPDX-License-Identifier: MIT */
/* A framework driver of the test device that looks at the framework's USB targets from inside, contract by contract. */
#include <ntddk.h>
#include <ntstrsafe.h>
#include <wdf.h>
#include <usb.h>
#include <usbdlib.h>
#include <wdfusb.h>

#include "usb_test.h"

typedef struct _PIPE_CONTEXT {
    ULONG Serial;
} PIPE_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(PIPE_CONTEXT, GetPipeContext)

static WDFDEVICE Device;
static WDFUSBDEVICE Usb;
static WDFUSBINTERFACE Interface;
static WDFUSBPIPE Out, In, InterruptOut, InterruptIn, IsochIn;
static volatile LONG PipeSerial, PipeCleanups;
static char *At;
static size_t Room;
static const char *PartName;

#define CHECK(condition) Add((condition) != 0, #condition, __LINE__)

static VOID Add(BOOLEAN Good, const char *Text, int Line)
{
    char Why[64] = "";
    if (!Good)
        RtlStringCbPrintfA(Why, sizeof Why, " (line %d)", Line);
    RtlStringCbPrintfExA(At, Room, &At, &Room, 0, "%sok - %s: %s%s\n", Good ? "" : "not ", PartName, Text, Why);
}

static LONG Count(volatile LONG *Value)
{
    return InterlockedCompareExchange(Value, 0, 0);
}

static BOOLEAN Await(PKEVENT Event)
{
    LARGE_INTEGER Timeout = {.QuadPart = WDF_REL_TIMEOUT_IN_SEC(20)};
    return KeWaitForSingleObject(Event, Executive, KernelMode, FALSE, &Timeout) == STATUS_SUCCESS;
}

/* ---- The device as each part wants it -------------------------------------------------------------------------------- */

static VOID NTAPI EvtPipeCleanup(WDFOBJECT Pipe)
{
    if (KeGetCurrentIrql() == PASSIVE_LEVEL && GetPipeContext(Pipe) != NULL)
        InterlockedIncrement(&PipeCleanups);
}

static VOID PipeAttributes(WDF_OBJECT_ATTRIBUTES *Attributes)
{
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(Attributes, PIPE_CONTEXT);
    Attributes->EvtCleanupCallback = EvtPipeCleanup;
}

static VOID FindPipes(VOID)
{
    Out = In = InterruptOut = InterruptIn = IsochIn = NULL;
    for (UCHAR i = 0; i < WdfUsbInterfaceGetNumConfiguredPipes(Interface); i++) {
        WDF_USB_PIPE_INFORMATION Information;
        WDF_USB_PIPE_INFORMATION_INIT(&Information);
        WDFUSBPIPE Pipe = WdfUsbInterfaceGetConfiguredPipe(Interface, i, &Information);
        BOOLEAN Reads = WdfUsbTargetPipeIsInEndpoint(Pipe);
        if (Information.PipeType == WdfUsbPipeTypeBulk)
            *(Reads ? &In : &Out) = Pipe;
        else if (Information.PipeType == WdfUsbPipeTypeInterrupt)
            *(Reads ? &InterruptIn : &InterruptOut) = Pipe;
        else if (Reads)
            IsochIn = Pipe;
    }
}

static NTSTATUS Select(VOID)
{
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params;
    WDF_OBJECT_ATTRIBUTES Attributes;
    PipeAttributes(&Attributes);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&Params);
    NTSTATUS Status = WdfUsbTargetDeviceSelectConfig(Usb, &Attributes, &Params);
    if (NT_SUCCESS(Status)) {
        Interface = Params.Types.SingleInterface.ConfiguredUsbInterface;
        FindPipes();
    }
    return Status;
}

static NTSTATUS Setting(UCHAR Number)
{
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params;
    WDF_OBJECT_ATTRIBUTES Attributes;
    PipeAttributes(&Attributes);
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_SETTING(&Params, Number);
    NTSTATUS Status = WdfUsbInterfaceSelectSetting(Interface, &Attributes, &Params);
    FindPipes();
    return Status;
}

static NTSTATUS Write(WDFUSBPIPE Pipe, PVOID Data, ULONG Length, ULONG *Wrote)
{
    WDF_MEMORY_DESCRIPTOR Memory;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Memory, Data, Length);
    return WdfUsbTargetPipeWriteSynchronously(Pipe, NULL, NULL, &Memory, Wrote);
}

static NTSTATUS Read(WDFUSBPIPE Pipe, PVOID Data, ULONG Length, LONGLONG Timeout, ULONG *Moved)
{
    WDF_MEMORY_DESCRIPTOR Memory;
    WDF_REQUEST_SEND_OPTIONS Options;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Memory, Data, Length);
    WDF_REQUEST_SEND_OPTIONS_INIT(&Options, WDF_REQUEST_SEND_OPTION_SYNCHRONOUS);
    if (Timeout != 0)
        WDF_REQUEST_SEND_OPTIONS_SET_TIMEOUT(&Options, Timeout);
    return WdfUsbTargetPipeReadSynchronously(Pipe, NULL, &Options, &Memory, Moved);
}

static ULONG PacketOf(WDFUSBPIPE Pipe)
{
    WDF_USB_PIPE_INFORMATION Information;
    WDF_USB_PIPE_INFORMATION_INIT(&Information);
    WdfUsbTargetPipeGetInformation(Pipe, &Information);
    return Information.MaximumPacketSize;
}

/* ---- Device ------------------------------------------------------------------------------------------------------------ */

static VOID PartDevice(VOID)
{
    WDF_USB_DEVICE_INFORMATION Information;
    USB_DEVICE_DESCRIPTOR Descriptor;
    static UCHAR Config[4096];
    USHORT Length = 0;
    ULONG Frame = 0;
    WDF_USB_DEVICE_INFORMATION_INIT(&Information);
    CHECK(WdfUsbTargetDeviceRetrieveInformation(Usb, &Information) == STATUS_SUCCESS);
    CHECK(Information.Traits & WDF_USB_DEVICE_TRAIT_AT_HIGH_SPEED);
    CHECK(Information.Traits & WDF_USB_DEVICE_TRAIT_SELF_POWERED);
    CHECK(Information.UsbdVersionInformation.USBDI_Version == 0x600);
    WdfUsbTargetDeviceGetDeviceDescriptor(Usb, &Descriptor);
    CHECK(Descriptor.idVendor == 0x1209 && Descriptor.idProduct == 0x0001);
    CHECK(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, NULL, &Length) == STATUS_BUFFER_TOO_SMALL && Length > 9);
    USHORT Small = 9;
    CHECK(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, Config, &Small) == STATUS_BUFFER_TOO_SMALL && Small == Length);
    CHECK(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, Config, &Length) == STATUS_SUCCESS);
    CHECK(USBD_ValidateConfigurationDescriptor((PVOID)Config, Length, 3, NULL, 'tseT') == USBD_STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceGetNumInterfaces(Usb) == 1 && WdfUsbTargetDeviceGetInterface(Usb, 1) == NULL);
    CHECK(WdfUsbTargetDeviceIsConnectedSynchronous(Usb) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceRetrieveCurrentFrameNumber(Usb, &Frame) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceWdmGetConfigurationHandle(Usb) == NULL && Select() == STATUS_SUCCESS &&
          WdfUsbTargetDeviceWdmGetConfigurationHandle(Usb) != NULL);
    CHECK((PVOID)WdfUsbTargetDeviceGetIoTarget(Usb) != NULL);
    WDF_IO_TARGET_OPEN_PARAMS Open;
    WDFIOTARGET Remote;
    WDFUSBDEVICE Again;
    WDF_IO_TARGET_OPEN_PARAMS_INIT_EXISTING_DEVICE(&Open, WdfDeviceWdmGetAttachedDevice(Device));
    CHECK(WdfIoTargetCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &Remote) == STATUS_SUCCESS &&
          WdfIoTargetWdmGetTargetPhysicalDevice(Remote) == NULL && WdfIoTargetOpen(Remote, &Open) == STATUS_SUCCESS);
    CHECK(WdfIoTargetWdmGetTargetPhysicalDevice(Remote) == WdfDeviceWdmGetPhysicalDevice(Device) &&
          WdfIoTargetWdmGetTargetPhysicalDevice(WdfUsbTargetDeviceGetIoTarget(Usb)) == WdfDeviceWdmGetPhysicalDevice(Device));
    WdfIoTargetClose(Remote);
    CHECK(WdfIoTargetWdmGetTargetPhysicalDevice(Remote) == NULL);
    WdfObjectDelete(Remote);
    CHECK(WdfUsbTargetDeviceCreate(Device, WDF_NO_OBJECT_ATTRIBUTES, &Again) == STATUS_SUCCESS && Again != Usb);
    WdfObjectDelete(Again); /* the other one goes on */
    CHECK(WdfUsbTargetDeviceRetrieveCurrentFrameNumber(Usb, &Frame) == STATUS_SUCCESS);
    CHECK((PVOID)WdfUsbTargetPipeGetIoTarget(In) == (PVOID)In && WdfIoTargetGetDevice(WdfUsbTargetPipeGetIoTarget(In)) == Device);
}

static VOID NTAPI EvtSetEvent(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Params);
    KeSetEvent(Context, IO_NO_INCREMENT, FALSE);
}

static WDFREQUEST MakeRequest(WDFUSBPIPE Pipe)
{
    WDFREQUEST Request = NULL;
    WDFIOTARGET Target = Pipe != NULL ? WdfUsbTargetPipeGetIoTarget(Pipe) : WdfUsbTargetDeviceGetIoTarget(Usb);
    return NT_SUCCESS(WdfRequestCreate(WDF_NO_OBJECT_ATTRIBUTES, Target, &Request)) ? Request : NULL;
}

static BOOLEAN SendAndAwait(WDFREQUEST Request, WDFIOTARGET Target)
{
    KEVENT Ended;
    KeInitializeEvent(&Ended, NotificationEvent, FALSE);
    WdfRequestSetCompletionRoutine(Request, EvtSetEvent, &Ended);
    return WdfRequestSend(Request, Target, WDF_NO_SEND_OPTIONS) && Await(&Ended);
}

static WDFMEMORY MakeMemory(size_t Size, PVOID *Buffer)
{
    WDFMEMORY Memory = NULL;
    return NT_SUCCESS(WdfMemoryCreate(WDF_NO_OBJECT_ATTRIBUTES, NonPagedPoolNx, 'tseT', Size, &Memory, Buffer)) ? Memory : NULL;
}

static const WDF_USB_REQUEST_COMPLETION_PARAMS *Completion(WDFREQUEST Request)
{
    static WDF_REQUEST_COMPLETION_PARAMS Params;
    WDF_REQUEST_COMPLETION_PARAMS_INIT(&Params);
    WdfRequestGetCompletionParams(Request, &Params);
    return Params.Type == WdfRequestTypeUsb ? Params.Parameters.Usb.Completion : NULL;
}

static VOID PartStrings(VOID)
{
    USHORT Text[32], Count = 0;
    WDFMEMORY Memory;
    CHECK(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, NULL, &Count, 1, 0x409) == STATUS_SUCCESS && Count == 10);
    Count = 32;
    CHECK(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, Text, &Count, 1, 0x409) == STATUS_SUCCESS && Count == 10);
    CHECK(RtlEqualMemory(Text, L"Overlapped", 20));
    Count = 4;
    CHECK(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, Text, &Count, 1, 0x409) == STATUS_BUFFER_OVERFLOW && Count == 10);
    CHECK(!NT_SUCCESS(WdfUsbTargetDeviceQueryString(Usb, NULL, NULL, Text, &Count, 99, 0x409)));
    CHECK(WdfUsbTargetDeviceAllocAndQueryString(Usb, NULL, &Memory, &Count, 2, 0x409) == STATUS_SUCCESS && Count == 19);
    WdfObjectDelete(Memory);
    PVOID Buffer;
    WDFREQUEST Request = MakeRequest(NULL);
    Memory = MakeMemory(64, &Buffer);
    WDFMEMORY_OFFSET Odd = {.BufferOffset = 0, .BufferLength = 7};
    CHECK(WdfUsbTargetDeviceFormatRequestForString(Usb, Request, Memory, &Odd, 1, 0x409) == STATUS_INVALID_PARAMETER);
    CHECK(WdfUsbTargetDeviceFormatRequestForString(Usb, Request, Memory, NULL, 1, 0x409) == STATUS_SUCCESS);
    CHECK(SendAndAwait(Request, WdfUsbTargetDeviceGetIoTarget(Usb)) && WdfRequestGetStatus(Request) == STATUS_SUCCESS);
    CHECK(*(UCHAR *)Buffer == 22 && ((UCHAR *)Buffer)[1] == USB_STRING_DESCRIPTOR_TYPE);
    CHECK(Completion(Request)->Type == WdfUsbRequestTypeDeviceString && Completion(Request)->Parameters.DeviceString.RequiredSize == 22 &&
          Completion(Request)->Parameters.DeviceString.Buffer == Memory);
    WdfObjectDelete(Request);
    WdfObjectDelete(Memory);
}

/* ---- Selection ---------------------------------------------------------------------------------------------------------------- */

static VOID PartSelect(VOID)
{
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params;
    WDF_OBJECT_ATTRIBUTES Attributes;
    USB_INTERFACE_DESCRIPTOR Descriptor;
    static UCHAR Config[4096];
    USHORT Length = sizeof Config;
    PipeAttributes(&Attributes);
    CHECK(Select() == STATUS_SUCCESS && WdfUsbInterfaceGetNumConfiguredPipes(Interface) == 4);
    CHECK(WdfUsbInterfaceGetNumSettings(Interface) >= 4 && WdfUsbInterfaceGetInterfaceNumber(Interface) == 0);
    CHECK(WdfUsbInterfaceGetNumEndpoints(Interface, 1) == 6 && WdfUsbInterfaceGetNumEndpoints(Interface, 77) == 0);
    WdfUsbInterfaceGetDescriptor(Interface, 1, &Descriptor);
    CHECK(Descriptor.bAlternateSetting == 1 && Descriptor.bInterfaceClass == 0xff);
    CHECK(WdfUsbInterfaceGetConfiguredSettingIndex(Interface) == 0);
    GetPipeContext(In)->Serial = 17;
    WDFUSBPIPE Old = In;
    LONG Cleanups = PipeCleanups;
    CHECK(Setting(1) == STATUS_SUCCESS && PipeCleanups == Cleanups + 4); /* the old objects are gone */
    CHECK(WdfUsbInterfaceGetNumConfiguredPipes(Interface) == 6 && WdfUsbInterfaceGetConfiguredSettingIndex(Interface) == 1);
    CHECK(GetPipeContext(In)->Serial == 0);
    UNREFERENCED_PARAMETER(Old);
    CHECK(IsochIn != NULL && PacketOf(IsochIn) >= 512);
    WDF_USB_PIPE_INFORMATION Endpoint;
    WDF_USB_PIPE_INFORMATION_INIT(&Endpoint);
    WdfUsbInterfaceGetEndpointInformation(Interface, 1, 1, &Endpoint);
    CHECK(Endpoint.EndpointAddress == 0x81 && Endpoint.PipeType == WdfUsbPipeTypeBulk && Endpoint.MaximumPacketSize == PacketOf(In));
    CHECK(Setting(77) == STATUS_INVALID_PARAMETER);

    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&Params, 0, NULL);
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, &Attributes, &Params) == STATUS_SUCCESS &&
          Params.Types.MultiInterface.NumberOfConfiguredInterfaces == 1);
    WDF_USB_INTERFACE_SETTING_PAIR Pair = {Interface, 2};
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_MULTIPLE_INTERFACES(&Params, 1, &Pair);
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, &Attributes, &Params) == STATUS_SUCCESS &&
          WdfUsbInterfaceGetConfiguredSettingIndex(Interface) == 2 && WdfUsbInterfaceGetNumConfiguredPipes(Interface) == 5);
    Pair.SettingIndex = 99;
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, &Attributes, &Params) == STATUS_INVALID_PARAMETER);
    CHECK(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, Config, &Length) == STATUS_SUCCESS);
    PUSB_INTERFACE_DESCRIPTOR Chosen = USBD_ParseConfigurationDescriptorEx((PVOID)Config, Config, 0, 1, -1, -1, -1);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_INTERFACES_DESCRIPTORS(&Params, (PVOID)Config, &Chosen, 1);
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, &Attributes, &Params) == STATUS_SUCCESS &&
          WdfUsbInterfaceGetConfiguredSettingIndex(Interface) == 1);
    USBD_INTERFACE_LIST_ENTRY List[2] = {{Chosen, NULL}, {NULL, NULL}};
    PURB Urb = USBD_CreateConfigurationRequestEx((PVOID)Config, List);
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_URB(&Params, Urb);
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, &Attributes, &Params) == STATUS_SUCCESS &&
          WdfUsbInterfaceGetNumConfiguredPipes(Interface) == 6);
    ExFreePool(Urb);
    Cleanups = PipeCleanups;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_DECONFIG(&Params);
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params) == STATUS_SUCCESS && PipeCleanups == Cleanups + 6 &&
          WdfUsbInterfaceGetNumConfiguredPipes(Interface) == 0);
    CHECK(Setting(1) == STATUS_INVALID_DEVICE_STATE);
    Params.Size--;
    CHECK(WdfUsbTargetDeviceSelectConfig(Usb, NULL, &Params) == STATUS_INFO_LENGTH_MISMATCH);
    CHECK(Select() == STATUS_SUCCESS);
}

/* ---- Transfers ------------------------------------------------------------------------------------------------------------------ */

static VOID PartTransfer(VOID)
{
    static UCHAR Data[4096], Back[4096];
    ULONG Moved;
    CHECK(Select() == STATUS_SUCCESS);
    for (ULONG i = 0; i < sizeof Data; i++)
        Data[i] = (UCHAR)(i * 3);
    CHECK(Write(Out, Data, 1000, &Moved) == STATUS_SUCCESS && Moved == 1000);
    CHECK(Read(In, Back, sizeof Back, 0, &Moved) == STATUS_SUCCESS && Moved == 1000 && RtlEqualMemory(Data, Back, 1000));
    CHECK(Read(In, Back, 100, 0, &Moved) == STATUS_INVALID_BUFFER_SIZE && Moved == 0); /* no whole packets */
    CHECK(Read(In, Back, sizeof Back, WDF_REL_TIMEOUT_IN_MS(20), &Moved) == STATUS_IO_TIMEOUT);
    CHECK(Write(In, Data, 1000, &Moved) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(Read(Out, Back, sizeof Back, 0, &Moved) == STATUS_INVALID_DEVICE_REQUEST);
    WdfUsbTargetPipeSetNoMaximumPacketSizeCheck(In);
    CHECK(Write(Out, Data, 10, &Moved) == STATUS_SUCCESS);
    CHECK(Read(In, Back, 100, 0, &Moved) == STATUS_SUCCESS && Moved == 10);
    CHECK(Write(InterruptOut, Data, 5, &Moved) == STATUS_SUCCESS);
    CHECK(Read(InterruptIn, Back, PacketOf(InterruptIn), 0, &Moved) == STATUS_SUCCESS && Moved == 5);
    CHECK(WdfUsbTargetPipeGetType(In) == WdfUsbPipeTypeBulk && WdfUsbTargetPipeIsOutEndpoint(Out) && !WdfUsbTargetPipeIsOutEndpoint(In));
    CHECK(WdfUsbTargetPipeWdmGetPipeHandle(In) != NULL);
}

/* The URB stands in the next stack location from the format on, and sending rewrites nothing. */
static VOID PartFormat(VOID)
{
    UCHAR *Data, *Back;
    CHECK(Select() == STATUS_SUCCESS);
    WDFMEMORY Source = MakeMemory(2048, (PVOID *)&Data), Target = MakeMemory(2048, (PVOID *)&Back);
    WDFREQUEST Request = MakeRequest(Out);
    WDFMEMORY_OFFSET Part = {.BufferOffset = 100, .BufferLength = 600};
    RtlFillMemory(Data, 2048, 0x11);
    RtlFillMemory(Data + 100, 600, 0x22);
    CHECK(WdfUsbTargetPipeFormatRequestForWrite(Out, Request, Source, &Part) == STATUS_SUCCESS);
    PIO_STACK_LOCATION Next = IoGetNextIrpStackLocation(WdfRequestWdmGetIrp(Request));
    PURB Urb = Next->Parameters.Others.Argument1;
    CHECK(Next->MajorFunction == IRP_MJ_INTERNAL_DEVICE_CONTROL &&
          Next->Parameters.DeviceIoControl.IoControlCode == IOCTL_INTERNAL_USB_SUBMIT_URB);
    CHECK(Urb->UrbHeader.Function == URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER &&
          Urb->UrbBulkOrInterruptTransfer.PipeHandle == WdfUsbTargetPipeWdmGetPipeHandle(Out) &&
          Urb->UrbBulkOrInterruptTransfer.TransferBufferLength == 600);
    Urb->UrbBulkOrInterruptTransfer.TransferBufferLength = 300; /* the driver's edit */
    CHECK(SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(Out)) && WdfRequestGetStatus(Request) == STATUS_SUCCESS);
    const WDF_USB_REQUEST_COMPLETION_PARAMS *Ended = Completion(Request);
    CHECK(Ended->Type == WdfUsbRequestTypePipeWrite && Ended->UsbdStatus == USBD_STATUS_SUCCESS && Ended->Parameters.PipeWrite.Length == 300 &&
          Ended->Parameters.PipeWrite.Buffer == Source && Ended->Parameters.PipeWrite.Offset == 100);
    CHECK(WdfUsbTargetPipeFormatRequestForRead(In, Request, Target, NULL) == STATUS_SUCCESS);
    CHECK(SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(In)) && Completion(Request)->Parameters.PipeRead.Length == 300 && Back[299] == 0x22);
    WDFMEMORY_OFFSET Wrong = {.BufferOffset = 2000, .BufferLength = 512};
    CHECK(WdfUsbTargetPipeFormatRequestForRead(In, Request, Target, &Wrong) == STATUS_INVALID_BUFFER_SIZE);
    CHECK(WdfUsbTargetPipeFormatRequestForRead(In, Request, Target, NULL) == STATUS_SUCCESS);
    KEVENT Gone;
    KeInitializeEvent(&Gone, NotificationEvent, FALSE);
    WdfRequestSetCompletionRoutine(Request, EvtSetEvent, &Gone);
    CHECK(WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(In), NULL) && WdfRequestCancelSentRequest(Request));
    CHECK(Await(&Gone)); /* it may not be deleted before */
    WdfObjectDelete(Request);
    WdfObjectDelete(Source);
    WdfObjectDelete(Target);
}

/* A request that is formatted and sent again from its own completion routine, without WdfRequestReuse. */
static struct {
    WDFMEMORY Memory;
    KEVENT Ended;
    LONG Left, Wrong;
} Again;

static VOID NTAPI EvtAgain(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    Again.Wrong += Params->IoStatus.Status != STATUS_SUCCESS || KeGetCurrentIrql() != DISPATCH_LEVEL;
    if (--Again.Left > 0) {
        WDFUSBPIPE Pipe = Again.Left % 2 != 0 ? In : Out;
        NTSTATUS Status = Pipe == In ? WdfUsbTargetPipeFormatRequestForRead(In, Request, Again.Memory, NULL)
                                     : WdfUsbTargetPipeFormatRequestForWrite(Out, Request, Again.Memory, NULL);
        WdfRequestSetCompletionRoutine(Request, EvtAgain, NULL);
        if (NT_SUCCESS(Status) && WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(Pipe), NULL))
            return;
        Again.Wrong++;
    }
    KeSetEvent(&Again.Ended, IO_NO_INCREMENT, FALSE);
}

static VOID PartAgain(VOID)
{
    CHECK(Select() == STATUS_SUCCESS);
    WDFREQUEST Request = MakeRequest(Out);
    Again.Memory = MakeMemory(1024, NULL);
    Again.Left = 200;
    Again.Wrong = 0;
    KeInitializeEvent(&Again.Ended, NotificationEvent, FALSE);
    CHECK(WdfUsbTargetPipeFormatRequestForWrite(Out, Request, Again.Memory, NULL) == STATUS_SUCCESS);
    WdfRequestSetCompletionRoutine(Request, EvtAgain, NULL);
    CHECK(WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(Out), NULL) && Await(&Again.Ended) && Again.Wrong == 0);
    WdfObjectDelete(Request);
    WdfObjectDelete(Again.Memory);
}

/* ---- Control ------------------------------------------------------------------------------------------------------------------------ */

static VOID PartControl(VOID)
{
    enum { ECHO = 0x30 };
    WDF_USB_CONTROL_SETUP_PACKET Packet;
    WDF_MEMORY_DESCRIPTOR Descriptor;
    UCHAR Data[64], Back[64] = {0};
    ULONG Moved = 77;
    PVOID Buffer;
    RtlFillMemory(Data, sizeof Data, 0x5c);
    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&Packet, BmRequestHostToDevice, BmRequestToDevice, ECHO, 0, 0);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Data, 40);
    CHECK(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, NULL, &Packet, &Descriptor, &Moved) == STATUS_SUCCESS && Moved == 40);
    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&Packet, BmRequestDeviceToHost, BmRequestToDevice, ECHO, 0, 0);
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, Back, sizeof Back);
    CHECK(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, NULL, &Packet, &Descriptor, &Moved) == STATUS_SUCCESS && Moved == 40 &&
          RtlEqualMemory(Data, Back, 40) && Back[40] == 0);
    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&Packet, BmRequestHostToDevice, BmRequestToDevice, 0x77, 0, 0);
    CHECK(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, NULL, &Packet, NULL, NULL) == STATUS_UNSUCCESSFUL); /* stall */
    WDF_USB_CONTROL_SETUP_PACKET_INIT_GET_STATUS(&Packet, BmRequestToDevice, 0);
    USHORT Word = 0xffff;
    WDF_MEMORY_DESCRIPTOR_INIT_BUFFER(&Descriptor, &Word, sizeof Word);
    CHECK(WdfUsbTargetDeviceSendControlTransferSynchronously(Usb, NULL, NULL, &Packet, &Descriptor, NULL) == STATUS_SUCCESS && Word == 1);
    WDFREQUEST Request = MakeRequest(NULL);
    WDFMEMORY Memory = MakeMemory(64, &Buffer);
    WDF_USB_CONTROL_SETUP_PACKET_INIT_VENDOR(&Packet, BmRequestDeviceToHost, BmRequestToDevice, ECHO, 0, 0);
    CHECK(WdfUsbTargetDeviceFormatRequestForControlTransfer(Usb, Request, &Packet, Memory, NULL) == STATUS_SUCCESS);
    CHECK(SendAndAwait(Request, WdfUsbTargetDeviceGetIoTarget(Usb)) && RtlEqualMemory(Buffer, Data, 40));
    CHECK(Completion(Request)->Type == WdfUsbRequestTypeDeviceControlTransfer && Completion(Request)->Parameters.DeviceControlTransfer.Length == 40 &&
          Completion(Request)->Parameters.DeviceControlTransfer.SetupPacket.Packet.wLength == 64);
    WdfObjectDelete(Request);
    WdfObjectDelete(Memory);
}

/* ---- URBs ---------------------------------------------------------------------------------------------------------------------------- */

static VOID PartUrbs(VOID)
{
    static UCHAR Data[512] = "urb", Back[1024], Iso[8 * 1024];
    WDFMEMORY Memory;
    PURB Urb;
    WDF_OBJECT_ATTRIBUTES Attributes;
    CHECK(Select() == STATUS_SUCCESS && Setting(1) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Urb) == STATUS_SUCCESS && Urb == WdfMemoryGetBuffer(Memory, NULL));
    CHECK(!NT_SUCCESS(WdfMemoryAssignBuffer(Memory, &Memory, sizeof Memory)) && WdfMemoryGetBuffer(Memory, NULL) == Urb);
    UsbBuildInterruptOrBulkTransferRequest(Urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), WdfUsbTargetPipeWdmGetPipeHandle(Out), Data,
                                           NULL, 300, USBD_TRANSFER_DIRECTION_OUT, NULL);
    CHECK(WdfUsbTargetPipeSendUrbSynchronously(Out, NULL, NULL, Urb) == STATUS_SUCCESS &&
          Urb->UrbBulkOrInterruptTransfer.TransferBufferLength == 300);
    WDFREQUEST Request = MakeRequest(In);
    UsbBuildInterruptOrBulkTransferRequest(Urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), WdfUsbTargetPipeWdmGetPipeHandle(In), Back,
                                           NULL, sizeof Back, USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK, NULL);
    CHECK(WdfUsbTargetPipeFormatRequestForUrb(In, Request, Memory, NULL) == STATUS_SUCCESS);
    CHECK(IoGetNextIrpStackLocation(WdfRequestWdmGetIrp(Request))->Parameters.Others.Argument1 == Urb);
    CHECK(SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(In)) && Urb->UrbBulkOrInterruptTransfer.TransferBufferLength == 300 &&
          RtlEqualMemory(Data, Back, 300));
    CHECK(Completion(Request)->Type == WdfUsbRequestTypePipeUrb && Completion(Request)->Parameters.PipeUrb.Buffer == Memory);
    WdfObjectDelete(Memory);
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Request;
    CHECK(WdfUsbTargetDeviceCreateIsochUrb(Usb, &Attributes, 8, &Memory, &Urb) == STATUS_SUCCESS);
    struct _URB_ISOCH_TRANSFER *Isoch = &Urb->UrbIsochronousTransfer;
    Isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(8);
    Isoch->Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
    Isoch->PipeHandle = WdfUsbTargetPipeWdmGetPipeHandle(IsochIn);
    Isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN | USBD_START_ISO_TRANSFER_ASAP;
    Isoch->TransferBuffer = Iso;
    Isoch->TransferBufferLength = sizeof Iso;
    Isoch->NumberOfPackets = 8;
    for (ULONG i = 0; i < 8; i++)
        Isoch->IsoPacket[i].Offset = i * 1024;
    CHECK(WdfUsbTargetPipeSendUrbSynchronously(IsochIn, NULL, NULL, Urb) == STATUS_SUCCESS && Isoch->ErrorCount == 0 &&
          Isoch->IsoPacket[7].Length == 1024);
    WdfObjectDelete(Request); /* and the URB, its child */
    URB Stack;
    RtlZeroMemory(&Stack, sizeof Stack);
    Stack.UrbGetCurrentFrameNumber.Hdr.Length = sizeof Stack.UrbGetCurrentFrameNumber;
    Stack.UrbGetCurrentFrameNumber.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
    CHECK(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, &Stack) == STATUS_SUCCESS);
    CHECK(!NT_SUCCESS(WdfUsbTargetDeviceCreateIsochUrb(Usb, NULL, 0, &Memory, &Urb)) && Memory == NULL);
}

/* ---- Abort, reset, the port -------------------------------------------------------------------------------------------------------------- */

static struct {
    volatile LONG Ended, Cancelled;
} Pending;

static VOID NTAPI EvtPending(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Request);
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    InterlockedIncrement(&Pending.Ended);
    if (Params->IoStatus.Status == STATUS_CANCELLED)
        InterlockedIncrement(&Pending.Cancelled);
}

enum { READS = 5 };
static WDFREQUEST Reads[READS];
static WDFMEMORY Memories[READS];

static VOID StartReads(VOID)
{
    Pending.Ended = Pending.Cancelled = 0;
    for (int i = 0; i < READS; i++) {
        Reads[i] = MakeRequest(In);
        Memories[i] = MakeMemory(1024, NULL);
        CHECK(WdfUsbTargetPipeFormatRequestForRead(In, Reads[i], Memories[i], NULL) == STATUS_SUCCESS);
        WdfRequestSetCompletionRoutine(Reads[i], EvtPending, NULL);
        CHECK(WdfRequestSend(Reads[i], WdfUsbTargetPipeGetIoTarget(In), NULL));
    }
}

static VOID EndReads(VOID)
{
    CHECK(Count(&Pending.Ended) == READS); /* when the call returned, not some time later */
    for (int i = 0; i < READS; i++) {
        WdfObjectDelete(Reads[i]);
        WdfObjectDelete(Memories[i]);
    }
}

static VOID PartAbort(VOID)
{
    static UCHAR Back[1024];
    ULONG Moved;
    CHECK(Select() == STATUS_SUCCESS);
    StartReads();
    CHECK(WdfUsbTargetPipeAbortSynchronously(In, NULL, NULL) == STATUS_SUCCESS && Count(&Pending.Cancelled) == READS);
    EndReads();
    StartReads();
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(In), WdfIoTargetCancelSentIo);
    CHECK(Count(&Pending.Cancelled) == READS);
    EndReads();
    USBD_PIPE_HANDLE Handle = WdfUsbTargetPipeWdmGetPipeHandle(Out);
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(Out), WdfIoTargetCancelSentIo);
    CHECK(WdfUsbTargetDeviceResetPortSynchronously(Usb) == STATUS_SUCCESS);
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS && WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(Out)) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetPipeWdmGetPipeHandle(Out) == Handle && Write(Out, Back, 20, &Moved) == STATUS_SUCCESS);
    CHECK(Read(In, Back, sizeof Back, 0, &Moved) == STATUS_SUCCESS && Moved == 20);
    WDFREQUEST Request = MakeRequest(In);
    StartReads();
    CHECK(WdfUsbTargetPipeFormatRequestForAbort(In, Request) == STATUS_SUCCESS && SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(In)));
    CHECK(WdfRequestGetStatus(Request) == STATUS_SUCCESS && Completion(Request)->Type == WdfUsbRequestTypePipeAbort);
    CHECK(WdfUsbTargetPipeAbortSynchronously(In, NULL, NULL) == STATUS_SUCCESS);
    EndReads();
    CHECK(WdfUsbTargetPipeFormatRequestForReset(In, Request) == STATUS_SUCCESS && SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(In)) &&
          WdfRequestGetStatus(Request) == STATUS_SUCCESS && Completion(Request)->Type == WdfUsbRequestTypePipeReset);
    WdfObjectDelete(Request);
}

static VOID PartStall(VOID)
{
    static UCHAR Back[1024];
    ULONG Moved;
    CHECK(Select() == STATUS_SUCCESS && Write(Out, Back, 30, &Moved) == STATUS_SUCCESS);
    CHECK(Read(In, Back, sizeof Back, 0, &Moved) == STATUS_UNSUCCESSFUL);
    CHECK(Read(In, Back, sizeof Back, WDF_REL_TIMEOUT_IN_MS(20), &Moved) == STATUS_IO_TIMEOUT); /* halted: it waits for the reset */
    CHECK(WdfUsbTargetPipeResetSynchronously(In, NULL, NULL) == STATUS_SUCCESS);
    CHECK(Read(In, Back, sizeof Back, 0, &Moved) == STATUS_SUCCESS && Moved == 30);
}

/* ---- The continuous reader ------------------------------------------------------------------------------------------------------------------ */

static struct {
    KEVENT Read, Failed;
    volatile LONG Reads, Failures, Bytes, WrongLevel;
    WDFMEMORY Kept;
    BOOLEAN Keep, GoOn;
    NTSTATUS Status;
    USBD_STATUS UsbdStatus;
} Reader;

static VOID NTAPI EvtRead(WDFUSBPIPE Pipe, WDFMEMORY Buffer, size_t Length, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Pipe);
    if (Context != &Reader || KeGetCurrentIrql() != DISPATCH_LEVEL)
        Reader.WrongLevel++;
    if (Reader.Keep && Reader.Kept == NULL) {
        WdfObjectReference(Buffer);
        Reader.Kept = Buffer;
    }
    Reader.Bytes += (LONG)Length;
    InterlockedIncrement(&Reader.Reads);
    KeSetEvent(&Reader.Read, IO_NO_INCREMENT, FALSE);
}

static BOOLEAN NTAPI EvtFailed(WDFUSBPIPE Pipe, NTSTATUS Status, USBD_STATUS UsbdStatus)
{
    UNREFERENCED_PARAMETER(Pipe);
    Reader.WrongLevel += KeGetCurrentIrql() != PASSIVE_LEVEL;
    Reader.Status = Status;
    Reader.UsbdStatus = UsbdStatus;
    InterlockedIncrement(&Reader.Failures);
    KeSetEvent(&Reader.Failed, IO_NO_INCREMENT, FALSE);
    return Reader.GoOn;
}

static NTSTATUS ConfigureReader(WDFUSBPIPE Pipe, size_t Length, BOOLEAN WithFailed)
{
    WDF_USB_CONTINUOUS_READER_CONFIG Config;
    RtlZeroMemory(&Reader, sizeof Reader);
    KeInitializeEvent(&Reader.Read, SynchronizationEvent, FALSE);
    KeInitializeEvent(&Reader.Failed, SynchronizationEvent, FALSE);
    Reader.GoOn = TRUE;
    WDF_USB_CONTINUOUS_READER_CONFIG_INIT(&Config, EvtRead, &Reader, Length);
    Config.HeaderLength = 16;
    Config.TrailerLength = 4;
    if (WithFailed)
        Config.EvtUsbTargetPipeReadersFailed = EvtFailed;
    return WdfUsbTargetPipeConfigContinuousReader(Pipe, &Config);
}

static BOOLEAN Deliver(ULONG Length)
{
    static UCHAR Data[4096];
    LONG Before = Count(&Reader.Reads);
    ULONG Moved;
    RtlFillMemory(Data, Length, (int)Length);
    if (Write(Out, Data, Length, &Moved) != STATUS_SUCCESS)
        return FALSE;
    while (Count(&Reader.Reads) == Before)
        if (!Await(&Reader.Read))
            return FALSE;
    return TRUE;
}

static VOID PartReader(VOID)
{
    static UCHAR Back[1024];
    ULONG Moved;
    CHECK(Select() == STATUS_SUCCESS);
    CHECK(ConfigureReader(In, 1000, TRUE) == STATUS_INVALID_BUFFER_SIZE && ConfigureReader(Out, 1024, TRUE) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(ConfigureReader(In, 0, TRUE) == STATUS_INVALID_PARAMETER && ConfigureReader(In, 1024, TRUE) == STATUS_SUCCESS);
    CHECK(ConfigureReader(In, 1024, TRUE) == STATUS_INVALID_DEVICE_REQUEST); /* it has one */
    Reader.GoOn = TRUE;
    CHECK(!NT_SUCCESS(Read(In, Back, sizeof Back, WDF_REL_TIMEOUT_IN_MS(10), &Moved))); /* the reader has the pipe */
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS);
    Reader.Keep = TRUE;
    CHECK(Deliver(700) && Deliver(40) && Reader.Bytes == 740 && Reader.WrongLevel == 0);
    size_t Size;
    UCHAR *Kept = Reader.Kept == NULL ? NULL : WdfMemoryGetBuffer(Reader.Kept, &Size);
    CHECK(Kept != NULL && Size == 16 + 1024 + 4 && Kept[16] == (UCHAR)700 && Kept[16 + 699] == (UCHAR)700); /* behind the header; still there */
    WdfObjectDereference(Reader.Kept);
    LONG Before = Count(&Reader.Reads);
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(In), WdfIoTargetCancelSentIo);
    CHECK(Write(Out, Back, 50, &Moved) == STATUS_SUCCESS && Count(&Reader.Reads) == Before && Count(&Reader.Failures) == 0); /* cancelled is not failed */
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS);
    while (Count(&Reader.Reads) == Before && Await(&Reader.Read)) /* the event may be of a read before */
        ;
    CHECK(Reader.Bytes == 790);
    for (int i = 0; i < 50; i++)
        if (!Deliver(100))
            CHECK(!"fifty more");
    CHECK(Reader.Bytes == 790 + 5000);
    CHECK(Setting(0) == STATUS_SUCCESS); /* the reader goes with its pipe */
}

static VOID PartReaderFails(VOID)
{
    CHECK(Select() == STATUS_SUCCESS && ConfigureReader(In, 1024, TRUE) == STATUS_SUCCESS);
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS);
    CHECK(Await(&Reader.Failed) && Count(&Reader.Failures) == 1 && Reader.WrongLevel == 0);
    CHECK(Reader.Status == STATUS_UNSUCCESSFUL && Reader.UsbdStatus == USBD_STATUS_STALL_PID);
    CHECK(Deliver(60) && Reader.Bytes == 60); /* the pipe was reset, the reads began again */
    CHECK(Setting(0) == STATUS_SUCCESS && Count(&Reader.Failures) == 1);
}

static VOID PartReaderAlone(VOID)
{
    CHECK(Select() == STATUS_SUCCESS && ConfigureReader(In, 1024, FALSE) == STATUS_SUCCESS);
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS);
    CHECK(Deliver(60) && Reader.Bytes == 60); /* no callback: it restarts by itself */
    CHECK(Setting(0) == STATUS_SUCCESS);
}

static VOID PartReaderStops(VOID)
{
    static UCHAR Data[16];
    ULONG Moved;
    CHECK(Select() == STATUS_SUCCESS && ConfigureReader(In, 1024, TRUE) == STATUS_SUCCESS);
    Reader.GoOn = FALSE;
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS && Await(&Reader.Failed));
    WdfIoTargetStop(WdfUsbTargetPipeGetIoTarget(In), WdfIoTargetCancelSentIo);
    CHECK(Write(Out, Data, sizeof Data, &Moved) == STATUS_SUCCESS && Count(&Reader.Reads) == 0);
    CHECK(WdfUsbTargetPipeResetSynchronously(In, NULL, NULL) == STATUS_SUCCESS);
    CHECK(WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) == STATUS_SUCCESS && Await(&Reader.Read) && Reader.Bytes == sizeof Data);
    CHECK(Setting(0) == STATUS_SUCCESS);
}

/* ---- Streams ----------------------------------------------------------------------------------------------------------------------------------- */

static VOID PartStreams(VOID)
{
    static USBD_STREAM_INFORMATION ReadStreams[4], WriteStreams[4];
    USHORT Count = 0;
    ULONG Length = 0;
    WDFMEMORY Memory;
    PURB Urb;
    CHECK(Select() == STATUS_SUCCESS);
    NTSTATUS Status = WdfUsbTargetDeviceQueryUsbCapability(Usb, &GUID_USB_CAPABILITY_STATIC_STREAMS, sizeof Count, &Count, &Length);
    if (!NT_SUCCESS(WdfUsbTargetDeviceQueryUsbCapability(Usb, &GUID_USB_CAPABILITY_DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE, 0, NULL, NULL))) {
        CHECK(Status == STATUS_NOT_SUPPORTED);
        return;
    }
    CHECK(Status == STATUS_SUCCESS && Count == 255 && Length == 2);
    CHECK(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Urb) == STATUS_SUCCESS);
    UsbBuildOpenStaticStreamsRequest(Urb, WdfUsbTargetPipeWdmGetPipeHandle(In), 4, ReadStreams);
    CHECK(WdfUsbTargetPipeSendUrbSynchronously(In, NULL, NULL, Urb) == STATUS_SUCCESS && ReadStreams[3].StreamID == 4);
    UsbBuildOpenStaticStreamsRequest(Urb, WdfUsbTargetPipeWdmGetPipeHandle(Out), 4, WriteStreams);
    Urb->UrbOpenStaticStreams.StreamInfoVersion = 0; /* as drivers in the field leave it */
    CHECK(WdfUsbTargetPipeSendUrbSynchronously(Out, NULL, NULL, Urb) == STATUS_SUCCESS);
    WdfObjectDelete(Memory);
    /* The framework knows no streams: on the endpoint's handle a transfer fails... */
    UCHAR *Data, *Back;
    ULONG Moved;
    WDFMEMORY Source = MakeMemory(100, (PVOID *)&Data), Target = MakeMemory(1024, (PVOID *)&Back);
    CHECK(!NT_SUCCESS(Write(Out, Data, 100, &Moved)));
    /* ... and a formatted one goes to the stream whose handle the driver puts into the URB. */
    WDFREQUEST Request = MakeRequest(Out);
    RtlFillMemory(Data, 100, 0x33);
    CHECK(WdfUsbTargetPipeFormatRequestForWrite(Out, Request, Source, NULL) == STATUS_SUCCESS);
    Urb = IoGetNextIrpStackLocation(WdfRequestWdmGetIrp(Request))->Parameters.Others.Argument1;
    Urb->UrbBulkOrInterruptTransfer.PipeHandle = WriteStreams[2].PipeHandle;
    CHECK(SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(Out)) && WdfRequestGetStatus(Request) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetPipeFormatRequestForRead(In, Request, Target, NULL) == STATUS_SUCCESS);
    Urb = IoGetNextIrpStackLocation(WdfRequestWdmGetIrp(Request))->Parameters.Others.Argument1;
    Urb->UrbBulkOrInterruptTransfer.PipeHandle = ReadStreams[2].PipeHandle;
    CHECK(SendAndAwait(Request, WdfUsbTargetPipeGetIoTarget(In)) && Completion(Request)->Parameters.PipeRead.Length == 100 && Back[99] == 0x33);
    WdfObjectDelete(Request);
    WdfObjectDelete(Source);
    WdfObjectDelete(Target);
    CHECK(Setting(0) == STATUS_SUCCESS); /* closes them */
    CHECK(Write(Out, "after", 5, &Moved) == STATUS_SUCCESS);
}

/* ---- The driver ------------------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *Name, *Faults;
    VOID (*Run)(VOID);
} Parts[] = {{"device", "", PartDevice},
             {"strings", "", PartStrings},
             {"select", "", PartSelect},
             {"transfer", "", PartTransfer},
             {"format", "", PartFormat},
             {"again", "", PartAgain},
             {"control", "", PartControl},
             {"urbs", "", PartUrbs},
             {"abort", "", PartAbort},
             {"stall", "stall:ep=81:at=1", PartStall},
             {"reader", "", PartReader},
             {"reader fails", "stall:ep=81:at=1", PartReaderFails},
             {"reader alone", "stall:ep=81:at=1", PartReaderAlone},
             {"reader stops", "stall:ep=81:at=1", PartReaderStops},
             {"streams", "", PartStreams}};

static VOID NTAPI EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    ULONG *Number;
    ULONG_PTR Information = 0;
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(InputLength);
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, sizeof *Number, (PVOID *)&Number, NULL);
    ULONG Part = NT_SUCCESS(Status) ? *Number : 0;
    char *Buffer = NULL;
    if (NT_SUCCESS(Status) && Part >= sizeof Parts / sizeof *Parts)
        Status = STATUS_NO_MORE_ENTRIES;
    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveOutputBuffer(Request, 64, (PVOID *)&Buffer, NULL);
    if (NT_SUCCESS(Status) && Code == IOCTL_USB_FAULTS) {
        RtlStringCbCopyA(Buffer, OutputLength, Parts[Part].Faults);
        Information = strlen(Buffer) + 1;
    } else if (NT_SUCCESS(Status)) {
        At = Buffer;
        Room = OutputLength;
        PartName = Parts[Part].Name;
        Parts[Part].Run();
        Information = (ULONG_PTR)(At - Buffer);
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

static NTSTATUS NTAPI EvtPrepareHardware(WDFDEVICE Prepared, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    WDF_USB_DEVICE_CREATE_CONFIG Config;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, 0x601);
    if (WdfUsbTargetDeviceCreateWithParameters(Prepared, &Config, NULL, &Usb) != STATUS_INVALID_PARAMETER)
        return STATUS_UNSUCCESSFUL; /* no such contract */
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, USBD_CLIENT_CONTRACT_VERSION_602);
    Device = Prepared;
    return WdfUsbTargetDeviceCreateWithParameters(Prepared, &Config, NULL, &Usb);
}

static NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Made;
    UNREFERENCED_PARAMETER(Driver);
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepareHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    NTSTATUS Status = WdfDeviceCreate(&Init, WDF_NO_OBJECT_ATTRIBUTES, &Made);
    if (!NT_SUCCESS(Status))
        return Status;
    WDF_IO_QUEUE_CONFIG_INIT_DEFAULT_QUEUE(&Config, WdfIoQueueDispatchSequential);
    Config.EvtIoDeviceControl = EvtControl;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ExecutionLevel = WdfExecutionLevelPassive;
    Status = WdfIoQueueCreate(Made, &Config, &Attributes, WDF_NO_HANDLE);
    return NT_SUCCESS(Status) ? WdfDeviceCreateDeviceInterface(Made, &GUID_DEVINTERFACE_USB_TEST, NULL) : Status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
}
