/* SPDX-License-Identifier: MIT */
/* CreateFile: the arguments become an open_request, the status becomes the last error that the page
 * documents: also on success, which says whether OPEN_ALWAYS and CREATE_ALWAYS found the file
 * there. */
#include "nt/object.h"
#include "nt/open.h"
#include "win32/path_name.h"

static DWORD access_map(DWORD access)
{
    DWORD specific =
        access & ~(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
    if (access & GENERIC_READ)
        specific |= file_type.generic_read;
    if (access & GENERIC_WRITE)
        specific |= file_type.generic_write;
    if (access & GENERIC_EXECUTE)
        specific |= file_type.generic_execute;
    if (access & (GENERIC_ALL | MAXIMUM_ALLOWED))
        specific |= file_type.valid_access;
    return specific | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
}

static HANDLE create_failed(int32_t status)
{
    if (status == STATUS_OBJECT_NAME_COLLISION)
        error_set(ERROR_FILE_EXISTS); /* 183 is for the success of OPEN_ALWAYS and CREATE_ALWAYS */
    else
        error_from_status(status);
    return INVALID_HANDLE_VALUE;
}

static HANDLE create(const struct name *name, DWORD access, DWORD share,
                     const SECURITY_ATTRIBUTES *security, DWORD disposition,
                     DWORD flags_and_attributes)
{
    uint64_t handle;
    struct open_request request = {
        .access = access_map(access),
        .share = share,
        .disposition = disposition,
        .flags = flags_and_attributes & 0xffff0000u,
        .attributes = flags_and_attributes & 0x0000ffffu,
    };
    if (share & ~(DWORD)(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE))
        return create_failed(STATUS_INVALID_PARAMETER);
    int32_t status = nt_open_name(name, &request, handle_flags_of(security) != 0, &handle);
    if (status != STATUS_SUCCESS)
        return create_failed(status);
    bool tells = disposition == CREATE_ALWAYS || disposition == OPEN_ALWAYS;
    error_set(tells && request.existed ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS);
    return handle_pointer(handle);
}

static bool disposition_is_known(DWORD disposition)
{
    if (disposition >= CREATE_NEW && disposition <= TRUNCATE_EXISTING)
        return true;
    error_set(ERROR_INVALID_PARAMETER);
    return false;
}

HANDLE WINAPI CreateFileA(LPCSTR file_name, DWORD access, DWORD share,
                          LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags,
                          HANDLE template)
{
    struct name name;
    if (!disposition_is_known(disposition) || !name_from_ansi(&name, file_name))
        return INVALID_HANDLE_VALUE;
    return create(&name, access, share, security, disposition, flags);
}

HANDLE WINAPI CreateFileW(LPCWSTR file_name, DWORD access, DWORD share,
                          LPSECURITY_ATTRIBUTES security, DWORD disposition, DWORD flags,
                          HANDLE template)
{
    struct name name;
    if (!disposition_is_known(disposition) || !name_from_wide(&name, file_name))
        return INVALID_HANDLE_VALUE;
    return create(&name, access, share, security, disposition, flags);
}

HANDLE WINAPI CreateFile2(LPCWSTR file_name, DWORD access, DWORD share, DWORD disposition,
                          LPCREATEFILE2_EXTENDED_PARAMETERS extra)
{
    if (extra != NULL && extra->dwSize < sizeof *extra) {
        error_set(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    return CreateFileW(file_name, access, share, extra != NULL ? extra->lpSecurityAttributes : NULL,
                       disposition,
                       extra != NULL ? extra->dwFileFlags | extra->dwFileAttributes : 0, NULL);
}
