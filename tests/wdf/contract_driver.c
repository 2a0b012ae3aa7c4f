/* SPDX-License-Identifier: MIT */
/* Contracts that drivers rely on without a word, and rules of URBs that the framework's own methods do not show: looked at from inside a
 * framework driver of the test device. tests/wdf/README.md says which contract is tested where. It is written as drivers in the field
 * are: annotations, pragmas and header names as Microsoft's compiler takes them. */
#include <NTDDK.h>
#include <Ntstrsafe.h>
#include <WDF.h>
#include <Usb.h>
#include <usbdlib.h>
#include <wdfusb.h>

#include "contract_test.h"

#if defined(EVENT_TRACING)
#include "contract_driver.tmh"
#endif

#pragma warning(disable : 4200)
#pragma prefast(disable : 28719)

DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD EvtDeviceAdd;
EVT_WDF_DEVICE_PREPARE_HARDWARE EvtPrepareHardware;
EVT_WDF_IO_QUEUE_IO_DEVICE_CONTROL EvtControl;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#pragma alloc_text(PAGE, EvtDeviceAdd)
#endif

C_ASSERT(sizeof(WCHAR) == 2 && sizeof(L'x') == 2 && sizeof(LONG) == 4 && sizeof(ULONG_PTR) == sizeof(PVOID));
C_ASSERT(GET_ISO_URB_SIZE(8) == sizeof(struct _URB_ISOCH_TRANSFER) + 8 * sizeof(USBD_ISO_PACKET_DESCRIPTOR));

typedef struct _RELAY_CONTEXT {
    WDFMEMORY UrbMemory;
    PURB Urb;
    PMDL Whole, Part;
    ULONG Done, Piece;
    BOOLEAN Reads;
} RELAY_CONTEXT, *PRELAY_CONTEXT;
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(RELAY_CONTEXT, GetRelay)

static WDFDEVICE Device;
static WDFUSBDEVICE Usb;
static WDFUSBINTERFACE Interface;
static WDFUSBPIPE Out, In, IsochIn;
static ULONG Kept;
static volatile LONG RelayFaults;
static char *At;
static size_t Room;
static const char *PartName;

#define CHECK(condition) Add((condition) != 0, #condition, __LINE__)

static VOID Add(_In_ BOOLEAN Good, _In_z_ const char *Text, _In_ int Line)
{
    char Why[64] = "";
    if (!Good)
        RtlStringCbPrintfA(Why, sizeof Why, " (line %d)", Line);
    RtlStringCbPrintfExA(At, Room, &At, &Room, 0, "%sok - %s: %s%s\n", Good ? "" : "not ", PartName, Text, Why);
}

static ULONG PacketOf(WDFUSBPIPE Pipe)
{
    WDF_USB_PIPE_INFORMATION Information;
    WDF_USB_PIPE_INFORMATION_INIT(&Information);
    WdfUsbTargetPipeGetInformation(Pipe, &Information);
    return Information.MaximumPacketSize;
}

static BOOLEAN IsSuper(VOID)
{
    return NT_SUCCESS(WdfUsbTargetDeviceQueryUsbCapability(Usb, &GUID_USB_CAPABILITY_DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE, 0, NULL, NULL));
}

static VOID FindPipes(VOID)
{
    Out = In = IsochIn = NULL;
    for (UCHAR i = 0; i < WdfUsbInterfaceGetNumConfiguredPipes(Interface); i++) {
        WDFUSBPIPE Pipe = WdfUsbInterfaceGetConfiguredPipe(Interface, i, NULL);
        if (WdfUsbTargetPipeGetType(Pipe) == WdfUsbPipeTypeBulk)
            *(WdfUsbTargetPipeIsInEndpoint(Pipe) ? &In : &Out) = Pipe;
        else if (WdfUsbTargetPipeGetType(Pipe) == WdfUsbPipeTypeIsochronous && WdfUsbTargetPipeIsInEndpoint(Pipe))
            IsochIn = Pipe;
    }
}

static NTSTATUS Select(VOID)
{
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS Params;
    WDF_USB_DEVICE_SELECT_CONFIG_PARAMS_INIT_SINGLE_INTERFACE(&Params);
    NTSTATUS Status = WdfUsbTargetDeviceSelectConfig(Usb, WDF_NO_OBJECT_ATTRIBUTES, &Params);
    if (NT_SUCCESS(Status)) {
        Interface = Params.Types.SingleInterface.ConfiguredUsbInterface;
        FindPipes();
    }
    return Status;
}

static NTSTATUS Setting(UCHAR Number)
{
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS Params;
    WDF_USB_INTERFACE_SELECT_SETTING_PARAMS_INIT_SETTING(&Params, Number);
    NTSTATUS Status = WdfUsbInterfaceSelectSetting(Interface, WDF_NO_OBJECT_ATTRIBUTES, &Params);
    FindPipes();
    return Status;
}

static NTSTATUS Bulk(WDFUSBPIPE Pipe, PVOID Data, ULONG Length, ULONG Flags, ULONG *Moved)
{
    URB Urb;
    RtlZeroMemory(&Urb, sizeof Urb);
    UsbBuildInterruptOrBulkTransferRequest(&Urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), WdfUsbTargetPipeWdmGetPipeHandle(Pipe), Data,
                                           NULL, Length, Flags, NULL);
    NTSTATUS Status = WdfUsbTargetPipeSendUrbSynchronously(Pipe, NULL, NULL, &Urb);
    *Moved = Urb.UrbBulkOrInterruptTransfer.TransferBufferLength;
    return Status;
}

/* ---- Streams ---------------------------------------------------------------------------------------------------------------- */

static NTSTATUS OpenStreams(PURB Urb, USHORT Version, USHORT Size, USHORT Count, PUSBD_STREAM_INFORMATION Streams)
{
    UsbBuildOpenStaticStreamsRequest(Urb, WdfUsbTargetPipeWdmGetPipeHandle(In), Count, Streams);
    Urb->UrbOpenStaticStreams.StreamInfoVersion = Version;
    Urb->UrbOpenStaticStreams.StreamInfoSize = Size;
    return WdfUsbTargetPipeSendUrbSynchronously(In, NULL, NULL, Urb);
}

static VOID PartStreams(VOID)
{
    static USBD_STREAM_INFORMATION Streams[17]; /* building a request zeroes as many as it names */
    static UCHAR Data[16];
    USHORT Most = 0;
    ULONG Moved;
    WDFMEMORY Memory;
    PURB Urb, Close;
    CHECK(Select() == STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Urb) == STATUS_SUCCESS);
    CHECK(!NT_SUCCESS(OpenStreams(Urb, 0x100, sizeof Streams[0], 4, Streams))); /* nobody has asked for the capability */
    WdfObjectDelete(Memory);
    NTSTATUS Status = WdfUsbTargetDeviceQueryUsbCapability(Usb, &GUID_USB_CAPABILITY_STATIC_STREAMS, sizeof Most, &Most, NULL);
    if (!IsSuper()) {
        CHECK(Status == STATUS_NOT_SUPPORTED);
        return;
    }
    CHECK(Status == STATUS_SUCCESS && Most == 255);
    CHECK(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Urb) == STATUS_SUCCESS);
    CHECK(OpenStreams(Urb, 0x101, sizeof Streams[0], 4, Streams) == STATUS_INVALID_PARAMETER);
    CHECK(OpenStreams(Urb, 0x100, sizeof Streams[0] - 4, 4, Streams) == STATUS_INFO_LENGTH_MISMATCH &&
          Urb->UrbHeader.Status == USBD_STATUS_INVALID_PARAMETER);
    CHECK(OpenStreams(Urb, 0x100, sizeof Streams[0], 17, Streams) == STATUS_INVALID_PARAMETER); /* 2^MaxStreams is 16 */
    CHECK(Bulk(Out, Data, 8, USBD_TRANSFER_DIRECTION_OUT, &Moved) == STATUS_SUCCESS && Moved == 8); /* the default stream, until they are open */
    CHECK(OpenStreams(Urb, 0x100, sizeof Streams[0], 16, Streams) == STATUS_SUCCESS);
    for (USHORT i = 0; i < 16; i++)
        if (Streams[i].StreamID != i + 1u || Streams[i].PipeHandle == NULL || Streams[i].MaximumTransferSize == 0)
            CHECK(!"ids from 1, a handle and a size each");
    CHECK(OpenStreams(Urb, 0x100, sizeof Streams[0], 4, Streams) == STATUS_INVALID_PARAMETER); /* they are open */
    CHECK(WdfUsbTargetDeviceCreateUrb(Usb, NULL, &Memory, &Close) == STATUS_SUCCESS);
    Close->UrbPipeRequest.Hdr.Length = sizeof Close->UrbPipeRequest;
    Close->UrbPipeRequest.Hdr.Function = URB_FUNCTION_CLOSE_STATIC_STREAMS;
    Close->UrbPipeRequest.PipeHandle = WdfUsbTargetPipeWdmGetPipeHandle(In);
    CHECK(WdfUsbTargetPipeSendUrbSynchronously(In, NULL, NULL, Close) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetPipeSendUrbSynchronously(In, NULL, NULL, Close) == STATUS_INVALID_PARAMETER); /* none is open */
    static UCHAR Back[1024];
    CHECK(Bulk(In, Back, sizeof Back, USBD_TRANSFER_DIRECTION_IN, &Moved) == STATUS_INVALID_PARAMETER); /* not even closed: select it anew */
    CHECK(Select() == STATUS_SUCCESS && Bulk(In, Back, sizeof Back, USBD_TRANSFER_DIRECTION_IN, &Moved) == STATUS_SUCCESS && Moved == 8);
}

/* ---- Bulk ---------------------------------------------------------------------------------------------------------------------- */

static VOID PartBulk(VOID)
{
    static UCHAR Data[3072], Back[4096];
    ULONG Moved, Packet;
    WDF_USB_PIPE_INFORMATION Information;
    CHECK(Select() == STATUS_SUCCESS);
    Packet = PacketOf(In);
    /* A short packet is no error without USBD_SHORT_TRANSFER_OK. */
    CHECK(Bulk(Out, Data, 10, USBD_TRANSFER_DIRECTION_OUT, &Moved) == STATUS_SUCCESS);
    CHECK(Bulk(In, Back, sizeof Back, USBD_TRANSFER_DIRECTION_IN, &Moved) == STATUS_SUCCESS && Moved == 10);
    /* No empty packet is added to a write of whole packets: what is written next goes on with it. */
    CHECK(Bulk(Out, Data, Packet, USBD_TRANSFER_DIRECTION_OUT, &Moved) == STATUS_SUCCESS && Moved == Packet);
    CHECK(Bulk(Out, Data, 10, USBD_TRANSFER_DIRECTION_OUT, &Moved) == STATUS_SUCCESS);
    CHECK(Bulk(In, Back, sizeof Back, USBD_TRANSFER_DIRECTION_IN, &Moved) == STATUS_SUCCESS && Moved == Packet + 10);
    /* Less room than a packet: babble. */
    CHECK(Bulk(Out, Data, 300, USBD_TRANSFER_DIRECTION_OUT, &Moved) == STATUS_SUCCESS);
    CHECK(Bulk(In, Back, 100, USBD_TRANSFER_DIRECTION_IN, &Moved) == STATUS_UNSUCCESSFUL);
    CHECK(WdfUsbTargetPipeResetSynchronously(In, NULL, NULL) == STATUS_SUCCESS);
    WDF_USB_PIPE_INFORMATION_INIT(&Information);
    WdfUsbTargetPipeGetInformation(In, &Information);
    CHECK(Information.MaximumTransferSize == 2 * 1024 * 1024); /* high speed, or better; 256 KiB elsewhere */
}

/* Pipe information that the client may set: a smaller packet, nothing else. */
static VOID PartPackets(VOID)
{
    static UCHAR Config[4096];
    USHORT Length = sizeof Config;
    URB Urb;
    CHECK(Select() == STATUS_SUCCESS && WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, Config, &Length) == STATUS_SUCCESS);
    USBD_INTERFACE_LIST_ENTRY List[2] = {{USBD_ParseConfigurationDescriptorEx((PVOID)Config, Config, 0, 0, -1, -1, -1), NULL}, {NULL, NULL}};
    PURB Made = USBD_CreateConfigurationRequestEx((PVOID)Config, List);
    CHECK(Made != NULL && List[0].Interface->Length == GET_USBD_INTERFACE_SIZE(4) && List[0].Interface->NumberOfPipes == 4);
    List[0].Interface->Pipes[0].PipeFlags = USBD_PF_CHANGE_MAX_PACKET;
    List[0].Interface->Pipes[0].MaximumPacketSize = 64;
    CHECK(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, Made) == STATUS_SUCCESS && List[0].Interface->Pipes[0].MaximumPacketSize == 64);
    List[0].Interface->Pipes[0].MaximumPacketSize = 2048; /* larger than the endpoint's */
    CHECK(!NT_SUCCESS(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, Made)));
    List[0].Interface->Pipes[0].PipeFlags = 0x80000000;
    CHECK(!NT_SUCCESS(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, Made)) &&
          Made->UrbHeader.Status == USBD_STATUS_INAVLID_PIPE_FLAGS);
    ExFreePool(Made);
    RtlZeroMemory(&Urb, sizeof Urb);
    UsbBuildSelectConfigurationRequest(&Urb, sizeof(struct _URB_SELECT_CONFIGURATION), NULL);
    CHECK(WdfUsbTargetDeviceSendUrbSynchronously(Usb, NULL, NULL, &Urb) == STATUS_SUCCESS); /* unconfigured */
    CHECK(Select() == STATUS_SUCCESS && PacketOf(In) == (IsSuper() ? 1024u : 512u));
    CHECK(Setting(2) == STATUS_SUCCESS && PacketOf(IsochIn) == 3 * 1024); /* of a service interval */
    CHECK(!IsSuper() || (Setting(4) == STATUS_SUCCESS && PacketOf(IsochIn) == 48 * 1024));
}

/* ---- Isochronous ----------------------------------------------------------------------------------------------------------------- */

enum { ISO_PACKETS = 8, ISO_BYTES = 1024 };

static NTSTATUS IsochRead(PURB Urb)
{
    static UCHAR Data[ISO_PACKETS * ISO_BYTES];
    struct _URB_ISOCH_TRANSFER *Isoch = &Urb->UrbIsochronousTransfer;
    Isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(ISO_PACKETS); /* one packet more than needed */
    Isoch->Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
    Isoch->PipeHandle = WdfUsbTargetPipeWdmGetPipeHandle(IsochIn);
    Isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN | USBD_START_ISO_TRANSFER_ASAP;
    Isoch->TransferBuffer = Data;
    Isoch->TransferBufferMDL = NULL;
    Isoch->TransferBufferLength = sizeof Data;
    Isoch->NumberOfPackets = ISO_PACKETS;
    for (ULONG i = 0; i < ISO_PACKETS; i++)
        Isoch->IsoPacket[i].Offset = i * ISO_BYTES;
    return WdfUsbTargetPipeSendUrbSynchronously(IsochIn, NULL, NULL, Urb);
}

static ULONG IsochFailures(PURB Urb)
{
    ULONG Failed = 0;
    for (ULONG i = 0; i < ISO_PACKETS; i++)
        Failed += USBD_ERROR(Urb->UrbIsochronousTransfer.IsoPacket[i].Status);
    return Failed;
}

/* Each second packet is spoilt: a success that counts them. */
static VOID PartIsochSome(VOID)
{
    WDFMEMORY Memory;
    PURB Urb;
    CHECK(Select() == STATUS_SUCCESS && Setting(1) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceCreateIsochUrb(Usb, NULL, ISO_PACKETS, &Memory, &Urb) == STATUS_SUCCESS);
    CHECK(IsochRead(Urb) == STATUS_SUCCESS && Urb->UrbHeader.Status == USBD_STATUS_SUCCESS);
    CHECK(Urb->UrbIsochronousTransfer.ErrorCount == 4 && IsochFailures(Urb) == 4);
    CHECK(Urb->UrbIsochronousTransfer.IsoPacket[1].Status == USBD_STATUS_CRC && Urb->UrbIsochronousTransfer.IsoPacket[2].Length == ISO_BYTES);
    CHECK(Urb->UrbIsochronousTransfer.IsoPacket[2].Offset == 2 * ISO_BYTES); /* nothing is moved together */
    WdfObjectDelete(Memory);
}

/* All are: the transfer failed. */
static VOID PartIsochAll(VOID)
{
    WDFMEMORY Memory;
    PURB Urb;
    CHECK(Select() == STATUS_SUCCESS && Setting(1) == STATUS_SUCCESS);
    CHECK(WdfUsbTargetDeviceCreateIsochUrb(Usb, NULL, ISO_PACKETS, &Memory, &Urb) == STATUS_SUCCESS);
    CHECK(IsochRead(Urb) == STATUS_UNSUCCESSFUL && Urb->UrbHeader.Status == USBD_STATUS_ISOCH_REQUEST_FAILED);
    CHECK(Urb->UrbIsochronousTransfer.ErrorCount == ISO_PACKETS && IsochFailures(Urb) == ISO_PACKETS);
    WdfObjectDelete(Memory);
}

/* ---- The continuous reader: what it sends, seen on its way to the bus --------------------------------------------------------------- */

enum { SEEN_MOST = 64 };
static struct {
    PDRIVER_DISPATCH Below;
    USBD_PIPE_HANDLE Pipe;
    PURB Urbs[SEEN_MOST];
    volatile LONG Count;
    KEVENT Failed;
    LONG InFlight;
    KIRQL Irql;
} Seen;

static NTSTATUS NTAPI SeeUrb(PDEVICE_OBJECT Object, PIRP Irp)
{
    PIO_STACK_LOCATION Stack = IoGetCurrentIrpStackLocation(Irp);
    PURB Urb = Stack->Parameters.Others.Argument1;
    if (Stack->Parameters.DeviceIoControl.IoControlCode == IOCTL_INTERNAL_USB_SUBMIT_URB &&
        Urb->UrbHeader.Function == URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER && Urb->UrbBulkOrInterruptTransfer.PipeHandle == Seen.Pipe) {
        LONG Number = InterlockedIncrement(&Seen.Count) - 1;
        if (Number < SEEN_MOST)
            Seen.Urbs[Number] = Urb;
    }
    return Seen.Below(Object, Irp);
}

static VOID NTAPI EvtRead(WDFUSBPIPE Pipe, WDFMEMORY Buffer, size_t Length, WDFCONTEXT Context)
{
    UNREFERENCED_PARAMETER(Pipe);
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    UNREFERENCED_PARAMETER(Context);
}

static BOOLEAN NTAPI EvtFailed(WDFUSBPIPE Pipe, NTSTATUS Status, USBD_STATUS UsbdStatus)
{
    UNREFERENCED_PARAMETER(Pipe);
    UNREFERENCED_PARAMETER(Status);
    UNREFERENCED_PARAMETER(UsbdStatus);
    Seen.Irql = KeGetCurrentIrql();
    Seen.InFlight = 0;
    for (LONG i = 0; i < Seen.Count && i < SEEN_MOST; i++)
        Seen.InFlight += Seen.Urbs[i]->UrbHeader.Status == USBD_STATUS_PENDING;
    KeSetEvent(&Seen.Failed, IO_NO_INCREMENT, FALSE);
    return FALSE;
}

/* How many reads a reader with this setting keeps pending. */
static LONG PendingReads(UCHAR Wanted)
{
    WDF_USB_CONTINUOUS_READER_CONFIG Config;
    if (Setting(0) != STATUS_SUCCESS)
        return -1;
    WDF_USB_CONTINUOUS_READER_CONFIG_INIT(&Config, EvtRead, NULL, 1024);
    Config.NumPendingReads = Wanted;
    Config.EvtUsbTargetPipeReadersFailed = EvtFailed;
    if (WdfUsbTargetPipeConfigContinuousReader(In, &Config) != STATUS_SUCCESS)
        return -1;
    Seen.Pipe = WdfUsbTargetPipeWdmGetPipeHandle(In);
    Seen.Count = 0;
    if (WdfIoTargetStart(WdfUsbTargetPipeGetIoTarget(In)) != STATUS_SUCCESS)
        return -1;
    return Seen.Count;
}

static VOID SeeBegin(VOID)
{
    PDRIVER_OBJECT Bus = WdfDeviceWdmGetPhysicalDevice(Device)->DriverObject;
    KeInitializeEvent(&Seen.Failed, NotificationEvent, FALSE);
    Seen.Below = Bus->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL];
    Bus->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = SeeUrb;
}

static VOID SeeEnd(VOID)
{
    WdfDeviceWdmGetPhysicalDevice(Device)->DriverObject->MajorFunction[IRP_MJ_INTERNAL_DEVICE_CONTROL] = Seen.Below;
}

static VOID PartReader(VOID)
{
    CHECK(Select() == STATUS_SUCCESS);
    SeeBegin();
    CHECK(PendingReads(0) == 2);
    CHECK(PendingReads(1) == 1);
    CHECK(PendingReads(10) == 10);
    CHECK(PendingReads(200) == 10);
    CHECK(Setting(0) == STATUS_SUCCESS);
    SeeEnd();
}

static VOID PartReaderFails(VOID)
{
    LARGE_INTEGER Timeout = {.QuadPart = WDF_REL_TIMEOUT_IN_SEC(20)};
    static UCHAR Byte;
    ULONG Moved;
    CHECK(Select() == STATUS_SUCCESS);
    SeeBegin();
    CHECK(PendingReads(5) == 5);
    CHECK(Bulk(Out, &Byte, 1, USBD_TRANSFER_DIRECTION_OUT, &Moved) == STATUS_SUCCESS);
    CHECK(KeWaitForSingleObject(&Seen.Failed, Executive, KernelMode, FALSE, &Timeout) == STATUS_SUCCESS);
    CHECK(Seen.InFlight == 0 && Seen.Irql == PASSIVE_LEVEL);
    CHECK(Setting(0) == STATUS_SUCCESS);
    SeeEnd();
}

/* ---- The USBD library ------------------------------------------------------------------------------------------------------------- */

static BOOLEAN IsZero(const VOID *Memory, size_t Length)
{
    for (size_t i = 0; i < Length; i++)
        if (((const UCHAR *)Memory)[i] != 0)
            return FALSE;
    return TRUE;
}

static VOID PartAllocate(VOID)
{
    PDEVICE_OBJECT Self = WdfDeviceWdmGetDeviceObject(Device), Below = WdfDeviceWdmGetAttachedDevice(Device);
    USBD_HANDLE Handle;
    PURB Urb = NULL;
    KIRQL Irql;
    CHECK(USBD_CreateHandle(Self, Below, USBD_CLIENT_CONTRACT_VERSION_602, 'tseT', &Handle) == STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    NTSTATUS Status = USBD_UrbAllocate(Handle, &Urb);
    BOOLEAN Zero = NT_SUCCESS(Status) && IsZero(Urb, sizeof *Urb);
    if (NT_SUCCESS(Status))
        USBD_UrbFree(Handle, Urb);
    KeLowerIrql(Irql);
    CHECK(Status == STATUS_SUCCESS && Zero);
    CHECK(USBD_IsochUrbAllocate(Handle, 8, &Urb) == STATUS_SUCCESS && IsZero(Urb, GET_ISO_URB_SIZE(8)));
    USBD_UrbFree(Handle, Urb);
    CHECK(USBD_IsochUrbAllocate(NULL, 8, &Urb) == STATUS_INVALID_PARAMETER && USBD_IsochUrbAllocate(Handle, 8, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(USBD_IsInterfaceVersionSupported(Handle, 0x600) && USBD_IsInterfaceVersionSupported(Handle, 0x602));
    USBD_CloseHandle(Handle);
}

static USBD_STATUS Validate(const UCHAR *Config, USHORT Length, ULONG Offset, UCHAR Value, USHORT Level)
{
    static UCHAR Spoilt[4096];
    PUCHAR Place = NULL;
    RtlCopyMemory(Spoilt, Config, Length);
    Spoilt[Offset] = Value;
    USBD_STATUS Status = USBD_ValidateConfigurationDescriptor((PVOID)Spoilt, Length, Level, &Place, 'tseT');
    return USBD_SUCCESS(Status) || Place != NULL ? Status : USBD_STATUS_SUCCESS; /* a failure names its place */
}

static VOID PartParse(VOID)
{
    static UCHAR Config[4096];
    USHORT Length = sizeof Config;
    CHECK(WdfUsbTargetDeviceRetrieveConfigDescriptor(Usb, Config, &Length) == STATUS_SUCCESS);
    PUSB_INTERFACE_DESCRIPTOR First = USBD_ParseConfigurationDescriptorEx((PVOID)Config, Config, -1, -1, -1, -1, -1);
    CHECK(First != NULL && First->bAlternateSetting == 0 && (PUCHAR)First == Config + 9);
    CHECK(USBD_ParseConfigurationDescriptorEx((PVOID)Config, Config, 0, 2, 0xff, -1, -1)->bAlternateSetting == 2);
    CHECK(USBD_ParseConfigurationDescriptorEx((PVOID)Config, Config, 0, 0, 3, -1, -1) == NULL);
    CHECK((PVOID)USBD_ParseDescriptors(Config, Length, First, USB_INTERFACE_DESCRIPTOR_TYPE) == First); /* the start itself counts */
    PUSB_COMMON_DESCRIPTOR Endpoint = USBD_ParseDescriptors(Config, Length, First, USB_ENDPOINT_DESCRIPTOR_TYPE);
    CHECK(Endpoint != NULL && Endpoint->bLength == 7);
    CHECK(USBD_ParseDescriptors(Config, Length, Config + Length, USB_ENDPOINT_DESCRIPTOR_TYPE) == NULL);
    CHECK(USBD_GetInterfaceLength(First, Config + Length) == 9u + 4 * (IsSuper() ? 7 + 6 : 7));
    ULONG Interface0 = 9, Address = (ULONG)((PUCHAR)Endpoint - Config) + 2;
    CHECK(USBD_ERROR(Validate(Config, Length, 1, 4, 1)) && USBD_SUCCESS(Validate(Config, Length, Address, 0x70, 1)));
    CHECK(Validate(Config, Length, Address, 0x70, 2) == USBD_STATUS_BAD_ENDPOINT_ADDRESS);
    CHECK(USBD_ERROR(Validate(Config, Length, Interface0, 1, 2)));
    CHECK(USBD_SUCCESS(Validate(Config, Length, Interface0 + 4, 9, 2)) &&
          Validate(Config, Length, Interface0 + 4, 9, 3) == USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS);
}

static VOID PartText(VOID)
{
    UNICODE_STRING Counted;
    char Text[128];
    RtlInitUnicodeString(&Counted, L"counted");
    RtlStringCbPrintfA(Text, sizeof Text, "%wZ %S %ws %I64d %lu %hu %08x", &Counted, L"wide", L"too", (LONGLONG)1 << 40, 5ul + (ULONG)-6, (USHORT)65535,
                       0xabcu);
    CHECK(strcmp(Text, "counted wide too 1099511627776 4294967295 65535 00000abc") == 0);
    DbgPrint("contracts: %wZ %S %I64d\n", &Counted, L"wide", (LONGLONG)1 << 40);
    KdPrint(("contracts: %wZ\n", &Counted));
}

/* ---- A program's request, sent on piece by piece ------------------------------------------------------------------------------------- */

static EVT_WDF_REQUEST_COMPLETION_ROUTINE EvtPieceDone;

static NTSTATUS SendPiece(WDFREQUEST Request)
{
    PRELAY_CONTEXT Relay = GetRelay(Request);
    WDFUSBPIPE Pipe = Relay->Reads ? In : Out;
    ULONG Left = MmGetMdlByteCount(Relay->Whole) - Relay->Done;
    Relay->Piece = Left < RELAY_PIECE ? Left : RELAY_PIECE;
    IoBuildPartialMdl(Relay->Whole, Relay->Part, (PUCHAR)MmGetMdlVirtualAddress(Relay->Whole) + Relay->Done, Relay->Piece);
    UsbBuildInterruptOrBulkTransferRequest(Relay->Urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), WdfUsbTargetPipeWdmGetPipeHandle(Pipe),
                                           NULL, Relay->Part, Relay->Piece,
                                           Relay->Reads ? USBD_TRANSFER_DIRECTION_IN | USBD_SHORT_TRANSFER_OK : USBD_TRANSFER_DIRECTION_OUT,
                                           NULL);
    NTSTATUS Status = WdfUsbTargetPipeFormatRequestForUrb(Pipe, Request, Relay->UrbMemory, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    WdfRequestSetCompletionRoutine(Request, EvtPieceDone, NULL);
    return WdfRequestSend(Request, WdfUsbTargetPipeGetIoTarget(Pipe), WDF_NO_SEND_OPTIONS) ? STATUS_SUCCESS : WdfRequestGetStatus(Request);
}

static VOID RelayEnd(WDFREQUEST Request, NTSTATUS Status)
{
    PRELAY_CONTEXT Relay = GetRelay(Request);
    if (Relay->Part != NULL)
        IoFreeMdl(Relay->Part);
    WdfRequestCompleteWithInformation(Request, Status, Relay->Done);
}

/* The same request, URB and MDL again and again, from the completion routine, without WdfRequestReuse. */
static VOID NTAPI EvtPieceDone(WDFREQUEST Request, WDFIOTARGET Target, PWDF_REQUEST_COMPLETION_PARAMS Params, WDFCONTEXT Context)
{
    PRELAY_CONTEXT Relay = GetRelay(Request);
    const struct _URB_BULK_OR_INTERRUPT_TRANSFER *Bulked = &Relay->Urb->UrbBulkOrInterruptTransfer;
    NTSTATUS Status = Params->IoStatus.Status;
    UNREFERENCED_PARAMETER(Target);
    UNREFERENCED_PARAMETER(Context);
    if (Bulked->TransferBuffer != NULL || Bulked->TransferBufferMDL != Relay->Part)
        InterlockedIncrement(&RelayFaults); /* the stack leaves both as it found them */
    Relay->Done += Bulked->TransferBufferLength;
    MmPrepareMdlForReuse(Relay->Part);
    BOOLEAN More = NT_SUCCESS(Status) && Bulked->TransferBufferLength == Relay->Piece && Relay->Done < MmGetMdlByteCount(Relay->Whole);
    if (More && NT_SUCCESS(Status = SendPiece(Request)))
        return;
    RelayEnd(Request, RelayFaults != 0 ? STATUS_DATA_ERROR : Status);
}

static NTSTATUS RelayBegin(WDFREQUEST Request, BOOLEAN Reads)
{
    PRELAY_CONTEXT Relay = GetRelay(Request);
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_OBJECT_ATTRIBUTES_INIT(&Attributes);
    Attributes.ParentObject = Request;
    Relay->Reads = Reads;
    NTSTATUS Status = Interface == NULL || In == NULL ? Select() : STATUS_SUCCESS;
    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveOutputWdmMdl(Request, &Relay->Whole);
    if (NT_SUCCESS(Status))
        Status = WdfUsbTargetDeviceCreateUrb(Usb, &Attributes, &Relay->UrbMemory, &Relay->Urb);
    if (!NT_SUCCESS(Status))
        return Status;
    Relay->Part = IoAllocateMdl(MmGetMdlVirtualAddress(Relay->Whole), MmGetMdlByteCount(Relay->Whole), FALSE, FALSE, NULL);
    return Relay->Part == NULL ? STATUS_INSUFFICIENT_RESOURCES : SendPiece(Request);
}

/* ---- The driver ------------------------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *Name, *Faults;
    VOID (*Run)(VOID);
} Parts[] = {{"streams", "", PartStreams},
             {"bulk", "", PartBulk},
             {"packets", "", PartPackets},
             {"isoch some", "crc:ep=83:every=2", PartIsochSome},
             {"isoch all", "crc:ep=83", PartIsochAll},
             {"reader", "", PartReader},
             {"reader fails", "stall:ep=81:at=2", PartReaderFails},
             {"allocate", "", PartAllocate},
             {"parse", "", PartParse},
             {"text", "", PartText}};

static NTSTATUS RunPart(WDFREQUEST Request, ULONG Code, ULONG_PTR *Information)
{
    ULONG *Number;
    char *Buffer;
    size_t Length;
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, sizeof *Number, (PVOID *)&Number, NULL);
    ULONG Part = NT_SUCCESS(Status) ? *Number : 0;
    if (NT_SUCCESS(Status) && Part >= sizeof Parts / sizeof *Parts)
        Status = STATUS_NO_MORE_ENTRIES;
    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveOutputBuffer(Request, 64, (PVOID *)&Buffer, &Length);
    if (!NT_SUCCESS(Status))
        return Status;
    if (Code == IOCTL_USB_FAULTS) {
        RtlStringCbCopyA(Buffer, Length, Parts[Part].Faults);
        *Information = strlen(Buffer) + 1;
        return STATUS_SUCCESS;
    }
    At = Buffer;
    Room = Length;
    PartName = Parts[Part].Name;
    Parts[Part].Run();
    *Information = (ULONG_PTR)(At - Buffer);
    return STATUS_SUCCESS;
}

static NTSTATUS Keep(WDFREQUEST Request, ULONG_PTR *Information)
{
    ULONG *In, *Out;
    NTSTATUS Status = WdfRequestRetrieveInputBuffer(Request, sizeof *In, (PVOID *)&In, NULL);
    if (NT_SUCCESS(Status))
        Status = WdfRequestRetrieveOutputBuffer(Request, sizeof *Out, (PVOID *)&Out, NULL);
    if (!NT_SUCCESS(Status))
        return Status;
    Kept += *In;
    *Out = Kept;
    *Information = sizeof *Out;
    return STATUS_SUCCESS;
}

VOID NTAPI EvtControl(WDFQUEUE Queue, WDFREQUEST Request, size_t OutputLength, size_t InputLength, ULONG Code)
{
    NTSTATUS Status = STATUS_INVALID_DEVICE_REQUEST;
    ULONG_PTR Information = 0;
    UNREFERENCED_PARAMETER(Queue);
    UNREFERENCED_PARAMETER(OutputLength);
    UNREFERENCED_PARAMETER(InputLength);
    switch (Code) {
    case IOCTL_USB_PART:
    case IOCTL_USB_FAULTS: Status = RunPart(Request, Code, &Information); break;
    case IOCTL_RELAY_READ:
    case IOCTL_RELAY_WRITE:
        Status = RelayBegin(Request, Code == IOCTL_RELAY_READ);
        if (!NT_SUCCESS(Status))
            RelayEnd(Request, Status);
        return;
    case IOCTL_KEEP: Status = Keep(Request, &Information); break;
    case IOCTL_CYCLE: Status = WdfUsbTargetDeviceCyclePortSynchronously(Usb); break;
    }
    WdfRequestCompleteWithInformation(Request, Status, Information);
}

NTSTATUS NTAPI EvtPrepareHardware(WDFDEVICE Prepared, WDFCMRESLIST Raw, WDFCMRESLIST Translated)
{
    WDF_USB_DEVICE_CREATE_CONFIG Config;
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    WDF_USB_DEVICE_CREATE_CONFIG_INIT(&Config, USBD_CLIENT_CONTRACT_VERSION_602);
    Device = Prepared;
    Interface = NULL;
    return WdfUsbTargetDeviceCreateWithParameters(Prepared, &Config, NULL, &Usb);
}

_Use_decl_annotations_
NTSTATUS NTAPI EvtDeviceAdd(WDFDRIVER Driver, PWDFDEVICE_INIT Init)
{
    WDF_PNPPOWER_EVENT_CALLBACKS Callbacks;
    WDF_OBJECT_ATTRIBUTES Attributes;
    WDF_IO_QUEUE_CONFIG Config;
    WDFDEVICE Made;
    UNREFERENCED_PARAMETER(Driver);
    PAGED_CODE();
    WDF_PNPPOWER_EVENT_CALLBACKS_INIT(&Callbacks);
    Callbacks.EvtDevicePrepareHardware = EvtPrepareHardware;
    WdfDeviceInitSetPnpPowerEventCallbacks(Init, &Callbacks);
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&Attributes, RELAY_CONTEXT);
    WdfDeviceInitSetRequestAttributes(Init, &Attributes);
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

_Use_decl_annotations_
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    WDF_DRIVER_CONFIG Config;
    WDF_DRIVER_CONFIG_INIT(&Config, EvtDeviceAdd);
    return WdfDriverCreate(DriverObject, RegistryPath, WDF_NO_OBJECT_ATTRIBUTES, &Config, WDF_NO_HANDLE);
}
