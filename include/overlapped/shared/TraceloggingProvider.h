/* SPDX-License-Identifier: MIT */
#include "traceloggingprovider.h"
