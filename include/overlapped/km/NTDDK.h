/* SPDX-License-Identifier: MIT */
#include "ntddk.h"
