/* SPDX-License-Identifier: MIT */
#include "wdmguid.h"
