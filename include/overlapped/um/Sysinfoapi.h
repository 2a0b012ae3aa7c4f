/* SPDX-License-Identifier: MIT */
#include "sysinfoapi.h"
