/* SPDX-License-Identifier: MIT */
/* From a handle to a request: the one way in for ReadFile, WriteFile, DeviceIoControl, sockets, pipes. */
#ifndef NT_FILE_H
#define NT_FILE_H

#include "drivers/driver.h"
#include "nt/handle.h"
#include "nt/hold.h"

/* The caller's OVERLAPPED, as nt sees it. */
struct status_block {
    _Atomic uint64_t status;      /* Internal */
    uint64_t information;         /* InternalHigh */
    uint64_t offset;
    uint64_t event;               /* hEvent; its low bit keeps the completion from the port */
};
_Static_assert(sizeof(struct status_block) == 32, "OVERLAPPED has 32 bytes");

/* The file's signal. Nobody waits on the handles of most files, so until somebody does it is a plain word: setting and
 * resetting it for each request would cost four atomic operations on a line that threads share. The first who waits sets
 * `watched` and makes all others see it. */
static inline void file_signal_set(struct file *file)
{
    if (__builtin_expect(!atomic_load_explicit(&file->watched, memory_order_relaxed), 1)) {
        atomic_store_explicit(&file->signal.signal, 1, memory_order_release);
        hold_fence();
        if (__builtin_expect(!atomic_load_explicit(&file->watched, memory_order_relaxed), 1))
            return;
    }
    dispatcher_announce(&file->signal);
}

static inline void file_signal_reset(struct file *file)
{
    if (__builtin_expect(atomic_load_explicit(&file->watched, memory_order_relaxed), 0))
        dispatcher_reset(&file->signal);
    else if (atomic_load_explicit(&file->signal.signal, memory_order_relaxed) != 0)
        atomic_store_explicit(&file->signal.signal, 0, memory_order_relaxed);
}

/* A call on a file, filled by the faces; all zero but what the call has. */
struct io_call {
    uint64_t handle;
    uint32_t access;              /* what the handle must have been opened with, 0: anything */
    uint8_t major;                /* enum irp_major */
    bool ignores_event;           /* ReadFileEx: hEvent belongs to the caller */
    bool needs_overlapped;        /* ReadFileEx: a synchronous handle is refused */
    const struct driver *driver;  /* only files of this driver, else STATUS_OBJECT_TYPE_MISMATCH; NULL: any */
    struct status_block *block;   /* lpOverlapped */
    void *routine;                /* completion routine; called as LPOVERLAPPED_COMPLETION_ROUTINE */
    void (*call_routine)(struct irp *irp); /* how to call it on its thread (the faces differ); NULL: none is called */
    struct file *other;           /* a second file, referenced; the call takes the reference */
    void *buffer;
    const void *input;
    uint32_t length, input_length, code, minor;
    uint64_t offset;              /* used when block is NULL and has_offset */
    bool has_offset;
    uint64_t argument;
    void *driver_data;            /* goes to irp->driver[0]; the driver takes it over when it is dispatched */
};

/* Issues the request. Returns its final status with *information set, STATUS_PENDING for an overlapped one
 * that goes on, or what was wrong with the call (then nothing was issued, no event, no packet). For a
 * synchronous handle, or no status block on a device that allows it, waits for the end. */
int32_t nt_io(struct io_call *call, uint64_t *information);

/* GetOverlappedResultEx: STATUS_PENDING when not done in time (timeout), STATUS_USER_APC, or the request's
 * status. Looks at the status block before it waits. */
int32_t nt_io_result(uint64_t handle, struct status_block *block, uint64_t *information, bool wait,
                     bool alertable, uint64_t deadline_ns);

/* The calling thread's requests on this file; all requests with this block (NULL: all). STATUS_NOT_FOUND. */
int32_t nt_cancel_io(uint64_t handle);
int32_t nt_cancel_io_ex(uint64_t handle, const void *block);
int32_t nt_cancel_synchronous(uint64_t thread_handle);

/* Opens a resolved name: named devices first, then what drivers.c knows. On success a handle. */
int32_t nt_open(struct open_request *request, const struct driver *driver, bool inherit, uint64_t *handle);

/* Gives a fresh file object (one reference, taken over) a handle; on failure the file is closed. */
int32_t nt_file_handle(struct file *file, uint32_t access, bool inherit, uint64_t *handle);

/* A file's driver calls, with the handle looked up. */
int32_t nt_file_get(uint64_t handle, uint32_t access, enum file_info info, void *data);
int32_t nt_file_set(uint64_t handle, uint32_t access, enum file_info info, const void *data);

/* Modes only add: FILE_SKIP_PORT, FILE_SKIP_EVENT. */
int32_t nt_file_set_modes(uint64_t handle, uint32_t modes);

/* For a thread that ends: cancels its requests, but not those of port-bound files. */
void irp_cancel_thread(struct thread *thread);

/* Waits until a synchronous irp that was sent has ended; internal to nt and wdm. */
void irp_wait(struct irp *irp);
struct irp *irp_allocate(struct file *file, uint8_t major);
void irp_cancel(struct irp *irp);

#endif
