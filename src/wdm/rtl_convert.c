/* SPDX-License-Identifier: MIT */
/* Between strings of characters and of UTF-16 units, and between strings and numbers. The ANSI code page is UTF-8. */
#include <stdlib.h>
#include <string.h>

#include "base/utf16.h"
#include "wdm/wdm_host.h"

enum { TAG = 0x67727453 /* "Strg" */ };

static size_t units_of(PCUNICODE_STRING string)
{
    return string->Length / sizeof(WCHAR);
}

ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString)
{
    return (ULONG)((utf16_from_utf8(NULL, 0, AnsiString->Buffer, AnsiString->Length) + 1) * sizeof(WCHAR));
}

ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString)
{
    return (ULONG)utf8_from_utf16(NULL, 0, (const char16_t *)UnicodeString->Buffer, units_of(UnicodeString)) + 1;
}

NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ULONG size = RtlxAnsiStringToUnicodeSize(SourceString);
    if (size > UNICODE_STRING_MAX_BYTES)
        return STATUS_INVALID_PARAMETER_2;
    if (AllocateDestinationString) {
        DestinationString->Buffer = wdm_pool_allocate(PagedPool, size, TAG, __builtin_return_address(0));
        DestinationString->MaximumLength = (USHORT)size;
        if (DestinationString->Buffer == NULL)
            return STATUS_NO_MEMORY;
    } else if (size > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    size_t units = size / sizeof(WCHAR) - 1;
    utf16_from_utf8((char16_t *)DestinationString->Buffer, units, SourceString->Buffer, SourceString->Length);
    DestinationString->Buffer[units] = 0;
    DestinationString->Length = (USHORT)(units * sizeof(WCHAR));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    ULONG size = RtlxUnicodeStringToAnsiSize(SourceString);
    if (size > UNICODE_STRING_MAX_BYTES)
        return STATUS_INVALID_PARAMETER_2;
    if (AllocateDestinationString) {
        DestinationString->Buffer = wdm_pool_allocate(PagedPool, size, TAG, __builtin_return_address(0));
        DestinationString->MaximumLength = (USHORT)size;
        if (DestinationString->Buffer == NULL)
            return STATUS_NO_MEMORY;
    } else if (size > DestinationString->MaximumLength) {
        return STATUS_BUFFER_OVERFLOW;
    }
    utf8_from_utf16(DestinationString->Buffer, size - 1, (const char16_t *)SourceString->Buffer, units_of(SourceString));
    DestinationString->Buffer[size - 1] = '\0';
    DestinationString->Length = (USHORT)(size - 1);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    return RtlAnsiStringToUnicodeString(DestinationString, SourceString, AllocateDestinationString);
}

NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString)
{
    return RtlUnicodeStringToAnsiString(DestinationString, SourceString, AllocateDestinationString);
}

/* ---- Numbers -------------------------------------------------------------------------------------------------------- */

static bool base_known(ULONG *base)
{
    if (*base == 0)
        *base = 10;
    return *base == 2 || *base == 8 || *base == 10 || *base == 16;
}

NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String)
{
    WCHAR digits[65];
    size_t count = 0;
    if (!base_known(&Base))
        return STATUS_INVALID_PARAMETER;
    do {
        ULONG digit = (ULONG)(Value % Base);
        digits[64 - count++] = (WCHAR)(digit < 10 ? '0' + digit : 'A' + digit - 10);
        Value /= Base;
    } while (Value != 0);
    size_t bytes = count * sizeof(WCHAR);
    if (bytes > String->MaximumLength)
        return STATUS_BUFFER_OVERFLOW;
    memcpy(String->Buffer, digits + 65 - count, bytes);
    String->Length = (USHORT)bytes;
    if (bytes + sizeof(WCHAR) <= String->MaximumLength)
        String->Buffer[count] = 0;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String)
{
    return RtlInt64ToUnicodeString(Value, Base, String);
}

static ULONG digit_of(WCHAR unit)
{
    if (unit >= '0' && unit <= '9')
        return (ULONG)(unit - '0');
    if (unit >= 'a' && unit <= 'z')
        return (ULONG)(unit - 'a' + 10);
    return unit >= 'A' && unit <= 'Z' ? (ULONG)(unit - 'A' + 10) : 99;
}

/* Blanks, a sign, with base 0 a prefix 0x, 0o or 0b; then digits as far as they go. */
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
    const WCHAR *at = String->Buffer, *end = at + units_of(String);
    bool negative = false;
    while (at < end && *at != 0 && *at <= ' ')
        at++;
    if (at < end && (*at == '-' || *at == '+'))
        negative = *at++ == '-';
    if (Base == 0 && at + 1 < end && *at == '0') {
        ULONG prefix = at[1] == 'x' ? 16 : at[1] == 'o' ? 8 : at[1] == 'b' ? 2 : 0;
        at += prefix != 0 ? 2 : 0;
        Base = prefix;
    }
    if (!base_known(&Base))
        return STATUS_INVALID_PARAMETER;
    ULONG value = 0;
    for (; at < end && digit_of(*at) < Base; at++)
        value = value * Base + digit_of(*at);
    *Value = negative ? 0 - value : value;
    return STATUS_SUCCESS;
}

/* ---- GUIDs ------------------------------------------------------------------------------------------------------------- */

NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString)
{
    static const char form[] = "{33221100-5544-7766-8899-AABBCCDDEEFF}"; /* which byte stands where */
    enum { GUID_UNITS = 38 };
    const unsigned char *bytes = (const unsigned char *)Guid;
    WCHAR *text = wdm_pool_allocate(PagedPool, (GUID_UNITS + 1) * sizeof(WCHAR), TAG, __builtin_return_address(0));
    if (text == NULL)
        return STATUS_NO_MEMORY;
    for (int i = 0, high = 1; i <= GUID_UNITS; i++) {
        ULONG byte = digit_of((WCHAR)form[i]);
        if (byte > 15) {
            text[i] = (WCHAR)form[i];
        } else {
            unsigned nibble = high ? bytes[byte] >> 4 : bytes[byte] & 15u;
            text[i] = (WCHAR)(nibble < 10 ? '0' + nibble : 'A' + nibble - 10);
            high = !high;
        }
    }
    *GuidString = (UNICODE_STRING){GUID_UNITS * sizeof(WCHAR), (GUID_UNITS + 1) * sizeof(WCHAR), text};
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid)
{
    static const char form[] = "{33221100-5544-7766-8899-AABBCCDDEEFF}";
    unsigned char bytes[16] = {0};
    if (GuidString->Length < (sizeof form - 1) * sizeof(WCHAR))
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < sizeof form - 1; i++) {
        ULONG byte = digit_of((WCHAR)form[i]), value = digit_of(GuidString->Buffer[i]);
        if (byte > 15 ? GuidString->Buffer[i] != (WCHAR)form[i] : value > 15)
            return STATUS_INVALID_PARAMETER;
        if (byte <= 15)
            bytes[byte] = (unsigned char)(bytes[byte] << 4 | value);
    }
    memcpy(Guid, bytes, sizeof *Guid);
    return STATUS_SUCCESS;
}
