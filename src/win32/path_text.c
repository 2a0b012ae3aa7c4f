/* SPDX-License-Identifier: MIT */
/* Names as text: full names, the current directory, places for temporary files. Each answer is made
 * in UTF-8 and given out in the caller's kind of string. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf16.h"
#include "drivers/path.h"
#include "drivers/rights.h"
#include "nt/open.h"
#include "win32/path_name.h"

enum { TEXT_BYTES = PATH_BYTES + 16 };

static bool is_separator(char c)
{
    return c == '\\' || c == '/';
}

/* Where the last part of `text` begins. */
static size_t leaf_of(const char *text, size_t length)
{
    while (length > 0 && !is_separator(text[length - 1]) && !(length == 2 && text[1] == ':'))
        length--;
    return length;
}

/* The full name of a path that resolved. */
static size_t full_from_path(const char *path, char full[TEXT_BYTES])
{
    char absolute[PATH_BYTES];
    if (!error_from_status(path_absolute(path, absolute)))
        return 0;
    return name_to_windows(name_table_system(), absolute, full, TEXT_BYTES);
}

/* A name whose last part is a pattern, or otherwise no file's, is made full up to that part:
 * GetFullPathName checks nothing. */
static size_t full_with_leaf(const char *text, size_t length, struct name *name,
                             char full[TEXT_BYTES])
{
    size_t leaf = leaf_of(text, length);
    int32_t status =
        name_resolve(name_table_system(), leaf > 0 ? text : ".", leaf > 0 ? leaf : 1, name);
    if (!error_from_status(status))
        return 0;
    size_t used = full_from_path(name->text, full);
    if (used == 0 || used + 1 + length - leaf >= TEXT_BYTES)
        return 0;
    if (full[used - 1] != '\\')
        full[used++] = '\\';
    memcpy(full + used, text + leaf, length - leaf + 1);
    return used + length - leaf;
}

/* 0, with the last error set, on failure. */
static size_t full_name(const char *text, size_t length, char full[TEXT_BYTES])
{
    struct name name;
    int32_t status = name_resolve(name_table_system(), text, length, &name);
    bool is_device = length >= 2 && is_separator(text[0]) && text[0] == '\\' && text[1] == '\\';
    if (is_device && length < TEXT_BYTES) {
        memcpy(full, text, length + 1);
        return length;
    }
    if (status == STATUS_OBJECT_NAME_INVALID)
        return full_with_leaf(text, length, &name, full);
    if (!error_from_status(status))
        return 0;
    if (name.kind != DEVICE_FILE)
        return (size_t)snprintf(full, TEXT_BYTES, "\\\\.\\%s", name.text);
    return full_from_path(name.text, full);
}

DWORD WINAPI GetFullPathNameA(LPCSTR file_name, DWORD capacity, LPSTR buffer, LPSTR *part)
{
    char full[TEXT_BYTES];
    size_t length = full_name(file_name, strlen(file_name), full);
    if (part != NULL)
        *part = NULL;
    if (length == 0)
        return 0;
    DWORD units = text_to_ansi(full, length, buffer, capacity);
    size_t leaf = leaf_of(full, length);
    if (part != NULL && units < capacity && leaf < length)
        *part = buffer + leaf;
    return units;
}

DWORD WINAPI GetFullPathNameW(LPCWSTR file_name, DWORD capacity, LPWSTR buffer, LPWSTR *part)
{
    char text[TEXT_BYTES], full[TEXT_BYTES];
    size_t length = utf8_from_utf16(text, sizeof text - 1, (const char16_t *)file_name,
                                    utf16_length((const char16_t *)file_name));
    if (part != NULL)
        *part = NULL;
    if (length >= sizeof text) {
        error_set(ERROR_FILENAME_EXCED_RANGE);
        return 0;
    }
    text[length] = 0;
    length = full_name(text, length, full);
    if (length == 0)
        return 0;
    DWORD units = text_to_wide(full, length, buffer, capacity);
    size_t leaf = leaf_of(full, length);
    if (part != NULL && units < capacity && leaf < length)
        *part = buffer + utf16_from_utf8(NULL, 0, full, leaf);
    return units;
}

static size_t current_directory(char full[TEXT_BYTES])
{
    char path[PATH_BYTES];
    return error_from_status(path_current(path))
               ? name_to_windows(name_table_system(), path, full, TEXT_BYTES)
               : 0;
}

DWORD WINAPI GetCurrentDirectoryA(DWORD capacity, LPSTR buffer)
{
    char full[TEXT_BYTES];
    size_t length = current_directory(full);
    return length == 0 ? 0 : text_to_ansi(full, length, buffer, capacity);
}

DWORD WINAPI GetCurrentDirectoryW(DWORD capacity, LPWSTR buffer)
{
    char full[TEXT_BYTES];
    size_t length = current_directory(full);
    return length == 0 ? 0 : text_to_wide(full, length, buffer, capacity);
}

/* As documented TMP, then TEMP; then what Linux programs look at. Ends in a backslash. */
static size_t temporary_directory(char full[TEXT_BYTES])
{
    static const char *const variables[] = {"TMP", "TEMP", "TMPDIR"};
    const char *place = NULL;
    for (size_t i = 0; i < sizeof variables / sizeof *variables && (place == NULL || place[0] == 0);
         i++)
        place = getenv(variables[i]);
    if (place == NULL || place[0] == 0)
        place = "/tmp";
    size_t length = full_name(place, strlen(place), full);
    if (length == 0 || length + 2 > TEXT_BYTES)
        return 0;
    if (full[length - 1] != '\\')
        full[length++] = '\\';
    full[length] = 0;
    return length;
}

DWORD WINAPI GetTempPathA(DWORD capacity, LPSTR buffer)
{
    char full[TEXT_BYTES];
    size_t length = temporary_directory(full);
    return length == 0 ? 0 : text_to_ansi(full, length, buffer, capacity);
}

DWORD WINAPI GetTempPathW(DWORD capacity, LPWSTR buffer)
{
    char full[TEXT_BYTES];
    size_t length = temporary_directory(full);
    return length == 0 ? 0 : text_to_wide(full, length, buffer, capacity);
}

static int32_t make_empty_file(const char *text, size_t length)
{
    struct name name;
    uint64_t handle;
    struct open_request request = {.access = RIGHTS_TO_WRITE, .disposition = OPEN_NEW};
    int32_t status = name_resolve(name_table_system(), text, length, &name);
    if (status == STATUS_SUCCESS)
        status = nt_open_name(&name, &request, false, &handle);
    return status == STATUS_SUCCESS ? handle_close(handle) : status;
}

/* `directory`\`prefix`<unique>.TMP. With `unique` 0 a number is found whose file is not there, and
 * the file is made; else nothing is looked at. Returns the number, or 0. */
static UINT temporary_name(const char *directory, const char *prefix, UINT unique,
                           char text[MAX_PATH])
{
    struct name name;
    struct path_info info;
    size_t length = strlen(directory);
    const char *joint = length > 0 && !is_separator(directory[length - 1]) ? "\\" : "";
    if (!error_from_status(name_resolve(name_table_system(), directory, length, &name)))
        return 0;
    path_locate(name.text);
    if (name.kind != DEVICE_FILE || path_get(name.text, &info) != STATUS_SUCCESS ||
        !info.standard.directory) {
        error_set(ERROR_DIRECTORY);
        return 0;
    }
    UINT number = unique & 0xffff;
    UINT first = (UINT)(clock_now_ns() / NS_PER_MS ^ (uint64_t)getpid() << 5) & 0xffff;
    for (UINT tries = 0; tries < 0x10000; tries++) {
        if (unique == 0)
            number = (first + tries) & 0xffff;
        int count = snprintf(text, MAX_PATH, "%s%s%.3s%x.TMP", directory, joint, prefix, number);
        if (count < 0 || count >= MAX_PATH) {
            error_set(ERROR_BUFFER_OVERFLOW);
            return 0;
        }
        if (unique != 0)
            return unique;
        int32_t status =
            number == 0 ? STATUS_OBJECT_NAME_COLLISION : make_empty_file(text, (size_t)count);
        if (status == STATUS_SUCCESS)
            return number;
        if (status != STATUS_OBJECT_NAME_COLLISION) {
            error_from_status(status);
            return 0;
        }
    }
    error_set(ERROR_FILE_EXISTS);
    return 0;
}

UINT WINAPI GetTempFileNameA(LPCSTR directory, LPCSTR prefix, UINT unique, LPSTR buffer)
{
    return temporary_name(directory, prefix != NULL ? prefix : "", unique, buffer);
}

UINT WINAPI GetTempFileNameW(LPCWSTR directory, LPCWSTR prefix, UINT unique, LPWSTR buffer)
{
    char narrow[MAX_PATH], start[16] = "", text[MAX_PATH];
    size_t units = utf16_length((const char16_t *)directory);
    size_t length = utf8_from_utf16(narrow, sizeof narrow - 1, (const char16_t *)directory, units);
    if (length >= sizeof narrow) {
        error_set(ERROR_BUFFER_OVERFLOW);
        return 0;
    }
    narrow[length] = 0;
    size_t letters = prefix == NULL ? 0 : utf16_length((const char16_t *)prefix);
    if (letters > 0)
        start[utf8_from_utf16(start, sizeof start - 1, (const char16_t *)prefix,
                              letters < 3 ? letters : 3)] = 0;
    UINT number = temporary_name(narrow, start, unique, text);
    if (number != 0)
        text_to_wide(text, strlen(text), buffer, MAX_PATH);
    return number;
}
