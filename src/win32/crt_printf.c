/* SPDX-License-Identifier: MIT */
/* Microsoft's printf family over base/format.c: streams through a small buffer that drains into the
 * FILE (16-bit text as UTF-8), strings into the caller's buffer with each function's own rule about
 * truncation and the terminator. */
#include "win32/crt.h"

#include <errno.h>
#include <limits.h>

#include "base/format.h"
#include "base/utf16.h"

#define COLLECT(args, last, call)          \
    struct format_args args;               \
    int result_;                           \
    va_start(args.list, last);             \
    result_ = (call);                      \
    va_end(args.list);                     \
    return result_

enum { STREAM_UNITS = 512 };

static size_t stream_take(void *context, const void *units, size_t count)
{
    return fwrite_unlocked(units, 1, count, context);
}

static size_t stream_take_wide(void *context, const void *units, size_t count)
{
    const char16_t *from = units;
    char bytes[STREAM_UNITS * 3];
    /* A high surrogate waits for its other half, unless it is all there is. */
    size_t whole = count > 1 && (from[count - 1] & 0xfc00) == 0xd800 ? count - 1 : count;
    size_t length = utf8_from_utf16(bytes, sizeof(bytes), from, whole);

    return fwrite_unlocked(bytes, 1, length, context) == length ? whole : 0;
}

static int print_stream(FILE *stream, const char *format, struct format_args *args)
{
    char buffer[STREAM_UNITS];
    struct format_target target = {
        .units = buffer, .capacity = STREAM_UNITS, .drain = stream_take, .context = stream};

    flockfile(stream);
    int length = format_print(&target, format, args);
    funlockfile(stream);
    return length;
}

static int print_stream_wide(FILE *stream, const char16_t *format, struct format_args *args)
{
    char16_t buffer[STREAM_UNITS];
    struct format_target target = {.units = buffer,
                                   .capacity = STREAM_UNITS,
                                   .wide = true,
                                   .drain = stream_take_wide,
                                   .context = stream};

    flockfile(stream);
    int length = format_print(&target, format, args);
    funlockfile(stream);
    return length;
}

/* Formats into `size` units and returns how many there are in all, or -1. Nothing is terminated. */
static int print_units(void *buffer, size_t size, bool wide, const void *format,
                       struct format_args *args)
{
    struct format_target target = {.units = buffer, .capacity = size, .wide = wide};
    int length;

    if (!format || (!buffer && size)) {
        crt_invalid(EINVAL);
        return -1;
    }
    length = format_print(&target, format, args);
    if (length < 0)
        crt_invalid(EINVAL);
    return length;
}

static void set_unit(void *buffer, bool wide, size_t index)
{
    if (wide)
        ((char16_t *)buffer)[index] = 0;
    else
        ((char *)buffer)[index] = 0;
}

/* C99: always terminated, and the length that would have been. */
static int print_standard(void *buffer, size_t size, bool wide, const void *format,
                          struct format_args *args)
{
    int length = print_units(buffer, size ? size - 1 : 0, wide, format, args);

    if (size)
        set_unit(buffer, wide, length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1);
    return length;
}

/* _snprintf: -1 when it does not fit; terminated only where there is room. */
static int print_old(void *buffer, size_t size, bool wide, const void *format,
                     struct format_args *args)
{
    int length = print_units(buffer, size, wide, format, args);

    if (length >= 0 && (size_t)length < size)
        set_unit(buffer, wide, (size_t)length);
    return length >= 0 && (size_t)length > size ? -1 : length;
}

/* _snprintf_s and, with count CRT_TRUNCATE - 1, sprintf_s: what does not fit is an error, unless `count`
 * or _TRUNCATE allows the cut, which is told by -1. */
static int print_secure(void *buffer, size_t size, size_t count, bool wide, const void *format,
                        struct format_args *args)
{
    int length;

    if (!buffer || !size) {
        crt_invalid(EINVAL);
        return -1;
    }
    length = print_units(buffer, size - 1, wide, format, args);
    if (length < 0) {
        set_unit(buffer, wide, 0);
        return -1;
    }
    if ((size_t)length <= count && (size_t)length < size) {
        set_unit(buffer, wide, (size_t)length);
        return length;
    }
    if (count == CRT_TRUNCATE) {
        set_unit(buffer, wide, size - 1);
        return -1;
    }
    if (count < size && (size_t)length > count) {
        set_unit(buffer, wide, count);
        return -1;
    }
    set_unit(buffer, wide, 0);
    crt_invalid(ERANGE);
    return -1;
}

static int print_whole(void *buffer, size_t size, bool wide, const void *format,
                       struct format_args *args)
{
    return print_secure(buffer, size, CRT_TRUNCATE - 1, wide, format, args);
}

/* The functions. Each comes with an ellipsis and with a va_list. */
#define PRINT(name, vname, unit, params, last, call)     \
    CRT(int, name, params, const unit *format, ...)      \
    {                                                    \
        COLLECT(args, format, call);                     \
    }                                                    \
    CRT(int, vname, params, const unit *format, va_list list) \
    {                                                    \
        struct format_args args;                         \
        va_copy(args.list, list);                        \
        int result = (call);                             \
        va_end(args.list);                               \
        return result;                                   \
    }
#define P(...) __VA_ARGS__

PRINT(ovl_crt_fprintf, ovl_crt_vfprintf, char, FILE *stream, format, print_stream(stream, format, &args))
PRINT(ovl_crt_fwprintf, ovl_crt_vfwprintf, char16_t, FILE *stream, format,
      print_stream_wide(stream, format, &args))
PRINT(ovl_crt_sprintf, ovl_crt_vsprintf, char, char *buffer, format,
      print_standard(buffer, INT_MAX, false, format, &args))
PRINT(ovl_crt__swprintf, ovl_crt__vswprintf, char16_t, char16_t *buffer, format,
      print_standard(buffer, INT_MAX, true, format, &args))
PRINT(ovl_crt_snprintf, ovl_crt_vsnprintf, char, P(char *buffer, size_t size), format,
      print_standard(buffer, size, false, format, &args))
PRINT(ovl_crt__snprintf, ovl_crt__vsnprintf, char, P(char *buffer, size_t size), format,
      print_old(buffer, size, false, format, &args))
PRINT(ovl_crt__snwprintf, ovl_crt__vsnwprintf, char16_t, P(char16_t *buffer, size_t size), format,
      print_old(buffer, size, true, format, &args))
PRINT(ovl_crt_sprintf_s, ovl_crt_vsprintf_s, char, P(char *buffer, size_t size), format,
      print_whole(buffer, size, false, format, &args))
PRINT(ovl_crt_swprintf_s, ovl_crt_vswprintf_s, char16_t, P(char16_t *buffer, size_t size), format,
      print_whole(buffer, size, true, format, &args))
PRINT(ovl_crt__snprintf_s, ovl_crt__vsnprintf_s, char, P(char *buffer, size_t size, size_t count),
      format, print_secure(buffer, size, count, false, format, &args))
PRINT(ovl_crt__snwprintf_s, ovl_crt__vsnwprintf_s, char16_t,
      P(char16_t *buffer, size_t size, size_t count), format,
      print_secure(buffer, size, count, true, format, &args))

/* swprintf: terminated, and -1 when it does not fit. */
static int print_wide(char16_t *buffer, size_t size, const char16_t *format, struct format_args *args)
{
    int length = print_standard(buffer, size, true, format, args);

    return length >= 0 && (size_t)length >= size ? -1 : length;
}
PRINT(ovl_crt_swprintf, ovl_crt_vswprintf, char16_t, P(char16_t *buffer, size_t size), format,
      print_wide(buffer, size, format, &args))

CRT(int, ovl_crt_printf, const char *format, ...)
{
    COLLECT(args, format, print_stream(stdout, format, &args));
}

CRT(int, ovl_crt_vprintf, const char *format, va_list list)
{
    return ovl_crt_vfprintf(stdout, format, list);
}

CRT(int, ovl_crt_wprintf, const char16_t *format, ...)
{
    COLLECT(args, format, print_stream_wide(stdout, format, &args));
}

CRT(int, ovl_crt_vwprintf, const char16_t *format, va_list list)
{
    return ovl_crt_vfwprintf(stdout, format, list);
}

CRT(int, ovl_crt__scprintf, const char *format, ...)
{
    COLLECT(args, format, print_units(NULL, 0, false, format, &args));
}

CRT(int, ovl_crt__vscprintf, const char *format, va_list list)
{
    return ovl_crt_vsnprintf(NULL, 0, format, list);
}

CRT(int, ovl_crt__scwprintf, const char16_t *format, ...)
{
    COLLECT(args, format, print_units(NULL, 0, true, format, &args));
}

CRT(int, ovl_crt__vscwprintf, const char16_t *format, va_list list)
{
    struct format_args args;

    va_copy(args.list, list);
    int length = print_units(NULL, 0, true, format, &args);
    va_end(args.list);
    return length;
}
