/* SPDX-License-Identifier: MIT */
/* Microsoft's intrinsics over the compilers' builtins. They are macros, because clang knows some of
 * the names and would refuse definitions. */
#ifndef OVL_CRT_INTRIN
#define OVL_CRT_INTRIN
#include "ovl_crt.h"
#include <stdlib.h>
#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif
#include "../um/interlockedapi.h"

OVL_INLINE unsigned char ovl_bit_scan_forward(unsigned *index, unsigned mask)
{
    if (!mask)
        return 0;
    *index = (unsigned)__builtin_ctz(mask);
    return 1;
}
OVL_INLINE unsigned char ovl_bit_scan_reverse(unsigned *index, unsigned mask)
{
    if (!mask)
        return 0;
    *index = 31u - (unsigned)__builtin_clz(mask);
    return 1;
}
OVL_INLINE unsigned char ovl_bit_scan_forward64(unsigned *index, unsigned long long mask)
{
    if (!mask)
        return 0;
    *index = (unsigned)__builtin_ctzll(mask);
    return 1;
}
OVL_INLINE unsigned char ovl_bit_scan_reverse64(unsigned *index, unsigned long long mask)
{
    if (!mask)
        return 0;
    *index = 63u - (unsigned)__builtin_clzll(mask);
    return 1;
}
/* The index is an unsigned long on Windows, 32 bits; sources that spell `long` here pass 64. */
#define ovl_scan(function, index, mask)                                          \
    __extension__({                                                              \
        unsigned ovl_index_ = 0;                                                 \
        unsigned char ovl_found_ = function(&ovl_index_, (mask));                \
        if (ovl_found_)                                                          \
            *(index) = ovl_index_;                                               \
        ovl_found_;                                                              \
    })
#define _BitScanForward(index, mask)   ovl_scan(ovl_bit_scan_forward, index, mask)
#define _BitScanReverse(index, mask)   ovl_scan(ovl_bit_scan_reverse, index, mask)
#define _BitScanForward64(index, mask) ovl_scan(ovl_bit_scan_forward64, index, mask)
#define _BitScanReverse64(index, mask) ovl_scan(ovl_bit_scan_reverse64, index, mask)
#define BitScanForward   _BitScanForward
#define BitScanReverse   _BitScanReverse
#define BitScanForward64 _BitScanForward64
#define BitScanReverse64 _BitScanReverse64
#define __popcnt16(value) ((unsigned short)__builtin_popcount((unsigned short)(value)))
#define __popcnt(value)   ((unsigned)__builtin_popcount(value))
#define __popcnt64(value) ((unsigned long long)__builtin_popcountll(value))
#define __lzcnt(value)    ((value) ? (unsigned)__builtin_clz(value) : 32u)
#define __nop()           __asm__ volatile("nop")
#define _AddressOfReturnAddress() __builtin_frame_address(0)
#undef _ReturnAddress
#define _ReturnAddress()  __builtin_return_address(0)
#ifdef __x86_64__
#undef __cpuid
#undef __cpuidex
#define __cpuidex(info, leaf, subleaf)                                                             \
    __asm__ volatile("cpuid"                                                                       \
                     : "=a"((info)[0]), "=b"((info)[1]), "=c"((info)[2]), "=d"((info)[3])          \
                     : "a"(leaf), "c"(subleaf))
#define __cpuid(info, leaf) __cpuidex(info, leaf, 0)
#define _umul128(a, b, high)                                                                       \
    __extension__({                                                                                \
        unsigned __int128 ovl_product_ = (unsigned __int128)(a) * (b);                             \
        *(high) = (unsigned long long)(ovl_product_ >> 64);                                        \
        (unsigned long long)ovl_product_;                                                          \
    })
#endif

#endif
