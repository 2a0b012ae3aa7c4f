/* SPDX-License-Identifier: MIT */
/* user32's wsprintf: at most 1024 units with the terminator, whatever the buffer is. */
#include <stdarg.h>
#include <stdbool.h>

#include "base/format.h"
#include "windows.h"

enum { WSPRINTF_UNITS = 1024 };

static int print(void *buffer, bool wide, const void *format, va_list list)
{
    struct format_target target = {.units = buffer, .capacity = WSPRINTF_UNITS - 1, .wide = wide};
    struct format_args args;

    va_copy(args.list, list);
    int length = format_print(&target, format, &args);
    va_end(args.list);
    length = length < 0 ? 0 : (int)target.used;
    if (wide)
        ((WCHAR *)buffer)[length] = 0;
    else
        ((char *)buffer)[length] = 0;
    return length;
}

int WINAPI wvsprintfA(LPSTR buffer, LPCSTR format, va_list list)
{
    return print(buffer, false, format, list);
}

int WINAPI wvsprintfW(LPWSTR buffer, LPCWSTR format, va_list list)
{
    return print(buffer, true, format, list);
}

int WINAPIV wsprintfA(LPSTR buffer, LPCSTR format, ...)
{
    va_list list;

    va_start(list, format);
    int length = print(buffer, false, format, list);
    va_end(list);
    return length;
}

int WINAPIV wsprintfW(LPWSTR buffer, LPCWSTR format, ...)
{
    va_list list;

    va_start(list, format);
    int length = print(buffer, true, format, list);
    va_end(list);
    return length;
}
