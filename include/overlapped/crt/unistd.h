/* SPDX-License-Identifier: MIT */
/* gethostname is Windows Sockets' name: libc's is hidden. */
#ifndef OVL_CRT_UNISTD
#define OVL_CRT_UNISTD
#include "ovl_crt.h"
#define gethostname ovl_libc_gethostname
#include_next <unistd.h>
#undef gethostname

#endif
