/* SPDX-License-Identifier: MIT */
/* MmGetSystemRoutineAddress: the kernel's routines by name, from the table of exports. */
#include <string.h>

#include "base/exports.h"
#include "base/utf16.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    char name[128];
    VERIFY_IRQL(PASSIVE_LEVEL);
    size_t length = utf8_from_utf16(name, sizeof name - 1, (const char16_t *)SystemRoutineName->Buffer,
                                    SystemRoutineName->Length / sizeof(WCHAR));
    if (length >= sizeof name)
        return NULL;
    name[length] = '\0';
    for (unsigned i = 0; i < export_row_count; i++)
        if (strcmp(export_rows[i].name, name) == 0 && strcmp(export_rows[i].module, "ntoskrnl") == 0)
            return (PVOID)(uintptr_t)export_rows[i].function;
    return NULL;
}
