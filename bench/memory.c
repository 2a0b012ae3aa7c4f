/* SPDX-License-Identifier: MIT */
/*
 * Resident memory of what=requests (receives pending on one socket, without the caller's OVERLAPPED
 * and buffer, which are touched before) and of what=ports (ports with nothing to do), each.
 */
#include "measure.h"

#include "sockets.h"
#include <stdlib.h>

struct request {
    OVERLAPPED ov;
    char byte;
};

static void receives_issue(SOCKET s, struct request *requests, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        WSABUF buffer = {1, &requests[i].byte};
        DWORD bytes, flags = 0;
        if (!WSARecv(s, &buffer, 1, &bytes, &flags, &requests[i].ov, NULL) ||
            WSAGetLastError() != WSA_IO_PENDING)
            die_code("WSARecv", (uint32_t)WSAGetLastError());
    }
}

static void finish_all(HANDLE port, SOCKET s, int64_t count)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;

    if (!CancelIoEx((HANDLE)s, NULL))
        die_code("CancelIoEx", GetLastError());
    for (int64_t i = 0; i < count; i++)
        if (GetQueuedCompletionStatus(port, &bytes, &key, &ov, 5000) ||
            GetLastError() != ERROR_OPERATION_ABORTED)
            die_code("a cancelled receive did not end as cancelled", GetLastError());
}

static double measure_requests(int64_t warm, int64_t count)
{
    struct request *requests = malloc((size_t)(warm + count) * sizeof *requests);
    SOCKET pair[2];

    if (!requests)
        die("malloc");
    memset(requests, 1, (size_t)(warm + count) * sizeof *requests);
    for (int64_t i = 0; i < warm + count; i++)
        memset(&requests[i].ov, 0, sizeof requests[i].ov);
    sockets_start();
    socket_pair(pair);
    HANDLE port = CreateIoCompletionPort((HANDLE)pair[0], NULL, 1, 0);
    if (!port)
        die_code("CreateIoCompletionPort", GetLastError());
    receives_issue(pair[0], requests, 0, warm);
    int64_t before = resident_bytes();
    receives_issue(pair[0], requests, warm, warm + count);
    double each = (double)(resident_bytes() - before) / (double)count;
    finish_all(port, pair[0], warm + count);
    return each;
}

static HANDLE port_make(void)
{
    HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);

    if (!port)
        die_code("CreateIoCompletionPort", GetLastError());
    return port;
}

/* Each port has had a packet, so that what a first use allocates is counted. */
static double measure_ports(int64_t warm, int64_t count)
{
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *ov;
    int64_t before = 0;

    for (int64_t i = 0; i < warm + count; i++) {
        if (i == warm)
            before = resident_bytes();
        HANDLE port = port_make();
        if (!PostQueuedCompletionStatus(port, 1, 2, NULL) ||
            !GetQueuedCompletionStatus(port, &bytes, &key, &ov, 0) || bytes != 1 || key != 2)
            die_code("post and get", GetLastError());
    }
    return (double)(resident_bytes() - before) / (double)count;
}

int main(int argc, char **argv)
{
    const char *what = arg_text(argc, argv, "what", "requests");

    if (!strcmp(what, "requests"))
        report("bytes", measure_requests(4000, arg_number(argc, argv, "n", 40000)));
    else if (!strcmp(what, "ports"))
        report("bytes", measure_ports(100, arg_number(argc, argv, "n", 1000)));
    else
        return 2;
    report_end();
    return 0;
}
