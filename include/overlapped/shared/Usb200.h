/* SPDX-License-Identifier: MIT */
#include "usb200.h"
