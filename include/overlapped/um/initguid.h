/* SPDX-License-Identifier: MIT */
/* Included before other headers: their DEFINE_GUIDs define. */
#ifndef INITGUID
#define INITGUID
#endif
#include "guiddef.h"
