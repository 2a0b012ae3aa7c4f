/* SPDX-License-Identifier: MIT */
/* Hardware resources. A USB device has none, so the lists are there and empty. */
#ifndef _WDFRESOURCE_H_
#define _WDFRESOURCE_H_
#include "wdfobject.h"
OVL_BEGIN_C
WDF_METHOD(ULONG, WdfCmResourceListGetCount, (WDFCMRESLIST List), (List))
WDF_METHOD(PCM_PARTIAL_RESOURCE_DESCRIPTOR, WdfCmResourceListGetDescriptor, (WDFCMRESLIST List, ULONG Index), (List, Index))
OVL_END_C
#endif
