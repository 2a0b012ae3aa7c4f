/* SPDX-License-Identifier: MIT */
/* The file pointer and the size of a file. The 32-bit forms return a low part that may look like
 * the error value; the last error then tells, so they set it on success too. */
#include "drivers/path.h"
#include "nt/open.h"
#include "win32/path_name.h"

static bool seek(HANDLE file, int64_t distance, DWORD origin, int64_t *position)
{
    if (origin > FILE_END) {
        error_set(ERROR_INVALID_PARAMETER);
        return false;
    }
    return error_from_status(nt_file_seek(handle_number(file), distance, origin, position));
}

BOOL WINAPI SetFilePointerEx(HANDLE file, LARGE_INTEGER distance, PLARGE_INTEGER position,
                             DWORD origin)
{
    int64_t where;
    if (!seek(file, distance.QuadPart, origin, &where))
        return FALSE;
    if (position != NULL)
        position->QuadPart = where;
    return TRUE;
}

DWORD WINAPI SetFilePointer(HANDLE file, LONG distance, PLONG distance_high, DWORD origin)
{
    int64_t where;
    /* With a high part the low part is unsigned. */
    int64_t wanted = distance_high == NULL
                         ? distance
                         : (int64_t)((uint64_t)(uint32_t)*distance_high << 32 | (uint32_t)distance);
    if (!seek(file, wanted, origin, &where))
        return INVALID_SET_FILE_POINTER;
    if (distance_high == NULL && where > UINT32_MAX) {
        error_set(ERROR_INVALID_PARAMETER);
        return INVALID_SET_FILE_POINTER;
    }
    if (distance_high != NULL)
        *distance_high = (LONG)(where >> 32);
    error_set(ERROR_SUCCESS);
    return (DWORD)where;
}

static int32_t standard_of(HANDLE file, struct file_standard *standard)
{
    return nt_file_get(handle_number(file), 0, INFO_STANDARD, standard);
}

BOOL WINAPI GetFileSizeEx(HANDLE file, PLARGE_INTEGER size)
{
    struct file_standard standard;
    int32_t status = standard_of(file, &standard);
    if (status == STATUS_SUCCESS)
        size->QuadPart = (LONGLONG)standard.end_of_file;
    return error_from_status(status);
}

DWORD WINAPI GetFileSize(HANDLE file, LPDWORD high)
{
    struct file_standard standard;
    if (!error_from_status(standard_of(file, &standard)))
        return INVALID_FILE_SIZE;
    if (high != NULL)
        *high = (DWORD)(standard.end_of_file >> 32);
    error_set(ERROR_SUCCESS);
    return (DWORD)standard.end_of_file;
}

/* What the file occupies: less than its size where it has holes or is compressed. */
static DWORD compressed_size(const struct name *name, LPDWORD high)
{
    struct path_info info;
    if (!error_from_status(path_get(name->text, &info)))
        return INVALID_FILE_SIZE;
    uint64_t size = info.standard.end_of_file;
    if (info.standard.allocation < size)
        size = info.standard.allocation;
    if (high != NULL)
        *high = (DWORD)(size >> 32);
    error_set(ERROR_SUCCESS);
    return (DWORD)size;
}

DWORD WINAPI GetCompressedFileSizeA(LPCSTR file_name, LPDWORD high)
{
    struct name name;
    return path_from_ansi(&name, file_name) ? compressed_size(&name, high) : INVALID_FILE_SIZE;
}

DWORD WINAPI GetCompressedFileSizeW(LPCWSTR file_name, LPDWORD high)
{
    struct name name;
    return path_from_wide(&name, file_name) ? compressed_size(&name, high) : INVALID_FILE_SIZE;
}

BOOL WINAPI SetEndOfFile(HANDLE file)
{
    int64_t where;
    int32_t status = nt_file_seek(handle_number(file), 0, FILE_CURRENT, &where);
    if (status == STATUS_SUCCESS) {
        uint64_t size = (uint64_t)where;
        status = nt_file_set(handle_number(file), FILE_WRITE_DATA, INFO_END_OF_FILE, &size);
    }
    return error_from_status(status);
}

/* Needs a privilege that nobody holds here: Linux zeroes what was never written. */
BOOL WINAPI SetFileValidData(HANDLE file, LONGLONG length)
{
    error_set(ERROR_PRIVILEGE_NOT_HELD);
    return FALSE;
}

DWORD WINAPI GetFileType(HANDLE file)
{
    uint32_t kind;
    if (!error_from_status(nt_file_kind(handle_number(file), &kind)))
        return FILE_TYPE_UNKNOWN;
    if (kind == FILE_TYPE_UNKNOWN)
        error_set(ERROR_SUCCESS);
    return kind;
}
