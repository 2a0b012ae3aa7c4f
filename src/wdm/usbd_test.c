/* SPDX-License-Identifier: MIT */
/* URBs sent to the PDO of a virtual device: control requests function by function, what every URB must obey, selections and handles that go
 * stale, functions of a composite device, the client library. Transfers are usbd_transfer_test.c's, streams usbd_stream_test.c's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

static _Atomic int checks, failures; /* some tests have a second thread */

void check(bool good, const char *text, int line)
{
    int number = ++checks;
    if (!good) {
        failures++;
        printf("not ok %d - %s (line %d)\n", number, text, line);
    }
}

/* ---- Control -------------------------------------------------------------------------------------------------------------------- */

static void test_control(void)
{
    struct fixture f = attach("mutt", "speed=high");
    UCHAR bytes[64] = {0};
    ULONG length = sizeof bytes;
    CHECK(get_descriptor(&f, USB_DEVICE_DESCRIPTOR_TYPE, bytes, &length) == STATUS_SUCCESS && length == 18 && bytes[8] == 0x09 && bytes[9] == 0x12);
    length = 8;
    CHECK(get_descriptor(&f, USB_CONFIGURATION_DESCRIPTOR_TYPE, bytes, &length) == STATUS_SUCCESS && length == 8); /* cut, without a word */
    CHECK(vendor(&f, 3, 1, false, NULL, 0) == STATUS_UNSUCCESSFUL); /* no such request: stall */
    URB urb = {0};
    USHORT word = 0xffff;
    UsbBuildGetStatusRequest(&urb, URB_FUNCTION_GET_STATUS_FROM_DEVICE, 0, &word, NULL, NULL);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && word == 1); /* self powered */
    urb.UrbControlGetStatusRequest.TransferBufferLength = 1;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER && urb.UrbHeader.Status == USBD_STATUS_INVALID_PARAMETER);
    memset(&urb, 0, sizeof urb);
    urb.UrbControlGetConfigurationRequest.Hdr.Length = sizeof urb.UrbControlGetConfigurationRequest;
    urb.UrbControlGetConfigurationRequest.Hdr.Function = URB_FUNCTION_GET_CONFIGURATION;
    urb.UrbControlGetConfigurationRequest.TransferBuffer = bytes;
    urb.UrbControlGetConfigurationRequest.TransferBufferLength = 1;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && bytes[0] == 1);
    memset(&urb, 0, sizeof urb);
    urb.UrbControlTransferEx.Hdr.Length = sizeof urb.UrbControlTransferEx;
    urb.UrbControlTransferEx.Hdr.Function = URB_FUNCTION_CONTROL_TRANSFER_EX;
    urb.UrbControlTransferEx.TransferFlags = USBD_DEFAULT_PIPE_TRANSFER | USBD_TRANSFER_DIRECTION_IN;
    urb.UrbControlTransferEx.TransferBuffer = bytes;
    urb.UrbControlTransferEx.TransferBufferLength = 18;
    urb.UrbControlTransferEx.Timeout = 1000;
    memcpy(urb.UrbControlTransferEx.SetupPacket, (UCHAR[]){0x80, 6, 0, 1, 0, 0, 18, 0}, 8);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && bytes[0] == 18 && urb.UrbControlTransferEx.TransferBufferLength == 18);
    urb.UrbControlTransferEx.TransferFlags = USBD_DEFAULT_PIPE_TRANSFER;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER); /* the direction contradicts the setup packet */
    memset(&urb, 0, sizeof urb);
    UsbBuildOsFeatureDescriptorRequest(&urb, sizeof(struct _URB_OS_FEATURE_DESCRIPTOR_REQUEST), 0, 4, bytes, NULL, 40, NULL);
    NTSTATUS status = urb_send(&f, &urb);
    CHECK(status == STATUS_SUCCESS || status == STATUS_UNSUCCESSFUL || status == STATUS_NOT_SUPPORTED); /* as the model has it */
    detach(&f);
}

static void test_rules(void)
{
    struct fixture f = attach("mutt", "speed=high");
    URB urb = {0};
    urb.UrbHeader.Function = URB_FUNCTION_TAKE_FRAME_LENGTH_CONTROL;
    urb.UrbHeader.Length = sizeof urb;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER && urb.UrbHeader.Status == USBD_STATUS_INVALID_URB_FUNCTION);
    urb.UrbHeader.Function = 0x7777;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER && urb.UrbHeader.Status == USBD_STATUS_INVALID_URB_FUNCTION);
    CHECK(urb_send(&f, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char data[512] = "x";
    bulk_build(&urb, OUT_PIPE(&f, 1), data, 64);
    urb.UrbHeader.Length = sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER) - 1;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER && urb.UrbHeader.Status == USBD_STATUS_INVALID_PARAMETER);
    bulk_build(&urb, OUT_PIPE(&f, 1), data, 64);
    urb.UrbBulkOrInterruptTransfer.UrbLink = &urb;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER);
    for (uintptr_t made_up = 1; made_up != 0; made_up <<= 7) { /* no pointer, whatever it is, is followed */
        CHECK(bulk(&f, (USBD_PIPE_HANDLE)made_up, data, 64, NULL) == STATUS_INVALID_PARAMETER);
        CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, (USBD_PIPE_HANDLE)made_up) == USBD_STATUS_INVALID_PIPE_HANDLE);
    }
    bulk_build(&urb, OUT_PIPE(&f, 1), NULL, 64);
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER); /* no memory at all */
    bulk_build(&urb, OUT_PIPE(&f, 1), data, (4 << 20) + 512);
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER); /* 4 MiB at high speed */
    KIRQL irql;
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    struct sent sent;
    memset(&urb, 0, sizeof urb);
    urb.UrbPipeRequest.Hdr.Length = sizeof urb.UrbPipeRequest;
    urb.UrbPipeRequest.Hdr.Function = URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL;
    urb.UrbPipeRequest.PipeHandle = OUT_PIPE(&f, 1);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_INVALID_LEVEL);
    KeLowerIrql(irql);
    CHECK(sent_wait(&sent, NULL) == STATUS_INVALID_LEVEL);
    memset(&urb, 0, sizeof urb);
    urb.UrbGetCurrentFrameNumber.Hdr.Length = sizeof urb.UrbGetCurrentFrameNumber;
    urb.UrbGetCurrentFrameNumber.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS);
    detach(&f);
}

/* ---- Selection -------------------------------------------------------------------------------------------------------------------- */

static void test_select(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char out[64] = "stale or not", in[512];
    ULONG moved;
    CHECK(bulk(&f, OUT_PIPE(&f, 1), out, sizeof out, &moved) == STATUS_SUCCESS && moved == sizeof out);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, &moved) == STATUS_SUCCESS && moved == sizeof out && memcmp(in, out, moved) == 0);
    USBD_PIPE_HANDLE old = OUT_PIPE(&f, 1);
    CHECK(select_setting(&f, 1) == STATUS_SUCCESS);
    URB urb;
    bulk_build(&urb, old, out, sizeof out);
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER && urb.UrbHeader.Status == USBD_STATUS_INVALID_PIPE_HANDLE);
    CHECK(OUT_PIPE(&f, 1) != old && bulk(&f, OUT_PIPE(&f, 1), out, sizeof out, &moved) == STATUS_SUCCESS);
    old = OUT_PIPE(&f, 1);
    USBD_CONFIGURATION_HANDLE config = f.config;
    CHECK(select_config(&f) == STATUS_SUCCESS && f.config != config);
    CHECK(bulk(&f, old, out, sizeof out, NULL) == STATUS_INVALID_PARAMETER);
    f.config = config;
    CHECK(select_setting(&f, 0) == STATUS_INVALID_PARAMETER); /* the old configuration's handle */
    CHECK(select_config(&f) == STATUS_SUCCESS);
    old = OUT_PIPE(&f, 1);
    memset(&urb, 0, sizeof urb);
    UsbBuildSelectConfigurationRequest(&urb, sizeof(struct _URB_SELECT_CONFIGURATION), NULL);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS);
    CHECK(bulk(&f, old, out, sizeof out, NULL) == STATUS_INVALID_PARAMETER);
    CHECK(select_config(&f) == STATUS_SUCCESS && bulk(&f, OUT_PIPE(&f, 1), out, sizeof out, NULL) == STATUS_SUCCESS);
    /* With a read pending neither the configuration nor the setting changes. */
    struct sent sent;
    bulk_build(&urb, IN_PIPE(&f, 2), in, 64);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
    CHECK(select_setting(&f, 1) == STATUS_DEVICE_BUSY && select_config(&f) == STATUS_DEVICE_BUSY);
    CHECK(IoCancelIrp(sent.irp));
    CHECK(sent_wait(&sent, NULL) == STATUS_CANCELLED && urb.UrbHeader.Status == USBD_STATUS_CANCELED);
    CHECK(select_setting(&f, 1) == STATUS_SUCCESS);
    detach(&f);
}

/* ---- A function of a composite device ------------------------------------------------------------------------------------ */

/* Three interfaces: a pair that an association joins (bulk), and one alone (interrupt), each a function. Whatever is written to OUT
 * endpoint n comes back from IN endpoint n. */
struct composite {
    struct virtual_device *device;
    uint8_t descriptor[18], settings[3], configured;
    struct model_config config;
    uint8_t data[16][512];
    uint32_t length[16];
};

static struct composite *composite_last;

static int composite_create(struct virtual_device *device, const void *context, const char *options, void **state)
{
    struct composite *made = calloc(1, sizeof *made);
    if (made == NULL)
        return -12;
    made->device = device;
    *state = composite_last = made;
    return 0;
}

static int composite_describe(void *state, enum usb_speed speed, struct usb_model_description *description)
{
    static const uint8_t association[] = {8, USB_DT_ASSOCIATION, 0, 2, 0xff, 0, 0, 0};
    struct composite *made = state;
    model_device(made->descriptor, speed, 0x0200, 0x1209, 0x0c0c);
    made->descriptor[4] = 0xef;
    made->descriptor[5] = 2;
    made->descriptor[6] = 1;
    model_config_begin(&made->config, speed, 3, 0xc0);
    model_config_add(&made->config, association, sizeof association);
    model_config_interface(&made->config, 0, 0, 0, 0xff, 0);
    model_config_interface(&made->config, 0, 1, 2, 0xff, 0);
    model_config_endpoint(&made->config, 0x01, USB_BULK, 512, 1, 0, 0);
    model_config_endpoint(&made->config, 0x81, USB_BULK, 512, 1, 0, 0);
    model_config_interface(&made->config, 1, 0, 0, 0xff, 0);
    model_config_interface(&made->config, 2, 0, 2, 0xff, 1);
    model_config_endpoint(&made->config, 0x02, USB_INTERRUPT, 64, 1, 4, 0);
    model_config_endpoint(&made->config, 0x82, USB_INTERRUPT, 64, 1, 4, 0);
    model_config_end(&made->config);
    *description = (struct usb_model_description){.device = made->descriptor, .config = made->config.bytes,
                                                  .config_length = made->config.length, .strings = {NULL, "O", "Composite", "C1"}};
    return 0;
}

static void composite_configured(void *state, uint8_t value)
{
    ((struct composite *)state)->configured++;
}

static void composite_selected(void *state, uint8_t interface, uint8_t setting)
{
    ((struct composite *)state)->settings[interface % 3] = setting;
}

static int64_t composite_in(void *state, uint8_t endpoint, uint16_t stream, void *buffer, uint32_t room)
{
    struct composite *made = state;
    uint32_t length = made->length[endpoint & 15];
    if (length == 0)
        return -11;
    memcpy(buffer, made->data[endpoint & 15], length < room ? length : room);
    made->length[endpoint & 15] = 0;
    return length;
}

static int64_t composite_out(void *state, uint8_t endpoint, uint16_t stream, const void *data, uint32_t length)
{
    struct composite *made = state;
    memcpy(made->data[endpoint & 15], data, length < 512 ? length : 512);
    made->length[endpoint & 15] = length < 512 ? length : 512;
    usb_model_ready(made->device, endpoint | 0x80);
    return length;
}

static struct usb_setup last_setup;

static int composite_control(void *state, const struct usb_setup *setup, void *data)
{
    last_setup = *setup;
    if (setup->type & 0x80)
        memset(data, 0x77, setup->length);
    return setup->length;
}

static const struct usb_model composite_model = {.name = "composite", .control = composite_control, .create = composite_create, .destroy = free,
                                                 .describe = composite_describe, .configured = composite_configured,
                                                 .selected = composite_selected, .in = composite_in, .out = composite_out};

static void test_function(void)
{
    struct fixture f = attach_model(&composite_model, "speed=high", 0);
    struct fixture g = {.virtual = f.virtual};
    struct usb_device *device = usb_virtual_device(f.virtual);
    UCHAR bytes[256];
    ULONG length = sizeof bytes, moved;
    char in[512];
    g.node = node_wait(device, 2);
    g.pdo = usb_pdo_create(g.node);
    usb_device_dereference(device);
    CHECK(pnp(&g, IRP_MN_START_DEVICE) == STATUS_SUCCESS);
    CHECK(USBD_CreateHandle(g.pdo, g.pdo, USBD_CLIENT_CONTRACT_VERSION_602, TAG, &g.handle) == STATUS_SUCCESS);
    uint8_t configured = composite_last->configured;
    /* Each sees its own interfaces, under their own numbers. */
    CHECK(get_descriptor(&f, USB_CONFIGURATION_DESCRIPTOR_TYPE, bytes, &length) == STATUS_SUCCESS);
    PUSB_CONFIGURATION_DESCRIPTOR config = (PVOID)bytes;
    CHECK(length == 9 + 8 + 9 + 9 + 7 + 7 + 9 && config->wTotalLength == length && config->bNumInterfaces == 2);
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 3, NULL, TAG) == USBD_STATUS_SUCCESS);
    CHECK(USBD_ParseConfigurationDescriptor(config, 2, 0) == NULL && USBD_ParseConfigurationDescriptor(config, 0, 1) != NULL);
    length = 9;
    CHECK(get_descriptor(&g, USB_CONFIGURATION_DESCRIPTOR_TYPE, bytes, &length) == STATUS_SUCCESS && length == 9);
    CHECK(config->wTotalLength == 9 + 9 + 7 + 7 && config->bNumInterfaces == 1);
    /* Selecting sets what is theirs, and no configuration on the bus. */
    CHECK(select_config(&f) == STATUS_SUCCESS && select_config(&g) == STATUS_SUCCESS && composite_last->configured == configured);
    CHECK(select_setting(&f, 1) == STATUS_SUCCESS && composite_last->settings[0] == 1);
    CHECK(bulk(&f, OUT_PIPE(&f, 1), "one", 3, NULL) == STATUS_SUCCESS && bulk(&g, OUT_PIPE(&g, 2), "two", 3, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, &moved) == STATUS_SUCCESS && moved == 3 && memcmp(in, "one", 3) == 0);
    CHECK(bulk(&g, IN_PIPE(&g, 2), in, 64, &moved) == STATUS_SUCCESS && moved == 3 && memcmp(in, "two", 3) == 0);
    CHECK(bulk(&g, OUT_PIPE(&f, 1), "x", 1, NULL) == STATUS_INVALID_PARAMETER); /* another function's handle */
    CHECK(select_config(&f) == STATUS_SUCCESS && composite_last->settings[0] == 0); /* anew, and only theirs */
    CHECK(bulk(&g, OUT_PIPE(&g, 2), "still", 5, NULL) == STATUS_SUCCESS);
    USBD_CloseHandle(g.handle);
    CHECK(pnp(&g, IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS);
    usb_pdo_delete(g.pdo);
    usb_node_dereference(g.node);
    detach(&f);
}

/* Each function of the vendor and class kind becomes the setup packet that it stands for. */
static void test_setup(void)
{
    static const struct {
        USHORT function;
        uint8_t type;
    } rows[] = {{URB_FUNCTION_VENDOR_DEVICE, 0x40}, {URB_FUNCTION_VENDOR_INTERFACE, 0x41}, {URB_FUNCTION_VENDOR_ENDPOINT, 0x42},
                {URB_FUNCTION_VENDOR_OTHER, 0x43}, {URB_FUNCTION_CLASS_DEVICE, 0x20}, {URB_FUNCTION_CLASS_INTERFACE, 0x21},
                {URB_FUNCTION_CLASS_ENDPOINT, 0x22}, {URB_FUNCTION_CLASS_OTHER, 0x23}};
    struct fixture f = attach_model(&composite_model, "speed=high", 0);
    UCHAR data[16];
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned in = 0; in < 2; in++) {
            URB urb = {0};
            UsbBuildVendorRequest(&urb, rows[i].function, sizeof(struct _URB_CONTROL_VENDOR_OR_CLASS_REQUEST), in, 0, 0x5a, 0x1234, 0x0001,
                                  data, NULL, sizeof data, NULL);
            CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && last_setup.type == (rows[i].type | (in ? 0x80 : 0)) && last_setup.request == 0x5a &&
                  last_setup.value == 0x1234 && last_setup.index == 1 && last_setup.length == sizeof data);
            CHECK(urb.UrbControlVendorClassRequest.TransferBufferLength == sizeof data && (!in || data[3] == 0x77));
        }
    URB urb = {0};
    UsbBuildVendorRequest(&urb, URB_FUNCTION_VENDOR_DEVICE, sizeof(struct _URB_CONTROL_VENDOR_OR_CLASS_REQUEST), 0, 5, 1, 2, 3, NULL, NULL, 0, NULL);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && last_setup.type == 0x45); /* reserved bits take the recipient's place */
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    /* Standard requests that the device itself answers. */
    USHORT word = 0;
    UsbBuildFeatureRequest(&urb, URB_FUNCTION_SET_FEATURE_TO_ENDPOINT, 0, 0x81, NULL);
    urb.UrbControlFeatureRequest.Reserved3 = 4711; /* no length here, and it is left alone */
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbControlFeatureRequest.Reserved3 == 4711);
    UsbBuildGetStatusRequest(&urb, URB_FUNCTION_GET_STATUS_FROM_ENDPOINT, 0x81, &word, NULL, NULL);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && word == 1); /* halted */
    UsbBuildFeatureRequest(&urb, URB_FUNCTION_CLEAR_FEATURE_TO_ENDPOINT, 0, 0x81, NULL);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS);
    UsbBuildGetStatusRequest(&urb, URB_FUNCTION_GET_STATUS_FROM_ENDPOINT, 0x81, &word, NULL, NULL);
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && word == 0);
    memset(&urb, 0, sizeof urb);
    urb.UrbControlGetInterfaceRequest.Hdr.Length = sizeof urb.UrbControlGetInterfaceRequest;
    urb.UrbControlGetInterfaceRequest.Hdr.Function = URB_FUNCTION_GET_INTERFACE;
    urb.UrbControlGetInterfaceRequest.TransferBuffer = data;
    urb.UrbControlGetInterfaceRequest.TransferBufferLength = 1;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && data[0] == 1);
    detach(&f);
}

/* ---- What a selection is refused, and what it tells -------------------------------------------------------------------------- */

static void test_selection_rules(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 2) == STATUS_SUCCESS);
    union {
        URB urb;
        UCHAR bytes[1024];
    } made = {{{{0}}}};
    struct _URB_SELECT_INTERFACE *select = &made.urb.UrbSelectInterface;
    UsbBuildSelectInterfaceRequest(&made.urb, GET_SELECT_INTERFACE_REQUEST_SIZE(6), f.config, 0, 2);
    select->Interface.Length = GET_USBD_INTERFACE_SIZE(6);
    CHECK(urb_send(&f, &made.urb) == STATUS_SUCCESS && select->Interface.NumberOfPipes == 5 && select->Interface.Class == 0xff);
    const USBD_PIPE_INFORMATION *isoch = &select->Interface.Pipes[4];
    CHECK(isoch->PipeType == UsbdPipeTypeIsochronous && isoch->MaximumPacketSize == 3072 && isoch->Interval == 1); /* 3 x 1024 a microframe */
    CHECK(select->Interface.Pipes[0].MaximumTransferSize == 4 << 20);
    select->Interface.Length = GET_USBD_INTERFACE_SIZE(2); /* no room for its pipes */
    CHECK(urb_send(&f, &made.urb) == STATUS_BUFFER_TOO_SMALL && made.urb.UrbHeader.Status == USBD_STATUS_BUFFER_TOO_SMALL);
    select->Interface.Length = GET_USBD_INTERFACE_SIZE(6);
    select->Interface.AlternateSetting = 9;
    CHECK(urb_send(&f, &made.urb) == STATUS_INVALID_PARAMETER && made.urb.UrbHeader.Status == USBD_STATUS_INTERFACE_NOT_FOUND);
    select->Interface.AlternateSetting = 2;
    select->Interface.Pipes[0].PipeFlags = USBD_PF_CHANGE_MAX_PACKET;
    select->Interface.Pipes[0].MaximumPacketSize = 64;
    CHECK(urb_send(&f, &made.urb) == STATUS_SUCCESS && select->Interface.Pipes[0].MaximumPacketSize == 64);
    select->Interface.Pipes[0].MaximumPacketSize = 1024; /* only smaller */
    CHECK(urb_send(&f, &made.urb) == STATUS_INVALID_PARAMETER);
    select->Interface.Pipes[0].PipeFlags = 0x80;
    CHECK(urb_send(&f, &made.urb) == STATUS_INVALID_PARAMETER && made.urb.UrbHeader.Status == USBD_STATUS_INAVLID_PIPE_FLAGS);
    /* A configuration that the device has not. */
    USB_CONFIGURATION_DESCRIPTOR wrong = {.bLength = 9, .bDescriptorType = USB_CONFIGURATION_DESCRIPTOR_TYPE, .wTotalLength = 9,
                                          .bConfigurationValue = 7};
    memset(&made, 0, sizeof made);
    UsbBuildSelectConfigurationRequest(&made.urb, sizeof(struct _URB_SELECT_CONFIGURATION), &wrong);
    made.urb.UrbSelectConfiguration.Interface.Length = sizeof(USBD_INTERFACE_INFORMATION);
    CHECK(urb_send(&f, &made.urb) != STATUS_SUCCESS);
    CHECK(select_config(&f) == STATUS_SUCCESS);
    memset(&made, 0, sizeof made);
    struct _URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS *delays = &made.urb.UrbGetIsochPipeTransferPathDelays;
    CHECK(select_setting(&f, 2) == STATUS_SUCCESS);
    delays->Hdr.Length = sizeof *delays;
    delays->Hdr.Function = URB_FUNCTION_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS;
    delays->PipeHandle = IN_PIPE(&f, 3);
    CHECK(urb_send(&f, &made.urb) == STATUS_SUCCESS && delays->MaximumSendPathDelayInMilliSeconds > 0);
    delays->PipeHandle = IN_PIPE(&f, 1);
    CHECK(urb_send(&f, &made.urb) == STATUS_INVALID_PARAMETER);
    detach(&f);
}

/* The older routines, and the library's small ones. */
static void test_library(void)
{
    struct fixture f = attach("mutt", "speed=high");
    ULONG length = sizeof f.bytes;
    USHORT size = 0;
    USBD_VERSION_INFORMATION version;
    CHECK(get_descriptor(&f, USB_CONFIGURATION_DESCRIPTOR_TYPE, f.bytes, &length) == STATUS_SUCCESS);
    PUSB_CONFIGURATION_DESCRIPTOR config = (PVOID)f.bytes;
    PURB urb = USBD_CreateConfigurationRequest(config, &size);
    CHECK(urb != NULL && size == urb->UrbHeader.Length && urb_send(&f, urb) == STATUS_SUCCESS);
    CHECK(urb->UrbSelectConfiguration.Interface.NumberOfPipes == 4 && urb->UrbSelectConfiguration.Interface.Pipes[0].PipeHandle != NULL);
    ExFreePool(urb);
    USBD_GetUSBDIVersion(&version);
    CHECK(version.USBDI_Version == 0x600 && version.Supported_USB_Version == 0x300);
    PUSB_INTERFACE_DESCRIPTOR first = USBD_ParseConfigurationDescriptor(config, 0, 0);
    CHECK(first != NULL && USBD_GetInterfaceLength(first, f.bytes + length) == 9 + 4 * 7);
    CHECK(USBD_ParseConfigurationDescriptorEx(config, config, -1, -1, 0xff, -1, -1) == first);
    CHECK(USBD_ParseConfigurationDescriptorEx(config, config, 0, 1, -1, -1, -1) == USBD_ParseConfigurationDescriptor(config, 0, 1));
    CHECK(USBD_ParseConfigurationDescriptorEx(config, config, 1, -1, -1, -1, -1) == NULL);
    CHECK(USBD_ParseDescriptors(f.bytes, length, first, USB_INTERFACE_DESCRIPTOR_TYPE) == (PVOID)first); /* the start itself, too */
    CHECK(USBD_ParseDescriptors(f.bytes, length, f.bytes + length, USB_INTERFACE_DESCRIPTOR_TYPE) == NULL);
    PUCHAR offset;
    f.bytes[4] = 3;
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 1, &offset, TAG) == USBD_STATUS_SUCCESS && offset == NULL);
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 2, &offset, TAG) == USBD_STATUS_BAD_NUMBER_OF_INTERFACES && offset == f.bytes);
    f.bytes[4] = 1;
    f.bytes[9 + 4] = 5; /* bNumEndpoints */
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 2, &offset, TAG) == USBD_STATUS_SUCCESS);
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 3, &offset, TAG) == USBD_STATUS_BAD_NUMBER_OF_ENDPOINTS && offset == f.bytes + 9);
    f.bytes[9 + 4] = 4;
    f.bytes[18 + 2] = 0x10; /* a reserved bit of the address */
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 2, &offset, TAG) == USBD_STATUS_BAD_ENDPOINT_ADDRESS && offset == f.bytes + 18);
    CHECK(USBD_ValidateConfigurationDescriptor(config, length - 1, 1, &offset, TAG) == USBD_STATUS_BAD_CONFIG_DESC_LENGTH);
    CHECK(USBD_ValidateConfigurationDescriptor(config, length, 0, &offset, TAG) == USBD_STATUS_INVALID_PARAMETER);
    CHECK(USBD_CalculateUsbBandwidth(64, 2, FALSE) == 0 && USBD_CalculateUsbBandwidth(64, 3, FALSE) > 512);
    CHECK(USBD_QueryBusTime(f.pdo, &length) == STATUS_NOT_SUPPORTED);
    detach(&f);
}

int main(void)
{
    test_control();
    test_rules();
    test_select();
    test_selection_rules();
    test_function();
    test_setup();
    test_library();
    test_transfers();
    test_chains();
    test_isoch_urbs();
    test_port();
    test_errors();
    test_streams_and_port();
    printf("1..%d\n", checks);
    return failures != 0;
}
