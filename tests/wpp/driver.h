/* SPDX-License-Identifier: MIT */
#define INITGUID

#include <ntddk.h>
#include <wdf.h>
#include <usb.h>
#include <usbdlib.h>
#include <wdfusb.h>

#include "device.h"
#include "queue.h"
#include "trace.h"

EXTERN_C_START

//
// WDFDRIVER Events
//
DRIVER_INITIALIZE DriverEntry;
EVT_WDF_DRIVER_DEVICE_ADD TracedBoardEvtDeviceAdd;
EVT_WDF_OBJECT_CONTEXT_CLEANUP TracedBoardEvtDriverContextCleanup;

EXTERN_C_END
