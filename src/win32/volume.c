/* SPDX-License-Identifier: MIT */
/* Drives as programs ask about them: room, kind, which there are. A root that is not given is that
 * of the current directory. */
#include <string.h>

#include "drivers/path.h"
#include "win32/path_name.h"

static bool space_of_ansi(LPCSTR root, struct path_space *space)
{
    struct name name;
    return path_from_ansi(&name, root != NULL ? root : ".") &&
           error_from_status(path_space(name.text, space));
}

static bool space_of_wide(LPCWSTR root, struct path_space *space)
{
    struct name name;
    if (root == NULL)
        return space_of_ansi(NULL, space);
    return path_from_wide(&name, root) && error_from_status(path_space(name.text, space));
}

static DWORD clusters(uint64_t bytes, const struct path_space *space)
{
    uint64_t count = bytes / space->cluster;
    return count > UINT32_MAX ? UINT32_MAX : (DWORD)count;
}

static BOOL space_give(const struct path_space *space, LPDWORD cluster_sectors,
                       LPDWORD sector_bytes, LPDWORD free_clusters, LPDWORD total_clusters)
{
    if (cluster_sectors != NULL)
        *cluster_sectors = space->cluster / space->sector;
    if (sector_bytes != NULL)
        *sector_bytes = space->sector;
    if (free_clusters != NULL)
        *free_clusters = clusters(space->available, space);
    if (total_clusters != NULL)
        *total_clusters = clusters(space->total, space);
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceA(LPCSTR root, LPDWORD cluster_sectors, LPDWORD sector_bytes,
                              LPDWORD free_clusters, LPDWORD total_clusters)
{
    struct path_space space;
    return space_of_ansi(root, &space) &&
           space_give(&space, cluster_sectors, sector_bytes, free_clusters, total_clusters);
}

BOOL WINAPI GetDiskFreeSpaceW(LPCWSTR root, LPDWORD cluster_sectors, LPDWORD sector_bytes,
                              LPDWORD free_clusters, LPDWORD total_clusters)
{
    struct path_space space;
    return space_of_wide(root, &space) &&
           space_give(&space, cluster_sectors, sector_bytes, free_clusters, total_clusters);
}

static BOOL space_give_ex(const struct path_space *space, PULARGE_INTEGER available,
                          PULARGE_INTEGER total, PULARGE_INTEGER free)
{
    if (available != NULL)
        available->QuadPart = space->available;
    if (total != NULL)
        total->QuadPart = space->total;
    if (free != NULL)
        free->QuadPart = space->free;
    return TRUE;
}

BOOL WINAPI GetDiskFreeSpaceExA(LPCSTR directory, PULARGE_INTEGER available, PULARGE_INTEGER total,
                                PULARGE_INTEGER free)
{
    struct path_space space;
    return space_of_ansi(directory, &space) && space_give_ex(&space, available, total, free);
}

BOOL WINAPI GetDiskFreeSpaceExW(LPCWSTR directory, PULARGE_INTEGER available, PULARGE_INTEGER total,
                                PULARGE_INTEGER free)
{
    struct path_space space;
    return space_of_wide(directory, &space) && space_give_ex(&space, available, total, free);
}

UINT WINAPI GetDriveTypeA(LPCSTR root)
{
    struct path_space space;
    uint32_t before = error_get();
    UINT type = space_of_ansi(root, &space) ? space.type : DRIVE_NO_ROOT_DIR;
    error_set(before); /* it has no failure to tell */
    return type;
}

UINT WINAPI GetDriveTypeW(LPCWSTR root)
{
    struct path_space space;
    uint32_t before = error_get();
    UINT type = space_of_wide(root, &space) ? space.type : DRIVE_NO_ROOT_DIR;
    error_set(before);
    return type;
}

DWORD WINAPI GetLogicalDrives(void)
{
    const struct name_table *table = name_table_system();
    DWORD drives = 0;
    for (unsigned i = 0; i < 26; i++)
        if (table->drives[i] != NULL)
            drives |= 1u << i;
    return drives;
}

/* "C:\", a NUL, and so on; each has four units. */
static size_t drive_strings(char text[26 * 4])
{
    DWORD drives = GetLogicalDrives();
    size_t used = 0;
    for (unsigned i = 0; i < 26; i++) {
        if (!(drives & 1u << i))
            continue;
        memcpy(text + used, "A:\\", 4);
        text[used] = (char)('A' + i);
        used += 4;
    }
    return used;
}

DWORD WINAPI GetLogicalDriveStringsA(DWORD capacity, LPSTR buffer)
{
    char text[26 * 4];
    return text_to_ansi(text, drive_strings(text), buffer, capacity);
}

DWORD WINAPI GetLogicalDriveStringsW(DWORD capacity, LPWSTR buffer)
{
    char text[26 * 4];
    return text_to_wide(text, drive_strings(text), buffer, capacity);
}

/* What a Linux file system offers of what Windows asks for. */
static DWORD volume_flags(const struct path_space *space)
{
    return FILE_CASE_SENSITIVE_SEARCH | FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK |
           FILE_SUPPORTS_SPARSE_FILES | FILE_SUPPORTS_HARD_LINKS |
           (space->read_only ? FILE_READ_ONLY_VOLUME : 0);
}

static BOOL volume_give(const struct path_space *space, LPDWORD serial, LPDWORD longest,
                        LPDWORD flags)
{
    if (serial != NULL)
        *serial = space->serial;
    if (longest != NULL)
        *longest = space->name_bytes;
    if (flags != NULL)
        *flags = volume_flags(space);
    return TRUE;
}

BOOL WINAPI GetVolumeInformationA(LPCSTR root, LPSTR label, DWORD label_size, LPDWORD serial,
                                  LPDWORD longest, LPDWORD flags, LPSTR system, DWORD system_size)
{
    struct path_space space;
    if (!space_of_ansi(root, &space))
        return FALSE;
    if ((label != NULL && label_size == 0) ||
        (system != NULL && text_to_ansi(space.file_system, strlen(space.file_system), system,
                                        system_size) >= system_size)) {
        error_set(ERROR_BAD_LENGTH);
        return FALSE;
    }
    if (label != NULL)
        label[0] = 0;
    return volume_give(&space, serial, longest, flags);
}

BOOL WINAPI GetVolumeInformationW(LPCWSTR root, LPWSTR label, DWORD label_size, LPDWORD serial,
                                  LPDWORD longest, LPDWORD flags, LPWSTR system, DWORD system_size)
{
    struct path_space space;
    if (!space_of_wide(root, &space))
        return FALSE;
    if ((label != NULL && label_size == 0) ||
        (system != NULL && text_to_wide(space.file_system, strlen(space.file_system), system,
                                        system_size) >= system_size)) {
        error_set(ERROR_BAD_LENGTH);
        return FALSE;
    }
    if (label != NULL)
        label[0] = 0;
    return volume_give(&space, serial, longest, flags);
}
