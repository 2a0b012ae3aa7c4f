/* SPDX-License-Identifier: MIT */
/* Data blocks of the system's WMI classes: none are served, so none are described. */
#ifndef _WMIDATA_
#define _WMIDATA_
#include "wmistr.h"
#endif
