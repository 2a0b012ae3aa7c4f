/* SPDX-License-Identifier: MIT */
/* The compiler's float.h, and Microsoft's questions about a number. */
#ifndef OVL_CRT_FLOAT
#define OVL_CRT_FLOAT
#include_next <float.h>
#define _isnan(value)  __builtin_isnan(value)
#define _finite(value) __builtin_isfinite(value)

#endif
