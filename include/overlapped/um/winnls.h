/* SPDX-License-Identifier: MIT */
/* Code pages: see stringapiset.h. */
#ifndef _WINNLS_
#define _WINNLS_
#include "stringapiset.h"

#endif
