/* SPDX-License-Identifier: MIT */
/* Raised exceptions reach vectored handlers, in their order. Rules: the pages of the functions. */
#include "../tap.h"

static int order[8], count;
static DWORD code, parameters;
static ULONG_PTR first_parameter;

static LONG CALLBACK passes_on(struct _EXCEPTION_POINTERS *pointers)
{
    (void)pointers;
    order[count++] = 1;
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG CALLBACK takes(struct _EXCEPTION_POINTERS *pointers)
{
    order[count++] = 2;
    code = pointers->ExceptionRecord->ExceptionCode;
    parameters = pointers->ExceptionRecord->NumberParameters;
    first_parameter = pointers->ExceptionRecord->ExceptionInformation[0];
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void vectored(void)
{
    const ULONG_PTR values[2] = {77, 78};
    void *last = AddVectoredExceptionHandler(0, takes);
    void *first = AddVectoredExceptionHandler(1, passes_on);
    ok(first && last, "two handlers");
    RaiseException(0xE0001234, 0, 2, values);
    is_int(count, 2, "both are called");
    ok(order[0] == 1 && order[1] == 2, "the one that was put first is first");
    is_int(code, 0xE0001234, "with the code");
    ok(parameters == 2 && first_parameter == 77, "and the parameters");
    ok(RemoveVectoredExceptionHandler(first), "removed");
    RaiseException(0xE0001234, 0, 0, NULL);
    is_int(count, 3, "it is called no more");
    ok(RemoveVectoredExceptionHandler(last), "removed");
    ok(!RemoveVectoredExceptionHandler(&code), "what is no handler cannot be");
}

static void error_mode(void)
{
    UINT before = SetErrorMode(SEM_FAILCRITICALERRORS);
    is_int(GetErrorMode(), SEM_FAILCRITICALERRORS, "GetErrorMode tells what was set");
    is_int(SetErrorMode(before), SEM_FAILCRITICALERRORS, "SetErrorMode gives the one before");
}

int main(void)
{
    tap_begin();
    part(vectored);
    part(error_mode);
    return tap_end();
}
