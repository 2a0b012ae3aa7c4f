/* SPDX-License-Identifier: MIT */
/* Events. SetEvent and ResetEvent make no system call unless a thread has to be woken. */
#include "nt/sync.h"
#include "win32/face.h"

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    if (flags & ~(DWORD)(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET)) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct event *event =
        event_create(flags & CREATE_EVENT_MANUAL_RESET, (flags & CREATE_EVENT_INITIAL_SET) != 0);
    return face_publish(event == NULL ? NULL : &event->object, name, access, attributes);
}

HANDLE WINAPI CreateEventExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags,
                             DWORD access)
{
    struct face_name buffer;
    return CreateEventExW(attributes, face_name_from(&buffer, name), flags, access);
}

static DWORD event_flags(BOOL manual, BOOL set)
{
    return (manual ? CREATE_EVENT_MANUAL_RESET : 0) | (set ? CREATE_EVENT_INITIAL_SET : 0);
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manual, BOOL set, LPCWSTR name)
{
    return CreateEventExW(attributes, name, event_flags(manual, set), EVENT_ALL_ACCESS);
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manual, BOOL set, LPCSTR name)
{
    return CreateEventExA(attributes, name, event_flags(manual, set), EVENT_ALL_ACCESS);
}

HANDLE WINAPI OpenEventW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return face_open(name, &event_type, access, inherit);
}

HANDLE WINAPI OpenEventA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct face_name buffer;
    return face_open(face_name_from(&buffer, name), &event_type, access, inherit);
}

static BOOL event_change(HANDLE handle, void (*change)(struct dispatcher *dispatcher))
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), &event_type, EVENT_MODIFY_STATE, &object);
    if (__builtin_expect(status != STATUS_SUCCESS, 0))
        return error_from_status(status);
    change(&container_of(object, struct event, object)->dispatcher);
    handle_release(object);
    return TRUE;
}

BOOL WINAPI SetEvent(HANDLE event)
{
    return event_change(event, dispatcher_set);
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    return event_change(event, dispatcher_reset);
}

BOOL WINAPI PulseEvent(HANDLE event)
{
    return event_change(event, dispatcher_pulse);
}
