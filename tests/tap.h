/* SPDX-License-Identifier: MIT */
/* A small TAP producer for conformance tests, in plain Windows C. Checks may be made on any thread, in
 * APCs, callbacks and completion threads: a check formats its whole line first and writes it with one
 * call, and TAP lines carry no numbers, so nothing has to be in order. The plan comes at the end.
 *
 * A watchdog thread bails out of a test that hangs: it names the part that was running and the last check
 * that was made, and ends the process without running any exit handler (a hung lock must not hang it). */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#ifndef _WIN32_WINNT
#define _WIN32_WINNT 0x0A00
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <winsock2.h>
#include <windows.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAP_LIMIT_SECONDS 60  /* for one part */
#define BLOCKED_MS        50  /* how long something must stay blocked before we believe it */
#define PATIENCE_MS       15000 /* how long something that must happen may take on a loaded machine */

/* Volatile is an ordered access to Microsoft's compiler only; where threads meet, tests say it. */
#define tap_read(variable)         __atomic_load_n(&(variable), __ATOMIC_SEQ_CST)
#define tap_write(variable, value) __atomic_store_n(&(variable), (value), __ATOMIC_SEQ_CST)

/* A test includes what it needs; parts that it leaves alone must not warn. */
#define TAP_MAYBE __attribute__((unused)) static

#ifdef __MINGW32__
#define TAP_PRINTF(f, a) __attribute__((format(__MINGW_PRINTF_FORMAT, f, a)))
#else
#define TAP_PRINTF(f, a) __attribute__((format(printf, f, a)))
#endif

static volatile LONG tap_checks;
static volatile LONG tap_failures;
static volatile LONG tap_started_tick; /* when the part that runs now began */
static const char *volatile tap_part = "start";
static const char *volatile tap_file = "";
static volatile LONG tap_line;
static volatile LONG tap_limit_ms = TAP_LIMIT_SECONDS * 1000;
static HANDLE tap_done;
static HANDLE tap_watchdog_thread;

TAP_MAYBE DWORD WINAPI tap_watchdog(void *unused)
{
    (void)unused;
    while (WaitForSingleObject(tap_done, 500) == WAIT_TIMEOUT) {
        DWORD age = GetTickCount() - (DWORD)tap_read(tap_started_tick);
        if (age > (DWORD)tap_limit_ms) {
            char line[400];
            snprintf(line, sizeof line, "Bail out! %s hangs; last check at %s:%d\n", tap_part, tap_file,
                     (int)tap_line);
            fputs(line, stdout);
            fflush(stdout);
            _Exit(3);
        }
    }
    return 0;
}

TAP_MAYBE void tap_begin(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
    tap_done = CreateEventA(NULL, TRUE, FALSE, NULL);
    tap_watchdog_thread = CreateThread(NULL, 0, tap_watchdog, NULL, 0, NULL);
    if (!tap_done || !tap_watchdog_thread)
        fputs("# no watchdog: an event or a thread could not be made\n", stdout);
}

TAP_MAYBE int tap_end(void)
{
    SetEvent(tap_done);
    WaitForSingleObject(tap_watchdog_thread, 5000);
    char line[80];
    snprintf(line, sizeof line, "1..%d\n", (int)tap_checks);
    fputs(line, stdout);
    fflush(stdout);
    return tap_failures ? 1 : 0;
}

TAP_PRINTF(1, 2) TAP_MAYBE void note(const char *format, ...)
{
    char line[512] = "# ";
    va_list args;
    va_start(args, format);
    vsnprintf(line + 2, sizeof line - 4, format, args);
    va_end(args);
    strcat(line, "\n");
    fputs(line, stdout);
}

/* One line of TAP, and one of explanation when it failed; written by a single call. */
TAP_MAYBE int tap_report(int passed, const char *file, int line, const char *why, const char *format,
                         va_list args)
{
    char what[256], text[800];
    vsnprintf(what, sizeof what, format, args);
    for (char *c = what; *c; c++)
        if (*c == '#')
            *c = '.'; /* would begin a directive */
    tap_file = file;
    InterlockedExchange(&tap_line, line);
    InterlockedIncrement(&tap_checks);
    if (!passed)
        InterlockedIncrement(&tap_failures);
    snprintf(text, sizeof text, "%sok - %s: %s\n%s", passed ? "" : "not ", tap_part, what,
             passed ? "" : why);
    fputs(text, stdout);
    return passed;
}

TAP_PRINTF(5, 6)
TAP_MAYBE int tap_ok(int passed, const char *file, int line, DWORD last_error, const char *format, ...)
{
    char why[200];
    snprintf(why, sizeof why, "#   at %s:%d, last error %u\n", file, line, (unsigned)last_error);
    va_list args;
    va_start(args, format);
    tap_report(passed, file, line, why, format, args);
    va_end(args);
    return passed;
}

TAP_PRINTF(5, 6)
TAP_MAYBE int tap_is(long long got, long long want, const char *file, int line, const char *format, ...)
{
    char why[200];
    snprintf(why, sizeof why, "#   at %s:%d: got %d (0x%x), want %d (0x%x)\n", file, line, (int)got,
             (unsigned)got, (int)want, (unsigned)want);
    va_list args;
    va_start(args, format);
    tap_report(got == want, file, line, why, format, args);
    va_end(args);
    return got == want;
}

TAP_PRINTF(6, 7)
TAP_MAYBE int tap_fails(int result, DWORD error, DWORD want, const char *file, int line, const char *format,
                        ...)
{
    char why[200];
    snprintf(why, sizeof why, "#   at %s:%d: returned %d, last error %u, want failure with %u\n", file,
             line, result, (unsigned)error, (unsigned)want);
    va_list args;
    va_start(args, format);
    tap_report(!result && error == want, file, line, why, format, args);
    va_end(args);
    return !result && error == want;
}

/* The condition is evaluated first, so that GetLastError is its own. */
#define ok(condition, ...)                                                                              \
    __extension__({                                                                                     \
        int tap_c = !!(condition);                                                                      \
        tap_ok(tap_c, __FILE__, __LINE__, GetLastError(), __VA_ARGS__);                                 \
    })
#define is_int(got, want, ...) tap_is((long long)(got), (long long)(want), __FILE__, __LINE__, __VA_ARGS__)
/* The call must return 0 and leave exactly this last error. */
#define fails_with(call, error, ...)                                                                    \
    __extension__({                                                                                     \
        SetLastError(0xdead);                                                                           \
        int tap_r = !!(call);                                                                           \
        tap_fails(tap_r, GetLastError(), (error), __FILE__, __LINE__, __VA_ARGS__);                     \
    })
/* The same for calls that return INVALID_HANDLE_VALUE (CreateFile, CreateNamedPipe). */
#define no_handle(call, error, ...)                                                                     \
    __extension__({                                                                                     \
        SetLastError(0xdead);                                                                           \
        HANDLE tap_h = (call);                                                                          \
        int tap_r = tap_fails(tap_h != INVALID_HANDLE_VALUE, GetLastError(), (error), __FILE__,         \
                              __LINE__, __VA_ARGS__);                                                   \
        if (tap_h != INVALID_HANDLE_VALUE)                                                              \
            CloseHandle(tap_h); /* or what follows would fail for it too */                             \
        tap_r;                                                                                          \
    })

/* Something that this machine or system cannot show is said aloud and counted. */
TAP_MAYBE void skip(int count, const char *why)
{
    char line[300];
    while (count-- > 0) {
        InterlockedIncrement(&tap_checks);
        snprintf(line, sizeof line, "ok - %s # SKIP %s\n", tap_part, why);
        fputs(line, stdout);
    }
}

/* A named part of a test; the watchdog's time begins again. */
#define part(function)                                                                                  \
    do {                                                                                                \
        tap_part = #function;                                                                           \
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());                                   \
        function();                                                                                     \
    } while (0)

/* --- small helpers shared by the tests ---------------------------------------------------------- */

/* True when the object becomes signalled within our patience. */
TAP_MAYBE int signalled_soon(HANDLE object)
{
    return WaitForSingleObject(object, PATIENCE_MS) == WAIT_OBJECT_0;
}

TAP_MAYBE int signalled_now(HANDLE object)
{
    return WaitForSingleObject(object, 0) == WAIT_OBJECT_0;
}

/* True when the object is still not signalled after a bounded wait: all that can be seen of "blocks". */
TAP_MAYBE int stays_unsignalled(HANDLE object)
{
    return WaitForSingleObject(object, BLOCKED_MS) == WAIT_TIMEOUT;
}

/* Time for a thread that said "I am about to block" to be inside its wait. No documented call tells. */
TAP_MAYBE void settle(void)
{
    Sleep(BLOCKED_MS);
}

TAP_MAYBE HANDLE thread_start(LPTHREAD_START_ROUTINE routine, void *argument)
{
    HANDLE thread = CreateThread(NULL, 0, routine, argument, 0, NULL);
    if (!thread) {
        printf("Bail out! CreateThread: error %u\n", (unsigned)GetLastError());
        _Exit(3);
    }
    return thread;
}

/* Waits for the thread, gives its exit code, closes the handle. */
TAP_MAYBE DWORD thread_join(HANDLE thread)
{
    DWORD code = 0xdeadbeef;
    if (WaitForSingleObject(thread, PATIENCE_MS) == WAIT_OBJECT_0)
        GetExitCodeThread(thread, &code);
    CloseHandle(thread);
    return code;
}

TAP_MAYBE HANDLE event_manual(void)
{
    return CreateEventA(NULL, TRUE, FALSE, NULL);
}

TAP_MAYBE HANDLE event_auto(void)
{
    return CreateEventA(NULL, FALSE, FALSE, NULL);
}

/* A name in the current directory that no other run of a test uses. */
TAP_MAYBE const char *temp_name(const char *tail)
{
    static char names[16][64];
    static volatile LONG next;
    char *name = names[(unsigned)InterlockedIncrement(&next) % 16];
    snprintf(name, sizeof names[0], "test-%u-%s.tmp", (unsigned)GetCurrentProcessId(), tail);
    return name;
}

/* A new file with `size` bytes, byte i being (unsigned char)(i * 7 + i / 251), opened with `flags`. */
TAP_MAYBE unsigned char pattern_byte(unsigned i)
{
    return (unsigned char)(i * 7u + i / 251u);
}

TAP_MAYBE HANDLE file_with_pattern(const char *name, DWORD size, DWORD flags)
{
    HANDLE file = CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_NORMAL, NULL);
    unsigned char *data = (unsigned char *)malloc(size ? size : 1);
    DWORD written = 0;
    for (DWORD i = 0; i < size; i++)
        data[i] = pattern_byte(i);
    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, data, size, &written, NULL) || written != size) {
        printf("Bail out! cannot make %s: error %u\n", name, (unsigned)GetLastError());
        _Exit(3);
    }
    free(data);
    CloseHandle(file);
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 7, NULL, OPEN_EXISTING, flags, NULL);
}

/* A connected named pipe. The flags say which end is overlapped. */
struct pipe_pair {
    HANDLE server, client;
    char name[80];
};

TAP_MAYBE struct pipe_pair pipe_pair_make(DWORD pipe_mode, DWORD server_flags, DWORD client_flags)
{
    static volatile LONG serial;
    struct pipe_pair pair;
    snprintf(pair.name, sizeof pair.name, "\\\\.\\pipe\\test-%u-%u", (unsigned)GetCurrentProcessId(),
             (unsigned)InterlockedIncrement(&serial));
    pair.server = CreateNamedPipeA(pair.name, PIPE_ACCESS_DUPLEX | server_flags, pipe_mode, 4, 65536, 65536,
                                   0, NULL);
    pair.client = CreateFileA(pair.name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, client_flags,
                              NULL);
    if (pair.server == INVALID_HANDLE_VALUE || pair.client == INVALID_HANDLE_VALUE) {
        printf("Bail out! cannot make a pipe pair: error %u\n", (unsigned)GetLastError());
        _Exit(3);
    }
    return pair;
}

TAP_MAYBE void pipe_pair_close(struct pipe_pair *pair)
{
    CloseHandle(pair->client);
    CloseHandle(pair->server);
}

/* Writes all of it at a synchronous handle or an overlapped one; true on success. */
TAP_MAYBE int write_all(HANDLE handle, const void *data, DWORD size)
{
    DWORD written = 0;
    OVERLAPPED ov;
    memset(&ov, 0, sizeof ov);
    ov.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    BOOL done = WriteFile(handle, data, size, &written, &ov);
    if (!done && GetLastError() == ERROR_IO_PENDING)
        done = GetOverlappedResult(handle, &ov, &written, TRUE);
    CloseHandle(ov.hEvent);
    return done && written == size;
}

/* A connected pair of TCP sockets on loopback, both overlapped. */
TAP_MAYBE void winsock_start(void)
{
    WSADATA data;
    int result = WSAStartup(MAKEWORD(2, 2), &data);
    if (result) {
        printf("Bail out! WSAStartup: %d\n", result);
        _Exit(3);
    }
}

TAP_MAYBE SOCKET tcp_socket(void)
{
    return WSASocketW(AF_INET, SOCK_STREAM, IPPROTO_TCP, NULL, 0, WSA_FLAG_OVERLAPPED);
}

/* A listener on a free port of 127.0.0.1; its address is given back. */
TAP_MAYBE SOCKET tcp_listener(struct sockaddr_in *address)
{
    SOCKET listener = tcp_socket();
    int length = sizeof *address;
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (listener == INVALID_SOCKET || bind(listener, (struct sockaddr *)address, sizeof *address) ||
        listen(listener, SOMAXCONN) || getsockname(listener, (struct sockaddr *)address, &length)) {
        printf("Bail out! cannot listen: %d\n", WSAGetLastError());
        _Exit(3);
    }
    return listener;
}

TAP_MAYBE void tcp_pair(SOCKET *one, SOCKET *other)
{
    struct sockaddr_in address;
    SOCKET listener = tcp_listener(&address);
    *one = tcp_socket();
    if (connect(*one, (struct sockaddr *)&address, sizeof address) ||
        (*other = accept(listener, NULL, NULL)) == INVALID_SOCKET) {
        printf("Bail out! cannot connect: %d\n", WSAGetLastError());
        _Exit(3);
    }
    closesocket(listener);
}

#endif
