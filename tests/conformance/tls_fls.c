/* SPDX-License-Identifier: MIT */
/* Thread-local and fiber-local slots. Rules: the TlsAlloc and FlsAlloc pages. */
#include "../tap.h"

static DWORD slot, fls;
static volatile LONG callbacks;
static void *volatile called_with;

static DWORD WINAPI other_thread(void *unused)
{
    (void)unused;
    SetLastError(0xdead);
    if (TlsGetValue(slot) != NULL || GetLastError() != 0)
        return 1;
    TlsSetValue(slot, (void *)2);
    return TlsGetValue(slot) == (void *)2 ? 0 : 2;
}

static void tls(void)
{
    slot = TlsAlloc();
    ok(slot != TLS_OUT_OF_INDEXES, "TlsAlloc");
    ok(TlsGetValue(slot) == NULL, "a new slot holds NULL");
    ok(TlsSetValue(slot, (void *)1), "TlsSetValue");
    is_int(thread_join(thread_start(other_thread, NULL)), 0,
           "another thread begins with NULL and last error 0, and has its own");
    ok(TlsGetValue(slot) == (void *)1, "ours is unchanged");
    ok(TlsFree(slot), "TlsFree");
    DWORD again = TlsAlloc();
    ok(TlsGetValue(again) == NULL, "a slot used again holds NULL in all threads");
    TlsFree(again);
    fails_with(TlsSetValue(5000, NULL), ERROR_INVALID_PARAMETER, "a slot out of range is 87");
    fails_with(TlsFree(5000), ERROR_INVALID_PARAMETER, "to free it too");
    /* At least 64 are promised; programs use up to 1088. */
    DWORD slots[1000];
    int n = 0, right = 1;
    while (n < 1000 && (slots[n] = TlsAlloc()) != TLS_OUT_OF_INDEXES)
        TlsSetValue(slots[n], (void *)(ULONG_PTR)(n + 1)), n++;
    is_int(n, 1000, "1000 slots at once");
    for (int i = 0; i < n; i++) {
        right &= TlsGetValue(slots[i]) == (void *)(ULONG_PTR)(i + 1);
        TlsFree(slots[i]);
    }
    ok(right, "each keeps its value");
}

static void WINAPI on_exit_of_thread(void *value)
{
    called_with = value;
    InterlockedIncrement(&callbacks);
}

static DWORD WINAPI sets_fls(void *value)
{
    FlsSetValue(fls, value);
    return 0;
}

static void fiber_local(void)
{
    fls = FlsAlloc(on_exit_of_thread);
    ok(fls != FLS_OUT_OF_INDEXES, "FlsAlloc");
    ok(FlsGetValue(fls) == NULL, "a new slot holds NULL");
    thread_join(thread_start(sets_fls, (void *)0x55));
    is_int(callbacks, 1, "the callback runs when a thread with a value ends");
    ok(called_with == (void *)0x55, "with the value");
    thread_join(thread_start(sets_fls, NULL));
    is_int(callbacks, 1, "not for NULL");
    FlsSetValue(fls, (void *)0x66);
    ok(FlsFree(fls), "FlsFree");
    is_int(callbacks, 2, "runs it for the values there are");
    ok(called_with == (void *)0x66, "ours");
}

int main(void)
{
    tap_begin();
    part(tls);
    part(fiber_local);
    return tap_end();
}
