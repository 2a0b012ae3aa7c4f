/* SPDX-License-Identifier: MIT */
/* What the USB driver and its program agree on: IOCTL_USB_PART n runs part n in the driver and gives lines of TAP back (no such part:
 * STATUS_NO_MORE_ENTRIES); IOCTL_USB_FAULTS n gives the faults that the device is to have meanwhile. */
#ifndef USB_TEST_H
#define USB_TEST_H

#include <initguid.h>

/* {5a3f0e0e-9c53-4b37-8d2e-66783264e0f1} */
DEFINE_GUID(GUID_DEVINTERFACE_USB_TEST, 0x5a3f0e0e, 0x9c53, 0x4b37, 0x8d, 0x2e, 0x66, 0x78, 0x32, 0x64, 0xe0, 0xf1);

#define IOCTL_USB_PART   CTL_CODE(0x22, 0x920, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_USB_FAULTS CTL_CODE(0x22, 0x921, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define USB_BYTES 32768

#endif
