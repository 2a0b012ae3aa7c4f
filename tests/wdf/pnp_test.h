/* SPDX-License-Identifier: MIT */
/* What the Plug and Play driver and its program agree on. The driver keeps a trace of its callbacks, words with a space between, that a
 * control device of its own gives away. */
#ifndef PNP_TEST_H
#define PNP_TEST_H

/* The control device's. */
#define PNP_CONTROL L"\\\\.\\OvlWdfPnp"
#define IOCTL_PNP_TRACE CTL_CODE(0x22, 0x920, METHOD_BUFFERED, FILE_ANY_ACCESS) /* in: words to wait for; out: the text; it begins anew */
#define IOCTL_PNP_MODE  CTL_CODE(0x22, 0x921, METHOD_BUFFERED, FILE_ANY_ACCESS) /* in: struct pnp_mode for devices that come */

struct pnp_mode {
    char fails_at[16]; /* the word of the callback that fails; "failed": the device says so while it starts, and wants a restart */
    unsigned int idle_ms; /* 0: no idle settings */
};

/* The device's. */
#define PNP_LINK L"\\\\.\\OvlWdfFx2"
#define IOCTL_PNP_WORK  CTL_CODE(0x22, 0x930, METHOD_BUFFERED, FILE_ANY_ACCESS) /* traced, ends at once */
#define IOCTL_PNP_HOLD  CTL_CODE(0x22, 0x931, METHOD_BUFFERED, FILE_ANY_ACCESS) /* pends until cancelled or stopped */
#define IOCTL_PNP_FAIL  CTL_CODE(0x22, 0x932, METHOD_BUFFERED, FILE_ANY_ACCESS) /* WdfDeviceSetFailed; in: a byte: 1 with a restart, 2 by the bus driver's interface */
#define IOCTL_PNP_HIDE  CTL_CODE(0x22, 0x933, METHOD_BUFFERED, FILE_ANY_ACCESS) /* in: a byte: whether the interface is shown */
#define IOCTL_PNP_FACTS CTL_CODE(0x22, 0x934, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: lines of TAP */
#define IOCTL_PNP_STATE CTL_CODE(0x22, 0x935, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: the power state; does not wake the device */

#define PNP_GUID {0x5f0e61a5, 0x3c1d, 0x4b7e, {0x9a, 0x44, 0x1d, 0x58, 0x0b, 0x6e, 0x7c, 0x21}}
#define PNP_TEXT 2048

#endif
