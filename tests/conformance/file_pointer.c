/* SPDX-License-Identifier: MIT */
/* The file pointer and the size: SetFilePointer(Ex), SetEndOfFile, GetFileSize(Ex),
 * GetCompressedFileSize, GetFileType, flush. Rules: spec section 2 and the pages of the functions. */
#include "../tap.h"

static void seek(void)
{
    const char *name = temp_name("seek");
    HANDLE file = file_with_pattern(name, 1000, 0);
    LARGE_INTEGER where, got, size;
    where.QuadPart = 400;
    ok(SetFilePointerEx(file, where, &got, FILE_BEGIN) && got.QuadPart == 400, "FILE_BEGIN");
    where.QuadPart = -100;
    ok(SetFilePointerEx(file, where, &got, FILE_CURRENT) && got.QuadPart == 300, "FILE_CURRENT, backwards");
    ok(SetFilePointerEx(file, where, &got, FILE_END) && got.QuadPart == 900, "FILE_END, backwards");
    ok(SetFilePointerEx(file, where, NULL, FILE_END), "the new position need not be asked for");

    where.QuadPart = -901;
    fails_with(SetFilePointerEx(file, where, NULL, FILE_CURRENT), ERROR_NEGATIVE_SEEK,
               "a negative result is 131");
    where.QuadPart = 0;
    ok(SetFilePointerEx(file, where, &got, FILE_CURRENT) && got.QuadPart == 900, "and moves nothing");
    fails_with(SetFilePointerEx(file, where, NULL, 3), ERROR_INVALID_PARAMETER, "method 3 is 87");

    where.QuadPart = 0x123456789aLL;
    ok(SetFilePointerEx(file, where, &got, FILE_BEGIN) && got.QuadPart == where.QuadPart, "far past the end");
    ok(GetFileSizeEx(file, &size) && size.QuadPart == 1000, "the size does not change by that");

    /* SetFilePointer: 0xFFFFFFFF is an error only if GetLastError says so. */
    LONG high = 0;
    SetLastError(0xdead);
    is_int(SetFilePointer(file, -1, NULL, FILE_BEGIN), INVALID_SET_FILE_POINTER, "distance -1 fails");
    is_int(GetLastError(), ERROR_NEGATIVE_SEEK, "131 without the high part");
    SetLastError(0xdead);
    is_int(SetFilePointer(file, -1, &high, FILE_BEGIN), 0xffffffff, "with a high part it is 4 GiB - 1");
    is_int(GetLastError(), 0, "and the last error is 0");
    is_int(high, 0, "the high part is 0");
    high = 2;
    is_int(SetFilePointer(file, 5, &high, FILE_BEGIN), 5, "low part of a large position");
    is_int(high, 2, "and its high part");
    CloseHandle(file);
    DeleteFileA(name);
}

static void end_of_file(void)
{
    const char *name = temp_name("eof");
    HANDLE file = file_with_pattern(name, 1000, 0);
    LARGE_INTEGER size;
    SetFilePointer(file, 300, NULL, FILE_BEGIN);
    ok(SetEndOfFile(file), "SetEndOfFile truncates");
    ok(GetFileSizeEx(file, &size) && size.QuadPart == 300, "to the pointer");
    SetFilePointer(file, 700, NULL, FILE_BEGIN);
    ok(SetEndOfFile(file), "and extends");
    ok(GetFileSizeEx(file, &size) && size.QuadPart == 700, "to the pointer");
    is_int(SetFilePointer(file, 0, NULL, FILE_CURRENT), 700, "the pointer stays");
    char data[400];
    DWORD done;
    SetFilePointer(file, 300, NULL, FILE_BEGIN);
    ok(ReadFile(file, data, 400, &done, NULL) && done == 400, "what was added can be read");
    int zero = 1;
    for (int i = 0; i < 400; i++)
        zero &= data[i] == 0;
    ok(zero, "and is zero");

    DWORD high = 7;
    is_int(GetFileSize(file, &high), 700, "GetFileSize low part");
    is_int(high, 0, "high part");
    is_int(GetFileSize(file, NULL), 700, "the high part need not be asked for");
    ok(FlushFileBuffers(file), "FlushFileBuffers");
    CloseHandle(file);
    DeleteFileA(name);
}

static void compressed_size(void)
{
    const char *name = temp_name("compressed");
    CloseHandle(file_with_pattern(name, 100000, 0));
    DWORD high = 7;
    SetLastError(0xdead);
    DWORD low = GetCompressedFileSizeA(name, &high);
    ok(low != INVALID_FILE_SIZE || GetLastError() == 0, "GetCompressedFileSize succeeds");
    is_int(high, 0, "high part 0");
    ok(low > 0 && low <= 1 << 20, "a plausible allocation");
    DeleteFileA(name);
    SetLastError(0xdead);
    is_int(GetCompressedFileSizeA(name, &high), INVALID_FILE_SIZE, "a missing file fails");
    is_int(GetLastError(), ERROR_FILE_NOT_FOUND, "with 2");
}

static void not_seekable(void)
{
    HANDLE in, out;
    ok(CreatePipe(&in, &out, NULL, 0), "CreatePipe");
    LARGE_INTEGER zero;
    zero.QuadPart = 0;
    SetLastError(0xdead);
    ok(!GetFileSizeEx(in, &zero) || zero.QuadPart == 0, "a pipe has no size");
    is_int(GetFileType(in), FILE_TYPE_PIPE, "GetFileType of a pipe is 3");
    CloseHandle(in);
    CloseHandle(out);
    const char *name = temp_name("type");
    HANDLE file = file_with_pattern(name, 1, 0);
    is_int(GetFileType(file), FILE_TYPE_DISK, "of a file is 1");
    CloseHandle(file);
    DeleteFileA(name);
    SetLastError(0xdead);
    is_int(GetFileType(file), FILE_TYPE_UNKNOWN, "of a closed handle is 0");
    is_int(GetLastError(), ERROR_INVALID_HANDLE, "with last error 6");
    HANDLE nul = CreateFileA("NUL", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(nul != INVALID_HANDLE_VALUE, "NUL opens");
    is_int(GetFileType(nul), FILE_TYPE_CHAR, "its type is 2");
    DWORD done = 7;
    ok(WriteFile(nul, "gone", 4, &done, NULL) && done == 4, "it takes bytes");
    ok(ReadFile(nul, &done, 4, &done, NULL) && done == 0, "and gives none");
    CloseHandle(nul);
}

/* The pointer belongs to the file object: duplicates share it, a second open has its own. Overlapped
 * requests neither use nor move it. */
static void whose_pointer(void)
{
    const char *name = temp_name("whose");
    HANDLE file = file_with_pattern(name, 1000, 0), copy = NULL;
    HANDLE self = GetCurrentProcess();
    ok(DuplicateHandle(self, file, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS), "DuplicateHandle");
    SetFilePointer(file, 123, NULL, FILE_BEGIN);
    is_int(SetFilePointer(copy, 0, NULL, FILE_CURRENT), 123, "a duplicate shares the pointer");
    HANDLE second = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, 0, NULL);
    is_int(SetFilePointer(second, 0, NULL, FILE_CURRENT), 0, "a second open has its own");
    CloseHandle(second);
    CloseHandle(copy);
    CloseHandle(file);

    file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    SetFilePointer(file, 50, NULL, FILE_BEGIN);
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ov.Offset = 200;
    ov.hEvent = event_manual();
    unsigned char byte = 0;
    DWORD done;
    ReadFile(file, &byte, 1, NULL, &ov);
    ok(GetOverlappedResult(file, &ov, &done, TRUE) && byte == pattern_byte(200),
       "an overlapped read begins at ov.Offset");
    is_int(SetFilePointer(file, 0, NULL, FILE_CURRENT), 50, "and does not move the pointer");
    CloseHandle(ov.hEvent);
    CloseHandle(file);
    DeleteFileA(name);
}

/* Unbuffered: positions and lengths must be sector multiples. */
static void no_buffering(void)
{
    const char *name = temp_name("unbuffered");
    CloseHandle(file_with_pattern(name, 10000, 0));
    HANDLE file = CreateFileA(name, GENERIC_READ, 7, NULL, OPEN_EXISTING, FILE_FLAG_NO_BUFFERING, NULL);
    ok(file != INVALID_HANDLE_VALUE, "FILE_FLAG_NO_BUFFERING opens");
    unsigned char *page = VirtualAlloc(NULL, 16384, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    ok(page != NULL, "VirtualAlloc");
    DWORD done = 0;
    ok(ReadFile(file, page, 4096, &done, NULL) && done == 4096, "an aligned read");
    ok(page[4095] == pattern_byte(4095), "has the right bytes");
    SetFilePointer(file, 8192, NULL, FILE_BEGIN);
    ok(ReadFile(file, page, 4096, &done, NULL), "the last, short block");
    is_int(done, 10000 - 8192, "gives what there is");
    /* Positions, lengths and memory that are no multiples of a sector are 87. Wine takes them. */
    LARGE_INTEGER odd;
    odd.QuadPart = 100;
    fails_with(SetFilePointerEx(file, odd, NULL, FILE_BEGIN), ERROR_INVALID_PARAMETER, "an odd position is 87");
    SetFilePointer(file, 0, NULL, FILE_BEGIN);
    fails_with(ReadFile(file, page, 100, &done, NULL), ERROR_INVALID_PARAMETER, "an odd length is 87");
    fails_with(ReadFile(file, page + 1, 4096, &done, NULL), ERROR_INVALID_PARAMETER, "odd memory is 87");
    CloseHandle(file);
    VirtualFree(page, 0, MEM_RELEASE);
    DeleteFileA(name);
}

int main(void)
{
    tap_begin();
    part(seek);
    part(end_of_file);
    part(compressed_size);
    part(not_seekable);
    part(whose_pointer);
    part(no_buffering);
    return tap_end();
}
