/* SPDX-License-Identifier: MIT */
/* Work items: callbacks at PASSIVE_LEVEL on a worker. One may be queued again from its own callback. */
#include "wdf/deferred.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct wdf_workitem {
    struct wdf_object object;
    struct wdf_object *owner;
    PFN_WDF_WORKITEM function;
    struct wdf_deferred deferred;
};

static void workitem_run(struct wdf_object *object)
{
    struct wdf_workitem *item = container_of(object, struct wdf_workitem, object);
    WDF_CALLBACK("EvtWorkItem", item->function, item->function((WDFWORKITEM)(void *)item));
}

/* What is queued still runs, as documented. */
static void workitem_retire(struct wdf_object *object)
{
    wdf_deferred_wait(&container_of(object, struct wdf_workitem, object)->deferred);
}

static const struct wdf_class wdf_workitem_class = {.name = "WDFWORKITEM", .size = sizeof(struct wdf_workitem), .passive = true,
                                                    .retire = workitem_retire};

NTSTATUS NTAPI ovl_WdfWorkItemCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_WORKITEM_CONFIG Config,
                                     PWDF_OBJECT_ATTRIBUTES Attributes, WDFWORKITEM *WorkItem)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *parent, *object;
    *WorkItem = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Config->EvtWorkItemFunc == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        wdf_deferred_check(DriverGlobals, Attributes, Config->AutomaticSerialization != 0, true, WDF_CALLER, &parent);
    if (NT_SUCCESS(status))
        status = wdf_object_create(driver, &wdf_workitem_class, Attributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_workitem *item = container_of(object, struct wdf_workitem, object);
    item->owner = parent;
    item->function = Config->EvtWorkItemFunc;
    wdf_deferred_init(&item->deferred, object, Config->AutomaticSerialization ? parent : NULL, true, workitem_run);
    *WorkItem = (WDFWORKITEM)(void *)item;
    return STATUS_SUCCESS;
}

VOID NTAPI ovl_WdfWorkItemEnqueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem)
{
    wdf_deferred_queue(&WDF_HANDLE(DriverGlobals, WorkItem, wdf_workitem)->deferred);
}

VOID NTAPI ovl_WdfWorkItemFlush(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem)
{
    struct wdf_workitem *item = WDF_HANDLE(DriverGlobals, WorkItem, wdf_workitem);
    if (KeGetCurrentIrql() > PASSIVE_LEVEL)
        wdf_verifier_stop(item->object.driver, "irql", "WdfWorkItemFlush at IRQL %u", KeGetCurrentIrql());
    if (wdf_deferred_is_mine(&item->deferred))
        wdf_verifier_report(item->object.driver, "deadlock", "WdfWorkItemFlush waits for the callback that calls it");
    wdf_deferred_wait(&item->deferred);
}

WDFOBJECT NTAPI ovl_WdfWorkItemGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFWORKITEM WorkItem)
{
    return WDF_HANDLE(DriverGlobals, WorkItem, wdf_workitem)->owner;
}
