/* SPDX-License-Identifier: MIT */
/* ReadFile, WriteFile and their Ex forms: the rules about the arguments and the last error.
 * Everything else is nt_io's. */
#include "nt/file.h"
#include "nt/status.h"
#include "win32/face.h"
#include "win32/routine.h"

/* What the caller gets of a request's end. */
static inline BOOL transfer_answer(int32_t status, uint64_t information, LPDWORD done)
{
    if (status == STATUS_PENDING) {
        error_set(ERROR_IO_PENDING);
        return FALSE;
    }
    if (done != NULL)
        *done = (DWORD)information;
    return __builtin_expect(status == STATUS_SUCCESS, 1) ? TRUE : error_from_status(status);
}

static inline bool transfer_can_tell(LPDWORD done, LPOVERLAPPED overlapped)
{
    if (done != NULL)
        *done = 0;
    if (__builtin_expect(done == NULL && overlapped == NULL, 0)) {
        error_set(ERROR_INVALID_PARAMETER);
        return false;
    }
    return true;
}

BOOL WINAPI ReadFile(HANDLE file, LPVOID buffer, DWORD length, LPDWORD done,
                     LPOVERLAPPED overlapped)
{
    uint64_t information;
    if (!transfer_can_tell(done, overlapped))
        return FALSE;
    struct io_call call = {
        .handle = handle_number(file),
        .access = FILE_READ_DATA,
        .major = IRP_READ,
        .block = (struct status_block *)overlapped,
        .buffer = buffer,
        .length = length,
    };
    int32_t status = nt_io(&call, &information);
    /* By the file pointer, the end of the file is a read of nothing; at an offset it is an error.
     */
    if (status == STATUS_END_OF_FILE && overlapped == NULL)
        return TRUE;
    return transfer_answer(status, information, done);
}

BOOL WINAPI WriteFile(HANDLE file, LPCVOID buffer, DWORD length, LPDWORD done,
                      LPOVERLAPPED overlapped)
{
    uint64_t information;
    if (!transfer_can_tell(done, overlapped))
        return FALSE;
    struct io_call call = {
        .handle = handle_number(file),
        .access = FILE_WRITE_DATA,
        .major = IRP_WRITE,
        .block = (struct status_block *)overlapped,
        .buffer = (void *)buffer,
        .length = length,
    };
    int32_t status = nt_io(&call, &information);
    return transfer_answer(status, information, done);
}

/* TRUE means that the routine will be called. The last error then is 0, or a warning. */
static BOOL transfer_ex(struct io_call *call, LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    uint64_t information;
    call->needs_overlapped = true;
    call->ignores_event = true;
    call->routine = (void *)routine;
    call->call_routine = routine_call;
    if (call->block == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    int32_t status = nt_io(call, &information);
    if (status_is_error(status))
        return error_from_status(status);
    error_set(status == STATUS_PENDING ? ERROR_SUCCESS : status_to_win32(status));
    return TRUE;
}

BOOL WINAPI ReadFileEx(HANDLE file, LPVOID buffer, DWORD length, LPOVERLAPPED overlapped,
                       LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct io_call call = {
        .handle = handle_number(file),
        .access = FILE_READ_DATA,
        .major = IRP_READ,
        .block = (struct status_block *)overlapped,
        .buffer = buffer,
        .length = length,
    };
    return transfer_ex(&call, routine);
}

BOOL WINAPI WriteFileEx(HANDLE file, LPCVOID buffer, DWORD length, LPOVERLAPPED overlapped,
                        LPOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct io_call call = {
        .handle = handle_number(file),
        .access = FILE_WRITE_DATA,
        .major = IRP_WRITE,
        .block = (struct status_block *)overlapped,
        .buffer = (void *)buffer,
        .length = length,
    };
    return transfer_ex(&call, routine);
}

BOOL WINAPI FlushFileBuffers(HANDLE file)
{
    uint64_t information;
    struct io_call call = {
        .handle = handle_number(file), .access = FILE_WRITE_DATA, .major = IRP_FLUSH};
    return error_from_status(nt_io(&call, &information));
}

BOOL WINAPI DeviceIoControl(HANDLE device, DWORD code, LPVOID input, DWORD input_length,
                            LPVOID output, DWORD output_length, LPDWORD done,
                            LPOVERLAPPED overlapped)
{
    uint64_t information;
    if (!transfer_can_tell(done, overlapped))
        return FALSE;
    struct io_call call = {
        .handle = handle_number(device),
        .access = code >> 14 &
                  (FILE_READ_DATA | FILE_WRITE_DATA), /* the code names the rights it takes */
        .major = IRP_CONTROL,
        .block = (struct status_block *)overlapped,
        .buffer = output,
        .length = output_length,
        .input = input,
        .input_length = input_length,
        .code = code,
    };
    int32_t status = nt_io(&call, &information);
    return transfer_answer(status, information, done);
}
