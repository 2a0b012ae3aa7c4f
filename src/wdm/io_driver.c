/* SPDX-License-Identifier: MIT */
/* Small things that hang on driver objects and IRPs: a client's extension of a driver object, the activity that a request belongs to. */
#include <stdlib.h>
#include <sys/random.h>

#include "base/trace.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

struct driver_extension {
    struct list link;
    void *client;
    _Alignas(16) unsigned char memory[];
};

static struct wdm_driver *driver_of(DRIVER_OBJECT *object)
{
    return container_of(object, struct wdm_driver, object);
}

/* With wdm_lock held. */
static struct driver_extension *extension_find(struct wdm_driver *driver, const void *client)
{
    list_for_each (link, &driver->extensions) {
        struct driver_extension *extension = container_of(link, struct driver_extension, link);
        if (extension->client == client)
            return extension;
    }
    return NULL;
}

void wdm_extensions_free(struct wdm_driver *driver)
{
    for (struct list *link; (link = list_pop_front(&driver->extensions)) != NULL;)
        free(container_of(link, struct driver_extension, link));
}

NTSTATUS NTAPI IoAllocateDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress,
                                               ULONG DriverObjectExtensionSize, PVOID *DriverObjectExtension)
{
    VERIFY_IRQL(APC_LEVEL);
    struct wdm_driver *driver = driver_of(DriverObject);
    struct driver_extension *made =
        verify_memory_fails(VERIFY_CALLER) ? NULL : calloc(1, sizeof *made + DriverObjectExtensionSize);
    *DriverObjectExtension = NULL;
    if (made == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    made->client = ClientIdentificationAddress;
    lock_acquire(&wdm_lock);
    bool taken = extension_find(driver, ClientIdentificationAddress) != NULL;
    if (!taken)
        list_push_back(&driver->extensions, &made->link);
    lock_release(&wdm_lock);
    if (taken) {
        free(made);
        return STATUS_OBJECT_NAME_COLLISION;
    }
    *DriverObjectExtension = made->memory;
    return STATUS_SUCCESS;
}

PVOID NTAPI IoGetDriverObjectExtension(PDRIVER_OBJECT DriverObject, PVOID ClientIdentificationAddress)
{
    lock_acquire(&wdm_lock);
    struct driver_extension *found = extension_find(driver_of(DriverObject), ClientIdentificationAddress);
    lock_release(&wdm_lock);
    return found == NULL ? NULL : found->memory;
}

/* ---- Activities --------------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI IoGetActivityIdIrp(PIRP Irp, LPGUID Guid)
{
    const struct wdm_irp *irp = container_of(Irp, struct wdm_irp, public);
    if (!irp->has_activity)
        return STATUS_NOT_FOUND;
    *Guid = irp->activity;
    return STATUS_SUCCESS;
}

/* NULL: the thread's activity, which threads do not have here. */
NTSTATUS NTAPI IoSetActivityIdIrp(PIRP Irp, const GUID *Guid)
{
    struct wdm_irp *irp = container_of(Irp, struct wdm_irp, public);
    if (Guid == NULL)
        return STATUS_NOT_FOUND;
    irp->activity = *Guid;
    irp->has_activity = true;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ExUuidCreate(GUID *Uuid)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (getrandom(Uuid, sizeof *Uuid, 0) != sizeof *Uuid)
        return STATUS_RETRY;
    Uuid->Data3 = (USHORT)((Uuid->Data3 & 0x0fff) | 0x4000); /* random */
    Uuid->Data4[0] = (UCHAR)((Uuid->Data4[0] & 0x3f) | 0x80);
    return STATUS_SUCCESS;
}

/* ---- Refused -------------------------------------------------------------------------------------------------------------------------- */

/* NULL: documented for a device that gets no idle counter. Its driver then does without. */
PULONG NTAPI PoRegisterDeviceForIdleDetection(PDEVICE_OBJECT DeviceObject, ULONG ConservationIdleTime, ULONG PerformanceIdleTime,
                                              DEVICE_POWER_STATE State)
{
    trace_note(TRACE_UNSUPPORTED, "PoRegisterDeviceForIdleDetection(%p, %u, %u, %d): the power manager takes no device down by itself",
               (void *)DeviceObject, ConservationIdleTime, PerformanceIdleTime, (int)State);
    return NULL;
}
