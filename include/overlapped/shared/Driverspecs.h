/* SPDX-License-Identifier: MIT */
#include "driverspecs.h"
