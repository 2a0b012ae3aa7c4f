/* SPDX-License-Identifier: MIT */
#include "io.h"
