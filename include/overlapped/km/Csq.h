/* SPDX-License-Identifier: MIT */
#include "csq.h"
