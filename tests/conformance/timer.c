/* SPDX-License-Identifier: MIT */
/* Waitable timers: relative, absolute, periodic, APC, cancelled. Rules: spec sections 6 and 9 and the
 * pages of SetWaitableTimer and CancelWaitableTimer. Times are checked with wide margins only. */
#include "../tap.h"

static LARGE_INTEGER in_ms(int ms)
{
    LARGE_INTEGER due;
    due.QuadPart = -10000LL * ms;
    return due;
}

static void relative(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    ok(timer && !signalled_now(timer), "a new timer is not signalled");
    LARGE_INTEGER due = in_ms(60);
    ULONGLONG start = GetTickCount64();
    ok(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), "due in 60 ms");
    ok(!signalled_now(timer), "not yet");
    ok(signalled_soon(timer), "it fires");
    ok(GetTickCount64() - start >= 40, "not before its time"); /* the tick may be 15 ms coarse */
    ok(signalled_now(timer), "manual reset stays signalled");
    ok(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), "setting it again");
    ok(!signalled_now(timer), "resets it");
    ok(signalled_soon(timer), "and it fires again");
    CloseHandle(timer);

    timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    due = in_ms(1);
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    ok(signalled_soon(timer), "a synchronization timer fires");
    ok(!signalled_now(timer), "and one wait resets it");
    due.QuadPart = 0;
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    ok(signalled_soon(timer), "due time 0 fires at once");
    CloseHandle(timer);
}

static void absolute(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    FILETIME now;
    LARGE_INTEGER due;
    GetSystemTimeAsFileTime(&now);
    due.LowPart = now.dwLowDateTime;
    due.HighPart = (LONG)now.dwHighDateTime;
    due.QuadPart += 60 * 10000;
    ok(SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE), "an absolute time, 60 ms ahead");
    ok(!signalled_now(timer), "not yet");
    ok(signalled_soon(timer), "fires");
    due.QuadPart -= 10 * 10000000LL;
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    ok(signalled_soon(timer), "a time in the past fires at once");
    CloseHandle(timer);
}

static void periodic(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    LARGE_INTEGER due = in_ms(5);
    SetWaitableTimer(timer, &due, 10, NULL, NULL, FALSE);
    int fired = 0;
    for (int i = 0; i < 5; i++)
        fired += signalled_soon(timer);
    is_int(fired, 5, "a period fires again and again");
    ok(CancelWaitableTimer(timer), "cancelled");
    signalled_now(timer); /* one may have fired just before */
    ok(stays_unsignalled(timer), "it stops");
    fails_with(SetWaitableTimer(timer, &due, -1, NULL, NULL, FALSE), ERROR_INVALID_PARAMETER,
               "a negative period is 87");
    CloseHandle(timer);
}

static void cancel(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = in_ms(30);
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    ok(CancelWaitableTimer(timer), "cancel");
    is_int(WaitForSingleObject(timer, 100), WAIT_TIMEOUT, "it does not fire");
    due = in_ms(1);
    SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE);
    signalled_soon(timer);
    ok(CancelWaitableTimer(timer), "cancel one that has fired");
    ok(signalled_now(timer), "does not change the signalled state");
    CloseHandle(timer);
    HANDLE event = event_manual();
    fails_with(CancelWaitableTimer(event), ERROR_INVALID_HANDLE, "an event is no timer: 6");
    CloseHandle(event);
}

static volatile LONG calls;
static void *argument;
static DWORD on_thread;

static void CALLBACK expired(void *context, DWORD low, DWORD high)
{
    argument = context;
    on_thread = GetCurrentThreadId();
    if (low || high)
        calls++;
}

static void apc(void)
{
    HANDLE timer = CreateWaitableTimerA(NULL, TRUE, NULL);
    LARGE_INTEGER due = in_ms(1);
    calls = 0;
    SetWaitableTimer(timer, &due, 0, expired, &due, FALSE);
    ok(signalled_soon(timer), "a timer with a routine fires");
    is_int(calls, 0, "the routine waits for an alertable wait");
    is_int(SleepEx(PATIENCE_MS, TRUE), WAIT_IO_COMPLETION, "which ends with 0xC0");
    is_int(calls, 1, "it ran, and was told the time");
    ok(argument == &due, "with its argument");
    is_int(on_thread, GetCurrentThreadId(), "on the thread that set it");

    /* A queued one is taken back by CancelWaitableTimer and SetWaitableTimer. */
    calls = 0;
    SetWaitableTimer(timer, &due, 0, expired, NULL, FALSE);
    signalled_soon(timer);
    settle();
    CancelWaitableTimer(timer);
    is_int(SleepEx(0, TRUE), 0, "CancelWaitableTimer removes the queued APC");
    SetWaitableTimer(timer, &due, 0, expired, NULL, FALSE);
    signalled_soon(timer);
    settle();
    LARGE_INTEGER later = in_ms(60000);
    SetWaitableTimer(timer, &later, 0, NULL, NULL, FALSE);
    is_int(SleepEx(0, TRUE), 0, "SetWaitableTimer removes it too");
    is_int(calls, 0, "none ran");

    /* Periodic: the routine is queued again only after it has run. */
    due = in_ms(1);
    SetWaitableTimer(timer, &due, 5, expired, NULL, FALSE);
    signalled_soon(timer);
    Sleep(60); /* many periods, not alertable */
    is_int(SleepEx(0, TRUE), WAIT_IO_COMPLETION, "a periodic timer's routine");
    is_int(calls, 1, "is queued once, however many periods went by");
    CancelWaitableTimer(timer);
    SleepEx(0, TRUE);
    CloseHandle(timer);
}

static DWORD WINAPI sleeper(void *timer)
{
    LARGE_INTEGER due = in_ms(20);
    SetWaitableTimer(timer, &due, 0, expired, NULL, FALSE);
    return SleepEx(PATIENCE_MS, TRUE);
}

static void apc_wakes_sleep(void)
{
    calls = 0;
    HANDLE timer = CreateWaitableTimerA(NULL, FALSE, NULL);
    is_int(thread_join(thread_start(sleeper, timer)), WAIT_IO_COMPLETION, "wakes a thread in SleepEx");
    is_int(calls, 1, "once");
    CloseHandle(timer);
}

static void sleeps(void)
{
    ULONGLONG start = GetTickCount64();
    Sleep(50);
    ok(GetTickCount64() - start >= 34, "Sleep sleeps");
    LARGE_INTEGER frequency, one, two;
    ok(QueryPerformanceFrequency(&frequency) && frequency.QuadPart > 0, "QueryPerformanceFrequency");
    QueryPerformanceCounter(&one);
    Sleep(20);
    QueryPerformanceCounter(&two);
    ok((two.QuadPart - one.QuadPart) * 1000 / frequency.QuadPart >= 15, "QueryPerformanceCounter measures it");
    Sleep(0);
}

int main(void)
{
    tap_begin();
    part(relative);
    part(absolute);
    part(periodic);
    part(cancel);
    part(apc);
    part(apc_wakes_sleep);
    part(sleeps);
    return tap_end();
}
