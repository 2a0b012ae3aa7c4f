/* SPDX-License-Identifier: MIT */
/* The second way: an event in each OVERLAPPED, and one wait for any of them. Several requests are
 * in flight, each has its own event, and the wait says which one is done. Reads here end in the
 * order in which we feed the pipes, which is not the order in which they were issued. */
#include <windows.h>
#include <stdio.h>
#include <string.h>

enum { PIPES = 4 };

struct channel {
    HANDLE server, client;
    OVERLAPPED read;
    char data[16];
};

static int channel_open(struct channel *c, int number)
{
    char name[64];
    snprintf(name, sizeof name, "\\\\.\\pipe\\wait-on-events-%d", number);
    c->server = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1,
                                 4096, 4096, 0, NULL);
    c->client = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    memset(&c->read, 0, sizeof c->read);
    c->read.hEvent =
        CreateEventA(NULL, TRUE, FALSE, NULL); /* manual reset: the request resets it itself */
    return c->server != INVALID_HANDLE_VALUE && c->client != INVALID_HANDLE_VALUE && c->read.hEvent;
}

static void channel_close(struct channel *c)
{
    CloseHandle(c->client);
    CloseHandle(c->server);
    CloseHandle(c->read.hEvent);
}

int main(void)
{
    static const int feed_order[PIPES] = {2, 0, 3, 1};
    struct channel channels[PIPES];
    HANDLE events[PIPES];
    int right = 0;

    for (int i = 0; i < PIPES; i++) {
        if (!channel_open(&channels[i], i)) {
            printf("channel %d: error %u\n", i, (unsigned)GetLastError());
            return 1;
        }
        events[i] = channels[i].read.hEvent;
        if (!ReadFile(channels[i].server, channels[i].data, sizeof channels[i].data, NULL,
                      &channels[i].read) &&
            GetLastError() != ERROR_IO_PENDING) {
            printf("ReadFile: error %u\n", (unsigned)GetLastError());
            return 1;
        }
    }
    printf("%d reads are under way.\n", PIPES);

    for (int turn = 0; turn < PIPES; turn++) {
        DWORD bytes;
        char text[16];
        int fed = feed_order[turn];
        snprintf(text, sizeof text, "message %d", fed);
        WriteFile(channels[fed].client, text, (DWORD)strlen(text), &bytes, NULL);

        DWORD which = WaitForMultipleObjects(PIPES, events, FALSE, 10000) - WAIT_OBJECT_0;
        if (which >= PIPES) {
            printf("WaitForMultipleObjects: %u, error %u\n", (unsigned)which,
                   (unsigned)GetLastError());
            return 1;
        }
        struct channel *c = &channels[which];
        if (GetOverlappedResult(c->server, &c->read, &bytes, FALSE))
            printf("Read %u is done: %.*s\n", (unsigned)which, (int)bytes, c->data);
        right += (int)which == fed;
        ResetEvent(events[which]); /* nothing is in flight on it any more; the wait must not see it
                                      again */
    }
    for (int i = 0; i < PIPES; i++)
        channel_close(&channels[i]);
    printf("wait_on_events: %d of %d completions as expected\n", right, PIPES);
    return right == PIPES ? 0 : 1;
}
