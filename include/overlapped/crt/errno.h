/* SPDX-License-Identifier: MIT */
/* libc's errno.h with errno_t. The values are libc's. */
#ifndef OVL_CRT_ERRNO
#define OVL_CRT_ERRNO
#include "ovl_crt.h"
#endif
#include_next <errno.h>
#ifndef STRUNCATE
#define STRUNCATE 80
#endif
#define _set_errno(value) (errno = (value), 0)
#define _get_errno(value) (*(value) = errno, 0)
