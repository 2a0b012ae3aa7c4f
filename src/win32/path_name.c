/* SPDX-License-Identifier: MIT */
/* Names of files as the faces take and give them. */
#include "win32/path_name.h"

#include <string.h>

#include "base/utf16.h"
#include "drivers/path.h"

bool name_from_ansi(struct name *name, LPCSTR text)
{
    if (text == NULL) {
        error_set(ERROR_PATH_NOT_FOUND);
        return false;
    }
    return error_from_status(name_resolve(name_table_system(), text, strlen(text), name));
}

bool name_from_wide(struct name *name, LPCWSTR text)
{
    if (text == NULL) {
        error_set(ERROR_PATH_NOT_FOUND);
        return false;
    }
    const char16_t *units = (const char16_t *)text;
    return error_from_status(
        name_resolve_wide(name_table_system(), units, utf16_length(units), name));
}

static bool path_only(struct name *name)
{
    if (name->kind == DEVICE_NULL)
        strcpy(name->text, "/dev/null");
    else if (name->kind != DEVICE_FILE)
        return error_from_status(STATUS_OBJECT_NAME_INVALID);
    path_locate(name->text);
    return true;
}

bool path_from_ansi(struct name *name, LPCSTR text)
{
    return name_from_ansi(name, text) && path_only(name);
}

bool path_from_wide(struct name *name, LPCWSTR text)
{
    return name_from_wide(name, text) && path_only(name);
}

DWORD text_to_ansi(const char *text, size_t length, LPSTR buffer, DWORD capacity)
{
    if (length >= capacity)
        return (DWORD)length + 1;
    memcpy(buffer, text, length);
    buffer[length] = 0;
    return (DWORD)length;
}

DWORD text_to_wide(const char *text, size_t length, LPWSTR buffer, DWORD capacity)
{
    size_t needed = utf16_from_utf8(NULL, 0, text, length);
    if (needed >= capacity)
        return (DWORD)needed + 1;
    utf16_from_utf8((char16_t *)buffer, needed, text, length);
    buffer[needed] = 0;
    return (DWORD)needed;
}
