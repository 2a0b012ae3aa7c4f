/* SPDX-License-Identifier: MIT */
/* The least there is to a completion port: a file is bound to it, a read issued, its packet taken.
 * The story of this read is told in docs/life-of-a-read.md. */
#include <windows.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    static char text[64];
    OVERLAPPED overlapped = {0}, *taken;
    DWORD bytes;
    ULONG_PTR key;
    HANDLE file = CreateFileA(argc > 1 ? argv[1] : "C:\\etc\\hostname", GENERIC_READ,
                              FILE_SHARE_READ, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        printf("CreateFile: error %lu\n", GetLastError());
        return 1;
    }
    HANDLE port = CreateIoCompletionPort(file, NULL, 7, 0);
    BOOL taken_well = (ReadFile(file, text, sizeof text - 1, NULL, &overlapped) ||
                       GetLastError() == ERROR_IO_PENDING) &&
                      GetQueuedCompletionStatus(port, &bytes, &key, &taken, INFINITE);
    if (taken_well)
        printf("key %u: %lu bytes: %s", (unsigned)key, bytes, text);
    else
        printf("error %lu\n", GetLastError());
    CloseHandle(file);
    CloseHandle(port);
    return taken_well ? 0 : 1;
}
