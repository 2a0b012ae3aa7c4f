/* SPDX-License-Identifier: MIT */
#include "mmsystem.h"
