/* SPDX-License-Identifier: MIT */
/* Named and anonymous pipes: the calls. What their arguments mean is decided here; drivers/pipe.c
 * has the rest. */
#include <string.h>

#include "base/utf16.h"
#include "drivers/pipe.h"
#include "drivers/rights.h"
#include "nt/file.h"
#include "nt/name.h"
#include "win32/face.h"

enum {
    ACCESS_READ = 0x120089,  /* FILE_GENERIC_READ */
    ACCESS_WRITE = 0x120116, /* FILE_GENERIC_WRITE */
    OPEN_MODE_BITS = PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED |
                     (int)FILE_FLAG_WRITE_THROUGH | WRITE_DAC | WRITE_OWNER |
                     ACCESS_SYSTEM_SECURITY,
    PIPE_MODE_BITS =
        PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_NOWAIT | PIPE_REJECT_REMOTE_CLIENTS,
    DEFAULT_TIMEOUT_MS = 50,
};

/* The end of a call that may pend. */
static BOOL answer(int32_t status)
{
    if (status != STATUS_PENDING)
        return error_from_status(status);
    error_set(ERROR_IO_PENDING);
    return FALSE;
}

/* A name of the form \\.\pipe\name or \\server\pipe\name; false with the last error set. */
static bool name_of_pipe(const char16_t *text, struct name *name)
{
    int32_t status = STATUS_OBJECT_NAME_INVALID;
    if (text != NULL)
        status = name_resolve_wide(name_table_system(), text, utf16_length(text), name);
    if (status == STATUS_SUCCESS && (name->kind != DEVICE_PIPE || name->text[0] == 0))
        status = STATUS_OBJECT_NAME_INVALID;
    return error_from_status(status);
}

/* The same for the ANSI calls, whose strings are UTF-8. */
static bool name_of_pipe_a(const char *text, struct name *name)
{
    int32_t status = STATUS_OBJECT_NAME_INVALID;
    if (text != NULL)
        status = name_resolve(name_table_system(), text, strlen(text), name);
    if (status == STATUS_SUCCESS && (name->kind != DEVICE_PIPE || name->text[0] == 0))
        status = STATUS_OBJECT_NAME_INVALID;
    return error_from_status(status);
}

static bool create_is_valid(DWORD open_mode, DWORD pipe_mode, DWORD max_instances)
{
    if ((open_mode & PIPE_ACCESS_DUPLEX) == 0 || (open_mode & ~(DWORD)OPEN_MODE_BITS) != 0)
        return false;
    if ((pipe_mode & ~(DWORD)PIPE_MODE_BITS) != 0)
        return false;
    if ((pipe_mode & PIPE_READMODE_MESSAGE) && !(pipe_mode & PIPE_TYPE_MESSAGE))
        return false;
    return max_instances >= 1 && max_instances <= PIPE_UNLIMITED_INSTANCES;
}

static HANDLE create_named(const struct name *name, DWORD open_mode, DWORD pipe_mode,
                           DWORD max_instances, DWORD out_size, DWORD in_size, DWORD timeout_ms,
                           const SECURITY_ATTRIBUTES *attributes)
{
    if (!create_is_valid(open_mode, pipe_mode, max_instances)) {
        error_set(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    struct pipe_create create = {
        .name = name->text,
        .params = {.message = (pipe_mode & PIPE_TYPE_MESSAGE) != 0,
                   .access = open_mode & PIPE_ACCESS_DUPLEX,
                   .max_instances = max_instances,
                   .out_size = out_size,
                   .in_size = in_size,
                   .timeout_ms = timeout_ms != 0 ? timeout_ms : DEFAULT_TIMEOUT_MS},
        .first = (open_mode & FILE_FLAG_FIRST_PIPE_INSTANCE) != 0,
        .overlapped = (open_mode & FILE_FLAG_OVERLAPPED) != 0,
        .message_mode = (pipe_mode & PIPE_READMODE_MESSAGE) != 0,
        .nowait = (pipe_mode & PIPE_NOWAIT) != 0,
    };
    struct file *file;
    uint64_t handle;
    int32_t status = pipe_create(&create, &file);
    uint32_t access = (open_mode & PIPE_ACCESS_INBOUND ? ACCESS_READ : 0) |
                      (open_mode & PIPE_ACCESS_OUTBOUND ? ACCESS_WRITE : 0);
    if (status == STATUS_SUCCESS)
        status = nt_file_handle(file, access, handle_flags_of(attributes) != 0, &handle);
    return error_from_status(status) ? handle_pointer(handle) : INVALID_HANDLE_VALUE;
}

HANDLE WINAPI CreateNamedPipeW(LPCWSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
                               DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize,
                               DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    struct name name;
    if (!name_of_pipe((const char16_t *)lpName, &name))
        return INVALID_HANDLE_VALUE;
    return create_named(&name, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize,
                        nDefaultTimeOut, lpSecurityAttributes);
}

HANDLE WINAPI CreateNamedPipeA(LPCSTR lpName, DWORD dwOpenMode, DWORD dwPipeMode,
                               DWORD nMaxInstances, DWORD nOutBufferSize, DWORD nInBufferSize,
                               DWORD nDefaultTimeOut, LPSECURITY_ATTRIBUTES lpSecurityAttributes)
{
    struct name name;
    if (!name_of_pipe_a(lpName, &name))
        return INVALID_HANDLE_VALUE;
    return create_named(&name, dwOpenMode, dwPipeMode, nMaxInstances, nOutBufferSize, nInBufferSize,
                        nDefaultTimeOut, lpSecurityAttributes);
}

BOOL WINAPI CreatePipe(PHANDLE hReadPipe, PHANDLE hWritePipe,
                       LPSECURITY_ATTRIBUTES lpPipeAttributes, DWORD nSize)
{
    struct file *files[2];
    uint64_t handles[2];
    bool inherit = handle_flags_of(lpPipeAttributes) != 0;
    if (hReadPipe == NULL || hWritePipe == NULL)
        return error_from_status(STATUS_ACCESS_VIOLATION);
    int32_t status = pipe_create_anonymous(nSize, &files[0], &files[1]);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    status = nt_file_handle(files[0], ACCESS_READ | RIGHT_WRITE_ATTRIBUTES, inherit, &handles[0]);
    int32_t second =
        nt_file_handle(files[1], ACCESS_WRITE | RIGHT_READ_ATTRIBUTES, inherit, &handles[1]);
    if (status == STATUS_SUCCESS && second == STATUS_SUCCESS) {
        *hReadPipe = handle_pointer(handles[0]);
        *hWritePipe = handle_pointer(handles[1]);
        return TRUE;
    }
    if (status == STATUS_SUCCESS)
        handle_close(handles[0]);
    if (second == STATUS_SUCCESS)
        handle_close(handles[1]);
    return error_from_status(status != STATUS_SUCCESS ? status : second);
}

BOOL WINAPI ConnectNamedPipe(HANDLE hNamedPipe, LPOVERLAPPED lpOverlapped)
{
    uint64_t unused;
    struct io_call call = {
        .handle = handle_number(hNamedPipe),
        .major = IRP_LISTEN,
        .block = (struct status_block *)lpOverlapped,
    };
    return answer(nt_io(&call, &unused));
}

BOOL WINAPI DisconnectNamedPipe(HANDLE hNamedPipe)
{
    return error_from_status(nt_file_set(handle_number(hNamedPipe), 0, INFO_DISCONNECT, NULL));
}

BOOL WINAPI PeekNamedPipe(HANDLE hNamedPipe, LPVOID lpBuffer, DWORD nBufferSize,
                          LPDWORD lpBytesRead, LPDWORD lpTotalBytesAvail,
                          LPDWORD lpBytesLeftThisMessage)
{
    struct pipe_peek peek = {.buffer = lpBuffer, .length = lpBuffer != NULL ? nBufferSize : 0};
    int32_t status = nt_file_get(handle_number(hNamedPipe), RIGHT_READ, INFO_PEEK, &peek);
    if (!error_from_status(status))
        return FALSE;
    if (lpBytesRead != NULL)
        *lpBytesRead = peek.read;
    if (lpTotalBytesAvail != NULL)
        *lpTotalBytesAvail = peek.available;
    if (lpBytesLeftThisMessage != NULL)
        *lpBytesLeftThisMessage = peek.message_left;
    return TRUE;
}

BOOL WINAPI TransactNamedPipe(HANDLE hNamedPipe, LPVOID lpInBuffer, DWORD nInBufferSize,
                              LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                              LPOVERLAPPED lpOverlapped)
{
    uint64_t bytes;
    struct io_call call = {
        .handle = handle_number(hNamedPipe),
        .access = RIGHT_READ | RIGHT_WRITE,
        .major = IRP_CONTROL,
        .driver = &pipe_driver,
        .block = (struct status_block *)lpOverlapped,
        .code = PIPE_TRANSCEIVE,
        .input = lpInBuffer,
        .input_length = nInBufferSize,
        .buffer = lpOutBuffer,
        .length = nOutBufferSize,
    };
    if (lpBytesRead == NULL && lpOverlapped == NULL)
        return error_from_status(STATUS_ACCESS_VIOLATION);
    if (lpBytesRead != NULL)
        *lpBytesRead = 0;
    int32_t status = nt_io(&call, &bytes);
    if (lpBytesRead != NULL && status != STATUS_PENDING)
        *lpBytesRead = (DWORD)bytes;
    return answer(status);
}

/* Waits until an instance is free; NMPWAIT_* or milliseconds. */
static int32_t wait_named(const struct name *name, DWORD timeout_ms)
{
    struct file *file;
    uint64_t handle, unused;
    int32_t status = pipe_wait_open(name->text, timeout_ms, &file);
    if (status == STATUS_SUCCESS)
        status = nt_file_handle(file, 0, false, &handle);
    if (status != STATUS_SUCCESS)
        return status;
    struct io_call call = {.handle = handle, .major = IRP_CONTROL, .code = PIPE_AWAIT};
    status = nt_io(&call, &unused);
    handle_close(handle);
    return status;
}

BOOL WINAPI WaitNamedPipeW(LPCWSTR lpNamedPipeName, DWORD nTimeOut)
{
    struct name name;
    return name_of_pipe((const char16_t *)lpNamedPipeName, &name) &&
           error_from_status(wait_named(&name, nTimeOut));
}

BOOL WINAPI WaitNamedPipeA(LPCSTR lpNamedPipeName, DWORD nTimeOut)
{
    struct name name;
    return name_of_pipe_a(lpNamedPipeName, &name) && error_from_status(wait_named(&name, nTimeOut));
}

static int32_t open_client(const struct name *name, DWORD timeout_ms, uint64_t *handle)
{
    for (;;) {
        struct open_request request = {
            .path = name->text, .access = ACCESS_READ | ACCESS_WRITE, .disposition = OPEN_IF_THERE};
        int32_t status = nt_open(&request, &pipe_driver, false, handle);
        if (status != STATUS_PIPE_NOT_AVAILABLE || timeout_ms == NMPWAIT_NOWAIT)
            return status;
        status = wait_named(name, timeout_ms);
        if (status != STATUS_SUCCESS)
            return status;
    }
}

static BOOL call_named(const struct name *name, LPVOID input, DWORD input_size, LPVOID output,
                       DWORD output_size, LPDWORD read, DWORD timeout_ms)
{
    uint64_t handle;
    DWORD mode = PIPE_READMODE_MESSAGE;
    if (!error_from_status(open_client(name, timeout_ms, &handle)))
        return FALSE;
    HANDLE pipe = handle_pointer(handle);
    BOOL done = SetNamedPipeHandleState(pipe, &mode, NULL, NULL) &&
                TransactNamedPipe(pipe, input, input_size, output, output_size, read, NULL);
    handle_close(handle);
    return done;
}

BOOL WINAPI CallNamedPipeW(LPCWSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
                           LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                           DWORD nTimeOut)
{
    struct name name;
    return name_of_pipe((const char16_t *)lpNamedPipeName, &name) &&
           call_named(&name, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead,
                      nTimeOut);
}

BOOL WINAPI CallNamedPipeA(LPCSTR lpNamedPipeName, LPVOID lpInBuffer, DWORD nInBufferSize,
                           LPVOID lpOutBuffer, DWORD nOutBufferSize, LPDWORD lpBytesRead,
                           DWORD nTimeOut)
{
    struct name name;
    return name_of_pipe_a(lpNamedPipeName, &name) &&
           call_named(&name, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpBytesRead,
                      nTimeOut);
}
