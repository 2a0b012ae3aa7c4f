/* SPDX-License-Identifier: MIT */
#include "usbdi.h"
