/* SPDX-License-Identifier: MIT */
/* The three ways to cancel. CancelIo: all requests that THIS thread issued on a handle. CancelIoEx:
 * one request, or all of the handle, whoever issued them. CancelSynchronousIo: the blocking call in
 * which another thread is. A cancelled request completes like any other, with
 * ERROR_OPERATION_ABORTED; until it has completed, its OVERLAPPED and its buffer belong to the
 * system, so each is waited for here. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE server, client;
static int expected;

static void issue(OVERLAPPED *overlapped, char *byte)
{
    HANDLE event = overlapped->hEvent ? overlapped->hEvent : CreateEventA(NULL, TRUE, FALSE, NULL);
    memset(overlapped, 0, sizeof *overlapped);
    overlapped->hEvent = event;
    if (ReadFile(server, byte, 1, NULL, overlapped) || GetLastError() != ERROR_IO_PENDING)
        printf("a read did not pend: error %u\n", (unsigned)GetLastError());
}

static void report(const char *what, OVERLAPPED *overlapped, DWORD want)
{
    DWORD bytes;
    DWORD error = GetOverlappedResult(server, overlapped, &bytes, TRUE) ? 0 : GetLastError();
    printf("  %s: %s\n", what,
           error == ERROR_OPERATION_ABORTED ? "cancelled"
           : error                          ? "failed"
                                            : "has its data");
    expected += error == want;
}

static DWORD WINAPI read_blocking(void *unused)
{
    char byte;
    DWORD bytes;
    (void)unused;
    return ReadFile(client, &byte, 1, &bytes, NULL) ? 0 : GetLastError();
}

int main(void)
{
    OVERLAPPED one, two;
    char first, second;
    DWORD bytes, error = 0;
    memset(&one, 0, sizeof one);
    memset(&two, 0, sizeof two);
    server =
        CreateNamedPipeA("\\\\.\\pipe\\cancellation", PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                         PIPE_TYPE_BYTE, 1, 4096, 4096, 0, NULL);
    client = CreateFileA("\\\\.\\pipe\\cancellation", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                         OPEN_EXISTING, 0, NULL);
    if (server == INVALID_HANDLE_VALUE || client == INVALID_HANDLE_VALUE) {
        printf("cannot make the pipe: error %u\n", (unsigned)GetLastError());
        return 1;
    }

    printf("CancelIoEx of the first of two reads; then data comes:\n");
    issue(&one, &first);
    issue(&two, &second);
    CancelIoEx(server, &one);
    WriteFile(client, "x", 1, &bytes, NULL);
    report("first", &one, ERROR_OPERATION_ABORTED);
    report("second", &two, 0);

    printf("CancelIo, by the thread that issued both:\n");
    issue(&one, &first);
    issue(&two, &second);
    CancelIo(server);
    report("first", &one, ERROR_OPERATION_ABORTED);
    report("second", &two, ERROR_OPERATION_ABORTED);

    printf("CancelIoEx with nothing to cancel: ");
    BOOL found = CancelIoEx(server, NULL);
    error = found ? 0 : GetLastError();
    printf("%s\n", error == ERROR_NOT_FOUND ? "not found, as it should" : "unexpected");
    expected += error == ERROR_NOT_FOUND;

    printf("CancelSynchronousIo of a thread that blocks in ReadFile:\n");
    HANDLE thread = CreateThread(NULL, 0, read_blocking, NULL, 0, NULL);
    while (!CancelSynchronousIo(thread) && GetLastError() == ERROR_NOT_FOUND)
        WaitForSingleObject(thread, 5); /* it is not inside its call yet */
    WaitForSingleObject(thread, INFINITE);
    GetExitCodeThread(thread, &error);
    printf("  the thread: %s\n",
           error == ERROR_OPERATION_ABORTED ? "its read was cancelled" : "unexpected");
    expected += error == ERROR_OPERATION_ABORTED;

    CloseHandle(thread);
    CloseHandle(one.hEvent);
    CloseHandle(two.hEvent);
    CloseHandle(client);
    CloseHandle(server);
    printf("cancellation: %d of 6 as expected\n", expected);
    return expected == 6 ? 0 : 1;
}
