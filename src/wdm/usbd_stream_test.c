/* SPDX-License-Identifier: MIT */
/* Capabilities and static streams; what a device says of itself to Plug and Play; its port, bus interface and idle notification. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

/* ---- Capabilities and streams ---------------------------------------------------------------------------------------------------------- */

static void test_capability(void)
{
    static const GUID nothing = {1, 2, 3, {4}};
    struct fixture high = attach("mutt", "speed=high"), super = attach("mutt", "speed=super");
    USBD_HANDLE handle;
    CHECK(USBD_CreateHandle(super.pdo, super.pdo, 0x601, TAG, &handle) == STATUS_INVALID_PARAMETER);
    CHECK(USBD_CreateHandle(super.pdo, super.pdo, USBD_CLIENT_CONTRACT_VERSION_602, 0, &handle) == STATUS_INVALID_PARAMETER);
    CHECK(USBD_CreateHandle(NULL, super.pdo, USBD_CLIENT_CONTRACT_VERSION_602, 1, &handle) == STATUS_INVALID_PARAMETER);
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK(USBD_CreateHandle(super.pdo, super.pdo, USBD_CLIENT_CONTRACT_VERSION_602, 1, &handle) == STATUS_INVALID_LEVEL);
    KeLowerIrql(irql);
    CHECK(USBD_IsInterfaceVersionSupported(super.handle, 0x602) && !USBD_IsInterfaceVersionSupported(super.handle, 0x700));
    ULONG streams = 0, length = 9;
    CHECK(USBD_QueryUsbCapability(super.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, sizeof streams, (PUCHAR)&streams, &length) == STATUS_SUCCESS);
    CHECK(streams == 255 && length == 2);
    CHECK(USBD_QueryUsbCapability(super.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 1, (PUCHAR)&streams, NULL) == STATUS_BUFFER_TOO_SMALL);
    CHECK(USBD_QueryUsbCapability(super.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, (PUCHAR)&streams, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(USBD_QueryUsbCapability(super.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 2, NULL, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(USBD_QueryUsbCapability(super.handle, NULL, 0, NULL, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(USBD_QueryUsbCapability(super.handle, &nothing, 0, NULL, NULL) == STATUS_NOT_IMPLEMENTED);
    CHECK(USBD_QueryUsbCapability(high.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) == STATUS_NOT_SUPPORTED);
    CHECK(USBD_QueryUsbCapability(high.handle, &GUID_USB_CAPABILITY_DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE, 0, NULL, NULL) == STATUS_NOT_SUPPORTED);
    CHECK(USBD_QueryUsbCapability(super.handle, &GUID_USB_CAPABILITY_DEVICE_CONNECTION_HIGH_SPEED_COMPATIBLE, 0, NULL, NULL) == STATUS_SUCCESS);
    CHECK(USBD_QueryUsbCapability(super.handle, &GUID_USB_CAPABILITY_CHAINED_MDLS, 0, NULL, NULL) == STATUS_SUCCESS);
    detach(&super);
    detach(&high);
}

static USBD_STATUS streams_open(struct fixture *f, USBD_HANDLE handle, USBD_PIPE_HANDLE pipe, USHORT count, USBD_STREAM_INFORMATION *info,
                                NTSTATUS *status)
{
    PURB urb;
    struct sent sent;
    CHECK(USBD_UrbAllocate(handle, &urb) == STATUS_SUCCESS);
    UsbBuildOpenStaticStreamsRequest(urb, pipe, count, info);
    IO_STACK_LOCATION *stack = sent_make(&sent, f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    USBD_AssignUrbToIoStackLocation(handle, stack, urb);
    sent_go(&sent, f);
    *status = sent_wait(&sent, NULL);
    USBD_STATUS usbd = urb->UrbHeader.Status;
    USBD_UrbFree(handle, urb);
    return usbd;
}

static void test_streams_refused(struct fixture *f)
{
    USBD_STREAM_INFORMATION info[17];
    NTSTATUS status;
    USBD_HANDLE other;
    CHECK(USBD_CreateHandle(f->pdo, f->pdo, USBD_CLIENT_CONTRACT_VERSION_602, TAG, &other) == STATUS_SUCCESS);
    CHECK(streams_open(f, f->handle, OUT_PIPE(f, 1), 16, info, &status) != USBD_STATUS_SUCCESS && status == STATUS_INVALID_PARAMETER);
    CHECK(USBD_QueryUsbCapability(other, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) == STATUS_SUCCESS);
    CHECK(streams_open(f, f->handle, OUT_PIPE(f, 1), 16, info, &status) != USBD_STATUS_SUCCESS); /* the other handle asked */
    USBD_CloseHandle(other);
    CHECK(USBD_QueryUsbCapability(f->handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) == STATUS_SUCCESS);
    CHECK(streams_open(f, f->handle, OUT_PIPE(f, 2), 16, info, &status) == USBD_STATUS_INVALID_PARAMETER); /* interrupt */
    CHECK(streams_open(f, f->handle, OUT_PIPE(f, 1), 0, info, &status) == USBD_STATUS_INVALID_PARAMETER);
    CHECK(streams_open(f, f->handle, OUT_PIPE(f, 1), 17, info, &status) == USBD_STATUS_INVALID_PARAMETER);
    CHECK(pipe_request(f, URB_FUNCTION_CLOSE_STATIC_STREAMS, OUT_PIPE(f, 1)) == USBD_STATUS_INVALID_PARAMETER); /* none are open */
}

static void test_streams(void)
{
    struct fixture f = attach("mutt", "speed=super");
    static USBD_STREAM_INFORMATION in[16], out[16];
    static char read[16][1024], data[16][64];
    URB urbs[16];
    struct sent sent[16];
    NTSTATUS status;
    ULONG moved;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    test_streams_refused(&f);
    CHECK(streams_open(&f, f.handle, OUT_PIPE(&f, 1), 16, out, &status) == USBD_STATUS_SUCCESS && status == STATUS_SUCCESS);
    CHECK(streams_open(&f, f.handle, IN_PIPE(&f, 1), 16, in, &status) == USBD_STATUS_SUCCESS);
    CHECK(streams_open(&f, f.handle, IN_PIPE(&f, 1), 16, in, &status) == USBD_STATUS_INVALID_PARAMETER); /* already */
    CHECK(streams_open(&f, f.handle, IN_PIPE(&f, 1), 0, in, &status) == USBD_STATUS_INVALID_PARAMETER);
    USBD_STREAM_INFORMATION zeroed[16];
    memcpy(zeroed, in, sizeof in);
    CHECK(bulk(&f, IN_PIPE(&f, 1), read[0], 1024, NULL) == STATUS_INVALID_PARAMETER); /* the endpoint's handle takes none now */
    CHECK(select_setting(&f, 0) == STATUS_SUCCESS); /* closes them: open anew */
    CHECK(bulk(&f, out[0].PipeHandle, data[0], 64, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(streams_open(&f, f.handle, OUT_PIPE(&f, 1), 16, out, &status) == USBD_STATUS_SUCCESS);
    CHECK(streams_open(&f, f.handle, IN_PIPE(&f, 1), 16, in, &status) == USBD_STATUS_SUCCESS && in[15].StreamID == 16 && in[0].StreamID == 1);
    for (unsigned i = 0; i < 16; i++) {
        bulk_build(&urbs[i], in[i].PipeHandle, read[i], 1024);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    for (unsigned i = 16; i-- > 0;) { /* in the other order */
        memset(data[i], (int)i + 1, 64);
        CHECK(bulk(&f, out[i].PipeHandle, data[i], 40 + i, &moved) == STATUS_SUCCESS && moved == 40 + i);
        CHECK(sent_wait(&sent[i], NULL) == STATUS_SUCCESS && urbs[i].UrbBulkOrInterruptTransfer.TransferBufferLength == 40 + i);
        CHECK(memcmp(read[i], data[i], 40 + i) == 0);
    }
    CHECK(pipe_request(&f, URB_FUNCTION_ABORT_PIPE, in[3].PipeHandle) == USBD_STATUS_NOT_SUPPORTED);
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, in[3].PipeHandle) == USBD_STATUS_NOT_SUPPORTED);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, in[3].PipeHandle) == USBD_STATUS_INVALID_PARAMETER);
    CHECK(pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    CHECK(bulk(&f, in[3].PipeHandle, read[0], 1024, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(bulk(&f, IN_PIPE(&f, 1), read[0], 1024, NULL) == STATUS_INVALID_PARAMETER); /* until it is selected anew */
    /* A driver that goes without closing them: they are closed. */
    struct usb_device *device = usb_virtual_device(f.virtual);
    CHECK(streams_open(&f, f.handle, IN_PIPE(&f, 1), 16, in, &status) == USBD_STATUS_SUCCESS && usb_device_pipe(device, 0x81)->streams == 16);
    CHECK(pnp(&f, IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS && usb_device_pipe(device, 0x81)->streams == 0);
    usb_device_dereference(device);
    detach(&f);
}

/* One failure stops the endpoint; each request is cancelled, the endpoint reset, and all go on. */
static void test_streams_recovery(void)
{
    struct fixture f = attach("mutt", "speed=super,faults=stall:ep=81:at=1");
    static USBD_STREAM_INFORMATION in[4], out[4];
    static char read[4][1024];
    URB urbs[4];
    struct sent sent[4];
    NTSTATUS status;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    CHECK(USBD_QueryUsbCapability(f.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) == STATUS_SUCCESS);
    CHECK(streams_open(&f, f.handle, OUT_PIPE(&f, 1), 4, out, &status) == USBD_STATUS_SUCCESS);
    CHECK(streams_open(&f, f.handle, IN_PIPE(&f, 1), 4, in, &status) == USBD_STATUS_SUCCESS);
    for (unsigned i = 0; i < 4; i++) {
        bulk_build(&urbs[i], in[i].PipeHandle, read[i], 1024);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    unsigned failed = 0, cancelled = 0;
    KeWaitForSingleObject(&sent[0].ended, Executive, KernelMode, FALSE, NULL);
    CHECK(KeReadStateEvent(&sent[1].ended) == 0 && KeReadStateEvent(&sent[3].ended) == 0); /* stopped, not ended */
    for (unsigned i = 0; i < 4; i++) {
        IoCancelIrp(sent[i].irp);
        status = sent_wait(&sent[i], NULL);
        failed += status == STATUS_UNSUCCESSFUL;
        cancelled += status == STATUS_CANCELLED;
    }
    CHECK(failed == 1 && cancelled == 3);
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    for (unsigned i = 4; i-- > 0;) {
        ULONG moved;
        char data[32];
        memset(data, (int)i + 'a', sizeof data);
        CHECK(bulk(&f, out[i].PipeHandle, data, sizeof data, NULL) == STATUS_SUCCESS);
        CHECK(bulk(&f, in[i].PipeHandle, read[i], 1024, &moved) == STATUS_SUCCESS && moved == sizeof data && memcmp(read[i], data, moved) == 0);
    }
    detach(&f);
}

/* ---- Opening and closing against transfers ------------------------------------------------------------------------------------ */

/* A thread that reads on whatever handle it is given, and says if a read does not end although its streams were closed. */
struct stream_reader {
    struct fixture *f;
    _Atomic(USBD_PIPE_HANDLE) pipe;
    _Atomic uint32_t cancelled, refused, stuck, other;
    _Atomic bool stop;
};

static uint32_t stream_reads(void *context)
{
    struct stream_reader *reader = context;
    static char room[1024];
    while (!atomic_load(&reader->stop)) {
        URB urb;
        struct sent sent;
        LARGE_INTEGER patience = {.QuadPart = -10 * 10000000ll};
        bulk_build(&urb, atomic_load(&reader->pipe), room, sizeof room);
        urb_start(&sent, reader->f, &urb);
        if (KeWaitForSingleObject(&sent.ended, Executive, KernelMode, FALSE, &patience) == STATUS_TIMEOUT) {
            atomic_fetch_add(&reader->stuck, 1);
            IoCancelIrp(sent.irp);
        }
        NTSTATUS status = sent_wait(&sent, NULL);
        atomic_fetch_add(status == STATUS_CANCELLED ? &reader->cancelled : status == STATUS_INVALID_PARAMETER ? &reader->refused : &reader->other, 1);
    }
    return 0;
}

/* Closing cancels what its streams have, also what comes while they are being closed. */
static void test_streams_close(void)
{
    enum { ROUNDS = 1000 };
    struct fixture f = attach("mutt", "speed=super");
    static USBD_STREAM_INFORMATION in[4];
    struct stream_reader reader = {.f = &f};
    struct thread *thread;
    NTSTATUS status;
    bool good = true;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    CHECK(USBD_QueryUsbCapability(f.handle, &GUID_USB_CAPABILITY_STATIC_STREAMS, 0, NULL, NULL) == STATUS_SUCCESS);
    CHECK(thread_create(stream_reads, &reader, 0, false, &thread) == STATUS_SUCCESS);
    for (unsigned round = 0; round < ROUNDS && good; round++) {
        good = streams_open(&f, f.handle, IN_PIPE(&f, 1), 4, in, &status) == USBD_STATUS_SUCCESS;
        atomic_store(&reader.pipe, in[round % 4].PipeHandle);
        for (unsigned spin = round % 64 * 16; spin > 0; spin--)
            cpu_relax();
        while (round % 8 == 0 && usb_pipe_is_idle(usb_device_pipe(f.node->device, 0x81)))
            cpu_relax(); /* a read is surely there */
        good = good && pipe_request(&f, URB_FUNCTION_CLOSE_STATIC_STREAMS, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS;
    }
    atomic_store(&reader.stop, true);
    wait_for_one(object_dispatcher(&thread->object), false, WAIT_FOREVER);
    object_dereference(&thread->object);
    CHECK(good);
    CHECK(atomic_load(&reader.stuck) == 0 && atomic_load(&reader.other) == 0 && atomic_load(&reader.cancelled) != 0);
    printf("# %u reads on streams cancelled by their close, %u refused\n", atomic_load(&reader.cancelled), atomic_load(&reader.refused));
    detach(&f);
}

/* ---- Functions, port, identity ---------------------------------------------------------------------------------------------------------- */

static void test_identity(void)
{
    struct fixture f = attach("mutt", "speed=high");
    struct sent sent;
    ULONG_PTR answer;
    sent_make(&sent, &f, IRP_MJ_PNP)->MinorFunction = IRP_MN_QUERY_ID;
    IoGetNextIrpStackLocation(sent.irp)->Parameters.QueryId.IdType = BusQueryDeviceID;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, &answer) == STATUS_SUCCESS && memcmp((PVOID)answer, u"USB\\VID_1209&PID_0001", 44) == 0);
    ExFreePool((PVOID)answer);
    sent_make(&sent, &f, IRP_MJ_PNP)->MinorFunction = IRP_MN_QUERY_ID;
    IoGetNextIrpStackLocation(sent.irp)->Parameters.QueryId.IdType = BusQueryHardwareIDs;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, &answer) == STATUS_SUCCESS && memcmp((PVOID)answer, u"USB\\VID_1209&PID_0001&REV_", 52) == 0);
    ExFreePool((PVOID)answer);
    DEVICE_CAPABILITIES capabilities = {.Size = sizeof capabilities, .Version = 1};
    sent_make(&sent, &f, IRP_MJ_PNP)->MinorFunction = IRP_MN_QUERY_CAPABILITIES;
    IoGetNextIrpStackLocation(sent.irp)->Parameters.DeviceCapabilities.Capabilities = &capabilities;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS && capabilities.Removable && capabilities.DeviceState[PowerSystemWorking] == PowerDeviceD0);
    static const GUID usbdi = {0xb1a96a13, 0x3de0, 0x4574, {0x9b, 0x01, 0xc0, 0x8f, 0xea, 0xb3, 0x18, 0xd6}};
    USB_BUS_INTERFACE_USBDI_V1 bus = {0};
    IO_STACK_LOCATION *stack = sent_make(&sent, &f, IRP_MJ_PNP);
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = &usbdi;
    stack->Parameters.QueryInterface.Size = sizeof bus;
    stack->Parameters.QueryInterface.Version = USB_BUSIF_USBDI_VERSION_1;
    stack->Parameters.QueryInterface.Interface = (PINTERFACE)(PVOID)&bus;
    sent_go(&sent, &f);
    ULONG frame = 0;
    USBD_VERSION_INFORMATION version;
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS && bus.IsDeviceHighSpeed(bus.BusContext) && bus.QueryBusTime(bus.BusContext, &frame) == STATUS_SUCCESS);
    bus.GetUSBDIVersion(bus.BusContext, &version, NULL);
    CHECK(version.USBDI_Version == 0x600);
    bus.InterfaceDereference(bus.BusContext);
    sent_make(&sent, &f, IRP_MJ_PNP)->MinorFunction = IRP_MN_WRITE_CONFIG;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, NULL) == STATUS_NOT_SUPPORTED); /* untouched */
    ULONG port = 0;
    stack = sent_make(&sent, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_GET_PORT_STATUS;
    stack->Parameters.Others.Argument1 = &port;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS && port == 3);
    CHECK(select_config(&f) == STATUS_SUCCESS);
    sent_make(&sent, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL)->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_RESET_PORT;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS && bulk(&f, OUT_PIPE(&f, 1), "kept", 4, NULL) == STATUS_SUCCESS);
    detach(&f);
}

/* ---- The idle notification ------------------------------------------------------------------------------------------------- */

static _Atomic uint32_t idle_calls;

static VOID idle_called(PVOID Context)
{
    atomic_fetch_add(&idle_calls, 1);
    KeSetEvent(Context, 0, FALSE);
}

static void idle_start(struct sent *sent, struct fixture *f, USB_IDLE_CALLBACK_INFO *info)
{
    IO_STACK_LOCATION *stack = sent_make(sent, f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION;
    stack->Parameters.DeviceIoControl.InputBufferLength = sizeof *info;
    stack->Parameters.DeviceIoControl.Type3InputBuffer = info;
    sent_go(sent, f);
}

static void power(struct fixture *f, DEVICE_POWER_STATE state)
{
    struct sent sent;
    IO_STACK_LOCATION *stack = sent_make(&sent, f, IRP_MJ_POWER);
    stack->MinorFunction = IRP_MN_SET_POWER;
    stack->Parameters.Power.Type = DevicePowerState;
    stack->Parameters.Power.State.DeviceState = state;
    sent_go(&sent, f);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS);
}

static void test_idle(void)
{
    struct fixture f = attach("mutt", "speed=high");
    KEVENT called;
    KeInitializeEvent(&called, SynchronizationEvent, FALSE);
    USB_IDLE_CALLBACK_INFO info = {idle_called, &called};
    struct sent sent, second;
    idle_start(&sent, &f, &info);
    idle_start(&second, &f, &info);
    CHECK(sent_wait(&second, NULL) == STATUS_DEVICE_BUSY);
    KeWaitForSingleObject(&called, Executive, KernelMode, FALSE, NULL);
    power(&f, PowerDeviceD2);
    CHECK(KeReadStateEvent(&sent.ended) == 0);
    power(&f, PowerDeviceD0);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS);
    idle_start(&sent, &f, &info);
    CHECK(IoCancelIrp(sent.irp));
    CHECK(sent_wait(&sent, NULL) == STATUS_CANCELLED);
    idle_start(&sent, &f, &info);
    detach(&f);
    CHECK(sent_wait(&sent, NULL) == STATUS_CANCELLED);
}

void test_streams_and_port(void)
{
    test_capability();
    test_streams();
    test_streams_recovery();
    test_streams_close();
    test_identity();
    test_idle();
}
