/* SPDX-License-Identifier: MIT */
/* Streams and files by 16-bit names and in 16-bit text (UTF-8 in the file), and the _s forms. Names are
 * POSIX names. */
#include "win32/crt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wchar.h>

#include "base/utf16.h"

/* The half of a pair, or the unit given back, that the next read of the stream takes first. One stream
 * per thread can be in that state: reading another one before drops it. */
static __thread struct {
    FILE *stream;
    int unit;
} pending;

int crt_get_unit(FILE *stream)
{
    char bytes[4];
    char16_t units[2];
    int byte;

    if (pending.stream == stream) {
        pending.stream = NULL;
        return pending.unit;
    }
    byte = getc_unlocked(stream);
    if (byte < 0)
        return -1;
    bytes[0] = (char)byte;
    size_t need = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1, have = 1;
    while (have < need) {
        byte = getc_unlocked(stream);
        if (byte < 0x80 || byte > 0xbf) {
            if (byte >= 0)
                ungetc(byte, stream);
            break;
        }
        bytes[have++] = (char)byte;
    }
    if (utf16_from_utf8(units, 2, bytes, have) > 1 && have == 4) {
        pending.stream = stream;
        pending.unit = units[1];
    }
    return units[0];
}

void crt_unget_unit(FILE *stream, int unit)
{
    pending.stream = stream;
    pending.unit = unit;
}

CRT(wint_t, ovl_crt_fgetwc, FILE *stream)
{
    flockfile(stream);
    int unit = crt_get_unit(stream);
    funlockfile(stream);
    return unit < 0 ? WEOF : (wint_t)unit;
}

CRT(wint_t, ovl_crt_getwchar, void)
{
    return ovl_crt_fgetwc(stdin);
}

CRT(wint_t, ovl_crt_ungetwc, wint_t unit, FILE *stream)
{
    if (unit != WEOF)
        crt_unget_unit(stream, (int)unit);
    return unit;
}

/* Half a surrogate pair waits for the other half. */
static __thread struct {
    FILE *stream;
    char16_t high;
} half;

CRT(wint_t, ovl_crt_fputwc, char16_t unit, FILE *stream)
{
    char16_t units[2] = {unit};
    size_t count = 1;
    char bytes[8];

    if ((unit & 0xfc00) == 0xd800) {
        half.stream = stream;
        half.high = unit;
        return unit;
    }
    if (half.stream == stream && (unit & 0xfc00) == 0xdc00) {
        units[0] = half.high;
        units[1] = unit;
        count = 2;
    }
    half.stream = NULL;
    size_t length = utf8_from_utf16(bytes, sizeof(bytes), units, count);
    return fwrite(bytes, 1, length, stream) == length ? unit : WEOF;
}

CRT(wint_t, ovl_crt_putwchar, char16_t unit)
{
    return ovl_crt_fputwc(unit, stdout);
}

CRT(int, ovl_crt_fputws, const char16_t *text, FILE *stream)
{
    char *narrow = crt_narrow(text);
    int result = narrow ? fputs(narrow, stream) : -1;

    free(narrow);
    return result;
}

CRT(int, ovl_crt__putws, const char16_t *text)
{
    flockfile(stdout);
    int result = ovl_crt_fputws(text, stdout) < 0 || putc('\n', stdout) < 0 ? -1 : 0;
    funlockfile(stdout);
    return result;
}

CRT(char16_t *, ovl_crt_fgetws, char16_t *buffer, int size, FILE *stream)
{
    int n = 0, unit = 0;

    if (!buffer || size <= 0)
        return NULL;
    flockfile(stream);
    while (n < size - 1 && unit != '\n' && (unit = crt_get_unit(stream)) >= 0)
        buffer[n++] = (char16_t)unit;
    funlockfile(stream);
    buffer[n] = 0;
    return n || size == 1 ? buffer : NULL;
}

CRT(char *, ovl_crt_gets_s, char *buffer, size_t size)
{
    if (!buffer || !size || !fgets(buffer, size > INT32_MAX ? INT32_MAX : (int)size, stdin)) {
        if (buffer && size)
            buffer[0] = 0;
        return NULL;
    }
    size_t length = strlen(buffer);
    if (length && buffer[length - 1] == '\n') {
        buffer[length - 1] = 0;
    } else if (length == size - 1) {
        buffer[0] = 0;
        crt_invalid(ERANGE);
        return NULL;
    }
    return buffer;
}

CRT(char16_t *, ovl_crt__getws_s, char16_t *buffer, size_t size)
{
    if (!buffer || !size || !ovl_crt_fgetws(buffer, size > INT32_MAX ? INT32_MAX : (int)size, stdin))
        return NULL;
    size_t length = utf16_length(buffer);
    if (length && buffer[length - 1] == '\n')
        buffer[length - 1] = 0;
    return buffer;
}

CRT(int, ovl_crt_fopen_s, FILE **stream, const char *name, const char *mode)
{
    if (!stream || !name || !mode)
        return crt_invalid(EINVAL);
    *stream = fopen(name, mode);
    return *stream ? 0 : errno;
}

CRT(int, ovl_crt_freopen_s, FILE **stream, const char *name, const char *mode, FILE *old)
{
    if (!stream || !mode || !old)
        return crt_invalid(EINVAL);
    *stream = freopen(name, mode, old);
    return *stream ? 0 : errno;
}

CRT(int, ovl_crt_tmpfile_s, FILE **stream)
{
    if (!stream)
        return crt_invalid(EINVAL);
    *stream = tmpfile();
    return *stream ? 0 : errno;
}

CRT(FILE *, ovl_crt__wfopen, const char16_t *name, const char16_t *mode)
{
    char *narrow_name = crt_narrow(name), *narrow_mode = crt_narrow(mode);
    FILE *stream = narrow_name && narrow_mode ? fopen(narrow_name, narrow_mode) : NULL;

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

/* Functions of a name: the name as UTF-8, and the call. */
#define BY_NAME(function, call)                 \
    CRT(int, function, const char16_t *name)    \
    {                                           \
        char *narrow = crt_narrow(name);        \
        int result = narrow ? (call) : -1;      \
        free(narrow);                           \
        return result;                          \
    }
BY_NAME(ovl_crt__wremove, remove(narrow))
BY_NAME(ovl_crt__wunlink, unlink(narrow))
BY_NAME(ovl_crt__wchdir, chdir(narrow))
BY_NAME(ovl_crt__wrmdir, rmdir(narrow))
BY_NAME(ovl_crt__wmkdir, mkdir(narrow, 0777))
BY_NAME(ovl_crt__wsystem, system(narrow))

CRT(int, ovl_crt__waccess, const char16_t *name, int mode)
{
    char *narrow = crt_narrow(name);
    int result = narrow ? access(narrow, mode) : -1;

    free(narrow);
    return result;
}

CRT(int, ovl_crt__wrename, const char16_t *from, const char16_t *to)
{
    char *narrow_from = crt_narrow(from), *narrow_to = crt_narrow(to);
    int result = narrow_from && narrow_to ? rename(narrow_from, narrow_to) : -1;

    free(narrow_from);
    free(narrow_to);
    return result;
}

CRT(void, ovl_crt__wperror, const char16_t *text)
{
    int error = errno;
    char *narrow = crt_narrow(text);

    errno = error;
    perror(narrow);
    free(narrow);
}

CRT(int, ovl_crt__wopen, const char16_t *name, int flags, ...)
{
    char *narrow = crt_narrow(name);
    va_list args;

    va_start(args, flags);
    int fd = narrow ? open(narrow, flags, flags & O_CREAT ? va_arg(args, mode_t) : 0) : -1;
    va_end(args);
    free(narrow);
    return fd;
}

CRT(int, ovl_crt__sopen_s, int *fd, const char *name, int flags, int share, int mode)
{
    (void)share;
    if (!fd || !name)
        return crt_invalid(EINVAL);
    *fd = open(name, flags, (mode_t)mode);
    return *fd < 0 ? errno : 0;
}

CRT(long long, ovl_crt__filelengthi64, int fd)
{
    struct stat status;

    return fstat(fd, &status) < 0 ? -1 : status.st_size;
}

CRT(int, ovl_crt__eof, int fd)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    struct stat status;

    if (at < 0 || fstat(fd, &status) < 0)
        return -1;
    return at >= status.st_size;
}
