/* SPDX-License-Identifier: MIT */
/* What the UAS driver and its program agree on. */
#ifndef UAS_TEST_H
#define UAS_TEST_H

#include <initguid.h>

/* {5a3f0e0e-9c53-4b37-8d2e-66783264e0a5} */
DEFINE_GUID(GUID_DEVINTERFACE_UAS_TEST, 0x5a3f0e0e, 0x9c53, 0x4b37, 0x8d, 0x2e, 0x66, 0x78, 0x32, 0x64, 0xe0, 0xa5);

#define IOCTL_UAS_INQUIRY CTL_CODE(0x22, 0x930, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: 36 bytes */
#define IOCTL_UAS_READ    CTL_CODE(0x22, 0x931, METHOD_BUFFERED, FILE_ANY_ACCESS) /* out: so many UAS_PIECEs from the disk's begin, each on a stream of its own, at once */
#define UAS_STREAMS 4
#define UAS_PIECE   32768

#endif
