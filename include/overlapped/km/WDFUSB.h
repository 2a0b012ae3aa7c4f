/* SPDX-License-Identifier: MIT */
#include "wdfusb.h"
