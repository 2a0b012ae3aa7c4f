/* SPDX-License-Identifier: MIT */
/* Threads: start, exit codes, suspended start, suspend and resume, handles and identifiers.
 * Rules: spec section 9 and the pages of the functions. */
#include "../tap.h"
#include <process.h>

static DWORD WINAPI gives(void *code)
{
    return (DWORD)(ULONG_PTR)code;
}

static DWORD WINAPI exits(void *code)
{
    ExitThread((DWORD)(ULONG_PTR)code);
}

static HANDLE go, ready;

static DWORD WINAPI waits(void *unused)
{
    (void)unused;
    SetEvent(ready);
    WaitForSingleObject(go, INFINITE);
    return 3;
}

static void exit_codes(void)
{
    DWORD code = 0, id = 0;
    HANDLE thread = CreateThread(NULL, 0, waits, NULL, 0, &id);
    ok(thread && id, "CreateThread gives an identifier");
    is_int(GetThreadId(thread), id, "GetThreadId agrees");
    signalled_soon(ready);
    ok(GetExitCodeThread(thread, &code), "GetExitCodeThread");
    is_int(code, STILL_ACTIVE, "259 while it runs");
    ok(stays_unsignalled(thread), "a running thread is not signalled");
    SetEvent(go);
    ok(signalled_soon(thread), "an ended one is");
    ok(signalled_now(thread), "and stays so");
    GetExitCodeThread(thread, &code);
    is_int(code, 3, "its exit code");
    CloseHandle(thread);
    is_int(thread_join(thread_start(gives, (void *)(ULONG_PTR)0xfedcba98u)), 0xfedcba98u, "all 32 bits");
    is_int(thread_join(thread_start(exits, (void *)77)), 77, "ExitThread's code");
    ResetEvent(go);
}

static volatile LONG ran;

static DWORD WINAPI marks(void *unused)
{
    (void)unused;
    InterlockedIncrement(&ran);
    return 0;
}

static void suspended_start(void)
{
    HANDLE thread = CreateThread(NULL, 0, marks, NULL, CREATE_SUSPENDED, NULL);
    ok(stays_unsignalled(thread), "CREATE_SUSPENDED does not run");
    is_int(ran, 0, "not a bit");
    is_int(SuspendThread(thread), 1, "SuspendThread gives the previous count");
    is_int(ResumeThread(thread), 2, "ResumeThread too");
    ok(stays_unsignalled(thread), "one resume is not enough");
    is_int(ResumeThread(thread), 1, "the second");
    is_int(thread_join(thread), 0, "lets it run");
    is_int(ran, 1, "it ran");
}

static DWORD WINAPI counts(void *counter)
{
    volatile LONG *n = counter;
    while (WaitForSingleObject(go, 0) == WAIT_TIMEOUT)
        InterlockedIncrement(n);
    return 0;
}

static void suspend_running(void)
{
    volatile LONG n = 0;
    HANDLE thread = thread_start(counts, (void *)&n);
    while (!tap_read(n))
        SwitchToThread();
    is_int(SuspendThread(thread), 0, "suspend a running thread");
    settle(); /* SuspendThread only asks; the thread stops soon after */
    LONG before = tap_read(n);
    settle();
    is_int(tap_read(n), before, "it stands still");
    is_int(ResumeThread(thread), 1, "resume");
    ULONGLONG start = GetTickCount64();
    while (tap_read(n) == before && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    ok(tap_read(n) != before, "it goes on");
    is_int(ResumeThread(thread), 0, "resuming a running thread gives 0");
    SetEvent(go);
    thread_join(thread);
    ResetEvent(go);
}

static void identity(void)
{
    ok(GetCurrentThread() == (HANDLE)(LONG_PTR)-2, "GetCurrentThread is the pseudo-handle -2");
    ok(GetCurrentProcess() == (HANDLE)(LONG_PTR)-1, "GetCurrentProcess is -1");
    is_int(GetThreadId(GetCurrentThread()), GetCurrentThreadId(), "it names the calling thread");
    ok(CloseHandle(GetCurrentThread()), "closing it does nothing");
    HANDLE self = GetCurrentProcess(), real = NULL;
    ok(DuplicateHandle(self, GetCurrentThread(), self, &real, 0, FALSE, DUPLICATE_SAME_ACCESS),
       "DuplicateHandle makes a real one");
    is_int(GetThreadId(real), GetCurrentThreadId(), "of this thread");
    is_int(WaitForSingleObject(real, 0), WAIT_TIMEOUT, "which runs");
    CloseHandle(real);
    HANDLE opened = OpenThread(SYNCHRONIZE, FALSE, GetCurrentThreadId());
    ok(opened != NULL, "OpenThread by identifier");
    CloseHandle(opened);
    fails_with(OpenThread(SYNCHRONIZE, FALSE, 0xfffffff0) != NULL, ERROR_INVALID_PARAMETER,
               "an identifier of nobody is 87");
    DWORD code = 0;
    ok(GetExitCodeThread(GetCurrentThread(), &code) && code == STILL_ACTIVE, "still active");
    is_int(WaitForSingleObject(GetCurrentProcess(), 0), WAIT_TIMEOUT, "the process runs");
}

static unsigned __stdcall runtime_thread(void *argument)
{
    InterlockedIncrement((LONG *)argument);
    return 9;
}

static unsigned __stdcall runtime_ender(void *argument)
{
    InterlockedIncrement((LONG *)argument);
    _endthreadex(11);
    return 0;
}

static void runtime_threads(void)
{
    LONG n = 0;
    unsigned id = 0;
    HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, runtime_thread, &n, 0, &id);
    ok(thread && id, "_beginthreadex");
    is_int(thread_join(thread), 9, "its exit code");
    thread = (HANDLE)_beginthreadex(NULL, 0, runtime_ender, &n, 0, NULL);
    is_int(thread_join(thread), 11, "_endthreadex's code");
    is_int(n, 2, "both ran");
}

static void priorities(void)
{
    is_int(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_NORMAL, "normal");
    ok(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL), "SetThreadPriority");
    is_int(GetThreadPriority(GetCurrentThread()), THREAD_PRIORITY_BELOW_NORMAL, "is told again");
    SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_NORMAL);
}

/* Many threads come and go; no handle is lost. */
static void many(void)
{
    DWORD wrong = 0;
    for (int round = 0; round < 50; round++) {
        HANDLE threads[16];
        for (int i = 0; i < 16; i++)
            threads[i] = thread_start(gives, (void *)(ULONG_PTR)(round * 16 + i));
        if (WaitForMultipleObjects(16, threads, TRUE, PATIENCE_MS) != WAIT_OBJECT_0)
            wrong++;
        for (int i = 0; i < 16; i++)
            wrong += thread_join(threads[i]) != (DWORD)(round * 16 + i);
    }
    is_int(wrong, 0, "800 threads end with their own codes");
}

/* The last error belongs to the thread. */
static DWORD WINAPI other_error(void *unused)
{
    (void)unused;
    DWORD first = GetLastError();
    SetLastError(42);
    return first;
}

static void last_error(void)
{
    SetLastError(1234);
    HANDLE thread = thread_start(other_error, NULL);
    SetLastError(1234);
    WaitForSingleObject(thread, INFINITE);
    is_int(GetLastError(), 1234, "another thread's SetLastError is not seen here");
    is_int(thread_join(thread), 0, "a new thread begins with 0");
    SetLastError(0xffffffffu);
    is_int(GetLastError(), 0xffffffffu, "all 32 bits");
}

int main(void)
{
    tap_begin();
    go = event_manual();
    ready = event_auto();
    part(exit_codes);
    part(suspended_start);
    part(suspend_running);
    part(identity);
    part(runtime_threads);
    part(priorities);
    part(many);
    part(last_error);
    return tap_end();
}
