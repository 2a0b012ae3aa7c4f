/* SPDX-License-Identifier: MIT */
/* The queues of a device, as the device sees them. */
#ifndef WDF_DEVICE_QUEUES_H
#define WDF_DEVICE_QUEUES_H

#include <stdatomic.h>

#include "base/list.h"
#include "base/lock.h"
#include "wdf.h"

struct wdf_device;
struct wdf_queue;

/* Part of struct wdf_device; zeroed memory, then wdf_device_io_init. */
struct wdf_device_io {
    struct lock lock;
    struct list queues;                                      /* struct wdf_queue.device_link, in order of creation */
    _Atomic(struct wdf_queue *) standard;                    /* the default queue: it stays as long as the device */
    _Atomic(struct wdf_queue *) by_major[IRP_MJ_MAXIMUM_FUNCTION + 1]; /* WdfDeviceConfigureRequestDispatching */
    uint32_t round;                                          /* of walks through `queues` */
    bool started;                                            /* in D0: power-managed queues present */
    bool purged;
};

void wdf_device_io_init(struct wdf_device_io *io);

/* An IRP_MJ_READ, WRITE, DEVICE_CONTROL or INTERNAL_DEVICE_CONTROL, or a CREATE that goes to a queue (wdf_device_io_takes), has come: the
 * in-caller-context callback, then the queue; where there is none a filter passes it down. Returns what the dispatch routine
 * returns. */
NTSTATUS wdf_device_io_dispatch(struct wdf_device *device, IRP *irp);
bool wdf_device_io_takes(struct wdf_device *device, UCHAR major);

/* The device enters D0: power-managed queues go on, EvtIoResume for what was suspended. */
void wdf_device_io_start(struct wdf_device *device);
/* It leaves D0 (WdfRequestStopActionSuspend) or is going (Purge): power-managed queues present no more, EvtIoStop for each request
 * that the driver has, and waits until each is completed, requeued or acknowledged. Passive level. */
void wdf_device_io_stop(struct wdf_device *device, WDF_REQUEST_STOP_ACTION_FLAGS action);
/* The device is removed: all queues refuse, what waits is cancelled, what the driver has is asked to cancel and awaited. Passive level. */
void wdf_device_io_purge(struct wdf_device *device);
/* A file is cleaned up (IRP_MJ_CLEANUP): its requests that still wait in queues are cancelled. */
void wdf_device_io_flush_file(struct wdf_device *device, FILE_OBJECT *file);

#endif
