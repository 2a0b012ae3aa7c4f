/* SPDX-License-Identifier: MIT */
/* Handles: values, closing, duplicating, information, access, pseudo-handles. Rules: spec section 9,
 * the pages of CloseHandle, DuplicateHandle, GetHandleInformation. */
#include "../tap.h"

static void values(void)
{
    HANDLE event = event_manual();
    is_int((ULONG_PTR)event & 3, 0, "a handle is a multiple of four");
    ok((ULONG_PTR)event < 0x1000000, "and a small one");
    SetEvent(event);
    is_int(WaitForSingleObject((HANDLE)((ULONG_PTR)event | 1), 0), WAIT_OBJECT_0, "the low two bits are ignored");
    ok(CloseHandle(event), "CloseHandle");
    fails_with(CloseHandle(event), ERROR_INVALID_HANDLE, "closing twice is 6");
    fails_with(CloseHandle(NULL), ERROR_INVALID_HANDLE, "NULL is 6");
    fails_with(CloseHandle((HANDLE)(ULONG_PTR)0xfffff0), ERROR_INVALID_HANDLE, "a wild value is 6");
}

static void duplicates(void)
{
    HANDLE self = GetCurrentProcess(), copy = NULL, event = event_manual();
    ok(DuplicateHandle(self, event, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS), "duplicate");
    ok(copy && copy != event, "another value");
    SetEvent(event);
    ok(signalled_now(copy), "the same object");
    CloseHandle(event);
    ok(signalled_now(copy), "which lives until the last handle is closed");
    HANDLE moved = NULL;
    ok(DuplicateHandle(self, copy, self, &moved, 0, FALSE, DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE),
       "DUPLICATE_CLOSE_SOURCE");
    SetLastError(0xdead);
    ok(moved == copy || !SetEvent(copy), "closes the source");
    ok(SetEvent(moved), "the new one works");
    HANDLE weak = NULL;
    ok(DuplicateHandle(self, moved, self, &weak, SYNCHRONIZE, FALSE, 0), "with less access");
    fails_with(ResetEvent(weak), ERROR_ACCESS_DENIED, "which then is missing: 5");
    ok(signalled_now(weak), "what was kept works");
    CloseHandle(weak);
    CloseHandle(moved);
    fails_with(DuplicateHandle(self, moved, self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS), ERROR_INVALID_HANDLE,
               "a closed source is 6");
    ok(DuplicateHandle(self, GetCurrentProcess(), self, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS) &&
           copy != GetCurrentProcess(),
       "a pseudo-handle duplicates to a real one");
    is_int(GetProcessId(copy), GetCurrentProcessId(), "of the same process");
    CloseHandle(copy);
}

static void information(void)
{
    DWORD flags = 7;
    HANDLE event = event_manual();
    ok(GetHandleInformation(event, &flags) && flags == 0, "a new handle has no flags");
    ok(SetHandleInformation(event, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT), "set inherit");
    ok(GetHandleInformation(event, &flags) && flags == HANDLE_FLAG_INHERIT, "it is set");
    ok(SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, HANDLE_FLAG_PROTECT_FROM_CLOSE), "protect");
    ok(!CloseHandle(event), "a protected handle does not close");
    ok(SetEvent(event), "and still works");
    SetHandleInformation(event, HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
    ok(CloseHandle(event), "unprotected it does");
    fails_with(GetHandleInformation(event, &flags), ERROR_INVALID_HANDLE, "closed: 6");
    SECURITY_ATTRIBUTES inherit = {sizeof inherit, NULL, TRUE};
    event = CreateEventA(&inherit, TRUE, FALSE, NULL);
    ok(GetHandleInformation(event, &flags) && flags == HANDLE_FLAG_INHERIT, "bInheritHandle");
    CloseHandle(event);
}

/* A slot that was freed is not used again at once for the next handle in a hurry: old values stay invalid
 * for a while. Not a rule of Windows, but many handles must be possible, and closing them all. */
static void many(void)
{
    enum { MANY = 5000 };
    static HANDLE handles[MANY];
    int made = 0, closed = 0;
    for (int i = 0; i < MANY; i++)
        made += (handles[i] = event_manual()) != NULL;
    is_int(made, MANY, "5000 handles at once");
    int different = 1;
    for (int i = 1; i < MANY; i++)
        different &= handles[i] != handles[i - 1];
    ok(different, "all different");
    for (int i = 0; i < MANY; i++)
        closed += CloseHandle(handles[i]);
    is_int(closed, MANY, "all closed");
}

/* Threads open, use and close at the same time; nobody meets another's object. */
static volatile LONG wrong;

static DWORD WINAPI churner(void *seed)
{
    HANDLE mine[8] = {0};
    unsigned state = (unsigned)(ULONG_PTR)seed;
    for (int i = 0; i < 20000; i++) {
        state = state * 1664525u + 1013904223u;
        unsigned k = (state >> 20) % 8;
        if (!mine[k]) {
            mine[k] = CreateSemaphoreA(NULL, (LONG)(ULONG_PTR)seed, 1000, NULL);
            continue;
        }
        LONG previous = -1;
        if (!ReleaseSemaphore(mine[k], 1, &previous) || previous != (LONG)(ULONG_PTR)seed)
            InterlockedIncrement(&wrong);
        if (!CloseHandle(mine[k]))
            InterlockedIncrement(&wrong);
        mine[k] = NULL;
    }
    for (int i = 0; i < 8; i++)
        if (mine[i])
            CloseHandle(mine[i]);
    return 0;
}

static void churn(void)
{
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(churner, (void *)(ULONG_PTR)(i + 11));
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    is_int(wrong, 0, "four threads open, use and close 20000 times: each finds its own object");
}

/* Closing an event on one thread while others use it: no crash, no foreign object. */
static HANDLE volatile contested;
static volatile LONG stop;

static DWORD WINAPI user(void *unused)
{
    (void)unused;
    while (!tap_read(stop)) {
        SetEvent(tap_read(contested));
        WaitForSingleObject(tap_read(contested), 0);
    }
    return 0;
}

static void closed_under_use(void)
{
    tap_write(contested, event_auto());
    HANDLE threads[2] = {thread_start(user, NULL), thread_start(user, NULL)};
    for (int i = 0; i < 5000; i++) {
        HANDLE old = tap_read(contested);
        tap_write(contested, event_auto());
        CloseHandle(old);
    }
    tap_write(stop, 1);
    is_int(thread_join(threads[0]), 0, "one user survives");
    is_int(thread_join(threads[1]), 0, "and the other");
    CloseHandle(tap_read(contested));
}

int main(void)
{
    tap_begin();
    part(values);
    part(duplicates);
    part(information);
    part(many);
    part(churn);
    part(closed_under_use);
    return tap_end();
}
