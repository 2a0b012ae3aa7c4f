/* SPDX-License-Identifier: MIT */
#include "wmilib.h"
