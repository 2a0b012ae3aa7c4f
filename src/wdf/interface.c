/* SPDX-License-Identifier: MIT */
/* Device interfaces. The I/O manager names and shows them; the framework shows those made before the start when the device has started,
 * and hides all when it goes. */
#include "wdf/interface.h"

#include <stdlib.h>
#include <string.h>

#include "wdf/driver.h"
#include "wdf/pnp.h"
#include "wdf/string_object.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct wdf_interface {
    struct list link;         /* the device's, under its interfaces_lock */
    GUID class;
    UNICODE_STRING reference; /* its buffer is ours; empty for none */
    UNICODE_STRING name;      /* the I/O manager's: the symbolic link */
    bool wanted;              /* the driver has not disabled it */
    bool shown;
};

static bool reference_equal(const UNICODE_STRING *own, PCUNICODE_STRING asked)
{
    size_t length = asked == NULL ? 0 : asked->Length;
    return own->Length == length && (length == 0 || memcmp(own->Buffer, asked->Buffer, length) == 0);
}

/* With the lock held. */
static struct wdf_interface *interface_find(struct wdf_device *device, const GUID *class, PCUNICODE_STRING reference)
{
    list_for_each(node, &device->interfaces)
    {
        struct wdf_interface *interface = container_of(node, struct wdf_interface, link);
        if (memcmp(&interface->class, class, sizeof *class) == 0 && reference_equal(&interface->reference, reference))
            return interface;
    }
    return NULL;
}

static void interface_free(struct wdf_interface *interface)
{
    if (interface->name.Buffer != NULL)
        RtlFreeUnicodeString(&interface->name);
    free(interface->reference.Buffer);
    free(interface);
}

static NTSTATUS interface_make(struct wdf_device *device, const GUID *class, PCUNICODE_STRING reference,
                               struct wdf_interface **made)
{
    struct wdf_interface *interface = wdf_allocate(sizeof *interface);
    if (interface == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    interface->class = *class;
    NTSTATUS status = STATUS_SUCCESS;
    if (reference != NULL && reference->Length != 0) {
        interface->reference.Buffer = wdf_allocate((size_t)reference->Length + sizeof(WCHAR));
        if (interface->reference.Buffer == NULL)
            status = STATUS_INSUFFICIENT_RESOURCES;
        else
            memcpy(interface->reference.Buffer, reference->Buffer, reference->Length);
        interface->reference.Length = reference->Length;
        interface->reference.MaximumLength = (USHORT)(reference->Length + sizeof(WCHAR));
    }
    if (NT_SUCCESS(status))
        status = IoRegisterDeviceInterface(device->pdo, class, interface->reference.Length == 0 ? NULL : &interface->reference,
                                           &interface->name);
    if (NT_SUCCESS(status))
        *made = interface;
    else
        interface_free(interface);
    return status;
}

NTSTATUS NTAPI ovl_WdfDeviceCreateDeviceInterface(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                  const GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    if (device->pdo == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* a control device has none */
    struct wdf_interface *interface;
    NTSTATUS status = interface_make(device, InterfaceClassGUID, ReferenceString, &interface);
    if (!NT_SUCCESS(status))
        return status;
    /* Behind the start the driver enables it itself, as documented. */
    interface->wanted = atomic_load(&device->pnp->state) == WDF_PNP_ADDED;
    lock_acquire(&device->interfaces_lock);
    bool known = interface_find(device, InterfaceClassGUID, ReferenceString) != NULL;
    if (!known)
        list_push_back(&device->interfaces, &interface->link);
    lock_release(&device->interfaces_lock);
    if (known)
        interface_free(interface);
    return STATUS_SUCCESS;
}

/* Shows or hides, without a lock: the I/O manager tells programs of it. `interface` stays until the device goes. */
static void interface_show(struct wdf_device *device, struct wdf_interface *interface, bool show)
{
    if (interface->shown == show)
        return;
    if (NT_SUCCESS(pnp_interface_set(device->pdo, &interface->class, show)))
        interface->shown = show;
}

void wdf_interfaces_enable(struct wdf_device *device, bool enable)
{
    list_for_each(node, &device->interfaces)
    {
        struct wdf_interface *interface = container_of(node, struct wdf_interface, link);
        interface_show(device, interface, enable && interface->wanted);
    }
}

void wdf_interfaces_free(struct wdf_device *device)
{
    for (struct list *node; (node = list_pop_front(&device->interfaces)) != NULL;)
        interface_free(container_of(node, struct wdf_interface, link));
}

VOID NTAPI ovl_WdfDeviceSetDeviceInterfaceState(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                const GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                                BOOLEAN IsInterfaceEnabled)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    lock_acquire(&device->interfaces_lock);
    struct wdf_interface *interface = interface_find(device, InterfaceClassGUID, ReferenceString);
    lock_release(&device->interfaces_lock);
    if (interface == NULL) {
        wdf_verifier_report(device->object.driver, "device-interface", "WdfDeviceSetDeviceInterfaceState of an interface that "
                                                                       "WdfDeviceCreateDeviceInterface has not made");
        return;
    }
    interface->wanted = IsInterfaceEnabled != 0;
    if (atomic_load(&device->pnp->state) == WDF_PNP_STARTED)
        interface_show(device, interface, interface->wanted);
}

NTSTATUS NTAPI ovl_WdfDeviceRetrieveDeviceInterfaceString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDEVICE Device,
                                                          const GUID *InterfaceClassGUID, PCUNICODE_STRING ReferenceString,
                                                          WDFSTRING String)
{
    struct wdf_device *device = WDF_HANDLE(DriverGlobals, Device, wdf_device);
    struct wdf_string *string = WDF_HANDLE(DriverGlobals, String, wdf_string);
    lock_acquire(&device->interfaces_lock);
    struct wdf_interface *interface = interface_find(device, InterfaceClassGUID, ReferenceString);
    lock_release(&device->interfaces_lock);
    return interface == NULL ? STATUS_OBJECT_NAME_NOT_FOUND : wdf_string_set(string, &interface->name);
}
