/* SPDX-License-Identifier: MIT */
/* libc's fcntl.h with Microsoft's flags. There is no text mode: its flags are zero. */
#ifndef OVL_CRT_FCNTL
#define OVL_CRT_FCNTL
#include "ovl_crt.h"
#include_next <fcntl.h>
#define _O_RDONLY     O_RDONLY
#define _O_WRONLY     O_WRONLY
#define _O_RDWR       O_RDWR
#define _O_APPEND     O_APPEND
#define _O_CREAT      O_CREAT
#define _O_TRUNC      O_TRUNC
#define _O_EXCL       O_EXCL
#define _O_NOINHERIT  O_CLOEXEC
#define _O_TEXT       0
#define _O_BINARY     0
#define _O_WTEXT      0
#define _O_U16TEXT    0
#define _O_U8TEXT     0
#define _O_RANDOM     0
#define _O_SEQUENTIAL 0
#define _O_SHORT_LIVED 0
#define O_BINARY      0
#define O_TEXT        0

#endif
