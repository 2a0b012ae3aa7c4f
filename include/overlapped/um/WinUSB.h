/* SPDX-License-Identifier: MIT */
#include "winusb.h"
