/* SPDX-License-Identifier: MIT */
#include "winusbio.h"
