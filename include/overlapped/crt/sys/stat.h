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
#ifdef __cplusplus
#define OVL_NOTHROW throw()
#else
#define OVL_NOTHROW
#endif
/* The structure and the function have one name, and stay libc's but for what the function makes of names. */
OVL_BEGIN_C
int stat(const char *name, struct stat *status) OVL_NOTHROW OVL_SYMBOL(ovl_crt__stat);
int _wstat(const ovl_wchar *name, struct stat *status) OVL_SYMBOL(ovl_crt__wstat);
OVL_END_C
#define _stat       stat
#define _stat64     stat
#define __stat64    stat
#define _stati64    stat
#define _stat64i32  stat
#undef OVL_NOTHROW
#define _wstat64    _wstat
#define _wstati64   _wstat
#define _wstat64i32 _wstat
#define _fstat      fstat
#define _fstat64    fstat
#define _fstati64   fstat
#define _fstat64i32 fstat
#define _umask    umask

#endif
