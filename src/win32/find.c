/* SPDX-License-Identifier: MIT */
/* FindFirstFile: the entries of a directory that match a pattern, ignoring case. A search handle is
 * no kernel handle on Windows either; here it is the address of the search, which a mark in it
 * vouches for. */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "drivers/path.h"
#include "win32/path_name.h"

enum { FIND_MARK = 0x646e6946, ENTRY_BYTES = 256 };

struct find {
    uint32_t mark;
    struct path_list *list;
    bool exact; /* no wildcard: one name */
    bool directories_only;
    char16_t pattern[ENTRY_BYTES];
    char name[ENTRY_BYTES]; /* the entry that was found */
    struct path_info info;
};

/* `*` any run, `?` one unit. */
static bool pattern_matches(const char16_t *pattern, const char16_t *text)
{
    const char16_t *star = NULL, *resume = NULL;
    while (*text != 0) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == '?' ||
                   (*pattern != 0 && utf16_fold(*pattern) == utf16_fold(*text))) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

static void find_free(struct find *find)
{
    find->mark = 0;
    path_list_close(find->list);
    free(find);
}

static int32_t find_next(struct find *find)
{
    for (;;) {
        char16_t wide[ENTRY_BYTES];
        int32_t status = path_list_next(find->list, find->name, &find->info);
        if (status != STATUS_SUCCESS)
            return status;
        wide[utf16_from_utf8(wide, ENTRY_BYTES - 1, find->name, strlen(find->name))] = 0;
        bool dots = strcmp(find->name, ".") == 0 || strcmp(find->name, "..") == 0;
        if (find->directories_only && !find->info.standard.directory)
            continue;
        if (pattern_matches(find->pattern, wide) && !(dots && find->exact))
            return STATUS_SUCCESS;
    }
}

/* `*.*` has always meant everything, a dot or not. */
static void pattern_set(struct find *find, const char *pattern, size_t length)
{
    if (length == 3 && memcmp(pattern, "*.*", 3) == 0)
        length = 1;
    size_t units = utf16_from_utf8(find->pattern, ENTRY_BYTES - 1, pattern, length);
    find->pattern[units < ENTRY_BYTES ? units : ENTRY_BYTES - 1] = 0;
    find->exact = memchr(pattern, '*', length) == NULL && memchr(pattern, '?', length) == NULL;
}

static int32_t find_first(const char *text, size_t length, bool directories_only,
                          struct find **result)
{
    struct name name;
    size_t leaf = length;
    while (leaf > 0 && text[leaf - 1] != '\\' && text[leaf - 1] != '/' &&
           !(leaf == 2 && text[1] == ':'))
        leaf--;
    if (leaf == length || length - leaf >= ENTRY_BYTES)
        return STATUS_OBJECT_NAME_NOT_FOUND;
    int32_t status =
        name_resolve(name_table_system(), leaf > 0 ? text : ".", leaf > 0 ? leaf : 1, &name);
    if (status != STATUS_SUCCESS)
        return status;
    if (name.kind != DEVICE_FILE)
        return STATUS_OBJECT_PATH_NOT_FOUND;
    path_locate(name.text);
    struct find *find = calloc(1, sizeof *find);
    if (find == NULL)
        return STATUS_NO_MEMORY;
    status = path_list_open(name.text, &find->list);
    if (status != STATUS_SUCCESS) {
        free(find);
        return status;
    }
    find->mark = FIND_MARK;
    find->directories_only = directories_only;
    pattern_set(find, text + leaf, length - leaf);
    status = find_next(find);
    if (status != STATUS_SUCCESS) {
        find_free(find);
        return status == STATUS_NO_MORE_FILES ? STATUS_NO_SUCH_FILE : status;
    }
    *result = find;
    return STATUS_SUCCESS;
}

static struct find *find_from(HANDLE handle)
{
    struct find *find = handle;
    if (handle != NULL && handle != INVALID_HANDLE_VALUE &&
        (uintptr_t)handle % _Alignof(struct find) == 0 && (uintptr_t)handle > UINT16_MAX &&
        find->mark == FIND_MARK)
        return find;
    error_set(ERROR_INVALID_HANDLE);
    return NULL;
}

/* The members that both kinds of find data have alike. */
#define FIND_GIVE(data, find)                                                                      \
    do {                                                                                           \
        memset(data, 0, sizeof *(data));                                                           \
        (data)->dwFileAttributes = (find)->info.basic.attributes;                                  \
        (data)->ftCreationTime = filetime_from((find)->info.basic.creation);                       \
        (data)->ftLastAccessTime = filetime_from((find)->info.basic.access);                       \
        (data)->ftLastWriteTime = filetime_from((find)->info.basic.write);                         \
        (data)->nFileSizeHigh = (DWORD)((find)->info.standard.end_of_file >> 32);                  \
        (data)->nFileSizeLow = (DWORD)(find)->info.standard.end_of_file;                           \
    } while (0)

static void give_ansi(const struct find *find, LPWIN32_FIND_DATAA data)
{
    FIND_GIVE(data, find);
    text_to_ansi(find->name, strlen(find->name), data->cFileName, MAX_PATH);
}

static void give_wide(const struct find *find, LPWIN32_FIND_DATAW data)
{
    FIND_GIVE(data, find);
    text_to_wide(find->name, strlen(find->name), data->cFileName, MAX_PATH);
}

static bool ex_is_known(FINDEX_INFO_LEVELS level, FINDEX_SEARCH_OPS operation)
{
    if ((level == FindExInfoStandard || level == FindExInfoBasic) &&
        (operation == FindExSearchNameMatch || operation == FindExSearchLimitToDirectories))
        return true;
    error_set(ERROR_NOT_SUPPORTED);
    return false;
}

HANDLE WINAPI FindFirstFileExA(LPCSTR pattern, FINDEX_INFO_LEVELS level, LPVOID data,
                               FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags)
{
    struct find *find;
    if (!ex_is_known(level, operation))
        return INVALID_HANDLE_VALUE;
    bool directories = operation == FindExSearchLimitToDirectories;
    if (!error_from_status(find_first(pattern, strlen(pattern), directories, &find)))
        return INVALID_HANDLE_VALUE;
    give_ansi(find, data);
    return find;
}

HANDLE WINAPI FindFirstFileExW(LPCWSTR pattern, FINDEX_INFO_LEVELS level, LPVOID data,
                               FINDEX_SEARCH_OPS operation, LPVOID filter, DWORD flags)
{
    struct find *find;
    char text[NAME_BYTES];
    if (!ex_is_known(level, operation))
        return INVALID_HANDLE_VALUE;
    size_t length = utf8_from_utf16(text, sizeof text, (const char16_t *)pattern,
                                    utf16_length((const char16_t *)pattern));
    bool directories = operation == FindExSearchLimitToDirectories;
    int32_t status =
        length > sizeof text ? STATUS_NAME_TOO_LONG : find_first(text, length, directories, &find);
    if (!error_from_status(status))
        return INVALID_HANDLE_VALUE;
    give_wide(find, data);
    return find;
}

HANDLE WINAPI FindFirstFileA(LPCSTR pattern, LPWIN32_FIND_DATAA data)
{
    return FindFirstFileExA(pattern, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}

HANDLE WINAPI FindFirstFileW(LPCWSTR pattern, LPWIN32_FIND_DATAW data)
{
    return FindFirstFileExW(pattern, FindExInfoStandard, data, FindExSearchNameMatch, NULL, 0);
}

BOOL WINAPI FindNextFileA(HANDLE handle, LPWIN32_FIND_DATAA data)
{
    struct find *find = find_from(handle);
    if (find == NULL || !error_from_status(find_next(find)))
        return FALSE;
    give_ansi(find, data);
    return TRUE;
}

BOOL WINAPI FindNextFileW(HANDLE handle, LPWIN32_FIND_DATAW data)
{
    struct find *find = find_from(handle);
    if (find == NULL || !error_from_status(find_next(find)))
        return FALSE;
    give_wide(find, data);
    return TRUE;
}

BOOL WINAPI FindClose(HANDLE handle)
{
    struct find *find = find_from(handle);
    if (find == NULL)
        return FALSE;
    find_free(find);
    return TRUE;
}
