/* SPDX-License-Identifier: MIT */
/* The ids of the devices that run.sh makes. */
#ifndef GUEST_DEVICES_H
#define GUEST_DEVICES_H

enum {
    QEMU_VENDOR = 0x46f4, QEMU_STORAGE = 0x0001, QEMU_AUDIO = 0x0002, QEMU_UAS = 0x0003,
    QEMU_LATE_VENDOR = 0x0627, QEMU_LATE = 0x0001, /* usb-tablet, when it is plugged in later */
    FTDI_VENDOR = 0x0403, FTDI_SERIAL = 0x6001,
    REDIR_VENDOR = 0x1209, REDIR_HIGH = 0x0011, REDIR_SUPER = 0x0012, /* redir_device.py */
};

#endif
