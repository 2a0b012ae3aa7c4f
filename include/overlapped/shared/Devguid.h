/* SPDX-License-Identifier: MIT */
#include "devguid.h"
