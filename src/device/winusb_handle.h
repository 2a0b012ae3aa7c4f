/* SPDX-License-Identifier: MIT */
/* What the WinUsb_* files share: the interface handle and the way from it to the open device. */
#ifndef DEVICE_WINUSB_HANDLE_H
#define DEVICE_WINUSB_HANDLE_H

#include "drivers/winusb.h"
#include "nt/file.h"
#include "win32/face.h"
#include "winusb.h"

/* What a WINUSB_INTERFACE_HANDLE points to. */
struct winusb_handle {
    uint32_t magic;
    uint8_t number;  /* of the interface */
    bool associated; /* made by WinUsb_GetAssociatedInterface */
    uint64_t device; /* the handle that CreateFile gave */
};

/* NULL (the last error is ERROR_INVALID_HANDLE) for what is no interface handle. */
struct winusb_handle *winusb_handle_from(WINUSB_INTERFACE_HANDLE handle);

/* The open device behind it, referenced until winusb_release; NULL with the last error set. */
struct winusb_file *winusb_reference(const struct winusb_handle *handle);
struct winusb_file *winusb_reference_device(uint64_t device);
void winusb_release(struct winusb_file *winusb);

#endif
