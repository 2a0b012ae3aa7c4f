/* SPDX-License-Identifier: MIT */
/* Environment variables. Their names are without case on Windows: a name that is not there as it is
 * spelled is looked for without regard to case. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/utf16.h"
#include "win32/face.h"

/* libc's environment has no lock for readers either: as there, changing it while others read is an
 * error of the program. */
static const char *variable_find(const char *name)
{
    const char *value = getenv(name);
    size_t length = strlen(name);
    for (char **entry = environ; value == NULL && entry != NULL && *entry != NULL; entry++)
        if (strncasecmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            value = *entry + length + 1;
    return value;
}

static char *narrow_copy(const char16_t *text)
{
    size_t units = utf16_length(text), bytes = utf8_from_utf16(NULL, 0, text, units);
    char *copy = malloc(bytes + 1);
    if (copy == NULL)
        error_set(ERROR_NOT_ENOUGH_MEMORY);
    else
        copy[utf8_from_utf16(copy, bytes, text, units)] = 0;
    return copy;
}

DWORD WINAPI GetEnvironmentVariableA(LPCSTR name, LPSTR buffer, DWORD size)
{
    const char *value = variable_find(name);
    if (value == NULL) {
        error_set(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    }
    DWORD length = (DWORD)strlen(value);
    error_set(ERROR_SUCCESS); /* an empty value is 0 characters and no error */
    if (length >= size)
        return length + 1;
    memcpy(buffer, value, length + 1);
    return length;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size)
{
    char *narrow = narrow_copy(name);
    if (narrow == NULL)
        return 0;
    const char *value = variable_find(narrow);
    free(narrow);
    if (value == NULL) {
        error_set(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    }
    DWORD length = (DWORD)utf16_from_utf8(NULL, 0, value, strlen(value));
    error_set(ERROR_SUCCESS);
    if (length >= size)
        return length + 1;
    utf16_from_utf8(buffer, size, value, strlen(value));
    buffer[length] = 0;
    return length;
}

BOOL WINAPI SetEnvironmentVariableA(LPCSTR name, LPCSTR value)
{
    if (name == NULL || *name == 0 || strchr(name, '=') != NULL)
        return error_from_status(STATUS_INVALID_PARAMETER);
    if (value == NULL && variable_find(name) == NULL) {
        error_set(ERROR_ENVVAR_NOT_FOUND);
        return FALSE;
    }
    int result = value == NULL ? unsetenv(name) : setenv(name, value, 1);
    return error_from_status(result == 0 ? STATUS_SUCCESS : STATUS_NO_MEMORY);
}

BOOL WINAPI SetEnvironmentVariableW(LPCWSTR name, LPCWSTR value)
{
    if (name == NULL)
        return error_from_status(STATUS_INVALID_PARAMETER);
    char *narrow = narrow_copy(name), *narrow_value = value == NULL ? NULL : narrow_copy(value);
    BOOL done = FALSE;
    if (narrow != NULL && (value == NULL || narrow_value != NULL))
        done = SetEnvironmentVariableA(narrow, narrow_value);
    free(narrow);
    free(narrow_value);
    return done;
}

/* Returns the bytes needed with the terminator; writes as many as fit, terminated. */
static size_t expand(const char *source, char *target, size_t size)
{
    size_t length = 0;
    while (*source != 0) {
        const char *end = *source == '%' ? strchr(source + 1, '%') : NULL;
        const char *piece = source, *value = NULL;
        size_t count = 1;
        if (end != NULL) {
            char name[512];
            size_t name_length = (size_t)(end - source - 1);
            if (name_length < sizeof name) {
                memcpy(name, source + 1, name_length);
                name[name_length] = 0;
                value = variable_find(name);
            }
        }
        if (value != NULL) {
            piece = value;
            count = strlen(value);
        }
        for (size_t i = 0; i < count; i++, length++)
            if (length + 1 < size)
                target[length] = piece[i];
        source = value != NULL ? end + 1 : source + 1;
    }
    if (size > 0)
        target[length < size ? length : size - 1] = 0;
    return length + 1;
}

DWORD WINAPI ExpandEnvironmentStringsA(LPCSTR source, LPSTR target, DWORD size)
{
    return (DWORD)expand(source, target, target == NULL ? 0 : size);
}

DWORD WINAPI ExpandEnvironmentStringsW(LPCWSTR source, LPWSTR target, DWORD size)
{
    char *narrow = narrow_copy(source);
    if (narrow == NULL)
        return 0;
    size_t bytes = expand(narrow, NULL, 0);
    char *expanded = malloc(bytes);
    size_t units = 0;
    if (expanded == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
    } else {
        expand(narrow, expanded, bytes);
        units = utf16_from_utf8(NULL, 0, expanded, bytes);
        if (target != NULL && units <= size)
            utf16_from_utf8(target, size, expanded, bytes);
    }
    free(expanded);
    free(narrow);
    return (DWORD)units;
}

LPWCH WINAPI GetEnvironmentStringsW(void)
{
    size_t units = 1;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        units += utf16_from_utf8(NULL, 0, *entry, strlen(*entry)) + 1;
    char16_t *block = calloc(units + 1, sizeof *block);
    if (block == NULL) {
        error_set(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    char16_t *at = block;
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        at += utf16_from_utf8(at, (size_t)(block + units - at), *entry, strlen(*entry)) + 1;
    return block;
}

BOOL WINAPI FreeEnvironmentStringsW(LPWCH block)
{
    free(block);
    return TRUE;
}

BOOL WINAPI FreeEnvironmentStringsA(LPCH block)
{
    free(block);
    return TRUE;
}
