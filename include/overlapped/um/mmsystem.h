/* SPDX-License-Identifier: MIT */
/* Of the multimedia interface: the clock. */
#ifndef _INC_MMSYSTEM
#define _INC_MMSYSTEM
#include "timeapi.h"
#endif
