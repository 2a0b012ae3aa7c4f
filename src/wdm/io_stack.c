/* SPDX-License-Identifier: MIT */
/* Device stacks: attaching, detaching, and who is above and below. A device's StackSize is the number of devices from it
 * down; DeviceObjectExtension, which is the I/O manager's on Windows too, points at the device below. */
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static DEVICE_OBJECT *stack_top(DEVICE_OBJECT *device)
{
    while (device->AttachedDevice != NULL)
        device = device->AttachedDevice;
    return device;
}

DEVICE_OBJECT *wdm_device_top(DEVICE_OBJECT *device)
{
    lock_acquire(&wdm_lock);
    DEVICE_OBJECT *top = stack_top(device);
    lock_release(&wdm_lock);
    return top;
}

/* The lowest, where that is a physical device. */
DEVICE_OBJECT *wdm_device_physical(DEVICE_OBJECT *device)
{
    lock_acquire(&wdm_lock);
    while (device->DeviceObjectExtension != NULL)
        device = device->DeviceObjectExtension;
    bool physical = wdm_device_of(device)->pnp != NULL;
    lock_release(&wdm_lock);
    return physical ? device : NULL;
}

static DEVICE_OBJECT *stack_attach(DEVICE_OBJECT *source, DEVICE_OBJECT *target, DEVICE_OBJECT **attached)
{
    lock_acquire(&wdm_lock);
    DEVICE_OBJECT *below = stack_top(target);
    if (wdm_device_of(below)->deleted) {
        below = NULL; /* the device is going */
    } else {
        *attached = below; /* before requests can come */
        source->StackSize = (CCHAR)(below->StackSize + 1);
        source->AlignmentRequirement = below->AlignmentRequirement;
        source->DeviceObjectExtension = below;
        below->AttachedDevice = source;
    }
    lock_release(&wdm_lock);
    return below;
}

PDEVICE_OBJECT NTAPI IoAttachDeviceToDeviceStack(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice)
{
    DEVICE_OBJECT *attached;
    return stack_attach(SourceDevice, TargetDevice, &attached);
}

NTSTATUS NTAPI IoAttachDeviceToDeviceStackSafe(PDEVICE_OBJECT SourceDevice, PDEVICE_OBJECT TargetDevice,
                                               PDEVICE_OBJECT *AttachedToDeviceObject)
{
    if (stack_attach(SourceDevice, TargetDevice, AttachedToDeviceObject) != NULL)
        return STATUS_SUCCESS;
    *AttachedToDeviceObject = NULL;
    return STATUS_NO_SUCH_DEVICE;
}

NTSTATUS NTAPI IoAttachDevice(PDEVICE_OBJECT SourceDevice, PUNICODE_STRING TargetDevice, PDEVICE_OBJECT *AttachedDevice)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct wdm_device *target = wdm_device_by_name(TargetDevice);
    if (target == NULL)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    NTSTATUS status = IoAttachDeviceToDeviceStackSafe(SourceDevice, &target->object, AttachedDevice);
    wdm_device_dereference(target);
    return status;
}

VOID NTAPI IoDetachDevice(PDEVICE_OBJECT TargetDevice)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    lock_acquire(&wdm_lock);
    if (TargetDevice->AttachedDevice != NULL)
        TargetDevice->AttachedDevice->DeviceObjectExtension = NULL;
    TargetDevice->AttachedDevice = NULL;
    lock_release(&wdm_lock);
}

PDEVICE_OBJECT NTAPI IoGetAttachedDevice(PDEVICE_OBJECT DeviceObject)
{
    return wdm_device_top(DeviceObject);
}

static DEVICE_OBJECT *device_referenced(DEVICE_OBJECT *device)
{
    if (device != NULL)
        wdm_device_reference(wdm_device_of(device));
    return device;
}

PDEVICE_OBJECT NTAPI IoGetAttachedDeviceReference(PDEVICE_OBJECT DeviceObject)
{
    lock_acquire(&wdm_lock);
    DEVICE_OBJECT *top = device_referenced(stack_top(DeviceObject));
    lock_release(&wdm_lock);
    return top;
}

PDEVICE_OBJECT NTAPI IoGetLowerDeviceObject(PDEVICE_OBJECT DeviceObject)
{
    lock_acquire(&wdm_lock);
    DEVICE_OBJECT *below = device_referenced(DeviceObject->DeviceObjectExtension);
    lock_release(&wdm_lock);
    return below;
}

PDEVICE_OBJECT NTAPI IoGetRelatedDeviceObject(PFILE_OBJECT FileObject)
{
    return wdm_device_top(FileObject->DeviceObject);
}
