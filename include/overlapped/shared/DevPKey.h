/* SPDX-License-Identifier: MIT */
#include "devpkey.h"
