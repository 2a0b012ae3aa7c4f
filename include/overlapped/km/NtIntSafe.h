/* SPDX-License-Identifier: MIT */
#include "ntintsafe.h"
