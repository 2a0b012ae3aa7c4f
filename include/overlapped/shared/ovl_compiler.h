/* SPDX-License-Identifier: MIT */
/* What Microsoft's compiler has as keywords and gcc and clang do not: calling conventions, storage
 * classes, sized integers. Every public header of this tree includes this one first; ovcc includes it
 * before the program's first line. It includes nothing, so it is safe in front of everything. */
#ifndef OVL_COMPILER_H
#define OVL_COMPILER_H

/* Around declarations of what the library exports: C linkage, visible under -fvisibility=hidden. */
#ifdef __cplusplus
#define OVL_BEGIN_C extern "C" { _Pragma("GCC visibility push(default)")
#define OVL_END_C   _Pragma("GCC visibility pop") }
#define OVL_STATIC_ASSERT(condition, text) static_assert(condition, text)
#else
#define OVL_BEGIN_C _Pragma("GCC visibility push(default)")
#define OVL_END_C   _Pragma("GCC visibility pop")
#define OVL_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#endif

/* The ELF symbol of a function whose C name belongs to libc. */
#define OVL_SYMBOL(name) __asm__(#name)

/* One calling convention on x86-64 Linux: the markers are accepted and mean nothing. */
#define __cdecl
#define __stdcall
#define __fastcall
#define __thiscall
#define __vectorcall
#define _cdecl
#define _stdcall
#define __CRTDECL
#define __clrcall
#ifndef __pascal
#define __pascal
#endif

#define __int8  char
#define __int16 short
#define __int32 int
#define __int64 long long
#ifndef _int64
#define _int64 long long
#endif

#ifndef __forceinline
#define __forceinline __inline__ __attribute__((__always_inline__))
#endif
#ifndef _inline
#define _inline __inline__
#endif

/* __declspec(x) becomes an attribute by name; an unknown one is an error, never silently lost. */
#undef __declspec
#define __declspec(x) __ovl_declspec_##x
#define _declspec(x)  __declspec(x)
#define __ovl_declspec_dllexport  __attribute__((__visibility__("default")))
#define __ovl_declspec_dllimport
#define __ovl_declspec_noreturn   __attribute__((__noreturn__))
#define __ovl_declspec_noinline   __attribute__((__noinline__))
#define __ovl_declspec_nothrow    __attribute__((__nothrow__))
#define __ovl_declspec_thread     __thread
#define __ovl_declspec_selectany  __attribute__((__weak__))
#define __ovl_declspec_naked      __attribute__((__naked__))
#define __ovl_declspec_deprecated __attribute__((__deprecated__))
#define __ovl_declspec_restrict
#define __ovl_declspec_noalias
#define __ovl_declspec_novtable
#define __ovl_declspec_empty_bases
#define __ovl_declspec_align(n)     __attribute__((__aligned__(n)))
#define __ovl_declspec_uuid(text)
#define __ovl_declspec_allocate(text) __attribute__((__section__(text)))
#define __ovl_declspec_code_seg(text) __attribute__((__section__(text)))
#define __ovl_declspec_property(...)

#ifndef __unaligned
#define __unaligned
#endif
#ifndef __w64
#define __w64
#endif
#ifndef __ptr32
#define __ptr32
#endif
#ifndef __ptr64
#define __ptr64
#endif
#define __assume(condition) ((void)0)
#define __noop(...)         ((void)0)
#if defined(__x86_64__) || defined(__i386__)
#define __debugbreak() __asm__ volatile("int3")
#else
#define __debugbreak() __builtin_trap()
#endif

/* 5i64, 5ui64: with g++ only, where a suffix can be given a meaning. */
#if defined(__cplusplus) && __cplusplus >= 201103L && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wliteral-suffix"
extern "C++" {
constexpr long long operator""i64(unsigned long long value) { return static_cast<long long>(value); }
constexpr unsigned long long operator""ui64(unsigned long long value) { return value; }
constexpr int operator""i32(unsigned long long value) { return static_cast<int>(value); }
constexpr unsigned operator""ui32(unsigned long long value) { return static_cast<unsigned>(value); }
}
#pragma GCC diagnostic pop
#endif

#endif
