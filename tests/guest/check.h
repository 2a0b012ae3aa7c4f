/* SPDX-License-Identifier: MIT */
/* What the guest's checks share: the one device under test, and ways to fail. A check either returns or ends the program with status 1. */
#ifndef GUEST_CHECK_H
#define GUEST_CHECK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/futex.h"
#include "usb/device.h"
#include "usb/hosts.h"

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define CHECK(condition, ...) do { if (!(condition)) fail(__VA_ARGS__); } while (0)

extern struct usb_device *device;

/* Finds and opens the device with these ids, on the hosts that OVERLAPPED_USB names, or on usbfs. */
void device_find(uint16_t vendor, uint16_t product);
struct usb_pipe *pipe_get(uint8_t address);
void claim(uint8_t interface);
void setting_select(uint8_t interface, uint8_t setting);
/* One synchronous transfer: the URB's status. */
int move(struct usb_pipe *pipe, void *buffer, uint32_t length, uint32_t *actual);

/* For URBs whose `done` is counted_done. */
extern _Atomic uint32_t ended;
void counted_done(struct urb *urb);
void ended_wait(uint32_t count);

/* isoch_checks.c */
void isoch_out(uint32_t in_flight, uint32_t packets, uint32_t urbs);
void isoch_in(uint32_t in_flight, uint32_t packets, uint32_t urbs);
/* bulk_checks.c */
void storage(bool mapped);
void memory(void);
void memory_never(void);
void loopback(void);
void loopback_streams(void);
void serial(void);
void uas(void);
/* plug_checks.c */
void unplug_bulk(void);
void unplug_isoch(void);
void plug(void);
void denied(void);
void driver(bool consent);

#endif
