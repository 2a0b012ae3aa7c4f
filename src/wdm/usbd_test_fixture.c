/* SPDX-License-Identifier: MIT */
/* The common ground of the PDO's tests: devices, requests, URBs that many of them send. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

/* ---- A device and its PDO --------------------------------------------------------------------------------------------- */

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
struct usb_node *node_wait(struct usb_device *device, int interface)
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

static NTSTATUS NTAPI sent_done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    struct sent *sent = Context;
    sent->irql = KeGetCurrentIrql();
    atomic_fetch_add(&sent->calls, 1);
    KeSetEvent(&sent->ended, 0, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

IO_STACK_LOCATION *sent_make(struct sent *sent, struct fixture *f, UCHAR major)
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

NTSTATUS sent_go(struct sent *sent, struct fixture *f)
{
    return IoCallDriver(f->pdo, sent->irp);
}

/* The IRP's status; frees it. */
NTSTATUS sent_wait(struct sent *sent, ULONG_PTR *information)
{
    KeWaitForSingleObject(&sent->ended, Executive, KernelMode, FALSE, NULL);
    NTSTATUS status = sent->irp->IoStatus.Status;
    if (information != NULL)
        *information = sent->irp->IoStatus.Information;
    CHECK(atomic_load(&sent->calls) == 1);
    IoFreeIrp(sent->irp);
    return status;
}

NTSTATUS urb_start(struct sent *sent, struct fixture *f, void *urb)
{
    IO_STACK_LOCATION *stack = sent_make(sent, f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    stack->Parameters.Others.Argument1 = urb;
    return sent_go(sent, f);
}

NTSTATUS urb_send(struct fixture *f, void *urb)
{
    struct sent sent;
    NTSTATUS status = urb_start(&sent, f, urb);
    NTSTATUS ended = sent_wait(&sent, NULL);
    CHECK(status == STATUS_PENDING || status == ended);
    return ended;
}

NTSTATUS pnp(struct fixture *f, UCHAR minor)
{
    struct sent sent;
    sent_make(&sent, f, IRP_MJ_PNP)->MinorFunction = minor;
    sent_go(&sent, f);
    return sent_wait(&sent, NULL);
}

struct fixture attach_model(const struct usb_model *model, const char *options, int interface)
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

struct fixture attach(const char *model, const char *options)
{
    return attach_model(usb_virtual_model(model), options, -1);
}

void detach(struct fixture *f)
{
    USBD_CloseHandle(f->handle);
    CHECK(pnp(f, IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS);
    usb_pdo_delete(f->pdo);
    usb_node_dereference(f->node);
    usb_virtual_detach(f->virtual);
}

/* ---- Building blocks -------------------------------------------------------------------------------------------------------- */

NTSTATUS get_descriptor(struct fixture *f, UCHAR type, void *buffer, ULONG *length)
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

NTSTATUS select_config(struct fixture *f)
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

NTSTATUS select_setting(struct fixture *f, UCHAR setting)
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

void bulk_build(URB *urb, USBD_PIPE_HANDLE pipe, void *buffer, ULONG length)
{
    memset(urb, 0, sizeof *urb);
    UsbBuildInterruptOrBulkTransferRequest(urb, sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER), pipe, buffer, NULL, length,
                                           USBD_SHORT_TRANSFER_OK, NULL);
}

NTSTATUS bulk(struct fixture *f, USBD_PIPE_HANDLE pipe, void *buffer, ULONG length, ULONG *moved)
{
    URB urb;
    bulk_build(&urb, pipe, buffer, length);
    NTSTATUS status = urb_send(f, &urb);
    if (moved != NULL)
        *moved = urb.UrbBulkOrInterruptTransfer.TransferBufferLength;
    return status;
}

USBD_STATUS pipe_request(struct fixture *f, USHORT function, USBD_PIPE_HANDLE pipe)
{
    URB urb = {0};
    urb.UrbPipeRequest.Hdr.Length = sizeof(struct _URB_PIPE_REQUEST);
    urb.UrbPipeRequest.Hdr.Function = function;
    urb.UrbPipeRequest.PipeHandle = pipe;
    urb_send(f, &urb);
    return urb.UrbHeader.Status;
}

NTSTATUS vendor(struct fixture *f, UCHAR request, USHORT value, bool in, void *buffer, ULONG length)
{
    URB urb = {0};
    UsbBuildVendorRequest(&urb, URB_FUNCTION_VENDOR_DEVICE, sizeof(struct _URB_CONTROL_VENDOR_OR_CLASS_REQUEST),
                          in ? USBD_TRANSFER_DIRECTION_IN : 0, 0, request, value, 0, buffer, NULL, length, NULL);
    return urb_send(f, &urb);
}

URB *isoch_urb(struct fixture *f, USBD_PIPE_HANDLE pipe, void *buffer, ULONG packets, ULONG bytes)
{
    PURB urb;
    CHECK(USBD_IsochUrbAllocate(f->handle, packets, &urb) == STATUS_SUCCESS);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(packets);
    isoch->Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER;
    isoch->PipeHandle = pipe;
    isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN | USBD_START_ISO_TRANSFER_ASAP;
    isoch->TransferBuffer = buffer;
    isoch->TransferBufferLength = packets * bytes;
    isoch->NumberOfPackets = packets;
    for (ULONG i = 0; i < packets; i++)
        isoch->IsoPacket[i].Offset = i * bytes;
    return urb;
}
