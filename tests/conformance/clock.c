/* SPDX-License-Identifier: MIT */
/* Time and the process: the calendar, ticks, what a program learns of itself. */
#include "../tap.h"
#include <limits.h>

static void calendar(void)
{
    FILETIME file_time = {0, 0};
    SYSTEMTIME time;
    ok(FileTimeToSystemTime(&file_time, &time), "FileTimeToSystemTime");
    ok(time.wYear == 1601 && time.wMonth == 1 && time.wDay == 1 && time.wDayOfWeek == 1,
       "time begins on Monday, 1 January 1601");
    static const struct {
        SYSTEMTIME time;
        ULONGLONG ticks;
    } known[] = {
        {{1970, 1, 4, 1, 0, 0, 0, 0}, 116444736000000000ull},
        {{2000, 2, 2, 29, 23, 59, 59, 999}, 125963423999990000ull},
        {{2038, 1, 2, 19, 3, 14, 7, 0}, 137919572470000000ull},
        {{1601, 1, 1, 1, 0, 0, 0, 1}, 10000ull},
    };
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
        ok(SystemTimeToFileTime(&known[i].time, &file_time), "SystemTimeToFileTime");
        ULARGE_INTEGER ticks = {{file_time.dwLowDateTime, file_time.dwHighDateTime}};
        ok(ticks.QuadPart == known[i].ticks, "year %u is right", known[i].time.wYear);
        FileTimeToSystemTime(&file_time, &time);
        ok(!memcmp(&time, &known[i].time, sizeof time), "and comes back, day of the week and all");
    }
    int wrong = 0;
    ULARGE_INTEGER day, back;
    for (day.QuadPart = 0; day.QuadPart < 400ull * 366 * 864000000000; day.QuadPart += 864000000000) {
        file_time.dwLowDateTime = day.LowPart;
        file_time.dwHighDateTime = day.HighPart;
        FileTimeToSystemTime(&file_time, &time);
        SystemTimeToFileTime(&time, &file_time);
        back.LowPart = file_time.dwLowDateTime;
        back.HighPart = file_time.dwHighDateTime;
        wrong += back.QuadPart != day.QuadPart || time.wHour != 0;
    }
    is_int(wrong, 0, "every day of 400 years goes there and back");
    SYSTEMTIME bad = {2023, 2, 0, 29, 0, 0, 0, 0};
    fails_with(SystemTimeToFileTime(&bad, &file_time), ERROR_INVALID_PARAMETER,
               "29 February 2023 is 87");
    file_time.dwHighDateTime = 0x80000000;
    fails_with(FileTimeToSystemTime(&file_time, &time), ERROR_INVALID_PARAMETER, "too late is 87");
}

static void clocks(void)
{
    FILETIME one, two;
    SYSTEMTIME time;
    ULONGLONG ticks = GetTickCount64();
    GetSystemTimePreciseAsFileTime(&one);
    Sleep(30);
    GetSystemTimePreciseAsFileTime(&two);
    ok(CompareFileTime(&one, &two) < 0, "the clock goes on");
    ok(GetTickCount64() > ticks, "and so do the ticks");
    GetSystemTime(&time);
    ok(time.wYear >= 2024 && time.wMonth >= 1 && time.wMonth <= 12, "GetSystemTime");
    GetLocalTime(&time);
    ok(time.wHour <= 23, "GetLocalTime");
}

#ifndef __MINGW32__ /* whose import library does not know the calls */
static void description(void)
{
    WCHAR *text = NULL;
    const WCHAR name[] = {'w', 'o', 'r', 'k', 'e', 'r', 0};
    ok(SUCCEEDED(SetThreadDescription(GetCurrentThread(), name)), "SetThreadDescription");
    ok(SUCCEEDED(GetThreadDescription(GetCurrentThread(), &text)) && !lstrcmpW(text, name), "is told again");
    LocalFree(text);
}
#endif

static void process(void)
{
    HANDLE self = GetCurrentProcess(), real = NULL;
    DWORD code = 0;
    DWORD_PTR mine = 0, all = 0;
    ok(GetExitCodeProcess(self, &code) && code == STILL_ACTIVE, "the process is active");
    is_int(GetProcessId(self), GetCurrentProcessId(), "its identifier");
    real = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
    ok(real && WaitForSingleObject(real, 0) == WAIT_TIMEOUT, "OpenProcess of itself");
    CloseHandle(real);
    ok(GetProcessAffinityMask(self, &mine, &all) && mine && !(mine & ~all), "GetProcessAffinityMask");
    DWORD_PTR before = SetThreadAffinityMask(GetCurrentThread(), mine & -mine);
    ok(before == mine, "SetThreadAffinityMask gives the one before");
    ok((mine & -mine) == (DWORD_PTR)1 << GetCurrentProcessorNumber(), "and moves the thread");
    ok(SetThreadAffinityMask(GetCurrentThread(), mine) == (mine & -mine), "back again");
    fails_with(SetThreadAffinityMask(GetCurrentThread(), 0), ERROR_INVALID_PARAMETER, "no processor: 87");
    ok(strstr(GetCommandLineA(), "clock") != NULL, "the command line begins with the program");
    FILETIME created, exited, kernel, user;
    ok(GetThreadTimes(GetCurrentThread(), &created, &exited, &kernel, &user), "GetThreadTimes");
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    ok(CompareFileTime(&created, &now) < 0 && created.dwHighDateTime + 100 > now.dwHighDateTime,
       "created a little while ago");
    is_int(MulDiv(7, 3, 2), 11, "MulDiv rounds halves up");
    is_int(MulDiv(-7, 3, 2), -11, "away from zero");
    is_int(MulDiv(INT_MAX, 2, 1), -1, "and says -1 when it does not fit");
    ok(DecodePointer(EncodePointer(&code)) == &code && EncodePointer(&code) != &code, "EncodePointer");
}

int main(void)
{
    tap_begin();
    part(calendar);
    part(clocks);
    part(process);
#ifndef __MINGW32__
    part(description);
#endif
    return tap_end();
}
