/* SPDX-License-Identifier: MIT */
/* Counted strings: Rtl*UnicodeString and Rtl*AnsiString. */
#include <stdlib.h>
#include <string.h>

#include "base/format.h"
#include "base/utf16.h"
#include "ntstrsafe.h"
#include "wdm/verify.h"
#include "wdm/wdm_host.h"

VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    size_t length = 0;
    while (SourceString != NULL && SourceString[length] != 0 && length < UNICODE_STRING_MAX_CHARS - 1)
        length++;
    DestinationString->Buffer = (PWSTR)(uintptr_t)SourceString;
    DestinationString->Length = (USHORT)(length * sizeof(WCHAR));
    DestinationString->MaximumLength = SourceString == NULL ? 0 : (USHORT)((length + 1) * sizeof(WCHAR));
}

VOID NTAPI RtlFreeUnicodeString(PUNICODE_STRING UnicodeString)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (UnicodeString->Buffer != NULL)
        ExFreePool(UnicodeString->Buffer);
    *UnicodeString = (UNICODE_STRING){.Length = 0};
}

BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    if (String1->Length != String2->Length)
        return FALSE;
    for (size_t i = 0; i < String1->Length / sizeof(WCHAR); i++) {
        WCHAR a = String1->Buffer[i], b = String2->Buffer[i];
        if (CaseInSensitive ? utf16_fold(a) != utf16_fold(b) : a != b)
            return FALSE;
    }
    return TRUE;
}

bool wdm_name_convert(const UNICODE_STRING *name, char *out, size_t size)
{
    size_t units = name->Length / sizeof(WCHAR);
    size_t length = utf8_from_utf16(out, size - 1, (const char16_t *)name->Buffer, units);
    if (length >= size)
        return false;
    out[length] = '\0';
    for (char *at = out; *at != '\0'; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    return true;
}

/* RtlUnicodeStringPrintf's part that is no macro: as many characters as fit. */
NTSTATUS NTAPI OvlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, const WCHAR *pszFormat, va_list argList)
{
    VERIFY_IRQL(PASSIVE_LEVEL);
    struct format_target target = {.units = DestinationString->Buffer,
                                   .capacity = DestinationString->MaximumLength / sizeof(WCHAR),
                                   .wide = true};
    struct format_args arguments;
    va_copy(arguments.list, argList);
    int length = format_print(&target, pszFormat, &arguments);
    va_end(arguments.list);
    if (length < 0)
        return STATUS_INVALID_PARAMETER;
    DestinationString->Length = (USHORT)(target.used * sizeof(WCHAR));
    return target.used == (size_t)length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}
