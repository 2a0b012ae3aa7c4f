/* SPDX-License-Identifier: MIT */
/* What the files of a USB device's PDO share: the device, the handles a client driver got for configuration, interfaces and pipes, and
 * a URB on its way. The way: usb_pdo.c (dispatch) -> usbd_urb.c (the function's row) -> usbd_transfer.c, _control.c, _isoch.c (asynchronous)
 * or _config.c, _stream.c, _port.c (they block, PASSIVE_LEVEL) -> usbd_request.c (the end, on the DPC thread). */
#ifndef WDM_USBD_H
#define WDM_USBD_H

#include "wdm/usb_pdo.h"
#include "wdm/wdm_host.h"

#include "usbdlib.h"

enum usbd_pdo_state { PDO_ADDED, PDO_STARTED, PDO_STOPPED, PDO_REMOVED };

/* A pipe as the client knows it: a row of the table. A handle is the row's number and its generation, so a stale one is recognised
 * whatever has become of the row. An endpoint's row outlives its streams'. */
struct usbd_pipe {
    uint32_t generation;  /* 0: the row is free */
    uint8_t interface, address;
    uint16_t stream;      /* the id; 0: the endpoint's own row */
    bool was_streamed;    /* an endpoint's: streams have been opened, so transfers on this handle are refused */
    uint32_t packet;      /* the maximum packet that the client knows */
    struct usb_pipe *pipe;
};

struct usb_pdo {
    DEVICE_OBJECT *object;
    struct usb_node *node;
    struct usb_device *device;      /* the node's */
    struct list link;               /* all PDOs */
    _Atomic uint32_t references;    /* of the bus interface: drivers' */
    _Atomic uint8_t state;          /* enum usbd_pdo_state */
    _Atomic uint32_t outstanding;   /* IRPs that are pended here, and whoever will complete them */
    _Atomic uint32_t waiters;       /* threads that wait for its end: only then is anybody woken */
    bool opened;                    /* usb_device_open was called. Under `turn`, as what follows */
    uint32_t claims;                /* interfaces claimed, a bit each */
    pthread_mutex_t turn;           /* one selection or port control at a time */
    uint32_t config_generation;     /* of the configuration handle; 0: unconfigured. Changed under `lock` too */
    struct lock lock;               /* the table of pipes */
    struct usbd_pipe *pipes;
    uint32_t pipe_room;
    struct lock ended_lock;
    struct list ended;              /* struct usbd_request.link */
    struct list control;            /* struct usbd_request.control_link: on the default pipe; under ended_lock */
    uint32_t queued;                /* of those that were ever put there, a count */
    _Atomic uint32_t completed;     /* and of those that were completed; who drains a pipe sleeps on it */
    _Atomic uint32_t drains;
    bool dpc_runs;                  /* under ended_lock: it will look at `ended` once more */
    KDPC dpc;
    IRP *idle;                      /* the idle notification that waits, under `lock` */
    IRP *wake;                      /* IRP_MN_WAIT_WAKE, likewise */
    _Atomic bool wakes;             /* the device was told that it may wake the host */
};

/* ---- A URB on its way (usbd_request.c) ------------------------------------------------------------------------ */

struct usbd_request {
    struct list link;                /* ended */
    struct list control_link;
    struct usb_pdo *pdo;
    IRP *irp;
    URB *urb;
    _Atomic uint32_t parts;          /* who still uses it: the submitter, the transfer, the cancel routine */
    _Atomic bool submitted, cancelled;
    bool refused;                    /* by the core, at submit */
    USBD_STATUS usbd;
    void (*finish)(struct usbd_request *request); /* writes results into the URB; on the DPC thread */
    void *bounce;                    /* for a chain of MDLs */
    MDL *chain;
    struct urb transfer;
    struct urb_packet packets[];
};

/* Waits until all that has ended was completed. */
void usbd_ended_drain(struct usb_pdo *pdo);
/* One of pdo->outstanding has ended. */
void usbd_outstanding_drop(struct usb_pdo *pdo);
/* NULL: no memory. */
struct usbd_request *usbd_request_create(struct usb_pdo *pdo, IRP *irp, URB *urb, uint32_t packets);
void usbd_request_free(struct usbd_request *request);
/* Takes the request whose `transfer` is filled, pends its IRP and submits. Always STATUS_PENDING. */
NTSTATUS usbd_request_send(struct usbd_request *request);
/* Ends an IRP at once, in its dispatch. Returns the status. */
NTSTATUS usbd_irp_end(IRP *irp, NTSTATUS status, ULONG_PTR information);
/* Likewise with the URB's status and the NTSTATUS that goes with it. */
NTSTATUS usbd_urb_end(IRP *irp, URB *urb, USBD_STATUS usbd);
/* A URB that the stack has: its mark is set at submit and taken away at the end. Double use stops the process, as it does Windows. */
bool usbd_urb_is_active(const URB *urb);
KDEFERRED_ROUTINE usbd_request_dpc;
/* Cancels what this client has on the default control pipe (which it may share with others). */
void usbd_cancel_control(struct usb_pdo *pdo);

/* ---- Statuses (usbd_status.c) --------------------------------------------------------------------------------------- */

USBD_STATUS usbd_status_from_errno(int error);
/* No public header has the USBD_STATUS_INFO_LENGTH_MISMATCH that the documentation names: the URB shows INVALID_PARAMETER, the IRP
 * STATUS_INFO_LENGTH_MISMATCH. This value never leaves the stack. */
#define USBD_INFO_LENGTH_MISMATCH ((USBD_STATUS)0x800003FF)
/* `running`: the device vanished under a request that it had. */
NTSTATUS usbd_ntstatus(USBD_STATUS usbd, bool running);

/* ---- Functions ------------------------------------------------------------------------------------------------------- */

NTSTATUS usbd_submit(struct usb_pdo *pdo, IRP *irp);

/* The client's memory for a transfer of `length` bytes, from the buffer or the MDL. false: neither fits. */
bool usbd_buffer(void *buffer, MDL *mdl, uint32_t length, void **memory);
NTSTATUS usbd_bulk(struct usb_pdo *pdo, IRP *irp, URB *urb);
NTSTATUS usbd_control(struct usb_pdo *pdo, IRP *irp, URB *urb);
NTSTATUS usbd_isoch(struct usb_pdo *pdo, IRP *irp, URB *urb);
NTSTATUS usbd_abort_pipe(struct usb_pdo *pdo, IRP *irp, URB *urb);
NTSTATUS usbd_frame_number(struct usb_pdo *pdo, IRP *irp, URB *urb);
NTSTATUS usbd_path_delays(struct usb_pdo *pdo, IRP *irp, URB *urb);
USBD_STATUS usbd_reset_pipe(struct usb_pdo *pdo, URB *urb);
USBD_STATUS usbd_os_descriptor(struct usb_pdo *pdo, URB *urb);
/* A chain of MDLs as one piece of memory; where it is more than one, a copy, with the chain's bytes if `fill`. STATUS_SUCCESS or an error. */
NTSTATUS usbd_chain(struct usbd_request *request, MDL *mdl, uint32_t length, bool fill);
void usbd_chain_back(struct usbd_request *request, uint32_t length);
uint32_t usbd_transfer_maximum(const struct usb_device *device, const struct usb_endpoint *endpoint);

USBD_STATUS usbd_select_config(struct usb_pdo *pdo, URB *urb);
USBD_STATUS usbd_select_interface(struct usb_pdo *pdo, URB *urb);
/* The device's configuration, or what of it belongs to a function, as one descriptor: its length; at most `room` bytes are written. */
uint32_t usbd_config_descriptor(const struct usb_pdo *pdo, uint8_t *bytes, uint32_t room);
void usbd_config_drop(struct usb_pdo *pdo);

/* Pipe and configuration handles (usbd_pipe.c). A found pipe is a copy; its struct usb_pipe lasts as long as the device. */
USBD_PIPE_HANDLE usbd_pipe_add(struct usb_pdo *pdo, const struct usbd_pipe *pipe);
bool usbd_pipe_find(struct usb_pdo *pdo, USBD_PIPE_HANDLE handle, struct usbd_pipe *pipe);
/* Makes handles stale: an interface's (-1: all), or the streams' of one address. */
void usbd_pipes_remove(struct usb_pdo *pdo, int interface);
void usbd_streams_remove(struct usb_pdo *pdo, uint8_t address);
void usbd_pipe_mark_streamed(struct usb_pdo *pdo, USBD_PIPE_HANDLE handle);
/* Cancels what is on any of the client's pipes; does not wait. */
void usbd_pipes_abort(struct usb_pdo *pdo);
uint32_t usbd_generation_next(void);

USBD_STATUS usbd_open_streams(struct usb_pdo *pdo, URB *urb);
USBD_STATUS usbd_close_streams(struct usb_pdo *pdo, URB *urb);

/* ---- Handles of clients (usbd_handle.c) ------------------------------------------------------------------------------- */

enum usbd_capability {
    USBD_CHAINED_MDLS, USBD_STATIC_STREAMS, USBD_SELECTIVE_SUSPEND, USBD_FUNCTION_SUSPEND, USBD_HIGH_BANDWIDTH_ISOCH,
    USBD_AT_LEAST_HIGH_SPEED, USBD_AT_LEAST_SUPER_SPEED, USBD_TIME_SYNC, USBD_CAPABILITY_COUNT,
};
/* What a URB was allocated for, and may be used for again. */
enum usbd_urb_class { USBD_URB_PLAIN, USBD_URB_ISOCH, USBD_URB_CONFIGURATION, USBD_URB_INTERFACE };
/* A URB for a selection, its length set; freed by USBD_UrbFree. */
NTSTATUS usbd_urb_allocate(USBD_HANDLE handle, enum usbd_urb_class class, size_t size, PURB *urb);
/* False: its class is for other functions than it says now. URBs of other memory are good. For the verifier, as it looks long. */
bool usbd_urb_reuse_is_good(struct usb_pdo *pdo, const URB *urb);
/* The URB came from a handle of this device that has asked for the capability. */
bool usbd_handle_asked(struct usb_pdo *pdo, const URB *urb, enum usbd_capability capability);
uint32_t usbd_stream_limit(const struct usb_pdo *pdo);

/* ---- Port, power, plug and play (usbd_port.c, usbd_bus.c, usb_pdo.c) ---------------------------------------------------------------- */

NTSTATUS usbd_start(struct usb_pdo *pdo);
void usbd_stop(struct usb_pdo *pdo, enum usbd_pdo_state state);
NTSTATUS usbd_pnp(struct usb_pdo *pdo, IRP *irp);
NTSTATUS usbd_power(struct usb_pdo *pdo, IRP *irp);
NTSTATUS usbd_port_control(struct usb_pdo *pdo, IRP *irp);
/* What waits for the device's return to D0 (or for its end). */
void usbd_idle_end(struct usb_pdo *pdo, NTSTATUS status);
/* One that waits in a slot of the PDO (usbd_parked.c). STATUS_PENDING: it does, and `parts` of pdo->outstanding are its and others'; else who
 * asked ends it: STATUS_DEVICE_BUSY, STATUS_CANCELLED. */
NTSTATUS usbd_park(struct usb_pdo *pdo, IRP **slot, IRP *irp, PDRIVER_CANCEL cancel, uint32_t parts);
bool usbd_parked_waits(struct usb_pdo *pdo, IRP **slot);
void usbd_parked_end(struct usb_pdo *pdo, IRP **slot, NTSTATUS status);
/* What its cancel routine does. */
void usbd_parked_cancel(struct usb_pdo *pdo, IRP **slot, IRP *irp);
/* IRP_MN_WAIT_WAKE, which waits for the device's signal (usb_pdo_wake.c); what waits is ended. */
NTSTATUS usbd_wait_wake(struct usb_pdo *pdo, IRP *irp);
void usbd_wake_end(struct usb_pdo *pdo, NTSTATUS status);
/* Tells the device before it is suspended, if somebody waits, and behind its return. */
void usbd_wake_arm(struct usb_pdo *pdo);
void usbd_wake_disarm(struct usb_pdo *pdo);
bool usbd_can_wake(const struct usb_pdo *pdo);
void usbd_device_woke(void *pdo);
NTSTATUS usbd_query_interface(struct usb_pdo *pdo, IRP *irp);
/* The PDO below a device object, or NULL. */
struct usb_pdo *usb_pdo_below(DEVICE_OBJECT *device);

#endif
