/* SPDX-License-Identifier: MIT */
#include "ws2def.h"
