/* SPDX-License-Identifier: MIT */
/* The waist between nt and the device classes. A driver is a table of functions; a request is a struct irp.
 *
 * The way of a request: nt fills an irp and calls the driver's function for its major code, on the thread
 * that asks, with no lock held. The function either
 *   - returns the final status with irp->information set (nt then completes the request at once), or
 *   - calls irp_pend(), passes the request on, and returns STATUS_PENDING. From irp_pend on, the request may
 *     be cancelled by any thread, and irp_complete() must be called exactly once, by any thread.
 *
 * Cancelling: nt exchanges irp->cancel with NULL and calls what it got, once, with no lock held and with the
 * irp's memory guaranteed. The cancel routine takes the request back from wherever it is queued (under the
 * lock of that queue) and, if it was still there, completes it with STATUS_CANCELLED; if it was not, somebody
 * is completing it, and the routine does nothing. So whether a request is cancelled is decided where it
 * waits, data that has been read is never lost, and each request completes once.
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"
#include "drivers/object.h"
#include "engine/engine.h"
#include "ntstatus.h"

struct irp;
struct file;
struct device;
struct thread;
struct port;

/* ---- Completion's two queues -------------------------------------------------------------------------- */

/* An entry of a completion port's queue, or of a thread's APC queue: an IRP is one, so completing a
 * request allocates nothing. */
struct packet {
    struct packet *next;
    /* Frees the entry after it was taken from a port (`posted` packets and IRPs differ). */
    void (*release)(struct packet *packet);
    uint64_t key;
    void *overlapped; /* the caller's status block, or any value that was posted */
    uint32_t bytes;
    int32_t status;
};

/* An asynchronous procedure call. `run` is called on its thread with no lock held and frees the entry;
 * `drop` frees it without running (the thread ended). */
struct apc {
    struct list link;
    void (*run)(struct apc *apc);
    void (*drop)(struct apc *apc);
};

/* ---- The request --------------------------------------------------------------------------------------- */

enum irp_major {
    IRP_READ,
    IRP_WRITE,
    IRP_CONTROL, /* DeviceIoControl: irp->code, input and output */
    IRP_FLUSH,
    IRP_LOCK,    /* LockFileEx: offset, length in `argument` */
    IRP_LISTEN,  /* ConnectNamedPipe */
    IRP_SOCKET,  /* afd's own: irp->code names the operation */
    IRP_USB,     /* winusb's own: irp->code names the transfer */
    IRP_MAJOR_COUNT
};

enum irp_state { IRP_NEW, IRP_SENT, IRP_PENDING, IRP_COMPLETED };

enum irp_flag {
    IRP_SYNCHRONOUS = 0x01, /* the issuing thread waits for it */
    IRP_NO_PACKET = 0x02,   /* low bit of hEvent, or no status block */
    IRP_HAS_APC = 0x04,
    IRP_FILE_HELD = 0x08,   /* irp->file is a reference (set by irp_pend) */
    IRP_HAS_BLOCK = 0x10,   /* packet.overlapped is a status block to be written */
    IRP_SKIP_SIGNAL = 0x20, /* the file object is not signalled (notification modes) */
    IRP_APPEND = 0x40,      /* a write to the end of the file */
};

typedef void irp_cancel_fn(struct irp *irp);

struct irp {
    struct packet packet;
    struct apc apc;                    /* the completion routine's, when IRP_HAS_APC */
    struct list file_link;             /* file->requests, from irp_pend to completion */
    struct list thread_link;           /* the issuing thread's list, likewise */
    _Atomic uint32_t references;
    _Atomic uint8_t state;             /* enum irp_state; every transition is asserted */
    uint8_t major;                     /* enum irp_major */
    uint8_t flags;                     /* enum irp_flag */
    _Atomic bool cancelled;            /* a cancel was asked for */
    _Atomic(irp_cancel_fn *) cancel;
    _Atomic uint32_t rendezvous;       /* issuer and completer of a synchronous request */
    int32_t status;
    uint64_t information;              /* bytes moved, or what the operation defines */
    struct file *file;
    struct thread *thread;             /* the issuer */
    struct object *event;              /* referenced at issue, or NULL */
    void *routine;                     /* completion routine of ReadFileEx and the like */
    void (*call_routine)(struct irp *irp); /* how to call it */

    /* What is asked. */
    void *buffer;                      /* READ, CONTROL: output; WRITE: data. The caller's memory. */
    const void *input;                 /* CONTROL */
    uint32_t length;                   /* bytes at buffer */
    uint32_t input_length;
    uint32_t code;                     /* CONTROL, SOCKET */
    uint32_t minor;                    /* what else the major code wants: lock flags */
    uint64_t offset;                   /* READ, WRITE, LOCK: bytes from the start */
    uint64_t argument;                 /* LOCK: bytes; else the driver's */
    struct file *other;                /* another file the request names (AcceptEx), referenced; dropped at completion */

    /* The driver's, while it has the request. */
    struct list queue_link;
    void *driver[2];
    struct engine_op op;
};
_Static_assert(sizeof(struct irp) <= 384, "an outstanding request costs at most 384 bytes");

/* Makes the request pending: it gets a reference on its file, is listed for CancelIo, CancelIoEx, thread
 * exit and close, and `cancel` is installed. Call it before any other thread can reach the request. */
void irp_pend(struct irp *irp, irp_cancel_fn *cancel);

/* Ends a pended request: status block, event, file object, then APC or packet; once. The request must not
 * be touched afterwards. Any thread, no driver lock held. */
void irp_complete(struct irp *irp, int32_t status, uint64_t information);

/* For a dispatch that pended the request in good time and ends it after all: it returns a final status now. The driver is
 * sure that its cancel routine finds nothing of the request any more. */
void irp_pend_undo(struct irp *irp);

/* For a driver that gives the request from one queue to another: replaces the cancel routine. false: the
 * old one was already taken by a canceller (which is calling it or has called it). */
bool irp_set_cancel(struct irp *irp, irp_cancel_fn *cancel);

static inline bool irp_is_cancelled(const struct irp *irp)
{
    return atomic_load_explicit(&irp->cancelled, memory_order_acquire);
}

static inline struct irp *irp_from_op(struct engine_op *op)
{
    return container_of(op, struct irp, op);
}

/* What a Linux error is to Windows (nt/status.def); `result` is a count or -errno. */
int32_t status_from_errno(int error);
int32_t status_from_result(int64_t result);

/* Round a sleep of the issuing thread inside its dispatch (engine_block): its completion port counts it as
 * blocked meanwhile. */
void irp_sleep_begin(void);
void irp_sleep_end(void);

/* Keeps an irp's memory (not the request) alive. */
void irp_reference(struct irp *irp);
void irp_dereference(struct irp *irp);

/* ---- File objects --------------------------------------------------------------------------------------- */

enum file_flag {
    FILE_SYNCHRONOUS = 0x01,       /* opened without FILE_FLAG_OVERLAPPED */
    FILE_SKIP_PORT = 0x02,         /* FILE_SKIP_COMPLETION_PORT_ON_SUCCESS */
    FILE_SKIP_EVENT = 0x04,        /* FILE_SKIP_SET_EVENT_ON_HANDLE */
    FILE_CLEANED = 0x08,           /* the last handle was closed */
    FILE_NO_BUFFERING = 0x10,
    FILE_WRITES_THROUGH = 0x20,
};

/* What a handle to a device refers to. A driver embeds it first in its own structure (file_create). */
struct file {
    struct object object;
    struct dispatcher signal;      /* set at each completion, reset at each issue (nt/file.h: file_signal_set) */
    _Atomic bool watched;          /* somebody has waited for the handle: the signal is kept under its lock */
    const struct driver *driver;
    struct device *device;         /* named device it was opened on, or NULL */
    _Atomic uint32_t flags;        /* enum file_flag */
    struct lock lock;              /* guards requests, port, key and changes of flags */
    struct list requests;          /* struct irp.file_link */
    _Atomic(struct port *) port;   /* once set it stays until the file goes */
    uint64_t key;
    struct list port_link;         /* the port's device list, under the port's lock */
    _Atomic int64_t position;      /* synchronous seekable files; changed by who holds the turn */
    _Atomic uint32_t turn;         /* one request at a time on a synchronous handle, see nt/file.c */
    struct dispatcher turn_free;   /* auto-reset: who waits for the turn */
    struct list result_list;       /* who waits in GetOverlappedResult for one of several requests; under lock */
    _Atomic uint32_t result_waiters;
};

/* Makes a file object of `size` bytes (zeroed behind struct file) for `driver`, with one reference, which
 * goes to the caller. NULL: no memory. */
struct file *file_create(const struct driver *driver, size_t size, uint32_t flags);
/* Ends what `close_later` began: the structure goes. */
void file_free(struct file *file);

/* ---- Device classes --------------------------------------------------------------------------------------- */

/* What CreateFile was asked for, after the name was resolved. */
struct open_request {
    const char *path;         /* UTF-8: a POSIX path, or the name below the device ("" for the device itself) */
    struct device *device;    /* the named device, or NULL */
    uint32_t access;          /* specific rights: generic ones are mapped */
    uint32_t share;           /* FILE_SHARE_* */
    uint32_t disposition;     /* CREATE_NEW 1 ... TRUNCATE_EXISTING 5, as CreateFile */
    uint32_t flags;           /* FILE_FLAG_* */
    uint32_t attributes;      /* FILE_ATTRIBUTE_* */
    bool existed;             /* out: CREATE_ALWAYS and OPEN_ALWAYS found it there */
};

enum driver_flag {
    DRIVER_SEEKABLE = 0x1, /* synchronous handles have a file pointer; NULL OVERLAPPED is refused on overlapped ones */
};

/* GetFileType's answers. */
enum file_kind { FILE_KIND_UNKNOWN = 0, FILE_KIND_DISK = 1, FILE_KIND_CHAR = 2, FILE_KIND_PIPE = 3 };

/* Synchronous questions about an open file; `data` points to the structure named. */
enum file_info {
    INFO_BASIC,        /* struct file_basic: get, set */
    INFO_STANDARD,     /* struct file_standard: get */
    INFO_END_OF_FILE,  /* uint64_t: set */
    INFO_ALLOCATION,   /* uint64_t: set */
    INFO_DISPOSITION,  /* bool delete on close: set */
    INFO_IDENTITY,     /* struct file_identity: get */
    INFO_NAME,         /* char[PATH_MAX], UTF-8: get */
    INFO_RENAME,       /* struct file_rename: set */
    INFO_PIPE,         /* struct pipe_info: get, set (drivers/pipe.h) */
    INFO_KIND,         /* uint32_t enum file_kind, where the driver's `kind` does not tell it: get */
    INFO_UNLOCK,       /* struct file_range: set */
    INFO_PEEK,         /* struct pipe_peek: get (drivers/pipe.h) */
    INFO_DISCONNECT,   /* nothing: set, for the server end of a pipe */
    INFO_DESCRIPTOR,   /* int: get; the Linux descriptor, borrowed */
    INFO_SOCKET,       /* afd's own block (drivers/afd.h): get, set */
    INFO_TERMINAL,     /* struct terminal_mode: get, set; STATUS_INVALID_HANDLE where there is none */
    INFO_POSITION,     /* struct file_seek: set, where the descriptor keeps the position */
};

struct file_basic {
    uint64_t creation, access, write, change; /* 100 ns since 1601; 0 in a set: leave it */
    uint32_t attributes;                      /* 0 in a set: leave them */
};

struct file_standard {
    uint64_t allocation, end_of_file;
    uint32_t links;
    bool delete_pending, directory;
};

struct file_identity {
    uint64_t volume, index;
};

struct file_range {
    uint64_t offset, length;
};

struct file_seek {
    int64_t distance;
    uint32_t origin; /* FILE_BEGIN 0, CURRENT 1, END 2 */
    int64_t *position; /* out: where it is then */
};

struct terminal_mode {
    bool input;                 /* out: the side that is read */
    bool lines, echo, signals;  /* input: ENABLE_LINE_INPUT, _ECHO_INPUT, _PROCESSED_INPUT */
};

struct file_rename {
    const char *target; /* UTF-8 POSIX path */
    bool replace;
};

struct driver {
    const char *name;
    uint32_t flags;             /* enum driver_flag */
    enum file_kind kind;

    /* Opens `request` and makes the file object. 0 or an error status. */
    int32_t (*open)(struct open_request *request, struct file **file);

    /* By enum irp_major; NULL: STATUS_INVALID_DEVICE_REQUEST. Rules at the top of this file. */
    int32_t (*dispatch[IRP_MAJOR_COUNT])(struct irp *irp);

    /* NULL, or a status: STATUS_INVALID_PARAMETER for what the class does not know. Serialised only by the
     * driver's own locks. */
    int32_t (*get)(struct file *file, enum file_info info, void *data);
    int32_t (*set)(struct file *file, enum file_info info, const void *data);

    /* The last handle is closed; pending requests have been asked to cancel but may not have ended yet. */
    void (*cleanup)(struct file *file);
    /* The last reference is gone: no request is left. Releases descriptors and whatever hangs on the
     * structure; nt frees the structure itself. */
    void (*close)(struct file *file);
    /* The last reference went where `close` cannot run: true, and the driver closes elsewhere and then calls
     * file_free. NULL: it can run anywhere. */
    bool (*close_later)(struct file *file);
};

/* ---- Named devices ------------------------------------------------------------------------------------------ */

/* A device that CreateFile reaches as \\.\NAME (and \\?\NAME). Owned by who registered it. */
struct device {
    struct list link;
    const struct driver *driver;
    void *context;
    char name[256]; /* UTF-8, without the prefix; compared without case */
};

/* 0, or STATUS_OBJECT_NAME_COLLISION. Unregistering does not touch files that are open. */
int32_t device_register(struct device *device);
void device_unregister(struct device *device);

#endif
