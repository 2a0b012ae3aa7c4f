/* SPDX-License-Identifier: MIT */
#include "setupapi.h"
