/* SPDX-License-Identifier: MIT */
/* The end of a request as its issuer asks for it, and asking for an early one. */
#include "nt/file.h"
#include "nt/status.h"
#include "win32/face.h"

static BOOL result_get(HANDLE file, LPOVERLAPPED overlapped, LPDWORD done, DWORD timeout_ms,
                       BOOL alertable)
{
    uint64_t information = 0;
    if (overlapped == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    int32_t status =
        nt_io_result(handle_number(file), (struct status_block *)overlapped, &information,
                     timeout_ms != 0, alertable, deadline_from_ms(timeout_ms));
    if (status == STATUS_PENDING) {
        error_set(timeout_ms == 0 ? ERROR_IO_INCOMPLETE : WAIT_TIMEOUT);
        return FALSE;
    }
    if (status == STATUS_USER_APC) {
        error_set(WAIT_IO_COMPLETION);
        return FALSE;
    }
    if (done != NULL)
        *done = (DWORD)information;
    return error_from_status(status);
}

BOOL WINAPI GetOverlappedResult(HANDLE file, LPOVERLAPPED overlapped, LPDWORD done, BOOL wait)
{
    return result_get(file, overlapped, done, wait ? INFINITE : 0, FALSE);
}

BOOL WINAPI GetOverlappedResultEx(HANDLE file, LPOVERLAPPED overlapped, LPDWORD done,
                                  DWORD timeout_ms, BOOL alertable)
{
    return result_get(file, overlapped, done, timeout_ms, alertable);
}

BOOL WINAPI CancelIo(HANDLE file)
{
    return error_from_status(nt_cancel_io(handle_number(file)));
}

BOOL WINAPI CancelIoEx(HANDLE file, LPOVERLAPPED overlapped)
{
    return error_from_status(nt_cancel_io_ex(handle_number(file), overlapped));
}

BOOL WINAPI CancelSynchronousIo(HANDLE thread)
{
    return error_from_status(nt_cancel_synchronous(handle_number(thread)));
}

BOOL WINAPI SetFileCompletionNotificationModes(HANDLE file, UCHAR flags)
{
    uint32_t modes = 0;
    if (flags & ~(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS | FILE_SKIP_SET_EVENT_ON_HANDLE)) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (flags & FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)
        modes |= FILE_SKIP_PORT;
    if (flags & FILE_SKIP_SET_EVENT_ON_HANDLE)
        modes |= FILE_SKIP_EVENT;
    return error_from_status(nt_file_set_modes(handle_number(file), modes));
}
