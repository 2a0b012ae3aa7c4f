/* SPDX-License-Identifier: MIT */
#include "ntstrsafe.h"
