/* SPDX-License-Identifier: MIT */
#include "devpropdef.h"
