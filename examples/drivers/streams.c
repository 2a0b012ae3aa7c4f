/* SPDX-License-Identifier: MIT */
/* The program of streams_driver.c: a read pends on every stream, then each is written to, the last stream first, so that the reads end in
 * the reverse order; then a stall that the device was told to make (faults=stall:ep=81:at=N), which stops all streams, and the recovery.
 * usage: ovl run --driver streams_driver.so,inf=streams.inx --usb mutt,speed=super streams [stall] */
#include <windows.h>
#include <cfgmgr32.h>
#include <stdio.h>
#include <string.h>
#include <winioctl.h>

#include "streams.h"

enum { MOST = 255, BYTES = 5000, ROOM = 8192 };

struct transfer {
    OVERLAPPED overlapped;
    ULONG stream;
    BYTE data[ROOM];
};

static HANDLE device;
static int failures;

static void Expect(BOOL good, const char *what)
{
    printf("%-60s %s\n", what, good ? "ok" : "FAILED");
    failures += !good;
}

static HANDLE OpenDevice(void)
{
    static WCHAR list[4096];
    if (CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_STREAMS, NULL, list, sizeof list / sizeof *list,
                                      CM_GET_DEVICE_INTERFACE_LIST_PRESENT) != CR_SUCCESS || list[0] == 0)
        return INVALID_HANDLE_VALUE;
    return CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

static BOOL Begin(struct transfer *transfer, DWORD code, ULONG stream, DWORD length)
{
    HANDLE event = transfer->overlapped.hEvent != NULL ? transfer->overlapped.hEvent : CreateEventW(NULL, TRUE, FALSE, NULL);
    memset(&transfer->overlapped, 0, sizeof transfer->overlapped);
    transfer->overlapped.hEvent = event;
    transfer->stream = stream;
    return DeviceIoControl(device, code, &transfer->stream, sizeof transfer->stream, transfer->data, length, NULL, &transfer->overlapped) ||
           GetLastError() == ERROR_IO_PENDING;
}

static BOOL End(struct transfer *transfer, DWORD *bytes)
{
    return GetOverlappedResult(device, &transfer->overlapped, bytes, TRUE);
}

static BOOL Simple(DWORD code, void *out, DWORD length)
{
    OVERLAPPED overlapped = {0};
    DWORD bytes;
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    BOOL good = (DeviceIoControl(device, code, NULL, 0, out, length, NULL, &overlapped) || GetLastError() == ERROR_IO_PENDING) &&
                GetOverlappedResult(device, &overlapped, &bytes, TRUE) && bytes == length;
    CloseHandle(overlapped.hEvent);
    return good;
}

static struct transfer reads[MOST], writes[MOST];

static BOOL WriteStream(ULONG stream)
{
    struct transfer *write = &writes[stream - 1];
    DWORD bytes = 0, length = BYTES + stream;
    memset(write->data, (int)stream, length);
    return Begin(write, IOCTL_STREAMS_WRITE, stream, length) && End(write, &bytes) && bytes == length;
}

static BOOL ReadIsRight(ULONG stream)
{
    DWORD bytes = 0, length = BYTES + stream;
    return End(&reads[stream - 1], &bytes) && bytes == length && memcmp(reads[stream - 1].data, writes[stream - 1].data, bytes) == 0;
}

/* The first read to be answered is the last that was begun: streams do not wait for one another. */
static void OutOfOrder(ULONG count)
{
    BOOL begun = TRUE, right = TRUE, alone = TRUE;
    for (ULONG stream = 1; stream <= count; stream++)
        begun &= Begin(&reads[stream - 1], IOCTL_STREAMS_READ, stream, ROOM);
    Expect(begun, "a read pends on every stream");
    for (ULONG stream = count; stream >= 1; stream--) {
        right &= WriteStream(stream) && ReadIsRight(stream);
        if (!right) { /* what no write comes for would wait for ever */
            CancelIoEx(device, NULL);
            for (ULONG other = 1; other <= count; other++)
                ReadIsRight(other);
            break;
        }
        for (ULONG other = 1; other < stream; other++)
            alone &= !HasOverlappedIoCompleted(&reads[other - 1].overlapped);
    }
    Expect(right, "each stream's data comes back, the last stream's first");
    Expect(alone, "the others pend meanwhile");
}

/* One stream's failure stops the endpoint: nothing moves until the driver has recovered. */
static void Stall(ULONG count)
{
    ULONG failed = 0, cancelled = 0;
    for (ULONG stream = 1; stream <= count; stream++)
        Begin(&reads[stream - 1], IOCTL_STREAMS_READ, stream, ROOM);
    HANDLE events[MAXIMUM_WAIT_OBJECTS] = {0};
    for (ULONG i = 0; i < count; i++)
        events[i] = reads[i].overlapped.hEvent;
    WaitForMultipleObjects(count, events, FALSE, INFINITE);
    Expect(Simple(IOCTL_STREAMS_RECOVER, NULL, 0), "the driver recovers");
    for (ULONG i = 0; i < count; i++) {
        DWORD bytes;
        if (!End(&reads[i], &bytes)) {
            failed += GetLastError() == ERROR_GEN_FAILURE;
            cancelled += GetLastError() == ERROR_OPERATION_ABORTED;
        }
    }
    printf("  %lu failed, %lu cancelled\n", (unsigned long)failed, (unsigned long)cancelled);
    Expect(failed == 1 && cancelled == count - 1, "one stream fails, the others are cancelled");
}

int main(int argc, char **argv)
{
    ULONG count = 0;
    device = OpenDevice();
    if (device == INVALID_HANDLE_VALUE) {
        printf("no device, or its driver is not loaded\n");
        return 2;
    }
    Expect(Simple(IOCTL_STREAMS_COUNT, &count, sizeof count) && count > 1 && count <= MAXIMUM_WAIT_OBJECTS, "streams are open");
    printf("  %lu streams\n", (unsigned long)count);
    if (argc > 1 && strcmp(argv[1], "stall") == 0)
        Stall(count);
    OutOfOrder(count);
    OutOfOrder(count);
    CloseHandle(device);
    return failures != 0;
}
