/* SPDX-License-Identifier: MIT */
/* URBs sent to the PDO of a virtual device, as a WDM driver above it would: the functions one by one, handles that go stale, statuses,
 * cancelling in every order, isochronous rules, static streams. No driver is loaded: the test is what stands above. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "usb/model_config.h"
#include "usb/virtual.h"
#include "wdm/usbd.h"

#include "usbbusif.h"
#include "usbioctl.h"

enum { TAG = 0x54736574 };
static int checks, failures;

static void check(bool good, const char *text, int line)
{
    checks++;
    if (!good) {
        failures++;
        printf("not ok %d - %s (line %d)\n", checks, text, line);
    }
}
#define CHECK(condition) check(condition, #condition, __LINE__)

/* ---- A device and its PDO --------------------------------------------------------------------------------------------- */

struct fixture {
    struct virtual_device *virtual;
    struct usb_node *node;
    DEVICE_OBJECT *pdo;
    USBD_HANDLE handle;
    USBD_CONFIGURATION_HANDLE config;
    USBD_PIPE_HANDLE pipes[32]; /* by number | IN ? 16 : 0 */
    UCHAR bytes[4096];          /* the configuration descriptor */
};

static struct usb_node *node_of(struct usb_device *device, int interface)
{
    uint32_t count;
    struct usb_node *found = NULL, **nodes = usb_nodes(&count);
    for (uint32_t i = 0; i < count; i++) {
        bool function = nodes[i]->parent != NULL;
        if (nodes[i]->device == device && (interface < 0 ? !function : function && nodes[i]->first_interface == interface))
            usb_node_reference(found = nodes[i]);
    }
    usb_nodes_free(nodes, count);
    return found;
}

static _Atomic uint32_t node_changes;

static void node_changed(struct usb_node_watcher *watcher, enum usb_node_change change, struct usb_node *node)
{
    atomic_fetch_add(&node_changes, 1);
    futex_wake(&node_changes, INT32_MAX);
}

/* The node comes a moment after its device. */
static struct usb_node *node_wait(struct usb_device *device, int interface)
{
    static struct usb_node_watcher watcher = {.changed = node_changed};
    static bool watches;
    usb_nodes_start();
    if (!watches)
        usb_node_watch(&watcher);
    watches = true;
    for (;;) {
        uint32_t changes = atomic_load(&node_changes);
        struct usb_node *node = node_of(device, interface);
        if (node != NULL)
            return node;
        futex_wait(&node_changes, changes, FUTEX_NO_DEADLINE);
    }
}

struct sent {
    IRP *irp;
    KEVENT ended;
    _Atomic uint32_t calls;
    KIRQL irql;
};

static NTSTATUS NTAPI sent_done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    struct sent *sent = Context;
    sent->irql = KeGetCurrentIrql();
    atomic_fetch_add(&sent->calls, 1);
    KeSetEvent(&sent->ended, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static IO_STACK_LOCATION *sent_make(struct sent *sent, struct fixture *f, UCHAR major)
{
    memset(sent, 0, sizeof *sent);
    KeInitializeEvent(&sent->ended, NotificationEvent, FALSE);
    sent->irp = IoAllocateIrp(f->pdo->StackSize, FALSE);
    sent->irp->IoStatus.Status = STATUS_NOT_SUPPORTED;
    IoSetCompletionRoutine(sent->irp, sent_done, sent, TRUE, TRUE, TRUE);
    IO_STACK_LOCATION *stack = IoGetNextIrpStackLocation(sent->irp);
    stack->MajorFunction = major;
    return stack;
}

static NTSTATUS sent_go(struct sent *sent, struct fixture *f)
{
    return IoCallDriver(f->pdo, sent->irp);
}

/* The IRP's status; frees it. */
static NTSTATUS sent_wait(struct sent *sent, ULONG_PTR *information)
{
    KeWaitForSingleObject(&sent->ended, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = sent->irp->IoStatus.Status;
    if (information != NULL)
        *information = sent->irp->IoStatus.Information;
    CHECK(atomic_load(&sent->calls) == 1);
    IoFreeIrp(sent->irp);
    return status;
}

static NTSTATUS urb_start(struct sent *sent, struct fixture *f, void *urb)
{
    IO_STACK_LOCATION *stack = sent_make(sent, f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    stack->Parameters.Others.Argument1 = urb;
    return sent_go(sent, f);
}

static NTSTATUS urb_send(struct fixture *f, void *urb)
{
    struct sent sent;
    NTSTATUS status = urb_start(&sent, f, urb);
    NTSTATUS ended = sent_wait(&sent, NULL);
    CHECK(status == STATUS_PENDING || status == ended);
    return ended;
}

static NTSTATUS pnp(struct fixture *f, UCHAR minor)
{
    struct sent sent;
    sent_make(&sent, f, IRP_MJ_PNP)->MinorFunction = minor;
    sent_go(&sent, f);
    return sent_wait(&sent, NULL);
}

static struct fixture attach_model(const struct usb_model *model, const char *options, int interface)
{
    struct fixture f = {0};
    CHECK(usb_virtual_attach(model, NULL, options, &f.virtual) == 0);
    struct usb_device *device = usb_virtual_device(f.virtual);
    f.node = node_wait(device, interface);
    usb_device_dereference(device);
    CHECK(f.node != NULL);
    f.pdo = usb_pdo_create(f.node);
    CHECK(f.pdo != NULL && usb_pdo_node(f.pdo) == f.node);
    CHECK(pnp(&f, IRP_MN_START_DEVICE) == STATUS_SUCCESS);
    CHECK(USBD_CreateHandle(f.pdo, f.pdo, USBD_CLIENT_CONTRACT_VERSION_602, TAG, &f.handle) == STATUS_SUCCESS);
    return f;
}

static struct fixture attach(const char *model, const char *options)
{
    return attach_model(usb_virtual_model(model), options, -1);
}

static void detach(struct fixture *f)
{
    USBD_CloseHandle(f->handle);
    CHECK(pnp(f, IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS);
    usb_pdo_delete(f->pdo);
    usb_node_dereference(f->node);
    usb_virtual_detach(f->virtual);
}

/* ---- Building blocks -------------------------------------------------------------------------------------------------------- */

static NTSTATUS get_descriptor(struct fixture *f, UCHAR type, void *buffer, ULONG *length)
{
    URB urb = {0};
    UsbBuildGetDescriptorRequest(&urb, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST), type, 0, 0, buffer, NULL, *length, NULL);
    NTSTATUS status = urb_send(f, &urb);
    *length = urb.UrbControlDescriptorRequest.TransferBufferLength;
    return status;
}

static void pipes_note(struct fixture *f, const USBD_INTERFACE_INFORMATION *information)
{
    for (ULONG i = 0; i < information->NumberOfPipes; i++) {
        UCHAR address = information->Pipes[i].EndpointAddress;
        f->pipes[(address & 15) | (address & 0x80 ? 16 : 0)] = information->Pipes[i].PipeHandle;
    }
}

static NTSTATUS select_config(struct fixture *f)
{
    ULONG length = sizeof f->bytes;
    CHECK(get_descriptor(f, USB_CONFIGURATION_DESCRIPTOR_TYPE, f->bytes, &length) == STATUS_SUCCESS);
    PUSB_CONFIGURATION_DESCRIPTOR config = (PVOID)f->bytes;
    CHECK(config->wTotalLength == length && USBD_ValidateConfigurationDescriptor(config, length, 3, NULL, TAG) == USBD_STATUS_SUCCESS);
    USBD_INTERFACE_LIST_ENTRY list[9] = {{NULL, NULL}};
    PVOID at = f->bytes;
    for (unsigned i = 0; i < 8; i++) {
        list[i].InterfaceDescriptor = USBD_ParseConfigurationDescriptorEx(config, at, -1, 0, -1, -1, -1);
        if (list[i].InterfaceDescriptor == NULL)
            break;
        at = (PUCHAR)list[i].InterfaceDescriptor + list[i].InterfaceDescriptor->bLength;
    }
    PURB urb;
    CHECK(USBD_SelectConfigUrbAllocateAndBuild(f->handle, config, list, &urb) == STATUS_SUCCESS);
    NTSTATUS status = urb_send(f, urb);
    if (status == STATUS_SUCCESS) {
        f->config = urb->UrbSelectConfiguration.ConfigurationHandle;
        for (unsigned i = 0; list[i].InterfaceDescriptor != NULL; i++)
            pipes_note(f, list[i].Interface);
    }
    USBD_UrbFree(f->handle, urb);
    return status;
}

static NTSTATUS select_setting(struct fixture *f, UCHAR setting)
{
    USBD_INTERFACE_LIST_ENTRY entry = {
        USBD_ParseConfigurationDescriptorEx((PVOID)f->bytes, f->bytes, 0, setting, -1, -1, -1), NULL};
    PURB urb;
    CHECK(USBD_SelectInterfaceUrbAllocateAndBuild(f->handle, f->config, &entry, &urb) == STATUS_SUCCESS);
    NTSTATUS status = urb_send(f, urb);
    if (status == STATUS_SUCCESS)
        pipes_note(f, entry.Interface);
    USBD_UrbFree(f->handle, urb);
    return status;
}

static void bulk_build(URB *urb, USBD_PIPE_HANDLE pipe, void *buffer, ULONG length)
{
    memset(urb, 0, sizeof *urb);
    UsbBuildInterruptOrBulkTransferRequest(urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), pipe, buffer, NULL, length,
                                           USBD_SHORT_TRANSFER_OK, NULL);
}

static NTSTATUS bulk(struct fixture *f, USBD_PIPE_HANDLE pipe, void *buffer, ULONG length, ULONG *moved)
{
    URB urb;
    bulk_build(&urb, pipe, buffer, length);
    NTSTATUS status = urb_send(f, &urb);
    if (moved != NULL)
        *moved = urb.UrbBulkOrInterruptTransfer.TransferBufferLength;
    return status;
}

static USBD_STATUS pipe_request(struct fixture *f, USHORT function, USBD_PIPE_HANDLE pipe)
{
    URB urb = {0};
    urb.UrbPipeRequest.Hdr.Length = sizeof(struct _URB_PIPE_REQUEST);
    urb.UrbPipeRequest.Hdr.Function = function;
    urb.UrbPipeRequest.PipeHandle = pipe;
    urb_send(f, &urb);
    return urb.UrbHeader.Status;
}

static NTSTATUS vendor(struct fixture *f, UCHAR request, USHORT value, bool in, void *buffer, ULONG length)
{
    URB urb = {0};
    UsbBuildVendorRequest(&urb, URB_FUNCTION_VENDOR_DEVICE, sizeof(struct _URB_CONTROL_VENDOR_OR_CLASS_REQUEST),
                          in ? USBD_TRANSFER_DIRECTION_IN : 0, 0, request, value, 0, buffer, NULL, length, NULL);
    return urb_send(f, &urb);
}

#define OUT_PIPE(f, number) ((f)->pipes[number])
#define IN_PIPE(f, number)  ((f)->pipes[16 | (number)])

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

/* ---- Transfers ---------------------------------------------------------------------------------------------------------------------- */

static void test_memory(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    static char out[3000], in[4096];
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 7);
    MDL *whole = IoAllocateMdl(out, sizeof out, FALSE, FALSE, NULL), *part = IoAllocateMdl(out, sizeof out, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(whole);
    URB urb;
    bulk_build(&urb, OUT_PIPE(&f, 1), NULL, 0);
    ULONG moved;
    for (ULONG at = 0; at < sizeof out; at += 1000) { /* one URB, one partial MDL, built afresh for each send */
        IoBuildPartialMdl(whole, part, out + at, 1000);
        urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = part;
        urb.UrbBulkOrInterruptTransfer.TransferBufferLength = 1000;
        CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbBulkOrInterruptTransfer.TransferBuffer == NULL);
        CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, &moved) == STATUS_SUCCESS && moved == 1000 && memcmp(in, out + at, 1000) == 0);
    }
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = whole;
    urb.UrbBulkOrInterruptTransfer.TransferBuffer = in; /* another place than the MDL's */
    urb.UrbBulkOrInterruptTransfer.TransferBufferLength = 10;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER);
    urb.UrbBulkOrInterruptTransfer.TransferBuffer = NULL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferLength = sizeof out + 1;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER);
    /* A chain both ways. */
    MDL *first = IoAllocateMdl(out, 700, FALSE, FALSE, NULL), *second = IoAllocateMdl(out + 1000, 800, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(first);
    MmBuildMdlForNonPagedPool(second);
    first->Next = second;
    bulk_build(&urb, OUT_PIPE(&f, 1), NULL, 1500);
    urb.UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = first;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbBulkOrInterruptTransfer.TransferBufferLength == 1500);
    static char one[1000], two[1048];
    MDL *third = IoAllocateMdl(one, sizeof one, FALSE, FALSE, NULL), *fourth = IoAllocateMdl(two, sizeof two, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(third);
    MmBuildMdlForNonPagedPool(fourth);
    third->Next = fourth;
    bulk_build(&urb, IN_PIPE(&f, 1), NULL, 2048);
    urb.UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = third;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbBulkOrInterruptTransfer.TransferBufferLength == 1500);
    CHECK(memcmp(one, out, 700) == 0 && memcmp(one + 700, out + 1000, 300) == 0 && memcmp(two, out + 1300, 500) == 0);
    MDL *all[] = {whole, part, first, second, third, fourth};
    for (unsigned i = 0; i < 6; i++) {
        all[i]->Next = NULL;
        IoFreeMdl(all[i]);
    }
    detach(&f);
}

static void test_cancel(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    static char in[512];
    URB urbs[8];
    struct sent sent[8];
    for (unsigned i = 0; i < 8; i++) {
        bulk_build(&urbs[i], IN_PIPE(&f, 1), in, sizeof in);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    CHECK(IoCancelIrp(sent[3].irp));
    CHECK(sent_wait(&sent[3], NULL) == STATUS_CANCELLED && sent[3].irql == DISPATCH_LEVEL);
    CHECK(pipe_request(&f, URB_FUNCTION_ABORT_PIPE, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    for (unsigned i = 0; i < 8; i++)
        if (i != 3)
            CHECK(sent_wait(&sent[i], NULL) == STATUS_CANCELLED);
    /* Cancelled before it is sent. */
    bulk_build(&urbs[0], IN_PIPE(&f, 1), in, sizeof in);
    IO_STACK_LOCATION *stack = sent_make(&sent[0], &f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    stack->Parameters.Others.Argument1 = &urbs[0];
    CHECK(!IoCancelIrp(sent[0].irp));
    sent_go(&sent[0], &f);
    CHECK(sent_wait(&sent[0], NULL) == STATUS_CANCELLED);
    /* What the driver leaves is ended by the removal. */
    bulk_build(&urbs[1], IN_PIPE(&f, 1), in, sizeof in);
    CHECK(urb_start(&sent[1], &f, &urbs[1]) == STATUS_PENDING);
    CHECK(pnp(&f, IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS && KeReadStateEvent(&sent[1].ended) != 0);
    CHECK(sent_wait(&sent[1], NULL) == STATUS_CANCELLED);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL) == STATUS_NO_SUCH_DEVICE);
    detach(&f);
}

enum { READY = 1, GO = 2 };

struct racer {
    IRP *irp;
    _Atomic uint32_t *go;
};

static uint32_t race_cancel(void *context)
{
    struct racer *racer = context;
    atomic_store(racer->go, READY);
    while (atomic_load(racer->go) == READY)
        cpu_relax();
    IoCancelIrp(racer->irp);
    return 0;
}

/* A cancel against the end: each request is completed once, with one of the two. */
static void test_races(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    static char in[512];
    unsigned cancelled = 0, wrong = 0;
    for (unsigned round = 0; round < 300; round++) {
        URB urb;
        struct sent sent;
        _Atomic uint32_t go = 0;
        bulk_build(&urb, IN_PIPE(&f, 1), in, sizeof in);
        CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
        struct racer racer = {sent.irp, &go};
        struct thread *thread;
        if (thread_create(race_cancel, &racer, 0, false, &thread) != STATUS_SUCCESS)
            break;
        while (atomic_load(&go) != READY)
            cpu_relax();
        atomic_store(&go, GO);
        bulk(&f, OUT_PIPE(&f, 1), in, 10, NULL);
        KeWaitForSingleObject(&sent.ended, Executive, KernelMode, FALSE, NULL);
        wait_for_one(object_dispatcher(&thread->object), false, WAIT_FOREVER); /* it may still look at the IRP */
        object_dereference(&thread->object);
        NTSTATUS status = sent_wait(&sent, NULL);
        cancelled += status == STATUS_CANCELLED;
        wrong += status != STATUS_CANCELLED && status != STATUS_SUCCESS;
        if (status == STATUS_CANCELLED)
            bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL); /* what was written is still there */
    }
    CHECK(wrong == 0);
    printf("# %u of 300 cancelled in time\n", cancelled);
    detach(&f);
}

static void test_stall(void)
{
    struct fixture f = attach("mutt", "speed=high,faults=stall:ep=81:at=1");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char out[8] = "behind", in[512];
    URB urbs[2];
    struct sent sent[2];
    CHECK(bulk(&f, OUT_PIPE(&f, 1), out, sizeof out, NULL) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 2; i++) {
        bulk_build(&urbs[i], IN_PIPE(&f, 1), in, sizeof in);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    CHECK(sent_wait(&sent[0], NULL) == STATUS_UNSUCCESSFUL && urbs[0].UrbHeader.Status == USBD_STATUS_STALL_PID);
    CHECK(USBD_HALTED(urbs[0].UrbHeader.Status) && KeReadStateEvent(&sent[1].ended) == 0); /* queued, until the reset */
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    CHECK(sent_wait(&sent[1], NULL) == STATUS_SUCCESS && urbs[1].UrbBulkOrInterruptTransfer.TransferBufferLength == sizeof out);
    bulk_build(&urbs[0], IN_PIPE(&f, 1), in, sizeof in);
    urb_start(&sent[0], &f, &urbs[0]);
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_ERROR_BUSY);
    IoCancelIrp(sent[0].irp);
    sent_wait(&sent[0], NULL);
    /* The two halves: the device's stall, the host's queue. */
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    detach(&f);
}

/* A port reset leaves no pipe halted, and what was queued behind the stall goes on. */
static void test_reset_port(void)
{
    struct fixture f = attach("mutt", "speed=high,faults=stall:ep=81:at=1");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char data[8] = "again", in[512];
    URB urb;
    struct sent sent, reset;
    ULONG moved;
    CHECK(bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL) == STATUS_UNSUCCESSFUL);
    bulk_build(&urb, IN_PIPE(&f, 1), in, sizeof in);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
    sent_make(&reset, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL)->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_RESET_PORT;
    sent_go(&reset, &f);
    CHECK(sent_wait(&reset, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, OUT_PIPE(&f, 1), data, 3, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, &moved) == STATUS_SUCCESS && moved == 3);
    detach(&f);
}

static void test_unplug(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char in[512];
    URB urb;
    struct sent sent;
    bulk_build(&urb, IN_PIPE(&f, 1), in, sizeof in);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
    usb_virtual_plug(f.virtual, false);
    CHECK(sent_wait(&sent, NULL) == STATUS_DEVICE_NOT_CONNECTED && urb.UrbHeader.Status == USBD_STATUS_DEVICE_GONE);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL) == STATUS_NO_SUCH_DEVICE);
    CHECK(pnp(&f, IRP_MN_SURPRISE_REMOVAL) == STATUS_SUCCESS);
    detach(&f);
}

/* ---- Isochronous ------------------------------------------------------------------------------------------------------------------------ */

enum { ISO_PACKETS = 16, ISO_BYTES = 1024 };

static URB *isoch_make(struct fixture *f, USBD_PIPE_HANDLE pipe, void *buffer, ULONG packets)
{
    PURB urb;
    CHECK(USBD_IsochUrbAllocate(f->handle, packets, &urb) == STATUS_SUCCESS);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(packets);
    isoch->Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
    isoch->PipeHandle = pipe;
    isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN | USBD_START_ISO_TRANSFER_ASAP;
    isoch->TransferBuffer = buffer;
    isoch->TransferBufferLength = packets * ISO_BYTES;
    isoch->NumberOfPackets = packets;
    for (ULONG i = 0; i < packets; i++)
        isoch->IsoPacket[i].Offset = i * ISO_BYTES;
    return urb;
}

static ULONG frame_number(struct fixture *f)
{
    URB urb = {0};
    urb.UrbGetCurrentFrameNumber.Hdr.Length = sizeof urb.UrbGetCurrentFrameNumber;
    urb.UrbGetCurrentFrameNumber.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
    urb_send(f, &urb);
    return urb.UrbGetCurrentFrameNumber.FrameNumber;
}

static void test_isoch(void)
{
    struct fixture f = attach("mutt", "speed=high");
    static UCHAR data[ISO_PACKETS * ISO_BYTES];
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    URB *urb = isoch_make(&f, IN_PIPE(&f, 3), data, ISO_PACKETS);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS && isoch->ErrorCount == 0 && isoch->TransferBufferLength == sizeof data);
    CHECK(isoch->IsoPacket[5].Status == USBD_STATUS_SUCCESS && isoch->IsoPacket[5].Length == ISO_BYTES && isoch->IsoPacket[5].Offset == 5 * ISO_BYTES);
    /* Two at once: the second follows the first without a gap. */
    static UCHAR more[ISO_PACKETS * ISO_BYTES];
    URB *next = isoch_make(&f, IN_PIPE(&f, 3), more, ISO_PACKETS);
    struct sent sent[2];
    isoch->TransferBufferLength = sizeof data;
    CHECK(select_setting(&f, 1) == STATUS_SUCCESS); /* what was tracked is forgotten */
    isoch->PipeHandle = next->UrbIsochronousTransfer.PipeHandle = IN_PIPE(&f, 3);
    urb_start(&sent[0], &f, urb);
    urb_start(&sent[1], &f, next);
    CHECK(sent_wait(&sent[0], NULL) == STATUS_SUCCESS && sent_wait(&sent[1], NULL) == STATUS_SUCCESS);
    CHECK(next->UrbIsochronousTransfer.StartFrame == isoch->StartFrame + ISO_PACKETS / 8);
    USBD_UrbFree(f.handle, next);
    ULONG first;
    /* An explicit frame, and one that is too far away. */
    isoch->TransferBufferLength = sizeof data;
    isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN;
    isoch->StartFrame = first = frame_number(&f) + 20;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS && isoch->StartFrame == first && isoch->ErrorCount == 0);
    isoch->TransferBufferLength = sizeof data;
    isoch->StartFrame = frame_number(&f) + 5000;
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER && isoch->Hdr.Status == USBD_STATUS_BAD_START_FRAME);
    isoch->TransferBufferLength = sizeof data;
    isoch->StartFrame = frame_number(&f) - 100;
    CHECK(urb_send(&f, urb) == STATUS_UNSUCCESSFUL && isoch->Hdr.Status == USBD_STATUS_ISO_NOT_ACCESSED_LATE);
    CHECK(isoch->IsoPacket[0].Status == USBD_STATUS_ISO_NA_LATE_USBPORT && isoch->ErrorCount == ISO_PACKETS);
    /* Malformed ones. */
    isoch->TransferBufferLength = sizeof data;
    isoch->TransferFlags = USBD_START_ISO_TRANSFER_ASAP;
    isoch->NumberOfPackets = 7; /* no whole frame */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->NumberOfPackets = ISO_PACKETS;
    isoch->IsoPacket[3].Offset = 0; /* backwards */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->IsoPacket[3].Offset = 3 * ISO_BYTES;
    isoch->NumberOfPackets = 2 * ISO_PACKETS; /* more than Hdr.Length has */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->NumberOfPackets = 0;
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->NumberOfPackets = ISO_PACKETS;
    isoch->PipeHandle = IN_PIPE(&f, 1); /* a bulk pipe */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    USBD_UrbFree(f.handle, urb);
    detach(&f);
}

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
    sent_make(&sent, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL)->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_GET_HUB_NAME;
    sent_go(&sent, &f);
    CHECK(sent_wait(&sent, NULL) == STATUS_NOT_SUPPORTED);
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

/* ---- Anything ------------------------------------------------------------------------------------------------------------------- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* URBs with any function, length, handle, flags and counts, in memory that is really there: each is ended once and none hangs (what is
 * pending is cancelled). */
static void test_anything(void)
{
    struct fixture f = attach("mutt", "speed=super");
    static UCHAR memory[8192];
    uint64_t seed = 0x9e3779b97f4a7c15u;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    for (unsigned round = 0; round < 20000; round++) {
        union {
            URB urb;
            UCHAR bytes[sizeof(URB) + 64 * sizeof(USBD_ISO_PACKET_DESCRIPTOR)];
        } made;
        struct sent sent;
        for (size_t i = 0; i < sizeof made.bytes; i++)
            made.bytes[i] = random_next(&seed) % 4 == 0 ? (UCHAR)random_next(&seed) : 0;
        struct _URB_BULK_OR_INTERRUPT_TRANSFER *bulk = &made.urb.UrbBulkOrInterruptTransfer;
        bulk->Hdr.Function = (USHORT)(random_next(&seed) % 0x3b);
        bulk->Hdr.Length = (USHORT)(random_next(&seed) % 8 == 0 ? random_next(&seed) % sizeof made.bytes : sizeof made.bytes);
        bulk->PipeHandle = random_next(&seed) % 4 == 0 ? (PVOID)(uintptr_t)random_next(&seed) : f.pipes[random_next(&seed) % 32];
        bulk->UrbLink = NULL;
        memset(&bulk->hca, 0, sizeof bulk->hca);
        if (bulk->Hdr.Function > URB_FUNCTION_ABORT_PIPE && bulk->Hdr.Function < URB_FUNCTION_OPEN_STATIC_STREAMS) {
            bulk->TransferBufferMDL = NULL;
            bulk->TransferBuffer = memory;
            bulk->TransferBufferLength %= sizeof memory + 1;
        } else if (bulk->Hdr.Function >= URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL) {
            bulk->TransferBufferMDL = NULL;
        } else {
            made.urb.UrbSelectConfiguration.ConfigurationDescriptor = (PVOID)f.bytes;
            made.urb.UrbOpenStaticStreams.Streams = bulk->Hdr.Function == URB_FUNCTION_OPEN_STATIC_STREAMS ? (PVOID)memory : (PVOID)f.bytes;
        }
        urb_start(&sent, &f, &made.urb);
        IoCancelIrp(sent.irp);
        sent_wait(&sent, NULL);
    }
    CHECK(select_config(&f) == STATUS_SUCCESS && bulk(&f, OUT_PIPE(&f, 1), memory, 10, NULL) == STATUS_SUCCESS);
    detach(&f);
}

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

int main(void)
{
    test_control();
    test_rules();
    test_select();
    test_memory();
    test_cancel();
    test_races();
    test_stall();
    test_reset_port();
    test_unplug();
    test_isoch();
    test_capability();
    test_streams();
    test_streams_recovery();
    test_identity();
    test_idle();
    test_function();
    test_setup();
    test_selection_rules();
    test_library();
    test_anything();
    printf("1..%d\n", checks);
    return failures != 0;
}
