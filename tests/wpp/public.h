/* SPDX-License-Identifier: MIT */
/* What programs and the driver agree on. */
DEFINE_GUID(GUID_DEVINTERFACE_TracedBoard, 0x2b0f7c1e, 0x53a4, 0x4c7d, 0x9e, 0x21, 0x0d, 0x6b, 0x8a, 0x4f, 0x13, 0x77);

#define IOCTL_TRACED_STATE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)
