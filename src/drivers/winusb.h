/* SPDX-License-Identifier: MIT */
/* The WinUSB function driver, as its face (device/winusb_*.c) sees it. Transfers are requests
 * (IRP_USB by nt_io, so they pend, are cancelled and complete like any other); what is asked and
 * answered at once is a function here. Functions with a status may block; each takes the
 * interface's number, as the face's handle knows it. */
#ifndef DRIVERS_WINUSB_H
#define DRIVERS_WINUSB_H

#include "drivers/driver.h"
#include "usb/device.h"

struct winusb_file;

extern const struct driver winusb_driver;

/* irp->code of IRP_USB. `minor` is interface << 8 | pipe address in all of them. */
enum winusb_code {
    WINUSB_READ, /* bulk, interrupt */
    WINUSB_WRITE,
    WINUSB_CONTROL, /* argument: the setup packet's eight bytes, as they lie in memory */
    WINUSB_ISOCH,   /* driver_data: struct winusb_transfer, which the driver copies */
};

/* A registered isochronous buffer. `pending` counts transfers; who unregisters sleeps on it. */
struct winusb_buffer {
    uint8_t *memory;
    uint32_t length;
    uint8_t interface, address;
    uint64_t handle; /* the device's, for the face */
    _Atomic uint32_t pending;
};

/* As USBD_ISO_PACKET_DESCRIPTOR. */
struct winusb_packet {
    uint32_t offset, length;
    int32_t status;
};

struct winusb_transfer {
    struct winusb_buffer *buffer;
    struct winusb_packet *packets; /* reads: filled at the end; writes: NULL */
    uint32_t packet_count;
    uint32_t start_frame;
    bool asap, continues;
};

enum winusb_policy {
    WINUSB_SHORT_PACKET_TERMINATE = 1,
    WINUSB_AUTO_CLEAR_STALL,
    WINUSB_PIPE_TRANSFER_TIMEOUT,
    WINUSB_IGNORE_SHORT_PACKETS,
    WINUSB_ALLOW_PARTIAL_READS,
    WINUSB_AUTO_FLUSH,
    WINUSB_RAW_IO,
    WINUSB_MAXIMUM_TRANSFER_SIZE,
    WINUSB_RESET_PIPE_ON_RESUME,
    WINUSB_POLICIES,
    WINUSB_AUTO_SUSPEND = 0x81,
    WINUSB_SUSPEND_DELAY = 0x83,
};

/* NULL: the file is no WinUSB device's. */
struct winusb_file *winusb_file_of(struct file *file);
struct usb_device *winusb_device(struct winusb_file *winusb);

/* The number of the nth interface of the function (from 0). STATUS_NO_MORE_ENTRIES. */
int32_t winusb_interface_number(struct winusb_file *winusb, uint32_t index, uint8_t *number);
/* One handle for each associated interface: STATUS_OBJECT_NAME_COLLISION. */
int32_t winusb_interface_take(struct winusb_file *winusb, uint8_t interface);
void winusb_interface_give(struct winusb_file *winusb, uint8_t interface);

int32_t winusb_set_alternate(struct winusb_file *winusb, uint8_t interface, uint8_t setting);
int32_t winusb_get_alternate(struct winusb_file *winusb, uint8_t interface, uint8_t *setting);

/* The endpoint of the active setting, copied. STATUS_INVALID_PARAMETER. */
int32_t winusb_endpoint(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                        struct usb_endpoint *endpoint);
int32_t winusb_abort(struct winusb_file *winusb, uint8_t interface, uint8_t address);
int32_t winusb_reset(struct winusb_file *winusb, uint8_t interface, uint8_t address);
int32_t winusb_flush(struct winusb_file *winusb, uint8_t interface, uint8_t address);

/* The device is awake when it returns, for a while. */
void winusb_wake(struct winusb_file *winusb);

void winusb_policies_default(struct winusb_file *winusb);
int32_t winusb_policy_set(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                          uint32_t policy, uint32_t length, const void *value);
int32_t winusb_policy_get(struct winusb_file *winusb, uint8_t interface, uint8_t address,
                          uint32_t policy, uint32_t *length, void *value);
int32_t winusb_power_set(struct winusb_file *winusb, uint32_t policy, uint32_t length,
                         const void *value);
int32_t winusb_power_get(struct winusb_file *winusb, uint32_t policy, uint32_t *length,
                         void *value);

#endif
