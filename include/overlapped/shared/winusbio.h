/* SPDX-License-Identifier: MIT */
/* What WinUSB and its clients share: pipe information, policies, device information, time synchronisation. */
#ifndef __WINUSBIO_H
#define __WINUSBIO_H
#include <windows.h>
#include "usb.h"

typedef struct _WINUSB_PIPE_INFORMATION {
    USBD_PIPE_TYPE PipeType;
    UCHAR PipeId;
    USHORT MaximumPacketSize;
    UCHAR Interval;
} WINUSB_PIPE_INFORMATION, *PWINUSB_PIPE_INFORMATION;

typedef struct _WINUSB_PIPE_INFORMATION_EX {
    USBD_PIPE_TYPE PipeType;
    UCHAR PipeId;
    USHORT MaximumPacketSize;
    UCHAR Interval;
    ULONG MaximumBytesPerInterval;
} WINUSB_PIPE_INFORMATION_EX, *PWINUSB_PIPE_INFORMATION_EX;

/* WinUsb_SetPipePolicy, WinUsb_GetPipePolicy. */
#define SHORT_PACKET_TERMINATE 0x01
#define AUTO_CLEAR_STALL       0x02
#define PIPE_TRANSFER_TIMEOUT  0x03
#define IGNORE_SHORT_PACKETS   0x04
#define ALLOW_PARTIAL_READS    0x05
#define AUTO_FLUSH             0x06
#define RAW_IO                 0x07
#define MAXIMUM_TRANSFER_SIZE  0x08
#define RESET_PIPE_ON_RESUME   0x09

/* WinUsb_SetPowerPolicy, WinUsb_GetPowerPolicy. */
#define AUTO_SUSPEND  0x81
#define ENABLE_WAKE   0x82
#define SUSPEND_DELAY 0x83

/* WinUsb_QueryDeviceInformation, and its answers: no macros, for usbioctl.h has a member of that name. */
#define DEVICE_SPEED 0x01
enum { LowSpeed = 0x01, FullSpeed = 0x02, HighSpeed = 0x03 };

#include <initguid.h>
DEFINE_GUID(WinUSB_TestGuid, 0xda812bff, 0x12c3, 0x46a2, 0x8e, 0x2b, 0xdb, 0xd3, 0xb7, 0x83, 0x4c, 0x43);

#endif
