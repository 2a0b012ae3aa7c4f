/* SPDX-License-Identifier: MIT */
/* Small calls without a better place: command-line splitting, old-style memory questions, hints to
 * the scheduler, security descriptors as data. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/utf16.h"
#include "nt/status.h"
#include "nt/sync.h"
#include "win32/face.h"
#include "shellapi.h"

/* ---- Command lines --------------------------------------------------------------------------- */

/* Takes one argument from *line into `to`, which may be NULL to count; returns its units. The
 * rules: blanks separate; quotes keep them; 2n backslashes before a quote are n, 2n+1 are n and the
 * quote itself. */
static size_t argument_take(const WCHAR **line, WCHAR *to, bool is_program)
{
    const WCHAR *at = *line;
    size_t units = 0;
    bool quoted = false;
    for (; *at != 0 && (quoted || (*at != ' ' && *at != '\t')); at++) {
        size_t backslashes = 0;
        while (!is_program && *at == '\\') {
            backslashes++;
            at++;
        }
        size_t plain = *at == '"' ? backslashes / 2 : backslashes;
        for (size_t i = 0; i < plain; i++, units++)
            if (to != NULL)
                to[units] = '\\';
        if (*at == '"' && backslashes % 2 == 0) {
            if (quoted && !is_program && at[1] == '"') { /* two in a quoted part are one quote */
                if (to != NULL)
                    to[units] = '"';
                units++;
                at++;
            } else {
                quoted = !quoted;
            }
            continue;
        }
        if (*at == 0 || (!quoted && (*at == ' ' || *at == '\t')))
            break;
        if (to != NULL)
            to[units] = *at;
        units++;
    }
    while (*at == ' ' || *at == '\t')
        at++;
    *line = at;
    return units;
}

LPWSTR *WINAPI CommandLineToArgvW(LPCWSTR line, int *count)
{
    size_t length = utf16_length(line);
    /* Each argument has a unit of its own or a separator: so many pointers and units do. */
    size_t most = length / 2 + 2;
    WCHAR **arguments =
        LocalAlloc(LMEM_FIXED, (most + 1) * sizeof *arguments + (2 * length + 4) * sizeof(WCHAR));
    if (arguments == NULL)
        return NULL;
    WCHAR *text = (WCHAR *)(arguments + most + 1);
    *count = 0;
    do {
        arguments[*count] = text;
        text += argument_take(&line, text, *count == 0);
        *text++ = 0;
        ++*count;
    } while (*line != 0);
    arguments[*count] = NULL;
    return arguments;
}

/* ---- Memory ---------------------------------------------------------------------------------- */

/* Linux reads one byte of each page for us, and says no instead of faulting. */
BOOL WINAPI IsBadReadPtr(const void *pointer, UINT_PTR size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)pointer;
    if (size == 0)
        return FALSE;
    uintptr_t last = at + size - 1;
    if (last < at)
        return TRUE;
    for (;; at = (at & ~(page - 1)) + page) {
        char byte;
        struct iovec to = {&byte, 1}, from = {(void *)at, 1};
        if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != 1)
            return TRUE;
        if ((at & ~(page - 1)) == (last & ~(page - 1)))
            return FALSE;
    }
}

/* Asks for the protection of the pages: writing to try would race with other threads. */
BOOL WINAPI IsBadWritePtr(LPVOID pointer, UINT_PTR size)
{
    uintptr_t at = (uintptr_t)pointer, end = at + size;
    if (size == 0)
        return FALSE;
    if (end < at)
        return TRUE;
    while (at < end) {
        MEMORY_BASIC_INFORMATION information;
        VirtualQuery((LPCVOID)at, &information, sizeof information);
        if (information.State != MEM_COMMIT ||
            !(information.Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE)))
            return TRUE;
        at = (uintptr_t)information.BaseAddress + information.RegionSize;
    }
    return FALSE;
}

void WINAPI GlobalMemoryStatus(LPMEMORYSTATUS memory)
{
    MEMORYSTATUSEX now = {.dwLength = sizeof now};
    GlobalMemoryStatusEx(&now);
    *memory = (MEMORYSTATUS){
        .dwLength = sizeof *memory,
        .dwMemoryLoad = now.dwMemoryLoad,
        .dwTotalPhys = now.ullTotalPhys,
        .dwAvailPhys = now.ullAvailPhys,
        .dwTotalPageFile = now.ullTotalPageFile,
        .dwAvailPageFile = now.ullAvailPageFile,
        .dwTotalVirtual = now.ullTotalVirtual,
        .dwAvailVirtual = now.ullAvailVirtual,
    };
}

/* ---- The scheduler --------------------------------------------------------------------------- */

static int32_t object_check(HANDLE handle, const struct object_type *type, uint32_t *tid)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), type, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    if (tid != NULL)
        *tid = container_of(object, struct thread, object)->tid;
    handle_release(object);
    return status;
}

/* Linux has no such boost: it is always disabled, which may be asked for. */
BOOL WINAPI SetThreadPriorityBoost(HANDLE handle, BOOL disable)
{
    int32_t status = object_check(handle, &thread_type, NULL);
    if (status == STATUS_SUCCESS && !disable)
        status = STATUS_NOT_SUPPORTED;
    return error_from_status(status);
}

BOOL WINAPI GetThreadPriorityBoost(HANDLE handle, PBOOL disabled)
{
    int32_t status = object_check(handle, &thread_type, NULL);
    *disabled = TRUE;
    return error_from_status(status);
}

/* A hint, which Linux does not take: its scheduler prefers the processor the thread ran on, and
 * that is the answer. */
DWORD WINAPI SetThreadIdealProcessor(HANDLE handle, DWORD processor)
{
    int32_t status = object_check(handle, &thread_type, NULL);
    if (status == STATUS_SUCCESS && processor > MAXIMUM_PROCESSORS)
        status = STATUS_INVALID_PARAMETER;
    return error_from_status(status) ? GetCurrentProcessorNumber() : (DWORD)-1;
}

BOOL WINAPI SetThreadStackGuarantee(PULONG size)
{
    (void)size; /* no stack overflow is turned into an exception */
    return error_from_status(STATUS_NOT_SUPPORTED);
}

/* Linux' clock identifier for the processor time of a thread or (of tid 0) the process. */
static BOOL cycles_read(clockid_t clock, PULONG64 cycles)
{
    struct timespec used;
    if (clock_gettime(clock, &used) != 0)
        return error_from_status(status_from_errno(errno));
    *cycles = (ULONG64)used.tv_sec * 1000000000u + (ULONG64)used.tv_nsec;
    return TRUE;
}

/* In nanoseconds: a cycle's length is not promised. */
BOOL WINAPI QueryThreadCycleTime(HANDLE handle, PULONG64 cycles)
{
    enum { PER_THREAD = 4, SCHEDULER = 2 };
    uint32_t tid;
    int32_t status = object_check(handle, &thread_type, &tid);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    return cycles_read((clockid_t)(~tid << 3 | PER_THREAD | SCHEDULER), cycles);
}

BOOL WINAPI QueryProcessCycleTime(HANDLE handle, PULONG64 cycles)
{
    int32_t status = object_check(handle, &process_type, NULL);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    return cycles_read(CLOCK_PROCESS_CPUTIME_ID, cycles);
}

BOOL WINAPI GetProcessIoCounters(HANDLE handle, PIO_COUNTERS counters)
{
    char line[128];
    int32_t status = object_check(handle, &process_type, NULL);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    FILE *file = fopen("/proc/self/io", "re");
    if (file == NULL)
        return error_from_status(status_from_errno(errno));
    *counters = (IO_COUNTERS){0};
    while (fgets(line, sizeof line, file) != NULL) {
        sscanf(line, "rchar: %llu", &counters->ReadTransferCount);
        sscanf(line, "wchar: %llu", &counters->WriteTransferCount);
        sscanf(line, "syscr: %llu", &counters->ReadOperationCount);
        sscanf(line, "syscw: %llu", &counters->WriteOperationCount);
    }
    fclose(file);
    return TRUE;
}

/* Documented as having no effect today. */
UINT WINAPI SetHandleCount(UINT count)
{
    return count;
}

/* Both are UTF-8 here. */
void WINAPI SetFileApisToOEM(void)
{
}

void WINAPI SetFileApisToANSI(void)
{
}

BOOL WINAPI AreFileApisANSI(void)
{
    return TRUE;
}

/* ---- Security descriptors, which are data only: Linux' own permissions decide ---------------- */

BOOL WINAPI InitializeSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, DWORD revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION) {
        error_set(ERROR_UNKNOWN_REVISION);
        return FALSE;
    }
    *(SECURITY_DESCRIPTOR *)descriptor =
        (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION};
    return TRUE;
}

BOOL WINAPI SetSecurityDescriptorDacl(PSECURITY_DESCRIPTOR descriptor, BOOL present, PACL dacl,
                                      BOOL defaulted)
{
    SECURITY_DESCRIPTOR *security = descriptor;
    if (security->Revision != SECURITY_DESCRIPTOR_REVISION) {
        error_set(ERROR_UNKNOWN_REVISION);
        return FALSE;
    }
    security->Dacl = present ? dacl : NULL;
    security->Control &= (SECURITY_DESCRIPTOR_CONTROL) ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED);
    if (present)
        security->Control |= SE_DACL_PRESENT;
    if (defaulted)
        security->Control |= SE_DACL_DEFAULTED;
    return TRUE;
}
