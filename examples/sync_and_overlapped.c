/* SPDX-License-Identifier: MIT */
/* Requests of a synchronous handle go one by one: the file object has a lock, and a second thread
 * waits for it, whatever it wants to do. Requests of an overlapped handle are under way together.
 * Shown with a pipe: a read waits for data that does not come, and beside it a write is tried on
 * the same handle. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

static HANDLE about_to_read, about_to_write;

static DWORD WINAPI read_one(void *handle)
{
    char byte;
    DWORD bytes;
    SetEvent(about_to_read);
    return ReadFile(handle, &byte, 1, &bytes, NULL) ? bytes : 0;
}

static DWORD WINAPI write_one(void *handle)
{
    DWORD bytes;
    SetEvent(about_to_write);
    return WriteFile(handle, "w", 1, &bytes, NULL) ? bytes : 0;
}

static HANDLE start(LPTHREAD_START_ROUTINE routine, HANDLE handle)
{
    return CreateThread(NULL, 0, routine, handle, 0, NULL);
}

int main(void)
{
    HANDLE server = CreateNamedPipeA("\\\\.\\pipe\\sync-and-overlapped",
                                     PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1,
                                     4096, 4096, 0, NULL);
    HANDLE client =
        CreateFileA("\\\\.\\pipe\\sync-and-overlapped", GENERIC_READ | GENERIC_WRITE, 0, NULL,
                    OPEN_EXISTING, 0, NULL); /* no FILE_FLAG_OVERLAPPED: synchronous */
    DWORD bytes;
    char data[4];
    about_to_read = CreateEventA(NULL, FALSE, FALSE, NULL);
    about_to_write = CreateEventA(NULL, FALSE, FALSE, NULL);
    if (server == INVALID_HANDLE_VALUE || client == INVALID_HANDLE_VALUE) {
        printf("cannot make the pipe: error %u\n", (unsigned)GetLastError());
        return 1;
    }

    /* The synchronous end: a thread blocks in ReadFile, another wants to write. */
    HANDLE reader = start(read_one, client);
    WaitForSingleObject(about_to_read, INFINITE);
    Sleep(100); /* into its wait; nothing that is documented tells when it is there */
    HANDLE writer = start(write_one, client);
    WaitForSingleObject(about_to_write, INFINITE);
    int held_up = WaitForSingleObject(writer, 300) == WAIT_TIMEOUT;
    printf("Synchronous handle: while a read waits, a write on it %s.\n",
           held_up ? "waits its turn" : "went through");
    OVERLAPPED answer;
    memset(&answer, 0, sizeof answer);
    WriteFile(server, "r", 1, NULL, &answer);
    WaitForSingleObject(reader, INFINITE);
    WaitForSingleObject(writer, INFINITE);
    printf("The read got its byte, and the write followed.\n");

    /* The overlapped end: read and write are under way together. */
    OVERLAPPED read, write;
    memset(&read, 0, sizeof read);
    memset(&write, 0, sizeof write);
    read.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    write.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    ReadFile(server, data, 1, NULL, &read); /* takes what the write left */
    GetOverlappedResult(server, &read, &bytes, TRUE);
    ReadFile(server, data, 1, NULL, &read); /* and this one pends */
    WriteFile(server, "w", 1, NULL, &write);
    int together = WaitForSingleObject(write.hEvent, 10000) == WAIT_OBJECT_0 &&
                   !HasOverlappedIoCompleted(&read);
    printf("Overlapped handle: while a read is under way, a write on it %s.\n",
           together ? "completes" : "does not complete");
    CancelIoEx(server, &read);
    GetOverlappedResult(server, &read, &bytes, TRUE);

    CloseHandle(reader);
    CloseHandle(writer);
    CloseHandle(read.hEvent);
    CloseHandle(write.hEvent);
    CloseHandle(about_to_read);
    CloseHandle(about_to_write);
    CloseHandle(client);
    CloseHandle(server);
    printf("sync_and_overlapped: %s\n", held_up && together ? "done" : "unexpected");
    return held_up && together ? 0 : 1;
}
