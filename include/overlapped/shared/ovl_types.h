/* SPDX-License-Identifier: MIT */
/* The scalar types that winnt.h and ntdef.h both define on Windows. LONG, ULONG and DWORD are 32-bit
 * `int` types; WCHAR is 16 bits whatever wchar_t is. */
#ifndef OVL_TYPES_H
#define OVL_TYPES_H
#include "ovl_compiler.h"
#include "basetsd.h"
#include "guiddef.h"
#include <stddef.h>

#define CONST const
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef CRITICAL
#define CRITICAL
#endif
#define FAR
#define NEAR
#define FORCEINLINE     static __forceinline
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT   __attribute__((__visibility__("default")))
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_NOINLINE __attribute__((__noinline__))
#define DECLSPEC_SELECTANY __attribute__((__weak__))
#define DECLSPEC_NOTHROW   __attribute__((__nothrow__))
#define DECLSPEC_NOVTABLE
#define DECLSPEC_UUID(text)
#define DECLSPEC_ALIGN(n)       __attribute__((__aligned__(n)))
#define DECLSPEC_CACHEALIGN     DECLSPEC_ALIGN(64)
#define DECLSPEC_DEPRECATED     __attribute__((__deprecated__))
#define NTAPI                   __stdcall
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define FASTCALL                __fastcall
#ifdef __cplusplus
#define EXTERN_C       extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END   }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

#ifndef VOID
#define VOID void
#endif
typedef char CHAR;
typedef short SHORT;
typedef int LONG;
typedef int INT;
typedef unsigned char UCHAR;
typedef unsigned short USHORT;
typedef unsigned int ULONG;
typedef long long LONGLONG;
typedef unsigned long long ULONGLONG;
typedef unsigned long long DWORDLONG, *PDWORDLONG;
typedef unsigned char BOOLEAN, *PBOOLEAN;
typedef CHAR *PCHAR;
typedef SHORT *PSHORT;
typedef LONG *PLONG;
typedef UCHAR *PUCHAR;
typedef USHORT *PUSHORT;
typedef ULONG *PULONG;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef double DOUBLE;
typedef void *PVOID;
typedef void *PVOID64;
typedef void *HANDLE;
typedef HANDLE *PHANDLE;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef LONG HRESULT;
typedef ULONG LOGICAL, *PLOGICAL;
typedef char CCHAR, *PCCHAR;
typedef ULONG LCID, *PLCID;
typedef USHORT LANGID;
typedef LONGLONG USN;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#else
typedef __CHAR16_TYPE__ WCHAR;
#endif
typedef WCHAR *PWCHAR, *LPWCH, *PWCH, *NWPSTR, *LPWSTR, *PWSTR, *PZPWSTR_ELEMENT;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR, *PCZZWSTR, *PCNZWCH;
typedef WCHAR *PZZWSTR, *PNZWCH;
typedef PWSTR *PZPWSTR;
typedef CHAR *PCH, *LPCH, *NPSTR, *LPSTR, *PSTR, *PZZSTR;
typedef const CHAR *LPCCH, *PCCH, *LPCSTR, *PCSTR, *PCZZSTR;
typedef PSTR *PZPSTR;
OVL_STATIC_ASSERT(sizeof(WCHAR) == 2 && sizeof(LONG) == 4, "WCHAR has 16 bits and LONG 32");

#define OVL_WIDE_2(text) L##text
#define OVL_UTF16_2(text) u##text
#if __SIZEOF_WCHAR_T__ == 2
#define OVL_WIDE(text) OVL_WIDE_2(text)
#else
#define OVL_WIDE(text) OVL_UTF16_2(text)
#endif
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, TBYTE, *PTBYTE;
typedef LPWSTR LPTCH, PTCH, PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) OVL_WIDE(quote)
#else
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
typedef LPSTR LPTCH, PTCH, PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define _TCHAR_DEFINED
#ifndef TEXT
#define TEXT(quote) __TEXT(quote)
#endif

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef NULL
#ifdef __cplusplus
#define NULL 0
#else
#define NULL ((void *)0)
#endif
#endif

#define ANSI_NULL    ((CHAR)0)
#define UNICODE_NULL ((WCHAR)0)
#define MINCHAR      0x80
#define MAXCHAR      0x7f
#define MINSHORT     0x8000
#define MAXSHORT     0x7fff
#define MINLONG      0x80000000
#define MAXLONG      0x7fffffff
#define MAXUCHAR     0xff
#define MAXUSHORT    0xffff
#define MAXLONGLONG  0x7fffffffffffffffLL
#ifndef FIELD_OFFSET
#define FIELD_OFFSET(type, field) ((LONG)offsetof(type, field))
#endif
#define UFIELD_OFFSET(type, field) ((ULONG)offsetof(type, field))
#ifndef RTL_FIELD_SIZE
#define RTL_FIELD_SIZE(type, field)            (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field)  (FIELD_OFFSET(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_NUMBER_OF(array)                   (sizeof(array) / sizeof((array)[0]))
#endif
#define ARRAYSIZE(array) RTL_NUMBER_OF(array)
#ifndef CONTAINING_RECORD
#define CONTAINING_RECORD(address, type, field) \
    ((type *)((PCHAR)(address) - (ULONG_PTR)offsetof(type, field)))
#endif
#define UNREFERENCED_PARAMETER(parameter)      ((void)(parameter))
#define DBG_UNREFERENCED_PARAMETER(parameter)  ((void)(parameter))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(local) ((void)(local))
#define ALIGN_DOWN_BY(length, alignment) ((ULONG_PTR)(length) & ~((ULONG_PTR)(alignment)-1))
#define ALIGN_UP_BY(length, alignment) ALIGN_DOWN_BY((ULONG_PTR)(length) + (alignment)-1, alignment)
#define ALIGN_DOWN(length, type) ALIGN_DOWN_BY(length, sizeof(type))
#define ALIGN_UP(length, type) ALIGN_UP_BY(length, sizeof(type))
#define ALIGN_DOWN_POINTER_BY(address, alignment) ((PVOID)ALIGN_DOWN_BY((ULONG_PTR)(address), alignment))
#define ALIGN_UP_POINTER_BY(address, alignment) ((PVOID)ALIGN_UP_BY((ULONG_PTR)(address), alignment))
#define ALIGN_DOWN_POINTER(address, type) ((type *)ALIGN_DOWN_POINTER_BY(address, sizeof(type)))
#define ALIGN_UP_POINTER(address, type) ((type *)ALIGN_UP_POINTER_BY(address, sizeof(type)))
#define DEFAULT_UNREACHABLE     default: __builtin_unreachable()
#ifndef C_ASSERT
#define C_ASSERT(expression) OVL_STATIC_ASSERT(expression, #expression)
#endif
#ifndef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                         \
    extern "C++" {                                                                               \
    inline constexpr type operator|(type a, type b) { return type(int(a) | int(b)); }           \
    inline constexpr type operator&(type a, type b) { return type(int(a) & int(b)); }           \
    inline constexpr type operator^(type a, type b) { return type(int(a) ^ int(b)); }           \
    inline constexpr type operator~(type a) { return type(~int(a)); }                           \
    inline type &operator|=(type &a, type b) { return a = a | b; }                              \
    inline type &operator&=(type &a, type b) { return a = a & b; }                              \
    inline type &operator^=(type &a, type b) { return a = a ^ b; }                              \
    }
#endif

#ifdef NO_STRICT
#define DECLARE_HANDLE(name) typedef HANDLE name
#else
#define DECLARE_HANDLE(name)  \
    struct name##__ {         \
        int unused;           \
    };                        \
    typedef struct name##__ *name
#endif

#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define __C89_NAMELESS
#define ANYSIZE_ARRAY     1
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define SYSTEM_CACHE_ALIGNMENT_SIZE 64

#endif
