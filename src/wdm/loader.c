/* SPDX-License-Identifier: MIT */
/* Drivers: shared objects with a DriverEntry, loaded with local scope and bound symbolically, so that several in
 * one process may define the same names. OVERLAPPED_DRIVERS names those that are loaded when a program first
 * looks for a named device. */
#include "wdm/loader.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/trace.h"
#include "base/utf16.h"
#include "drivers/drivers.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

static NTSTATUS NTAPI dispatch_default(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_INVALID_DEVICE_REQUEST;
}

/* Closing succeeds in a driver that does not care for it. */
static NTSTATUS NTAPI dispatch_ignored(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    (void)DeviceObject;
    Irp->IoStatus.Status = STATUS_SUCCESS;
    Irp->IoStatus.Information = 0;
    IoCompleteRequest(Irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

/* "/a/b/echo.so" is the service "echo". */
static void service_name(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(name, size, "%s", slash == NULL ? path : slash + 1);
    char *dot = strchr(name, '.');
    if (dot != NULL)
        *dot = '\0';
}

static void driver_describe(struct wdm_driver *driver)
{
    DRIVER_OBJECT *object = &driver->object;
    object->Type = IO_TYPE_DRIVER;
    object->Size = sizeof *object;
    object->DriverExtension = &driver->extension;
    driver->extension.DriverObject = object;
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        object->MajorFunction[i] = dispatch_default;
    object->MajorFunction[IRP_MJ_CLOSE] = dispatch_ignored;
    object->MajorFunction[IRP_MJ_CLEANUP] = dispatch_ignored;
    char path[256];
    snprintf(path, sizeof path, "\\Registry\\Machine\\System\\CurrentControlSet\\Services\\%s", driver->name);
    size_t room = sizeof driver->registry_path / sizeof(WCHAR) - 1;
    size_t units = utf16_from_utf8((char16_t *)driver->registry_path, room, path, strlen(path));
    driver->registry_path[units < room ? units : room] = 0;
}

int32_t wdm_driver_load(const char *path, struct wdm_driver **loaded)
{
    struct wdm_driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return STATUS_NO_MEMORY;
    list_init(&driver->devices);
    service_name(path, driver->name, sizeof driver->name);
    driver->module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (driver->module == NULL) {
        trace_note(TRACE_DRIVER, "%s", dlerror());
        free(driver);
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    PDRIVER_INITIALIZE entry = (PDRIVER_INITIALIZE)dlsym(driver->module, "DriverEntry");
    int32_t status = STATUS_PROCEDURE_NOT_FOUND;
    if (entry != NULL) {
        driver_describe(driver);
        driver->object.DriverInit = entry;
        verify_driver_loaded(driver);
        UNICODE_STRING registry;
        RtlInitUnicodeString(&registry, driver->registry_path);
        status = entry(&driver->object, &registry);
    }
    if (!NT_SUCCESS(status)) {
        trace_note(TRACE_DRIVER, "%s: DriverEntry gave 0x%08x", path, (unsigned)status);
        if (driver->framework_finish != NULL)
            driver->framework_finish(&driver->object);
        wdm_driver_delete_devices(driver);
        verify_driver_unloaded(driver);
        dlclose(driver->module);
        free(driver);
        return status;
    }
    /* As on Windows, the I/O manager ends the initialisation of what DriverEntry made. */
    for (PDEVICE_OBJECT device = driver->object.DeviceObject; device != NULL; device = device->NextDevice)
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    verify_driver_started(driver);
    *loaded = driver;
    return STATUS_SUCCESS;
}

static bool driver_is_open(struct wdm_driver *driver)
{
    bool open = false;
    lock_acquire(&wdm_lock);
    list_for_each(node, &driver->devices)
    {
        open |= atomic_load(&container_of(node, struct wdm_device, link)->files) != 0;
    }
    lock_release(&wdm_lock);
    return open;
}

int32_t wdm_driver_unload(struct wdm_driver *driver)
{
    if (driver->object.DriverUnload == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* a driver without Unload stays */
    if (driver_is_open(driver))
        return STATUS_DEVICE_BUSY;
    verify_fault_settle();
    driver->object.DriverUnload(&driver->object);
    KeFlushQueuedDpcs();
    wdm_driver_delete_devices(driver);
    verify_driver_unloaded(driver);
    dlclose(driver->module);
    free(driver);
    return STATUS_SUCCESS;
}

/* ---- Those that the environment names -------------------------------------------------------------------------- */

static void environment_load(void)
{
    const char *list = getenv("OVERLAPPED_DRIVERS");
    while (list != NULL && *list != '\0') {
        char path[4096];
        size_t length = strcspn(list, ":");
        if (length > 0 && length < sizeof path) {
            struct wdm_driver *driver;
            memcpy(path, list, length);
            path[length] = '\0';
            int32_t status = wdm_driver_load(path, &driver);
            if (status != STATUS_SUCCESS)
                fprintf(stderr, "overlapped: driver %s was not loaded: status 0x%08x\n", path,
                        (unsigned)status);
        }
        list += length + (list[length] == ':');
    }
}

static void environment_load_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, environment_load);
}

__attribute__((constructor)) static void loader_announce(void)
{
    device_set_loader(environment_load_once);
}
