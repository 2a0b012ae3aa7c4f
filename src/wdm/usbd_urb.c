/* SPDX-License-Identifier: MIT */
/* URB functions: one row each with the least length of its structure, the level it may be sent at, and who carries it out. What every URB
 * must obey is checked here: its length, that the stack has not got it already, that it is no chain. */
#include "base/trace.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

enum { PASSIVE_ONLY = 1, HAS_AREA = 2 }; /* HAS_AREA: a transfer with the stack's area and a UrbLink */

typedef NTSTATUS usbd_async_fn(struct usb_pdo *pdo, IRP *irp, URB *urb);
typedef USBD_STATUS usbd_blocking_fn(struct usb_pdo *pdo, URB *urb);

struct usbd_row {
    uint16_t length;
    uint8_t flags;
    usbd_async_fn *send;         /* ends the IRP or pends it */
    usbd_blocking_fn *carry_out; /* or: blocks, and returns the URB's status */
};

#define TRANSFER(type, send)    {sizeof(struct type), HAS_AREA, send, NULL}
#define BLOCKING(type, carry)   {sizeof(struct type), PASSIVE_ONLY, NULL, carry}
#define IMMEDIATE(type, send)   {sizeof(struct type), 0, send, NULL}
#define DESCRIPTOR TRANSFER(_URB_CONTROL_DESCRIPTOR_REQUEST, usbd_control)
#define FEATURE    TRANSFER(_URB_CONTROL_FEATURE_REQUEST, usbd_control)
#define GET_STATUS TRANSFER(_URB_CONTROL_GET_STATUS_REQUEST, usbd_control)
#define VENDOR     TRANSFER(_URB_CONTROL_VENDOR_OR_CLASS_REQUEST, usbd_control)

/* Frame length control is of the past and must fail; it has no row. */
static const struct usbd_row rows[] = {
    [URB_FUNCTION_SELECT_CONFIGURATION] = {offsetof(struct _URB_SELECT_CONFIGURATION, Interface), PASSIVE_ONLY, NULL, usbd_select_config},
    [URB_FUNCTION_SELECT_INTERFACE] = {offsetof(struct _URB_SELECT_INTERFACE, Interface.Pipes), PASSIVE_ONLY, NULL, usbd_select_interface},
    [URB_FUNCTION_ABORT_PIPE] = IMMEDIATE(_URB_PIPE_REQUEST, usbd_abort_pipe),
    [URB_FUNCTION_GET_CURRENT_FRAME_NUMBER] = IMMEDIATE(_URB_GET_CURRENT_FRAME_NUMBER, usbd_frame_number),
    [URB_FUNCTION_CONTROL_TRANSFER] = TRANSFER(_URB_CONTROL_TRANSFER, usbd_control),
    [URB_FUNCTION_CONTROL_TRANSFER_EX] = TRANSFER(_URB_CONTROL_TRANSFER_EX, usbd_control),
    [URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER] = TRANSFER(_URB_BULK_OR_INTERRUPT_TRANSFER, usbd_bulk),
    [URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL] = TRANSFER(_URB_BULK_OR_INTERRUPT_TRANSFER, usbd_bulk),
    [URB_FUNCTION_ISOCH_TRANSFER] = {offsetof(struct _URB_ISOCH_TRANSFER, IsoPacket), HAS_AREA, usbd_isoch, NULL},
    [URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL] = {offsetof(struct _URB_ISOCH_TRANSFER, IsoPacket), HAS_AREA, usbd_isoch, NULL},
    [URB_FUNCTION_GET_DESCRIPTOR_FROM_DEVICE] = DESCRIPTOR,
    [URB_FUNCTION_SET_DESCRIPTOR_TO_DEVICE] = DESCRIPTOR,
    [URB_FUNCTION_GET_DESCRIPTOR_FROM_ENDPOINT] = DESCRIPTOR,
    [URB_FUNCTION_SET_DESCRIPTOR_TO_ENDPOINT] = DESCRIPTOR,
    [URB_FUNCTION_GET_DESCRIPTOR_FROM_INTERFACE] = DESCRIPTOR,
    [URB_FUNCTION_SET_DESCRIPTOR_TO_INTERFACE] = DESCRIPTOR,
    [URB_FUNCTION_SET_FEATURE_TO_DEVICE] = FEATURE,
    [URB_FUNCTION_SET_FEATURE_TO_INTERFACE] = FEATURE,
    [URB_FUNCTION_SET_FEATURE_TO_ENDPOINT] = FEATURE,
    [URB_FUNCTION_SET_FEATURE_TO_OTHER] = FEATURE,
    [URB_FUNCTION_CLEAR_FEATURE_TO_DEVICE] = FEATURE,
    [URB_FUNCTION_CLEAR_FEATURE_TO_INTERFACE] = FEATURE,
    [URB_FUNCTION_CLEAR_FEATURE_TO_ENDPOINT] = FEATURE,
    [URB_FUNCTION_CLEAR_FEATURE_TO_OTHER] = FEATURE,
    [URB_FUNCTION_GET_STATUS_FROM_DEVICE] = GET_STATUS,
    [URB_FUNCTION_GET_STATUS_FROM_INTERFACE] = GET_STATUS,
    [URB_FUNCTION_GET_STATUS_FROM_ENDPOINT] = GET_STATUS,
    [URB_FUNCTION_GET_STATUS_FROM_OTHER] = GET_STATUS,
    [URB_FUNCTION_VENDOR_DEVICE] = VENDOR,
    [URB_FUNCTION_VENDOR_INTERFACE] = VENDOR,
    [URB_FUNCTION_VENDOR_ENDPOINT] = VENDOR,
    [URB_FUNCTION_VENDOR_OTHER] = VENDOR,
    [URB_FUNCTION_CLASS_DEVICE] = VENDOR,
    [URB_FUNCTION_CLASS_INTERFACE] = VENDOR,
    [URB_FUNCTION_CLASS_ENDPOINT] = VENDOR,
    [URB_FUNCTION_CLASS_OTHER] = VENDOR,
    [URB_FUNCTION_GET_CONFIGURATION] = TRANSFER(_URB_CONTROL_GET_CONFIGURATION_REQUEST, usbd_control),
    [URB_FUNCTION_GET_INTERFACE] = TRANSFER(_URB_CONTROL_GET_INTERFACE_REQUEST, usbd_control),
    [URB_FUNCTION_GET_MS_FEATURE_DESCRIPTOR] = {sizeof(struct _URB_OS_FEATURE_DESCRIPTOR_REQUEST), PASSIVE_ONLY, NULL, usbd_os_descriptor},
    [URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL] = BLOCKING(_URB_PIPE_REQUEST, usbd_reset_pipe),
    [URB_FUNCTION_SYNC_RESET_PIPE] = BLOCKING(_URB_PIPE_REQUEST, usbd_reset_pipe),
    [URB_FUNCTION_SYNC_CLEAR_STALL] = BLOCKING(_URB_PIPE_REQUEST, usbd_reset_pipe),
    [URB_FUNCTION_OPEN_STATIC_STREAMS] = BLOCKING(_URB_OPEN_STATIC_STREAMS, usbd_open_streams),
    [URB_FUNCTION_CLOSE_STATIC_STREAMS] = BLOCKING(_URB_PIPE_REQUEST, usbd_close_streams),
    [URB_FUNCTION_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS] = IMMEDIATE(_URB_GET_ISOCH_PIPE_TRANSFER_PATH_DELAYS, usbd_path_delays),
};

static USBD_STATUS refuse(const URB *urb, USBD_STATUS usbd, const char *reason)
{
    if (trace_on(USB))
        trace_note(TRACE_USB, "URB of function 0x%04x refused: %s", urb->UrbHeader.Function, reason);
    return usbd;
}

static USBD_STATUS urb_check(const struct usbd_row *row, struct usb_pdo *pdo, const IRP *irp, const URB *urb)
{
    if (urb->UrbHeader.Length < row->length)
        return refuse(urb, USBD_STATUS_INVALID_PARAMETER, "Hdr.Length is less than the structure has");
    if (verify_on() && !usbd_urb_reuse_is_good(pdo, urb))
        wdm_verifier_stop_at(verify_sender_name(irp), "urb-reuse", NULL, "URB %p was allocated for something else than function 0x%04x",
                             (const void *)urb, urb->UrbHeader.Function);
    if (!(row->flags & HAS_AREA))
        return USBD_STATUS_SUCCESS;
    if (usbd_urb_is_active(urb))
        wdm_verifier_stop_at(verify_sender_name(irp), "urb-resubmitted", NULL,
                             "URB %p is submitted while the stack has it (function 0x%04x)", (const void *)urb, urb->UrbHeader.Function);
    if (urb->UrbHeader.Function != URB_FUNCTION_CONTROL_TRANSFER_EX && urb->UrbBulkOrInterruptTransfer.UrbLink != NULL)
        return refuse(urb, USBD_STATUS_INVALID_PARAMETER, "UrbLink");
    return USBD_STATUS_SUCCESS;
}

static NTSTATUS carry_out(const struct usbd_row *row, struct usb_pdo *pdo, IRP *irp, URB *urb)
{
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
        urb->UrbHeader.Status = refuse(urb, USBD_STATUS_INVALID_PARAMETER, "it may only be sent at PASSIVE_LEVEL");
        return usbd_irp_end(irp, STATUS_INVALID_LEVEL, 0);
    }
    pthread_mutex_lock(&pdo->turn);
    USBD_STATUS usbd = row->carry_out(pdo, urb);
    pthread_mutex_unlock(&pdo->turn);
    return usbd_urb_end(irp, urb, usbd);
}

NTSTATUS usbd_submit(struct usb_pdo *pdo, IRP *irp)
{
    URB *urb = IoGetCurrentIrpStackLocation(irp)->Parameters.Others.Argument1;
    if (urb == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    uint16_t function = urb->UrbHeader.Function;
    const struct usbd_row *row = function < sizeof rows / sizeof *rows ? &rows[function] : NULL;
    if (row == NULL || row->length == 0)
        return usbd_urb_end(irp, urb, refuse(urb, USBD_STATUS_INVALID_URB_FUNCTION, "no such function"));
    uint8_t state = atomic_load(&pdo->state);
    if (state == PDO_REMOVED || atomic_load(&pdo->device->gone))
        return usbd_urb_end(irp, urb, USBD_STATUS_DEVICE_GONE);
    if (state != PDO_STARTED) {
        urb->UrbHeader.Status = refuse(urb, USBD_STATUS_INTERNAL_HC_ERROR, "the device is not started");
        return usbd_irp_end(irp, STATUS_INVALID_DEVICE_STATE, 0);
    }
    USBD_STATUS usbd = urb_check(row, pdo, irp, urb);
    if (usbd != USBD_STATUS_SUCCESS)
        return usbd_urb_end(irp, urb, usbd);
    return row->carry_out != NULL ? carry_out(row, pdo, irp, urb) : row->send(pdo, irp, urb);
}
