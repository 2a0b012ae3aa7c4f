/* SPDX-License-Identifier: MIT */
/* A streaming program on a device that misbehaves: by seed, a random fault script, isochronous
 * streams both ways, bulk and interrupt loop-back, control transfers, and a second thread that
 * cancels, aborts, resets, pulls the plug and puts it back. Each request must end once, with a
 * documented error; when the run is over nothing may be left.
 *
 *   usb_faults [first seed] [runs]          (also by USB_FAULT_RUNS; 200 runs otherwise) */
#include "../tap.h"

#include <winusb.h>
#include <overlapped.h>

enum {
    ISO = 3,
    FRAMES = 2,
    BULK = 4,
    CONTROLS = 1,
    SLOTS = 2 * ISO + 2 * BULK + 2 + CONTROLS,
    REQUESTS = 160,
    STREAMED = 24,
    SESSIONS = 2
};
enum { BULK_BYTES = 4096, CLOCK_PERMILLE = 8000, RUN_LIMIT_MS = 30000 };
enum kind { ISO_IN, ISO_OUT, BULK_IN, BULK_OUT, INTERRUPT_IN, INTERRUPT_OUT, CONTROL };

static const UCHAR pipes[] = {0x83, 0x03, 0x81, 0x01, 0x82, 0x02, 0};

struct slot {
    OVERLAPPED overlapped; /* first: the port gives its address */
    enum kind kind;
    volatile LONG under_way;
    BOOL restart; /* the stream is to begin anew */
    ULONG offset;
    UCHAR buffer[BULK_BYTES];
    USBD_ISO_PACKET_DESCRIPTOR packets[8 * FRAMES];
};

static struct slot slots[SLOTS];
static struct ovl_usb_device *plugged;
static HANDLE device, port;
static WINUSB_INTERFACE_HANDLE usb;
static WINUSB_ISOCH_BUFFER_HANDLE iso_buffers[2];
static ULONG iso_bytes, iso_packets;
static UCHAR *iso_memory;
static ULONG seed, started, ended, twice, unknown_errors;
static volatile LONG stop;
static ULONG totals[8], refused_opens, sessions_done;

/* ---- Chances --------------------------------------------------------------------------------- */

struct chance {
    ULONGLONG state;
};

static ULONG draw(struct chance *chance, ULONG below)
{
    chance->state = chance->state * 6364136223846793005ull + 1442695040888963407ull;
    return (ULONG)((chance->state >> 33) % below);
}

static void script_make(struct chance *chance, char *text, size_t size)
{
    static const char *const faults[] = {"stall", "short", "babble", "nak",   "late",
                                         "drop",  "crc",   "slow",   "unplug"};
    static const char *const endpoints[] = {"",       ":ep=83", ":ep=03", ":ep=81",
                                            ":ep=01", ":ep=82", ":ep=0"};
    size_t at = 0;
    text[0] = '\0';
    for (ULONG rules = draw(chance, 5); rules > 0; rules--) {
        const char *fault = faults[draw(chance, draw(chance, 4) == 0 ? 9 : 8)];
        at += (size_t)snprintf(text + at, size - at, "%s%s%s:%s=%u:ms=%u:times=%u",
                               at == 0 ? "" : "+", fault, endpoints[draw(chance, 7)],
                               (const char *[]){"at", "every", "chance"}[draw(chance, 3)],
                               (unsigned)(1 + draw(chance, 60)), (unsigned)draw(chance, 4),
                               (unsigned)(1 + draw(chance, 20)));
    }
    if (draw(chance, 3) == 0)
        at += (size_t)snprintf(text + at, size - at, "%sreplug:ms=%u", at == 0 ? "" : "+",
                               (unsigned)draw(chance, 6));
    if (draw(chance, 20) == 0)
        snprintf(
            text + at, size - at, "%sdescriptor:what=%s", at == 0 ? "" : "+",
            (const char *[]){"length", "total", "endpoint", "device", "random"}[draw(chance, 5)]);
}

/* ---- Errors that may be ---------------------------------------------------------------------- */

static BOOL is_gone(DWORD error)
{
    return error == ERROR_NO_SUCH_DEVICE || error == ERROR_DEVICE_NOT_CONNECTED;
}

static BOOL is_documented(const struct slot *slot, DWORD error)
{
    BOOL iso = slot->kind <= ISO_OUT;
    switch (error) {
    case ERROR_SUCCESS:
    case ERROR_OPERATION_ABORTED:
    case ERROR_GEN_FAILURE:
    case ERROR_NO_SUCH_DEVICE:
    case ERROR_DEVICE_NOT_CONNECTED:
        return TRUE;
    case ERROR_SEM_TIMEOUT:
        return !iso;
    case ERROR_INVALID_PARAMETER: /* nothing to continue */
        return iso;
    default:
        return FALSE;
    }
}

static void wrong(const char *what, DWORD error)
{
    note("seed %u: %s: error %u", (unsigned)seed, what, (unsigned)error);
    unknown_errors++;
}

static BOOL open_may_fail(DWORD error)
{
    return is_gone(error) || error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ||
           error == ERROR_ACCESS_DENIED || error == ERROR_GEN_FAILURE ||
           error == ERROR_INVALID_PARAMETER || error == ERROR_BAD_DEVICE ||
           error == ERROR_SEM_TIMEOUT;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static BOOL slot_issue(struct slot *slot, BOOL goes_on)
{
    UCHAR pipe = pipes[slot->kind];
    switch (slot->kind) {
    case ISO_IN:
        return WinUsb_ReadIsochPipeAsap(iso_buffers[0], slot->offset, iso_bytes, goes_on,
                                        iso_packets, slot->packets, &slot->overlapped);
    case ISO_OUT:
        return WinUsb_WriteIsochPipeAsap(iso_buffers[1], slot->offset, iso_bytes, goes_on,
                                         &slot->overlapped);
    case BULK_IN:
    case INTERRUPT_IN:
        return WinUsb_ReadPipe(usb, pipe, slot->buffer, slot->kind == BULK_IN ? BULK_BYTES : 64,
                               NULL, &slot->overlapped);
    case BULK_OUT:
    case INTERRUPT_OUT:
        return WinUsb_WritePipe(usb, pipe, slot->buffer,
                                slot->kind == BULK_OUT ? 1 + started * 37 % BULK_BYTES : 8, NULL,
                                &slot->overlapped);
    default:
        return WinUsb_ControlTransfer(usb, (WINUSB_SETUP_PACKET){0xc0, 0x30, 0, 0, 64},
                                      slot->buffer, 64, NULL, &slot->overlapped);
    }
}

/* FALSE: the device is gone, or the pipe refuses. */
static BOOL slot_send(struct slot *slot, BOOL goes_on)
{
    memset(&slot->overlapped, 0, sizeof slot->overlapped);
    if (InterlockedExchange(&slot->under_way, 1) != 0)
        twice++;
    if (slot_issue(slot, goes_on) || GetLastError() == ERROR_IO_PENDING) {
        started++;
        return TRUE;
    }
    DWORD error = GetLastError();
    InterlockedExchange(&slot->under_way, 0);
    if (!is_gone(error) && error != ERROR_GEN_FAILURE)
        wrong("a request is refused", error);
    return FALSE;
}

static void slot_ended(struct slot *slot, DWORD error)
{
    ended++;
    if (InterlockedExchange(&slot->under_way, 0) != 1)
        twice++;
    if (!is_documented(slot, error))
        wrong("a request ends", error);
    totals[error == 0                         ? 0
           : error == ERROR_OPERATION_ABORTED ? 1
           : error == ERROR_GEN_FAILURE       ? 2
           : is_gone(error)                   ? 3
                                              : 4]++;
    slot->restart = error != ERROR_SUCCESS;
    if (error == ERROR_GEN_FAILURE && slot->kind != CONTROL && slot->kind > ISO_OUT)
        WinUsb_ResetPipe(usb, pipes[slot->kind]); /* busy, gone, or done: the next request shows */
}

/* ---- The second thread ----------------------------------------------------------------------- */

static DWORD WINAPI disturb(void *unused)
{
    struct chance chance = {seed * 77777777ull + 5};
    while (!tap_read(stop)) {
        struct slot *slot = &slots[draw(&chance, SLOTS)];
        UCHAR pipe = pipes[draw(&chance, 6)];
        switch (draw(&chance, 12)) {
        case 0:
            CancelIoEx(device, NULL);
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            CancelIoEx(device, &slot->overlapped);
            break;
        case 5:
            WinUsb_AbortPipe(usb, pipe);
            break;
        case 6:
            WinUsb_ResetPipe(usb, pipe);
            break;
        case 7:
            WinUsb_FlushPipe(usb, 0x81);
            break;
        case 8:
            if (draw(&chance, 12) == 0)
                ovl_usb_plug(plugged, 0);
            break;
        case 9:
            if (draw(&chance, 4) == 0)
                ovl_usb_plug(plugged, 1);
            break;
        default:
            SwitchToThread();
            break;
        }
        if (draw(&chance, 3) == 0)
            Sleep(draw(&chance, 3));
    }
    (void)unused;
    return 0;
}

/* ---- A session: from open to close ----------------------------------------------------------- */

static BOOL session_open(void)
{
    struct ovl_usb_info *list = NULL;
    uint32_t count = 0;
    char *path = NULL;
    DWORD error = ovl_usb_list(&list, &count);
    if (error == 0)
        error = count == 0 ? ERROR_FILE_NOT_FOUND : ovl_usb_winusb(list[count - 1].path, 0, &path);
    ovl_free(list);
    if (error == 0) {
        device = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
                             FILE_FLAG_OVERLAPPED, NULL);
        error = device == INVALID_HANDLE_VALUE ? GetLastError() : 0;
        if (error == 0 && !WinUsb_Initialize(device, &usb)) {
            error = GetLastError();
            CloseHandle(device);
        }
        ovl_free(path);
    }
    if (error == 0)
        return TRUE;
    if (!open_may_fail(error))
        wrong("the device does not open", error);
    refused_opens++;
    return FALSE;
}

static BOOL session_prepare(struct chance *chance)
{
    WINUSB_PIPE_INFORMATION_EX pipe;
    ULONG timeout = draw(chance, 2) * (1 + draw(chance, 5));
    UCHAR on = TRUE, speed = 0;
    ULONG length = sizeof speed;
    for (UCHAR i = 0; i < sizeof pipes; i++)
        if (pipes[i] != 0 && i > ISO_OUT)
            WinUsb_SetPipePolicy(usb, pipes[i], PIPE_TRANSFER_TIMEOUT, sizeof timeout, &timeout);
    if (draw(chance, 2))
        WinUsb_SetPipePolicy(usb, 0x81, RAW_IO, sizeof on, &on);
    if (draw(chance, 2))
        WinUsb_SetPipePolicy(usb, 0x81, AUTO_CLEAR_STALL, sizeof on, &on);
    if (!WinUsb_SetCurrentAlternateSetting(usb, 1) ||
        !WinUsb_QueryDeviceInformation(usb, DEVICE_SPEED, &length, &speed))
        return FALSE;
    for (UCHAR i = 0; WinUsb_QueryPipeEx(usb, 1, i, &pipe); i++)
        if (pipe.PipeType == UsbdPipeTypeIsochronous)
            break;
    iso_packets = FRAMES * (speed < HighSpeed ? 1 : 8);
    iso_bytes = iso_packets * pipe.MaximumBytesPerInterval;
    iso_memory = calloc(2 * ISO, iso_bytes);
    return iso_memory != NULL &&
           WinUsb_RegisterIsochBuffer(usb, 0x83, iso_memory, ISO * iso_bytes, &iso_buffers[0]) &&
           WinUsb_RegisterIsochBuffer(usb, 0x03, iso_memory + ISO * iso_bytes, ISO * iso_bytes,
                                      &iso_buffers[1]);
}

static void slots_make(void)
{
    ULONG i = 0;
    static const struct {
        enum kind kind;
        ULONG count;
    } kinds[] = {{ISO_IN, ISO},     {ISO_OUT, ISO},     {BULK_IN, BULK},    {BULK_OUT, BULK},
                 {INTERRUPT_IN, 1}, {INTERRUPT_OUT, 1}, {CONTROL, CONTROLS}};
    for (ULONG k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (ULONG n = 0; n < kinds[k].count; n++, i++) {
            slots[i].kind = kinds[k].kind;
            slots[i].offset = kinds[k].kind <= ISO_OUT ? n * iso_bytes : 0;
            slots[i].restart = TRUE;
        }
}

/* Takes packets until nothing is under way; when the run is over, what waits is aborted. FALSE:
 * something never ends. */
static BOOL session_run(void)
{
    ULONGLONG limit = GetTickCount64() + RUN_LIMIT_MS, aborts_at = GetTickCount64() + 200;
    ULONG begun = started, streamed = 0;
    BOOL gone = FALSE;
    slots_make();
    for (ULONG i = 0; i < SLOTS && !gone; i++)
        gone = !slot_send(&slots[i], FALSE);
    while (started != ended) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *got = NULL;
        BOOL enough = started - begun >= REQUESTS;
        BOOL over = gone || (enough && streamed >= STREAMED) || GetTickCount64() > aborts_at;
        if (over)
            for (ULONG i = 0; i < sizeof pipes; i++)
                WinUsb_AbortPipe(usb, pipes[i]);
        BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &got, over ? 20 : 50);
        DWORD error = good ? 0 : GetLastError();
        if (got == NULL) {
            if (GetTickCount64() > limit)
                return FALSE;
            continue;
        }
        struct slot *slot = (struct slot *)got;
        slot_ended(slot, error);
        streamed += slot->kind <= ISO_OUT && good;
        if (!over && !is_gone(error) && (!enough || slot->kind <= ISO_OUT))
            gone = !slot_send(slot, !slot->restart);
        gone = gone || is_gone(error);
    }
    return TRUE;
}

static void session_end(void)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *got = NULL;
    for (int i = 0; i < 2; i++)
        if (iso_buffers[i] != NULL && !WinUsb_UnregisterIsochBuffer(iso_buffers[i]))
            wrong("UnregisterIsochBuffer", GetLastError());
    iso_buffers[0] = iso_buffers[1] = NULL;
    WinUsb_Free(usb);
    CloseHandle(device);
    if (GetQueuedCompletionStatus(port, &bytes, &key, &got, 0) || got != NULL)
        twice++; /* a packet too many */
    free(iso_memory);
    iso_memory = NULL;
}

static BOOL session(struct chance *chance)
{
    BOOL finished = TRUE;
    if (!session_open())
        return TRUE;
    port = CreateIoCompletionPort(device, NULL, 1, 1);
    if (session_prepare(chance)) {
        tap_write(stop, 0);
        HANDLE thread = thread_start(disturb, NULL);
        finished = session_run();
        tap_write(stop, 1);
        thread_join(thread);
        sessions_done++;
    }
    if (finished)
        session_end();
    CloseHandle(port);
    return finished;
}

static BOOL run(void)
{
    struct chance chance = {seed * 2654435761ull + 1};
    char options[900] = "speed=", script[700];
    draw(&chance, 2);
    strcat(options, (const char *[]){"full", "high", "super"}[draw(&chance, 3)]);
    script_make(&chance, script, sizeof script);
    snprintf(options + strlen(options), sizeof options - strlen(options), ",seed=%u,faults=%s",
             (unsigned)seed, script);
    DWORD error = ovl_usb_attach("mutt", options, &plugged);
    if (error != 0) { /* spoilt descriptors are refused */
        if (strstr(script, "descriptor") == NULL)
            wrong(options, error);
        return TRUE;
    }
    BOOL finished = TRUE;
    for (int i = 0; i < SESSIONS && finished; i++) {
        ovl_usb_plug(plugged, 1);
        finished = session(&chance);
    }
    if (!finished)
        note("seed %u hangs: %s", (unsigned)seed, options);
    else
        ovl_usb_detach(plugged);
    return finished;
}

int main(int argc, char **argv)
{
    const char *count = getenv("USB_FAULT_RUNS");
    ULONG first = argc > 1 ? (ULONG)atoi(argv[1]) : 1;
    ULONG runs = argc > 2 ? (ULONG)atoi(argv[2]) : count != NULL ? (ULONG)atoi(count) : 200;
    DWORD handles_before = 0, handles_after = 0;
    BOOL finished = TRUE;
    tap_begin();
    tap_part = "usb_faults";
    ovl_usb_clock(CLOCK_PERMILLE);
    for (seed = first; seed < first + runs && finished; seed++) {
        InterlockedExchange(&tap_started_tick, (LONG)GetTickCount());
        finished = run();
        if (seed == first)
            GetProcessHandleCount(GetCurrentProcess(), &handles_before);
    }
    GetProcessHandleCount(GetCurrentProcess(), &handles_after);
    ok(finished, "every run comes to its end");
    is_int(ended, started, "each request ends");
    is_int(twice, 0, "once");
    is_int(unknown_errors, 0, "with a documented error");
    is_int(handles_after, handles_before, "no handle is left");
    note("%u runs, %u sessions, %u opens refused; %u requests: %u done, %u aborted, %u failed, %u "
         "gone, %u else",
         (unsigned)runs, (unsigned)sessions_done, (unsigned)refused_opens, (unsigned)ended,
         (unsigned)totals[0], (unsigned)totals[1], (unsigned)totals[2], (unsigned)totals[3],
         (unsigned)totals[4]);
    return tap_end();
}
