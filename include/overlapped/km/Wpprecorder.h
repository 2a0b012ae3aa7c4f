/* SPDX-License-Identifier: MIT */
#include "wpprecorder.h"
