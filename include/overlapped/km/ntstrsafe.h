/* SPDX-License-Identifier: MIT */
/* RtlStringCch*, RtlStringCb* and RtlUnicodeString*: copying, joining and printing that always terminates. They are the kernel's
 * names for StringCch* and its kind, with NTSTATUS for HRESULT: STATUS_BUFFER_OVERFLOW tells of a cut. */
#ifndef _NTSTRSAFE_H_INCLUDED_
#define _NTSTRSAFE_H_INCLUDED_
#include "wdm.h"
#include <stdarg.h>

#define NTSTRSAFE_MAX_CCH               2147483647
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))
#ifndef STRSAFE_IGNORE_NULLS
#define STRSAFE_IGNORE_NULLS            0x00000100
#define STRSAFE_FILL_BEHIND_NULL        0x00000200
#define STRSAFE_FILL_ON_FAILURE         0x00000400
#define STRSAFE_NULL_ON_FAILURE         0x00000800
#define STRSAFE_NO_TRUNCATION           0x00001000
#endif
typedef char *NTSTRSAFE_PSTR;
typedef const char *NTSTRSAFE_PCSTR;
typedef WCHAR *NTSTRSAFE_PWSTR;
typedef const WCHAR *NTSTRSAFE_PCWSTR;

#define OVL_NTSTRSAFE static __inline__ __attribute__((__unused__)) NTSTATUS NTAPI
OVL_BEGIN_C
HRESULT __stdcall StringCchCopyExA(LPSTR, size_t, LPCSTR, LPSTR *, size_t *, ULONG);
HRESULT __stdcall StringCchCopyNA(LPSTR, size_t, LPCSTR, size_t);
HRESULT __stdcall StringCchCatExA(LPSTR, size_t, LPCSTR, LPSTR *, size_t *, ULONG);
HRESULT __stdcall StringCchCatNA(LPSTR, size_t, LPCSTR, size_t);
HRESULT __stdcall StringCchVPrintfA(LPSTR, size_t, LPCSTR, va_list);
HRESULT __stdcall StringCchLengthA(LPCSTR, size_t, size_t *);
HRESULT __stdcall StringCchCopyExW(LPWSTR, size_t, LPCWSTR, LPWSTR *, size_t *, ULONG);
HRESULT __stdcall StringCchCopyNW(LPWSTR, size_t, LPCWSTR, size_t);
HRESULT __stdcall StringCchCatExW(LPWSTR, size_t, LPCWSTR, LPWSTR *, size_t *, ULONG);
HRESULT __stdcall StringCchCatNW(LPWSTR, size_t, LPCWSTR, size_t);
HRESULT __stdcall StringCchVPrintfW(LPWSTR, size_t, LPCWSTR, va_list);
HRESULT __stdcall StringCchLengthW(LPCWSTR, size_t, size_t *);
OVL_END_C

NTAPI_INLINE NTSTATUS OvlStrsafeStatus(HRESULT Result)
{
    return Result >= 0 ? STATUS_SUCCESS : Result == (HRESULT)0x8007007A ? STATUS_BUFFER_OVERFLOW : STATUS_INVALID_PARAMETER;
}

/* ---- char ---- */

OVL_NTSTRSAFE RtlStringCchCopyExA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszSrc, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags)
{
    return OvlStrsafeStatus(StringCchCopyExA(pszDest, cchDest, pszSrc, ppszDestEnd, pcchRemaining, dwFlags));
}

OVL_NTSTRSAFE RtlStringCchCatExA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszSrc, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags)
{
    return OvlStrsafeStatus(StringCchCatExA(pszDest, cchDest, pszSrc, ppszDestEnd, pcchRemaining, dwFlags));
}

OVL_NTSTRSAFE RtlStringCchCopyA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCopyExA(pszDest, cchDest, pszSrc, NULL, NULL, 0);
}

OVL_NTSTRSAFE RtlStringCchCopyNA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszSrc, size_t cchToCopy)
{
    return OvlStrsafeStatus(StringCchCopyNA(pszDest, cchDest, pszSrc, cchToCopy));
}

OVL_NTSTRSAFE RtlStringCchCatA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCatExA(pszDest, cchDest, pszSrc, NULL, NULL, 0);
}

OVL_NTSTRSAFE RtlStringCchCatNA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszSrc, size_t cchToAppend)
{
    return OvlStrsafeStatus(StringCchCatNA(pszDest, cchDest, pszSrc, cchToAppend));
}

OVL_NTSTRSAFE RtlStringCchLengthA(NTSTRSAFE_PCSTR psz, size_t cchMax, size_t *pcchLength)
{
    NTSTATUS status = OvlStrsafeStatus(StringCchLengthA(psz, cchMax, pcchLength));
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_INVALID_PARAMETER : status;
}

OVL_NTSTRSAFE RtlStringCchVPrintfExA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags, NTSTRSAFE_PCSTR pszFormat, va_list argList)
{
    size_t used = 0;
    NTSTATUS status = OvlStrsafeStatus(StringCchVPrintfA(pszDest, cchDest, pszFormat, argList));
    if (status == STATUS_INVALID_PARAMETER)
        return status;
    if (status != STATUS_SUCCESS && (dwFlags & (STRSAFE_NO_TRUNCATION | STRSAFE_NULL_ON_FAILURE | STRSAFE_FILL_ON_FAILURE))) {
        memset(pszDest, (int)(dwFlags & STRSAFE_FILL_ON_FAILURE ? dwFlags & 0xff : 0), (cchDest - 1) * sizeof(char));
        if (!(dwFlags & STRSAFE_FILL_ON_FAILURE) || (dwFlags & STRSAFE_NULL_ON_FAILURE))
            pszDest[0] = 0;
        pszDest[cchDest - 1] = 0;
    }
    while (pszDest[used] != 0)
        used++;
    if (status == STATUS_SUCCESS && (dwFlags & STRSAFE_FILL_BEHIND_NULL))
        memset(pszDest + used + 1, (int)(dwFlags & 0xff), (cchDest - used - 1) * sizeof(char));
    if (ppszDestEnd != NULL)
        *ppszDestEnd = pszDest + used;
    if (pcchRemaining != NULL)
        *pcchRemaining = cchDest - used;
    return status;
}

OVL_NTSTRSAFE RtlStringCchVPrintfA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszFormat, va_list argList)
{
    return OvlStrsafeStatus(StringCchVPrintfA(pszDest, cchDest, pszFormat, argList));
}

OVL_NTSTRSAFE RtlStringCchPrintfA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PCSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCchVPrintfA(pszDest, cchDest, pszFormat, list);
    va_end(list);
    return status;
}

OVL_NTSTRSAFE RtlStringCchPrintfExA(NTSTRSAFE_PSTR pszDest, size_t cchDest, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags, NTSTRSAFE_PCSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCchVPrintfExA(pszDest, cchDest, ppszDestEnd, pcchRemaining, dwFlags, pszFormat, list);
    va_end(list);
    return status;
}

/* The same, counted in bytes. */

OVL_NTSTRSAFE RtlStringCbCopyA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCopyA(pszDest, cbDest / sizeof(char), pszSrc);
}

OVL_NTSTRSAFE RtlStringCbCopyNA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszSrc, size_t cbToCopy)
{
    return RtlStringCchCopyNA(pszDest, cbDest / sizeof(char), pszSrc, cbToCopy / sizeof(char));
}

OVL_NTSTRSAFE RtlStringCbCopyExA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszSrc, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags)
{
    NTSTATUS status = RtlStringCchCopyExA(pszDest, cbDest / sizeof(char), pszSrc, ppszDestEnd, pcbRemaining, dwFlags);
    if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
        *pcbRemaining = *pcbRemaining * sizeof(char) + cbDest % sizeof(char);
    return status;
}

OVL_NTSTRSAFE RtlStringCbCatA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszSrc)
{
    return RtlStringCchCatA(pszDest, cbDest / sizeof(char), pszSrc);
}

OVL_NTSTRSAFE RtlStringCbCatNA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszSrc, size_t cbToAppend)
{
    return RtlStringCchCatNA(pszDest, cbDest / sizeof(char), pszSrc, cbToAppend / sizeof(char));
}

OVL_NTSTRSAFE RtlStringCbCatExA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszSrc, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags)
{
    NTSTATUS status = RtlStringCchCatExA(pszDest, cbDest / sizeof(char), pszSrc, ppszDestEnd, pcbRemaining, dwFlags);
    if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
        *pcbRemaining = *pcbRemaining * sizeof(char) + cbDest % sizeof(char);
    return status;
}

OVL_NTSTRSAFE RtlStringCbLengthA(NTSTRSAFE_PCSTR psz, size_t cbMax, size_t *pcbLength)
{
    NTSTATUS status = RtlStringCchLengthA(psz, cbMax / sizeof(char), pcbLength);
    if (NT_SUCCESS(status) && pcbLength != NULL)
        *pcbLength *= sizeof(char);
    return status;
}

OVL_NTSTRSAFE RtlStringCbVPrintfA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszFormat, va_list argList)
{
    return RtlStringCchVPrintfA(pszDest, cbDest / sizeof(char), pszFormat, argList);
}

OVL_NTSTRSAFE RtlStringCbVPrintfExA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags, NTSTRSAFE_PCSTR pszFormat, va_list argList)
{
    NTSTATUS status = RtlStringCchVPrintfExA(pszDest, cbDest / sizeof(char), ppszDestEnd, pcbRemaining, dwFlags, pszFormat, argList);
    if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
        *pcbRemaining = *pcbRemaining * sizeof(char) + cbDest % sizeof(char);
    return status;
}

OVL_NTSTRSAFE RtlStringCbPrintfA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PCSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCbVPrintfA(pszDest, cbDest, pszFormat, list);
    va_end(list);
    return status;
}

OVL_NTSTRSAFE RtlStringCbPrintfExA(NTSTRSAFE_PSTR pszDest, size_t cbDest, NTSTRSAFE_PSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags, NTSTRSAFE_PCSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCbVPrintfExA(pszDest, cbDest, ppszDestEnd, pcbRemaining, dwFlags, pszFormat, list);
    va_end(list);
    return status;
}

/* ---- WCHAR ---- */

OVL_NTSTRSAFE RtlStringCchCopyExW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszSrc, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags)
{
    return OvlStrsafeStatus(StringCchCopyExW(pszDest, cchDest, pszSrc, ppszDestEnd, pcchRemaining, dwFlags));
}

OVL_NTSTRSAFE RtlStringCchCatExW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszSrc, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags)
{
    return OvlStrsafeStatus(StringCchCatExW(pszDest, cchDest, pszSrc, ppszDestEnd, pcchRemaining, dwFlags));
}

OVL_NTSTRSAFE RtlStringCchCopyW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCopyExW(pszDest, cchDest, pszSrc, NULL, NULL, 0);
}

OVL_NTSTRSAFE RtlStringCchCopyNW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszSrc, size_t cchToCopy)
{
    return OvlStrsafeStatus(StringCchCopyNW(pszDest, cchDest, pszSrc, cchToCopy));
}

OVL_NTSTRSAFE RtlStringCchCatW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCatExW(pszDest, cchDest, pszSrc, NULL, NULL, 0);
}

OVL_NTSTRSAFE RtlStringCchCatNW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszSrc, size_t cchToAppend)
{
    return OvlStrsafeStatus(StringCchCatNW(pszDest, cchDest, pszSrc, cchToAppend));
}

OVL_NTSTRSAFE RtlStringCchLengthW(NTSTRSAFE_PCWSTR psz, size_t cchMax, size_t *pcchLength)
{
    NTSTATUS status = OvlStrsafeStatus(StringCchLengthW(psz, cchMax, pcchLength));
    return status == STATUS_BUFFER_OVERFLOW ? STATUS_INVALID_PARAMETER : status;
}

OVL_NTSTRSAFE RtlStringCchVPrintfExW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    size_t used = 0;
    NTSTATUS status = OvlStrsafeStatus(StringCchVPrintfW(pszDest, cchDest, pszFormat, argList));
    if (status == STATUS_INVALID_PARAMETER)
        return status;
    if (status != STATUS_SUCCESS && (dwFlags & (STRSAFE_NO_TRUNCATION | STRSAFE_NULL_ON_FAILURE | STRSAFE_FILL_ON_FAILURE))) {
        memset(pszDest, (int)(dwFlags & STRSAFE_FILL_ON_FAILURE ? dwFlags & 0xff : 0), (cchDest - 1) * sizeof(WCHAR));
        if (!(dwFlags & STRSAFE_FILL_ON_FAILURE) || (dwFlags & STRSAFE_NULL_ON_FAILURE))
            pszDest[0] = 0;
        pszDest[cchDest - 1] = 0;
    }
    while (pszDest[used] != 0)
        used++;
    if (status == STATUS_SUCCESS && (dwFlags & STRSAFE_FILL_BEHIND_NULL))
        memset(pszDest + used + 1, (int)(dwFlags & 0xff), (cchDest - used - 1) * sizeof(WCHAR));
    if (ppszDestEnd != NULL)
        *ppszDestEnd = pszDest + used;
    if (pcchRemaining != NULL)
        *pcchRemaining = cchDest - used;
    return status;
}

OVL_NTSTRSAFE RtlStringCchVPrintfW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    return OvlStrsafeStatus(StringCchVPrintfW(pszDest, cchDest, pszFormat, argList));
}

OVL_NTSTRSAFE RtlStringCchPrintfW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCchVPrintfW(pszDest, cchDest, pszFormat, list);
    va_end(list);
    return status;
}

OVL_NTSTRSAFE RtlStringCchPrintfExW(NTSTRSAFE_PWSTR pszDest, size_t cchDest, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcchRemaining, ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCchVPrintfExW(pszDest, cchDest, ppszDestEnd, pcchRemaining, dwFlags, pszFormat, list);
    va_end(list);
    return status;
}

/* The same, counted in bytes. */

OVL_NTSTRSAFE RtlStringCbCopyW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCopyW(pszDest, cbDest / sizeof(WCHAR), pszSrc);
}

OVL_NTSTRSAFE RtlStringCbCopyNW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszSrc, size_t cbToCopy)
{
    return RtlStringCchCopyNW(pszDest, cbDest / sizeof(WCHAR), pszSrc, cbToCopy / sizeof(WCHAR));
}

OVL_NTSTRSAFE RtlStringCbCopyExW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszSrc, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags)
{
    NTSTATUS status = RtlStringCchCopyExW(pszDest, cbDest / sizeof(WCHAR), pszSrc, ppszDestEnd, pcbRemaining, dwFlags);
    if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
        *pcbRemaining = *pcbRemaining * sizeof(WCHAR) + cbDest % sizeof(WCHAR);
    return status;
}

OVL_NTSTRSAFE RtlStringCbCatW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszSrc)
{
    return RtlStringCchCatW(pszDest, cbDest / sizeof(WCHAR), pszSrc);
}

OVL_NTSTRSAFE RtlStringCbCatNW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszSrc, size_t cbToAppend)
{
    return RtlStringCchCatNW(pszDest, cbDest / sizeof(WCHAR), pszSrc, cbToAppend / sizeof(WCHAR));
}

OVL_NTSTRSAFE RtlStringCbCatExW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszSrc, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags)
{
    NTSTATUS status = RtlStringCchCatExW(pszDest, cbDest / sizeof(WCHAR), pszSrc, ppszDestEnd, pcbRemaining, dwFlags);
    if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
        *pcbRemaining = *pcbRemaining * sizeof(WCHAR) + cbDest % sizeof(WCHAR);
    return status;
}

OVL_NTSTRSAFE RtlStringCbLengthW(NTSTRSAFE_PCWSTR psz, size_t cbMax, size_t *pcbLength)
{
    NTSTATUS status = RtlStringCchLengthW(psz, cbMax / sizeof(WCHAR), pcbLength);
    if (NT_SUCCESS(status) && pcbLength != NULL)
        *pcbLength *= sizeof(WCHAR);
    return status;
}

OVL_NTSTRSAFE RtlStringCbVPrintfW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    return RtlStringCchVPrintfW(pszDest, cbDest / sizeof(WCHAR), pszFormat, argList);
}

OVL_NTSTRSAFE RtlStringCbVPrintfExW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    NTSTATUS status = RtlStringCchVPrintfExW(pszDest, cbDest / sizeof(WCHAR), ppszDestEnd, pcbRemaining, dwFlags, pszFormat, argList);
    if (pcbRemaining != NULL && status != STATUS_INVALID_PARAMETER)
        *pcbRemaining = *pcbRemaining * sizeof(WCHAR) + cbDest % sizeof(WCHAR);
    return status;
}

OVL_NTSTRSAFE RtlStringCbPrintfW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCbVPrintfW(pszDest, cbDest, pszFormat, list);
    va_end(list);
    return status;
}

OVL_NTSTRSAFE RtlStringCbPrintfExW(NTSTRSAFE_PWSTR pszDest, size_t cbDest, NTSTRSAFE_PWSTR *ppszDestEnd, size_t *pcbRemaining, ULONG dwFlags, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = RtlStringCbVPrintfExW(pszDest, cbDest, ppszDestEnd, pcbRemaining, dwFlags, pszFormat, list);
    va_end(list);
    return status;
}

/* ---- UNICODE_STRING: as much as fits is copied, nothing need be terminated ---- */

OVL_NTSTRSAFE OvlUnicodeAppend(PUNICODE_STRING DestinationString, size_t Used, const WCHAR *Source, size_t Length)
{
    size_t room = DestinationString->MaximumLength / sizeof(WCHAR) - Used;
    size_t count = Length < room ? Length : room;
    if (count != 0)
        memmove(DestinationString->Buffer + Used, Source, count * sizeof(WCHAR));
    DestinationString->Length = (USHORT)((Used + count) * sizeof(WCHAR));
    return count == Length ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTAPI_INLINE size_t OvlWideLength(const WCHAR *Text)
{
    size_t length = 0;
    while (Text != NULL && Text[length] != 0)
        length++;
    return length;
}

OVL_NTSTRSAFE RtlUnicodeStringInit(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    size_t length = OvlWideLength(pszSrc);
    if (length >= NTSTRSAFE_UNICODE_STRING_MAX_CCH)
        return STATUS_INVALID_PARAMETER;
    RtlInitUnicodeString(DestinationString, pszSrc);
    return STATUS_SUCCESS;
}

OVL_NTSTRSAFE RtlUnicodeStringValidate(PCUNICODE_STRING SourceString)
{
    if (SourceString == NULL)
        return STATUS_SUCCESS;
    return SourceString->Length % sizeof(WCHAR) == 0 && SourceString->MaximumLength % sizeof(WCHAR) == 0 &&
                   SourceString->Length <= SourceString->MaximumLength &&
                   (SourceString->Buffer != NULL || SourceString->MaximumLength == 0)
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

OVL_NTSTRSAFE RtlUnicodeStringCopyString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    return OvlUnicodeAppend(DestinationString, 0, pszSrc, OvlWideLength(pszSrc));
}

OVL_NTSTRSAFE RtlUnicodeStringCopy(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    return OvlUnicodeAppend(DestinationString, 0, SourceString->Buffer, SourceString->Length / sizeof(WCHAR));
}

OVL_NTSTRSAFE RtlUnicodeStringCatString(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszSrc)
{
    return OvlUnicodeAppend(DestinationString, DestinationString->Length / sizeof(WCHAR), pszSrc, OvlWideLength(pszSrc));
}

OVL_NTSTRSAFE RtlUnicodeStringCat(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString)
{
    return OvlUnicodeAppend(DestinationString, DestinationString->Length / sizeof(WCHAR), SourceString->Buffer,
                            SourceString->Length / sizeof(WCHAR));
}

OVL_NTSTRSAFE RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cchDest, PCUNICODE_STRING SourceString)
{
    static const WCHAR empty[1] = {0};
    return RtlStringCchCopyNW(pszDest, cchDest, SourceString->Buffer != NULL ? SourceString->Buffer : empty,
                              SourceString->Length / sizeof(WCHAR));
}

OVL_NTSTRSAFE RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR pszDest, size_t cbDest, PCUNICODE_STRING SourceString)
{
    return RtlStringCchCopyUnicodeString(pszDest, cbDest / sizeof(WCHAR), SourceString);
}

OVL_BEGIN_C
/* Prints into the string's buffer, which it need not terminate. */
NTSTATUS NTAPI OvlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, const WCHAR *pszFormat, va_list argList);
OVL_END_C

OVL_NTSTRSAFE RtlUnicodeStringVPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, va_list argList)
{
    return OvlUnicodeStringVPrintf(DestinationString, pszFormat, argList);
}

OVL_NTSTRSAFE RtlUnicodeStringPrintf(PUNICODE_STRING DestinationString, NTSTRSAFE_PCWSTR pszFormat, ...)
{
    va_list list;
    va_start(list, pszFormat);
    NTSTATUS status = OvlUnicodeStringVPrintf(DestinationString, pszFormat, list);
    va_end(list);
    return status;
}

#ifdef UNICODE
#define OVL_NTSTRSAFE_T(name) name##W
#else
#define OVL_NTSTRSAFE_T(name) name##A
#endif
#define RtlStringCchCopy OVL_NTSTRSAFE_T(RtlStringCchCopy)
#define RtlStringCchCopyN OVL_NTSTRSAFE_T(RtlStringCchCopyN)
#define RtlStringCchCopyEx OVL_NTSTRSAFE_T(RtlStringCchCopyEx)
#define RtlStringCchCat OVL_NTSTRSAFE_T(RtlStringCchCat)
#define RtlStringCchCatN OVL_NTSTRSAFE_T(RtlStringCchCatN)
#define RtlStringCchCatEx OVL_NTSTRSAFE_T(RtlStringCchCatEx)
#define RtlStringCchLength OVL_NTSTRSAFE_T(RtlStringCchLength)
#define RtlStringCchPrintf OVL_NTSTRSAFE_T(RtlStringCchPrintf)
#define RtlStringCchPrintfEx OVL_NTSTRSAFE_T(RtlStringCchPrintfEx)
#define RtlStringCchVPrintf OVL_NTSTRSAFE_T(RtlStringCchVPrintf)
#define RtlStringCchVPrintfEx OVL_NTSTRSAFE_T(RtlStringCchVPrintfEx)
#define RtlStringCbCopy OVL_NTSTRSAFE_T(RtlStringCbCopy)
#define RtlStringCbCopyN OVL_NTSTRSAFE_T(RtlStringCbCopyN)
#define RtlStringCbCopyEx OVL_NTSTRSAFE_T(RtlStringCbCopyEx)
#define RtlStringCbCat OVL_NTSTRSAFE_T(RtlStringCbCat)
#define RtlStringCbCatN OVL_NTSTRSAFE_T(RtlStringCbCatN)
#define RtlStringCbCatEx OVL_NTSTRSAFE_T(RtlStringCbCatEx)
#define RtlStringCbLength OVL_NTSTRSAFE_T(RtlStringCbLength)
#define RtlStringCbPrintf OVL_NTSTRSAFE_T(RtlStringCbPrintf)
#define RtlStringCbPrintfEx OVL_NTSTRSAFE_T(RtlStringCbPrintfEx)
#define RtlStringCbVPrintf OVL_NTSTRSAFE_T(RtlStringCbVPrintf)
#define RtlStringCbVPrintfEx OVL_NTSTRSAFE_T(RtlStringCbVPrintfEx)
#endif
