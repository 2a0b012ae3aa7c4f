/* SPDX-License-Identifier: MIT */
#include "stdafx.h"
