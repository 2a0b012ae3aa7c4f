/* SPDX-License-Identifier: MIT */
/* What the fx2 driver and its program have in common: the interface's GUID and the control codes. */
#ifndef FX2_H
#define FX2_H

#include <initguid.h>

/* {5a3f0e0e-9c53-4b37-8d2e-66783264e001} */
DEFINE_GUID(GUID_DEVINTERFACE_FX2, 0x5a3f0e0e, 0x9c53, 0x4b37, 0x8d, 0x2e, 0x66, 0x78, 0x32, 0x64, 0xe0, 0x01);

#define FX2_CODE(number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (number), METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_FX2_GET_SWITCHES  FX2_CODE(0) /* out: a byte */
#define IOCTL_FX2_GET_BAR_GRAPH FX2_CODE(1) /* out: a byte */
#define IOCTL_FX2_SET_BAR_GRAPH FX2_CODE(2) /* in: a byte */
#define IOCTL_FX2_GET_DISPLAY   FX2_CODE(3) /* out: a byte, the seven segments */
#define IOCTL_FX2_SET_DISPLAY   FX2_CODE(4) /* in: a byte */
#define IOCTL_FX2_WAIT_SWITCHES FX2_CODE(5) /* out: a byte; pends until the switches change */
#define IOCTL_FX2_TURN_SWITCHES FX2_CODE(6) /* in: a byte; what a hand does on the board */
#define IOCTL_FX2_RESET         FX2_CODE(7) /* resets the port; pipes stay */

#endif
