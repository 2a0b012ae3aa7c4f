/* SPDX-License-Identifier: MIT */
#include "wdm.h"
