/* SPDX-License-Identifier: MIT */
/* The last error of each thread: the only file that writes it. Calls that end at once pass their
 * status through error_from_status; completions pass theirs through status_to_win32 where they are
 * reported. */
#include "win32/error.h"

#include "nt/status.h"
#include "windows.h"

static __thread uint32_t last_error __attribute__((tls_model("initial-exec")));

void error_set(uint32_t code)
{
    last_error = code;
}

uint32_t error_get(void)
{
    return last_error;
}

int error_from_status(int32_t status)
{
    if (status_is_success(status))
        return 1;
    last_error = status_to_win32(status);
    return 0;
}

DWORD WINAPI GetLastError(void)
{
    return last_error;
}

VOID WINAPI SetLastError(DWORD code)
{
    last_error = code;
}

ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status); /* a program finds it in winternl.h */
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS status)
{
    return status_to_win32(status);
}
