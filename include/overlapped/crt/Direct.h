/* SPDX-License-Identifier: MIT */
#include "direct.h"
