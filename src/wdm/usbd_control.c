/* SPDX-License-Identifier: MIT */
/* Everything that travels on the default pipe: the URB functions for standard, class and vendor requests each become the setup packet that
 * they stand for. A function of a composite device is answered its own part of the configuration descriptor. */
#include <errno.h>
#include <string.h>

#include "wdm/usbd.h"

enum { TO_DEVICE, TO_INTERFACE, TO_ENDPOINT, TO_OTHER };
enum { DIRECTION_IN = 0x80, TYPE_CLASS = 0x20, TYPE_VENDOR = 0x40 };
enum { GET_STATUS = 0, CLEAR_FEATURE = 1, SET_FEATURE = 3, GET_DESCRIPTOR = 6, SET_DESCRIPTOR = 7, GET_CONFIGURATION = 8,
       GET_INTERFACE = 10 };

/* What a URB asks for. Buffer, MDL and length stand at the same offsets in all of them. */
struct control {
    struct usb_setup setup;
    uint32_t length;
    void *buffer;
    MDL *mdl;
    uint32_t timeout_ms;
    bool reserved; /* the URB has no buffer: these fields are reserved */
};

static uint8_t recipient(USHORT function)
{
    switch (function) {
    case URB_FUNCTION_GET_DESCRIPTOR_FROM_INTERFACE:
    case URB_FUNCTION_SET_DESCRIPTOR_TO_INTERFACE:
    case URB_FUNCTION_SET_FEATURE_TO_INTERFACE:
    case URB_FUNCTION_CLEAR_FEATURE_TO_INTERFACE:
    case URB_FUNCTION_GET_STATUS_FROM_INTERFACE:
    case URB_FUNCTION_VENDOR_INTERFACE:
    case URB_FUNCTION_CLASS_INTERFACE:
    case URB_FUNCTION_GET_INTERFACE: return TO_INTERFACE;
    case URB_FUNCTION_GET_DESCRIPTOR_FROM_ENDPOINT:
    case URB_FUNCTION_SET_DESCRIPTOR_TO_ENDPOINT:
    case URB_FUNCTION_SET_FEATURE_TO_ENDPOINT:
    case URB_FUNCTION_CLEAR_FEATURE_TO_ENDPOINT:
    case URB_FUNCTION_GET_STATUS_FROM_ENDPOINT:
    case URB_FUNCTION_VENDOR_ENDPOINT:
    case URB_FUNCTION_CLASS_ENDPOINT: return TO_ENDPOINT;
    case URB_FUNCTION_SET_FEATURE_TO_OTHER:
    case URB_FUNCTION_CLEAR_FEATURE_TO_OTHER:
    case URB_FUNCTION_GET_STATUS_FROM_OTHER:
    case URB_FUNCTION_VENDOR_OTHER:
    case URB_FUNCTION_CLASS_OTHER: return TO_OTHER;
    default: return TO_DEVICE;
    }
}

/* The setup packet as the client wrote it; its wLength follows TransferBufferLength, and the flags must not contradict the direction. */
static USBD_STATUS raw_setup(struct usb_pdo *pdo, const URB *urb, struct control *control)
{
    const struct _URB_CONTROL_TRANSFER *transfer = &urb->UrbControlTransfer;
    const UCHAR *setup = transfer->SetupPacket; /* at the same place in the _EX form */
    if (!(transfer->TransferFlags & USBD_DEFAULT_PIPE_TRANSFER) && transfer->PipeHandle != NULL) {
        struct usbd_pipe pipe;
        if (!usbd_pipe_find(pdo, transfer->PipeHandle, &pipe) || pipe.pipe->endpoint.type != USB_CONTROL)
            return USBD_STATUS_INVALID_PIPE_HANDLE;
    }
    bool in = setup[0] & DIRECTION_IN;
    if (control->length != 0 && in != (USBD_TRANSFER_DIRECTION_FLAG(transfer->TransferFlags) == USBD_TRANSFER_DIRECTION_IN))
        return USBD_STATUS_INVALID_PARAMETER;
    control->setup.type = setup[0];
    control->setup.request = setup[1];
    control->setup.value = (uint16_t)(setup[2] | setup[3] << 8);
    control->setup.index = (uint16_t)(setup[4] | setup[5] << 8);
    if (urb->UrbHeader.Function == URB_FUNCTION_CONTROL_TRANSFER_EX) {
        control->mdl = urb->UrbControlTransferEx.TransferBufferMDL;
        control->timeout_ms = urb->UrbControlTransferEx.Timeout;
    }
    return USBD_STATUS_SUCCESS;
}

_Static_assert(offsetof(struct _URB_CONTROL_TRANSFER, SetupPacket) == offsetof(struct _URB_CONTROL_TRANSFER_EX, SetupPacket),
               "the setup packet stands at one offset");

static void descriptor_setup(const URB *urb, bool get, struct usb_setup *setup)
{
    const struct _URB_CONTROL_DESCRIPTOR_REQUEST *request = &urb->UrbControlDescriptorRequest;
    *setup = (struct usb_setup){.type = (uint8_t)((get ? DIRECTION_IN : 0) | recipient(request->Hdr.Function)),
                                .request = get ? GET_DESCRIPTOR : SET_DESCRIPTOR,
                                .value = (uint16_t)(request->DescriptorType << 8 | request->Index),
                                .index = request->LanguageId};
}

static void vendor_setup(const URB *urb, uint8_t type, struct usb_setup *setup)
{
    const struct _URB_CONTROL_VENDOR_OR_CLASS_REQUEST *request = &urb->UrbControlVendorClassRequest;
    bool in = USBD_TRANSFER_DIRECTION_FLAG(request->TransferFlags) == USBD_TRANSFER_DIRECTION_IN;
    uint8_t reserved = request->RequestTypeReservedBits & 0x1f; /* 4 to 31 take the recipient's place */
    *setup = (struct usb_setup){.type = (uint8_t)((in ? DIRECTION_IN : 0) | type | (reserved >= 4 ? reserved : recipient(request->Hdr.Function))),
                                .request = request->Request,
                                .value = request->Value,
                                .index = request->Index};
}

static USBD_STATUS status_setup(const URB *urb, struct control *control)
{
    control->setup = (struct usb_setup){.type = (uint8_t)(DIRECTION_IN | recipient(urb->UrbHeader.Function)), .request = GET_STATUS,
                                        .index = urb->UrbControlGetStatusRequest.Index};
    return control->length == 2 ? USBD_STATUS_SUCCESS : USBD_STATUS_INVALID_PARAMETER;
}

static void feature_setup(const URB *urb, bool set, struct control *control)
{
    const struct _URB_CONTROL_FEATURE_REQUEST *request = &urb->UrbControlFeatureRequest;
    control->setup = (struct usb_setup){.type = recipient(request->Hdr.Function), .request = set ? SET_FEATURE : CLEAR_FEATURE,
                                        .value = request->FeatureSelector, .index = request->Index};
    control->reserved = true;
    control->length = 0;
    control->buffer = NULL;
    control->mdl = NULL;
}

/* GET_CONFIGURATION and GET_INTERFACE answer one byte. */
static USBD_STATUS byte_setup(struct usb_setup setup, struct control *control)
{
    control->setup = setup;
    return control->length == 0 ? USBD_STATUS_INVALID_PARAMETER : USBD_STATUS_SUCCESS;
}

static USBD_STATUS control_setup(struct usb_pdo *pdo, const URB *urb, struct control *control)
{
    USHORT function = urb->UrbHeader.Function;
    switch (function) {
    case URB_FUNCTION_CONTROL_TRANSFER:
    case URB_FUNCTION_CONTROL_TRANSFER_EX: return raw_setup(pdo, urb, control);
    case URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE:
    case URB_FUNCTION_GET_DESCRIPTOR_FROM_INTERFACE:
    case URB_FUNCTION_GET_DESCRIPTOR_FROM_ENDPOINT: descriptor_setup(urb, true, &control->setup); return USBD_STATUS_SUCCESS;
    case URB_FUNCTION_SET_DESCRIPTOR_TO_DEVICE:
    case URB_FUNCTION_SET_DESCRIPTOR_TO_INTERFACE:
    case URB_FUNCTION_SET_DESCRIPTOR_TO_ENDPOINT: descriptor_setup(urb, false, &control->setup); return USBD_STATUS_SUCCESS;
    case URB_FUNCTION_SET_FEATURE_TO_DEVICE:
    case URB_FUNCTION_SET_FEATURE_TO_INTERFACE:
    case URB_FUNCTION_SET_FEATURE_TO_ENDPOINT:
    case URB_FUNCTION_SET_FEATURE_TO_OTHER: feature_setup(urb, true, control); return USBD_STATUS_SUCCESS;
    case URB_FUNCTION_CLEAR_FEATURE_TO_DEVICE:
    case URB_FUNCTION_CLEAR_FEATURE_TO_INTERFACE:
    case URB_FUNCTION_CLEAR_FEATURE_TO_ENDPOINT:
    case URB_FUNCTION_CLEAR_FEATURE_TO_OTHER: feature_setup(urb, false, control); return USBD_STATUS_SUCCESS;
    case URB_FUNCTION_GET_STATUS_FROM_DEVICE:
    case URB_FUNCTION_GET_STATUS_FROM_INTERFACE:
    case URB_FUNCTION_GET_STATUS_FROM_ENDPOINT:
    case URB_FUNCTION_GET_STATUS_FROM_OTHER: return status_setup(urb, control);
    case URB_FUNCTION_VENDOR_DEVICE:
    case URB_FUNCTION_VENDOR_INTERFACE:
    case URB_FUNCTION_VENDOR_ENDPOINT:
    case URB_FUNCTION_VENDOR_OTHER: vendor_setup(urb, TYPE_VENDOR, &control->setup); return USBD_STATUS_SUCCESS;
    case URB_FUNCTION_CLASS_DEVICE:
    case URB_FUNCTION_CLASS_INTERFACE:
    case URB_FUNCTION_CLASS_ENDPOINT:
    case URB_FUNCTION_CLASS_OTHER: vendor_setup(urb, TYPE_CLASS, &control->setup); return USBD_STATUS_SUCCESS;
    case URB_FUNCTION_GET_CONFIGURATION:
        return byte_setup((struct usb_setup){.type = DIRECTION_IN, .request = GET_CONFIGURATION}, control);
    default:
        return byte_setup((struct usb_setup){.type = DIRECTION_IN | TO_INTERFACE, .request = GET_INTERFACE,
                                             .index = urb->UrbControlGetInterfaceRequest.Interface}, control);
    }
}

static void control_finish(struct usbd_request *request)
{
    request->urb->UrbControlTransfer.TransferBufferLength = request->transfer.actual;
}

/* Windows' composite parent shows each function a descriptor of its own interfaces. */
static bool is_function_config(const struct usb_pdo *pdo, const URB *urb)
{
    const struct _URB_CONTROL_DESCRIPTOR_REQUEST *request = &urb->UrbControlDescriptorRequest;
    return pdo->node->parent != NULL && request->Hdr.Function == URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE &&
           request->DescriptorType == USB_DT_CONFIGURATION;
}

static NTSTATUS function_config(struct usb_pdo *pdo, IRP *irp, URB *urb, void *memory)
{
    struct _URB_CONTROL_DESCRIPTOR_REQUEST *request = &urb->UrbControlDescriptorRequest;
    uint32_t length = request->Index != 0 ? 0 : usbd_config_descriptor(pdo, memory, request->TransferBufferLength);
    if (length == 0)
        return usbd_urb_end(irp, urb, USBD_STATUS_STALL_PID);
    if (length < request->TransferBufferLength)
        request->TransferBufferLength = length;
    return usbd_urb_end(irp, urb, USBD_STATUS_SUCCESS);
}

NTSTATUS usbd_control(struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    struct control control = {.length = urb->UrbControlTransfer.TransferBufferLength, .buffer = urb->UrbControlTransfer.TransferBuffer,
                              .mdl = urb->UrbControlTransfer.TransferBufferMDL};
    USBD_STATUS usbd = control_setup(pdo, urb, &control);
    void *memory = NULL;
    if (usbd == USBD_STATUS_SUCCESS &&
        (control.length > UINT16_MAX || control.length > usbd_transfer_maximum(pdo->device, &pdo->device->pipes[0]->endpoint) ||
         !usbd_buffer(control.buffer, control.mdl, control.length, &memory)))
        usbd = USBD_STATUS_INVALID_PARAMETER;
    if (usbd != USBD_STATUS_SUCCESS)
        return usbd_urb_end(irp, urb, usbd);
    if (is_function_config(pdo, urb))
        return function_config(pdo, irp, urb, memory);
    struct usbd_request *request = usbd_request_create(pdo, irp, urb, 0);
    if (request == NULL)
        return usbd_urb_end(irp, urb, USBD_STATUS_INSUFFICIENT_RESOURCES);
    control.setup.length = (uint16_t)control.length;
    request->transfer.setup = control.setup;
    request->transfer.buffer = memory;
    request->transfer.length = control.length;
    request->transfer.timeout_ms = control.timeout_ms;
    request->finish = control.reserved ? NULL : control_finish;
    return usbd_request_send(request);
}

/* ---- Microsoft OS feature descriptors ------------------------------------------------------------------------------------------ */

/* Two requests: the string descriptor 0xEE says the code of the vendor request that reads the feature. */
static int os_descriptor_read(struct usb_device *device, const struct _URB_OS_FEATURE_DESCRIPTOR_REQUEST *request, void *memory)
{
    enum { VENDOR_CODE_AT = 16, STRING_BYTES = 18, TIMEOUT_MS = 5000 };
    static const uint8_t signature[] = {'M', 0, 'S', 0, 'F', 0, 'T', 0, '1', 0, '0', 0, '0', 0};
    uint8_t string[STRING_BYTES];
    int moved = usb_device_get_descriptor(device, USB_DT_STRING, OS_STRING_DESCRIPTOR_INDEX, 0, string, sizeof string);
    if (moved < 0)
        return moved;
    if (moved < STRING_BYTES || memcmp(string + 2, signature, sizeof signature) != 0)
        return -EOPNOTSUPP;
    struct usb_setup setup = {.type = (uint8_t)(DIRECTION_IN | TYPE_VENDOR | (request->Recipient & 0x1f)), .request = string[VENDOR_CODE_AT],
                              .value = (uint16_t)(request->InterfaceNumber << 8 | request->MS_PageIndex),
                              .index = request->MS_FeatureDescriptorIndex, .length = (uint16_t)request->TransferBufferLength};
    return usb_device_control(device, &setup, memory, TIMEOUT_MS);
}

USBD_STATUS usbd_os_descriptor(struct usb_pdo *pdo, URB *urb)
{
    enum { MOST = 4096 };
    struct _URB_OS_FEATURE_DESCRIPTOR_REQUEST *request = &urb->UrbOSFeatureDescriptorRequest;
    void *memory;
    if (request->MS_PageIndex != 0 || request->TransferBufferLength == 0 || request->TransferBufferLength > MOST ||
        !usbd_buffer(request->TransferBuffer, request->TransferBufferMDL, request->TransferBufferLength, &memory))
        return USBD_STATUS_INVALID_PARAMETER;
    int moved = os_descriptor_read(pdo->device, request, memory);
    if (moved >= 0)
        request->TransferBufferLength = (ULONG)moved;
    return usbd_status_from_errno(moved < 0 ? moved : 0);
}
