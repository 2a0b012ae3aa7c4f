/* SPDX-License-Identifier: MIT */
/* The old annotation headers: all of it is in sal.h. */
#include "sal.h"
