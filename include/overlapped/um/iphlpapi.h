/* SPDX-License-Identifier: MIT */
/* Sources that use Winsock include this by habit. The IP Helper functions are not there. */
#ifndef _IPHLPAPI_H_
#define _IPHLPAPI_H_
#include "winsock2.h"
#include "ws2ipdef.h"

#endif
