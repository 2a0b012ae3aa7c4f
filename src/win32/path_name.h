/* SPDX-License-Identifier: MIT */
/* Names going in and texts coming out of the file calls, for both kinds of strings. ANSI strings
 * are UTF-8. */
#ifndef WIN32_PATH_NAME_H
#define WIN32_PATH_NAME_H

#include "nt/name.h"
#include "win32/face.h"

/* Resolve a name; false, with the last error set, if that fails. */
bool name_from_ansi(struct name *name, LPCSTR text);
bool name_from_wide(struct name *name, LPCWSTR text);

/* The same for calls that work on disk files only: the path is located ignoring case where it must
 * be. */
bool path_from_ansi(struct name *name, LPCSTR text);
bool path_from_wide(struct name *name, LPCWSTR text);

/* Gives out `length` bytes: the characters written without the NUL, or, if `capacity` is too small,
 * the room that is needed with it. */
DWORD text_to_ansi(const char *text, size_t length, LPSTR buffer, DWORD capacity);
DWORD text_to_wide(const char *text, size_t length, LPWSTR buffer, DWORD capacity);

static inline FILETIME filetime_from(uint64_t time)
{
    return (FILETIME){.dwLowDateTime = (DWORD)time, .dwHighDateTime = (DWORD)(time >> 32)};
}

static inline uint64_t filetime_to(const FILETIME *time)
{
    return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

#endif
