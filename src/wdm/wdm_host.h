/* SPDX-License-Identifier: MIT */
/* What the files of src/wdm share: the host's side of driver, device and request objects. A driver sees the
 * public structure that each begins with or contains. */
#ifndef WDM_WDM_HOST_H
#define WDM_WDM_HOST_H

#include "nt/file.h"
#include "nt/thread.h"
#include "nt/wait.h"
#include "ntddk.h"

/* ---- Objects (io_device.c) ------------------------------------------------------------------------------- */

struct wdm_driver {
    DRIVER_OBJECT object;
    DRIVER_EXTENSION extension;
    struct list link;      /* of all loaded */
    struct list devices;   /* struct wdm_device.link, under wdm_lock */
    void *module;          /* dlopen's */
    void *framework;       /* the driver framework's object of it, or NULL */
    void (*framework_finish)(DRIVER_OBJECT *driver); /* what DriverEntry leaves when it fails, if the framework knows it */
    WCHAR registry_path[256];
    char name[128];
};

struct wdm_device {
    DEVICE_OBJECT object;  /* the extension stands behind the structure */
    struct list link;       /* its driver's list */
    struct list named_link; /* of all that have a name */
    struct list names;     /* struct wdm_name.link: how CreateFile reaches it */
    _Atomic uint32_t files; /* open file objects */
    bool deleted;
    char name[256];        /* "\Device\..." in lower case, UTF-8; "" for none */
};

/* A symbolic link: a name in \\.\ */
struct wdm_name {
    struct device device;
    struct list link;
    struct wdm_device *target;
};

extern struct lock wdm_lock;
extern const struct driver wdm_file_driver;

static inline struct wdm_device *wdm_device_of(DEVICE_OBJECT *object)
{
    return container_of(object, struct wdm_device, object);
}

/* The device that requests enter at: the highest attached above. */
DEVICE_OBJECT *wdm_device_top(DEVICE_OBJECT *device);
/* Removes what a driver left behind. */
void wdm_driver_delete_devices(struct wdm_driver *driver);

/* ---- Requests (io_request.c) -------------------------------------------------------------------------------- */

/* An open file, as its driver sees it and as we do. */
struct wdm_file {
    struct file file;
    FILE_OBJECT object;
    struct wdm_device *device;
    struct lock shadow_lock; /* between cancelling a request and its end */
    WCHAR name[256];
};

/* Sends a request of the host's own (create, cleanup, close) and waits for its end. */
NTSTATUS wdm_request_send(struct wdm_file *file, UCHAR major);
int32_t wdm_dispatch(struct irp *irp);

/* A driver broke a rule that stops Windows: says which on standard error and ends the process. */
_Noreturn void wdm_stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- IRQL (ke_irql.c) ------------------------------------------------------------------------------------------ */

/* Raises or lowers without rules, for the host itself. Returns the level before. */
KIRQL wdm_irql_set(KIRQL irql);

/* Time-outs of KeWait*: NULL waits for ever, negative is relative, in 100 ns. */
uint64_t wdm_deadline(const LARGE_INTEGER *timeout);

/* UTF-16 names to the lower-case UTF-8 they are compared in; false: too long. */
bool wdm_name_convert(const UNICODE_STRING *name, char *out, size_t size);

#endif
