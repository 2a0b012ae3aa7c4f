/* SPDX-License-Identifier: MIT */
/* Integers of a stated size, and integers as wide as a pointer. LP64 stays: LONG32 and its like are
 * `int`, never `long`; the pointer-wide ones are the types of size_t and ptrdiff_t. */
#ifndef _BASETSD_H_
#define _BASETSD_H_
#include "ovl_compiler.h"

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef signed long long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long long UINT64, *PUINT64;
typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef long long LONG64, *PLONG64;
typedef unsigned long long ULONG64, *PULONG64;
typedef unsigned long long DWORD64, *PDWORD64;

typedef long INT_PTR, *PINT_PTR;
typedef unsigned long UINT_PTR, *PUINT_PTR;
typedef long LONG_PTR, *PLONG_PTR;
typedef unsigned long ULONG_PTR, *PULONG_PTR;
typedef ULONG_PTR DWORD_PTR, *PDWORD_PTR;
typedef ULONG_PTR SIZE_T, *PSIZE_T;
typedef LONG_PTR SSIZE_T, *PSSIZE_T;
typedef ULONG_PTR KAFFINITY, *PKAFFINITY;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;
typedef int HALF_PTR, *PHALF_PTR;

OVL_STATIC_ASSERT(sizeof(ULONG_PTR) == sizeof(void *) && sizeof(LONG64) == 8, "LP64 only");

#define POINTER_32
#define POINTER_64
#define FIRMWARE_PTR
#define ADDRESS_TAG_BIT 0x40000000000ULL
#define MAXUINT_PTR     (~((UINT_PTR)0))
#define MAXINT_PTR      ((INT_PTR)(MAXUINT_PTR >> 1))
#define MININT_PTR      (~MAXINT_PTR)
#define MAXULONG_PTR    (~((ULONG_PTR)0))
#define MAXLONG_PTR     ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR     (~MAXLONG_PTR)
#define MAXSIZE_T       ((SIZE_T)~((SIZE_T)0))
#define MAXSSIZE_T      ((SSIZE_T)(MAXSIZE_T >> 1))
#define MAXUINT8        ((UINT8)~((UINT8)0))
#define MAXUINT16       ((UINT16)~((UINT16)0))
#define MAXUINT32       ((UINT32)~((UINT32)0))
#define MAXINT32        ((INT32)(MAXUINT32 >> 1))
#define MAXUINT64       ((UINT64)~((UINT64)0))
#define MAXINT64        ((INT64)(MAXUINT64 >> 1))
#define MININT64        ((INT64)~MAXINT64)
#define MAXULONG64      ((ULONG64)~((ULONG64)0))
#define MAXDWORD64      ((DWORD64)~((DWORD64)0))
#define MAXUINT         0xffffffffu
#define MAXINT          0x7fffffff
#define MAXULONG32      0xffffffffu
#define MAXDWORD32      0xffffffffu
#define MAXULONG        0xffffffffu
#define MAXULONGLONG    (~0ULL)

#define HandleToULong(h)  ((ULONG32)(ULONG_PTR)(h))
#define HandleToLong(h)   ((LONG32)(LONG_PTR)(h))
#define ULongToHandle(ul) ((void *)(ULONG_PTR)(ULONG32)(ul))
#define LongToHandle(l)   ((void *)(LONG_PTR)(LONG32)(l))
#define PtrToUlong(p)     ((ULONG32)(ULONG_PTR)(p))
#define PtrToLong(p)      ((LONG32)(LONG_PTR)(p))
#define PtrToUint(p)      ((UINT32)(UINT_PTR)(p))
#define PtrToInt(p)       ((INT32)(INT_PTR)(p))
#define PtrToUshort(p)    ((unsigned short)(ULONG_PTR)(p))
#define PtrToShort(p)     ((short)(LONG_PTR)(p))
#define IntToPtr(i)       ((void *)(INT_PTR)(INT32)(i))
#define UIntToPtr(ui)     ((void *)(UINT_PTR)(UINT32)(ui))
#define LongToPtr(l)      ((void *)(LONG_PTR)(LONG32)(l))
#define ULongToPtr(ul)    ((void *)(ULONG_PTR)(ULONG32)(ul))
#define HandleToUlong(h)  HandleToULong(h)
#define UlongToHandle(ul) ULongToHandle(ul)
#define UlongToPtr(ul)    ULongToPtr(ul)
#define UintToPtr(ui)     UIntToPtr(ui)

#endif
