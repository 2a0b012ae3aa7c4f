/* SPDX-License-Identifier: MIT */
/* The last error of each thread: the only file that writes it. Calls that end at once pass their
 * status through error_from_status; completions pass theirs through status_to_win32 where they are
 * reported. */
#include "win32/error.h"

#include <dlfcn.h>

#include "base/trace.h"
#include "nt/status.h"
#include "windows.h"

enum { WSAEOPNOTSUPP_CODE = 10045 };

static __thread uint32_t last_error __attribute__((tls_model("initial-exec")));

/* What is not supported says so in the trace, with the name of the call. */
static void error_note(uint32_t code, void *caller)
{
    Dl_info info;
    if (code != ERROR_NOT_SUPPORTED && code != WSAEOPNOTSUPP_CODE)
        return;
    if (trace_on(UNSUPPORTED))
        trace_note(TRACE_UNSUPPORTED, "%s: not supported",
                   dladdr(caller, &info) != 0 && info.dli_sname != NULL ? info.dli_sname : "a call");
}

void error_set(uint32_t code)
{
    last_error = code;
    error_note(code, __builtin_return_address(0));
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
    error_note(last_error, __builtin_return_address(0));
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
