/* SPDX-License-Identifier: MIT */
#include "shellapi.h"
