/* SPDX-License-Identifier: MIT */
/* Chains of MDLs at each speed: pieces that end inside packets, at their ends and just behind, and
 * that lie at odd addresses; chains that are too short or longer than needed; what a chain has
 * where nothing arrived. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

enum { ROOM = 16384, GUARD = 16, PIECES_MAX = 8, UNTOUCHED = 0xee };

/* Pieces of one block, with guard bytes between them. */
struct chain {
    UCHAR *block;
    MDL *mdls[PIECES_MAX];
    ULONG at[PIECES_MAX], length[PIECES_MAX];
    unsigned count;
};

static struct chain chain_make(const ULONG *lengths, unsigned count)
{
    struct chain chain = {.block = malloc(ROOM + PIECES_MAX * GUARD), .count = count};
    ULONG at = 1; /* odd */
    CHECK(chain.block != NULL);
    memset(chain.block, UNTOUCHED, ROOM + PIECES_MAX * GUARD);
    for (unsigned i = 0; i < count; i++) {
        chain.at[i] = at;
        chain.length[i] = lengths[i];
        chain.mdls[i] = IoAllocateMdl(chain.block + at, lengths[i], FALSE, FALSE, NULL);
        MmBuildMdlForNonPagedPool(chain.mdls[i]);
        if (i != 0)
            chain.mdls[i - 1]->Next = chain.mdls[i];
        at += lengths[i] + GUARD - 1;
    }
    return chain;
}

static void chain_free(struct chain *chain)
{
    for (unsigned i = 0; i < chain->count; i++) {
        chain->mdls[i]->Next = NULL;
        IoFreeMdl(chain->mdls[i]);
    }
    free(chain->block);
}

/* The byte of the chain at a place of the transfer. */
static UCHAR *chain_byte(const struct chain *chain, ULONG place)
{
    for (unsigned i = 0; i < chain->count; i++) {
        if (place < chain->length[i])
            return chain->block + chain->at[i] + place;
        place -= chain->length[i];
    }
    return NULL;
}

static ULONG chain_room(const struct chain *chain)
{
    ULONG room = 0;
    for (unsigned i = 0; i < chain->count; i++)
        room += chain->length[i];
    return room;
}

static UCHAR pattern(ULONG place)
{
    return (UCHAR)(place * 7 + place / 251);
}

static void chain_fill(const struct chain *chain)
{
    for (ULONG i = 0; i < chain_room(chain); i++)
        *chain_byte(chain, i) = pattern(i);
}

/* The first `length` bytes are the pattern; the rest, and what lies between the pieces, is as it
 * was. */
static bool chain_has(const struct chain *chain, ULONG length)
{
    bool good = true;
    ULONG place = 0, at = 0;
    for (unsigned i = 0; i < chain->count; i++) {
        for (; at < chain->at[i]; at++)
            good = good && chain->block[at] == UNTOUCHED;
        for (; at < chain->at[i] + chain->length[i]; at++, place++)
            good = good && chain->block[at] == (place < length ? pattern(place) : UNTOUCHED);
    }
    for (; at < ROOM; at++)
        good = good && chain->block[at] == UNTOUCHED;
    return good;
}

static NTSTATUS chain_send(struct fixture *f, USBD_PIPE_HANDLE pipe, MDL *mdl, ULONG length,
                           ULONG *moved)
{
    URB urb;
    bulk_build(&urb, pipe, (PVOID)(uintptr_t)8,
               length); /* no address at all: TransferBuffer is ignored */
    urb.UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = mdl;
    NTSTATUS status = urb_send(f, &urb);
    *moved = urb.UrbBulkOrInterruptTransfer.TransferBufferLength;
    CHECK(urb.UrbBulkOrInterruptTransfer.TransferBuffer == (PVOID)(uintptr_t)8 &&
          urb.UrbBulkOrInterruptTransfer.TransferBufferMDL == mdl);
    CHECK((status == STATUS_SUCCESS) == (urb.UrbHeader.Status == USBD_STATUS_SUCCESS));
    return status;
}

/* ---- Bulk and interrupt ---------------------------------------------------------------------- */

/* What goes out in some pieces comes back in others, by a read of `room` bytes. */
static void round_trip(struct fixture *f, USBD_PIPE_HANDLE out, USBD_PIPE_HANDLE in,
                       const ULONG *there, unsigned there_count, const ULONG *back,
                       unsigned back_count, ULONG room)
{
    struct chain from = chain_make(there, there_count), into = chain_make(back, back_count);
    ULONG length = chain_room(&from), moved;
    chain_fill(&from);
    CHECK(chain_send(f, out, from.mdls[0], length, &moved) == STATUS_SUCCESS && moved == length);
    CHECK(chain_send(f, in, into.mdls[0], room, &moved) == STATUS_SUCCESS && moved == length);
    CHECK(chain_has(&from, length) && chain_has(&into, length));
    chain_free(&from);
    chain_free(&into);
}

static void refused(struct fixture *f, USBD_PIPE_HANDLE out, USBD_PIPE_HANDLE in, ULONG packet)
{
    struct chain chain = chain_make((ULONG[]){packet - 1, 1, packet - 1}, 3);
    ULONG room = chain_room(&chain), moved;
    chain_fill(&chain);
    CHECK(chain_send(f, out, chain.mdls[0], room + 1, &moved) == STATUS_INVALID_PARAMETER &&
          moved == room + 1);
    CHECK(chain_send(f, in, chain.mdls[0], room + 1, &moved) == STATUS_INVALID_PARAMETER);
    CHECK(chain_send(f, out, NULL, 1, &moved) == STATUS_INVALID_PARAMETER &&
          chain_send(f, in, NULL, packet, &moved) == STATUS_INVALID_PARAMETER);
    CHECK(chain_has(&chain, room));
    /* The same chain in a function that knows none: only its first piece counts. */
    URB urb;
    bulk_build(&urb, out, NULL, packet);
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = chain.mdls[0];
    CHECK(urb_send(f, &urb) == STATUS_INVALID_PARAMETER);
    chain_free(&chain);
}

static void pipes_test(struct fixture *f, USBD_PIPE_HANDLE out, USBD_PIPE_HANDLE in, ULONG packet,
                       ULONG most)
{
    const ULONG p = packet;
    if (most > 3 * p) {
        round_trip(f, out, in, (ULONG[]){1, p - 1, p + 1, 3, 2 * p - 5}, 5,
                   (ULONG[]){p + 1, 1, p - 1, 3 * p - 1}, 4, 5 * p);
        round_trip(f, out, in, (ULONG[]){p, p, 1}, 3, (ULONG[]){1, 1, 3 * p - 2}, 3, 3 * p);
        round_trip(f, out, in, (ULONG[]){3 * p - 1}, 1, (ULONG[]){p / 2, p / 2, p / 2, 2 * p}, 4,
                   3 * p);
    }
    round_trip(f, out, in, (ULONG[]){1, 1, 1, p - 4}, 4, (ULONG[]){p - 2, 2 * p}, 2,
               p); /* longer than the read */
    round_trip(f, out, in, (ULONG[]){p - 1, 1}, 2, (ULONG[]){3, p - 3}, 2, p);
    refused(f, out, in, p);
    ULONG moved;
    CHECK(chain_send(f, out, NULL, 0, &moved) == STATUS_SUCCESS &&
          moved == 0); /* an empty packet needs no memory */
    CHECK(chain_send(f, in, NULL, 0, &moved) == STATUS_SUCCESS && moved == 0);
}

static void test_bulk_chains(const char *speed, ULONG bulk_packet, ULONG interrupt_packet)
{
    struct fixture f = attach("mutt", speed);
    CHECK(select_config(&f) == STATUS_SUCCESS);
    pipes_test(&f, OUT_PIPE(&f, 1), IN_PIPE(&f, 1), bulk_packet, ROOM);
    pipes_test(&f, OUT_PIPE(&f, 2), IN_PIPE(&f, 2), interrupt_packet, interrupt_packet);
    detach(&f);
}

/* A failed transfer gives back what arrived before it failed. */
static void test_failed_chain(void)
{
    struct fixture f = attach("mutt", "speed=high,faults=crc:ep=81:at=2");
    struct chain chain = chain_make((ULONG[]){500, 400, 1148}, 3);
    ULONG moved;
    UCHAR data[1500];
    for (ULONG i = 0; i < sizeof data; i++)
        data[i] = pattern(i);
    CHECK(select_config(&f) == STATUS_SUCCESS &&
          bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    CHECK(chain_send(&f, IN_PIPE(&f, 1), chain.mdls[0], 2048, &moved) == STATUS_UNSUCCESSFUL &&
          moved == 512 && chain_has(&chain, 512));
    chain_free(&chain);
    detach(&f);
}

/* ---- Isochronous ----------------------------------------------------------------------------- */

enum { ISO_PACKETS = 8, RECORD_READ = 0x11, RECORD_HEAD = 12 };

static URB *isoch_make(struct fixture *f, USBD_PIPE_HANDLE pipe, bool in, const struct chain *chain,
                       ULONG length)
{
    PURB urb;
    CHECK(USBD_IsochUrbAllocate(f->handle, ISO_PACKETS, &urb) == STATUS_SUCCESS);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(ISO_PACKETS);
    isoch->Hdr.Function = URB_FUNCTION_ISOCH_TRANSFER_USING_CHAINED_MDL;
    isoch->PipeHandle = pipe;
    isoch->TransferFlags = (in ? USBD_TRANSFER_DIRECTION_IN : 0) | USBD_START_ISO_TRANSFER_ASAP;
    isoch->TransferBufferMDL = chain->mdls[0];
    isoch->TransferBufferLength = length;
    isoch->NumberOfPackets = ISO_PACKETS;
    return urb;
}

/* Packets of different lengths out of a chain, as the device has seen them. */
static void test_isoch_out_chain(const char *speed, ULONG packet)
{
    static const ULONG shares[] = {
        0, 1, 9, 10, 14, 14, 30, 31}; /* offsets in sixteenths of a packet: one is empty */
    struct fixture f = attach("mutt", speed);
    ULONG length = packet * 2;
    struct chain chain = chain_make((ULONG[]){3, packet / 2, 1, packet - 1, packet}, 5);
    UCHAR record[RECORD_HEAD + 2048];
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    chain_fill(&chain);
    URB *urb = isoch_make(&f, OUT_PIPE(&f, 3), false, &chain, length);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    for (ULONG i = 0; i < ISO_PACKETS; i++)
        isoch->IsoPacket[i].Offset = shares[i] * packet / 16;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS && isoch->ErrorCount == 0 &&
          isoch->TransferBufferLength == length);
    CHECK(chain_has(&chain, chain_room(&chain)));
    for (ULONG i = 0; i < ISO_PACKETS; i++) {
        ULONG at = isoch->IsoPacket[i].Offset,
              end = i + 1 < ISO_PACKETS ? isoch->IsoPacket[i + 1].Offset : length, size;
        CHECK(vendor(&f, RECORD_READ, (USHORT)i, true, record, sizeof record) == STATUS_SUCCESS);
        memcpy(&size, record + 8, sizeof size);
        bool good = size == end - at;
        for (ULONG j = 0; good && j < size; j++)
            good = record[RECORD_HEAD + j] == pattern(at + j);
        CHECK(good);
    }
    USBD_UrbFree(f.handle, urb);
    chain_free(&chain);
    detach(&f);
}

/* Short packets leave gaps, and nobody writes into them. */
static void test_isoch_gaps(const char *speed)
{
    enum { PACKET = 64 };
    struct fixture f = attach_model(&periods_model, speed, -1);
    struct chain chain = chain_make((ULONG[]){PACKET + 2, 1, 2 * PACKET, 5 * PACKET - 3}, 4);
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    URB *urb = isoch_make(&f, IN_PIPE(&f, 1), true, &chain, ISO_PACKETS * PACKET);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    for (ULONG i = 0; i < ISO_PACKETS; i++)
        isoch->IsoPacket[i].Offset = i * PACKET;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS &&
          isoch->TransferBufferLength == ISO_PACKETS / 2 * (PACKET + PERIODS_SHORT));
    bool good = true;
    for (ULONG i = 0; i < ISO_PACKETS; i++) {
        ULONG arrived = i % 2 == 1 ? PERIODS_SHORT : PACKET;
        CHECK(isoch->IsoPacket[i].Length == arrived &&
              isoch->IsoPacket[i].Status == USBD_STATUS_SUCCESS);
        for (ULONG j = 0; j < PACKET; j++)
            good = good && (*chain_byte(&chain, i * PACKET + j) == UNTOUCHED) == (j >= arrived);
    }
    CHECK(good);
    USBD_UrbFree(f.handle, urb);
    chain_free(&chain);
    detach(&f);
}

void test_chains(void)
{
    test_bulk_chains("speed=full", 64, 16);
    test_bulk_chains("speed=high", 512, 64);
    test_bulk_chains("speed=super", 1024, 64);
    test_failed_chain();
    test_isoch_out_chain("speed=full", 512);
    test_isoch_out_chain("speed=high", 1024);
    test_isoch_out_chain("speed=super", 1024);
    test_isoch_gaps("speed=full");
    test_isoch_gaps("speed=high");
    test_isoch_gaps("speed=super");
}
