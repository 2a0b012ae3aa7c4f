/* SPDX-License-Identifier: MIT */
#include "wmidata.h"
