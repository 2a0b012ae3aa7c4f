/* SPDX-License-Identifier: MIT */
/* Which isochronous URBs are taken: by speed and period, by their counts, lengths and offsets. On a
 * device with an endpoint for each period. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wdm/usbd_test.h"

/* ---- A device with isochronous IN endpoints: 81 bInterval 1, 82: 2, 83: 3, 84: 4, 85: 5 ------ */

enum { ENDPOINTS = 5, PACKET = 64 };

struct periods {
    uint8_t descriptor[18];
    struct model_config config;
    uint32_t packets;
};

static int periods_create(struct virtual_device *device, const void *context, const char *options,
                          void **state)
{
    *state = calloc(1, sizeof(struct periods));
    return *state == NULL ? -ENOMEM : 0;
}

static int periods_describe(void *state, enum usb_speed speed,
                            struct usb_model_description *description)
{
    struct periods *periods = state;
    model_device(periods->descriptor, speed, 0x0200, 0x1209, 0x0d0d);
    model_config_begin(&periods->config, speed, 1, 0xc0);
    model_config_interface(&periods->config, 0, 0, 0, 0xff, 0);
    model_config_interface(&periods->config, 0, 1, ENDPOINTS, 0xff, 0);
    for (uint8_t i = 1; i <= ENDPOINTS; i++)
        model_config_endpoint(&periods->config, 0x80 | i, USB_ISOCH, PACKET, 1, i, 0);
    model_config_end(&periods->config);
    *description = (struct usb_model_description){.device = periods->descriptor,
                                                  .config = periods->config.bytes,
                                                  .config_length = periods->config.length,
                                                  .strings = {NULL, "O", "Periods", "P1"}};
    return 0;
}

/* Every second packet is short. */
static uint32_t periods_in(void *state, uint8_t endpoint, uint64_t microframe, void *buffer,
                           uint32_t room)
{
    struct periods *periods = state;
    uint32_t length = periods->packets++ % 2 == 0 ? room : PERIODS_SHORT;
    memset(buffer, 0x11, length);
    return length;
}

const struct usb_model periods_model = {.name = "periods",
                                        .create = periods_create,
                                        .destroy = free,
                                        .describe = periods_describe,
                                        .isoch_in = periods_in};

/* ---- Counts ---------------------------------------------------------------------------------- */

enum { MOST = 1040 };
static UCHAR memory[MOST * PACKET];

static NTSTATUS packets_send(struct fixture *f, UCHAR endpoint, ULONG packets)
{
    URB *urb = isoch_urb(f, IN_PIPE(f, endpoint), memory, packets, PACKET);
    CHECK(pipe_request(f, URB_FUNCTION_ABORT_PIPE, IN_PIPE(f, endpoint)) ==
          USBD_STATUS_SUCCESS); /* begins anew, nothing is late */
    NTSTATUS status = urb_send(f, urb);
    CHECK(status == STATUS_SUCCESS ? urb->UrbHeader.Status == USBD_STATUS_SUCCESS &&
                                         urb->UrbIsochronousTransfer.ErrorCount == 0
                                   : urb->UrbHeader.Status == USBD_STATUS_INVALID_PARAMETER);
    USBD_UrbFree(f->handle, urb);
    return status;
}

/* Whole frames: 8 packets, or as many as the period has in a frame. Longer periods are refused, but
 * at full speed, where all are a frame. */
static void test_counts(const char *speed, bool is_full)
{
    struct fixture f = attach_model(&periods_model, speed, -1);
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    for (UCHAR endpoint = 1; endpoint <= ENDPOINTS; endpoint++) {
        ULONG whole = is_full ? 1 : 8u >> (endpoint - 1); /* 0: more than a frame */
        for (ULONG packets = 1; packets <= 16; packets++)
            CHECK((packets_send(&f, endpoint, packets) == STATUS_SUCCESS) ==
                  (whole != 0 && packets % whole == 0));
    }
    CHECK(packets_send(&f, 1, is_full ? 255 : 1024) == STATUS_SUCCESS);
    CHECK(packets_send(&f, 1, is_full ? 256 : 1032) == STATUS_INVALID_PARAMETER);
    detach(&f);
}

/* ---- Lengths and offsets --------------------------------------------------------------------- */

static NTSTATUS changed_send(struct fixture *f, URB *urb, ULONG packet, ULONG offset, ULONG length)
{
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    ULONG before = isoch->IsoPacket[packet].Offset;
    isoch->IsoPacket[packet].Offset = offset;
    isoch->TransferBufferLength = length;
    pipe_request(f, URB_FUNCTION_ABORT_PIPE, isoch->PipeHandle);
    NTSTATUS status = urb_send(f, urb);
    CHECK(status == STATUS_SUCCESS || (urb->UrbHeader.Status == USBD_STATUS_INVALID_PARAMETER &&
                                       isoch->TransferBufferLength == length));
    isoch->IsoPacket[packet].Offset = before;
    return status;
}

static void test_offsets(void)
{
    enum { PACKETS = 8, WHOLE = PACKETS * PACKET };
    struct fixture f = attach_model(&periods_model, "speed=high", -1);
    CHECK(select_config(&f) == STATUS_SUCCESS && select_setting(&f, 1) == STATUS_SUCCESS);
    URB *urb = isoch_urb(&f, IN_PIPE(&f, 1), memory, PACKETS, PACKET);
    struct _URB_ISOCH_TRANSFER *isoch = &urb->UrbIsochronousTransfer;
    CHECK(changed_send(&f, urb, 0, 0, WHOLE) == STATUS_SUCCESS);
    CHECK(changed_send(&f, urb, 7, 7 * PACKET, WHOLE + 1) ==
          STATUS_INVALID_PARAMETER); /* the last is larger than its endpoint's */
    CHECK(changed_send(&f, urb, 7, 7 * PACKET, 7 * PACKET - 1) ==
          STATUS_INVALID_PARAMETER); /* it begins behind the end */
    CHECK(changed_send(&f, urb, 3, 3 * PACKET + 1, WHOLE) ==
          STATUS_INVALID_PARAMETER); /* the third is larger */
    CHECK(changed_send(&f, urb, 3, 0xffffffff, WHOLE) == STATUS_INVALID_PARAMETER);
    CHECK(changed_send(&f, urb, 7, 7 * PACKET, 0) == STATUS_INVALID_PARAMETER);
    CHECK(changed_send(&f, urb, 7, 7 * PACKET, 0xffffffff) == STATUS_INVALID_PARAMETER);
    /* Hdr.Length of just these packets, and of one too few. */
    isoch->Hdr.Length =
        offsetof(struct _URB_ISOCH_TRANSFER, IsoPacket) + PACKETS * sizeof isoch->IsoPacket[0];
    CHECK(changed_send(&f, urb, 0, 0, WHOLE) == STATUS_SUCCESS);
    isoch->Hdr.Length--;
    CHECK(changed_send(&f, urb, 0, 0, WHOLE) == STATUS_INVALID_PARAMETER);
    isoch->Hdr.Length = (USHORT)GET_ISO_URB_SIZE(PACKETS);
    isoch->TransferBuffer = NULL;
    CHECK(changed_send(&f, urb, 0, 0, WHOLE) == STATUS_INVALID_PARAMETER);
    USBD_UrbFree(f.handle, urb);
    /* No allocator makes one whose Hdr.Length could not say it. */
    CHECK(USBD_IsochUrbAllocate(f.handle, 0x10000, &urb) == STATUS_INVALID_PARAMETER &&
          urb == NULL);
    CHECK(USBD_IsochUrbAllocate(NULL, 1, &urb) == STATUS_INVALID_PARAMETER &&
          USBD_IsochUrbAllocate(f.handle, 1, NULL) == STATUS_INVALID_PARAMETER);
    detach(&f);
}

void test_isoch_urbs(void)
{
    test_counts("speed=full", true);
    test_counts("speed=high", false);
    test_counts("speed=super", false);
    test_offsets();
}
