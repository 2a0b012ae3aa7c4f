/* SPDX-License-Identifier: MIT */
/* Rtl*, Dbg*, memory descriptors and memory: what drivers do with strings, GUIDs, time, bytes. A part of wdm.h. */
#include "wdm.h" /* which includes this: whoever comes first */
#ifndef OVL_KM_RTL_H
#define OVL_KM_RTL_H
#include <stdarg.h>

/* ---- Memory descriptors and memory --------------------------------------------------------------------------------- */

typedef enum _MEMORY_CACHING_TYPE { MmNonCached = 0, MmCached = 1, MmWriteCombined = 2 } MEMORY_CACHING_TYPE;
typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;
typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;
#define MDL_IO_PAGE_READ      0x0040
#define MDL_WRITE_OPERATION   0x0080
#define MDL_LOCKED_PAGE_TABLES 0x0100
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MdlMappingNoExecute 0x40000000
#define MdlMappingNoWrite   0x80000000
#define BYTE_OFFSET(address)   ((ULONG)((ULONG_PTR)(address) & (PAGE_SIZE - 1)))
#define PAGE_ALIGN(address)    ((PVOID)((ULONG_PTR)(address) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define BYTES_TO_PAGES(size)   (((size) >> PAGE_SHIFT) + (((size) & (PAGE_SIZE - 1)) != 0))
#define ROUND_TO_PAGES(size)   (((ULONG_PTR)(size) + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, size) \
    ((ULONG)((BYTE_OFFSET(address) + (SIZE_T)(size) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))
#define MmGetMdlBaseVa(mdl)   ((mdl)->StartVa)
#define MmGetMdlPfnArray(mdl) ((PPFN_NUMBER)((mdl) + 1))
#define MmInitializeMdl(mdl, base, length)                                                         \
    do {                                                                                           \
        (mdl)->Next = NULL;                                                                        \
        (mdl)->Size = (CSHORT)sizeof(MDL);                                                         \
        (mdl)->MdlFlags = 0;                                                                       \
        (mdl)->StartVa = PAGE_ALIGN(base);                                                         \
        (mdl)->ByteOffset = BYTE_OFFSET(base);                                                     \
        (mdl)->ByteCount = (ULONG)(length);                                                        \
        (mdl)->MappedSystemVa = NULL;                                                              \
    } while (0)
OVL_BEGIN_C
SIZE_T NTAPI MmSizeOfMdl(PVOID Base, SIZE_T Length);
VOID NTAPI MmPrepareMdlForReuse(PMDL Mdl);
PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode, MEMORY_CACHING_TYPE CacheType,
                                         PVOID RequestedAddress, ULONG BugCheckOnFailure, ULONG Priority);
VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList);
PVOID NTAPI MmAllocateContiguousMemory(SIZE_T NumberOfBytes, PHYSICAL_ADDRESS HighestAcceptableAddress);
VOID NTAPI MmFreeContiguousMemory(PVOID BaseAddress);
BOOLEAN NTAPI MmIsAddressValid(PVOID VirtualAddress);
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);
VOID NTAPI ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment);
VOID NTAPI ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment);
OVL_END_C

/* ---- Strings -------------------------------------------------------------------------------------------------------------- */

typedef CHAR *PSZ;
typedef const CHAR *PCSZ;
#define RTL_CONSTANT_UNICODE_STRING RTL_CONSTANT_STRING
OVL_BEGIN_C
NTSTATUS NTAPI RtlInitUnicodeStringEx(PUNICODE_STRING DestinationString, PCWSTR SourceString);
VOID NTAPI RtlInitAnsiString(PANSI_STRING DestinationString, PCSZ SourceString);
VOID NTAPI RtlInitString(PSTRING DestinationString, PCSZ SourceString);
NTSTATUS NTAPI RtlAnsiStringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString);
NTSTATUS NTAPI RtlUnicodeStringToAnsiString(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString);
NTSTATUS NTAPI RtlUTF8StringToUnicodeString(PUNICODE_STRING DestinationString, PCANSI_STRING SourceString,
                                            BOOLEAN AllocateDestinationString);
NTSTATUS NTAPI RtlUnicodeStringToUTF8String(PANSI_STRING DestinationString, PCUNICODE_STRING SourceString,
                                            BOOLEAN AllocateDestinationString);
VOID NTAPI RtlFreeAnsiString(PANSI_STRING AnsiString);
VOID NTAPI RtlCopyUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString);
VOID NTAPI RtlCopyString(PSTRING DestinationString, PCSTRING SourceString);
NTSTATUS NTAPI RtlAppendUnicodeToString(PUNICODE_STRING Destination, PCWSTR Source);
NTSTATUS NTAPI RtlAppendUnicodeStringToString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
LONG NTAPI RtlCompareUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
LONG NTAPI RtlCompareString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive);
BOOLEAN NTAPI RtlEqualString(PCSTRING String1, PCSTRING String2, BOOLEAN CaseInSensitive);
BOOLEAN NTAPI RtlPrefixUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2, BOOLEAN CaseInSensitive);
WCHAR NTAPI RtlUpcaseUnicodeChar(WCHAR SourceCharacter);
WCHAR NTAPI RtlDowncaseUnicodeChar(WCHAR SourceCharacter);
NTSTATUS NTAPI RtlUpcaseUnicodeString(PUNICODE_STRING DestinationString, PCUNICODE_STRING SourceString, BOOLEAN AllocateDestinationString);
NTSTATUS NTAPI RtlIntegerToUnicodeString(ULONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS NTAPI RtlInt64ToUnicodeString(ULONGLONG Value, ULONG Base, PUNICODE_STRING String);
NTSTATUS NTAPI RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);
NTSTATUS NTAPI RtlHashUnicodeString(PCUNICODE_STRING String, BOOLEAN CaseInSensitive, ULONG HashAlgorithm, PULONG HashValue);
NTSTATUS NTAPI RtlGUIDFromString(PCUNICODE_STRING GuidString, GUID *Guid);
NTSTATUS NTAPI RtlStringFromGUID(REFGUID Guid, PUNICODE_STRING GuidString);
SIZE_T NTAPI RtlCompareMemory(const VOID *Source1, const VOID *Source2, SIZE_T Length);
ULONG NTAPI RtlRandomEx(PULONG Seed);
ULONG NTAPI RtlxAnsiStringToUnicodeSize(PCANSI_STRING AnsiString);
ULONG NTAPI RtlxUnicodeStringToAnsiSize(PCUNICODE_STRING UnicodeString);
OVL_END_C
#define RtlFreeUTF8String(string)            RtlFreeAnsiString(string)
#define RtlAnsiStringToUnicodeSize(string)   RtlxAnsiStringToUnicodeSize(string)
#define RtlUnicodeStringToAnsiSize(string)   RtlxUnicodeStringToAnsiSize(string)
#define HASH_STRING_ALGORITHM_DEFAULT 0
#define HASH_STRING_ALGORITHM_X65599  1
#define RtlCopyBytes(to, from, length) RtlCopyMemory(to, from, length)
#define RtlZeroBytes(to, length)       RtlZeroMemory(to, length)
#define RtlUshortByteSwap(value)       __builtin_bswap16(value)
#define RtlUlongByteSwap(value)        __builtin_bswap32(value)
#define RtlUlonglongByteSwap(value)    __builtin_bswap64(value)
#ifndef RtlSecureZeroMemory
NTAPI_INLINE PVOID OvlSecureZero(PVOID Memory, SIZE_T Length)
{
    volatile UCHAR *at = (volatile UCHAR *)Memory;
    while (Length-- != 0)
        *at++ = 0;
    return Memory;
}
#define RtlSecureZeroMemory(memory, length) OvlSecureZero(memory, length)
#endif

/* ---- Time and version ------------------------------------------------------------------------------------------------------ */

typedef struct _TIME_FIELDS {
    CSHORT Year, Month, Day, Hour, Minute, Second, Milliseconds, Weekday;
} TIME_FIELDS, *PTIME_FIELDS;
typedef struct _OSVERSIONINFOW {
    ULONG dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
} OSVERSIONINFOW, *POSVERSIONINFOW, *LPOSVERSIONINFOW, RTL_OSVERSIONINFOW, *PRTL_OSVERSIONINFOW;
typedef struct _OSVERSIONINFOEXW {
    ULONG dwOSVersionInfoSize, dwMajorVersion, dwMinorVersion, dwBuildNumber, dwPlatformId;
    WCHAR szCSDVersion[128];
    USHORT wServicePackMajor, wServicePackMinor, wSuiteMask;
    UCHAR wProductType, wReserved;
} OSVERSIONINFOEXW, *POSVERSIONINFOEXW, *LPOSVERSIONINFOEXW, RTL_OSVERSIONINFOEXW, *PRTL_OSVERSIONINFOEXW;
OVL_BEGIN_C
VOID NTAPI RtlTimeToTimeFields(PLARGE_INTEGER Time, PTIME_FIELDS TimeFields);
BOOLEAN NTAPI RtlTimeFieldsToTime(PTIME_FIELDS TimeFields, PLARGE_INTEGER Time);
NTSTATUS NTAPI RtlGetVersion(PRTL_OSVERSIONINFOW lpVersionInformation);
BOOLEAN NTAPI RtlIsNtDdiVersionAvailable(ULONG Version);

/* ---- The debugger ------------------------------------------------------------------------------------------------------------ */

ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, ...);
ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, const char *Format, va_list arglist);
ULONG NTAPI vDbgPrintExWithPrefix(const char *Prefix, ULONG ComponentId, ULONG Level, const char *Format, va_list arglist);
VOID NTAPI DbgBreakPoint(void);
VOID NTAPI RtlAssert(PVOID VoidFailedAssertion, PVOID VoidFileName, ULONG LineNumber, PSTR MutableMessage);
OVL_END_C
enum {
    DPFLTR_SYSTEM_ID = 0, DPFLTR_USBHUB_ID = 90, DPFLTR_IHVVIDEO_ID = 78, DPFLTR_IHVDRIVER_ID = 77, DPFLTR_IHVAUDIO_ID = 79,
    DPFLTR_IHVNETWORK_ID = 80, DPFLTR_IHVSTREAMING_ID = 81, DPFLTR_IHVBUS_ID = 82, DPFLTR_DEFAULT_ID = 101
};
#define DPFLTR_ERROR_LEVEL   0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL   2
#define DPFLTR_INFO_LEVEL    3
#define DPFLTR_MASK          0x80000000
#define KdPrintEx(arguments)   DbgPrintEx arguments
#define KdBreakPoint()         DbgBreakPoint()
#define NT_VERIFY(condition)   ((void)(condition))
#define ASSERTMSG(text, condition) ASSERT(condition)
#define RTL_VERIFY(condition)  ((void)(condition))
#define KD_DEBUGGER_ENABLED     0
#define KD_DEBUGGER_NOT_PRESENT 1
#ifndef ARRAYSIZE
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#ifndef FlagOn
#define FlagOn(flags, bit)    ((flags) & (bit))
#define BooleanFlagOn(flags, bit) ((BOOLEAN)(((flags) & (bit)) != 0))
#define SetFlag(flags, bit)   ((flags) |= (bit))
#define ClearFlag(flags, bit) ((flags) &= ~(bit))
#endif
#endif
