/* SPDX-License-Identifier: MIT */
/* Streams and files by 16-bit names and in 16-bit text (UTF-8 in the file), and the _s forms. Names
 * are POSIX names. */
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

/* The half of a pair, or the unit given back, that the next read of the stream takes first. One
 * stream per thread can be in that state: reading another one before drops it. */
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
    if (!buffer || !size ||
        !ovl_crt_fgetws(buffer, size > INT32_MAX ? INT32_MAX : (int)size, stdin))
        return NULL;
    size_t length = utf16_length(buffer);
    if (length && buffer[length - 1] == '\n')
        buffer[length - 1] = 0;
    return buffer;
}

CRT(int, ovl_crt_tmpfile_s, FILE **stream)
{
    if (!stream)
        return crt_invalid(EINVAL);
    *stream = tmpfile();
    return *stream ? 0 : errno;
}

CRT(int, ovl_crt__wsystem, const char16_t *command)
{
    char *narrow = crt_narrow(command);
    int result = narrow || !command ? system(narrow) : -1;

    free(narrow);
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
