/* SPDX-License-Identifier: MIT */
/* The C runtime's parts of a path: drive, directory, name, extension. Both slashes separate; a
 * directory that begins with `/` is a POSIX one and goes on with it. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "drivers/path.h"
#include "nt/name.h"
#include "win32/crt.h"

enum { DRIVE_ROOM = 3, PART_ROOM = 256, PATH_ROOM = 260 };

static size_t narrow_length(const char *text)
{
    return strlen(text);
}

#define SEPARATOR(unit) ((unit) == '/' || (unit) == '\\')

/* One set of functions for char and one for char16_t. A part that does not fit is an error with all
 * parts empty; the forms without sizes have the rooms of _MAX_DRIVE and its kin. */
#define PATH_FUNCTIONS(unit_t, prefix, length_of)                                                  \
    static int prefix##put(unit_t *to, size_t room, const unit_t *from, size_t length)             \
    {                                                                                              \
        if (!to)                                                                                   \
            return 0;                                                                              \
        if (length >= room)                                                                        \
            return ERANGE;                                                                         \
        memcpy(to, from, length * sizeof *to);                                                     \
        to[length] = 0;                                                                            \
        return 0;                                                                                  \
    }                                                                                              \
    CRT(int, ovl_crt__##prefix##splitpath_s, const unit_t *path, unit_t *drive, size_t drive_size, \
        unit_t *dir, size_t dir_size, unit_t *name, size_t name_size, unit_t *extension,           \
        size_t extension_size)                                                                     \
    {                                                                                              \
        if (!path || !drive != !drive_size || !dir != !dir_size || !name != !name_size ||          \
            !extension != !extension_size)                                                         \
            return crt_invalid(EINVAL);                                                            \
        const unit_t *rest = path[0] && path[1] == ':' ? path + 2 : path, *base = rest;            \
        const unit_t *end = path + length_of(path), *dot = end;                                    \
        for (const unit_t *at = rest; at < end; at++) {                                            \
            if (SEPARATOR(*at))                                                                    \
                base = at + 1, dot = end;                                                          \
            else if (*at == '.')                                                                   \
                dot = at;                                                                          \
        }                                                                                          \
        if (!prefix##put(drive, drive_size, path, (size_t)(rest - path)) &&                        \
            !prefix##put(dir, dir_size, rest, (size_t)(base - rest)) &&                            \
            !prefix##put(name, name_size, base, (size_t)(dot - base)) &&                           \
            !prefix##put(extension, extension_size, dot, (size_t)(end - dot)))                     \
            return 0;                                                                              \
        unit_t *parts[] = {drive, dir, name, extension};                                           \
        for (size_t i = 0; i < 4; i++) {                                                           \
            if (parts[i])                                                                          \
                parts[i][0] = 0;                                                                   \
        }                                                                                          \
        return crt_invalid(ERANGE);                                                                \
    }                                                                                              \
    CRT(void, ovl_crt__##prefix##splitpath, const unit_t *path, unit_t *drive, unit_t *dir,        \
        unit_t *name, unit_t *extension)                                                           \
    {                                                                                              \
        ovl_crt__##prefix##splitpath_s(path, drive, drive ? DRIVE_ROOM : 0, dir,                   \
                                       dir ? PART_ROOM : 0, name, name ? PART_ROOM : 0, extension, \
                                       extension ? PART_ROOM : 0);                                 \
    }                                                                                              \
    static int prefix##add(unit_t *path, size_t size, size_t *at, const unit_t *part,              \
                           size_t length)                                                          \
    {                                                                                              \
        if (length >= size - *at)                                                                  \
            return 0;                                                                              \
        memcpy(path + *at, part, length * sizeof *path);                                           \
        *at += length;                                                                             \
        path[*at] = 0;                                                                             \
        return 1;                                                                                  \
    }                                                                                              \
    CRT(int, ovl_crt__##prefix##makepath_s, unit_t *path, size_t size, const unit_t *drive,        \
        const unit_t *dir, const unit_t *name, const unit_t *extension)                            \
    {                                                                                              \
        static const unit_t colon[] = {':'}, separators[] = {'\\', '/'}, dot[] = {'.'};            \
        size_t at = 0;                                                                             \
        int fits = 1;                                                                              \
        if (!path || !size)                                                                        \
            return crt_invalid(EINVAL);                                                            \
        path[0] = 0;                                                                               \
        if (drive && *drive)                                                                       \
            fits =                                                                                 \
                prefix##add(path, size, &at, drive, 1) && prefix##add(path, size, &at, colon, 1);  \
        if (fits && dir && *dir) {                                                                 \
            size_t length = length_of(dir);                                                        \
            fits = prefix##add(path, size, &at, dir, length) &&                                    \
                   (SEPARATOR(dir[length - 1]) ||                                                  \
                    prefix##add(path, size, &at, separators + (dir[0] == '/'), 1));                \
        }                                                                                          \
        if (fits && name)                                                                          \
            fits = prefix##add(path, size, &at, name, length_of(name));                            \
        if (fits && extension && *extension)                                                       \
            fits = (*extension == '.' || prefix##add(path, size, &at, dot, 1)) &&                  \
                   prefix##add(path, size, &at, extension, length_of(extension));                  \
        if (fits)                                                                                  \
            return 0;                                                                              \
        path[0] = 0;                                                                               \
        return crt_invalid(ERANGE);                                                                \
    }                                                                                              \
    CRT(void, ovl_crt__##prefix##makepath, unit_t *path, const unit_t *drive, const unit_t *dir,   \
        const unit_t *name, const unit_t *extension)                                               \
    {                                                                                              \
        ovl_crt__##prefix##makepath_s(path, PATH_ROOM, drive, dir, name, extension);               \
    }

PATH_FUNCTIONS(char, , narrow_length)
PATH_FUNCTIONS(char16_t, w, utf16_length)

/* The names of drives when the path has one or a backslash, a POSIX path otherwise. */
static int32_t absolute(const char *path, char to[PATH_BYTES])
{
    struct name name;

    if (path[0] == '/' || (!strchr(path, '\\') && !(path[0] && path[1] == ':')))
        return path_absolute(*path ? path : ".", to);
    int32_t status = name_resolve(name_table_system(), path, strlen(path), &name);
    if (status < 0 || name.kind != DEVICE_FILE)
        return status < 0 ? status : STATUS_OBJECT_NAME_INVALID;
    char posix[PATH_BYTES];
    status = path_absolute(name.text, posix);
    if (status >= 0 && name_to_windows(name_table_system(), posix, to, PATH_BYTES) >= PATH_BYTES)
        status = STATUS_NAME_TOO_LONG;
    return status;
}

CRT(char *, ovl_crt__fullpath, char *buffer, const char *path, size_t size)
{
    char to[PATH_BYTES];

    if (absolute(path ? path : "", to) < 0) {
        errno = ENOENT;
        return NULL;
    }
    size_t length = strlen(to) + 1;
    if (!buffer)
        return strdup(to);
    if (length > size) {
        errno = ERANGE;
        return NULL;
    }
    return memcpy(buffer, to, length);
}

CRT(char16_t *, ovl_crt__wfullpath, char16_t *buffer, const char16_t *path, size_t size)
{
    char *narrow = crt_narrow(path), to[PATH_BYTES];
    int32_t status = absolute(narrow ? narrow : "", to);

    free(narrow);
    if (status < 0) {
        errno = ENOENT;
        return NULL;
    }
    size_t units = crt_widen(NULL, 0, to);
    if (!buffer) {
        size = units;
        buffer = malloc(units * sizeof *buffer);
    }
    if (!buffer || units > size) {
        errno = buffer ? ERANGE : ENOMEM;
        return NULL;
    }
    crt_widen(buffer, size, to);
    return buffer;
}
