/* SPDX-License-Identifier: MIT */
/* USBD_HANDLEs: a client's registration with the USB stack. The capabilities that were asked for are remembered with the handle, and each
 * URB that was allocated from it knows it, for what is only allowed after the question (static streams). */
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "usb/host.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

enum { HANDLE_MAGIC = 0x44425355, URB_MAGIC = 0x42525541, URB_FREED = 0x46525541, URB_SELECTS_NOTHING = -1 };

struct USBD_HANDLE__ {
    uint32_t magic;
    ULONG tag;
    struct usb_pdo *pdo;
    _Atomic uint32_t asked; /* a bit per enum usbd_capability */
    struct lock lock;
    struct list urbs;       /* struct usbd_urb.link: not freed yet */
    struct list link;       /* all handles */
};

static struct lock handles_lock;
static struct list handles = {&handles, &handles};

/* What stands before a URB that was allocated here. */
struct usbd_urb {
    struct list link;
    struct USBD_HANDLE__ *handle;
    uint32_t size;
    enum usbd_urb_class class;
    _Atomic int32_t selected; /* a selection's own: which configuration or setting it was built for */
    _Atomic uint32_t magic;
    _Alignas(16) URB urb;
};

static struct USBD_HANDLE__ *handle_of(USBD_HANDLE handle, const char *routine)
{
    if (handle == NULL || handle->magic != HANDLE_MAGIC)
        wdm_verifier_stop("usbd-handle", "%s: %p is no USBD_HANDLE, or a closed one", routine, (void *)handle);
    return handle;
}

NTSTATUS NTAPI USBD_CreateHandle(PDEVICE_OBJECT DeviceObject, PDEVICE_OBJECT TargetDeviceObject, ULONG USBDClientContractVersion,
                                 ULONG PoolTag, USBD_HANDLE *USBDHandle)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    if (DeviceObject == NULL || TargetDeviceObject == NULL || USBDHandle == NULL || PoolTag == 0 ||
        USBDClientContractVersion != USBD_CLIENT_CONTRACT_VERSION_602)
        return STATUS_INVALID_PARAMETER;
    *USBDHandle = NULL;
    struct usb_pdo *pdo = usb_pdo_below(TargetDeviceObject);
    if (pdo == NULL)
        return STATUS_NOT_SUPPORTED; /* there is no USB stack below */
    struct USBD_HANDLE__ *handle = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *handle);
    if (handle == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    handle->magic = HANDLE_MAGIC;
    handle->tag = PoolTag;
    handle->pdo = pdo;
    list_init(&handle->urbs);
    lock_acquire(&handles_lock);
    list_push_back(&handles, &handle->link);
    lock_release(&handles_lock);
    *USBDHandle = handle;
    return STATUS_SUCCESS;
}

VOID NTAPI USBD_CloseHandle(USBD_HANDLE USBDHandle)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct USBD_HANDLE__ *handle = handle_of(USBDHandle, "USBD_CloseHandle");
    if (!list_empty(&handle->urbs))
        wdm_verifier_stop("urb-leak", "USBD_CloseHandle(%p): URB %p of it is not freed", (void *)handle,
                 (void *)&container_of(handle->urbs.next, struct usbd_urb, link)->urb);
    lock_acquire(&handles_lock);
    list_remove(&handle->link);
    lock_release(&handles_lock);
    handle->magic = 0;
    free(handle);
}

BOOLEAN NTAPI USBD_IsInterfaceVersionSupported(USBD_HANDLE USBDHandle, ULONG USBDInterfaceVersion)
{
    handle_of(USBDHandle, "USBD_IsInterfaceVersionSupported");
    return USBDInterfaceVersion == USBD_INTERFACE_VERSION_600 || USBDInterfaceVersion == USBD_INTERFACE_VERSION_602;
}

/* ---- Capabilities ------------------------------------------------------------------------------------------------------------- */

static const struct {
    const GUID *guid;
    bool has_data; /* a USHORT */
} capabilities[USBD_CAPABILITY_COUNT] = {
    [USBD_CHAINED_MDLS] = {&GUID_USB_CAPABILITY_CHAINED_MDLS, false},
    [USBD_STATIC_STREAMS] = {&GUID_USB_CAPABILITY_STATIC_STREAMS, true},
    [USBD_SELECTIVE_SUSPEND] = {&GUID_USB_CAPABILITY_SELECTIVE_SUSPEND, false},
    [USBD_FUNCTION_SUSPEND] = {&GUID_USB_CAPABILITY_FUNCTION_SUSPEND, false},
    [USBD_HIGH_BANDWIDTH_ISOCH] = {&GUID_USB_CAPABILITY_HIGH_BANDWIDTH_ISOCH, false},
    [USBD_AT_LEAST_HIGH_SPEED] = {&GUID_USB_CAPABILITY_DEVICE_CONNECTION_HIGH_SPEED_COMPATIBLE, false},
    [USBD_AT_LEAST_SUPER_SPEED] = {&GUID_USB_CAPABILITY_DEVICE_CONNECTION_SUPER_SPEED_COMPATIBLE, false},
    [USBD_TIME_SYNC] = {&GUID_USB_CAPABILITY_TIME_SYNC, false},
};

/* STATUS_NOT_IMPLEMENTED: this stack does not know it; STATUS_NOT_SUPPORTED: the device or its host lacks it. */
static NTSTATUS capability_status(const struct usb_pdo *pdo, enum usbd_capability capability)
{
    enum usb_speed speed = pdo->device->id.speed;
    bool has;
    switch (capability) {
    case USBD_CHAINED_MDLS: has = true; break;
    case USBD_STATIC_STREAMS: has = usbd_stream_limit(pdo) != 0; break;
    case USBD_SELECTIVE_SUSPEND: has = pdo->device->host->suspend != NULL && pdo->node->parent == NULL; break;
    case USBD_FUNCTION_SUSPEND: has = false; break;
    case USBD_HIGH_BANDWIDTH_ISOCH:
    case USBD_AT_LEAST_HIGH_SPEED: has = speed >= USB_SPEED_HIGH; break;
    case USBD_AT_LEAST_SUPER_SPEED: has = speed >= USB_SPEED_SUPER; break;
    default: return STATUS_NOT_IMPLEMENTED;
    }
    return has ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

NTSTATUS NTAPI USBD_QueryUsbCapability(USBD_HANDLE USBDHandle, const GUID *CapabilityType, ULONG OutputBufferLength,
                                       PUCHAR OutputBuffer, PULONG ResultLength)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    if (ResultLength != NULL)
        *ResultLength = 0;
    if (USBDHandle == NULL || CapabilityType == NULL || (OutputBufferLength == 0) != (OutputBuffer == NULL))
        return STATUS_INVALID_PARAMETER;
    struct USBD_HANDLE__ *handle = handle_of(USBDHandle, "USBD_QueryUsbCapability");
    unsigned at = 0;
    while (at < USBD_CAPABILITY_COUNT && !IsEqualGUID(CapabilityType, capabilities[at].guid))
        at++;
    if (at == USBD_CAPABILITY_COUNT)
        return STATUS_NOT_IMPLEMENTED;
    NTSTATUS status = capability_status(handle->pdo, (enum usbd_capability)at);
    if (status != STATUS_SUCCESS)
        return status;
    if (capabilities[at].has_data && OutputBuffer != NULL) {
        USHORT streams = (USHORT)usbd_stream_limit(handle->pdo);
        if (OutputBufferLength < sizeof streams)
            return STATUS_BUFFER_TOO_SMALL;
        memcpy(OutputBuffer, &streams, sizeof streams);
        if (ResultLength != NULL)
            *ResultLength = sizeof streams;
    }
    atomic_fetch_or(&handle->asked, 1u << at);
    return STATUS_SUCCESS;
}

/* ---- URBs ------------------------------------------------------------------------------------------------------------------------ */

static NTSTATUS urb_allocate(struct USBD_HANDLE__ *handle, enum usbd_urb_class class, size_t size, PURB *urb)
{
    *urb = NULL;
    if (size < sizeof(URB))
        size = sizeof(URB);
    if (size > UINT16_MAX) /* Hdr.Length could not say it */
        return STATUS_INVALID_PARAMETER;
    struct usbd_urb *made = verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *made - sizeof(URB) + size);
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->handle = handle;
    made->size = (uint32_t)size;
    made->class = class;
    atomic_init(&made->selected, URB_SELECTS_NOTHING);
    atomic_init(&made->magic, URB_MAGIC);
    made->urb.UrbHeader.Length = (USHORT)size;
    lock_acquire(&handle->lock);
    list_push_back(&handle->urbs, &made->link);
    lock_release(&handle->lock);
    *urb = &made->urb;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI USBD_UrbAllocate(USBD_HANDLE USBDHandle, PURB *Urb)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    if (Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status = urb_allocate(handle_of(USBDHandle, "USBD_UrbAllocate"), USBD_URB_PLAIN, sizeof(URB), Urb);
    if (status == STATUS_SUCCESS)
        (*Urb)->UrbHeader.Length = 0; /* zeroed, for the client to fill */
    if (verify_on())
        verify_track(VERIFY_URB, *Urb, 0, 0, VERIFY_CALLER);
    return status;
}

NTSTATUS NTAPI USBD_IsochUrbAllocate(USBD_HANDLE USBDHandle, ULONG NumberOfIsochPackets, PURB *Urb)
{
    if (USBDHandle == NULL || Urb == NULL)
        return STATUS_INVALID_PARAMETER;
    *Urb = NULL;
    if (NumberOfIsochPackets > UINT16_MAX / sizeof(USBD_ISO_PACKET_DESCRIPTOR))
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        urb_allocate(handle_of(USBDHandle, "USBD_IsochUrbAllocate"), USBD_URB_ISOCH, GET_ISO_URB_SIZE(NumberOfIsochPackets), Urb);
    if (status == STATUS_SUCCESS)
        (*Urb)->UrbHeader.Length = 0;
    if (verify_on())
        verify_track(VERIFY_URB, *Urb, 0, 0, VERIFY_CALLER);
    return status;
}

/* For the builders of selection URBs, with Hdr.Length set. */
NTSTATUS usbd_urb_allocate(USBD_HANDLE handle, enum usbd_urb_class class, size_t size, PURB *urb)
{
    return urb_allocate(handle_of(handle, "USBD_Select...UrbAllocateAndBuild"), class, size, urb);
}

static struct usbd_urb *urb_of(const URB *urb, const char *routine)
{
    struct usbd_urb *made = container_of((URB *)(uintptr_t)urb, struct usbd_urb, urb);
    uint32_t magic = urb == NULL ? 0 : atomic_load(&made->magic);
    if (magic != URB_MAGIC)
        wdm_verifier_stop("urb-double-free", "%s: URB %p %s", routine, (const void *)urb,
                          magic == URB_FREED ? "is freed already" : "was not allocated by USBD_*UrbAllocate*");
    return made;
}

VOID NTAPI USBD_UrbFree(USBD_HANDLE USBDHandle, PURB Urb)
{
    VERIFY_IRQL(DISPATCH_LEVEL);
    struct usbd_urb *made = urb_of(Urb, "USBD_UrbFree");
    if (made->handle != handle_of(USBDHandle, "USBD_UrbFree"))
        wdm_verifier_stop("usbd-handle", "USBD_UrbFree: URB %p is of another handle", (void *)Urb);
    if (made->urb.UrbHeader.Length >= sizeof(struct _URB_BULK_OR_INTERRUPT_TRANSFER) && usbd_urb_is_active(Urb))
        wdm_verifier_stop("urb-freed", "USBD_UrbFree: the stack still has URB %p", (void *)Urb);
    if (verify_on())
        verify_forget(VERIFY_URB, Urb);
    atomic_store(&made->magic, URB_FREED);
    lock_acquire(&made->handle->lock);
    list_remove(&made->link);
    lock_release(&made->handle->lock);
    verify_free(made);
}

VOID NTAPI USBD_AssignUrbToIoStackLocation(USBD_HANDLE USBDHandle, PIO_STACK_LOCATION IoStackLocation, PURB Urb)
{
    handle_of(USBDHandle, "USBD_AssignUrbToIoStackLocation");
    urb_of(Urb, "USBD_AssignUrbToIoStackLocation");
    IoStackLocation->Parameters.Others.Argument1 = Urb;
}

/* ---- Which handle a URB came from ---------------------------------------------------------------------------------------------- */

/* Looks for the URB among all, as it may be anybody's memory: no header is read that may not be there. */
static struct usbd_urb *handle_find(struct USBD_HANDLE__ *handle, const URB *urb)
{
    struct usbd_urb *found = NULL;
    lock_acquire(&handle->lock);
    list_for_each (node, &handle->urbs)
        if (&container_of(node, struct usbd_urb, link)->urb == urb)
            found = container_of(node, struct usbd_urb, link);
    lock_release(&handle->lock);
    return found;
}

bool usbd_handle_asked(struct usb_pdo *pdo, const URB *urb, enum usbd_capability capability)
{
    bool asked = false;
    lock_acquire(&handles_lock);
    list_for_each (node, &handles) {
        struct USBD_HANDLE__ *handle = container_of(node, struct USBD_HANDLE__, link);
        if (handle->pdo == pdo && (atomic_load(&handle->asked) & 1u << capability) && handle_find(handle, urb) != NULL)
            asked = true;
    }
    lock_release(&handles_lock);
    return asked;
}

/* Only the same choice again: remembers the first. */
static bool selection_same(struct usbd_urb *made, int32_t choice)
{
    int32_t before = URB_SELECTS_NOTHING;
    return atomic_compare_exchange_strong(&made->selected, &before, choice) || before == choice;
}

/* "Reuse of URBs", of each allocating routine's page. */
static bool urb_may(struct usbd_urb *made, const URB *urb)
{
    uint16_t function = urb->UrbHeader.Function;
    bool isoch = function == URB_FUNCTION_ISOCH_TRANSFER || function == URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL;
    bool configures = function == URB_FUNCTION_SELECT_CONFIGURATION, sets = function == URB_FUNCTION_SELECT_INTERFACE;
    const USB_CONFIGURATION_DESCRIPTOR *configuration = configures ? urb->UrbSelectConfiguration.ConfigurationDescriptor : NULL;
    const USBD_INTERFACE_INFORMATION *setting = &urb->UrbSelectInterface.Interface;
    switch (made->class) {
    case USBD_URB_ISOCH: return isoch;
    case USBD_URB_CONFIGURATION:
        return configures && (configuration == NULL || selection_same(made, configuration->bConfigurationValue));
    case USBD_URB_INTERFACE: return sets && selection_same(made, setting->InterfaceNumber << 8 | setting->AlternateSetting);
    case USBD_URB_PLAIN: break;
    }
    return !isoch && !sets && configuration == NULL; /* a selection without a configuration unconfigures */
}

bool usbd_urb_reuse_is_good(struct usb_pdo *pdo, const URB *urb)
{
    bool good = true;
    lock_acquire(&handles_lock);
    list_for_each (node, &handles) {
        struct USBD_HANDLE__ *handle = container_of(node, struct USBD_HANDLE__, link);
        struct usbd_urb *made = handle->pdo == pdo ? handle_find(handle, urb) : NULL;
        good &= made == NULL || urb_may(made, urb);
    }
    lock_release(&handles_lock);
    return good;
}
