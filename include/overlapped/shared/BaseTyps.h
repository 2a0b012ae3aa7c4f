/* SPDX-License-Identifier: MIT */
#include "basetyps.h"
