/* SPDX-License-Identifier: MIT */
/* The interfaces that a USB device's PDO gives to IRP_MN_QUERY_INTERFACE: the bus interface, by
 * which a client calls instead of sending requests, in its four versions, and the one to begin anew
 * by. */
#include "ntddk.h"

#define INITGUID
#include "usbbusif.h"
#undef INITGUID

#include <string.h>

#include "base/trace.h"
#include "usb/host.h"
#include "wdm/pnp.h"
#include "wdm/usbd.h"
#include "wdm/verify.h"

static VOID NTAPI bus_reference(PVOID BusContext)
{
    atomic_fetch_add(&((struct usb_pdo *)BusContext)->references, 1);
}

static VOID NTAPI bus_dereference(PVOID BusContext)
{
    if (atomic_fetch_sub(&((struct usb_pdo *)BusContext)->references, 1) == 0)
        wdm_stop("the USB bus interface was dereferenced once too often");
}

static VOID NTAPI bus_version(PVOID BusContext, PUSBD_VERSION_INFORMATION VersionInformation,
                              PULONG HcdCapabilities)
{
    (void)BusContext;
    USBD_GetUSBDIVersion(VersionInformation);
    if (HcdCapabilities != NULL)
        *HcdCapabilities = 0; /* no real-time threads */
}

static NTSTATUS bus_frame(const struct usb_pdo *pdo, struct usb_frame *frame)
{
    return usbd_ntstatus(usbd_status_from_errno(usb_device_frame(pdo->device, frame)), false);
}

static NTSTATUS NTAPI bus_time(PVOID BusContext, PULONG CurrentUsbFrame)
{
    struct usb_frame frame = {0};
    NTSTATUS status = bus_frame(BusContext, &frame);
    if (status == STATUS_SUCCESS)
        *CurrentUsbFrame = (ULONG)(frame.microframe / 8);
    return status;
}

/* The frame's number and below it, in three bits, the microframe's. */
static NTSTATUS NTAPI bus_time_ex(PVOID BusContext, PULONG HighSpeedFrameCounter)
{
    struct usb_frame frame = {0};
    NTSTATUS status = bus_frame(BusContext, &frame);
    if (status == STATUS_SUCCESS)
        *HighSpeedFrameCounter = (ULONG)frame.microframe;
    return status;
}

static NTSTATUS not_supported(const char *name, const char *reason)
{
    if (trace_on(UNSUPPORTED))
        trace_note(TRACE_UNSUPPORTED, "the USB bus interface's %s: %s", name, reason);
    return STATUS_NOT_SUPPORTED;
}

static NTSTATUS NTAPI bus_isoch_out(PVOID BusContext, PURB Urb)
{
    (void)BusContext;
    (void)Urb;
    return not_supported("SubmitIsoOutUrb",
                         "there are no real-time threads, as GetUSBDIVersion says");
}

static NTSTATUS NTAPI bus_information(PVOID BusContext, ULONG Level, PVOID BusInformationBuffer,
                                      PULONG BusInformationBufferLength,
                                      PULONG BusInformationActualLength)
{
    (void)BusContext;
    (void)Level;
    (void)BusInformationBuffer;
    (void)BusInformationBufferLength;
    (void)BusInformationActualLength;
    return not_supported("QueryBusInformation", "the bandwidth of a bus that is not seen");
}

static NTSTATUS NTAPI bus_log(PVOID BusContext, ULONG DriverTag, ULONG EnumTag, ULONG P1, ULONG P2)
{
    (void)BusContext;
    (void)DriverTag;
    (void)EnumTag;
    (void)P1;
    (void)P2;
    return not_supported("EnumLogEntry", "nor does Windows");
}

static NTSTATUS NTAPI bus_controller(PVOID BusContext, PULONG HcdiOptionFlags, PUSHORT PciVendorId,
                                     PUSHORT PciDeviceId, PUCHAR PciClass, PUCHAR PciSubClass,
                                     PUCHAR PciRevisionId, PUCHAR PciProgIf)
{
    (void)BusContext;
    (void)HcdiOptionFlags;
    (void)PciVendorId;
    (void)PciDeviceId;
    (void)PciClass;
    (void)PciSubClass;
    (void)PciRevisionId;
    (void)PciProgIf;
    return not_supported("QueryControllerType", "no PCI device is known to be the host");
}

static BOOLEAN NTAPI bus_high_speed(PVOID BusContext)
{
    return ((struct usb_pdo *)BusContext)->device->id.speed >= USB_SPEED_HIGH;
}

/* ---- Beginning anew -------------------------------------------------------------------------- */

static const GUID reenumerate_guid = {
    0x2aeb0243, 0x6a6e, 0x486b, {0x82, 0xfc, 0xd8, 0x15, 0xf6, 0xb9, 0x70, 0x06}};

static VOID NTAPI reenumerate_self(PVOID Context)
{
    struct pnp_device *device = pnp_device_of(((struct usb_pdo *)Context)->object);
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (device != NULL)
        pnp_restart(device);
}

static NTSTATUS reenumerate_interface(struct usb_pdo *pdo, IRP *irp, const IO_STACK_LOCATION *stack)
{
    REENUMERATE_SELF_INTERFACE_STANDARD made = {.Size = sizeof made,
                                                .Version = 1,
                                                .Context = pdo,
                                                .InterfaceReference = bus_reference,
                                                .InterfaceDereference = bus_dereference,
                                                .SurpriseRemoveAndReenumerateSelf =
                                                    reenumerate_self};
    if (stack->Parameters.QueryInterface.Size < sizeof made ||
        stack->Parameters.QueryInterface.Interface == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    memcpy(stack->Parameters.QueryInterface.Interface, &made, sizeof made);
    bus_reference(pdo); /* the asker's */
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS bus_interface(struct usb_pdo *pdo, IRP *irp, const IO_STACK_LOCATION *stack)
{
    static const USHORT sizes[] = {
        sizeof(USB_BUS_INTERFACE_USBDI_V0), sizeof(USB_BUS_INTERFACE_USBDI_V1),
        sizeof(USB_BUS_INTERFACE_USBDI_V2), sizeof(USB_BUS_INTERFACE_USBDI_V3)};
    USHORT version = stack->Parameters.QueryInterface.Version;
    if (stack->Parameters.QueryInterface.Size < sizes[version] ||
        stack->Parameters.QueryInterface.Interface == NULL)
        return usbd_irp_end(irp, STATUS_INVALID_PARAMETER, 0);
    USB_BUS_INTERFACE_USBDI_V3 made = {.Size = sizes[version],
                                       .Version = version,
                                       .BusContext = pdo,
                                       .InterfaceReference = bus_reference,
                                       .InterfaceDereference = bus_dereference,
                                       .GetUSBDIVersion = bus_version,
                                       .QueryBusTime = bus_time,
                                       .SubmitIsoOutUrb = bus_isoch_out,
                                       .QueryBusInformation = bus_information,
                                       .IsDeviceHighSpeed = bus_high_speed,
                                       .EnumLogEntry = bus_log,
                                       .QueryBusTimeEx = bus_time_ex,
                                       .QueryControllerType = bus_controller};
    memcpy(stack->Parameters.QueryInterface.Interface, &made,
           sizes[version]); /* each version is the beginning of the next */
    bus_reference(pdo);     /* the asker's */
    return usbd_irp_end(irp, STATUS_SUCCESS, 0);
}

NTSTATUS usbd_query_interface(struct usb_pdo *pdo, IRP *irp)
{
    const IO_STACK_LOCATION *stack = IoGetCurrentIrpStackLocation(irp);
    const GUID *type = stack->Parameters.QueryInterface.InterfaceType;
    if (type != NULL && IsEqualGUID(type, &reenumerate_guid))
        return reenumerate_interface(pdo, irp, stack);
    if (type != NULL && IsEqualGUID(type, &USB_BUS_INTERFACE_USBDI_GUID) &&
        stack->Parameters.QueryInterface.Version <= USB_BUSIF_USBDI_VERSION_3)
        return bus_interface(pdo, irp, stack);
    return usbd_irp_end(irp, irp->IoStatus.Status,
                        irp->IoStatus.Information); /* not ours: as it was */
}
