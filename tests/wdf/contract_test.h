/* SPDX-License-Identifier: MIT */
/* What the contracts' driver adds to usb_test.h: requests of the program's own that it relays, and what a loaded copy of it keeps for itself. */
#ifndef CONTRACT_TEST_H
#define CONTRACT_TEST_H

#include "usb_test.h"

#define IOCTL_RELAY_WRITE CTL_CODE(0x22, 0x930, METHOD_IN_DIRECT, FILE_ANY_ACCESS)  /* "out": what is written, piece by piece */
#define IOCTL_RELAY_READ  CTL_CODE(0x22, 0x931, METHOD_OUT_DIRECT, FILE_ANY_ACCESS) /* out: what is read, piece by piece */
#define IOCTL_KEEP        CTL_CODE(0x22, 0x932, METHOD_BUFFERED, FILE_ANY_ACCESS)   /* in: a ULONG to add; out: the sum so far */
#define IOCTL_CYCLE       CTL_CODE(0x22, 0x933, METHOD_BUFFERED, FILE_ANY_ACCESS)   /* the device leaves its port and comes back */

#define RELAY_PIECE 3072 /* whole packets at every speed */

#endif
