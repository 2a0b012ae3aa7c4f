/* SPDX-License-Identifier: MIT */
/* The program of the queue tests: what each kind of queue presents, and when; start, stop, drain, purge; forwarding, fetching, finding; ready
 * notification; cancelling what waits; levels and scopes. Its argument is the driver. */
#include "../tap.h"

#include <winioctl.h>

#include "overlapped.h"
#include "queue_test.h"

enum { NT_CANCELLED = (int)0xC0000120, NT_PAUSED = (int)0xC0200203, NT_BUSY = (int)0xC0200202, NT_NO_MORE = (int)0x8000001A,
       NT_INVALID_REQUEST = (int)0xC0000010, NT_NOT_FOUND = (int)0xC0000225 };
enum { ACCEPTS = 1, DISPATCHES = 2, EMPTY = 4, DRIVER_EMPTY = 8 };
enum { BURST = 2000 };

static HANDLE control;

static struct facts order(int lane, int command, int arg)
{
    struct order given = {lane, command, arg};
    struct facts facts = {0};
    DWORD bytes;
    OVERLAPPED overlapped = {0};
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!DeviceIoControl(control, IOCTL_ORDER, &given, sizeof given, &facts, sizeof facts, NULL, &overlapped) &&
        (GetLastError() != ERROR_IO_PENDING || !GetOverlappedResult(control, &overlapped, &bytes, TRUE)))
        facts.status = -1;
    CloseHandle(overlapped.hEvent);
    return facts;
}

static struct facts look(int lane)
{
    return order(lane, COMMAND_LOOK, 0);
}

static HANDLE open_lane(int lane)
{
    char name[32];
    snprintf(name, sizeof name, "\\\\.\\OvlLane%d", lane);
    return CreateFileA(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

struct request {
    OVERLAPPED overlapped;
    char data[16];
};

/* Starts a read of `length`; its event tells its end. */
static void start_read(HANDLE device, struct request *request, DWORD length)
{
    memset(request, 0, sizeof *request);
    request->overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (!ReadFile(device, request->data, length, NULL, &request->overlapped) && GetLastError() != ERROR_IO_PENDING)
        SetEvent(request->overlapped.hEvent);
}

static BOOL pending(struct request *request)
{
    return WaitForSingleObject(request->overlapped.hEvent, 0) == WAIT_TIMEOUT;
}

/* Its error, and the bytes. */
static DWORD finish(HANDLE device, struct request *request, DWORD *bytes)
{
    DWORD moved = 0;
    DWORD error = GetOverlappedResult(device, &request->overlapped, &moved, TRUE) ? 0 : GetLastError();
    CloseHandle(request->overlapped.hEvent);
    if (bytes != NULL)
        *bytes = moved;
    return error;
}

/* Until the lane's facts satisfy `condition`; they come from callbacks on other threads. */
#define UNTIL(facts, lane, condition)                                                    \
    do {                                                                                 \
        for (int i_ = 0; i_ < PATIENCE_MS; i_++) {                                       \
            facts = look(lane);                                                          \
            if (condition)                                                               \
                break;                                                                   \
            Sleep(1);                                                                    \
        }                                                                                \
    } while (0)

static void test_sequential(void)
{
    HANDLE device = open_lane(LANE_SEQUENTIAL);
    struct request a, b, c;
    DWORD bytes;
    ok(device != INVALID_HANDLE_VALUE, "a control device of a framework driver opens");
    start_read(device, &a, 5);
    ok(finish(device, &a, &bytes) == 0 && bytes == 5, "an inline completion gives the bytes");
    order(LANE_SEQUENTIAL, COMMAND_MODE, MODE_HOLD);
    start_read(device, &a, 1);
    start_read(device, &b, 2);
    start_read(device, &c, 3);
    struct facts facts = look(LANE_SEQUENTIAL);
    ok(facts.held == 1 && facts.at_driver == 1 && facts.waiting == 2, "a sequential queue presents one and keeps two");
    ok(facts.state == (ACCEPTS | DISPATCHES), "its state: accepts, dispatches, has requests, the driver too");
    facts = order(LANE_SEQUENTIAL, COMMAND_RELEASE, 7);
    ok(facts.held == 1 && facts.waiting == 1, "the end of one presents the next");
    ok(finish(device, &a, &bytes) == 0 && bytes == 7, "the first ended first");
    facts = order(LANE_SEQUENTIAL, COMMAND_RELEASE_DPC, 8);
    ok(facts.held == 1 && facts.waiting == 0 && facts.irql == 2, "completed at DISPATCH_LEVEL the next is presented at DISPATCH_LEVEL");
    order(LANE_SEQUENTIAL, COMMAND_RELEASE, 9);
    ok(finish(device, &b, &bytes) == 0 && bytes == 8, "the second follows");
    ok(finish(device, &c, &bytes) == 0 && bytes == 9, "the third is the last");
    facts = look(LANE_SEQUENTIAL);
    ok(facts.state == (ACCEPTS | DISPATCHES | EMPTY | DRIVER_EMPTY), "idle is idle");
    ok(facts.cleanups == 4, "each request's context was cleaned up (%u)", facts.cleanups);
    CloseHandle(device);
}

static void test_no_recursion(void)
{
    static struct request requests[BURST];
    HANDLE device = open_lane(LANE_SEQUENTIAL);
    order(LANE_SEQUENTIAL, COMMAND_STOP_WAIT, 0);
    order(LANE_SEQUENTIAL, COMMAND_MODE, MODE_COMPLETE);
    for (int i = 0; i < BURST; i++)
        start_read(device, &requests[i], 4);
    struct facts before = look(LANE_SEQUENTIAL);
    ok(before.waiting == BURST && before.at_driver == 0, "a stopped queue accepts and keeps %d", BURST);
    ok((before.state & (ACCEPTS | DISPATCHES)) == ACCEPTS, "stopped: accepts, does not dispatch");
    order(LANE_SEQUENTIAL, COMMAND_START, 0);
    int good = 0;
    for (int i = 0; i < BURST; i++)
        good += finish(device, &requests[i], NULL) == 0;
    struct facts facts = look(LANE_SEQUENTIAL);
    ok(good == BURST && facts.presented == before.presented + BURST, "started, all are presented and end once");
    ok(facts.concurrent == 1, "no callback is called inside another's completion");
    CloseHandle(device);
}

static void test_stack(void)
{
    static struct request requests[BURST];
    HANDLE device = open_lane(LANE_PASSIVE);
    order(LANE_PASSIVE, COMMAND_MODE, MODE_HOLD);
    start_read(device, &requests[0], 4);
    for (int i = 1; i < BURST; i++)
        start_read(device, &requests[i], 4);
    order(LANE_PASSIVE, COMMAND_MODE, MODE_COMPLETE);
    order(LANE_PASSIVE, COMMAND_STOP, 0);
    order(LANE_PASSIVE, COMMAND_START, 0);
    order(LANE_PASSIVE, COMMAND_RELEASE, 4);
    int good = 0;
    for (int i = 0; i < BURST; i++)
        good += finish(device, &requests[i], NULL) == 0;
    struct facts facts = look(LANE_PASSIVE);
    ok(good == BURST, "%d requests end behind the one that was held", BURST);
    ok(facts.concurrent == 1, "one callback at a time in scope queue");
    CloseHandle(device);
}

static void test_parallel(void)
{
    HANDLE device = open_lane(LANE_PARALLEL);
    struct request requests[4];
    order(LANE_PARALLEL, COMMAND_MODE, MODE_HOLD);
    for (int i = 0; i < 4; i++)
        start_read(device, &requests[i], 4);
    struct facts facts = look(LANE_PARALLEL);
    ok(facts.held == 2 && facts.waiting == 2, "NumberOfPresentedRequests is the limit");
    facts = order(LANE_PARALLEL, COMMAND_RELEASE, 1);
    ok(facts.held == 2 && facts.waiting == 1, "one ends, one comes");
    for (int i = 0; i < 3; i++)
        order(LANE_PARALLEL, COMMAND_RELEASE, 1);
    int good = 0;
    for (int i = 0; i < 4; i++)
        good += finish(device, &requests[i], NULL) == 0;
    ok(good == 4, "all four end");
    CloseHandle(device);
}

static void test_zero_length(void)
{
    HANDLE device = open_lane(LANE_TYPES);
    struct request request;
    DWORD bytes = 9;
    order(LANE_TYPES, COMMAND_MODE, MODE_COMPLETE);
    start_read(device, &request, 0);
    ok(finish(device, &request, &bytes) == 0 && bytes == 0, "a read of nothing succeeds");
    struct facts facts = look(LANE_TYPES);
    ok(facts.reads == 0, "and the driver does not see it");
    OVERLAPPED overlapped = {0};
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    WriteFile(device, "", 0, NULL, &overlapped);
    GetOverlappedResult(device, &overlapped, &bytes, TRUE);
    facts = look(LANE_TYPES);
    ok(facts.writes == 1, "AllowZeroLengthRequests: the driver sees a write of nothing");
    char out[4];
    ok(DeviceIoControl(device, IOCTL_LANE, NULL, 0, out, sizeof out, &bytes, NULL) && look(LANE_TYPES).others == 1,
       "a control code goes to the default queue's EvtIoDefault");
    overlapped.Offset = 0x1234;
    ReadFile(device, out, 4, NULL, &overlapped);
    ok(GetOverlappedResult(device, &overlapped, &bytes, TRUE) && bytes == 4 && look(LANE_TYPES).reads == 1 &&
           look(LANE_TYPES).last_offset == 0x1234,
       "reads have their queue, and DeviceOffset");
    CloseHandle(overlapped.hEvent);
    CloseHandle(device);
    device = open_lane(LANE_SEQUENTIAL);
    ok(!DeviceIoControl(device, IOCTL_LANE, NULL, 0, out, sizeof out, &bytes, NULL) && GetLastError() == ERROR_INVALID_FUNCTION,
       "without a callback for its kind a request is refused: %lu", (unsigned long)GetLastError());
    CloseHandle(device);
}

static void test_stop(void)
{
    HANDLE device = open_lane(LANE_PARALLEL);
    struct request a, b;
    order(LANE_PARALLEL, COMMAND_MODE, MODE_HOLD);
    start_read(device, &a, 4);
    struct facts facts = order(LANE_PARALLEL, COMMAND_STOP, 0);
    ok(facts.stop_done == 0, "WdfIoQueueStop waits for what the driver has before it calls back");
    start_read(device, &b, 4);
    ok(look(LANE_PARALLEL).waiting == 1 && pending(&b), "meanwhile requests are accepted and wait");
    facts = order(LANE_PARALLEL, COMMAND_RELEASE, 4);
    ok(facts.stop_done == 1 && finish(device, &a, NULL) == 0, "the last end calls it");
    facts = order(LANE_PARALLEL, COMMAND_STOP, 0);
    ok(facts.stop_done == 2, "of a queue at rest it is called at once");
    facts = order(LANE_PARALLEL, COMMAND_START, 0);
    ok(facts.held == 1 && facts.waiting == 0, "started, it presents what waited");
    order(LANE_PARALLEL, COMMAND_RELEASE, 4);
    ok(finish(device, &b, NULL) == 0, "and that ends");
    CloseHandle(device);
}

static void test_drain(void)
{
    HANDLE device = open_lane(LANE_SEQUENTIAL);
    struct request a, b, c;
    order(LANE_SEQUENTIAL, COMMAND_MODE, MODE_HOLD);
    start_read(device, &a, 4);
    start_read(device, &b, 4);
    struct facts facts = order(LANE_SEQUENTIAL, COMMAND_DRAIN, 0);
    ok(facts.drain_done == 0 && (facts.state & (ACCEPTS | DISPATCHES)) == DISPATCHES, "draining: dispatches, accepts no more");
    start_read(device, &c, 4);
    ok(finish(device, &c, NULL) == ERROR_BAD_COMMAND, "a new request ends with STATUS_INVALID_DEVICE_STATE: %lu",
       (unsigned long)GetLastError());
    order(LANE_SEQUENTIAL, COMMAND_RELEASE, 4);
    facts = order(LANE_SEQUENTIAL, COMMAND_RELEASE, 4);
    ok(facts.drain_done == 1 && finish(device, &a, NULL) == 0 && finish(device, &b, NULL) == 0,
       "what was queued is presented and ends, then the callback comes");
    facts = order(LANE_SEQUENTIAL, COMMAND_DRAIN_WAIT, 0);
    ok(facts.status == 0, "a drained queue drains at once");
    order(LANE_SEQUENTIAL, COMMAND_START, 0);
    CloseHandle(device);
}

static void test_purge(void)
{
    HANDLE device = open_lane(LANE_PARALLEL);
    struct request a, b, c, d;
    struct facts before = look(LANE_PARALLEL);
    order(LANE_PARALLEL, COMMAND_MODE, MODE_HOLD_CANCELABLE);
    start_read(device, &a, 4);
    start_read(device, &b, 4);
    start_read(device, &c, 4);
    struct facts facts = order(LANE_PARALLEL, COMMAND_PURGE, 0);
    ok(finish(device, &c, NULL) == ERROR_OPERATION_ABORTED, "purging cancels what waits");
    ok(finish(device, &a, NULL) == ERROR_OPERATION_ABORTED && finish(device, &b, NULL) == ERROR_OPERATION_ABORTED &&
           facts.cancelled == before.cancelled + 2,
       "and what the driver made cancelable");
    ok(facts.purge_done == before.purge_done + 1, "then the callback comes");
    ok((facts.state & (ACCEPTS | DISPATCHES)) == 0, "purged: neither accepts nor dispatches");
    start_read(device, &d, 4);
    ok(finish(device, &d, NULL) == ERROR_BAD_COMMAND, "a purged queue refuses");
    order(LANE_PARALLEL, COMMAND_START, 0);
    order(LANE_PARALLEL, COMMAND_MODE, MODE_HOLD);
    start_read(device, &a, 4);
    facts = order(LANE_PARALLEL, COMMAND_PURGE, 0);
    ok(facts.purge_done == before.purge_done + 1 && pending(&a), "what is not cancelable is awaited");
    facts = order(LANE_PARALLEL, COMMAND_RELEASE, 4);
    ok(facts.purge_done == before.purge_done + 2 && finish(device, &a, NULL) == 0, "its end calls back");
    order(LANE_PARALLEL, COMMAND_START, 0);
    order(LANE_PARALLEL, COMMAND_MODE, MODE_HOLD_CANCELABLE);
    start_read(device, &a, 4);
    start_read(device, &b, 4);
    start_read(device, &c, 4);
    facts = order(LANE_PARALLEL, COMMAND_STOP_PURGE_WAIT, 0);
    ok(finish(device, &a, NULL) == ERROR_OPERATION_ABORTED && finish(device, &c, NULL) == ERROR_OPERATION_ABORTED &&
           finish(device, &b, NULL) == ERROR_OPERATION_ABORTED && (facts.state & (ACCEPTS | DISPATCHES)) == ACCEPTS,
       "stop and purge: cancels, and accepts");
    start_read(device, &a, 4);
    ok(pending(&a) && look(LANE_PARALLEL).waiting == 1, "new requests wait");
    order(LANE_PARALLEL, COMMAND_START, 0);
    ok(order(LANE_PARALLEL, COMMAND_RELEASE, 4).status == 0 && finish(device, &a, NULL) == 0, "until the start");
    CloseHandle(device);
}

static DWORD WINAPI release_later(void *lane)
{
    while (look((int)(INT_PTR)lane).held == 0)
        Sleep(1);
    Sleep(BLOCKED_MS);
    order((int)(INT_PTR)lane, COMMAND_RELEASE, 4);
    return 0;
}

static void test_waits(void)
{
    HANDLE device = open_lane(LANE_PARALLEL);
    static const int commands[] = {COMMAND_STOP_WAIT, COMMAND_DRAIN_WAIT, COMMAND_PURGE_WAIT};
    static const char *const names[] = {"stopping", "draining", "purging"};
    order(LANE_PARALLEL, COMMAND_MODE, MODE_HOLD);
    for (int i = 0; i < 3; i++) {
        struct request a;
        start_read(device, &a, 4);
        HANDLE thread = CreateThread(NULL, 0, release_later, (void *)(INT_PTR)LANE_PARALLEL, 0, NULL);
        struct facts facts = order(LANE_PARALLEL, commands[i], 0);
        ok(facts.held == 0 && !pending(&a), "%s synchronously returns when the last request has ended", names[i]);
        WaitForSingleObject(thread, INFINITE);
        CloseHandle(thread);
        finish(device, &a, NULL);
        order(LANE_PARALLEL, COMMAND_START, 0);
    }
    CloseHandle(device);
}

static void test_cancel(void)
{
    HANDLE device = open_lane(LANE_SEQUENTIAL);
    struct request a, b, c;
    order(LANE_SEQUENTIAL, COMMAND_MODE, MODE_HOLD_CANCELABLE);
    struct facts before = look(LANE_SEQUENTIAL);
    start_read(device, &a, 4);
    start_read(device, &b, 4);
    start_read(device, &c, 4);
    ok(CancelIoEx(device, &b.overlapped) && finish(device, &b, NULL) == ERROR_OPERATION_ABORTED, "a waiting request is cancelled");
    struct facts facts = look(LANE_SEQUENTIAL);
    ok(facts.waiting == 1 && facts.cancelled_on_queue == 0, "the driver, who never had it, is not told");
    ok(CancelIoEx(device, &a.overlapped) && finish(device, &a, NULL) == ERROR_OPERATION_ABORTED,
       "a request that the driver made cancelable is cancelled");
    facts = look(LANE_SEQUENTIAL);
    ok(facts.cancelled == before.cancelled + 1 && facts.held == 1, "by EvtRequestCancel, and the next is presented");
    ok(order(LANE_SEQUENTIAL, COMMAND_RELEASE, 4).status == 0 && finish(device, &c, NULL) == 0, "unmarked, it is completed");
    order(LANE_SEQUENTIAL, COMMAND_MODE, MODE_HOLD);
    start_read(device, &a, 4);
    CancelIoEx(device, &a.overlapped);
    ok(pending(&a), "a request that is not cancelable stays");
    order(LANE_SEQUENTIAL, COMMAND_RELEASE, 4);
    ok(finish(device, &a, NULL) == 0, "and ends as the driver says");
    start_read(device, &a, 4);
    start_read(device, &b, 4);
    CloseHandle(device);
    ok(look(LANE_SEQUENTIAL).held == 1, "the handle is closed while one is held and one waits");
    struct facts end;
    order(LANE_SEQUENTIAL, COMMAND_RELEASE, 4);
    UNTIL(end, LANE_SEQUENTIAL, end.held == 0 && end.waiting == 0);
    ok(end.held == 0 && end.waiting == 0 && WaitForSingleObject(b.overlapped.hEvent, PATIENCE_MS) == WAIT_OBJECT_0 &&
           b.overlapped.Internal == (ULONG_PTR)(unsigned)NT_CANCELLED,
       "cleanup cancelled the one that waited: %08x", (unsigned)b.overlapped.Internal);
}

static void test_manual(void)
{
    HANDLE device = open_lane(LANE_MANUAL), other = open_lane(LANE_MANUAL);
    struct request a, b, c;
    struct facts facts = order(LANE_MANUAL, COMMAND_FETCH, 0);
    ok(facts.status == NT_NO_MORE, "nothing to fetch: STATUS_NO_MORE_ENTRIES");
    ok(order(LANE_MANUAL, COMMAND_NOTIFY, 1).status == 0, "ready notification is registered");
    ok(order(LANE_MANUAL, COMMAND_NOTIFY, 1).status == NT_INVALID_REQUEST, "once");
    ok(order(LANE_MANUAL, COMMAND_NOTIFY, 0).status == NT_INVALID_REQUEST, "and not taken back while the queue runs");
    start_read(device, &a, 4);
    start_read(other, &b, 4);
    start_read(device, &c, 4);
    facts = look(LANE_MANUAL);
    ok(facts.notices == 1 && facts.waiting == 3 && facts.presented == 0, "it is called when the empty queue gets its first request");
    ok(order(LANE_MANUAL, COMMAND_FIND, 99).found == 3, "WdfIoQueueFindRequest walks over all");
    facts = order(LANE_MANUAL, COMMAND_FIND, 1);
    ok(facts.status == 0 && facts.held == 1 && facts.waiting == 2, "the second found is retrieved");
    order(LANE_MANUAL, COMMAND_RELEASE, 2);
    ok(finish(other, &b, NULL) == 0 && pending(&a), "and it was the second");
    order(LANE_MANUAL, COMMAND_FETCH, 0);
    start_read(other, &b, 4);
    facts = order(LANE_MANUAL, COMMAND_FETCH_FILE, 0);
    ok(facts.status == 0 && facts.held == 2, "by the file of the first the third is retrieved");
    ok(order(LANE_MANUAL, COMMAND_FETCH_FILE, 0).status == NT_NO_MORE, "and then none of that file");
    facts = order(LANE_MANUAL, COMMAND_REQUEUE, 0);
    ok(facts.status == 0 && facts.held == 1 && facts.waiting == 2, "WdfRequestRequeue gives one back");
    order(LANE_MANUAL, COMMAND_FETCH, 0);
    order(LANE_MANUAL, COMMAND_RELEASE, 1);
    order(LANE_MANUAL, COMMAND_RELEASE, 3);
    ok(finish(device, &a, NULL) == 0 && finish(device, &c, NULL) == 0 && pending(&b), "to the head of the queue");
    order(LANE_MANUAL, COMMAND_STOP, 0);
    ok(order(LANE_MANUAL, COMMAND_FETCH, 0).status == NT_PAUSED, "a stopped queue gives nothing: STATUS_WDF_PAUSED");
    facts = look(LANE_MANUAL);
    ok(order(LANE_MANUAL, COMMAND_START, 0).notices == facts.notices + 1, "a queue that starts with requests is announced");
    CancelIoEx(other, &b.overlapped);
    ok(finish(other, &b, NULL) == ERROR_OPERATION_ABORTED, "cancelled in the manual queue");
    order(LANE_MANUAL, COMMAND_STOP, 0);
    ok(order(LANE_MANUAL, COMMAND_NOTIFY, 0).status == 0, "from a stopped queue the notification is taken back");
    order(LANE_MANUAL, COMMAND_START, 0);
    CloseHandle(other);
    CloseHandle(device);
}

static DWORD WINAPI cancel_later(void *request)
{
    while (look(LANE_MANUAL).found != FOUND_AND_WAITING)
        Sleep(1);
    CancelIoEx(((void **)request)[0], ((void **)request)[1]);
    return 0;
}

static void test_found_and_cancelled(void)
{
    HANDLE device = open_lane(LANE_MANUAL);
    struct request a;
    start_read(device, &a, 4);
    order(LANE_MANUAL, COMMAND_FIND, 99);
    void *what[2] = {device, &a.overlapped};
    HANDLE thread = CreateThread(NULL, 0, cancel_later, what, 0, NULL);
    struct facts facts = order(LANE_MANUAL, COMMAND_FIND_CANCELLED, PATIENCE_MS);
    ok(facts.status == NT_NOT_FOUND, "a request that was found and then cancelled is not retrieved: %08x", (unsigned)facts.status);
    ok(finish(device, &a, NULL) == ERROR_OPERATION_ABORTED, "it ended as cancelled");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    CloseHandle(device);
}

static void test_forward(void)
{
    HANDLE device = open_lane(LANE_FORWARD);
    struct request a, b;
    order(LANE_FORWARD, COMMAND_MODE, MODE_FORWARD);
    order(LANE_FORWARD, COMMAND_NOTIFY, 1);
    start_read(device, &a, 4);
    struct facts facts = look(LANE_FORWARD);
    ok(facts.at_driver == 0 && facts.manual_waiting == 1, "forwarded to another queue the driver no longer has it");
    ok(facts.notices == 1, "its arrival is announced (before the forwarding call returned: %u)", facts.notices_before_return);
    ok(CancelIoEx(device, &a.overlapped) && finish(device, &a, NULL) == ERROR_OPERATION_ABORTED, "it is cancelled there");
    facts = look(LANE_FORWARD);
    ok(facts.cancelled_on_queue == 1 && facts.others == 0, "by EvtIoCanceledOnQueue, as the driver has had it; it cannot be requeued there");
    start_read(device, &a, 4);
    ok(order(LANE_FORWARD, COMMAND_FETCH, 0).status == 0, "fetched from there");
    order(LANE_FORWARD, COMMAND_MODE, MODE_HOLD);
    start_read(device, &b, 4);
    order(LANE_FORWARD, COMMAND_RELEASE, 4);
    ok(finish(device, &a, NULL) == 0, "and completed");
    ok(order(LANE_FORWARD, COMMAND_FORWARD, 1).status == NT_INVALID_REQUEST, "a request is not forwarded to its own queue");
    order(LANE_FORWARD, COMMAND_RELEASE, 4);
    ok(finish(device, &b, NULL) == 0, "it is still the driver's");
    CloseHandle(device);
}

static void test_levels(void)
{
    HANDLE device = open_lane(LANE_PASSIVE);
    struct request a, b;
    order(LANE_PASSIVE, COMMAND_MODE, MODE_HOLD);
    start_read(device, &a, 4);
    ok(look(LANE_PASSIVE).irql == 0, "a passive queue presents at PASSIVE_LEVEL");
    start_read(device, &b, 4);
    order(LANE_PASSIVE, COMMAND_RELEASE_DPC, 4);
    struct facts facts;
    UNTIL(facts, LANE_PASSIVE, facts.held == 1);
    ok(facts.held == 1 && facts.irql == 0, "also what becomes due at DISPATCH_LEVEL");
    order(LANE_PASSIVE, COMMAND_RELEASE, 4);
    ok(finish(device, &a, NULL) == 0 && finish(device, &b, NULL) == 0, "both end");
    CloseHandle(device);
    device = open_lane(LANE_DISPATCH);
    order(LANE_DISPATCH, COMMAND_MODE, MODE_COMPLETE);
    start_read(device, &a, 4);
    ok(finish(device, &a, NULL) == 0 && look(LANE_DISPATCH).irql == 2,
       "scope device at dispatch level: the lock is a spin lock, callbacks run at DISPATCH_LEVEL");
    CloseHandle(device);
}

static void test_in_caller_context(void)
{
    HANDLE device = open_lane(LANE_CALLER);
    struct request a;
    order(LANE_CALLER, COMMAND_MODE, MODE_COMPLETE);
    start_read(device, &a, 4);
    ok(finish(device, &a, NULL) == 0, "a request passes EvtIoInCallerContext and its queue");
    struct facts facts = look(LANE_CALLER);
    ok(facts.in_context == 1 && facts.presented == 1 && facts.others == 0, "each once; before the queue it belongs to none");
    order(LANE_CALLER, COMMAND_PURGE_WAIT, 0);
    start_read(device, &a, 4);
    ok(finish(device, &a, NULL) == ERROR_MR_MID_NOT_FOUND, "refused by the queue (STATUS_WDF_BUSY) it is the driver's still");
    order(LANE_CALLER, COMMAND_START, 0);
    CloseHandle(device);
}

/* ---- Many threads, many cancels: each request ends once -------------------------------------------------------------------- */

enum { THREADS = 4, ROUNDS = 400, DEPTH = 6 };

static volatile LONG stress_ended, stress_good, stress_cancelled, stress_other, stress_over;

static DWORD WINAPI stress_thread(void *seed)
{
    unsigned random = (unsigned)(ULONG_PTR)seed * 2654435761u + 7;
    HANDLE device = open_lane(LANE_FORWARD);
    struct request requests[DEPTH];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < DEPTH; i++)
            start_read(device, &requests[i], 1 + (random >> 9) % 15);
        for (int i = 0; i < DEPTH; i++) {
            random = random * 1664525u + 1013904223u;
            if ((random >> 16) % 3 == 0)
                CancelIoEx(device, &requests[(random >> 20) % DEPTH].overlapped);
            if ((random >> 24) % 3 == 0)
                order(LANE_FORWARD, COMMAND_SERVE, 1 + (random >> 27) % 4);
        }
        if ((random >> 28) % 4 == 0)
            CancelIoEx(device, NULL);
        for (int ended = 0; ended < DEPTH; ended += !pending(&requests[ended]))
            order(LANE_FORWARD, COMMAND_SERVE, DEPTH); /* others' are served too */
        for (int i = 0; i < DEPTH; i++) {
            DWORD error = finish(device, &requests[i], NULL);
            InterlockedIncrement(&stress_ended);
            InterlockedIncrement(error == 0 ? &stress_good : error == ERROR_OPERATION_ABORTED ? &stress_cancelled : &stress_other);
        }
    }
    CloseHandle(device);
    return 0;
}

/* Meanwhile the queue is stopped and started. */
static DWORD WINAPI stop_thread(void *unused)
{
    (void)unused;
    while (!tap_read(stress_over)) {
        order(LANE_FORWARD, COMMAND_STOP_PURGE, 0);
        order(LANE_FORWARD, COMMAND_START, 0);
        struct facts facts;
        UNTIL(facts, LANE_FORWARD, facts.stop_done == facts.stops_asked || tap_read(stress_over));
        Sleep(1);
    }
    return 0;
}

static void test_stress(void)
{
    HANDLE threads[THREADS];
    struct facts before = look(LANE_FORWARD);
    order(LANE_FORWARD, COMMAND_MODE, MODE_MIXED);
    HANDLE stopper = CreateThread(NULL, 0, stop_thread, NULL, 0, NULL);
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, stress_thread, (void *)(ULONG_PTR)(i + 1), 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    tap_write(stress_over, 1);
    WaitForSingleObject(stopper, INFINITE);
    CloseHandle(stopper);
    struct facts after;
    UNTIL(after, LANE_FORWARD, after.at_driver == 0 && after.waiting == 0 && after.manual_waiting == 0);
    ok(stress_ended == THREADS * ROUNDS * DEPTH && stress_other == 0, "%d requests ended: %d done, %d cancelled, %d other", (int)stress_ended,
       (int)stress_good, (int)stress_cancelled, (int)stress_other);
    unsigned by_driver = after.released + after.inline_done + after.cancelled + after.cancelled_on_queue - before.released -
                         before.inline_done - before.cancelled - before.cancelled_on_queue;
    ok(by_driver <= (unsigned)stress_ended && by_driver == after.presented - before.presented,
       "the driver ended each that was presented, once: %u of %u", by_driver, after.presented - before.presented);
    ok(after.cancelled > before.cancelled && after.cancelled_on_queue > before.cancelled_on_queue && after.held == 0 &&
           after.others == before.others,
       "marked ones were cancelled (%u), and ones in the second queue (%u)", after.cancelled - before.cancelled,
       after.cancelled_on_queue - before.cancelled_on_queue);
    order(LANE_FORWARD, COMMAND_MODE, MODE_COMPLETE);
}

int main(int argc, char **argv)
{
    struct ovl_driver *driver;
    tap_begin();
    ok(argc > 1 && ovl_driver_load(argv[1], &driver) == 0, "the driver loads: what queues must refuse they refuse");
    control = CreateFileW(L"\\\\.\\OvlQueue", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (control == INVALID_HANDLE_VALUE)
        return tap_end();
    part(test_sequential);
    part(test_no_recursion);
    part(test_stack);
    part(test_parallel);
    part(test_zero_length);
    part(test_stop);
    part(test_drain);
    part(test_purge);
    part(test_waits);
    part(test_cancel);
    part(test_manual);
    part(test_found_and_cancelled);
    part(test_forward);
    part(test_levels);
    part(test_in_caller_context);
    part(test_stress);
    CloseHandle(control);
    ok(ovl_driver_unload(driver) == 0, "the driver unloads");
    return tap_end();
}
