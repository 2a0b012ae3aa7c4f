/* SPDX-License-Identifier: MIT */
/* Dates, the version of the system, random numbers. */
#include <string.h>

#include "wdm/wdm_host.h"

enum { TICKS_PER_MS = 10000, MS_PER_DAY = 86400000 };

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

/* Days from 1601-01-01 to the first of the year. */
static LONGLONG days_before(int year)
{
    int y = year - 1601;
    return 365LL * y + y / 4 - y / 100 + y / 400;
}

VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields)
{
    LONGLONG ms = Time->QuadPart / TICKS_PER_MS, days = ms / MS_PER_DAY;
    LONG rest = (LONG)(ms % MS_PER_DAY);
    int year = 1601 + (int)(days / 366), month = 1;
    while (days_before(year + 1) <= days)
        year++;
    LONGLONG day = days - days_before(year);
    while (day >= days_of_month(year, month))
        day -= days_of_month(year, month++);
    *TimeFields = (TIME_FIELDS){.Year = (CSHORT)year, .Month = (CSHORT)month, .Day = (CSHORT)(day + 1), .Hour = (CSHORT)(rest / 3600000),
                                .Minute = (CSHORT)(rest / 60000 % 60), .Second = (CSHORT)(rest / 1000 % 60),
                                .Milliseconds = (CSHORT)(rest % 1000), .Weekday = (CSHORT)((days + 1) % 7)}; /* a Monday */
}

BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time)
{
    const TIME_FIELDS *f = TimeFields;
    if (f->Year < 1601 || f->Month < 1 || f->Month > 12 || f->Day < 1 || f->Day > days_of_month(f->Year, f->Month) || f->Hour < 0 ||
        f->Hour > 23 || f->Minute < 0 || f->Minute > 59 || f->Second < 0 || f->Second > 59 || f->Milliseconds < 0 || f->Milliseconds > 999)
        return FALSE;
    LONGLONG days = days_before(f->Year) + f->Day - 1;
    for (int month = 1; month < f->Month; month++)
        days += days_of_month(f->Year, month);
    LONGLONG ms = ((f->Hour * 60LL + f->Minute) * 60 + f->Second) * 1000 + f->Milliseconds;
    Time->QuadPart = (days * MS_PER_DAY + ms) * TICKS_PER_MS;
    return TRUE;
}

/* Windows 10, version 2004: what the headers' newest functions need. */
enum { MAJOR = 10, MINOR = 0, BUILD = 19041, PLATFORM_NT = 2, WORKSTATION = 1 };

NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation)
{
    ULONG size = lpVersionInformation->dwOSVersionInfoSize;
    if (size != sizeof(RTL_OSVERSIONINFOW) && size != sizeof(RTL_OSVERSIONINFOEXW))
        return STATUS_INVALID_PARAMETER;
    memset(lpVersionInformation, 0, size);
    lpVersionInformation->dwOSVersionInfoSize = size;
    lpVersionInformation->dwMajorVersion = MAJOR;
    lpVersionInformation->dwMinorVersion = MINOR;
    lpVersionInformation->dwBuildNumber = BUILD;
    lpVersionInformation->dwPlatformId = PLATFORM_NT;
    if (size == sizeof(RTL_OSVERSIONINFOEXW))
        ((RTL_OSVERSIONINFOEXW *)(void *)lpVersionInformation)->wProductType = WORKSTATION;
    return STATUS_SUCCESS;
}

BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version)
{
    return Version <= NTDDI_WIN10_VB;
}

/* A generator of 31 bits with a period of its modulus, a prime. */
ULONG NTAPI RtlRandomEx(PULONG Seed)
{
    enum { MODULUS = 0x7fffffff, FACTOR = 48271 };
    uint64_t state = *Seed % MODULUS;
    *Seed = (ULONG)((state == 0 ? 1 : state) * FACTOR % MODULUS);
    return *Seed;
}
