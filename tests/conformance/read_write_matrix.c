/* SPDX-License-Identifier: MIT */
/* ReadFile and WriteFile: synchronous or overlapped handle, with or without an OVERLAPPED; end of file
 * in each form; byte counts, zero lengths and bad buffers. Rules: spec section 4, the ReadFile page. */
#include "../tap.h"

enum { FILE_BYTES = 1000 };

static const char *name;

static int right(const unsigned char *data, unsigned from, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (data[i] != pattern_byte(from + i))
            return 0;
    return 1;
}

static DWORD pointer_of(HANDLE file)
{
    return SetFilePointer(file, 0, NULL, FILE_CURRENT);
}

/* Synchronous handle, no OVERLAPPED: blocks, uses and moves the pointer, EOF is TRUE with 0 bytes. */
static void synchronous_without(void)
{
    unsigned char data[FILE_BYTES];
    DWORD done = 7;
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    ok(ReadFile(file, data, 300, &done, NULL), "a read succeeds");
    is_int(done, 300, "with its bytes");
    ok(right(data, 0, 300), "the right ones");
    is_int(pointer_of(file), 300, "and moves the pointer");
    ok(ReadFile(file, data, FILE_BYTES, &done, NULL), "a read across the end succeeds");
    is_int(done, 700, "with what there is");
    ok(right(data, 300, 700), "the right bytes");
    done = 7;
    ok(ReadFile(file, data, 10, &done, NULL), "a read at the end is TRUE");
    is_int(done, 0, "with 0 bytes");
    is_int(pointer_of(file), FILE_BYTES, "and the pointer stays");
    SetFilePointer(file, FILE_BYTES + 500, NULL, FILE_BEGIN);
    done = 7;
    ok(ReadFile(file, data, 10, &done, NULL) && done == 0, "past the end likewise");
    SetFilePointer(file, 100, NULL, FILE_BEGIN);
    done = 7;
    ok(ReadFile(file, data, 0, &done, NULL) && done == 0, "a read of 0 bytes completes at once");
    ok(WriteFile(file, data, 0, &done, NULL) && done == 0, "a write of 0 bytes too");
    is_int(pointer_of(file), 100, "neither moves the pointer");
    ok(WriteFile(file, "ABC", 3, &done, NULL) && done == 3, "a write uses the pointer");
    is_int(pointer_of(file), 103, "and moves it");
    SetFilePointer(file, 100, NULL, FILE_BEGIN);
    ok(ReadFile(file, data, 3, &done, NULL) && !memcmp(data, "ABC", 3), "it went there");
    SetFilePointer(file, 100, NULL, FILE_BEGIN);
    data[0] = pattern_byte(100), data[1] = pattern_byte(101), data[2] = pattern_byte(102);
    WriteFile(file, data, 3, &done, NULL);
    CloseHandle(file);
}

/* Synchronous handle with OVERLAPPED: blocks, begins at ov.Offset, the pointer ends behind the transfer. */
static void synchronous_with(void)
{
    unsigned char data[FILE_BYTES];
    DWORD done = 7;
    OVERLAPPED ov;
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    memset(&ov, 0, sizeof ov);
    ov.Offset = 200;
    ok(ReadFile(file, data, 50, &done, &ov), "a read with OVERLAPPED blocks and succeeds");
    is_int(done, 50, "with its bytes");
    ok(right(data, 200, 50), "from ov.Offset, not from the pointer");
    is_int(pointer_of(file), 250, "the pointer is at the end of the transfer");
    is_int(ov.Internal, 0, "Internal is STATUS_SUCCESS");
    is_int(ov.InternalHigh, 50, "InternalHigh is the count");
    is_int(ov.Offset, 200, "Offset is never updated");
    ov.Offset = 10;
    ok(WriteFile(file, data, 0, &done, &ov) && done == 0, "a write of no bytes");
    ov.hEvent = event_manual();
    ok(ReadFile(file, data, 5, &done, &ov) && signalled_now(ov.hEvent), "an event that is given is set here too");
    CloseHandle(ov.hEvent);
    ov.hEvent = NULL;
    ov.Offset = FILE_BYTES;
    done = 7;
    fails_with(ReadFile(file, data, 10, &done, &ov), ERROR_HANDLE_EOF, "end of file is FALSE with 38");
    is_int(done, 0, "and 0 bytes");
    CloseHandle(file);
}

/* Either TRUE at once, or FALSE with 997 and then complete. Gives the error; *done the count. */
static DWORD finish(HANDLE file, BOOL result, OVERLAPPED *ov, DWORD *done)
{
    DWORD error = result ? 0 : GetLastError();
    if (error == ERROR_IO_PENDING)
        error = GetOverlappedResult(file, ov, done, TRUE) ? 0 : GetLastError();
    return error;
}

static void overlapped_with(void)
{
    unsigned char data[FILE_BYTES + 100];
    DWORD done = 7;
    OVERLAPPED ov;
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event_manual();
    ov.Offset = 333;
    is_int(finish(file, ReadFile(file, data, 100, NULL, &ov), &ov, &done), 0, "a read completes");
    ok(GetOverlappedResult(file, &ov, &done, FALSE) && done == 100, "with its bytes");
    ok(right(data, 333, 100), "from ov.Offset");
    is_int(ov.Internal, 0, "Internal is STATUS_SUCCESS");
    is_int(ov.InternalHigh, 100, "InternalHigh is the count");
    is_int(ov.Offset, 333, "Offset is never updated");
    ok(signalled_now(ov.hEvent), "the event is set, at immediate success too");

    ov.Offset = FILE_BYTES - 20;
    is_int(finish(file, ReadFile(file, data, 100, NULL, &ov), &ov, &done), 0, "a read across the end");
    ok(GetOverlappedResult(file, &ov, &done, FALSE) && done == 20, "has what there is");

    /* EOF at once or pending: 38 in both forms. */
    ov.Offset = FILE_BYTES;
    is_int(finish(file, ReadFile(file, data, 100, NULL, &ov), &ov, &done), ERROR_HANDLE_EOF,
           "at the end: 38, at once or by GetOverlappedResult");
    ov.Offset = FILE_BYTES + 5000;
    is_int(finish(file, ReadFile(file, data, 100, NULL, &ov), &ov, &done), ERROR_HANDLE_EOF, "past the end too");

    ov.Offset = 0;
    done = 7;
    is_int(finish(file, ReadFile(file, data, 0, &done, &ov), &ov, &done), 0, "0 bytes complete on a file");

    ov.Offset = FILE_BYTES + 50;
    is_int(finish(file, WriteFile(file, "tail", 4, &done, &ov), &ov, &done), 0, "a write past the end");
    LARGE_INTEGER size;
    GetFileSizeEx(file, &size);
    is_int(size.QuadPart, FILE_BYTES + 54, "extends the file");
    ov.Offset = FILE_BYTES;
    is_int(finish(file, ReadFile(file, data, 60, &done, &ov), &ov, &done), 0, "reading it");
    ok(GetOverlappedResult(file, &ov, &done, FALSE) && done == 54, "54 bytes there");
    int zero = 1;
    for (int i = 0; i < 50; i++)
        zero &= data[i] == 0;
    ok(zero && !memcmp(data + 50, "tail", 4), "the gap reads as zeros");

    /* Both offset members all ones: write at the end of the file. */
    ov.Offset = ov.OffsetHigh = 0xffffffff;
    is_int(finish(file, WriteFile(file, "more", 4, &done, &ov), &ov, &done), 0, "a write at the end");
    GetFileSizeEx(file, &size);
    is_int(size.QuadPart, FILE_BYTES + 58, "appends");
    CloseHandle(ov.hEvent);
    CloseHandle(file);
}

static void overlapped_without(void)
{
    unsigned char data[10];
    DWORD done = 7;
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED, NULL);
    fails_with(ReadFile(file, data, 10, &done, NULL), ERROR_INVALID_PARAMETER,
               "a disk file without OVERLAPPED is 87");
    is_int(done, 0, "count 0");
    fails_with(WriteFile(file, data, 10, &done, NULL), ERROR_INVALID_PARAMETER, "for writing too");
    CloseHandle(file);

    /* Elsewhere the request is issued and waited for. */
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    ok(write_all(pipe.client, "0123456789", 10), "the client writes");
    ok(ReadFile(pipe.server, data, 10, &done, NULL), "an overlapped pipe handle without OVERLAPPED waits");
    is_int(done, 10, "and has its bytes");
    pipe_pair_close(&pipe);
}

static void bad_arguments(void)
{
    DWORD done = 7;
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, 0, NULL);
    fails_with(ReadFile(file, NULL, 10, &done, NULL), ERROR_NOACCESS, "a NULL buffer is 998");
    is_int(done, 0, "count 0");
    fails_with(ReadFile(file, (void *)16, 10, &done, NULL), ERROR_NOACCESS, "a bad buffer is 998");
    CloseHandle(file);

    /* On a device the pointer is seen before anything is issued, though there is no data yet. */
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    fails_with(ReadFile(pipe.server, NULL, 10, NULL, &ov), ERROR_NOACCESS, "a NULL buffer for an empty pipe is 998");
    pipe_pair_close(&pipe);

    fails_with(ReadFile(INVALID_HANDLE_VALUE, &done, 1, &done, NULL), ERROR_INVALID_HANDLE,
               "INVALID_HANDLE_VALUE is 6");
    fails_with(ReadFile(NULL, &done, 1, &done, NULL), ERROR_INVALID_HANDLE, "NULL is 6");
    HANDLE event = event_manual();
    ok(!ReadFile(event, &done, 1, &done, NULL), "an event is not a file");
    is_int(GetLastError(), ERROR_INVALID_HANDLE, "6");
    CloseHandle(event);
    fails_with(WriteFile(event, &done, 1, &done, NULL), ERROR_INVALID_HANDLE, "a closed handle is 6");
}

/* Large requests are not cut short on files. */
static void large(void)
{
    enum { LARGE = 5 << 20 };
    const char *big = temp_name("large");
    unsigned char *data = malloc(LARGE + 4096);
    DWORD done;
    HANDLE file = file_with_pattern(big, LARGE, 0);
    ok(ReadFile(file, data, LARGE + 4096, &done, NULL), "5 MiB in one read");
    is_int(done, LARGE, "all of it");
    ok(right(data, 0, LARGE), "every byte right");
    CloseHandle(file);
    DeleteFileA(big);
    free(data);
}

int main(void)
{
    tap_begin();
    name = temp_name("matrix");
    CloseHandle(file_with_pattern(name, FILE_BYTES, 0));
    part(synchronous_without);
    part(synchronous_with);
    part(overlapped_with);
    part(overlapped_without);
    part(bad_arguments);
    part(large);
    DeleteFileA(name);
    return tap_end();
}
