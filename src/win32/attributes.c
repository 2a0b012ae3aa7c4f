/* SPDX-License-Identifier: MIT */
/* Attributes of files by their name. */
#include "drivers/path.h"
#include "win32/path_name.h"

static DWORD attributes_get(const struct name *name)
{
    struct path_info info;
    return error_from_status(path_get(name->text, &info)) ? info.basic.attributes
                                                          : INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesA(LPCSTR file_name)
{
    struct name name;
    return path_from_ansi(&name, file_name) ? attributes_get(&name) : INVALID_FILE_ATTRIBUTES;
}

DWORD WINAPI GetFileAttributesW(LPCWSTR file_name)
{
    struct name name;
    return path_from_wide(&name, file_name) ? attributes_get(&name) : INVALID_FILE_ATTRIBUTES;
}

static BOOL attributes_get_ex(const struct name *name, GET_FILEEX_INFO_LEVELS level, LPVOID data)
{
    struct path_info info;
    if (level != GetFileExInfoStandard) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!error_from_status(path_get(name->text, &info)))
        return FALSE;
    *(LPWIN32_FILE_ATTRIBUTE_DATA)data = (WIN32_FILE_ATTRIBUTE_DATA){
        .dwFileAttributes = info.basic.attributes,
        .ftCreationTime = filetime_from(info.basic.creation),
        .ftLastAccessTime = filetime_from(info.basic.access),
        .ftLastWriteTime = filetime_from(info.basic.write),
        .nFileSizeHigh = (DWORD)(info.standard.end_of_file >> 32),
        .nFileSizeLow = (DWORD)info.standard.end_of_file,
    };
    return TRUE;
}

BOOL WINAPI GetFileAttributesExA(LPCSTR file_name, GET_FILEEX_INFO_LEVELS level, LPVOID data)
{
    struct name name;
    return path_from_ansi(&name, file_name) && attributes_get_ex(&name, level, data);
}

BOOL WINAPI GetFileAttributesExW(LPCWSTR file_name, GET_FILEEX_INFO_LEVELS level, LPVOID data)
{
    struct name name;
    return path_from_wide(&name, file_name) && attributes_get_ex(&name, level, data);
}

BOOL WINAPI SetFileAttributesA(LPCSTR file_name, DWORD attributes)
{
    struct name name;
    return path_from_ansi(&name, file_name) &&
           error_from_status(path_set_attributes(name.text, attributes));
}

BOOL WINAPI SetFileAttributesW(LPCWSTR file_name, DWORD attributes)
{
    struct name name;
    return path_from_wide(&name, file_name) &&
           error_from_status(path_set_attributes(name.text, attributes));
}
