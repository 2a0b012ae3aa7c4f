/* SPDX-License-Identifier: MIT */
/* The waits. A wait that is satisfied at once makes no system call and takes no reference: the
 * look-up's hold is enough while nothing sleeps and no user code runs. */
#include <sched.h>

#include "nt/status.h"
#include "nt/sync.h"
#include "win32/face.h"

static DWORD wait_answer(int32_t status)
{
    if (__builtin_expect(status_is_error(status), 0)) {
        error_from_status(status);
        return WAIT_FAILED;
    }
    return (DWORD)status;
}

/* An object that cannot be waited for is a wrong handle. */
static int32_t wait_object(HANDLE handle, struct object **object)
{
    int32_t status = handle_reference(handle_number(handle), NULL, SYNCHRONIZE, object);
    if (status == STATUS_SUCCESS && object_dispatcher(*object) == NULL) {
        object_dereference(*object);
        status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    return status;
}

/* Only looks: STATUS_TIMEOUT if the object does not satisfy the wait now. */
static int32_t wait_look(HANDLE handle)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), NULL, SYNCHRONIZE, &object);
    if (status != STATUS_SUCCESS)
        return status;
    struct dispatcher *dispatcher = object_dispatcher(object);
    status = dispatcher == NULL ? STATUS_OBJECT_TYPE_MISMATCH : wait_for_one(dispatcher, false, 0);
    handle_release(object);
    return status;
}

static int32_t wait_single(HANDLE handle, DWORD timeout_ms, bool alertable)
{
    if (!alertable) {
        int32_t status = wait_look(handle);
        if (status != STATUS_TIMEOUT || timeout_ms == 0)
            return status;
    }
    struct object *object;
    int32_t status = wait_object(handle, &object);
    if (status != STATUS_SUCCESS)
        return status;
    status = wait_for_one(object_dispatcher(object), alertable, deadline_from_ms(timeout_ms));
    object_dereference(object);
    return status;
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE handle, DWORD timeout_ms, BOOL alertable)
{
    struct thread *self = thread_self();
    thread_check_suspend(self);
    int32_t status = wait_single(handle, timeout_ms, alertable);
    thread_check_suspend(self);
    return wait_answer(status);
}

DWORD WINAPI WaitForSingleObject(HANDLE handle, DWORD timeout_ms)
{
    return WaitForSingleObjectEx(handle, timeout_ms, FALSE);
}

static int32_t wait_multiple(uint32_t count, const HANDLE *handles, bool all, DWORD timeout_ms,
                             bool alertable)
{
    struct object *objects[WAIT_OBJECTS_MAX];
    struct dispatcher *dispatchers[WAIT_OBJECTS_MAX];
    int32_t status = handle_reference_all(handles, count, SYNCHRONIZE, objects);
    if (__builtin_expect(status != STATUS_SUCCESS, 0))
        return status;
    for (uint32_t i = 0; i < count; i++) {
        dispatchers[i] = object_dispatcher(objects[i]);
        if (__builtin_expect(dispatchers[i] == NULL, 0))
            status = STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (status == STATUS_SUCCESS)
        status = wait_for(dispatchers, count, all, alertable, deadline_from_ms(timeout_ms));
    object_dereference_all(objects, count);
    return status;
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, BOOL all,
                                      DWORD timeout_ms, BOOL alertable)
{
    if (count == 0 || count > WAIT_OBJECTS_MAX)
        return wait_answer(STATUS_INVALID_PARAMETER);
    struct thread *self = thread_self();
    thread_check_suspend(self);
    int32_t status = wait_multiple(count, handles, all, timeout_ms, alertable);
    thread_check_suspend(self);
    return wait_answer(status);
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all, DWORD timeout_ms)
{
    return WaitForMultipleObjectsEx(count, handles, all, timeout_ms, FALSE);
}

/* There is no message queue, so no input ever comes: what is left is an alertable wait for the
 * handles. */
DWORD WINAPI MsgWaitForMultipleObjectsEx(DWORD count, const HANDLE *handles, DWORD timeout_ms,
                                         DWORD wake_mask, DWORD flags)
{
    (void)wake_mask;
    if (count >= WAIT_OBJECTS_MAX ||
        flags & ~(DWORD)(MWMO_WAITALL | MWMO_ALERTABLE | MWMO_INPUTAVAILABLE))
        return wait_answer(STATUS_INVALID_PARAMETER);
    bool alertable = flags & MWMO_ALERTABLE;
    if (count > 0)
        return WaitForMultipleObjectsEx(count, handles, (flags & MWMO_WAITALL) != 0, timeout_ms,
                                        alertable);
    int32_t status = wait_sleep(alertable, deadline_from_ms(timeout_ms));
    return status == STATUS_USER_APC ? WAIT_IO_COMPLETION : WAIT_TIMEOUT;
}

DWORD WINAPI MsgWaitForMultipleObjects(DWORD count, const HANDLE *handles, BOOL all,
                                       DWORD timeout_ms, DWORD wake_mask)
{
    return MsgWaitForMultipleObjectsEx(count, handles, timeout_ms, wake_mask,
                                       all ? MWMO_WAITALL : 0);
}

/* What SignalObjectAndWait may signal, and the right that each needs. */
static int32_t object_signal(HANDLE handle)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), NULL, 0, &object);
    if (status != STATUS_SUCCESS)
        return status;
    const struct object_type *type = object->type;
    handle_release(object);
    uint32_t access = type == &event_type       ? EVENT_MODIFY_STATE
                      : type == &semaphore_type ? SEMAPHORE_MODIFY_STATE
                                                : 0;
    if (access == 0 && type != &mutant_type)
        return STATUS_OBJECT_TYPE_MISMATCH;
    status = handle_hold(handle_number(handle), type, access, &object);
    if (status != STATUS_SUCCESS)
        return status;
    int32_t previous;
    if (type == &event_type) {
        dispatcher_set(object_dispatcher(object));
    } else if (type == &mutant_type) {
        status = mutant_release(container_of(object, struct mutant, object), &previous);
    } else {
        int32_t maximum = container_of(object, struct semaphore, object)->maximum;
        if (dispatcher_release(object_dispatcher(object), 1, maximum) < 0)
            status = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    }
    handle_release(object);
    return status;
}

DWORD WINAPI SignalObjectAndWait(HANDLE to_signal, HANDLE to_wait_on, DWORD timeout_ms,
                                 BOOL alertable)
{
    struct object *object;
    int32_t status = wait_object(to_wait_on, &object);
    if (status != STATUS_SUCCESS)
        return wait_answer(status);
    status = object_signal(to_signal);
    if (status == STATUS_SUCCESS)
        status = wait_for_one(object_dispatcher(object), alertable, deadline_from_ms(timeout_ms));
    object_dereference(object);
    thread_check_suspend(thread_self());
    return wait_answer(status);
}

DWORD WINAPI SleepEx(DWORD timeout_ms, BOOL alertable)
{
    thread_check_suspend(thread_self());
    int32_t status = wait_sleep(alertable, deadline_from_ms(timeout_ms));
    thread_check_suspend(thread_self());
    if (status == STATUS_USER_APC)
        return WAIT_IO_COMPLETION;
    if (timeout_ms == 0)
        sched_yield(); /* documented: gives the rest of the time slice away */
    return 0;
}

void WINAPI Sleep(DWORD timeout_ms)
{
    SleepEx(timeout_ms, FALSE);
}

BOOL WINAPI SwitchToThread(void)
{
    thread_check_suspend(thread_self());
    return sched_yield() == 0;
}
