/* SPDX-License-Identifier: MIT */
/* The console: see consoleapi.h. */
#ifndef _WINCON_
#define _WINCON_
#include "consoleapi.h"

#endif
