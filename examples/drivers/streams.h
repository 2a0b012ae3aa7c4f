/* SPDX-License-Identifier: MIT */
/* What the streams driver and its program have in common. A request names its stream in the input; the data is the other buffer. */
#ifndef STREAMS_H
#define STREAMS_H

#include <initguid.h>

/* {5a3f0e0e-9c53-4b37-8d2e-66783264e002} */
DEFINE_GUID(GUID_DEVINTERFACE_STREAMS, 0x5a3f0e0e, 0x9c53, 0x4b37, 0x8d, 0x2e, 0x66, 0x78, 0x32, 0x64, 0xe0, 0x02);

#define STREAMS_CODE(number, method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900 + (number), method, FILE_ANY_ACCESS)
#define IOCTL_STREAMS_COUNT   STREAMS_CODE(0, METHOD_BUFFERED)   /* out: a ULONG, how many are open */
#define IOCTL_STREAMS_READ    STREAMS_CODE(1, METHOD_OUT_DIRECT) /* in: a ULONG, the stream from 1; out: the data */
#define IOCTL_STREAMS_WRITE   STREAMS_CODE(2, METHOD_IN_DIRECT)  /* in: likewise; "out": what is written */
#define IOCTL_STREAMS_RECOVER STREAMS_CODE(3, METHOD_BUFFERED)   /* after a failure: cancels all and resets both endpoints */

#define STREAMS_LARGEST (64 * 1024)

#endif
