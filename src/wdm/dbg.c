/* SPDX-License-Identifier: MIT */
/* DbgPrint and its kind: lines of the trace. */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/trace.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

/* With Windows' formats. A debugger's output is a line of the trace here; a text of several lines is several. */
static ULONG print(const char *prefix, const char *format, struct format_args *arguments)
{
    char text[512];
    size_t before = strnlen(prefix, sizeof text / 2);
    memcpy(text, prefix, before);
    struct format_target target = {.units = text + before, .capacity = sizeof text - 1 - before};
    int length = format_print(&target, format, arguments);
    if (length < 0)
        return (ULONG)STATUS_INVALID_PARAMETER;
    text[before + target.used] = '\0';
    for (char *line = text, *end; *line != '\0'; line = end) {
        end = line + strcspn(line, "\n");
        if (*end != '\0')
            *end++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        trace_note(TRACE_DRIVER, "%s", line);
    }
    return STATUS_SUCCESS;
}

ULONG __cdecl DbgPrint(const char *Format, ...)
{
    struct format_args arguments;
    va_start(arguments.list, Format);
    ULONG status = print("", Format, &arguments);
    va_end(arguments.list);
    return status;
}

/* Components and levels filter nothing: the trace has one category for drivers. */
ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, ...)
{
    struct format_args arguments;
    (void)ComponentId;
    (void)Level;
    va_start(arguments.list, Format);
    ULONG status = print("", Format, &arguments);
    va_end(arguments.list);
    return status;
}

ULONG NTAPI vDbgPrintExWithPrefix(const char *Prefix, ULONG ComponentId, ULONG Level, const char *Format, va_list arglist)
{
    struct format_args arguments;
    (void)ComponentId;
    (void)Level;
    va_copy(arguments.list, arglist);
    ULONG status = print(Prefix, Format, &arguments);
    va_end(arguments.list);
    return status;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, va_list arglist)
{
    return vDbgPrintExWithPrefix("", ComponentId, Level, Format, arglist);
}

/* No kernel debugger is there; a debugger of the process stops at the signal, and without one nothing happens. */
VOID NTAPI DbgBreakPoint(void)
{
    trace_note(TRACE_DRIVER, "DbgBreakPoint");
}

VOID NTAPI RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage)
{
    wdm_verifier_stop_at(NULL, "bug-check", VERIFY_CALLER, "%s:%u: the assertion %s failed%s%s", (const char *)VoidFileName, LineNumber,
                         (const char *)VoidFailedAssertion, MutableMessage == NULL ? "" : ": ", MutableMessage == NULL ? "" : MutableMessage);
}
