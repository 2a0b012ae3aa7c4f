/* SPDX-License-Identifier: MIT */
/* WaitOnAddress, WakeByAddressSingle, WakeByAddressAll. Rules: their pages. */
#include "../tap.h"

static volatile LONG word;
static volatile LONG returned;

static void values(void)
{
    unsigned char byte = 5, other_byte = 6;
    unsigned short half = 5, same_half = 5;
    LONGLONG wide = 1LL << 40, other_wide = 0;
    ok(WaitOnAddress(&byte, &other_byte, 1, INFINITE), "another value returns at once (1 byte)");
    ok(WaitOnAddress(&wide, &other_wide, 8, INFINITE), "8 bytes: the upper half counts");
    fails_with(WaitOnAddress(&half, &same_half, 2, 30), ERROR_TIMEOUT, "the same value times out: 1460 (2 bytes)");
    fails_with(WaitOnAddress(&half, &same_half, 3, 30), ERROR_INVALID_PARAMETER, "3 bytes are 87");
    LONG zero = 0;
    fails_with(WaitOnAddress(&word, &zero, 4, 0), ERROR_TIMEOUT, "time-out 0");
}

static DWORD WINAPI waiter(void *unused)
{
    (void)unused;
    LONG zero = 0;
    while (tap_read(word) == 0)
        if (!WaitOnAddress(&word, &zero, 4, PATIENCE_MS))
            return GetLastError();
    InterlockedIncrement(&returned);
    return 0;
}

static void wakes(void)
{
    HANDLE threads[3];
    for (int i = 0; i < 3; i++)
        threads[i] = thread_start(waiter, NULL);
    settle();
    is_int(returned, 0, "all wait");
    InterlockedExchange(&word, 1);
    WakeByAddressAll((void *)&word);
    DWORD failures = 0;
    for (int i = 0; i < 3; i++)
        failures += thread_join(threads[i]);
    is_int(failures, 0, "WakeByAddressAll wakes all");
    tap_write(word, 0);
    returned = 0;
    HANDLE thread = thread_start(waiter, NULL);
    settle();
    InterlockedExchange(&word, 1);
    WakeByAddressSingle((void *)&word);
    is_int(thread_join(thread), 0, "WakeByAddressSingle wakes one");
    WakeByAddressSingle((void *)&word);
    WakeByAddressAll((void *)&word);
    ok(1, "waking nobody does no harm");
}

/* Ping-pong on one byte each. */
static volatile unsigned char turns;
enum { ROUNDS = 5000 };

static DWORD WINAPI other_side(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned char mine = 0;
        while (tap_read(turns) == 0)
            if (!WaitOnAddress(&turns, &mine, 1, PATIENCE_MS))
                return 1;
        tap_write(turns, 0);
        WakeByAddressSingle((void *)&turns);
    }
    return 0;
}

static void ping_pong(void)
{
    HANDLE thread = thread_start(other_side, NULL);
    int good = 0;
    for (int i = 0; i < ROUNDS; i++) {
        unsigned char theirs = 1;
        tap_write(turns, 1);
        WakeByAddressSingle((void *)&turns);
        while (tap_read(turns) == 1)
            if (!WaitOnAddress(&turns, &theirs, 1, PATIENCE_MS))
                break;
        good += tap_read(turns) == 0;
    }
    is_int(good, ROUNDS, "5000 turns on one byte, no wake lost");
    is_int(thread_join(thread), 0, "on both sides");
}

int main(void)
{
    tap_begin();
    part(values);
    part(wakes);
    part(ping_pong);
    return tap_end();
}
