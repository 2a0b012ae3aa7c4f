/* SPDX-License-Identifier: MIT */
/* Windows Sockets 1.1 programs get version 2, which has all of its names. */
#include "winsock2.h"
