/* SPDX-License-Identifier: MIT */
/* The streams example driver on a device that misbehaves: by seed, a random fault script, reads and writes on all sixteen streams, and a
 * second thread that cancels, has the driver recover, pulls the plug and puts it back; the driver itself comes and goes. Each request
 * must end once, with a documented error; no stream may show another's data; when all is over nothing may be left.
 *
 *   kmdf_streams DRIVER [first seed] [runs]          (also by KMDF_STREAM_RUNS; 100 runs otherwise) */
#include "../tap.h"

#include <cfgmgr32.h>
#include <winioctl.h>

#include <overlapped.h>

#include "../../examples/drivers/streams.h"

enum { STREAMS = 16, SLOTS = 24, REQUESTS = 120, SESSIONS = 2, ROOM = 4096, RUN_LIMIT_MS = 30000, CLOSED_EARLY = 8 };
enum kind { READ, WRITE, RECOVER, KINDS };

struct slot {
    OVERLAPPED overlapped; /* first: the port gives its address */
    enum kind kind;
    volatile LONG under_way;
    ULONG stream, length;
    UCHAR buffer[ROOM];
};

static struct slot slots[SLOTS];
static const char *driver_path;
static struct ovl_driver *driver;
static struct ovl_usb_device *plugged;
static HANDLE device, port;
static ULONG seed, started, ended, twice, wrongs, mixed, opens_refused, sessions_done, loads;
static ULONG totals[5];
static volatile LONG stop;

/* ---- Chances ---------------------------------------------------------------------------------------------------------- */

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
    static const char *const faults[] = {"stall", "short", "babble", "nak", "late", "drop", "crc", "slow", "unplug"};
    static const char *const endpoints[] = {"", ":ep=81", ":ep=81:stream=3", ":ep=01", ":ep=01:stream=9", ":ep=0"};
    size_t at = 0;
    text[0] = '\0';
    for (ULONG rules = draw(chance, 4); rules > 0; rules--) {
        const char *fault = faults[draw(chance, draw(chance, 3) == 0 ? 9 : 8)];
        at += (size_t)snprintf(text + at, size - at, "%s%s%s:%s=%u:ms=%u:times=%u", at == 0 ? "" : "+", fault, endpoints[draw(chance, 6)],
                               (const char *[]){"at", "every", "chance"}[draw(chance, 3)], (unsigned)(1 + draw(chance, 60)),
                               (unsigned)draw(chance, 4), (unsigned)(1 + draw(chance, 12)));
    }
    if (draw(chance, 3) == 0)
        snprintf(text + at, size - at, "%sreplug:ms=%u", at == 0 ? "" : "+", (unsigned)draw(chance, 6));
}

/* ---- Errors that may be ------------------------------------------------------------------------------------------------- */

/* ERROR_BAD_COMMAND: the driver's queues take nothing more, its device being gone. */
static BOOL is_gone(DWORD error)
{
    return error == ERROR_NO_SUCH_DEVICE || error == ERROR_DEVICE_NOT_CONNECTED || error == ERROR_BAD_COMMAND;
}

/* A stream that is not one is ERROR_INVALID_PARAMETER; after a failure the endpoint is halted or takes nothing. */
static BOOL is_documented(const struct slot *slot, DWORD error)
{
    BOOL bad_stream = slot->kind != RECOVER && (slot->stream == 0 || slot->stream > STREAMS);
    switch (error) {
    case ERROR_SUCCESS: return !bad_stream;
    case ERROR_INVALID_PARAMETER: return bad_stream;
    case ERROR_OPERATION_ABORTED:
    case ERROR_GEN_FAILURE:
    case ERROR_SEM_TIMEOUT: return TRUE;
    default: return is_gone(error);
    }
}

static void wrong(const char *what, DWORD error)
{
    note("seed %u: %s: error %u", (unsigned)seed, what, (unsigned)error);
    wrongs++;
}

/* ---- Requests ---------------------------------------------------------------------------------------------------------- */

static BOOL slot_send(struct slot *slot, struct chance *chance)
{
    static const DWORD codes[KINDS] = {IOCTL_STREAMS_READ, IOCTL_STREAMS_WRITE, IOCTL_STREAMS_RECOVER};
    ULONG what = draw(chance, 64);
    slot->kind = what == 0 ? RECOVER : what % 2 ? READ : WRITE;
    slot->stream = draw(chance, 100) == 0 ? draw(chance, 2) * (STREAMS + 1) : 1 + draw(chance, STREAMS);
    slot->length = slot->kind == READ ? ROOM : 1 + draw(chance, ROOM);
    memset(slot->buffer, slot->kind == WRITE ? (int)slot->stream : 0xee, slot->length);
    memset(&slot->overlapped, 0, sizeof slot->overlapped);
    if (InterlockedExchange(&slot->under_way, 1) != 0)
        twice++;
    if (DeviceIoControl(device, codes[slot->kind], &slot->stream, slot->kind == RECOVER ? 0 : sizeof slot->stream, slot->buffer,
                        slot->kind == RECOVER ? 0 : slot->length, NULL, &slot->overlapped) || GetLastError() == ERROR_IO_PENDING) {
        started++;
        return TRUE;
    }
    DWORD error = GetLastError();
    InterlockedExchange(&slot->under_way, 0);
    if (!is_documented(slot, error))
        wrong("a request is refused", error);
    return !is_gone(error);
}

static void slot_ended(struct slot *slot, DWORD error, DWORD bytes)
{
    ended++;
    if (InterlockedExchange(&slot->under_way, 0) != 1)
        twice++;
    if (!is_documented(slot, error))
        wrong((const char *[]){"a read ends", "a write ends", "a recovery ends"}[slot->kind], error);
    if (bytes > slot->length)
        wrong("more than the buffer has", bytes);
    for (DWORD i = 0; error == 0 && slot->kind == READ && i < bytes; i++)
        if (slot->buffer[i] != slot->stream) {
            note("seed %u: stream %u: byte %u of %u is %u", (unsigned)seed, (unsigned)slot->stream, (unsigned)i, (unsigned)bytes,
                 slot->buffer[i]);
            mixed++;
            break;
        }
    totals[error == 0 ? 0 : error == ERROR_OPERATION_ABORTED ? 1 : error == ERROR_GEN_FAILURE ? 2 : is_gone(error) ? 3 : 4]++;
}

static void recover(void)
{
    OVERLAPPED overlapped = {.hEvent = event_manual()};
    DWORD bytes, error = 0;
    HANDLE event = overlapped.hEvent;
    overlapped.hEvent = (HANDLE)((ULONG_PTR)event | 1); /* no packet */
    if (!DeviceIoControl(device, IOCTL_STREAMS_RECOVER, NULL, 0, NULL, 0, NULL, &overlapped))
        error = GetLastError();
    if (error == ERROR_IO_PENDING)
        error = GetOverlappedResult(device, &overlapped, &bytes, TRUE) ? 0 : GetLastError();
    CloseHandle(event);
    if (!is_documented(&(struct slot){.kind = RECOVER}, error))
        wrong("the recovery", error);
}

/* ---- The second thread ---------------------------------------------------------------------------------------------------- */

static DWORD WINAPI disturb(void *unused)
{
    struct chance chance = {seed * 77777777ull + 5};
    while (!tap_read(stop)) {
        switch (draw(&chance, 12)) {
        case 0: CancelIoEx(device, NULL); break;
        case 1:
        case 2:
        case 3:
        case 4: CancelIoEx(device, &slots[draw(&chance, SLOTS)].overlapped); break;
        case 5:
            if (draw(&chance, 4) == 0)
                recover();
            break;
        case 6:
            if (draw(&chance, 12) == 0)
                ovl_usb_plug(plugged, 0);
            break;
        case 7:
            if (draw(&chance, 4) == 0)
                ovl_usb_plug(plugged, 1);
            break;
        default: SwitchToThread(); break;
        }
        if (draw(&chance, 3) == 0)
            Sleep(draw(&chance, 2));
    }
    (void)unused;
    return 0;
}

/* ---- A session: from open to close ------------------------------------------------------------------------------------------ */

static BOOL session_open(void)
{
    static WCHAR list[4096];
    DWORD error = ERROR_FILE_NOT_FOUND;
    list[0] = 0;
    CM_Get_Device_Interface_ListW((LPGUID)&GUID_DEVINTERFACE_STREAMS, NULL, list, 4096, CM_GET_DEVICE_INTERFACE_LIST_PRESENT);
    if (list[0] != 0) {
        device = CreateFileW(list, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
        if (device != INVALID_HANDLE_VALUE)
            return TRUE;
        error = GetLastError();
    }
    if (!is_gone(error) && error != ERROR_FILE_NOT_FOUND && error != ERROR_PATH_NOT_FOUND)
        wrong("the device does not open", error);
    opens_refused++;
    return FALSE;
}

/* Takes packets until nothing is under way; when the run is over, what waits is cancelled. FALSE: something never ends. */
static BOOL session_run(struct chance *chance, BOOL *closed)
{
    ULONGLONG limit = GetTickCount64() + RUN_LIMIT_MS, enough_at = GetTickCount64() + 200;
    ULONG begun = started;
    BOOL gone = FALSE;
    for (ULONG i = 0; i < SLOTS && !gone; i++)
        gone = !slot_send(&slots[i], chance);
    while (started != ended) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *got = NULL;
        BOOL over = gone || started - begun >= REQUESTS || GetTickCount64() > enough_at;
        if (over && !tap_read(stop) && draw(chance, CLOSED_EARLY) == 0)
            InterlockedExchange(&stop, 2); /* the last handle is closed with requests under way */
        if (over && tap_read(stop) == 2 && !*closed)
            return TRUE;
        if (over && !*closed)
            CancelIoEx(device, NULL);
        BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &got, over ? 20 : 50);
        DWORD error = good ? 0 : GetLastError();
        if (got == NULL) {
            if (GetTickCount64() > limit)
                return FALSE;
            continue;
        }
        struct slot *slot = (struct slot *)got;
        slot_ended(slot, error, bytes);
        if (!over && !is_gone(error))
            gone = !slot_send(slot, chance);
        gone = gone || is_gone(error);
        if (!over && error == ERROR_GEN_FAILURE)
            recover();
    }
    return TRUE;
}

/* The last close cancels what the file still has: all of it comes to the port. */
static BOOL session_drain(void)
{
    ULONGLONG limit = GetTickCount64() + RUN_LIMIT_MS;
    while (started != ended) {
        DWORD bytes = 0;
        ULONG_PTR key;
        OVERLAPPED *got = NULL;
        BOOL good = GetQueuedCompletionStatus(port, &bytes, &key, &got, 50);
        if (got != NULL)
            slot_ended((struct slot *)got, good ? 0 : GetLastError(), bytes);
        else if (GetTickCount64() > limit)
            return FALSE;
    }
    return TRUE;
}

static BOOL session(struct chance *chance)
{
    BOOL finished, closed = FALSE;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *got = NULL;
    if (!session_open())
        return TRUE;
    port = CreateIoCompletionPort(device, NULL, 1, 1);
    InterlockedExchange(&stop, 0);
    HANDLE thread = thread_start(disturb, NULL);
    finished = session_run(chance, &closed);
    InterlockedExchange(&stop, 1);
    thread_join(thread);
    CloseHandle(device);
    finished = finished && session_drain();
    if (finished && (GetQueuedCompletionStatus(port, &bytes, &key, &got, 0) || got != NULL))
        twice++; /* a packet too many */
    CloseHandle(port);
    sessions_done++;
    return finished;
}

/* ---- Runs --------------------------------------------------------------------------------------------------------------- */

static BOOL driver_load(void)
{
    char text[1100];
    snprintf(text, sizeof text, "%s,id=USB\\VID_1209&PID_0001", driver_path);
    DWORD error = ovl_driver_load(text, &driver);
    loads += error == 0;
    if (error != 0)
        wrong("the driver does not load", error);
    return error == 0;
}

static BOOL run(void)
{
    struct chance chance = {seed * 2654435761ull + 17};
    char script[512], options[600];
    script_make(&chance, script, sizeof script);
    snprintf(options, sizeof options, "speed=super,seed=%u%s%s", (unsigned)seed, script[0] != '\0' ? ",faults=" : "", script);
    BOOL loaded_first = draw(&chance, 2), unplugged_first = draw(&chance, 2);
    if (loaded_first && !driver_load())
        return FALSE;
    DWORD error = ovl_usb_attach("mutt", options, &plugged);
    if (error != 0) {
        wrong(options, error);
        return FALSE;
    }
    if (!loaded_first && !driver_load())
        return FALSE;
    BOOL finished = TRUE;
    for (int i = 0; i < SESSIONS && finished; i++) {
        ovl_usb_plug(plugged, 1);
        finished = session(&chance);
    }
    if (!finished) {
        note("seed %u hangs: %s", (unsigned)seed, options);
        return FALSE;
    }
    if (unplugged_first)
        ovl_usb_detach(plugged);
    error = ovl_driver_unload(driver);
    if (error != 0)
        wrong("the driver does not unload", error);
    if (!unplugged_first)
        ovl_usb_detach(plugged);
    return error == 0;
}

int main(int argc, char **argv)
{
    const char *count = getenv("KMDF_STREAM_RUNS");
    driver_path = argc > 1 ? argv[1] : "";
    ULONG first = argc > 2 ? (ULONG)atoi(argv[2]) : 1;
    ULONG runs = argc > 3 ? (ULONG)atoi(argv[3]) : count != NULL ? (ULONG)atoi(count) : 100;
    DWORD handles_before = 0, handles_after = 0;
    BOOL finished = TRUE;
    tap_begin();
    tap_part = "kmdf_streams";
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
    is_int(wrongs, 0, "with a documented error");
    is_int(mixed, 0, "no stream shows another's data");
    is_int(handles_after, handles_before, "no handle is left");
    note("%u runs, %u loads, %u sessions, %u opens refused; %u requests: %u done, %u aborted, %u failed, %u gone, %u else", (unsigned)runs,
         (unsigned)loads, (unsigned)sessions_done, (unsigned)opens_refused, (unsigned)ended, (unsigned)totals[0], (unsigned)totals[1],
         (unsigned)totals[2], (unsigned)totals[3], (unsigned)totals[4]);
    return tap_end();
}
