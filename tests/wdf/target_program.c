/* SPDX-License-Identifier: MIT */
/* The program of the target tests: opening, the synchronous methods with each kind of buffer, requests passed on and sent again, the driver's
 * own requests, time-outs, cancelling at every place, stop, start, purge and close. Arguments: the upper driver, the lower driver. */
#include "../tap.h"

#include <winioctl.h>

#include "overlapped.h"
#include "target_test.h"

enum { NT_TIMEOUT = (int)0xC00000B5, NT_CANCELLED = (int)0xC0000120, NT_INVALID_STATE = (int)0xC0000184, NT_NAME = (int)0xC0000034 };
enum { STARTED = 1, STOPPED = 2, CLOSED_QUERY = 3, CLOSED = 4, PURGED = 6 };
enum { STOP_CANCEL = 1, STOP_WAIT = 2, STOP_LEAVE = 3 };

static HANDLE control, low;

static DWORD ioctl(HANDLE device, DWORD code, const void *in, DWORD in_size, void *out, DWORD out_size)
{
    OVERLAPPED overlapped = {0};
    DWORD bytes = 0;
    overlapped.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    BOOL good = DeviceIoControl(device, code, (void *)in, in_size, out, out_size, NULL, &overlapped) ||
                GetLastError() == ERROR_IO_PENDING;
    good = good && GetOverlappedResult(device, &overlapped, &bytes, TRUE);
    CloseHandle(overlapped.hEvent);
    return good ? bytes : (DWORD)-1;
}

static struct upper_facts order(int command, int arg)
{
    struct upper_order given = {command, arg};
    struct upper_facts facts = {0};
    if (ioctl(control, IOCTL_UPPER_ORDER, &given, sizeof given, &facts, sizeof facts) != sizeof facts)
        facts.status = -1;
    return facts;
}

static struct upper_facts look(void)
{
    return order(UPPER_LOOK, 0);
}

static struct low_facts low_facts(void)
{
    struct low_facts facts = {0};
    ioctl(low, IOCTL_LOW_FACTS, NULL, 0, &facts, sizeof facts);
    return facts;
}

static void low_mode(int mode)
{
    ioctl(low, IOCTL_LOW_MODE, &mode, sizeof mode, NULL, 0);
}

static void low_release(int count)
{
    ioctl(low, IOCTL_LOW_RELEASE, &count, sizeof count, NULL, 0);
}

struct request {
    OVERLAPPED overlapped;
    char data[16];
};

static HANDLE open_upper(void)
{
    return CreateFileW(L"\\\\.\\OvlUpper", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
}

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

static DWORD finish(HANDLE device, struct request *request, DWORD *bytes)
{
    DWORD moved = 0;
    DWORD error = GetOverlappedResult(device, &request->overlapped, &moved, TRUE) ? 0 : GetLastError();
    CloseHandle(request->overlapped.hEvent);
    if (bytes != NULL)
        *bytes = moved;
    return error;
}

#define UNTIL(facts, source, condition)                                                  \
    do {                                                                                 \
        for (int i_ = 0; i_ < PATIENCE_MS; i_++) {                                       \
            facts = source;                                                              \
            if (condition)                                                               \
                break;                                                                   \
            Sleep(1);                                                                    \
        }                                                                                \
    } while (0)

static void test_open(void)
{
    ok(look().state == CLOSED, "a remote target begins closed");
    ok(order(UPPER_READ, 8).status == NT_INVALID_STATE, "nothing is sent to it: STATUS_INVALID_DEVICE_STATE");
    ok(order(UPPER_OPEN, 3).status == NT_NAME, "a name that is not there: STATUS_OBJECT_NAME_NOT_FOUND");
    struct upper_facts facts = order(UPPER_OPEN, 0);
    ok(facts.status == 0 && facts.state == STARTED, "opened by name it is started");
    ok(order(UPPER_OPEN, 0).status == NT_INVALID_STATE, "it is opened once");
    facts = order(UPPER_READ, 8);
    ok(facts.status == 0 && facts.bytes == 8 && memcmp(facts.data, "abcdefgh", 8) == 0, "a read that waits gets its bytes");
    ok(order(UPPER_OPEN_OBJECT, 0).status == 0, "another target is the same device by its object");
    facts = order(UPPER_CLOSE_QUERY, 0);
    ok(facts.state == CLOSED_QUERY && order(UPPER_READ, 8).status == NT_INVALID_STATE, "closed for query-remove");
    ok(order(UPPER_REOPEN, 0).status == 0 && order(UPPER_READ, 8).status == 0, "and opened again");
    facts = order(UPPER_CLOSE, 0);
    ok(facts.state == CLOSED, "closed");
    ok(order(UPPER_START, 0).status == NT_INVALID_STATE, "a closed target does not start");
    ok(look().bad == 0, "no wrong answers on the way");
}

static void test_buffers(void)
{
    static const char *const kinds[] = {"buffered", "direct", "neither"};
    static const char *const methods[] = {"buffered", "in direct", "out direct", "neither", "internal", "others", "one memory"};
    for (int kind = 0; kind < 3; kind++) {
        ok(order(UPPER_OPEN, kind).status == 0, "a target with %s I/O", kinds[kind]);
        struct upper_facts facts = order(UPPER_READ, 5);
        ok(facts.status == 0 && facts.bytes == 5 && memcmp(facts.data, "abcde", 5) == 0, "reads");
        unsigned before = low_facts().sum;
        facts = order(UPPER_WRITE, 7);
        ok(facts.status == 0 && facts.bytes == 7 && low_facts().sum == before + 7, "writes a part of a memory object");
        if (kind < 2)
            order(UPPER_CLOSE, 0);
    }
    for (int method = 0; method < 7; method++) {
        struct upper_facts facts = order(UPPER_CONTROL, method);
        if (method == 5)
            ok(facts.status == 0 && low_facts().last_argument == 'v' && facts.bytes == 3, "control code, %s", methods[method]);
        else
            ok(facts.status == 0 && facts.bytes == 4 && memcmp(facts.data, "yxwv", 4) == 0, "control code, %s", methods[method]);
    }
    ok(low_facts().bad == 0, "the lower driver found its buffers");
    ok(order(UPPER_FROM_IRP, 0).status == 0, "requests around the driver's own IRPs: %d", order(UPPER_FROM_IRP, 0).status);
    struct upper_facts facts = order(UPPER_INTERFACE, 0);
    ok(facts.status == 0 && facts.bytes == LOW_INTERFACE_CONTEXT, "the lower driver is asked for an interface");
    ok(order(UPPER_REFUSED, 0).status == 0, "what cannot be sent is refused: %d", order(UPPER_REFUSED, 0).status);
    order(UPPER_CLOSE, 0);
    order(UPPER_OPEN, 0);
}

static void test_forward(void)
{
    HANDLE device = open_upper();
    struct request a;
    DWORD bytes;
    static const int modes[] = {LOW_INLINE, LOW_DPC};
    for (int i = 0; i < 2; i++) {
        low_mode(modes[i]);
        order(UPPER_SET_MODE, UPPER_FORWARD);
        start_read(device, &a, 6);
        ok(finish(device, &a, &bytes) == 0 && bytes == 6 && memcmp(a.data, "abcdef", 6) == 0, "a read passed on: %s",
           i ? "ended by a DPC" : "ended inside the send");
        order(UPPER_SET_MODE, UPPER_TYPE);
        start_read(device, &a, 6);
        ok(finish(device, &a, &bytes) == 0 && bytes == 6 && memcmp(a.data, "abcdef", 6) == 0, "by its current type");
        order(UPPER_SET_MODE, UPPER_FORGET);
        start_read(device, &a, 6);
        ok(finish(device, &a, &bytes) == 0 && bytes == 6 && memcmp(a.data, "abcdef", 6) == 0, "sent and forgotten");
        order(UPPER_SET_MODE, UPPER_FORGET_FORMAT);
        start_read(device, &a, 6);
        ok(finish(device, &a, &bytes) == 0 && bytes == 6 && memcmp(a.data, "abcdef", 6) == 0, "formatted, sent and forgotten");
        struct low_facts before = low_facts();
        order(UPPER_SET_MODE, UPPER_RESEND | 3000 << 8);
        start_read(device, &a, 6);
        ok(finish(device, &a, &bytes) == 0 && bytes == 6, "sent 3000 times from its own completion routine, without reuse");
        ok(low_facts().completed == before.completed + 3000, "and each time it came there");
    }
    struct upper_facts facts = look();
    ok(facts.completions_inside == 1, "the completion routine is not called inside itself");
    ok(facts.memories_gone == facts.presented && facts.ended == facts.presented, "memory below a request dies with it");
    ok(facts.bad == 0, "targets, contexts, statuses are as they should be");
    order(UPPER_SET_MODE, UPPER_FORWARD);
    low_mode(LOW_INLINE);
    CloseHandle(device);
}

static void test_own(void)
{
    struct upper_facts before = look();
    low_mode(LOW_DPC);
    struct upper_facts facts = order(UPPER_OWN_SEND, 0);
    ok(facts.status == 0, "a request of the driver's own is sent");
    UNTIL(facts, look(), facts.own_ended == before.own_ended + 1);
    ok(facts.own_ended == before.own_ended + 1 && facts.own_status == 0 && facts.own_bytes == 8 && facts.own_irql == 2,
       "its completion routine runs at the DPC's level");
    ok(memcmp(facts.data, "....abcdefgh....", 16) == 0, "the bytes stand where the offset says");
    ok(order(UPPER_OWN_REUSE, 0).status == 0, "reused it is sent again");
    UNTIL(facts, look(), facts.own_ended == before.own_ended + 2);
    ok(facts.own_ended == before.own_ended + 2 && facts.own_status == 0, "and ends again");
    facts = order(UPPER_OWN_DELETE, 0);
    ok(facts.memories_gone == before.memories_gone + 1 && facts.bad == 0, "deleted, its memory goes too");
    low_mode(LOW_INLINE);
}

static void test_timeout(void)
{
    low_mode(LOW_PEND);
    struct upper_facts before = look();
    struct upper_facts facts = order(UPPER_READ_TIMEOUT, 20);
    ok(facts.status == NT_TIMEOUT && facts.bytes == 0, "a synchronous send ends with STATUS_IO_TIMEOUT: %08x", (unsigned)facts.status);
    facts = order(UPPER_OWN_TIMEOUT, 20);
    ok(facts.status == 0, "an asynchronous one with a time-out is sent");
    UNTIL(facts, look(), facts.own_ended == before.own_ended + 1);
    ok(facts.own_status == NT_TIMEOUT, "and ends so");
    order(UPPER_OWN_DELETE, 0);
    low_mode(LOW_INLINE);
    facts = order(UPPER_READ_TIMEOUT, 60000);
    ok(facts.status == 0, "one that ends in time is not touched");
    low_mode(LOW_PEND);
    order(UPPER_OWN_TIMEOUT, 60000);
    facts = order(UPPER_OWN_CANCEL, 0);
    ok(facts.status == TRUE, "WdfRequestCancelSentRequest finds the request");
    UNTIL(facts, look(), facts.own_ended == before.own_ended + 2);
    ok(facts.own_status == NT_CANCELLED, "and ends it before its time, as cancelled");
    ok(order(UPPER_OWN_CANCEL, 0).status == FALSE, "what has ended is not cancelled");
    order(UPPER_OWN_DELETE, 0);
    ok(low_facts().kept == 0 && look().bad == 0, "nothing is left below");
    low_mode(LOW_INLINE);
}

static void test_cancel(void)
{
    HANDLE device = open_upper();
    struct request a;
    low_mode(LOW_PEND);
    start_read(device, &a, 4);
    ok(pending(&a) && low_facts().kept == 1, "a read pends below");
    ok(CancelIoEx(device, &a.overlapped) && finish(device, &a, NULL) == ERROR_OPERATION_ABORTED, "the program's cancel reaches it there");
    low_mode(LOW_STUBBORN);
    start_read(device, &a, 4);
    CancelIoEx(device, &a.overlapped);
    ok(pending(&a), "a lower driver that does not listen keeps it");
    low_release(1);
    ok(finish(device, &a, NULL) == 0, "until it is done");
    low_mode(LOW_INLINE);
    order(UPPER_STOP, STOP_CANCEL);
    start_read(device, &a, 4);
    ok(pending(&a), "a stopped target holds it");
    ok(CancelIoEx(device, &a.overlapped) && finish(device, &a, NULL) == ERROR_OPERATION_ABORTED, "where it is cancelled too");
    struct low_facts before = low_facts();
    order(UPPER_START, 0);
    ok(low_facts().seen == before.seen, "and the start does not send it");
    CloseHandle(device);
}

static DWORD WINAPI release_later(void *unused)
{
    (void)unused;
    while (look().state != STOPPED)
        Sleep(1);
    Sleep(BLOCKED_MS);
    low_release(9);
    return 0;
}

static void test_stop(void)
{
    HANDLE device = open_upper();
    struct request a, b;
    struct upper_facts before = look();
    low_mode(LOW_PEND);
    order(UPPER_OWN_SEND, 0);
    struct upper_facts facts = order(UPPER_STOP, STOP_CANCEL);
    ok(facts.state == STOPPED && facts.ended_at_stop == before.own_ended + 1 && facts.own_status == NT_CANCELLED,
       "stop with cancel returns when the completion routine has run");
    order(UPPER_OWN_DELETE, 0);
    start_read(device, &a, 4);
    start_read(device, &b, 4);
    ok(pending(&a) && low_facts().kept == 0, "stopped, it holds what is sent");
    low_mode(LOW_INLINE);
    ok(order(UPPER_READ_IGNORE, 0).status == 0, "what ignores the state is sent all the same");
    facts = order(UPPER_START, 0);
    ok(facts.state == STARTED && finish(device, &a, NULL) == 0 && finish(device, &b, NULL) == 0, "started, it sends what it held");
    low_mode(LOW_STUBBORN);
    before = look();
    order(UPPER_OWN_SEND, 0);
    HANDLE thread = CreateThread(NULL, 0, release_later, NULL, 0, NULL);
    facts = order(UPPER_STOP, STOP_WAIT);
    ok(facts.ended_at_stop == before.own_ended + 1 && facts.own_status == 0, "stop with wait returns when all have ended by themselves");
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    order(UPPER_OWN_DELETE, 0);
    order(UPPER_START, 0);
    before = look();
    order(UPPER_OWN_SEND, 0);
    facts = order(UPPER_STOP, STOP_LEAVE);
    ok(facts.ended_at_stop == before.own_ended, "stop that leaves them returns at once");
    low_release(1);
    facts = order(UPPER_OWN_DELETE, 0);
    ok(facts.own_status == 0, "they end while it is stopped");
    start_read(device, &a, 4);
    low_mode(LOW_INLINE);
    facts = order(UPPER_PURGE, 0);
    ok(facts.state == PURGED && finish(device, &a, NULL) == ERROR_OPERATION_ABORTED, "purged, what was held is cancelled");
    start_read(device, &a, 4);
    ok(finish(device, &a, NULL) == ERROR_BAD_COMMAND, "and nothing more is taken: the send returns FALSE, its status is the program's");
    ok(order(UPPER_START, 0).state == STARTED && order(UPPER_READ, 4).status == 0, "until the start");
    low_mode(LOW_PEND);
    start_read(device, &a, 4);
    facts = order(UPPER_CLOSE, 0);
    ok(facts.state == CLOSED && finish(device, &a, NULL) == ERROR_OPERATION_ABORTED, "closing cancels what was sent");
    low_mode(LOW_INLINE);
    order(UPPER_OPEN, 0);
    ok(look().bad == 0, "no wrong answers on the way");
    CloseHandle(device);
}

/* ---- Many threads, many cancels: each request ends once ------------------------------------------------------------------------ */

enum { THREADS = 4, ROUNDS = 500, DEPTH = 4 };

static volatile LONG stress_ended, stress_good, stress_cancelled, stress_other, stress_over;

static DWORD WINAPI stress_thread(void *seed)
{
    unsigned random = (unsigned)(ULONG_PTR)seed * 2654435761u + 1;
    HANDLE device = open_upper();
    struct request requests[DEPTH];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < DEPTH; i++)
            start_read(device, &requests[i], 1 + (random >> 7) % 16);
        for (int i = 0; i < DEPTH; i++) {
            random = random * 1664525u + 1013904223u;
            if ((random >> 16) % 3 == 0)
                CancelIoEx(device, &requests[(random >> 20) % DEPTH].overlapped);
            if ((random >> 24) % 4 == 0)
                low_release(1 + (random >> 26) % 4);
        }
        if ((random >> 28) % 4 == 0)
            CancelIoEx(device, NULL);
        for (int waits = 0; waits < DEPTH; waits += !pending(&requests[waits]))
            low_release(DEPTH); /* until all have ended: others' are released too */
        for (int i = 0; i < DEPTH; i++) {
            DWORD error = finish(device, &requests[i], NULL);
            InterlockedIncrement(&stress_ended);
            InterlockedIncrement(error == 0 ? &stress_good : error == ERROR_OPERATION_ABORTED ? &stress_cancelled : &stress_other);
        }
    }
    CloseHandle(device);
    return 0;
}

/* Meanwhile the target is stopped and started. */
static DWORD WINAPI stop_thread(void *unused)
{
    (void)unused;
    while (!tap_read(stress_over)) {
        order(UPPER_STOP, STOP_CANCEL);
        order(UPPER_START, 0);
        Sleep(1);
    }
    return 0;
}

static void test_stress(void)
{
    HANDLE threads[THREADS];
    struct upper_facts before = look();
    struct low_facts low_before = low_facts();
    order(UPPER_SET_MODE, UPPER_FORWARD);
    low_mode(LOW_MIXED);
    HANDLE stopper = CreateThread(NULL, 0, stop_thread, NULL, 0, NULL);
    for (int i = 0; i < THREADS; i++)
        threads[i] = CreateThread(NULL, 0, stress_thread, (void *)(ULONG_PTR)(i + 1), 0, NULL);
    WaitForMultipleObjects(THREADS, threads, TRUE, INFINITE);
    for (int i = 0; i < THREADS; i++)
        CloseHandle(threads[i]);
    tap_write(stress_over, 1);
    WaitForSingleObject(stopper, INFINITE);
    CloseHandle(stopper);
    struct upper_facts facts;
    UNTIL(facts, look(), facts.memories_gone - before.memories_gone == facts.presented - before.presented);
    struct low_facts low_after = low_facts();
    ok(stress_ended == THREADS * ROUNDS * DEPTH && stress_other == 0, "%d requests ended: %d done, %d cancelled, %d other", (int)stress_ended,
       (int)stress_good, (int)stress_cancelled, (int)stress_other);
    ok(facts.presented - before.presented == facts.ended - before.ended, "the driver ended each that it had: %u",
       facts.presented - before.presented);
    ok(facts.memories_gone - before.memories_gone == facts.presented - before.presented, "the memory below each is gone");
    ok(low_after.kept == 0 && low_after.seen - low_before.seen == low_after.completed - low_before.completed,
       "and the lower driver has none: %u seen", low_after.seen - low_before.seen);
    ok(stress_good > 0 && stress_cancelled > 0 && facts.bad == before.bad, "some of each kind, none wrong");
    low_mode(LOW_INLINE);
}

int main(int argc, char **argv)
{
    struct ovl_driver *upper, *lower;
    if (argc < 3)
        return 2;
    tap_begin();
    is_int((int)ovl_driver_load(argv[2], &lower), 0, "the lower driver loads");
    is_int((int)ovl_driver_load(argv[1], &upper), 0, "the upper driver loads");
    control = open_upper();
    low = CreateFileW(L"\\\\.\\OvlLow", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
    if (control != INVALID_HANDLE_VALUE && low != INVALID_HANDLE_VALUE) {
        part(test_open);
        part(test_buffers);
        part(test_forward);
        part(test_own);
        part(test_timeout);
        part(test_cancel);
        part(test_stop);
        part(test_stress);
    }
    CloseHandle(control);
    CloseHandle(low);
    is_int((int)ovl_driver_unload(upper), 0, "the upper driver unloads with its target open");
    is_int((int)ovl_driver_unload(lower), 0, "the lower driver unloads: no file of the target's is left");
    return tap_end();
}
