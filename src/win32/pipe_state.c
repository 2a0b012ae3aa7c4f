/* SPDX-License-Identifier: MIT */
/* What a program asks about an open end of a pipe, and the modes it sets. */
#include "drivers/pipe.h"
#include "drivers/rights.h"
#include "nt/file.h"
#include "win32/face.h"

static BOOL info_get(HANDLE pipe, uint32_t access, uint32_t ask, struct pipe_info *info)
{
    *info = (struct pipe_info){.ask = ask};
    return error_from_status(nt_file_get(handle_number(pipe), access, INFO_PIPE, info));
}

BOOL WINAPI SetNamedPipeHandleState(HANDLE hNamedPipe, LPDWORD lpMode, LPDWORD lpMaxCollectionCount,
                                    LPDWORD lpCollectDataTimeout)
{
    struct pipe_info info;
    /* Collecting is for pipes to other machines, and there are none. */
    if (lpMaxCollectionCount != NULL || lpCollectDataTimeout != NULL ||
        (lpMode != NULL && (*lpMode & ~(DWORD)(PIPE_READMODE_MESSAGE | PIPE_NOWAIT)) != 0)) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!info_get(hNamedPipe, RIGHT_WRITE_ATTRIBUTES, 0, &info))
        return FALSE;
    if (lpMode == NULL)
        return TRUE;
    info.message_mode = (*lpMode & PIPE_READMODE_MESSAGE) != 0;
    info.nowait = (*lpMode & PIPE_NOWAIT) != 0;
    return error_from_status(
        nt_file_set(handle_number(hNamedPipe), RIGHT_WRITE_ATTRIBUTES, INFO_PIPE, &info));
}

static BOOL state_get(HANDLE pipe, LPDWORD state, LPDWORD instances, LPDWORD collect_count,
                      LPDWORD collect_timeout, bool user_name)
{
    struct pipe_info info;
    if (collect_count != NULL || collect_timeout != NULL) {
        error_set(ERROR_INVALID_PARAMETER); /* documented: both ends are on one machine */
        return FALSE;
    }
    if (!info_get(pipe, RIGHT_READ_ATTRIBUTES, instances != NULL ? PIPE_ASK_INSTANCES : 0, &info))
        return FALSE;
    if (user_name) {
        error_set(ERROR_CANNOT_IMPERSONATE);
        return FALSE;
    }
    if (state != NULL)
        *state = (info.message_mode ? PIPE_READMODE_MESSAGE : 0) | (info.nowait ? PIPE_NOWAIT : 0);
    if (instances != NULL)
        *instances = info.instances;
    return TRUE;
}

BOOL WINAPI GetNamedPipeHandleStateW(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout,
                                     LPWSTR lpUserName, DWORD nMaxUserNameSize)
{
    (void)nMaxUserNameSize;
    return state_get(hNamedPipe, lpState, lpCurInstances, lpMaxCollectionCount,
                     lpCollectDataTimeout, lpUserName != NULL);
}

BOOL WINAPI GetNamedPipeHandleStateA(HANDLE hNamedPipe, LPDWORD lpState, LPDWORD lpCurInstances,
                                     LPDWORD lpMaxCollectionCount, LPDWORD lpCollectDataTimeout,
                                     LPSTR lpUserName, DWORD nMaxUserNameSize)
{
    (void)nMaxUserNameSize;
    return state_get(hNamedPipe, lpState, lpCurInstances, lpMaxCollectionCount,
                     lpCollectDataTimeout, lpUserName != NULL);
}

BOOL WINAPI GetNamedPipeInfo(HANDLE hNamedPipe, LPDWORD lpFlags, LPDWORD lpOutBufferSize,
                             LPDWORD lpInBufferSize, LPDWORD lpMaxInstances)
{
    struct pipe_info info;
    if (!info_get(hNamedPipe, RIGHT_READ_ATTRIBUTES, PIPE_ASK_PARAMS, &info))
        return FALSE;
    bool server = info.server_end;
    if (lpFlags != NULL)
        *lpFlags = (server ? PIPE_SERVER_END : PIPE_CLIENT_END) |
                   (info.params.message ? PIPE_TYPE_MESSAGE : 0);
    if (lpOutBufferSize != NULL)
        *lpOutBufferSize = server ? info.params.out_size : info.params.in_size;
    if (lpInBufferSize != NULL)
        *lpInBufferSize = server ? info.params.in_size : info.params.out_size;
    if (lpMaxInstances != NULL)
        *lpMaxInstances = info.params.max_instances;
    return TRUE;
}

BOOL WINAPI GetNamedPipeClientProcessId(HANDLE Pipe, PULONG ClientProcessId)
{
    struct pipe_info info;
    if (!info_get(Pipe, 0, PIPE_ASK_PROCESSES, &info))
        return FALSE;
    *ClientProcessId = info.client_process;
    return TRUE;
}

BOOL WINAPI GetNamedPipeServerProcessId(HANDLE Pipe, PULONG ServerProcessId)
{
    struct pipe_info info;
    if (!info_get(Pipe, 0, PIPE_ASK_PROCESSES, &info))
        return FALSE;
    *ServerProcessId = info.server_process;
    return TRUE;
}

static BOOL computer_name(HANDLE pipe)
{
    struct pipe_info info;
    if (info_get(pipe, 0, PIPE_ASK_PROCESSES, &info))
        error_set(ERROR_PIPE_LOCAL); /* documented: the client is on this machine */
    return FALSE;
}

BOOL WINAPI GetNamedPipeClientComputerNameW(HANDLE Pipe, LPWSTR ClientComputerName,
                                            ULONG ClientComputerNameLength)
{
    (void)ClientComputerName;
    (void)ClientComputerNameLength;
    return computer_name(Pipe);
}

BOOL WINAPI GetNamedPipeClientComputerNameA(HANDLE Pipe, LPSTR ClientComputerName,
                                            ULONG ClientComputerNameLength)
{
    (void)ClientComputerName;
    (void)ClientComputerNameLength;
    return computer_name(Pipe);
}

/* Both ends belong to one user and there are no tokens: nothing to become. */
BOOL WINAPI ImpersonateNamedPipeClient(HANDLE hNamedPipe)
{
    struct pipe_info info;
    if (info_get(hNamedPipe, 0, PIPE_ASK_PROCESSES, &info))
        error_set(ERROR_NOT_SUPPORTED);
    return FALSE;
}
