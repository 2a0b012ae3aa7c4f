/* SPDX-License-Identifier: MIT */
/* Control, bulk, interrupt and streams: disks whose words hold their own offsets, a serial port whose other end echoes, the loop-back of
 * redir_device.py, and more memory than the kernel has for all programs. */
#include "check.h"
#include "devices.h"

static void command(struct usb_pipe *out, struct usb_pipe *in, const uint8_t *cdb, uint8_t size, void *data, uint32_t length)
{
    uint8_t wrapper[31] = {'U', 'S', 'B', 'C', 1, 0, 0, 0, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)(length >> 16),
                           (uint8_t)(length >> 24), 0x80, 0, size}, status[13];
    memcpy(wrapper + 15, cdb, size);
    uint32_t actual;
    int error = move(out, wrapper, sizeof wrapper, &actual);
    CHECK(error == 0 && actual == 31, "command: %s, %u bytes", strerror(-error), actual);
    error = move(in, data, length, &actual);
    CHECK(error == 0 && actual == length, "data: %s, %u of %u bytes", strerror(-error), actual, length);
    error = move(in, status, sizeof status, &actual);
    CHECK(error == 0 && actual == 13 && status[12] == 0, "status: %s, %u bytes", strerror(-error), actual);
}

static void words_check(const uint32_t *words, uint32_t length, uint32_t from)
{
    for (uint32_t i = 0; i < length / 4; i++)
        CHECK(words[i] == from + 4 * i, "the disk's word %u is %u", i, words[i]);
}

void storage(bool mapped)
{
    enum { BYTES = 2 << 20 };
    device_find(QEMU_VENDOR, QEMU_STORAGE);
    claim(0);
    struct usb_pipe *in = pipe_get(0x81), *out = pipe_get(0x02);
    uint8_t inquiry[36];
    command(out, in, (const uint8_t[6]){0x12, 0, 0, 0, 36}, 6, inquiry, sizeof inquiry);
    CHECK(memcmp(inquiry + 8, "QEMU", 4) == 0, "INQUIRY: %.8s", inquiry + 8);
    uint32_t *data = mapped ? usb_device_allocate(device, BYTES) : malloc(BYTES);
    CHECK(data != NULL, "no memory");
    command(out, in, (const uint8_t[10]){0x28, 0, 0, 0, 0x08, 0, 0, (BYTES / 512) >> 8, 0}, 10, data, BYTES);
    words_check(data, BYTES, 0x800 * 512);
    printf("storage: %u bytes%s as they are on the disk\n", BYTES, mapped ? " without a copy" : "");
    if (mapped)
        usb_device_free(device, data, BYTES);
    else
        free(data);
}

/* More than the kernel's memory for all of them: none may fail for that, and all are cancelled. */
void memory(void)
{
    enum { URBS = 16, BYTES = 4 << 20 };
    static struct urb urbs[URBS];
    device_find(FTDI_VENDOR, FTDI_SERIAL);
    claim(0);
    struct usb_pipe *in = pipe_get(0x81);
    uint8_t status[2];
    struct usb_setup modem = {.type = 0xc0, .request = 5, .length = 2};
    int moved = usb_device_control(device, &modem, status, 5000);
    CHECK(moved == 2, "the modem's state: %d", moved);
    for (uint32_t i = 0; i < URBS; i++) {
        urbs[i] = (struct urb){.device = device, .pipe = in, .buffer = malloc(BYTES), .length = BYTES, .done = counted_done};
        int error = urb_submit(&urbs[i]);
        CHECK(error == 0, "submit: %s", strerror(-error));
    }
    usb_pipe_abort(in, true);
    ended_wait(URBS);
    uint32_t cancelled = 0;
    for (uint32_t i = 0; i < URBS; i++) {
        CHECK(urbs[i].status == 0 || urbs[i].status == -ECANCELED, "URB %u ended with %s", i, strerror(-urbs[i].status));
        cancelled += urbs[i].status == -ECANCELED;
    }
    printf("memory: %u of %u cancelled\n", cancelled, URBS);
    CHECK(cancelled >= URBS - 2, "they were not cancelled");
    struct urb late = {.device = device, .pipe = in, .buffer = urbs[0].buffer, .length = BYTES, .timeout_ms = 100};
    for (int i = 0; i < 100; i++) /* the device sends its state now and then */
        if (urb_run(&late) == -ETIMEDOUT)
            return;
        else
            CHECK(late.status == 0, "a read ended with %s", strerror(-late.status));
}

/* What the kernel's limit (now 1 MB) can never hold fails at once; what it can hold one after the other goes. */
void memory_never(void)
{
    enum { TOO_LARGE = 4 << 20, URBS = 3, BYTES = 600 << 10 };
    static struct urb urbs[URBS];
    device_find(FTDI_VENDOR, FTDI_SERIAL);
    claim(0);
    struct usb_pipe *in = pipe_get(0x81);
    uint8_t *data = malloc(TOO_LARGE);
    uint32_t actual;
    int error = move(in, data, TOO_LARGE, &actual);
    CHECK(error == -ENOMEM, "a transfer above the limit: %s", strerror(-error));
    for (uint32_t i = 0; i < URBS; i++) { /* each ends with its time-out, or with a few bytes of state */
        urbs[i] = (struct urb){.device = device, .pipe = in, .buffer = data, .length = BYTES, .done = counted_done, .timeout_ms = 300};
        CHECK(urb_submit(&urbs[i]) == 0, "submit");
    }
    ended_wait(URBS);
    for (uint32_t i = 0; i < URBS; i++)
        CHECK(urbs[i].status == 0 || urbs[i].status == -ETIMEDOUT, "transfer %u: %s", i, strerror(-urbs[i].status));
    printf("memory: above the limit fails, below it waits\n");
    free(data);
}

void loopback(void)
{
    static uint8_t sent[1 << 16], got[1 << 16], counter[8];
    uint64_t last = 0;
    uint32_t actual;
    device_find(REDIR_VENDOR, REDIR_HIGH);
    claim(0);
    for (uint32_t i = 0; i < sizeof sent; i++)
        sent[i] = (uint8_t)(i * 7 + i / 251);
    int error = move(pipe_get(0x02), sent, sizeof sent, &actual);
    CHECK(error == 0 && actual == sizeof sent, "out: %s", strerror(-error));
    error = move(pipe_get(0x81), got, sizeof got, &actual);
    CHECK(error == 0 && actual == sizeof got && memcmp(sent, got, sizeof got) == 0, "in: %s, %u bytes", strerror(-error), actual);
    for (int i = 0; i < 3; i++) {
        error = move(pipe_get(0x83), counter, sizeof counter, &actual);
        CHECK(error == 0 && actual == 8, "interrupt: %s", strerror(-error));
        uint64_t value;
        memcpy(&value, counter, sizeof value);
        CHECK(i == 0 || value == last + 1, "the counter jumped");
        last = value;
    }
    error = usb_device_reset(device);
    CHECK(error == 0, "reset: %s", strerror(-error));
    printf("loopback, interrupt, reset: as they should\n");
}

/* TEST UNIT READY: takes the attention that a disk has after it was powered on, which would be the answer to the first command. */
static void uas_ready(struct usb_pipe *commands, struct usb_pipe *statuses)
{
    static uint8_t ready[32] = {1, 0, 0, 1}, status[128];
    struct urb answer = {.device = device, .pipe = statuses, .stream = 1, .buffer = status, .length = sizeof status, .done = counted_done};
    int error = urb_submit(&answer);
    CHECK(error == 0, "submit: %s", strerror(-error));
    uint32_t actual;
    error = move(commands, ready, sizeof ready, &actual);
    CHECK(error == 0, "the command: %s", strerror(-error));
    ended_wait(1);
    CHECK(answer.status == 0 && status[0] == 3, "its status: %s", strerror(-answer.status));
    atomic_store(&ended, 0);
}

/* Three UAS commands at once, by streams. */
void uas(void)
{
    enum { COMMANDS = 3, BYTES = 64 << 10 };
    static struct urb urbs[COMMANDS * 3];
    static uint8_t command[COMMANDS][32], status[COMMANDS][128];
    static uint32_t data[COMMANDS][BYTES / 4];
    device_find(QEMU_VENDOR, QEMU_UAS);
    claim(0);
    struct usb_pipe *commands = pipe_get(0x01), *statuses = pipe_get(0x82), *in = pipe_get(0x83), *out = pipe_get(0x04);
    struct usb_pipe *pipes[] = {statuses, in, out};
    for (int i = 0; i < 3; i++) {
        int opened = usb_pipe_open_streams(pipes[i], 4);
        CHECK(opened >= COMMANDS, "streams of %02x: %d", pipes[i]->endpoint.address, opened);
    }
    uas_ready(commands, statuses);
    for (uint32_t i = 0; i < COMMANDS; i++) {
        uint8_t tag = (uint8_t)(COMMANDS - i), block = (uint8_t)(i * 8);
        memcpy(command[i], (const uint8_t[32]){1, 0, 0, tag, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x28, 0, 0, 0, block, 0, 0, 0, BYTES / 512}, 32);
        urbs[i * 3] = (struct urb){.device = device, .pipe = statuses, .stream = tag, .buffer = status[i], .length = 128, .done = counted_done};
        urbs[i * 3 + 1] = (struct urb){.device = device, .pipe = in, .stream = tag, .buffer = data[i], .length = BYTES, .done = counted_done};
        urbs[i * 3 + 2] = (struct urb){.device = device, .pipe = commands, .buffer = command[i], .length = 32, .done = counted_done};
    }
    for (uint32_t i = 0; i < COMMANDS * 3; i++) {
        int error = urb_submit(&urbs[i]);
        CHECK(error == 0, "submit %u: %s", i, strerror(-error));
    }
    ended_wait(COMMANDS * 3);
    for (uint32_t i = 0; i < COMMANDS; i++) {
        CHECK(urbs[i * 3 + 1].status == 0 && urbs[i * 3 + 1].actual == BYTES && status[i][0] == 3, "command %u: %s, %u bytes, IU %u,"
              " status %u", i, strerror(-urbs[i * 3 + 1].status), urbs[i * 3 + 1].actual, status[i][0], status[i][6]);
        words_check(data[i], BYTES, (uint32_t)(command[i][20] << 8) * 512);
    }
    for (int i = 0; i < 3; i++)
        CHECK(usb_pipe_close_streams(pipes[i]) == 0, "closing streams");
    printf("uas: %u commands at once\n", COMMANDS);
}

/* Each stream of the loop-back its own data, submitted in one order and read in the other. */
void loopback_streams(void)
{
    enum { STREAMS = 4, BYTES = 8192 };
    static uint8_t sent[STREAMS][BYTES], got[STREAMS][BYTES];
    static struct urb outs[STREAMS], ins[STREAMS];
    device_find(REDIR_VENDOR, REDIR_SUPER);
    claim(0);
    struct usb_pipe *out = pipe_get(0x02), *in = pipe_get(0x81);
    CHECK(usb_pipe_open_streams(out, STREAMS) == STREAMS && usb_pipe_open_streams(in, STREAMS) == STREAMS, "no streams");
    struct urb none = {.device = device, .pipe = in, .buffer = got[0], .length = BYTES, .done = counted_done};
    CHECK(urb_submit(&none) == -EINVAL, "a transfer without a stream was taken");
    for (uint32_t i = 0; i < STREAMS; i++) {
        memset(sent[i], (int)(0x40 + i), BYTES);
        ins[i] = (struct urb){.device = device, .pipe = in, .stream = (uint16_t)(STREAMS - i), .buffer = got[i], .length = BYTES, .done = counted_done};
        CHECK(urb_submit(&ins[i]) == 0, "submit");
    }
    for (uint32_t i = 0; i < STREAMS; i++) {
        outs[i] = (struct urb){.device = device, .pipe = out, .stream = (uint16_t)(i + 1), .buffer = sent[i], .length = BYTES, .done = counted_done};
        CHECK(urb_submit(&outs[i]) == 0, "submit");
    }
    ended_wait(2 * STREAMS);
    for (uint32_t i = 0; i < STREAMS; i++) {
        CHECK(outs[i].status == 0 && ins[i].status == 0 && ins[i].actual == BYTES, "stream %u: %s, %s", i + 1,
              strerror(-outs[i].status), strerror(-ins[i].status));
        CHECK(memcmp(got[i], sent[STREAMS - 1 - i], BYTES) == 0, "stream %u brought another's data", STREAMS - i);
    }
    /* One stream's transfer is cancelled, the other's goes on. */
    atomic_store(&ended, 0);
    CHECK(urb_submit(&ins[0]) == 0 && urb_submit(&ins[1]) == 0, "submit");
    urb_cancel(&ins[0]);
    ended_wait(1);
    CHECK(urb_submit(&outs[ins[1].stream - 1]) == 0, "submit");
    ended_wait(3);
    CHECK(ins[0].status == -ECANCELED && ins[1].status == 0 && ins[1].actual == BYTES, "a cancel on a stream: %s, beside it: %s",
          strerror(-ins[0].status), strerror(-ins[1].status));
    CHECK(usb_pipe_close_streams(out) == 0 && usb_pipe_close_streams(in) == 0, "closing streams");
    printf("streams: %u at once, each its own data\n", STREAMS);
}

/* The other end sends back what it gets. Each packet from the device begins with two bytes of its state. */
void serial(void)
{
    enum { BYTES = 2000, PACKET = 64, STATE = 2 };
    static uint8_t sent[BYTES], got[BYTES], buffer[4096];
    device_find(FTDI_VENDOR, FTDI_SERIAL);
    claim(0);
    struct usb_setup rate = {.type = 0x40, .request = 3, .value = 26}; /* 115200 baud */
    int moved = usb_device_control(device, &rate, NULL, 5000);
    CHECK(moved == 0, "the rate: %d", moved);
    for (uint32_t i = 0; i < BYTES; i++)
        sent[i] = (uint8_t)(i * 13 + i / 64);
    uint32_t written = 0, read = 0, actual;
    struct usb_pipe *in = pipe_get(0x81), *out = pipe_get(0x02);
    while (read < BYTES) {
        if (written < BYTES && written == read) { /* what the port's own queue holds */
            uint32_t length = BYTES - written < 250 ? BYTES - written : 250;
            int error = move(out, sent + written, length, &actual);
            CHECK(error == 0 && actual == length, "written: %s, %u bytes", strerror(-error), actual);
            written += length;
        }
        int error = move(in, buffer, sizeof buffer, &actual);
        CHECK(error == 0, "read: %s", strerror(-error));
        for (uint32_t at = 0; at < actual; at += PACKET) {
            uint32_t packet = actual - at < PACKET ? actual - at : PACKET;
            CHECK(packet >= STATE && read + packet - STATE <= written, "a packet of %u bytes", packet);
            memcpy(got + read, buffer + at + STATE, packet - STATE);
            read += packet - STATE;
        }
    }
    CHECK(memcmp(sent, got, BYTES) == 0, "not what was sent");
    printf("serial: %u bytes there and back\n", BYTES);
}
