/* SPDX-License-Identifier: MIT */
/* Plug-and-play and power at the bottom of a USB device's stack: started means opened; a removed device's requests have ended; what the
 * node knows is told as ids, texts and capabilities. */
#include <stdio.h>
#include <string.h>

#include "base/utf16.h"
#include "usb/host.h"
#include "wdm/usbd.h"

enum { POOL_TAG = 'D' << 24 | 'B' << 16 | 'S' << 8 | 'U' };

/* ---- Texts ------------------------------------------------------------------------------------------------------------ */

/* UTF-8 of `length` bytes (zeros between strings stay) and `zeros` more, in pool that the asker frees. NULL: no memory. */
static WCHAR *text_make(const char *text, size_t length, size_t zeros)
{
    WCHAR *made = ExAllocatePool2(POOL_FLAG_PAGED, (length + zeros) * sizeof(WCHAR), POOL_TAG);
    size_t units = made == NULL ? 0 : utf16_from_utf8((char16_t *)made, length, text, length);
    if (made != NULL)
        memset(made + units, 0, (length + zeros - units) * sizeof(WCHAR));
    return made;
}

static NTSTATUS text_answer(IRP *irp, const char *text, size_t length, size_t zeros)
{
    WCHAR *made = text_make(text, length, zeros);
    return usbd_irp_end(irp, made == NULL ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS, (ULONG_PTR)made);
}

static size_t strings_length(const char *strings)
{
    size_t length = 0;
    while (strings[length] != '\0')
        length += strlen(strings + length) + 1;
    return length;
}

static NTSTATUS container_answer(IRP *irp, const struct usb_guid *guid)
{
    char text[64];
    GUID id;
    memcpy(&id, guid, sizeof id);
    int length = snprintf(text, sizeof text, "{%08x-%04x-%04x-%02x%02x-%02x%02x%02x%02x%02x%02x}", id.Data1, id.Data2, id.Data3,
                          id.Data4[0], id.Data4[1], id.Data4[2], id.Data4[3], id.Data4[4], id.Data4[5], id.Data4[6], id.Data4[7]);
    return text_answer(irp, text, (size_t)length, 1);
}

/* "USB\VID_1209&PID_0001" and "SERIAL" are one string in the node. */
static NTSTATUS query_id(struct usb_pdo *pdo, IRP *irp, BUS_QUERY_ID_TYPE type)
{
    const struct usb_node *node = pdo->node;
    const char *slash = strrchr(node->instance_id, '\\');
    switch (type) {
    case BusQueryDeviceID: return text_answer(irp, node->instance_id, slash == NULL ? strlen(node->instance_id) : (size_t)(slash - node->instance_id), 1);
    case BusQueryInstanceID: return text_answer(irp, slash == NULL ? "" : slash + 1, slash == NULL ? 0 : strlen(slash + 1), 1);
    case BusQueryHardwareIDs: return text_answer(irp, node->hardware_ids, strings_length(node->hardware_ids), 2);
    case BusQueryCompatibleIDs: return text_answer(irp, node->compatible_ids, strings_length(node->compatible_ids), 2);
    case BusQueryContainerID: return container_answer(irp, &node->container);
    default: return usbd_irp_end(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    }
}

static NTSTATUS query_text(struct usb_pdo *pdo, IRP *irp, DEVICE_TEXT_TYPE type)
{
    if (type != DeviceTextDescription && type != DeviceTextLocationInformation)
        return usbd_irp_end(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    const char *text = type == DeviceTextDescription ? pdo->node->description : pdo->node->location;
    return text_answer(irp, text, strlen(text), 1);
}

/* ---- Answers ---------------------------------------------------------------------------------------------------------- */

static NTSTATUS query_capabilities(struct usb_pdo *pdo, IRP *irp, DEVICE_CAPABILITIES *capabilities)
{
    if (capabilities == NULL || capabilities->Version != 1 || capabilities->Size < sizeof *capabilities)
        return usbd_irp_end(irp, STATUS_UNSUCCESSFUL, 0);
    capabilities->DeviceD1 = capabilities->DeviceD2 = TRUE;
    capabilities->Removable = TRUE;
    capabilities->UniqueID = pdo->device->id.serial[0] != '\0' && pdo->node->parent == NULL;
    capabilities->RawDeviceOK = FALSE;
    capabilities->Address = pdo->node->parent != NULL ? pdo->node->first_interface : pdo->device->id.port;
    capabilities->DeviceState[PowerSystemWorking] = PowerDeviceD0;
    for (int i = PowerSystemSleeping1; i < POWER_SYSTEM_MAXIMUM; i++)
        capabilities->DeviceState[i] = i <= PowerSystemSleeping3 ? PowerDeviceD2 : PowerDeviceD3;
    capabilities->WakeFromD0 = capabilities->WakeFromD1 = capabilities->WakeFromD2 = usbd_can_wake(pdo);
    capabilities->DeviceWake = usbd_can_wake(pdo) ? PowerDeviceD2 : PowerDeviceUnspecified;
    capabilities->SystemWake = usbd_can_wake(pdo) ? PowerSystemSleeping3 : PowerSystemUnspecified;
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS query_relations(struct usb_pdo *pdo, IRP *irp, DEVICE_RELATION_TYPE type)
{
    if (type != TargetDeviceRelation)
        return usbd_irp_end(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    DEVICE_RELATIONS *relations = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *relations, POOL_TAG);
    if (relations == NULL)
        return usbd_irp_end(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    relations->Count = 1;
    relations->Objects[0] = pdo->object;
    return usbd_irp_end(irp, STATUS_SUCCESS, (ULONG_PTR)relations);
}

static NTSTATUS query_bus(IRP *irp)
{
    static const GUID usb = {0x9d7debbc, 0xc85d, 0x11d1, {0x9e, 0xb4, 0x00, 0x60, 0x08, 0xc3, 0xa1, 0x9a}};
    PNP_BUS_INFORMATION *information = ExAllocatePool2(POOL_FLAG_PAGED, sizeof *information, POOL_TAG);
    if (information == NULL)
        return usbd_irp_end(irp, STATUS_INSUFFICIENT_RESOURCES, 0);
    *information = (PNP_BUS_INFORMATION){.BusTypeGuid = usb, .LegacyBusType = PNPBus};
    return usbd_irp_end(irp, STATUS_SUCCESS, (ULONG_PTR)information);
}

NTSTATUS usbd_pnp(struct usb_pdo *pdo, IRP *irp)
{
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    switch (stack->MinorFunction) {
    case IRP_MN_START_DEVICE: return usbd_irp_end(irp, usbd_start(pdo), 0);
    case IRP_MN_STOP_DEVICE: usbd_stop(pdo, PDO_STOPPED); return usbd_irp_end(irp, STATUS_SUCCESS, 0);
    case IRP_MN_SURPRISE_REMOVAL:
    case IRP_MN_REMOVE_DEVICE: usbd_stop(pdo, PDO_REMOVED); return usbd_irp_end(irp, STATUS_SUCCESS, 0);
    case IRP_MN_QUERY_REMOVE_DEVICE:
    case IRP_MN_CANCEL_REMOVE_DEVICE:
    case IRP_MN_QUERY_STOP_DEVICE:
    case IRP_MN_CANCEL_STOP_DEVICE: return usbd_irp_end(irp, STATUS_SUCCESS, 0);
    case IRP_MN_QUERY_CAPABILITIES: return query_capabilities(pdo, irp, stack->Parameters.DeviceCapabilities.Capabilities);
    case IRP_MN_QUERY_ID: return query_id(pdo, irp, stack->Parameters.QueryId.IdType);
    case IRP_MN_QUERY_DEVICE_TEXT: return query_text(pdo, irp, stack->Parameters.QueryDeviceText.DeviceTextType);
    case IRP_MN_QUERY_DEVICE_RELATIONS: return query_relations(pdo, irp, stack->Parameters.QueryDeviceRelations.Type);
    case IRP_MN_QUERY_BUS_INFORMATION: return query_bus(irp);
    case IRP_MN_QUERY_INTERFACE: return usbd_query_interface(pdo, irp);
    default: return usbd_irp_end(irp, irp->IoStatus.Status, irp->IoStatus.Information); /* not ours: as it was */
    }
}

/* ---- Power -------------------------------------------------------------------------------------------------------------- */

/* A device that cannot be suspended on its host stays as it is, asleep in name only; a function sleeps when its device does, which no
 * function decides alone. */
static NTSTATUS device_power(struct usb_pdo *pdo, IRP *irp, DEVICE_POWER_STATE state)
{
    bool may = pdo->node->parent == NULL && atomic_load(&pdo->state) == PDO_STARTED && !atomic_load(&pdo->device->gone);
    if (state == PowerDeviceD0) {
        if (may) {
            (void)usb_device_resume(pdo->device);
            usbd_wake_disarm(pdo);
        }
        usbd_idle_end(pdo, STATUS_SUCCESS);
    } else if (may) {
        usbd_wake_arm(pdo);
        (void)usb_device_suspend(pdo->device);
    }
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}

NTSTATUS usbd_power(struct usb_pdo *pdo, IRP *irp)
{
    IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    switch (stack->MinorFunction) {
    case IRP_MN_SET_POWER:
        if (stack->Parameters.Power.Type == DevicePowerState)
            return device_power(pdo, irp, stack->Parameters.Power.State.DeviceState);
        return usbd_irp_end(irp, STATUS_SUCCESS, 0);
    case IRP_MN_QUERY_POWER: return usbd_irp_end(irp, STATUS_SUCCESS, 0);
    case IRP_MN_WAIT_WAKE: return usbd_wait_wake(pdo, irp);
    default: return usbd_irp_end(irp, irp->IoStatus.Status, irp->IoStatus.Information);
    }
}
