/* SPDX-License-Identifier: MIT */
/* Bitmaps of 32-bit words in memory of the caller's. A search begins at its hint, whose byte it looks at from the beginning, and goes
 * round once. */
#include <string.h>

#include "wdm/wdm_host.h"

enum { WORD_BITS = 32, NOT_FOUND = -1 };

static size_t words_of(const RTL_BITMAP *map)
{
    return (map->SizeOfBitMap + WORD_BITS - 1) / WORD_BITS;
}

VOID NTAPI RtlInitializeBitMap(PRTL_BITMAP BitMapHeader, PULONG BitMapBuffer, ULONG SizeOfBitMap)
{
    BitMapHeader->SizeOfBitMap = SizeOfBitMap;
    BitMapHeader->Buffer = BitMapBuffer;
}

VOID NTAPI RtlClearAllBits(PRTL_BITMAP BitMapHeader)
{
    memset(BitMapHeader->Buffer, 0, words_of(BitMapHeader) * sizeof(ULONG));
}

VOID NTAPI RtlSetAllBits(PRTL_BITMAP BitMapHeader)
{
    memset(BitMapHeader->Buffer, 0xff, words_of(BitMapHeader) * sizeof(ULONG));
}

BOOLEAN NTAPI RtlTestBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    return (BOOLEAN)RtlCheckBit(BitMapHeader, BitNumber);
}

static void bit_put(RTL_BITMAP *map, ULONG at, bool set)
{
    ULONG mask = 1u << at % WORD_BITS;
    if (set)
        map->Buffer[at / WORD_BITS] |= mask;
    else
        map->Buffer[at / WORD_BITS] &= ~mask;
}

static void bits_put(RTL_BITMAP *map, ULONG from, ULONG count, bool set)
{
    for (ULONG i = 0; i < count && from + i < map->SizeOfBitMap; i++)
        bit_put(map, from + i, set);
}

VOID NTAPI RtlClearBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    bit_put(BitMapHeader, BitNumber, false);
}

VOID NTAPI RtlSetBit(PRTL_BITMAP BitMapHeader, ULONG BitNumber)
{
    bit_put(BitMapHeader, BitNumber, true);
}

VOID NTAPI RtlClearBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToClear)
{
    bits_put(BitMapHeader, StartingIndex, NumberToClear, false);
}

VOID NTAPI RtlSetBits(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG NumberToSet)
{
    bits_put(BitMapHeader, StartingIndex, NumberToSet, true);
}

/* A range that leaves the map, or is empty, is neither clear nor set. */
static bool bits_are(RTL_BITMAP *map, ULONG from, ULONG count, bool set)
{
    if (count == 0 || from >= map->SizeOfBitMap || count > map->SizeOfBitMap - from)
        return false;
    for (ULONG i = 0; i < count; i++)
        if (RtlCheckBit(map, from + i) != set)
            return false;
    return true;
}

BOOLEAN NTAPI RtlAreBitsClear(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    return bits_are(BitMapHeader, StartingIndex, Length, false);
}

BOOLEAN NTAPI RtlAreBitsSet(PRTL_BITMAP BitMapHeader, ULONG StartingIndex, ULONG Length)
{
    return bits_are(BitMapHeader, StartingIndex, Length, true);
}

ULONG NTAPI RtlNumberOfSetBits(PRTL_BITMAP BitMapHeader)
{
    ULONG count = 0;
    for (ULONG i = 0; i < BitMapHeader->SizeOfBitMap; i++)
        count += RtlCheckBit(BitMapHeader, i);
    return count;
}

ULONG NTAPI RtlNumberOfClearBits(PRTL_BITMAP BitMapHeader)
{
    return BitMapHeader->SizeOfBitMap - RtlNumberOfSetBits(BitMapHeader);
}

static ULONG bits_find_from(RTL_BITMAP *map, ULONG from, ULONG end, ULONG count, bool set)
{
    ULONG run = 0;
    for (ULONG at = from; at < end; at++) {
        run = RtlCheckBit(map, at) == set ? run + 1 : 0;
        if (run == count)
            return at + 1 - count;
    }
    return (ULONG)NOT_FOUND;
}

static ULONG bits_find(RTL_BITMAP *map, ULONG count, ULONG hint, bool set)
{
    enum { BYTE_BITS = 8 };
    ULONG size = map->SizeOfBitMap, from = hint < size ? hint / BYTE_BITS * BYTE_BITS : 0;
    if (count == 0)
        return from; /* documented: the hint's own byte */
    if (count > size)
        return (ULONG)NOT_FOUND;
    ULONG found = bits_find_from(map, from, size, count, set);
    if (found != (ULONG)NOT_FOUND || from == 0)
        return found;
    ULONG end = count - 1 > size - from ? size : from + count - 1; /* a run may reach over the hint */
    return bits_find_from(map, 0, end, count, set);
}

ULONG NTAPI RtlFindClearBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    return bits_find(BitMapHeader, NumberToFind, HintIndex, false);
}

ULONG NTAPI RtlFindSetBits(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    return bits_find(BitMapHeader, NumberToFind, HintIndex, true);
}

ULONG NTAPI RtlFindClearBitsAndSet(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ULONG found = bits_find(BitMapHeader, NumberToFind, HintIndex, false);
    if (found != (ULONG)NOT_FOUND)
        bits_put(BitMapHeader, found, NumberToFind, true);
    return found;
}

ULONG NTAPI RtlFindSetBitsAndClear(PRTL_BITMAP BitMapHeader, ULONG NumberToFind, ULONG HintIndex)
{
    ULONG found = bits_find(BitMapHeader, NumberToFind, HintIndex, true);
    if (found != (ULONG)NOT_FOUND)
        bits_put(BitMapHeader, found, NumberToFind, false);
    return found;
}
