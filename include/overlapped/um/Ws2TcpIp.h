/* SPDX-License-Identifier: MIT */
#include "ws2tcpip.h"
