/* SPDX-License-Identifier: MIT */
/* Changes in the tree of names: deleting, moving, copying, directories. */
#include <string.h>

#include "drivers/path.h"
#include "win32/path_name.h"

BOOL WINAPI DeleteFileA(LPCSTR file_name)
{
    struct name name;
    return path_from_ansi(&name, file_name) && error_from_status(path_delete(name.text));
}

BOOL WINAPI DeleteFileW(LPCWSTR file_name)
{
    struct name name;
    return path_from_wide(&name, file_name) && error_from_status(path_delete(name.text));
}

BOOL WINAPI CreateDirectoryA(LPCSTR path, LPSECURITY_ATTRIBUTES security)
{
    struct name name;
    return path_from_ansi(&name, path) && error_from_status(path_make_directory(name.text));
}

BOOL WINAPI CreateDirectoryW(LPCWSTR path, LPSECURITY_ATTRIBUTES security)
{
    struct name name;
    return path_from_wide(&name, path) && error_from_status(path_make_directory(name.text));
}

BOOL WINAPI RemoveDirectoryA(LPCSTR path)
{
    struct name name;
    return path_from_ansi(&name, path) && error_from_status(path_remove_directory(name.text));
}

BOOL WINAPI RemoveDirectoryW(LPCWSTR path)
{
    struct name name;
    return path_from_wide(&name, path) && error_from_status(path_remove_directory(name.text));
}

/* Between file systems a file is copied, if that is allowed; a directory never. */
static BOOL move(const struct name *from, struct name *to, DWORD flags)
{
    const DWORD known = MOVEFILE_REPLACE_EXISTING | MOVEFILE_COPY_ALLOWED | MOVEFILE_WRITE_THROUGH;
    bool replace = flags & MOVEFILE_REPLACE_EXISTING;
    char wanted[NAME_BYTES];
    if ((flags & ~known) || to->kind != DEVICE_FILE)
        return error_from_status(STATUS_NOT_SUPPORTED);
    strcpy(wanted, to->text);
    path_locate(to->text);
    if (strcmp(to->text, from->text) == 0)
        strcpy(to->text, wanted); /* only the case of the name is to change */
    int32_t status = path_move(from->text, to->text, replace);
    if (status == STATUS_NOT_SAME_DEVICE && (flags & MOVEFILE_COPY_ALLOWED)) {
        status = path_copy(from->text, to->text, !replace);
        if (status == STATUS_SUCCESS)
            status = path_delete(from->text);
    }
    return error_from_status(status);
}

BOOL WINAPI MoveFileExA(LPCSTR existing, LPCSTR new_name, DWORD flags)
{
    struct name from, to;
    return path_from_ansi(&from, existing) && name_from_ansi(&to, new_name) &&
           move(&from, &to, flags);
}

BOOL WINAPI MoveFileExW(LPCWSTR existing, LPCWSTR new_name, DWORD flags)
{
    struct name from, to;
    return path_from_wide(&from, existing) && name_from_wide(&to, new_name) &&
           move(&from, &to, flags);
}

BOOL WINAPI MoveFileA(LPCSTR existing, LPCSTR new_name)
{
    return MoveFileExA(existing, new_name, MOVEFILE_COPY_ALLOWED);
}

BOOL WINAPI MoveFileW(LPCWSTR existing, LPCWSTR new_name)
{
    return MoveFileExW(existing, new_name, MOVEFILE_COPY_ALLOWED);
}

static BOOL copy(const struct name *from, const struct name *to, BOOL fail_if_exists)
{
    int32_t status = path_copy(from->text, to->text, fail_if_exists);
    if (status != STATUS_OBJECT_NAME_COLLISION)
        return error_from_status(status);
    error_set(ERROR_FILE_EXISTS);
    return FALSE;
}

BOOL WINAPI CopyFileA(LPCSTR existing, LPCSTR new_name, BOOL fail_if_exists)
{
    struct name from, to;
    return path_from_ansi(&from, existing) && path_from_ansi(&to, new_name) &&
           copy(&from, &to, fail_if_exists);
}

BOOL WINAPI CopyFileW(LPCWSTR existing, LPCWSTR new_name, BOOL fail_if_exists)
{
    struct name from, to;
    return path_from_wide(&from, existing) && path_from_wide(&to, new_name) &&
           copy(&from, &to, fail_if_exists);
}

BOOL WINAPI SetCurrentDirectoryA(LPCSTR path)
{
    struct name name;
    return path_from_ansi(&name, path) && error_from_status(path_change_current(name.text));
}

BOOL WINAPI SetCurrentDirectoryW(LPCWSTR path)
{
    struct name name;
    return path_from_wide(&name, path) && error_from_status(path_change_current(name.text));
}
