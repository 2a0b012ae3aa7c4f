/* SPDX-License-Identifier: MIT */
/* Drivers: shared objects with a DriverEntry, loaded with local scope and bound symbolically, so that several in
 * one process may define the same names. OVERLAPPED_DRIVERS names those that are loaded when a program first
 * looks for a named device. */
#include "wdm/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "base/trace.h"
#include "base/utf16.h"
#include "drivers/drivers.h"
#include "nt/handle.h"
#include "wdm/driver_setup.h"
#include "wdm/pnp.h"
#include "wdm/verify.h"

const char *wdm_name_keep(const char *name)
{
    static struct kept {
        struct kept *next;
        char name[];
    } *all;
    static struct lock lock;
    lock_acquire(&lock);
    struct kept *found = all;
    while (found != NULL && strcmp(found->name, name) != 0)
        found = found->next;
    if (found == NULL && (found = malloc(sizeof *found + strlen(name) + 1)) != NULL) {
        strcpy(found->name, name);
        found->next = all;
        all = found;
    }
    lock_release(&lock);
    return found == NULL ? NULL : found->name;
}

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
    snprintf(name, size, "%.127s", slash == NULL ? path : slash + 1);
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

/* ---- Loading ------------------------------------------------------------------------------------------------------ */

/* What only the loader knows of a driver that failed, or of one that is unloaded. */
static void driver_free(struct wdm_driver *driver)
{
    if (driver->module != NULL)
        dlclose(driver->module);
    driver_setup_free(driver);
    wdm_extensions_free(driver);
    free(driver->ids);
    free(driver);
}

static struct wdm_driver *driver_make(const struct driver_spec *spec)
{
    struct wdm_driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return NULL;
    list_init(&driver->link);
    list_init(&driver->devices);
    list_init(&driver->pnp_devices);
    list_init(&driver->settings);
    list_init(&driver->models);
    list_init(&driver->extensions);
    service_name(spec->path, driver->name, sizeof driver->name);
    driver->ids = malloc(usb_id_list_size(spec->ids));
    if (driver->ids == NULL) {
        free(driver);
        return NULL;
    }
    memcpy(driver->ids, spec->ids, usb_id_list_size(spec->ids));
    return driver;
}

struct wdm_driver *wdm_driver_busy(const void *code)
{
    Dl_info wanted, has;
    struct wdm_driver *found = NULL;
    if (dladdr(code, &wanted) == 0)
        return NULL;
    lock_acquire(&wdm_lock);
    list_for_each (link, &wdm_drivers) {
        struct wdm_driver *driver = container_of(link, struct wdm_driver, link);
        if (found == NULL && dladdr((const void *)driver->object.DriverInit, &has) != 0 && has.dli_fbase == wanted.dli_fbase)
            found = driver;
    }
    if (found != NULL)
        atomic_fetch_add(&found->busy, 1);
    lock_release(&wdm_lock);
    return found;
}

/* Until no routine of the driver's can be running: deferred calls and work items. */
static void driver_settle(struct wdm_driver *driver)
{
    KeFlushQueuedDpcs();
    for (uint32_t busy; (busy = atomic_load(&driver->busy)) != 0;)
        futex_wait(&driver->busy, busy, FUTEX_NO_DEADLINE);
}

static int32_t driver_enter(struct wdm_driver *driver)
{
    PDRIVER_INITIALIZE entry = (PDRIVER_INITIALIZE)dlsym(driver->module, "DriverEntry");
    if (entry == NULL)
        return STATUS_PROCEDURE_NOT_FOUND;
    UNICODE_STRING registry;
    driver_describe(driver);
    driver->object.DriverInit = entry;
    verify_driver_loaded(driver);
    RtlInitUnicodeString(&registry, driver->registry_path);
    int32_t status = entry(&driver->object, &registry);
    if (NT_SUCCESS(status))
        return STATUS_SUCCESS;
    trace_note(TRACE_DRIVER, "%s: DriverEntry gave 0x%08x", driver->name, (unsigned)status);
    if (driver->framework_finish != NULL)
        driver->framework_finish(&driver->object);
    driver_settle(driver);
    wdm_driver_delete_devices(driver);
    verify_driver_unloaded(driver);
    return status;
}

static void drivers_exit_announce(void);

int32_t wdm_driver_load(const char *text, size_t length, struct wdm_driver **loaded)
{
    struct driver_spec *spec = malloc(sizeof *spec);
    const char *wrong;
    int32_t status = STATUS_INVALID_PARAMETER;
    struct wdm_driver *driver = NULL;
    if (spec != NULL && !driver_spec_parse(text, length, spec, &wrong))
        trace_note(TRACE_DRIVER, "%.*s: what is meant by \"%s\"?", (int)length, text, wrong);
    else
        driver = spec == NULL ? NULL : driver_make(spec), status = STATUS_NO_MEMORY;
    if (driver != NULL) {
        driver->module = dlopen(spec->path, RTLD_NOW | RTLD_LOCAL);
        if (driver->module == NULL)
            trace_note(TRACE_DRIVER, "%s", dlerror());
        status = driver->module == NULL ? STATUS_OBJECT_NAME_NOT_FOUND : driver_setup(driver, spec);
        if (status == STATUS_SUCCESS)
            status = driver_enter(driver);
        if (status != STATUS_SUCCESS)
            driver_free(driver);
    }
    free(spec);
    if (status != STATUS_SUCCESS)
        return status;
    /* As on Windows, the I/O manager ends the initialisation of what DriverEntry made. */
    for (PDEVICE_OBJECT device = driver->object.DeviceObject; device != NULL; device = device->NextDevice)
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    verify_driver_started(driver);
    lock_acquire(&wdm_lock);
    list_push_back(&wdm_drivers, &driver->link);
    lock_release(&wdm_lock);
    pnp_driver_add(driver);
    *loaded = driver;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (verify_on())
        pthread_once(&once, drivers_exit_announce);
    return STATUS_SUCCESS;
}

/* ---- Unloading ---------------------------------------------------------------------------------------------------- */

enum files { FILES_NONE, FILES_CLOSING, FILES_OPEN };

static enum files device_files(const struct wdm_device *device)
{
    uint32_t files = atomic_load(&device->files);
    return files == 0 ? FILES_NONE : files == device->closing ? FILES_CLOSING : FILES_OPEN;
}

static enum files driver_files(struct wdm_driver *driver)
{
    enum files found = FILES_NONE, files;
    lock_acquire(&wdm_lock);
    list_for_each(node, &driver->devices)
    {
        files = device_files(container_of(node, struct wdm_device, link));
        found = files > found ? files : found;
    }
    list_for_each(node, &driver->pnp_devices)
    {
        files = device_files(wdm_device_of(container_of(node, struct pnp_device, link)->pdo));
        found = files > found ? files : found;
    }
    lock_release(&wdm_lock);
    return found;
}

/* A file whose handles are closed stays until its last request has ended, which may be a moment later on another thread; or never,
 * when the driver has lost the request. */
static bool driver_is_open(struct wdm_driver *driver)
{
    enum { NS_PER_MS = 1000000 };
    uint64_t deadline = clock_deadline_ns((uint64_t)verify_options.wait_ms * NS_PER_MS);
    for (;;) {
        uint32_t closed = atomic_load(&wdm_files_closed);
        enum files files = driver_files(driver);
        if (files != FILES_CLOSING)
            return files == FILES_OPEN;
        if (futex_wait(&wdm_files_closed, closed, deadline) == -ETIMEDOUT) {
            wdm_verifier_report_at(driver->name, "request-not-completed", (const void *)driver->object.DriverInit,
                                   "a program has closed its file %u ms ago, and a request of it is not completed by the driver of",
                                   verify_options.wait_ms);
            return true;
        }
    }
}

/* Its devices go, then nothing can reach it any more. */
static int32_t driver_withdraw(struct wdm_driver *driver)
{
    if (driver->object.DriverUnload == NULL)
        return STATUS_INVALID_DEVICE_REQUEST; /* a driver without Unload stays */
    if (driver_is_open(driver))
        return STATUS_DEVICE_BUSY;
    bool offered = driver->offered;
    driver->offered = false;
    int32_t status = pnp_remove_all(driver);
    if (status != STATUS_SUCCESS) {
        driver->offered = offered;
        return status;
    }
    lock_acquire(&wdm_lock);
    list_remove(&driver->link);
    lock_release(&wdm_lock);
    return STATUS_SUCCESS;
}

int32_t wdm_driver_unload(struct wdm_driver *driver)
{
    pnp_turn_take();
    int32_t status = driver_withdraw(driver);
    pnp_turn_give();
    if (status != STATUS_SUCCESS)
        return status;
    verify_fault_settle();
    driver->object.DriverUnload(&driver->object);
    driver_settle(driver);
    wdm_driver_delete_devices(driver);
    verify_driver_unloaded(driver);
    driver_free(driver);
    return STATUS_SUCCESS;
}

/* ---- The end of the process, under the verifier ------------------------------------------------------------------- */

enum { EXIT_HANDLES = 256, EXIT_DRIVERS = 64 };

struct left_open {
    uint64_t handles[EXIT_HANDLES];
    unsigned count;
};

static void left_open_note(uint64_t handle, struct object *object, void *context)
{
    struct left_open *left = context;
    if (object->type == &file_type && container_of(object, struct file, object)->driver == &wdm_file_driver &&
        left->count < EXIT_HANDLES)
        left->handles[left->count++] = handle;
}

/* The newest first. */
static unsigned drivers_left(struct wdm_driver *left[EXIT_DRIVERS])
{
    unsigned count = 0;
    lock_acquire(&wdm_lock);
    for (struct list *node = wdm_drivers.prev; node != &wdm_drivers && count < EXIT_DRIVERS; node = node->prev)
        left[count++] = container_of(node, struct wdm_driver, link);
    lock_release(&wdm_lock);
    return count;
}

/* Files are closed, as Windows would, and the drivers that are still loaded are unloaded, which shows what they leave behind. */
static void drivers_exit(void)
{
    static struct left_open left;
    struct wdm_driver *drivers[EXIT_DRIVERS];
    handle_each(left_open_note, &left);
    for (unsigned i = 0; i < left.count; i++)
        handle_close(left.handles[i]);
    unsigned count = drivers_left(drivers);
    for (unsigned i = 0; i < count; i++) {
        char name[sizeof drivers[i]->name];
        memcpy(name, drivers[i]->name, sizeof name);
        bool unloads = drivers[i]->object.DriverUnload != NULL;
        int32_t status = wdm_driver_unload(drivers[i]);
        if (status != STATUS_SUCCESS && unloads)
            fprintf(stderr, "overlapped: driver %s was not unloaded: status 0x%08x\n", name, (unsigned)status);
    }
}

static void drivers_exit_announce(void)
{
    atexit(drivers_exit);
}

/* ---- Those that the environment names -------------------------------------------------------------------------- */

static void environment_load(void)
{
    const char *list = getenv("OVERLAPPED_DRIVERS");
    size_t length;
    while (list != NULL && (list = driver_spec_next(list, &length)) != NULL) {
        struct wdm_driver *driver;
        int32_t status = wdm_driver_load(list, length, &driver);
        if (status != STATUS_SUCCESS)
            fprintf(stderr, "overlapped: driver %.*s was not loaded: status 0x%08x\n", (int)length, list, (unsigned)status);
        list += length;
    }
}

static void environment_load_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, environment_load);
    pnp_nodes_start();
}

__attribute__((constructor)) static void loader_announce(void)
{
    device_set_loader(environment_load_once);
}
