/* SPDX-License-Identifier: MIT */
#include "usb100.h"
