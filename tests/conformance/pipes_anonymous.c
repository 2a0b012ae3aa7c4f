/* SPDX-License-Identifier: MIT */
/* Anonymous pipes. Rules: spec section 1 (Anonymous pipe) and the CreatePipe page. */
#include "../tap.h"

static void plain(void)
{
    HANDLE in = NULL, out = NULL;
    char buffer[16];
    DWORD done = 9, available = 9;
    ok(CreatePipe(&in, &out, NULL, 0), "CreatePipe");
    is_int(GetFileType(in), FILE_TYPE_PIPE, "type 3");
    ok(WriteFile(out, "hello", 5, &done, NULL) && done == 5, "write");
    ok(PeekNamedPipe(in, NULL, 0, NULL, &available, NULL) && available == 5, "PeekNamedPipe works on it");
    ok(ReadFile(in, buffer, 3, &done, NULL) && done == 3, "read a part");
    ok(ReadFile(in, buffer, 16, &done, NULL) && done == 2, "and the rest");
    fails_with(WriteFile(in, "x", 1, &done, NULL), ERROR_ACCESS_DENIED, "the read end does not write: 5");
    fails_with(ReadFile(out, buffer, 1, &done, NULL), ERROR_ACCESS_DENIED, "the write end does not read: 5");
    ok(WriteFile(out, "last", 4, &done, NULL), "write");
    CloseHandle(out);
    ok(ReadFile(in, buffer, 16, &done, NULL) && done == 4, "data survives the writer");
    fails_with(ReadFile(in, buffer, 16, &done, NULL), ERROR_BROKEN_PIPE, "then 109");
    CloseHandle(in);
    ok(CreatePipe(&in, &out, NULL, 0), "another");
    CloseHandle(in);
    ok(!WriteFile(out, "x", 1, &done, NULL), "writing without a reader fails");
    DWORD error = GetLastError();
    ok(error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE, "with 232 or 109 (%u)", (unsigned)error);
    CloseHandle(out);
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    DWORD flags = 0;
    ok(CreatePipe(&in, &out, &inherit, 4096), "with bInheritHandle");
    ok(GetHandleInformation(in, &flags) && (flags & HANDLE_FLAG_INHERIT), "both ends are inheritable");
    CloseHandle(in);
    CloseHandle(out);
}

static DWORD WINAPI reads_one(void *handle)
{
    char byte = 0;
    DWORD done = 0;
    return ReadFile(handle, &byte, 1, &done, NULL) ? (DWORD)(unsigned char)byte : 0x10000 | GetLastError();
}

static void blocking(void)
{
    HANDLE in, out;
    DWORD done;
    CreatePipe(&in, &out, NULL, 0);
    HANDLE thread = thread_start(reads_one, in);
    ok(stays_unsignalled(thread), "a read blocks");
    WriteFile(out, "b", 1, &done, NULL);
    is_int(thread_join(thread), 'b', "until data comes");
    thread = thread_start(reads_one, in);
    ok(stays_unsignalled(thread), "a read blocks");
    CloseHandle(out);
    is_int(thread_join(thread), 0x10000 | ERROR_BROKEN_PIPE, "until the writer closes: 109");
    CloseHandle(in);
}

/* Several writers, one reader, more than the pipe holds. */
enum { WRITERS = 3, LINES = 3000 };
static HANDLE shared_out;

static DWORD WINAPI writes_lines(void *which)
{
    char line[8];
    DWORD done;
    memset(line, 'A' + (int)(INT_PTR)which, sizeof line);
    for (int i = 0; i < LINES; i++)
        if (!WriteFile(shared_out, line, sizeof line, &done, NULL) || done != sizeof line)
            return 1;
    return 0;
}

static void many_writers(void)
{
    HANDLE in, threads[WRITERS];
    CreatePipe(&in, &shared_out, NULL, 0);
    for (int i = 0; i < WRITERS; i++)
        threads[i] = thread_start(writes_lines, (void *)(INT_PTR)i);
    int counts[WRITERS] = {0}, torn = 0;
    for (int i = 0; i < WRITERS * LINES; i++) {
        char line[8];
        DWORD have = 0, done;
        while (have < sizeof line && ReadFile(in, line + have, sizeof line - have, &done, NULL) && done)
            have += done;
        for (unsigned k = 1; k < sizeof line; k++)
            torn += line[k] != line[0];
        if (line[0] >= 'A' && line[0] < 'A' + WRITERS)
            counts[line[0] - 'A']++;
    }
    DWORD failures = 0;
    for (int i = 0; i < WRITERS; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "three threads write 3000 lines each");
    is_int(torn, 0, "no line is torn");
    ok(counts[0] == LINES && counts[1] == LINES && counts[2] == LINES, "and none is lost");
    CloseHandle(in);
    CloseHandle(shared_out);
}

int main(void)
{
    tap_begin();
    part(plain);
    part(blocking);
    part(many_writers);
    return tap_end();
}
