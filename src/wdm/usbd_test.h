/* SPDX-License-Identifier: MIT */
/* What the tests of a USB device's PDO share: a virtual device with its PDO, requests sent to it as a WDM driver above would, and the common
 * URBs. No driver is loaded: the test is what stands above. */
#ifndef WDM_USBD_TEST_H
#define WDM_USBD_TEST_H

#include "base/futex.h"
#include "usb/model_config.h"
#include "usb/virtual.h"
#include "wdm/usbd.h"

#include "usbbusif.h"
#include "usbioctl.h"

enum { TAG = 0x54736574 };

void check(bool good, const char *text, int line);
#define CHECK(condition) check(condition, #condition, __LINE__)

struct fixture {
    struct virtual_device *virtual;
    struct usb_node *node;
    DEVICE_OBJECT *pdo;
    USBD_HANDLE handle;
    USBD_CONFIGURATION_HANDLE config;
    USBD_PIPE_HANDLE pipes[32]; /* by number | IN ? 16 : 0 */
    UCHAR bytes[4096];          /* the configuration descriptor */
};

#define OUT_PIPE(f, number) ((f)->pipes[number])
#define IN_PIPE(f, number)  ((f)->pipes[16 | (number)])

struct sent {
    IRP *irp;
    KEVENT ended;
    _Atomic uint32_t calls;
    KIRQL irql;
};

/* The node comes a moment after its device. interface -1: the device's own, else that of the function that begins with it. */
struct usb_node *node_wait(struct usb_device *device, int interface);
/* An IRP with the PDO's stack location next; sent_go sends it, sent_wait waits, frees it and returns its status. */
IO_STACK_LOCATION *sent_make(struct sent *sent, struct fixture *f, UCHAR major);
NTSTATUS sent_go(struct sent *sent, struct fixture *f);
NTSTATUS sent_wait(struct sent *sent, ULONG_PTR *information);
/* urb_start does not wait; urb_send does. */
NTSTATUS urb_start(struct sent *sent, struct fixture *f, void *urb);
NTSTATUS urb_send(struct fixture *f, void *urb);
NTSTATUS pnp(struct fixture *f, UCHAR minor);
/* Plugged in, started, with a USBD handle. */
struct fixture attach_model(const struct usb_model *model, const char *options, int interface);
struct fixture attach(const char *model, const char *options);
void detach(struct fixture *f);
NTSTATUS get_descriptor(struct fixture *f, UCHAR type, void *buffer, ULONG *length);
/* All first settings, or another one of interface 0: the fixture's pipes are what they gave. */
NTSTATUS select_config(struct fixture *f);
NTSTATUS select_setting(struct fixture *f, UCHAR setting);
void bulk_build(URB *urb, USBD_PIPE_HANDLE pipe, void *buffer, ULONG length);
/* Packets of as many bytes each, one behind the other, IN and as soon as possible; freed by USBD_UrbFree. */
URB *isoch_urb(struct fixture *f, USBD_PIPE_HANDLE pipe, void *buffer, ULONG packets, ULONG bytes);
NTSTATUS bulk(struct fixture *f, USBD_PIPE_HANDLE pipe, void *buffer, ULONG length, ULONG *moved);
USBD_STATUS pipe_request(struct fixture *f, USHORT function, USBD_PIPE_HANDLE pipe);
NTSTATUS vendor(struct fixture *f, UCHAR request, USHORT value, bool in, void *buffer, ULONG length);

/* A device with isochronous IN endpoints in its setting 1; every second packet, from the second on, has PERIODS_SHORT bytes. */
enum { PERIODS_SHORT = 5 };
extern const struct usb_model periods_model;

/* The parts. */
void test_transfers(void);
void test_chains(void);
void test_isoch_urbs(void);
void test_port(void);
void test_errors(void);
void test_streams_and_port(void);

#endif
