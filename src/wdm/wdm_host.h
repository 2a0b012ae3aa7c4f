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
    struct list link;      /* wdm_drivers */
    struct list devices;   /* struct wdm_device.link, under wdm_lock */
    struct list pnp_devices; /* struct pnp_device.link, under wdm_lock; changed in the manager's turn */
    char *ids;             /* hardware and compatible ids that it takes, strings one behind the other; "": none. Fixed */
    struct list extensions; /* struct driver_extension.link: IoAllocateDriverObjectExtension; under wdm_lock */
    struct list settings;  /* struct driver_setting.link: of its devices' keys. Fixed */
    struct list models;    /* struct driver_model.link: of its INF. Fixed */
    char class_name[64], class_guid[40]; /* of its INF; "" */
    _Atomic uint32_t busy; /* its work items that are queued or run; unloading sleeps on it */
    bool offered;          /* devices are offered to it: in the manager's turn */
    void *module;          /* dlopen's */
    void *framework;       /* the driver framework's object of it, or NULL */
    void (*framework_finish)(DRIVER_OBJECT *driver); /* what DriverEntry leaves when it fails, if the framework knows it */
    WCHAR registry_path[256];
    char name[128];
};

struct wdm_device {
    _Alignas(16) DEVICE_OBJECT object; /* the extension stands behind the structure, aligned for whatever a driver puts there */
    struct list link;       /* its driver's list */
    struct list named_link; /* of all that have a name */
    struct list names;     /* struct wdm_name.link: how CreateFile reaches it */
    _Atomic uint32_t files; /* open file objects */
    uint32_t closing;       /* of these: no handle is left, their last request is ending; under wdm_lock */
    _Atomic uint32_t references; /* its existence, each file, ObReferenceObject */
    _Atomic uint8_t power_state; /* DEVICE_POWER_STATE as PoSetPowerState was told */
    bool deleted, gone;     /* under wdm_lock; gone: no more opens */
    void (*last_closed)(struct wdm_device *device); /* no file is open any more; under wdm_lock; or NULL */
    struct pnp_device *pnp; /* a PDO of the plug-and-play manager's: pnp.h */
    char name[256];        /* "\Device\..." in lower case, UTF-8; "" for none */
};

/* A symbolic link: a name in \\.\ */
struct wdm_name {
    struct device device;
    struct list link;
    struct wdm_device *target;
};

/* IoSetDeviceInterfaceState for who knows the device and not only the name, which a device that came back shares with its former self
 * (pnp_interface.c). */
NTSTATUS pnp_interface_set(PDEVICE_OBJECT pdo, const GUID *class, bool enable);

extern struct lock wdm_lock;
extern struct list wdm_drivers; /* all loaded, under wdm_lock */
extern const struct driver wdm_file_driver;

static inline struct wdm_device *wdm_device_of(DEVICE_OBJECT *object)
{
    return container_of(object, struct wdm_device, object);
}

/* By the name "\\Device\\...", in lower case (find) or any (by_name), referenced; NULL: none. */
struct wdm_device *wdm_device_find_referenced(const char *name);
struct wdm_device *wdm_device_by_name(const UNICODE_STRING *name);
/* What follows "\\DosDevices\\" or "\\??\\" in a name in lower case; NULL: another directory. */
const char *wdm_dos_name(const char *name);

void wdm_device_reference(struct wdm_device *device);
void wdm_device_dereference(struct wdm_device *device);

/* The device that requests enter at: the highest attached above. */
DEVICE_OBJECT *wdm_device_top(DEVICE_OBJECT *device);
/* The PDO of the stack that the device is in; NULL: it is in none, or was not found by the Plug and Play manager. */
DEVICE_OBJECT *wdm_device_physical(DEVICE_OBJECT *device);
/* The loaded driver whose code that is, counted busy; NULL: none's. */
struct wdm_driver *wdm_driver_busy(const void *code);
/* One of the counts in driver->busy ends; its memory may be gone behind this. */
void wdm_driver_released(struct wdm_driver *driver);
/* IoInitializeTimer's, if there is one; waits for its routine. Without locks. */
void wdm_device_timer_free(DEVICE_OBJECT *device);
/* Removes what a driver left behind. */
void wdm_driver_delete_devices(struct wdm_driver *driver);

/* ---- Requests (io_request.c) -------------------------------------------------------------------------------- */

/* An open file, as its driver sees it and as we do. */
struct wdm_file {
    struct file file;
    FILE_OBJECT object;
    struct wdm_device *device;
    struct engine_op later;  /* the close, at PASSIVE_LEVEL */
    bool closing;            /* counted by its device */
    struct lock shadow_lock; /* between cancelling a request and its end */
    WCHAR name[256];
};

int32_t wdm_dispatch(struct irp *irp);
/* Counts the files that were closed for good. */
extern _Atomic uint32_t wdm_files_closed;
/* Opens `device` for a program: IRP_MJ_CREATE to the top of its stack. */
int32_t wdm_file_open(struct wdm_device *device, struct open_request *request, struct file **file);

/* ---- IRPs (io_irp.c) ------------------------------------------------------------------------------------------- */

/* What stands round an IRP of ours. `ended`: it was completed and is the maker's again; NULL: a driver allocated it and
 * keeps it by a completion routine. `free` releases what hangs on it before IoFreeIrp; NULL with `ended`: IoFreeIrp is
 * refused. */
struct wdm_irp;
typedef void wdm_irp_ended_fn(struct wdm_irp *irp);
struct wdm_irp {
    uint32_t magic;
    wdm_irp_ended_fn *ended;
    wdm_irp_ended_fn *free;
    bool has_activity;
    GUID activity;
    IRP public; /* and its stack locations behind it */
};

/* For one inside a structure of its maker's: bytes that its stack locations need behind it. */
static inline size_t wdm_irp_room(CCHAR depth)
{
    /* One location more than counted: the issuer's own, which code that looks at "the current one" may read. */
    return ((size_t)depth + 1) * sizeof(IO_STACK_LOCATION);
}
void wdm_irp_init(struct wdm_irp *irp, CCHAR depth, wdm_irp_ended_fn *ended); /* zeroed memory */

/* Calls a cancel routine with the cancel spin lock held, which it releases. */
void wdm_cancel_call(PDRIVER_CANCEL routine, IRP *irp);
/* IRP.Cancel becomes TRUE. */
void wdm_irp_mark_cancelled(IRP *irp);

/* What a driver allocated with its driver object (io_driver.c). */
void wdm_extensions_free(struct wdm_driver *driver);

struct wdm_irp *wdm_irp_make(CCHAR depth, wdm_irp_ended_fn *ended);
void wdm_irp_free(struct wdm_irp *irp);

/* A request of the host's own, waited for: create, cleanup, close, Plug and Play, power. */
struct wdm_send {
    DEVICE_OBJECT *device;      /* the top of the stack */
    FILE_OBJECT *file;          /* or NULL */
    KPROCESSOR_MODE mode;
    IO_STACK_LOCATION location; /* the functions and Parameters */
    NTSTATUS status;            /* what IoStatus.Status is at first */
    ULONG_PTR information;      /* IoStatus.Information, before and after */
};
NTSTATUS wdm_send(struct wdm_send *send);

/* A driver broke a rule that stops Windows: says which on standard error and ends the process. */
_Noreturn void wdm_stop(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- IRQL (ke_irql.c) ------------------------------------------------------------------------------------------ */

/* Raises or lowers without rules, for the host itself. Returns the level before. */
KIRQL wdm_irql_set(KIRQL irql);
/* For a caller that stands between the driver and the lock: the verifier's reports name the driver. */
KIRQL wdm_spin_lock_acquire(KSPIN_LOCK *lock, const void *caller);
void wdm_spin_lock_release(KSPIN_LOCK *lock, KIRQL irql, const void *caller);

/* What a KMUTEX has where others have the kind of their dispatcher; its dispatcher stands further back (ex_lock.c). */
enum { WDM_HEADER_MUTEX = 0x3e };
struct dispatcher *wdm_mutex_dispatcher(void *mutex);

/* Time-outs of KeWait*: NULL waits for ever, negative is relative, in 100 ns. */
uint64_t wdm_deadline(const LARGE_INTEGER *timeout);

/* Pool for a driver, for whom `caller` is an address in its code (ex_pool.c). */
void *wdm_pool_allocate(POOL_TYPE type, size_t size, ULONG tag, const void *caller);

/* A copy of the name that is never freed, the same for the same name. NULL: no memory. */
const char *wdm_name_keep(const char *name);

/* UTF-16 names to the lower-case UTF-8 they are compared in; false: too long. */
bool wdm_name_convert(const UNICODE_STRING *name, char *out, size_t size);

#endif
