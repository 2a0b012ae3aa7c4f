/* SPDX-License-Identifier: MIT */
/* Waitable timers (nt/waitable_timer.c). */
#include "nt/sync.h"
#include "win32/face.h"

HANDLE WINAPI CreateWaitableTimerExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                                     DWORD access)
{
    if (flags &
        ~(DWORD)(CREATE_WAITABLE_TIMER_MANUAL_RESET | CREATE_WAITABLE_TIMER_HIGH_RESOLUTION)) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    struct waitable_timer *timer =
        waitable_timer_create(flags & CREATE_WAITABLE_TIMER_MANUAL_RESET);
    return face_publish(timer == NULL ? NULL : &timer->object, name, access, attributes);
}

HANDLE WINAPI CreateWaitableTimerExA(LPSECURITY_ATTRIBUTES attributes, LPCSTR name, DWORD flags,
                                     DWORD access)
{
    struct face_name buffer;
    return CreateWaitableTimerExW(attributes, face_name_from(&buffer, name), flags, access);
}

HANDLE WINAPI CreateWaitableTimerW(LPSECURITY_ATTRIBUTES attributes, BOOL manual, LPCWSTR name)
{
    return CreateWaitableTimerExW(attributes, name, manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

HANDLE WINAPI CreateWaitableTimerA(LPSECURITY_ATTRIBUTES attributes, BOOL manual, LPCSTR name)
{
    return CreateWaitableTimerExA(attributes, name, manual ? CREATE_WAITABLE_TIMER_MANUAL_RESET : 0,
                                  TIMER_ALL_ACCESS);
}

HANDLE WINAPI OpenWaitableTimerW(DWORD access, BOOL inherit, LPCWSTR name)
{
    return face_open(name, &timer_type, access, inherit);
}

HANDLE WINAPI OpenWaitableTimerA(DWORD access, BOOL inherit, LPCSTR name)
{
    struct face_name buffer;
    return face_open(face_name_from(&buffer, name), &timer_type, access, inherit);
}

/* A reference and not a hold: stopping a timer may let go of the last reference to a thread. */
static int32_t timer_reference(HANDLE handle, struct waitable_timer **timer)
{
    struct object *object;
    int32_t status =
        handle_reference(handle_number(handle), &timer_type, TIMER_MODIFY_STATE, &object);
    if (status == STATUS_SUCCESS)
        *timer = container_of(object, struct waitable_timer, object);
    return status;
}

BOOL WINAPI SetWaitableTimer(HANDLE handle, const LARGE_INTEGER *due, LONG period_ms,
                             PTIMERAPCROUTINE routine, LPVOID argument, BOOL resume)
{
    struct waitable_timer *timer;
    if (due == NULL)
        return error_from_status(STATUS_ACCESS_VIOLATION);
    if (period_ms < 0)
        return error_from_status(STATUS_INVALID_PARAMETER);
    int32_t status = timer_reference(handle, &timer);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    status = waitable_timer_set(timer, due->QuadPart, (uint32_t)period_ms, routine, argument);
    object_dereference(&timer->object);
    if (!error_from_status(status))
        return FALSE;
    /* Documented: a system that cannot be woken from suspension succeeds and says so. */
    error_set(resume ? ERROR_NOT_SUPPORTED : ERROR_SUCCESS);
    return TRUE;
}

BOOL WINAPI SetWaitableTimerEx(HANDLE handle, const LARGE_INTEGER *due, LONG period_ms,
                               PTIMERAPCROUTINE routine, LPVOID argument,
                               PREASON_CONTEXT wake_context, ULONG tolerable_delay_ms)
{
    (void)tolerable_delay_ms; /* a leave to be late, of which no use is made */
    return SetWaitableTimer(handle, due, period_ms, routine, argument, wake_context != NULL);
}

BOOL WINAPI CancelWaitableTimer(HANDLE handle)
{
    struct waitable_timer *timer;
    int32_t status = timer_reference(handle, &timer);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    waitable_timer_cancel(timer);
    object_dereference(&timer->object);
    return TRUE;
}
