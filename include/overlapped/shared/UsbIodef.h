/* SPDX-License-Identifier: MIT */
#include "usbiodef.h"
