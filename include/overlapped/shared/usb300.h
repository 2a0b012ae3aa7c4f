/* SPDX-License-Identifier: MIT */
#include "usbspec.h"
