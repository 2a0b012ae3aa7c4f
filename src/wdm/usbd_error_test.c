/* SPDX-License-Identifier: MIT */
/* What fails, and what is left then: statuses of URBs and of their IRPs, time-outs, the plug pulled
 * under each kind of transfer, selections that are refused, streams that may not be, URBs used for
 * another class of function. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

/* ---- Statuses -------------------------------------------------------------------------------- */

static void test_mapping(void)
{
    static const struct {
        USBD_STATUS usbd;
        NTSTATUS status;
    } rows[] = {
        {USBD_STATUS_SUCCESS, STATUS_SUCCESS},
        {USBD_STATUS_CANCELED, STATUS_CANCELLED},
        {USBD_STATUS_TIMEOUT, STATUS_IO_TIMEOUT},
        {USBD_STATUS_CRC, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_STALL_PID, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_ENDPOINT_HALTED, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_XACT_ERROR, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_BABBLE_DETECTED, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_DEV_NOT_RESPONDING, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_DATA_OVERRUN, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_BUFFER_OVERRUN, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_ERROR_SHORT_TRANSFER, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_ISOCH_REQUEST_FAILED, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_ISO_NOT_ACCESSED_LATE, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_INTERNAL_HC_ERROR, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_SET_CONFIG_FAILED, STATUS_UNSUCCESSFUL},
        {USBD_STATUS_INVALID_URB_FUNCTION, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INVALID_PIPE_HANDLE, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_BAD_START_FRAME, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INTERFACE_NOT_FOUND, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INAVLID_CONFIGURATION_DESCRIPTOR, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INAVLID_PIPE_FLAGS, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INVALID_STREAM_ID, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_INVALID_STREAM_TYPE, STATUS_INVALID_PARAMETER},
        {USBD_STATUS_ERROR_BUSY, STATUS_DEVICE_BUSY},
        {USBD_STATUS_BUFFER_TOO_SMALL, STATUS_BUFFER_TOO_SMALL},
        {USBD_STATUS_INSUFFICIENT_RESOURCES, STATUS_INSUFFICIENT_RESOURCES},
        {USBD_STATUS_NO_BANDWIDTH, STATUS_INSUFFICIENT_RESOURCES},
        {USBD_STATUS_NOT_SUPPORTED, STATUS_NOT_SUPPORTED},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(usbd_ntstatus(rows[i].usbd, false) == rows[i].status &&
              usbd_ntstatus(rows[i].usbd, true) == rows[i].status);
        CHECK(USBD_SUCCESS(rows[i].usbd) ==
              NT_SUCCESS(rows[i].status)); /* neither says success where the other does not */
    }
    CHECK(usbd_ntstatus(USBD_STATUS_DEVICE_GONE, false) == STATUS_NO_SUCH_DEVICE);
    CHECK(usbd_ntstatus(USBD_STATUS_DEVICE_GONE, true) == STATUS_DEVICE_NOT_CONNECTED);
}

/* A fault on the bus, as a bulk read and a control request see it. */
static void test_fault(const char *fault, USBD_STATUS usbd)
{
    char options[96];
    snprintf(options, sizeof options, "speed=high,faults=%s:ep=81:at=1", fault);
    struct fixture f = attach("mutt", options);
    UCHAR data[512] = "data";
    URB urb;
    CHECK(select_config(&f) == STATUS_SUCCESS &&
          bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    bulk_build(&urb, IN_PIPE(&f, 1), data, sizeof data);
    CHECK(urb_send(&f, &urb) == STATUS_UNSUCCESSFUL && urb.UrbHeader.Status == usbd &&
          USBD_HALTED(urb.UrbHeader.Status));
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, IN_PIPE(&f, 1)) ==
          USBD_STATUS_SUCCESS);
    const char *reason;
    ULONG length = 18;
    snprintf(options, sizeof options, "%s:ep=0:at=1", fault);
    CHECK(usb_virtual_faults(f.virtual, options, 1, &reason) == 0);
    UsbBuildGetDescriptorRequest(&urb, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST),
                                 USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0, data, NULL, 18, NULL);
    CHECK(urb_send(&f, &urb) == STATUS_UNSUCCESSFUL && urb.UrbHeader.Status == usbd);
    CHECK(get_descriptor(&f, USB_CONFIGURATION_DESCRIPTOR_TYPE, data, &length) == STATUS_SUCCESS &&
          length == 18); /* the default pipe goes on */
    detach(&f);
}

/* ---- Time-outs ------------------------------------------------------------------------------- */

static void control_ex(URB *urb, void *buffer, ULONG length, ULONG timeout_ms)
{
    memset(urb, 0, sizeof *urb);
    urb->UrbControlTransferEx.Hdr.Length = sizeof urb->UrbControlTransferEx;
    urb->UrbControlTransferEx.Hdr.Function = URB_FUNCTION_CONTROL_TRANSFER_EX;
    urb->UrbControlTransferEx.TransferFlags =
        USBD_DEFAULT_PIPE_TRANSFER | USBD_TRANSFER_DIRECTION_IN;
    urb->UrbControlTransferEx.TransferBuffer = buffer;
    urb->UrbControlTransferEx.TransferBufferLength = length;
    urb->UrbControlTransferEx.Timeout = timeout_ms;
    memcpy(urb->UrbControlTransferEx.SetupPacket,
           (UCHAR[]){0x80, 6, 0, USB_CONFIGURATION_DESCRIPTOR_TYPE, 0, 0, (UCHAR)length, 0}, 8);
}

static void faults_set(struct fixture *f, const char *script)
{
    const char *reason = "";
    CHECK(usb_virtual_faults(f->virtual, script, 1, &reason) == 0);
}

static void test_timeout(void)
{
    struct fixture f = attach("mutt", "speed=high");
    UCHAR data[18] = {0};
    URB urb;
    struct sent sent;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    faults_set(&f, "nak:ep=0:at=1:ms=60000");
    control_ex(&urb, data, sizeof data, 20);
    CHECK(urb_send(&f, &urb) == STATUS_IO_TIMEOUT && urb.UrbHeader.Status == USBD_STATUS_TIMEOUT);
    CHECK(urb.UrbControlTransferEx.TransferBufferLength == 0 &&
          urb.UrbControlTransferEx.Timeout == 20);
    /* Without one it waits until it is cancelled. */
    faults_set(&f, "nak:ep=0:at=1:ms=60000");
    control_ex(&urb, data, sizeof data, 0);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING && KeReadStateEvent(&sent.ended) == 0);
    CHECK(IoCancelIrp(sent.irp) && sent_wait(&sent, NULL) == STATUS_CANCELLED &&
          urb.UrbHeader.Status == USBD_STATUS_CANCELED);
    detach(&f);
    f = attach("mutt", "speed=high");
    control_ex(&urb, data, sizeof data, 60000); /* one that does not come */
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS &&
          urb.UrbControlTransferEx.TransferBufferLength == sizeof data && data[1] == 2);
    detach(&f);
}

/* ---- The plug -------------------------------------------------------------------------------- */

enum { ISO_PACKETS = 8, ISO_BYTES = 1024 };

static URB *isoch_later(struct fixture *f, void *buffer)
{
    PURB urb = NULL;
    URB now = {0};
    now.UrbGetCurrentFrameNumber.Hdr.Length = sizeof now.UrbGetCurrentFrameNumber;
    now.UrbGetCurrentFrameNumber.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
    CHECK(urb_send(f, &now) == STATUS_SUCCESS &&
          USBD_IsochUrbAllocate(f->handle, ISO_PACKETS, &urb) == STATUS_SUCCESS);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(ISO_PACKETS);
    isoch->Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
    isoch->PipeHandle = IN_PIPE(f, 3);
    isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN;
    isoch->TransferBuffer = buffer;
    isoch->TransferBufferLength = ISO_PACKETS * ISO_BYTES;
    isoch->NumberOfPackets = ISO_PACKETS;
    isoch->StartFrame = now.UrbGetCurrentFrameNumber.FrameNumber + 1000;
    for (ULONG i = 0; i < ISO_PACKETS; i++)
        isoch->IsoPacket[i].Offset = i * ISO_BYTES;
    return urb;
}

/* Each kind that waits: a control request, a bulk and an interrupt read, one on a stream,
 * isochronous packets. Whether the cable goes or the port is cycled, they end with the device. */
static void test_unplugged(bool cycle)
{
    enum { CONTROL, BULK, INTERRUPT, ISOCH, COUNT };
    struct fixture f = attach("mutt", "speed=high");
    static UCHAR data[COUNT][ISO_PACKETS * ISO_BYTES];
    URB urbs[3], *all[COUNT] = {&urbs[0], &urbs[1], &urbs[2]};
    struct sent sent[COUNT];
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    faults_set(&f, "nak:ep=0:at=1:ms=60000");
    control_ex(all[CONTROL], data[CONTROL], 18, 0);
    bulk_build(all[BULK], IN_PIPE(&f, 1), data[BULK], 512);
    bulk_build(all[INTERRUPT], IN_PIPE(&f, 2), data[INTERRUPT], 64);
    all[ISOCH] = isoch_later(&f, data[ISOCH]);
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(urb_start(&sent[i], &f, all[i]) == STATUS_PENDING);
    if (cycle) {
        struct sent port;
        sent_make(&port, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL)
            ->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_CYCLE_PORT;
        sent_go(&port, &f);
        CHECK(sent_wait(&port, NULL) == STATUS_SUCCESS);
    } else {
        usb_virtual_plug(f.virtual, false);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        CHECK(sent_wait(&sent[i], NULL) == STATUS_DEVICE_NOT_CONNECTED &&
              all[i]->UrbHeader.Status == USBD_STATUS_DEVICE_GONE);
        if (!cycle) /* else it may still be on its way out */
            CHECK(urb_send(&f, all[i]) == STATUS_NO_SUCH_DEVICE &&
                  all[i]->UrbHeader.Status == USBD_STATUS_DEVICE_GONE);
    }
    CHECK(all[ISOCH]->UrbIsochronousTransfer.ErrorCount == ISO_PACKETS &&
          all[ISOCH]->UrbIsochronousTransfer.TransferBufferLength == 0);
    USBD_UrbFree(f.handle, all[ISOCH]);
    CHECK(pnp(&f, IRP_MN_SURPRISE_REMOVAL) == STATUS_SUCCESS);
    detach(&f);
}

/* ---- Selections ------------------------------------------------------------------------------ */

union selection {
    URB urb;
    UCHAR bytes[1024];
};

/* A refused setting leaves the pipes of the one before as they are. */
static void test_refused_setting(void)
{
    struct fixture f = attach("mutt", "speed=high");
    union selection made = {{{{0}}}};
    struct _URB_SELECT_INTERFACE *select = &made.urb.UrbSelectInterface;
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    for (unsigned how = 0; how < 4; how++) {
        memset(&made, 0, sizeof made);
        UsbBuildSelectInterfaceRequest(&made.urb, GET_SELECT_INTERFACE_REQUEST_SIZE(6), f.config, 0,
                                       0);
        select->Interface.Length = GET_USBD_INTERFACE_SIZE(how == 0 ? 1 : 6);
        select->Interface.AlternateSetting = how == 1 ? 77 : 0;
        select->Interface.Pipes[3].PipeFlags = how == 2   ? 0x100
                                               : how == 3 ? USBD_PF_CHANGE_MAX_PACKET
                                                          : 0;
        select->Interface.Pipes[3].MaximumPacketSize = 65; /* the endpoint has 64 */
        CHECK(urb_send(&f, &made.urb) != STATUS_SUCCESS && USBD_ERROR(made.urb.UrbHeader.Status));
        CHECK(bulk(&f, OUT_PIPE(&f, 1), "kept", 4, NULL) == STATUS_SUCCESS);
        UCHAR byte;
        URB get = {0};
        get.UrbControlGetInterfaceRequest.Hdr.Length = sizeof get.UrbControlGetInterfaceRequest;
        get.UrbControlGetInterfaceRequest.Hdr.Function = URB_FUNCTION_GET_INTERFACE;
        get.UrbControlGetInterfaceRequest.TransferBuffer = &byte;
        get.UrbControlGetInterfaceRequest.TransferBufferLength = 1;
        CHECK(urb_send(&f, &get) == STATUS_SUCCESS && byte == 1);
    }
    detach(&f);
}

/* A configuration with another setting than the first; the transfer size that a client asks for
 * means nothing. */
static void test_config_setting(void)
{
    struct fixture f = attach("mutt", "speed=high");
    ULONG length = sizeof f.bytes;
    UCHAR byte = 0;
    PURB urb = NULL;
    CHECK(get_descriptor(&f, USB_CONFIGURATION_DESCRIPTOR_TYPE, f.bytes, &length) ==
          STATUS_SUCCESS);
    USBD_INTERFACE_LIST_ENTRY list[] = {
        {USBD_ParseConfigurationDescriptorEx((PVOID)f.bytes, f.bytes, 0, 2, -1, -1, -1), NULL},
        {NULL, NULL}};
    CHECK(USBD_SelectConfigUrbAllocateAndBuild(f.handle, (PVOID)f.bytes, list, &urb) ==
          STATUS_SUCCESS);
    CHECK(list[0].Interface->Pipes[0].MaximumTransferSize == USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE &&
          list[0].Interface->AlternateSetting == 2);
    list[0].Interface->Pipes[0].MaximumTransferSize = 1;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS && list[0].Interface->NumberOfPipes == 5);
    CHECK(list[0].Interface->Pipes[0].MaximumTransferSize == 4 << 20 &&
          list[0].Interface->Pipes[4].PipeType == UsbdPipeTypeIsochronous);
    USBD_PIPE_HANDLE out = NULL;
    for (unsigned i = 0; i < 5; i++)
        if (list[0].Interface->Pipes[i].EndpointAddress == 1)
            out = list[0].Interface->Pipes[i].PipeHandle;
    UCHAR data[300];
    ULONG moved;
    CHECK(bulk(&f, out, data, sizeof data, &moved) == STATUS_SUCCESS &&
          moved == sizeof data); /* more than the byte */
    USBD_UrbFree(f.handle, urb);
    URB get = {0};
    get.UrbControlGetInterfaceRequest.Hdr.Length = sizeof get.UrbControlGetInterfaceRequest;
    get.UrbControlGetInterfaceRequest.Hdr.Function = URB_FUNCTION_GET_INTERFACE;
    get.UrbControlGetInterfaceRequest.TransferBuffer = &byte;
    get.UrbControlGetInterfaceRequest.TransferBufferLength = 1;
    CHECK(urb_send(&f, &get) == STATUS_SUCCESS && byte == 2);
    detach(&f);
}

/* ---- Streams --------------------------------------------------------------------------------- */

static NTSTATUS streams_open(struct fixture *f, PURB urb, USBD_PIPE_HANDLE pipe, USHORT count,
                             USBD_STREAM_INFORMATION *info, USHORT version, USHORT size)
{
    /* Not UsbBuildOpenStaticStreamsRequest, which clears the array. */
    struct _URB_OPEN_STATIC_STREAMS open = {.PipeHandle = pipe,
                                            .NumberOfStreams = count,
                                            .StreamInfoVersion = version,
                                            .StreamInfoSize = size,
                                            .Streams = info};
    open.Hdr.Length = sizeof open;
    open.Hdr.Function = URB_FUNCTION_OPEN_STATIC_STREAMS;
    urb->UrbOpenStaticStreams = open;
    return urb_send(f, urb);
}

static void test_streams_rules(void)
{
    enum { GOOD = URB_OPEN_STATIC_STREAMS_VERSION_100, SIZE = sizeof(USBD_STREAM_INFORMATION) };
    struct fixture f = attach("mutt", "speed=super");
    static USBD_STREAM_INFORMATION info[16];
    static UCHAR data[3][1024];
    struct sent sent[3];
    URB urbs[3];
    PURB urb = NULL;
    CHECK(select_config(&f) == STATUS_SUCCESS &&
          USBD_UrbAllocate(f.handle, &urb) == STATUS_SUCCESS);
    CHECK(USBD_QueryUsbCapability(f.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) ==
          STATUS_SUCCESS);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 4, info, 0x200, SIZE) == STATUS_INVALID_PARAMETER);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 4, info, GOOD, SIZE + 8) ==
          STATUS_INFO_LENGTH_MISMATCH);
    CHECK(urb->UrbHeader.Status == USBD_STATUS_INVALID_PARAMETER);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 4, NULL, GOOD, SIZE) == STATUS_INVALID_PARAMETER);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 256, info, GOOD, SIZE) ==
          STATUS_INVALID_PARAMETER); /* above the stack's most */
    CHECK(streams_open(&f, urb, NULL, 4, info, GOOD, SIZE) == STATUS_INVALID_PARAMETER &&
          urb->UrbHeader.Status == USBD_STATUS_INVALID_PIPE_HANDLE);
    URB own; /* of no handle that could have asked */
    memset(&own, 0, sizeof own);
    CHECK(streams_open(&f, &own, IN_PIPE(&f, 1), 4, info, GOOD, SIZE) == STATUS_INVALID_PARAMETER);
    /* Not while the endpoint has transfers. */
    bulk_build(&urbs[0], IN_PIPE(&f, 1), data[0], sizeof data[0]);
    CHECK(urb_start(&sent[0], &f, &urbs[0]) == STATUS_PENDING);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 4, info, GOOD, SIZE) == STATUS_DEVICE_BUSY &&
          urb->UrbHeader.Status == USBD_STATUS_ERROR_BUSY);
    CHECK(IoCancelIrp(sent[0].irp) && sent_wait(&sent[0], NULL) == STATUS_CANCELLED);
    /* One is enough; ids begin with 1 whatever the client wrote there; the version of a zeroed URB
     * is taken. */
    memset(info, 0xff, sizeof info);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 1, info, 0, SIZE) == STATUS_SUCCESS &&
          info[0].StreamID == 1);
    CHECK(info[0].MaximumTransferSize == 32 << 20 && info[1].StreamID == 0xffffffff);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) ==
          USBD_STATUS_SUCCESS);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 3, info, GOOD, SIZE) == STATUS_SUCCESS);
    for (ULONG i = 0; i < 3; i++)
        CHECK(info[i].StreamID == i + 1 && info[i].PipeHandle != NULL &&
              info[i].PipeHandle != IN_PIPE(&f, 1));
    /* Closing ends what they have. */
    for (unsigned i = 0; i < 3; i++) {
        bulk_build(&urbs[i], info[2 - i].PipeHandle, data[i], sizeof data[i]);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) ==
          USBD_STATUS_SUCCESS);
    for (unsigned i = 0; i < 3; i++)
        CHECK(sent_wait(&sent[i], NULL) == STATUS_CANCELLED &&
              urbs[i].UrbHeader.Status == USBD_STATUS_CANCELED);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) ==
          USBD_STATUS_INVALID_PARAMETER);
    /* The plug pulled under a stream's read; closing what is gone. */
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 2, info, GOOD, SIZE) == STATUS_SUCCESS);
    bulk_build(&urbs[0], info[1].PipeHandle, data[0], sizeof data[0]);
    CHECK(urb_start(&sent[0], &f, &urbs[0]) == STATUS_PENDING);
    usb_virtual_plug(f.virtual, false);
    CHECK(sent_wait(&sent[0], NULL) == STATUS_DEVICE_NOT_CONNECTED);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) ==
          USBD_STATUS_DEVICE_GONE);
    USBD_UrbFree(f.handle, urb);
    detach(&f);
}

/* At high speed there are none, asked for or not. */
static void test_streams_high(void)
{
    struct fixture f = attach("mutt", "speed=high");
    static USBD_STREAM_INFORMATION info[4];
    PURB urb = NULL;
    CHECK(select_config(&f) == STATUS_SUCCESS &&
          USBD_UrbAllocate(f.handle, &urb) == STATUS_SUCCESS);
    CHECK(USBD_QueryUsbCapability(f.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) ==
          STATUS_NOT_SUPPORTED);
    CHECK(streams_open(&f, urb, IN_PIPE(&f, 1), 4, info, URB_OPEN_STATIC_STREAMS_VERSION_100,
                       sizeof *info) == STATUS_INVALID_PARAMETER);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) ==
          USBD_STATUS_INVALID_PARAMETER);
    CHECK(bulk(&f, OUT_PIPE(&f, 1), "still", 5, NULL) ==
          STATUS_SUCCESS); /* the endpoint's handle is as it was */
    USBD_UrbFree(f.handle, urb);
    detach(&f);
}

/* The handle goes first; the streams live until they are closed by the pipe or with the device. */
static void test_streams_handle(void)
{
    struct fixture f = attach("mutt", "speed=super");
    static USBD_STREAM_INFORMATION info[4];
    USBD_HANDLE other;
    PURB urb = NULL;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    CHECK(USBD_CreateHandle(f.pdo, f.pdo, USBD_CLIENT_CONTRACT_VERSION_602, TAG, &other) ==
          STATUS_SUCCESS);
    CHECK(USBD_QueryUsbCapability(other, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) ==
          STATUS_SUCCESS);
    CHECK(USBD_UrbAllocate(other, &urb) == STATUS_SUCCESS);
    CHECK(streams_open(&f, urb, OUT_PIPE(&f, 1), 4, info, URB_OPEN_STATIC_STREAMS_VERSION_100,
                       sizeof *info) == STATUS_SUCCESS);
    USBD_UrbFree(other, urb);
    USBD_CloseHandle(other);
    CHECK(bulk(&f, info[3].PipeHandle, "on", 2, NULL) == STATUS_SUCCESS);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, OUT_PIPE(&f, 1)) ==
          USBD_STATUS_SUCCESS);
    detach(&f);
}

/* ---- Reuse ----------------------------------------------------------------------------------- */

static bool reuse_good(struct fixture *f, PURB urb, USHORT function)
{
    urb->UrbHeader.Function = function;
    return usbd_urb_reuse_is_good(usb_pdo_below(f->pdo), urb);
}

/* Isochronous URBs for isochronous transfers, selections for the same selection, others for all the
 * rest and to unconfigure. */
static void test_reuse(void)
{
    struct fixture f = attach("mutt", "speed=high");
    ULONG length = sizeof f.bytes;
    PURB plain = NULL, isoch = NULL, config = NULL, setting = NULL;
    CHECK(select_config(&f) == STATUS_SUCCESS &&
          get_descriptor(&f, USB_CONFIGURATION_DESCRIPTOR_TYPE, f.bytes, &length) ==
              STATUS_SUCCESS);
    PUSB_CONFIGURATION_DESCRIPTOR descriptor = (PVOID)f.bytes;
    USB_CONFIGURATION_DESCRIPTOR another = *descriptor;
    another.bConfigurationValue++;
    USBD_INTERFACE_LIST_ENTRY list[] = {
        {USBD_ParseConfigurationDescriptorEx(descriptor, descriptor, 0, 1, -1, -1, -1), NULL},
        {NULL, NULL}};
    CHECK(USBD_UrbAllocate(f.handle, &plain) == STATUS_SUCCESS &&
          USBD_IsochUrbAllocate(f.handle, 8, &isoch) == STATUS_SUCCESS);
    CHECK(USBD_SelectConfigUrbAllocateAndBuild(f.handle, descriptor, list, &config) ==
          STATUS_SUCCESS);
    CHECK(USBD_SelectInterfaceUrbAllocateAndBuild(f.handle, f.config, list, &setting) ==
          STATUS_SUCCESS);
    for (USHORT function = 0; function <= URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL;
         function++) {
        bool is_isoch = function == URB_FUNCTION_ISOCH_TRANSFER ||
                        function == URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL;
        CHECK(reuse_good(&f, isoch, function) == is_isoch);
        CHECK(reuse_good(&f, config, function) == (function == URB_FUNCTION_SELECT_CONFIGURATION));
        CHECK(reuse_good(&f, setting, function) == (function == URB_FUNCTION_SELECT_INTERFACE));
        plain->UrbSelectConfiguration.ConfigurationDescriptor =
            function == URB_FUNCTION_SELECT_CONFIGURATION ? descriptor : NULL;
        CHECK(reuse_good(&f, plain, function) ==
              (!is_isoch && function != URB_FUNCTION_SELECT_INTERFACE &&
               function != URB_FUNCTION_SELECT_CONFIGURATION));
    }
    plain->UrbSelectConfiguration.ConfigurationDescriptor = NULL;
    CHECK(reuse_good(&f, plain, URB_FUNCTION_SELECT_CONFIGURATION));  /* unconfigures */
    CHECK(reuse_good(&f, config, URB_FUNCTION_SELECT_CONFIGURATION)); /* again the same */
    config->UrbSelectConfiguration.ConfigurationDescriptor = &another;
    CHECK(!reuse_good(&f, config, URB_FUNCTION_SELECT_CONFIGURATION));
    setting->UrbSelectInterface.Interface.AlternateSetting = 0;
    CHECK(!reuse_good(&f, setting, URB_FUNCTION_SELECT_INTERFACE));
    setting->UrbSelectInterface.Interface.AlternateSetting = 1;
    CHECK(reuse_good(&f, setting, URB_FUNCTION_SELECT_INTERFACE));
    /* Memory of the client's own is of no class. */
    URB own;
    memset(&own, 0, sizeof own);
    CHECK(reuse_good(&f, &own, URB_FUNCTION_SELECT_INTERFACE) &&
          reuse_good(&f, &own, URB_FUNCTION_ISOCH_TRANSFER));
    USBD_UrbFree(f.handle, plain);
    USBD_UrbFree(f.handle, isoch);
    USBD_UrbFree(f.handle, config);
    USBD_UrbFree(f.handle, setting);
    detach(&f);
}

void test_errors(void)
{
    test_mapping();
    test_fault("stall", USBD_STATUS_STALL_PID);
    test_fault("babble", USBD_STATUS_BABBLE_DETECTED);
    test_fault("crc", USBD_STATUS_CRC);
    test_fault("drop", USBD_STATUS_XACT_ERROR);
    test_timeout();
    test_unplugged(false);
    test_unplugged(true);
    test_refused_setting();
    test_config_setting();
    test_streams_rules();
    test_streams_high();
    test_streams_handle();
    test_reuse();
}
