/* SPDX-License-Identifier: MIT */
#include "wdf.h"
