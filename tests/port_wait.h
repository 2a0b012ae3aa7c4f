/* SPDX-License-Identifier: MIT */
/* Waits until a number of threads wait on a port. Windows has no documented call that tells; there, and under
 * Wine, time must do. Our library shows the port's lists (overlapped.h), so here the order is certain. */
#ifndef TESTS_PORT_WAIT_H
#define TESTS_PORT_WAIT_H

#include "tap.h"
#ifdef __linux__
#include "overlapped.h"
#endif

TAP_MAYBE int port_waiters_reach(HANDLE port, unsigned count)
{
#ifdef __linux__
    ULONGLONG start = GetTickCount64();
    while (GetTickCount64() - start < PATIENCE_MS) {
        struct ovl_port_view *view;
        if (ovl_port_view(port, &view) != 0)
            return 0;
        unsigned waiting = view->waiting_count;
        ovl_free(view);
        if (waiting >= count)
            return 1;
        Sleep(1);
    }
    return 0;
#else
    (void)port;
    (void)count;
    settle();
    return 1;
#endif
}

#endif
