/* SPDX-License-Identifier: MIT */
/* Driver annotations: all of it is in sal.h. */
#include "sal.h"
