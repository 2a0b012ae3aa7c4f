/* SPDX-License-Identifier: MIT */
/* WDFUSBDEVICE: made above a started USB device, whose descriptors it reads; information, the port, capabilities, the frame number and URBs
 * of the driver's own. Control transfers and strings are usb_control.c's, configurations usb_config.c's. */
#include <stdlib.h>
#include <string.h>

#include "usb/device.h"
#include "usbioctl.h"
#include "wdf/usb.h"

enum { POOL_TAG = 'U' << 24 | 'f' << 16 | 'd' << 8 | 'W' };

/* ---- Making and freeing ---------------------------------------------------------------------------------------------------- */

static NTSTATUS descriptor_read(struct wdf_usb_device *usb, UCHAR type, void *buffer, ULONG length)
{
    URB urb = {.UrbHeader = {.Length = 0}};
    UsbBuildGetDescriptorRequest(&urb, sizeof(struct _URB_CONTROL_DESCRIPTOR_REQUEST), type, 0, 0, buffer, NULL, length, NULL);
    NTSTATUS status = wdf_usb_send_urb(&usb->target, &urb);
    if (NT_SUCCESS(status) && urb.UrbControlDescriptorRequest.TransferBufferLength < length)
        return STATUS_DEVICE_DATA_ERROR;
    return status;
}

static NTSTATUS config_read(struct wdf_usb_device *usb)
{
    USB_CONFIGURATION_DESCRIPTOR head;
    NTSTATUS status = descriptor_read(usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, &head, sizeof head);
    if (!NT_SUCCESS(status))
        return status;
    if (head.wTotalLength < sizeof head)
        return STATUS_DEVICE_CONFIGURATION_ERROR;
    usb->config = wdf_allocate(head.wTotalLength);
    if (usb->config == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    status = descriptor_read(usb, USB_CONFIGURATION_DESCRIPTOR_TYPE, usb->config, head.wTotalLength);
    if (NT_SUCCESS(status) && (usb->config->wTotalLength != head.wTotalLength ||
                               !USBD_SUCCESS(USBD_ValidateConfigurationDescriptor(usb->config, head.wTotalLength, 1, NULL, POOL_TAG))))
        status = STATUS_DEVICE_CONFIGURATION_ERROR;
    return status;
}

static NTSTATUS device_fill(struct wdf_usb_device *usb, struct wdf_device *device)
{
    struct usb_node *node = device->attached == NULL ? NULL : usb_pdo_node(device->attached);
    if (node == NULL)
        return STATUS_NOT_SUPPORTED; /* no USB device is below */
    usb->high_speed = node->device->id.speed >= USB_SPEED_HIGH;
    NTSTATUS status = USBD_CreateHandle(device->wdm, device->attached, USBD_CLIENT_CONTRACT_VERSION_602, POOL_TAG, &usb->usbd);
    if (NT_SUCCESS(status))
        status = descriptor_read(usb, USB_DEVICE_DESCRIPTOR_TYPE, &usb->descriptor, sizeof usb->descriptor);
    if (NT_SUCCESS(status))
        status = config_read(usb);
    return NT_SUCCESS(status) ? wdf_usb_interfaces_make(usb) : status;
}

static NTSTATUS device_create(PWDF_DRIVER_GLOBALS globals, WDFDEVICE handle, bool has_contract, PWDF_OBJECT_ATTRIBUTES attributes,
                              const void *caller, WDFUSBDEVICE *made)
{
    struct wdf_device *device = (struct wdf_device *)(void *)wdf_object_of(globals, handle, &wdf_device_class, caller);
    struct wdf_object *object;
    *made = NULL;
    if (KeGetCurrentIrql() != PASSIVE_LEVEL)
        return STATUS_INVALID_LEVEL;
    struct wdf_object *parent = wdf_attributes_parent(globals, attributes, &device->object, caller);
    NTSTATUS status = wdf_object_create(device->object.driver, &wdf_usb_device_class, attributes, parent, caller, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_device *usb = container_of(object, struct wdf_usb_device, target.object);
    wdf_io_target_init(&usb->target, device, device->attached, device->pdo);
    usb->has_contract = has_contract;
    status = device_fill(usb, device);
    if (!NT_SUCCESS(status)) {
        wdf_object_abandon(object);
        return status;
    }
    *made = (WDFUSBDEVICE)(void *)object;
    return STATUS_SUCCESS;
}

static void device_destroy(struct wdf_object *object)
{
    struct wdf_usb_device *usb = container_of(object, struct wdf_usb_device, target.object);
    if (usb->usbd != NULL)
        USBD_CloseHandle(usb->usbd);
    free(usb->interfaces);
    free(usb->config);
}

const struct wdf_class wdf_usb_device_class = {.name = "WDFUSBDEVICE", .size = sizeof(struct wdf_usb_device), .base = &wdf_io_target_class,
                                               .passive = true, .retire = wdf_io_target_retire, .destroy = device_destroy};

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceCreate(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device, PWDF_OBJECT_ATTRIBUTES Attributes,
                                            WDFUSBDEVICE *UsbDevice)
{
    return device_create(DriverGlobals, Device, false, Attributes, WDF_CALLER, UsbDevice);
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceCreateWithParameters(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                          PWDF_USB_DEVICE_CREATE_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                                                          WDFUSBDEVICE *UsbDevice)
{
    *UsbDevice = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Config->USBDClientContractVersion != USBD_CLIENT_CONTRACT_VERSION_602)
        return STATUS_INVALID_PARAMETER;
    return device_create(DriverGlobals, Device, true, Attributes, WDF_CALLER, UsbDevice);
}

/* ---- What it is --------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceRetrieveInformation(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                         PWDF_USB_DEVICE_INFORMATION Information)
{
    enum { SELF_POWERED = 0x40, REMOTE_WAKE = 0x20 };
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    if (Information->Size != sizeof *Information)
        return STATUS_INFO_LENGTH_MISMATCH;
    USBD_GetUSBDIVersion(&Information->UsbdVersionInformation);
    Information->HcdPortCapabilities = 0;
    Information->Traits = (usb->config->bmAttributes & SELF_POWERED ? (ULONG)WDF_USB_DEVICE_TRAIT_SELF_POWERED : 0) |
                          (usb->config->bmAttributes & REMOTE_WAKE ? (ULONG)WDF_USB_DEVICE_TRAIT_REMOTE_WAKE_CAPABLE : 0) |
                          (usb->high_speed ? (ULONG)WDF_USB_DEVICE_TRAIT_AT_HIGH_SPEED : 0);
    return STATUS_SUCCESS;
}

VOID NTAPI ovl_WdfUsbTargetDeviceGetDeviceDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                     PUSB_DEVICE_DESCRIPTOR UsbDeviceDescriptor)
{
    *UsbDeviceDescriptor = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device)->descriptor;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceRetrieveConfigDescriptor(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                              PVOID ConfigDescriptor, PUSHORT ConfigDescriptorLength)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    USHORT room = *ConfigDescriptorLength, length = usb->config->wTotalLength;
    *ConfigDescriptorLength = length;
    if (ConfigDescriptor == NULL || room < length) {
        if (ConfigDescriptor != NULL)
            memcpy(ConfigDescriptor, usb->config, room);
        return STATUS_BUFFER_TOO_SMALL;
    }
    memcpy(ConfigDescriptor, usb->config, length);
    return STATUS_SUCCESS;
}

UCHAR NTAPI ovl_WdfUsbTargetDeviceGetNumInterfaces(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice)
{
    return WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device)->interface_count;
}

WDFUSBINTERFACE NTAPI ovl_WdfUsbTargetDeviceGetInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, UCHAR InterfaceIndex)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    return InterfaceIndex < usb->interface_count ? (WDFUSBINTERFACE)(void *)usb->interfaces[InterfaceIndex] : NULL;
}

WDFIOTARGET NTAPI ovl_WdfUsbTargetDeviceGetIoTarget(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice)
{
    return wdf_io_target_handle(&WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device)->target);
}

USBD_CONFIGURATION_HANDLE NTAPI ovl_WdfUsbTargetDeviceWdmGetConfigurationHandle(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice)
{
    return WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device)->config_handle;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceQueryUsbCapability(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                        const GUID *CapabilityType, ULONG CapabilityBufferLength,
                                                        PVOID CapabilityBuffer, PULONG ResultLength)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    if (!usb->has_contract)
        return STATUS_INVALID_DEVICE_STATE; /* only a client that has said its contract's version may ask */
    return USBD_QueryUsbCapability(usb->usbd, CapabilityType, CapabilityBufferLength, CapabilityBuffer, ResultLength);
}

/* ---- The port -------------------------------------------------------------------------------------------------------------------- */

static NTSTATUS port_send(struct wdf_usb_device *usb, ULONG code, void *argument, const void *caller)
{
    WDF_REQUEST_SEND_OPTIONS options;
    WDF_REQUEST_SEND_OPTIONS_INIT(&options, WDF_REQUEST_SEND_OPTION_IGNORE_TARGET_STATE);
    struct wdf_usb_sync sync = {.globals = usb->target.object.driver->globals, .target = &usb->target, .caller = caller};
    NTSTATUS status = wdf_usb_sync_begin(&sync);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_request *made;
    status = wdf_usb_format_begin(sync.request, &usb->target, WdfUsbRequestTypeNoFormat, &made);
    if (NT_SUCCESS(status)) {
        wdf_usb_format_control(sync.request, code, argument);
        status = wdf_usb_sync_send(&sync, &options);
    }
    wdf_usb_sync_end(&sync);
    return status;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceIsConnectedSynchronous(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice)
{
    ULONG port = 0;
    NTSTATUS status = port_send(WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device), IOCTL_INTERNAL_USB_GET_PORT_STATUS, &port, WDF_CALLER);
    return NT_SUCCESS(status) && !(port & USBD_PORT_CONNECTED) ? STATUS_DEVICE_DOES_NOT_EXIST : status;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceResetPortSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice)
{
    return port_send(WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device), IOCTL_INTERNAL_USB_RESET_PORT, NULL, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceCyclePortSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice)
{
    return port_send(WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device), IOCTL_INTERNAL_USB_CYCLE_PORT, NULL, WDF_CALLER);
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceFormatRequestForCyclePort(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, WDFREQUEST Request)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_usb_request *made;
    NTSTATUS status = wdf_usb_format_begin(request, &usb->target, WdfUsbRequestTypeNoFormat, &made);
    if (NT_SUCCESS(status))
        wdf_usb_format_control(request, IOCTL_INTERNAL_USB_CYCLE_PORT, NULL);
    return status;
}

/* ---- URBs --------------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceRetrieveCurrentFrameNumber(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                                PULONG CurrentFrameNumber)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    URB urb = {.UrbGetCurrentFrameNumber = {.Hdr = {.Length = sizeof urb.UrbGetCurrentFrameNumber,
                                                    .Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER}}};
    NTSTATUS status = wdf_usb_send_urb(&usb->target, &urb);
    if (NT_SUCCESS(status))
        *CurrentFrameNumber = urb.UrbGetCurrentFrameNumber.FrameNumber;
    return status;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceSendUrbSynchronously(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, WDFREQUEST Request,
                                                          PWDF_REQUEST_SEND_OPTIONS RequestOptions, PURB Urb)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_usb_sync sync = {.globals = DriverGlobals, .target = &usb->target, .handle = Request, .caller = WDF_CALLER};
    return wdf_usb_urb_synchronously(&sync, WdfUsbRequestTypeDeviceUrb, Urb, RequestOptions);
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceFormatRequestForUrb(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, WDFREQUEST Request,
                                                         WDFMEMORY UrbMemory, PWDFMEMORY_OFFSET UrbMemoryOffset)
{
    struct wdf_usb_device *usb = WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device);
    struct wdf_request *request = WDF_HANDLE(DriverGlobals, Request, wdf_request);
    struct wdf_buffer buffer;
    NTSTATUS status = wdf_buffer_of_memory(DriverGlobals, UrbMemory, UrbMemoryOffset, WDF_CALLER, &buffer);
    return NT_SUCCESS(status) ? wdf_usb_format_memory(request, &usb->target, WdfUsbRequestTypeDeviceUrb, &buffer) : status;
}

static void urb_destroy(struct wdf_object *object)
{
    struct wdf_usb_urb *urb = container_of(object, struct wdf_usb_urb, memory.object);
    if (urb->memory.buffer != NULL)
        USBD_UrbFree(urb->device->usbd, urb->memory.buffer);
    if (urb->device != NULL)
        wdf_object_dereference(&urb->device->target.object);
}

const struct wdf_class wdf_usb_urb_class = {.name = "WDFMEMORY (a URB)", .size = sizeof(struct wdf_usb_urb), .base = &wdf_memory_class,
                                            .destroy = urb_destroy};

/* `packets` 0: no isochronous one. */
static NTSTATUS urb_create(struct wdf_usb_device *usb, PWDF_OBJECT_ATTRIBUTES attributes, ULONG packets, const void *caller,
                           WDFMEMORY *memory, PURB *urb)
{
    *memory = NULL;
    if (urb != NULL)
        *urb = NULL;
    if (!usb->has_contract)
        return STATUS_INVALID_DEVICE_STATE;
    struct wdf_object *object, *parent = wdf_attributes_parent(usb->target.object.driver->globals, attributes, &usb->target.object, caller);
    NTSTATUS status = wdf_object_create(usb->target.object.driver, &wdf_usb_urb_class, attributes, parent, caller, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_usb_urb *made = container_of(object, struct wdf_usb_urb, memory.object);
    PURB block;
    made->memory.kind = WDF_MEMORY_OWN; /* WdfMemoryAssignBuffer gives it no other */
    status = packets != 0 ? USBD_IsochUrbAllocate(usb->usbd, packets, &block) : USBD_UrbAllocate(usb->usbd, &block);
    if (!NT_SUCCESS(status)) {
        wdf_object_abandon(object);
        return status;
    }
    wdf_object_reference(&usb->target.object);
    made->device = usb;
    made->memory.buffer = block;
    made->memory.size = packets != 0 ? GET_ISO_URB_SIZE(packets) : sizeof(URB);
    *memory = (WDFMEMORY)(void *)object;
    if (urb != NULL)
        *urb = block;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceCreateUrb(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice, PWDF_OBJECT_ATTRIBUTES Attributes,
                                               WDFMEMORY *UrbMemory, PURB *Urb)
{
    return urb_create(WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device), Attributes, 0, WDF_CALLER, UrbMemory, Urb);
}

NTSTATUS NTAPI ovl_WdfUsbTargetDeviceCreateIsochUrb(PWDF_DRIVER_GLOBALS DriverGlobals, WDFUSBDEVICE UsbDevice,
                                                    PWDF_OBJECT_ATTRIBUTES Attributes, ULONG NumberOfIsochPackets, WDFMEMORY *UrbMemory,
                                                    PURB *Urb)
{
    *UrbMemory = NULL;
    if (NumberOfIsochPackets == 0)
        return STATUS_INVALID_PARAMETER;
    return urb_create(WDF_HANDLE(DriverGlobals, UsbDevice, wdf_usb_device), Attributes, NumberOfIsochPackets, WDF_CALLER, UrbMemory, Urb);
}
