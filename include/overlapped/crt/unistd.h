/* SPDX-License-Identifier: MIT */
/* gethostname and socklen_t (an int there) are Windows Sockets' names: libc's are hidden. */
#ifndef OVL_CRT_UNISTD
#define OVL_CRT_UNISTD
#include "ovl_crt.h"
#define gethostname ovl_libc_gethostname
#define socklen_t   ovl_libc_socklen_t
#include_next <unistd.h>
#undef gethostname
#undef socklen_t

#endif
