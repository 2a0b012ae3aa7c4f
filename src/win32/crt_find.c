/* SPDX-License-Identifier: MIT */
/* _findfirst and its kin: FindFirstFile, with C's times and errno. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "win32/crt.h"
#include "win32/face.h"

/* struct _finddata64_t and _wfinddata64_t of io.h. */
struct found {
    unsigned attributes;
    long long created, accessed, written, size;
    char name[MAX_PATH];
};

struct found_wide {
    unsigned attributes;
    long long created, accessed, written, size;
    WCHAR name[MAX_PATH];
};

static long long seconds(FILETIME time)
{
    long long ticks = (long long)((uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime);

    return ticks / 10000000 - 11644473600;
}

/* _A_NORMAL is 0, where Windows' calls say FILE_ATTRIBUTE_NORMAL. */
#define GIVE(to, data)                                                                             \
    do {                                                                                           \
        (to)->attributes = (data).dwFileAttributes & ~(DWORD)FILE_ATTRIBUTE_NORMAL;                \
        (to)->created = seconds((data).ftCreationTime);                                            \
        (to)->accessed = seconds((data).ftLastAccessTime);                                         \
        (to)->written = seconds((data).ftLastWriteTime);                                           \
        (to)->size = (long long)((uint64_t)(data).nFileSizeHigh << 32 | (data).nFileSizeLow);      \
        memcpy((to)->name, (data).cFileName, sizeof(to)->name);                                    \
    } while (0)

static int failed(void)
{
    errno = GetLastError() == ERROR_INVALID_HANDLE      ? EINVAL
            : GetLastError() == ERROR_NOT_ENOUGH_MEMORY ? ENOMEM
                                                        : ENOENT;
    return -1;
}

CRT(intptr_t, ovl_crt__findfirst64, const char *pattern, struct found *to)
{
    WIN32_FIND_DATAA data;
    HANDLE search = pattern && to ? FindFirstFileA(pattern, &data) : NULL;

    if (!search)
        return crt_invalid(EINVAL), -1;
    if (search == INVALID_HANDLE_VALUE)
        return failed();
    GIVE(to, data);
    return (intptr_t)search;
}

CRT(int, ovl_crt__findnext64, intptr_t search, struct found *to)
{
    WIN32_FIND_DATAA data;

    if (!FindNextFileA((HANDLE)search, &data))
        return failed();
    GIVE(to, data);
    return 0;
}

CRT(intptr_t, ovl_crt__wfindfirst64, const WCHAR *pattern, struct found_wide *to)
{
    WIN32_FIND_DATAW data;
    HANDLE search = pattern && to ? FindFirstFileW(pattern, &data) : NULL;

    if (!search)
        return crt_invalid(EINVAL), -1;
    if (search == INVALID_HANDLE_VALUE)
        return failed();
    GIVE(to, data);
    return (intptr_t)search;
}

CRT(int, ovl_crt__wfindnext64, intptr_t search, struct found_wide *to)
{
    WIN32_FIND_DATAW data;

    if (!FindNextFileW((HANDLE)search, &data))
        return failed();
    GIVE(to, data);
    return 0;
}

CRT(int, ovl_crt__findclose, intptr_t search)
{
    return FindClose((HANDLE)search) ? 0 : failed();
}
