/* SPDX-License-Identifier: MIT */
/* The built-in device classes by what a name was resolved to, and the devices that have a name of
 * their own (device.c). */
#ifndef DRIVERS_DRIVERS_H
#define DRIVERS_DRIVERS_H

#include "drivers/driver.h"

/* What a Windows name means. */
enum device_kind {
    DEVICE_FILE,           /* a path */
    DEVICE_NAMED,          /* \\.\X: a registered device, or nothing */
    DEVICE_PIPE,           /* \\.\pipe\name */
    DEVICE_MAILSLOT,       /* \\.\mailslot\name */
    DEVICE_DRIVE,          /* \\.\C: */
    DEVICE_PHYSICAL_DRIVE, /* \\.\PHYSICALDRIVEn */
    DEVICE_NULL,           /* NUL */
    DEVICE_CONSOLE,        /* CON */
    DEVICE_CONSOLE_INPUT,  /* CONIN$ */
    DEVICE_CONSOLE_OUTPUT, /* CONOUT$ */
    DEVICE_SERIAL,         /* COMn */
    DEVICE_PARALLEL,       /* LPTn */
    DEVICE_KIND_COUNT
};

/* NULL: there is no such class here. */
const struct driver *driver_of_kind(enum device_kind kind);

/* A look-up of a named device. While it lasts device_unregister of that device waits. */
struct device_use {
    struct list link;
    struct device *device;
};

/* Finds the device whose name is `name`, or its first part before a backslash or slash; *rest is
 * then what follows. false: none, and nothing to release. */
bool device_find(const char *name, struct device_use *use, const char **rest);
void device_release(struct device_use *use);

/* Called before each look-up, so that drivers are loaded when a program first looks for a device.
 */
void device_set_loader(void (*load)(void));
void device_load(void);

#endif
