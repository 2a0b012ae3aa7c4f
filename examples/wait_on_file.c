/* SPDX-License-Identifier: MIT */
/* The first way to be told of completion: wait on the file handle itself. It needs no event, and it
 * serves as long as there is one request in flight. With two, the handle says only that SOME
 * request has ended: the second half of this program shows the mistake. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static int fail(const char *what)
{
    printf("%s failed: error %u\n", what, (unsigned)GetLastError());
    return 1;
}

int main(void)
{
    HANDLE server =
        CreateNamedPipeA("\\\\.\\pipe\\wait-on-file", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                         PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    HANDLE client = CreateFileA("\\\\.\\pipe\\wait-on-file", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                                OPEN_EXISTING, 0, NULL);
    if (server == INVALID_HANDLE_VALUE || client == INVALID_HANDLE_VALUE)
        return fail("making the pipe");

    /* One request: the handle is reset when it is issued and signalled when it is done. */
    OVERLAPPED one;
    char first[16];
    DWORD bytes;
    memset(&one, 0, sizeof one);
    if (ReadFile(server, first, sizeof first, NULL, &one) || GetLastError() != ERROR_IO_PENDING)
        return fail("a read that pends");
    printf("The read is under way; the handle is %s.\n",
           WaitForSingleObject(server, 0) == WAIT_OBJECT_0 ? "signalled" : "not signalled");
    if (!WriteFile(client, "hello", 5, &bytes, NULL))
        return fail("WriteFile");
    if (WaitForSingleObject(server, INFINITE) != WAIT_OBJECT_0)
        return fail("waiting on the file");
    if (!GetOverlappedResult(server, &one, &bytes, FALSE))
        return fail("GetOverlappedResult");
    printf("The handle is signalled: the read has %u bytes: %.*s\n", (unsigned)bytes, (int)bytes,
           first);

    /* Two requests on the same handle. Data for one of them signals the handle; the wait that was
     * meant for the second request returns although that one still pends. */
    OVERLAPPED two;
    char second[16];
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    ReadFile(server, first, 3, NULL, &one);
    ReadFile(server, second, 3, NULL, &two);
    if (!WriteFile(client, "abc", 3, &bytes, NULL))
        return fail("WriteFile");
    WaitForSingleObject(server, INFINITE);
    int first_done = HasOverlappedIoCompleted(&one), second_done = HasOverlappedIoCompleted(&two);
    printf("Two reads, data for one, the handle is signalled: first %s, second %s.\n",
           first_done ? "complete" : "pending", second_done ? "complete" : "pending");
    printf("Who waits on the handle for the second read is told too early: use an event for each "
           "request.\n");

    CancelIoEx(server, &two);
    GetOverlappedResult(server, &two, &bytes, TRUE); /* the OVERLAPPED is ours again only now */
    CloseHandle(client);
    CloseHandle(server);
    if (!first_done || second_done) {
        printf("wait_on_file: unexpected\n");
        return 1;
    }
    printf("wait_on_file: done\n");
    return 0;
}
