/* SPDX-License-Identifier: MIT */
/* One-time initialization, Interlocked operations and lists. Rules: spec section 9 (Locks). */
#include "../tap.h"

static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static volatile LONG ran;

static BOOL CALLBACK initialise(INIT_ONCE *o, void *parameter, void **context)
{
    (void)o;
    Sleep(20); /* so that the others arrive while it runs */
    InterlockedIncrement(&ran);
    *context = parameter;
    return TRUE;
}

static DWORD WINAPI user(void *parameter)
{
    void *context = NULL;
    if (!InitOnceExecuteOnce(&once, initialise, parameter, &context))
        return 1;
    return ran == 1 && context ? 0 : 2;
}

static void execute_once(void)
{
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(user, (void *)0x1000);
    DWORD failures = 0;
    for (int i = 0; i < 4; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "four threads: all see it done, with its context");
    is_int(ran, 1, "it ran once");
}

static BOOL CALLBACK refuses(INIT_ONCE *o, void *parameter, void **context)
{
    (void)o;
    (void)context;
    InterlockedIncrement(&ran);
    return parameter != NULL;
}

static void failing(void)
{
    INIT_ONCE again = INIT_ONCE_STATIC_INIT;
    ran = 0;
    ok(!InitOnceExecuteOnce(&again, refuses, NULL, NULL), "a callback that says FALSE fails the call");
    ok(InitOnceExecuteOnce(&again, refuses, &again, NULL), "and may be tried again");
    ok(InitOnceExecuteOnce(&again, refuses, NULL, NULL), "then it is done");
    is_int(ran, 2, "two calls in all");
    BOOL pending = 7;
    void *context = NULL;
    INIT_ONCE begin = INIT_ONCE_STATIC_INIT;
    ok(InitOnceBeginInitialize(&begin, 0, &pending, &context) && pending, "BeginInitialize: pending");
    ok(InitOnceComplete(&begin, 0, (void *)0x2000), "Complete");
    ok(InitOnceBeginInitialize(&begin, 0, &pending, &context) && !pending, "now it is done");
    ok(context == (void *)0x2000, "with the context");
}

static volatile LONG sum;
static volatile LONG64 wide_sum;

static DWORD WINAPI adder(void *unused)
{
    (void)unused;
    for (int i = 0; i < 50000; i++) {
        InterlockedIncrement(&sum);
        InterlockedAdd64(&wide_sum, 3);
    }
    return 0;
}

static void interlocked(void)
{
    volatile LONG n = 5;
    is_int(InterlockedIncrement(&n), 6, "Increment gives the new value");
    is_int(InterlockedDecrement(&n), 5, "Decrement too");
    is_int(InterlockedExchange(&n, 9), 5, "Exchange the old one");
    is_int(InterlockedExchangeAdd(&n, 2), 9, "ExchangeAdd the old one");
    is_int(InterlockedCompareExchange(&n, 1, 11), 11, "CompareExchange the old one");
    is_int(n, 1, "and it exchanged");
    is_int(InterlockedCompareExchange(&n, 7, 11), 1, "without a match");
    is_int(n, 1, "it does not");
    is_int(InterlockedOr(&n, 6), 1, "Or");
    is_int(InterlockedAnd(&n, 3), 7, "And");
    is_int(InterlockedXor(&n, 1), 3, "Xor");
    is_int(n, 2, "the result");
    void *volatile p = NULL;
    ok(InterlockedCompareExchangePointer(&p, (void *)8, NULL) == NULL && p == (void *)8, "pointers");
    ok(InterlockedExchangePointer(&p, NULL) == (void *)8, "exchanged");
    volatile LONG64 w = 1LL << 40;
    ok(InterlockedIncrement64(&w) == (1LL << 40) + 1, "64 bits");
    HANDLE threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = thread_start(adder, NULL);
    for (int i = 0; i < 4; i++)
        thread_join(threads[i]);
    is_int(sum, 200000, "no increment lost");
    ok(wide_sum == 600000, "no add lost");
}

int main(void)
{
    tap_begin();
    part(execute_once);
    part(failing);
    part(interlocked);
    return tap_end();
}
