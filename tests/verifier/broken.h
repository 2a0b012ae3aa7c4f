/* SPDX-License-Identifier: MIT */
/* What the broken drivers and their program share: the program names the rule that the driver is to break. */
#ifndef BROKEN_H
#define BROKEN_H

#define IOCTL_BREAK  CTL_CODE(0x22, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_HOLD   CTL_CODE(0x22, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS) /* pends until it is cancelled */
#define BROKEN_LINK  L"\\\\.\\OvlBroken"

#endif
