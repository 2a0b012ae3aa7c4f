/* SPDX-License-Identifier: MIT */
/*
 * Baseline of the USB programs: memcpy of `size` bytes, as fast as it goes; or with every_us=N one
 * copy every N microseconds, woken by the clock, as a device without a bus would be served.
 */
#include "raw.h"

#include <time.h>

int main(int argc, char **argv)
{
    size_t size = (size_t)arg_number(argc, argv, "size", 1 << 20);
    uint64_t ms = (uint64_t)arg_number(argc, argv, "ms", 1000),
             every = (uint64_t)arg_number(argc, argv, "every_us", 0) * 1000;
    uint64_t ops = 0, worst = 0;
    char *from = malloc(size), *to = malloc(size);
    if (from == NULL || to == NULL)
        die("malloc");
    memset(from, 7, size);
    memset(to, 0, size);
    uint64_t begin = now_ns(), due = begin;
    double cpu = cpu_seconds();
    for (uint64_t now; (now = now_ns()) - begin < ms * 1000000u; ops++) {
        if (every != 0) {
            due += every;
            struct timespec at = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
            now = now_ns();
            worst = now > due && now - due > worst ? now - due : worst;
        }
        memcpy(to, from, size);
        __asm__ volatile("" : : "r"(to) : "memory"); /* each copy is made */
    }
    uint64_t elapsed = now_ns() - begin;
    double used = cpu_seconds() - cpu;
    report("bytes_s", (double)ops * (double)size / ((double)elapsed / 1e9));
    report("cpu", used / ((double)elapsed / 1e9) * 100);
    report("delay_us", (double)worst / 1000);
    report_rate((double)ops, elapsed, used);
    return 0;
}
