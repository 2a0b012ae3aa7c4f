/* SPDX-License-Identifier: MIT */
/* Microsoft's low-level files: libc's descriptors under their other names, and the way between a
 * descriptor and a HANDLE. */
#ifndef OVL_CRT_IO
#define OVL_CRT_IO
#include "ovl_crt.h"
#include <fcntl.h>
#include <unistd.h>
#include <sys/stat.h>
#include <stdint.h>
#include <errno.h>
#include "share.h"

OVL_BEGIN_C
intptr_t _get_osfhandle(int fd) OVL_SYMBOL(ovl_crt__get_osfhandle);
int _open_osfhandle(intptr_t handle, int flags) OVL_SYMBOL(ovl_crt__open_osfhandle);
int _setmode(int fd, int mode) OVL_SYMBOL(ovl_crt__setmode);
long long _filelengthi64(int fd) OVL_SYMBOL(ovl_crt__filelengthi64);
int _eof(int fd) OVL_SYMBOL(ovl_crt__eof);
errno_t _sopen_s(int *fd, const char *name, int flags, int share, int mode)
    OVL_SYMBOL(ovl_crt__sopen_s);
int _wopen(const ovl_wchar *name, int flags, ...) OVL_SYMBOL(ovl_crt__wopen);
OVL_END_C

#define _access(name, mode) access((name), (mode))
#define _chmod              chmod
#define _close              close
#define _commit             fsync
#define _creat              creat
#define _dup                dup
#define _dup2(from, to)     (dup2((from), (to)) < 0 ? -1 : 0)
#define _isatty             isatty
#define _lseek              lseek
#define _lseeki64           lseek
#define _open               open
#define _read               read
#define _write              write
#define _tell(fd)           lseek((fd), 0, SEEK_CUR)
#define _telli64(fd)        lseek((fd), 0, SEEK_CUR)
#define _unlink             unlink
#define _chsize_s(fd, size) (ftruncate((fd), (size)) < 0 ? errno : 0)
#define _chsize             ftruncate
#define _filelength(fd)     ((int)_filelengthi64(fd))
#define setmode             _setmode
#define filelength          _filelength

#endif
