/* SPDX-License-Identifier: MIT */
/* File objects: one for each open file that a device with a file object configuration sees. */
#ifndef WDF_FILE_OBJECT_H
#define WDF_FILE_OBJECT_H

#include "wdf/device.h"

struct wdf_file_object {
    struct wdf_object object;
    struct list link;        /* the device's */
    struct wdf_device *device;
    FILE_OBJECT *wdm;
    struct wdf_file_object *below; /* the next device's of the same file, where the FILE_OBJECT keeps ours */
};

extern const struct wdf_class wdf_file_object_class;

/* The device's object for that open file, or NULL: no configuration asks for one, or no file. */
struct wdf_file_object *wdf_file_object_find(struct wdf_device *device, FILE_OBJECT *file);

/* IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE. */
NTSTATUS wdf_file_create(struct wdf_device *device, IRP *irp);
NTSTATUS wdf_file_cleanup(struct wdf_device *device, IRP *irp);
NTSTATUS wdf_file_close(struct wdf_device *device, IRP *irp);

/* For who completes an IRP_MJ_CREATE that was presented as a request, before the IRP is completed: a refused open has no file object. */
void wdf_file_create_ended(struct wdf_device *device, FILE_OBJECT *file, NTSTATUS status);

#endif
