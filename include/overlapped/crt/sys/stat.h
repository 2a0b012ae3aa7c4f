/* SPDX-License-Identifier: MIT */
/* libc's sys/stat.h with Microsoft's names. */
#ifndef OVL_CRT_SYS_STAT
#define OVL_CRT_SYS_STAT
#include "../ovl_crt.h"
#include_next <sys/stat.h>
#define _S_IFMT   S_IFMT
#define _S_IFDIR  S_IFDIR
#define _S_IFCHR  S_IFCHR
#define _S_IFREG  S_IFREG
#define _S_IREAD  S_IRUSR
#define _S_IWRITE S_IWUSR
#define _S_IEXEC  S_IXUSR
#define _stat     stat
#define _stat64   stat
#define _stati64  stat
#define _fstat    fstat
#define _fstat64  fstat
#define _fstati64 fstat
#define _umask    umask

#endif
