/* SPDX-License-Identifier: MIT */
/* SAL 1: see sal.h. */
#include "sal.h"
