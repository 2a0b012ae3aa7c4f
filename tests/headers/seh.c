/* SPDX-License-Identifier: MIT */
/* Guarded blocks, in C and C++: what is raised and what faults is caught, offered outwards, and
 * seen by __finally. Rules: "Structured Exception Handling" and the pages of the functions. Not for
 * MinGW, which has no __try in C. */
#include <windows.h>
#include <excpt.h>
#include "../tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int steps;

static void raised(void)
{
    steps = 0;
    __try {
        RaiseException(0xE0000001, 0, 0, NULL);
        steps = 100;
    } __except (GetExceptionCode() == 0xE0000001 ? EXCEPTION_EXECUTE_HANDLER
                                                 : EXCEPTION_CONTINUE_SEARCH) {
        steps += 1;
        is_int(GetExceptionCode(), 0xE0000001, "the code in the handler");
    }
    is_int(steps, 1, "a raised exception is caught");
    __try {
        steps = 2;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        steps = 3;
    }
    is_int(steps, 2, "a block that ends by itself has no exception");
}

static int inspect(EXCEPTION_POINTERS *pointers, ULONG_PTR *first)
{
    *first = pointers->ExceptionRecord->ExceptionInformation[0];
    return pointers->ExceptionRecord->NumberParameters == 2 ? EXCEPTION_EXECUTE_HANDLER
                                                            : EXCEPTION_CONTINUE_SEARCH;
}

static void parameters(void)
{
    const ULONG_PTR values[2] = {5, 6};
    ULONG_PTR first = 0;
    __try {
        RaiseException(0xE0000002, EXCEPTION_NONCONTINUABLE, 2, values);
    } __except (inspect(GetExceptionInformation(), &first)) {
        steps = 1;
    }
    is_int(first, 5, "the filter sees the parameters");
}

static void nested(void)
{
    steps = 0;
    __try {
        __try {
            __try {
                RaiseException(0xE0000003, 0, 0, NULL);
            } __except (EXCEPTION_CONTINUE_SEARCH) {
                steps += 1000;
            }
            steps += 1000;
        } __finally {
            steps += AbnormalTermination() ? 1 : 100;
        }
        steps += 1000;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        steps += 10;
    }
    is_int(steps, 11, "the search goes on outwards, and __finally runs on the way");
}

static int leaves_by_return(void)
{
    __try {
        return 7;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        steps = 100;
    }
    return 8;
}

static void left(void)
{
    steps = 0;
    is_int(leaves_by_return(), 7, "return out of a block");
    __try {
        is_int(leaves_by_return(), 7, "and inside another one");
        RaiseException(0xE0000004, 0, 0, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        steps = 1;
    }
    is_int(steps, 1, "a block that was left catches nothing");
    __try {
        switch (steps) {
        case 1:
            steps = 2;
            __leave;
        default:
            steps = 100;
        }
        steps = 100;
    } __finally {
        steps += AbnormalTermination() ? 100 : 10;
    }
    is_int(steps, 12, "__leave out of a switch is no abnormal end");
    if (steps == 0)
        __try {
            steps = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            steps = 100;
        }
    else
        steps = 13;
    is_int(steps, 13, "a block as the branch of an if");
}

static void faults(void)
{
    volatile ULONG code = 0;
    volatile ULONG_PTR address = 0, kind = 0;
    char *volatile nowhere = (char *)0x10;
    __try {
        *nowhere = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
        address = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[1];
        kind = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0];
    }
    is_int(code, EXCEPTION_ACCESS_VIOLATION, "a bad address is an access violation");
    is_int(address, 0x10, "with the address");
    is_int(kind, EXCEPTION_WRITE_FAULT, "of a write");
    __try {
        code = (ULONG)*nowhere;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        kind = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0];
    }
    is_int(kind, EXCEPTION_READ_FAULT, "or of a read, and again");
    char here[64];
    volatile size_t size = sizeof here;
    code = 0;
    __try {
        memcpy(here, nowhere, size);
        steps = here[size / 2];
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    is_int(code, EXCEPTION_ACCESS_VIOLATION, "in the runtime's functions too");
#if defined(__x86_64__)
    volatile int zero = 0, quotient = 1;
    __try {
        quotient = quotient / zero;
    } __except (GetExceptionCode() == EXCEPTION_INT_DIVIDE_BY_ZERO ? EXCEPTION_EXECUTE_HANDLER
                                                                   : EXCEPTION_CONTINUE_SEARCH) {
        quotient = 77;
    }
    is_int(quotient, 77, "a division by zero");
#endif
}

static DWORD WINAPI faulting(void *unused)
{
    volatile DWORD caught = 0;
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        __try {
            *(volatile int *)NULL = 1;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            caught++;
        }
    }
    return caught;
}

static void threads(void)
{
    HANDLE handles[4];
    DWORD whole = 0;
    for (int i = 0; i < 4; i++)
        handles[i] = CreateThread(NULL, 0, faulting, NULL, 0, NULL);
    WaitForMultipleObjects(4, handles, TRUE, INFINITE);
    for (int i = 0; i < 4; i++) {
        DWORD caught = 0;
        GetExitCodeThread(handles[i], &caught);
        whole += caught;
        CloseHandle(handles[i]);
    }
    is_int(whole, 4000, "each thread has its own blocks");
}

static LONG CALLBACK first_look(EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    steps += 1;
    return EXCEPTION_CONTINUE_SEARCH;
}

static void vectored(void)
{
    steps = 0;
    void *handler = AddVectoredExceptionHandler(1, first_look);
    __try {
        RaiseException(0xE0000005, 0, 0, NULL);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        steps += 10;
    }
    RemoveVectoredExceptionHandler(handler);
    is_int(steps, 11, "vectored handlers look first");
}

/* A signal that somebody sends is no fault: it ends the process, as it would without guarded blocks. */
static void sent_signals(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        __try {
            kill(getpid(), SIGSEGV);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            _exit(1);
        }
        _exit(2);
    }
    waitpid(child, &status, 0);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    ok(status != 0, "a sanitizer reports a signal that is sent");
#else
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "a signal that is sent ends the process");
#endif
}

int main(void)
{
    tap_begin();
    part(raised);
    part(parameters);
    part(nested);
    part(left);
    part(faults);
    part(threads);
    part(vectored);
    part(sent_signals);
    return tap_end();
}
