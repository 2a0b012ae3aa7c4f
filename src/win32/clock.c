/* SPDX-License-Identifier: MIT */
/* Time: ticks, the performance counter, the wall clock, and the calendar. */
#include <string.h>
#include <time.h>

#include "nt/sync.h"
#include "win32/face.h"

#include "timeapi.h"

enum { TICKS_PER_S = 10000000, TICKS_PER_MS = 10000, MS_PER_DAY = 86400000 };
#define TICKS_LIMIT 0x8000000000000000u

static uint64_t clock_ticks(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * TICKS_PER_S + (uint64_t)now.tv_nsec / 100;
}

/* Time since start, sleep included. */
ULONGLONG WINAPI GetTickCount64(void)
{
    return clock_ticks(CLOCK_BOOTTIME) / TICKS_PER_MS;
}

DWORD WINAPI GetTickCount(void)
{
    return (DWORD)GetTickCount64();
}

/* The multimedia clock is the same one. Sleeps and timers here are as exact as the kernel's, whatever period is asked for. */
enum { PERIOD_MIN = 1, PERIOD_MAX = 1000000 };

DWORD WINAPI timeGetTime(void)
{
    return GetTickCount();
}

MMRESULT WINAPI timeGetDevCaps(LPTIMECAPS ptc, UINT cbtc)
{
    if (ptc == NULL || cbtc < sizeof *ptc)
        return MMSYSERR_INVALPARAM;
    *ptc = (TIMECAPS){.wPeriodMin = PERIOD_MIN, .wPeriodMax = PERIOD_MAX};
    return TIMERR_NOERROR;
}

MMRESULT WINAPI timeBeginPeriod(UINT uPeriod)
{
    return uPeriod < PERIOD_MIN || uPeriod > PERIOD_MAX ? TIMERR_NOCANDO : TIMERR_NOERROR;
}

MMRESULT WINAPI timeEndPeriod(UINT uPeriod)
{
    return timeBeginPeriod(uPeriod);
}

/* 10 MHz, as on today's Windows. */
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *count)
{
    count->QuadPart = (LONGLONG)clock_ticks(CLOCK_MONOTONIC);
    return TRUE;
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    frequency->QuadPart = TICKS_PER_S;
    return TRUE;
}

void WINAPI QueryInterruptTime(PULONGLONG time)
{
    *time = clock_ticks(CLOCK_BOOTTIME);
}

void WINAPI QueryInterruptTimePrecise(PULONGLONG time)
{
    *time = clock_ticks(CLOCK_BOOTTIME);
}

BOOL WINAPI QueryUnbiasedInterruptTime(PULONGLONG time)
{
    *time = clock_ticks(CLOCK_MONOTONIC);
    return TRUE;
}

void WINAPI QueryUnbiasedInterruptTimePrecise(PULONGLONG time)
{
    *time = clock_ticks(CLOCK_MONOTONIC);
}

static void file_time_set(LPFILETIME time, uint64_t ticks)
{
    time->dwLowDateTime = (DWORD)ticks;
    time->dwHighDateTime = (DWORD)(ticks >> 32);
}

static uint64_t file_time_get(const FILETIME *time)
{
    return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

void WINAPI GetSystemTimePreciseAsFileTime(LPFILETIME time)
{
    file_time_set(time, clock_system_time());
}

void WINAPI GetSystemTimeAsFileTime(LPFILETIME time)
{
    file_time_set(time, clock_system_time());
}

/* ---- The calendar: days since 1601-01-01, a Monday, in the Gregorian calendar ---------------- */

static bool year_is_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_before_year(uint32_t year)
{
    uint32_t past = year - 1601;
    return past * 365 + past / 4 - past / 100 + past / 400;
}

static uint32_t days_in_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && year_is_leap(year));
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *file_time, LPSYSTEMTIME time)
{
    uint64_t ticks = file_time_get(file_time);
    if (ticks >= TICKS_LIMIT)
        return error_from_status(STATUS_INVALID_PARAMETER);
    uint64_t ms = ticks / TICKS_PER_MS;
    uint32_t days = (uint32_t)(ms / MS_PER_DAY), rest = (uint32_t)(ms % MS_PER_DAY);
    uint32_t year = 1601 + (uint32_t)((uint64_t)days * 400 / 146097);
    while (days_before_year(year) > days)
        year--;
    while (days_before_year(year + 1) <= days)
        year++;
    uint32_t day = days - days_before_year(year), month = 1;
    while (day >= days_in_month(year, month))
        day -= days_in_month(year, month++);
    *time = (SYSTEMTIME){
        .wYear = (WORD)year,
        .wMonth = (WORD)month,
        .wDayOfWeek = (WORD)((days + 1) % 7),
        .wDay = (WORD)(day + 1),
        .wHour = (WORD)(rest / 3600000),
        .wMinute = (WORD)(rest / 60000 % 60),
        .wSecond = (WORD)(rest / 1000 % 60),
        .wMilliseconds = (WORD)(rest % 1000),
    };
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *time, LPFILETIME file_time)
{
    if (time->wYear < 1601 || time->wYear > 30827 || time->wMonth < 1 || time->wMonth > 12 ||
        time->wDay < 1 || time->wDay > days_in_month(time->wYear, time->wMonth) ||
        time->wHour > 23 || time->wMinute > 59 || time->wSecond > 59 || time->wMilliseconds > 999)
        return error_from_status(STATUS_INVALID_PARAMETER);
    uint64_t days = days_before_year(time->wYear) + time->wDay - 1u;
    for (uint32_t month = 1; month < time->wMonth; month++)
        days += days_in_month(time->wYear, month);
    uint64_t ms = days * MS_PER_DAY + time->wHour * 3600000u + time->wMinute * 60000u +
                  time->wSecond * 1000u + time->wMilliseconds;
    file_time_set(file_time, ms * TICKS_PER_MS);
    return TRUE;
}

void WINAPI GetSystemTime(LPSYSTEMTIME time)
{
    FILETIME now;
    GetSystemTimeAsFileTime(&now);
    FileTimeToSystemTime(&now, time);
}

static void system_time_from_tm(LPSYSTEMTIME time, const struct tm *tm, uint32_t ms)
{
    *time = (SYSTEMTIME){
        .wYear = (WORD)(tm->tm_year + 1900),
        .wMonth = (WORD)(tm->tm_mon + 1),
        .wDayOfWeek = (WORD)tm->tm_wday,
        .wDay = (WORD)tm->tm_mday,
        .wHour = (WORD)tm->tm_hour,
        .wMinute = (WORD)tm->tm_min,
        .wSecond = (WORD)(tm->tm_sec > 59 ? 59 : tm->tm_sec),
        .wMilliseconds = (WORD)ms,
    };
}

void WINAPI GetLocalTime(LPSYSTEMTIME time)
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &tm);
    system_time_from_tm(time, &tm, (uint32_t)(now.tv_nsec / 1000000));
}

#define EPOCH_TICKS 116444736000000000ull

/* With the offset that is in force now, as documented. */
BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *file_time, LPFILETIME local)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    file_time_set(local, file_time_get(file_time) + (uint64_t)(tm.tm_gmtoff * TICKS_PER_S));
    return TRUE;
}

BOOL WINAPI LocalFileTimeToFileTime(const FILETIME *local, LPFILETIME file_time)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm);
    file_time_set(file_time, file_time_get(local) - (uint64_t)(tm.tm_gmtoff * TICKS_PER_S));
    return TRUE;
}

LONG WINAPI CompareFileTime(const FILETIME *first, const FILETIME *second)
{
    uint64_t a = file_time_get(first), b = file_time_get(second);
    return (a > b) - (a < b);
}

/* The zone of this system (NULL); rules that a caller makes up are not supported. */
BOOL WINAPI SystemTimeToTzSpecificLocalTime(const TIME_ZONE_INFORMATION *zone,
                                            const SYSTEMTIME *universal, LPSYSTEMTIME local)
{
    FILETIME file_time;
    if (zone != NULL)
        return error_from_status(STATUS_NOT_SUPPORTED);
    if (!SystemTimeToFileTime(universal, &file_time))
        return FALSE;
    time_t seconds = (time_t)((int64_t)(file_time_get(&file_time) - EPOCH_TICKS) / TICKS_PER_S);
    struct tm tm;
    localtime_r(&seconds, &tm);
    system_time_from_tm(local, &tm, universal->wMilliseconds);
    return TRUE;
}

BOOL WINAPI TzSpecificLocalTimeToSystemTime(const TIME_ZONE_INFORMATION *zone,
                                            const SYSTEMTIME *local, LPSYSTEMTIME universal)
{
    if (zone != NULL)
        return error_from_status(STATUS_NOT_SUPPORTED);
    struct tm tm = {.tm_year = local->wYear - 1900,
                    .tm_mon = local->wMonth - 1,
                    .tm_mday = local->wDay,
                    .tm_hour = local->wHour,
                    .tm_min = local->wMinute,
                    .tm_sec = local->wSecond,
                    .tm_isdst = -1};
    time_t seconds = mktime(&tm);
    FILETIME file_time;
    file_time_set(&file_time, EPOCH_TICKS + (uint64_t)((int64_t)seconds * TICKS_PER_S) +
                                  local->wMilliseconds * (uint64_t)TICKS_PER_MS);
    return FileTimeToSystemTime(&file_time, universal);
}

static void zone_name(WCHAR name[32], const char *from)
{
    size_t i = 0;
    for (; from != NULL && from[i] != 0 && i < 31; i++)
        name[i] = (unsigned char)from[i];
    memset(name + i, 0, (32 - i) * sizeof *name);
}

/* Bias and names; when the changes happen is not told (the dates stay zero). */
DWORD WINAPI GetTimeZoneInformation(LPTIME_ZONE_INFORMATION zone)
{
    time_t now = time(NULL);
    struct tm tm;
    localtime_r(&now, &tm); /* sets what tzset sets */
    *zone = (TIME_ZONE_INFORMATION){.Bias = (LONG)(timezone / 60), .DaylightBias = -60};
    zone_name(zone->StandardName, tzname[0]);
    zone_name(zone->DaylightName, tzname[1]);
    if (!daylight)
        return TIME_ZONE_ID_UNKNOWN;
    return tm.tm_isdst > 0 ? TIME_ZONE_ID_DAYLIGHT : TIME_ZONE_ID_STANDARD;
}

/* ---- Setting, and FAT's times ---------------------------------------------------------------- */

static BOOL clock_set(time_t seconds, uint32_t ms)
{
    struct timespec now = {.tv_sec = seconds, .tv_nsec = (long)ms * 1000000};
    if (clock_settime(CLOCK_REALTIME, &now) == 0)
        return TRUE;
    error_set(ERROR_PRIVILEGE_NOT_HELD);
    return FALSE;
}

BOOL WINAPI SetSystemTime(const SYSTEMTIME *time)
{
    FILETIME file_time;
    if (!SystemTimeToFileTime(time, &file_time))
        return FALSE;
    int64_t ticks = (int64_t)(file_time_get(&file_time) - EPOCH_TICKS);
    return clock_set((time_t)(ticks / TICKS_PER_S), time->wMilliseconds);
}

BOOL WINAPI SetLocalTime(const SYSTEMTIME *time)
{
    SYSTEMTIME universal;
    return TzSpecificLocalTimeToSystemTime(NULL, time, &universal) && SetSystemTime(&universal);
}

/* The clock is adjusted by Linux alone: one interval of 15.625 ms is added per interval. */
BOOL WINAPI GetSystemTimeAdjustment(PDWORD adjustment, PDWORD increment, PBOOL disabled)
{
    *adjustment = *increment = 156250;
    *disabled = TRUE;
    return TRUE;
}

BOOL WINAPI DosDateTimeToFileTime(WORD date, WORD time, LPFILETIME file_time)
{
    SYSTEMTIME system_time = {
        .wYear = (WORD)(1980 + (date >> 9)),
        .wMonth = date >> 5 & 15,
        .wDay = date & 31,
        .wHour = time >> 11,
        .wMinute = time >> 5 & 63,
        .wSecond = (WORD)((time & 31) * 2),
    };
    return SystemTimeToFileTime(&system_time, file_time);
}

/* Rounded up to the next even second, as documented. */
BOOL WINAPI FileTimeToDosDateTime(const FILETIME *file_time, LPWORD date, LPWORD time)
{
    SYSTEMTIME system_time;
    FILETIME rounded;
    uint64_t step = 2 * (uint64_t)TICKS_PER_S;
    file_time_set(&rounded, (file_time_get(file_time) + step - 1) / step * step);
    if (!FileTimeToSystemTime(&rounded, &system_time))
        return FALSE;
    if (system_time.wYear < 1980 || system_time.wYear > 2107)
        return error_from_status(STATUS_INVALID_PARAMETER);
    *date = (WORD)((system_time.wYear - 1980) << 9 | system_time.wMonth << 5 | system_time.wDay);
    *time = (WORD)(system_time.wHour << 11 | system_time.wMinute << 5 | system_time.wSecond / 2);
    return TRUE;
}
