/* SPDX-License-Identifier: MIT */
/* Threads and processes: create, exit, priority, APCs, thread-local storage. */
#ifndef _PROCESSTHREADSAPI_H_
#define _PROCESSTHREADSAPI_H_
#include "minwindef.h"
#include "minwinbase.h"
#include "handleapi.h"

#define TLS_OUT_OF_INDEXES                ((DWORD)0xFFFFFFFF)
#define TLS_MINIMUM_AVAILABLE             64
#define DEBUG_PROCESS                     0x00000001
#define STARTF_USESHOWWINDOW              0x00000001
#define DEBUG_ONLY_THIS_PROCESS           0x00000002
#define STARTF_USESIZE                    0x00000002
#define CREATE_SUSPENDED                  0x00000004
#define STARTF_USEPOSITION                0x00000004
#define DETACHED_PROCESS                  0x00000008
#define STARTF_USECOUNTCHARS              0x00000008
#define CREATE_NEW_CONSOLE                0x00000010
#define STARTF_USEFILLATTRIBUTE           0x00000010
#define NORMAL_PRIORITY_CLASS             0x00000020
#define STARTF_RUNFULLSCREEN              0x00000020
#define IDLE_PRIORITY_CLASS               0x00000040
#define STARTF_FORCEONFEEDBACK            0x00000040
#define HIGH_PRIORITY_CLASS               0x00000080
#define STARTF_FORCEOFFFEEDBACK           0x00000080
#define REALTIME_PRIORITY_CLASS           0x00000100
#define STARTF_USESTDHANDLES              0x00000100
#define CREATE_NEW_PROCESS_GROUP          0x00000200
#define STARTF_USEHOTKEY                  0x00000200
#define CREATE_UNICODE_ENVIRONMENT        0x00000400
#define STARTF_TITLEISLINKNAME            0x00000800
#define STARTF_TITLEISAPPID               0x00001000
#define STARTF_PREVENTPINNING             0x00002000
#define BELOW_NORMAL_PRIORITY_CLASS       0x00004000
#define ABOVE_NORMAL_PRIORITY_CLASS       0x00008000
#define STARTF_UNTRUSTEDSOURCE            0x00008000
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000
#define EXTENDED_STARTUPINFO_PRESENT      0x00080000
#define CREATE_NO_WINDOW                  0x08000000
#define THREAD_PRIORITY_NORMAL            0
#define THREAD_PRIORITY_ABOVE_NORMAL      1
#define THREAD_BASE_PRIORITY_MAX          2
#define THREAD_PRIORITY_HIGHEST           2
#define THREAD_BASE_PRIORITY_LOWRT        15
#define THREAD_PRIORITY_TIME_CRITICAL     15
#define THREAD_MODE_BACKGROUND_BEGIN      65536
#define THREAD_MODE_BACKGROUND_END        131072
#define THREAD_PRIORITY_ERROR_RETURN      2147483647
#define THREAD_BASE_PRIORITY_IDLE         (-15)
#define THREAD_PRIORITY_IDLE              (-15)
#define THREAD_BASE_PRIORITY_MIN          (-2)
#define THREAD_PRIORITY_LOWEST            (-2)
#define THREAD_PRIORITY_BELOW_NORMAL      (-1)

typedef struct _PROCESS_INFORMATION {
    HANDLE hProcess;
    HANDLE hThread;
    DWORD dwProcessId;
    DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;
typedef struct _STARTUPINFOA {
    DWORD cb;
    LPSTR lpReserved;
    LPSTR lpDesktop;
    LPSTR lpTitle;
    DWORD dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;
typedef struct _STARTUPINFOW {
    DWORD cb;
    LPWSTR lpReserved;
    LPWSTR lpDesktop;
    LPWSTR lpTitle;
    DWORD dwX, dwY, dwXSize, dwYSize, dwXCountChars, dwYCountChars, dwFillAttribute, dwFlags;
    WORD wShowWindow;
    WORD cbReserved2;
    LPBYTE lpReserved2;
    HANDLE hStdInput;
    HANDLE hStdOutput;
    HANDLE hStdError;
} STARTUPINFOW, *LPSTARTUPINFOW;
#ifdef UNICODE
typedef STARTUPINFOW STARTUPINFO, *LPSTARTUPINFO;
#else
typedef STARTUPINFOA STARTUPINFO, *LPSTARTUPINFO;
#endif
typedef struct _PROC_THREAD_ATTRIBUTE_LIST *PPROC_THREAD_ATTRIBUTE_LIST,
    *LPPROC_THREAD_ATTRIBUTE_LIST;

OVL_BEGIN_C

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES lpThreadAttributes, SIZE_T dwStackSize,
                           LPTHREAD_START_ROUTINE lpStartAddress, LPVOID lpParameter,
                           DWORD dwCreationFlags, LPDWORD lpThreadId);
DECLSPEC_NORETURN void WINAPI ExitThread(DWORD dwExitCode);
BOOL WINAPI TerminateThread(HANDLE hThread, DWORD dwExitCode);
DWORD WINAPI SuspendThread(HANDLE hThread);
DWORD WINAPI ResumeThread(HANDLE hThread);
HANDLE WINAPI GetCurrentThread(void);
DWORD WINAPI GetCurrentThreadId(void);
DWORD WINAPI GetThreadId(HANDLE Thread);
HANDLE WINAPI OpenThread(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwThreadId);
BOOL WINAPI GetExitCodeThread(HANDLE hThread, LPDWORD lpExitCode);
BOOL WINAPI SetThreadPriority(HANDLE hThread, int nPriority);
int WINAPI GetThreadPriority(HANDLE hThread);
BOOL WINAPI SetThreadPriorityBoost(HANDLE hThread, BOOL bDisablePriorityBoost);
BOOL WINAPI GetThreadPriorityBoost(HANDLE hThread, PBOOL pDisablePriorityBoost);
BOOL WINAPI SwitchToThread(void);
DWORD WINAPI QueueUserAPC(PAPCFUNC pfnAPC, HANDLE hThread, ULONG_PTR dwData);
BOOL WINAPI SetThreadStackGuarantee(PULONG StackSizeInBytes);
BOOL WINAPI GetThreadTimes(HANDLE hThread, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
                           LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
DWORD_PTR WINAPI SetThreadAffinityMask(HANDLE hThread, DWORD_PTR dwThreadAffinityMask);
DWORD WINAPI SetThreadIdealProcessor(HANDLE hThread, DWORD dwIdealProcessor);
HRESULT WINAPI SetThreadDescription(HANDLE hThread, PCWSTR lpThreadDescription);
HRESULT WINAPI GetThreadDescription(HANDLE hThread, PWSTR *ppszThreadDescription);
DWORD WINAPI TlsAlloc(void);
BOOL WINAPI TlsFree(DWORD dwTlsIndex);
LPVOID WINAPI TlsGetValue(DWORD dwTlsIndex);
BOOL WINAPI TlsSetValue(DWORD dwTlsIndex, LPVOID lpTlsValue);
BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
                           LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
                           DWORD dwCreationFlags, LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
                           LPSTARTUPINFOA lpStartupInfo,
                           LPPROCESS_INFORMATION lpProcessInformation);
BOOL WINAPI CreateProcessW(LPCWSTR lpApplicationName, LPWSTR lpCommandLine,
                           LPSECURITY_ATTRIBUTES lpProcessAttributes,
                           LPSECURITY_ATTRIBUTES lpThreadAttributes, BOOL bInheritHandles,
                           DWORD dwCreationFlags, LPVOID lpEnvironment, LPCWSTR lpCurrentDirectory,
                           LPSTARTUPINFOW lpStartupInfo,
                           LPPROCESS_INFORMATION lpProcessInformation);
void WINAPI ExitProcess(UINT uExitCode);
BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);
HANDLE WINAPI GetCurrentProcess(void);
DWORD WINAPI GetCurrentProcessId(void);
DWORD WINAPI GetProcessId(HANDLE Process);
HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);
BOOL WINAPI GetExitCodeProcess(HANDLE hProcess, LPDWORD lpExitCode);
BOOL WINAPI GetProcessTimes(HANDLE hProcess, LPFILETIME lpCreationTime, LPFILETIME lpExitTime,
                            LPFILETIME lpKernelTime, LPFILETIME lpUserTime);
BOOL WINAPI SetPriorityClass(HANDLE hProcess, DWORD dwPriorityClass);
DWORD WINAPI GetPriorityClass(HANDLE hProcess);
BOOL WINAPI GetProcessAffinityMask(HANDLE hProcess, PDWORD_PTR lpProcessAffinityMask,
                                   PDWORD_PTR lpSystemAffinityMask);
BOOL WINAPI SetProcessAffinityMask(HANDLE hProcess, DWORD_PTR dwProcessAffinityMask);
void WINAPI GetStartupInfoA(LPSTARTUPINFOA lpStartupInfo);
void WINAPI GetStartupInfoW(LPSTARTUPINFOW lpStartupInfo);
DWORD WINAPI GetCurrentProcessorNumber(void);
BOOL WINAPI GetProcessHandleCount(HANDLE hProcess, PDWORD pdwHandleCount);
void WINAPI FlushProcessWriteBuffers(void);
DWORD WINAPI GetProcessIdOfThread(HANDLE Thread);
BOOL WINAPI IsProcessorFeaturePresent(DWORD ProcessorFeature);

OVL_END_C

#ifdef UNICODE
#define CreateProcess  CreateProcessW
#define GetStartupInfo GetStartupInfoW
#else
#define CreateProcess  CreateProcessA
#define GetStartupInfo GetStartupInfoA
#endif

#endif
