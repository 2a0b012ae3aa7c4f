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
int _open(const char *name, int flags, ...) OVL_SYMBOL(ovl_crt__open);
int _access(const char *name, int mode) OVL_SYMBOL(ovl_crt__access);
int _chmod(const char *name, int mode) OVL_SYMBOL(ovl_crt__chmod);
int _unlink(const char *name) OVL_SYMBOL(ovl_crt__unlink);
int _wopen(const ovl_wchar *name, int flags, ...) OVL_SYMBOL(ovl_crt__wopen);
OVL_END_C

#define _close              close
#define _commit             fsync
#define _creat(name, mode)  _open((name), O_CREAT | O_WRONLY | O_TRUNC, (mode))
#define _dup                dup
#define _dup2(from, to)     (dup2((from), (to)) < 0 ? -1 : 0)
#define _isatty             isatty
#define _lseek              lseek
#define _lseeki64           lseek
#define _read               read
#define _write              write
#define _tell(fd)           lseek((fd), 0, SEEK_CUR)
#define _telli64(fd)        lseek((fd), 0, SEEK_CUR)
#define _chsize_s(fd, size) (ftruncate((fd), (size)) < 0 ? errno : 0)
#define _chsize             ftruncate
#define _filelength(fd)     ((int)_filelengthi64(fd))
#define setmode             _setmode
#define filelength          _filelength

/* Searching a directory. Sizes have 32 bits but for the forms with an i64 or a 64 at the end. */
typedef unsigned _fsize_t;
#define _A_NORMAL 0x00
#define _A_RDONLY 0x01
#define _A_HIDDEN 0x02
#define _A_SYSTEM 0x04
#define _A_SUBDIR 0x10
#define _A_ARCH   0x20
#define OVL_FIND(unit, name64, name32, first64, next64, first32, next32)                       \
    struct name64 {                                                                            \
        unsigned attrib;                                                                       \
        __time64_t time_create, time_access, time_write;                                       \
        long long size;                                                                        \
        unit name[260];                                                                        \
    };                                                                                         \
    struct name32 {                                                                            \
        unsigned attrib;                                                                       \
        __time64_t time_create, time_access, time_write;                                       \
        _fsize_t size;                                                                         \
        unit name[260];                                                                        \
    };                                                                                         \
    intptr_t first64(const unit *pattern, struct name64 *found) OVL_SYMBOL(ovl_crt_##first64); \
    int next64(intptr_t search, struct name64 *found) OVL_SYMBOL(ovl_crt_##next64);            \
    OVL_INLINE void ovl_give##name32(struct name32 *to, const struct name64 *from)             \
    {                                                                                          \
        to->attrib = from->attrib;                                                             \
        to->time_create = from->time_create;                                                   \
        to->time_access = from->time_access;                                                   \
        to->time_write = from->time_write;                                                     \
        to->size = (_fsize_t)from->size;                                                       \
        for (int i = 0; i < 260; i++)                                                          \
            to->name[i] = from->name[i];                                                       \
    }                                                                                          \
    OVL_INLINE intptr_t first32(const unit *pattern, struct name32 *found)                     \
    {                                                                                          \
        struct name64 wide;                                                                    \
        intptr_t search = first64(pattern, &wide);                                             \
        if (search != -1)                                                                      \
            ovl_give##name32(found, &wide);                                                    \
        return search;                                                                         \
    }                                                                                          \
    OVL_INLINE int next32(intptr_t search, struct name32 *found)                               \
    {                                                                                          \
        struct name64 wide;                                                                    \
        int result = next64(search, &wide);                                                    \
        if (!result)                                                                           \
            ovl_give##name32(found, &wide);                                                    \
        return result;                                                                         \
    }
OVL_BEGIN_C
OVL_FIND(char, __finddata64_t, _finddata_t, _findfirst64, _findnext64, _findfirst, _findnext)
OVL_FIND(ovl_wchar, _wfinddata64_t, _wfinddata_t, _wfindfirst64, _wfindnext64, _wfindfirst, _wfindnext)
int _findclose(intptr_t search) OVL_SYMBOL(ovl_crt__findclose);
OVL_END_C
#undef OVL_FIND
#define _finddata64i32_t  _finddata_t
#define _finddatai64_t    __finddata64_t
#define _wfinddata64i32_t _wfinddata_t
#define _wfinddatai64_t   _wfinddata64_t
#define _findfirst64i32   _findfirst
#define _findfirsti64     _findfirst64
#define _findnext64i32    _findnext
#define _findnexti64      _findnext64
#define _wfindfirst64i32  _wfindfirst
#define _wfindfirsti64    _wfindfirst64
#define _wfindnext64i32   _wfindnext
#define _wfindnexti64     _wfindnext64

#endif
