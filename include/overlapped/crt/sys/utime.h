/* SPDX-License-Identifier: MIT */
/* Times of files under Microsoft's names. */
#ifndef OVL_CRT_SYS_UTIME
#define OVL_CRT_SYS_UTIME
#include "../ovl_crt.h"
#include <utime.h>
#define _utimbuf   utimbuf
#define __utimbuf64 utimbuf
#define _utime     utime
#define _utime64   utime

#endif
