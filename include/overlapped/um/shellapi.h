/* SPDX-License-Identifier: MIT */
/* The command line as words. */
#ifndef _INC_SHELLAPI
#define _INC_SHELLAPI
#include "minwindef.h"

OVL_BEGIN_C
LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR lpCmdLine, int *pNumArgs);
OVL_END_C

#endif
