/* SPDX-License-Identifier: MIT */
/* DPC objects: callbacks at DISPATCH_LEVEL on the DPC thread. */
#include "wdf/deferred.h"
#include "wdf/driver.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

struct wdf_dpc {
    struct wdf_object object;
    struct wdf_object *owner;
    PFN_WDF_DPC function;
    struct wdf_deferred deferred;
};

static void dpc_run(struct wdf_object *object)
{
    struct wdf_dpc *dpc = container_of(object, struct wdf_dpc, object);
    WDF_CALLBACK("EvtDpcFunc", dpc->function, dpc->function((WDFDPC)(void *)dpc));
}

static void dpc_retire(struct wdf_object *object)
{
    struct wdf_dpc *dpc = container_of(object, struct wdf_dpc, object);
    wdf_deferred_cancel(&dpc->deferred);
    wdf_deferred_wait(&dpc->deferred);
}

static const struct wdf_class wdf_dpc_class = {.name = "WDFDPC", .size = sizeof(struct wdf_dpc), .passive = true,
                                               .retire = dpc_retire};

NTSTATUS NTAPI ovl_WdfDpcCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PWDF_DPC_CONFIG Config, PWDF_OBJECT_ATTRIBUTES Attributes,
                                WDFDPC *Dpc)
{
    VERIFY_METHOD(DriverGlobals, WDF_CALLER);
    struct wdf_driver *driver = wdf_driver_of(DriverGlobals, WDF_CALLER);
    struct wdf_object *parent, *object;
    *Dpc = NULL;
    if (Config->Size != sizeof *Config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (Config->EvtDpcFunc == NULL)
        return STATUS_INVALID_PARAMETER;
    NTSTATUS status =
        wdf_deferred_check(DriverGlobals, Attributes, Config->AutomaticSerialization != 0, false, WDF_CALLER, &parent);
    if (NT_SUCCESS(status))
        status = wdf_object_create(driver, &wdf_dpc_class, Attributes, parent, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_dpc *dpc = container_of(object, struct wdf_dpc, object);
    dpc->owner = parent;
    dpc->function = Config->EvtDpcFunc;
    wdf_deferred_init(&dpc->deferred, object, Config->AutomaticSerialization ? parent : NULL, false, dpc_run);
    *Dpc = (WDFDPC)(void *)dpc;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI ovl_WdfDpcEnqueue(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc)
{
    return wdf_deferred_queue(&WDF_HANDLE(DriverGlobals, Dpc, wdf_dpc)->deferred);
}

BOOLEAN NTAPI ovl_WdfDpcCancel(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc, BOOLEAN Wait)
{
    struct wdf_dpc *dpc = WDF_HANDLE(DriverGlobals, Dpc, wdf_dpc);
    if (Wait && KeGetCurrentIrql() > PASSIVE_LEVEL)
        wdf_verifier_stop(dpc->object.driver, "irql", "WdfDpcCancel would wait at IRQL %u", KeGetCurrentIrql());
    bool removed = wdf_deferred_cancel(&dpc->deferred);
    if (Wait)
        wdf_deferred_wait(&dpc->deferred);
    return removed;
}

WDFOBJECT NTAPI ovl_WdfDpcGetParentObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc)
{
    return WDF_HANDLE(DriverGlobals, Dpc, wdf_dpc)->owner;
}

/* For WDM's routines; what queues it behind the framework's back is not awaited by WdfDpcCancel. */
PKDPC NTAPI ovl_WdfDpcWdmGetDpc(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDPC Dpc)
{
    return &WDF_HANDLE(DriverGlobals, Dpc, wdf_dpc)->deferred.dpc;
}
