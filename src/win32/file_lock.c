/* SPDX-License-Identifier: MIT */
/* Byte-range locks. LockFile is LockFileEx that locks exclusively and never waits. */
#include "nt/file.h"
#include "win32/face.h"

static uint64_t whole(DWORD low, DWORD high)
{
    return (uint64_t)high << 32 | low;
}

BOOL WINAPI LockFileEx(HANDLE file, DWORD flags, DWORD reserved, DWORD length_low,
                       DWORD length_high, LPOVERLAPPED overlapped)
{
    uint64_t information;
    if (overlapped == NULL || reserved != 0 ||
        (flags & ~(DWORD)(LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK))) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    struct io_call call = {
        .handle = handle_number(file),
        .major = IRP_LOCK,
        .block = (struct status_block *)overlapped,
        .minor = flags,
        .argument = whole(length_low, length_high),
    };
    int32_t status = nt_io(&call, &information);
    if (status == STATUS_PENDING) {
        error_set(ERROR_IO_PENDING);
        return FALSE;
    }
    return error_from_status(status);
}

BOOL WINAPI LockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD length_low,
                     DWORD length_high)
{
    uint64_t information;
    struct io_call call = {
        .handle = handle_number(file),
        .major = IRP_LOCK,
        .minor = LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK,
        .offset = whole(offset_low, offset_high),
        .has_offset = true,
        .argument = whole(length_low, length_high),
    };
    return error_from_status(nt_io(&call, &information));
}

static BOOL unlock(HANDLE file, uint64_t offset, uint64_t length)
{
    struct file_range range = {offset, length};
    return error_from_status(nt_file_set(handle_number(file), 0, INFO_UNLOCK, &range));
}

BOOL WINAPI UnlockFile(HANDLE file, DWORD offset_low, DWORD offset_high, DWORD length_low,
                       DWORD length_high)
{
    return unlock(file, whole(offset_low, offset_high), whole(length_low, length_high));
}

BOOL WINAPI UnlockFileEx(HANDLE file, DWORD reserved, DWORD length_low, DWORD length_high,
                         LPOVERLAPPED overlapped)
{
    if (overlapped == NULL || reserved != 0) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    return unlock(file, whole(overlapped->Offset, overlapped->OffsetHigh),
                  whole(length_low, length_high));
}
