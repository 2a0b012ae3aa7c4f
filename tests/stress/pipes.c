/* SPDX-License-Identifier: MIT */
/* Named pipes under load: thousands of connections through a few instances, messages of all lengths
 * with reads cancelled at random, and the same between processes, one of which is killed in the
 * middle. */
#include "../tap.h"

#ifdef __linux__
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#define CLIENTS       4
#define CONNECTS      750 /* by each client */
#define INSTANCES     3
#define MESSAGES      4000
#define LONGEST       200000
#define CHILD_CLIENTS 3

static char name[100];
static volatile LONG served, replied, wrong;

static void new_name(const char *tail)
{
    static int serial;
    snprintf(name, sizeof name, "\\\\.\\pipe\\stress-%u-%d-%s", (unsigned)GetCurrentProcessId(),
             ++serial, tail);
}

/* ---- Many connections --------------------------------------------------------------------- */

static DWORD WINAPI serve(void *stop)
{
    HANDLE pipe =
        CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED,
                         PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, INSTANCES, 512, 512, 0, NULL);
    HANDLE event = event_manual();
    if (pipe == INVALID_HANDLE_VALUE)
        return GetLastError();
    for (;;) {
        OVERLAPPED ov;
        DWORD bytes;
        char text[64];
        memset(&ov, 0, sizeof ov);
        ov.hEvent = event;
        if (!ConnectNamedPipe(pipe, &ov) && GetLastError() == ERROR_IO_PENDING) {
            HANDLE either[2] = {event, stop};
            if (WaitForMultipleObjects(2, either, FALSE, INFINITE) != WAIT_OBJECT_0) {
                CancelIoEx(pipe, &ov);
                GetOverlappedResult(pipe, &ov, &bytes, TRUE);
                break;
            }
            if (!GetOverlappedResult(pipe, &ov, &bytes, FALSE))
                InterlockedIncrement(&wrong);
        }
        if (ReadFile(pipe, text, sizeof text, NULL, &ov) || GetLastError() == ERROR_IO_PENDING)
            if (GetOverlappedResult(pipe, &ov, &bytes, TRUE) && write_all(pipe, text, bytes))
                InterlockedIncrement(&served);
        FlushFileBuffers(pipe);
        if (!DisconnectNamedPipe(pipe))
            InterlockedIncrement(&wrong);
    }
    CloseHandle(event);
    CloseHandle(pipe);
    return 0;
}

static HANDLE connect_patiently(void)
{
    for (;;) {
        HANDLE pipe =
            CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
        if (pipe != INVALID_HANDLE_VALUE || GetLastError() != ERROR_PIPE_BUSY)
            return pipe;
        if (!WaitNamedPipeA(name, PATIENCE_MS))
            return INVALID_HANDLE_VALUE;
    }
}

static DWORD WINAPI call_often(void *number)
{
    for (int i = 0; i < CONNECTS; i++) {
        char text[64], back[64] = "";
        DWORD got = 0;
        int length = snprintf(text, sizeof text, "%u of %d", (unsigned)(ULONG_PTR)number, i) + 1;
        HANDLE pipe = connect_patiently();
        if (pipe == INVALID_HANDLE_VALUE)
            return GetLastError() ? GetLastError() : 1;
        if (write_all(pipe, text, (DWORD)length) && ReadFile(pipe, back, sizeof back, &got, NULL) &&
            !strcmp(text, back))
            InterlockedIncrement(&replied);
        CloseHandle(pipe);
    }
    return 0;
}

static void many_connections(void)
{
    HANDLE servers[INSTANCES], clients[CLIENTS], stop = event_manual();
    new_name("many");
    served = replied = wrong = 0;
    for (int i = 0; i < INSTANCES; i++)
        servers[i] = thread_start(serve, stop);
    while (!WaitNamedPipeA(name, 1000) && GetLastError() == ERROR_FILE_NOT_FOUND)
        settle();
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = thread_start(call_often, (void *)(ULONG_PTR)(i + 1));
    WaitForMultipleObjects(CLIENTS, clients, TRUE, TAP_LIMIT_SECONDS * 1000);
    for (int i = 0; i < CLIENTS; i++)
        is_int(thread_join(clients[i]), 0, "client %d made its connections", i + 1);
    SetEvent(stop);
    for (int i = 0; i < INSTANCES; i++)
        is_int(thread_join(servers[i]), 0, "server %d ends", i + 1);
    is_int(replied, CLIENTS * CONNECTS, "every call has its own answer");
    is_int(served, CLIENTS * CONNECTS, "and every answer was given once");
    is_int(wrong, 0, "nothing else went wrong");
    no_handle(connect_patiently(), ERROR_FILE_NOT_FOUND, "then the pipe is gone");
    CloseHandle(stop);
}

/* ---- Messages, with cancels -------------------------------------------------------------- */

static unsigned next_random(unsigned *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Mostly short, some longer than a packet of the transport. */
static DWORD length_of(unsigned *state)
{
    unsigned r = next_random(state) % 100;
    return r < 5    ? 0
           : r < 80 ? next_random(state) % 300
           : r < 97 ? next_random(state) % 20000
                    : next_random(state) % LONGEST;
}

static unsigned char byte_of(unsigned message, DWORD at)
{
    return (unsigned char)(message * 31u + at * 7u + at / 253u);
}

static DWORD WINAPI write_messages(void *pipe)
{
    unsigned state = 12345;
    unsigned char *data = malloc(LONGEST);
    for (unsigned m = 0; m < MESSAGES; m++) {
        DWORD length = length_of(&state);
        for (DWORD i = 0; i < length; i++)
            data[i] = byte_of(m, i);
        if (!write_all((HANDLE)pipe, data, length)) {
            free(data);
            return GetLastError() + 1;
        }
    }
    free(data);
    return 0;
}

/* One read, cancelled now and then; TRUE with what it gave, or FALSE if it was cancelled before
 * data. */
static BOOL read_once(HANDLE pipe, HANDLE event, void *to, DWORD room, BOOL cancel, DWORD *got,
                      BOOL *more)
{
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = event;
    BOOL done = ReadFile(pipe, to, room, NULL, &ov);
    if (!done && GetLastError() == ERROR_IO_PENDING && cancel)
        CancelIoEx(pipe, &ov);
    done = GetOverlappedResult(pipe, &ov, got, TRUE);
    *more = !done && GetLastError() == ERROR_MORE_DATA;
    return done || *more;
}

static void messages(void)
{
    struct pipe_pair pair = pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                                           FILE_FLAG_OVERLAPPED, FILE_FLAG_OVERLAPPED);
    HANDLE writer = thread_start(write_messages, pair.client), event = event_manual();
    unsigned state = 12345, mine = 999, good = 0, cancelled = 0, pieces = 0;
    unsigned char *data = malloc(LONGEST + 1);
    for (unsigned m = 0; m < MESSAGES; m++) {
        DWORD want = length_of(&state), have = 0, got;
        BOOL more = TRUE, right = TRUE;
        while (more) {
            /* Now and then a buffer that is too small. */
            DWORD room = next_random(&mine) % 4 ? LONGEST + 1 - have : 1 + next_random(&mine) % 500;
            if (room > LONGEST + 1 - have)
                room = LONGEST + 1 - have;
            BOOL cancel = next_random(&mine) % 3 == 0;
            if (!read_once(pair.server, event, data + have, room, cancel, &got, &more)) {
                if (GetLastError() != ERROR_OPERATION_ABORTED) {
                    fails_with(FALSE, 0, "message %u of %u bytes at %u", m, (unsigned)want,
                               (unsigned)have);
                    return;
                }
                cancelled++;
                more = TRUE;
                continue;
            }
            have += got;
            pieces++;
        }
        for (DWORD i = 0; i < have && right; i++)
            right = data[i] == byte_of(m, i);
        good += right && have == want;
    }
    is_int(good, MESSAGES, "every message came whole and in order");
    is_int(thread_join(writer), 0, "the writer wrote all");
    note("%u reads gave data, %u were cancelled", pieces, cancelled);
    DWORD left = 1;
    ok(PeekNamedPipe(pair.server, NULL, 0, NULL, &left, NULL) && left == 0, "nothing is left");
    free(data);
    CloseHandle(event);
    pipe_pair_close(&pair);
}

/* A long byte stream: reads cancelled at random lose nothing. */
#define STREAM_BYTES 8000000u

static DWORD WINAPI write_stream(void *pipe)
{
    unsigned char *data = malloc(70000);
    unsigned state = 5;
    for (DWORD at = 0; at < STREAM_BYTES;) {
        DWORD length = 1 + next_random(&state) % 70000;
        if (length > STREAM_BYTES - at)
            length = STREAM_BYTES - at;
        for (DWORD i = 0; i < length; i++)
            data[i] = byte_of(7, at + i);
        if (!write_all((HANDLE)pipe, data, length))
            break;
        at += length;
    }
    free(data);
    return 0;
}

static void stream(void)
{
    struct pipe_pair pair = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    HANDLE writer = thread_start(write_stream, pair.client), event = event_manual();
    unsigned char *data = malloc(50000);
    unsigned mine = 3, cancelled = 0;
    BOOL right = TRUE, more;
    DWORD at = 0, got;
    while (at < STREAM_BYTES && right) {
        if (!read_once(pair.server, event, data, 1 + next_random(&mine) % 50000,
                       next_random(&mine) % 2, &got, &more)) {
            right = GetLastError() == ERROR_OPERATION_ABORTED;
            cancelled++;
            continue;
        }
        for (DWORD i = 0; i < got && right; i++)
            right = data[i] == byte_of(7, at + i);
        at += got;
    }
    ok(right && at == STREAM_BYTES, "the stream came whole");
    note("%u reads were cancelled", cancelled);
    thread_join(writer);
    free(data);
    CloseHandle(event);
    pipe_pair_close(&pair);
}

/* Several threads write long messages at one end: their parts do not mix. */
#define WRITERS   3
#define LONG_ONES 60

struct writer {
    HANDLE pipe;
    unsigned char fill;
};

static DWORD WINAPI write_long(void *context)
{
    struct writer *writer = context;
    unsigned state = writer->fill;
    unsigned char *data = malloc(LONGEST * 2);
    DWORD failed = 0;
    memset(data, writer->fill, LONGEST * 2);
    for (int i = 0; i < LONG_ONES && !failed; i++)
        failed = !write_all(writer->pipe, data, 1 + next_random(&state) % (LONGEST * 2));
    free(data);
    return failed;
}

static void writers(void)
{
    struct pipe_pair pair = pipe_pair_make(PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
                                           FILE_FLAG_OVERLAPPED, FILE_FLAG_OVERLAPPED);
    struct writer each[WRITERS];
    HANDLE threads[WRITERS], event = event_manual();
    unsigned char *data = malloc(LONGEST * 2);
    unsigned pure = 0;
    BOOL more;
    for (int i = 0; i < WRITERS; i++) {
        each[i] = (struct writer){pair.client, (unsigned char)('a' + i)};
        threads[i] = thread_start(write_long, &each[i]);
    }
    for (unsigned m = 0; m < WRITERS * LONG_ONES; m++) {
        DWORD got = 0, same = 1;
        if (!read_once(pair.server, event, data, LONGEST * 2, FALSE, &got, &more) || more)
            break;
        while (same < got && data[same] == data[0])
            same++;
        pure += got != 0 && same == got;
    }
    is_int(pure, WRITERS * LONG_ONES, "every message is of one writer");
    for (int i = 0; i < WRITERS; i++)
        is_int(thread_join(threads[i]), 0, "writer %d wrote all", i + 1);
    free(data);
    CloseHandle(event);
    pipe_pair_close(&pair);
}

/* ---- Processes --------------------------------------------------------------------------- */

#ifdef __linux__
static pid_t start_child(const char *what)
{
    char *arguments[] = {(char *)"pipes", (char *)what, name, NULL};
    pid_t child = fork();
    if (child == 0) {
        execv("/proc/self/exe", (void *)arguments);
        _exit(127);
    }
    if (child < 0) {
        printf("Bail out! cannot start a child\n");
        _Exit(3);
    }
    return child;
}

static int child_result(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static void processes(void)
{
    HANDLE servers[INSTANCES], stop = event_manual();
    pid_t children[CHILD_CLIENTS];
    new_name("processes");
    served = replied = wrong = 0;
    for (int i = 0; i < INSTANCES; i++)
        servers[i] = thread_start(serve, stop);
    while (!WaitNamedPipeA(name, 1000) && GetLastError() == ERROR_FILE_NOT_FOUND)
        settle();
    for (int i = 0; i < CHILD_CLIENTS; i++)
        children[i] = start_child("client");
    for (int i = 0; i < CHILD_CLIENTS; i++)
        is_int(child_result(children[i]), 0, "client process %d made its connections", i + 1);
    SetEvent(stop);
    for (int i = 0; i < INSTANCES; i++)
        is_int(thread_join(servers[i]), 0, "server %d ends", i + 1);
    is_int(served, CHILD_CLIENTS * CONNECTS, "every call was answered");
    is_int(wrong, 0, "nothing else went wrong");
    CloseHandle(stop);
}

/* The server is another process. It is killed while its client waits for data. */
static void server_dies(void)
{
    char text[32] = "";
    DWORD got = 0, mode = PIPE_READMODE_MESSAGE;
    ULONG server = 0;
    new_name("dies");
    pid_t child = start_child("server");
    HANDLE pipe = INVALID_HANDLE_VALUE;
    for (int i = 0; i < 200 && pipe == INVALID_HANDLE_VALUE; i++) {
        pipe = connect_patiently();
        if (pipe == INVALID_HANDLE_VALUE)
            settle();
    }
    ok(pipe != INVALID_HANDLE_VALUE, "connect to the other process");
    ok(SetNamedPipeHandleState(pipe, &mode, NULL, NULL), "read messages");
    ok(GetNamedPipeServerProcessId(pipe, &server) && server == (ULONG)child, "its process id");
    ok(ReadFile(pipe, text, sizeof text, &got, NULL) && !strcmp(text, "hello"), "its greeting");
    no_handle(CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1, 0, 0, 0, NULL),
              ERROR_PIPE_BUSY, "its one instance is all there may be");
    no_handle(CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL),
              ERROR_ACCESS_DENIED, "another type is 5");
    no_handle(CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL), ERROR_PIPE_BUSY,
              "a second client is 231");
    fails_with(WaitNamedPipeA(name, 30), ERROR_SEM_TIMEOUT, "waiting for an instance times out");
    kill(child, SIGKILL);
    fails_with(ReadFile(pipe, text, sizeof text, &got, NULL), ERROR_BROKEN_PIPE,
               "the server dies: 109");
    is_int(child_result(child), 1000 + SIGKILL, "it was killed");
    fails_with(WriteFile(pipe, "x", 1, &got, NULL), ERROR_NO_DATA, "writing then is 232");
    no_handle(CreateFileA(name, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL),
              ERROR_FILE_NOT_FOUND, "the pipe died with it: 2");
    HANDLE fresh = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                    PIPE_TYPE_BYTE, 1, 0, 0, 0, NULL);
    ok(fresh != INVALID_HANDLE_VALUE, "its name can be used anew, with another type");
    HANDLE client = connect_patiently();
    ok(client != INVALID_HANDLE_VALUE, "and connected to");
    CloseHandle(client);
    CloseHandle(pipe);
    CloseHandle(fresh);

    /* Killed while it listens: what it left behind refuses, and counts as nothing. */
    new_name("dies-listening");
    child = start_child("listener");
    while (!WaitNamedPipeA(name, 1000) && GetLastError() == ERROR_FILE_NOT_FOUND)
        settle();
    kill(child, SIGKILL);
    child_result(child);
    fails_with(WaitNamedPipeA(name, 30), ERROR_FILE_NOT_FOUND, "a dead listener is no instance");
    no_handle(connect_patiently(), ERROR_FILE_NOT_FOUND, "and cannot be connected to");
}

static int child_main(const char *what, const char *pipe_name)
{
    DWORD got;
    char byte;
    snprintf(name, sizeof name, "%s", pipe_name);
    if (!strcmp(what, "client"))
        return (int)call_often((void *)(ULONG_PTR)GetCurrentProcessId());
    HANDLE pipe = CreateNamedPipeA(name, PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE, 1, 0, 0, 0, NULL);
    if (pipe == INVALID_HANDLE_VALUE)
        return 2;
    if (!strcmp(what, "listener"))
        WaitForSingleObject(event_manual(), INFINITE); /* until it is killed */
    if (!ConnectNamedPipe(pipe, NULL) && GetLastError() != ERROR_PIPE_CONNECTED)
        return 3;
    write_all(pipe, "hello", 6);
    ReadFile(pipe, &byte, 1, &got, NULL); /* until it is killed */
    return 4;
}
#endif

int main(int argc, char **argv)
{
#ifdef __linux__
    if (argc == 3)
        return child_main(argv[1], argv[2]);
#endif
    tap_begin();
    part(many_connections);
    part(messages);
    part(stream);
    part(writers);
#ifdef __linux__
    part(processes);
    part(server_dies);
#else
    skip(1, "this system's processes are started another way");
#endif
    return tap_end();
}
