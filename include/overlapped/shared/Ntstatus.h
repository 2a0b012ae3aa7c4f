/* SPDX-License-Identifier: MIT */
#include "ntstatus.h"
