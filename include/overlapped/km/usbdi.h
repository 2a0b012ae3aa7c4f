/* SPDX-License-Identifier: MIT */
/* What a USB client driver includes for URBs: the blocks themselves are usb.h's. */
#ifndef __USBDI_H__
#define __USBDI_H__
#include "usb.h"
#include "usbioctl.h"
#endif
