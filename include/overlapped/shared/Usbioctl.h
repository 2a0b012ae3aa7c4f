/* SPDX-License-Identifier: MIT */
#include "usbioctl.h"
