/* SPDX-License-Identifier: MIT */
/* Winsock's event objects, which are events, and the network events that set them. */
#include "winsock/winsock.h"

#include <string.h>

HANDLE WSAAPI WSACreateEvent(void)
{
    return winsock_ready() ? CreateEventW(NULL, TRUE, FALSE, NULL) : WSA_INVALID_EVENT;
}

BOOL WSAAPI WSACloseEvent(HANDLE event)
{
    return winsock_ready() && CloseHandle(event);
}

BOOL WSAAPI WSASetEvent(HANDLE event)
{
    return winsock_ready() && SetEvent(event);
}

BOOL WSAAPI WSAResetEvent(HANDLE event)
{
    return winsock_ready() && ResetEvent(event);
}

DWORD WSAAPI WSAWaitForMultipleEvents(DWORD count, const HANDLE *events, BOOL all, DWORD timeout_ms,
                                      BOOL alertable)
{
    if (!winsock_ready())
        return WSA_WAIT_FAILED;
    return WaitForMultipleObjectsEx(count, events, all, timeout_ms, alertable);
}

int WSAAPI WSAEventSelect(SOCKET s, HANDLE event, LONG events)
{
    enum { KNOWN = FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE };
    struct object *object = NULL;
    if (!winsock_ready())
        return SOCKET_ERROR;
    if ((events & KNOWN) != 0 && event == NULL)
        return winsock_fail(WSAEINVAL);
    if (event != NULL) {
        int32_t status =
            handle_reference(handle_number(event), &event_type, EVENT_MODIFY_STATE, &object);
        if (status != STATUS_SUCCESS)
            return winsock_fail(WSA_INVALID_HANDLE);
    }
    int answer = SOCKET_ERROR;
    struct file *file = socket_hold(s);
    if (file != NULL) {
        struct dispatcher *signal = object == NULL ? NULL : object_dispatcher(object);
        /* What the library cannot see happen (quality of service, route changes) is never recorded.
         */
        answer = winsock_answer(afd_watch(file, object, signal, (uint32_t)(events & KNOWN)));
        socket_release(file);
    }
    if (object != NULL)
        object_dereference(object);
    return answer;
}

int WSAAPI WSAEnumNetworkEvents(SOCKET s, HANDLE event, LPWSANETWORKEVENTS out)
{
    uint32_t events = 0;
    int32_t statuses[AFD_EVENT_COUNT];
    if (out == NULL)
        return winsock_ready() ? winsock_fail(WSAEFAULT) : SOCKET_ERROR;
    struct file *file = socket_hold(s);
    if (file == NULL)
        return SOCKET_ERROR;
    socket_release(file);
    if (event != NULL && !ResetEvent(event)) /* before the look, so that nothing later is lost */
        return SOCKET_ERROR;
    if ((file = socket_hold(s)) == NULL)
        return SOCKET_ERROR;
    afd_watch_take(file, &events, statuses);
    socket_release(file);
    memset(out, 0, sizeof *out);
    out->lNetworkEvents = (LONG)events; /* the bits are Windows' */
    for (int i = 0; i < AFD_EVENT_COUNT; i++)
        out->iErrorCode[i] = statuses[i] == STATUS_SUCCESS ? 0 : (int)status_to_wsa(statuses[i]);
    return 0;
}
