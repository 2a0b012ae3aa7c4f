/* SPDX-License-Identifier: MIT */
/* Structured exceptions in a driver: what probes and ExRaiseStatus raise, and what faults.
 * Rules: "Handling Exceptions" and the pages of ProbeForRead, ProbeForWrite and ExRaiseStatus. */
#include <ntddk.h>
#include "report.h"

static NTSTATUS Probe(const volatile VOID *Address, SIZE_T Length, ULONG Alignment, BOOLEAN Write)
{
    NTSTATUS status = STATUS_SUCCESS;
    __try {
        if (Write)
            ProbeForWrite((volatile VOID *)Address, Length, Alignment);
        else
            ProbeForRead(Address, Length, Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = GetExceptionCode();
    }
    return status;
}

static VOID ProbeTest(VOID)
{
    static ULONG Words[4];
    CHECK(Probe(Words, sizeof Words, sizeof(ULONG), FALSE) == STATUS_SUCCESS,
          "good memory is probed");
    CHECK(Probe((PUCHAR)Words + 1, 4, sizeof(ULONG), FALSE) == STATUS_DATATYPE_MISALIGNMENT,
          "alignment is looked at");
    CHECK(Probe((PUCHAR)Words + 1, 4, sizeof(ULONG), TRUE) == STATUS_DATATYPE_MISALIGNMENT,
          "of what will be written too");
    CHECK(Probe((PUCHAR)Words + 1, 0, sizeof(ULONG), FALSE) == STATUS_SUCCESS,
          "nothing needs nothing");
    CHECK(Probe((PVOID)0xFFFF800000001000ull, 4, 1, FALSE) == STATUS_ACCESS_VIOLATION,
          "a system address is no user's");
    CHECK(Probe(Words, (SIZE_T)-8, 1, TRUE) == STATUS_ACCESS_VIOLATION,
          "nor is what goes round the end");
}

static VOID RaiseTest(VOID)
{
    volatile ULONG Order = 0;
    __try {
        __try {
            ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
        } __finally {
            Order = Order * 10 + (AbnormalTermination() ? 1 : 9);
        }
    } __except (GetExceptionCode() == STATUS_INSUFFICIENT_RESOURCES ? EXCEPTION_EXECUTE_HANDLER
                                                                    : EXCEPTION_CONTINUE_SEARCH) {
        Order = Order * 10 + 2;
    }
    CHECK(Order == 12, "a raised status passes __finally and is caught");
    __try {
        ExRaiseAccessViolation();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Order = (ULONG)GetExceptionCode();
    }
    CHECK(Order == (ULONG)STATUS_ACCESS_VIOLATION, "ExRaiseAccessViolation");
}

static VOID FaultTest(VOID)
{
    volatile NTSTATUS Status = STATUS_SUCCESS;
    UCHAR Here[16];
    PUCHAR volatile Nowhere = (PUCHAR)0x20;
    __try {
        ProbeForRead(Nowhere, sizeof Here, 1);
        Here[0] = *Nowhere;
        Status = Here[0];
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    CHECK(Status == STATUS_ACCESS_VIOLATION, "a program's bad pointer is an access violation");
}

const struct Part Parts[] = {
    {"probes", ProbeTest}, {"raised statuses", RaiseTest}, {"faults", FaultTest}, {NULL, NULL}};

static VOID NTAPI OnUnload(PDRIVER_OBJECT Driver)
{
    UNREFERENCED_PARAMETER(Driver);
    ReportStop();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT Driver, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver->DriverUnload = OnUnload;
    return ReportStart(Driver);
}
