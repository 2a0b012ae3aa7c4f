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
    VERIFY_IRQL(APC_LEVEL);
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

/* ---- Making, copying, joining ------------------------------------------------------------------------------------------ */

NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString)
{
    if (SourceString != NULL && utf16_length((const char16_t *)SourceString) > UNICODE_STRING_MAX_CHARS - 1)
        return STATUS_NAME_TOO_LONG;
    RtlInitUnicodeString(DestinationString, SourceString);
    return STATUS_SUCCESS;
}

VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString)
{
    size_t length = SourceString == NULL ? 0 : strnlen(SourceString, UNICODE_STRING_MAX_BYTES - 1);
    DestinationString->Buffer = (PCHAR)(uintptr_t)SourceString;
    DestinationString->Length = (USHORT)length;
    DestinationString->MaximumLength = SourceString == NULL ? 0 : (USHORT)(length + 1);
}

VOID NTAPI RtlInitString(PSTRING DestinationString, PCSZ SourceString)
{
    RtlInitAnsiString(DestinationString, SourceString);
}

VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString)
{
    if (AnsiString->Buffer != NULL)
        ExFreePool(AnsiString->Buffer);
    *AnsiString = (ANSI_STRING){.Length = 0};
}

VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    USHORT length = SourceString == NULL ? 0 : SourceString->Length;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength & (USHORT)~1u;
    if (length != 0)
        memmove(DestinationString->Buffer, SourceString->Buffer, length);
    DestinationString->Length = length;
    if (length + sizeof(WCHAR) <= DestinationString->MaximumLength)
        DestinationString->Buffer[length / sizeof(WCHAR)] = 0;
}

VOID NTAPI RtlCopyString(PSTRING DestinationString, PCSTRING SourceString)
{
    USHORT length = SourceString == NULL ? 0 : SourceString->Length;
    if (length > DestinationString->MaximumLength)
        length = DestinationString->MaximumLength;
    if (length != 0)
        memmove(DestinationString->Buffer, SourceString->Buffer, length);
    DestinationString->Length = length;
}

NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source)
{
    ULONG length = (ULONG)Destination->Length + Source->Length;
    if (length > Destination->MaximumLength)
        return STATUS_BUFFER_TOO_SMALL;
    if (Source->Length != 0)
        memmove(Destination->Buffer + Destination->Length / sizeof(WCHAR), Source->Buffer, Source->Length);
    Destination->Length = (USHORT)length;
    if (length + sizeof(WCHAR) <= Destination->MaximumLength)
        Destination->Buffer[length / sizeof(WCHAR)] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source)
{
    UNICODE_STRING source;
    NTSTATUS status = RtlInitUnicodeStringEx(&source, Source);
    return status == STATUS_SUCCESS ? RtlAppendUnicodeStringToString(Destination, &source) : STATUS_BUFFER_TOO_SMALL;
}

/* ---- Comparing ----------------------------------------------------------------------------------------------------------- */

WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter)
{
    return (WCHAR)utf16_fold(SourceCharacter);
}

/* The other letter that folding takes to this one. */
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter)
{
    static const WCHAR distances[] = {32, 80, 1};
    for (size_t i = 0; i < sizeof distances / sizeof *distances; i++) {
        WCHAR upper_case = (WCHAR)(SourceCharacter - distances[i]);
        if (SourceCharacter >= distances[i] && utf16_fold(upper_case) == SourceCharacter)
            return upper_case;
    }
    return SourceCharacter == 0xff ? 0x178 : SourceCharacter;
}

NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString)
{
    if (AllocateDestinationString) {
        DestinationString->MaximumLength = SourceString->Length;
        DestinationString->Buffer = wdm_pool_allocate(PagedPool, SourceString->Length != 0 ? SourceString->Length : 2, 0x67727453,
                                                      __builtin_return_address(0));
        if (DestinationString->Buffer == NULL)
            return STATUS_NO_MEMORY;
    } else if (DestinationString->MaximumLength < SourceString->Length) {
        return STATUS_BUFFER_OVERFLOW;
    }
    for (size_t i = 0; i < SourceString->Length / sizeof(WCHAR); i++)
        DestinationString->Buffer[i] = RtlUpcaseUnicodeChar(SourceString->Buffer[i]);
    DestinationString->Length = SourceString->Length;
    return STATUS_SUCCESS;
}

LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    USHORT shorter = String1->Length < String2->Length ? String1->Length : String2->Length;
    for (size_t i = 0; i < shorter / sizeof(WCHAR); i++) {
        WCHAR a = String1->Buffer[i], b = String2->Buffer[i];
        if (CaseInSensitive) {
            a = RtlUpcaseUnicodeChar(a);
            b = RtlUpcaseUnicodeChar(b);
        }
        if (a != b)
            return (LONG)a - (LONG)b;
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

static int upper(char character)
{
    return character >= 'a' && character <= 'z' ? character - 'a' + 'A' : (unsigned char)character;
}

LONG NTAPI RtlCompareString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive)
{
    USHORT shorter = String1->Length < String2->Length ? String1->Length : String2->Length;
    for (size_t i = 0; i < shorter; i++) {
        int a = (unsigned char)String1->Buffer[i], b = (unsigned char)String2->Buffer[i];
        if (CaseInSensitive) {
            a = upper(String1->Buffer[i]);
            b = upper(String2->Buffer[i]);
        }
        if (a != b)
            return a - b;
    }
    return (LONG)String1->Length - (LONG)String2->Length;
}

BOOLEAN NTAPI RtlEqualString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive)
{
    return String1->Length == String2->Length && RtlCompareString(String1, String2, CaseInSensitive) == 0;
}

/* Whether String1 is the beginning of String2. */
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive)
{
    UNICODE_STRING head = {.Length = String1->Length, .MaximumLength = String1->Length, .Buffer = String2->Buffer};
    return String1->Length <= String2->Length && RtlEqualUnicodeString(String1, &head, CaseInSensitive);
}

NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue)
{
    ULONG hash = 0;
    if (HashAlgorithm > HASH_STRING_ALGORITHM_X65599)
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < String->Length / sizeof(WCHAR); i++)
        hash = hash * 65599 + (CaseInSensitive ? RtlUpcaseUnicodeChar(String->Buffer[i]) : String->Buffer[i]);
    *HashValue = hash;
    return STATUS_SUCCESS;
}

SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length)
{
    const UCHAR *a = Source1, *b = Source2;
    SIZE_T same = 0;
    while (same < Length && a[same] == b[same])
        same++;
    return same;
}

/* ---- For the host ----------------------------------------------------------------------------------------------------------- */

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
