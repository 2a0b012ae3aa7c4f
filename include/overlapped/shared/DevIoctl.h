/* SPDX-License-Identifier: MIT */
#include "devioctl.h"
