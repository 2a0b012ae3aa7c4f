/* SPDX-License-Identifier: MIT */
/* WdfDriverCreate takes the driver object over: AddDevice, every dispatch entry and DriverUnload become the framework's. Unloading calls
 * EvtDriverUnload, deletes the object tree and reports what was left referenced. */
#include "wdf/driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "wdf/device.h"
#include "wdf/string_object.h"
#include "wdf/verifier.h"
#include "wdm/wdm_host.h"

static void driver_dispose(struct wdf_object *object)
{
    struct wdf_driver *driver = container_of(object, struct wdf_driver, object);
    atomic_store(&driver->gone, 1);
    futex_wake(&driver->gone, INT32_MAX);
}

static void driver_destroy(struct wdf_object *object)
{
    struct wdf_driver *driver = container_of(object, struct wdf_driver, object);
    driver->globals->Driver = NULL;
    driver->globals->Runtime = NULL;
    free(driver->registry_path);
}

const struct wdf_class wdf_driver_class = {.name = "WDFDRIVER", .size = sizeof(struct wdf_driver), .passive = true,
                                           .undeletable = true, .levels = true, .scopes = true, .no_parent = true,
                                           .dispose = driver_dispose, .destroy = driver_destroy};

struct wdf_driver *wdf_driver_of(PWDF_DRIVER_GLOBALS globals, const void *caller)
{
    if (globals->Runtime == NULL)
        wdf_verifier_stop_at(NULL, "no-driver", caller, "a framework method is called before WdfDriverCreate");
    return globals->Runtime;
}

/* ---- Unloading -------------------------------------------------------------------------------------------------------- */

/* What the driver still holds references of. They can be released by nobody any more. */
static void survivors_report(struct wdf_driver *driver)
{
    lock_acquire(&driver->survivors_lock);
    for (struct list *node; (node = list_pop_front(&driver->survivors)) != NULL;) {
        struct wdf_object *object = container_of(node, struct wdf_object, survivor);
        wdf_verifier_report_at(driver, "leaked-reference", object->maker, "%s %p still has %u references at unload, made",
                               object->class->name, (void *)object, atomic_load(&object->references));
        object->survives = false;
        object->driver = NULL;
    }
    lock_release(&driver->survivors_lock);
}

/* The object tree goes, without EvtDriverUnload: also what DriverEntry leaves when it fails. */
static void driver_finish(DRIVER_OBJECT *object)
{
    struct wdm_driver *host = container_of(object, struct wdm_driver, object);
    struct wdf_driver *driver = host->framework;
    host->framework = NULL;
    host->framework_finish = NULL;
    wdf_object_reference(&driver->object);
    wdf_object_delete(&driver->object);
    while (atomic_load(&driver->gone) == 0) /* another thread may still be at some child */
        futex_wait(&driver->gone, 0, FUTEX_NO_DEADLINE);
    for (uint32_t borrowed; (borrowed = atomic_load(&driver->borrowed)) != 0;)
        futex_wait(&driver->borrowed, borrowed, FUTEX_NO_DEADLINE);
    KeFlushQueuedDpcs(); /* they may drop last references, which the worker then follows */
    wdf_objects_settle();
    survivors_report(driver);
    wdf_object_dereference(&driver->object);
}

static VOID NTAPI driver_unload(DRIVER_OBJECT *object)
{
    struct wdm_driver *host = container_of(object, struct wdm_driver, object);
    struct wdf_driver *driver = host->framework;
    if (driver->config.EvtDriverUnload != NULL)
        WDF_CALLBACK("EvtDriverUnload", driver->config.EvtDriverUnload, driver->config.EvtDriverUnload((WDFDRIVER)(void *)driver));
    if (driver->displaced_unload != NULL)
        driver->displaced_unload(object);
    driver_finish(object);
}

/* ---- Creation --------------------------------------------------------------------------------------------------------- */

static NTSTATUS config_check(PWDF_DRIVER_GLOBALS globals, PWDF_DRIVER_CONFIG config)
{
    enum { FLAGS = WdfDriverInitNonPnpDriver | WdfDriverInitNoDispatchOverride };
    if (config->Size != sizeof *config)
        return STATUS_INFO_LENGTH_MISMATCH;
    if (globals->Runtime != NULL)
        return STATUS_DRIVER_INTERNAL_ERROR; /* it was called before */
    if ((config->DriverInitFlags & ~(ULONG)FLAGS) != 0 ||
        ((config->DriverInitFlags & WdfDriverInitNonPnpDriver) && config->EvtDriverDeviceAdd != NULL))
        return STATUS_INVALID_PARAMETER;
    return STATUS_SUCCESS;
}

static void driver_take_over(struct wdf_driver *driver)
{
    DRIVER_OBJECT *object = driver->wdm;
    bool pnp = !(driver->config.DriverInitFlags & WdfDriverInitNonPnpDriver);
    if (!(driver->config.DriverInitFlags & WdfDriverInitNoDispatchOverride))
        for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
            object->MajorFunction[i] = wdf_device_dispatch;
    if (pnp)
        object->DriverExtension->AddDevice = wdf_device_add;
    /* A driver without a stack that has no EvtDriverUnload cannot be unloaded. */
    if (pnp || driver->config.EvtDriverUnload != NULL) {
        driver->displaced_unload = driver->globals->DisplaceDriverUnload ? object->DriverUnload : NULL;
        object->DriverUnload = driver_unload;
    }
    struct wdm_driver *host = container_of(object, struct wdm_driver, object);
    host->framework = driver;
    host->framework_finish = driver_finish;
}

static NTSTATUS registry_path_copy(struct wdf_driver *driver, PCUNICODE_STRING path)
{
    size_t length = path == NULL ? 0 : path->Length;
    driver->registry_path = wdf_allocate(length + sizeof(WCHAR));
    if (driver->registry_path == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    if (length != 0)
        memcpy(driver->registry_path, path->Buffer, length);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ovl_WdfDriverCreate(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject, PCUNICODE_STRING RegistryPath,
                                   PWDF_OBJECT_ATTRIBUTES DriverAttributes, PWDF_DRIVER_CONFIG DriverConfig, WDFDRIVER *Driver)
{
    NTSTATUS status = config_check(DriverGlobals, DriverConfig);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_object *object;
    status = wdf_object_create(NULL, &wdf_driver_class, DriverAttributes, NULL, WDF_CALLER, &object);
    if (!NT_SUCCESS(status))
        return status;
    struct wdf_driver *driver = container_of(object, struct wdf_driver, object);
    object->driver = driver;
    driver->globals = DriverGlobals;
    driver->wdm = DriverObject;
    driver->config = *DriverConfig;
    list_init(&driver->survivors);
    snprintf(driver->name, sizeof driver->name, "%.*s", (int)sizeof driver->name - 1,
             container_of(DriverObject, struct wdm_driver, object)->name);
    memcpy(DriverGlobals->DriverName, driver->name, sizeof driver->name);
    DriverGlobals->DriverTag = DriverConfig->DriverPoolTag;
    status = registry_path_copy(driver, RegistryPath);
    if (!NT_SUCCESS(status)) {
        wdf_object_abandon(object);
        return status;
    }
    DriverGlobals->Runtime = driver;
    DriverGlobals->Driver = (WDFDRIVER)(void *)driver;
    driver_take_over(driver);
    if (Driver != NULL)
        *Driver = DriverGlobals->Driver;
    return STATUS_SUCCESS;
}

/* ---- Questions ---------------------------------------------------------------------------------------------------------- */

PWSTR NTAPI ovl_WdfDriverGetRegistryPath(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    return WDF_HANDLE(DriverGlobals, Driver, wdf_driver)->registry_path;
}

PDRIVER_OBJECT NTAPI ovl_WdfDriverWdmGetDriverObject(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver)
{
    return WDF_HANDLE(DriverGlobals, Driver, wdf_driver)->wdm;
}

WDFDRIVER NTAPI ovl_WdfWdmDriverGetWdfDriverHandle(PWDF_DRIVER_GLOBALS DriverGlobals, PDRIVER_OBJECT DriverObject)
{
    (void)DriverGlobals;
    return (WDFDRIVER)container_of(DriverObject, struct wdm_driver, object)->framework;
}

/* The framework that these sources are written against. */
enum { FRAMEWORK_MAJOR = 1, FRAMEWORK_MINOR = 33 };

BOOLEAN NTAPI ovl_WdfDriverIsVersionAvailable(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver,
                                              PWDF_DRIVER_VERSION_AVAILABLE_PARAMS Params)
{
    (void)WDF_HANDLE(DriverGlobals, Driver, wdf_driver);
    return Params->Size == sizeof *Params && Params->MajorVersion == FRAMEWORK_MAJOR && Params->MinorVersion <= FRAMEWORK_MINOR;
}

/* The version of the framework, as Windows writes it. */
NTSTATUS NTAPI ovl_WdfDriverRetrieveVersionString(PWDF_DRIVER_GLOBALS DriverGlobals, WDFDRIVER Driver, WDFSTRING String)
{
    (void)WDF_HANDLE(DriverGlobals, Driver, wdf_driver);
    struct wdf_string *string = WDF_HANDLE(DriverGlobals, String, wdf_string);
    char text[64];
    WCHAR units[64];
    UNICODE_STRING version;
    int length = snprintf(text, sizeof text, "Kernel Mode Driver Framework version %d.%d", FRAMEWORK_MAJOR, FRAMEWORK_MINOR);
    for (int i = 0; i <= length; i++)
        units[i] = (unsigned char)text[i];
    RtlInitUnicodeString(&version, units);
    return wdf_string_set(string, &version);
}
