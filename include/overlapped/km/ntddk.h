/* SPDX-License-Identifier: MIT */
/* The header of drivers that are not Plug and Play: here the same routines as wdm.h. */
#ifndef _NTDDK_
#define _NTDDK_
#include "wdm.h"
#endif
