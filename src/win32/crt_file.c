/* SPDX-License-Identifier: MIT */
/* The C runtime's calls on names of files. A name that begins with a slash or has neither a drive
 * nor a backslash is libc's own; others mean what they mean to CreateFile, so that a name which
 * GetTempPath or GetModuleFileName gave can be opened. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf16.h"
#include "drivers/path.h"
#include "nt/name.h"
#include "win32/crt.h"

static int is_windows_name(const char *text)
{
    if (text[0] == '/')
        return 0;
    return (text[0] && text[1] == ':') || strchr(text, '\\') || !strcasecmp(text, "nul");
}

/* The POSIX name, in `name` or `text` itself; NULL with errno. */
static const char *posix_name(const char *text, struct name *name)
{
    if (!text) {
        errno = EINVAL;
        return NULL;
    }
    if (!is_windows_name(text))
        return text;
    int32_t status = name_resolve(name_table_system(), text, strlen(text), name);
    if (status < 0 || (name->kind != DEVICE_FILE && name->kind != DEVICE_NULL)) {
        errno = ENOENT;
        return NULL;
    }
    if (name->kind == DEVICE_NULL)
        return "/dev/null";
    path_locate(name->text);
    return name->text;
}

static int file_open(const char *text, int flags, int mode)
{
    struct name name;
    const char *path = posix_name(text, &name);

    return path ? open(path, flags, (mode_t)mode) : -1;
}

/* For C++ streams: the bits in, out, trunc, app, in the combinations that the standard's table has.
 */
CRT(int, ovl_crt_stream_open, const char *text, unsigned mode)
{
    enum { READS = 1, WRITES = 2, TRUNC = 4, APPENDS = 8 };
    int flags;

    switch (mode) {
    case READS:
        flags = O_RDONLY;
        break;
    case WRITES:
    case WRITES | TRUNC:
        flags = O_WRONLY | O_CREAT | O_TRUNC;
        break;
    case APPENDS:
    case WRITES | APPENDS:
        flags = O_WRONLY | O_CREAT | O_APPEND;
        break;
    case READS | WRITES:
        flags = O_RDWR;
        break;
    case READS | WRITES | TRUNC:
        flags = O_RDWR | O_CREAT | O_TRUNC;
        break;
    case READS | APPENDS:
    case READS | WRITES | APPENDS:
        flags = O_RDWR | O_CREAT | O_APPEND;
        break;
    default:
        errno = EINVAL;
        return -1;
    }
    return file_open(text, flags, 0666);
}

CRT(FILE *, ovl_crt_fopen, const char *text, const char *mode)
{
    struct name name;
    const char *path = posix_name(text, &name);

    return path ? fopen(path, mode) : NULL;
}

CRT(FILE *, ovl_crt_freopen, const char *text, const char *mode, FILE *old)
{
    struct name name;
    const char *path = text ? posix_name(text, &name) : NULL;

    if (path || !text)
        return freopen(path, mode, old);
    int error = errno;
    fclose(old);
    errno = error;
    return NULL;
}

CRT(int, ovl_crt_fopen_s, FILE **stream, const char *name, const char *mode)
{
    if (!stream || !name || !mode)
        return crt_invalid(EINVAL);
    *stream = ovl_crt_fopen(name, mode);
    return *stream ? 0 : errno;
}

CRT(int, ovl_crt_freopen_s, FILE **stream, const char *name, const char *mode, FILE *old)
{
    if (!stream || !mode || !old)
        return crt_invalid(EINVAL);
    *stream = ovl_crt_freopen(name, mode, old);
    return *stream ? 0 : errno;
}

CRT(FILE *, ovl_crt__wfopen, const char16_t *name, const char16_t *mode)
{
    char *narrow_name = crt_narrow(name), *narrow_mode = crt_narrow(mode);
    FILE *stream = narrow_name && narrow_mode ? ovl_crt_fopen(narrow_name, narrow_mode) : NULL;

    free(narrow_name);
    free(narrow_mode);
    return stream;
}

CRT(int, ovl_crt__wfopen_s, FILE **stream, const char16_t *name, const char16_t *mode)
{
    if (!stream || !name || !mode)
        return crt_invalid(EINVAL);
    *stream = ovl_crt__wfopen(name, mode);
    return *stream ? 0 : errno;
}

/* Functions of one name, for both kinds of strings: the call is on `path`. */
#define BY_NAME(narrow_function, wide_function, call)                                              \
    CRT(int, narrow_function, const char *text)                                                    \
    {                                                                                              \
        struct name name;                                                                          \
        const char *path = posix_name(text, &name);                                                \
        return path ? (call) : -1;                                                                 \
    }                                                                                              \
    CRT(int, wide_function, const char16_t *text)                                                  \
    {                                                                                              \
        char *narrow = crt_narrow(text);                                                           \
        int result = narrow_function(narrow);                                                      \
        free(narrow);                                                                              \
        return result;                                                                             \
    }
BY_NAME(ovl_crt_remove, ovl_crt__wremove, remove(path))
BY_NAME(ovl_crt__unlink, ovl_crt__wunlink, unlink(path))
BY_NAME(ovl_crt__chdir, ovl_crt__wchdir, chdir(path))
BY_NAME(ovl_crt__rmdir, ovl_crt__wrmdir, rmdir(path))
BY_NAME(ovl_crt__mkdir, ovl_crt__wmkdir, mkdir(path, 0777))

CRT(int, ovl_crt__access, const char *text, int mode)
{
    struct name name;
    const char *path = posix_name(text, &name);

    return path ? access(path, mode) : -1;
}

CRT(int, ovl_crt__waccess, const char16_t *text, int mode)
{
    char *narrow = crt_narrow(text);
    int result = ovl_crt__access(narrow, mode);

    free(narrow);
    return result;
}

CRT(int, ovl_crt__chmod, const char *text, int mode)
{
    struct name name;
    const char *path = posix_name(text, &name);

    return path ? chmod(path, (mode_t)mode) : -1;
}

CRT(int, ovl_crt__stat, const char *text, struct stat *status)
{
    struct name name;
    const char *path = posix_name(text, &name);

    return path ? stat(path, status) : -1;
}

CRT(int, ovl_crt__wstat, const char16_t *text, struct stat *status)
{
    char *narrow = crt_narrow(text);
    int result = ovl_crt__stat(narrow, status);

    free(narrow);
    return result;
}

CRT(int, ovl_crt_rename, const char *from, const char *to)
{
    struct name from_name, to_name;
    const char *old = posix_name(from, &from_name), *new = posix_name(to, &to_name);

    return old && new ? rename(old, new) : -1;
}

CRT(int, ovl_crt__wrename, const char16_t *from, const char16_t *to)
{
    char *narrow_from = crt_narrow(from), *narrow_to = crt_narrow(to);
    int result = ovl_crt_rename(narrow_from, narrow_to);

    free(narrow_from);
    free(narrow_to);
    return result;
}

CRT(int, ovl_crt__open, const char *name, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    int mode = flags & O_CREAT ? va_arg(args, int) : 0;
    va_end(args);
    return file_open(name, flags, mode);
}

CRT(int, ovl_crt__wopen, const char16_t *name, int flags, ...)
{
    char *narrow = crt_narrow(name);
    va_list args;

    va_start(args, flags);
    int fd = file_open(narrow, flags, flags & O_CREAT ? va_arg(args, int) : 0);
    va_end(args);
    free(narrow);
    return fd;
}

CRT(int, ovl_crt__sopen_s, int *fd, const char *name, int flags, int share, int mode)
{
    (void)share;
    if (!fd || !name)
        return crt_invalid(EINVAL);
    *fd = file_open(name, flags, mode);
    return *fd < 0 ? errno : 0;
}
