/* SPDX-License-Identifier: MIT */
/* What a client may ask of its port and bus besides URBs: each internal control code that the
 * headers have, the bus interface in each version, and what a device answers that is stopped or
 * gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

/* ---- Control codes --------------------------------------------------------------------------- */

static NTSTATUS control_code(struct fixture *f, ULONG code, void *argument, ULONG_PTR *information)
{
    struct sent sent;
    IO_STACK_LOCATION *stack = sent_make(&sent, f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = code;
    stack->Parameters.Others.Argument1 = argument;
    NTSTATUS status = sent_go(&sent, f), ended = sent_wait(&sent, information);
    CHECK(status == ended);
    return ended;
}

static void test_codes(void)
{
    static const ULONG refused[] = {
        IOCTL_INTERNAL_USB_ENABLE_PORT,
        IOCTL_INTERNAL_USB_GET_BUSGUID_INFO,
        IOCTL_INTERNAL_USB_GET_ROOTHUB_PDO,
        IOCTL_INTERNAL_USB_GET_HUB_COUNT,
        IOCTL_INTERNAL_USB_GET_PARENT_HUB_INFO,
        IOCTL_INTERNAL_USB_GET_DEVICE_HANDLE,
        IOCTL_INTERNAL_USB_GET_DEVICE_HANDLE_EX,
        IOCTL_INTERNAL_USB_GET_TT_DEVICE_HANDLE,
        IOCTL_INTERNAL_USB_NOTIFY_IDLE_READY,
        IOCTL_INTERNAL_USB_REQ_GLOBAL_SUSPEND,
        IOCTL_INTERNAL_USB_REQ_GLOBAL_RESUME,
        IOCTL_INTERNAL_USB_RECORD_FAILURE,
        IOCTL_INTERNAL_USB_GET_BUS_INFO,
        IOCTL_INTERNAL_USB_GET_CONTROLLER_NAME,
        IOCTL_INTERNAL_USB_GET_DEVICE_CONFIG_INFO,
        IOCTL_INTERNAL_USB_REGISTER_COMPOSITE_DEVICE,
        IOCTL_INTERNAL_USB_UNREGISTER_COMPOSITE_DEVICE,
        IOCTL_INTERNAL_USB_REQUEST_REMOTE_WAKE_NOTIFICATION,
        IOCTL_USB_GET_NODE_INFORMATION,
        0xdeadbeef,
        0,
    };
    struct fixture f = attach("mutt", "speed=high");
    UCHAR memory[256], before[256];
    memset(memory, 0xa5, sizeof memory);
    memcpy(before, memory, sizeof memory);
    for (unsigned i = 0; i < sizeof refused / sizeof *refused;
         i++) { /* refused, and nothing is pretended */
        ULONG_PTR information = 1;
        CHECK(control_code(&f, refused[i], memory, &information) == STATUS_NOT_SUPPORTED &&
              information == 0);
    }
    CHECK(memcmp(memory, before, sizeof memory) == 0);
    USB_TOPOLOGY_ADDRESS address = {0};
    ULONG_PTR information;
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_GET_TOPOLOGY_ADDRESS, &address, &information) ==
          STATUS_SUCCESS);
    CHECK(information == sizeof address && address.RootHubPortNumber == f.node->device->id.port);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_GET_TOPOLOGY_ADDRESS, NULL, NULL) ==
          STATUS_INVALID_PARAMETER);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_GET_PORT_STATUS, NULL, NULL) ==
          STATUS_INVALID_PARAMETER);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_SUBMIT_URB, NULL, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_SUBMIT_IDLE_NOTIFICATION, NULL, NULL) ==
          STATUS_NO_CALLBACK_ACTIVE);
    detach(&f);
}

static NTSTATUS hub_name(struct fixture *f, USB_HUB_NAME *name, ULONG length,
                         ULONG_PTR *information)
{
    struct sent sent;
    IO_STACK_LOCATION *stack = sent_make(&sent, f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_GET_HUB_NAME;
    stack->Parameters.DeviceIoControl.OutputBufferLength = length;
    sent.irp->AssociatedIrp.SystemBuffer = name;
    sent_go(&sent, f);
    return sent_wait(&sent, information);
}

/* Of what is no hub: an empty name. */
static void test_hub_name(void)
{
    struct fixture f = attach("mutt", "speed=high");
    USB_HUB_NAME name = {.ActualLength = 4711, .HubName = {u'x'}};
    ULONG_PTR information;
    CHECK(hub_name(&f, &name, sizeof name - 1, &information) == STATUS_BUFFER_TOO_SMALL &&
          information == sizeof name);
    CHECK(name.ActualLength == 4711 &&
          hub_name(&f, NULL, sizeof name, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(hub_name(&f, &name, sizeof name, &information) == STATUS_SUCCESS &&
          information == sizeof name);
    CHECK(name.ActualLength == sizeof name && name.HubName[0] == 0);
    detach(&f);
}

/* ---- The bus interface ----------------------------------------------------------------------- */

static const GUID usbdi = {
    0xb1a96a13, 0x3de0, 0x4574, {0x9b, 0x01, 0xc0, 0x8f, 0xea, 0xb3, 0x18, 0xd6}};

static NTSTATUS bus_query(struct fixture *f, const GUID *type, USHORT version, USHORT size,
                          void *interface)
{
    struct sent sent;
    IO_STACK_LOCATION *stack = sent_make(&sent, f, IRP_MJ_PNP);
    stack->MinorFunction = IRP_MN_QUERY_INTERFACE;
    stack->Parameters.QueryInterface.InterfaceType = type;
    stack->Parameters.QueryInterface.Size = size;
    stack->Parameters.QueryInterface.Version = version;
    stack->Parameters.QueryInterface.Interface = interface;
    sent_go(&sent, f);
    return sent_wait(&sent, NULL);
}

/* Each version fills its own structure and not a byte more. */
static void test_versions(struct fixture *f)
{
    static const USHORT sizes[] = {
        sizeof(USB_BUS_INTERFACE_USBDI_V0), sizeof(USB_BUS_INTERFACE_USBDI_V1),
        sizeof(USB_BUS_INTERFACE_USBDI_V2), sizeof(USB_BUS_INTERFACE_USBDI_V3)};
    union {
        USB_BUS_INTERFACE_USBDI_V3 interface;
        UCHAR bytes[sizeof(USB_BUS_INTERFACE_USBDI_V3) + 8];
    } bus;
    for (USHORT version = 0; version <= 3; version++) {
        memset(bus.bytes, 0xa5, sizeof bus.bytes);
        CHECK(bus_query(f, &usbdi, version, (USHORT)(sizes[version] - 1), &bus) ==
                  STATUS_INVALID_PARAMETER &&
              bus.bytes[0] == 0xa5);
        CHECK(bus_query(f, &usbdi, version, sizes[version], NULL) == STATUS_INVALID_PARAMETER);
        CHECK(bus_query(f, &usbdi, version, sizeof bus.bytes, &bus) == STATUS_SUCCESS);
        CHECK(bus.interface.Size == sizes[version] && bus.interface.Version == version);
        for (size_t i = sizes[version]; i < sizeof bus.bytes; i++)
            CHECK(bus.bytes[i] == 0xa5);
        bus.interface.InterfaceReference(bus.interface.BusContext);
        bus.interface.InterfaceDereference(bus.interface.BusContext);
        bus.interface.InterfaceDereference(bus.interface.BusContext);
    }
    CHECK(bus_query(f, &usbdi, 4, sizeof bus.bytes, &bus) == STATUS_NOT_SUPPORTED); /* untouched */
    CHECK(bus_query(f, NULL, 0, sizeof bus.bytes, &bus) == STATUS_NOT_SUPPORTED);
}

static void test_bus(const char *speed, bool is_high)
{
    struct fixture f = attach("mutt", speed);
    USB_BUS_INTERFACE_USBDI_V3 bus;
    USBD_VERSION_INFORMATION version;
    ULONG capabilities = 4711, frame = 0, microframe = 0, flags = 0, length = 64;
    USHORT vendor_id = 0, device_id = 0;
    UCHAR class = 0, subclass = 0, revision = 0, face = 0;
    USB_BUS_INFORMATION_LEVEL_1 information[4];
    URB urb = {0};
    test_versions(&f);
    CHECK(bus_query(&f, &usbdi, USB_BUSIF_USBDI_VERSION_3, sizeof bus, &bus) == STATUS_SUCCESS);
    CHECK(!bus.IsDeviceHighSpeed(bus.BusContext) == !is_high);
    bus.GetUSBDIVersion(bus.BusContext, &version, &capabilities);
    CHECK(version.USBDI_Version == USBDI_VERSION && version.Supported_USB_Version == 0x300 &&
          capabilities == 0);
    CHECK(bus.QueryBusTime(bus.BusContext, &frame) == STATUS_SUCCESS &&
          bus.QueryBusTimeEx(bus.BusContext, &microframe) == STATUS_SUCCESS);
    CHECK(microframe >> 3 >= frame &&
          (microframe >> 3) - frame < 10000); /* one clock, counted in eighths */
    urb.UrbGetCurrentFrameNumber.Hdr.Length = sizeof urb.UrbGetCurrentFrameNumber;
    urb.UrbGetCurrentFrameNumber.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS &&
          urb.UrbGetCurrentFrameNumber.FrameNumber >= microframe >> 3);
    CHECK(bus.SubmitIsoOutUrb(bus.BusContext, &urb) == STATUS_NOT_SUPPORTED);
    CHECK(bus.QueryBusInformation(bus.BusContext, 0, information, &length, NULL) ==
          STATUS_NOT_SUPPORTED);
    CHECK(bus.EnumLogEntry(bus.BusContext, 1, 2, 3, 4) == STATUS_NOT_SUPPORTED);
    CHECK(bus.QueryControllerType(bus.BusContext, &flags, &vendor_id, &device_id, &class, &subclass,
                                  &revision, &face) == STATUS_NOT_SUPPORTED);
    /* At DISPATCH_LEVEL too. */
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    CHECK(bus.QueryBusTime(bus.BusContext, &frame) == STATUS_SUCCESS);
    KeLowerIrql(irql);
    usb_virtual_plug(f.virtual, false);
    bus.InterfaceDereference(bus.BusContext);
    detach(&f);
}

/* ---- Stopped, and gone ----------------------------------------------------------------------- */

static void test_stopped(void)
{
    struct fixture f = attach("mutt", "speed=high");
    ULONG port = 0;
    UCHAR data[64], descriptor[18];
    ULONG length = sizeof descriptor;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    USBD_PIPE_HANDLE old = OUT_PIPE(&f, 1);
    URB urb;
    struct sent sent;
    bulk_build(&urb, IN_PIPE(&f, 1), data, sizeof data);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
    CHECK(pnp(&f, IRP_MN_STOP_DEVICE) == STATUS_SUCCESS &&
          KeReadStateEvent(&sent.ended) != 0); /* it had to be ended by then */
    CHECK(sent_wait(&sent, NULL) == STATUS_CANCELLED &&
          urb.UrbHeader.Status == USBD_STATUS_CANCELED);
    bulk_build(&urb, old, data, sizeof data);
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_DEVICE_STATE && USBD_ERROR(urb.UrbHeader.Status));
    CHECK(get_descriptor(&f, USB_DEVICE_DESCRIPTOR_TYPE, descriptor, &length) ==
          STATUS_INVALID_DEVICE_STATE);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_RESET_PORT, NULL, NULL) ==
          STATUS_INVALID_DEVICE_STATE);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_CYCLE_PORT, NULL, NULL) ==
          STATUS_INVALID_DEVICE_STATE);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_GET_PORT_STATUS, &port, NULL) == STATUS_SUCCESS &&
          port == (USBD_PORT_ENABLED | USBD_PORT_CONNECTED));
    CHECK(pnp(&f, IRP_MN_START_DEVICE) == STATUS_SUCCESS);
    CHECK(bulk(&f, old, data, sizeof data, NULL) ==
          STATUS_INVALID_PARAMETER); /* of the time before */
    CHECK(select_config(&f) == STATUS_SUCCESS &&
          bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    usb_virtual_plug(f.virtual, false);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_GET_PORT_STATUS, &port, NULL) == STATUS_SUCCESS &&
          port == 0);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_RESET_PORT, NULL, NULL) == STATUS_NO_SUCH_DEVICE);
    CHECK(control_code(&f, IOCTL_INTERNAL_USB_CYCLE_PORT, NULL, NULL) == STATUS_NO_SUCH_DEVICE);
    detach(&f);
}

/* Resets block: not above PASSIVE_LEVEL. */
static void test_levels(void)
{
    static const ULONG codes[] = {IOCTL_INTERNAL_USB_RESET_PORT, IOCTL_INTERNAL_USB_CYCLE_PORT,
                                  IOCTL_INTERNAL_USB_GET_HUB_NAME};
    struct fixture f = attach("mutt", "speed=high");
    for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct sent sent;
        KIRQL irql;
        sent_make(&sent, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL)
            ->Parameters.DeviceIoControl.IoControlCode = codes[i];
        KeRaiseIrql(DISPATCH_LEVEL, &irql);
        sent_go(&sent, &f);
        KeLowerIrql(irql);
        CHECK(sent_wait(&sent, NULL) == STATUS_INVALID_LEVEL);
    }
    detach(&f);
}

void test_port(void)
{
    test_codes();
    test_hub_name();
    test_bus("speed=full", false);
    test_bus("speed=high", true);
    test_bus("speed=super", true);
    test_stopped();
    test_levels();
}
