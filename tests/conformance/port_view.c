/* SPDX-License-Identifier: MIT */
/* The five structures of a completion port as overlapped.h shows them: devices, packets (first in first), waiting
 * threads (newest first), released, paused. Windows shows none of them, so this is ours only. Rules: the
 * table at the head of spec section 7. */
#include "../port_wait.h"

#ifdef __linux__

static HANDLE port, told[3], proceed, blocker;
static volatile DWORD ids[3];

static struct ovl_port_view *look(void)
{
    struct ovl_port_view *view = NULL;
    if (ovl_port_view(port, &view) != 0)
        note("ovl_port_view fails");
    return view;
}

static void devices_and_packets(void)
{
    struct ovl_port_view *view;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 3);
    view = look();
    ok(view && view->limit == 3 && !view->device_count && !view->packet_count && !view->waiting_count &&
           !view->released_count && !view->paused_count,
       "a new port: its limit, and nothing in it");
    ovl_free(view);
    struct pipe_pair one = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    struct pipe_pair two = pipe_pair_make(PIPE_TYPE_BYTE, FILE_FLAG_OVERLAPPED, 0);
    CreateIoCompletionPort(one.server, port, 11, 0);
    CreateIoCompletionPort(two.server, port, 22, 0);
    view = look();
    ok(view->device_count == 2 && view->devices[0].key == 11 && view->devices[1].key == 22 &&
           view->devices[0].handle == one.server && view->devices[1].handle == two.server,
       "the device list: handles and keys, in the order of association");
    ovl_free(view);
    PostQueuedCompletionStatus(port, 1, 100, (OVERLAPPED *)0x10);
    PostQueuedCompletionStatus(port, 2, 200, NULL);
    OVERLAPPED ov;
    char byte;
    memset(&ov, 0, sizeof ov);
    ReadFile(one.server, &byte, 1, NULL, &ov);
    CancelIoEx(one.server, &ov);
    ULONGLONG start = GetTickCount64();
    while (!HasOverlappedIoCompleted(&ov) && GetTickCount64() - start < PATIENCE_MS)
        SwitchToThread();
    view = look();
    ok(view->packet_count == 3 && view->packets[0].key == 100 && view->packets[0].bytes == 1 &&
           view->packets[0].overlapped == (void *)0x10 && view->packets[1].key == 200,
       "the completion queue: first in first");
    ok(view->packet_count == 3 && view->packets[2].key == 11 && view->packets[2].overlapped == &ov &&
           (DWORD)view->packets[2].status == 0xC0000120u,
       "a cancelled request with its status");
    ovl_free(view);
    CloseHandle(one.server);
    view = look();
    ok(view->packet_count == 3, "closing the file takes no packet away");
    ok(view->device_count == 1 || view->devices[0].handle == NULL || view->devices[1].handle == NULL,
       "but the device leaves the list");
    ovl_free(view);
    CloseHandle(one.client);
    pipe_pair_close(&two);
    CloseHandle(port);
    struct ovl_port_view *none;
    is_int(ovl_port_view(port, &none), ERROR_INVALID_HANDLE, "a closed port is 6");
}

static DWORD WINAPI worker(void *number)
{
    int me = (int)(INT_PTR)number;
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    ids[me] = GetCurrentThreadId();
    while (GetQueuedCompletionStatus(port, &bytes, &key, &ov, INFINITE) && key) {
        SetEvent(told[me]);
        if (key == 2)
            WaitForSingleObject(blocker, INFINITE);
        while (key == 1 && WaitForSingleObject(proceed, 0) == WAIT_TIMEOUT)
            YieldProcessor();
    }
    return 0;
}

static void threads(void)
{
    HANDLE running[3];
    struct ovl_port_view *view;
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 2);
    proceed = event_manual();
    blocker = event_manual();
    for (int i = 0; i < 3; i++) {
        told[i] = event_auto();
        running[i] = thread_start(worker, (void *)(INT_PTR)i);
        ok(port_waiters_reach(port, (unsigned)i + 1), "thread %d waits", i);
    }
    view = look();
    ok(view->waiting_count == 3 && view->waiting[0] == ids[2] && view->waiting[1] == ids[1] &&
           view->waiting[2] == ids[0],
       "waiting threads: the newest first");
    ovl_free(view);
    PostQueuedCompletionStatus(port, 0, 1, NULL);
    ok(signalled_soon(told[2]), "the newest takes a packet and runs");
    PostQueuedCompletionStatus(port, 0, 2, NULL);
    ok(signalled_soon(told[1]), "the next takes one and blocks");
    ULONGLONG start = GetTickCount64();
    int seen = 0;
    while (!seen && GetTickCount64() - start < PATIENCE_MS) {
        view = look();
        seen = view->released_count == 1 && view->released[0] == ids[2] && view->paused_count == 1 &&
               view->paused[0] == ids[1] && view->waiting_count == 1 && view->waiting[0] == ids[0] && view->active == 1;
        ovl_free(view);
    }
    ok(seen, "one released, one paused, one waiting; one counts against the limit");
    SetEvent(blocker);
    SetEvent(proceed);
    ok(port_waiters_reach(port, 3), "all come back to wait");
    view = look();
    ok(view->released_count == 0 && view->paused_count == 0 && view->active == 0, "nobody is released or paused");
    ovl_free(view);
    for (int i = 0; i < 3; i++)
        PostQueuedCompletionStatus(port, 0, 0, NULL);
    for (int i = 0; i < 3; i++)
        thread_join(running[i]);
    view = look();
    ok(!view->waiting_count && !view->released_count && !view->paused_count && !view->active,
       "threads that ended are in no list");
    ovl_free(view);
    CloseHandle(port);
}

int main(void)
{
    tap_begin();
    part(devices_and_packets);
    part(threads);
    return tap_end();
}
#else
int main(void)
{
    tap_begin();
    skip(1, "Windows shows nothing of a port's inside");
    return tap_end();
}
#endif
