/* SPDX-License-Identifier: MIT */
/* u_long has 32 bits in Windows Sockets: libc's is hidden, winsock2.h defines its own. */
#ifndef OVL_CRT_SYS_TYPES
#define OVL_CRT_SYS_TYPES
#include "../ovl_crt.h"
#define u_long ovl_libc_u_long
#include_next <sys/types.h>
#undef u_long

#endif
