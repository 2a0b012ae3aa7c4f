/* SPDX-License-Identifier: MIT */
/* DbgPrint and its kind: lines of the trace. */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/trace.h"
#include "wdm/wdm_host.h"

/* With Windows' formats. A debugger's output is a line of the trace here. */
ULONG __cdecl DbgPrint(const char *Format, ...)
{
    char text[512];
    struct format_target target = {.units = text, .capacity = sizeof text - 1};
    struct format_args arguments;
    va_start(arguments.list, Format);
    int length = format_print(&target, Format, &arguments);
    va_end(arguments.list);
    if (length < 0)
        return (ULONG)STATUS_INVALID_PARAMETER;
    text[target.used] = '\0';
    text[strcspn(text, "\n")] = '\0';
    trace_note(TRACE_DRIVER, "%s", text);
    return STATUS_SUCCESS;
}
