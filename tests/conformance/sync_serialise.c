/* SPDX-License-Identifier: MIT */
/* A synchronous handle lets one request through at a time, for the file object: across threads and
 * duplicated handles. Overlapped handles, and handles of separate opens, do not. Rules: spec section 4. */
#include "../tap.h"

static HANDLE about_to;     /* set when a thread is about to issue its request */

static DWORD WINAPI reader(void *handle)
{
    char byte = 0;
    DWORD done = 0;
    SetEvent(about_to);
    if (!ReadFile(handle, &byte, 1, &done, NULL))
        return GetLastError() | 0x10000;
    return (unsigned char)byte;
}

static DWORD WINAPI writer(void *handle)
{
    DWORD done = 0;
    SetEvent(about_to);
    if (!WriteFile(handle, "w", 1, &done, NULL))
        return GetLastError() | 0x10000;
    return done;
}

/* While a read blocks on a synchronous handle, a write through the same file object waits its turn,
 * although the pipe has room. */
static void one_by_one(const char *which)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE self = GetCurrentProcess(), copy = NULL;
    if (!strcmp(which, "duplicate"))
        DuplicateHandle(self, pipe.client, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    HANDLE r = thread_start(reader, pipe.client);
    signalled_soon(about_to);
    settle();
    HANDLE w = thread_start(writer, copy ? copy : pipe.client);
    signalled_soon(about_to);
    ok(stays_unsignalled(w), "a write waits behind a blocked read (%s handle)", which);
    DWORD available = 7;
    ok(PeekNamedPipe(pipe.server, NULL, 0, NULL, &available, NULL) && available == 0,
       "nothing arrived meanwhile");
    ok(write_all(pipe.server, "r", 1), "the read is answered");
    is_int(thread_join(r), 'r', "it ends");
    is_int(thread_join(w), 1, "then the write goes through");
    available = 0;
    ok(PeekNamedPipe(pipe.server, NULL, 0, NULL, &available, NULL) && available == 1, "and arrives");
    if (copy)
        CloseHandle(copy);
    pipe_pair_close(&pipe);
}

static void same_handle(void)
{
    one_by_one("same");
}

static void duplicated_handle(void)
{
    one_by_one("duplicate");
}

/* Overlapped: requests of one handle are in flight together. */
static void overlapped_together(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    OVERLAPPED read, write;
    char byte = 0, arrived = 0; /* the pending read owns its buffer */
    DWORD done = 0;
    memset(&read, 0, sizeof read);
    memset(&write, 0, sizeof write);
    read.hEvent = event_manual();
    write.hEvent = event_manual();
    fails_with(ReadFile(pipe.server, &byte, 1, NULL, &read), ERROR_IO_PENDING, "a read pends");
    WriteFile(pipe.server, "w", 1, NULL, &write);
    ok(signalled_soon(write.hEvent), "a write on the same handle completes beside it");
    ok(!HasOverlappedIoCompleted(&read), "the read still pends");
    ok(ReadFile(pipe.client, &arrived, 1, &done, NULL) && arrived == 'w', "the byte is there");
    ok(write_all(pipe.client, "r", 1), "answer the read");
    ok(GetOverlappedResult(pipe.server, &read, &done, TRUE) && done == 1 && byte == 'r', "it completes");
    CloseHandle(read.hEvent);
    CloseHandle(write.hEvent);
    pipe_pair_close(&pipe);
}

/* Two synchronous opens are two file objects: no blocking between them. */
static void separate_opens(void)
{
    struct pipe_pair pipe = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE server2 = CreateNamedPipeA(pipe.name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 4,
                                      65536, 65536, 0, NULL);
    HANDLE client2 = CreateFileA(pipe.name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    ok(client2 != INVALID_HANDLE_VALUE, "a second open of the same pipe name");
    HANDLE r = thread_start(reader, pipe.client);
    signalled_soon(about_to);
    settle();
    HANDLE w = thread_start(writer, client2);
    ok(signalled_soon(w), "its write is not held up by the read on the first");
    is_int(thread_join(w), 1, "it succeeded");
    ok(write_all(pipe.server, "r", 1), "answer the read");
    is_int(thread_join(r), 'r', "it ends");
    ResetEvent(about_to);
    CloseHandle(client2);
    CloseHandle(server2);
    pipe_pair_close(&pipe);
}

/* Threads that append through one synchronous handle share its pointer and never overwrite each other. */
enum { APPENDERS = 4, RECORDS = 200 };
static HANDLE shared_file;

static DWORD WINAPI appender(void *which)
{
    char record[16];
    memset(record, 'a' + (int)(INT_PTR)which, sizeof record);
    for (int i = 0; i < RECORDS; i++) {
        DWORD done = 0;
        if (!WriteFile(shared_file, record, sizeof record, &done, NULL) || done != sizeof record)
            return 1;
    }
    return 0;
}

static void shared_pointer(void)
{
    const char *name = temp_name("shared");
    shared_file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    HANDLE threads[APPENDERS];
    for (int i = 0; i < APPENDERS; i++)
        threads[i] = thread_start(appender, (void *)(INT_PTR)i);
    DWORD failures = 0;
    for (int i = 0; i < APPENDERS; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "four threads write 200 records each");
    is_int(GetFileSize(shared_file, NULL), APPENDERS * RECORDS * 16, "none overwrote another");
    SetFilePointer(shared_file, 0, NULL, FILE_BEGIN);
    int counts[APPENDERS] = {0}, torn = 0;
    char record[16];
    DWORD done;
    while (ReadFile(shared_file, record, sizeof record, &done, NULL) && done == sizeof record) {
        for (unsigned i = 1; i < sizeof record; i++)
            torn += record[i] != record[0];
        if (record[0] >= 'a' && record[0] < 'a' + APPENDERS)
            counts[record[0] - 'a']++;
    }
    is_int(torn, 0, "no record is torn");
    ok(counts[0] == RECORDS && counts[1] == RECORDS && counts[2] == RECORDS && counts[3] == RECORDS,
       "every record is there");
    CloseHandle(shared_file);
    DeleteFileA(name);
}

int main(void)
{
    tap_begin();
    about_to = event_auto();
    part(same_handle);
    part(duplicated_handle);
    part(overlapped_together);
    part(separate_opens);
    part(shared_pointer);
    return tap_end();
}
