/* SPDX-License-Identifier: MIT */
/* Transfers below a client driver: where their memory is, cancelling in every order, stalls and resets, unplugging, isochronous rules, and
 * URBs with anything in them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

/* ---- Transfers ---------------------------------------------------------------------------------------------------------------------- */

static void test_memory(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    static char out[3000], in[4096];
    for (unsigned i = 0; i < sizeof out; i++)
        out[i] = (char)(i * 7);
    MDL *whole = IoAllocateMdl(out, sizeof out, FALSE, FALSE, NULL), *part = IoAllocateMdl(out, sizeof out, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(whole);
    URB urb;
    bulk_build(&urb, OUT_PIPE(&f, 1), NULL, 0);
    ULONG moved;
    for (ULONG at = 0; at < sizeof out; at += 1000) { /* one URB, one partial MDL, built afresh for each send */
        IoBuildPartialMdl(whole, part, out + at, 1000);
        urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = part;
        urb.UrbBulkOrInterruptTransfer.TransferBufferLength = 1000;
        CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbBulkOrInterruptTransfer.TransferBuffer == NULL);
        CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, &moved) == STATUS_SUCCESS && moved == 1000 && memcmp(in, out + at, 1000) == 0);
    }
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = whole;
    urb.UrbBulkOrInterruptTransfer.TransferBuffer = in; /* another place than the MDL's */
    urb.UrbBulkOrInterruptTransfer.TransferBufferLength = 10;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER);
    urb.UrbBulkOrInterruptTransfer.TransferBuffer = NULL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferLength = sizeof out + 1;
    CHECK(urb_send(&f, &urb) == STATUS_INVALID_PARAMETER);
    /* A chain both ways. */
    MDL *first = IoAllocateMdl(out, 700, FALSE, FALSE, NULL), *second = IoAllocateMdl(out + 1000, 800, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(first);
    MmBuildMdlForNonPagedPool(second);
    first->Next = second;
    bulk_build(&urb, OUT_PIPE(&f, 1), NULL, 1500);
    urb.UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = first;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbBulkOrInterruptTransfer.TransferBufferLength == 1500);
    static char one[1000], two[1048];
    MDL *third = IoAllocateMdl(one, sizeof one, FALSE, FALSE, NULL), *fourth = IoAllocateMdl(two, sizeof two, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(third);
    MmBuildMdlForNonPagedPool(fourth);
    third->Next = fourth;
    bulk_build(&urb, IN_PIPE(&f, 1), NULL, 2048);
    urb.UrbHeader.Function = URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL;
    urb.UrbBulkOrInterruptTransfer.TransferBufferMDL = third;
    CHECK(urb_send(&f, &urb) == STATUS_SUCCESS && urb.UrbBulkOrInterruptTransfer.TransferBufferLength == 1500);
    CHECK(memcmp(one, out, 700) == 0 && memcmp(one + 700, out + 1000, 300) == 0 && memcmp(two, out + 1300, 500) == 0);
    MDL *all[] = {whole, part, first, second, third, fourth};
    for (unsigned i = 0; i < 6; i++) {
        all[i]->Next = NULL;
        IoFreeMdl(all[i]);
    }
    detach(&f);
}

static void test_cancel(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    static char in[512];
    URB urbs[8];
    struct sent sent[8];
    for (unsigned i = 0; i < 8; i++) {
        bulk_build(&urbs[i], IN_PIPE(&f, 1), in, sizeof in);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    CHECK(IoCancelIrp(sent[3].irp));
    CHECK(sent_wait(&sent[3], NULL) == STATUS_CANCELLED && sent[3].irql == DISPATCH_LEVEL);
    CHECK(pipe_request(&f, URB_FUNCTION_ABORT_PIPE, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    for (unsigned i = 0; i < 8; i++)
        if (i != 3)
            CHECK(sent_wait(&sent[i], NULL) == STATUS_CANCELLED);
    /* Cancelled before it is sent. */
    bulk_build(&urbs[0], IN_PIPE(&f, 1), in, sizeof in);
    IO_STACK_LOCATION *stack = sent_make(&sent[0], &f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
    stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
    stack->Parameters.Others.Argument1 = &urbs[0];
    CHECK(!IoCancelIrp(sent[0].irp));
    sent_go(&sent[0], &f);
    CHECK(sent_wait(&sent[0], NULL) == STATUS_CANCELLED);
    /* What the driver leaves is ended by the removal. */
    bulk_build(&urbs[1], IN_PIPE(&f, 1), in, sizeof in);
    CHECK(urb_start(&sent[1], &f, &urbs[1]) == STATUS_PENDING);
    CHECK(pnp(&f, IRP_MN_REMOVE_DEVICE) == STATUS_SUCCESS && KeReadStateEvent(&sent[1].ended) != 0);
    CHECK(sent_wait(&sent[1], NULL) == STATUS_CANCELLED);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL) == STATUS_NO_SUCH_DEVICE);
    detach(&f);
}

/* A thread that cancels what it is given, a little later each time. */
struct racer {
    _Atomic(IRP *) irp;
    _Atomic uint32_t cancelled; /* IRPs it has let go of */
    _Atomic bool stop;
};

static uint32_t race_cancel(void *context)
{
    struct racer *racer = context;
    for (unsigned round = 0; !atomic_load(&racer->stop);) {
        IRP *irp = atomic_exchange(&racer->irp, NULL);
        if (irp == NULL) {
            cpu_relax();
            continue;
        }
        for (unsigned spin = round++ % 64 * 8; spin > 0; spin--)
            cpu_relax();
        IoCancelIrp(irp);
        atomic_fetch_add(&racer->cancelled, 1);
    }
    return 0;
}

/* A cancel against the end: each request is completed once, with one of the two. */
static void test_races(void)
{
    enum { ROUNDS = 1000 };
    struct fixture f = attach("mutt", "speed=high");
    static char in[512];
    struct racer racer = {.stop = false};
    struct thread *thread;
    unsigned cancelled = 0, wrong = 0;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    CHECK(thread_create(race_cancel, &racer, 0, false, &thread) == STATUS_SUCCESS);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        URB urb;
        struct sent sent;
        bulk_build(&urb, IN_PIPE(&f, 1), in, sizeof in);
        if (round % 3 == 0) /* it may be cancelled while it is being sent, too */
            bulk(&f, OUT_PIPE(&f, 1), in, 10, NULL);
        IO_STACK_LOCATION *stack = sent_make(&sent, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL);
        stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_SUBMIT_URB;
        stack->Parameters.Others.Argument1 = &urb;
        if (round % 2 == 0)
            atomic_store(&racer.irp, sent.irp);
        sent_go(&sent, &f);
        if (round % 2 != 0)
            atomic_store(&racer.irp, sent.irp);
        if (round % 3 != 0)
            bulk(&f, OUT_PIPE(&f, 1), in, 10, NULL);
        KeWaitForSingleObject(&sent.ended, Executive, KernelMode, FALSE, NULL);
        while (atomic_load(&racer.cancelled) <= round)
            cpu_relax(); /* it may still look at the IRP */
        NTSTATUS status = sent_wait(&sent, NULL);
        cancelled += status == STATUS_CANCELLED;
        wrong += status != STATUS_CANCELLED && status != STATUS_SUCCESS;
        if (status == STATUS_CANCELLED)
            bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL); /* what was written is still there */
    }
    atomic_store(&racer.stop, true);
    wait_for_one(object_dispatcher(&thread->object), false, WAIT_FOREVER);
    object_dereference(&thread->object);
    CHECK(wrong == 0);
    printf("# %u of %u cancelled in time\n", cancelled, ROUNDS);
    detach(&f);
}

static void test_stall(void)
{
    struct fixture f = attach("mutt", "speed=high,faults=stall:ep=81:at=1");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char out[8] = "behind", in[512];
    URB urbs[2];
    struct sent sent[2];
    CHECK(bulk(&f, OUT_PIPE(&f, 1), out, sizeof out, NULL) == STATUS_SUCCESS);
    for (unsigned i = 0; i < 2; i++) {
        bulk_build(&urbs[i], IN_PIPE(&f, 1), in, sizeof in);
        CHECK(urb_start(&sent[i], &f, &urbs[i]) == STATUS_PENDING);
    }
    CHECK(sent_wait(&sent[0], NULL) == STATUS_UNSUCCESSFUL && urbs[0].UrbHeader.Status == USBD_STATUS_STALL_PID);
    CHECK(USBD_HALTED(urbs[0].UrbHeader.Status) && KeReadStateEvent(&sent[1].ended) == 0); /* queued, until the reset */
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    CHECK(sent_wait(&sent[1], NULL) == STATUS_SUCCESS && urbs[1].UrbBulkOrInterruptTransfer.TransferBufferLength == sizeof out);
    bulk_build(&urbs[0], IN_PIPE(&f, 1), in, sizeof in);
    urb_start(&sent[0], &f, &urbs[0]);
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE_AND_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_ERROR_BUSY);
    IoCancelIrp(sent[0].irp);
    sent_wait(&sent[0], NULL);
    /* The two halves: the device's stall, the host's queue. */
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_CLEAR_STALL, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    CHECK(pipe_request(&f, URB_FUNCTION_SYNC_RESET_PIPE, IN_PIPE(&f, 1)) == USBD_STATUS_SUCCESS);
    detach(&f);
}

/* A port reset leaves no pipe halted, and what was queued behind the stall goes on. */
static void test_reset_port(void)
{
    struct fixture f = attach("mutt", "speed=high,faults=stall:ep=81:at=1");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char data[8] = "again", in[512];
    URB urb;
    struct sent sent, reset;
    ULONG moved;
    CHECK(bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL) == STATUS_UNSUCCESSFUL);
    bulk_build(&urb, IN_PIPE(&f, 1), in, sizeof in);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
    sent_make(&reset, &f, IRP_MJ_INTERNAL_DEVICE_CONTROL)->Parameters.DeviceIoControl.IoControlCode = IOCTL_INTERNAL_USB_RESET_PORT;
    sent_go(&reset, &f);
    CHECK(sent_wait(&reset, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, OUT_PIPE(&f, 1), data, sizeof data, NULL) == STATUS_SUCCESS);
    CHECK(sent_wait(&sent, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, OUT_PIPE(&f, 1), data, 3, NULL) == STATUS_SUCCESS);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, &moved) == STATUS_SUCCESS && moved == 3);
    detach(&f);
}

static void test_unplug(void)
{
    struct fixture f = attach("mutt", "speed=high");
    CHECK(select_config(&f) == STATUS_SUCCESS);
    char in[512];
    URB urb;
    struct sent sent;
    bulk_build(&urb, IN_PIPE(&f, 1), in, sizeof in);
    CHECK(urb_start(&sent, &f, &urb) == STATUS_PENDING);
    usb_virtual_plug(f.virtual, false);
    CHECK(sent_wait(&sent, NULL) == STATUS_DEVICE_NOT_CONNECTED && urb.UrbHeader.Status == USBD_STATUS_DEVICE_GONE);
    CHECK(bulk(&f, IN_PIPE(&f, 1), in, sizeof in, NULL) == STATUS_NO_SUCH_DEVICE);
    CHECK(pnp(&f, IRP_MN_SURPRISE_REMOVAL) == STATUS_SUCCESS);
    detach(&f);
}

/* ---- Isochronous ------------------------------------------------------------------------------------------------------------------------ */

enum { ISO_PACKETS = 16, ISO_BYTES = 1024 };

static ULONG frame_number(struct fixture *f)
{
    URB urb = {0};
    urb.UrbGetCurrentFrameNumber.Hdr.Length = sizeof urb.UrbGetCurrentFrameNumber;
    urb.UrbGetCurrentFrameNumber.Hdr.Function = URB_FUNCTION_GET_CURRENT_FRAME_NUMBER;
    urb_send(f, &urb);
    return urb.UrbGetCurrentFrameNumber.FrameNumber;
}

static void test_isoch(void)
{
    struct fixture f = attach("mutt", "speed=high");
    static UCHAR data[ISO_PACKETS * ISO_BYTES];
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    URB *urb = isoch_urb(&f, IN_PIPE(&f, 3), data, ISO_PACKETS, ISO_BYTES);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS && isoch->ErrorCount == 0 && isoch->TransferBufferLength == sizeof data);
    CHECK(isoch->IsoPacket[5].Status == USBD_STATUS_SUCCESS && isoch->IsoPacket[5].Length == ISO_BYTES && isoch->IsoPacket[5].Offset == 5 * ISO_BYTES);
    /* Two at once: the second follows the first without a gap. */
    static UCHAR more[ISO_PACKETS * ISO_BYTES];
    URB *next = isoch_urb(&f, IN_PIPE(&f, 3), more, ISO_PACKETS, ISO_BYTES);
    struct sent sent[2];
    isoch->TransferBufferLength = sizeof data;
    CHECK(select_setting(&f, 1) == STATUS_SUCCESS); /* what was tracked is forgotten */
    isoch->PipeHandle = next->UrbIsochronousTransfer.PipeHandle = IN_PIPE(&f, 3);
    urb_start(&sent[0], &f, urb);
    urb_start(&sent[1], &f, next);
    CHECK(sent_wait(&sent[0], NULL) == STATUS_SUCCESS && sent_wait(&sent[1], NULL) == STATUS_SUCCESS);
    CHECK(next->UrbIsochronousTransfer.StartFrame == isoch->StartFrame + ISO_PACKETS / 8);
    USBD_UrbFree(f.handle, next);
    ULONG first;
    /* An explicit frame, and one that is too far away. */
    isoch->TransferBufferLength = sizeof data;
    isoch->TransferFlags = USBD_TRANSFER_DIRECTION_IN;
    isoch->StartFrame = first = frame_number(&f) + 20;
    CHECK(urb_send(&f, urb) == STATUS_SUCCESS && isoch->StartFrame == first && isoch->ErrorCount == 0);
    isoch->TransferBufferLength = sizeof data;
    isoch->StartFrame = frame_number(&f) + 5000;
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER && isoch->Hdr.Status == USBD_STATUS_BAD_START_FRAME);
    isoch->TransferBufferLength = sizeof data;
    isoch->StartFrame = frame_number(&f) - 100;
    CHECK(urb_send(&f, urb) == STATUS_UNSUCCESSFUL && isoch->Hdr.Status == USBD_STATUS_ISO_NOT_ACCESSED_LATE);
    CHECK(isoch->IsoPacket[0].Status == USBD_STATUS_ISO_NA_LATE_USBPORT && isoch->ErrorCount == ISO_PACKETS);
    /* Malformed ones. */
    isoch->TransferBufferLength = sizeof data;
    isoch->TransferFlags = USBD_START_ISO_TRANSFER_ASAP;
    isoch->NumberOfPackets = 7; /* no whole frame */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->NumberOfPackets = ISO_PACKETS;
    isoch->IsoPacket[3].Offset = 0; /* backwards */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->IsoPacket[3].Offset = 3 * ISO_BYTES;
    isoch->NumberOfPackets = 2 * ISO_PACKETS; /* more than Hdr.Length has */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->NumberOfPackets = 0;
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    isoch->NumberOfPackets = ISO_PACKETS;
    isoch->PipeHandle = IN_PIPE(&f, 1); /* a bulk pipe */
    CHECK(urb_send(&f, urb) == STATUS_INVALID_PARAMETER);
    USBD_UrbFree(f.handle, urb);
    detach(&f);
}

/* ---- Anything ------------------------------------------------------------------------------------------------------------------- */

static uint64_t random_next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* URBs with any function, length, handle, flags and counts, in memory that is really there: each is ended once and none hangs (what is
 * pending is cancelled). */
static void test_anything(void)
{
    struct fixture f = attach("mutt", "speed=super");
    static UCHAR memory[8192];
    uint64_t seed = 0x9e3779b97f4a7c15u;
    CHECK(select_config(&f) == STATUS_SUCCESS);
    for (unsigned round = 0; round < 20000; round++) {
        union {
            URB urb;
            UCHAR bytes[sizeof(URB) + 64 * sizeof(USBD_ISO_PACKET_DESCRIPTOR)];
        } made;
        struct sent sent;
        for (size_t i = 0; i < sizeof made.bytes; i++)
            made.bytes[i] = random_next(&seed) % 4 == 0 ? (UCHAR)random_next(&seed) : 0;
        struct _URB_BULK_OR_INTERRUPT_TRANSFER *bulk = &made.urb.UrbBulkOrInterruptTransfer;
        bulk->Hdr.Function = (USHORT)(random_next(&seed) % 0x3b);
        bulk->Hdr.Length = (USHORT)(random_next(&seed) % 8 == 0 ? random_next(&seed) % sizeof made.bytes : sizeof made.bytes);
        bulk->PipeHandle = random_next(&seed) % 4 == 0 ? (PVOID)(uintptr_t)random_next(&seed) : f.pipes[random_next(&seed) % 32];
        bulk->UrbLink = NULL;
        memset(&bulk->hca, 0, sizeof bulk->hca);
        if (bulk->Hdr.Function > URB_FUNCTION_ABORT_PIPE && bulk->Hdr.Function < URB_FUNCTION_OPEN_STATIC_STREAMS) {
            bulk->TransferBufferMDL = NULL;
            bulk->TransferBuffer = memory;
            bulk->TransferBufferLength %= sizeof memory + 1;
        } else if (bulk->Hdr.Function >= URB_FUNCTION_BULK_OR_INTERRUPT_TRANSFER_USING_CHAINED_MDL) {
            bulk->TransferBufferMDL = NULL;
        } else {
            made.urb.UrbSelectConfiguration.ConfigurationDescriptor = (PVOID)f.bytes;
            made.urb.UrbOpenStaticStreams.Streams = bulk->Hdr.Function == URB_FUNCTION_OPEN_STATIC_STREAMS ? (PVOID)memory : (PVOID)f.bytes;
        }
        urb_start(&sent, &f, &made.urb);
        IoCancelIrp(sent.irp);
        sent_wait(&sent, NULL);
    }
    CHECK(select_config(&f) == STATUS_SUCCESS && bulk(&f, OUT_PIPE(&f, 1), memory, 10, NULL) == STATUS_SUCCESS);
    detach(&f);
}

void test_transfers(void)
{
    test_memory();
    test_cancel();
    test_races();
    test_stall();
    test_reset_port();
    test_unplug();
    test_isoch();
    test_anything();
}
