/* SPDX-License-Identifier: MIT */
/* Control devices: they stand in no device stack. */
#ifndef _WDFCONTROL_H_
#define _WDFCONTROL_H_
#include "wdfdevice.h"
OVL_BEGIN_C
WDF_METHOD(PWDFDEVICE_INIT, WdfControlDeviceInitAllocate, (WDFDRIVER Driver, PCUNICODE_STRING SDDLString), (Driver, SDDLString))
WDF_METHOD(VOID, WdfControlFinishInitializing, (WDFDEVICE Device), (Device))
OVL_END_C
#endif
