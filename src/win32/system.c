/* SPDX-License-Identifier: MIT */
/* What the system is: processors, memory, version, names of machine and user. */
#include <ctype.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/utf16.h"
#include "win32/face.h"

enum { GRANULARITY = 65536, VERSION_MAJOR = 10, VERSION_MINOR = 0, VERSION_BUILD = 19045 };

void WINAPI GetSystemInfo(LPSYSTEM_INFO info)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    DWORD_PTR mask = 0, system_mask;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &mask, &system_mask))
        system_mask = 1;
    *info = (SYSTEM_INFO)
    {
#if defined(__aarch64__)
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_ARM64,
#else
        .wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64,
        .dwProcessorType = PROCESSOR_AMD_X8664, .wProcessorLevel = 6,
#endif
        .dwPageSize = (DWORD)sysconf(_SC_PAGESIZE),
        .lpMinimumApplicationAddress = (LPVOID)(uintptr_t)GRANULARITY,
        .lpMaximumApplicationAddress = (LPVOID)(uintptr_t)0x7ffffffeffff,
        .dwActiveProcessorMask = system_mask, .dwNumberOfProcessors = count < 1 ? 1 : (DWORD)count,
        .dwAllocationGranularity = GRANULARITY,
    };
}

void WINAPI GetNativeSystemInfo(LPSYSTEM_INFO info)
{
    GetSystemInfo(info);
}

static uint64_t memory_available(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib * 1024;
}

BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX memory)
{
    struct sysinfo info;
    if (memory->dwLength != sizeof *memory || sysinfo(&info) != 0)
        return error_from_status(STATUS_INVALID_PARAMETER);
    uint64_t unit = info.mem_unit, total = info.totalram * unit, available = memory_available();
    if (available == 0 || available > total)
        available = info.freeram * unit;
    *memory = (MEMORYSTATUSEX){
        .dwLength = sizeof *memory,
        .dwMemoryLoad = (DWORD)((total - available) * 100 / total),
        .ullTotalPhys = total,
        .ullAvailPhys = available,
        .ullTotalPageFile = total + info.totalswap * unit,
        .ullAvailPageFile = available + info.freeswap * unit,
        .ullTotalVirtual = 0x7ffffffe0000,
        .ullAvailVirtual = 0x7ffffffe0000 - (total - available),
    };
    return TRUE;
}

DWORD WINAPI GetVersion(void)
{
    return VERSION_MAJOR | VERSION_MINOR << 8 | (DWORD)VERSION_BUILD << 16;
}

BOOL WINAPI GetVersionExA(LPOSVERSIONINFOA info)
{
    DWORD size = info->dwOSVersionInfoSize;
    if (size != sizeof(OSVERSIONINFOA) && size != sizeof(OSVERSIONINFOEXA)) {
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memset(info, 0, size);
    info->dwOSVersionInfoSize = size;
    info->dwMajorVersion = VERSION_MAJOR;
    info->dwMinorVersion = VERSION_MINOR;
    info->dwBuildNumber = VERSION_BUILD;
    info->dwPlatformId = VER_PLATFORM_WIN32_NT;
    if (size == sizeof(OSVERSIONINFOEXA))
        ((OSVERSIONINFOEXA *)info)->wProductType = VER_NT_WORKSTATION;
    return TRUE;
}

BOOL WINAPI GetVersionExW(LPOSVERSIONINFOW info)
{
    DWORD size = info->dwOSVersionInfoSize;
    if (size != sizeof(OSVERSIONINFOW) && size != sizeof(OSVERSIONINFOEXW)) {
        error_set(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memset(info, 0, size);
    info->dwOSVersionInfoSize = size;
    info->dwMajorVersion = VERSION_MAJOR;
    info->dwMinorVersion = VERSION_MINOR;
    info->dwBuildNumber = VERSION_BUILD;
    info->dwPlatformId = VER_PLATFORM_WIN32_NT;
    if (size == sizeof(OSVERSIONINFOEXW))
        ((OSVERSIONINFOEXW *)info)->wProductType = VER_NT_WORKSTATION;
    return TRUE;
}

BOOL WINAPI IsProcessorFeaturePresent(DWORD feature)
{
#if defined(__x86_64__)
    switch (feature) {
    case PF_XMMI_INSTRUCTIONS_AVAILABLE:
    case PF_XMMI64_INSTRUCTIONS_AVAILABLE:
    case PF_COMPARE_EXCHANGE128: /* the atomic lists need it */
        return TRUE;
    case PF_SSE3_INSTRUCTIONS_AVAILABLE:
        return __builtin_cpu_supports("sse3") != 0;
    case PF_AVX_INSTRUCTIONS_AVAILABLE:
        return __builtin_cpu_supports("avx") != 0;
    case PF_AVX2_INSTRUCTIONS_AVAILABLE:
        return __builtin_cpu_supports("avx2") != 0;
    case PF_AVX512F_INSTRUCTIONS_AVAILABLE:
        return __builtin_cpu_supports("avx512f") != 0;
    default:
        return FALSE;
    }
#else
    (void)feature;
    return FALSE;
#endif
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* Gives `text` out as these calls do: *size holds the room and becomes the length; too small: the
 * size that is needed, and `small_error`. `counts_end` says whether the length of a success counts
 * the terminator. */
static BOOL text_give(const char *text, LPSTR buffer, LPDWORD size, DWORD small_error,
                      bool counts_end)
{
    DWORD length = (DWORD)strlen(text);
    if (buffer == NULL || *size <= length) {
        *size = length + 1;
        error_set(small_error);
        return FALSE;
    }
    memcpy(buffer, text, length + 1);
    *size = length + counts_end;
    return TRUE;
}

static BOOL text_give_wide(const char *text, LPWSTR buffer, LPDWORD size, DWORD small_error,
                           bool counts_end)
{
    DWORD length = (DWORD)utf16_from_utf8(NULL, 0, text, strlen(text));
    if (buffer == NULL || *size <= length) {
        *size = length + 1;
        error_set(small_error);
        return FALSE;
    }
    utf16_from_utf8(buffer, length, text, strlen(text));
    buffer[length] = 0;
    *size = length + counts_end;
    return TRUE;
}

/* NetBIOS names are the host's first label, in capitals, of at most 15 characters. */
static const char *computer_name(COMPUTER_NAME_FORMAT format, char name[256])
{
    if (gethostname(name, 256) != 0)
        strcpy(name, "localhost");
    name[255] = 0;
    char *dot = strchr(name, '.');
    switch (format) {
    case ComputerNameNetBIOS:
    case ComputerNamePhysicalNetBIOS:
        if (dot != NULL)
            *dot = 0;
        name[MAX_COMPUTERNAME_LENGTH] = 0;
        for (char *c = name; *c != 0; c++)
            *c = (char)toupper((unsigned char)*c);
        return name;
    case ComputerNameDnsHostname:
    case ComputerNamePhysicalDnsHostname:
        if (dot != NULL)
            *dot = 0;
        return name;
    case ComputerNameDnsDomain:
    case ComputerNamePhysicalDnsDomain:
        return dot == NULL ? "" : dot + 1;
    case ComputerNameDnsFullyQualified:
    case ComputerNamePhysicalDnsFullyQualified:
        return name;
    default:
        return NULL;
    }
}

BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT format, LPSTR buffer, LPDWORD size)
{
    char name[256];
    const char *text = computer_name(format, name);
    if (text == NULL)
        return error_from_status(STATUS_INVALID_PARAMETER);
    return text_give(text, buffer, size, ERROR_MORE_DATA, false);
}

BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT format, LPWSTR buffer, LPDWORD size)
{
    char name[256];
    const char *text = computer_name(format, name);
    if (text == NULL)
        return error_from_status(STATUS_INVALID_PARAMETER);
    return text_give_wide(text, buffer, size, ERROR_MORE_DATA, false);
}

BOOL WINAPI GetComputerNameA(LPSTR buffer, LPDWORD size)
{
    char name[256];
    return text_give(computer_name(ComputerNameNetBIOS, name), buffer, size, ERROR_BUFFER_OVERFLOW,
                     false);
}

BOOL WINAPI GetComputerNameW(LPWSTR buffer, LPDWORD size)
{
    char name[256];
    return text_give_wide(computer_name(ComputerNameNetBIOS, name), buffer, size,
                          ERROR_BUFFER_OVERFLOW, false);
}

static const char *user_name(char room[512], struct passwd *entry)
{
    struct passwd *found = NULL;
    if (getpwuid_r(geteuid(), entry, room, 512, &found) == 0 && found != NULL)
        return found->pw_name;
    snprintf(room, 512, "%u", geteuid());
    return room;
}

BOOL WINAPI GetUserNameA(LPSTR buffer, LPDWORD size)
{
    char room[512];
    struct passwd entry;
    return text_give(user_name(room, &entry), buffer, size, ERROR_INSUFFICIENT_BUFFER, true);
}

BOOL WINAPI GetUserNameW(LPWSTR buffer, LPDWORD size)
{
    char room[512];
    struct passwd entry;
    return text_give_wide(user_name(room, &entry), buffer, size, ERROR_INSUFFICIENT_BUFFER, true);
}

/* The directories keep the names that programs expect; the path table decides where C: is. */
static UINT directory_give(const char *text, LPSTR buffer, UINT size)
{
    DWORD room = size;
    UINT length = (UINT)strlen(text);
    return text_give(text, buffer, &room, ERROR_SUCCESS, false) ? length : length + 1;
}

static UINT directory_give_wide(const char *text, LPWSTR buffer, UINT size)
{
    DWORD room = size;
    UINT length = (UINT)strlen(text);
    return text_give_wide(text, buffer, &room, ERROR_SUCCESS, false) ? length : length + 1;
}

UINT WINAPI GetSystemDirectoryA(LPSTR buffer, UINT size)
{
    return directory_give("C:\\Windows\\System32", buffer, size);
}

UINT WINAPI GetSystemDirectoryW(LPWSTR buffer, UINT size)
{
    return directory_give_wide("C:\\Windows\\System32", buffer, size);
}

UINT WINAPI GetWindowsDirectoryA(LPSTR buffer, UINT size)
{
    return directory_give("C:\\Windows", buffer, size);
}

UINT WINAPI GetWindowsDirectoryW(LPWSTR buffer, UINT size)
{
    return directory_give_wide("C:\\Windows", buffer, size);
}

/* ---- Small utilities ------------------------------------------------------------------------- */

/* Rounds half away from zero; -1 where the result does not fit. */
int WINAPI MulDiv(int number, int numerator, int denominator)
{
    if (denominator == 0)
        return -1;
    int64_t product = (int64_t)number * numerator, divisor = denominator;
    int64_t half = (divisor < 0 ? -divisor : divisor) / 2;
    int64_t magnitude =
        ((product < 0 ? -product : product) + half) / (divisor < 0 ? -divisor : divisor);
    int64_t result = (product < 0) != (divisor < 0) ? -magnitude : magnitude;
    return result < INT32_MIN || result > INT32_MAX ? -1 : (int)result;
}

static uintptr_t pointer_key(void)
{
    static _Atomic uintptr_t key;
    uintptr_t value = key;
    if (value == 0) {
        uintptr_t made = 0;
        while (made == 0)
            if (getentropy(&made, sizeof made) != 0)
                made = (uintptr_t)&key | 1;
        if (atomic_compare_exchange_strong(&key, &value, made))
            value = made;
    }
    return value;
}

PVOID WINAPI EncodePointer(PVOID pointer)
{
    return (PVOID)((uintptr_t)pointer ^ pointer_key());
}

PVOID WINAPI DecodePointer(PVOID pointer)
{
    return EncodePointer(pointer);
}
