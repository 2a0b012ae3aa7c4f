/* SPDX-License-Identifier: MIT */
/* The C runtime's functions of the system: threads, aligned memory, time, environment, keys, paths,
 * the program's arguments. */
#include "win32/crt.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/utf16.h"
#include "windows.h"

CRT(uintptr_t, ovl_crt__beginthreadex, void *security, unsigned stack_size,
    unsigned (*start)(void *), void *argument, unsigned flags, unsigned *thread_id)
{
    if (!start) {
        crt_invalid(EINVAL);
        return 0;
    }
    HANDLE thread = CreateThread(security, stack_size, start, argument, flags, thread_id);
    if (!thread)
        errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : EAGAIN;
    return (uintptr_t)thread;
}

struct simple_start {
    void (*start)(void *);
    void *argument;
};

static DWORD WINAPI simple_run(void *context)
{
    struct simple_start copy = *(struct simple_start *)context;

    free(context);
    copy.start(copy.argument);
    return 0;
}

/* The handle is the thread's own and is closed when it ends; the caller may only look at it. */
CRT(uintptr_t, ovl_crt__beginthread, void (*start)(void *), unsigned stack_size, void *argument)
{
    struct simple_start *copy = malloc(sizeof(*copy));

    if (!copy)
        return (uintptr_t)-1;
    *copy = (struct simple_start){start, argument};
    HANDLE thread = CreateThread(NULL, stack_size, simple_run, copy, 0, NULL);
    if (!thread) {
        free(copy);
        errno = EAGAIN;
        return (uintptr_t)-1;
    }
    CloseHandle(thread);
    return (uintptr_t)thread;
}

CRT(void, ovl_crt__endthreadex, unsigned code)
{
    ExitThread(code);
}

CRT(void, ovl_crt__endthread, void)
{
    ExitThread(0);
}

CRT(void *, ovl_crt__aligned_malloc, size_t size, size_t alignment)
{
    void *block;
    int error;

    if (!alignment || (alignment & (alignment - 1))) {
        crt_invalid(EINVAL);
        return NULL;
    }
    error = posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment, size);
    if (error)
        errno = error;
    return error ? NULL : block;
}

CRT(void, ovl_crt__aligned_free, void *block)
{
    free(block);
}

CRT(void *, ovl_crt__aligned_realloc, void *block, size_t size, size_t alignment)
{
    void *to;

    if (block && !size) {
        free(block);
        return NULL;
    }
    to = ovl_crt__aligned_malloc(size, alignment);
    if (to && block) {
        size_t old = malloc_usable_size(block);
        memcpy(to, block, old < size ? old : size);
        free(block);
    }
    return to;
}

CRT(int, ovl_crt_localtime_s, struct tm *result, const time_t *time)
{
    if (!result || !time || *time < 0)
        return crt_invalid(EINVAL);
    return localtime_r(time, result) ? 0 : EINVAL;
}

CRT(int, ovl_crt_gmtime_s, struct tm *result, const time_t *time)
{
    if (!result || !time || *time < 0)
        return crt_invalid(EINVAL);
    return gmtime_r(time, result) ? 0 : EINVAL;
}

CRT(int, ovl_crt_asctime_s, char *buffer, size_t size, const struct tm *time)
{
    if (!buffer || size < 26 || !time)
        return crt_invalid(EINVAL);
    return asctime_r(time, buffer) ? 0 : EINVAL;
}

CRT(int, ovl_crt_ctime_s, char *buffer, size_t size, const time_t *time)
{
    struct tm parts;

    if (!buffer || size < 26 || !time)
        return crt_invalid(EINVAL);
    return localtime_r(time, &parts) && asctime_r(&parts, buffer) ? 0 : EINVAL;
}

struct crt_timeb {
    time_t time;
    unsigned short millitm;
    short timezone;
    short dstflag;
};

CRT(int, ovl_crt__ftime_s, struct crt_timeb *result)
{
    struct timespec now;
    struct tm parts;

    if (!result)
        return crt_invalid(EINVAL);
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &parts);
    *result = (struct crt_timeb){now.tv_sec, (unsigned short)(now.tv_nsec / 1000000),
                                 (short)(timezone / 60), (short)(parts.tm_isdst > 0)};
    return 0;
}

CRT(int, ovl_crt_getenv_s, size_t *needed, char *buffer, size_t size, const char *name)
{
    const char *value = name ? getenv(name) : NULL;

    if (!needed || !name || (!buffer && size))
        return crt_invalid(EINVAL);
    *needed = value ? strlen(value) + 1 : 0;
    if (size)
        buffer[0] = 0;
    if (!value || !size)
        return 0;
    if (*needed > size)
        return ERANGE;
    memcpy(buffer, value, *needed);
    return 0;
}

CRT(int, ovl_crt__dupenv_s, char **buffer, size_t *size, const char *name)
{
    const char *value = name ? getenv(name) : NULL;

    if (!buffer || !name)
        return crt_invalid(EINVAL);
    *buffer = value ? strdup(value) : NULL;
    if (size)
        *size = *buffer ? strlen(*buffer) + 1 : 0;
    return value && !*buffer ? ENOMEM : 0;
}

CRT(int, ovl_crt__putenv_s, const char *name, const char *value)
{
    if (!name || !value)
        return crt_invalid(EINVAL);
    /* An empty value removes the variable, as on Windows. */
    return (*value ? setenv(name, value, 1) : unsetenv(name)) < 0 ? errno : 0;
}

/* "NAME=value", which is copied; "NAME=" removes. */
CRT(int, ovl_crt__putenv, const char *text)
{
    const char *equals = text ? strchr(text, '=') : NULL;

    if (!equals || equals == text)
        return crt_invalid(EINVAL), -1;
    char *name = strndup(text, (size_t)(equals - text));
    int result = name ? (equals[1] ? setenv(name, equals + 1, 1) : unsetenv(name)) : -1;
    free(name);
    return result;
}

/* The text stays until the thread asks for the next one. */
CRT(char16_t *, ovl_crt__wgetenv, const char16_t *name)
{
    static __thread char16_t *last;
    char *narrow = crt_narrow(name);
    const char *value = narrow ? getenv(narrow) : NULL;

    free(narrow);
    if (!value)
        return NULL;
    size_t size = crt_widen(NULL, 0, value);
    char16_t *wide = realloc(last, size * sizeof(char16_t));
    if (!wide)
        return NULL;
    last = wide;
    crt_widen(wide, size, value);
    return wide;
}

CRT(char16_t *, ovl_crt__wgetcwd, char16_t *buffer, int size)
{
    char *narrow = getcwd(NULL, 0);
    size_t needed = narrow ? crt_widen(NULL, 0, narrow) : 0;
    char16_t *to = buffer;

    if (narrow && !buffer)
        to = malloc(needed * sizeof(char16_t));
    else if (size < 0 || needed > (size_t)size)
        to = NULL;
    if (!needed)
        to = NULL;
    else if (!to)
        errno = buffer ? ERANGE : ENOMEM;
    else
        crt_widen(to, needed, narrow);
    free(narrow);
    return to;
}

CRT(int, ovl_crt_rand_s, unsigned *value)
{
    if (!value)
        return crt_invalid(EINVAL);
    return getrandom(value, sizeof(*value), 0) == sizeof(*value) ? 0 : EINVAL;
}

/* Descriptors have no text mode: the mode is kept and reported, and changes nothing. */
static int file_mode;

CRT(int, ovl_crt__set_fmode, int mode)
{
    file_mode = mode;
    return 0;
}

CRT(int, ovl_crt__get_fmode, int *mode)
{
    *mode = file_mode;
    return 0;
}

CRT(int, ovl_crt__setmode, int fd, int mode)
{
    (void)mode;
    if (fd < 0) {
        errno = EBADF;
        return -1;
    }
    return 0;
}

/* Keys come one by one: the terminal leaves line mode for the time of the call. */
static int key_read(int timeout_ms, int echo)
{
    struct termios old, raw;
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    int terminal = tcgetattr(STDIN_FILENO, &old) == 0;
    unsigned char key;
    int result = -1;

    if (terminal) {
        raw = old;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    if (timeout_ms >= 0) {
        result = poll(&ready, 1, timeout_ms) > 0;
    } else {
        ssize_t got;
        do
            got = read(STDIN_FILENO, &key, 1);
        while (got < 0 && errno == EINTR);
        result = got == 1 ? key : -1;
    }
    if (terminal)
        tcsetattr(STDIN_FILENO, TCSANOW, &old);
    if (echo && result >= 0)
        putchar(result);
    return result;
}

CRT(int, ovl_crt__kbhit, void)
{
    return key_read(0, 0) > 0;
}

CRT(int, ovl_crt__getch, void)
{
    return key_read(-1, 0);
}

CRT(int, ovl_crt__getche, void)
{
    return key_read(-1, 1);
}

CRT(int, ovl_crt__putch, int unit)
{
    return putchar(unit);
}

/* glibc hands every constructor the arguments of main. */
static int program_argc;
static char **program_argv;

__attribute__((constructor)) static void arguments_keep(int argc, char **argv)
{
    program_argc = argc;
    program_argv = argv;
}

CRT(int *, ovl_crt___p___argc, void)
{
    return &program_argc;
}

CRT(char ***, ovl_crt___p___argv, void)
{
    return &program_argv;
}
