/* SPDX-License-Identifier: MIT */
/* Time, processors, and what stops the system. */
#include <sched.h>
#include <time.h>

#include "base/trace.h"
#include "base/futex.h"
#include "engine/engine.h"
#include "nt/seh.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

enum { TICK_100NS = 156250, NS_PER_100NS = 100 }; /* a tick of 15.625 ms, as on Windows */

static ULONGLONG time_since_start(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (ULONGLONG)now.tv_sec * 10000000 + (ULONGLONG)now.tv_nsec / NS_PER_100NS;
}

VOID NTAPI KeQueryTickCount(PLARGE_INTEGER CurrentCount)
{
    CurrentCount->QuadPart = (LONGLONG)(time_since_start(CLOCK_MONOTONIC) / TICK_100NS);
}

ULONG NTAPI KeQueryTimeIncrement(void)
{
    return TICK_100NS;
}

ULONGLONG NTAPI KeQueryInterruptTime(void)
{
    return time_since_start(CLOCK_BOOTTIME);
}

ULONGLONG NTAPI KeQueryInterruptTimePrecise(PULONG64 QpcTimeStamp)
{
    LARGE_INTEGER counter = KeQueryPerformanceCounter(NULL);
    *QpcTimeStamp = (ULONG64)counter.QuadPart;
    return time_since_start(CLOCK_BOOTTIME);
}

ULONGLONG NTAPI KeQueryUnbiasedInterruptTime(void)
{
    return time_since_start(CLOCK_MONOTONIC);
}

VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime)
{
    KeQuerySystemTime(CurrentTime);
}

LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency)
{
    if (PerformanceFrequency != NULL)
        PerformanceFrequency->QuadPart = 10000000;
    return (LARGE_INTEGER){.QuadPart = (LONGLONG)time_since_start(CLOCK_MONOTONIC)};
}

/* Busy, as documented: it must not give the processor up. */
VOID NTAPI KeStallExecutionProcessor(ULONG MicroSeconds)
{
    uint64_t end = clock_now_ns() + (uint64_t)MicroSeconds * 1000;
    while (clock_now_ns() < end)
        cpu_relax();
}

static LONGLONG zone_offset(LONGLONG ticks)
{
    time_t seconds = (time_t)((ticks - 116444736000000000LL) / 10000000);
    struct tm local;
    return localtime_r(&seconds, &local) == NULL ? 0 : (LONGLONG)local.tm_gmtoff * 10000000;
}

VOID NTAPI ExSystemTimeToLocalTime(PLARGE_INTEGER SystemTime, PLARGE_INTEGER LocalTime)
{
    LocalTime->QuadPart = SystemTime->QuadPart + zone_offset(SystemTime->QuadPart);
}

VOID NTAPI ExLocalTimeToSystemTime(PLARGE_INTEGER LocalTime, PLARGE_INTEGER SystemTime)
{
    SystemTime->QuadPart = LocalTime->QuadPart - zone_offset(LocalTime->QuadPart);
}

ULONG NTAPI KeGetCurrentProcessorNumberEx(PVOID ProcNumber)
{
    int number = sched_getcpu();
    if (ProcNumber != NULL)
        *(ULONG *)ProcNumber = (ULONG)(number < 0 ? 0 : number) << 16; /* group 0, number */
    return number < 0 ? 0 : (ULONG)number;
}

ULONG NTAPI KeQueryActiveProcessorCount(PVOID ActiveProcessors)
{
    ULONG count = engine_processor_count();
    if (ActiveProcessors != NULL)
        *(ULONG_PTR *)ActiveProcessors = count >= 64 ? ~(ULONG_PTR)0 : ((ULONG_PTR)1 << count) - 1;
    return count;
}

ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber)
{
    return GroupNumber == 0 || GroupNumber == 0xffff ? engine_processor_count() : 0;
}

ULONG NTAPI KeQueryMaximumProcessorCount(void)
{
    return engine_processor_count();
}

/* ---- What stops the system ------------------------------------------------------------------------------------------ */

VOID NTAPI KeBugCheckEx(ULONG BugCheckCode, ULONG_PTR BugCheckParameter1, ULONG_PTR BugCheckParameter2,
                        ULONG_PTR BugCheckParameter3, ULONG_PTR BugCheckParameter4)
{
    wdm_verifier_stop_at(NULL, "bug-check", VERIFY_CALLER, "KeBugCheckEx(0x%08x, 0x%llx, 0x%llx, 0x%llx, 0x%llx)", BugCheckCode,
                         (unsigned long long)BugCheckParameter1, (unsigned long long)BugCheckParameter2,
                         (unsigned long long)BugCheckParameter3, (unsigned long long)BugCheckParameter4);
}

VOID NTAPI KeBugCheck(ULONG BugCheckCode)
{
    wdm_verifier_stop_at(NULL, "bug-check", VERIFY_CALLER, "KeBugCheck(0x%08x)", BugCheckCode);
}

VOID NTAPI ExRaiseStatus(NTSTATUS Status)
{
    seh_raise(&(struct seh_record){.code = (uint32_t)Status, .flags = 1 /* not continuable */, .address = VERIFY_CALLER}, true);
    wdm_verifier_stop_at(NULL, "bug-check", VERIFY_CALLER, "ExRaiseStatus(0x%08x): nothing handles it", (unsigned)Status);
}

VOID NTAPI ExRaiseAccessViolation(void)
{
    ExRaiseStatus(STATUS_ACCESS_VIOLATION);
}

VOID NTAPI ExRaiseDatatypeMisalignment(void)
{
    ExRaiseStatus(STATUS_DATATYPE_MISALIGNMENT);
}

KPROCESSOR_MODE NTAPI ExGetPreviousMode(void)
{
    return KernelMode;
}
