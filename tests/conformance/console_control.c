/* SPDX-License-Identifier: MIT */
/* Control handlers: the newest is asked first, on a thread of its own; one that answers TRUE ends the matter.
 * Rules: the page of SetConsoleCtrlHandler. The event is made by a signal, so other systems skip. */
#include "../tap.h"

#ifdef __linux__
#include <signal.h>
#include <unistd.h>

static HANDLE handled;
static DWORD event_code, handler_thread;
static volatile LONG older_calls, newer_calls;
static volatile LONG newer_takes;

static BOOL WINAPI older(DWORD event)
{
    event_code = event;
    handler_thread = GetCurrentThreadId();
    older_calls++;
    SetEvent(handled);
    return TRUE;
}

static BOOL WINAPI newer(DWORD event)
{
    event_code = event;
    newer_calls++;
    if (newer_takes)
        SetEvent(handled);
    return newer_takes;
}

static void order(void)
{
    handled = event_auto();
    ok(SetConsoleCtrlHandler(older, TRUE) && SetConsoleCtrlHandler(newer, TRUE), "two handlers");
    kill(getpid(), SIGINT);
    ok(signalled_soon(handled), "SIGINT is handled");
    is_int(event_code, CTRL_C_EVENT, "as Ctrl+C");
    ok(newer_calls == 1 && older_calls == 1, "the newer one passed it on");
    ok(handler_thread != GetCurrentThreadId(), "on another thread");
    newer_takes = 1;
    kill(getpid(), SIGTERM);
    ok(signalled_soon(handled), "SIGTERM is handled");
    is_int(event_code, CTRL_SHUTDOWN_EVENT, "as shutdown");
    ok(newer_calls == 2 && older_calls == 1, "by the newer one alone");
    ok(SetConsoleCtrlHandler(newer, FALSE), "removed");
    kill(getpid(), SIGQUIT);
    ok(signalled_soon(handled), "SIGQUIT is handled");
    is_int(event_code, CTRL_BREAK_EVENT, "as Ctrl+Break");
    is_int(older_calls, 2, "by the one that is left");
    fails_with(SetConsoleCtrlHandler(newer, FALSE), ERROR_INVALID_PARAMETER, "removed already: 87");
}

static void ignored(void)
{
    LONG before = older_calls;
    ok(SetConsoleCtrlHandler(NULL, TRUE), "Ctrl+C is ignored");
    kill(getpid(), SIGINT);
    kill(getpid(), SIGQUIT); /* handled after it, by the same thread */
    ok(signalled_soon(handled), "Ctrl+Break is not");
    is_int(older_calls, before + 1, "no handler saw Ctrl+C");
    ok(SetConsoleCtrlHandler(NULL, FALSE), "no longer ignored");
    kill(getpid(), SIGINT);
    ok(signalled_soon(handled), "handled again");
    SetConsoleCtrlHandler(older, FALSE);
}
#else
static void order(void)
{
    skip(1, "control events are made by signals here");
}

static void ignored(void)
{
    skip(1, "control events are made by signals here");
}
#endif

int main(void)
{
    tap_begin();
    part(order);
    part(ignored);
    return tap_end();
}
