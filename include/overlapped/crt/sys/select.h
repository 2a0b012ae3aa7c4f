/* SPDX-License-Identifier: MIT */
/* select and fd_set are Windows Sockets' names: libc's are hidden. A program's own FD_SETSIZE, set for
 * winsock2.h, survives. */
#ifndef OVL_CRT_SYS_SELECT
#define OVL_CRT_SYS_SELECT
#pragma push_macro("FD_SETSIZE")
#undef FD_SETSIZE
#define select ovl_libc_select
#define fd_set ovl_libc_fd_set
#include_next <sys/select.h>
#undef select
#undef fd_set
#undef FD_SET
#undef FD_CLR
#undef FD_ISSET
#undef FD_ZERO
#undef FD_SETSIZE
#pragma pop_macro("FD_SETSIZE")

#endif
