/* SPDX-License-Identifier: MIT */
#include "usb.h"
