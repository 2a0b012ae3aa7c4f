/* SPDX-License-Identifier: MIT */
#include "usbdlib.h"
