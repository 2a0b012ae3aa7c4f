/* SPDX-License-Identifier: MIT */
#include "wdmsec.h"
