/* SPDX-License-Identifier: MIT */
/* USB targets: the device, its interfaces, the pipes of the selected settings. Device and pipe are I/O targets (their structures begin with
 * one), so requests are sent, stopped and awaited as to any; what is USB about them is the URB in the request's next stack location. */
#ifndef WDF_USB_H
#define WDF_USB_H

#include "wdf/device.h"
#include "wdf/driver.h"
#include "wdf/io_target.h"
#include "wdf/memory.h"
#include "wdf/request.h"
#include "wdf/verifier.h"
#include "wdm/usb_pdo.h"
#include "wdm/wdm_host.h"

#include "wdfusb.h"

struct wdf_usb_interface;
struct wdf_usb_reader;

struct wdf_usb_device {
    struct wdf_io_target target;
    USBD_HANDLE usbd;
    bool has_contract;                    /* CreateWithParameters was told the client contract's version */
    USB_DEVICE_DESCRIPTOR descriptor;
    PUSB_CONFIGURATION_DESCRIPTOR config; /* whole */
    bool high_speed;                      /* or more */
    USBD_CONFIGURATION_HANDLE config_handle;
    UCHAR interface_count;
    struct wdf_usb_interface **interfaces;
};

struct wdf_usb_interface {
    struct wdf_object object;
    struct wdf_usb_device *device;
    UCHAR number, setting_count;
    UCHAR setting;                        /* the selected one */
    UCHAR pipe_count;
    struct wdf_usb_pipe **pipes;          /* of the selected setting */
};

struct wdf_usb_pipe {
    struct wdf_io_target target;
    struct wdf_usb_interface *interface;
    USBD_PIPE_INFORMATION information;
    bool any_length;                      /* WdfUsbTargetPipeSetNoMaximumPacketSizeCheck */
    struct wdf_usb_reader *reader;        /* or NULL */
};

/* WDFMEMORY of WdfUsbTargetDeviceCreate*Urb. */
struct wdf_usb_urb {
    struct wdf_memory memory;
    struct wdf_usb_device *device;        /* referenced: its USBD handle outlives the URB */
};

extern const struct wdf_class wdf_usb_device_class, wdf_usb_interface_class, wdf_usb_pipe_class, wdf_usb_urb_class;

/* ---- Requests (usb_request.c) ------------------------------------------------------------------------------------- */

/* What a request keeps from format to format. */
struct wdf_usb_request {
    URB own;
    URB *urb;                             /* the one that is sent: `own` or the driver's; NULL: a port control */
    WDF_USB_REQUEST_COMPLETION_PARAMS completion;
    struct wdf_buffer buffer;
};

/* Begins a format. *usb is the request's; its `own` is zeroed. */
NTSTATUS wdf_usb_format_begin(struct wdf_request *request, struct wdf_io_target *target, WDF_USB_REQUEST_TYPE type,
                              struct wdf_usb_request **usb);
/* The stack location names the URB, or another internal control with that argument. The format is done. */
void wdf_usb_format_urb(struct wdf_request *request, struct wdf_usb_request *usb, URB *urb);
void wdf_usb_format_control(struct wdf_request *request, ULONG code, void *argument);

/* Each begins and ends a format. */
NTSTATUS wdf_usb_format_transfer(struct wdf_request *request, struct wdf_usb_pipe *pipe, bool in, const struct wdf_buffer *buffer);
NTSTATUS wdf_usb_format_pipe(struct wdf_request *request, struct wdf_usb_pipe *pipe, bool reset);

/* Sends a URB of the framework's own and waits, whatever state the target is in. */
NTSTATUS wdf_usb_send_urb(struct wdf_io_target *target, URB *urb);
/* A URB or another control that a method sends and waits for, by the driver's request or one of its own. */
struct wdf_usb_sync {
    PWDF_DRIVER_GLOBALS globals;
    struct wdf_io_target *target;
    WDFREQUEST handle;
    struct wdf_request *request;
    const void *caller;
};
NTSTATUS wdf_usb_sync_begin(struct wdf_usb_sync *sync);
NTSTATUS wdf_usb_sync_send(struct wdf_usb_sync *sync, const WDF_REQUEST_SEND_OPTIONS *options);
void wdf_usb_sync_end(struct wdf_usb_sync *sync);
/* The whole of it for a URB. */
NTSTATUS wdf_usb_urb_synchronously(struct wdf_usb_sync *sync, WDF_USB_REQUEST_TYPE type, URB *urb,
                                   const WDF_REQUEST_SEND_OPTIONS *options);
/* WdfUsbTarget*FormatRequestForUrb. */
NTSTATUS wdf_usb_format_memory(struct wdf_request *request, struct wdf_io_target *target, WDF_USB_REQUEST_TYPE type,
                               const struct wdf_buffer *buffer);

/* ---- Settings (usb_config.c, usb_interface.c, usb_pipe.c) ------------------------------------------------------------ */

NTSTATUS wdf_usb_interfaces_make(struct wdf_usb_device *device);
PUSB_INTERFACE_DESCRIPTOR wdf_usb_setting(const struct wdf_usb_interface *interface, UCHAR setting);
/* The old pipes go, with their requests; PASSIVE_LEVEL. */
void wdf_usb_pipes_delete(struct wdf_usb_interface *interface);
/* The pipes that a selection gave. */
NTSTATUS wdf_usb_pipes_make(struct wdf_usb_interface *interface, PWDF_OBJECT_ATTRIBUTES attributes,
                            const USBD_INTERFACE_INFORMATION *information);
void wdf_usb_pipe_describe(const struct wdf_usb_pipe *pipe, PWDF_USB_PIPE_INFORMATION information);
ULONG wdf_usb_maximum_transfer(const struct wdf_usb_device *device);

/* ---- The continuous reader (usb_reader.c) ------------------------------------------------------------------------------ */

NTSTATUS wdf_usb_reader_start(struct wdf_usb_pipe *pipe);
void wdf_usb_reader_stop(struct wdf_usb_pipe *pipe);
/* After its requests have ended: waits for the failed callback. */
void wdf_usb_reader_settle(struct wdf_usb_pipe *pipe);
void wdf_usb_reader_free(struct wdf_usb_pipe *pipe);

#endif
