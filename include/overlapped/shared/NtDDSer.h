/* SPDX-License-Identifier: MIT */
#include "ntddser.h"
