/* SPDX-License-Identifier: MIT */
/*
 * measure.h on Windows, so that the same programs can be compared there. Windows does not tell a
 * process its context switches; such figures are -1.
 */
#include "measure.h"

#include <windows.h>
#include <fcntl.h>
#include <io.h>
#include <psapi.h>

uint64_t now_ns(void)
{
    LARGE_INTEGER t, f;

    QueryPerformanceCounter(&t);
    QueryPerformanceFrequency(&f);
    return (uint64_t)((double)t.QuadPart * 1e9 / (double)f.QuadPart);
}

static double seconds(FILETIME t)
{
    return (double)((uint64_t)t.dwHighDateTime << 32 | t.dwLowDateTime) / 1e7;
}

double cpu_seconds(void)
{
    FILETIME created, ended, kernel, user;

    if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
        die_code("GetProcessTimes", GetLastError());
    return seconds(kernel) + seconds(user);
}

int64_t switches_of_others(enum switches_whose whose)
{
    return -1;
}

int64_t resident_bytes(void)
{
    PROCESS_MEMORY_COUNTERS m;

    if (!GetProcessMemoryInfo(GetCurrentProcess(), &m, sizeof m))
        die_code("GetProcessMemoryInfo", GetLastError());
    return (int64_t)m.WorkingSetSize;
}

void mark_system_calls(void)
{
}

void pin_thread(int n)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    SetThreadAffinityMask(GetCurrentThread(), (DWORD_PTR)1 << (n % (int)info.dwNumberOfProcessors));
}

void foreign_pipe(int ends[2])
{
    if (_pipe(ends, 4096, _O_BINARY))
        die("_pipe");
}

void foreign_read(int end)
{
    char byte;

    if (_read(end, &byte, 1) != 1)
        die("_read");
}

void foreign_write(int end)
{
    if (_write(end, "x", 1) != 1)
        die("_write");
}
