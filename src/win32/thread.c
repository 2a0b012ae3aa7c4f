/* SPDX-License-Identifier: MIT */
/* Threads as programs see them: start and end, suspend and resume, identifiers, user APCs. What a
 * thread is to the executive is in nt/thread.c. */
#include "nt/thread.h"

#include <stdlib.h>

#include "nt/namespace.h"
#include "nt/status.h"
#include "win32/face.h"

static uint32_t thread_never(void *context)
{
    (void)context;
    return 0;
}

/* Without the reservation flag the size is what is committed at first, and the stack is the usual
 * one, unless that is smaller. */
static uint64_t stack_size_of(SIZE_T size, DWORD flags)
{
    pthread_attr_t attributes;
    size_t usual = 0;
    if (size == 0 || flags & STACK_SIZE_PARAM_IS_A_RESERVATION)
        return size;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_getstacksize(&attributes, &usual);
        pthread_attr_destroy(&attributes);
    }
    return size > usual ? size : 0;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stack_size,
                           LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags, LPDWORD id)
{
    struct thread *thread;
    uint64_t handle;
    if (flags & ~(DWORD)(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    int32_t status =
        thread_create(start, parameter, stack_size_of(stack_size, flags), true, &thread);
    if (!error_from_status(status))
        return NULL;
    uint32_t previous;
    status =
        handle_create(&thread->object, THREAD_ALL_ACCESS, handle_flags_of(attributes), &handle);
    if (status != STATUS_SUCCESS)
        thread->start = thread_never; /* it stands before its start; now it starts and ends */
    else if (id != NULL)
        *id = thread->tid;
    if (status != STATUS_SUCCESS || !(flags & CREATE_SUSPENDED))
        thread_resume(thread, &previous);
    object_dereference(&thread->object);
    return error_from_status(status) ? handle_pointer(handle) : NULL;
}

void WINAPI ExitThread(DWORD exit_code)
{
    thread_exit(exit_code);
}

static int32_t thread_reference(HANDLE handle, uint32_t access, struct thread **thread)
{
    struct object *object;
    int32_t status = handle_reference(handle_number(handle), &thread_type, access, &object);
    *thread = status == STATUS_SUCCESS ? container_of(object, struct thread, object) : NULL;
    return status;
}

BOOL WINAPI TerminateThread(HANDLE handle, DWORD exit_code)
{
    struct thread *thread;
    int32_t status = thread_reference(handle, THREAD_TERMINATE, &thread);
    if (status != STATUS_SUCCESS)
        return error_from_status(status);
    bool self = thread == thread_self();
    object_dereference(&thread->object);
    if (self)
        thread_exit(exit_code);
    /* Ending a thread anywhere would leave libc's locks held for ever. */
    return error_from_status(STATUS_NOT_SUPPORTED);
}

DWORD WINAPI SuspendThread(HANDLE handle)
{
    struct thread *thread;
    uint32_t previous;
    int32_t status = thread_reference(handle, THREAD_SUSPEND_RESUME, &thread);
    if (!error_from_status(status))
        return (DWORD)-1;
    status = thread_suspend(thread, &previous);
    object_dereference(&thread->object);
    return error_from_status(status) ? previous : (DWORD)-1;
}

DWORD WINAPI ResumeThread(HANDLE handle)
{
    struct thread *thread;
    uint32_t previous;
    int32_t status = thread_reference(handle, THREAD_SUSPEND_RESUME, &thread);
    if (!error_from_status(status))
        return (DWORD)-1;
    status = thread_resume(thread, &previous);
    object_dereference(&thread->object);
    return error_from_status(status) ? previous : (DWORD)-1;
}

HANDLE WINAPI GetCurrentThread(void)
{
    return handle_pointer(HANDLE_CURRENT_THREAD);
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return thread_self()->tid;
}

DWORD WINAPI GetThreadId(HANDLE handle)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), &thread_type, 0, &object);
    if (!error_from_status(status))
        return 0;
    DWORD id = container_of(object, struct thread, object)->tid;
    handle_release(object);
    return id;
}

DWORD WINAPI GetProcessIdOfThread(HANDLE handle)
{
    return GetThreadId(handle) == 0 ? 0 : GetCurrentProcessId();
}

HANDLE WINAPI OpenThread(DWORD access, BOOL inherit, DWORD id)
{
    uint64_t handle;
    struct thread *thread = id == 0 ? NULL : thread_find(id);
    if (thread == NULL) {
        error_set(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    int32_t status = handle_create(&thread->object, object_map_access(&thread_type, access),
                                   inherit ? HANDLE_INHERIT : 0, &handle);
    object_dereference(&thread->object);
    return error_from_status(status) ? handle_pointer(handle) : NULL;
}

BOOL WINAPI GetExitCodeThread(HANDLE handle, LPDWORD exit_code)
{
    struct object *object;
    int32_t status = handle_hold(handle_number(handle), &thread_type, 0, &object);
    if (!error_from_status(status))
        return FALSE;
    struct thread *thread = container_of(object, struct thread, object);
    /* The code becomes visible with the end, not while the thread's last callbacks still run. */
    *exit_code = atomic_load_explicit(&thread->signal.signal, memory_order_acquire) > 0
                     ? thread->exit_code
                     : STILL_ACTIVE;
    handle_release(object);
    return TRUE;
}

struct user_apc {
    struct apc apc;
    PAPCFUNC function;
    ULONG_PTR argument;
};

static void user_apc_run(struct apc *apc)
{
    struct user_apc user = *container_of(apc, struct user_apc, apc);
    free(container_of(apc, struct user_apc, apc));
    user.function(user.argument);
}

static void user_apc_drop(struct apc *apc)
{
    free(container_of(apc, struct user_apc, apc));
}

DWORD WINAPI QueueUserAPC(PAPCFUNC function, HANDLE handle, ULONG_PTR argument)
{
    struct thread *thread;
    int32_t status = thread_reference(handle, THREAD_SET_CONTEXT, &thread);
    if (!error_from_status(status))
        return 0;
    struct user_apc *user = malloc(sizeof *user);
    status = STATUS_NO_MEMORY;
    if (user != NULL) {
        *user = (struct user_apc){.apc = {.run = user_apc_run, .drop = user_apc_drop},
                                  .function = function,
                                  .argument = argument};
        status = apc_queue(thread, &user->apc);
        if (status != STATUS_SUCCESS)
            free(user);
    }
    object_dereference(&thread->object);
    return (DWORD)error_from_status(status);
}
